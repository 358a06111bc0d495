"""Decimals and nothing else: the constants, what is accepted as one, and rounding with a direction in its name.

Rules
1. A tick or a lot is a step, not a number of decimals: `floor_to(x, "0.25")` works.
2. A computed value is cut to 18 significant digits (half-even) before it is rounded in a direction.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from typing import Any, Final

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
HUNDRED: Final = Decimal(100)
WORK: Final = Context(prec=34, rounding=ROUND_HALF_EVEN)  # strategies.md 1.1: at least 28 digits
_CUT: Final = Context(prec=18, rounding=ROUND_HALF_EVEN)


def dec(value: object) -> Decimal:
    """A finite Decimal from a Decimal, an int or a string; TypeError for a float or a bool, ValueError for NaN and infinity."""
    if isinstance(value, Decimal):
        number = value
    elif isinstance(value, bool) or not isinstance(value, int | str):
        raise TypeError(f"money must be a decimal string, not {type(value).__name__}")
    elif isinstance(value, str) and (len(value) > 64 or not value.isascii() or "_" in value or value.strip() != value):
        raise ValueError("not a decimal number")
    else:
        try:
            number = Decimal(value)
        except ArithmeticError as error:
            raise ValueError("not a decimal number") from error
    if not number.is_finite():
        raise ValueError("not a finite number")
    return number


def plain(value: Decimal) -> str:
    """The shortest plain digits: `Decimal("1E+1")` is "10", `Decimal("2.50")` is "2.5"."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def cut(value: Decimal) -> Decimal:
    """The value at 18 significant digits, half-even: what two programs must agree on before they round in a direction."""
    return _CUT.plus(value)


def floor_to(value: Decimal, step: Decimal) -> Decimal:
    """The largest multiple of `step` that is not above `value` (after `cut`)."""
    value = _CUT.plus(value)
    whole = value // step * step
    return whole if whole <= value else whole - step


def ceil_to(value: Decimal, step: Decimal) -> Decimal:
    """The smallest multiple of `step` that is not below `value` (after `cut`)."""
    value = _CUT.plus(value)
    whole = value // step * step
    return whole if whole >= value else whole + step


def is_on(value: Decimal, step: Decimal) -> bool:
    """Whether `value` is a multiple of `step`."""
    return value % step == 0


def working_digits() -> Any:
    """A context manager under which Decimal arithmetic has the 34 digits the core works with."""
    return localcontext(WORK)
