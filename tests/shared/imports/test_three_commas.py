"""3Commas DCA bots as plans: every setting is mapped, named as assumed, or named as not mapped."""

import pytest

from shared.imports.three_commas import NOT_SETTINGS, translate
from strategy_core import registry

BOT = {
    "id": 15564828, "account_id": 32833909, "is_enabled": False, "max_safety_orders": 4, "active_safety_orders_count": 1,
    "pairs": ["USDT_BTC"], "strategy_list": [{"strategy": "nonstop", "options": {}}], "close_strategy_list": [], "safety_strategy_list": [],
    "max_active_deals": 1, "active_deals_count": 0, "deletable?": True, "created_at": "2024-10-24T19:57:43.635Z", "trailing_enabled": True,
    "tsl_enabled": False, "deal_start_delay_seconds": None, "stop_loss_timeout_enabled": True, "stop_loss_timeout_in_seconds": 60,
    "disable_after_deals_count": 10, "allowed_deals_on_same_pair": None, "close_deals_timeout": None, "url_secret": "738d600eb4",
    "take_profit_steps": [], "name": "autumn", "take_profit": "2.0", "min_profit_percentage": None, "base_order_volume": "15.0",
    "safety_order_volume": "30.0", "safety_order_step_percentage": "1.0", "take_profit_type": "total", "min_profit_type": None,
    "type": "Bot::SingleBot", "martingale_volume_coefficient": "2.0", "martingale_step_coefficient": 1.4, "stop_loss_percentage": "30.5",
    "cooldown": "120", "btc_price_limit": "0.0", "strategy": "long", "min_volume_btc_24h": "0.0", "profit_currency": "quote_currency",
    "min_price": None, "max_price": "90000", "stop_loss_type": "stop_loss_and_disable_bot", "safety_order_volume_type": "quote_currency",
    "base_order_volume_type": "quote_currency", "trailing_deviation": 0.2, "leverage_type": "not_specified", "leverage_custom_value": None,
    "start_order_type": "market", "reinvesting_percentage": "50", "risk_reduction_percentage": None,
}  # fmt: skip
CONFIG = {
    "direction": "long", "safety_orders": 4, "base_order_size": "15", "safety_order_size": "30", "step_pct": "1", "step_multiplier": "1.4",
    "size_multiplier": "2", "max_price": "90000", "reinvest_pct": "50", "max_active_safety_orders": 1, "take_profit_pct": "2",
    "take_profit_of": "total", "trailing_take_profit_pct": "0.2", "stop_loss_pct": "30.5", "after_stop_loss": "stop",
    "stop_loss_timeout_s": 60, "cooldown_s": 120, "max_deals": 10, "start": {"type": "now"},
}  # fmt: skip


def changed(**changes):
    return translate({**BOT, **changes})


def codes(found, field):
    return [row.code for row in found.rows if row.field == field]


def blocking(found):
    return {(row.field, row.code) for row in found.blocking}


def test_the_documented_bot_is_a_dca_plan_of_ours():
    found = translate(BOT)
    assert (found.name, found.symbols, found.strategy, found.config) == ("autumn", ("BTC/USDT",), "DCA", CONFIG)
    assert found.blocking == ()
    registry.parse("DCA", found.config)


def test_no_setting_goes_without_a_word():
    found = translate(BOT)
    said = {row.field for row in found.rows}
    neutral = {name for name, value in BOT.items() if value in (None, False, [], "0.0")}
    once_read = {"name", "max_active_deals", "trailing_enabled", "stop_loss_timeout_enabled", "start_order_type", "profit_currency"}
    once_read |= {"base_order_volume_type", "safety_order_volume_type", "leverage_type"}
    assert set(BOT) - said - neutral - once_read == set()
    assert {row.field for row in found.rows if row.code == "not_a_setting"} <= NOT_SETTINGS
    assert {row.code for row in found.rows if row.code.startswith("assumed")} == {"assumed_after_fees", "assumed_from_base_order_price"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"base_order_volume_type": "percent"}, ("base_order_volume_type", "size_not_in_quote")),
        ({"safety_order_volume_type": "base_currency"}, ("safety_order_volume_type", "size_not_in_quote")),
        ({"base_order_volume": None}, ("base_order_volume", "required")),
        ({"base_order_volume": "a lot"}, ("base_order_volume", "not_a_number")),
        ({"base_order_volume": "NaN"}, ("base_order_volume", "not_a_number")),
        ({"take_profit": "-2"}, ("take_profit", "not_a_number")),
        ({"max_safety_orders": "2.5"}, ("max_safety_orders", "not_whole")),
        ({"strategy": "sideways"}, ("strategy", "not_allowed")),
        ({"strategy": None}, ("strategy", "required")),
        ({"profit_currency": "base_currency"}, ("profit_currency", "no_equivalent")),
        ({"take_profit_type": None}, ("take_profit_type", "required")),
        ({"trailing_deviation": None}, ("trailing_deviation", "required")),
        ({"strategy_list": None}, ("strategy_list", "required")),
        ({"strategy_list": [{"strategy": "qfl", "options": {"type": "original"}}]}, ("strategy_list", "unknown_signal")),
        ({"strategy_list": "nonstop"}, ("strategy_list", "invalid")),
        ({"close_strategy_list": [{"strategy": "macd", "options": {"time": "1h"}}]}, ("close_strategy_list", "unknown_signal")),
        ({"safety_strategy_list": [{"strategy": "rsi"}]}, ("safety_strategy_list", "no_equivalent")),
        ({"min_volume_btc_24h": "500.5"}, ("min_volume_btc_24h", "no_equivalent")),
        ({"close_deals_timeout": 60}, ("close_deals_timeout", "no_equivalent")),
        ({"deal_start_delay_seconds": 5}, ("deal_start_delay_seconds", "no_equivalent")),
        ({"sl_to_breakeven_enabled": True}, ("sl_to_breakeven_enabled", "no_equivalent")),
        ({"min_profit_percentage": "1", "min_profit_type": "base_order_volume"}, ("min_profit_type", "no_equivalent")),
        ({"max_active_deals": 2}, ("max_active_deals", "one_deal_per_bot")),
        ({"pairs": ["USDT_BTC", "USDT_ETH"], "max_active_deals": 1}, ("max_active_deals", "no_equivalent")),
        ({"pairs": []}, ("pairs", "required")),
        ({"pairs": ["BTC-PERP"]}, ("pairs", "unreadable_pair")),
        ({"leverage_custom_value": "5"}, ("leverage_custom_value", "no_leverage_type")),
        ({"leverage_type": "custom"}, ("leverage_type", "not_allowed")),
        ({"stop_loss_type": "other"}, ("stop_loss_type", "not_allowed")),
        ({"a_new_feature": {"on": True}}, ("a_new_feature", "unknown_field")),
    ],
)
def test_what_has_no_place_here_is_named_and_blocks(changes, expected):
    assert expected in blocking(changed(**changes))


