"""The orders of a GRID: what a level's buy and sell are, as far as the bot's own money goes."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, cast

from strategy_core.decimals import ZERO, floor_to
from strategy_core.grid_memory import GridMemory
from strategy_core.levels import leg
from strategy_core.mechanics import meets_minimum
from strategy_core.state import State
from strategy_core.trade import Fill, Role, Side

_BUY: Final = Side.BUY
_SELL: Final = Side.SELL
_GRID: Final = Role.GRID


def planned(state: State, j: int) -> Decimal:
    """The planned size of a buy at level j."""
    memory: GridMemory = state.memory
    size = memory.sizes.get(j)
    if size is None:
        if memory.base is not None:
            size = memory.base
        else:
            size = floor_to(cast(Decimal, memory.quote) / memory.ladder.buy(j), state.market.amount_step)
        memory.sizes[j] = size
    return size


def rest_buy(state: State, j: int, amount: Decimal) -> bool:
    """Rests a buy at level j, or adds to the one there, as far as it can be paid; False: parked."""
    book, memory = state.book, cast(GridMemory, state.memory)
    market = state.market
    name = leg(j)
    price = memory.ladder.buy(j)
    there = book.orders.get(name)
    if there is not None and there.side is not _BUY:
        memory.parked[j] = None
        return False
    factor = state.buy_factor
    free = state.free_quote()
    bid = memory.bids.get(j)
    if there is None and bid is not None and bid[0] is price and bid[1] is amount and bid[2] is factor and bid[4] <= free:
        book.place(name, _BUY, price, amount, _GRID, state.at, False, 0, bid[3])
        return True
    cost = amount * price
    need = cost * factor
    if need > free:
        wanted, amount = amount, floor_to(max(free, ZERO) / (price * factor), market.amount_step)
        state.note("size_reduced", leg=name, wanted=wanted, amount=amount, coin=market.quote)
        cost = amount * price
        need = cost * factor
    if there is not None:
        if amount > 0:
            book.replace(name, book.remaining(there) + amount, state.at)
        return True
    if not meets_minimum(market, amount, price):
        if j not in memory.parked:
            state.note("parked", leg=name, side="buy")
        memory.parked[j] = None
        return False
    memory.bids[j] = (price, amount, factor, cost, need)
    book.place(name, _BUY, price, amount, _GRID, state.at, False, 0, cost)
    return True


def rest_sell(state: State, i: int, amount: Decimal, origin: Decimal | None = None) -> bool:
    """Rests a sell of `amount` (the bot has it) at level i, or adds to the one there; False: parked."""
    book, memory = state.book, cast(GridMemory, state.memory)
    name = leg(i)
    price = memory.ladder.sell(i)
    there = book.orders.get(name)
    if there is not None and there.side is _SELL:
        left = book.remaining(there)
        if origin is not None:
            memory.origins[name] = (memory.origins.get(name, origin) * left + origin * amount) / (left + amount)
        book.replace(name, left + amount, state.at)
        return True
    if there is not None or not _is_ask(state, memory, i, amount, price):
        if i not in memory.parked:
            state.note("parked", leg=name, side="sell")
        memory.parked[i] = (amount if there is not None else ZERO, origin)
        return False
    book.place(name, _SELL, price, amount, _GRID, state.at)
    if origin is not None:
        memory.origins[name] = origin
    return True


def _is_ask(state: State, memory: GridMemory, i: int, amount: Decimal, price: Decimal) -> bool:
    """Whether the venue takes a sell of this size at level i."""
    known, factor = memory.asks.get(i), state.buy_factor
    if known is not None and known[0] is price and known[1] is amount and known[2] is factor:
        return True
    found = meets_minimum(state.market, amount, price)
    if found:
        memory.asks[i] = (price, amount, factor)
    return found


def dust(state: State) -> Decimal:
    """Base that no sell holds and no level has set aside."""
    free = state.free_base()
    memory = state.memory
    return free - memory.set_aside() if memory.held or memory.parked else free


def quote_fee(state: State, fill: Fill) -> Decimal:
    return fill.fee if fill.fee_currency == state.ledger.quote_coin else ZERO
