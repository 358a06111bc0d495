"""What is wrong with a DCA bot before it starts: every finding at once, each with its field and the figures that decide.

Rules
1. Findings forbid a start; warnings never do.
2. Checks that need the ladder run only when the ladder itself can be built, so an absurd one costs nothing.
3. Amounts are checked as they would be sent: floored to lots, less the fee taken from them, with a tenth to spare.
"""

from __future__ import annotations

from decimal import Decimal

from strategy_core.config import HUGE
from strategy_core.dca_config import AnyDca, DcaConfig, DcaFuturesConfig
from strategy_core.dca_ladder import Fees, Level, amount_for, depths, entry_price, ladder, level_order, plan_size, raw_price, risks
from strategy_core.number import HUNDRED, ONE, ZERO, plain
from strategy_core.trade import Finding, Market

MAX_DEVIATION = Decimal(100_000)  # percent: a short ladder ends somewhere too
SPARE = Decimal("1.1")  # strategies.md 1.1: validation demands the minimum with a tenth to spare


def found(field: str, code: str, **params: object) -> Finding:
    """A finding with its figures as plain strings."""
    return Finding(field=field, code=code, params={k: plain(v) if isinstance(v, Decimal) else str(v) for k, v in params.items()})


def validate(config: AnyDca, price: Decimal, market: Market) -> list[Finding]:
    """Everything that forbids a start, the missing fields first."""
    findings = [*_missing(config), *_orders_of_rows(config), *_market(config, market)]
    levels = ladder(config)
    findings += _reach(config, levels)
    if findings:
        return findings
    return [
        *_levels(config, price, market, levels),
        *_stop(config, levels),
        *_funds(config, price, market),
        *(_liquidation(config, market) if isinstance(config, DcaFuturesConfig) else ()),
    ]


def _missing(config: AnyDca) -> list[Finding]:
    spot = isinstance(config, DcaConfig)
    needed: list[tuple[str, bool]] = [("take_profit_pct", config.take_profit_pct is None and not config.take_profit_steps)]
    if config.custom_ladder is None:
        some = config.safety_orders != 0
        needed += [
            ("safety_orders", config.safety_orders is None),
            ("step_pct", some and config.step_pct is None),
            ("safety_order_size" if spot else "safety_order_margin", some and config.safety_size is None),
        ]
    needed.append(("safety_conditions", config.safety_trigger == "indicators" and config.safety_conditions is None))
    return [found(field, "required") for field, absent in needed if absent]


def _orders_of_rows(config: AnyDca) -> list[Finding]:
    findings = []
    rungs = [rung.deviation_pct for rung in config.custom_ladder or ()]
    for row, (near, far) in enumerate(zip(rungs, rungs[1:], strict=False), start=1):
        if far <= near:
            findings.append(found("custom_ladder", "levels_collide", row=row, deviation_pct=far, previous=near))
    steps = config.take_profit_steps or ()
    for row, (a, b) in enumerate(zip(steps, steps[1:], strict=False), start=1):
        if b.pct <= a.pct:
            findings.append(found("take_profit_steps", "levels_collide", row=row, pct=b.pct, previous=a.pct))
    shares = sum((step.share_pct for step in steps), ZERO)
    if steps and shares != HUNDRED:
        findings.append(found("take_profit_steps", "out_of_range", total=shares, needed=100))
    if config.min_price is not None and config.max_price is not None and config.min_price >= config.max_price:
        findings.append(found("max_price", "out_of_range", min=config.min_price, got=config.max_price))
    return findings


def _market(config: AnyDca, market: Market) -> list[Finding]:
    findings = []
    if market.is_future != isinstance(config, DcaFuturesConfig):
        findings.append(found("symbol", "wrong_market", symbol=market.symbol))
    if isinstance(config, DcaFuturesConfig) and market.max_leverage is not None and config.leverage > market.max_leverage:
        findings.append(found("leverage", "leverage_too_high", max=market.max_leverage, got=config.leverage))
    return findings


