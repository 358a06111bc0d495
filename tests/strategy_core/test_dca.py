"""DCA on spot, setting by setting: short scenarios with figures that can be followed by hand."""

from __future__ import annotations

from typing import Any

import pytest

from strategy_core import registry
from strategy_core.number import plain
from strategy_core.trade import Fill, Invalid, Look, Side, Status
from tests.strategy_core.dca_scene import STEPS, D, bot, codes, command, go, order, wanted

# -- the deal ---------------------------------------------------------------------------------------------------------


def test_a_new_bot_wants_its_base_order_and_nothing_else() -> None:
    assert wanted(bot()) == {"BO": ("market", "1")}


def test_a_filled_base_order_brings_the_take_profit_and_the_whole_ladder() -> None:
    walk = go(bot(), "100")
    assert wanted(walk) == {"TP1": ("102.21", "1"), "SO1": ("95", "1.052"), "SO2": ("90", "1.111"), "SO3": ("85", "1.176")}


def test_the_window_limits_what_rests_and_a_fill_lets_the_next_in() -> None:
    walk = go(bot(max_active_safety_orders=1), "100")
    assert set(wanted(walk)) == {"TP1", "SO1"}
    go(walk, "94")
    assert set(wanted(walk)) == {"TP1", "SO2"}
    assert order(walk, "TP1").generation == 2


def test_a_gap_through_two_safety_orders_fills_both_at_the_open() -> None:
    walk = go(go(bot(), "100"), "89", jump=True)
    assert [plain(f.price) for f in walk.fills] == ["100", "89", "89"]
    assert set(wanted(walk)) == {"TP1", "SO3"}


def test_a_custom_ladder_replaces_size_count_and_step() -> None:
    rows = [{"deviation_pct": "1", "size": "50"}, {"deviation_pct": "4", "size": "200"}]
    walk = go(bot(custom_ladder=rows), "100")
    assert wanted(walk)["SO1"] == ("99", "0.505") and wanted(walk)["SO2"] == ("96", "2.083") and "SO3" not in wanted(walk)


def test_the_next_deal_starts_at_the_point_where_the_last_one_closed() -> None:
    walk = go(bot(), "100", "103")
    assert wanted(walk) == {"BO": ("market", "0.97")}
    assert walk.state.ledger.deals == 1


def test_cool_down_counts_from_the_point_where_the_deal_closed() -> None:
    walk = go(bot(cooldown_s=90), "100", "103", "104")
    assert walk.state.status is Status.WAITING and wanted(walk) == {}
    assert registry.horizon(walk.state).until == walk.at - 60_000 + 90_000
    go(walk, "104")
    assert wanted(walk) == {"BO": ("market", "0.961")}


def test_max_deals_finishes_the_bot() -> None:
    walk = go(bot(max_deals=1), "100", "103")
    assert (walk.state.status, walk.state.reason) == (Status.FINISHED, "max_deals")
    assert registry.horizon(walk.state) == (None, None, None)


def test_dust_of_an_earlier_deal_is_sold_with_a_later_one() -> None:
    walk = go(bot(mode="received", market={"amount_step": "0.1", "min_amount": "0.1"}, safety_orders=0), "100")
    assert wanted(walk) == {"TP1": ("102.21", "0.9")}
    go(walk, "103", "100")
    assert wanted(walk)["TP1"][1] == "0.9"
    assert walk.state.ledger.base == D("0.9") * D("0.999") + D("0.099")


@pytest.mark.parametrize(
    ("short", "fields", "price"),
    [
        (False, {"take_profit_net": False}, "99.39"),
        (False, {"take_profit_net": False, "take_profit_of": "base"}, "98.42"),
        (True, {"take_profit_net": False}, "100.38"),
        (True, {"take_profit_net": False, "take_profit_of": "base"}, "101.41"),
    ],
)
def test_a_gross_take_profit_is_counted_from_the_average(short: bool, fields: dict[str, Any], price: str) -> None:
    walk = go(bot(short=short, **fields), "100", "105" if short else "95")
    assert wanted(walk)["TP1"][0] == price


# -- exits ------------------------------------------------------------------------------------------------------------


def test_steps_split_the_amount_and_the_last_takes_the_rest() -> None:
    walk = go(bot(take_profit_steps=STEPS, take_profit_pct=None, base_order_size="100.3", safety_orders=0), "100")
    assert {leg: amount for leg, (_, amount) in wanted(walk).items()} == {"TP1": "0.25", "TP2": "0.25", "TP3": "0.503"}


