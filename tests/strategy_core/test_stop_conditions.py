"""Stop conditions every bot has: a date, so many deals, a price band. Each is the owner's stop, at the look at which it holds."""

from __future__ import annotations

import json
import random
from decimal import Decimal
from importlib import util
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strategy_core import registry
from strategy_core.backtest import Series, run
from strategy_core.state import FINAL
from strategy_core.trade import Command, Invalid, Look, Status

_spec = util.spec_from_file_location("strategy_core_walks", Path(__file__).with_name("walks.py"))
assert _spec is not None and _spec.loader is not None
walks = util.module_from_spec(_spec)
_spec.loader.exec_module(walks)

D = Decimal
BEGIN = 1_640_995_200_000  # 2022-01-01T00:00:00Z, where a walk begins
FORMS: dict[str, dict[str, Any]] = {
    name: {**plan, **({"spacing": "arithmetic"} if name in ("GRID", "BTD") else {})} for name, plan in walks.FORMS.items()
}
DEALS = ("DCA", "DCA_FUTURES")
BAND = {"stop_below_price": "95", "stop_above_price": "103"}
every_bot = pytest.mark.parametrize("name", FORMS)


def rules(name: str) -> Any:
    return walks.market(future=name in ("COMBO", "DCA_FUTURES"), slippage_pct="0")


def bot(name: str, **config: Any) -> Any:
    return walks.Walk(name, {**FORMS[name], **config}, D(100), rules(name), 1)


def go(walk: Any, *prices: str) -> Any:
    for price in prices:
        walk.at += 60_000
        walk.go(D(price))
    return walk


def edit(walk: Any, **changes: Any) -> None:
    walk.trades += 1
    name = walk.state.name
    registry.apply(walk.state, Command("edit", {"changes": changes} if name[:3] in ("DCA", "COM") else changes, walk.at, f"e{walk.trades}"))


def findings(name: str, **config: Any) -> dict[str, tuple[str, dict[str, str]]]:
    return {f.field: (f.code, f.params) for f in registry.validate(name, {**FORMS[name], **config}, D(100), rules(name))}


def ended(walk: Any) -> tuple[str, str | None]:
    return walk.state.status.value, walk.state.reason


# -- the date ---------------------------------------------------------------------------------------------------------


@every_bot
def test_a_bot_stops_on_its_date_and_keeps_what_it_holds(name: str) -> None:
    walk = go(bot(name, stop_at="2022-01-01T00:05:00Z"), "100", "100", "100", "100")
    assert walk.state.status is Status.ACTIVE and registry.horizon(walk.state).until == BEGIN + 300_000
    held = walk.state.ledger.base
    go(walk, "100")
    assert ended(walk) == ("stopped", "schedule") and registry.orders(walk.state) == ()
    assert walk.state.ledger.base == held
    assert registry.horizon(walk.state) == (None, None, None)


def test_a_date_in_any_zone_is_an_instant() -> None:
    assert bot("GRID", stop_at="2022-01-01T02:05:00+02:00").state.config.stops.at == BEGIN + 300_000
    assert bot("GRID", stop_at="2022-01-01T00:00:00.25Z").state.config.stops.at == BEGIN + 250


@every_bot
def test_a_bot_that_waits_for_its_start_stops_on_its_date_too(name: str) -> None:
    walk = bot(name, start="webhook", stop_at="2022-01-01T00:01:00Z")
    assert walk.state.status is Status.WAITING and registry.horizon(walk.state).until == BEGIN + 60_000
    go(walk, "100")
    assert ended(walk) == ("stopped", "schedule") and walk.fills == []


@every_bot
def test_a_paused_bot_stops_on_its_date(name: str) -> None:
    walk = go(bot(name, stop_at="2022-01-01T00:10:00Z"), "100", "100")
    registry.apply(walk.state, Command("pause", {"keep_orders": False}, walk.at, "p"))
    registry.apply(walk.state, Look(D(100), walk.at))
    assert registry.horizon(walk.state).until == BEGIN + 600_000
    registry.apply(walk.state, Look(D(100), BEGIN + 600_000))
    assert ended(walk) == ("stopped", "schedule")


