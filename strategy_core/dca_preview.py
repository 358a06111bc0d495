"""What the owner sees of a DCA bot before it starts: every order, the deal at every depth, the worst case; and the plan shown beside a run.

Rules
1. The table is unrounded: it explains the ladder. The orders are as they would be sent at this price.
2. On futures the table also says, for every depth, where the venue would close the position.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from strategy_core.dca_config import AnyDca, DcaConfig, DcaFuturesConfig
from strategy_core.dca_ladder import (
    Bought,
    Depth,
    Fees,
    amount_for,
    depths,
    ladder,
    level_order,
    raw_price,
    raw_take_profit,
    risks,
    safe_leverage,
    take_profit,
)
from strategy_core.dca_validation import needs, warn
from strategy_core.number import HUNDRED, ONE, ZERO, cut, plain
from strategy_core.state import State
from strategy_core.trade import Market, OrderType, PlannedOrder, Preview, Role, Side


def preview(config: AnyDca, price: Decimal, market: Market) -> Preview:
    rows = planned(config, price, market)
    needed = needs(config, price, market)
    at, worst = worst_case(config, price, market)
    fees = Fees.of(market)
    return Preview(
        orders=tuple(rows),
        currency=currency(config, market),
        funds_needed=needed,
        funds_left=max(own_funds(config, needed) - needed, ZERO),
        fees_to_open=(rows[0].amount if in_base(config) else rows[0].cost) * market.taker_fee,
        break_even_step_pct=cut(((ONE + fees.q_t) / ((ONE - fees.b_t) * (ONE - fees.f_m)) - ONE) * HUNDRED),
        worst_case=cut(worst),
        worst_case_price=cut(at),
        venue_orders=1 + (config.max_active_safety_orders or len(ladder(config))),
        plan=figures(config, market),
        table=tuple(table(config, price, market)),
        warnings=tuple(warn(config, price, market)),
    )


def in_base(config: AnyDca) -> bool:
    """Whether the bot's money is counted in base: a spot short's."""
    return isinstance(config, DcaConfig) and not config.is_long


def currency(config: AnyDca, market: Market) -> str:
    return market.base if in_base(config) else market.quote


def own_funds(config: AnyDca, needed: Decimal) -> Decimal:
    """The reservation; what one deal needs when the owner named none."""
    given = config.funds_base if isinstance(config, DcaConfig) and not config.is_long else config.funds_quote
    return needed if given is None else given


def planned(config: AnyDca, price: Decimal, market: Market) -> list[PlannedOrder]:
    """Base order, safety orders, and the take profit of the base order alone."""
    side, back = (Side.BUY, Side.SELL) if config.is_long else (Side.SELL, Side.BUY)
    amount = amount_for(config, config.base_size, price, market)
    rows = [_row("BO", side, None, amount, price, Role.BASE)]
    for number, level in enumerate(ladder(config), start=1):
        at, lots = level_order(config, market, price, level)
        rows.append(_row(f"SO{number}", side, at, lots, at, Role.SAFETY))
    deal = bought(config, market, price * amount, amount)
    pct = config.take_profit_steps[0].pct if config.take_profit_steps else config.take_profit_pct or ZERO
    target = take_profit(config, market, deal, deal, pct)
    rows.append(_row("TP1", back, target, amount, target, Role.TAKE_PROFIT))
    return rows


def _row(leg: str, side: Side, price: Decimal | None, amount: Decimal, at: Decimal, role: Role) -> PlannedOrder:
    kind = OrderType.MARKET if price is None else OrderType.LIMIT
    return PlannedOrder(leg=leg, side=side, type=kind, price=price, amount=amount, cost=at * amount, role=role)


def bought(config: AnyDca, market: Market, cost: Decimal, amount: Decimal) -> Bought:
    """The sums of a deal at a depth, all at taker (the cautious rate)."""
    fees = Fees.of(market)
    if config.is_long:
        return Bought(cost, amount, cost * (ONE + fees.q_t), amount * (ONE - fees.b_t))
    return Bought(cost, amount, amount, cost * (ONE - fees.f_t))


def table(config: AnyDca, price: Decimal, market: Market) -> list[dict[str, str]]:
    """A row per depth: price, size, cumulative, average, take profit, bounce needed; liquidation and reach on futures."""
    rows = depths(config, price)
    base = _sums(config, market, rows[0])
    pct = config.take_profit_steps[-1].pct if config.take_profit_steps else config.take_profit_pct or ZERO
    danger = risks(config, market, price) if isinstance(config, DcaFuturesConfig) else ()
    shown = []
    for row in rows:
        target = raw_take_profit(config, market, _sums(config, market, row), base, pct)
        bounce = abs(target / row.price - ONE) * HUNDRED
        line = {
            "price": row.price,
            "size": row.size,
            "cumulative": row.cumulative,
            "average": row.average,
            "take_profit": target,
            "bounce_pct": bounce,
        }
        texts = {"depth": str(row.depth)} | {name: plain(cut(value)) for name, value in line.items()}
        if danger:
            risk = danger[row.depth]
            texts |= {"notional": plain(cut(row.cumulative * config.leverage)), "liquidation": plain(cut(risk.liquidation))}
            texts |= {"take_profit_on_margin_pct": plain(pct * config.leverage), "reachable": "true" if risk.reachable else "false"}
        shown.append(texts)
    return shown


def _sums(config: AnyDca, market: Market, row: Depth) -> Bought:
    return bought(config, market, row.cumulative * config.leverage, row.amount)


def worst_case(config: AnyDca, price: Decimal, market: Market) -> tuple[Decimal, Decimal]:
    """(price, value of the bot's money there) with the whole ladder filled: at the stop, or at the last safety order."""
    last = depths(config, price)[-1]
    at = last.price
    if config.stop_loss_pct is not None:
        at = raw_price(config.is_long, price if config.stop_loss_of == "base" else last.average, config.stop_loss_pct)
    deal = _sums(config, market, last)
    fees = Fees.of(market)
    funds = own_funds(config, needs(config, price, market))
    if config.is_long:
        return at, funds - deal.paid + deal.got * at * (ONE - fees.f_t)
    if isinstance(config, DcaFuturesConfig):
        return at, funds + deal.got - deal.amount * at * (ONE + fees.f_t)
    return at, funds - deal.paid + deal.got * (ONE - fees.b_t) / (at * (ONE + fees.q_t))


def figures(config: AnyDca, market: Market) -> dict[str, str]:
    found = {"levels": str(len(ladder(config)))}
    if isinstance(config, DcaFuturesConfig):
        limit = safe_leverage(config, market)
        if limit is not None:
            found["max_safe_leverage"] = plain(cut(limit))
    return found


def plan(state: State) -> dict[str, Any]:
    """The ladder and, once the first base order has filled, the orders of the first deal."""
    config, market, memory = state.config, state.market, state.memory
    levels = ladder(config)
    shown: dict[str, Any] = {"ladder": [[plain(level.deviation), plain(level.size)] for level in levels]}
    p0 = memory.first_p0
    if p0 is not None:
        rows = [level_order(config, market, p0, level) for level in levels]
        shown["first_deal_orders"] = [[plain(price), plain(amount)] for price, amount in rows]
    if isinstance(config, DcaFuturesConfig):
        shown["liquidation_relative"] = [
            [risk.depth, f"{risk.average:.8f}", f"{risk.liquidation:.8f}", risk.reachable] for risk in risks(config, market, ONE)
        ]
    return shown
