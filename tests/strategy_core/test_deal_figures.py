"""The figures of a DCA deal, each reckoned by hand: take profits, steps, break-even, net profit, stops held by a venue, money of the plan."""

from __future__ import annotations

from decimal import Decimal
from importlib import util
from pathlib import Path
from typing import Any

import pytest

from strategy_core import registry
from strategy_core.dca_ladder import ladder
from strategy_core.number import plain
from strategy_core.reality import Protection
from strategy_core.trade import Command, Ended, Fill, Funding, Look, Role, Side, Status

_spec = util.spec_from_file_location("strategy_core_desk_deals", Path(__file__).with_name("test_mechanics.py"))
assert _spec is not None and _spec.loader is not None
desks = util.module_from_spec(_spec)
_spec.loader.exec_module(desks)

D = Decimal
SPOT: dict[str, Any] = {
    "base_order_size": "100", "safety_order_size": "100", "safety_orders": 3, "step_pct": "5", "take_profit_pct": "2", "funds_quote": "2000",
}  # fmt: skip
SHORT = {"direction": "short", "funds_quote": "0", "funds_base": "50"}
PERPETUAL: dict[str, Any] = {
    "leverage": "5", "base_order_margin": "100", "safety_order_margin": "100", "safety_orders": 3, "step_pct": "2", "take_profit_pct": "1",
    "funds_quote": "1000",
}  # fmt: skip
TWO = [{"pct": "1", "share_pct": "50"}, {"pct": "2", "share_pct": "50"}]


class Deal(desks.Desk):
    """A deal at 100 with fees of 0.1 %, its base order filled there."""

    def __init__(self, name: str = "DCA", short: bool = False, mode: str = "quote", **config: Any) -> None:
        self.market = desks.walks.market(future=name == "DCA_FUTURES", mode=mode, slippage_pct="0", min_notional="1")
        fields = {
            **(PERPETUAL if name == "DCA_FUTURES" else SPOT),
            **({} if not short else SHORT if name == "DCA" else {"direction": "short"}),
        }
        self.state = registry.start(name, {**fields, **config}, D(100), self.market, 0)
        self.at, self.trades = 0, 0
        self.fill("BO")
        self.look("100")


def priced(deal: Deal) -> dict[str, str]:
    return {leg: f"{order.amount:f}@{'market' if order.price is None else f'{order.price:f}'}" for leg, order in deal.orders().items()}


def ok(deal: Deal) -> None:
    desks.walks.check_stored(deal.state)
    desks.walks.check_orders(deal.state)


def ceil(value: Decimal) -> str:
    return f"{value.quantize(D('0.01'), 'ROUND_CEILING'):f}"


def floor(value: Decimal) -> str:
    return f"{value.quantize(D('0.01'), 'ROUND_FLOOR'):f}"


# -- take profits -------------------------------------------------------------------------------------------------------
# one coin for 100, then 1.052 at 95 (short: 0.952 at 105); quote fees: paid 100.1 + 100.03994, got 99.9 + 99.86004

PAID, GOT = D("200.13994"), D("199.76004")
TARGETS = {
    ("long", "quote", "total", True): ceil(PAID * D("1.02") / (D("2.052") * D("0.999"))),
    ("long", "quote", "base", True): ceil((PAID + D("0.02") * D("100.1")) / (D("2.052") * D("0.999"))),
    ("long", "received", "total", True): ceil(D("199.94") * D("1.02") / (D("2.049948") * D("0.999"))),
    ("long", "quote", "total", False): ceil(D("199.94") / D("2.052") * D("1.02")),
    ("long", "received", "base", False): ceil((D("199.94") + 2) / D("2.052")),
    ("short", "quote", "total", True): floor(GOT / (D("1.952") * D("1.02") * D("1.001"))),
    ("short", "quote", "base", True): floor(GOT / (D("1.972") * D("1.001"))),
    ("short", "received", "total", True): floor(GOT * D("0.999") / (D("1.952") * D("1.02"))),
    ("short", "quote", "total", False): floor(D("199.96") / D("1.952") * D("0.98")),
    ("short", "received", "base", False): floor((D("199.96") - 2) / D("1.952")),
}  # fmt: skip


