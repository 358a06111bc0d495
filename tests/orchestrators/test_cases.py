"""The worked cases of the six strategies, traded tick by tick on a paper account: they come out as in the backtest, fill for fill."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from host import Host

from shared.bot_document import draft
from shared.bus import BotEvent
from tests.builders import T0, USER, paper_account
from tests.fakes import Clock, MemoryStore

CASES = Path(__file__).parents[1] / "strategy_core" / "cases"
NAMES = sorted(path.stem for path in CASES.glob("*.json") if "candles" in json.loads(path.read_text()))


def prepared(case, folder):
    """A platform whose replay directory holds the case's candles, with a draft of the case's bot."""
    folder.mkdir()
    market = case["market"]
    stem = market["symbol"].replace("/", "-")
    rows = [",".join(map(str, row)) for row in case["candles"]]
    (folder / f"{stem}.csv").write_text("timestamp_ms,open,high,low,close,volume\n" + "\n".join(rows) + "\n")
    (folder / f"{stem}.json").write_text(json.dumps(market))
    store, clock = MemoryStore(), Clock(T0)
    base, quote = market["symbol"].partition(":")[0].split("/")
    account = {
        **paper_account(balances={base: "1000000", quote: "1000000000"}),
        "id": "acc",
        "kind": "account",
        "createdMs": T0,
        "sort": "1",
    }
    store._put("accounts", USER, account)
    fields = {"name": "case", "account_id": "acc", "symbol": market["symbol"], "strategy": case["strategy"], "config": case["config"]}
    store._put("bots", USER, draft("bot", fields, account, T0))
    return Host(store, folder, clock)


async def lived(host, case):
    """One tick at each point of the path, and one after each of them."""
    start = BotEvent(USER, "bot", "start", "command", T0, {"name": "start", "params": {}})
    await host.tick(start)
    third = case["interval_ms"] // 3
    for i in range(3 * len(case["candles"]) + 2):
        host.clock.now += third
        for again in (0, 1):
            await host.tick(BotEvent(USER, "bot", f"s{i}-{again}", "market", host.clock.now, {}))
    return host.store.rows["bots", USER, "bot"]


@pytest.mark.parametrize("name", NAMES)
async def test_a_case_trades_on_paper_as_it_does_in_the_backtest(name, tmp_path):
    case = json.loads((CASES / f"{name}.json").read_text())
    host = prepared(case, tmp_path / "market")
    bot = await lived(host, case)
    rows = sorted(host.store.of("fills"), key=lambda row: row["sort"])
    got = [[row["side"], row["price"], row["amount"], row["fee"], row["fee_currency"], row["role"]] for row in rows]
    assert got == [fill[3:] for fill in case["expect"]["fills"]], bot["reason"]
    expect = case["expect"]
    assert bot["status"] == expect["status"]
    for name, figure in (("base", expect["final_base"]), ("quote", expect["final_quote"])):
        assert abs(Decimal(bot["holdings"][name]) - Decimal(figure)) <= Decimal("1e-12"), name
    orders = sorted([order["side"], order["price"], order["amount"], order["role"]] for order in bot["orders"])
    assert orders == sorted(expect["open_orders"])


LADDERS = [name for name in NAMES if name.partition("-")[0] in ("grid", "btd", "loop", "combo")]


@pytest.mark.parametrize("name", LADDERS)
async def test_the_fills_of_a_ladder_take_six_executions_each_or_less(name, tmp_path):
    """The start, which buys, and ticks without a fill left out."""
    case = json.loads((CASES / f"{name}.json").read_text())
    host = Counting(prepared(case, tmp_path / "market"))
    await lived(host, case)
    assert 0 < host.used <= 6 * host.fills


@pytest.mark.parametrize("name", [name for name in NAMES if name not in LADDERS])
async def test_the_fills_of_deals_take_eight_executions_each_or_less(name, tmp_path):
    """A safety order moves the take profit: what takes its place is asked for with the cancel."""
    case = json.loads((CASES / f"{name}.json").read_text())
    host = Counting(prepared(case, tmp_path / "market"))
    await lived(host, case)
    assert 0 < host.used <= 8 * host.fills


class Counting:
    """A host that adds up the executions of the ticks that brought fills."""

    def __init__(self, host):
        self._host, self.used, self.fills = host, 0, 0

    def __getattr__(self, name):
        return getattr(self._host, name)

    async def tick(self, event):
        before, fills = self._host.executions, len(self._host.store.of("fills"))
        await self._host.tick(event)
        if event.kind == "market" and (made := len(self._host.store.of("fills")) - fills):
            self.fills += made
            self.used += self._host.executions - before
