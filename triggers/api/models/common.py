"""What every answer shares: problems, pages, findings."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from shared.clock import ms_of
from strategy_core.number import Model
from strategy_core.trade import Finding

Cursor = Annotated[
    str,
    Field(
        description="Opaque; taken from `next` of the page before. Any other is refused with 400",
        json_schema_extra={"maxLength": 400},
    ),
]


def whole(given: object) -> object:
    """300 and 300.0 are whole numbers, "300" and true are not."""
    if isinstance(given, float) and given.is_integer():
        return int(given)
    if isinstance(given, bool) or not isinstance(given, int):
        raise PydanticCustomError("int_type", "a whole number")
    return given


WHOLE = BeforeValidator(whole, json_schema_input_type=int)
LATEST_MS = 253_402_300_799_999  # the end of the year 9999


def moment(given: object) -> object:
    """ISO 8601 with its zone, or epoch milliseconds, as milliseconds; what was before 1970 begins with it."""
    text = str(given)
    try:
        at = int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else max(0, ms_of(text))
    except (ValueError, OverflowError):
        at = -1
    if not 0 <= at <= LATEST_MS:
        raise PydanticCustomError("instant", "an instant")
    return at


Moment = Annotated[
    int,
    BeforeValidator(moment),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "format": "date-time", "maxLength": 40}, {"type": "integer", "minimum": 0, "maximum": LATEST_MS}]}
    ),
]


MONEY_GIVEN = WithJsonSchema(
    {"anyOf": [{"type": "string", "format": "decimal", "pattern": r"^-?\d+(\.\d+)?$"}, {"type": "integer"}]}, mode="validation"
)
"""Money in a request is a decimal string or a whole number; in an answer it is always a string."""


def wrong(field: str, code: str) -> PydanticCustomError:
    """A mistake that several fields make together, told at one of them: raised by a model's own check."""
    return PydanticCustomError("placed", "see the code", {"at": field, "code": code})


def instant(given: str) -> str:
    """ISO 8601 with its zone."""
    try:
        ms_of(given)
    except (ValueError, OverflowError):
        raise PydanticCustomError("instant", "an instant") from None
    return given


INSTANT = AfterValidator(instant)


class Problem(Model):
    """RFC 9457. `code` is stable and worded by the client; `findings` holds everything wrong with the request at once."""

    type: str
    title: str
    status: int
    code: str
    field: str | None = None
    params: dict[str, str] = {}
    findings: tuple[Finding, ...] = ()
    trace: str | None = None
