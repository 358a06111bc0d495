"""3Commas DCA bots: `email_token` is the secret, no `action` starts a deal, `pair` is QUOTE_BASE.

`stop_bot` and `start_bot` are the two ends of one switch there (open deals go on), which is our pause and resume.
"""

from __future__ import annotations

from typing import Any

from shared.webhooks.signal import Action, Refused, Signal, ignored, objects_of, text_of, whole, word

KNOWN = ("message_type", "bot_id", "email_token", "delay_seconds", "pair", "action")
ACTIONS: dict[str | None, tuple[Action, ...]] = {
    None: ("start_deal",),
    "close_at_market_price": ("close_deal",),
    "close_at_market_price_all": ("close_deal",),
    "close_at_market_price_all_and_stop_bot": ("close_and_stop",),
    "cancel": ("cancel_deal",),
    "cancel_all": ("cancel_deal",),
    "cancel_all_and_stop_bot": ("stop",),
    "start_bot": ("start",),
    "stop_bot": ("pause",),
    "start_bot_and_start_deal": ("start", "start_deal"),
}


def signals(body: bytes) -> tuple[Signal, ...]:
    return tuple(signal for row in objects_of(text_of(body)) for signal in of_row(row))


def of_row(row: dict[str, Any]) -> list[Signal]:
    if word(row, "message_type") != "bot":
        raise Refused("bad_field", "message_type")
    if whole(row, "delay_seconds"):
        raise Refused("unsupported_action", "delay_seconds")
    action = word(row, "action")
    if action not in ACTIONS:
        raise Refused("unsupported_action", "action")
    common = Signal(
        "start_deal", word(row, "bot_id"), word(row, "pair"), secret=word(row, "email_token", 2000), ignored=ignored(row, KNOWN)
    )
    return [common._replace(action=one) for one in ACTIONS[action]]
