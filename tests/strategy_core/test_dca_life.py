"""DCA on spot, from its start conditions to its owner's commands and late news: short scenarios followed by hand."""

from __future__ import annotations

from typing import Any

import pytest

from strategy_core import registry
from strategy_core.number import plain
from strategy_core.trade import Candles, Ended, Fill, Invalid, Look, Status
from tests.strategy_core.dca_scene import STEPS, D, bot, codes, command, go, order, walks, wanted

# -- starting ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("operator", "price", "starts"), [("less", "98", "97.5"), ("greater", "102", "102")])
def test_a_price_condition_waits(operator: str, price: str, starts: str) -> None:
    walk = bot(start={"type": "price", "operator": operator, "price": price})
    assert walk.state.status is Status.WAITING and wanted(walk) == {}
    assert D(price) in registry.horizon(walk.state)
    go(walk, starts)
    assert "BO" in wanted(walk)


def test_no_deal_starts_outside_the_price_limits() -> None:
    walk = bot(min_price="101")
    assert registry.horizon(walk.state) == (None, D("101"), None)
    assert "BO" in wanted(go(walk, "101"))
    walk = bot(max_price="99")
    assert registry.horizon(walk.state) == (D("99"), None, None)


def test_a_webhook_starts_one_deal() -> None:
    walk = bot(start="webhook")
    assert wanted(walk) == {} and registry.horizon(walk.state) == (None, None, None)
    command(walk, "start_deal", "webhook")
    assert registry.horizon(walk.state).is_empty
    go(walk, "100", "100", "103")
    assert wanted(walk) == {} and walk.state.ledger.deals == 1


def test_a_webhook_during_a_deal_is_not_kept_for_the_next() -> None:
    walk = go(bot(start="webhook"), "100")
    command(walk, "start_deal", "webhook")
    go(walk, "100", "100")
    command(walk, "start_deal", "webhook")
    assert wanted(go(walk, "103")) == {}


def test_without_the_money_for_a_base_order_the_bot_waits_and_says_why() -> None:
    walk = bot(safety_orders=0, safety_order_size=None, funds_quote="100", market={"amount_step": "0.01", "min_amount": "0.01"})
    assert (walk.state.status, walk.state.reason) == (Status.WAITING, "insufficient_funds")
    assert registry.horizon(walk.state).is_empty
    # a lot under the size still fits, at a price where a lot is worth more than what is short
    assert "BO" in wanted(go(walk, "100.5"))
    poor = go(bot(safety_orders=0, safety_order_size=None, funds_quote="100", base_order_size="99", stop_loss_pct="3"), "100", "97", "97")
    assert poor.state.reason == "insufficient_funds"
    above = registry.horizon(poor.state).above
    assert above is not None and above > 1000


def test_a_short_without_base_waits_for_a_price_at_which_it_is_enough() -> None:
    walk = go(bot(short=True, safety_orders=0, safety_order_size=None, funds_base="1", stop_loss_pct="5"), "100", "105", "105", "97")
    assert walk.state.reason == "insufficient_funds"
    above = registry.horizon(walk.state).above
    assert above is not None and above > 97
    go(walk, plain((above + D("0.02")).quantize(D("0.01"))))
    assert "BO" in wanted(walk)


def test_what_cannot_be_paid_shrinks_and_says_so() -> None:
    walk = go(bot(funds_quote="400"), "100")
    assert wanted(walk)["SO3"][1] == "1.172" and "size_reduced" in codes(walk)


def test_what_is_too_small_to_shrink_is_parked_and_tried_again() -> None:
    walk = bot(funds_quote="400", market={"min_notional": "90"})
    walk.state.ledger.quote -= 40  # as after losses
    go(walk, "100")
    assert walk.state.memory.parked == [3] and "insufficient_funds" in codes(walk)
    walk.state.ledger.quote += 40
    go(walk, "94.9")
    assert "SO3" in wanted(walk) and walk.state.memory.parked == []


