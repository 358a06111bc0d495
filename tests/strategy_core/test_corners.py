"""What is left of the core once its rules are tested: names of orders, caches that forget, a bar on long runs, orders beyond a cap."""

from __future__ import annotations

import gc
import json
import sys
from decimal import Decimal
from importlib import util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from strategy_core import registry
from strategy_core.backtest import Series, cli, engine, run
from strategy_core.backtest.metrics import metrics
from strategy_core.matching import Fees
from strategy_core.trade import Ended, Fill, Horizon, Market, Side, Status, client_order_id

_spec = util.spec_from_file_location("strategy_core_desk_left", Path(__file__).with_name("test_mechanics.py"))
assert _spec is not None and _spec.loader is not None
desks = util.module_from_spec(_spec)
_spec.loader.exec_module(desks)

D = Decimal
START = 1_640_995_200_000
CASE = Path(__file__).parent / "cases" / "grid-1-one-cell.json"
COMBO: dict[str, Any] = {"direction": "long", "margin": "200", "leverage": "5", "levels": 10, "grid_levels": 5, "step_pct": "1"}


def test_the_name_of_an_order_is_the_first_half_of_a_digest() -> None:
    """sha256("u1|b1|3|L-2|4|0"), as strategies.md 1.4 has it."""
    order = desks.grid().orders()["L1"]
    assert order.key == "L1|1|0"
    found = client_order_id("u1|b1", 3, "L-2|4|0")
    assert found == "45a795a172c7bf15bb4815a0a2f9df21"
    others = {client_order_id(owner, epoch, key) for owner in ("u1|b1", "u1|b2") for epoch in (3, 4) for key in ("L-2|4|0", "L-2|4|1")}
    assert len(others) == 8 and found in others


@pytest.mark.parametrize(
    ("mode", "side", "maker", "wanted"),
    [
        ("quote", Side.BUY, True, ("0.2", "USDT")),
        ("quote", Side.SELL, False, ("0.4", "USDT")),
        ("received", Side.BUY, False, ("0.004", "X")),
        ("received", Side.SELL, True, ("0.2", "USDT")),
    ],
)
def test_a_simulated_fee_is_exact_and_in_its_coin(mode: str, side: Side, maker: bool, wanted: tuple[str, str]) -> None:
    market = Market(symbol="X/USDT", price_tick="1", amount_step="1", maker_fee="0.001", taker_fee="0.002", fee_mode=mode)
    assert Fees(market).of(side, D(100), D(2), maker) == (D(wanted[0]), wanted[1])


def test_prices_seen_long_ago_are_turned_into_floats_anew() -> None:
    moving = object.__new__(engine._Run)
    moving.floats = {}
    for n in range(5000):
        assert moving.rough(Horizon(D(n) / 4, None, None))[0] == n / 4
    assert len(moving.floats) <= 4096 and moving.rough(Horizon(None, D("0.25"), None))[1] == 0.25


def test_names_of_five_thousand_levels_are_told_apart() -> None:
    from strategy_core.levels import leg, level_of

    for j in range(-2500, 2500):
        assert level_of(leg(j)) == j and leg(j) == f"L{j}"


# -- runs ---------------------------------------------------------------------------------------------------------------


def waves(n: int, interval: int = 60_000, size: float = 6.0) -> Series:
    steps = np.round(100 + size * np.sin(np.arange(n + 1) / 9) + 2 * np.sin(np.arange(n + 1) / 3), 2)
    opens, closes = steps[:-1], steps[1:]
    highs, lows = np.round(np.maximum(opens, closes) + 0.1, 2), np.round(np.minimum(opens, closes) - 0.1, 2)
    return Series(START + interval * np.arange(n, dtype=np.int64), (opens, highs, lows, closes), interval)


def market() -> Market:
    return Market.model_validate(json.loads(CASE.read_text())["market"])


def test_orders_beyond_a_cap_take_their_turn_also_in_a_run_that_leaps() -> None:
    config = {"low": "90", "high": "110", "cells": 20, "investment": "4000", "max_active_orders": 4}
    leaping, stepping = (run("GRID", config, market(), waves(600), every_point=every) for every in (False, True))
    assert leaping.trades == stepping.trades and len(leaping.trades) > 50
    assert len(registry.orders(leaping.state)) == 4 < len(leaping.state.book.orders)


def test_a_daily_run_is_counted_by_days() -> None:
    config = {"low": "80", "high": "120", "cells": 8, "investment": "1000"}
    by_day = metrics(run("GRID", config, market(), waves(40, 86_400_000)))
    by_minute = metrics(run("GRID", config, market(), waves(40)))
    assert by_day["days"] == 40 and by_day["sharpe"] is not None and by_minute["days"] == pytest.approx(40 / 1440)
    assert by_minute["sharpe"] == pytest.approx(by_day["sharpe"] * 1440**0.5), "the same returns, so many more of them a year"