def _reach(config: AnyDca, levels: tuple[Level, ...]) -> list[Finding]:
    """How far the ladder goes: a long one cannot reach zero; a window is no longer than the ladder."""
    findings = []
    if config.max_active_safety_orders > len(levels):
        findings.append(found("max_active_safety_orders", "out_of_range", max=len(levels), got=config.max_active_safety_orders))
    field = "step_pct" if config.custom_ladder is None else "custom_ladder"
    if config.is_long and levels and levels[-1].deviation >= HUNDRED:
        findings.append(found(field, "out_of_range", max=100, got=levels[-1].deviation))
    if config.is_long and config.stop_loss_pct is not None and config.stop_loss_pct >= HUNDRED:
        findings.append(found("stop_loss_pct", "out_of_range", max=100, got=config.stop_loss_pct))
    if levels and levels[-1].deviation > MAX_DEVIATION:
        findings.append(found("step_multiplier", "out_of_range", max=MAX_DEVIATION, got=levels[-1].deviation))
    if levels and max(levels[-1].size, levels[0].size) * config.leverage > HUGE:
        findings.append(found("size_multiplier", "out_of_range", max=HUGE, got=levels[-1].size))
    spot_net = config.take_profit_net and isinstance(config, DcaConfig)  # a net spot short always finds a price above zero
    if not config.is_long and not spot_net and _highest_take_profit(config) >= HUNDRED:
        findings.append(found("take_profit_pct", "out_of_range", max=100, got=_highest_take_profit(config)))
    return findings


def _highest_take_profit(config: AnyDca) -> Decimal:
    return config.take_profit_steps[-1].pct if config.take_profit_steps else config.take_profit_pct or ZERO


def _levels(config: AnyDca, price: Decimal, market: Market, levels: tuple[Level, ...]) -> list[Finding]:
    """Each order as it would be sent at this price: apart from the one before, and above the venue's minimum."""
    findings = []
    sizes = (
        "custom_ladder"
        if config.custom_ladder is not None
        else ("safety_order_size" if isinstance(config, DcaConfig) else "safety_order_margin")
    )
    base_field = "base_order_size" if isinstance(config, DcaConfig) else "base_order_margin"
    findings += _too_small(base_field, 0, price, amount_for(config, config.base_size, price, market), market, config)
    previous = entry_price(config.is_long, price, market)
    for number, level in enumerate(levels, start=1):
        at, amount = level_order(config, market, price, level)
        if at == previous or at <= 0:
            field = "custom_ladder" if config.custom_ladder is not None else "step_pct"
            findings.append(found(field, "levels_collide", level=number, price=at))
            break
        findings += _too_small(sizes, number, at, amount, market, config)
        previous = at
    return findings


def _too_small(field: str, level: int, price: Decimal, amount: Decimal, market: Market, config: AnyDca) -> list[Finding]:
    fees = Fees.of(market)
    kept = amount * (ONE - fees.b_t) if config.is_long else amount
    if kept < market.min_amount * SPARE:
        return [found(field, "below_min_notional", level=level, needed=market.min_amount * SPARE * price, got=kept * price)]
    if kept * price < market.min_notional * SPARE:
        return [found(field, "below_min_notional", level=level, needed=market.min_notional * SPARE, got=kept * price)]
    return [found(field, "below_min_notional", level=level, needed=market.amount_step * price, got=ZERO)] if amount == 0 else []


def _stop(config: AnyDca, levels: tuple[Level, ...]) -> list[Finding]:
    """A stop must leave the whole ladder its turn."""
    pct = config.stop_loss_pct
    if pct is None or not levels:
        return []
    if config.stop_loss_of == "base":
        return [found("stop_loss_pct", "stop_inside_ladder", min=levels[-1].deviation, got=pct)] if pct <= levels[-1].deviation else []
    rows = depths(config, ONE)
    for row, following in zip(rows, rows[1:], strict=False):
        stop = raw_price(config.is_long, row.average, pct)
        if (stop >= following.price) if config.is_long else (stop <= following.price):
            return [found("stop_loss_pct", "stop_inside_ladder", level=following.depth, got=pct)]
    return []


