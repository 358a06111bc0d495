"""The state of one bot: its configuration, its money, the orders it wants, and what its strategy remembers.

Rules
1. A state belongs to its caller: `apply` changes it in place. Whoever needs the old one dumps it first.
2. It survives JSON at every step. Parts that nothing touched are neither decoded nor encoded again.
3. `status` changes only along `MOVES`; a final status is never left.
4. Trade ids are remembered (the last 256), so a fill seen twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final, NamedTuple, Protocol

from pydantic import BaseModel

from strategy_core.book import Book, Taken
from strategy_core.decimals import ONE, ZERO, plain
from strategy_core.ledger import Ledger
from strategy_core.number import Model
from strategy_core.trade import Event, Fill, Finding, Horizon, Market, Order, Preview, Side, Status

SCHEMA = 1
NEVER: Final = Horizon(None, None, None)
AT_ONCE: Final = Horizon(ZERO, ZERO, None)
_SEEN: Final = 128  # per half: between 128 and 256 ids are remembered

W, S, A, P = Status.WAITING, Status.STARTING, Status.ACTIVE, Status.PAUSED
END = (Status.STOPPING, Status.STOPPED, Status.FINISHED, Status.ERROR)
MOVES: Final[dict[Status, frozenset[Status]]] = {
    Status.DRAFT: frozenset((W, S, A)),
    W: frozenset((S, A, P, *END)),
    S: frozenset((A, P, *END)),
    A: frozenset((W, S, P, *END)),
    P: frozenset((W, S, A, *END)),
    Status.ERROR: frozenset((W, S, A, P, Status.STOPPING, Status.STOPPED)),
    Status.STOPPING: frozenset((Status.STOPPED, Status.ERROR)),
    Status.STOPPED: frozenset(),
    Status.FINISHED: frozenset(),
}
FINAL: Final = (Status.STOPPED, Status.FINISHED)


class Memory(Protocol):
    """What a strategy remembers beyond the common parts."""

    def dump(self) -> dict[str, Any]: ...


class Strategy(Protocol):
    """The hooks of a strategy module. `mechanics` calls them; they change the state in place."""

    Config: type[Model]

    def check(self, config: Any, price: Decimal, market: Market) -> list[Finding]: ...
    def preview(self, config: Any, price: Decimal, market: Market) -> Preview: ...
    def start(self, config: Any, price: Decimal, market: Market, at: int) -> State: ...
    def load_memory(self, data: dict[str, Any], config: Any, market: Market) -> Memory: ...
    def on_fill(self, state: State, fill: Fill, taken: Taken) -> None: ...
    def on_look(self, state: State) -> None: ...
    def exits(self, state: State) -> bool: ...
    def on_stray(self, state: State, fill: Fill) -> None: ...
    def on_abandoned(self, state: State, order: Order) -> None: ...
    def horizon(self, state: State) -> Horizon: ...


class Missed(NamedTuple):
    """A fill that was booked while nothing was to be mirrored."""

    fill: Fill
    taken: Taken


class Rates(NamedTuple):
    """strategies.md 1.1: `q` on a buy's cost, `b` of bought base; maker and taker."""

    q_m: Decimal
    q_t: Decimal
    b_m: Decimal
    b_t: Decimal


_RATES: dict[int, tuple[Market, Rates]] = {}


def rates(market: Market) -> Rates:
    """The fee letters of the formulas for one market."""
    known = _RATES.get(id(market))
    if known is not None and known[0] is market:
        return known[1]
    maker, taker = market.maker_fee, market.taker_fee
    found = Rates(maker, taker, ZERO, ZERO) if market.fee_mode == "quote" else Rates(ZERO, ZERO, maker, taker)
    if len(_RATES) > 1000:
        _RATES.clear()
    _RATES[id(market)] = (market, found)
    return found