@every_bot
def test_a_bot_in_error_stops_on_its_date_only_when_it_is_resumed(name: str) -> None:
    walk = go(bot(name, stop_at="2022-01-01T00:03:00Z"), "100", "100")
    registry.distrust(walk.state)
    assert registry.horizon(walk.state).until is None
    go(walk, "100", "100")
    assert walk.state.status is Status.ERROR
    registry.apply(walk.state, Command("resume", {}, walk.at, "r"))
    assert registry.horizon(walk.state).is_empty
    registry.apply(walk.state, Look(D(100), walk.at))
    assert ended(walk) == ("stopped", "schedule")


@every_bot
def test_a_date_that_is_over_is_refused_before_anything_is_bought(name: str) -> None:
    for over in ("2022-01-01T00:00:00Z", "2021-12-31T23:59:59Z"):
        with pytest.raises(Invalid) as refused:
            bot(name, stop_at=over)
        (found,) = refused.value.findings
        assert (found.field, found.code, found.params) == ("stop_at", "out_of_range", {"min": "2022-01-01T00:00:00Z"})
    walk = go(bot(name), "100")
    with pytest.raises(Invalid) as refused:
        edit(walk, stop_at="2022-01-01T00:01:00Z")
    assert refused.value.field == "stop_at" and walk.state.config.stop_at is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2027-01-31T00:00:00", "zone_required"), ("tomorrow", "not_a_date"), ("", "not_a_date"), ("2027-02-30T00:00:00Z", "not_a_date"),
        (1_800_000_000, "not_a_date"), (1.5, "not_a_date"), (True, "not_a_date"), ("1800000000", "not_a_date"), ("2027-01-31", "zone_required"),
    ],
)  # fmt: skip
def test_what_is_no_instant_is_refused_by_name(text: Any, code: str) -> None:
    assert findings("GRID", stop_at=text)["stop_at"][0] == code


# -- so many deals ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        ("GRID", ("94", "101"), ("94", "101")), ("BTD", ("106", "99"), ("106", "99")), ("LOOP", ("103", "97", "103"), ("97",)),
        ("COMBO", ("98.5", "100.5"), ("98.5", "100.5")),
    ],
)  # fmt: skip
def test_a_ladder_stops_after_its_last_deal(name: str, first: tuple[str, ...], second: tuple[str, ...]) -> None:
    walk = go(bot(name, max_deals=2), "100", *first)
    assert walk.state.ledger.deals == 1 and walk.state.status is Status.ACTIVE
    go(walk, *second)
    assert walk.state.ledger.deals == 2 and ended(walk) == ("stopped", "max_deals")


@pytest.mark.parametrize("name", DEALS)
def test_a_dca_bot_is_finished_after_its_last_deal(name: str) -> None:
    walk = go(bot(name, max_deals=1), "100", "103")
    assert ended(walk) == ("finished", "max_deals") and walk.state.config.stops is None


def test_fewer_deals_than_were_made_end_the_bot_at_the_next_look() -> None:
    walk = go(bot("GRID"), "100", "94", "101", "94", "101")
    edit(walk, max_deals=1)
    assert registry.horizon(walk.state).is_empty
    registry.apply(walk.state, Look(D(101), walk.at))
    assert ended(walk) == ("stopped", "max_deals")


# -- the band ---------------------------------------------------------------------------------------------------------


@every_bot
@pytest.mark.parametrize(("inside", "edge"), [("95.01", "95"), ("102.99", "103")])
def test_a_bot_stops_where_the_price_touches_an_edge_of_its_band(name: str, inside: str, edge: str) -> None:
    plan = {"take_profit_pct": "9"} if name in DEALS else {}
    walk = go(bot(name, **BAND, **plan), "100", inside)
    assert walk.state.status is Status.ACTIVE
    below, above, _ = registry.horizon(walk.state)
    assert below is not None and above is not None and below >= 95 and above <= 103
    go(walk, edge)
    assert ended(walk) == ("stopped", "price_band") and registry.orders(walk.state) == ()


@every_bot
def test_what_is_held_is_closed_as_the_owner_chose(name: str) -> None:
    coin = "base" if name == "BTD" else "quote"
    walk = go(bot(name, stop_close_mode=coin, stop_at="2022-01-01T00:03:00Z"), "100", *(("106", "104") if name == "BTD" else ("97", "98")))
    assert walk.state.status is Status.STOPPING
    assert [(order.leg, order.type.value) for order in registry.orders(walk.state)] == [("CLOSE", "market")]
    go(walk, "104" if name == "BTD" else "98")
    assert ended(walk) == ("stopped", "schedule")
    assert (walk.state.ledger.quote if name == "BTD" else walk.state.ledger.base) < D("3" if name == "BTD" else "0.001")


