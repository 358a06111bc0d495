"""DCA on futures: margin, reduce-only, liquidation, funding and the reality check."""

from __future__ import annotations

from decimal import Decimal
from importlib import util
from pathlib import Path
from typing import Any

import pytest

from strategy_core import registry
from strategy_core.number import plain
from strategy_core.trade import Command, Fill, Finding, Funding, Invalid, Look, PositionSeen, Side, Status

_spec = util.spec_from_file_location("strategy_core_walks", Path(__file__).with_name("walks.py"))
assert _spec is not None and _spec.loader is not None
walks = util.module_from_spec(_spec)
_spec.loader.exec_module(walks)

D = Decimal
PLAIN = {
    "leverage": "5", "base_order_margin": "100", "safety_order_margin": "100", "safety_orders": 3, "step_pct": "2", "take_profit_pct": "1",
    "funds_quote": "1000",
}  # fmt: skip
TABLE = {
    "base_order_margin": "100", "safety_order_margin": "100", "step_pct": "1.5", "step_multiplier": "1.2", "size_multiplier": "1.5",
    "safety_orders": 6, "take_profit_pct": "1.5", "take_profit_net": False, "mmr_pct": "0.5",
}  # fmt: skip
STEPS = [{"pct": "1", "share_pct": "50"}, {"pct": "2", "share_pct": "50"}]


def rules(**more: Any) -> Any:
    return walks.market(future=True, **{"slippage_pct": "0", "min_notional": "1", "maker_fee": "0.0002", "taker_fee": "0.0005", **more})


def bot(*, short: bool = False, market: dict[str, Any] | None = None, **config: Any) -> Any:
    fields = {**PLAIN, **({"direction": "short"} if short else {}), **config}
    return walks.Walk("DCA_FUTURES", fields, D(100), rules(**(market or {})), 1)


def go(walk: Any, *prices: str) -> Any:
    for price in prices:
        walk.at += 60_000
        walk.go(D(price))
    return walk


def wanted(walk: Any) -> dict[str, tuple[str, str]]:
    return {o.leg: (plain(o.price) if o.price is not None else "market", plain(o.amount)) for o in registry.orders(walk.state)}


def command(walk: Any, name: str, **params: Any) -> None:
    walk.trades += 1
    registry.apply(walk.state, Command(name, params, walk.at, f"c{walk.trades}"))


def found(config: dict[str, Any], **more: Any) -> list[tuple[str, str]]:
    return [(f.field, f.code) for f in registry.validate("DCA_FUTURES", config, D(100), rules(**more))]


def test_what_is_ordered_is_margin_times_leverage() -> None:
    walk = go(bot(), "100")
    assert walk.state.ledger.base == 5 and wanted(walk)["SO1"] == ("98", "5.102")


def test_every_exit_is_reduce_only_and_as_large_as_the_position() -> None:
    walk = go(bot(), "100", "98")
    exits = [o for o in registry.orders(walk.state) if o.reduce_only]
    assert [(o.leg, o.amount) for o in exits] == [("TP1", walk.state.ledger.base)]


def test_steps_share_the_position() -> None:
    walk = go(bot(take_profit_steps=STEPS), "100")
    assert wanted(walk)["TP1"][1] == wanted(walk)["TP2"][1] == "2.5"


def test_a_short_nets_its_take_profit_from_the_proceeds() -> None:
    walk = go(bot(short=True), "100")
    assert wanted(walk)["TP1"] == ("98.93", "5")  # floor(499.75 x 0.99 / (5 x 1.0002))


def test_a_short_stops_at_market() -> None:
    walk = go(bot(short=True, stop_loss_pct="7"), "100", "107")
    assert wanted(walk) == {"SL": ("market", plain(walk.state.ledger.base.copy_abs()))}
    go(walk, "107")
    assert walk.state.ledger.base in (0, D(walk.state.ledger.base))
    assert walk.state.ledger.deals == 1


def test_a_stop_that_left_a_rest_is_asked_for_again() -> None:
    walk = go(bot(stop_loss_pct="7"), "100")
    registry.apply(walk.state, Look(D(93), walk.at))
    stop = walk.state.book.orders["SL"]
    walk.state.ledger.base += 1  # as after a late entry that was folded elsewhere
    registry.apply(walk.state, Fill("SL", stop.generation, stop.side, D(93), stop.amount, D(0), "USDT", "s", walk.at))
    assert walk.state.book.orders["SL"].amount == 1 and walk.state.ledger.deals == 0


def test_a_break_even_stop_counts_fees_and_funding() -> None:
    walk = go(bot(take_profit_steps=STEPS, break_even_after_tp1=True), "100", "101.4")
    without = registry.horizon(walk.state).below
    registry.apply(walk.state, Funding(D("-1"), walk.at + 1))
    registry.apply(walk.state, Look(D("101.4"), walk.at + 2))
    below = registry.horizon(walk.state).below
    assert without is not None and below is not None and below - without > D("0.39")
    short = go(bot(short=True, take_profit_steps=STEPS, break_even_after_tp1=True), "100", "98.6")
    above = registry.horizon(short.state).above
    assert above is not None and above > 100