def test_after_the_first_step_no_safety_order_rests() -> None:
    walk = go(bot(take_profit_steps=STEPS), "100", "101.5")
    assert set(wanted(walk)) == {"TP2", "TP3"}
    go(walk, "104")
    assert walk.state.ledger.deals == 1


def test_a_share_under_the_minimum_goes_with_the_rest() -> None:
    walk = go(bot(take_profit_steps=STEPS, market={"min_notional": "30"}), "100")
    assert {leg: amount for leg, (_, amount) in wanted(walk).items() if leg.startswith("TP")} == {"TP3": "1"}


def test_a_short_buys_back_in_steps_with_the_quote_it_holds() -> None:
    walk = go(bot(short=True, take_profit_steps=STEPS, safety_orders=0), "100")
    rows = [(D(price), D(amount)) for price, amount in wanted(walk).values()]
    assert len(rows) == 3 and sum(p * a * D("1.001") for p, a in rows) <= walk.state.ledger.quote


def test_break_even_after_the_first_step_closes_the_rest_at_nought() -> None:
    walk = go(bot(take_profit_steps=STEPS, break_even_after_tp1=True, after_stop_loss="stop"), "100", "101.5")
    level = registry.horizon(walk.state).below
    assert level is not None and D("99.8") < level < D("100")
    go(walk, plain(level.quantize(D("0.01"))), plain(level.quantize(D("0.01"))))
    assert (walk.state.status, walk.state.reason) == (Status.STOPPED, "break_even")
    assert abs(walk.state.ledger.realised) < D("0.01")


def test_a_short_breaks_even_above_its_price() -> None:
    walk = go(bot(short=True, take_profit_steps=STEPS, break_even_after_tp1=True), "100", "98.5")
    above = registry.horizon(walk.state).above
    assert above is not None and D("100") < above < D("100.4")


def test_a_stop_better_than_break_even_stays() -> None:
    walk = go(bot(take_profit_steps=STEPS, break_even_after_tp1=True, stop_loss_pct="16", trailing_stop=True), "100", "101.5")
    below = registry.horizon(walk.state).below
    assert below is not None and below > D("99")


def test_a_trailing_take_profit_uses_no_limit_and_sells_on_the_pullback() -> None:
    walk = go(bot(trailing_take_profit_pct="1"), "100")
    assert "TP1" not in wanted(walk)
    go(walk, "103", "105")
    assert walk.state.memory.peak == 105
    assert registry.horizon(walk.state) == (D("103.95"), D("105"), None)
    go(walk, "103.9")
    assert wanted(walk) == {"EXIT": ("market", "1")}
    assert order(walk, "EXIT").role == "take_profit"
    go(walk, "103.9")
    assert walk.state.ledger.deals == 1


def test_a_safety_order_during_the_trail_sets_a_new_target() -> None:
    walk = go(bot(trailing_take_profit_pct="12", step_pct="1"), "100", "103", "98.9")
    assert walk.state.memory.peak is None and walk.state.memory.target < D("103")


def test_a_trailing_short_buys_back_on_the_bounce() -> None:
    walk = go(bot(short=True, trailing_take_profit_pct="1"), "100", "97", "96", "97")
    assert order(walk, "EXIT").side is Side.BUY


def test_with_steps_only_the_last_trails() -> None:
    walk = go(bot(take_profit_steps=STEPS, trailing_take_profit_pct="1"), "100")
    assert {leg for leg in wanted(walk) if leg.startswith("TP")} == {"TP1", "TP2"}
    go(walk, "104", "102", "102")
    assert walk.state.ledger.deals == 1


# -- the stop ---------------------------------------------------------------------------------------------------------


def test_a_stop_from_the_base_price_sells_everything_at_market() -> None:
    walk = go(bot(stop_loss_pct="18"), "100", "82")
    assert wanted(walk) == {"SL": ("market", "4.339")}
    go(walk, "82")
    assert walk.state.status is Status.ACTIVE and wanted(walk) == {"BO": ("market", "1.219")}


def test_a_stop_from_the_average_follows_it_down() -> None:
    walk = go(bot(stop_loss_pct="11", stop_loss_of="average", safety_orders=1), "100", "95")
    average = (100 + D("1.052") * 95) / D("2.052")
    assert registry.horizon(walk.state).below == average * D("0.89")
    go(walk, "86.8")
    assert "SL" not in wanted(walk)
    go(walk, "86.7")
    assert "SL" in wanted(walk)