def test_profit_is_reinvested_and_loss_reduces_the_risk() -> None:
    walk = go(bot(reinvest_pct="100", safety_orders=0, safety_order_size=None), "100", "103", "103")
    assert walk.state.ledger.realised > 2 and walk.state.ledger.base == D("0.99")  # 102.0... / 103
    walk = go(bot(risk_reduction_pct="100", safety_orders=0, safety_order_size=None, stop_loss_pct="20"), "100", "80", "80")
    assert walk.state.memory.factor == 1 + walk.state.ledger.realised / 100


def test_a_short_scales_by_base() -> None:
    walk = go(bot(short=True, reinvest_pct="100", safety_orders=0, safety_order_size=None), "100", "97", "97")
    assert walk.state.memory.factor > 1


def test_a_bot_that_lost_everything_waits() -> None:
    walk = go(bot(risk_reduction_pct="100", safety_orders=0, safety_order_size=None, stop_loss_pct="20"), "100", "80")
    walk.state.ledger.realised = D(-200)
    go(walk, "80")
    assert walk.state.reason == "insufficient_funds" and registry.horizon(walk.state) == (None, None, None)


def test_a_base_order_under_the_minimum_is_not_sent() -> None:
    walk = go(
        bot(risk_reduction_pct="100", safety_orders=0, safety_order_size=None, stop_loss_pct="20", market={"min_notional": "20"}),
        "100",
        "80",
    )
    walk.state.ledger.realised = D(-70)
    go(walk, "80")
    assert walk.state.reason == "insufficient_funds" and registry.horizon(walk.state).is_empty


def test_a_base_order_that_hangs_partly_filled_becomes_the_deal() -> None:
    walk = bot()
    bo = order(walk, "BO")
    registry.apply(walk.state, Fill("BO", bo.generation, bo.side, D(100), D("0.4"), D("0.04"), "USDT", "x", walk.at))
    registry.apply(walk.state, Look(D(100), walk.at + 59_000))
    assert set(wanted(walk)) == {"BO"}
    registry.apply(walk.state, Look(D(100), walk.at + 60_000))
    assert wanted(walk)["TP1"][1] == "0.4" and "BO" not in wanted(walk)
    registry.apply(walk.state, Fill("BO", bo.generation, bo.side, D(100), D("0.1"), D("0.01"), "USDT", "y", walk.at))
    assert wanted(walk)["TP1"][1] == "0.5"


# -- indicators -------------------------------------------------------------------------------------------------------

FALLING = {"kind": "price_change", "timeframe": "1m", "operator": "less", "value": "-1"}


def closes(walk: Any, *values: str) -> None:
    """One-minute candles that have just closed."""
    rows = tuple((walk.at - 60_000 * (len(values) - i), D(v), D(v), D(v), D(v)) for i, v in enumerate(values))
    registry.apply(walk.state, Candles(60_000, rows, walk.at))


def test_indicators_start_a_deal_while_their_signal_holds() -> None:
    walk = bot(start={"type": "indicators", "indicators": [FALLING]})
    assert (walk.state.status, walk.state.reason) == (Status.WAITING, "warming_up")
    assert registry.horizon(walk.state).until == walk.at + 60_000
    closes(walk, "100", "98")
    assert registry.horizon(walk.state).is_empty
    registry.apply(walk.state, Look(D(98), walk.at + 1))
    assert "BO" in wanted(walk)


def test_a_signal_is_forgotten_at_the_next_close() -> None:
    walk = bot(start={"type": "indicators", "indicators": [FALLING]})
    closes(walk, "100", "98")
    registry.apply(walk.state, Look(D(98), walk.at + 60_000))
    assert wanted(walk) == {} and walk.state.reason is None


