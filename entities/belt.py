"""The seat belt: one stop order that the venue itself keeps for a perpetual's position, while the bot has a stop and is not closing.

Intents: place_stop (with `stop_price`), look_up_stop, cancel_stop. Their outcomes come back as those of orders do.

Rules
1. One at a time: a stop whose price or amount is no longer right is taken back and known to be over before the next one is sent.
2. Belt and close share one lock: what the bot closes at market waits until the belt is over, at most LOCK_MS. Both only reduce.
3. A belt that was triggered is the bot's own stop: its trades are folded as a stray fill of the position it closed.
4. A belt the venue refuses is tried again after REFUSED_MS: the bot's own stop watches all the same.
5. Its trades are kept back (`held`) until nothing that enters is live any more: a deal that ended before could be entered once more
   by an order the cancel came too late for. What is left of the position then is closed at market like any other.
6. It trades under an id the venue makes up: only a look that asked for it can tell its trades, and the window of trades does not move
   past one that did not, nor while some that the venue counted are missing (`lets_pass`). After an outage they may be old.
7. A belt that the venue had and does not know any more is in doubt again: it is looked up once more, and another takes its place.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from entities.bot_state import Bot
from entities.sent import LOOK_AGAIN_MS, TRADES_LATE_MS
from strategy_core import registry
from strategy_core.number import dec, plain
from strategy_core.reality import Protection
from strategy_core.state import FINAL
from strategy_core.storage import order_row
from strategy_core.trade import Event, Fill, Order, OrderType, Role, Side, Status, client_order_id

PENDING, OPEN, CANCELLING, TRIGGERED = "pending", "open", "cancelling", "triggered"
LOCK_MS = 10_000
REFUSED_MS = 300_000
HELD = ("trade_id", "side", "price", "amount", "fee", "fee_currency", "at", "maker")  # what is kept of a trade
MOVED = dec("0.001")  # a trailing stop follows in steps of a thousandth of its price
LEG = "BELT"
Doc = dict[str, Any]


def plan(bot: Bot, is_closing: bool, now: int) -> list[Doc]:
    """What to ask the venue about the belt. `is_closing`: the bot wants to leave at market."""
    next_heir(bot)
    belt, wanted = bot.belt, wanted_stop(bot, is_closing)
    if belt is None:
        if wanted is None or not bot.keeps_stops or is_only_asking(bot) or now < bot.belt_after:
            return []
        bot.belts += 1
        id_ = client_order_id(bot.owner, bot.epoch, f"{LEG}|{bot.belts}|0")
        bot.belt = {
            "id": id_, "side": wanted.side.value, "price": plain(wanted.price), "amount": plain(wanted.amount), "state": PENDING,
            "signed_at": now, "deadline": now + bot.book.window.exp_ms, "looked_at": now, "filled": "0", "order_id": None,
        }  # fmt: skip
        return [spoken("place_stop", bot)]
    if belt["state"] == OPEN and is_wrong(belt, wanted) and not is_only_asking(bot):
        belt["state"], belt["looked_at"], belt["asked_at"] = CANCELLING, now, belt.get("asked_at") or now
        return [spoken("cancel_stop", bot)]
    if belt["state"] != OPEN and now - belt["looked_at"] >= LOOK_AGAIN_MS:
        belt["looked_at"] = now
        return [spoken("look_up_stop", bot)]
    return []


def is_only_asking(bot: Bot) -> bool:
    """Whether nothing is placed or taken back: put aside, in error, or made again and still looking back."""
    return bot.quarantine is not None or bot.core.status is Status.ERROR or bot.heir is not None


def wanted_stop(bot: Bot, is_closing: bool) -> Protection | None:
    if is_closing or bot.core.status in (Status.STOPPING, *FINAL):
        return None
    return registry.protection(bot.core)


def is_wrong(belt: Doc, wanted: Protection | None) -> bool:
    if wanted is None or (belt["side"], belt["amount"]) != (wanted.side.value, plain(wanted.amount)):
        return True
    return abs(dec(belt["price"]) - wanted.price) > wanted.price * MOVED


def holds(bot: Bot, now: int) -> bool:
    """Whether a close must wait for the belt."""
    belt = bot.belt
    if keeps_trades(bot):
        return True
    return belt is not None and belt["state"] != PENDING and now - int(belt.get("asked_at") or now) < LOCK_MS


def spoken(kind: str, bot: Bot) -> Doc:
    belt = bot.belt or {}
    side, amount = Side(belt["side"]), dec(belt["amount"])
    order = Order(LEG, bot.belts, 0, side, OrderType.MARKET, None, amount, Role.STOP_LOSS, True, 0)
    return {
        "kind": kind, "id": belt["id"], "order": order_row(order), "order_id": belt["order_id"], "signed_at": belt["signed_at"],
        "deadline": belt["deadline"], "stop_price": belt["price"], "claim": f"{belt['id']}:1" if bot.book.window.claims else None,
        "origin": bot.origin,
    }  # fmt: skip


# -- what became of it ------------------------------------------------------------------------------------------------


def is_ours(bot: Bot, id_: str) -> bool:
    return bot.belt is not None and bot.belt["id"] == id_


def take_outcome(bot: Bot, outcome: Doc, now: int) -> None:
    belt, result = bot.belt or {}, outcome["result"]
    belt["order_id"] = belt["order_id"] or outcome.get("order_id")
    if outcome.get("report") is not None:
        seen(bot, outcome["report"], now)
    elif outcome["kind"] == "place_stop" and result == "accepted":
        belt["state"] = OPEN
    elif outcome["kind"] == "place_stop" and result == "rejected":
        bot.belt, bot.belt_after = None, now + REFUSED_MS
        bot.say((Event("belt_refused", {"reason": outcome.get("reason") or "other", "price": belt["price"]}, bot.core.at),))
    elif result == "absent" and int(outcome.get("asked_at", now)) - int(belt["signed_at"]) >= bot.book.window.ambiguous_ms:
        over(bot, belt["filled"], now)  # it never came through, or the venue has forgotten it
    else:
        belt["looked_at"] = now


def know(bot: Bot, report: Doc | None) -> None:
    """The order it became, before that order's trades are taken."""
    belt = bot.belt
    if belt is not None and report is not None and report["id"] == belt["id"] and report["status"] != "open":
        belt["order_id"] = report["order_id"]


