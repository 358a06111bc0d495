"""What was gained by selling, lot by lot: a year's disposals by FIFO, HIFO or average cost. Information, not advice.

Rules
1. Lots are per symbol and in its quote; fills come oldest first, from the very first one on, whatever year is asked for.
2. Fees are part of it: a buy costs its quote fee and brings its amount less a base fee; a sell brings its proceeds less a quote
   fee and takes a base fee out of the lots, too. A fee in a third coin stands beside, it is not converted.
3. What is sold beyond what was ever bought has no cost: the row says so and gains nothing.
4. A perpetual has no lots: what a fill realised on the position's average entry is its gain.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, localcontext
from typing import Any, Literal

from strategy_core.ledger import Kind, Ledger
from strategy_core.number import WORK, ZERO, cut, dec, plain
from strategy_core.trade import Fill, Side

Method = Literal["fifo", "hifo", "average"]
COLUMNS = (
    "disposed_at", "acquired_at", "symbol", "amount", "proceeds", "cost", "gain", "currency", "method", "is_cost_known", "other_fee",
    "other_fee_currency", "bot_id", "trade_id",
)  # fmt: skip

Doc = dict[str, Any]

RUN = 10_000  # lots: a few hundred kilobytes, packed
POSITION = ("base", "quote", "basis", "realised", "fees_value", "third")


class Lot:
    """What is left of a purchase: `amount` of base that cost `cost`."""

    __slots__ = ("amount", "at", "cost")

    def __init__(self, at: str, amount: Decimal, cost: Decimal) -> None:
        self.at, self.amount, self.cost = at, amount, cost


class Lots:
    """The lots of one symbol, taken in the order of a method."""

    def __init__(self, method: Method) -> None:
        self._method = method
        self._held: list[Lot] = []
        self._first = 0  # lots before it are used up (FIFO takes from here)

    def add(self, lot: Lot) -> None:
        if self._method == "average" and self._held:
            self._held[0].amount += lot.amount
            self._held[0].cost += lot.cost
            return
        if self._method == "hifo":
            from bisect import insort

            self._drop_used_up()  # a used-up lot has no price to sort by
            insort(self._held, lot, key=lambda one: one.cost / one.amount)
            return
        self._held.append(lot)

    def take(self, amount: Decimal) -> Iterator[tuple[Lot, Decimal, Decimal]]:
        """Parts of lots: (lot, amount, cost); less than was asked for when the lots are used up."""
        while amount > 0:
            lot = self._next()
            if lot is None:
                return
            part = min(amount, lot.amount)
            cost = lot.cost if part == lot.amount else lot.cost * part / lot.amount
            lot.amount -= part
            lot.cost -= cost
            amount -= part
            yield lot, part, cost

    def _drop_used_up(self) -> None:
        """HIFO takes from the end, so only the last lot can be empty."""
        while self._held and self._held[-1].amount <= 0:
            self._held.pop()

    def _next(self) -> Lot | None:
        held = self._held
        if self._method == "average":
            return held[0] if held and held[0].amount > 0 else None
        if self._method == "hifo":
            self._drop_used_up()
        while self._method != "hifo" and self._first < len(held) and held[self._first].amount <= 0:
            self._first += 1
        if self._first > 1_000:
            del held[: self._first]
            self._first = 0
        if self._method == "hifo":
            return held[-1] if held else None
        return held[self._first] if self._first < len(held) else None

    def runs(self) -> Iterator[list[list[str]]]:
        """What is left, as JSON, at most RUN lots at a time."""
        for start in range(self._first, len(self._held), RUN):
            run = [[lot.at, plain(lot.amount), plain(lot.cost)] for lot in self._held[start : start + RUN] if lot.amount > 0]
            if run:
                yield run

    def take_up(self, run: list[list[str]]) -> None:
        """The next run of what was stored."""
        self._held += [Lot(at, dec(amount), dec(cost)) for at, amount, cost in run]


class TaxYear:
    """Fills go in oldest first; the disposals of the year come out. What it knows can be stored and gone on with: positions at once, lots
    in runs, because nobody knows how many there are."""

    def __init__(self, method: Method, year: int) -> None:
        self._method, self._year = method, f"{year:04d}"
        self._lots: dict[str, Lots] = {}
        self._positions: dict[tuple[str, str], Ledger] = {}

    def stored(self) -> Doc:
        """The positions, as JSON."""
        return {"positions": [[*key, {name: plain(getattr(it, name)) for name in POSITION}] for key, it in self._positions.items()]}

    def runs(self) -> Iterator[tuple[str, list[list[str]]]]:
        """The open lots, (symbol, run), in the order they are taken up again."""
        return ((symbol, run) for symbol, lots in self._lots.items() for run in lots.runs())

    def take_up(self, symbol: str, run: list[list[str]]) -> None:
        self._lots.setdefault(symbol, Lots(self._method)).take_up(run)

    @classmethod
    def restored(cls, method: Method, year: int, stored: Doc) -> TaxYear:
        made = cls(method, year)
        for bot_id, symbol, figures in stored["positions"]:
            ledger = made._positions[bot_id, symbol] = position_of(symbol)
            for name in POSITION:
                setattr(ledger, name, dec(figures[name]))
        return made

    def fold(self, fill: Doc) -> list[Doc]:
        with localcontext(WORK):
            rows = self._future(fill) if ":" in fill["symbol"] else self._spot(fill)
        return rows if fill["at"].startswith(self._year) else []

    def _spot(self, fill: Doc) -> list[Doc]:
        base, _, quote = fill["symbol"].partition("/")
        amount, cost, fee = dec(fill["amount"]), dec(fill["price"]) * dec(fill["amount"]), dec(fill["fee"])
        base_fee = fee if fill["fee_currency"] == base else ZERO
        quote_fee = fee if fill["fee_currency"] == quote else ZERO
        lots = self._lots.setdefault(fill["symbol"], Lots(self._method))
        if fill["side"] == Side.BUY.value:
            if amount > base_fee:
                lots.add(Lot(fill["at"], amount - base_fee, cost + quote_fee))
            return []
        gone, proceeds = amount + base_fee, cost - quote_fee
        rows, left = [], gone
        for lot, part, spent in lots.take(gone):
            left -= part
            brought = proceeds * part / gone
            acquired = "" if self._method == "average" else lot.at
            rows.append(self._row(fill, part, brought, spent, acquired))
        if left > 0:
            rows.append(self._row(fill, left, proceeds * left / gone, None, ""))
        return rows

    def _future(self, fill: Doc) -> list[Doc]:
        key = (fill["bot_id"], fill["symbol"])
        ledger = self._positions.get(key)
        if ledger is None:
            ledger = self._positions[key] = position_of(fill["symbol"])
        before = ledger.realised
        side, price, amount = Side(fill["side"]), dec(fill["price"]), dec(fill["amount"])
        ledger.fold(Fill(fill["leg"], 0, side, price, amount, dec(fill["fee"]), fill["fee_currency"], fill["trade_id"], 0, True, ZERO))
        change = ledger.realised - before
        return [self._row(fill, amount, change, ZERO, "")] if change else []

    def _row(self, fill: Doc, amount: Decimal, proceeds: Decimal, cost: Decimal | None, acquired: str) -> Doc:
        base, _, rest = fill["symbol"].partition("/")
        quote = rest.partition(":")[0]
        other = fill["fee_currency"] not in (base, quote)
        return {
            "disposed_at": fill["at"], "acquired_at": acquired, "symbol": fill["symbol"], "amount": plain(cut(amount)),
            "proceeds": plain(cut(proceeds)), "cost": "" if cost is None else plain(cut(cost)),
            "gain": "" if cost is None else plain(cut(proceeds - cost)), "currency": quote,
            "method": "position" if ":" in fill["symbol"] else self._method, "is_cost_known": str(cost is not None).lower(),
            "other_fee": fill["fee"] if other else "", "other_fee_currency": fill["fee_currency"] if other else "",
            "bot_id": fill["bot_id"], "trade_id": fill["trade_id"],
        }  # fmt: skip


def position_of(symbol: str) -> Ledger:
    """A perpetual's ledger that has seen nothing."""
    base, _, rest = symbol.partition("/")
    return Ledger(Kind.FUTURES, base, rest.partition(":")[0])
