"""3Commas signal bots. With `strategy_info` the alert says where the strategy now stands: that is a target, which survives a lost alert.

Without it (the custom type) the action itself is enter or exit, long or short. `amount` of a reversal is the sum of both sides there,
so a target takes `market_position_size`, never the order's amount.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from shared.webhooks.signal import Action, Refused, Signal, Size, ignored, instant, number, objects_of, part, text_of, whole, word

KNOWN = (
    "secret", "max_lag", "timestamp", "trigger_price", "tv_exchange", "tv_instrument", "action", "bot_uuid", "strategy_info", "order",
)  # fmt: skip
CUSTOM: dict[str, Action] = {
    "enter_long": "enter_long", "exit_long": "exit_long", "enter_short": "enter_short", "exit_short": "exit_short",
}  # fmt: skip


def signals(body: bytes) -> tuple[Signal, ...]:
    return tuple(signal(row) for row in objects_of(text_of(body)))


def signal(row: dict[str, Any]) -> Signal:
    info, order = part(row, "strategy_info"), part(row, "order")
    number(row, "trigger_price")
    amount = number(order, "amount")
    said = Signal(
        action="target",
        bot=word(row, "bot_uuid"),
        symbol=word(row, "tv_instrument"),
        at=instant(row, "timestamp"),
        max_lag_s=whole(row, "max_lag"),
        secret=word(row, "secret", 2000),
        ignored=ignored(row, KNOWN),
    )
    if info:
        return said._replace(size=target(info))
    action = word(row, "action")
    if action not in CUSTOM:
        raise Refused("unsupported_action", "action")
    unit = {"base": "base", "quote": "quote"}.get(word(order, "currency_type") or "base")
    sized = Size(amount, "quote" if unit == "quote" else "base") if amount is not None and unit else None
    return said._replace(action=CUSTOM[action], size=sized)


def target(info: dict[str, Any]) -> Size:
    """The signed position the strategy now holds."""
    side, held = word(info, "market_position"), number(info, "market_position_size")
    if side not in ("long", "short", "flat") or (side != "flat" and held is None):
        raise Refused("bad_field", "strategy_info")
    amount = abs(held or Decimal(0))
    return Size(Decimal(0) if side == "flat" else amount if side == "long" else -amount, "base")
