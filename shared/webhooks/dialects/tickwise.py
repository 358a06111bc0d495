"""Our own contract, version 1: one object or an array of at most twenty."""

from __future__ import annotations

from typing import Any, cast

from shared.webhooks.signal import (
    ACTIONS,
    UNITS,
    Action,
    Refused,
    Signal,
    Size,
    Unit,
    flag,
    ignored,
    instant,
    number,
    objects_of,
    part,
    text_of,
    whole,
    word,
)

KNOWN = ("v", "token", "bot", "action", "symbol", "size", "price", "ts", "bar", "id", "maxLagSec", "dryRun", "changes")


def signals(body: bytes) -> tuple[Signal, ...]:
    return tuple(signal(row) for row in objects_of(text_of(body)))


def signal(row: dict[str, Any]) -> Signal:
    if word(row, "v") != "1":
        raise Refused("bad_field", "v")
    action = word(row, "action")
    if action not in ACTIONS:
        raise Refused("unsupported_action", "action")
    number(row, "price")  # shown in the inbox; a price that is none refuses the alert
    return Signal(
        action=cast(Action, action),
        bot=word(row, "bot"),
        symbol=word(row, "symbol"),
        size=size(row),
        at=instant(row, "ts"),
        bar=word(row, "bar"),
        id=word(row, "id"),
        max_lag_s=whole(row, "maxLagSec"),
        dry_run=flag(row, "dryRun"),
        secret=word(row, "token", 2000),
        changes=part(row, "changes") or None,
        ignored=ignored(row, KNOWN),
    )


def size(row: dict[str, Any]) -> Size | None:
    given = part(row, "size")
    if not given:
        return None
    value, unit = number(given, "value"), word(given, "unit") or "base"
    if value is None or unit not in UNITS:
        raise Refused("bad_field", "size")
    return Size(value, cast(Unit, unit))
