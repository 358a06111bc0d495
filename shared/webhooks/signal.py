"""The words of a TradingView alert: what every dialect is turned into, and why an alert is refused.

Rules
1. A dialect is a pure function from bytes to signals. It knows nothing of users, bots or clocks.
2. Numbers keep the digits that were typed; a float never carries money.
3. A placeholder that was not filled in (`{{close}}`) refuses the alert: acting on half of it is worse than not acting.
4. What a dialect does not read is named in `ignored`, so that its owner sees it in the inbox.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal, NamedTuple, get_args

from strategy_core.number import dec

Dialect = Literal["tickwise", "3commas_dca", "3commas_signal", "traderspost", "octobot", "wundertrading", "alertatron"]
Action = Literal[
    "start", "stop", "pause", "start_deal", "close_deal", "close_and_stop", "cancel_deal", "add_funds", "add_safety",
    "enter_long", "exit_long", "enter_short", "exit_short", "target", "set",
]  # fmt: skip
Unit = Literal["base", "quote", "pct_equity", "pct_position"]
ACTIONS: tuple[str, ...] = get_args(Action)
UNITS: tuple[str, ...] = get_args(Unit)

MAX_SIGNALS = 20
MAX_BODY = 16 * 1024
MAX_TEXT = 200
_PLACEHOLDER = re.compile(r"\{\{[^{}]*\}\}")


class Refused(Exception):
    """Why an alert is not acted on: a reason code of the inbox, and the field it is about."""

    def __init__(self, reason: str, field: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field


class Size(NamedTuple):
    value: Decimal
    unit: Unit


class Signal(NamedTuple):
    """One wish of one alert. `bot` is the sender's name for a bot, `at` when it fired (epoch ms, None: the dialect does not say)."""

    action: Action
    bot: str | None = None
    symbol: str | None = None
    size: Size | None = None
    at: int | None = None
    bar: str | None = None
    id: str | None = None
    max_lag_s: int | None = None
    dry_run: bool = False
    secret: str | None = None
    changes: dict[str, Any] | None = None
    ignored: tuple[str, ...] = ()


# -- reading ----------------------------------------------------------------------------------------------------------


def text_of(body: bytes) -> str:
    """The alert as text. Errors: Refused for a body that is too long, empty, not UTF-8, or has an unfilled placeholder."""
    if len(body) > MAX_BODY:
        raise Refused("too_large")
    try:
        text = body.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise Refused("bad_json") from None
    if not text:
        raise Refused("bad_json")
    found = _PLACEHOLDER.search(text)
    if found:
        raise Refused("unresolved_placeholder", found.group(0)[:60])
    return text


def json_of(text: str) -> Any:
    """JSON whose fractions stay text; NaN, repeated names and bottomless nesting are refused."""
    try:
        return json.loads(text, parse_float=str, parse_constant=_no_constant, object_pairs_hook=_pairs)
    except (ValueError, RecursionError):
        raise Refused("bad_json") from None


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def objects_of(text: str) -> list[dict[str, Any]]:
    """One object or an array of them, in order."""
    found = json_of(text)
    rows = found if isinstance(found, list) else [found]
    if not 0 < len(rows) <= MAX_SIGNALS:
        raise Refused("too_many" if rows else "bad_json")
    if not all(isinstance(row, dict) for row in rows):
        raise Refused("bad_json")
    return rows


# -- fields -----------------------------------------------------------------------------------------------------------


def word(row: dict[str, Any], name: str, limit: int = MAX_TEXT) -> str | None:
    """A field as short text: a number counts as its digits, an empty text as missing."""
    value = row.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Refused("bad_field", name)
    text = str(value).strip()
    if len(text) > limit or not text.isprintable():
        raise Refused("bad_field", name)
    return text or None


def number(row: dict[str, Any], name: str) -> Decimal | None:
    """Errors: Refused for anything that is not a number of ordinary size."""
    text = word(row, name, 64)
    if text is None:
        return None
    try:
        value = dec(text)
    except (TypeError, ValueError):
        raise Refused("bad_field", name) from None
    if value and not -18 <= value.adjusted() <= 18:
        raise Refused("bad_field", name)
    return value


def whole(row: dict[str, Any], name: str) -> int | None:
    value = number(row, name)
    if value is None:
        return None
    if value != value.to_integral_value() or not 0 <= value <= 10**9:
        raise Refused("bad_field", name)
    return int(value)


def flag(row: dict[str, Any], name: str) -> bool:
    value = row.get(name, False)
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise Refused("bad_field", name)


def part(row: dict[str, Any], name: str) -> dict[str, Any]:
    """An object inside the object, empty when it is not there."""
    value = row.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Refused("bad_field", name)
    return value


def instant(row: dict[str, Any], name: str) -> int | None:
    """ISO 8601 (what `{{timenow}}` writes) or epoch seconds or milliseconds, as milliseconds."""
    text = word(row, name, 64)
    if text is None:
        return None
    if text.isascii() and text.isdigit():
        value = int(text)
        return value if value > 10**11 else value * 1000
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Refused("bad_field", name) from None
    return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)


def ignored(row: dict[str, Any], known: Iterable[str]) -> tuple[str, ...]:
    """The names of fields nobody reads, at most twenty."""
    return tuple(sorted(name[:60] for name in set(row) - set(known)))[:20]