def test_safety_orders_by_indicator_need_the_price_step_too() -> None:
    walk = go(bot(safety_trigger="indicators", safety_conditions=[FALLING]), "100")
    assert set(wanted(walk)) == {"TP1"}
    closes(walk, "100", "97")
    go(walk, "97")
    assert "SO1" not in wanted(walk)
    closes(walk, "100", "94")
    assert registry.horizon(walk.state).is_empty
    registry.apply(walk.state, Look(D(94), walk.at))
    assert wanted(walk)["SO1"] == ("market", "1.063")
    go(walk, "94")
    assert walk.state.memory.filled == 1 and set(wanted(walk)) == {"TP1"}
    assert walk.state.rules.timeframes(walk.state) == {60_000: 250}


def test_a_closing_signal_waits_for_its_profit() -> None:
    walk = go(bot(close_conditions=[FALLING], min_profit_pct="1"), "100", "101")
    closes(walk, "103", "101")
    registry.apply(walk.state, Look(D("100.9"), walk.at))
    assert "EXIT" not in wanted(walk)
    registry.apply(walk.state, Look(D("101.3"), walk.at))
    assert "EXIT" in wanted(walk)


def test_a_short_closing_signal_counts_its_profit_in_base() -> None:
    walk = go(bot(short=True, close_conditions=[FALLING], min_profit_pct="1"), "100", "99")
    closes(walk, "103", "101")
    registry.apply(walk.state, Look(D("99"), walk.at))
    assert "EXIT" not in wanted(walk)
    registry.apply(walk.state, Look(D("98.5"), walk.at))
    assert "EXIT" in wanted(walk)


# -- commands ---------------------------------------------------------------------------------------------------------


def test_pause_keeps_take_profit_and_stop_and_starts_no_deal() -> None:
    walk = go(bot(max_active_safety_orders=1, stop_loss_pct="18"), "100")
    command(walk, "pause")
    assert set(wanted(walk)) == {"TP1", "SO1"}
    go(walk, "95")
    assert set(wanted(walk)) == {"TP1"} and wanted(walk)["TP1"][1] == "2.052"
    go(walk, "82")
    assert set(wanted(walk)) == {"SL"}
    go(walk, "82", "82")
    assert walk.state.status is Status.PAUSED and wanted(walk) == {}
    assert registry.horizon(walk.state) == (None, None, None)
    command(walk, "resume")
    assert "BO" in wanted(go(walk, "82"))


def test_pause_can_withdraw_the_safety_orders_and_resume_brings_them_back() -> None:
    walk = go(bot(), "100")
    so = order(walk, "SO1")
    registry.apply(walk.state, Fill("SO1", so.generation, so.side, D(95), D("0.5"), D("0.0475"), "USDT", "p", walk.at))
    command(walk, "pause", keep_orders=False)
    assert set(wanted(walk)) == {"TP1"}
    command(walk, "pause")
    command(walk, "resume")
    assert set(wanted(walk)) == {"TP1", "SO2", "SO3"}


def test_a_safety_order_of_ones_own_is_bought_at_market() -> None:
    walk = go(bot(), "100")
    command(walk, "add_safety", size="50")
    assert wanted(walk)["ADD"] == ("market", "0.5")
    with pytest.raises(Invalid, match="order_pending"):
        command(walk, "add_safety", size="50")
    go(walk, "100")
    assert wanted(walk)["TP1"][1] == "1.5" and walk.state.memory.filled == 0


@pytest.mark.parametrize(
    ("size", "code"), [("0.5", "below_min_notional"), ("100000", "insufficient_funds"), ("-1", "out_of_range"), ("x", "not_a_decimal")]
)
def test_a_safety_order_of_ones_own_is_checked(size: str, code: str) -> None:
    walk = go(bot(), "100")
    with pytest.raises(Invalid, match=code):
        command(walk, "add_safety", size=size)


def test_close_deal_sells_at_market() -> None:
    walk = go(bot(), "100")
    command(walk, "close_deal")
    assert wanted(walk) == {"EXIT": ("market", "1")} and order(walk, "EXIT").role == "close"
    with pytest.raises(Invalid, match="no_open_deal"):
        command(walk, "close_deal")


