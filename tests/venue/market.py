"""The matching engine behind the test venue: one market, many accounts, written apart from the paper exchange on purpose.

Rules
1. The price is set by the test (`move`); resting orders fill at their own price when it touches them, market orders at the price.
2. Every figure is a Decimal; balances are only changed by fills, fees and the test.
3. Spot and perpetual share the engine; a perpetual changes positions instead of base balances.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

ZERO = Decimal(0)


@dataclass
class Rules:
    symbol: str
    base: str
    quote: str
    tick: Decimal = Decimal("0.01")
    step: Decimal = Decimal("0.00001")
    min_amount: Decimal = Decimal("0.00001")
    min_notional: Decimal = Decimal(5)
    maker: Decimal = Decimal("0.001")
    taker: Decimal = Decimal("0.001")
    perpetual: bool = False
    status: str = "TRADING"
    max_orders: int = 200


@dataclass
class Order:
    id: int
    client_id: str
    symbol: str
    side: str
    type: str
    price: Decimal
    amount: Decimal
    time_in_force: str
    reduce_only: bool
    at: int
    filled: Decimal = ZERO
    cost: Decimal = ZERO
    status: str = "NEW"
    updated: int = 0
    stop_price: Decimal = ZERO
    post_only: bool = False

    @property
    def left(self) -> Decimal:
        return self.amount - self.filled


@dataclass
class Trade:
    id: int
    order: Order
    price: Decimal
    amount: Decimal
    fee: Decimal
    fee_currency: str
    maker: bool
    at: int


@dataclass
class Position:
    amount: Decimal = ZERO
    entry: Decimal = ZERO


@dataclass
class Account:
    key: str
    secret: str
    balances: dict[str, Decimal]
    uid: int | None = 354937868
    wallet: Decimal = ZERO  # of the perpetual account, in USDT
    orders: list[Order] = field(default_factory=list)
    trades: list[Trade] = field(default_factory=list)
    positions: dict[str, Position] = field(default_factory=dict)
    leverage: dict[str, int] = field(default_factory=dict)
    isolated: dict[str, bool] = field(default_factory=dict)
    hedge: bool = False
    can_trade: bool = True
    can_withdraw: bool = False
    ip_restricted: bool = True

    def used(self, currency: str, rules: dict[str, Rules]) -> Decimal:
        total = ZERO
        for order in self.orders:
            rule = rules[order.symbol]
            if order.status not in ("NEW", "PARTIALLY_FILLED") or rule.perpetual:
                continue
            if order.side == "BUY" and rule.quote == currency:
                total += order.left * order.price
            if order.side == "SELL" and rule.base == currency:
                total += order.left
        return total


class Refused(Exception):
    """The venue says no: (HTTP status, code, message)."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


