"""COMBO before it starts: its fields, its levels, what is wrong with it, what the owner sees.

Rules
1. Index j grows towards profit: `raw_j = anchor (1 + step)^j` for a long, `^-j` for a short.
2. `entry(j)` opens a unit (long BUY floor, short SELL ceil), `exit(j)` closes one (long SELL ceil, short BUY floor).
3. One unit is the same base amount at every level: floor(margin x leverage / (N P0)).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, NamedTuple

from strategy_core.conditions import AT_ONCE, StartOrDip
from strategy_core.config import BotConfig, choice, money, whole
from strategy_core.number import HUNDRED, ONE, ZERO, Num, ceil_to, cut, floor_to, plain
from strategy_core.stop_condition import closes_at
from strategy_core.trade import Finding, Market, OrderType, PlannedOrder, Preview, Role, Side

INIT, REFILL = "INIT", "REFILL"
SPARE = Decimal("1.1")


class Config(BotConfig):
    """A grid towards profit and DCA against it, on a linear perpetual."""

    direction: Literal["long", "short"] = choice("long", effect="never")
    margin: Num = money("quote", effect="never")
    leverage: Num = money("x", 1, ge=1, le=125, effect="never")
    margin_mode: Literal["isolated", "cross"] = choice("isolated", effect="never")
    levels: int = whole("levels", ge=10, le=40)
    grid_levels: int | None = whole("levels", None, ge=1, le=39)  # half of the levels when left out
    step_pct: Num = money("%", ge="0.1", le=5)
    refill_on_shift: bool = choice(True, effect="now")
    take_profit_price: Num | None = money("price", None, effect="now")
    take_profit_pct: Num | None = money("%", None, effect="now")  # of the margin, on total PnL
    stop_loss_pct: Num | None = money("%", None, ge="0.5", le=90, effect="now")  # always trailing
    mmr_pct: Num | None = money("%", None, ge=0, le=50, effect="never")
    start: StartOrDip = choice(AT_ONCE, effect="never")

    @property
    def is_long(self) -> bool:
        return self.direction == "long"

    @property
    def up(self) -> int:
        """Levels towards profit at the start (g)."""
        return self.levels // 2 if self.grid_levels is None else self.grid_levels


class Levels:
    """Prices by index around an anchor; each computed when first asked for."""

    __slots__ = ("anchor", "ratio", "is_long", "tick", "_entry", "_exit")

    def __init__(self, config: Config, anchor: Decimal, market: Market) -> None:
        self.anchor, self.is_long, self.tick = anchor, config.is_long, market.price_tick
        self.ratio = ONE + config.step_pct / HUNDRED
        self._entry: dict[int, Decimal] = {}
        self._exit: dict[int, Decimal] = {}

    def raw(self, j: int) -> Decimal:
        return self.anchor * self.ratio ** (j if self.is_long else -j)

    def entry(self, j: int) -> Decimal:
        found = self._entry.get(j)
        if found is None:
            found = self._entry[j] = floor_to(self.raw(j), self.tick) if self.is_long else ceil_to(self.raw(j), self.tick)
        return found

    def exit(self, j: int) -> Decimal:
        found = self._exit.get(j)
        if found is None:
            found = self._exit[j] = ceil_to(self.raw(j), self.tick) if self.is_long else floor_to(self.raw(j), self.tick)
        return found

    def reached(self, j: int, price: Decimal) -> bool:
        """Whether a price is at or beyond level j, towards profit."""
        return price >= self.exit(j) if self.is_long else price <= self.exit(j)


def unit_of(config: Config, margin: Decimal, price: Decimal, market: Market) -> Decimal:
    return floor_to(margin * config.leverage / (config.levels * price), market.amount_step)


class Full(NamedTuple):
    """The position with every entry filled, and where the venue would close it."""

    amount: Decimal
    average: Decimal
    liquidation: Decimal


def full_position(config: Config, price: Decimal, market: Market) -> Full:
    """All N units: those bought at the start at `price`, the others at their entries."""
    levels = Levels(config, price, market)
    unit = unit_of(config, config.margin, price, market)
    down = config.levels - config.up
    cost = (price * config.up + sum((levels.entry(-i) for i in range(1, down + 1)), ZERO)) * unit
    amount = unit * config.levels
    average = cost / amount
    return Full(amount, average, liquidation_of(config, market, average, amount))


def liquidation_of(config: Config, market: Market, average: Decimal, amount: Decimal) -> Decimal:
    """Where the venue would close a position: isolated by the margin of its orders, cross by all of the bot's."""
    cushion = config.margin / amount if config.margin_mode == "cross" else average / config.leverage
    pct = config.mmr_pct if config.mmr_pct is not None else market.mmr_pct
    rate = (Decimal("0.5") if pct is None else pct) / HUNDRED + market.taker_fee
    liquidation = (average - cushion) / (ONE - rate) if config.is_long else (average + cushion) / (ONE + rate)
    return max(liquidation, ZERO)


def _found(field: str, code: str, **params: object) -> Finding:
    return Finding(field=field, code=code, params={k: plain(v) if isinstance(v, Decimal) else str(v) for k, v in params.items()})


def check(config: Config, price: Decimal, market: Market) -> list[Finding]:
    findings = _fields(config, price, market)
    if findings:
        return findings
    return [*_sizes(config, price, market), *_danger(config, price, market)]


