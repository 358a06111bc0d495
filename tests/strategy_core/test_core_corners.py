"""Small promises of the core: caches that forget, bounds of forms, what is known of a trade, a mismatch, a bot without a position."""

from __future__ import annotations

from decimal import Decimal
from importlib import util
from pathlib import Path
from typing import Any

import pytest

from strategy_core import registry, storage
from strategy_core.book import Book
from strategy_core.matching import fill_price, is_marketable
from strategy_core.state import Rates, rates
from strategy_core.trade import Command, Market, Order, OrderType, Role, Side, Status

_spec = util.spec_from_file_location("strategy_core_desk_corners", Path(__file__).with_name("test_mechanics.py"))
assert _spec is not None and _spec.loader is not None
desks = util.module_from_spec(_spec)
_spec.loader.exec_module(desks)

D = Decimal
COMBO: dict[str, Any] = {"direction": "long", "margin": "200", "leverage": "5", "levels": 10, "step_pct": "1"}


def test_a_thousand_markets_later_each_still_has_its_own_fees() -> None:
    first = desks.walks.market(future=False)
    others = [Market(symbol="A/B", price_tick="1", amount_step="1", maker_fee=str(n), taker_fee="0") for n in range(1002)]
    assert [rates(other).q_m for other in others] == [D(n) for n in range(1002)]
    assert rates(first) == Rates(D("0.001"), D("0.001"), D(0), D(0))
    assert rates(desks.walks.market(future=False, mode="received")) == Rates(D(0), D(0), D("0.001"), D("0.001"))


def test_a_configuration_forgotten_by_the_memo_is_read_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "_MEMO_SIZE", 2)
    stored = [registry.dump(desks.grid(investment=str(1000 + n)).state) for n in range(4)]
    for _ in range(2):
        assert [registry.load(data).config.investment for data in stored] == [D(1000 + n) for n in range(4)]


def test_a_part_a_state_does_not_have_is_no_part() -> None:
    with pytest.raises(AttributeError, match="colour"):
        _ = desks.grid().state.colour


def test_a_trade_is_known_once_it_was_folded_however_long_its_id() -> None:
    desk = desks.grid()
    long = "a-trade-id-longer-than-most-venues-use-0001"
    assert not desk.state.knows(long) and not desk.state.knows("short")
    desk.fill("L1", trade=long)
    desk.fill("L0", trade="short")
    assert desk.state.knows(long) and desk.state.knows("short")
    for n in range(130):
        desk.state.is_new(f"other-{n}")
    assert desk.state.knows(long), "also among the older half"


def test_a_position_that_cannot_be_halts_the_bot_and_leaves_its_orders() -> None:
    desk = desks.grid()
    resting = desk.orders()
    registry.distrust(desk.state, wanted=D(1), seen=D(2))
    assert (desk.state.status, desk.state.reason) == (Status.ERROR, "position_mismatch")
    assert desk.orders() == resting and "position_mismatch" in desk.events()
    desk.say("resume")
    assert desk.state.status is Status.ACTIVE


def test_a_paused_bot_that_is_distrusted_goes_back_to_work_on_resume() -> None:
    desk = desks.grid()
    desk.say("pause")
    registry.distrust(desk.state)
    desk.say("resume")
    assert desk.state.status is Status.ACTIVE


def test_a_stopped_bot_stays_stopped_whatever_is_said_of_it() -> None:
    desk = desks.grid()
    desk.say("stop", close_mode="keep")
    registry.distrust(desk.state)
    assert desk.state.status is Status.STOPPED and "position_mismatch" in desk.events()
    held = desk.state.ledger.base
    registry.apply(desk.state, desks.Fill("L1", 1, Side.BUY, D(95), D(1), D(0), "USDT", "after", desk.at))
    assert desk.state.ledger.base == held + 1 and desk.orders() == {}, "booked, and nothing asked for"


def test_a_figure_too_large_to_reckon_with_is_a_finding() -> None:
    market = desks.walks.market(future=False)
    huge = desks.GRID | {"low": "1e-300", "high": "1e300"}
    found = registry.validate("GRID", huge, D(100), market)
    assert found and all(finding.code for finding in found)
    for price in (D("NaN"), D(0), D(-1), D("Infinity")):
        assert [finding.field for finding in registry.validate("GRID", desks.GRID, price, market)] == ["price"]


