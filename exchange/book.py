"""The book of one paper account as a plain JSON document: balances, orders, trades, positions. No clock, no market data.

Rules
1. Money is decimal strings in the document. `balances` holds totals; what is in use follows from the open orders and positions.
2. A trade changes balances by exactly price x amount and its fee: `start + trades - fees == balances`, to the last digit.
3. Trade ids follow from the order and the count of its trades, so they do not depend on when somebody looked.
4. The document is bounded: old trades and ended orders are forgotten, oldest first.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from exchange.protocol import Balance, OrderReport, OrderStatus, Placement, Trade
from strategy_core.number import ZERO, cut, plain
from strategy_core.trade import FeeMode, Market, OrderType, Side

SCHEMA = 1
KEPT_TRADES = 400
KEPT_ENDED = 200
MAX_OPEN = 300
KEPT_LIQUIDATIONS = 20
DEFAULT_MMR_PCT = Decimal("0.5")

Document = dict[str, Any]
Row = dict[str, Any]


def new_document(balances: dict[str, Decimal]) -> Document:
    """The book of an account that has just been opened."""
    totals = {currency: plain(amount) for currency, amount in balances.items()}
    return {"schema": SCHEMA, "balances": totals, "orders": {}, "trades": [], "positions": {}, "modes": {}, "seq": 0, "made": 0}


class Execution(NamedTuple):
    """What the market did to an order: part of it was traded at `price` at the instant `at`."""

    price: Decimal
    amount: Decimal
    maker: bool
    at: int


class Book:
    """A view on the document that keeps it consistent."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.changed = False

    # -- orders

    def row(self, client_order_id: str) -> Row | None:
        row: Row | None = self.document["orders"].get(client_order_id)
        return row

    def open_rows(self, symbol: str | None = None) -> list[tuple[str, Row]]:
        rows = self.document["orders"].items()
        return [(id_, row) for id_, row in rows if row["status"] == "open" and symbol in (None, row["symbol"])]

    def add(self, placement: Placement, locked: tuple[str, Decimal], taker: bool, made: int, checked: int) -> str:
        """Rests an order made at `made`; `checked` is the instant up to which it cannot have filled. Returns the venue's id."""
        order = placement.order
        document = self.document
        document["made"] += 1
        document["orders"][placement.client_order_id] = {
            "symbol": placement.symbol, "side": order.side.value, "type": order.type.value,
            "price": None if order.price is None else plain(order.price), "amount": plain(order.amount), "filled": "0",
            "reduce_only": order.reduce_only, "taker": taker, "lock": [locked[0], plain(locked[1])], "age": document["made"],
            "made": made, "checked": checked, "status": "open", "at": made, "trades": 0, **_where_from(placement),
        }  # fmt: skip
        self.changed = True
        return order_id(placement.client_order_id)

    def end(self, client_order_id: str, status: OrderStatus, at: int) -> None:
        row = self.document["orders"][client_order_id]
        self.document["ended"] = self.document.get("ended", 0) + 1
        row.update(status=status.value, at=at, over=self.document["ended"])
        for name in ("lock", "age", "made", "checked", "taker", "trades", "reduce_only"):
            del row[name]
        self.changed = True
        self._forget()

    def void(self, client_order_id: str, symbol: str, status: OrderStatus, at: int, *what: Any) -> None:
        """Writes down an order that never rested, so that its id is never taken. `what`: side, price, amount, where they are known."""
        side, price, amount = what or (Side.BUY, None, ZERO)
        self.document["ended"] = self.document.get("ended", 0) + 1
        self.document["orders"][client_order_id] = {
            "symbol": symbol, "side": side.value, "type": (OrderType.MARKET if price is None else OrderType.LIMIT).value,
            "price": None if price is None else plain(price), "amount": plain(amount), "filled": "0", "status": status.value, "at": at,
            "over": self.document["ended"],
        }  # fmt: skip
        self.changed = True
        self._forget()

    def report(self, client_order_id: str, row: Row) -> OrderReport:
        price = None if row["price"] is None else Decimal(row["price"])
        amount, filled, status = Decimal(row["amount"]), Decimal(row["filled"]), OrderStatus(row["status"])
        side = Side(row["side"])
        return OrderReport(client_order_id, order_id(client_order_id), row["symbol"], side, price, amount, filled, status, row["at"])

    # -- who may send

    def is_fenced(self, placement: Placement) -> bool:
        """Whether the bot was made again since this was committed."""
        fence = self.document.get("fences", {}).get(placement.origin.bot) if placement.origin is not None else None
        return fence is not None and placement.origin is not None and placement.origin.epoch < fence[0]

    def fence(self, bot: str) -> list[Any] | None:
        fence: list[Any] | None = self.document.get("fences", {}).get(bot)
        return fence

    def raise_fence(self, bot: str, fence: list[Any]) -> None:
        self.document.setdefault("fences", {})[bot] = fence
        self.changed = True

    def sent_by(self, bot: str) -> dict[str, list[Any]]:
        """Every order of a bot that is not forgotten, by client order id: [revision, the stored order row]."""
        mine = ((id_, row) for id_, row in self.document["orders"].items() if row.get("of", [""])[0] == bot)
        return {id_: [row["of"][1], _order_row(row)] for id_, row in mine}

    # -- money

    def total(self, currency: str) -> Decimal:
        return Decimal(self.document["balances"].get(currency, "0"))

    def used(self, currency: str) -> Decimal:
        orders = (Decimal(row["lock"][1]) for _, row in self.open_rows() if row["lock"][0] == currency)
        return sum(orders, ZERO) + sum((margin(p) for s, p in self.document["positions"].items() if _settle(s) == currency), ZERO)

    def free(self, currency: str) -> Decimal:
        return max(self.total(currency) - self.used(currency), ZERO)

    def balances(self) -> dict[str, Balance]:
        found = {}
        for currency in self.document["balances"]:
            used = min(self.used(currency), self.total(currency))
            found[currency] = Balance(self.total(currency) - used, used)
        return found

    def add_money(self, currency: str, amount: Decimal) -> None:
        self.document["balances"][currency] = plain(self.total(currency) + amount)
        self.changed = True

    # -- trades

    def execute(self, client_order_id: str, market: Market, what: Execution) -> None:
        """Books one execution of an open order; ends the order when nothing is left of it."""
        row = self.document["orders"][client_order_id]
        side = Side(row["side"])
        fee, currency = _fee(market, side, what)
        if market.is_future:
            self._move_position(market, side, what)
        else:
            sign = 1 if side is Side.BUY else -1
            self.add_money(market.base, sign * what.amount)
            self.add_money(market.quote, -sign * what.price * what.amount)
        self.add_money(currency, -fee)
        filled = Decimal(row["filled"]) + what.amount
        left = Decimal(row["amount"]) - filled
        lock = Decimal(row["lock"][1])
        share = lock if left <= 0 else lock * what.amount / (left + what.amount)
        row.update(filled=plain(filled), lock=[row["lock"][0], plain(lock - share)], trades=row["trades"] + 1)
        self._record(client_order_id, row, what, fee, currency)
        if left <= 0:
            self.end(client_order_id, OrderStatus.FILLED, what.at)

    def trades(self, client_order_ids: set[str]) -> list[tuple[int, Trade]]:
        """(sequence number, trade) of the kept trades of these orders, in the order they happened."""
        rows = [row for row in self.document["trades"] if row[1] in client_order_ids]
        found = [(row[0], _trade(row)) for row in rows]
        return sorted(found, key=lambda item: (item[1].at, item[0]))

    def _record(self, client_order_id: str, row: Row, what: Execution, fee: Decimal, currency: str) -> None:
        document = self.document
        document["seq"] += 1
        document["trades"].append([
            document["seq"], client_order_id, row["trades"], row["symbol"], row["side"], plain(what.price), plain(what.amount),
            plain(fee), currency, what.maker, what.at,
        ])  # fmt: skip
        del document["trades"][:-KEPT_TRADES]
        self.changed = True

    def _forget(self) -> None:
        """Drops the orders that have been over the longest, however long they had rested."""
        orders = self.document["orders"]
        ended = sorted((row["over"], id_) for id_, row in orders.items() if row["status"] != "open")
        for _, id_ in ended[: max(len(ended) - KEPT_ENDED, 0)]:
            del orders[id_]

    # -- perpetuals

    def position(self, symbol: str) -> Row | None:
        row: Row | None = self.document["positions"].get(symbol)
        return row

    def signed(self, symbol: str) -> Decimal:
        row = self.position(symbol)
        return ZERO if row is None else Decimal(row["amount"])

    def _move_position(self, market: Market, side: Side, what: Execution) -> None:
        """One-way mode: the same side adds to the cost, the other side realises against it; flat again, the sum is exact."""
        held = self.signed(market.symbol)
        change = what.amount if side is Side.BUY else -what.amount
        cost = Decimal(self.document["positions"][market.symbol]["cost"]) if held else ZERO
        closed = min(abs(held), abs(change)) if held * change < 0 else ZERO
        if closed:
            given = cost if closed == abs(held) else cut(cost * closed / abs(held))  # short enough for every later sum to be exact
            self.add_money(market.quote, (closed * what.price - given) * (1 if held > 0 else -1))
            cost -= given
        cost += (abs(change) - closed) * what.price
        self._hold(market.symbol, held + change, cost, what.at)

    def _hold(self, symbol: str, amount: Decimal, cost: Decimal, at: int) -> None:
        if amount == 0:
            self.document["positions"].pop(symbol, None)
            return
        leverage, margin_mode = self.mode(symbol)
        row = {"amount": plain(amount), "cost": plain(cost), "leverage": leverage, "margin_mode": margin_mode, "checked": at}
        self.document["positions"][symbol] = row

    def mode(self, symbol: str) -> tuple[str, str]:
        leverage, margin_mode = self.document["modes"].get(symbol) or ("1", "isolated")
        return leverage, margin_mode

    def liquidate(self, market: Market, at: int) -> None:
        """The venue takes the position and the margin behind it (cross: the whole wallet) and cancels the symbol's orders."""
        row = self.document["positions"].pop(market.symbol)
        lost = margin(row) if row["margin_mode"] == "isolated" else self.total(market.quote)
        self.add_money(market.quote, -min(lost, self.total(market.quote)))
        liquidations = self.document.setdefault("liquidations", [])
        liquidations.append([market.symbol, row["amount"], at])
        del liquidations[:-KEPT_LIQUIDATIONS]
        for client_order_id, _ in self.open_rows(market.symbol):
            self.end(client_order_id, OrderStatus.CANCELED, at)


