"""A bot with real money on the test venue: the real tick, unmodified ccxt, and a host that dies where it is told to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from host import Host, Killed

from exchange import ccxt_adapter
from exchange.market_data import MarketData
from orchestrators.live_accounts import LiveAccounts
from shared.bot_document import draft
from shared.bus import BotEvent
from tests.builders import T0, USER, grid, settings
from tests.fakes import Clock, MemorySecrets, MemoryStore
from tests.venue.binance import BinanceVenue
from tests.venue.serving import KEY, SECRET, opener, serving

BOT, ACCOUNT = "bot_1", "acc_1"
FUNDS = {"USDT": "10000", "BTC": "1"}


def account_document(**changes: Any) -> dict[str, Any]:
    return {
        "id": ACCOUNT, "kind": "account", "exchange": "binance", "market": "binance", "label": "live", "paper": False, "speed": 1,
        "keyNumber": 1, "balances": {}, "createdMs": T0, "sort": "1",
    } | changes  # fmt: skip


class LiveWorld:
    def __init__(self, venue: BinanceVenue, address: str, clock: Clock, bot: dict[str, Any]) -> None:
        self.venue, self.clock, self.store, self.secrets = venue, clock, MemoryStore(), MemorySecrets()
        self.wallet = venue.spot.accounts[KEY]
        self.secrets.kept[USER, f"{ACCOUNT}.1"] = {"apiKey": KEY, "secret": SECRET}
        self.config = config = settings(live_exchanges="binance", exchange_urls=f'{{"binance": "{address}"}}')
        self.live = LiveAccounts(config, self.secrets, clock, opener)
        self.host = Host(self.store, None, clock)
        self.markets = MarketData(clock, None, config.public, addresses=config.addresses)
        self.host.outside = self.host.outside._replace(live=self.live, markets=self.markets)
        self.store._put("accounts", USER, account_document())
        fields = {"name": "live", "account_id": ACCOUNT, "symbol": "BTC/USDT", "strategy": "GRID", "config": grid()} | bot
        self.store._put("bots", USER, draft(BOT, fields, account_document(), T0))
        self.sent = 0

    def event(self, kind: str, **body: Any) -> BotEvent:
        self.sent += 1
        return BotEvent(USER, BOT, f"e{self.sent}", kind, self.clock.now, body)

    async def command(self, name: str, **params: Any) -> Any:
        return await self.host.tick(self.event("command", name=name, params=params))

    async def wake(self, after_ms: int = 5_000) -> Any:
        self.clock.now += after_ms
        return await self.host.tick(self.event("market"))

    async def move(self, price: str) -> Any:
        self.venue.move(price)
        return await self.wake()

    async def resumed(self, event: BotEvent, history: list[Any], after_ms: int = 1_000) -> Any:
        """The tick goes on where its host died, with what was recorded until then."""
        try:
            return await self.host.tick(event, history)
        except Killed:
            self.clock.now += after_ms
            return await self.host.tick(event, history)

    async def restart(self) -> None:
        """Another process, which remembers nothing of the venue."""
        await self.live.close()
        self.live = LiveAccounts(self.config, self.secrets, self.clock, opener)
        self.host.outside = self.host.outside._replace(live=self.live)

    @property
    def bot(self) -> dict[str, Any]:
        return self.store.rows["bots", USER, BOT]

    @property
    def fills(self) -> list[dict[str, Any]]:
        return sorted(self.store.of("fills"), key=lambda row: row["sort"])


@asynccontextmanager
async def live_world(**bot: Any) -> AsyncIterator[LiveWorld]:
    ccxt_adapter._rules_kept.clear()
    clock = Clock(T0 + 20_000)
    venue = BinanceVenue(clock)
    venue.account(KEY, SECRET, **FUNDS)
    venue.move("100")
    async with serving(venue.application()) as address:
        world = LiveWorld(venue, address, clock, bot)
        yield world
        await world.live.close()
        await world.markets.close()
