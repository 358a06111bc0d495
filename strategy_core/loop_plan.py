"""LOOP before it runs: its configuration, levels, sizes, checks and preview."""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Literal, NamedTuple

from strategy_core.conditions import AT_ONCE, Start
from strategy_core.config import BotConfig, choice, money, whole
from strategy_core.ladder import break_even_step, check_minimum, check_spot, percent, ratio_of
from strategy_core.number import ONE, WORK, ZERO, Num, ceil_to, floor_to, plain
from strategy_core.state import rates
from strategy_core.stop_condition import closes_at
from strategy_core.trade import Finding, Market, OrderType, PlannedOrder, Preview, Role, Side

CENT = Decimal("1e-8")
INIT = "INIT"


class Config(BotConfig):
    """strategies.md 5."""

    investment: Num = money("quote", effect="never")
    order_count: int = whole("orders", ge=10, le=40, effect="never")
    distance_pct: Num = money("%", ge="0.5", le=50, effect="never")
    low: Num | None = money("price", None, effect="never")
    high: Num | None = money("price", None, effect="never")
    max_expansion: int | None = whole("levels", None, ge=0, le=200, effect="never")
    reserve_pct: Num = money("%", "0.5", ge=0, le=5, effect="never")
    take_profit_price: Num | None = money("price", None, effect="now")
    take_profit_pct: Num | None = money("%", None, le=100_000, effect="now")
    exit_coin: Literal["quote", "base", "both"] = choice("quote", effect="now")
    equity_guard_pct: Num | None = money("%", None, ge=1, le=90, effect="now")
    equity_guard_action: Literal["pause", "close"] = choice("close", effect="now")
    start: Start = choice(AT_ONCE, effect="never")


class Levels:
    """buy_i = floor(E (1-d)^i), sell_i = ceil(E (1+d)^i), computed when first asked for."""

    __slots__ = ("entry", "distance", "tick", "_buys", "_sells")

    def __init__(self, entry: Decimal, distance: Decimal, tick: Decimal) -> None:
        self.entry, self.distance, self.tick = entry, distance, tick
        self._buys: dict[int, Decimal] = {}
        self._sells: dict[int, Decimal] = {}

    def buy(self, i: int) -> Decimal:
        found = self._buys.get(i)
        if found is None:
            with localcontext(WORK):
                found = self._buys[i] = floor_to(self.entry * (ONE - self.distance) ** i, self.tick)
        return found

    def sell(self, i: int) -> Decimal:
        found = self._sells.get(i)
        if found is None:
            with localcontext(WORK):
                found = self._sells[i] = ceil_to(self.entry * (ONE + self.distance) ** i, self.tick)
        return found


_levels: dict[tuple[Decimal, Decimal, Decimal], Levels] = {}


def levels_of(entry: Decimal, distance_pct: Decimal, tick: Decimal) -> Levels:
    """The levels of an entry; the same object for the same figures."""
    key = (entry, ratio_of(distance_pct), tick)
    found = _levels.get(key)
    if found is None:
        if len(_levels) >= 256:
            _levels.clear()
        found = _levels[key] = Levels(*key)
    return found


class Plan(NamedTuple):
    """Quote per slice, base per first sell, and the first market buy."""

    slice: Decimal
    unit: Decimal
    initial: Decimal


def make_plan(config: Config, price: Decimal, market: Market) -> Plan:
    """strategies.md 5, Start."""
    half = config.order_count // 2
    q_m, q_t, _, b_t = rates(market)
    worst = (ONE + ratio_of(config.reserve_pct)) * (ONE + q_t)
    step = market.amount_step
    share = half * (ONE + q_m) + half * worst / (ONE - b_t)
    each = floor_to((config.investment - step * price * worst) / share, CENT)
    unit = floor_to(each / price, step)
    return Plan(each, unit, ceil_to(half * unit / (ONE - b_t), step))


