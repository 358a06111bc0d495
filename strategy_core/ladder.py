"""The levels of GRID and BTD, what their configurations share, and the checks on both.

Rules
1. The ladder of the same figures is the same object (`levels` has its prices).
2. Two neighbours that are equal after rounding are an error, not a narrower ladder.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, cast

from strategy_core.conditions import AT_ONCE, StartOrDip
from strategy_core.config import BotConfig, choice, money, whole
from strategy_core.levels import Ladder
from strategy_core.number import HUNDRED, ONE, ZERO, Num, floor_to, plain
from strategy_core.state import rates
from strategy_core.trade import Finding, Market, PlannedOrder

MINIMUM_FACTOR = Decimal("1.1")
Spacing = Literal["geometric", "arithmetic"]


class LadderConfig(BotConfig):
    """The fields GRID and BTD share."""

    low: Num = money("price")
    high: Num = money("price")
    cells: int = whole("cells", ge=2, le=500)
    spacing: Spacing = choice("geometric")
    reserve_pct: Num = money("%", "0.5", ge=0, le=5)
    reinvest: Literal["fixed", "compound"] = choice("fixed")
    start: StartOrDip = choice(AT_ONCE, effect="never")
    pump_guard: bool | None = choice(None, effect="now")
    pump_guard_pct: Num = money("%", 2, ge="0.1", le=100, effect="now")
    pump_guard_fills: int = whole("fills", 3, ge=1, le=1000, effect="now")
    pump_guard_s: int = whole("s", 60, ge=1, le=86_400, effect="now")
    max_active_orders: int | None = choice(None)


_ladders: dict[tuple[Decimal, Decimal, int, str, Decimal], Ladder] = {}


def ladder_of(config: LadderConfig, market: Market) -> Ladder:
    """The ladder of a configuration; the same object for the same figures."""
    key = (config.low, config.high, config.cells, config.spacing, market.price_tick)
    found = _ladders.get(key)
    if found is None:
        if len(_ladders) >= 256:
            _ladders.clear()
        found = _ladders[key] = Ladder(*key)
    return found


def order_cap(config: LadderConfig, market: Market) -> int | None:
    """How many orders may rest at once."""
    limits = [limit for limit in (config.max_active_orders, market.max_orders) if limit is not None]
    return min(limits) if limits else None


def check_spot(market: Market) -> list[Finding]:
    """The ladders own the coins they sell: on a perpetual there are none."""
    return [Finding(field="symbol", code="wrong_market", params={"symbol": market.symbol})] if market.is_future else []


def check_ladder(config: LadderConfig, price: Decimal, market: Market) -> list[Finding]:
    """Market, range, spacing, ticks and fees. With findings here the sizes cannot be computed."""
    if config.low >= config.high:
        return [*check_spot(market), Finding(field="high", code="out_of_range", params={"min": plain(config.low)})]
    found = check_spot(market)
    if not config.low <= price <= config.high:
        params = {"price": plain(price), "low": plain(config.low), "high": plain(config.high)}
        found.append(Finding(field="low" if price < config.low else "high", code="price_outside_range", params=params))
    ladder = ladder_of(config, market)
    narrowest = 0 if config.spacing == "geometric" else config.cells - 1
    if ladder.buy(0) <= 0:
        found.append(Finding(field="low", code="out_of_range", params={"min": plain(market.price_tick)}))
    elif _collides(ladder):
        found.append(Finding(field="cells", code="levels_collide", params={"price_tick": plain(market.price_tick)}))
    ratio = ladder.raw(narrowest + 1) / ladder.raw(narrowest)
    needed = ONE / (ONE - market.maker_fee) ** 2
    if ratio <= needed:
        params = {"step_pct": percent(ratio - ONE), "needed_pct": percent(needed - ONE)}
        found.append(Finding(field="cells", code="step_below_fees", params=params))
    if config.max_active_orders is not None:
        limit = market.max_orders or 10_000
        if not 4 <= config.max_active_orders <= limit:
            found.append(Finding(field="max_active_orders", code="out_of_range", params={"min": "4", "max": str(limit)}))
    return found


def _collides(ladder: Ladder) -> bool:
    """Neighbours must be strictly apart, also the sell a level is paired with."""
    return any(ladder.buy(j) >= ladder.buy(j + 1) or ladder.sell(j) >= ladder.sell(j + 1) for j in range(ladder.n))


def narrow_step(config: LadderConfig, market: Market) -> list[Finding]:
    """A warning while the narrowest step is under twice what the fees take."""
    ladder = ladder_of(config, market)
    at = 0 if config.spacing == "geometric" else config.cells - 1
    ratio = ladder.raw(at + 1) / ladder.raw(at)
    needed = ONE / (ONE - market.maker_fee) ** 2
    if ratio - ONE >= 2 * (needed - ONE):
        return []
    return [Finding(field="cells", code="step_below_fees", params={"step_pct": percent(ratio - ONE), "needed_pct": percent(needed - ONE)})]


def break_even_step(market: Market) -> Decimal:
    """The step, in percent, at which a cell earns nothing."""
    return (ONE / (ONE - market.maker_fee) ** 2 - ONE) * HUNDRED


def percent(value: Decimal) -> str:
    return plain(round(value * HUNDRED, 4))


def check_minimum(field: str, market: Market, planned: list[PlannedOrder]) -> list[Finding]:
    """Every planned (limit) order must meet the minimum with room to spare, also as what a buy leaves after its fee."""
    b_m = rates(market).b_m
    worst: tuple[Decimal, Finding] | None = None
    for order in planned:
        price = cast(Decimal, order.price)
        net = order.amount * (ONE - b_m) if order.side == "buy" else order.amount
        got = floor_to(net, market.amount_step)
        for needed, have, what in (
            (market.min_amount * MINIMUM_FACTOR, got, "amount"),
            (market.min_notional * MINIMUM_FACTOR, got * price, "cost"),
        ):
            short = have - needed
            if (short < 0 or got <= 0) and (worst is None or short < worst[0]):
                params = {"level": plain(price), "needed": plain(needed), "got": plain(have), "what": what}
                worst = (short, Finding(field=field, code="below_min_notional", params=params))
    return [worst[1]] if worst else []


def check_trail(config: object, ladder: Ladder, name: str, mode: str, required: bool) -> list[Finding]:
    """A trailing limit must be there when needed, and beyond the edge by a step."""
    limit: Decimal | None = getattr(config, f"{name}_limit")
    if mode == "off":
        return []
    found: list[Finding] = []
    if limit is None:
        if required:
            found.append(Finding(field=f"{name}_limit", code="required"))
    elif name == "trail_up" and limit < ladder.sell(ladder.n + 1):
        found.append(Finding(field="trail_up_limit", code="trail_limit_wrong_side", params={"min": plain(ladder.sell(ladder.n + 1))}))
    elif name == "trail_down" and limit > ladder.buy(-1):
        found.append(Finding(field="trail_down_limit", code="trail_limit_wrong_side", params={"max": plain(ladder.buy(-1))}))
    return found


def ratio_of(percent_value: Decimal | None) -> Decimal:
    return (percent_value or ZERO) / HUNDRED
