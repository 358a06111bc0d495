"""What a bot owns and what it has earned: the fold of its fills.

Rules
1. A fill changes the ledger and nothing else does, except funding and money the owner adds.
2. `realised` is average-cost (strategies.md 1.7): spot in quote, spot in base (mirrored) or futures (average entry).
3. A fee in a third coin is a line of its own, valued at fill time; nothing is subtracted from base or quote for it.
4. The waterfall adds up by construction: inventory is what the other lines leave of the total.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, NamedTuple

from strategy_core.decimals import ONE, ZERO, plain
from strategy_core.trade import Fill, Side


class Kind(StrEnum):
    QUOTE = "quote"  # spot, counted in quote
    BASE = "base"  # spot, counted in base
    FUTURES = "futures"  # `base` is the signed position, `quote` the wallet


class Waterfall(NamedTuple):
    """cell_profit + inventory_pnl - fees + funding = total, in the numeraire."""

    cell_profit: Decimal
    inventory_pnl: Decimal
    fees: Decimal
    funding: Decimal
    total: Decimal


_QUOTE: Final = Kind.QUOTE
_BASE: Final = Kind.BASE
_BUY: Final = Side.BUY
_MONEY = ("base", "quote", "put_base", "put_quote", "basis", "realised", "cell", "fees_value", "third", "funding")


class Ledger:
    """Balances, cost basis and the running sums. `put_*` is the money the owner gave; `basis` the cost of what is held."""

    __slots__ = ("kind", "base_coin", "quote_coin", *_MONEY, "fees", "deals")

    kind: Kind
    base_coin: str
    quote_coin: str
    base: Decimal
    quote: Decimal
    put_base: Decimal
    put_quote: Decimal
    basis: Decimal
    realised: Decimal
    cell: Decimal
    fees_value: Decimal
    third: Decimal
    funding: Decimal
    fees: dict[str, Decimal]
    deals: int

    def __init__(self, kind: Kind, base_coin: str, quote_coin: str, base: Decimal = ZERO, quote: Decimal = ZERO) -> None:
        self.kind = kind
        self.base_coin = base_coin
        self.quote_coin = quote_coin
        self.base = self.put_base = base
        self.quote = self.put_quote = quote
        self.basis = self.realised = self.cell = self.fees_value = self.third = self.funding = ZERO
        self.fees = {}
        self.deals = 0

    def add(self, base: Decimal = ZERO, quote: Decimal = ZERO) -> None:
        """The owner's money comes in (or, negative, goes)."""
        self.base += base
        self.put_base += base
        self.quote += quote
        self.put_quote += quote

    def fold(self, fill: Fill, cost: Decimal | None = None) -> None:
        """One execution, once: the caller has made sure it was not seen before. `cost`: price x amount, of whoever has it at hand."""
        _, _, side, price, amount, fee, coin, _, _, _, _ = fill
        fees = self.fees
        fees[coin] = fees[coin] + fee if coin in fees else fee
        if cost is None:
            cost = price * amount
        base_fee = quote_fee = ZERO
        if coin == self.quote_coin:
            quote_fee = fee
        elif coin == self.base_coin:
            base_fee = fee
        else:
            self.third += fill.fee_value
        kind = self.kind
        if kind is _QUOTE:
            if side is _BUY:
                spent = cost + quote_fee
                self.base += amount if base_fee is ZERO else amount - base_fee
                self.quote -= spent
                self.basis += spent
            else:
                self._sold(cost - quote_fee, amount if base_fee is ZERO else amount + base_fee)
            self.fees_value += quote_fee if base_fee is ZERO else base_fee * price
        elif kind is _BASE:
            self._base(side, amount, cost, base_fee, quote_fee)
            self.fees_value += base_fee if quote_fee is ZERO else quote_fee / price
        else:
            self._futures(side, price, amount, cost, quote_fee)
            self.fees_value += quote_fee

    def _sold(self, net: Decimal, gone: Decimal) -> None:
        """Spot counted in quote: a sell takes its share of the basis with it."""
        part = self.basis if gone >= self.base else self.basis * gone / self.base
        self.basis -= part
        self.realised += net - part
        self.base -= gone
        self.quote += net

    def _base(self, side: Side, amount: Decimal, cost: Decimal, base_fee: Decimal, quote_fee: Decimal) -> None:
        """Spot counted in base: a buy takes its share of the base given for the quote it spends."""
        if side is Side.SELL:
            gone = amount + base_fee
            self.base -= gone
            self.quote += cost - quote_fee
            self.basis += gone
            return
        spent = cost + quote_fee
        got = amount - base_fee
        part = self.basis if spent >= self.quote else self.basis * spent / self.quote
        self.basis -= part
        self.realised += got - part
        self.quote -= spent
        self.base += got

    def _futures(self, side: Side, price: Decimal, amount: Decimal, cost: Decimal, quote_fee: Decimal) -> None:
        signed = amount if side is Side.BUY else -amount
        held = self.base
        gain = ZERO
        if not held or (held > 0) == (signed > 0):
            self.basis += cost
        else:
            closed = min(amount, abs(held))
            part = self.basis * closed / abs(held)
            worth = price * closed
            gain = worth - part if held > 0 else part - worth
            self.basis -= part
            if amount > closed:
                self.basis = price * (amount - closed)
        self.base = held + signed
        self.quote += gain - quote_fee
        self.realised += gain - quote_fee

    def pay_funding(self, amount: Decimal) -> None:
        """Negative was paid."""
        self.funding += amount
        self.quote += amount
        self.realised += amount

    @property
    def average(self) -> Decimal | None:
        """Average cost of what is held (quote per base)."""
        if self.kind is Kind.BASE:
            return self.quote / self.basis if self.basis else None
        return self.basis / abs(self.base) if self.base and self.basis else None

    def value(self, price: Decimal) -> Decimal:
        """What the bot's money is worth in the numeraire."""
        if self.kind is Kind.QUOTE:
            return self.quote + self.base * price
        if self.kind is Kind.BASE:
            return self.base + self.quote / price
        worth = self.base * price
        return self.quote + (worth - self.basis if self.base > 0 else worth + self.basis)

    def put_in(self, price: Decimal) -> Decimal:
        """What the owner gave, in the numeraire."""
        if self.kind is Kind.BASE:
            return self.put_base + (self.put_quote / price if self.put_quote else ZERO)
        return self.put_quote + (self.put_base * price if self.put_base else ZERO)

    def total(self, price: Decimal) -> Decimal:
        third = self.third if self.kind is not Kind.BASE else self.third / price
        return self.value(price) - self.put_in(price) - third

    def waterfall(self, price: Decimal) -> Waterfall:
        third = self.third if self.kind is not Kind.BASE else self.third / price
        total, fees = self.total(price), self.fees_value + third
        return Waterfall(self.cell, total + fees - self.funding - self.cell, fees, self.funding, total)

    def hodl(self, start: Decimal, price: Decimal, taker: Decimal) -> Decimal:
        """PnL of having bought base with everything at the start (taker fee paid), in the numeraire."""
        if self.kind is Kind.BASE:
            return ZERO
        bought = self.put_quote / (start * (ONE + taker))
        return bought * price - self.put_quote

    def dump(self) -> dict[str, Any]:
        """Only what is not zero."""
        data: dict[str, Any] = {"kind": self.kind.value, "deals": self.deals, "fees": {coin: plain(fee) for coin, fee in self.fees.items()}}
        for name in _MONEY:
            value = getattr(self, name)
            if value:
                data[name] = plain(value)
        return data

    @classmethod
    def load(cls, data: dict[str, Any], base_coin: str, quote_coin: str) -> Ledger:
        ledger = cls(Kind(data["kind"]), base_coin, quote_coin)
        for name in _MONEY:
            text = data.get(name)
            if text is not None:
                setattr(ledger, name, Decimal(text))
        ledger.fees = {coin: Decimal(fee) for coin, fee in data["fees"].items()}
        ledger.deals = data["deals"]
        return ledger
