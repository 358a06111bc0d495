"""The exchange port of the full simulation: the made-up venue behind production's budget and circuit breaker, keys from a vault,
and the public market data that triggers and sources read.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from exchange.limits import Budget, Lane
from exchange.path import CandleTrack
from exchange.protocol import Balance, OrderReport, Outcome, Placement, Position, RateLimited, Result, Unavailable
from shared.errors import AppError
from shared.secrets import Keys, VaultDown
from strategy_core.trade import Market
from tests.sim.full.stops import StopBook
from tests.sim.kernel import Broken, Io, Kernel, Sleep, TimedOut, ask
from tests.sim.venue import MARGIN_MS, Account, SimExchange, Venue
from triggers.market_source import Extremes, Listed, Path

if TYPE_CHECKING:
    from tests.sim.full.world import World

CANARY = "canary-9f3b7c"
"""Part of every secret: wherever it turns up, a secret got out."""
BAN_MS = 20_000
LANES = {"place": Lane.ORDER, "place stop": Lane.ORDER, "cancel": Lane.RESCUE, "cancel stop": Lane.RESCUE}


async def sleep(seconds: float) -> None:
    await ask(Sleep(max(1, round(seconds * 1000))))


class Lock:
    """asyncio.Lock for coroutines of the kernel."""

    def __init__(self) -> None:
        self._is_held = False

    async def __aenter__(self) -> None:
        while self._is_held:
            await ask(Sleep(5))
        self._is_held = True

    async def __aexit__(self, *_: object) -> None:
        self._is_held = False


class Semaphore(Lock):
    """As many as like: what is gathered here runs one after the other."""

    def __init__(self, most: int) -> None:
        super().__init__()


async def gather(*works: Any, return_exceptions: bool = False) -> list[Any]:
    """asyncio.gather, one after the other."""
    left = list(works)

    async def one(work: Any) -> Any:
        try:
            return await work
        except Exception as error:
            if not return_exceptions or isinstance(error, AssertionError):
                raise
            return error

    try:
        return [await one(left.pop(0)) for _ in works]
    finally:
        for work in left:
            work.close()


async def wait_for(work: Any, timeout: float) -> Any:
    """asyncio.wait_for without the clock: what takes too long here is a host that dies."""
    return await work


class Patience:
    """A process's budget at the venue, and until when the venue told this process to stay away."""

    def __init__(self, kernel: Kernel, calls_per_s: int) -> None:
        self.budget = Budget(max(20, calls_per_s), 1_000, kernel.now_ms, sleep)
        self.told_until = 0


class BudgetedExchange(SimExchange):
    """SimExchange as the ccxt adapter calls a venue: every call takes from the budget, a ban opens the circuit."""

    def __init__(self, venue: Venue, account: Account, patience: Patience, stops: StopBook) -> None:
        super().__init__(venue, account)
        self._patience, self._stops = patience, stops

    @property
    def keeps_stops(self) -> bool:
        return self._stops.keeps

    async def place_stop(self, placement: Placement, stop_price: Decimal) -> Outcome:
        if self._kernel.now_ms() > placement.deadline - MARGIN_MS:
            return Outcome(Result.EXPIRED, None, "expired")
        try:
            return await self._far("place stop", lambda: self._stops.place(self._account, placement, stop_price))
        except TimedOut:
            return Outcome(Result.UNKNOWN)
        except RateLimited as error:
            return Outcome(Result.UNKNOWN, None, "rate_limited", str(error))

    async def cancel_stop(self, symbol: str, client_order_id: str) -> Outcome:
        try:
            return await self._far("cancel stop", lambda: self._stops.cancel(self._account, client_order_id))
        except TimedOut:
            return Outcome(Result.UNKNOWN)
        except RateLimited as error:
            return Outcome(Result.UNKNOWN, None, "rate_limited", str(error))

    async def look_up_stop(self, symbol: str, client_order_id: str) -> OrderReport | None:
        return await self._ask("stop", lambda: self._stops.look_up(self._account, client_order_id))

    async def place(self, placement: Any) -> Outcome:
        try:
            return await super().place(placement)
        except RateLimited as error:
            return Outcome(Result.UNKNOWN, None, "rate_limited", str(error))

    async def cancel(self, symbol: str, client_order_id: str, order_id: str | None) -> Outcome:
        try:
            return await super().cancel(symbol, client_order_id, order_id)
        except RateLimited as error:
            return Outcome(Result.UNKNOWN, None, "rate_limited", str(error))

    async def wallet(self, symbol: str) -> dict[str, Balance]:
        if not self._venue.is_future:
            return await self.balances()
        held = self._account.balances
        return await self._ask("wallet", lambda: {"USDT": Balance(held["USDT"] + held["BTC"] * self._venue.price, Decimal(0))})

    async def position(self, symbol: str) -> Position | None:
        if not self._venue.is_future:
            return None
        amount = await self._ask("position", lambda: self._account.balances["BTC"])
        return Position(symbol, amount, None, None, None, None) if amount else None

    async def prepare(self, symbol: str, leverage: Decimal, margin_mode: str) -> Position | None:
        return await self.position(symbol)

    async def _far(self, name: str, effect: Callable[[], object]) -> Any:
        patience, kernel = self._patience, self._kernel
        lane = LANES.get(name, Lane.READ)
        try:
            await patience.budget.take(1, lane)
        except RateLimited:
            kernel.seen["budget_spent"] += 1
            raise
        assert kernel.now_ms() >= patience.told_until, f"[9] a call ({name}) while the venue had told us to stay away"

        def answered() -> object:
            if self._venue.banned(kernel):
                raise RateLimited("418", BAN_MS)
            return effect()

        try:
            return await super()._far(name, answered)
        except RateLimited as error:
            patience.budget.ban(error.retry_after_ms)
            patience.told_until = kernel.now_ms() + (error.retry_after_ms or 0)
            kernel.seen["ban_heard"] += 1
            raise