def test_a_webhook_closes_only_with_its_profit() -> None:
    walk = go(bot(min_profit_pct="5"), "100")
    command(walk, "close_deal", "webhook")
    assert "EXIT" not in wanted(walk)


def test_cancel_deal_leaves_the_coins_to_the_owner() -> None:
    walk = go(bot(), "100")
    command(walk, "cancel_deal")
    assert wanted(walk) == {} and walk.state.ledger.base == 1 and walk.state.ledger.deals == 0
    go(walk, "100", "100")
    assert wanted(walk)["TP1"][1] == "1" and walk.state.ledger.base == 2
    short = go(bot(short=True), "100")
    command(short, "cancel_deal")
    assert wanted(go(short, "100", "100"))["TP1"][1] == "1.02"


def test_stop_may_wait_for_the_end_of_the_deal() -> None:
    walk = go(bot(), "100")
    command(walk, "stop", after_deal=True)
    assert walk.state.status is Status.ACTIVE
    go(walk, "103")
    assert (walk.state.status, walk.state.reason) == (Status.STOPPED, "user")


def test_stop_without_a_deal_is_at_once() -> None:
    walk = bot(start="webhook")
    command(walk, "stop", after_deal=True)
    assert walk.state.status is Status.STOPPED


def test_added_money_enlarges_what_is_not_filled_and_the_next_deal() -> None:
    walk = go(bot(), "100")
    command(walk, "add_funds", amount="400")  # the plan is 400: everything doubles
    assert wanted(walk)["SO1"] == ("95", "2.105") and wanted(walk)["TP1"][1] == "1"
    assert walk.state.ledger.quote + 100 + D("0.1") == 2400
    go(walk, "103")
    assert wanted(walk)["BO"][1] == "1.941"
    assert walk.state.config.safety_order_size == 200


def test_added_base_enlarges_a_short_with_a_ladder_of_its_own() -> None:
    walk = go(bot(short=True, custom_ladder=[{"deviation_pct": "2", "size": "102"}]), "100")
    command(walk, "add_funds", amount="2")
    assert wanted(walk)["SO1"] == ("102", "2") and walk.state.config.custom_ladder[0].size == 102
    go(walk, "97")
    assert walk.state.config.custom_ladder[0].size == 204 and walk.state.config.funds_base == 52


def test_an_edit_holds_now_or_from_the_next_deal() -> None:
    walk = go(bot(), "100")
    command(walk, "edit", changes={"take_profit_pct": "3", "base_order_size": "200", "step_pct": "6"})
    assert wanted(walk)["TP1"][0] == "103.21" and wanted(walk)["SO1"][0] == "95"
    go(walk, "104")
    assert wanted(walk)["BO"][1] == "1.923"
    go(walk, "104")
    assert wanted(walk)["SO1"][0] == "97.76"


def test_an_edit_between_deals_holds_at_once() -> None:
    walk = bot(start="webhook")
    command(walk, "edit", changes={"start": "now"})
    assert "BO" in wanted(go(walk, "100"))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"direction": "short"}, "not_editable"),
        ({"take_profit_pct": "0"}, "out_of_range"),
        ({"stop_loss_pct": "10"}, "stop_inside_ladder"),
        ({}, "required"),
        (None, "required"),
    ],
)
def test_an_edit_is_checked_like_a_start(changes: Any, code: str) -> None:
    walk = go(bot(), "100")
    before = walks.stored(walk.state)
    with pytest.raises(Invalid, match=code):
        command(walk, "edit", changes=changes)
    assert walks.stored(walk.state) == before


# -- news from the venue ----------------------------------------------------------------------------------------------


