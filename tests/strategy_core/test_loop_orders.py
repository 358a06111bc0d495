"""LOOP order by order: where each slice goes, what parts wait for, what is parked, and where its guard wakes it; with the figures."""

from __future__ import annotations

from decimal import Decimal
from importlib import util
from pathlib import Path
from typing import Any

import pytest

from strategy_core import registry
from strategy_core.loop_memory import Origin, Part, Slice
from strategy_core.trade import Fill, Rules, Side, Status

_spec = util.spec_from_file_location("strategy_core_desk_slices", Path(__file__).with_name("test_mechanics.py"))
assert _spec is not None and _spec.loader is not None
desks = util.module_from_spec(_spec)
_spec.loader.exec_module(desks)

D = Decimal


def loop(mode: str = "quote", rules: dict[str, Any] | None = None, **config: Any) -> Any:
    """5,000 at 100 with five orders of 2 % a side: slice 499.49..., unit 4.994, levels 102 ... 110.41 and 98 ... 90.39."""
    desk = desks.Desk("LOOP", desks.LOOP | config, mode=mode, **(rules or {}))
    desk.fill("INIT")
    desk.look("100")
    return desk


def resting(desk: Any) -> dict[str, str]:
    return {leg: f"{order.amount:f}@{order.price:f}" for leg, order in desk.orders().items()}


def events(desk: Any, code: str) -> list[dict[str, str]]:
    return [event.params for event in registry.drain(desk.state) if event.code == code]


def lots(value: Decimal) -> Decimal:
    return value.quantize(D("0.001"), "ROUND_FLOOR")


def ok(desk: Any) -> None:
    desks.walks.check_stored(desk.state)
    desks.walks.check_orders(desk.state)


def test_a_loop_lays_units_above_and_slices_below() -> None:
    """slice = (5000 - 0.001 * 100.1) / (5 * 1.001 + 5 * 1.001) = 499.4904995"""
    desk = loop()
    assert desk.state.memory.slice == D("499.49049950") and desk.state.memory.unit == D("4.994")
    assert resting(desk) == {
        "S1": "4.994@102.00", "S2": "4.994@104.04", "S3": "4.994@106.13", "S4": "4.994@108.25", "S5": "4.994@110.41",
        "B1": "5.096@98.00", "B2": "5.200@96.04", "B3": "5.307@94.11", "B4": "5.415@92.23", "B5": "5.525@90.39",
    }  # fmt: skip


def test_a_sell_pays_for_one_level_further_down_and_a_buy_fills_the_empty_place_above() -> None:
    desk = loop()
    spare = desk.state.free_quote()
    desk.fill("S1")
    price = D("88.58")  # 100 * 0.98^6 = 88.5842...
    order = desk.orders()["B6"]
    assert (order.price, order.amount) == (price, lots((spare + D("4.994") * 102 * D("0.999")) / (price * D("1.001"))))
    assert desk.state.memory.known == {"B": 6, "S": 5} and desk.state.memory.empty == {"B": [], "S": [1]}
    assert desk.state.memory.origins == {"B6": Origin(D(102), True)}
    desk.fill("B1")
    assert desk.orders()["S1"].amount == D("5.096") and desk.state.memory.empty == {"B": [1], "S": []}
    assert desk.state.memory.origins["S1"] == Origin(D(98), True)
    assert (desk.state.ledger.cell, desk.state.ledger.deals) == (D(0), 0), "neither came from a fill"


@pytest.mark.parametrize(("first", "second", "gain"), [("S1", "B6", D(102) - D("88.58")), ("B1", "S6", D("112.62") - 98)])
def test_a_pair_earns_its_distance_once(first: str, second: str, gain: Decimal) -> None:
    desk = loop()
    desk.fill(first)
    amount = desk.orders()[second].amount
    desk.fill(second, part="1")
    assert (desk.state.ledger.cell, desk.state.ledger.deals) == (gain, 0)
    desk.fill(second)
    assert (desk.state.ledger.cell, desk.state.ledger.deals) == (gain * amount, 1)
    assert second not in desk.state.memory.origins
    closing = next(
        origin for leg, origin in desk.state.memory.origins.items() if origin.price == (D("88.58") if first == "S1" else D("112.62"))
    )
    assert closing.opens is False, "the order that closes a pair opens none"


def test_what_closed_a_pair_earns_nothing_more_but_is_a_deal() -> None:
    desk = loop()
    desk.fill("S1")
    desk.fill("B6")
    cell = desk.state.ledger.cell
    mirror = next(leg for leg, origin in desk.state.memory.origins.items() if not origin.opens)
    desk.fill(mirror)
    assert (desk.state.ledger.cell, desk.state.ledger.deals) == (cell, 2)