def test_a_stop_at_break_even_waits_for_its_price() -> None:
    walk = go(bot("GRID", stop_below_price="95", stop_close_mode="break_even"), "100", "95")
    (order,) = registry.orders(walk.state)
    assert walk.state.status is Status.STOPPING and order.leg == "CLOSE" and order.price > 95
    go(walk, str(order.price))
    assert ended(walk) == ("stopped", "price_band") and 0 <= walk.state.ledger.total(walk.price) < D("0.1")


@pytest.mark.parametrize("name", ["COMBO", "DCA_FUTURES"])
def test_a_perpetual_cannot_close_into_base(name: str) -> None:
    assert findings(name, stop_close_mode="base") == {"stop_close_mode": ("not_allowed", {"allowed": "keep, quote, break_even"})}
    assert findings("GRID", stop_close_mode="base") == {}
    assert findings(name, stop_close_mode="sell")["stop_close_mode"][0] == "not_allowed"


@every_bot
def test_the_price_must_lie_within_the_band_at_the_start(name: str) -> None:
    assert findings(name, **BAND) == {}
    assert findings(name, stop_below_price="100") == {"stop_below_price": ("stop_on_wrong_side", {"max": "100"})}
    assert findings(name, stop_above_price="100") == {"stop_above_price": ("stop_on_wrong_side", {"min": "100"})}
    assert findings(name, stop_below_price="99.99", stop_above_price="100.01") == {}
    assert set(findings(name, stop_below_price="105", stop_above_price="95")) == {"stop_below_price", "stop_above_price"}


@every_bot
def test_a_bot_that_waits_for_a_price_has_its_band_around_that_price(name: str) -> None:
    start = {"type": "price", "operator": "less", "price": "96"}
    assert findings(name, start=start, stop_above_price="98") == {}
    assert findings(name, start=start, stop_below_price="96") == {"stop_below_price": ("stop_on_wrong_side", {"max": "96"})}
    walk = bot(name, start=start, stop_above_price="98", stop_below_price="92")
    go(walk, "101", "97")
    assert walk.state.status is Status.WAITING, "outside of the band, and not begun"
    go(walk, "95", "95", "99")
    assert ended(walk) == ("stopped", "price_band")


@every_bot
def test_no_bot_begins_beyond_its_band(name: str) -> None:
    start = {"type": "price", "operator": "less", "price": "96"}
    walk = bot(name, start=start, stop_above_price="98", stop_below_price="93")
    go(walk, "92")
    assert walk.state.status is Status.WAITING and registry.orders(walk.state) == ()
    go(walk, "93")
    assert walk.state.status is Status.WAITING and registry.orders(walk.state) == ()
    go(walk, "94", "94")
    assert walk.state.status in (Status.ACTIVE, Status.STARTING) and registry.orders(walk.state)


def test_a_deal_is_not_begun_while_the_price_is_above_the_band() -> None:
    start = {"type": "price", "operator": "greater", "price": "96"}
    walk = walks.Walk("DCA", {**FORMS["DCA"], "start": start, "stop_above_price": "98"}, D(90), rules("DCA"), 1)
    go(walk, "99")
    assert walk.state.status is Status.WAITING and registry.horizon(walk.state) == (D(98), None, None)
    go(walk, "97")
    assert registry.orders(walk.state)


# -- beside the strategy's own ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "own", "price", "reason"),
    [
        ("GRID", {"stop_loss_price": "94"}, "94", "stop_loss"), ("GRID", {"take_profit_price": "104"}, "104", "take_profit"),
        ("BTD", {"take_profit_price": "94"}, "94", "take_profit"), ("BTD", {"stop_loss_price": "104"}, "104", "stop_loss"),
        ("LOOP", {"take_profit_price": "104"}, "104", "take_profit"), ("LOOP", {"equity_guard_pct": "1"}, "94", "equity_guard"),
        ("COMBO", {"stop_loss_pct": "6"}, "94", "stop_loss"), ("COMBO", {"take_profit_price": "104"}, "104", "take_profit"),
    ],
)  # fmt: skip
def test_an_exit_of_the_strategys_own_goes_before_the_band(name: str, own: dict[str, Any], price: str, reason: str) -> None:
    walk = go(bot(name, **BAND, **own), "100", price)
    assert walk.state.reason == reason, "the bot closes as its own exit says, though the band was left as well"


