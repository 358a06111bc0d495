"""The bot's money after every fill of a run, as columns for the figures, and what its fills won and lost.

Rules
1. A bot is worth `idle` and what it `held` at the price of the moment: base beside quote, quote beside base for a bot counted in base,
   on futures the signed position beside the wallet less what the position cost.
2. On spot a fill's terms say what it changes, and the same terms come again and again: each change is a float once, and the columns
   are the sums. Where the owner's money came in, and at every fill on futures, they begin anew at the exact figure.
3. A sum of floats differs from the exact money by less than 1e-11 of it; gains and losses are exact.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np

from strategy_core.decimals import ZERO
from strategy_core.ledger import Kind, Ledger
from strategy_core.trade import Side


class Terms:
    """What a fill at this price, of this amount, pays; what was held and idle before it changes by `held` and `idle` (floats)."""

    __slots__ = ("price", "amount", "maker", "fee", "coin", "cost", "held", "idle")

    def __init__(self, price: Decimal, amount: Decimal, maker: bool, fee: Decimal, coin: str, cost: Decimal, held: Any, idle: Any) -> None:
        self.price, self.amount, self.maker = price, amount, maker
        self.fee, self.coin, self.cost = fee, coin, cost
        self.held, self.idle = held, idle


class Money:
    """`marks`: (fills before it, held, idle, and what the owner had given of each), exact."""

    __slots__ = ("ledger", "terms", "marks", "gains", "losses", "wins", "closed", "_is_base", "_is_future", "_base", "_quote", "_realised")

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.terms: list[Terms] = []
        self.marks: list[tuple[int, float, float, float, float]] = []
        self.gains: Decimal = ZERO
        self.losses: Decimal = ZERO
        self.wins = self.closed = 0
        self._is_base, self._is_future = ledger.kind is Kind.BASE, ledger.kind is Kind.FUTURES
        self._realised: Decimal = ledger.realised
        self._mark()

    def of(self, side: Side, price: Decimal, amount: Decimal, maker: bool, fee: Decimal, coin: str) -> Terms:
        """The terms of a fill with this fee."""
        cost = price * amount
        base, quote = (amount, -cost) if side is Side.BUY else (-amount, cost)
        if coin == self.ledger.base_coin:
            base -= fee
        else:
            quote -= fee
        held, idle = (quote, base) if self._is_base else (base, quote)
        if self._is_future:  # what it changes depends on the position
            held = idle = ZERO
        return Terms(price, amount, maker, fee, coin, cost, float(held), float(idle))

    def after(self, terms: Terms) -> None:
        """A fill on these terms was folded."""
        self.terms.append(terms)
        own = self.ledger
        if self._is_future or own.put_quote is not self._quote or own.put_base is not self._base:
            self._mark()
        realised = own.realised
        if realised is not self._realised:  # most buys realise nothing
            change = realised - self._realised
            self._realised = realised
            if change:
                self.closed += 1
                if change > ZERO:
                    self.wins += 1
                    self.gains += change
                else:
                    self.losses -= change

    def _mark(self) -> None:
        own = self.ledger
        self._base, self._quote = own.put_base, own.put_quote
        held, idle, put_held, put_idle = own.base, own.quote, own.put_base, own.put_quote
        if self._is_base:
            held, idle, put_held, put_idle = idle, held, put_idle, put_held
        elif self._is_future:
            idle = idle - own.basis if held > ZERO else idle + own.basis
        self.marks.append((len(self.terms), float(held), float(idle), float(put_held), float(put_idle)))

    def columns(self) -> tuple[Any, Any, Any, Any]:
        """Held, idle and what was given of each: before the first fill, and after each."""
        rows, held, idle, put_held, put_idle = (np.array(column) for column in zip(*self.marks, strict=True))
        spans = np.diff(rows, append=len(self.terms) + 1)

        def summed(changes: list[Any], exact: Any) -> Any:
            total = np.cumsum(np.array([0.0, *changes]))
            return total + np.repeat(exact - total[rows], spans)

        held = summed([each.held for each in self.terms], held)
        idle = summed([each.idle for each in self.terms], idle)
        return held, idle, np.repeat(put_held, spans), np.repeat(put_idle, spans)
