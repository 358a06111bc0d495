"""A made-up market: the price is a pure function of (seed, symbol, time x speed). Labelled SIMULATED wherever it is shown.

Rules
1. One point per second of wall time; instants are wall milliseconds, `speed` only makes the price move faster.
2. The price is layered value noise: each layer interpolates between hashed lattice values, its size grows with the root of its
   period, so the walk looks the same at every scale: about 0.1 % in a minute, 2-4 % in a day, bounded around the start price.
3. Floats live only inside the noise (sums and products, the same on every machine); what leaves is a whole number of ticks.
"""

from __future__ import annotations

import hashlib
import math
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from exchange.path import Block, CandleRow, Ints
from exchange.protocol import Point, Rejected
from exchange.source import TIMEFRAMES, Ticker
from strategy_core.number import floor_to
from strategy_core.trade import FeeMode, Market

SECOND = 1_000
DAY = 86_400_000
SAMPLES_PER_CANDLE = 60
PERIODS_S = (7, 29, 113, 467, 1_861, 7_477, 29_989, 120_011, 480_013, 1_920_007)  # primes near a factor 4: never in step
DAILY_SIZE = 0.032
KNOWN_POINTS = 1_000
FEW, FEWER = 256, 3
_PERIODS_MS = np.array(PERIODS_S, dtype=np.int64) * SECOND
_SIZES = np.array([DAILY_SIZE * math.sqrt(period_s / 86_400) for period_s in PERIODS_S])

Floats = NDArray[np.float64]


class Listing(NamedTuple):
    price: int  # the middle of its range, in quote
    market: Market


def _spot(symbol: str, tick: str, step: str) -> Market:
    fee = Decimal("0.001")
    return Market(
        symbol=symbol, price_tick=Decimal(tick), amount_step=Decimal(step), min_amount=Decimal(step), min_notional=Decimal(5),
        maker_fee=fee, taker_fee=fee, fee_mode=FeeMode.RECEIVED, slippage_pct=Decimal("0.01"), max_orders=200,
    )  # fmt: skip


def _perpetual(symbol: str, tick: str, step: str) -> Market:
    return Market(
        symbol=symbol, price_tick=Decimal(tick), amount_step=Decimal(step), min_amount=Decimal(step), min_notional=Decimal(5),
        maker_fee=Decimal("0.0002"), taker_fee=Decimal("0.0005"), fee_mode=FeeMode.QUOTE, slippage_pct=Decimal("0.01"),
        max_orders=200, max_leverage=Decimal(50), mmr_pct=Decimal("0.5"),
    )  # fmt: skip


LISTINGS = {
    "BTC/USDT": Listing(60_000, _spot("BTC/USDT", "0.01", "0.00001")),
    "ETH/USDT": Listing(3_000, _spot("ETH/USDT", "0.01", "0.0001")),
    "SOL/USDT": Listing(150, _spot("SOL/USDT", "0.01", "0.001")),
    "BTC/USDT:USDT": Listing(60_000, _perpetual("BTC/USDT:USDT", "0.1", "0.001")),
    "ETH/USDT:USDT": Listing(3_000, _perpetual("ETH/USDT:USDT", "0.01", "0.001")),
}