def check(config: Config, price: Decimal, market: Market) -> list[Finding]:
    found = check_spot(market)
    half = config.order_count // 2
    if config.order_count % 2:
        found.append(Finding(field="order_count", code="not_on_step", params={"step": "2"}))
    levels = levels_of(price, config.distance_pct, market.price_tick)
    lowest, highest = levels.buy(half), levels.sell(half)
    buys = [price, *(levels.buy(i) for i in range(1, half + 1))]
    sells = [price, *(levels.sell(i) for i in range(1, half + 1))]
    if (
        lowest <= 0
        or any(a <= b for a, b in zip(buys, buys[1:], strict=False))
        or any(a >= b for a, b in zip(sells, sells[1:], strict=False))
    ):
        return [*found, Finding(field="distance_pct", code="levels_collide", params={"price_tick": plain(market.price_tick)})]
    if config.low is not None and config.low > lowest:
        found.append(Finding(field="low", code="out_of_range", params={"max": plain(lowest)}))
    if config.high is not None and config.high < highest:
        found.append(Finding(field="high", code="out_of_range", params={"min": plain(highest)}))
    if config.take_profit_price is not None and config.take_profit_price <= price:
        found.append(Finding(field="take_profit_price", code="take_profit_on_wrong_side", params={"min": plain(price)}))
    needed = ONE / (ONE - market.maker_fee) ** 2 - ONE
    if ratio_of(config.distance_pct) <= needed:
        params = {"step_pct": plain(config.distance_pct), "needed_pct": percent(needed)}
        found.append(Finding(field="distance_pct", code="step_below_fees", params=params))
    return found + check_minimum("investment", market, planned_orders(config, price, market))


def planned_orders(config: Config, price: Decimal, market: Market) -> list[PlannedOrder]:
    plan = make_plan(config, price, market)
    levels = levels_of(price, config.distance_pct, market.price_tick)
    half = config.order_count // 2
    rows = [(f"S{i}", Side.SELL, levels.sell(i), plan.unit) for i in range(1, half + 1)]
    rows += [(f"B{i}", Side.BUY, levels.buy(i), floor_to(plan.slice / levels.buy(i), market.amount_step)) for i in range(1, half + 1)]
    return [
        PlannedOrder(leg=leg, side=side, type=OrderType.LIMIT, price=at, amount=amount, cost=at * amount, role=Role.LOOP)
        for leg, side, at, amount in rows
    ]


def preview(config: Config, price: Decimal, market: Market) -> Preview:
    plan = make_plan(config, price, market)
    planned = planned_orders(config, price, market)
    q_m, q_t, b_m, b_t = rates(market)
    spent = plan.initial * price
    buys = [order for order in planned if order.side == "buy"]
    bought = sum((order.cost for order in buys), ZERO) * (ONE + q_m)
    needed = spent * (ONE + q_t) + bought
    held = plan.initial * (ONE - b_t)
    lowest = closes_at(config, None, is_fall=True) or levels_of(price, config.distance_pct, market.price_tick).buy(config.order_count // 2)
    met = [order for order in buys if order.price is not None and order.price >= lowest]
    paid = sum((order.cost for order in met), ZERO) * (ONE + q_m)
    worst = config.investment - spent * (ONE + q_t) - paid + (held + sum((order.amount for order in met), ZERO) * (ONE - b_m)) * lowest
    first = PlannedOrder(leg=INIT, side=Side.BUY, type=OrderType.MARKET, price=None, amount=plan.initial, cost=spent, role=Role.INITIAL)
    return Preview(
        orders=(first, *planned),
        currency=market.quote,
        funds_needed=needed,
        funds_left=config.investment - needed,
        fees_to_open=spent * market.taker_fee,
        break_even_step_pct=break_even_step(market),
        dust=held - plan.unit * (config.order_count // 2),
        worst_case=worst,
        worst_case_price=lowest,
        venue_orders=config.order_count,
        plan={"slice_quote": plain(plan.slice), "sell_amount": plain(plan.unit), "initial_amount": plain(plan.initial)},
        warnings=tuple(_warnings(config, market)),
    )


def _warnings(config: Config, market: Market) -> list[Finding]:
    needed = ONE / (ONE - market.maker_fee) ** 2 - ONE
    if ratio_of(config.distance_pct) >= 2 * needed:
        return []
    return [
        Finding(
            field="distance_pct", code="step_below_fees", params={"step_pct": plain(config.distance_pct), "needed_pct": percent(needed)}
        )
    ]