def needs(config: AnyDca, price: Decimal, market: Market) -> Decimal:
    """The money one whole deal takes, fees included: quote for a long, base for a short, margin on futures."""
    fees = Fees.of(market)
    rows = [(price, amount_for(config, config.base_size, price, market)), *(level_order(config, market, price, x) for x in ladder(config))]
    if isinstance(config, DcaFuturesConfig):
        return plan_size(config) + sum((p * a for p, a in rows), ZERO) * fees.f_t
    if not config.is_long:
        return sum((a for _, a in rows), ZERO)
    first, rest = rows[0], rows[1:]
    return first[0] * first[1] * (ONE + fees.q_t) + sum((p * a for p, a in rest), ZERO) * (ONE + fees.q_m)


def _funds(config: AnyDca, price: Decimal, market: Market) -> list[Finding]:
    """The reservation covers the plan (the fees on top are a warning: the last order shrinks by a lot)."""
    if isinstance(config, DcaConfig) and not config.is_long:
        needed = needs(config, price, market)
        short = config.funds_base is not None and config.funds_base < needed
        return [found("funds_base", "insufficient_funds", needed=needed, got=config.own_base)] if short else []
    needed = plan_size(config)
    if config.funds_quote is not None and config.funds_quote < needed:
        return [found("funds_quote", "insufficient_funds", needed=needed, got=config.funds_quote)]
    return []


def _liquidation(config: DcaFuturesConfig, market: Market) -> list[Finding]:
    """Every safety order, and the stop after the last one, must come before the venue closes the position."""
    if config.allow_liquidation_risk:
        return []
    rows = risks(config, market, ONE)
    for row in rows:
        if not row.reachable:
            return [found("leverage", "liquidation_inside_ladder", depth=row.depth, liquidation=row.liquidation)]
    if config.stop_loss_pct is None:
        return []
    waits = rows if config.safety_trigger == "indicators" else rows[-1:]  # by price, an earlier depth meets its safety order first
    for row in waits:
        ref = ONE if config.stop_loss_of == "base" else row.average
        stop = raw_price(config.is_long, ref, config.stop_loss_pct)
        if (stop <= row.liquidation) if config.is_long else (stop >= row.liquidation):
            return [found("stop_loss_pct", "liquidation_inside_ladder", depth=row.depth, liquidation=row.liquidation, stop=stop)]
    return []


def warn(config: AnyDca, price: Decimal, market: Market) -> list[Finding]:
    """What the owner should know and may ignore."""
    warnings = []
    fees = Fees.of(market)
    round_trip = ((ONE + fees.q_t) / ((ONE - fees.b_t) * (ONE - fees.f_m)) - ONE) * HUNDRED
    lowest = config.take_profit_steps[0].pct if config.take_profit_steps else config.take_profit_pct
    if not config.take_profit_net and lowest is not None and lowest <= 2 * round_trip:
        warnings.append(found("take_profit_pct", "step_below_fees", needed=round_trip, got=lowest))
    if config.trailing_take_profit_pct is not None and lowest is not None and config.trailing_take_profit_pct >= lowest:
        warnings.append(found("trailing_take_profit_pct", "trailing_beyond_take_profit", max=lowest, got=config.trailing_take_profit_pct))
    if config.is_long and config.funds_quote is not None and config.funds_quote < needs(config, price, market):
        warnings.append(found("funds_quote", "size_reduced", needed=needs(config, price, market), got=config.funds_quote))
    if isinstance(config, DcaFuturesConfig) and config.allow_liquidation_risk:
        strict = config.__class__.model_validate({**config.model_dump(), "allow_liquidation_risk": False})
        warnings += _liquidation(strict, market)
    if config.min_profit_pct is not None and config.close_conditions is None:
        warnings.append(found("min_profit_pct", "webhook_only"))
    return warnings
