"""When a bot stops by itself, whatever it trades: on a date, after so many deals, at the edges of a price band.

Rules
1. Judged at looks, after the strategy's own exits and before anything new is begun. It is the owner's `stop` at that instant.
2. It waits while a market order is out: what that brings is part of what is closed.
3. The band holds from the bot's first order on, for a bot may wait for its price outside of it; the date holds always.
4. A DCA bot counts its deals itself, at the end of each, and is `finished` then.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from strategy_core import conditions
from strategy_core.closing import stop
from strategy_core.config import BotConfig, Stops
from strategy_core.number import plain
from strategy_core.state import State
from strategy_core.trade import Finding, Horizon, Market, Status

_JUDGED: Final = (Status.ACTIVE, Status.STARTING, Status.WAITING, Status.PAUSED)
_TRADING: Final = (Status.ACTIVE, Status.PAUSED)


def ends(state: State, stops: Stops) -> bool:
    """Whether a stop condition (or an exit of the strategy's own, which goes before it) took this look."""
    if state.book.markets:
        return False
    reason = _due(state, stops)
    if reason is None:
        return False
    if state.status not in _TRADING or not state.rules.exits(state):
        stop(state, reason, stops.close_mode)
    return True


def _due(state: State, stops: Stops) -> str | None:
    if stops.at is not None and state.at >= stops.at:
        return "schedule"
    if stops.deals is not None and state.ledger.deals >= stops.deals:
        return "max_deals"
    if state.book.generations and beyond(stops, state.price) is not None:
        return "price_band"
    return None


def beyond(stops: Stops, price: Decimal) -> Horizon | None:
    """Where the price must come back to when it is at or beyond an edge; None inside the band."""
    if stops.below is not None and price <= stops.below:
        return Horizon(None, stops.below, None)
    if stops.above is not None and price >= stops.above:
        return Horizon(stops.above, None, None)
    return None


def narrowed(state: State, stops: Stops, band: Horizon) -> Horizon:
    """The strategy's horizon, cut at the band's edges and at the date."""
    if state.status not in _JUDGED or band.is_empty:
        return band
    below, above, until = band
    if stops.at is not None and (until is None or stops.at < until):
        until = stops.at
    if state.book.generations:
        if stops.below is not None and (below is None or stops.below > below):
            below = stops.below
        if stops.above is not None and (above is None or stops.above < above):
            above = stops.above
    return Horizon(below, above, until)


def closes_at(config: BotConfig, own: Decimal | None, is_fall: bool, home: str = "quote") -> Decimal | None:
    """Where a fall (or a rise) is over for the owner's money: the strategy's own stop, or the band's edge when it turns all into `home`."""
    edge = config.stop_below_price if is_fall else config.stop_above_price
    if edge is None or config.stop_close_mode != home:
        return own
    if own is None:
        return edge
    return max(own, edge) if is_fall else min(own, edge)


# -- before a start, and at an edit -----------------------------------------------------------------------------------


def checked(state: State, config: Any) -> list[Finding]:
    """Everything that is wrong with a configuration for a bot that exists."""
    own: list[Finding] = state.rules.check(config, state.price, state.market)
    return own + check(config, state.price, state.market) + past(config, state.at)


def check(config: BotConfig, price: Decimal, market: Market) -> list[Finding]:
    """The band must enclose the price at which the bot begins."""
    found: list[Finding] = []
    begins = _begins_at(config, price)
    if config.stop_below_price is not None and config.stop_below_price >= begins:
        found.append(Finding(field="stop_below_price", code="stop_on_wrong_side", params={"max": plain(begins)}))
    if config.stop_above_price is not None and config.stop_above_price <= begins:
        found.append(Finding(field="stop_above_price", code="stop_on_wrong_side", params={"min": plain(begins)}))
    if config.stop_close_mode == "base" and market.is_future:
        found.append(Finding(field="stop_close_mode", code="not_allowed", params={"allowed": "keep, quote, break_even"}))
    return found


def _begins_at(config: Any, price: Decimal) -> Decimal:
    start = config.start
    waits = isinstance(start, conditions.PriceAt) and not conditions.holds(start, price, 0, {})
    return start.price if waits else price


def past(config: BotConfig, at: int) -> list[Finding]:
    """A date that is over before the bot begins."""
    stops = config.stops
    if stops is None or stops.at is None or stops.at > at:
        return []
    now = datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds")
    return [Finding(field="stop_at", code="out_of_range", params={"min": now.replace("+00:00", "Z")})]
