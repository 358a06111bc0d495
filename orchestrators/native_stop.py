"""The stop a venue keeps for a perpetual's position: looked at once per tick, placed and taken back as the entity says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from orchestrators.wire import outcome_json, report_json
from strategy_core.number import dec
from strategy_core.storage import load_order

Doc = dict[str, Any]
PLACE, CANCEL, LOOK_UP = KINDS = ("place_stop", "cancel_stop", "look_up_stop")


async def belt_seen(exchange: Any, symbol: str, future: Doc) -> Doc:
    """{keeps_stops, belt: what became of the stop the bot has there}. Asked before its trades are, so that they are known as its."""
    keeps = bool(getattr(exchange, "keeps_stops", False))
    report = await exchange.look_up_stop(symbol, future["belt"]) if keeps and future.get("belt") else None
    return {"keeps_stops": keeps, "belt": None if report is None else report_json(report)}


async def carry_out_stop(exchange: Any, symbol: str, intent: Doc, may_send: bool, now_ms: Callable[[], int], least_left_ms: int) -> Doc:
    """One intent about the stop; whatever is not definite is looked up. Errors: ExchangeError."""
    from exchange.protocol import Placement, Result

    if intent["kind"] == PLACE and may_send and now_ms() <= intent["deadline"] - least_left_ms:
        placement = Placement(
            intent["id"], symbol, load_order(intent["order"]), intent["signed_at"], intent["deadline"], *margin_of(intent)
        )
        outcome = await exchange.place_stop(placement, dec(intent["stop_price"]))
        if outcome.result in (Result.ACCEPTED, Result.REJECTED):
            return outcome_json(intent, outcome.result.value, outcome)
    elif intent["kind"] == CANCEL:
        await exchange.cancel_stop(symbol, intent["id"])
    asked_at = now_ms()
    report = await exchange.look_up_stop(symbol, intent["id"])
    return outcome_json(intent, "absent" if report is None else "found", None, report, asked_at=asked_at)


def margin_of(intent: Doc) -> tuple[Any, Any]:
    mode, leverage = intent.get("margin") or (None, None)
    return mode, None if leverage is None else dec(leverage)