def test_a_trailing_stop_follows_the_best_point() -> None:
    walk = go(bot(stop_loss_pct="16", trailing_stop=True, take_profit_pct="50"), "100", "120")
    assert registry.horizon(walk.state) == (D("100.8"), D("120"), None)
    go(walk, "100.8")
    assert wanted(walk) == {"SL": ("market", "1")}


def test_a_stop_with_a_timeout_must_hold_at_every_look() -> None:
    walk = go(bot(stop_loss_pct="18", stop_loss_timeout_s=120), "100", "80")
    since = walk.at
    assert "SL" not in wanted(walk)
    assert registry.horizon(walk.state) == (None, D("82"), since + 120_000)
    go(walk, "83", "80", "81")
    assert "SL" not in wanted(walk)
    go(walk, "81")
    assert "SL" in wanted(walk)


def test_after_a_stop_the_bot_may_stop() -> None:
    walk = go(bot(stop_loss_pct="18", after_stop_loss="stop"), "100", "82", "82")
    assert (walk.state.status, walk.state.reason) == (Status.STOPPED, "stop_loss")


def test_a_short_stop_buys_back_with_a_reserve_for_slippage() -> None:
    walk = go(bot(short=True, stop_loss_pct="18", safety_orders=0, safety_order_size=None), "100", "118")
    assert wanted(walk) == {"SL": ("market", plain(D("0.841")))}
    go(walk, "118")
    assert walk.state.ledger.deals == 1 and walk.state.ledger.base < 50


def test_a_safety_order_filled_late_makes_an_unsent_stop_larger() -> None:
    walk = go(bot(stop_loss_pct="18", safety_orders=1), "100")
    so = order(walk, "SO1")
    registry.apply(walk.state, Look(D("82"), walk.at))
    assert wanted(walk) == {"SL": ("market", "1")}
    registry.apply(walk.state, Fill("SO1", so.generation, so.side, D("95"), so.amount, D("0.09994"), "USDT", "late", walk.at))
    assert wanted(walk) == {"SL": ("market", "2.052")} and order(walk, "SL").generation == 2


def test_a_take_profit_filled_late_makes_an_unsent_stop_smaller() -> None:
    walk = go(bot(stop_loss_pct="18", safety_orders=1), "100")
    tp = order(walk, "TP1")
    registry.apply(walk.state, Look(D("82"), walk.at))
    registry.apply(walk.state, Fill("TP1", tp.generation, tp.side, tp.price, D("0.4"), D("0.04"), "USDT", "late", walk.at))
    assert wanted(walk) == {"SL": ("market", "0.6")} and order(walk, "SL").generation == 2
    registry.apply(walk.state, Fill("TP1", tp.generation, tp.side, tp.price, D("0.6"), D("0.06"), "USDT", "later", walk.at))
    assert wanted(walk) == {} and walk.state.ledger.deals == 1


def test_money_taken_by_a_late_fill_parks_the_farthest_safety_orders() -> None:
    walk = go(bot(funds_quote="401"), "100")
    gone = order(walk, "SO1")
    walk.state.book.drop("SO1")
    walk.state.memory.resting -= 1
    walk.state.ledger.quote -= 90
    so3 = order(walk, "SO3")
    registry.apply(walk.state, Fill("SO3", so3.generation, so3.side, so3.price, D("0.1"), D(0), "USDT", "p", walk.at))
    registry.apply(walk.state, Fill("SO1", gone.generation, gone.side, gone.price, gone.amount, D("0.1"), "USDT", "late", walk.at))
    assert "SO3" not in wanted(walk) and "SO2" in wanted(walk) and walk.state.memory.filled == 1
    walk.state.ledger.quote -= 90
    registry.apply(walk.state, Fill("SO1", gone.generation, gone.side, gone.price, D("0.1"), D(0), "USDT", "later", walk.at))
    assert D(wanted(walk)["SO2"][1]) < D("1.111") and "size_reduced" in codes(walk)


def test_a_bot_that_is_stopping_takes_no_more_orders_from_its_owner() -> None:
    walk = go(bot(), "100")
    command(walk, "stop", close_mode="quote")
    command(walk, "pause")
    for name in ("cancel_deal", "close_deal", "add_funds"):
        with pytest.raises(Invalid, match="not_allowed"):
            command(walk, name, amount="1")
