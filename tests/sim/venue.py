"""Made-up venues by profile, and the Exchange port on them. The venue's own list of orders and trades is the truth runs are judged by.

Rules
1. A venue never asks whose fault it is: what arrives is judged by its rules (deadline, duplicates, funds) at the instant of arrival.
2. Every endpoint is one I/O of its own: open orders, one order, closed orders, trades and the price can each be late, lost or from
   another instant.
3. What was accepted shows up in queries only after a while; an asynchronous venue says yes first and may say no later.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from exchange.checks import filters
from exchange.protocol import (
    Balance,
    Cursor,
    OrderReport,
    OrderStatus,
    Outcome,
    Placement,
    Point,
    Position,
    Result,
    Trade,
    Unavailable,
    View,
)
from strategy_core.number import floor_to
from strategy_core.trade import FeeMode, Horizon, Market, OrderType, Side
from tests.sim.kernel import EPOCH, Io, Kernel, Sleep, TimedOut, ask

SYMBOL = "BTC/USDT"
OVERLAP_MS = 300_000
MARGIN_MS = 1_000


class Profile(NamedTuple):
    """`dedupe`: which of an account's orders a client id is checked against. `look_up`: which a look-up by client id finds."""

    name: str
    dedupe: str = "open"  # always | open | none
    look_up: str = "all"  # all | open
    visible_ms: int = 3_000
    has_deadline: bool = True
    is_async: bool = False
    calls_per_s: int = 0  # 0: no limit
    bans: bool = False  # a call too many ends in a ban, not in one refusal
    fee_mode: FeeMode = FeeMode.QUOTE


PROFILES = (
    Profile("like Binance"),
    Profile("like Gate", look_up="open", visible_ms=1_000),
    Profile("like Bybit", dedupe="always", is_async=True),
    Profile("like HTX", dedupe="none"),
    Profile("base fees", dedupe="open", fee_mode=FeeMode.RECEIVED),
    Profile("strict limits", calls_per_s=12),
)


@dataclass
class VenueOrder:
    id: str
    client_id: str
    placement: Placement
    made: int
    shown_from: int
    status: OrderStatus = OrderStatus.OPEN
    filled: Decimal = Decimal(0)
    ended_at: int = 0
    shown: Decimal = Decimal(0)

    @property
    def left(self) -> Decimal:
        return self.placement.order.amount - self.filled


@dataclass
class Account:
    """One customer of the venue."""

    user_id: str
    balances: dict[str, Decimal]
    orders: list[VenueOrder] = field(default_factory=list)
    trades: list[tuple[int, Trade]] = field(default_factory=list)  # (shown from, trade)
    tied: dict[str, Decimal] = field(default_factory=dict)  # what its owner uses for something else just now


