"""One step of a bot: facts in, intents out. Pure: the same state and input give the same answer.

Order of a step: outcomes of what was asked, trades in the order they happened, orders that are over, the price, the owner's command;
then what the core wants is compared with what was sent, and what is to be asked is committed.

Input:  now (wall ms) · event {id, kind, body} or null · view {point, before, trades, open, ended, candles,
        position, funding, funded, cursor, more} or null · outcomes [{id, kind,
        sending, result, order_id, reason, report}] · published (a revision known to be stored) · settled (nobody waits for the answer)
        · refused {reason, params} (the account's word on the command) · raised (the id under which the account has promised more)
        · aloud (its document must say what it is now, whatever is still to be asked)
Answer: intents · look {mine, cursor, horizon} (for the next look) · more · publish (null while the tick goes on) · final
        · calm (the cancels among the intents, gone as planned, change nothing else)
        · settle {amounts, revision, id} (what the account must keep for the bot from now on)
"""

from __future__ import annotations

from typing import Any

from entities import belt, causes, deals, following, heal, inheritance
from entities.answers import take_outcomes
from entities.bot_state import Bot
from entities.causes import apply
from entities.inheritance import wanted_orders
from entities.projection import OUTBOX_ROWS, publication, status_of, where_to_look
from entities.sent import Row
from shared.clock import iso
from shared.webhooks.decision import decision_row
from strategy_core import registry
from strategy_core.intent import Cancel, LookUp, Place, Sent, SentOrder, diff
from strategy_core.number import ONE, dec, plain, working_digits
from strategy_core.storage import order_row
from strategy_core.trade import (
    Candles,
    Command,
    Event,
    Fill,
    Funding,
    Invalid,
    Look,
    Order,
    PositionSeen,
    Role,
    Status,
)

FINAL = ("stopped", "finished")
DEFINITE = ("absent", "found")  # what a venue that is there says of an order


def advance(bot: Bot, given: dict[str, Any]) -> dict[str, Any]:
    """Changes the bot in place and tells what to do next."""
    now = int(given["now"])
    event = given.get("event")
    is_new = event is not None and not bot.is_done(event["id"])
    if event is not None:
        heal.begin(bot, now, resumed(bot, event) if is_new else "")
    bot.ticks(now)
    if given.get("published") is not None and bot.has_asked(given.get("view")):
        bot.published(int(given["published"]))
    verdict = "ok"
    with working_digits():
        again = take_outcomes(bot, given.get("outcomes") or [], now)
        more = take_view(bot, given.get("view"))
        book_belt(bot)
        heal.adopt(bot)
        seen_at = None if more or given.get("view") is None else int(given["view"]["point"][0])
        for row in () if seen_at is None else bot.book.missing_trades(now):
            distrust(bot, row)
            row.final = row.filled  # said once: from here on the trades are what is believed
        if is_new:
            bot.remember(event["id"])
            verdict = take_command(bot, event, given.get("refused"))
        is_answered = any(one["result"] in DEFINITE for one in given.get("outcomes") or ())
        more = (inheritance.go_on(bot, now, seen_at) and is_answered) or more
        intents, is_calm = plan(bot, again, now)
        if is_new and "hit" in event["body"]:
            tell_inbox(bot, event["body"]["hit"], verdict, intents)
        events = registry.drain(bot.core)
        bot.say(causes.explained(bot, events, event if is_new else None, intents))
        heal.said(bot, events)
        heal.end(bot, intents, now, seen_at)
        note_end(bot, now)
        more = more and bot.stopped_at is None  # at its end there is nothing left to look at
        is_unsaid = bool(intents) and bot.heal is not None  # the report comes with a later step: all is published with that
        quiet = (bool(given.get("settled")) or is_unsaid or (more and not intents)) and not given.get("aloud")
        return answer(bot, intents, more, quiet, given.get("raised")) | {"calm": is_calm}


def resumed(bot: Bot, event: dict[str, Any]) -> str:
    """Why the owner wants a look back: a bot that was put aside goes on."""
    is_resume = event["kind"] == "command" and event["body"]["name"] == "resume"
    return "resume" if is_resume and status_of(bot)[0] == Status.ERROR.value else ""