class State:
    """One bot. `raw` holds the stored form of the parts not decoded yet."""

    __slots__ = (
        "name", "rules", "config", "raw_config", "market", "status", "reason", "price", "at", "start_price", "started_at",
        "_ledger", "_book", "_memory", "log", "_seen", "_seen_before", "commands", "missed", "late", "ending", "suspended", "resume_to",
        "close_mode", "band", "raw", "needs_looks", "rates", "buy_factor", "settled",
        "on_fill", "on_look", "band_by_rules", "stops",
    )  # fmt: skip

    name: str
    rules: Strategy
    on_fill: Callable[[State, Fill, Taken], None]
    on_look: Callable[[State], None]
    band_by_rules: Callable[[State], Horizon]
    config: Any
    stops: Any
    raw_config: dict[str, Any]
    market: Market
    status: Status
    reason: str | None
    price: Decimal  # the last look
    at: int
    start_price: Decimal
    started_at: int
    _ledger: Ledger | None
    _book: Book | None
    _memory: Any
    log: list[Event]
    _seen: dict[str, None] | None
    _seen_before: dict[str, None] | None
    commands: list[str]
    missed: list[Missed]  # fills without a mirror yet (paused, error)
    late: list[tuple[Order, Decimal]]  # virtual orders being filled by one market order, and what of each is still to come
    ending: dict[str, tuple[int, Decimal, str, str]]  # orders over at the venue whose last fills have not arrived
    suspended: bool  # paused without keeping the orders
    resume_to: Status | None
    close_mode: str | None
    band: Horizon | None  # the horizon while nothing changed
    settled: bool  # a look has judged everything that happened
    raw: dict[str, Any]
    rates: Rates
    buy_factor: Decimal  # 1 + q_m: what a resting buy of cost 1 needs
    needs_looks: int  # ms of path before a crossing that the strategy must be shown (a guard over a window)

    def __init__(
        self,
        name: str,
        rules: Strategy,
        config: BaseModel,
        market: Market,
        price: Decimal,
        at: int,
        ledger: Ledger,
        book: Book,
        memory: Memory,
    ) -> None:
        self.name = name
        self.use_rules(rules)
        self.use_config(config)
        self.use_market(market)
        self.raw_config = config.model_dump(mode="json", exclude_none=True)
        self.status, self.reason = Status.DRAFT, None
        self.price = self.start_price = price
        self.at = self.started_at = at
        self._ledger, self._book, self._memory = ledger, book, memory
        self.log = []
        self._seen, self._seen_before, self.commands = {}, {}, []
        self.missed, self.late, self.ending = [], [], {}
        self.suspended, self.resume_to, self.close_mode = False, None, None
        self.band, self.settled = None, True
        self.raw = {}
        self.needs_looks = 0

    # -- parts that may still be in their stored form ---------------------------------------------------------------------

    @property
    def book(self) -> Book:
        book = self._book
        if book is None:
            book = self._book = Book.load(self.raw["book"])
        return book

    @property
    def ledger(self) -> Ledger:
        ledger = self._ledger
        if ledger is None:
            ledger = self._ledger = Ledger.load(self.raw["ledger"], self.market.base, self.market.quote)
        return ledger

    @property
    def memory(self) -> Any:
        memory = self._memory
        if memory is None:
            memory = self._memory = self.rules.load_memory(self.raw["memory"], self.config, self.market)
        return memory

    @property
    def seen(self) -> dict[str, None]:
        seen = self._seen
        if seen is None:
            seen = self._seen = dict.fromkeys(self.raw["seen"])
        return seen

    @property
    def seen_before(self) -> dict[str, None]:
        seen = self._seen_before
        if seen is None:
            seen = self._seen_before = dict.fromkeys(self.raw["seen_before"])
        return seen

    def use_rules(self, rules: Strategy) -> None:
        """The strategy, and those of its hooks that every fill and look asks for, at hand."""
        self.rules = rules
        self.on_fill, self.on_look, self.band_by_rules = rules.on_fill, rules.on_look, rules.horizon

    def use_config(self, config: Any) -> None:
        """The owner's wishes, and the one that every look asks for, at hand."""
        self.config, self.stops = config, config.stops

    def use_market(self, market: Market) -> None:
        """The venue's rules, and the fee letters that follow from them."""
        self.market, self.rates = market, rates(market)
        self.buy_factor = ONE + self.rates.q_m

    def become(self, status: Status, reason: str | None = None) -> None:
        """One step of the status machine; staying where it is is no step."""
        if status is not self.status:
            if status not in MOVES[self.status]:
                raise ValueError(f"no way from {self.status} to {status}")
            self.status = status
            self.note("status", status=status.value, **({"reason": reason} if reason else {}))
        self.reason = reason

    def note(self, code: str, **params: str | Decimal | int) -> None:
        """One line of the why log."""
        said = {name: plain(value) if isinstance(value, Decimal) else str(value) for name, value in params.items()}
        self.log.append(Event(code, said, self.at))

    def knows(self, trade_id: str) -> bool:
        """Whether this trade was seen before."""
        trade_id = _short(trade_id)
        return trade_id in self.seen or trade_id in self.seen_before

    def is_new(self, trade_id: str) -> bool:
        """Whether this trade was not seen before; from now on it was."""
        if len(trade_id) > 20:
            trade_id = _short(trade_id)
        seen = self.seen
        if trade_id in seen or trade_id in self.seen_before:
            return False
        seen[trade_id] = None
        if len(seen) >= _SEEN:
            self._seen_before = seen
            self._seen = {}
        return True

    # -- money ----------------------------------------------------------------------------------------------------

    def free_quote(self) -> Decimal:
        """The bot's quote that no resting buy needs and no missed mirror waits for."""
        free = self.ledger.quote - self.book.buy_cost * self.buy_factor
        if self.missed:
            coin = self.ledger.quote_coin
            for fill, _ in self.missed:
                if fill.side is Side.SELL:
                    free -= fill.price * fill.amount - (fill.fee if fill.fee_currency == coin else ZERO)
        return free

    def free_base(self) -> Decimal:
        """The bot's base that no resting sell needs and no missed mirror waits for."""
        free = self.ledger.base - self.book.sell_amount
        if self.missed:
            coin = self.ledger.base_coin
            for fill, _ in self.missed:
                if fill.side is Side.BUY:
                    free -= fill.amount - (fill.fee if fill.fee_currency == coin else ZERO)
        return free


def _short(trade_id: str) -> str:
    return trade_id if len(trade_id) <= 20 else sha256(trade_id.encode()).hexdigest()[:20]
