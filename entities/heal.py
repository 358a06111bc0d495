"""The report of a bot that was away: what the first look back found, what was adopted, put right, missing.

Code `reconciled`, params (numbers as text): away_s · fills (trades found) · adopted (orders of unknown fate the venue has) · missing
(orders somebody else removed) · placed, cancelled, resent (what was asked of the venue to put it right) · unknown (orders still in doubt)
· open (orders out now)

Rules
1. A look back begins when the bot was not looked at for AWAY_MS, or when an order it committed is still in doubt after DOUBT_MS.
2. It ends with the first step that leaves nothing to be found; then it is said, unless all it found is that the bot had been at rest.
3. While orders stay in doubt another one follows at once, and is silent until it has found something: a doubt is told once, then its end.
"""

from __future__ import annotations

from typing import Any

from entities.bot_state import Bot
from strategy_core.intent import Sent
from strategy_core.trade import Event

AWAY_MS = 5 * 60_000
DOUBT_MS = 10_000
REST_MS = 7 * 3_600_000  # longer than any bot rests without a tick
DOUBTFUL = (Sent.PENDING, Sent.CANCELLING)


def begin(bot: Bot, now: int, asked: str = "") -> None:
    """`asked`: why the owner, or the platform, wants a report whatever is found (a rebuild, a resume after an error)."""
    doubtful = [id_ for id_, row in bot.book.rows.items() if row.state in DOUBTFUL]
    late = {id_ for id_ in doubtful if now - bot.book.rows[id_].signed_at > DOUBT_MS}
    is_free = bot.heal is None or ("told" in bot.heal and bool(asked or late - set(bot.heal["doubtful"])))
    if is_free and (asked or late or (bot.ticked_at and now - bot.ticked_at > AWAY_MS)):
        bot.heal = {"from": bot.ticked_at or now, "doubtful": doubtful, "fills": bot.fills, "asked": asked}


def count(bot: Bot, name: str, more: int = 1) -> None:
    if bot.heal is not None and more:
        bot.heal[name] = int(bot.heal.get(name, 0)) + more


def adopt(bot: Bot) -> None:
    """Orders that were in doubt and that the venue turned out to have."""
    for id_ in list(bot.heal["doubtful"]) if bot.heal is not None else ():
        row = bot.book.rows.get(id_)
        if row is not None and row.state not in DOUBTFUL:
            settle(bot, id_)
            count(bot, "adopted", int(row.state is Sent.OPEN or row.order_id is not None or row.filled > 0))


def settle(bot: Bot, id_: str) -> None:
    """The fate of an order is known, or it is another sending now."""
    if bot.heal is not None and id_ in bot.heal["doubtful"]:
        bot.heal["doubtful"].remove(id_)


def found_trade(bot: Bot, at: int) -> None:
    if bot.heal is not None:
        bot.heal.setdefault("first", at)


def said(bot: Bot, events: tuple[Event, ...]) -> None:
    count(bot, "missing", sum(event.code == "order_missing" for event in events))


def end(bot: Bot, intents: list[dict[str, Any]], now: int, seen_at: int | None) -> None:
    """`seen_at`: the instant of the price this step saw; None while the look is not done."""
    heal = bot.heal
    if heal is None:
        return
    for kind, name in (("place", "placed"), ("cancel", "cancelled")):
        count(bot, name, sum(intent["kind"] == kind for intent in intents))
    if seen_at is None or bot.heir is not None or any(intent["kind"] == "look_up" for intent in intents):
        return
    rows = bot.book.rows
    doubtful = [id_ for id_ in heal["doubtful"] if id_ in rows and rows[id_].state in DOUBTFUL]
    bot.heal = {"from": now, "doubtful": doubtful, "fills": bot.fills, "asked": "", "told": 1} if doubtful else None
    fills = bot.fills - heal["fills"]
    report = {
        "away_s": (now - heal["from"]) // 1000, "fills": fills, "adopted": heal.get("adopted", 0), "missing": heal.get("missing", 0),
        "placed": heal.get("placed", 0), "cancelled": heal.get("cancelled", 0), "resent": heal.get("resent", 0), "unknown": len(doubtful),
        "open": sum(row.state is not Sent.OVER for row in rows.values()),
    }  # fmt: skip
    if is_worth_telling(heal, report, now, seen_at):
        params = {name: str(number) for name, number in report.items()} | ({"why": heal["asked"]} if heal["asked"] else {})
        bot.say((Event("reconciled", params, bot.core.at),))


def is_worth_telling(heal: dict[str, Any], report: dict[str, int], now: int, seen_at: int) -> bool:
    """An old trade was missed, a new one woke a bot at rest. On a path of its own time (a replay) that cannot be told."""
    is_wall = abs(now - seen_at) < AWAY_MS
    is_late = report["fills"] > 0 and is_wall and now - int(heal.get("first", now)) > AWAY_MS
    doubts = any(report[name] for name in ("adopted", "missing", "resent", *(() if "told" in heal else ("unknown",))))
    return bool(heal["asked"]) or is_late or doubts or report["away_s"] * 1000 > REST_MS