@pytest.mark.parametrize("case", TARGETS, ids=lambda case: "-".join(map(str, case)))
def test_a_take_profit_of_two_orders(case: tuple[str, str, str, bool]) -> None:
    direction, mode, of, net = case
    deal = Deal(short=direction == "short", mode=mode, take_profit_of=of, take_profit_net=net)
    deal.fill("SO1")
    order = deal.orders()["TP1"]
    assert f"{order.price:f}" == TARGETS[case] and order.side is (Side.SELL if direction == "long" else Side.BUY)


@pytest.mark.parametrize(("of", "part"), [("total", "999.2496"), ("base", "499.75")])
def test_a_take_profit_of_a_short_position_is_net_of_what_it_sold_for(of: str, part: str) -> None:
    """5 at 100 and 4.901 at 102, fees 0.1 %: got 499.5 + 499.402098."""
    deal = Deal("DCA_FUTURES", short=True, take_profit_of=of)
    deal.fill("SO1")
    got = D("499.5") + D("499.402098")
    gain = (got if of == "total" else D("499.5")) / 100
    assert f"{deal.orders()['TP1'].price:f}" == floor((got - gain) / (D("9.901") * D("1.001")))


def test_steps_share_the_deal_and_the_last_takes_what_earlier_deals_left_too() -> None:
    deal = Deal(mode="received", take_profit_pct=None, take_profit_steps=TWO)
    assert priced(deal)["TP1"].startswith("0.499@") and priced(deal)["TP2"].startswith("0.500@")
    deal.state.ledger.base += D("0.5")
    deal.fill("SO1")
    # the deal has (1 + 1.052) * 0.999 = 2.049948: half of it, and the rest with the 0.5
    assert priced(deal)["TP1"].startswith("1.024@") and priced(deal)["TP2"].startswith("1.525@")
    assert set(deal.orders()) == {"TP1", "TP2", "SO2", "SO3"}
    ok(deal)


def test_steps_of_a_position_share_all_of_it() -> None:
    deal = Deal("DCA_FUTURES", take_profit_pct=None, take_profit_steps=TWO)
    assert {leg: order.amount for leg, order in deal.orders().items() if order.reduce_only} == {"TP1": D("2.5"), "TP2": D("2.5")}
    deal.fill("TP1")
    assert set(deal.orders()) == {"TP2"} and deal.state.memory.steps_done == 1 and deal.state.memory.resting == 0


def test_after_a_step_what_is_left_is_shared_by_the_steps_to_come() -> None:
    three = [{"pct": "1", "share_pct": "50"}, {"pct": "2", "share_pct": "30"}, {"pct": "3", "share_pct": "20"}]
    deal = Deal(take_profit_pct=None, take_profit_steps=three)
    assert [text.split("@")[0] for leg, text in priced(deal).items() if leg[:2] == "TP"] == ["0.500", "0.300", "0.200"]
    deal.fill("TP1")
    deal.say("add_safety", size="100")
    deal.fill("ADD")
    assert {leg: text.split("@")[0] for leg, text in priced(deal).items()} == {"TP2": "0.900", "TP3": "0.600"}  # 1.5 by 30 to 20


def test_a_short_spends_its_quote_step_by_step() -> None:
    deal = Deal(short=True, take_profit_pct=None, take_profit_steps=TWO)
    first, last = (deal.orders()[leg] for leg in ("TP1", "TP2"))
    half = D("49.95") / (first.price * D("1.001"))
    assert first.amount == half.quantize(D("0.001"), "ROUND_FLOOR")
    rest = D("99.9") - first.amount * first.price * D("1.001")
    assert last.amount == (rest / (last.price * D("1.001"))).quantize(D("0.001"), "ROUND_FLOOR")
    ok(deal)


