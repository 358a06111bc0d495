"""Ending a bot: everything off the book, one close order, and what it is re-sized to when a late fill comes.

Rules
1. The close order is a function of the ledger and the close mode; a late fill makes the same close under the next generation.
2. With nothing to close (or less than the venue takes) the bot is stopped at once.
3. On futures the close is reduce-only, and zero is verified.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from strategy_core.book import Taken
from strategy_core.decimals import HUNDRED, ONE, ZERO, ceil_to, dec, floor_to
from strategy_core.ledger import Kind
from strategy_core.state import State, rates
from strategy_core.trade import Market, Role, Side, Status

CLOSE: Final = "CLOSE"


def meets_minimum(market: Market, amount: Decimal, price: Decimal) -> bool:
    return amount > ZERO and amount >= market.min_amount and amount * price >= market.min_notional


def stop(state: State, reason: str, mode: str, percent: Decimal = HUNDRED) -> None:
    """Everything off the book, then the close order of `mode`. With nothing to close the bot is stopped at once."""
    state.book.clear()
    state.missed.clear()
    state.late.clear()
    state.ending.clear()
    state.suspended = False
    state.close_mode = mode if mode != "partial" else f"partial:{percent}"
    state.become(Status.STOPPING, reason)
    _ask_close(state)


def _ask_close(state: State) -> None:
    wanted = close_order(state)
    if wanted is None:
        state.become(Status.STOPPED, state.reason)
        return
    side, price, amount = wanted
    state.book.place(CLOSE, side, price, amount, Role.CLOSE, state.at, state.ledger.kind is Kind.FUTURES)


def close_order(state: State) -> tuple[Side, Decimal | None, Decimal] | None:
    """Side, price (None: market) and amount that closes the bot as `close_mode` says, from the ledger alone."""
    mode = state.close_mode or "keep"
    ledger, market = state.ledger, state.market
    found: tuple[Side, Decimal | None, Decimal] | None = None
    if mode == "break_even" and ledger.total(state.price) >= 0:  # nothing to make good: home, into what the bot counts in
        mode = "base" if ledger.kind is Kind.BASE else "quote"
    if mode == "break_even":
        found = break_even_order(state)
    elif mode == "base" and ledger.kind is not Kind.FUTURES:
        found = (Side.BUY, None, buy_everything(state))
    elif mode != "keep":
        share = dec(mode.split(":")[1]) / HUNDRED if mode.startswith("partial:") else ONE
        held = ledger.base * share
        found = (Side.SELL if held > 0 else Side.BUY, None, floor_to(abs(held), market.amount_step))
    if found is None or not meets_minimum(market, found[2], found[1] or state.price):
        return None
    return found


def buy_everything(state: State) -> Decimal:
    """strategies.md 1.6, mode `base`: what all quote buys, with the reserve for slippage."""
    reserve = getattr(state.config, "reserve_pct", Decimal("0.5")) / HUNDRED
    each = state.price * (ONE + reserve) * (ONE + rates(state.market).q_t)
    return floor_to(state.ledger.quote / each, state.market.amount_step)


def break_even_order(state: State) -> tuple[Side, Decimal | None, Decimal] | None:
    """The one limit order at which total PnL is nought: side, price, amount."""
    ledger, market = state.ledger, state.market
    fee = market.maker_fee
    third = ledger.third
    if ledger.kind is Kind.QUOTE:
        due = ledger.put_quote + third - ledger.quote
        if ledger.base <= 0 or due <= 0:
            return None
        price = ceil_to(due / (ledger.base * (ONE - fee)), market.price_tick)
        return Side.SELL, price, floor_to(ledger.base, market.amount_step)
    if ledger.kind is Kind.BASE:
        due = ledger.put_base - ledger.base
        if ledger.quote <= 0 or due <= 0:
            return None
        q_m, _, b_m, _ = rates(market)
        price = floor_to((ledger.quote - third) * (ONE - b_m) / (due * (ONE + q_m)), market.price_tick)
        return Side.BUY, price, floor_to(ledger.quote / (price * (ONE + q_m)), market.amount_step)
    held = abs(ledger.base)
    if not held:
        return None
    if ledger.base > 0:
        due = ledger.basis + ledger.put_quote + third - ledger.quote
        return Side.SELL, ceil_to(due / (held * (ONE - fee)), market.price_tick), held
    got = ledger.basis - ledger.put_quote - third + ledger.quote
    return Side.BUY, floor_to(got / (held * (ONE + fee)), market.price_tick), held


def resize_close(state: State) -> None:
    """A late fill changed what there is to close: the same close under the next generation."""
    wanted = close_order(state)
    old = state.book.orders.get(CLOSE)
    if old is not None:
        state.book.drop(CLOSE)
    if wanted is None:
        state.become(Status.STOPPED, state.reason)
        return
    state.book.place(CLOSE, wanted[0], wanted[1], wanted[2], Role.CLOSE, state.at, state.ledger.kind is Kind.FUTURES)


def closed(state: State, taken: Taken) -> None:
    if not taken.done:
        return
    if state.ledger.kind is Kind.FUTURES and state.ledger.base and state.close_mode in ("quote", "break_even"):
        resize_close(state)  # verify zero
        return
    state.become(Status.STOPPED, state.reason)
