"""A wrong configuration is refused with its field, its code and its figures, all findings at once, in milliseconds."""

from __future__ import annotations

import time
from decimal import Decimal
from importlib import util
from pathlib import Path
from typing import Any

import pytest

from strategy_core import registry
from strategy_core.trade import Invalid

_spec = util.spec_from_file_location("strategy_core_walks", Path(__file__).with_name("walks.py"))
assert _spec is not None and _spec.loader is not None
walks = util.module_from_spec(_spec)
_spec.loader.exec_module(walks)

D = Decimal
GRID = {"low": "90", "high": "110", "cells": 4, "spacing": "arithmetic", "investment": "1000"}
BTD = {"low": "90", "high": "110", "cells": 4, "investment": "8"}
LOOP = {"investment": "5000", "order_count": 10, "distance_pct": "2"}
BASE = {"GRID": GRID, "BTD": BTD, "LOOP": LOOP}

CASES: list[tuple[str, dict[str, Any], str, str]] = [
    ("GRID", {"low": "NaN"}, "low", "not_a_number"),
    ("GRID", {"low": "Infinity"}, "low", "not_a_number"),
    ("GRID", {"low": 90.5}, "low", "not_a_decimal_string"),
    ("GRID", {"low": True}, "low", "not_a_decimal_string"),
    ("GRID", {"low": "ninety"}, "low", "not_a_number"),
    ("GRID", {"low": "1" * 65}, "low", "not_a_number"),
    ("GRID", {"low": "0"}, "low", "out_of_range"),
    ("GRID", {"low": "-5"}, "low", "out_of_range"),
    ("GRID", {"low": "1E+300"}, "low", "out_of_range"),
    ("GRID", {"low": "110", "high": "90"}, "high", "out_of_range"),
    ("GRID", {"low": "101"}, "low", "price_outside_range"),
    ("GRID", {"high": "99"}, "high", "price_outside_range"),
    ("GRID", {"low": "0.0001"}, "low", "out_of_range"),
    ("GRID", {"cells": 5000}, "cells", "out_of_range"),
    ("GRID", {"cells": 1}, "cells", "out_of_range"),
    ("GRID", {"cells": "many"}, "cells", "invalid"),
    ("GRID", {"cells": 500, "low": "99.9", "high": "100.1"}, "cells", "levels_collide"),
    ("GRID", {"cells": 200}, "cells", "step_below_fees"),
    ("GRID", {"spacing": "wide"}, "spacing", "not_allowed"),
    ("GRID", {"colour": "red"}, "colour", "unknown_field"),
    ("GRID", {"investment": "12"}, "investment", "below_min_notional"),
    ("GRID", {"investment": "0.00000001"}, "investment", "below_min_notional"),
    ("GRID", {"investment": None}, "investment", "not_a_decimal_string"),
    ("GRID", {"stop_loss_price": "100"}, "stop_loss_price", "stop_on_wrong_side"),
    ("GRID", {"take_profit_price": "100"}, "take_profit_price", "take_profit_on_wrong_side"),
    ("GRID", {"trail_up": "shift"}, "trail_up_limit", "required"),
    ("GRID", {"trail_up": "shift", "trail_up_limit": "112"}, "trail_up_limit", "trail_limit_wrong_side"),
    ("GRID", {"trail_down": "shift", "trail_down_limit": "88"}, "trail_down_limit", "trail_limit_wrong_side"),
    ("GRID", {"trail_down": "extend", "trail_down_limit": "50"}, "trail_down_budget", "required"),
    ("GRID", {"max_active_orders": 3}, "max_active_orders", "out_of_range"),
    ("GRID", {"reserve_pct": "6"}, "reserve_pct", "out_of_range"),
    ("BTD", {"stop_loss_price": "99"}, "stop_loss_price", "stop_on_wrong_side"),
    ("BTD", {"take_profit_price": "101"}, "take_profit_price", "take_profit_on_wrong_side"),
    ("BTD", {"investment": "0.05"}, "investment", "below_min_notional"),
    ("BTD", {"low": "120", "high": "130"}, "low", "price_outside_range"),
    ("BTD", {"high": "100.001", "low": "99", "cells": 2, "spacing": "arithmetic"}, "high", "no_room"),
    ("BTD", {"trail_down_limit": "89"}, "trail_down_limit", "trail_limit_wrong_side"),
    ("LOOP", {"order_count": 11}, "order_count", "not_on_step"),
    ("LOOP", {"order_count": 8}, "order_count", "out_of_range"),
    ("LOOP", {"distance_pct": "0.4"}, "distance_pct", "out_of_range"),
    ("LOOP", {"low": "95"}, "low", "out_of_range"),
    ("LOOP", {"high": "105"}, "high", "out_of_range"),
    ("LOOP", {"take_profit_price": "100"}, "take_profit_price", "take_profit_on_wrong_side"),
    ("LOOP", {"investment": "40"}, "investment", "below_min_notional"),
    ("LOOP", {"max_expansion": 201}, "max_expansion", "out_of_range"),
]