def test_a_step_under_the_minimum_leaves_its_share_to_the_next() -> None:
    four = [{"pct": "1", "share_pct": "0.9"}, {"pct": "2", "share_pct": "99.1"}]
    deal = Deal(take_profit_pct=None, take_profit_steps=four)
    assert "TP1" not in deal.orders() and deal.orders()["TP2"].amount == 1


# -- what leaving would bring ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "short", "mode", "wanted"),
    [
        ("DCA", False, "quote", ceil(D("100.1") / D("0.999"))),
        ("DCA", False, "received", ceil(100 / (D("0.999") * D("0.999")))),
        ("DCA", True, "quote", floor(D("99.9") / D("1.001"))),
        ("DCA", True, "received", floor(D("99.9") * D("0.999"))),
        ("DCA_FUTURES", False, "quote", ceil((D("500.5") + D("0.25")) / (5 * D("0.999")))),
        ("DCA_FUTURES", True, "quote", floor((D("499.5") - D("0.25")) / (5 * D("1.001")))),
    ],
)
def test_a_deal_breaks_even_with_its_fees_and_its_funding(name: str, short: bool, mode: str, wanted: str) -> None:
    deal = Deal(name, short, mode)
    if name == "DCA_FUTURES":
        registry.apply(deal.state, Funding(D("-0.25"), 7))
    assert registry.figures(deal.state)["break_even_price"] == plain(D(wanted))


def test_funding_of_earlier_deals_is_not_in_the_break_even_of_this_one() -> None:
    deal = Deal("DCA_FUTURES", max_deals=5)
    registry.apply(deal.state, Funding(D("-0.25"), 7))
    deal.fill("TP1")
    deal.look("100")
    deal.fill("BO", price="100")
    assert registry.figures(deal.state)["break_even_price"] == plain(D(ceil(D("500.5") / (5 * D("0.999")))))


@pytest.mark.parametrize(
    ("name", "short", "too_little", "enough"),
    [
        ("DCA", False, "101.20", "101.21"),  # 100.1 * 1.01 / 0.999 = 101.2022
        ("DCA", True, "98.82", "98.81"),  # 99.9 / (1.001 * 1.01) = 98.8121
        ("DCA_FUTURES", False, "101.25", "101.26"),  # (500.5 * 1.01 + 0.25) / 4.995 = 101.2522
        ("DCA_FUTURES", True, "98.76", "98.75"),  # (499.5 * 0.99 - 0.25) / 5.005 = 98.7523
    ],
)
def test_a_signal_closes_at_one_percent_net_and_not_a_tick_before(name: str, short: bool, too_little: str, enough: str) -> None:
    deal = Deal(name, short, min_profit_pct="1", take_profit_pct="50")
    if name == "DCA_FUTURES":
        registry.apply(deal.state, Funding(D("-0.25"), 7))
    for price, closes in ((too_little, False), (enough, True)):
        deal.look(price)
        deal.trades += 1
        registry.apply(deal.state, Command("close_deal", {}, deal.at, f"w{deal.trades}", "webhook"))
        assert (deal.state.memory.exit_reason == "webhook") is closes, price
    (order,) = deal.orders().values()
    assert (order.leg, order.role, order.price) == ("EXIT", Role.CLOSE, None)


@pytest.mark.parametrize("word", ["add_safety", "close_deal", "cancel_deal"])
def test_words_about_a_deal_need_one(word: str) -> None:
    waiting = registry.start("DCA", SPOT | {"start": "webhook"}, D(100), desks.walks.market(future=False), 0)
    with pytest.raises(registry.Invalid) as refused:
        registry.apply(waiting, Command(word, {"size": "100"}, 1, "x"))
    assert (refused.value.field, refused.value.code) == ("command", "no_open_deal")
    assert refused.value.params == {"phase": "idle"}


