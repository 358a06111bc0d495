"""Why a step did what it did: the lines of the "why" log that name the cause of every status and of every order.

`cause`: command (the owner's) · signal (an alert's) · guard · panic · fill · order_ended · not_found (a look-up: the exchange never had it,
so it is sent again) · reconcile (a look back, whose report follows) · rule (the bot's own: price, candles, clock). The inputs stand beside
it: `command`, `by`, `given`, `command_id` of a word, and what a guard saw; `filled` and `trade`; `ended`; `price`; `timeframe`.

Code `orders`: what the step asked the exchange, and why: `placed`, `resent`, `cancelled`, each "leg side amount at price #id", separated by
commas; the id is the beginning of the client order id.

Rules
1. A status is told with the very fact that brought it; orders with the word, the fills or the ends the step began with.
2. Everything here is known from the step alone: nothing of it is stored but the lines, and what a guard saw while its bots rest for it.
"""

from __future__ import annotations

import json
from typing import Any

from entities.bot_state import Bot
from strategy_core import registry
from strategy_core.number import plain
from strategy_core.storage import load_order
from strategy_core.trade import Candles, Command, Ended, Event, Fact, Fill, Order

TOLD = ("status", "command", "edited")
SIGNED = {"place": "placed", "place_stop": "placed", "cancel": "cancelled", "cancel_stop": "cancelled"}
WORDS_OF = {"webhook": "signal", "panic": "panic", "guard": "guard"}
FIGURES = ("guard", "value", "limit", "currency")
LONGEST = 300

Said = dict[str, str]


def apply(bot: Bot, fact: Fact) -> None:
    """One fact into the core, remembered for as long as the step takes."""
    registry.apply(bot.core, fact)
    bot.facts.append((len(bot.core.log), fact))


def explained(bot: Bot, events: tuple[Event, ...], event: dict[str, Any] | None, intents: list[dict[str, Any]]) -> tuple[Event, ...]:
    """The lines of the step with their causes, the one on orders last. `event`: what the step began with, if it was not seen before."""
    told = [with_cause(one, of_line(bot, k, event)) if one.code in TOLD else one for k, one in enumerate(events)]
    keep_figures(bot, told, event)
    asked = orders_of(bot, intents)
    if asked:
        resent_alone = asked.keys() == {"resent"}
        told.append(Event("orders", ({"cause": "not_found"} if resent_alone else of_step(bot, event)) | asked, bot.core.at))
    return tuple(told)


def keep_figures(bot: Bot, told: list[Event], event: dict[str, Any] | None) -> None:
    """What the guard saw that gave the status its reason: of two, the one that moved the bot last."""
    word = of_word(event)
    is_moved = any(line.code == "status" and "guard" in line.params for line in told)
    if is_moved or bot.why.get("reason") != bot.core.reason:
        is_its = event is not None and "guard" in word and word["by"] == bot.core.reason
        bot.why = {"reason": word["by"]} | {name: word[name] for name in FIGURES if name in word} if is_its else {}


def with_cause(line: Event, cause: Said) -> Event:
    """What the core said itself stands first and is not said twice."""
    said = set(line.params.values())
    more = {name: text for name, text in cause.items() if name not in line.params and (name == "cause" or text not in said)}
    return line._replace(params={**line.params, **more})


def refused(event: dict[str, Any], code: str, figures: Said, at: int) -> Event:
    """The line of a command that was refused: why, with which figures, and whose word it was."""
    return with_cause(Event("command_refused", {"command": event["body"]["name"], "code": code, **figures}, at), of_word(event))


def of_line(bot: Bot, number: int, event: dict[str, Any] | None) -> Said:
    """Of the line `number` of this step: the fact after which the log was longer."""
    before = [fact for length, fact in bot.facts if length > number]
    return of_fact(bot, before[0], event) if before else of_word(event)


def of_fact(bot: Bot, fact: Fact, event: dict[str, Any] | None) -> Said:
    if isinstance(fact, Fill):
        return {"cause": "fill", "filled": fill_text(fact), "trade": fact.trade_id}
    if isinstance(fact, Ended):
        return {"cause": "order_ended", "ended": ended_text(fact)}
    if isinstance(fact, Command):
        return of_word(event)
    if isinstance(fact, Candles):
        return {"cause": "rule", "timeframe": f"{fact.timeframe_ms // 60_000}m", "price": plain(bot.core.price)}
    return {"cause": "rule", "price": plain(bot.core.price)}


def of_word(event: dict[str, Any] | None) -> Said:
    """A command with who gave it; a guard's with what it saw."""
    if event is None or event["kind"] != "command":
        return {"cause": "rule"}
    body = event["body"]
    by = body.get("reason") or "user"
    cause = WORDS_OF.get(by, "guard" if by.startswith("portfolio_") else "command")
    found = {"cause": cause, "command": body["name"], "by": by, "given": given_text(body.get("params") or {})}
    return {name: text for name, text in {**found, **(body.get("inputs") or {}), "command_id": event["id"]}.items() if text}


def of_step(bot: Bot, event: dict[str, Any] | None) -> Said:
    facts = [fact for _, fact in bot.facts]
    fills = [fact for fact in facts if isinstance(fact, Fill)]
    ended = [fact for fact in facts if isinstance(fact, Ended)]
    inputs = {"filled": ", ".join(map(fill_text, fills)), "ended": ", ".join(map(ended_text, ended)), "price": plain(bot.core.price)}
    inputs = {name: text for name, text in inputs.items() if text}
    if event is not None and event["kind"] == "command":
        return of_word(event) | inputs
    cause = "fill" if fills else "order_ended" if ended else "reconcile" if bot.heal is not None else "rule"
    return {"cause": cause} | inputs


def orders_of(bot: Bot, intents: list[dict[str, Any]]) -> Said:
    found: dict[str, list[str]] = {}
    for intent in intents:
        name = SIGNED.get(intent["kind"])
        row = bot.book.rows.get(intent["id"])
        if name == "placed" and row is not None and row.attempts > 1:
            name = "resent"
        if name is not None:
            found.setdefault(name, []).append(order_text(intent["id"], load_order(intent["order"]), intent.get("stop_price")))
    return {name: ", ".join(texts) for name, texts in found.items()}


def order_text(id_: str, order: Order, stop_price: str | None) -> str:
    price = f"stop {stop_price}" if stop_price else "market" if order.price is None else plain(order.price)
    return f"{order.leg} {order.side.value} {plain(order.amount)} at {price} #{id_[:8]}"


def fill_text(fill: Fill) -> str:
    return f"{fill.leg} {fill.side.value} {plain(fill.amount)} at {plain(fill.price)}"


def ended_text(ended: Ended) -> str:
    return f"{ended.leg} {ended.reason} {ended.detail}".rstrip()


def given_text(params: dict[str, Any]) -> str:
    """What came with a command, shortened: "close_mode=quote"; the fields of an edit by themselves."""
    flat = {**params, **params["changes"]} if isinstance(params.get("changes"), dict) else params
    texts = [f"{name}={value if isinstance(value, str) else json.dumps(value)}" for name, value in flat.items() if name != "changes"]
    return ", ".join(texts)[:LONGEST]