@pytest.mark.parametrize(("name", "change", "field", "code"), CASES)
def test_what_is_wrong_is_said_with_its_field(name: str, change: dict[str, Any], field: str, code: str) -> None:
    began = time.perf_counter()
    found = registry.validate(name, BASE[name] | change, D(100), walks.market(future=False))
    assert time.perf_counter() - began < 0.25
    assert (field, code) in [(finding.field, finding.code) for finding in found]
    with pytest.raises(Invalid):
        registry.start(name, BASE[name] | change, D(100), walks.market(future=False), 0)


def test_all_findings_come_at_once_with_their_limits() -> None:
    found = registry.validate("GRID", {"low": 1.5, "cells": 1, "extra": 1}, D(100), walks.market(future=False))
    assert {(finding.field, finding.code) for finding in found} == {
        ("low", "not_a_decimal_string"), ("high", "required"), ("cells", "out_of_range"), ("investment", "required"), ("extra", "unknown_field"),
    }  # fmt: skip
    cells = next(finding for finding in found if finding.field == "cells")
    assert cells.params == {"min": "2", "max": "500"}


@pytest.mark.parametrize("name", BASE)
def test_a_bot_that_owns_its_coins_is_refused_on_a_perpetual(name: str) -> None:
    found = registry.validate(name, BASE[name], D(100), walks.market(future=True))
    assert [(f.field, f.code) for f in found] == [("symbol", "wrong_market")]


def test_distance_under_the_fees_is_said() -> None:
    rules = walks.market(future=False, maker_fee="0.003")
    assert ("distance_pct", "step_below_fees") in [
        (f.field, f.code) for f in registry.validate("LOOP", LOOP | {"distance_pct": "0.6"}, D(100), rules)
    ]


def test_levels_of_a_cheap_coin_collide() -> None:
    rules = walks.market(future=False, tick="0.01", min_notional="0")
    assert [(f.field, f.code) for f in registry.validate("LOOP", LOOP | {"distance_pct": "0.5"}, D("0.05"), rules)] == [
        ("distance_pct", "levels_collide")
    ]


def test_a_price_that_is_none_is_refused() -> None:
    for price in (D(0), D(-1), D("NaN")):
        assert registry.validate("GRID", GRID, price, walks.market(future=False))[0].field == "price"


def test_an_unknown_strategy_is_refused() -> None:
    assert registry.validate("MARTINGALE", {}, D(100), walks.market(future=False))[0].field == "strategy"


@pytest.mark.parametrize("name", registry.NAMES)
def test_every_form_names_units_and_when_an_edit_takes_effect(name: str) -> None:
    fields = registry.schema(name)["properties"]
    assert all(field.get("effect") in ("now", "restart", "next_deal", "never") for field in fields.values()), name
    assert registry.model_of(name).model_config["extra"] == "forbid"


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("GRID", {}),
        ("GRID", {"stop_loss_price": "80", "size_mode": "base"}),
        ("BTD", {}),
        ("BTD", {"start_mode": "balanced"}),
        ("LOOP", {}),
    ],
)
@pytest.mark.parametrize("mode", ["quote", "received"])
def test_the_preview_shows_what_the_start_then_does(name: str, more: dict[str, Any], mode: str) -> None:
    rules = walks.market(future=False, mode=mode)
    shown = registry.preview(name, BASE[name] | more, D(100), rules)
    walk = walks.Walk(name, BASE[name] | more, D(100), rules, 1)
    first = next((o for o in registry.orders(walk.state) if o.price is None), None)
    if first is not None:
        walk.fill(first, D(100), False)
    got = {(o.leg, o.side, o.price, o.amount) for o in registry.orders(walk.state)}
    assert got <= {(o.leg, o.side, o.price, o.amount) for o in shown.orders}
    assert shown.venue_orders == len(got)
    assert shown.funds_needed > 0 and shown.funds_left >= 0 and shown.worst_case > 0
    assert shown.model_dump(mode="json")["currency"] in ("ABC", "USDT")


def test_warnings_never_block() -> None:
    rules = walks.market(future=False)
    narrow = {"cells": 60, "investment": "5000", "trail_down": "shift", "trail_down_limit": "50", "pump_guard": False}
    codes = [w.code for w in registry.preview("GRID", GRID | narrow, D(100), rules).warnings]
    assert codes == ["step_below_fees", "realises_losses", "pump_guard_off"]
    codes = [w.code for w in registry.preview("BTD", BTD | {"trail_up": "shift", "pump_guard": False}, D(100), rules).warnings]
    assert codes == ["gives_up_base", "pump_guard_off"]
    assert [
        w.code
        for w in registry.preview("LOOP", LOOP | {"distance_pct": "0.5"}, D(100), walks.market(future=False, maker_fee="0.002")).warnings
    ] == ["step_below_fees"]
    with pytest.raises(Invalid):
        registry.preview("GRID", GRID | {"cells": 1}, D(100), rules)
