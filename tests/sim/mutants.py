"""Wrong protocols: production functions with one thing broken. A simulation that does not catch them proves nothing.

Each is a context that patches and restores. `profile` names the venue on which the mistake shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from decimal import Decimal
from functools import partial
from inspect import getattr_static
from typing import Any, NamedTuple

from entities import account, advance, belt, bot_state, inheritance, rebuild, sent
from entities.operation import AccountOperation
from entities.sent import Book
from exchange.limits import Budget
from exchange.protocol import Outcome
from orchestrators import activities, rebuild_plan, sending
from orchestrators.sending import Claims
from strategy_core import mechanics, registry
from strategy_core.intent import Cancel, Place, Sent
from strategy_core.state import State
from tests.sim import invariants, venue, world
from tests.sim.full.venues import CANARY
from tests.sim.kernel import Sleep, ask
from triggers import dead_letters


class Mutant(NamedTuple):
    name: str
    profile: str | None
    apply: Callable[[], AbstractContextManager[None]]
    kind: str = "small"


MUTANTS: list[Mutant] = []


def mutant(profile: str | None = None) -> Callable[[Callable[[], Iterator[None]]], Callable[[], Iterator[None]]]:
    def keep(change: Callable[[], Iterator[None]]) -> Callable[[], Iterator[None]]:
        MUTANTS.append(Mutant(change.__name__, profile, contextmanager(change)))
        return change

    return keep


@contextmanager
def patched(owner: Any, name: str, value: Any) -> Iterator[None]:
    before = getattr_static(owner, name)  # a static method stays one
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


@mutant("like HTX")
def send_again_when_the_activity_runs_again() -> Iterator[None]:
    async def everybody(work: Any) -> Claims:
        return Claims(frozenset(intent["claim"] for intent in work["intents"] if intent.get("claim")))

    with patched(activities, "claims_of", everybody):
        yield


@mutant("like HTX")
def a_fill_that_is_there_gives_its_orders_out_again() -> Iterator[None]:
    real = sending.write_fills

    async def mine_all_the_same(*given: Any) -> bool:
        await real(*given)
        return True

    with patched(sending, "write_fills", mine_all_the_same):
        yield


@mutant("like Binance")
def not_found_means_send_again_at_once() -> Iterator[None]:
    with patched(bot_state, "VENUE_WINDOW", sent.Window(30_000, 0, True, 0)):
        yield


@mutant("like HTX")
def no_margin_for_late_visibility() -> Iterator[None]:
    with patched(bot_state, "VENUE_WINDOW", sent.Window(30_000, 12_000, True, 12_000)):
        yield


@mutant("like HTX")
def an_order_of_unknown_fate_is_sent_again_blindly() -> Iterator[None]:
    async def nobody_looks(exchange: Any, symbol: str, client_order_id: str, order_id: str | None) -> None:
        return None

    with patched(bot_state, "VENUE_WINDOW", sent.Window(30_000, 0, False, 0)), patched(venue.SimExchange, "look_up", nobody_looks):
        yield


@mutant("like Gate")
def no_look_up_among_closed_orders() -> Iterator[None]:
    with patched(venue.SimExchange, "look_in_closed", False):
        yield


@mutant("like HTX")
def signed_when_sent_instead_of_when_committed() -> Iterator[None]:
    async def place(exchange: Any, symbol: str, intent: Any) -> Any:
        now = activities.outside().now_ms()
        return await exchange.place(venue.Placement(intent["id"], symbol, activities.load_order(intent["order"]), now, now + 30_000))

    with patched(activities, "place", place), patched(venue.SimExchange, "sign_at_send", True):
        yield


@mutant()
def saved_after_it_was_sent() -> Iterator[None]:
    with patched(world.World, "save_after_send", True):
        yield


@mutant()
def a_trade_seen_twice_counts_twice() -> Iterator[None]:
    with patched(State, "knows", lambda state, id_: False), patched(State, "is_new", lambda state, id_: True):
        yield


@mutant()
def partial_fills_are_ignored() -> Iterator[None]:
    real = advance.take_trade

    def whole(bot: Any, trade: Any) -> None:
        found = bot.book.find(trade["client_order_id"], trade["order_id"])
        if found is None or Decimal(trade["amount"]) == found[1].order.amount:
            real(bot, trade)

    with patched(advance, "take_trade", whole):
        yield


@mutant("like Binance")
def one_id_for_every_order_of_a_place() -> Iterator[None]:
    def by_leg(owner: str, epoch: int, key: str) -> str:
        return real(owner, epoch, key.split("|")[0])

    real = inheritance.client_order_id
    with patched(inheritance, "client_order_id", by_leg), patched(invariants, "client_order_id", by_leg):
        yield


@mutant()
def a_time_out_means_failed() -> Iterator[None]:
    real = activities.carry_out

    async def hasty(exchange: Any, symbol: str, intent: Any, claimed: frozenset[str] = frozenset()) -> Any:
        found = await real(exchange, symbol, intent, claimed)
        return {**found, "result": "rejected", "reason": "other"} if intent["kind"] == "place" and found["result"] == "unknown" else found

    with patched(activities, "carry_out", hasty):
        yield


@mutant()
def a_cancel_that_was_taken_is_over() -> Iterator[None]:
    real = activities.carry_out

    async def hasty(exchange: Any, symbol: str, intent: Any, claimed: frozenset[str] = frozenset()) -> Any:
        found = await real(exchange, symbol, intent, claimed)
        if intent["kind"] != "cancel":
            return found
        over = {"id": intent["id"], "order_id": None, "filled": "0", "status": "canceled", "at": 0}
        return {**found, "result": "found", "report": over}

    with patched(activities, "carry_out", hasty):
        yield


@mutant()
def rows_are_dropped_before_they_are_published() -> Iterator[None]:
    real = advance.answer

    def forgetful(bot: Any, *given: Any, **more: Any) -> Any:
        told = real(bot, *given, **more)
        bot.outbox = []
        return told

    with patched(advance, "answer", forgetful):
        yield


@mutant()
def new_orders_do_not_wait_for_cancels() -> Iterator[None]:
    def eager(wanted: Any, resting: Any, out: Any) -> tuple[Any, ...]:
        cancels = [Cancel(id_, order) for id_, (order, state) in out.items() if state is Sent.OPEN and id_ not in wanted]
        return (*cancels, *(Place(id_, order) for id_, order in wanted.items() if id_ not in out))

    with patched(advance, "diff", eager):
        yield


@mutant()
def an_order_not_found_is_forgotten() -> Iterator[None]:
    def absent(book: Book, row: Any, is_wanted: bool, asked_at: int, at: int) -> tuple[bool, list[Any]]:
        row.state, row.final = Sent.OVER, row.filled
        return False, []

    with patched(Book, "absent", absent):
        yield


@mutant("like HTX")
def no_deadline_and_no_fence() -> Iterator[None]:
    def endless(self: Any, account: Any, placement: Any, deadline: int) -> Outcome:
        return real(self, account, placement, deadline + 600_000)

    real = venue.Venue.place
    with patched(venue.Venue, "place", endless), patched(activities, "LEAST_LEFT_MS", -600_000), patched(venue, "MARGIN_MS", -600_000):
        yield


@mutant()
def a_lost_cancel_is_never_repeated() -> Iterator[None]:
    real = advance.take_outcomes

    def trusting(bot: Any, outcomes: Any, now: int) -> list[str]:
        asked = [row for row in bot.book.rows.values() if row.state is Sent.CANCELLING]
        again = real(bot, outcomes, now)
        for row in asked:
            row.state = Sent.CANCELLING if row.state is Sent.OPEN else row.state
        return again

    with patched(advance, "take_outcomes", trusting):
        yield


@mutant()
def a_pause_leaves_what_is_wanted() -> Iterator[None]:
    real = mechanics.orders

    def all_the_same(state: State) -> Any:
        return state.book.resting(state.price) if state.suspended else real(state)

    with patched(registry, "orders", all_the_same), patched(invariants.registry, "orders", all_the_same):
        yield


# -- only the whole platform can show these


def full_mutant(change: Callable[[], Iterator[None]], kind: str = "full") -> Callable[[], Iterator[None]]:
    MUTANTS.append(Mutant(change.__name__, None, contextmanager(change), kind))
    return change


@full_mutant
def a_bot_made_again_knows_nothing_of_what_was_sent() -> Iterator[None]:
    real = rebuild.rebuilt

    def blind(given: Any, stored: Any) -> Any:
        return real({**given, "sent": {}}, stored)

    with patched(rebuild, "rebuilt", blind):
        yield


@full_mutant
def a_bot_made_again_does_not_read_what_its_fills_bear() -> Iterator[None]:
    with patched(rebuild_plan, "with_borne", lambda sent, fills: sent):
        yield


@full_mutant
def an_order_does_not_wait_for_the_one_in_its_place() -> Iterator[None]:
    real = advance.diff

    def eager(wanted: Any, resting: Any, out: Any) -> tuple[Any, ...]:
        others = [intent for intent in real(wanted, resting, out) if not isinstance(intent, Place)]
        return (*others, *(Place(id_, order) for id_, order in wanted.items() if id_ not in out))

    with patched(advance, "diff", eager):
        yield


@partial(full_mutant, kind="late trades")
def what_is_over_binds_nothing_though_its_trades_are_missing() -> Iterator[None]:
    with patched(sent.Row, "binding", property(lambda row: row.state)):
        yield


@partial(full_mutant, kind="stops")
def a_stop_sells_on_the_side_that_was_guessed() -> Iterator[None]:
    with patched(belt, "HELD", tuple(name for name in belt.HELD if name != "side")):
        yield


@full_mutant
def a_ban_is_not_heard() -> Iterator[None]:
    with patched(Budget, "ban", lambda budget, retry_after_ms: None):
        yield


@full_mutant
def a_bot_that_ended_keeps_its_money() -> Iterator[None]:
    def kept(stored: Any, given: Any) -> tuple[Any, Any]:
        return stored, {"ok": True}

    with patched_item(account._OPERATIONS, AccountOperation.RELEASE, kept):
        yield


@full_mutant
def what_became_of_an_alert_is_not_told() -> Iterator[None]:
    with patched(advance, "tell_inbox", lambda *given: None):
        yield


@full_mutant
def a_secret_gets_into_a_document() -> Iterator[None]:
    real = activities.wake_time

    async def talkative(user_id: str, document: Any) -> Any:
        return {**await real(user_id, document), "note": CANARY}

    with patched(activities, "wake_time", talkative):
        yield


@full_mutant
def dead_letters_are_left_where_they_are() -> Iterator[None]:
    async def refuses(body: bytes, message_id: str, client: Any) -> None:
        await ask(Sleep(5_000))
        raise TimeoutError

    with patched(dead_letters, "put_aside", refuses):
        yield


@contextmanager
def patched_item(owner: dict[Any, Any], name: Any, value: Any) -> Iterator[None]:
    before = owner[name]
    owner[name] = value
    try:
        yield
    finally:
        owner[name] = before