def seen(bot: Bot, report: Doc | None, now: int) -> None:
    """The venue's word on the belt."""
    belt = bot.belt
    if belt is None or report is None or report["id"] != belt["id"]:
        settle(bot, now)
        return
    if report["status"] == "open":
        belt["state"] = OPEN  # a cancel that was lost on its way is asked for again
        bot.belt_heirs = []  # the next one was only sent when this one was over
        return
    belt["order_id"] = report["order_id"]
    over(bot, report["filled"], now)


def missed(bot: Bot, view: Doc) -> None:
    """A look that asked for the belt, long after it must have been shown, did not find it (rule 7)."""
    belt = bot.belt
    if belt is None or belt["state"] != OPEN or not bot.keeps_stops or view.get("belt") is not None or not was_asked(bot, view):
        return
    if int(view["point"][0]) - int(belt["signed_at"]) >= bot.book.window.ambiguous_ms:
        belt["state"], belt["looked_at"] = PENDING, 0


def over(bot: Bot, final: str, now: int) -> None:
    """It is no longer at the venue, where it traded `final` in all."""
    belt = bot.belt or {}
    belt["state"], belt["final"], belt["over_at"] = TRIGGERED, final, belt.get("over_at") or now
    settle(bot, now)


def settle(bot: Bot, now: int) -> None:
    """A belt that is over goes once its trades are here and booked."""
    belt = bot.belt
    if belt is None or belt["state"] != TRIGGERED or keeps_trades(bot):
        return
    if dec(belt["filled"]) >= dec(belt["final"]) or now - int(belt["over_at"]) > TRADES_LATE_MS:
        bot.belt = None


def is_in_flight(bot: Bot) -> bool:
    """Whether the venue's position may already be without what the ledger still has."""
    return bot.belt is not None and (bot.belt["state"] == TRIGGERED or keeps_trades(bot))


def keeps_trades(bot: Bot) -> bool:
    """Whether trades of the belt wait to be booked (rule 5)."""
    return bot.belt is not None and bool(bot.belt.get("held"))


def lets_pass(bot: Bot, view: Doc) -> bool:
    """Whether the next look may begin where this one ended, or trades of the belt may be among those it could not tell (rules 5 and 6)."""
    asked = view.get("asked")
    if view["more"] or (bot.belt is None and not bot.belt_heirs):
        return True
    return (asked is None or was_asked(bot, view)) and not bot.belt_heirs and not is_in_flight(bot)


def was_asked(bot: Bot, view: Doc) -> bool:
    """Whether the look asked the venue for this very belt."""
    return bot.belt is not None and bool(bot.belt["id"].startswith(tuple(view.get("asked") or ())))


def is_trade(bot: Bot, trade: Doc) -> bool:
    belt = bot.belt
    if belt is None:
        return False
    return bool(trade["client_order_id"] == belt["id"] or (belt["order_id"] and trade["order_id"] == belt["order_id"]))


