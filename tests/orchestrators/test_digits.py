"""Every worked case of every strategy: a backtest through the orchestration says what the command line says, digit for digit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from exchange.market_data import MarketData
from orchestrators.activities import Outside
from shared.job import CONTAINER, SPEC, part, part_id
from strategy_core.backtest.case import read_case, read_series
from strategy_core.backtest.cli import answer
from strategy_core.backtest.engine import run
from tests.builders import T0, USER
from tests.fakes import MemoryBus, MemoryStore
from tests.orchestrators.test_research import Host

CASES = sorted((Path(__file__).parents[1] / "strategy_core" / "cases").glob("*.json"))
SAID = ("status", "reason", "final_base", "final_quote", "realised", "deals", "last_price")
FILL = ("n", "candle", "point", "side", "price", "amount", "fee", "fee_currency", "role")


def host_of(case, folder):
    """A machine whose recording is the case's candles, under the case's rules."""
    symbol = case["market"]["symbol"]
    name = symbol.replace("/", "-")
    folder.mkdir()
    rows = "\n".join(",".join(map(str, row)) for row in case["candles"])
    (folder / f"{name}.csv").write_text(f"timestamp_ms,open,high,low,close,volume\n{rows}\n")
    rules = {field: value for field, value in case["market"].items() if field != "symbol"}
    (folder / f"{name}.json").write_text(json.dumps(rules))
    store = MemoryStore()
    store._put("accounts", USER, {"id": "acc_1", "kind": "account", "market": "replay", "createdMs": T0, "speed": 1, "sort": "1"})
    host = Host(store, folder)
    host.outside = Outside(store, MemoryBus(), MarketData(host.clock, folder), host.clock)
    job = {
        "id": "bt_1", "kind": "backtest", "schema": 1, "sort": "1", "name": "", "strategy": case["strategy"], "symbol": symbol,
        "source": {"kind": "replay", "account_id": "acc_1", "exchange": None}, "timeframe": "1m", "config": case["config"], "ranges": [],
        "runs": 1, "kept": True, "status": "queued", "progress": {"phase": "queued", "percent": 0}, "best": None, "error": None,
        "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    store._put(CONTAINER, USER, job)
    store._put(CONTAINER, USER, part("bt_1", SPEC, {"variants": [{}]}))
    return host


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
async def test_a_job_is_the_command_line_to_the_last_digit(tmp_path, file):
    case = json.loads(file.read_text())
    host = host_of(case, tmp_path / "market")
    assert await host.run("bt_1") == "done"
    job = host.store.rows[CONTAINER, USER, "bt_1"]
    assert (job["status"], job["error"], job["error_params"]) == ("done", None, {})
    stored = host.store.rows[CONTAINER, USER, part_id("bt_1", "runs", 0)]["items"][0]
    said = read_case(file)
    line = answer(run(said.strategy, said.config, said.market, read_series(said, file, None)))
    assert {name: stored[name] for name in SAID} == {name: line[name] for name in SAID}
    assert stored["metrics"]["pnl"] == line["metrics"]["pnl"]
    for name, value in line["metrics"].items():
        if isinstance(value, float):
            assert float(stored["metrics"][name]) == value, name
    chunks = range(job["chunks"]["0"])
    fills = [fill for k in chunks for fill in host.store.rows[CONTAINER, USER, part_id("bt_1", "fills", 0, k)]["items"]]
    assert [[fill[name] for name in FILL] for fill in fills] == line["fills"] and len(fills) == len(case["expect"]["fills"])