class Engine:
    """The venue's state."""

    def __init__(self, rules: list[Rules], clock: Any) -> None:
        self.rules = {rule.symbol: rule for rule in rules}
        self.prices: dict[str, Decimal] = {}
        self.accounts: dict[str, Account] = {}
        self.clock = clock
        self._order_id, self._trade_id = 1000, 5000
        self.share = Decimal(1)  # the part of an order one touch fills
        self.reject_after_ack = False

    def account(self, key: str, secret: str, **balances: str) -> Account:
        money = {currency: Decimal(amount) for currency, amount in balances.items()}
        self.accounts[key] = Account(key, secret, money, wallet=money.get("USDT", ZERO))
        return self.accounts[key]

    # -- orders

    def place(self, account: Account, order: Order) -> Order:
        rule = self._check(account, order)
        self._order_id += 1
        order.id, order.at = self._order_id, self.clock()
        order.updated = order.at
        account.orders.append(order)
        if self.reject_after_ack:
            order.status = "REJECTED"
            return order
        price = self.prices[order.symbol]
        crossed = order.type == "MARKET" or self.would_take(order)
        if order.type == "STOP_MARKET":
            return order
        if crossed and order.post_only:
            order.status = "CANCELED"
        elif crossed:
            self._fill(account, order, rule, price, order.left, maker=False)
        elif order.time_in_force in ("IOC", "FOK"):
            order.status = "EXPIRED"
        return order

    def would_take(self, order: Order) -> bool:
        price = self.prices[order.symbol]
        return price <= order.price if order.side == "BUY" else price >= order.price

    def cancel(self, account: Account, order: Order) -> Order:
        if order.status not in ("NEW", "PARTIALLY_FILLED"):
            raise Refused(-2011, "Unknown order sent.")
        order.status, order.updated = "CANCELED", self.clock()
        return order

    def find(self, account: Account, symbol: str, order_id: str | None, client_id: str | None) -> Order | None:
        found = [o for o in account.orders if o.symbol == symbol and (str(o.id) == order_id if order_id else o.client_id == client_id)]
        return found[-1] if found else None

    def move(self, symbol: str, price: str) -> None:
        """The price goes there; whatever it touches fills."""
        self.prices[symbol] = Decimal(price)
        for account in self.accounts.values():
            for order in list(account.orders):
                if order.symbol == symbol and order.status in ("NEW", "PARTIALLY_FILLED"):
                    self._touch(account, order)

    def _touch(self, account: Account, order: Order) -> None:
        price, rule = self.prices[order.symbol], self.rules[order.symbol]
        if order.type == "STOP_MARKET":
            if price <= order.stop_price if order.side == "SELL" else price >= order.stop_price:
                self._fill(account, order, rule, price, order.left, maker=False)
        elif price <= order.price if order.side == "BUY" else price >= order.price:
            amount = order.left if self.share == 1 else (order.amount * self.share // rule.step) * rule.step
            self._fill(account, order, rule, order.price, min(amount, order.left), maker=True)

    def _check(self, account: Account, order: Order) -> Rules:
        rule = self.rules.get(order.symbol)
        if rule is None:
            raise Refused(-1121, "Invalid symbol.")
        if rule.status != "TRADING":
            raise Refused(-1013, "Market is closed.")
        if order.amount <= 0 or order.amount % rule.step or order.amount < rule.min_amount:
            raise Refused(-1013, "Filter failure: LOT_SIZE")
        if order.type == "LIMIT" and (order.price <= 0 or order.price % rule.tick):
            raise Refused(-1013, "Filter failure: PRICE_FILTER")
        price = order.price if order.type == "LIMIT" else self.prices[order.symbol]
        if price * order.amount < rule.min_notional and not order.reduce_only:
            raise Refused(
                *((-4164, "Order's notional must be no smaller than 5") if rule.perpetual else (-1013, "Filter failure: NOTIONAL"))
            )
        resting = [o for o in account.orders if o.symbol == order.symbol and o.status in ("NEW", "PARTIALLY_FILLED")]
        if any(o.client_id == order.client_id for o in resting):
            raise Refused(*((-4116, "ClientOrderId is duplicated.") if rule.perpetual else (-2010, "Duplicate order sent.")))
        if len(resting) >= rule.max_orders:
            raise Refused(-1013, "Filter failure: MAX_NUM_ORDERS")
        self._check_money(account, order, rule, price)
        return rule

    def _check_money(self, account: Account, order: Order, rule: Rules, price: Decimal) -> None:
        if rule.perpetual:
            held = account.positions.get(rule.symbol, Position()).amount
            if order.reduce_only and (held == 0 or (held > 0) == (order.side == "BUY")):
                raise Refused(-2022, "ReduceOnly Order is rejected.")
            if not order.reduce_only and price * order.amount / account.leverage.get(rule.symbol, 20) > account.wallet:
                raise Refused(-2019, "Margin is insufficient.")
            return
        currency, needed = (rule.quote, price * order.amount) if order.side == "BUY" else (rule.base, order.amount)
        if needed > account.balances.get(currency, ZERO) - account.used(currency, self.rules):
            raise Refused(-2010, "Account has insufficient balance for requested action.")

    def _fill(self, account: Account, order: Order, rule: Rules, price: Decimal, amount: Decimal, maker: bool) -> None:
        self._trade_id += 1
        rate = rule.maker if maker else rule.taker
        buys = order.side == "BUY"
        if rule.perpetual:
            held = account.positions.setdefault(rule.symbol, Position())
            amount = min(amount, abs(held.amount)) if order.reduce_only else amount
            fee, currency = price * amount * rate, rule.quote
            self._move(account, held, amount if buys else -amount, price)
            account.wallet -= fee
        else:
            fee, currency = (amount * rate, rule.base) if buys else (price * amount * rate, rule.quote)
            sign = 1 if buys else -1
            account.balances[rule.base] = account.balances.get(rule.base, ZERO) + sign * amount
            account.balances[rule.quote] = account.balances.get(rule.quote, ZERO) - sign * price * amount
            account.balances[currency] -= fee
        order.filled += amount
        order.cost += price * amount
        order.updated = self.clock()
        order.status = "FILLED" if order.left <= 0 else "PARTIALLY_FILLED"
        account.trades.append(Trade(self._trade_id, order, price, amount, fee, currency, maker, order.updated))

    @staticmethod
    def _move(account: Account, held: Position, change: Decimal, price: Decimal) -> None:
        if held.amount * change < 0:
            closed = min(abs(held.amount), abs(change))
            account.wallet += closed * (price - held.entry) * (1 if held.amount > 0 else -1)
            if abs(change) > abs(held.amount):
                held.entry = price
        else:
            held.entry = (held.entry * abs(held.amount) + price * abs(change)) / (abs(held.amount) + abs(change))
        held.amount += change