def hold(bot: Bot, trade: Doc) -> None:
    """Keeps a trade of the belt for `released`; another's, or one that is known, changes nothing."""
    belt = bot.belt
    if belt is None or not is_trade(bot, trade) or bot.core.knows(trade["trade_id"]):
        return
    held = belt.get("held") or []
    if any(kept["trade_id"] == trade["trade_id"] for kept in held):
        return
    bot.core.at = max(bot.core.at, int(trade["at"]))
    registry.stopped_out(bot.core)  # from here on the bot is closing, and what is left to close follows from its ledger
    belt["filled"] = plain(dec(belt["filled"]) + dec(trade["amount"]))
    belt["held"] = [*held, {name: trade[name] for name in HELD if name in trade}]


def released(bot: Bot) -> list[Fill]:
    """The kept trades, as fills of a place that is no order's, once no order can enter any more. They are handed out once."""
    belt = bot.belt
    if belt is None or not belt.get("held"):
        return []
    if bot.core.status is not Status.ERROR:
        registry.stopped_out(bot.core)  # a deal that was only opening when the trade came is open now
    if any(not row.is_settled and not row.order.reduce_only for row in bot.book.rows.values()):
        return []
    return [
        Fill(
            LEG, 0, Side(trade.get("side", belt["side"])), dec(trade["price"]), dec(trade["amount"]), dec(trade["fee"]),
            trade["fee_currency"], trade["trade_id"], int(trade["at"]), bool(trade["maker"]),
        )
        for trade in belt.pop("held")
    ]  # fmt: skip


def inherit(bot: Bot, backup: Doc, future: Doc, is_told: bool, sent: dict[str, list[Any]], now: int) -> None:
    """The belts of the epoch before, in doubt: those that were written down (`future`: published, and as new as the backup where
    `is_told`; or in the backup), and those that were sent since (`sent`: shared/claims.py). What the venue has of them is taken back."""
    kept, published = backup.get("belt"), future.get("belt")
    bot.keeps_stops = "belts" in future or kept is not None or published is not None
    bot.belts = max(int(backup.get("belts", 0)), int(future.get("belts", 0)))
    if not bot.keeps_stops:
        return
    numbers = {id_: int(row[1]) for id_, (_, row) in sent.items() if row[0] == LEG}
    next_ones = [id_ for id_, number in numbers.items() if number > bot.belts]
    bot.belts = max([bot.belts, *numbers.values()])
    filled = {str(id_): booked_before[0] for id_, _, *booked_before in backup.get("beltHeirs", ()) if booked_before}
    if kept is not None:
        waits = sum((dec(trade["amount"]) for trade in kept.get("held") or ()), dec("0"))  # in no ledger: they are looked for again
        filled[kept["id"]] = plain(dec(kept["filled"]) - waits)
    known, older = [is_told and published, kept and kept["id"]], [id_ for id_, *_ in backup.get("beltHeirs", ())]
    ids = [str(id_) for id_ in (*known, *next_ones, *older) if id_]
    bot.belt_heirs = [[id_, now, filled.get(id_, "0")] for id_ in dict.fromkeys(ids)]
    next_heir(bot)
    if kept is not None and bot.belt is not None and bot.belt["id"] == kept["id"]:
        bot.belt = {**bot.belt, **{name: kept[name] for name in ("side", "price", "amount", "order_id")}}


def booked(bot: Bot, id_: str, amount: Decimal) -> None:
    """A trade of an inherited belt that the ledger has already: nobody waits for it."""
    if bot.belt is not None and bot.belt["id"] == id_:
        bot.belt["filled"] = plain(dec(bot.belt["filled"]) + amount)
    bot.belt_heirs = [[heir, since, plain(dec(filled) + amount) if heir == id_ else filled] for heir, since, filled in bot.belt_heirs]


def next_heir(bot: Bot) -> None:
    """A belt that may be at the venue, known by its id alone."""
    if bot.belt is None and bot.belt_heirs:
        side, (id_, since, *filled) = Side.SELL if bot.core.ledger.base > 0 else Side.BUY, bot.belt_heirs.pop(0)  # its trades know theirs
        bot.belt = {
            "id": id_, "side": side.value, "price": "0", "amount": "0", "filled": (filled or ["0"])[0], "order_id": None, "state": PENDING,
            "signed_at": since, "deadline": since, "looked_at": 0,
        }  # fmt: skip


def wake_at(bot: Bot) -> int | None:
    return None if bot.belt is None or bot.belt["state"] == OPEN else int(bot.belt["looked_at"]) + LOOK_AGAIN_MS