def take_view(bot: Bot, view: dict[str, Any] | None) -> bool:
    """What one look found. True when there is more to look at at once."""
    if view is None or not bot.has_asked(view):  # a state before asked, with a cursor ahead: the bot's own look tells all
        return view is not None
    seen_until = max(bot.cursor[0], bot.core.at)
    is_blind = not bot.book.is_covered(view.get("asked"))
    bot.keeps_stops = bool(view.get("keeps_stops", bot.keeps_stops))
    take_looks_before(bot, view)
    belt.know(bot, view.get("belt"))
    for trade in sorted(
        view["trades"], key=lambda trade: belt.is_trade(bot, trade)
    ):  # entries first: what they bought is to be closed, too
        take_trade(bot, trade)
    if bot.heir is None:
        bot.book.seen_resting(view["open"])
    for report in view["ended"]:
        found = bot.book.find(report["id"], report["order_id"])
        for fact in bot.book.report(found[1], report, report["at"]) if found else ():
            apply(bot, fact)
    book_belt(bot)
    belt.seen(bot, view.get("belt"), bot.ticked_at)
    belt.missed(bot, view)
    at, price = int(view["point"][0]), dec(view["point"][1])
    if at < seen_until:  # an old projection, or a look that was overtaken: its trades count, its price is history
        return True
    if int(view["cursor"][0]) >= bot.cursor[0] and not is_blind and belt.lets_pass(bot, view):
        bot.cursor = inheritance.cursor_after(bot, view["cursor"])
    for candles in view.get("candles") or ():
        take_candles(bot, candles, at)
    take_reality(bot, view, at)
    apply(bot, Look(price, at))
    return bool(view["more"]) or is_blind


def take_looks_before(bot: Bot, view: dict[str, Any]) -> None:
    """The quiet path before whatever happened: what a guard over a window is judged by."""
    until = min([int(view["point"][0]), *(int(trade["at"]) for trade in view["trades"])])
    for when, price in view.get("before") or ():
        if bot.core.at < int(when) < until:
            apply(bot, Look(dec(price), int(when)))


def take_reality(bot: Bot, view: dict[str, Any], at: int) -> None:
    """The venue's own view of a position, and the funding it took or paid."""
    for when, amount in view.get("funding") or ():
        apply(bot, Funding(dec(amount), int(when)))
    bot.funded = max(bot.funded, int(view.get("funded") or 0))
    if view.get("position") is None or belt.is_in_flight(bot):
        return
    amount, entry, level = view["position"]
    if dec(amount):
        bot.liquidation, bot.liquidation_of = level, plain(dec(amount))
    known = bot.liquidation  # a position that is gone has no figure any more: the last one tells why
    apply(bot, PositionSeen(dec(amount), None if entry is None else dec(entry), None if known is None else dec(known), at))


def take_candles(bot: Bot, given: dict[str, Any], at: int) -> None:
    """Closed candles of one timeframe, each closing shown once."""
    name, rows = str(given["timeframe"]), given["rows"]
    if rows and bot.shown.get(name) != rows[-1][0]:
        bot.shown[name] = rows[-1][0]
        closed = tuple((int(when), dec(o), dec(h), dec(low), dec(c)) for when, o, h, low, c in rows)
        apply(bot, Candles(int(given["timeframe"]), closed, at))


def take_trade(bot: Bot, trade: dict[str, Any]) -> None:
    found = bot.book.find(trade["client_order_id"], trade["order_id"])
    if bot.core.knows(trade["trade_id"]):
        return
    if found is None:
        belt.hold(bot, trade)
        return
    id_, row = found
    fill, was = bot.book.trade(row, trade), deals.before(bot, row.order.leg)
    bot.core.at = max(bot.core.at, fill.at)  # what the fill leads to is decided at its instant, not at the last look's
    inheritance.take(bot, fill)
    if row.filled > row.order.amount:
        distrust(bot, row)
    write_fill(bot, id_, row.order.role, fill, deals.closed_by(bot, id_, row, fill, was))


def book_belt(bot: Bot) -> None:
    """The trades of the venue's stop, once nothing can enter any more."""
    for fill in belt.released(bot):
        apply(bot, fill)
        write_fill(bot, bot.belt["id"] if bot.belt else "", Role.STOP_LOSS, fill, {})
    belt.settle(bot, bot.ticked_at)