def test_the_farthest_empty_level_is_taken_first() -> None:
    desk = loop()
    for leg in ("B1", "B2", "B3"):
        desk.fill(leg)
    assert desk.state.memory.empty["B"] == [1, 2, 3] and desk.state.memory.known["S"] == 8
    desk.fill("S1")
    assert "B3" in desk.orders() and desk.state.memory.empty["B"] == [1, 2]
    desk.fill("S2")
    desk.fill("S3")
    desk.fill("S4")
    assert desk.state.memory.empty["B"] == [] and "B6" in desk.orders() and desk.state.memory.known["B"] == 6
    ok(desk)


@pytest.mark.parametrize("mode", ["quote", "received"])
def test_the_first_part_that_makes_an_order_names_its_mirror_and_later_ones_enlarge_it(mode: str) -> None:
    desk = loop(mode)
    spare, whole = desk.state.free_quote(), desk.orders()["S1"].amount
    desk.fill("S1", part="0.04")
    net = D("0.04") * 102 * D("0.999")
    assert desk.state.memory.parts == {"S1": Part(net, None)} and "B6" not in desk.orders()
    desk.fill("S1", part="0.02")
    each = D("88.58") * (D("1.001") if mode == "quote" else 1)
    both = D("0.06") * 102 * D("0.999")
    assert desk.orders()["B6"].amount == lots((spare + both) / each) and desk.state.memory.parts == {"S1": Part(D(0), "B6")}
    desk.fill("S1")
    assert desk.orders()["B6"].amount == lots((spare + whole * 102 * D("0.999")) / each)
    assert desk.state.memory.parts == {} and desk.state.memory.empty["S"] == [1]
    ok(desk)


def test_money_of_an_unfinished_part_belongs_to_it() -> None:
    """0.04 were sold and wait; another sell may not spend what they brought."""
    desk = loop()
    spare = desk.state.free_quote()
    desk.fill("S1", part="0.04")
    desk.fill("S2")
    assert desk.orders()["B6"].amount == lots((spare + D("4.994") * D("104.04") * D("0.999")) / (D("88.58") * D("1.001")))
    desk.fill("B1", part="0.04")
    free = desk.state.free_base() - D("0.04")
    desk.fill("B2")
    assert desk.orders()["S2"].amount == lots(free + D("5.2")), "nor may another buy sell the base of that one"
    ok(desk)


def test_no_room_beyond_the_bounds_parks_the_slice_with_its_money_and_its_origin() -> None:
    desk = loop(max_expansion=0)
    desk.fill("S1")
    net = D("4.994") * 102 * D("0.999")
    assert desk.state.memory.parked == [Slice(Side.BUY, net, Origin(D(102), True))]
    assert events(desk, "parked") == [{"side": "buy", "reason": "no_room", "money": f"{net.normalize():f}"}]
    wider = loop(max_expansion=1)
    wider.fill("S1")
    assert "B6" in wider.orders()
    wider.fill("S2")
    assert len(wider.state.memory.parked) == 1 and "B7" not in wider.orders()


@pytest.mark.parametrize(("field", "edge", "filled", "leg"), [("low", "88.58", "S1", "B6"), ("high", "112.62", "B1", "S6")])
def test_a_hard_bound_is_itself_allowed(field: str, edge: str, filled: str, leg: str) -> None:
    on = loop(**{field: edge})
    on.fill(filled)
    assert leg in on.orders() and on.state.memory.parked == []
    beyond = loop(**{field: str(D(edge) + (D("0.01") if field == "low" else -D("0.01")))})
    beyond.fill(filled)
    assert leg not in beyond.orders() and len(beyond.state.memory.parked) == 1
    ok(beyond)


def test_a_part_without_room_waits_and_is_parked_when_the_order_is_done() -> None:
    desk = loop(max_expansion=0)
    desk.fill("S1", part="1")
    net = 102 * D("0.999")
    assert desk.state.memory.parts == {"S1": Part(net, None)} and desk.state.memory.parked == []
    desk.fill("S1")
    assert [what.money for what in desk.state.memory.parked] == [D("4.994") * net] and desk.state.memory.parts == {}


def test_a_parked_slice_goes_to_the_farthest_empty_level_on_the_passive_side() -> None:
    desk = loop(max_expansion=0)
    for leg in ("B1", "B2"):
        desk.fill(leg)
    assert desk.state.memory.empty["B"] == [1, 2] and [what.side for what in desk.state.memory.parked] == [Side.SELL, Side.SELL]
    desk.fill("S1")
    assert "B2" in desk.orders() and desk.state.memory.empty == {"B": [1], "S": [1]}
    assert registry.horizon(desk.state) == (D(0), D(0), None)
    desk.look("102")
    assert "S1" not in desk.orders() and registry.horizon(desk.state).below == D(102), "sold only above the price"
    desk.look("102.01")
    assert "S1" not in desk.orders()
    desk.look("101.99")
    assert desk.orders()["S1"].price == 102 and len(desk.state.memory.parked) == 1 and desk.state.memory.empty["S"] == []
    ok(desk)