@pytest.mark.parametrize("name", DEALS)
def test_a_stop_loss_closes_the_deal_and_the_band_ends_the_bot(name: str) -> None:
    own = {"stop_loss_pct": "5", "safety_orders": 2, "step_pct": "2"}
    walk = go(bot(name, **own, stop_below_price="95"), "100", "95")
    assert [order.role.value for order in registry.orders(walk.state)] == ["stop_loss"] and walk.state.status is Status.ACTIVE
    registry.apply(walk.state, Look(D("94.9"), walk.at + 1))
    assert [order.role.value for order in registry.orders(walk.state)] == ["stop_loss"], "the market order is waited for"
    go(walk, "94.8")
    assert ended(walk) == ("stopped", "price_band") and walk.state.ledger.base == 0
    assert not [fill for fill in walk.fills if fill.leg == "BO" and fill.generation > 1], "no deal is begun outside of the band"


def test_a_pause_by_the_equity_guard_is_no_exit() -> None:
    walk = go(bot("LOOP", **BAND, equity_guard_pct="1", equity_guard_action="pause"), "100", "94")
    assert ended(walk) == ("stopped", "price_band")


def test_a_market_order_that_is_out_is_waited_for() -> None:
    walk = bot("GRID", stop_at="2022-01-01T00:00:30Z", stop_close_mode="quote")
    registry.apply(walk.state, Look(D(100), BEGIN + 40_000))
    assert walk.state.status is Status.STARTING and [order.leg for order in registry.orders(walk.state)] == ["INIT"]
    go(walk, "100")
    assert walk.state.status is Status.STOPPING and walk.state.ledger.base > 0
    go(walk, "100")
    assert ended(walk) == ("stopped", "schedule") and walk.state.ledger.base == 0


def test_a_waiting_bot_that_was_begun_late_is_not_asked_for_its_own_exits() -> None:
    walk = bot("COMBO", start="webhook", stop_at="2022-01-01T00:00:30Z", take_profit_price="101")
    go(walk, "102")
    assert ended(walk) == ("stopped", "schedule")


# -- edits, stored states ---------------------------------------------------------------------------------------------


@every_bot
def test_stop_conditions_hold_from_the_moment_they_are_edited(name: str) -> None:
    walk = go(bot(name), "100", "100")
    assert walk.state.config.stops is None
    edit(walk, stop_below_price="98.5", stop_at="2022-01-01T01:00:00Z")
    registry.apply(walk.state, Look(D(100), walk.at))
    band = registry.horizon(walk.state)
    assert band.below is not None and band.below >= D("98.5") and band.until == BEGIN + 3_600_000
    with pytest.raises(Invalid) as refused:
        edit(walk, stop_above_price="99")
    assert (refused.value.field, refused.value.code) == ("stop_above_price", "stop_on_wrong_side")
    edit(walk, stop_below_price=None)
    go(walk, "98.4")
    assert walk.state.status is Status.ACTIVE
    registry.apply(walk.state, Look(D("98.4"), BEGIN + 3_600_000))
    assert ended(walk) == ("stopped", "schedule")


@every_bot
def test_a_stored_bot_keeps_its_stop_conditions(name: str) -> None:
    walk = go(bot(name, **BAND, stop_at="2022-01-01T00:30:00Z", max_deals=9, stop_close_mode="quote"), "100", "100.5")
    again = registry.load(json.loads(json.dumps(registry.dump(walk.state))))
    assert again.config == walk.state.config and again.config.stops == walk.state.config.stops
    registry.apply(again, Look(D("94"), walk.at + 1))
    assert again.reason == "price_band"


@every_bot
def test_a_form_shows_when_an_edit_of_a_stop_condition_holds(name: str) -> None:
    fields = registry.schema(name)["properties"]
    found = {
        field: fields[field]["effect"] for field in ("stop_at", "stop_below_price", "stop_above_price", "max_deals", "stop_close_mode")
    }
    assert set(found.values()) == {"now"}
    assert {"type": "string", "format": "date-time"} in fields["stop_at"]["anyOf"]
    assert fields["stop_close_mode"]["enum"] == ["keep", "quote", "base", "break_even"]