# -- stops a venue holds ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("short", [False, True])
def test_the_stop_a_venue_holds_for_a_deal_is_on_our_side_of_the_tick(short: bool) -> None:
    deal = Deal("DCA_FUTURES", short, stop_loss_pct="8.0149")
    side, price = (Side.BUY, "108.02") if short else (Side.SELL, "91.98")  # 108.0149 and 91.9851
    assert registry.protection(deal.state) == Protection(side, D(price), D(5))
    deal.fill("SO1")
    assert registry.protection(deal.state).amount == abs(deal.state.ledger.base) > 5
    deal.say("pause")
    assert registry.protection(deal.state) is not None, "a pause keeps the stop"
    deal.look("80" if not short else "130")
    assert deal.state.memory.exit_reason == "stop_loss" and registry.protection(deal.state) is None


def test_without_a_stop_or_a_position_a_venue_holds_nothing() -> None:
    assert registry.protection(Deal("DCA_FUTURES").state) is None
    fresh = registry.start("DCA_FUTURES", PERPETUAL | {"stop_loss_pct": "8"}, D(100), desks.walks.market(future=True), 0)
    assert registry.protection(fresh) is None
    assert registry.protection(Deal().state) is None, "on spot there is no such thing"


@pytest.mark.parametrize("stop", ["8", None])
def test_when_the_venues_stop_was_triggered_the_deal_is_closing(stop: str | None) -> None:
    deal = Deal("DCA_FUTURES", stop_loss_pct=stop)
    registry.stopped_out(deal.state)
    (order,) = deal.orders().values()
    assert (order.leg, order.role, order.side, order.amount, order.reduce_only) == ("SL", Role.STOP_LOSS, Side.SELL, D(5), True)
    assert deal.state.memory.exit_reason == "stop_loss"
    registry.stopped_out(deal.state)
    assert list(deal.orders().values()) == [order], "once"


def test_a_venues_stop_beside_the_owners_leaves_one_close() -> None:
    deal = Deal("DCA_FUTURES", stop_loss_pct="8")
    deal.say("stop", close_mode="quote")
    (close,) = deal.orders().values()
    registry.stopped_out(deal.state)
    assert list(deal.orders().values()) == [close] and (close.leg, close.amount) == ("CLOSE", D(5))
    assert (deal.state.status, deal.state.reason) == (Status.STOPPING, "user")


def test_a_venues_stop_at_break_even_says_so() -> None:
    deal = Deal("DCA_FUTURES", take_profit_pct=None, take_profit_steps=TWO, break_even_after_tp1=True, stop_loss_pct="8")
    deal.fill("TP1")
    held = registry.protection(deal.state)
    assert held is not None and held.price > 95 and held.amount == D("2.5")
    registry.stopped_out(deal.state)
    assert deal.state.memory.exit_reason == "break_even"


def test_a_break_even_below_nought_is_no_price_a_venue_could_hold() -> None:
    deal = Deal("DCA_FUTURES", take_profit_pct=None, take_profit_steps=TWO, break_even_after_tp1=True)
    deal.fill("TP1", price="300")
    assert registry.protection(deal.state) is None


@pytest.mark.parametrize(("name", "config"), [("GRID", desks.GRID), ("LOOP", desks.LOOP), ("BTD", desks.BTD)])
def test_a_bot_without_a_position_has_no_stop_at_a_venue(name: str, config: dict[str, Any]) -> None:
    desk = desks.Desk(name, config)
    before = desks.walks.stored(desk.state)
    assert registry.protection(desk.state) is None
    registry.stopped_out(desk.state)
    assert desks.walks.stored(desk.state) == before