def test_while_a_slice_waits_the_nearest_empty_level_wakes_the_bot() -> None:
    """The buy side: its only empty level is at 98, the price below it."""
    desk = loop(max_expansion=0)
    desk.fill("S1")
    desk.fill("B1")
    assert desk.state.memory.empty == {"B": [1], "S": []} and [what.side for what in desk.state.memory.parked] == [Side.BUY]
    desk.look("97")
    assert registry.horizon(desk.state) == (D("96.04"), D(98), None) and "B1" not in desk.orders()
    desk.look("98")
    assert "B1" not in desk.orders(), "at the level it would take"
    desk.look("98.01")
    assert desk.orders()["B1"].price == 98 and desk.state.memory.parked == []
    ok(desk)


@pytest.mark.parametrize("leg", ["B2", "S2"])
def test_a_refused_order_leaves_its_level_empty_and_its_money_waiting(leg: str) -> None:
    desk = loop()
    order = desk.orders()[leg]
    desk.end(leg, "rejected", detail="insufficient_funds")
    memory = desk.state.memory
    money = order.amount * order.price * D("1.001") if leg == "B2" else order.amount
    assert memory.empty[leg[0]] == [2] and memory.parked == [Slice(order.side, money, None)]
    desk.look("100")
    more = D("0.009") if leg == "B2" else D(0)  # with what flooring had left of the other slices
    assert memory.parked == [] and memory.empty[leg[0]] == [] and desk.orders()[leg].amount == order.amount + more
    ok(desk)


def test_a_refused_mirror_keeps_its_origin() -> None:
    desk = loop()
    desk.fill("S1")
    desk.end("B6", "rejected", detail="insufficient_funds")
    assert desk.state.memory.parked[0].origin == Origin(D(102), True) and desk.state.memory.origins == {}
    desk.look("100")
    assert desk.state.memory.origins == {"B6": Origin(D(102), True)}


def test_a_late_fill_takes_the_farthest_orders_back_until_it_is_paid() -> None:
    desk = loop()
    registry.drain(desk.state)
    for side, leg, amount in ((Side.BUY, "B5", "6"), (Side.SELL, "S5", "7")):
        price = "90" if side is Side.BUY else "100"
        registry.apply(desk.state, Fill("X", 9, side, D(price), D(amount), D(0), "USDT", f"late-{leg}", desk.at))
        assert leg not in desk.orders()
    found = events(desk, "size_reduced")
    assert found[0] == {"leg": "B5", "amount": "0"} and {"leg": "S5", "amount": "0"} in found
    assert desk.state.free_quote() >= 0 and desk.state.free_base() >= 0
    ok(desk)


@pytest.mark.parametrize("mode", ["quote", "received"])
def test_a_first_purchase_that_ends_short_lays_what_it_can_pay(mode: str) -> None:
    """Half of the base was bought before the minute was over: the last sells are smaller or missing, the buys whole."""
    desk = desks.Desk("LOOP", desks.LOOP, mode=mode)
    desk.fill("INIT", part="12")
    desk.look("100", later=58_000)
    assert desk.state.status is Status.STARTING
    registry.drain(desk.state)
    desk.look("100", later=1_000)
    assert desk.state.status is Status.ACTIVE
    have = D("12") if mode == "quote" else D("11.988")
    unit = desk.state.memory.unit
    sells = [order.amount for order in desk.orders().values() if order.side is Side.SELL]
    assert sells == [unit, unit, lots(have - 2 * unit)] and {f"B{i}" for i in range(1, 6)} <= set(desk.orders())
    said = registry.drain(desk.state)
    reduced = [event.params for event in said if event.code == "size_reduced" and event.params["leg"] in ("S3", "S4", "S5")]
    assert [(row["leg"], row["coin"]) for row in reduced] == [("S3", "ABC"), ("S4", "ABC"), ("S5", "ABC")]
    assert [event.params["leg"] for event in said if event.code == "parked"] == ["S4", "S5"]
    assert desk.state.memory.empty["S"] == [4, 5]
    ok(desk)


def test_a_first_purchase_dearer_than_planned_leaves_smaller_buys() -> None:
    desk = desks.Desk("LOOP", desks.LOOP)
    desk.fill("INIT", price="104")
    said = [event.params for event in registry.drain(desk.state) if event.code == "size_reduced"]
    assert [row["leg"] for row in said] == ["B5"] and said[0]["coin"] == "USDT"
    assert D(said[0]["amount"]) == desk.orders()["B5"].amount < D("5.525") == D(said[0]["wanted"])
    assert desk.state.free_quote() >= 0
    ok(desk)


