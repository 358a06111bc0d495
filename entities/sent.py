"""What was committed for sending and what is known of it: the order protocol of one bot.

Rules
1. An order is committed here as PENDING, with `signed_at` and `deadline`, before anybody sends it.
2. A known order (acknowledged, seen resting, seen in a trade) is never sent again, whatever a look-up answers.
3. A PENDING order that is not found is sent again, under its old id and a new deadline, only after the ambiguity window: then a late
   arrival of the first sending is impossible. EXPIRED is no proof by itself: the activity may have run twice and sent the first time.
   A refusal of the first that is told only now is the first's (entities/answers.py).
4. More in trades than was ordered is a mismatch at once, less than the venue counted is one after TRADES_LATE_MS.
5. A venue too busy to take an order has not refused it: it is asked again under its own id after a growing pause, as often as it takes.
6. An order is forgotten only when it is over, every trade the venue counted has arrived, and nobody wants it.
7. The paper venue can be told never to take an id: an order it does not know and nobody wants is cancelled there like one that rests.
   To forget it would be wrong however long ago it was signed: another tick of this bot may be placing it at this very moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from strategy_core.intent import Sent
from strategy_core.number import ZERO, dec, plain
from strategy_core.storage import load_order, order_row
from strategy_core.trade import Ended, Fact, Fill, Order

MAX_ATTEMPTS = 5
LOOK_AGAIN_MS = 1_000
TRADES_LATE_MS = 600_000
NOT_NOW = ("rate_limited",)  # refusals that say nothing of the order
LONGEST_PAUSE_MS = 60_000


class Window(NamedTuple):
    """`exp_ms`: how long a signed order may arrive. `ambiguous_ms`: after that an order not found may be sent again. `claims`: whether
    the right to send must be taken first, because the venue could take the same id twice (shared/claims.py). `forget_ms`: after that an
    order not found never was; longer, for on a venue without deadlines the last to be sent may arrive later, and would rest unknown.

    The paper venue shows an order at once and refuses its id for ever after, so an order it does not know is sent again at once: a host
    that was away for a minute must not make an order later than the path of prices has it.
    """

    exp_ms: int
    ambiguous_ms: int
    claims: bool
    forget_ms: int


PAPER_WINDOW = Window(60_000, 0, claims=False, forget_ms=0)
VENUE_WINDOW = Window(30_000, 40_000, claims=True, forget_ms=60_000)


@dataclass(slots=True)
class Row:
    """One committed order. `filled`: the trades seen; `final`: the venue's figure once the order is over.

    `looked_at`: when its fate was last asked for; of an order that is over, since when trades are missing.
    """

    order: Order
    state: Sent
    signed_at: int
    deadline: int
    attempts: int = 1
    order_id: str | None = None
    filled: Decimal = ZERO
    final: Decimal | None = None
    looked_at: int = 0
    put_off: int = 0  # how many of the attempts the venue was too busy for

    @property
    def is_settled(self) -> bool:
        return self.state is Sent.OVER and (self.final is None or self.filled >= self.final)

    @property
    def binding(self) -> Sent:
        """Its state for what may be placed beside it: while trades the venue counted are missing, what is left to trade is unknown."""
        return Sent.CANCELLING if self.state is Sent.OVER and not self.is_settled else self.state

    def dump(self) -> list[Any]:
        final = None if self.final is None else plain(self.final)
        return [
            order_row(self.order), self.state.value, self.signed_at, self.deadline, self.attempts, self.order_id,
            plain(self.filled), final, self.looked_at, *([self.put_off] if self.put_off else []),
        ]  # fmt: skip

    @classmethod
    def load(cls, data: list[Any]) -> Row:
        order, state, signed_at, deadline, attempts, order_id, filled, final, looked_at, *put_off = data
        last = None if final is None else dec(final)
        return cls(load_order(order), Sent(state), signed_at, deadline, attempts, order_id, dec(filled), last, looked_at, *put_off)


class Book:
    """Every committed order that is not forgotten, by client order id."""

    def __init__(self, rows: dict[str, Row], window: Window) -> None:
        self.rows, self.window = rows, window

    def mine(self) -> list[str]:
        """The orders whose trades or end are still to come."""
        return [id_ for id_, row in self.rows.items() if not row.is_settled]

    def is_covered(self, asked: list[str] | None) -> bool:
        """Whether a look that asked for these (beginnings of) ids could tell the trades of every order that may have traded.

        One that began at an old projection cannot: the trades of orders committed since have no name in it, and the venue's window of
        trades must not move past them.
        """
        return asked is None or not self.window.claims or all(id_.startswith(tuple(asked)) for id_ in self.mine())

    def commit(self, id_: str, order: Order, now: int) -> Row:
        row = self.rows[id_] = Row(order, Sent.PENDING, now, now + self.window.exp_ms)
        return row

    def commit_again(self, row: Row, now: int) -> None:
        row.attempts, row.signed_at, row.deadline, row.looked_at = row.attempts + 1, now, now + self.window.exp_ms, 0

    def find(self, client_order_id: str | None, order_id: str | None) -> tuple[str, Row] | None:
        if client_order_id in self.rows:
            return str(client_order_id), self.rows[str(client_order_id)]
        return next(((id_, row) for id_, row in self.rows.items() if order_id is not None and row.order_id == order_id), None)

    def trade(self, row: Row, trade: dict[str, Any]) -> Fill:
        """A trade not seen before, as the core's fact."""
        amount = dec(trade["amount"])
        row.filled += amount
        row.order_id = row.order_id or trade["order_id"]
        if row.state is Sent.PENDING:
            row.state = Sent.OPEN
        if row.filled >= row.order.amount:
            row.state, row.final = Sent.OVER, row.filled
        return Fill(
            row.order.leg, row.order.generation, row.order.side, dec(trade["price"]), amount, dec(trade["fee"]), trade["fee_currency"],
            trade["trade_id"], int(trade["at"]), bool(trade["maker"]),
        )  # fmt: skip

    def seen_resting(self, ids: list[str]) -> None:
        for id_ in ids:
            row = self.rows.get(id_)
            if row is not None and row.state is Sent.PENDING:
                row.state = Sent.OPEN

    def report(self, row: Row, report: dict[str, Any], at: int) -> list[Fact]:
        """The venue's word on one order. `report`: order_id, filled, status (ccxt's words)."""
        if row.state is Sent.OVER:
            return []
        row.order_id = row.order_id or report["order_id"]
        if report["status"] == "open":
            row.state = Sent.OPEN if row.state is Sent.PENDING else row.state
            return []
        asked = row.state is Sent.CANCELLING
        row.state, row.final, row.looked_at = Sent.OVER, dec(report["filled"]), 0
        if report["status"] == "closed":
            return []
        reasons = {"canceled": "cancelled" if asked else "missing", "rejected": "rejected", "expired": "expired"}
        return [_ended(row, reasons[report["status"]], row.final, at)]

    def rejected(self, row: Row, reason: str, at: int) -> list[Fact]:
        """The venue's definite no to a placement."""
        row.state, row.final = Sent.OVER, row.filled
        return [_ended(row, "rejected", row.filled, at, reason)]

    def busy(self, row: Row, now: int) -> None:
        """The venue's definite "not now": the order is not there, and is sent again after a pause (see rule 5)."""
        row.put_off += 1
        pause = min(LOOK_AGAIN_MS << min(row.put_off, 10), LONGEST_PAUSE_MS)
        row.signed_at, row.looked_at = now - self.window.forget_ms, now + pause - LOOK_AGAIN_MS

    def held(self, row: Row, now: int) -> None:
        """Held back by who had the only right to send it (entities/following.py): it is not there, and may be sent when it is looked up."""
        row.put_off += 1
        row.signed_at, row.looked_at = now - self.window.forget_ms, 0

    def absent(self, row: Row, is_wanted: bool, asked_at: int, at: int) -> tuple[bool, list[Fact]]:
        """The venue, asked at `asked_at`, did not know the order: (send again?, facts). See rule 3."""
        if not self.window.claims:
            return self._absent_on_paper(row, is_wanted), []
        if row.state is not Sent.PENDING or asked_at - row.signed_at < self.window.ambiguous_ms:
            return False, []
        if is_wanted and row.attempts - row.put_off < MAX_ATTEMPTS:
            return True, []
        if asked_at - row.signed_at < self.window.forget_ms:
            return False, []
        row.state, row.final = Sent.OVER, row.filled
        return False, [_ended(row, "rejected", row.filled, at, "never_arrived")] if is_wanted else []

    @staticmethod
    def _absent_on_paper(row: Row, is_wanted: bool) -> bool:
        """Whether to send it again; what is not wanted counts as resting until it was cancelled (rule 7)."""
        if row.state is Sent.PENDING and is_wanted:
            return True
        if row.state in (Sent.PENDING, Sent.CANCELLING):
            row.state = Sent.OPEN
        return False

    def is_due(self, row: Row, now: int) -> bool:
        """Whether an order of unknown fate may be looked up again."""
        return now - row.looked_at >= LOOK_AGAIN_MS

    def wake_at(self) -> int | None:
        """When an order of unknown fate, or one whose trades are missing, is worth another look; None when everything is known."""
        looks = [row.looked_at or row.signed_at for row in self.rows.values() if row.binding in (Sent.PENDING, Sent.CANCELLING)]
        return min(looks) + LOOK_AGAIN_MS if looks else None

    def missing_trades(self, now: int) -> list[Row]:
        """After a look: orders that are over and whose trades have not come for too long. While nobody looks, none is late."""
        unsettled = [row for row in self.rows.values() if row.state is Sent.OVER and not row.is_settled]
        for row in unsettled:
            row.looked_at = row.looked_at or now
        return [row for row in unsettled if now - row.looked_at > TRADES_LATE_MS]

    def forget_filled(self) -> None:
        """Of a long ledger that is folded in at once only what is still open stays."""
        for id_ in [id_ for id_, row in self.rows.items() if row.is_settled and row.filled >= row.order.amount]:
            del self.rows[id_]

    def forget(self, wanted: set[str]) -> None:
        for id_ in [id_ for id_, row in self.rows.items() if row.is_settled and id_ not in wanted]:
            del self.rows[id_]


def _ended(row: Row, reason: str, filled: Decimal, at: int, detail: str = "") -> Ended:
    return Ended(row.order.leg, row.order.generation, row.order.attempt, reason, filled, at, detail)
