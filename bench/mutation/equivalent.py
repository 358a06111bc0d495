"""Edits that change nothing anyone could see, each with its reason: they are counted apart.

Rules
1. An edit is named by its module, the line as written and the edited code, so it is lost (and counted again) as soon as the line changes.
2. "Hard to test" is no reason. The only one is: no input gives another output.
"""

from __future__ import annotations

from bench.mutation.edits import Mutant

EQUIVALENT: dict[tuple[str, str, str], str] = {
    (
        "strategy_core/dca_ladder.py",
        "for row, following in zip(rows, (*rows[1:], None), strict=True):",
        "False",
    ): "both are as long as the ladder by construction: `strict` never speaks",
    (
        "strategy_core/ladder.py",
        'found.append(Finding(field="low" if price < config.low else "high", code="price_outside_range", params=params))',
        "price <= config.low",
    ): "a price at the bound is inside the range and never gets here",
    (
        "strategy_core/dca_orders.py",
        "if memory.factor is ONE and memory.extra is ONE:",
        "memory.extra is ZERO",
    ): "a short cut: without it the size is multiplied by one twice",
    (
        "strategy_core/dca_start.py",
        "if not earned or not (config.reinvest_pct or config.risk_reduction_pct):",
        "not earned and (not (config.reinvest_pct or config.risk_reduction_pct))",
    ): "a short cut: without it the scale is one plus nought",
    (
        "strategy_core/dca_start.py",
        "pct = config.reinvest_pct if earned > 0 else config.risk_reduction_pct",
        "earned >= 0",
    ): "nothing earned has returned before",
    (
        "strategy_core/loop.py",
        "if edge is not None and memory.guard_off and edge >= state.price and (above is None or edge < above):",
        "edge > state.price",
    ): "the edge is a hair above the exact price and has more digits than any tick: it is never a price seen",
    (
        "strategy_core/grid.py",
        "amount = floor_to(free, market.amount_step) if free > ZERO else ZERO",
        "free >= ZERO",
    ): "nothing, floored, is nothing",
    (
        "strategy_core/dca_money.py",
        "elif wanted < had:",
        "wanted <= had",
    ): "giving nothing back is nothing",
}


def reason_for(mutant: Mutant) -> str | None:
    return EQUIVALENT.get((mutant.path, mutant.was, mutant.now))
