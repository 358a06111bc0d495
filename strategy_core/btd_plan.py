"""BTD before it runs: its configuration, sizes, checks and preview."""

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

INIT = "INIT"


class Config(LadderConfig):
    """strategies.md 3."""

    investment: Num = money("base", effect="never")
    start_mode: Literal["sells_only", "balanced"] = choice("sells_only")
    trail_up: Literal["off", "shift"] = choice("off")
    trail_down: Literal["off", "shift"] = choice("shift")
    trail_up_limit: Num | None = money("price", None, effect="now")
    trail_down_limit: Num | None = money("price", None, effect="now")
    stop_loss_price: Num | None = money("price", None, effect="now")
    take_profit_price: Num | None = money("price", None, effect="now")
    take_profit_pct: Num | None = money("%", None, le=100_000, effect="now")


class Plan(NamedTuple):
    """`base` per sell; the buys of a balanced start by level; the first market sell."""

    base: Decimal
    empty: int
    lowest: int
    buys: dict[int, Decimal]
    initial: Decimal


def make_plan(config: Config, price: Decimal, market: Market, investment: Decimal | None = None) -> Plan:
    """strategies.md 3, sells_only and balanced."""
    ladder, n, step = ladder_of(config, market), config.cells, market.amount_step
    empty = ladder.nearest(price)
    money_ = config.investment if investment is None else investment
    if config.start_mode == "sells_only":
        each = floor_to(money_ / (n - empty), step) if n > empty else ZERO
        return Plan(each, empty, empty, {}, ZERO)
    down = price * (ONE - ratio_of(config.reserve_pct)) * (ONE - market.taker_fee)
    below = sum((ladder.sell(j + 1) for j in range(empty)), ZERO) / down
    each = floor_to((money_ - step) / ((n - empty) + below), step)
    q_m = rates(market).q_m
    buys = {j: floor_to(each * ladder.sell(j + 1) / (ladder.buy(j) * (ONE + q_m)), step) for j in range(empty - 1, -1, -1)}
    initial = ceil_to(sum((each * ladder.sell(j + 1) / down for j in range(empty)), ZERO), step)
    return Plan(each, empty, 0, buys, initial)


def check(config: Config, price: Decimal, market: Market) -> list[Finding]:
    found = check_ladder(config, price, market)
    if config.stop_loss_price is not None and config.stop_loss_price <= price:
        found.append(Finding(field="stop_loss_price", code="stop_on_wrong_side", params={"min": plain(price)}))
    if config.take_profit_price is not None and config.take_profit_price >= price:
        found.append(Finding(field="take_profit_price", code="take_profit_on_wrong_side", params={"max": plain(price)}))
    if any(finding.field in ("high", "low") or finding.code == "levels_collide" for finding in found):
        return found
    ladder = ladder_of(config, market)
    found += check_trail(config, ladder, "trail_up", config.trail_up, False)
    found += check_trail(config, ladder, "trail_down", config.trail_down, False)
    plan = make_plan(config, price, market)
    if config.start_mode == "sells_only" and plan.empty == config.cells:
        return [*found, Finding(field="high", code="no_room", params={"price": plain(price)})]
    return found + check_minimum("investment", market, planned_orders(config, plan, market))


def planned_orders(config: Config, plan: Plan, market: Market) -> list[PlannedOrder]:
    ladder = ladder_of(config, market)
    rows = [(j, Side.BUY, ladder.buy(j), amount) for j, amount in plan.buys.items()]
    rows += [(i, Side.SELL, ladder.sell(i), plan.base) for i in range(plan.empty + 1, config.cells + 1)]
    return [
        PlannedOrder(leg=leg(j), side=side, type=OrderType.LIMIT, price=at, amount=amount, cost=at * amount, role=Role.GRID)
        for j, side, at, amount in rows
    ]


def preview(config: Config, price: Decimal, market: Market) -> Preview:
    plan = make_plan(config, price, market)
    ladder = ladder_of(config, market)
    planned = planned_orders(config, plan, market)
    sold = plan.base * (config.cells - plan.empty)
    got = sum((order.cost for order in planned if order.side == "sell"), ZERO) * (ONE - market.maker_fee)
    if plan.initial:
        first = plan.initial * price
        row = PlannedOrder(leg=INIT, side=Side.SELL, type=OrderType.MARKET, price=None, amount=plan.initial, cost=first, role=Role.INITIAL)
        planned.insert(0, row)
        got += first * (ONE - market.taker_fee)
    highest = closes_at(config, config.stop_loss_price, is_fall=False, home="base") or ladder.sell(config.cells)
    needed = sold + plan.initial
    figures = {"order_amount": plain(plan.base), "empty_level": str(plan.empty), "initial_amount": plain(plan.initial)}
    return Preview(
        orders=tuple(planned),
        levels=tuple((ladder.buy(j), ladder.sell(j)) for j in range(config.cells + 1)),
        currency=market.base,
        funds_needed=needed,
        funds_left=config.investment - needed,
        fees_to_open=plan.initial * market.taker_fee,
        break_even_step_pct=break_even_step(market),
        dust=config.investment - needed,
        worst_case=config.investment - needed + got * (ONE - market.taker_fee) / highest,
        worst_case_price=highest,
        venue_orders=min(len(plan.buys) + config.cells - plan.empty, order_cap(config, market) or 10_000),
        plan=figures,
        warnings=tuple(warnings(config, market)),
    )


def warnings(config: Config, market: Market) -> list[Finding]:
    found = narrow_step(config, market)
    if config.trail_up == "shift":
        found.append(Finding(field="trail_up", code="gives_up_base"))
    if config.pump_guard is False and config.trail_down == "shift":
        found.append(Finding(field="pump_guard", code="pump_guard_off"))
    return found
