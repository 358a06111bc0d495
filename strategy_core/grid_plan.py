"""GRID before it runs: its configuration, the sizes of its orders, what can be wrong with them, and the preview."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, NamedTuple

from strategy_core.config import choice, money
from strategy_core.ladder import (
    LadderConfig,
    break_even_step,
    check_ladder,
    check_minimum,
    check_trail,
    ladder_of,
    narrow_step,
    order_cap,
    ratio_of,
)
from strategy_core.levels import leg
from strategy_core.number import ONE, ZERO, Num, ceil_to, floor_to, plain
from strategy_core.state import rates
from strategy_core.stop_condition import closes_at
from strategy_core.trade import Finding, Market, OrderType, PlannedOrder, Preview, Role, Side

CENT = Decimal("1e-8")
INIT = "INIT"
Trail = Literal["off", "shift", "extend"]


class Config(LadderConfig):
    """strategies.md 2."""

    size_mode: Literal["quote", "base"] = choice("quote")
    investment: Num = money("quote", effect="never")
    trail_up: Trail = choice("off")
    trail_down: Trail = choice("off")
    trail_up_limit: Num | None = money("price", None, effect="now")
    trail_down_limit: Num | None = money("price", None, effect="now")
    trail_up_budget: Num | None = money("quote", None, effect="now")
    trail_down_budget: Num | None = money("quote", None, effect="now")
    stop_loss_price: Num | None = money("price", None, effect="now")
    take_profit_price: Num | None = money("price", None, effect="now")
    take_profit_pct: Num | None = money("%", None, le=100_000, effect="now")


class Plan(NamedTuple):
    """Sizes at the start: `quote` per order or `base` per order, the empty level, and what each level gets."""

    quote: Decimal | None
    base: Decimal | None
    empty: int
    buys: dict[int, Decimal]
    sells: dict[int, Decimal]
    initial: Decimal


def make_plan(config: Config, price: Decimal, market: Market, investment: Decimal | None = None) -> Plan:
    """strategies.md 2, Sizes."""
    ladder, n = ladder_of(config, market), config.cells
    q_m, q_t, _, b_t = rates(market)
    empty = ladder.nearest(price)
    slip = price * (ONE + ratio_of(config.reserve_pct)) * (ONE + q_t)
    money_ = (config.investment if investment is None else investment) - market.amount_step * slip
    up = slip / (ONE - b_t)
    step = market.amount_step
    if config.size_mode == "quote":
        share = empty * (ONE + q_m) + up * sum((ONE / ladder.buy(i - 1) for i in range(empty + 1, n + 1)), ZERO)
        quote = floor_to(money_ / share, CENT)
        buys = {j: floor_to(quote / ladder.buy(j), step) for j in range(empty - 1, -1, -1)}
        sells = {i: floor_to(quote / ladder.buy(i - 1), step) for i in range(empty + 1, n + 1)}
        base = None
    else:
        share = sum((ladder.buy(j) for j in range(empty)), ZERO) * (ONE + q_m) + (n - empty) * up
        base = floor_to(money_ / share, step)
        buys, sells, quote = dict.fromkeys(range(empty - 1, -1, -1), base), dict.fromkeys(range(empty + 1, n + 1), base), None
    initial = ceil_to(sum(sells.values(), ZERO) / (ONE - b_t), step) if sells else ZERO
    return Plan(quote, base, empty, buys, sells, initial)


# -- before the start -------------------------------------------------------------------------------------------------


def check(config: Config, price: Decimal, market: Market) -> list[Finding]:
    found = check_ladder(config, price, market) + check_exits(config, price)
    if any(finding.field in ("high", "low") or finding.code == "levels_collide" for finding in found):
        return found
    ladder = ladder_of(config, market)
    found += check_trail(config, ladder, "trail_up", config.trail_up, True)
    found += check_trail(config, ladder, "trail_down", config.trail_down, True)
    for side in ("up", "down"):
        if getattr(config, f"trail_{side}") == "extend" and getattr(config, f"trail_{side}_budget") is None:
            found.append(Finding(field=f"trail_{side}_budget", code="required"))
    return found + check_minimum("investment", market, planned_orders(config, make_plan(config, price, market), market))


def check_exits(config: Config, price: Decimal) -> list[Finding]:
    found: list[Finding] = []
    if config.stop_loss_price is not None and config.stop_loss_price >= price:
        found.append(Finding(field="stop_loss_price", code="stop_on_wrong_side", params={"max": plain(price)}))
    if config.take_profit_price is not None and config.take_profit_price <= price:
        found.append(Finding(field="take_profit_price", code="take_profit_on_wrong_side", params={"min": plain(price)}))
    return found


def planned_orders(config: Config, plan: Plan, market: Market) -> list[PlannedOrder]:
    ladder = ladder_of(config, market)
    rows = [(j, Side.BUY, ladder.buy(j), amount) for j, amount in plan.buys.items()]
    rows += [(i, Side.SELL, ladder.sell(i), amount) for i, amount in plan.sells.items()]
    return [
        PlannedOrder(leg=leg(j), side=side, type=OrderType.LIMIT, price=at, amount=amount, cost=at * amount, role=Role.GRID)
        for j, side, at, amount in rows
    ]


def preview(config: Config, price: Decimal, market: Market) -> Preview:
    plan = make_plan(config, price, market)
    ladder = ladder_of(config, market)
    planned = planned_orders(config, plan, market)
    q_m, q_t, _, b_t = rates(market)
    spent = plan.initial * price
    if plan.initial:
        row = PlannedOrder(
            leg=INIT, side=Side.BUY, type=OrderType.MARKET, price=None, amount=plan.initial, cost=spent, role=Role.INITIAL
        )  # fmt: skip
        planned.insert(0, row)
    held = plan.initial * (ONE - b_t)
    bought = sum((order.cost for order in planned if order.side == "buy" and order.price is not None), ZERO)
    needed = spent * (ONE + q_t) + bought * (ONE + q_m)
    lowest = closes_at(config, config.stop_loss_price, is_fall=True) or ladder.buy(0)
    got = sum((amount for j, amount in plan.buys.items() if ladder.buy(j) >= lowest), ZERO)
    paid = sum((amount * ladder.buy(j) for j, amount in plan.buys.items() if ladder.buy(j) >= lowest), ZERO) * (ONE + q_m)
    worst = config.investment - spent * (ONE + q_t) - paid + (held + got * (ONE - rates(market).b_m)) * lowest
    return Preview(
        orders=tuple(planned),
        levels=tuple((ladder.buy(j), ladder.sell(j)) for j in range(config.cells + 1)),
        currency=market.quote,
        funds_needed=needed,
        funds_left=config.investment - needed,
        fees_to_open=spent * market.taker_fee,
        break_even_step_pct=break_even_step(market),
        dust=held - sum(plan.sells.values(), ZERO),
        worst_case=worst,
        worst_case_price=lowest,
        venue_orders=min(len(plan.buys) + len(plan.sells), order_cap(config, market) or 10_000),
        plan=plan_figures(plan),
        warnings=tuple(warnings(config, market)),
    )


def warnings(config: Config, market: Market) -> list[Finding]:
    found = narrow_step(config, market)
    if config.trail_down == "shift":
        found.append(Finding(field="trail_down", code="realises_losses"))
    if config.pump_guard is False and (config.trail_up != "off" or config.trail_down != "off"):
        found.append(Finding(field="pump_guard", code="pump_guard_off"))
    return found


def plan_figures(plan: Plan) -> dict[str, str]:
    figures = {"order_quote": plan.quote, "order_amount": plan.base, "initial_amount": plan.initial}
    return {**{name: plain(value) for name, value in figures.items() if value is not None}, "empty_level": str(plan.empty)}