def test_a_ladder_knows_the_fill_each_order_came_from() -> None:
    desk = desks.grid()
    desk.fill("L1")
    assert registry.origin(desk.state, "L2") == D(95) and registry.origin(desk.state, "L4") is None
    loop = desks.Desk("LOOP", desks.LOOP)
    loop.fill("INIT")
    loop.look("100")
    loop.fill("S1")
    assert registry.origin(loop.state, "B6") == D(102)
    btd = desks.Desk("BTD", desks.BTD)
    btd.fill("L3")
    assert registry.origin(btd.state, "L2") is None, "it remembers what was sold, not at which price"


def test_base_of_missed_sells_is_free_and_of_missed_buys_is_not() -> None:
    desk = desks.grid()
    desk.say("pause")
    free = desk.state.free_base()
    desk.fill("L3", part="1")
    assert desk.state.free_base() == free
    desk.fill("L1", part="1")
    assert desk.state.free_base() == free, "it waits for its mirror"


def test_a_market_order_takes_at_once_and_rests_nowhere() -> None:
    order = Order("X", 1, 0, Side.BUY, OrderType.MARKET, None, D(1), Role.CLOSE, False, 0)
    assert is_marketable(order, D(100))
    assert fill_price(order, D(100), D(90), False) is None


@pytest.mark.parametrize("side", list(Side))
def test_of_two_orders_at_one_price_either_can_go_and_the_other_stays(side: Side) -> None:
    for gone, stays in (("old", "young"), ("young", "old")):
        book = Book()
        book.place("old", side, D(100), D(1), Role.GRID, 1)
        book.place("young", side, D(100), D(2), Role.GRID, 2)
        book.drop(gone)
        index = book.buys if side is Side.BUY else book.sells
        assert [order.leg for order in index] == [stays]


def test_a_combo_before_its_first_entry_has_no_prices_to_watch() -> None:
    market = desks.walks.market(future=True)
    waiting = registry.start("COMBO", COMBO | {"start": {"type": "price", "operator": "less", "price": "90"}}, D(100), market, 0)
    assert registry.figures(waiting) == {}
    assert registry.figures(registry.start("GRID", desks.GRID, D(100), desks.walks.market(future=False), 0)) == {}


def test_a_combo_that_sold_out_has_no_liquidation_price_but_knows_where_it_shifts() -> None:
    walk = desks.walks.Walk("COMBO", COMBO, D(100), desks.walks.market(future=True, slippage_pct="0", step="0.01"), 1)
    walk.go(D(100))
    assert "liquidation_price" in registry.figures(walk.state)
    walk.go(D("106.1"))
    assert walk.state.ledger.base == 0
    shown = registry.figures(walk.state)
    assert "liquidation_price" not in shown and "trail_up_price" in shown


@pytest.mark.parametrize(("name", "config"), [("GRID", desks.GRID), ("BTD", desks.BTD)])
def test_a_paused_ladder_moves_nowhere(name: str, config: dict[str, str]) -> None:
    desk = desks.Desk(name, config | {"trail_up": "shift", "trail_up_limit": "200"})
    if name == "GRID":
        desk.fill("INIT")
    desk.look("100")
    assert "trail_up_price" in registry.figures(desk.state)
    desk.say("pause")
    shown = registry.figures(desk.state)
    assert "trail_up_price" not in shown and "trail_down_price" not in shown


def test_a_futures_position_is_closed_to_nought() -> None:
    """More was filled than the close was for: what is left is closed in turn."""
    walk = desks.walks.Walk("COMBO", COMBO, D(100), desks.walks.market(future=True, slippage_pct="0", step="0.01"), 1)
    walk.go(D(100))
    registry.apply(walk.state, Command("stop", {"close_mode": "quote"}, walk.at, "s"))
    (close,) = registry.orders(walk.state)
    walk.tell(desks.Fill("CLOSE", close.generation, Side.SELL, D(100), close.amount + 1, D(0), "USDT", "too much", walk.at))
    assert walk.state.status is Status.STOPPING
    (again,) = walk.state.book.orders.values()
    assert (again.side, again.amount, again.reduce_only) == (Side.BUY, D(1), True)
    registry.apply(walk.state, desks.Fill("CLOSE", again.generation, Side.BUY, D(100), D(1), D(0), "USDT", "rest", walk.at))
    assert walk.state.status is Status.STOPPED and walk.state.ledger.base == 0


@pytest.mark.parametrize(("levels", "wrong"), [(39, False), (40, True)])
def test_a_combo_has_at_least_one_level_against_it(levels: int, wrong: bool) -> None:
    found = registry.validate(
        "COMBO", COMBO | {"levels": 40, "grid_levels": levels, "step_pct": "0.5", "margin": "9000"}, D(100), desks.walks.market(future=True)
    )
    assert [(finding.field, finding.params.get("max")) for finding in found if finding.field == "grid_levels"] == (
        [("grid_levels", "39")] if wrong else []
    )
