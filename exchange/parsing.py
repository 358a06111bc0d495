"""What a venue answered, from ccxt's unified shapes into our words. Nothing is taken on trust: what is missing is an error, not a zero.

Rules
1. Amounts arrive in the venue's unit and leave in base (`size` is the base per unit).
2. An order whose state cannot be read raises Unavailable; a trade without an id, a price or an amount as well.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from exchange.protocol import Balance, OrderReport, OrderStatus, Position, Trade, Unavailable
from strategy_core.number import ZERO
from strategy_core.trade import Side

STATUSES = {
    "open": OrderStatus.OPEN,
    "closed": OrderStatus.FILLED,
    "canceled": OrderStatus.CANCELED,
    "canceling": OrderStatus.OPEN,
    "rejected": OrderStatus.REJECTED,
    "expired": OrderStatus.EXPIRED,
}


def number(raw: dict[str, Any], key: str) -> Decimal:
    """A finite figure. Errors: Unavailable when it is missing or none."""
    found = optional(raw, key)
    if found is None:
        raise Unavailable(f"the venue's answer has no usable {key}")
    return found


def optional(raw: dict[str, Any], key: str) -> Decimal | None:
    value = raw.get(key)
    if value is None or value == "":
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def order_of(raw: dict[str, Any], client_order_id: str, symbol: str, size: Decimal) -> OrderReport:
    status = STATUSES.get(str(raw.get("status")))
    if status is None or not raw.get("id"):
        raise Unavailable("the venue's answer has no usable order state")
    amount, filled = number(raw, "amount") * size, (optional(raw, "filled") or ZERO) * size
    at = int(raw.get("lastUpdateTimestamp") or raw.get("lastTradeTimestamp") or raw.get("timestamp") or 0)
    price = optional(raw, "price") or None
    return OrderReport(client_order_id, str(raw["id"]), symbol, Side(raw["side"]), price, amount, filled, status, at)


def trade_of(raw: dict[str, Any], spelled: dict[str, str], size: Decimal) -> Trade | None:
    """A trade; None when it carries a client order id that is not one of ours."""
    info = raw.get("info") or {}
    theirs = next(
        (str(info[key]) for key in ("clientOrderId", "orderLinkId", "clOrdId", "cl_ord_id", "clientOid", "text") if info.get(key)), None
    )
    if theirs is not None and theirs not in spelled:
        return None
    if not raw.get("id") or not raw.get("timestamp"):
        raise Unavailable("the venue's answer has a trade without an id or a time")
    fee = raw.get("fee") or next(iter(raw.get("fees") or []), None) or {}
    return Trade(
        str(raw["id"]), str(raw.get("order") or ""), spelled.get(theirs or ""), str(raw["symbol"]), Side(raw["side"]),
        number(raw, "price"), number(raw, "amount") * size, optional(fee, "cost") or ZERO, str(fee.get("currency") or ""),
        raw.get("takerOrMaker") == "maker", int(raw["timestamp"]),
    )  # fmt: skip


def balances_of(raw: dict[str, Any]) -> dict[str, Balance]:
    if not raw.get("info"):
        raise Unavailable("the venue's answer has no balances")
    found = {}
    for currency, total in (raw.get("total") or {}).items():
        if total is not None:
            whole = Decimal(str(total))
            free = optional(raw.get("free") or {}, currency)
            free = whole if free is None else free
            found[currency] = Balance(free, whole - free)
    return found


def position_of(raw: dict[str, Any], size: Decimal) -> Position | None:
    """A held position, signed; None when flat."""
    contracts = optional(raw, "contracts")
    if not contracts:
        return None
    sign = -1 if raw.get("side") == "short" or contracts < 0 else 1
    liquidation, entry, leverage = (optional(raw, key) or None for key in ("liquidationPrice", "entryPrice", "leverage"))
    return Position(str(raw["symbol"]), sign * abs(contracts) * size, entry, liquidation, leverage, raw.get("marginMode"))