# -- exits and the guard --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("coin", "side"), [("quote", Side.SELL), ("base", Side.BUY), ("both", None)])
@pytest.mark.parametrize(
    ("config", "price", "reason"),
    [
        ({"take_profit_price": "101"}, "101", "take_profit"),
        ({"take_profit_pct": "0.1"}, "101", "take_profit"),
        ({"equity_guard_pct": "1"}, "97", "equity_guard"),
    ],
)  # fmt: skip
def test_a_loop_leaves_into_the_coin_its_owner_wants(coin: str, side: Side | None, config: Any, price: str, reason: str) -> None:
    desk = loop(exit_coin=coin, **config)
    desk.look(price)
    assert desk.state.reason == reason
    assert [order.side for order in desk.orders().values()] == ([side] if side else [])
    assert desk.state.status is (Status.STOPPING if side else Status.STOPPED)


def test_a_guard_that_paused_waits_until_the_loss_has_shrunk_and_then_guards_again() -> None:
    desk = loop(equity_guard_pct="1", equity_guard_action="pause")
    edge = registry.horizon(desk.state).below
    assert edge is not None and edge > D(98) and abs(desk.state.ledger.total(edge) + 50) < D("1e-15")
    desk.look("98.05")
    assert (desk.state.status, desk.state.reason, desk.state.resume_to) == (Status.PAUSED, "equity_guard", Status.ACTIVE)
    assert desk.state.memory.guard_off
    desk.say("resume")
    desk.look("98.05")
    assert desk.state.status is Status.ACTIVE, "not paused again for the same loss"
    assert registry.horizon(desk.state) == (D(98), edge, None), "awake when the loss is smaller again, and not for a larger one"
    desk.look("98.2")
    assert not desk.state.memory.guard_off and registry.horizon(desk.state) == (edge, D(102), None)
    desk.look("98.05")
    assert desk.state.status is Status.PAUSED


def test_at_the_guards_very_edge_the_bot_acts() -> None:
    desk = loop(equity_guard_pct="1")
    ledger = desk.state.ledger
    edge = (ledger.put_quote - ledger.quote - 50) / ledger.base
    desk.state.ledger.quote += ledger.base * (edge - D("97.30"))
    assert desk.state.ledger.total(D("97.30")) == -50
    desk.look("97.31")
    assert desk.state.status is Status.ACTIVE
    desk.look("97.30")
    assert desk.state.reason == "equity_guard"


def test_a_loop_takes_no_money_and_no_other_distance() -> None:
    desk = loop()
    with pytest.raises(registry.Invalid) as refused:
        desk.say("add_funds", amount="100")
    assert (refused.value.field, refused.value.code) == ("command", "not_allowed")
    for name, value in (
        ("distance_pct", "3"),
        ("order_count", 12),
        ("investment", "6000"),
        ("low", "50"),
        ("high", "200"),
        ("max_expansion", 3),
    ):
        with pytest.raises(registry.Invalid) as refused:
            desk.say("edit", **{name: value})
        assert (refused.value.field, refused.value.code) == (name, "not_editable")
    desk.say("edit", take_profit_pct="5", exit_coin="both", equity_guard_pct="20", equity_guard_action="pause", take_profit_price="150")
    assert desk.state.config.exit_coin == "both" and desk.state.status is Status.ACTIVE


def test_a_venue_that_raises_its_minimum_leaves_slices_waiting_in_their_order() -> None:
    desk = loop()
    registry.apply(desk.state, Rules(desks.walks.market(future=False, min_notional="100000"), desk.at))
    desk.fill("S1")
    desk.fill("S2")
    first, second = desk.state.memory.parked
    assert [what.money for what in (first, second)] == [D("4.994") * D("0.999") * 102, D("4.994") * D("0.999") * D("104.04")]
    registry.apply(desk.state, Rules(desks.walks.market(future=False), desk.at))
    desk.fill("B1")
    desk.look("100")
    assert first not in desk.state.memory.parked and second in desk.state.memory.parked, "the oldest goes first"
    ok(desk)


def test_a_last_buy_that_takes_the_last_of_the_money_is_whole_and_says_nothing() -> None:
    desk = desks.Desk("LOOP", desks.LOOP, maker_fee="0", taker_fee="0")
    shown = registry.preview("LOOP", desks.LOOP, D(100), desk.market)
    desk.state.ledger.quote = sum((row.cost for row in shown.orders if row.side == "buy"), D(0))
    registry.drain(desk.state)
    desk.fill("INIT")
    assert events(desk, "size_reduced") == [] and desk.state.free_quote() == 0
    assert desk.orders()["B5"].amount == next(row.amount for row in shown.orders if row.leg == "B5")