class Venue:
    """`accepted` is told of every order that comes to be: where the invariants about orders are checked."""

    def __init__(self, kernel: Kernel, profile: Profile, accepted: Callable[[Account, VenueOrder], None], symbol: str = SYMBOL) -> None:
        """A perpetual's accounts keep their money as cash: buying takes it, selling gives it, the position is the base that is held."""
        self.kernel, self.profile, self._accepted, self.symbol = kernel, profile, accepted, symbol
        self.is_future = ":" in symbol
        fee = Decimal("0.001")
        self.market = Market(
            symbol=symbol, price_tick=Decimal("0.01"), amount_step=Decimal("0.0001"), min_amount=Decimal("0.0001"),
            min_notional=Decimal(5), maker_fee=fee, taker_fee=fee, max_orders=100,
            fee_mode=FeeMode.QUOTE if self.is_future else profile.fee_mode,
            **({"max_leverage": Decimal(20), "mmr_pct": Decimal("0.5")} if self.is_future else {}),
        )  # fmt: skip
        self.price = Decimal(100)
        self.low = self.high = self.price  # since the watcher's last look
        self.accounts: dict[str, Account] = {}
        self._orders = self._trades = 0
        self._calls: Counter[int] = Counter()
        self._banned_until = 0
        self.moved: Callable[[], None] = lambda: None  # told after each step of the price
        self.hears_twice = False  # the way there repeats what it carries; only harmless where every id is remembered
        self.queue_ms = 0  # so long a sender may have to wait for its turn: every call takes from a budget

    # -- the market

    def move(self) -> None:
        """One step of the price, and what it fills."""
        chance = self.kernel.chance
        size = chance.gauss(0, 1.1) * (4 if chance.random() < 0.04 else 1) + (100 - float(self.price)) * 0.05
        self.price = min(max(self.price + Decimal(size).quantize(Decimal("0.01")), Decimal(82)), Decimal(118))
        self.low, self.high = min(self.low, self.price), max(self.high, self.price)
        for account in self.accounts.values():
            for order in list(account.orders):
                self._touch(account, order)
        self.moved()

    def become(self, account: Account, placement: Placement, amount: Decimal) -> VenueOrder:
        """A market order the venue makes itself, filled at once as far as `amount`; the rest is cancelled."""
        self._orders += 1
        order = VenueOrder(f"v{self._orders}", placement.client_order_id, placement, self.kernel.now, self.kernel.now)
        account.orders.append(order)
        self.kernel.note("order", order.id, order.client_id)
        self._accepted(account, order)
        if amount:
            self._fill(account, order, self.price, amount)
        self._end(order, OrderStatus.CANCELED)
        return order

    def _touch(self, account: Account, order: VenueOrder) -> None:
        wanted = order.placement.order
        if order.status is not OrderStatus.OPEN:
            return None
        limit = wanted.price
        if limit is None:
            return self._fill(account, order, self.price, order.left)
        if (self.price <= limit) if wanted.side is Side.BUY else (self.price >= limit):
            part = order.left
            if self.kernel.happens(self.kernel.swarm.partial):
                part = max(floor_to(order.left * self.kernel.chance.randint(1, 9) / 10, self.market.amount_step), self.market.amount_step)
                part = min(part, order.left)
                self.kernel.seen["partial_fill"] += part < order.left
            return self._fill(account, order, limit, part)
        return None

    def _fill(self, account: Account, order: VenueOrder, price: Decimal, amount: Decimal) -> None:
        self._trades += 1
        wanted, now, fees = order.placement.order, self.kernel.now, self.market.maker_fee
        sign = 1 if wanted.side is Side.BUY else -1
        account.balances["BTC"] += sign * amount
        account.balances["USDT"] -= sign * amount * price
        in_base = wanted.side is Side.BUY and self.market.fee_mode is FeeMode.RECEIVED
        fee, coin = (amount * fees, "BTC") if in_base else (price * amount * fees, "USDT")
        account.balances[coin] -= fee
        assert self.is_future or account.balances[coin] >= 0 and account.balances["USDT"] >= 0, "the venue let an account go below zero"
        order.filled += amount
        if order.left == 0:
            order.status, order.ended_at = OrderStatus.FILLED, now
        trade = Trade(f"t{self._trades}", order.id, None, self.symbol, wanted.side, price, amount, fee, coin, wanted.price is not None, now)
        lag = self.kernel.chance.randint(0, self.profile.visible_ms) if self.kernel.faults else 0
        account.trades.append((now + lag, trade))
        self.kernel.note("trade", trade.trade_id, order.client_id, str(amount))

    # -- what arrives

    def place(self, account: Account, placement: Placement, deadline: int) -> Outcome:
        kernel, wanted = self.kernel, placement.order
        if self.profile.has_deadline and kernel.now > deadline:
            kernel.seen["refused_late"] += 1
            return Outcome(Result.REJECTED, None, "expired")
        same = [order for order in account.orders if order.client_id == placement.client_order_id]
        known = {"always": same, "open": [o for o in same if o.status is OrderStatus.OPEN], "none": []}[self.profile.dedupe]
        if known:
            kernel.seen["duplicate"] += 1
            return Outcome(Result.DUPLICATE, known[0].id)
        if kernel.happens(kernel.swarm.rejects):
            kernel.seen["reject"] += 1
            return Outcome(Result.REJECTED, None, "other")
        refused = filters(wanted, self.market, self.price)
        if refused is not None:
            kernel.seen[f"refused_{refused[0]}"] += 1
            return Outcome(Result.REJECTED, None, refused[0])
        if wanted.reduce_only and not self._reduces(account, wanted.side, wanted.amount):
            kernel.seen["reduce_only"] += 1
            return Outcome(Result.REJECTED, None, "reduce_only")
        needed, coin = self._needed(wanted.side, wanted.price, wanted.amount)
        if not self.is_future and needed > account.balances[coin] - self._locked(account, coin) - account.tied.get(coin, 0):
            kernel.seen["no_funds"] += 1
            return Outcome(Result.REJECTED, None, "insufficient_funds")
        self._orders += 1
        shown = kernel.now + (kernel.chance.randint(0, self.profile.visible_ms) if kernel.faults else 0)
        order = VenueOrder(f"v{self._orders}", placement.client_order_id, placement, kernel.now, shown)
        account.orders.append(order)
        kernel.note("order", order.id, order.client_id)
        self._accepted(account, order)
        if self.profile.is_async and kernel.happens(kernel.swarm.rejects):
            kernel.seen["reject_after_yes"] += 1
            kernel.at(kernel.now + kernel.chance.randint(10, 400), lambda: self._end(order, OrderStatus.REJECTED))
        elif wanted.type is OrderType.MARKET:
            kernel.at(kernel.now + kernel.chance.randint(1, 300), lambda: self._touch(account, order))
        return Outcome(Result.ACCEPTED, order.id)

    @staticmethod
    def _reduces(account: Account, side: Side, amount: Decimal) -> bool:
        held = account.balances["BTC"]
        return amount <= (held if side is Side.SELL else -held)

    def _needed(self, side: Side, price: Decimal | None, amount: Decimal) -> tuple[Decimal, str]:
        if side is Side.SELL:
            return amount, "BTC"
        fee = 1 + (self.market.taker_fee if self.market.fee_mode is FeeMode.QUOTE else 0)
        return (self.price * Decimal("1.05") if price is None else price) * amount * fee, "USDT"

    def _locked(self, account: Account, coin: str) -> Decimal:
        total = Decimal(0)
        for order in account.orders:
            if order.status is OrderStatus.OPEN:
                needed, locked = self._needed(order.placement.order.side, order.placement.order.price, order.left)
                total += needed if locked == coin else 0
        return total

    def _end(self, order: VenueOrder, status: OrderStatus) -> None:
        if order.status is OrderStatus.OPEN:
            order.status, order.ended_at = status, self.kernel.now

    def cancel(self, account: Account, client_id: str) -> Outcome:
        found = [o for o in account.orders if o.client_id == client_id and o.status is OrderStatus.OPEN and o.shown_from <= self.kernel.now]
        if not found:
            self.kernel.seen["cancel_too_late"] += 1
            return Outcome(Result.REJECTED, None, "not_found")
        for order in found:
            self._end(order, OrderStatus.CANCELED)
        return Outcome(Result.ACCEPTED, found[0].id)

    def limited(self) -> bool:
        """Whether this call is one too many for the second it arrives in."""
        if not self.profile.calls_per_s or not self.kernel.faults:
            return False
        second = self.kernel.now // 1000
        self._calls[second] += 1
        return self._calls[second] > self.profile.calls_per_s

    def banned(self, kernel: Kernel) -> bool:
        """Whether the venue turns this call away: too many calls end in a ban for a while."""
        if not self.profile.bans or not kernel.faults:
            return False
        if kernel.now >= self._banned_until and self.limited():
            kernel.seen["banned"] += 1
            self._banned_until = kernel.now + 5_000
        return kernel.now < self._banned_until

    # -- what is asked

    def visible(self, account: Account) -> list[VenueOrder]:
        return [order for order in account.orders if order.shown_from <= self.kernel.now]

    def report(self, order: VenueOrder) -> OrderReport:
        wanted = order.placement.order
        at = order.ended_at or order.made
        return OrderReport(order.client_id, order.id, self.symbol, wanted.side, wanted.price, wanted.amount, order.filled, order.status, at)