# -- whatever the market does -----------------------------------------------------------------------------------------

conditions = st.fixed_dictionaries(
    {},
    optional={
        "stop_at": st.sampled_from(("2022-01-01T00:20:00.001Z", "2022-01-01T01:07:30Z", "2022-01-01T02:00:00Z")),
        "stop_below_price": st.sampled_from(("99", "97.5", "93")),
        "stop_above_price": st.sampled_from(("101", "102.25", "108")),
        "max_deals": st.sampled_from((1, 3, 8)),
        "stop_close_mode": st.sampled_from(("keep", "quote", "break_even")),
    },
)
quick = settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
bots = st.sampled_from(sorted(FORMS))


def wandering(seed: int) -> list[list[Any]]:
    chooser, price, rows = random.Random(seed), D(100), []
    for n in range(160):
        opened = (price * D(repr(round(1 + chooser.gauss(0, 0.002), 5)))).quantize(D("0.01"))
        closed = (opened * D(repr(round(1 + chooser.gauss(0, 0.006), 5)))).quantize(D("0.01"))
        high = max(opened, closed) + D(chooser.randrange(0, 90)) / 100
        low = min(opened, closed) - D(chooser.randrange(0, 90)) / 100
        rows.append([BEGIN + n * 60_000, str(opened), str(high), str(low), str(closed)])
        price = closed
    return rows


@quick
@given(bots, conditions, st.integers(0, 10_000))
def test_leaping_to_a_stop_is_stepping_to_it(name: str, stops: dict[str, Any], seed: int) -> None:
    rows = wandering(seed)
    rows[0] = [BEGIN, "100", "100", "100", "100"]
    series = Series.of_rows(rows, 60_000)
    leaping = run(name, {**FORMS[name], **stops}, rules(name), series)
    stepping = run(name, {**FORMS[name], **stops}, rules(name), series, every_point=True)
    assert leaping.trades == stepping.trades
    assert (leaping.state.status, leaping.state.reason) == (stepping.state.status, stepping.state.reason)
    assert registry.orders(leaping.state) == registry.orders(stepping.state)


@quick
@given(bots, conditions, st.integers(0, 10_000))
def test_a_stopped_bot_was_stopped_for_a_reason_that_holds(name: str, stops: dict[str, Any], seed: int) -> None:
    walk = walks.Walk(name, {**FORMS[name], **stops}, D(100), rules(name), seed, partial=bool(seed % 2), repeat=True)
    chooser = random.Random(seed)
    while walk.state.status is not Status.STOPPING and walk.state.status not in FINAL and walk.at < BEGIN + 6_000_000:
        walk.step(0.006)
        walks.check_horizon(walk.state, chooser)
    state, config = walk.state, walk.state.config
    outside = not (config.stop_below_price or 0) < state.price < (config.stop_above_price or 10**9)
    late = config.stop_at is not None and state.at >= config.stops.at
    holds = {"schedule": late, "price_band": outside, "max_deals": config.max_deals is not None and state.ledger.deals >= config.max_deals}
    if state.reason in holds:
        assert holds[state.reason]
    else:
        assert not any(holds.values()) or state.status is Status.STARTING or state.book.markets


@pytest.mark.parametrize("name", DEALS)
def test_a_bot_paused_between_two_deals_stops_on_its_date(name: str) -> None:
    walk = go(bot(name, stop_at="2022-01-01T00:10:00Z", cooldown_s=3600), "100", "103")
    assert walk.state.status is Status.WAITING and walk.state.ledger.deals == 1
    registry.apply(walk.state, Command("pause", {}, walk.at, "p"))
    registry.apply(walk.state, Look(D(103), BEGIN + 600_000))
    assert ended(walk) == ("stopped", "schedule")


@pytest.mark.parametrize("name", ["GRID", "BTD"])
def test_a_ladder_in_error_is_not_laid_anew(name: str) -> None:
    walk = go(bot(name), "100", "100")
    registry.distrust(walk.state)
    with pytest.raises(Invalid) as refused:
        edit(walk, cells=6)
    assert (refused.value.field, refused.value.code, refused.value.params) == ("cells", "not_editable", {"status": "error"})
    edit(walk, stop_above_price="120")
    assert walk.state.config.stop_above_price == 120 and walk.state.config.cells == 4