@pytest.mark.parametrize("short", [False, True])
def test_a_closing_profit_is_counted_net(short: bool) -> None:
    from strategy_core.dca_profit import net_profit_pct

    walk = go(bot(short=short, take_profit_pct="50"), "100", "99" if short else "101")
    assert D("0.89") < net_profit_pct(walk.state) < D("0.91")


def test_funding_is_a_line_of_its_own() -> None:
    walk = go(bot(), "100")
    before = walk.state.ledger.quote
    for _ in range(2):
        registry.apply(walk.state, Funding(D("-3"), 1_640_995_200_000))
    assert walk.state.ledger.quote == before - 3 and registry.summary(walk.state).waterfall.funding == -3
    walk = go(walk, "103", "103", "105")
    assert walk.state.ledger.funding == -3


@pytest.mark.parametrize(
    ("leverage", "expected"),
    [
        ("5", ["80.44", "79.83", "78.94", "77.79", "76.33", "74.52", "72.29"]),
        ("10", ["90.50", "89.81", "88.81", "87.51", "85.87", "83.83", "81.32"]),
    ],
)
def test_the_preview_says_where_the_position_dies(leverage: str, expected: list[str]) -> None:
    shown = registry.preview("DCA_FUTURES", {**TABLE, "leverage": leverage}, D(100), rules())
    assert [f"{D(row['liquidation']):.2f}" for row in shown.table] == expected
    assert f"{D(shown.plan['max_safe_leverage']):.2f}" == "11.58"
    assert shown.table[0]["notional"] == plain(100 * D(leverage)) and shown.table[0]["reachable"] == "true"
    assert shown.currency == "USDT" and shown.worst_case < D("2178.125")


def test_a_liquidation_before_the_last_safety_order_is_refused_unless_allowed() -> None:
    config = {**TABLE, "leverage": "12"}
    assert found(config) == [("leverage", "liquidation_inside_ladder")]
    allowed = {**config, "allow_liquidation_risk": True}
    assert found(allowed) == []
    assert [w.code for w in registry.preview("DCA_FUTURES", allowed, D(100), rules()).warnings] == ["liquidation_inside_ladder"]


@pytest.mark.parametrize(("stop", "ok"), [("27", True), ("28", False), ("14", False)])
def test_a_stop_lies_between_the_ladder_and_the_liquidation(stop: str, ok: bool) -> None:
    codes = [code for _, code in found({**TABLE, "leverage": "5", "stop_loss_pct": stop})]
    assert codes == ([] if ok else ["stop_inside_ladder" if stop == "14" else "liquidation_inside_ladder"])


def test_a_stop_of_a_short_lies_below_its_liquidation() -> None:
    config = {**PLAIN, "direction": "short", "stop_loss_of": "average"}
    assert found({**config, "stop_loss_pct": "15"}) == []
    assert found({**config, "stop_loss_pct": "25"}) == [("stop_loss_pct", "liquidation_inside_ladder")]


def test_safety_orders_by_signal_may_never_come_so_every_depth_must_survive_to_the_stop() -> None:
    signal = [{"kind": "rsi", "operator": "less", "value": "30"}]
    config = {**TABLE, "leverage": "5", "stop_loss_pct": "22", "safety_trigger": "indicators", "safety_conditions": signal}
    assert found(config) == [("stop_loss_pct", "liquidation_inside_ladder")]
    assert found({**config, "safety_trigger": "price"}) == []


def test_cross_margin_leans_on_all_of_the_bots_money() -> None:
    assert found({**TABLE, "leverage": "12", "margin_mode": "cross", "funds_quote": "20000"}) == []


def test_the_venues_leverage_and_kind_of_market_are_respected() -> None:
    assert found(PLAIN, max_leverage="3") == [("leverage", "leverage_too_high")]
    spot = walks.market(future=False)
    assert [f.code for f in registry.validate("DCA_FUTURES", PLAIN, D(100), spot)] == ["wrong_market"]


def test_a_short_that_could_never_take_its_profit_is_refused() -> None:
    assert found({**PLAIN, "direction": "short", "take_profit_pct": "100"}) == [("take_profit_pct", "out_of_range")]


def test_the_plan_has_a_limit_only_with_safety_orders() -> None:
    shown = registry.preview("DCA_FUTURES", {**PLAIN, "safety_orders": 0}, D(100), rules())
    assert "max_safe_leverage" not in shown.plan and shown.venue_orders == 1


def test_margin_of_its_own_only() -> None:
    walk = bot(funds_quote="400")
    walk.state.ledger.quote = D("250.25")
    go(walk, "100")  # 100 of it is the position's: SO1 whole, SO2 for what is left, SO3 not at all
    assert wanted(walk)["SO1"] == ("98", "5.102") and wanted(walk)["SO2"] == ("96", "2.604") and "SO3" not in wanted(walk)