class SimExchange:
    """`exchange.protocol.Exchange` for one account, as the real adapter goes about it: same order of calls, same reading of answers."""

    look_in_closed = True  # a mutant's switch, as `sign_at_send`
    sign_at_send = False

    def __init__(self, venue: Venue, account: Account) -> None:
        self._venue, self._account = venue, account
        self._kernel = venue.kernel

    async def market(self, symbol: str) -> Market:
        return self._venue.market

    async def balances(self) -> dict[str, Balance]:
        return await self._ask("balances", lambda: {coin: Balance(sum_, Decimal(0)) for coin, sum_ in self._account.balances.items()})

    async def place(self, placement: Placement) -> Outcome:
        outcome = await self._place(placement)
        if outcome.result not in (Result.EXPIRED, Result.REJECTED):
            return outcome
        try:
            found = await self.look_up(placement.symbol, placement.client_order_id, None)
        except Unavailable:
            return Outcome(Result.UNKNOWN, None, outcome.reason)
        return outcome if found is None else Outcome(Result.DUPLICATE, found.order_id)

    async def _place(self, placement: Placement) -> Outcome:
        if self._venue.queue_ms and self._kernel.faults:
            await ask(Sleep(self._kernel.chance.randint(0, self._venue.queue_ms)))
        if self._kernel.now_ms() > placement.deadline - MARGIN_MS:
            self._kernel.seen["local_fence"] += 1
            return Outcome(Result.EXPIRED, None, "expired")
        life = placement.deadline - placement.signed_at

        def effect() -> Outcome:
            if self._venue.limited():
                self._kernel.seen["rate_limited"] += 1
                return Outcome(Result.REJECTED, None, "rate_limited")
            deadline = placement.deadline if not SimExchange.sign_at_send else sent + life
            outcome = self._venue.place(self._account, placement, deadline)
            is_repeated = self._venue.hears_twice and self._venue.profile.dedupe == "always" and outcome.result is Result.ACCEPTED
            return self._venue.place(self._account, placement, deadline) if is_repeated else outcome

        sent = self._kernel.now
        try:
            return await self._far("place", effect)
        except TimedOut:
            return Outcome(Result.UNKNOWN)

    async def cancel(self, symbol: str, client_order_id: str, order_id: str | None) -> Outcome:
        try:
            return await self._far("cancel", lambda: self._venue.cancel(self._account, client_order_id))
        except TimedOut:
            return Outcome(Result.UNKNOWN)

    async def look_up(self, symbol: str, client_order_id: str, order_id: str | None) -> OrderReport | None:
        def named(is_open: bool | None) -> list[OrderReport]:
            rows = [order for order in self._venue.visible(self._account) if order.client_id == client_order_id]
            return [self._venue.report(o) for o in rows if is_open is None or (o.status is OrderStatus.OPEN) is is_open]

        if self._venue.profile.look_up == "all":
            found = await self._ask("order", lambda: named(None))
            return found[-1] if found else None
        found = await self._ask("open order", lambda: named(True))
        if not found and SimExchange.look_in_closed:
            found = await self._ask("closed orders", lambda: named(False))
        return found[-1] if found else None

    async def look(self, symbol: str, since: Cursor, mine: tuple[str, ...], horizon: Horizon) -> View:
        venue, account = self._venue, self._account
        resting = await self._ask(
            "open orders", lambda: {o.client_id: o.id for o in venue.visible(account) if o.status is OrderStatus.OPEN}
        )
        owners = {resting[id_]: id_ for id_ in mine if id_ in resting}
        open_ids, ended = list(owners.values()), []
        for id_ in [id_ for id_ in mine if id_ not in resting]:
            report = await self.look_up(symbol, id_, None)
            if report is not None:
                owners[report.order_id] = id_
                if report.is_over:
                    ended.append(report)
                else:
                    open_ids.append(id_)
        start = (since.at or self._kernel.now_ms()) - OVERLAP_MS
        found = await self._ask(
            "trades", lambda: [trade for shown, trade in account.trades if shown <= self._kernel.now and trade.at >= start]
        )
        trades = tuple(trade._replace(client_order_id=owners.get(trade.order_id)) for trade in found)
        at = max([since.at, *(trade.at for trade in trades)])
        price = await self._ask("price", lambda: venue.price)
        point = Point(self._kernel.now, price)
        return View(
            point, trades, tuple(open_ids), tuple(ended), Cursor(at or point.at, trades[-1].trade_id if trades else since.trade_id), False
        )

    async def position(self, symbol: str) -> Position | None:
        return None

    async def prepare(self, symbol: str, leverage: Decimal, margin_mode: str) -> Position | None:
        return None

    async def close(self) -> None:
        return None

    async def _ask(self, name: str, effect: Callable[[], object]) -> object:
        def limited() -> object:
            if self._venue.limited():
                self._kernel.seen["rate_limited"] += 1
                raise Unavailable("rate limited")
            if self._kernel.happens(self._kernel.swarm.venue_down):
                self._kernel.seen["venue_down"] += 1
                raise Unavailable("503")
            return effect()

        try:
            return await self._far(name, limited)
        except TimedOut as error:
            raise Unavailable(name) from error

    async def _far(self, name: str, effect: Callable[[], object]) -> object:
        return await ask(Io(f"venue.{name}", effect, far=True))


def path_of_price(kernel: Kernel, venue: Venue, until: int, every_ms: int) -> None:
    """Moves the price until then."""

    def step() -> None:
        venue.move()
        if kernel.now + every_ms <= until:
            kernel.at(kernel.now + every_ms, step)

    kernel.at(EPOCH + every_ms, step)