class SimVault:
    """shared.secrets.Secrets: one key per account, its name in the key. Away at times."""

    def __init__(self, accounts: dict[str, str]) -> None:
        self._accounts = accounts  # secret's name -> account

    async def read(self, user_id: str, account_id: str) -> Keys:
        name = account_id.partition(".")[0]
        try:
            await ask(Io("vault.read", lambda: None))
        except (TimedOut, Broken) as error:
            raise VaultDown from error
        return {"apiKey": self._accounts[name], "secret": f"{CANARY}-{name}"}

    async def write(self, user_id: str, account_id: str, keys: Keys) -> None: ...

    async def delete(self, user_id: str, account_id: str) -> None: ...


class Moved(NamedTuple):
    at: int
    price: Decimal


@contextmanager
def venue_down() -> Any:
    try:
        yield
    except (TimedOut, Broken, Unavailable):
        raise AppError(503, "venue_down") from None


class SimMarkets:
    """Public data of the venues: triggers.market_source.MarketSource, and the sources activities ask."""

    def __init__(self, world: World) -> None:
        self._world = world

    def source(self, feed: Any) -> SimSource:
        return SimSource(self._world)

    async def rules(self, path: Path, symbol: str) -> Market:
        with venue_down():
            return await self._ask("rules", lambda: self._world.venue_of(symbol).market)

    async def price(self, path: Path, symbol: str) -> Decimal:
        with venue_down():
            return await self._ask("ticker", lambda: self._world.venue_of(symbol).price)

    async def listed(self, path: Path) -> list[Listed]:
        return []

    async def candles(self, path: Path, symbol: str, timeframe: str, limit: int) -> list[Any]:
        return []

    async def extremes(self, path: Path, symbol: str, since: int) -> Extremes:
        def effect() -> Extremes:
            moves = self._world.moves[symbol]
            seen = [move.price for move in moves if move.at >= since] if since else []
            return Extremes(min([*seen, moves[-1].price]), max([*seen, moves[-1].price]), moves[-1].at)

        with venue_down():
            return await self._ask("tickers", effect)

    async def _ask(self, name: str, effect: Callable[[], Any]) -> Any:
        kernel = self._world.kernel

        def answered() -> Any:
            if kernel.happens(kernel.swarm.venue_down):
                kernel.seen["venue_down"] += 1
                raise Unavailable("503")
            return effect()

        return await ask(Io(f"public.{name}", answered, far=True))


class SimSource:
    """exchange.source.Source: the venue's path is wall time. Now and then it cannot be had."""

    name = "binance"

    def __init__(self, world: World) -> None:
        self._world = world

    async def market(self, symbol: str) -> Market:
        return self._world.venue_of(symbol).market

    async def ends_at(self, symbol: str) -> int | None:
        return None

    async def wall(self, symbol: str, at: int) -> int:
        return at

    async def at(self, symbol: str, wall: int) -> int:
        return wall

    async def track(self, symbol: str, since: int, wall: int) -> CandleTrack:
        """The whole path: what an instant shows must not depend on who asks from where."""
        kernel = self._world.kernel
        if kernel.happens(kernel.swarm.venue_down / 4):
            kernel.seen["venue_down"] += 1
            raise Unavailable("503")
        unit = self._world.venue_of(symbol).market.price_tick
        at, prices = self._world.path(symbol)
        return CandleTrack(at, prices, np.zeros(len(at)), unit, wall)

    async def candles(self, symbol: str, timeframe: str, limit: int, wall: int) -> list[Any]:
        return []
