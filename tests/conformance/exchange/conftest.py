"""The three worlds the suite runs in: paper, the test venue through ccxt, and (opt-in) a public test network."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from exchange.paper import MemoryBooks, PaperExchange, Settings
from exchange.protocol import Exchange, Placement
from exchange.replay import Replay
from tests.exchange.paper_fakes import MINUTE, T0, Clock
from tests.venue.binance import BinanceVenue
from tests.venue.bybit import BybitVenue
from tests.venue.serving import KEY, SECRET, open_at, order, serving

SYMBOL, LINEAR = "BTC/USDT", "BTC/USDT:USDT"
FUNDS = {"USDT": "10000", "BTC": "1"}


class World:
    """An exchange whose price the suite can move."""

    exchange: Exchange
    clock: Clock

    def __init__(self) -> None:
        self.count = 0

    async def move(self, price: str) -> None:
        raise NotImplementedError

    async def again(self) -> Exchange:
        """The same account as another process would open it."""
        raise NotImplementedError

    async def thin_out(self) -> None:
        """From now on the market has only half of a 0.1 order at a time."""
        raise NotImplementedError

    def placement(self, text: str, symbol: str = SYMBOL, id_: str | None = None, reduce_only: bool = False) -> Placement:
        self.count += 1
        now = self.clock()
        client_order_id = id_ or f"{self.count:032x}"
        return Placement(client_order_id, symbol, order(text, self.made_at(), reduce_only), now, now + 30_000, "isolated", Decimal(5))

    def made_at(self) -> int:
        return self.clock()


class PaperWorld(World):
    """Prices are written ahead of the clock, one flat minute per move."""

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self.clock, self.books, self.directory = Clock(), MemoryBooks(), directory
        self.prices = ["20000"]
        self._write()
        self.source = Replay(directory, T0)
        self.exchange = self._open()

    def _open(self, settings: Settings | None = None) -> PaperExchange:
        return PaperExchange(self.books, self.source, self.clock, {key: Decimal(value) for key, value in FUNDS.items()}, settings)

    async def again(self) -> Exchange:
        return self._open()

    async def thin_out(self) -> None:
        self.exchange = self._open(Settings(volume_share=Decimal("0.0002")))  # of the 250 BTC each point trades

    async def move(self, price: str) -> None:
        self.prices.append(price)
        self._write()
        self.clock.now = T0 + (len(self.prices) - 1) * MINUTE

    def _write(self) -> None:
        rows = [f"{T0 + i * MINUTE},{p},{p},{p},{p},1000" for i, p in enumerate(self.prices)]
        for symbol, fees in (("BTC-USDT", '"fee_mode": "received"'), ("BTC-USDT:USDT", '"amount_step": "0.001", "max_leverage": "50"')):
            (self.directory / f"{symbol}.csv").write_text("timestamp_ms,open,high,low,close,volume\n" + "\n".join(rows) + "\n")
            (self.directory / f"{symbol}.json").write_text("{" + fees + "}")


class VenueWorld(World):
    def __init__(self, venue: BinanceVenue | BybitVenue, name: str, address: str, clock: Clock) -> None:
        super().__init__()
        self.venue, self.name, self.address, self.clock = venue, name, address, clock
        self.exchange = open_at(name, address, clock)
        self.opened = [self.exchange]

    async def again(self) -> Exchange:
        self.opened.append(open_at(self.name, self.address, self.clock))
        return self.opened[-1]

    async def move(self, price: str) -> None:
        self.clock.now += MINUTE
        self.venue.move(price)

    async def thin_out(self) -> None:
        engine = self.venue.spot if isinstance(self.venue, BinanceVenue) else self.venue.engines["spot"]
        engine.share = Decimal("0.5")


@pytest.fixture(params=["paper", "binance", "bybit"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    if request.param == "paper":
        yield PaperWorld(tmp_path)
        return
    clock = Clock()
    venue: BinanceVenue | BybitVenue = BinanceVenue(clock) if request.param == "binance" else BybitVenue(clock)
    venue.account(KEY, SECRET, **FUNDS)
    venue.move("20000")
    async with serving(venue.application()) as address:
        made = VenueWorld(venue, request.param, address, clock)
        yield made
        for exchange in made.opened:
            await exchange.close()
