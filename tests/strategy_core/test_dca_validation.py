"""What a DCA configuration is refused for, and what its preview shows."""

from __future__ import annotations

import time
from decimal import Decimal
from importlib import util
from pathlib import Path
from typing import Any

import pytest

from strategy_core import registry
from strategy_core.number import plain

_spec = util.spec_from_file_location("strategy_core_walks", Path(__file__).with_name("walks.py"))
assert _spec is not None and _spec.loader is not None
walks = util.module_from_spec(_spec)
_spec.loader.exec_module(walks)

D = Decimal
PLAIN: dict[str, Any] = {"base_order_size": "100", "safety_order_size": "100", "safety_orders": 3, "step_pct": "5", "take_profit_pct": "2"}


def found(config: dict[str, Any], price: str = "100", **more: Any) -> list[tuple[str, str]]:
    return [(f.field, f.code) for f in registry.validate("DCA", config, D(price), walks.market(future=False, **more))]


def test_a_plain_configuration_has_nothing_wrong() -> None:
    assert found(PLAIN) == []
    assert found({**PLAIN, "direction": "short"}) == []


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"base_order_size": "NaN"}, "base_order_size", "not_a_number"),
        ({"base_order_size": "0"}, "base_order_size", "out_of_range"),
        ({"base_order_size": "-1"}, "base_order_size", "out_of_range"),
        ({"base_order_size": 100.0}, "base_order_size", "not_a_decimal_string"),
        ({"base_order_size": None}, "base_order_size", "not_a_decimal_string"),
        ({"safety_orders": 5000}, "safety_orders", "out_of_range"),
        ({"safety_orders": None}, "safety_orders", "required"),
        ({"step_pct": None}, "step_pct", "required"),
        ({"safety_order_size": None}, "safety_order_size", "required"),
        ({"take_profit_pct": None}, "take_profit_pct", "required"),
        ({"safety_trigger": "indicators"}, "safety_conditions", "required"),
        ({"max_active_safety_orders": 4}, "max_active_safety_orders", "out_of_range"),
        ({"safety_orders": 100, "step_multiplier": "10"}, "step_pct", "out_of_range"),
        ({"safety_orders": 100, "step_multiplier": "10", "direction": "short"}, "step_multiplier", "out_of_range"),
        ({"safety_orders": 40, "step_pct": "0.1", "size_multiplier": "10"}, "size_multiplier", "out_of_range"),
        ({"safety_orders": 60, "step_multiplier": "0.1"}, "step_pct", "levels_collide"),
        ({"safety_orders": 20}, "step_pct", "out_of_range"),
        (
            {"custom_ladder": [{"deviation_pct": "2", "size": "10"}, {"deviation_pct": "2", "size": "10"}]},
            "custom_ladder",
            "levels_collide",
        ),
        ({"custom_ladder": [{"deviation_pct": "100", "size": "10"}]}, "custom_ladder", "out_of_range"),
        (
            {"custom_ladder": [{"deviation_pct": "0.004", "size": "10"}, {"deviation_pct": "0.005", "size": "10"}]},
            "custom_ladder",
            "levels_collide",
        ),
        ({"custom_ladder": [{"deviation_pct": "1", "size": "0"}]}, "custom_ladder.0.size", "out_of_range"),
        ({"take_profit_steps": [{"pct": "2", "share_pct": "50"}, {"pct": "1", "share_pct": "50"}]}, "take_profit_steps", "levels_collide"),
        ({"take_profit_steps": [{"pct": "2", "share_pct": "50"}]}, "take_profit_steps", "out_of_range"),
        ({"stop_loss_pct": "15"}, "stop_loss_pct", "stop_inside_ladder"),
        ({"stop_loss_pct": "4", "stop_loss_of": "average"}, "stop_loss_pct", "stop_inside_ladder"),
        ({"stop_loss_pct": "4", "stop_loss_of": "average", "direction": "short"}, "stop_loss_pct", "stop_inside_ladder"),
        ({"stop_loss_pct": "100"}, "stop_loss_pct", "out_of_range"),
        ({"min_price": "5", "max_price": "4"}, "max_price", "out_of_range"),
        ({"funds_quote": "399"}, "funds_quote", "insufficient_funds"),
        ({"direction": "short", "funds_base": "3"}, "funds_base", "insufficient_funds"),
        ({"direction": "short", "take_profit_net": False, "take_profit_pct": "100"}, "take_profit_pct", "out_of_range"),
        ({"start": "someday"}, "start", "invalid"),
        ({"nonsense": 1}, "nonsense", "unknown_field"),
    ],
)
def test_a_finding_names_the_field_at_once(change: dict[str, Any], field: str, code: str) -> None:
    before = time.perf_counter()
    assert (field, code) in found({**PLAIN, **change})
    assert time.perf_counter() - before < 0.25


def test_all_findings_come_together() -> None:
    assert len(found({"safety_orders": -1, "step_pct": "0", "take_profit_of": "all"})) == 4


