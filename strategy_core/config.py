"""Fields of a bot's configuration, and how pydantic's complaints become findings.

Rules
1. Every field says its unit and when an edit of it takes effect (`now`, `restart` or `never`), so the form needs no second list.
2. Bounds live in the field: what the schema shows is what is checked.
3. A finding names the field by its path (`custom_ladder.2.size`), with a code and the figures as strings.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

from pydantic import AwareDatetime, BeforeValidator, Field, ValidationError, ValidationInfo, field_validator

from strategy_core.number import Model, Num, plain
from strategy_core.trade import Finding

Effect = Literal["now", "restart", "never"]
HUGE = Decimal("1e15")
_MISSING: Any = object()


def money(
    unit: str,
    default: Any = _MISSING,
    *,
    gt: object = None,
    ge: object = None,
    le: object = HUGE,
    effect: Effect = "restart",
) -> Any:
    """A decimal field. `unit`: quote, base, price, %, x, s."""
    bounds = {"gt": gt, "ge": ge, "le": le}
    if gt is None and ge is None:
        bounds["gt"] = 0
    shown = {
        "unit": unit,
        "effect": effect,
        **{name: str(value) for name, value in (("exclusiveMinimum", bounds["gt"]), ("minimum", ge), ("maximum", le)) if value is not None},
    }
    given = {name: Decimal(str(value)) for name, value in bounds.items() if value is not None}
    start: dict[str, Any] = {} if default is _MISSING else {"default": default if default is None else Decimal(str(default))}
    field: Any = Field
    return field(**start, **given, json_schema_extra=shown)


def whole(unit: str, default: Any = _MISSING, *, ge: int, le: int, effect: Effect = "restart") -> Any:
    """An integer field."""
    start: dict[str, Any] = {} if default is _MISSING else {"default": default}
    return Field(**start, ge=ge, le=le, json_schema_extra={"unit": unit, "effect": effect})


def choice(default: Any, *, effect: Effect = "restart") -> Any:
    """A field with few values, a switch, or a nested form."""
    return Field(default=default, json_schema_extra={"effect": effect})


def no_switch(value: object) -> object:
    """A switch is no number, though Python takes `True` for 1."""
    if isinstance(value, bool):
        raise ValueError("not a whole number")
    return value


class Form(Model):
    """What an owner fills in."""

    @field_validator("*", mode="before")
    @classmethod
    def _counts(cls, value: object, info: ValidationInfo) -> object:
        return no_switch(value) if cls.model_fields[str(info.field_name)].annotation in (int, int | None) else value


def _spelled_out(value: object) -> object:
    """A bare number would be taken for seconds or milliseconds, whichever it looks like."""
    if not (isinstance(value, datetime) or (isinstance(value, str) and "-" in value)):
        raise ValueError("not a date and time")
    return value


Instant = Annotated[AwareDatetime, BeforeValidator(_spelled_out)]  # ISO 8601 with its zone: 2027-01-31T00:00:00Z


class Stops(NamedTuple):
    """A bot's stop conditions: the date in epoch ms, so many deals, and the edges at or beyond which it stops."""

    at: int | None
    deals: int | None
    below: Decimal | None
    above: Decimal | None
    close_mode: str


class BotConfig(Form):
    """What every bot has. Its stop conditions (`stop_condition`) may be combined with each other and with the strategy's own exits."""

    counts_deals: ClassVar[bool] = False  # whether the strategy ends the bot by `max_deals` itself

    missing_orders: Literal["recreate", "pause", "adopt"] = choice("recreate", effect="now")
    stop_at: Instant | None = choice(None, effect="now")
    stop_below_price: Num | None = money("price", None, effect="now")
    stop_above_price: Num | None = money("price", None, effect="now")
    max_deals: int | None = whole("deals", None, ge=1, le=1_000_000, effect="now")
    stop_close_mode: Literal["keep", "quote", "base", "break_even"] = choice("keep", effect="now")

    @cached_property
    def stops(self) -> Stops | None:
        """The stop conditions; None when there are none, which is asked at every look."""
        deals = None if self.counts_deals else self.max_deals
        when = None if self.stop_at is None else round(self.stop_at.timestamp() * 1000)
        if when is None and deals is None and self.stop_below_price is None and self.stop_above_price is None:
            return None
        return Stops(when, deals, self.stop_below_price, self.stop_above_price, self.stop_close_mode)


_CODES = {
    "missing": "required",
    "extra_forbidden": "unknown_field",
    "greater_than": "out_of_range",
    "greater_than_equal": "out_of_range",
    "less_than": "out_of_range",
    "less_than_equal": "out_of_range",
    "too_long": "out_of_range",
    "too_short": "out_of_range",
    "finite_number": "not_a_number",
    "literal_error": "not_allowed",
    "enum": "not_allowed",
    "datetime_parsing": "not_a_date",
    "datetime_from_date_parsing": "not_a_date",
    "timezone_aware": "zone_required",
}
_SAID = {
    "money must be": "not_a_decimal_string",
    "not a decimal": "not_a_number",
    "not a finite": "not_a_number",
    "not a whole": "not_a_number",
    "not a date": "not_a_date",
}


def bounds_of(model: type[Model], path: tuple[Any, ...]) -> dict[str, str]:
    """The limits of a top-level field, for an `out_of_range`."""
    field = model.model_fields.get(str(path[0])) if len(path) == 1 else None
    found: dict[str, str] = {}
    for rule in field.metadata if field else ():
        for name, shown in (("gt", "min"), ("ge", "min"), ("lt", "max"), ("le", "max")):
            limit = getattr(rule, name, None)
            if limit is not None:
                found[shown] = plain(limit) if isinstance(limit, Decimal) else str(limit)
    return found


def findings(model: type[Model], error: ValidationError) -> list[Finding]:
    """pydantic's errors in our words, one per field."""
    return list(_findings(model, error))


def _findings(model: type[Model], error: ValidationError) -> Iterator[Finding]:
    seen: set[str] = set()
    for item in error.errors(include_url=False, include_context=True, include_input=False):
        path = tuple(part for part in item["loc"] if not (isinstance(part, str) and ("[" in part or part in ("decimal", "str"))))
        field = ".".join(str(part) for part in path) or "config"
        if field in seen:
            continue
        seen.add(field)
        code = _CODES.get(item["type"], "invalid")
        params: dict[str, str] = {}
        if item["type"] == "value_error":
            code = next((name for start, name in _SAID.items() if start in item["msg"]), "invalid")
        elif code == "out_of_range":
            params = bounds_of(model, path) or {name: str(value) for name, value in item.get("ctx", {}).items()}
        elif code == "not_allowed":
            params = {"allowed": str(item["ctx"]["expected"])}
        elif code == "invalid":
            params = {"expected": item["type"]}
        yield Finding(field=field, code=code, params=params)
