"""An owner with a paper account on a recorded market, and a draft of the GRID of strategies.md."""

import sys
from pathlib import Path

import pytest

from shared.bot_document import draft
from shared.bus import BotEvent
from tests.builders import MINUTE, T0, USER, grid, paper_account, write_market
from tests.fakes import Clock, MemoryStore

sys.path.insert(0, str(Path(__file__).parent))
from host import Host  # noqa: E402

CANDLES = ["100 100 100 100", "100 100 94 95", "95 106 95 105", "105 106 99 100", "100 100 96 99", "99 112 99 111"]
RULES = '{"amount_step": "0.01", "min_amount": "0.01", "maker_fee": "0.001", "taker_fee": "0.001", "slippage_pct": "0"}'
BOT, ACCOUNT = "bot_1", "acc_1"


class World:
    """One bot's life: `start`, `wake`, `command`, and the clock between them."""

    def __init__(self, folder) -> None:
        write_market(folder, CANDLES)
        (folder / "BTC-USDT.json").write_text(RULES)
        self.clock = Clock(T0 + 20_000)
        self.store = MemoryStore()
        self.host = Host(self.store, folder, self.clock)
        self.sent = 0
        account = {**paper_account(), "id": ACCOUNT, "kind": "account", "createdMs": T0, "sort": "1"}
        self.store._put("accounts", USER, account)
        fields = {"name": "grid", "account_id": ACCOUNT, "symbol": "BTC/USDT", "strategy": "GRID", "config": grid()}
        self.store._put("bots", USER, draft(BOT, fields, account, T0))

    def event(self, kind, **body) -> BotEvent:
        self.sent += 1
        return BotEvent(USER, BOT, f"e{self.sent}", kind, self.clock.now, body)

    async def command(self, name, **params):
        return await self.host.tick(self.event("command", name=name, params=params))

    async def wake(self, after_ms: int = MINUTE):
        self.clock.now += after_ms
        return await self.host.tick(self.event("market"))

    async def live_through(self, minutes: int = 7):
        for _ in range(minutes * 3):
            await self.wake(20_000)

    @property
    def bot(self):
        return self.store.rows["bots", USER, BOT]

    @property
    def fills(self):
        return sorted(self.store.of("fills"), key=lambda row: row["sort"])

    @property
    def book(self):
        return self.store.rows["paper", USER, ACCOUNT]["book"]


@pytest.fixture
def world(tmp_path):
    return World(tmp_path / "market")