@pytest.mark.parametrize("direction", ["long", "short"])
def test_the_stop_a_venue_holds_for_a_combo(direction: str) -> None:
    combo = {
        "direction": direction,
        "margin": "200",
        "leverage": "5",
        "levels": 10,
        "grid_levels": 5,
        "step_pct": "1",
        "stop_loss_pct": "15",
    }
    walk = desks.walks.Walk("COMBO", combo, D(100), desks.walks.market(future=True, slippage_pct="0", step="0.01"), 1)
    assert registry.protection(walk.state) is None
    walk.go(D(100))
    walk.tell(Look(D("100.03") if direction == "long" else D("99.97"), walk.at + 1))
    side, price = (Side.SELL, D("85.02")) if direction == "long" else (Side.BUY, D("114.97"))  # 85.0255 and 114.9655
    assert registry.protection(walk.state) == Protection(side, price, D(5))
    registry.apply(walk.state, Command("pause", {}, walk.at, "p"))
    assert registry.protection(walk.state) is not None
    registry.stopped_out(walk.state)
    assert (walk.state.status, walk.state.reason) == (Status.STOPPING, "stop_loss") and registry.protection(walk.state) is None
    (close,) = registry.orders(walk.state)
    assert (close.leg, close.side, close.amount, close.reduce_only, close.price) == ("CLOSE", side, D(5), True, None)
    registry.stopped_out(walk.state)
    assert registry.orders(walk.state) == (close,)


# -- the window ----------------------------------------------------------------------------------------------------------------


def test_withdrawn_orders_come_back_and_the_window_is_as_wide_as_before() -> None:
    deal = Deal(max_active_safety_orders=1)
    assert set(deal.orders()) == {"TP1", "SO1"}
    deal.say("pause", keep_orders=False)
    memory = deal.state.memory
    assert set(deal.orders()) == {"TP1"} and (memory.resting, memory.laid, memory.filled, memory.parked) == (0, 0, 0, [])
    deal.say("resume")
    assert set(deal.orders()) == {"TP1", "SO1"} and memory.resting == 1
    deal.fill("SO1", part="0.5")
    deal.say("pause", keep_orders=False)
    assert (memory.resting, memory.laid, memory.filled) == (0, 1, 1), "one that was begun is done"
    deal.say("resume")
    assert set(deal.orders()) == {"TP1", "SO2"} and memory.resting == 1
    ok(deal)


def test_orders_that_gave_way_to_a_late_fill_leave_the_window_and_come_back() -> None:
    deal = Deal(funds_quote="400.5")
    assert deal.state.memory.resting == 3
    registry.apply(deal.state, Fill("SO9", 1, Side.BUY, D(100), D("0.5"), D(0), "USDT", "late", deal.at))
    memory = deal.state.memory
    # 0.21011 were free and 100.05996 stood for the last order; 50 are gone: 50.27007 buy 0.590 at 85.085
    assert deal.orders()["SO3"].amount == D("0.590") and memory.resting == 3 and memory.parked == []
    assert [event.params["leg"] for event in deal.state.log if event.code == "size_reduced"] == ["SO3"]
    deal.fill("SO2", part="0.4")
    registry.apply(deal.state, Fill("SO9", 1, Side.BUY, D(100), D("1.2"), D(0), "USDT", "later", deal.at))
    assert "SO2" not in deal.orders() and memory.resting == 1 and memory.filled == 1 and 2 not in memory.parked, "begun is done"
    ok(deal)


def test_a_refused_exit_between_two_deals_sells_nothing_of_the_next() -> None:
    """A take profit of the deal before, filled while the next base order is on its way: booked, the base order goes on."""
    deal = Deal(max_deals=5)
    old = deal.orders()["TP1"]
    deal.fill("TP1")
    deal.look("102")
    assert "BO" in deal.orders()
    registry.apply(deal.state, Fill("TP1", old.generation, Side.SELL, D(102), D("0.001"), D(0), "USDT", "late", deal.at))
    assert set(deal.orders()) == {"BO"} and deal.state.memory.phase == "opening"


