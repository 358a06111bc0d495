"""How far a bot's trading drifts from its paper twin's: price, fills and fees, order by order. Pure.

Rules
1. Executions are added up per order; an order of the one is paired with the other's of the same leg, role and side that is nearest in
   time, in order, at most PAIR_MS apart. What finds no partner is counted, not guessed.
2. Price drift is signed: positive is worse for the bot than for its twin, whichever side it traded. It is weighed by money.
3. Fees are counted in quote: a fee in base at its fill's price, one in a third coin stands beside.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from decimal import Decimal, localcontext
from statistics import median
from typing import Any, NamedTuple

from shared.clock import ms_of
from strategy_core.number import HUNDRED, WORK, ZERO, dec, plain

PAIR_MS = 3_600_000
MOST_PRICE_PCT, MOST_FEE_PCT, MOST_UNPAIRED_PCT = Decimal("0.1"), Decimal("0.02"), Decimal(10)

Doc = dict[str, Any]
Key = tuple[str, str, str]


class Done(NamedTuple):
    """What came of one order. `price` is its average, `fee` in quote."""

    key: Key
    at: int
    price: Decimal
    amount: Decimal
    fee: Decimal

    @property
    def notional(self) -> Decimal:
        return self.price * self.amount


class Orders:
    """Executions in, in any order, orders out; each row is looked at once."""

    def __init__(self) -> None:
        self._found: dict[str, list[Any]] = {}
        self.other_fees: dict[str, Decimal] = {}

    def take(self, rows: Iterable[Doc]) -> None:
        for row in rows:
            price, amount, fee = dec(row["price"]), dec(row["amount"]), self._fee(row)
            known = self._found.get(row["order_id"])
            if known is None:
                key = (row["leg"], str(row.get("role") or ""), row["side"])
                self._found[row["order_id"]] = [key, ms_of(row["at"]), price * amount, amount, fee]
            else:
                known[1] = min(known[1], ms_of(row["at"]))
                known[2] += price * amount
                known[3] += amount
                known[4] += fee

    def _fee(self, row: Doc) -> Decimal:
        base, _, quote = row["symbol"].partition("/")
        fee, currency = dec(row["fee"]), row["fee_currency"]
        if currency == quote.partition(":")[0]:
            return fee
        if currency == base:
            return fee * dec(row["price"])
        self.other_fees[currency] = self.other_fees.get(currency, ZERO) + fee
        return ZERO

    def done(self) -> list[Done]:
        """In the order they happened."""
        rows = [Done(key, at, paid / amount, amount, fee) for key, at, paid, amount, fee in self._found.values() if amount]
        return sorted(rows, key=lambda one: (one.at, one.key))


class Pairs(NamedTuple):
    both: list[tuple[Done, Done]]
    only_live: list[Done]
    only_paper: list[Done]


def pairs(live: list[Done], paper: list[Done]) -> Pairs:
    found = Pairs([], [], [])
    sides: dict[Key, tuple[deque[Done], deque[Done]]] = {}
    for k, rows in enumerate((live, paper)):
        for one in rows:
            sides.setdefault(one.key, (deque(), deque()))[k].append(one)
    for left, right in sides.values():
        while left and right:
            apart = left[0].at - right[0].at
            if abs(apart) <= PAIR_MS:
                found.both.append((left.popleft(), right.popleft()))
            elif apart < 0:
                found.only_live.append(left.popleft())
            else:
                found.only_paper.append(right.popleft())
        found.only_live.extend(left)
        found.only_paper.extend(right)
    return found


def report(live: Orders, paper: Orders, first: int, last: int) -> Doc:
    """The orders that happened in [first, last), paired over all of them: an order beside the border finds its partner beyond it."""
    with localcontext(WORK):
        found = pairs(live.done(), paper.done())
        both = [pair for pair in found.both if first <= pair[0].at < last]
        lone = [[one for one in side if first <= one.at < last] for side in (found.only_live, found.only_paper)]
        figures = {
            "orders": len(both) + len(lone[0]) + len(lone[1]), "paired": len(both), "only_live": len(lone[0]), "only_paper": len(lone[1]),
            **prices(both), **fees(both),
            "other_fees": {name: plain(amount) for name, amount in sorted(live.other_fees.items())},
        }  # fmt: skip
        return {**figures, "drifts": drifts(figures)}


def prices(both: list[tuple[Done, Done]]) -> Doc:
    if not both:
        return {"price_drift_pct": None, "worst_price_drift_pct": None, "amount_drift_pct": None, "delay_s": None}
    worse = [worse_pct(live, paper) for live, paper in both]
    weight = sum((live.notional for live, _ in both), ZERO)
    mean = sum((pct * live.notional for pct, (live, _) in zip(worse, both, strict=True)), ZERO) / weight
    wanted = sum((paper.amount for _, paper in both), ZERO)
    got = sum((live.amount for live, _ in both), ZERO)
    delay = Decimal(int(median(live.at - paper.at for live, paper in both))) / 1000
    return {
        "price_drift_pct": rounded(mean), "worst_price_drift_pct": rounded(max(worse)),
        "amount_drift_pct": rounded((got - wanted) / wanted * HUNDRED), "delay_s": plain(delay),
    }  # fmt: skip


def worse_pct(live: Done, paper: Done) -> Decimal:
    change = (live.price - paper.price) / paper.price * HUNDRED
    return change if live.key[2] == "buy" else -change


def fees(both: list[tuple[Done, Done]]) -> Doc:
    if not both:
        return {"live_fee_pct": None, "paper_fee_pct": None, "fee_drift_pct": None}
    live, paper = (sum((pair[k].fee for pair in both), ZERO) / sum((pair[k].notional for pair in both), ZERO) * HUNDRED for k in (0, 1))
    return {"live_fee_pct": rounded(live), "paper_fee_pct": rounded(paper), "fee_drift_pct": rounded(live - paper)}


def drifts(figures: Doc) -> list[str]:
    """Which of the three is beyond what a paper market can be expected to miss."""
    found = []
    if figures["price_drift_pct"] is not None and abs(dec(figures["price_drift_pct"])) > MOST_PRICE_PCT:
        found.append("price")
    lone = figures["only_live"] + figures["only_paper"]
    if figures["orders"] and Decimal(lone * 100) / figures["orders"] > MOST_UNPAIRED_PCT:
        found.append("fill")
    if figures["fee_drift_pct"] is not None and abs(dec(figures["fee_drift_pct"])) > MOST_FEE_PCT:
        found.append("fee")
    return found


def rounded(value: Decimal) -> str:
    return plain(value.quantize(Decimal("1e-6")))
