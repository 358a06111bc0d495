"""What the venue answered to what was asked of it: outcomes of intents, as facts for the core.

Rule: a refusal speaks of the sending it answers. One that comes late, when the order was sent again meanwhile, says nothing of that.
"""

from __future__ import annotations

from typing import Any

from entities import belt, heal, inheritance
from entities.bot_state import Bot
from entities.causes import apply
from entities.sent import NOT_NOW, Row
from strategy_core.intent import Sent
from strategy_core.trade import Fact

Outcome = dict[str, Any]


def take_outcomes(bot: Bot, outcomes: list[Outcome], now: int) -> list[str]:
    """Answers to intents. Returns the ids that must be sent again."""
    again: list[str] = []
    wanted = inheritance.wanted_orders(bot)
    for outcome in outcomes:
        if belt.is_ours(bot, outcome["id"]):
            belt.take_outcome(bot, outcome, now)
            continue
        row = bot.book.rows.get(outcome["id"])
        if row is None:
            continue
        row.order_id = row.order_id or outcome.get("order_id")
        resend = False
        if outcome.get("report") is not None:
            facts = reported(bot, row, outcome)
        elif outcome["result"] == "absent":
            resend, facts = missing(bot, row, outcome, outcome["id"] in wanted, now)
        else:
            facts = answered(bot, row, outcome, now)
        if resend:
            again.append(outcome["id"])
            heal.count(bot, "resent")
            heal.settle(bot, outcome["id"])
        for fact in facts:
            apply(bot, fact)
    return again


def reported(bot: Bot, row: Row, outcome: Outcome) -> list[Fact]:
    """The venue has the order."""
    report = outcome["report"]
    facts = bot.book.report(row, report, bot.core.at)
    inheritance.found(bot, outcome["id"], row, report)
    if outcome["kind"] == "look_up" and report["status"] == "open" and row.state is Sent.CANCELLING:
        row.state = Sent.OPEN  # the cancel was lost on its way: it is asked for again
    return facts


def missing(bot: Bot, row: Row, outcome: Outcome, is_wanted: bool, now: int) -> tuple[bool, list[Fact]]:
    """The venue does not have it: (send it again?, facts)."""
    asked_at = int(outcome.get("asked_at", now))
    if outcome["id"] in bot.adopted.values():
        inheritance.give_up(bot, outcome["id"], asked_at)
        return False, []
    return bot.book.absent(row, is_wanted, asked_at, bot.core.at)


def answered(bot: Bot, row: Row, outcome: Outcome, now: int) -> list[Fact]:
    """What a placement was told, or that nothing is known: then its fate is looked up, after a pause."""
    result, is_refusal = outcome["result"], outcome["result"] in ("rejected", "held")
    if result == "accepted":
        row.state = Sent.OPEN if row.state is Sent.PENDING else row.state
    elif is_refusal and (row.state is not Sent.PENDING or is_of_before(row, outcome)):
        return []
    elif result == "held":
        bot.book.held(row, now)
    elif result == "rejected" and outcome.get("reason") in NOT_NOW:
        bot.book.busy(row, now)
    elif result == "rejected":
        return bot.book.rejected(row, outcome.get("reason") or "other", bot.core.at)
    else:
        row.looked_at = now
    return []


def is_of_before(row: Row, outcome: Outcome) -> bool:
    """Whether the answer is to a sending before the last."""
    return int(outcome.get("sending") or row.attempts) < row.attempts