def test_a_market_exit_is_sized_anew_when_its_order_was_replaced() -> None:
    deal = Deal(stop_loss_pct="20")
    deal.look("80")
    first = deal.orders()["SL"]
    registry.apply(deal.state, Fill("SO1", 1, Side.BUY, D(95), D("0.5"), D(0), "USDT", "late", deal.at))
    again = deal.orders()["SL"]
    assert (again.generation, again.amount) == (first.generation + 1, first.amount + D("0.5")) and len(deal.state.book.markets) == 1


def test_a_base_order_the_venue_refuses_for_good_leaves_a_bot_that_waits() -> None:
    fresh = desks.Desk("DCA", SPOT | {"missing_orders": "adopt"})
    order = fresh.orders()["BO"]
    registry.apply(fresh.state, Ended("BO", order.generation, 0, "missing", D(0), fresh.at))
    assert (fresh.state.status, fresh.state.reason, fresh.orders()) == (Status.WAITING, "order_rejected", {})


# -- the money of a plan ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "short"), [("DCA", False), ("DCA", True), ("DCA_FUTURES", False), ("DCA_FUTURES", True)])
def test_a_smaller_plan_gives_back_between_deals_what_it_does_not_need(name: str, short: bool) -> None:
    funds = {"funds_quote": None, **({"funds_base": None} if name == "DCA" else {})}
    deal = Deal(name, short, **funds)
    coin = "ABC" if short and name == "DCA" else "USDT"
    had = D(registry.reservation(deal.state)[coin])
    deal.say("edit", changes={"take_profit_pct": "3"})
    assert D(registry.reservation(deal.state)[coin]) == had, "an edit of something else moves no money"
    deal.say("edit", changes={"safety_orders": 1})
    assert D(registry.reservation(deal.state)[coin]) == had, "the deal under way keeps what its plan takes"
    deal.fill("TP1")
    less = D(registry.reservation(deal.state)[coin])
    assert had * D("0.49") < less < had * D("0.53")
    assert [event.params["currency"] for event in deal.state.log if event.code == "funds_follow_plan"] == [coin]
    deal.say("edit", changes={"safety_orders": 3})
    assert abs(D(registry.reservation(deal.state)[coin]) - had) < had / 1000
    ok(deal)


def test_an_edit_that_only_asks_for_more_next_time_and_then_less_gives_back_what_it_took() -> None:
    deal = Deal(funds_quote=None)
    had = D(registry.reservation(deal.state)["USDT"])
    deal.say("edit", changes={"safety_orders": 2})
    deal.say("edit", changes={"safety_orders": 4, "step_pct": "4"})
    more = D(registry.reservation(deal.state)["USDT"])
    assert abs(more - had - 100) < D("0.1")
    deal.say("edit", changes={"safety_orders": 2, "step_pct": "5"})
    assert D(registry.reservation(deal.state)["USDT"]) == had, "what the deal under way needs stays"


def test_sizes_grow_by_half_of_what_was_earned_and_shrink_by_half_of_what_was_lost() -> None:
    for earned, size in (("40", "105"), ("-40", "95"), ("0", "100")):
        deal = Deal(reinvest_pct="50", risk_reduction_pct="50", max_deals=5)
        deal.fill("TP1")
        deal.state.ledger.realised = D(earned)
        deal.look("100")
        assert deal.orders()["BO"].amount == D(size) / 100, earned
        deal.fill("BO")
        scaled = D(size) / 100
        assert deal.orders()["SO1"].amount == (D(100) * scaled / 95).quantize(D("0.001"), "ROUND_FLOOR")


def test_a_ladder_multiplies_steps_and_sizes_from_the_second_on() -> None:
    config = registry.parse("DCA", SPOT | {"step_multiplier": "1.2", "size_multiplier": "1.5"})
    assert [(level.deviation, level.size) for level in ladder(config)] == [
        (D(5), D(100)),
        (D("11.0"), D("150.0")),
        (D("18.200"), D("225.00")),
    ]