def test_a_limit_order_at_the_start_is_said_and_does_not_block():
    found = changed(start_order_type="limit")
    assert codes(found, "start_order_type") == ["always_market"] and found.blocking == ()


def test_several_pairs_are_several_bots():
    found = changed(pairs=["USDT_BTC", "USDT_ETH"], max_active_deals=2)
    assert (found.symbols, codes(found, "pairs"), found.blocking) == (("BTC/USDT", "ETH/USDT"), ["mapped", "one_bot_per_pair"], ())


def test_steps_replace_the_one_take_profit():
    steps = [{"amount_percentage": 50, "profit_percentage": 10}, {"amount_percentage": "50", "profit_percentage": "20"}]
    found = changed(take_profit="0", take_profit_steps=steps)
    assert found.config["take_profit_steps"] == [{"pct": "10", "share_pct": "50"}, {"pct": "20", "share_pct": "50"}]
    assert "take_profit_pct" not in found.config
    registry.parse("DCA", found.config)


def test_a_bot_without_safety_orders_needs_no_size_for_them():
    found = changed(max_safety_orders=0, safety_order_volume="0.0", active_safety_orders_count=0)
    assert found.blocking == () and found.config["safety_orders"] == 0 and "safety_order_size" not in found.config
    registry.parse("DCA", found.config)


@pytest.mark.parametrize(
    ("strategies", "start"),
    [
        ([], {"type": "webhook"}),
        ([{"strategy": "manual"}], {"type": "webhook"}),
        ([{"strategy": "tv_custom_signal", "options": {}}], {"type": "webhook"}),
        ([{"strategy": "nonstop"}, {"options": {}}], {"type": "now"}),
        (
            [{"options": {"time": "5m", "points": 30, "trigger_condition": "less", "time_period": 7}, "strategy": "rsi"}],
            {"type": "indicators", "indicators": [{"kind": "rsi", "timeframe": "5m", "operator": "less", "value": "30", "length": 7}]},
        ),
        (
            [
                {
                    "options": {
                        "time": "1h",
                        "indicator_type": "ema",
                        "trigger_condition": "greater",
                        "time_period_first": 9,
                        "time_period_second": 21,
                    },
                    "strategy": "ma_cross",
                }
            ],
            {"type": "indicators", "indicators": [{"kind": "ema_cross", "timeframe": "1h", "operator": "greater", "fast": 9, "slow": 21}]},
        ),
    ],
)
def test_start_conditions_that_mean_the_same_here(strategies, start):
    found = changed(strategy_list=strategies)
    assert found.config["start"] == start and found.blocking == ()
    registry.parse("DCA", found.config)


@pytest.mark.parametrize("options", [{"trigger_condition": "crossing_above"}, {"time": "8h"}, {"points": None}, {"time_period": True}])
def test_a_signal_that_could_mean_something_else_is_not_taken(options):
    said = {"time": "5m", "points": 30, "trigger_condition": "less", "time_period": 7} | options
    assert ("strategy_list", "unknown_signal") in blocking(changed(strategy_list=[{"strategy": "rsi", "options": said}]))


def test_a_futures_bot_waits_for_what_its_sizes_mean():
    futures = {**BOT, "leverage_type": "isolated", "leverage_custom_value": "5.0", "pairs": ["USDT_BTCUSDT"]}
    assert ("base_order_volume", "margin_or_notional") in {(row.field, row.code) for row in translate(futures).blocking}
    margin, notional = translate(futures, "margin"), translate(futures, "notional")
    assert (margin.strategy, margin.symbols, margin.config["margin_mode"]) == ("DCA_FUTURES", ("BTC/USDT:USDT",), "isolated")
    assert (margin.config["base_order_margin"], notional.config["base_order_margin"]) == ("15", "3")
    registry.parse("DCA_FUTURES", notional.config)