def write_fill(bot: Bot, id_: str, role: Role, fill: Fill, more: dict[str, Any]) -> None:
    """The ledger's row of one execution."""
    bot.fills += 1
    heal.found_trade(bot, fill.at)
    row = {
        "order_id": id_, "trade_id": fill.trade_id, "symbol": bot.record["symbol"], "leg": fill.leg, "role": role.value,
        "side": fill.side.value, "price": plain(fill.price), "amount": plain(fill.amount), "cost": plain(fill.price * fill.amount),
        "fee": plain(fill.fee), "fee_currency": fill.fee_currency, "maker": fill.maker, "at": iso(fill.at),
    }  # fmt: skip
    bot.put("fill", bot.fills, row | more)


def distrust(bot: Bot, row: Row) -> None:
    """An order and its trades contradict each other: nothing new is sent until the owner has looked."""
    expected = row.order.amount if row.final is None else row.final
    registry.distrust(bot.core, leg=row.order.leg, ordered=row.order.amount, expected=expected, traded=row.filled)


def take_command(bot: Bot, event: dict[str, Any], refused: dict[str, Any] | None = None) -> str:
    """The owner's word: "ok" or why not. What the account (`refused`) or the core refuses is said in the log; nothing else changes."""
    if event["kind"] != "command" or event["body"]["name"] == "start":
        return "ok"
    body = event["body"]
    if refused is not None:
        bot.say((causes.refused(event, refused["reason"], refused["params"], bot.core.at),))
        return str(refused["reason"])
    if body["name"] == "rename":
        bot.record = {**bot.record, "name": body["params"]["name"]}
        return "ok"
    if body["name"] == "note":  # something beside trading that belongs into the log
        bot.say((Event(body["params"]["code"], body["params"]["said"], bot.core.at),))
        return "ok"
    if body["name"] == "resume":
        bot.quarantine, bot.failures = None, 0
    try:
        apply(bot, as_command(bot, event))
    except Invalid as wrong:
        bot.say((causes.refused(event, wrong.code, {"field": wrong.field, **wrong.params}, bot.core.at),))
        return wrong.code
    if body["name"] in ("edit", "add_funds"):
        bot.record = {**bot.record, "edited": True}
    return "ok"


def as_command(bot: Bot, event: dict[str, Any]) -> Command:
    body = event["body"]
    return Command(body["name"], body.get("params") or {}, bot.core.at, event["id"], body.get("reason") or "user")


def weigh(bot: Bot, event: dict[str, Any]) -> dict[str, Any]:
    """What a command would take beyond what the bot counts on, and what the bot owns, by currency; whether it was carried out before.

    The bot is thrown away after.
    """
    before, market, ledger = registry.reservation(bot.core), bot.core.market, bot.core.ledger
    own = {market.quote: plain(ledger.quote)} if market.is_future else {market.quote: plain(ledger.quote), market.base: plain(ledger.base)}
    is_done = bot.is_done(event["id"])
    try:
        if not is_done:
            with working_digits():
                apply(bot, as_command(bot, event))
    except Invalid:  # the advance says so
        return {"more": {}, "own": own, "is_done": is_done}
    grown = {name: dec(amount) - dec(before.get(name, "0")) for name, amount in registry.reservation(bot.core).items()}
    return {"more": {name: plain(amount) for name, amount in grown.items() if amount > 0}, "own": own, "is_done": is_done}


def tell_inbox(bot: Bot, hit: dict[str, str], verdict: str, intents: list[dict[str, Any]]) -> None:
    """What became of an alert's command, and the orders it led to at once."""
    orders = [intent["id"] for intent in intents if intent["kind"] == "place"]
    bot.outbox.append({**decision_row(hit, bot.id, verdict, iso(bot.ticked_at), orders), "revision": bot.revision + 1})