def test_without_margin_no_deal_starts() -> None:
    walk = go(bot(safety_orders=0, funds_quote="100", stop_loss_pct="5"), "100", "95", "95")
    assert walk.state.reason == "insufficient_funds" and registry.horizon(walk.state) == (None, None, None)


def test_added_margin_enlarges_what_is_not_filled() -> None:
    walk = go(bot(), "100")
    command(walk, "add_funds", amount="400")
    assert wanted(walk)["SO1"] == ("98", "10.204")
    go(walk, "103")
    assert walk.state.config.base_order_margin == 200 and walk.state.config.funds_quote == 1400


def test_a_futures_deal_cannot_be_left_alone() -> None:
    walk = go(bot(), "100")
    with pytest.raises(Invalid, match="not_allowed"):
        command(walk, "cancel_deal")


# -- the seat belt and the reality check ------------------------------------------------------------------------------


def test_the_native_stop_has_our_price_and_the_whole_position() -> None:
    walk = go(bot(stop_loss_pct="7"), "100")
    assert walk.state.rules.protection(walk.state) == (Side.SELL, D("93"), D("5"))
    assert go(bot(), "100").state.rules.protection(go(bot(), "100").state) is None
    assert bot(stop_loss_pct="7").state.rules.protection(bot(stop_loss_pct="7").state) is None


def seen(walk: Any, amount: str, liquidation: str | None = None) -> None:
    walk.at += 1
    registry.apply(walk.state, PositionSeen(D(amount), D(100), None if liquidation is None else D(liquidation), walk.at))


def test_the_same_position_says_nothing() -> None:
    walk = go(bot(), "100")
    seen(walk, "5")
    assert walk.state.status is Status.ACTIVE


def test_one_strange_sighting_is_looked_at_again_at_once() -> None:
    walk = go(bot(), "100")
    seen(walk, "4")
    registry.apply(walk.state, Look(D(100), walk.at))
    assert walk.state.status is Status.ACTIVE and registry.horizon(walk.state).is_empty
    seen(walk, "5")
    registry.apply(walk.state, Look(D(100), walk.at))
    assert not registry.horizon(walk.state).is_empty


@pytest.mark.parametrize("amount", ["7", "4", "-5"])
def test_another_position_than_ours_is_an_error(amount: str) -> None:
    walk = go(bot(), "100")
    seen(walk, amount)
    seen(walk, amount)
    assert (walk.state.status, walk.state.reason) == (Status.ERROR, "position_mismatch")
    seen(walk, amount)
    assert walk.state.reason == "position_mismatch"


def test_a_position_gone_beyond_its_liquidation_price_was_liquidated() -> None:
    walk = go(bot(), "100")
    registry.apply(walk.state, Look(D("85"), walk.at))
    seen(walk, "0", "85.5")
    seen(walk, "0", "85.5")
    assert (walk.state.status, walk.state.reason) == (Status.STOPPED, "liquidated")
    assert walk.state.ledger.base == 0 and registry.orders(walk.state) == ()


def test_a_position_gone_without_a_cause_waits_for_one() -> None:
    walk = go(bot(), "100")
    seen(walk, "0")
    seen(walk, "0")
    assert walk.state.status is Status.ERROR
    command(walk, "position_lost", reason="adl", price="97")
    assert (walk.state.status, walk.state.reason) == (Status.STOPPED, "adl")
    assert walk.state.ledger.base == 0 and walk.state.ledger.realised < -15
    command(walk, "position_lost", reason="adl", price="97")
    assert walk.state.ledger.base == 0


def test_a_cause_must_be_one_we_know() -> None:
    with pytest.raises(Invalid, match="not_allowed"):
        command(go(bot(), "100"), "position_lost", reason="bored", price="97")


def test_a_flat_bot_told_of_a_loss_just_stops() -> None:
    walk = bot()
    command(walk, "position_lost", reason="delisted", price="97")
    assert (walk.state.status, walk.state.reason) == (Status.STOPPED, "delisted")


def test_while_a_market_order_is_out_nothing_is_concluded() -> None:
    walk = bot()
    seen(walk, "5")
    seen(walk, "5")
    assert walk.state.status is Status.ACTIVE


def test_the_form_knows_bounds_and_units() -> None:
    field = registry.schema("DCA_FUTURES")["properties"]["leverage"]
    assert field["maximum"] == "125" and field["unit"] == "x"
    assert isinstance(registry.validate("DCA_FUTURES", {}, D(100), rules())[0], Finding)


def test_the_worst_case_of_a_short_is_at_its_highest_entry() -> None:
    shown = registry.preview("DCA_FUTURES", {**PLAIN, "direction": "short"}, D(100), rules())
    assert shown.worst_case_price == 106 and shown.worst_case < 1000