def test_a_run_leaves_the_collector_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    config = {"low": "80", "high": "120", "cells": 8, "investment": "1000"}
    frozen: list[str] = []
    monkeypatch.setattr(gc, "freeze", lambda: frozen.append("freeze"))
    monkeypatch.setattr(gc, "unfreeze", lambda: frozen.append("unfreeze"))
    for count, wanted in ((0, ["freeze", "unfreeze"]), (7, [])):
        frozen.clear()
        monkeypatch.setattr(gc, "get_freeze_count", lambda count=count: count)
        run("GRID", config, market(), waves(30))
        assert frozen == wanted and gc.isenabled(), "what somebody else froze stays frozen"


@pytest.mark.parametrize(("candles", "somebody", "shown"), [(40, True, True), (39, True, False), (40, False, False)])
def test_a_long_run_in_front_of_somebody_has_a_bar(
    candles: int, somebody: bool, shown: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "LONG", 40)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: somebody)
    rows = [[START + 60_000 * k, "100", "101", "99", "100"] for k in range(candles)]
    case = json.loads(CASE.read_text()) | {"candles": rows}
    case.pop("data", None)
    (tmp_path / "case.json").write_text(json.dumps(case))
    assert cli.main([str(tmp_path / "case.json"), "--json"]) == 0
    said = capsys.readouterr()
    assert ("candles" in said.err) is shown and json.loads(said.out)["status"] == "active"


def test_the_bar_stays_until_the_last_candle(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    tell = cli._progress(cli.LONG)
    assert tell is not None and cli._progress(cli.LONG - 1) is None
    tell(1, 2)
    tell(2, 2)
    assert "candles" in capsys.readouterr().err


# -- more of what waits --------------------------------------------------------------------------------------------------


def test_a_buy_nothing_is_left_for_is_parked_and_said_once() -> None:
    desk = desks.grid()
    registry.drain(desk.state)
    for _ in range(2):
        desk.fill("L3", part="1", price="1")
    assert desk.state.memory.parked == {2: None}
    assert [event.params for event in registry.drain(desk.state) if event.code == "parked"] == [{"leg": "L2", "side": "buy"}]


def test_more_of_a_sell_that_came_from_no_buy_comes_from_none() -> None:
    from strategy_core.grid_orders import rest_sell

    desk = desks.grid()
    assert rest_sell(desk.state, 3, D("0.1"))
    assert desk.orders()["L3"].amount == D("2.627") and "L3" not in desk.state.memory.origins


def test_a_missed_buy_holds_no_quote_back() -> None:
    desk = desks.grid()
    desk.say("pause")
    free = desk.state.free_quote()
    desk.fill("L1", part="1")
    assert abs(desk.state.free_quote() - free) < D("1e-20"), "it was reserved for the order, and is spent"


def test_a_plan_that_lost_its_money_gives_nothing_back() -> None:
    plan = {"base_order_size": "100", "safety_order_size": "100", "safety_orders": 3, "step_pct": "5", "take_profit_pct": "2"}
    desk = desks.Desk("DCA", plan)
    desk.fill("BO")
    put = desk.state.ledger.put_quote
    desk.say("edit", changes={"safety_order_size": "80"})
    desk.state.ledger.quote -= 150
    desk.fill("TP1")
    assert desk.state.ledger.put_quote == put and "funds_follow_plan" not in desk.events()


# -- a COMBO whose orders end elsewhere -----------------------------------------------------------------------------------


def combo(**config: Any) -> Any:
    rules = desks.walks.market(future=True, slippage_pct="0", step="0.01", min_amount="0.01")
    return desks.walks.Walk("COMBO", COMBO | config, D(100), rules, 1)


def test_an_entry_adopted_at_half_has_half_of_its_exits() -> None:
    walk = combo(missing_orders="adopt")
    order = walk.state.book.orders["INIT"]
    walk.tell(Fill("INIT", 1, Side.BUY, D(100), D("2.5"), D(0), "USDT", "half", walk.at))
    walk.tell(Ended("INIT", order.generation, 0, "missing", D("2.5"), walk.at))
    walk.go(D(100))
    exits = {leg: order.amount for leg, order in walk.state.book.orders.items() if order.reduce_only}
    assert exits == {"L1": D(1), "L2": D(1), "L3": D("0.5")} and walk.state.status is Status.ACTIVE
    assert {f"L-{i}" for i in range(1, 6)} <= set(walk.state.book.orders) and walk.state.memory.anchor == 100
    assert registry.plan(walk.state)["initial_amount"] == "2.5"


def test_exits_that_were_all_faster_than_our_cancel_leave_none_resting() -> None:
    """More was closed than is held: every exit gives way, and no more than every one."""
    walk = combo()
    walk.go(D(100))
    walk.go(D("99"))
    old = walk.state.book.orders["L1"]
    walk.state.book.replace("L1", D("0.5"), walk.at)
    walk.tell(Fill("L1", old.generation, Side.SELL, D(101), D(6), D(0), "USDT", "late", walk.at))
    assert not any(order.reduce_only for order in walk.state.book.orders.values()) and walk.state.ledger.base == 0
