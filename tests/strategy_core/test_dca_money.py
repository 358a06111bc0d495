"""A DCA bot without funds of its own choosing has the money its plan takes, through every edit of the plan."""

from decimal import Decimal

from strategy_core import registry
from strategy_core.number import dec
from strategy_core.trade import Command, Fill, Look, Market

MARKET = Market(symbol="X/USDT", price_tick="0.01", amount_step="0.001", maker_fee="0", taker_fee="0")
PLAN = {"base_order_size": "100", "safety_order_size": "100", "safety_orders": 2, "step_pct": "5", "take_profit_pct": "2"}


def edited(state, **changes):
    registry.apply(state, Command("edit", {"changes": changes}, state.at, f"c{len(state.commands)}"))


def in_a_deal(**config):
    state = registry.start("DCA", PLAN | config, dec("100"), MARKET, 1_000)
    [order] = [order for order in registry.orders(state) if order.price is None]
    registry.apply(state, Fill(order.leg, 1, order.side, dec("100"), order.amount, dec("0"), "USDT", "t1", 2_000))
    return state


def money(state):
    return Decimal(registry.reservation(state)["USDT"]).quantize(Decimal(1))


def sold_out(state):
    exit_ = next(order for order in registry.orders(state) if order.leg == "TP1")
    registry.apply(
        state, Fill("TP1", exit_.generation, exit_.side, exit_.price, exit_.amount, dec("0"), "USDT", f"t{state.at}", state.at + 1)
    )
    registry.apply(state, Look(exit_.price, state.at + 1))


def test_a_larger_plan_has_its_money_before_the_next_deal():
    state = in_a_deal()
    edited(state, base_order_size="300")
    assert money(state) == 500
    sold_out(state)
    assert money(state) == 500 and state.status == "active"


def test_a_smaller_plan_gives_back_at_the_end_of_the_deal():
    state = in_a_deal()
    edited(state, safety_orders=1)
    assert money(state) == 300
    sold_out(state)
    assert money(state) == 200
    assert registry.summary(state).waterfall.total == Decimal("2")


def test_an_edit_taken_back_during_the_deal_leaves_the_money_as_it_was():
    state = in_a_deal()
    edited(state, base_order_size="300")
    edited(state, base_order_size="100")
    assert money(state) == 300


def test_funds_of_the_owners_choosing_are_not_touched_by_an_edit():
    state = in_a_deal(funds_quote="1000")
    edited(state, base_order_size="300")
    sold_out(state)
    edited(state, base_order_size="50")
    assert money(state) == 1000


def test_money_added_is_not_given_back_when_its_plan_takes_effect():
    state = in_a_deal()
    registry.apply(state, Command("add_funds", {"amount": "300"}, state.at, "more"))
    sold_out(state)
    assert money(state) == 600
