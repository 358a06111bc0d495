"""Whether a guard trips: one rule, its state and the bots at the prices of now. Pure.

Rules
1. A rule looks at one world (paper or live), one currency and, where it says so, one account; bots it cannot price now count with their
   last tick's figures.
2. What a deleted bot had earned leaves the best and the day's base together with it: deleting a bot is no loss.
3. A rule that tripped is not judged again until its owner re-arms it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from shared.clock import iso
from strategy_core.number import HUNDRED, ZERO, cut, dec, plain
from triggers.api.portfolio import Priced

Doc = dict[str, Any]
DAY_MS = 86_400_000
MOST_SAMPLES = 200


class Verdict(NamedTuple):
    """The rule's new state, and the bots to stop (None: it did not trip)."""

    state: Doc
    bots: list[Doc] | None


def judge(rule: Doc, state: Doc, bots: list[Priced], now: int) -> Verdict:
    own = [one for one in bots if one.world == rule["world"] and rule.get("account_id") in (None, one.document["account_id"])]
    value, state, concerned = JUDGES[rule["kind"]](rule, state, own, now)
    state = {**state, "value": plain(cut(value))}
    if value < dec(rule["limit"]):
        return Verdict(state, None)
    stopped = [one.document for one in concerned if one.is_running]
    return Verdict({**state, "tripped_at": iso(now), "trips": int(state.get("trips", 0)) + 1}, stopped)


Judged = tuple[Decimal, Doc, list[Priced]]


def drawdown(rule: Doc, state: Doc, bots: list[Priced], now: int) -> Judged:
    """How far the profit of all bots is below its best, in percent of the running bots' capital."""
    own = [one for one in bots if one.currency == rule["currency"]]
    totals = {one.document["id"]: one.total for one in own}
    gone = sum((dec(total) for bot_id, total in state.get("totals", {}).items() if bot_id not in totals), ZERO)
    total = sum(totals.values(), ZERO)
    best = max(total, dec(state["best"]) - gone) if "best" in state else total
    capital = sum((one.put_in for one in own if one.is_running), ZERO)
    kept = {"best": plain(best), "totals": {bot_id: plain(one) for bot_id, one in totals.items()}}
    return (best - total) / capital * HUNDRED if capital > 0 else ZERO, {**state, **kept}, own


def daily_loss(rule: Doc, state: Doc, bots: list[Priced], now: int) -> Judged:
    """What was lost since midnight UTC (or since the rule began to watch)."""
    if state.get("day") != now // DAY_MS:
        state = {name: value for name, value in state.items() if name not in ("base", "totals")} | {"day": now // DAY_MS}
    change, state, own = earned_since(rule, state, bots)
    return max(ZERO, -change), state, own


def earned_since(rule: Doc, state: Doc, bots: list[Priced]) -> Judged:
    """What the bots of the currency earned since `base` was written: a bot deleted meanwhile keeps what it had come to."""
    own = [one for one in bots if one.currency == rule["currency"]]
    totals = {one.document["id"]: plain(one.total) for one in own}
    base, seen = state.get("base", totals), {**state.get("totals", {}), **totals}
    change = sum((dec(total) - dec(base.get(bot_id, "0")) for bot_id, total in seen.items()), ZERO)
    return change, {**state, "base": base, "totals": seen}, own


def target(rule: Doc, state: Doc, bots: list[Priced], now: int) -> Judged:
    """What all bots together earned (a stop: lost) since the rule began to watch; `_pct`: of the most capital they had meanwhile."""
    change, state, own = earned_since(rule, state, bots)
    capital = max(dec(state.get("capital", "0")), sum((one.put_in for one in own if one.is_running), ZERO))
    value = max(ZERO, change if rule["kind"].startswith("take_profit") else -change)
    if rule["kind"].endswith("_pct"):
        value = value / capital * HUNDRED if capital > 0 else ZERO
    return value, {**state, "capital": plain(capital)}, own


def exposure(rule: Doc, state: Doc, bots: list[Priced], now: int) -> Judged:
    """What is held, at the price of now, in the currency it is priced in."""
    own = [one for one in bots if one.is_running and one.document["holdings"]["quote_currency"] == rule["currency"]]
    return sum((abs(dec(one.document["holdings"]["base"])) * one.price for one in own), ZERO), state, own


def sudden_move(rule: Doc, state: Doc, bots: list[Priced], now: int) -> Judged:
    """The largest move of a market within the window; only the bots of markets that moved so far are concerned."""
    oldest, limit = now - int(rule["window_s"]) * 1000, dec(rule["limit"])
    samples: dict[str, list[list[Any]]] = {}
    moves: dict[str, Decimal] = {}
    running = [one for one in bots if one.is_running and one.is_now]
    for one in running:
        market = market_of(one)
        if market not in moves:
            kept = [row for row in state.get("samples", {}).get(market, []) if row[0] >= oldest]
            samples[market] = [*kept, [now, plain(one.price)]][-MOST_SAMPLES:]
            moves[market] = move(samples[market], one.price)
    largest = max(moves.values(), default=ZERO)
    return largest, {**state, "samples": samples}, [one for one in running if moves[market_of(one)] >= limit]


def move(samples: list[list[Any]], price: Decimal) -> Decimal:
    """Percent, up from the lowest or down from the highest."""
    prices = [dec(row[1]) for row in samples]
    low, high = min(prices), max(prices)
    return max((price - low) / low, (high - price) / high) * HUNDRED


def market_of(one: Priced) -> str:
    return f"{one.document['source']}|{one.document['symbol']}"


TARGETS = ("take_profit", "take_profit_pct", "stop_loss", "stop_loss_pct")
JUDGES = {
    "drawdown_pct": drawdown,
    "daily_loss": daily_loss,
    "exposure": exposure,
    "sudden_move_pct": sudden_move,
    **dict.fromkeys(TARGETS, target),
}


def reason_of(kind: str) -> str:
    """The reason its bots give for what the rule made them do."""
    return f"portfolio_{kind.removesuffix('_pct')}" if kind in TARGETS else "guard"


def inputs_of(rule: Doc, state: Doc) -> dict[str, str]:
    """What its bots' logs say of it: which rule, its figure and its limit, both in percent (`_pct`) or in `currency`."""
    unit = {} if rule["kind"].endswith("_pct") else {"currency": str(rule["currency"])}
    return {"guard": rule["kind"], "guard_id": rule["id"], "value": state["value"], "limit": str(rule["limit"]), **unit}