def order_id(client_order_id: str) -> str:
    """The paper venue's own id of an order."""
    return f"p{client_order_id[:24]}"


def _fee(market: Market, side: Side, what: Execution) -> tuple[Decimal, str]:
    """(fee, currency), exact: a BUY may pay in what it receives."""
    rate = market.maker_fee if what.maker else market.taker_fee
    if side is Side.BUY and market.fee_mode is FeeMode.RECEIVED:
        return what.amount * rate, market.base
    return what.price * what.amount * rate, market.quote


def margin(position: Row) -> Decimal:
    """The initial margin behind a position."""
    return Decimal(position["cost"]) / Decimal(position["leverage"])


def entry_price(position: Row) -> Decimal:
    return cut(Decimal(position["cost"]) / abs(Decimal(position["amount"])))


def liquidation_price(position: Row, wallet: Decimal, market: Market) -> Decimal | None:
    """Where the venue takes the position (`strategies.md` 7); None when no positive price does. `wallet` matters in cross mode."""
    amount, cost = Decimal(position["amount"]), Decimal(position["cost"])
    rate = (market.mmr_pct or DEFAULT_MMR_PCT) / 100 + market.taker_fee
    cushion = margin(position) if position["margin_mode"] == "isolated" else wallet
    price = (cost - cushion) / (1 - rate) / amount if amount > 0 else (cost + cushion) / (1 + rate) / -amount
    return cut(price) if price > 0 else None


def is_market(row: Row) -> bool:
    return bool(row["type"] == OrderType.MARKET.value)


def _where_from(placement: Placement) -> dict[str, Any]:
    """What a bot made again must know of an order beside what the venue does."""
    order, origin = placement.order, placement.origin
    if origin is None:
        return {}
    place = [order.leg, order.generation, order.attempt, order.role.value, order.reduce_only, order.made_at]
    return {"of": [origin.bot, origin.revision, *place]}


def _order_row(row: Row) -> list[Any]:
    _, _, leg, generation, attempt, role, reduce_only, made_at = row["of"]
    return [leg, generation, attempt, row["side"], row["price"], row["amount"], role, reduce_only, made_at]


def _settle(symbol: str) -> str:
    return symbol.rsplit(":", 1)[-1]


def _trade(row: list[Any]) -> Trade:
    _, id_, count, symbol, side, price, amount, fee, currency, maker, at = row
    money = (Decimal(price), Decimal(amount), Decimal(fee))
    return Trade(f"{id_}-{count}", order_id(id_), id_, symbol, Side(side), *money, currency, maker, at)