def test_a_safety_order_filled_after_the_deal_closed_belongs_to_the_next() -> None:
    walk = go(bot(cooldown_s=600), "100")
    so = order(walk, "SO1")
    go(walk, "103")
    registry.apply(walk.state, Fill("SO1", so.generation, so.side, D(95), D("1.052"), D("0.09994"), "USDT", "late", walk.at))
    walk.at += 600_000
    go(walk, "100", "100")
    assert wanted(walk)["TP1"][1] == "2.052"
    assert D(wanted(walk)["TP1"][0]) < 100


def test_a_take_profit_replaced_too_late_reduces_the_new_one() -> None:
    walk = go(bot(), "100")
    tp = order(walk, "TP1")
    go(walk, "95")
    registry.apply(walk.state, Fill("TP1", tp.generation, tp.side, tp.price, D(1), D("0.1"), "USDT", "late", walk.at))
    assert wanted(walk)["TP1"][1] == "1.052"


def test_a_late_sale_of_everything_ends_the_deal() -> None:
    walk = go(bot(), "100")
    old = order(walk, "TP1")
    walk.state.book.drop("TP1")
    registry.apply(walk.state, Fill("TP1", old.generation, old.side, old.price, D(1), D("0.1"), "USDT", "late", walk.at))
    assert walk.state.ledger.deals == 1
    registry.apply(walk.state, Fill("TP1", old.generation, old.side, old.price, D("0.001"), D(0), "USDT", "later", walk.at))
    assert walk.state.ledger.deals == 1


def test_a_refused_safety_order_is_parked_and_a_refused_exit_stops_the_bot_from_trading() -> None:
    walk = go(bot(), "100")
    so, tp = order(walk, "SO2"), order(walk, "TP1")
    registry.apply(walk.state, Ended("SO2", so.generation, 0, "rejected", D(0), walk.at, "insufficient_funds"))
    assert "SO2" not in wanted(walk) and walk.state.memory.parked == [2]
    go(walk, "95")
    assert "SO2" in wanted(walk)
    tp = order(walk, "TP1")
    registry.apply(walk.state, Ended("TP1", tp.generation, 0, "rejected", D(0), walk.at, "insufficient_funds"))
    assert walk.state.status is Status.ERROR


def test_a_refused_rest_of_a_safety_order_counts_as_done() -> None:
    walk = go(bot(), "100")
    so = order(walk, "SO1")
    registry.apply(walk.state, Fill("SO1", so.generation, so.side, D(95), D("1"), D("0.095"), "USDT", "p", walk.at))
    registry.apply(walk.state, Ended("SO1", so.generation, 0, "rejected", D("1"), walk.at, "insufficient_funds"))
    assert walk.state.memory.filled == 1 and walk.state.memory.parked == []


def test_an_exit_smaller_than_the_venue_takes_ends_the_deal() -> None:
    walk = go(bot(stop_loss_pct="18", safety_orders=0, safety_order_size=None), "100")
    walk.state.market = walk.state.market.model_copy(update={"min_notional": D(90)})
    registry.apply(walk.state, Look(D("82"), walk.at))
    assert walk.state.ledger.deals == 1


def test_part_of_an_exit_leaves_the_rest_resting() -> None:
    walk = go(bot(), "100")
    tp = order(walk, "TP1")
    registry.apply(walk.state, Fill("TP1", tp.generation, tp.side, tp.price, D("0.4"), D("0.04"), "USDT", "p", walk.at))
    assert order(walk, "TP1") == tp
    registry.apply(walk.state, Look(D("82"), walk.at))
    command(walk, "close_deal")
    exit_ = order(walk, "EXIT")
    assert exit_.amount == D("0.6")
    registry.apply(walk.state, Fill("EXIT", exit_.generation, exit_.side, D(82), D("0.2"), D("0.01"), "USDT", "q", walk.at))
    assert walk.state.ledger.deals == 0