# -- after a part of the deal has been taken out --------------------------------------------------------------------------------


def _half_out(name: str, short: bool, mode: str) -> tuple[Deal, Decimal, Decimal]:
    """The first of two steps is taken: what is still to come out (quote; base of a spot short), and what stands for it."""
    deal = Deal(name, short, mode, take_profit_pct=None, take_profit_steps=TWO, min_profit_pct="1", break_even_after_tp1=False)
    out = deal.fill("TP1")
    cost, fee = out.price * out.amount, out.fee
    if name == "DCA_FUTURES":
        registry.apply(deal.state, Funding(D("-0.25"), 7))
        rest = 5 - out.amount
        return (deal, D("499.5") - cost - fee - D("0.25"), rest) if short else (deal, D("500.5") - (cost - fee) + D("0.25"), rest)
    if short:
        bought = out.amount - (fee if mode == "received" else 0)
        return deal, D("99.9") - cost - (fee if mode == "quote" else 0), 1 - bought
    paid, got = (D("100.1"), D(1)) if mode == "quote" else (D(100), D("0.999"))
    return deal, paid - (cost - fee), got - out.amount


HALVES = [("DCA", False, "quote"), ("DCA", False, "received"), ("DCA", True, "quote"), ("DCA", True, "received"), ("DCA_FUTURES", False, "quote"), ("DCA_FUTURES", True, "quote")]  # fmt: skip


@pytest.mark.parametrize(("name", "short", "mode"), HALVES)
def test_break_even_of_what_is_left_after_a_step(name: str, short: bool, mode: str) -> None:
    deal, money, rest = _half_out(name, short, mode)
    if name == "DCA" and short:
        wanted = floor(money * (1 if mode == "quote" else D("0.999")) / (rest * (D("1.001") if mode == "quote" else 1)))
    elif short:
        wanted = floor(money / (rest * D("1.001")))
    else:
        wanted = ceil(money / (rest * D("0.999")))
    assert registry.figures(deal.state)["break_even_price"] == plain(D(wanted))


@pytest.mark.parametrize(("name", "short", "mode"), HALVES)
def test_a_signal_after_a_step_closes_at_one_percent_of_the_whole_deal(name: str, short: bool, mode: str) -> None:
    deal, money, rest = _half_out(name, short, mode)
    if name == "DCA" and short:  # one percent more base than was sold
        each = D("1.001") if mode == "quote" else 1 / D("0.999")
        edge = money / ((rest + D("0.01")) * each)
    elif short:
        edge = (money - D("4.995")) / (rest * D("1.001"))
    else:
        whole = {"DCA": D("100.1") if mode == "quote" else D(100), "DCA_FUTURES": D("500.5")}[name]
        edge = (money + whole / 100) / (rest * D("0.999"))
    near, enough = (ceil(edge), floor(edge)) if short else (floor(edge), ceil(edge))
    for price, closes in ((near, False), (enough, True)):
        deal.look(price)
        deal.trades += 1
        registry.apply(deal.state, Command("close_deal", {}, deal.at, f"w{deal.trades}", "webhook"))
        assert (deal.state.memory.exit_reason == "webhook") is closes, price


def test_quote_the_owner_gave_to_a_short_is_not_spent_on_its_exit() -> None:
    without, given = (Deal(short=True, funds_quote=quote).orders()["TP1"] for quote in ("0", "500"))
    assert (given.amount, given.price) == (without.amount, without.price)


def test_a_signal_that_does_not_hold_closes_nothing() -> None:
    falling = {"kind": "price_change", "timeframe": "1m", "operator": "less", "value": "-0.5", "length": 2}
    deal = Deal(close_conditions=[falling], take_profit_pct="50")
    deal.look("110")
    assert deal.state.memory.exit_reason is None and set(deal.orders()) == {"TP1", "SO1", "SO2", "SO3"}
