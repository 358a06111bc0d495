"""Every number of every form: its bounds as the specification has them, and that nonsense is refused by name, in milliseconds."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from importlib import util
from pathlib import Path
from typing import Any

import pytest

from strategy_core import registry
from strategy_core.backtest.cli import main
from strategy_core.trade import Command, Finding

_spec = util.spec_from_file_location("strategy_core_walks", Path(__file__).with_name("walks.py"))
assert _spec is not None and _spec.loader is not None
walks = util.module_from_spec(_spec)
_spec.loader.exec_module(walks)

D = Decimal
CASE = Path(__file__).parent / "cases" / "grid-1-one-cell.json"
HUGE = "1000000000000000"
AMOUNT, SHARE = ("(0", HUGE), ("0", "100")  # "(": the bound itself is outside
SECONDS = 0.25  # of CPU, also under coverage

FORMS = walks.FORMS
LADDER: dict[str, tuple[str, str]] = {
    "low": AMOUNT, "high": AMOUNT, "investment": AMOUNT, "reserve_pct": ("0", "5"), "pump_guard_pct": ("0.1", "100"),
    "trail_up_limit": AMOUNT, "trail_down_limit": AMOUNT, "stop_loss_price": AMOUNT, "take_profit_price": AMOUNT,
    "take_profit_pct": ("(0", "100000"),
}  # fmt: skip
DEAL: dict[str, tuple[str, str]] = {
    "funds_quote": ("0", HUGE), "step_pct": ("0.1", "50"), "step_multiplier": ("0.1", "10"), "size_multiplier": ("0.1", "10"),
    "take_profit_pct": ("0.1", "1000"), "trailing_take_profit_pct": ("0.05", "20"), "min_profit_pct": ("0", "1000"),
    "stop_loss_pct": ("(0", "1000"), "reinvest_pct": SHARE, "risk_reduction_pct": SHARE, "min_price": AMOUNT, "max_price": AMOUNT,
    "reserve_pct": ("0", "5"),
}  # fmt: skip
MONEY: dict[str, dict[str, tuple[str, str]]] = {
    "GRID": {**LADDER, "trail_up_budget": AMOUNT, "trail_down_budget": AMOUNT},
    "BTD": LADDER,
    "LOOP": {
        "investment": AMOUNT, "distance_pct": ("0.5", "50"), "low": AMOUNT, "high": AMOUNT, "reserve_pct": ("0", "5"),
        "take_profit_price": AMOUNT, "take_profit_pct": ("(0", "100000"), "equity_guard_pct": ("1", "90"),
    },
    "COMBO": {
        "margin": AMOUNT, "leverage": ("1", "125"), "step_pct": ("0.1", "5"), "take_profit_price": AMOUNT, "take_profit_pct": AMOUNT,
        "stop_loss_pct": ("0.5", "90"), "mmr_pct": ("0", "50"),
    },
    "DCA": {**DEAL, "funds_base": ("0", HUGE), "base_order_size": AMOUNT, "safety_order_size": AMOUNT},
    "DCA_FUTURES": {
        **DEAL, "leverage": ("1", "125"), "base_order_margin": AMOUNT, "safety_order_margin": AMOUNT, "mmr_pct": ("0", "50"),
    },
}  # fmt: skip
for each in MONEY.values():
    each.update(stop_below_price=AMOUNT, stop_above_price=AMOUNT)
DEALS = {"max_deals": (1, 1_000_000)}
GUARD = {"cells": (2, 500), "pump_guard_fills": (1, 1000), "pump_guard_s": (1, 86_400), **DEALS}
PATIENCE = {
    "safety_orders": (0, 100), "max_active_safety_orders": (0, 100), "stop_loss_timeout_s": (0, 86_400), "cooldown_s": (0, 2_592_000),
    **DEALS,
}  # fmt: skip
WHOLE: dict[str, dict[str, tuple[int, int]]] = {
    "GRID": GUARD,
    "BTD": GUARD,
    "LOOP": {"order_count": (10, 40), "max_expansion": (0, 200), **DEALS},
    "COMBO": {"levels": (10, 40), "grid_levels": (1, 39), **DEALS},
    "DCA": PATIENCE,
    "DCA_FUTURES": PATIENCE,
}
NONSENSE_MONEY: dict[str, tuple[Any, str]] = {
    "not a number": ("NaN", "not_a_number"), "endless": ("Infinity", "not_a_number"), "endless below": ("-Infinity", "not_a_number"),
    "beyond decimals": ("1e999999999999999999", "out_of_range"), "huge": ("1e300", "out_of_range"), "below nought": ("-1", "out_of_range"),
    "a float": (1.5, "not_a_decimal_string"), "a float that is whole": (2.0, "not_a_decimal_string"), "a switch": (True, "not_a_decimal_string"),
    "words": ("ninety", "not_a_number"), "nothing": ("", "not_a_number"), "room around": (" 5 ", "not_a_number"),
    "underscores": ("1_000", "not_a_number"), "other digits": ("\u0661\u0662", "not_a_number"), "long": ("1" * 65, "not_a_number"),
    "a list": ([], "not_a_decimal_string"), "an object": ({"a": 1}, "not_a_decimal_string"),
}  # fmt: skip
NONSENSE_WHOLE: dict[str, Any] = {
    "a part": 2.5, "a switch": True, "a switch that is off": False, "words": "many", "nothing": "", "a list": [], "not a number": "NaN",
    "huge": 10**30, "below nought": -1,
}  # fmt: skip


for each in FORMS:
    registry.strategy(each)  # the first look at a form reads its module


def market(name: str) -> Any:
    return walks.market(future=name in ("COMBO", "DCA_FUTURES"))


def findings(name: str, change: dict[str, Any]) -> dict[str, Finding]:
    """What is wrong, by field; said in time."""
    began = time.process_time()
    found = registry.validate(name, FORMS[name] | change, D(100), market(name))
    assert time.process_time() - began < SECONDS
    return {finding.field: finding for finding in found}


def places(table: dict[str, dict[str, Any]]) -> list[Any]:
    return [pytest.param(name, field, id=f"{name}-{field}") for name, fields in table.items() for field in fields]


@pytest.mark.parametrize("name", FORMS)
def test_the_tables_here_name_every_number_of_a_form_and_the_form_is_right(name: str) -> None:
    assert findings(name, {}) == {}
    numbers = {field for field, shown in registry.schema(name)["properties"].items() if "unit" in shown}
    assert numbers == {*MONEY[name], *WHOLE[name]}


@pytest.mark.parametrize(("name", "field"), places(MONEY))
def test_nonsense_for_money_is_refused_by_name(name: str, field: str) -> None:
    for what, (value, code) in NONSENSE_MONEY.items():
        found = findings(name, {field: value})
        assert field in found and found[field].code == code, what


@pytest.mark.parametrize(("name", "field"), places(WHOLE))
def test_nonsense_for_a_count_is_refused_by_name(name: str, field: str) -> None:
    for what, value in NONSENSE_WHOLE.items():
        found = findings(name, {field: value})
        assert field in found and found[field].code in ("invalid", "not_a_number", "out_of_range"), what


def _refused(name: str, field: str, value: Any) -> bool:
    """By its own bounds (a sum that does not fit with the others is another matter)."""
    try:
        registry.parse(name, FORMS[name] | {field: value})
    except registry.Invalid as wrong:
        assert [(finding.field, finding.code) for finding in wrong.findings] == [(field, "out_of_range")]
        return True
    return False


@pytest.mark.parametrize(("name", "field"), places(MONEY))
def test_an_amount_is_taken_up_to_its_bounds_and_no_further(name: str, field: str) -> None:
    low, high = MONEY[name][field]
    least, most, grain = D(low.strip("(")), D(high), D("1e-9")
    assert _refused(name, field, str(least)) is low.startswith("(")
    assert not _refused(name, field, str(least + grain)) and _refused(name, field, str(least - grain))
    assert not _refused(name, field, high) and _refused(name, field, str(most + grain))
    shown = findings(name, {field: str(most + grain)})[field].params
    assert shown == {"min": str(least), "max": high}


@pytest.mark.parametrize(("name", "field"), places(WHOLE))
def test_a_count_is_taken_up_to_its_bounds_and_no_further(name: str, field: str) -> None:
    least, most = WHOLE[name][field]
    assert [_refused(name, field, value) for value in (least - 1, least, most, most + 1)] == [True, False, False, True]
    assert findings(name, {field: most + 1})[field].params == {"min": str(least), "max": str(most)}
    shown = json.dumps(registry.schema(name)["properties"][field])
    assert f'"minimum": {least}' in shown and f'"maximum": {most}' in shown


COMMON = {
    "missing_orders": "recreate", "stop_at": None, "stop_below_price": None, "stop_above_price": None, "max_deals": None,
    "stop_close_mode": "keep",
}  # fmt: skip
GUARDED = {"pump_guard": None, "pump_guard_pct": "2", "pump_guard_fills": 3, "pump_guard_s": 60, "max_active_orders": None}
RANGE = {
    **COMMON, "spacing": "geometric", "reserve_pct": "0.5", "reinvest": "fixed", "start": {"type": "now"}, **GUARDED,
    "trail_up": "off", "trail_up_limit": None, "trail_down_limit": None, "stop_loss_price": None, "take_profit_price": None,
    "take_profit_pct": None,
}  # fmt: skip
BEGUN = {
    **COMMON, "direction": "long", "funds_quote": None, "step_multiplier": "1", "size_multiplier": "1",
    "custom_ladder": None, "max_active_safety_orders": 0, "safety_trigger": "price", "safety_conditions": None, "take_profit_of": "total",
    "take_profit_net": True, "take_profit_steps": None, "trailing_take_profit_pct": None, "close_conditions": None, "min_profit_pct": None,
    "stop_loss_pct": None, "stop_loss_of": "base", "stop_loss_timeout_s": 0, "trailing_stop": False, "break_even_after_tp1": False,
    "after_stop_loss": "continue", "cooldown_s": 0, "reinvest_pct": "0", "risk_reduction_pct": "0", "min_price": None,
    "max_price": None, "start": {"type": "now"}, "reserve_pct": "0.5",
}  # fmt: skip
DEFAULTS: dict[str, dict[str, Any]] = {
    "GRID": {**RANGE, "size_mode": "quote", "trail_down": "off", "trail_up_budget": None, "trail_down_budget": None},
    "BTD": {**RANGE, "start_mode": "sells_only", "trail_down": "shift"},
    "LOOP": {
        **COMMON, "low": None, "high": None, "max_expansion": None, "reserve_pct": "0.5", "take_profit_price": None,
        "take_profit_pct": None, "exit_coin": "quote", "equity_guard_pct": None, "equity_guard_action": "close", "start": {"type": "now"},
    },
    "COMBO": {
        **COMMON, "leverage": "1", "margin_mode": "isolated", "grid_levels": None, "refill_on_shift": True,
        "take_profit_price": None, "take_profit_pct": None, "stop_loss_pct": None, "mmr_pct": None, "start": {"type": "now"},
    },
    "DCA": {**BEGUN, "funds_base": None},
    "DCA_FUTURES": {**BEGUN, "margin_mode": "isolated", "mmr_pct": None, "allow_liquidation_risk": False},
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_what_is_left_out_is_what_the_specification_says(name: str) -> None:
    config = registry.parse(name, FORMS[name]).model_dump(mode="json")
    assert config == DEFAULTS[name] | FORMS[name]


NESTED: list[tuple[str, str, dict[str, Any]]] = [
    ("DCA", "custom_ladder.0.deviation_pct", {"custom_ladder": [{"deviation_pct": "1001", "size": "100"}]}),
    ("DCA", "custom_ladder.1.size", {"custom_ladder": [{"deviation_pct": "1", "size": "100"}, {"deviation_pct": "2", "size": "0"}]}),
    ("DCA", "custom_ladder.0.size", {"custom_ladder": [{"deviation_pct": "1", "size": 1.5}]}),
    ("DCA", "custom_ladder", {"custom_ladder": [{"deviation_pct": str(1 + k), "size": "100"} for k in range(101)]}),
    ("DCA", "take_profit_steps.0.pct", {"take_profit_steps": [{"pct": "0.09", "share_pct": "100"}]}),
    ("DCA", "take_profit_steps.0.share_pct", {"take_profit_steps": [{"pct": "1", "share_pct": "100.1"}]}),
    ("DCA", "take_profit_steps", {"take_profit_steps": []}),
    ("DCA", "take_profit_steps", {"take_profit_steps": [{"pct": str(k), "share_pct": "20"} for k in range(1, 6)]}),
    ("GRID", "start.price.price", {"start": {"type": "price", "operator": "less", "price": "0"}}),
    ("GRID", "start.dip.fall_pct", {"start": {"type": "dip", "fall_pct": "0.4", "hours": 3}}),
    ("GRID", "start.dip.hours", {"start": {"type": "dip", "fall_pct": "5", "hours": 721}}),
    ("GRID", "start.dip.hours", {"start": {"type": "dip", "fall_pct": "5", "hours": True}}),
    ("GRID", "start", {"start": {"type": "moon"}}),
    ("GRID", "start.indicators.indicators", {"start": {"type": "indicators", "indicators": []}}),
    ("GRID", "start.indicators.indicators.0.length", {"start": {"type": "indicators", "indicators": [{"kind": "rsi", "operator": "less", "value": "30", "length": 201}]}}),
    ("GRID", "start.indicators.indicators.0.length", {"start": {"type": "indicators", "indicators": [{"kind": "rsi", "operator": "less", "value": "30", "length": True}]}}),
    ("GRID", "max_active_orders", {"max_active_orders": True}),
    ("GRID", "max_active_orders", {"max_active_orders": 3}),
    ("GRID", "max_active_orders", {"max_active_orders": 10_001}),
    ("BTD", "max_active_orders", {"max_active_orders": "four"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "field", "change"), NESTED)
def test_a_number_within_a_field_is_named_by_its_path(name: str, field: str, change: dict[str, Any]) -> None:
    assert field in findings(name, change), list(findings(name, change))


ABSURD: list[tuple[str, dict[str, Any], str]] = [
    ("GRID", {"cells": 5000}, "cells"),
    ("GRID", {"low": "110", "high": "90"}, "high"),
    ("GRID", {"low": "100", "high": "100"}, "high"),
    ("GRID", {"low": "0.0000000001"}, "low"),
    ("GRID", {"high": HUGE, "cells": 500}, "investment"),
    ("BTD", {"cells": 5000}, "cells"),
    ("BTD", {"low": "110", "high": "90"}, "high"),
    ("LOOP", {"order_count": 5000}, "order_count"),
    ("LOOP", {"low": "120", "high": "80"}, "low"),
    ("LOOP", {"distance_pct": "50", "order_count": 40}, "distance_pct"),
    ("LOOP", {"investment": HUGE, "distance_pct": "50", "order_count": 10, "high": "1"}, "high"),
    ("COMBO", {"levels": 5000}, "levels"),
    ("COMBO", {"levels": 10, "grid_levels": 10}, "grid_levels"),
    ("COMBO", {"leverage": "125"}, "leverage"),
    ("DCA", {"safety_orders": 5000}, "safety_orders"),
    ("DCA", {"safety_orders": 100, "step_pct": "50", "step_multiplier": "10"}, "step_pct"),
    ("DCA", {"safety_orders": 100, "size_multiplier": "10", "step_pct": "0.1"}, "size_multiplier"),
    ("DCA", {"direction": "short", "funds_base": "1", "safety_orders": 100, "step_multiplier": "10"}, "step_multiplier"),
    ("DCA", {"min_price": "110", "max_price": "90"}, "max_price"),
    ("DCA", {"custom_ladder": [{"deviation_pct": "5", "size": "100"}, {"deviation_pct": "4", "size": "100"}]}, "custom_ladder"),
    ("DCA_FUTURES", {"safety_orders": 5000}, "safety_orders"),
    ("DCA_FUTURES", {"safety_orders": 100, "size_multiplier": "10", "step_pct": "0.1"}, "size_multiplier"),
    ("DCA_FUTURES", {"leverage": "125"}, "leverage"),
]


@pytest.mark.parametrize(("name", "change", "field"), ABSURD)
def test_an_absurd_plan_is_refused_by_name_and_soon(name: str, change: dict[str, Any], field: str) -> None:
    assert field in findings(name, change), list(findings(name, change))


@pytest.mark.parametrize("price", ["NaN", "Infinity", "0", "-1"])
@pytest.mark.parametrize("name", FORMS)
def test_a_price_that_is_none_is_refused_for_every_bot(name: str, price: str) -> None:
    (found,) = registry.validate(name, FORMS[name], D(price), market(name))
    assert (found.field, found.code) == ("price", "out_of_range")


@pytest.mark.parametrize("price", ["1e999999", "1e-999999", "1e15", "1e-15"])
@pytest.mark.parametrize("name", FORMS)
def test_a_price_no_plan_can_be_made_at_is_a_finding_not_an_accident(name: str, price: str) -> None:
    began = time.process_time()
    assert registry.validate(name, FORMS[name], D(price), market(name))
    assert time.process_time() - began < SECONDS
    with pytest.raises(registry.Invalid):
        registry.preview(name, FORMS[name], D(price), market(name))


def _case(folder: Path, name: str, change: dict[str, Any]) -> Path:
    case = json.loads(CASE.read_text())
    rules = market(name).model_dump(mode="json", exclude_none=True)
    path = folder / "case.json"
    path.write_text(json.dumps(case | {"strategy": name, "config": FORMS[name] | change, "market": rules}))
    return path


@pytest.mark.parametrize(("name", "field"), [*places(MONEY), *places(WHOLE)])
def test_the_command_line_names_the_field_and_exits_two(name: str, field: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(_case(tmp_path, name, {field: "NaN"}))]) == 2
    shown = capsys.readouterr()
    assert shown.err.startswith(f"config.{field}: ") and shown.out == ""


@pytest.mark.parametrize("name", FORMS)
def test_the_command_line_runs_a_form_that_is_right(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(_case(tmp_path, name, {})), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["fills"]


def _other(name: str, field: str) -> Any:
    """Another value of a field, one its form takes."""
    shown = registry.schema(name)["properties"][field]
    if field in MONEY[name] or field in WHOLE[name]:
        return MONEY[name][field][1] if field in MONEY[name] else WHOLE[name][field][1]
    now = registry.parse(name, FORMS[name]).model_dump(mode="json")[field]
    if isinstance(now, bool) or field == "pump_guard":
        return not now
    if "enum" in shown:
        return next(value for value in shown["enum"] if value != now)
    signals = [{"kind": "rsi", "operator": "less", "value": "30"}]
    others = {
        "start": "webhook",
        "stop_at": "2027-01-31T00:00:00Z",
        "max_active_orders": 5,
        "custom_ladder": [{"deviation_pct": "9", "size": "99"}],
    }
    return {**others, "safety_conditions": signals, "close_conditions": signals, "take_profit_steps": [{"pct": "3", "share_pct": "100"}]}[
        field
    ]


@pytest.mark.parametrize("name", FORMS)
def test_a_form_says_truly_which_fields_can_never_be_edited(name: str) -> None:
    for field, shown in registry.schema(name)["properties"].items():
        state = registry.start(name, FORMS[name], D(100), market(name), 0)
        change = {field: _other(name, field)}
        params: dict[str, object] = {"changes": change} if name[:3] in ("DCA", "COM") else change
        refused: list[tuple[str, str]] = []
        try:
            registry.apply(state, Command("edit", params, 1, "e"))
        except registry.Invalid as wrong:
            refused = [(finding.field, finding.code) for finding in wrong.findings]
        assert ((field, "not_editable") in refused) is (shown["effect"] == "never"), field


def test_a_field_is_said_once_however_much_is_wrong_with_it() -> None:
    from pydantic import ValidationError

    from strategy_core.config import Form
    from strategy_core.config import findings as in_our_words

    class Either(Form):
        what: str | Decimal

    with pytest.raises(ValidationError) as wrong:
        Either.model_validate({"what": []})
    assert len(wrong.value.errors()) == 2
    assert [finding.field for finding in in_our_words(Either, wrong.value)] == ["what"]