def test_a_base_order_nobody_will_fill_leaves_no_deal_or_a_smaller_one() -> None:
    walk = bot(missing_orders="adopt")
    bo = order(walk, "BO")
    registry.apply(walk.state, Look(D(100), walk.at + 120_000))
    registry.apply(walk.state, Ended("BO", bo.generation, 0, "missing", D(0), walk.at))
    assert wanted(walk) == {} and (walk.state.status, walk.state.reason) == (Status.WAITING, "order_rejected")
    assert "BO" in wanted(go(walk, "100"))
    bo = order(walk, "BO")
    registry.apply(walk.state, Fill("BO", bo.generation, bo.side, D(100), D("0.4"), D("0.04"), "USDT", "x", walk.at))
    registry.apply(walk.state, Ended("BO", bo.generation, 0, "missing", D("0.4"), walk.at))
    assert wanted(walk)["TP1"][1] == "0.4"
    command(walk, "add_safety", size="50")
    registry.apply(walk.state, Ended("ADD", 1, 0, "missing", D(0), walk.at))
    assert "ADD" not in wanted(walk) and walk.state.status is Status.ACTIVE


def test_a_take_profit_price_below_a_tick_is_no_order() -> None:
    walk = go(bot(short=True, safety_orders=0, safety_order_size=None, market={"tick": "100"}), "100")
    assert wanted(walk) == {}


def test_a_stop_better_than_break_even_is_kept() -> None:
    walk = go(
        bot(take_profit_steps=STEPS, break_even_after_tp1=True, stop_loss_pct="1.5", trailing_stop=True, safety_orders=0), "100", "101.9"
    )
    assert registry.horizon(walk.state).below == D("101.9") * D("0.985")


def test_a_price_step_without_its_signal_buys_nothing_and_nor_after_the_first_step() -> None:
    walk = go(bot(safety_trigger="indicators", safety_conditions=[FALLING], take_profit_steps=STEPS), "100", "94")
    assert "SO1" not in wanted(walk)
    go(walk, "101.5")
    closes(walk, "100", "90")
    registry.apply(walk.state, Look(D("90"), walk.at))
    assert "SO1" not in wanted(walk)
    small = go(bot(safety_trigger="indicators", safety_conditions=[FALLING]), "100")
    small.state.market = small.state.market.model_copy(update={"min_notional": D(500)})
    closes(small, "100", "94")
    registry.apply(small.state, Look(D("94"), small.at))
    assert "SO1" not in wanted(small)


def test_while_a_closing_signal_waits_for_its_profit_every_better_price_is_looked_at() -> None:
    walk = go(bot(close_conditions=[FALLING], min_profit_pct="1"), "100", "101")
    closes(walk, "103", "101")
    registry.apply(walk.state, Look(D("100.9"), walk.at))
    assert registry.horizon(walk.state).above == D("100.9")


def test_a_short_spends_only_its_own_base() -> None:
    walk = bot(short=True, funds_base="4")
    walk.state.ledger.base = D("2.5")
    go(walk, "100")
    assert wanted(walk)["SO1"][1] == "0.952" and wanted(walk)["SO2"][1] == "0.548" and "SO3" not in wanted(walk)


def test_money_added_between_deals_or_to_a_base_order_in_flight() -> None:
    walk = bot(start="webhook")
    command(walk, "add_funds", amount="400")
    assert walk.state.config.base_order_size == 200
    flying = bot(custom_ladder=[{"deviation_pct": "5", "size": "100"}], safety_order_size=None, funds_quote=None)
    command(flying, "add_funds", amount="200")
    go(flying, "100")
    assert wanted(flying)["SO1"][1] == "2.105" and flying.state.memory.pending["custom_ladder"][0]["size"] == "200"


def test_a_safety_order_with_nothing_to_add_stays_as_it_is() -> None:
    walk = go(bot(), "100")
    before = order(walk, "SO1")
    command(walk, "add_funds", amount="0.01")
    assert order(walk, "SO1") == before


def test_a_word_nobody_knows_is_refused() -> None:
    with pytest.raises(Invalid, match="not_allowed"):
        command(go(bot(), "100"), "dance")