@pytest.mark.parametrize(
    ("market", "change", "expected"),
    [
        ({"min_notional": "95"}, {}, [("base_order_size", "below_min_notional"), *[("safety_order_size", "below_min_notional")] * 3]),
        ({"min_amount": "0.95"}, {}, [("base_order_size", "below_min_notional")]),
        ({"min_amount": "0.909", "mode": "received"}, {"safety_orders": 0}, [("base_order_size", "below_min_notional")]),
        ({"min_amount": "0.909"}, {"safety_orders": 0}, []),
        ({"step": "2", "min_amount": "0", "min_notional": "0"}, {"safety_orders": 0}, [("base_order_size", "below_min_notional")]),
        ({"min_notional": "60"}, {"custom_ladder": [{"deviation_pct": "1", "size": "50"}]}, [("custom_ladder", "below_min_notional")]),
    ],
)
def test_every_planned_order_has_a_tenth_to_spare(market: dict[str, Any], change: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert found({**PLAIN, **change}, **market) == expected


def test_a_futures_symbol_is_not_for_spot() -> None:
    wrong = registry.validate("DCA", PLAIN, D(100), walks.market(future=True))
    assert [(f.field, f.code) for f in wrong] == [("symbol", "wrong_market")]


# -- preview ----------------------------------------------------------------------------------------------------------

TABLE = {
    **PLAIN, "step_pct": "1.5", "step_multiplier": "1.2", "size_multiplier": "1.5", "safety_orders": 6, "take_profit_pct": "1.5",
    "take_profit_net": False,
}  # fmt: skip


def shown(config: dict[str, Any], **more: Any) -> Any:
    return registry.preview("DCA", config, D(100), walks.market(future=False, **more))


def test_the_table_is_that_of_the_specification() -> None:
    rows = [
        [plain(D(row[k]).quantize(D(q))) for k, q in (("price", "0.00001"), ("cumulative", "0.001"), ("average", "0.0001"), ("take_profit", "0.0001"), ("bounce_pct", "0.01"))]
        for row in shown(TABLE).table
    ]  # fmt: skip
    assert rows == [
        ["100", "100", "100", "101.5", "1.5"],
        ["98.5", "200", "99.2443", "100.733", "2.27"],
        ["96.7", "350", "98.1377", "99.6098", "3.01"],
        ["94.54", "575", "96.6978", "98.1482", "3.82"],
        ["91.948", "912.5", "94.8849", "96.3082", "4.74"],
        ["88.8376", "1418.75", "92.6348", "94.0243", "5.84"],
        ["85.10512", "2178.125", "89.8629", "91.2109", "7.17"],
    ]


def test_net_of_fees_the_last_row_is_higher() -> None:
    row = shown({**TABLE, "take_profit_net": True}).table[-1]
    assert f"{D(row['take_profit']):.4f}" == "91.3935"


def test_the_preview_has_every_order_the_funds_and_the_worst_case() -> None:
    view = shown({**PLAIN, "funds_quote": "1000", "stop_loss_pct": "20"})
    assert [(o.leg, o.price, o.amount) for o in view.orders] == [
        ("BO", None, D("1")), ("SO1", D("95"), D("1.052")), ("SO2", D("90"), D("1.111")), ("SO3", D("85"), D("1.176")), ("TP1", D("102.21"), D("1")),
    ]  # fmt: skip
    assert view.funds_needed + view.funds_left == 1000 and D("399") < view.funds_needed < D("400.4")
    assert view.worst_case_price == 80 and D(940) < view.worst_case < D(950)
    assert view.fees_to_open == D("0.1") and view.venue_orders == 4 and view.currency == "USDT"


def test_the_worst_case_of_a_stop_from_the_average_and_of_none() -> None:
    assert shown({**PLAIN, "safety_orders": 1, "stop_loss_pct": "10", "stop_loss_of": "average"}).worst_case_price < 90
    assert shown({**PLAIN}).worst_case_price == 85


def test_a_short_is_shown_in_base() -> None:
    view = shown({**PLAIN, "direction": "short", "take_profit_steps": [{"pct": "1", "share_pct": "100"}]})
    assert view.currency == "ABC" and view.funds_needed == D("1") + D("0.952") + D("0.909") + D("0.869")
    assert view.worst_case < view.funds_needed


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"take_profit_net": False, "take_profit_pct": "0.3"}, "step_below_fees"),
        ({"trailing_take_profit_pct": "2"}, "trailing_beyond_take_profit"),
        ({"funds_quote": "400", "base_order_size": "100.1", "safety_order_size": "99.96"}, "size_reduced"),
        ({"min_profit_pct": "1"}, "webhook_only"),
    ],
)
def test_a_warning_does_not_block(change: dict[str, Any], code: str) -> None:
    view = shown({**PLAIN, **change}, step="0.00001")
    assert code in [warning.code for warning in view.warnings]
