"""The arithmetic of one DCA deal: the ladder, the take profit, the liquidation price. Pure functions, nothing remembered.

Rules
1. Deviations are percent of p0, the average price at which the base order filled (never of the deal's average).
2. Raw figures are exact; only what becomes an order is rounded: buy prices floor, sell prices ceil, amounts floor.
3. `size` is quote on spot and margin on futures; `size x leverage` is the notional of both (leverage 1 on spot).
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from strategy_core.dca_config import AnyDca, DcaFuturesConfig
from strategy_core.decimals import HUNDRED, ONE, ZERO, ceil_to, floor_to
from strategy_core.state import rates
from strategy_core.trade import Market


class Level(NamedTuple):
    """One safety order as planned: distance from p0 in percent, and size."""

    deviation: Decimal
    size: Decimal


class Depth(NamedTuple):
    """A deal with the base order and `depth` safety orders filled, relative to a base price; nothing rounded."""

    depth: int
    price: Decimal
    size: Decimal
    cumulative: Decimal
    amount: Decimal
    average: Decimal


def ladder(config: AnyDca) -> tuple[Level, ...]:
    """The safety orders as (deviation, size), nearest first. Empty when there are none (or what defines them is missing)."""
    if config.custom_ladder is not None:
        return tuple(Level(rung.deviation_pct, rung.size) for rung in config.custom_ladder)
    step, size = config.step_pct, config.safety_size
    if step is None or size is None:
        return ()
    levels = []
    deviation = ZERO
    for _ in range(config.safety_orders or 0):
        deviation += step
        levels.append(Level(deviation, size))
        step *= config.step_multiplier
        size *= config.size_multiplier
    return tuple(levels)


def raw_price(is_long: bool, p0: Decimal, deviation: Decimal) -> Decimal:
    return p0 * (HUNDRED - deviation if is_long else HUNDRED + deviation) / HUNDRED


def level_order(config: AnyDca, market: Market, p0: Decimal, level: Level) -> tuple[Decimal, Decimal]:
    """(price, amount) of a safety order."""
    if config.direction == "long":
        price = floor_to(p0 * (HUNDRED - level.deviation) / HUNDRED, market.price_tick)
    else:
        price = ceil_to(p0 * (HUNDRED + level.deviation) / HUNDRED, market.price_tick)
    return price, floor_to(level.size * config.leverage / price, market.amount_step) if price > 0 else ZERO


def entry_price(is_long: bool, raw: Decimal, market: Market) -> Decimal:
    return floor_to(raw, market.price_tick) if is_long else ceil_to(raw, market.price_tick)


def exit_price(is_long: bool, raw: Decimal, market: Market) -> Decimal:
    return ceil_to(raw, market.price_tick) if is_long else floor_to(raw, market.price_tick)


def amount_for(config: AnyDca, size: Decimal, price: Decimal, market: Market) -> Decimal:
    return floor_to(size * config.leverage / price, market.amount_step)


def plan_size(config: AnyDca) -> Decimal:
    """Full cost of one deal: base order and every safety order, in quote (margin on futures)."""
    return config.base_size + sum((level.size for level in ladder(config)), ZERO)


def depths(config: AnyDca, p0: Decimal) -> tuple[Depth, ...]:
    """The deal at every depth, as planned from p0."""
    rows = []
    cumulative = amount = ZERO
    for index, level in enumerate((Level(ZERO, config.base_size), *ladder(config))):
        price = raw_price(config.is_long, p0, level.deviation)
        cumulative += level.size
        amount += level.size * config.leverage / price
        rows.append(Depth(index, price, level.size, cumulative, amount, cumulative * config.leverage / amount))
    return tuple(rows)


class Fees(NamedTuple):
    """Rates as the formulas name them: q on a buy's cost, b taken from bought base, f on a sell; maker and taker."""

    q_m: Decimal
    q_t: Decimal
    b_m: Decimal
    b_t: Decimal
    f_m: Decimal
    f_t: Decimal

    @classmethod
    def of(cls, market: Market) -> Fees:
        q_m, q_t, b_m, b_t = rates(market)
        return cls(q_m, q_t, b_m, b_t, market.maker_fee, market.taker_fee)


