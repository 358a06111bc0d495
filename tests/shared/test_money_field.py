"""The field that holds a bot's money is one of its strategy's own, whichever strategy it is."""

import pytest

from shared.money_field import money_field, refused_field
from strategy_core import registry


@pytest.mark.parametrize(
    ("config", "in_base", "field"),
    [
        ({"low": "90", "investment": "1000"}, False, "investment"),
        ({"investment": "1"}, True, "investment"),
        ({"margin": "100", "leverage": "3"}, False, "margin"),
        ({"funds_quote": "500", "funds_base": "1", "base_order_size": "10"}, False, "funds_quote"),
        ({"funds_quote": "500", "funds_base": "1", "base_order_size": "10"}, True, "funds_base"),
        ({"funds_quote": None, "base_order_size": "10"}, False, "base_order_size"),
        ({"base_order_margin": "10"}, False, "base_order_margin"),
        ({"low": "90"}, False, None),
    ],
)
def test_the_field_that_holds_the_money_is_the_first_that_is_set(config, in_base, field):
    assert money_field(config, in_base) == field


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"amount": "500"}, "amount"),
        ({"changes": {"stop_loss_price": "1", "investment": "2000"}}, "investment"),
        ({"trail_up_budget": "9"}, "trail_up_budget"),
        ({}, None),
    ],
)
def test_a_running_bots_refusal_names_what_asked_for_more(params, field):
    assert refused_field({"name": "edit", "params": params}) == field


@pytest.mark.parametrize("name", ["GRID", "DCA", "BTD", "COMBO", "LOOP", "DCA_FUTURES"])
@pytest.mark.parametrize("in_base", [False, True])
def test_every_strategy_has_such_a_field(name, in_base):
    own = registry.schema(name)["properties"]
    assert money_field(dict.fromkeys(own, "1"), in_base) in own
