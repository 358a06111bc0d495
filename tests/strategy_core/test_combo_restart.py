"""COMBO with another window: an edit of its shape lays the ladder anew around the price, with the units it holds."""

from __future__ import annotations

import json
from decimal import Decimal
from importlib import util
from pathlib import Path
from typing import Any

import pytest

from strategy_core import registry
from strategy_core.number import plain
from strategy_core.trade import Command, Ended, Fill, Invalid, Look, Side, Status

_spec = util.spec_from_file_location("strategy_core_walks", Path(__file__).with_name("walks.py"))
assert _spec is not None and _spec.loader is not None
walks = util.module_from_spec(_spec)
_spec.loader.exec_module(walks)

D = Decimal
PLAIN: dict[str, Any] = {"direction": "long", "margin": "200", "leverage": "5", "levels": 10, "grid_levels": 5, "step_pct": "1"}


def bot(**config: Any) -> Any:
    rules = walks.market(
        future=True, slippage_pct="0", min_notional="1", maker_fee="0.0002", taker_fee="0.0005", step="0.01", min_amount="0.01"
    )
    return go(walks.Walk("COMBO", {**PLAIN, **config}, D(100), rules, 1), "100")


def go(walk: Any, *prices: str) -> Any:
    for price in prices:
        walk.at += 60_000
        walk.go(D(price))
    return walk


def edit(walk: Any, **changes: Any) -> None:
    walk.trades += 1
    registry.apply(walk.state, Command("edit", {"changes": changes}, walk.at, f"e{walk.trades}"))
    walk.check()


def resting(walk: Any) -> dict[str, list[str]]:
    """side -> price x amount, the nearest first."""
    rows = sorted(registry.orders(walk.state), key=lambda order: order.price, reverse=True)
    sells = [f"{plain(o.price)} x {plain(o.amount)}" for o in rows[::-1] if o.side is Side.SELL]
    return {"sell": sells, "buy": [f"{plain(o.price)} x {plain(o.amount)}" for o in rows if o.side is Side.BUY]}


def test_a_wider_step_is_a_new_ladder_around_the_price() -> None:
    """Five units of 1 at 100; worth 199.75 = 200 - the entry's fee: a unit of 0.99, so 0.05 is sold at 100."""
    walk = bot()
    edit(walk, step_pct="2")
    (order,) = registry.orders(walk.state)
    assert walk.state.status is Status.STARTING and registry.horizon(walk.state).is_empty
    assert (order.leg, order.side, order.price, order.amount, order.reduce_only) == ("INIT", Side.SELL, None, D("0.05"), True)
    go(walk, "100")
    assert walk.state.status is Status.ACTIVE and walk.state.ledger.base == D("4.95") and walk.state.memory.anchor == 100
    assert resting(walk) == {
        "sell": ["102 x 0.99", "104.04 x 0.99", "106.13 x 0.99", "108.25 x 0.99", "110.41 x 0.99"],
        "buy": ["98.03 x 0.99", "96.11 x 0.99", "94.23 x 0.99", "92.38 x 0.99", "90.57 x 0.99"],
    }


def test_more_grid_levels_are_bought_at_market() -> None:
    walk = go(bot(), "102.5")  # two exits are gone, their entries rest below
    edit(walk, grid_levels=6)
    (order,) = registry.orders(walk.state)
    unit = walk.state.memory.unit
    assert order.side is Side.BUY and not order.reduce_only and order.amount == 6 * unit - 3
    go(walk, "102.5")
    assert walk.state.ledger.base == 6 * unit and (walk.state.memory.lo, walk.state.memory.hi) == (-4, 6)
    sells = resting(walk)["sell"]
    assert len(sells) == 6 and sells[0] == f"103.53 x {plain(unit)}" and len(resting(walk)["buy"]) == 4


def test_a_ladder_whose_units_fit_is_laid_at_once() -> None:
    """After the fee of the entry the bot is worth 200.02: a unit is 1 again, and nothing need be traded."""
    walk = bot(margin="200.27")
    assert walk.state.ledger.base == 5
    edit(walk, step_pct="1.5")
    assert walk.state.status is Status.ACTIVE and registry.orders(walk.state)[0].price is not None
    assert resting(walk)["sell"][0] == "101.5 x 1" and len(resting(walk)["buy"]) == 5


def test_a_remainder_the_venue_would_not_take_leaves_with_the_last_exit() -> None:
    walk = walks.Walk(
        "COMBO", PLAIN, D(100), walks.market(future=True, slippage_pct="0", min_notional="6", maker_fee="0.0002", taker_fee="0.0005", step="0.01", min_amount="0.01"), 1
    )  # fmt: skip
    go(walk, "100")
    edit(walk, step_pct="2")
    assert walk.state.status is Status.ACTIVE, "0.05 at 100 are less than the venue takes"
    assert resting(walk)["sell"] == ["102 x 0.99", "104.04 x 0.99", "106.13 x 0.99", "108.25 x 0.99", "110.41 x 1.04"]