def plan(bot: Bot, again: list[str], now: int) -> tuple[list[dict[str, Any]], bool]:
    """What to ask the exchange, committed before it is handed out; and whether its cancels change nothing else.

    In quarantine, in error or while a bot made again looks back only doubts are cleared up.
    """
    wanted = wanted_orders(bot)
    rows = bot.book.rows
    sent = {id_: SentOrder(row.order, row.binding) for id_, row in rows.items()}
    nothing_new = belt.is_only_asking(bot)
    is_closing = any(is_market_exit(order) for order in wanted.values())
    intents = [intent | {"margin": margin_of(bot)} for intent in belt.plan(bot, is_closing, now)] if bot.core.market.is_future else []
    for intent in diff(wanted, (), sent):
        if isinstance(intent, LookUp):
            row = rows[intent.id]
            if row.state is Sent.OVER or intent.id in again or not bot.book.is_due(row, now):
                continue
            row.looked_at = now
            intents.append(spoken("look_up", intent.id, bot))
        elif nothing_new or (isinstance(intent, Place) and is_market_exit(intent.order) and belt.holds(bot, now)):
            continue
        elif isinstance(intent, Place):
            bot.book.commit(intent.id, intent.order, now)
            intents.append(spoken("place", intent.id, bot))
        elif isinstance(intent, Cancel):
            rows[intent.id].state, rows[intent.id].looked_at = Sent.CANCELLING, now
            intents.append(spoken("cancel", intent.id, bot))
    for id_ in () if nothing_new else following.unhindered(bot, wanted, again):
        bot.book.commit_again(rows[id_], now)
        intents.append(spoken("place", id_, bot))
    is_calm = following.is_calm(bot, [intent["id"] for intent in intents if intent["kind"] == "cancel"])
    intents += follow(bot, wanted, intents, now) if is_calm else []
    bot.book.forget(set(wanted))
    return intents, is_calm


def follow(bot: Bot, wanted: dict[str, Order], intents: list[dict[str, Any]], now: int) -> list[dict[str, Any]]:
    """What takes the place of the orders cancelled in this round, committed with them."""
    found, fills = following.followers(bot, wanted, [intent["id"] for intent in intents if intent["kind"] == "cancel"])
    placed = []
    for place in found:
        if not (is_market_exit(place.order) and bot.core.market.is_future):
            bot.book.commit(place.id, place.order, now)
            placed.append(spoken("place", place.id, bot) | {"after": fills})
    return placed


def is_market_exit(order: Order) -> bool:
    return order.price is None and order.reduce_only


def spoken(kind: str, id_: str, bot: Bot) -> dict[str, Any]:
    row = bot.book.rows[id_]
    return {
        "kind": kind, "id": id_, "order": order_row(row.order), "order_id": row.order_id,
        "signed_at": row.signed_at, "deadline": row.deadline, "margin": margin_of(bot),
        "sending": row.attempts, "claim": f"{id_}:{row.attempts}" if bot.book.window.claims else None,
        "origin": bot.origin, "filled": plain(row.filled),
    }  # fmt: skip


def margin_of(bot: Bot) -> list[str] | None:
    """A perpetual's (margin mode, leverage), which some venues want with every order."""
    if not bot.core.market.is_future:
        return None
    config = bot.core.config
    return [getattr(config, "margin_mode", "isolated"), plain(getattr(config, "leverage", ONE))]


def note_end(bot: Bot, now: int) -> None:
    if bot.stopped_at is None and status_of(bot)[0] in FINAL:
        bot.stopped_at = now


def settle(bot: Bot, raised: str | None) -> dict[str, Any]:
    """{settle: what the account must keep for the bot from this revision on} when that has changed; a bot at its end releases it all."""
    amounts = registry.reservation(bot.core)
    if status_of(bot)[0] in FINAL or (amounts == bot.reserved and raised is None):
        return {}
    bot.reserved = amounts
    return {"settle": {"amounts": amounts, "revision": bot.revision + 1, "id": raised}}


def answer(bot: Bot, intents: list[dict[str, Any]], more: bool, quiet: bool, raised: str | None = None) -> dict[str, Any]:
    horizon = registry.horizon(bot.core)
    is_quiet = quiet and len(bot.outbox) < OUTBOX_ROWS
    return settle(bot, raised) | {
        "intents": intents,
        "look": where_to_look(bot, horizon),
        "more": more,
        "final": status_of(bot)[0] in FINAL,
        "publish": None if is_quiet else publication(bot, horizon),
    }