def _fields(config: Config, price: Decimal, market: Market) -> list[Finding]:
    findings = []
    if not market.is_future:
        findings.append(_found("symbol", "wrong_market", symbol=market.symbol))
    if config.up >= config.levels:
        findings.append(_found("grid_levels", "out_of_range", min=1, max=config.levels - 1, got=config.up))
    if market.max_leverage is not None and config.leverage > market.max_leverage:
        findings.append(_found("leverage", "leverage_too_high", max=market.max_leverage, got=config.leverage))
    needed = (ONE / (ONE - market.maker_fee) ** 2 - ONE) * HUNDRED
    if config.step_pct <= needed:
        findings.append(_found("step_pct", "step_below_fees", needed=cut(needed), got=config.step_pct))
    target = config.take_profit_price
    if target is not None and (target <= price if config.is_long else target >= price):
        findings.append(_found("take_profit_price", "take_profit_on_wrong_side", price=price, got=target))
    levels = Levels(config, price, market)
    window = range(config.up - config.levels, config.up)
    if any(levels.entry(j) == levels.entry(j + 1) or levels.exit(j) == levels.exit(j + 1) for j in window):
        findings.append(_found("step_pct", "levels_collide", price_tick=market.price_tick))
    return findings


def _sizes(config: Config, price: Decimal, market: Market) -> list[Finding]:
    """The unit must be one the venue takes at the cheapest level, with a tenth to spare."""
    unit = unit_of(config, config.margin, price, market)
    levels = Levels(config, price, market)
    cheapest = levels.entry(config.up - config.levels) if config.is_long else levels.exit(config.up)
    level = config.up - config.levels if config.is_long else config.up
    needed = max(market.min_notional, market.min_amount * cheapest) * SPARE
    if unit * cheapest < needed or not unit:
        return [_found("margin", "below_min_notional", level=level, needed=max(needed, market.amount_step * cheapest), got=unit * cheapest)]
    return []


def _danger(config: Config, price: Decimal, market: Market) -> list[Finding]:
    """With all N units the venue must not close the position before the last entry, nor before the stop."""
    if not unit_of(config, config.margin, price, market):
        return []
    liquidation = full_position(config, price, market).liquidation
    last = Levels(config, price, market).entry(config.up - config.levels)
    if (liquidation >= last) if config.is_long else (liquidation <= last):
        return [_found("leverage", "liquidation_inside_ladder", liquidation=cut(liquidation), last_entry=last)]
    if config.stop_loss_pct is not None:
        stop = stop_from(config, price)
        if (stop <= liquidation) if config.is_long else (stop >= liquidation):
            return [_found("stop_loss_pct", "liquidation_inside_ladder", liquidation=cut(liquidation), stop=stop)]
    return []


def stop_from(config: Config, best: Decimal) -> Decimal:
    """The trailing stop under (over) the best price seen. Only with a stop configured."""
    away = (config.stop_loss_pct or ZERO) / HUNDRED
    return best * (ONE - away) if config.is_long else best * (ONE + away)


def preview(config: Config, price: Decimal, market: Market) -> Preview:
    levels = Levels(config, price, market)
    unit = unit_of(config, config.margin, price, market)
    side, back = (Side.BUY, Side.SELL) if config.is_long else (Side.SELL, Side.BUY)
    initial = unit * config.up
    rows = [
        PlannedOrder(leg=INIT, side=side, type=OrderType.MARKET, price=None, amount=initial, cost=initial * price, role=Role.INITIAL),
        *(_planned(j, back, levels.exit(j), unit, Role.GRID) for j in range(1, config.up + 1)),
        *(_planned(-i, side, levels.entry(-i), unit, Role.DCA) for i in range(1, config.levels - config.up + 1)),
    ]
    full = full_position(config, price, market)
    own = stop_from(config, price) if config.stop_loss_pct is not None else None
    worst = closes_at(config, own, config.is_long) or levels.entry(config.up - config.levels)
    loss = (worst - full.average if config.is_long else full.average - worst) * full.amount
    fees = initial * price * market.taker_fee
    close = worst * full.amount * market.taker_fee
    return Preview(
        orders=tuple(rows),
        levels=tuple((levels.entry(j), levels.exit(j)) for j in range(config.up - config.levels, config.up + 1)),
        currency=market.quote,
        funds_needed=config.margin,
        funds_left=ZERO,
        fees_to_open=fees,
        break_even_step_pct=cut((ONE / (ONE - market.maker_fee) ** 2 - ONE) * HUNDRED),
        worst_case=cut(config.margin + loss - fees - close),
        worst_case_price=cut(worst),
        venue_orders=config.levels,
        plan={
            "unit_amount": plain(unit),
            "initial_amount": plain(initial),
            "liquidation": plain(cut(full.liquidation)),
            "notional": plain(full.amount * price),
        },
        warnings=tuple(_warnings(config, market)),
    )


def _planned(j: int, side: Side, price: Decimal, amount: Decimal, role: Role) -> PlannedOrder:
    return PlannedOrder(leg=f"L{j}", side=side, type=OrderType.LIMIT, price=price, amount=amount, cost=price * amount, role=role)


def _warnings(config: Config, market: Market) -> list[Finding]:
    twice = 2 * (ONE / (ONE - market.maker_fee) ** 2 - ONE) * HUNDRED
    return [_found("step_pct", "step_below_fees", needed=cut(twice), got=config.step_pct)] if config.step_pct < twice else []