def test_a_short_ladder_is_laid_anew_as_well() -> None:
    walk = bot(direction="short")
    edit(walk, step_pct="2")
    go(walk, "100")
    assert walk.state.ledger.base == D("-4.95")
    assert resting(walk)["buy"][0] == "98.03 x 0.99" and resting(walk)["sell"][0] == "102 x 0.99"


def test_a_trailing_stop_does_not_loosen() -> None:
    walk = go(bot(stop_loss_pct="4"), "100.9", "99.5")
    edit(walk, step_pct="2")
    go(walk, "99.5")
    assert walk.state.memory.best == D("100.9") and walk.state.memory.anchor == D("99.5")
    without = go(bot(), "100.9", "99.5")
    edit(without, step_pct="2")
    assert go(without, "99.5").state.memory.best == D("99.5")


def test_a_paused_bot_goes_on_with_its_new_ladder() -> None:
    walk = bot()
    registry.apply(walk.state, Command("pause", {"keep_orders": False}, walk.at, "p"))
    edit(walk, step_pct="2")
    assert [order.leg for order in registry.orders(walk.state)] == ["INIT"]
    go(walk, "100")
    assert walk.state.status is Status.ACTIVE and len(registry.orders(walk.state)) == 10


def test_a_bot_that_waits_takes_the_shape_it_will_have() -> None:
    rules = walks.market(future=True, slippage_pct="0", min_notional="1", step="0.01", min_amount="0.01")
    walk = walks.Walk("COMBO", {**PLAIN, "start": "webhook"}, D(100), rules, 1)
    edit(walk, levels=12, grid_levels=4)
    assert walk.state.status is Status.WAITING and registry.orders(walk.state) == ()
    registry.apply(walk.state, Command("start_deal", {}, walk.at, "s"))
    go(walk, "100")
    assert (walk.state.memory.lo, walk.state.memory.hi) == (-8, 4) and walk.state.memory.sized is None


def test_what_cannot_be_laid_is_refused_and_nothing_changes() -> None:
    walk = bot(leverage="10")
    before = walks.stored(walk.state)
    with pytest.raises(Invalid, match="liquidation_inside_ladder"):
        edit(walk, step_pct="5")
    with pytest.raises(Invalid, match="grid_levels"):
        edit(walk, grid_levels=10)
    with pytest.raises(Invalid, match="direction: not_editable"):
        edit(walk, direction="short")
    assert walks.stored(walk.state) == before


def test_a_bot_worth_too_little_is_refused_a_new_ladder() -> None:
    walk = bot()
    walk.state.ledger.quote -= 199
    with pytest.raises(Invalid, match="below_min_notional"):
        edit(walk, levels=40)
    walk.state.ledger.quote -= 2
    with pytest.raises(Invalid, match="margin: out_of_range"):
        edit(walk, levels=40)


def test_a_bot_in_error_is_not_laid_anew() -> None:
    walk = bot()
    registry.distrust(walk.state)
    with pytest.raises(Invalid) as refused:
        edit(walk, step_pct="2")
    assert (refused.value.field, refused.value.code, refused.value.params) == ("step_pct", "not_editable", {"status": "error"})
    edit(walk, take_profit_price="140")


def test_the_same_shape_again_is_no_restart() -> None:
    walk = bot()
    edit(walk, step_pct="1.0", take_profit_price="140")
    assert walk.state.status is Status.ACTIVE and len(registry.orders(walk.state)) == 10 and walk.state.memory.sized is None


def test_money_added_after_a_restart_is_money_added_to_what_the_bot_was_worth() -> None:
    walk = bot()
    edit(walk, step_pct="2")
    go(walk, "100")
    again = registry.load(json.loads(json.dumps(registry.dump(walk.state))))
    for state in (walk.state, again):
        registry.apply(state, Command("add_funds", {"amount": "100"}, walk.at, "f"))
        assert state.memory.unit == D("1.49") and state.memory.sized == (D(100), D("299.75"))


def test_a_balancing_order_the_venue_refuses_is_asked_for_again() -> None:
    walk = bot()
    edit(walk, step_pct="2")
    first = registry.orders(walk.state)[0]
    registry.apply(walk.state, Ended("INIT", first.generation, 0, "missing", D(0), walk.at))
    registry.apply(walk.state, Look(D(100), walk.at + 1))
    (order,) = registry.orders(walk.state)
    assert (order.leg, order.amount, order.generation > first.generation) == ("INIT", D("0.05"), True)


def test_what_filled_while_the_ladder_was_taken_off_is_counted() -> None:
    """An old exit was faster than its cancel: one unit less is held, so there is one exit less."""
    walk = bot()
    edit(walk, step_pct="2")
    registry.apply(walk.state, Fill("L1", 1, Side.SELL, D("101"), D(1), D("0.0202"), "USDT", "late", walk.at))
    go(walk, "100")
    assert walk.state.ledger.base == D("3.95")
    assert resting(walk)["sell"] == ["102 x 0.99", "104.04 x 0.99", "106.13 x 0.99", "108.25 x 0.98"]