class Bought(NamedTuple):
    """What a deal (or its base order) has entered with: gross cost and amount, and net of fees.

    `cost` and `amount` are gross. Long: `paid` quote with fees, `got` base. Short: `paid` base, `got` quote.
    """

    cost: Decimal
    amount: Decimal
    paid: Decimal
    got: Decimal

    @property
    def average(self) -> Decimal:
        return self.cost / self.amount


def take_profit(config: AnyDca, market: Market, deal: Bought, base: Bought, pct: Decimal) -> Decimal:
    """The limit price at which the whole deal earns `pct`: of all that was put in, or of the base order's part."""
    return exit_price(config.is_long, raw_take_profit(config, market, deal, base, pct), market)


def raw_take_profit(config: AnyDca, market: Market, deal: Bought, base: Bought, pct: Decimal) -> Decimal:
    tp = pct / HUNDRED
    of_base = config.take_profit_of == "base"
    if not config.take_profit_net:
        gain = tp * base.average * base.amount / deal.amount if of_base else tp * deal.average
        return deal.average + gain if config.is_long else deal.average - gain
    fees = Fees.of(market)
    part = base if of_base else deal
    if config.is_long:
        return (deal.paid + tp * part.paid) / (deal.got * (ONE - fees.f_m))
    if isinstance(config, DcaFuturesConfig):
        return (deal.got - tp * part.got) / (deal.amount * (ONE + fees.f_m))
    return deal.got * (ONE - fees.b_m) / ((deal.paid + tp * part.paid) * (ONE + fees.q_m))


# -- liquidation (strategies.md 7) -------------------------------------------------------------------------------------


def maintenance(config: DcaFuturesConfig, market: Market) -> Decimal:
    """The maintenance margin rate as a fraction: the owner's, the venue's tier, else 0.5 %."""
    pct = config.mmr_pct if config.mmr_pct is not None else market.mmr_pct
    return (Decimal("0.5") if pct is None else pct) / HUNDRED


def liquidation_price(config: DcaFuturesConfig, market: Market, average: Decimal, amount: Decimal) -> Decimal:
    """Where the venue would close the position: isolated by the margin of its orders, cross by all of the bot's money."""
    cushion = average / config.leverage
    if config.margin_mode == "cross":
        cushion = max(config.funds_quote or ZERO, plan_size(config)) / amount
    rate = maintenance(config, market) + market.taker_fee
    if config.is_long:
        return max((average - cushion) / (ONE - rate), ZERO)
    return (average + cushion) / (ONE + rate)


class Risk(NamedTuple):
    """One row of the liquidation table. `reachable`: the next safety order comes before the liquidation (true when there is none)."""

    depth: int
    average: Decimal
    liquidation: Decimal
    reachable: bool


def risks(config: DcaFuturesConfig, market: Market, p0: Decimal) -> tuple[Risk, ...]:
    rows = depths(config, p0)
    out = []
    for row, following in zip(rows, (*rows[1:], None), strict=True):
        price = liquidation_price(config, market, row.average, row.amount)
        reachable = following is None or (price < following.price if config.is_long else price > following.price)
        out.append(Risk(row.depth, row.average, price, reachable))
    return tuple(out)


def safe_leverage(config: DcaFuturesConfig, market: Market) -> Decimal | None:
    """The highest leverage at which every safety order comes before the liquidation; None without safety orders."""
    rate = maintenance(config, market) + market.taker_fee
    rows = depths(config, ONE)
    limits = []
    for row, following in zip(rows, rows[1:], strict=False):
        ratio = following.price / row.average
        room = ONE - ratio * (ONE - rate) if config.is_long else ratio * (ONE + rate) - ONE
        limits.append(ONE / room)
    return min(limits, default=None)