def _mix(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Steele's splitmix64 finaliser: neighbouring whole numbers become unrelated ones."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def _lattice(key: int, index: Ints) -> Floats:
    """A value in [-1, 1) for each lattice index."""
    return _scattered(np.uint64(key), index)


def _scattered(key: Any, index: Ints) -> Floats:
    """`key`: one for all, or one for each row."""
    mixed = _mix(index.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + key)
    return (mixed >> np.uint64(11)).astype(np.float64) * (2.0 / (1 << 53)) - 1.0


def _noise(key: int, period: int, at: Ints) -> Floats:
    index = at // period
    part = (at - index * period) / period
    ease = part * part * (3.0 - 2.0 * part)
    low = _lattice(key, index)
    return low + (_lattice(key, index + 1) - low) * ease


class Noise:
    """The price of one symbol in ticks, for any instants (ms)."""

    def __init__(self, seed: str, symbol: str, speed: int) -> None:
        listing = LISTINGS[symbol]
        digest = hashlib.sha256(f"{seed}|{symbol.split(':')[0]}".encode()).digest()  # a perpetual follows its spot
        self._key = int.from_bytes(digest[:7], "big")
        self._middle = float(listing.price / listing.market.price_tick)
        self._speed = speed
        self._known: dict[int, int] = {}  # points asked for of late: a tick asks for the same second again and again

    def tick(self, at: int) -> int:
        """The price at one instant in whole ticks."""
        found = self._known.get(at)
        if found is None:
            if len(self._known) >= KNOWN_POINTS:
                self._known.clear()
            found = self._known[at] = int(self.ticks(np.array([at], dtype=np.int64))[0])
        return found

    def ticks(self, at: Ints) -> Ints:
        """Whole ticks at the instants `at` (wall ms)."""
        market_ms = at * self._speed
        total = np.zeros(len(at), dtype=np.float64)
        if len(at) <= FEW:
            for part in self._layers(market_ms):
                total += part
            return np.rint(self._middle * (1.0 + total)).astype(np.int64)
        for layer, period_s in enumerate(PERIODS_S):
            size = DAILY_SIZE * math.sqrt(period_s / 86_400)
            total += size * _noise(self._key + layer * 0x1000003, period_s * SECOND, market_ms)
        return np.rint(self._middle * (1.0 + total)).astype(np.int64)

    def _layers(self, market_ms: Ints) -> Floats:
        """One row per layer: for a few instants it is the number of array operations that takes the time, not their size."""
        periods = _PERIODS_MS[:, None]
        index = market_ms[None, :] // periods
        part = (market_ms[None, :] - index * periods) / periods
        ease = part * part * (3.0 - 2.0 * part)
        keys = (np.arange(len(PERIODS_S), dtype=np.uint64) * np.uint64(0x1000003) + np.uint64(self._key))[:, None]
        low, high = _scattered(keys, index), _scattered(keys, index + 1)
        rows: Floats = _SIZES[:, None] * (low + (high - low) * ease)
        return rows

    def seconds(self, first: int, count: int) -> Ints:
        """`ticks` of `count` consecutive seconds from `first` (a full second), the same to the last bit, a hundred times faster."""
        if self._speed != 1:
            return self.ticks(np.arange(first, first + count * SECOND, SECOND, dtype=np.int64))
        total = np.zeros(count, dtype=np.float64)
        for layer, period_s in enumerate(PERIODS_S):
            size = DAILY_SIZE * math.sqrt(period_s / 86_400)
            begin, skip = divmod(first // SECOND, period_s)
            periods = (skip + count - 1) // period_s + 1
            values = _lattice(self._key + layer * 0x1000003, np.arange(begin, begin + periods + 1, dtype=np.int64))
            phase = np.arange(skip, min(skip + count, period_s)) if periods == 1 else np.arange(period_s)
            part = phase * SECOND / (period_s * SECOND)
            ease = part * part * (3.0 - 2.0 * part)
            cut = slice(0, count) if periods == 1 else slice(skip, skip + count)
            low, rise = (np.repeat(column, len(phase))[cut] for column in (values[:-1], np.diff(values)))
            total += size * (low + rise * np.tile(ease, periods)[cut])
        return np.rint(self._middle * (1.0 + total)).astype(np.int64)

    def volumes(self, at: Ints) -> Floats:
        """A made-up traded volume per second, in thousandths of the base."""
        return np.floor((_lattice(self._key ^ 0x5EED, at // SECOND) + 1.0) * 500.0) + 1.0


class SimulatedTrack:
    """The seconds of one symbol, computed when asked for."""

    def __init__(self, noise: Noise, unit: Decimal, now: int) -> None:
        self.unit = unit
        self._noise, self._now = noise, now // SECOND * SECOND

    def newest(self) -> Point:
        return self.point(self._now)

    def point(self, at: int) -> Point:
        second = min(at // SECOND * SECOND, self._now)
        return Point(second, self._noise.tick(second) * self.unit)

    def block(self, after: int, size: int) -> Block:
        first = after // SECOND * SECOND
        last = min(first + size * SECOND, self._now)
        at = np.arange(first, last + 1, SECOND, dtype=np.int64)
        few = len(at) <= FEWER  # a watcher asks for the second that has come, and has asked for the one before it
        price = np.array([self._noise.tick(int(one)) for one in at], dtype=np.int64) if few else self._noise.ticks(at)
        return Block(at[1:], price[:-1], price[1:], np.zeros(max(len(at) - 1, 0), dtype=np.bool_))

    def volume(self, at: int) -> Decimal:
        return int(self._noise.volumes(np.array([at], dtype=np.int64))[0]) * Decimal("0.001")


class Simulated:
    """The source named "simulated"."""

    def __init__(self, seed: str = "tickwise", speed: int = 1) -> None:
        if not 1 <= speed <= 3_600:
            raise Rejected("other", f"speed must be 1 to 3600, not {speed}")
        self.name = "simulated"
        self._noise = {symbol: Noise(seed, symbol, speed) for symbol in LISTINGS}

    async def symbols(self) -> tuple[str, ...]:
        return tuple(LISTINGS)

    async def market(self, symbol: str) -> Market:
        if symbol not in LISTINGS:
            raise Rejected("bad_symbol", f"the simulated market has no {symbol}")
        return LISTINGS[symbol].market

    async def track(self, symbol: str, since: int, wall: int) -> SimulatedTrack:
        return SimulatedTrack(self._noise[symbol], (await self.market(symbol)).price_tick, wall)

    async def tickers(self, symbols: tuple[str, ...], wall: int) -> dict[str, Ticker]:
        return {symbol: self._ticker(symbol, wall // SECOND * SECOND) for symbol in symbols if symbol in LISTINGS}

    def _ticker(self, symbol: str, at: int) -> Ticker:
        tick = LISTINGS[symbol].market.price_tick
        now, day_ago = (int(x) for x in self._noise[symbol].ticks(np.array([at, at - DAY], dtype=np.int64)))
        change = floor_to(Decimal(100 * (now - day_ago)) / day_ago, Decimal("0.01"))
        return Ticker(symbol, now * tick, (now - 1) * tick, (now + 1) * tick, change, at)

    async def candles(self, symbol: str, timeframe: str, limit: int, wall: int) -> list[CandleRow]:
        """Each candle from at most 60 samples: every second of a minute, every minute of an hour, and so on."""
        unit = (await self.market(symbol)).price_tick
        interval = TIMEFRAMES[timeframe]
        step = interval // SAMPLES_PER_CANDLE
        newest = wall // step * step
        first = newest // interval * interval - (limit - 1) * interval
        at = np.arange(first, newest + 1, step, dtype=np.int64)
        ticks, volumes = self._noise[symbol].ticks(at), self._noise[symbol].volumes(at)
        return [_candle(at, ticks, volumes, i, unit) for i in range(0, len(at), SAMPLES_PER_CANDLE)]

    async def at(self, symbol: str, wall: int) -> int:
        return wall // SECOND * SECOND

    async def wall(self, symbol: str, at: int) -> int:
        return at

    async def ends_at(self, symbol: str) -> int | None:
        return None


def _candle(at: Ints, ticks: Ints, volumes: Floats, i: int, unit: Decimal) -> CandleRow:
    """A candle opens at its first sample and closes at the next candle's first one, when that has come."""
    part = ticks[i : i + SAMPLES_PER_CANDLE + 1]
    volume = int(volumes[i : i + SAMPLES_PER_CANDLE].sum()) * int((at[1] - at[0]) if len(at) > 1 else SECOND) // SECOND
    open_, high, low, close = (int(x) * unit for x in (part[0], np.max(part), np.min(part), part[-1]))
    return CandleRow(int(at[i]), open_, high, low, close, volume * Decimal("0.001"))
