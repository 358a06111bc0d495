"""The first-rank venues and how they differ, as a table; making their ccxt instances. The only module beside the adapter that loads ccxt.

Rules
1. An order's life is pinned to its intent: where the venue can refuse a late request (`Fence`), it is told to.
2. A client order id is spelled as the venue can take it; the same id is always spelled the same.
3. No float carries money (`number=str`), nothing is retried (`maxRetriesOnFailure` 0), and ccxt logs nothing below WARNING.
"""

from __future__ import annotations

import contextvars
import logging
from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from exchange.answers import bounded_open, structured_fetch
from exchange.errors import Signs
from exchange.protocol import Rejected
from strategy_core.trade import FeeMode, Market

logging.getLogger("ccxt").setLevel(logging.WARNING)  # at DEBUG it prints keys and signed URLs

TIMEOUT_MS = 10_000
CREDENTIALS = ("apiKey", "secret", "password", "uid", "walletAddress", "privateKey")


class Fence(StrEnum):
    """How a venue refuses a request that arrives too late."""

    PARAMS = "params"  # timestamp and recvWindow as parameters
    HEADERS = "headers"  # X-BAPI-TIMESTAMP and X-BAPI-RECV-WINDOW, signed
    EXP_TIME = "expTime"  # OKX: header, unsigned
    DEADLINE = "deadline"  # Kraken: parameter, RFC 3339
    RECEIVE_WINDOW = "receiveWindow"  # Bitget: requestTime and receiveWindow as parameters
    EXPTIME = "x-gate-exptime"  # Gate: header, unsigned
    NONE = "none"


class Venue(NamedTuple):
    """One row of the table. `look_ups`: (ccxt method, parameter that carries our id; "" filters locally), tried in turn."""

    id: str
    create_param: str
    look_ups: tuple[tuple[str, str], ...]
    cancel_param: str  # "" : by the venue's order id only; "id": our spelled id in its place
    fence: Fence
    signs: Signs
    fee_mode: FeeMode
    perpetuals: bool
    native_stop: bool
    spell: Callable[[str], str]
    market_buy: dict[str, str] | None  # extra parameters for a market BUY in base; None: sent as an IOC limit
    dedupes: bool = False  # re-sending the same id is safe
    page: int = 100  # the most trades one answer holds
    newest_first: bool = True  # a full page holds the newest trades of the asked time, not the oldest
    next_trade: str = ""  # the parameter that asks for trades from an id on
    order_mode: tuple[str, ...] = ()  # what a perpetual order itself must carry: marginMode, leverage
    account_margin_mode: bool = False  # the margin mode is the whole account's, not one symbol's
    stop_param: str = ""  # the parameter of our id on a native stop, where it is another
    stop_look_ups: tuple[tuple[str, str], ...] = ()  # as `look_ups`, for native stops; none: they are not kept for bots
    stop_trigger: dict[str, str] = {}  # makes the mark price the one that triggers it
    stop_became: str = ""  # of a triggered stop: the field with the ids of its orders; "": it keeps its own
    stop_params: dict[str, Any] = {}  # further parameters of those look-ups, and of a stop's cancel
    options: dict[str, Any] = {}


def as_is(client_order_id: str) -> str:
    return client_order_id


def as_uuid(client_order_id: str) -> str:
    return str(UUID(hex=client_order_id.ljust(32, "0")[:32]))


def as_gate_text(client_order_id: str) -> str:
    return f"t-{client_order_id[:26]}"


_OPEN, _CLOSED, _ORDER = "fetch_open_orders", "fetch_closed_orders", "fetch_order"

VENUES: dict[str, Venue] = {
    venue.id: venue
    for venue in (
        Venue(
            "binance", "clientOrderId", ((_ORDER, "origClientOrderId"),), "origClientOrderId", Fence.PARAMS,
            Signs(
                ("Duplicate order sent", "-4116"), ("-1021", "-5028", "-4188"), ("-1006", "-1007"),
                (("-2022", "reduce_only"), ("-2019", "insufficient_funds"), ("-4061", "mode_mismatch"), ("-5022", "would_take")),
                ("-2015",),
            ),
            FeeMode.RECEIVED, True, True, as_is, {},
            page=500, newest_first=False, next_trade="fromId",
            stop_look_ups=((_ORDER, "clientAlgoId"),), stop_params={"trigger": True}, stop_became="actualOrderId",
            stop_trigger={"workingType": "MARK_PRICE"},
            options={"fetchMarkets": {"types": ["spot", "linear"]}, "recvWindow": 10_000, "fetchMargins": False},
        ),
        Venue(
            "bybit", "clientOrderId", ((_OPEN, "orderLinkId"), (_CLOSED, "orderLinkId")), "orderLinkId", Fence.HEADERS,
            Signs(
                ("110072", "170141", "12141"), ("10002",), ("10000", "10016"),
                (("110017", "reduce_only"), ("170213", "not_found"), ("110001", "not_found")),
            ),
            FeeMode.RECEIVED, True, True, as_is, {"marketUnit": "baseCoin"},
            account_margin_mode=True, stop_trigger={"triggerBy": "MarkPrice"},
            stop_look_ups=((_OPEN, "orderLinkId"), (_CLOSED, "orderLinkId")),
            options={"fetchMarkets": {"types": ["spot", "linear"]}, "enableUnifiedAccount": True, "enableUnifiedMargin": False},
        ),
        Venue(
            "okx", "clientOrderId", ((_ORDER, "clOrdId"),), "clOrdId", Fence.EXP_TIME,
            Signs(("51016", "51065", "51068"), ("51149", "50004"), ("50001", "50026")),
            FeeMode.RECEIVED, True, True, as_is, {"tgtCcy": "base_ccy"},
            order_mode=("marginMode",), stop_param="algoClOrdId",
            stop_look_ups=((_ORDER, "clOrdId"),), stop_params={"trigger": True}, stop_became="ordIdList",
            stop_trigger={"slTriggerPxType": "mark"},
            options={"fetchMarkets": {"types": ["spot", "swap"]}},
        ),
        Venue(
            "kraken", "clientOrderId", ((_OPEN, "clientOrderId"), (_CLOSED, "clientOrderId")), "clientOrderId", Fence.DEADLINE,
            Signs(("cl_ord_id already", "Duplicate"), ("Deadline elapsed",), ("EService:Timeout",)),
            FeeMode.QUOTE, False, False, as_is, {}, page=50,
        ),
        Venue(
            "coinbase", "client_order_id", ((_OPEN, ""), (_CLOSED, "")), "", Fence.NONE,
            Signs(
                ("DUPLICATE", "duplicate client_order_id"), (), (),
                (
                    ("INSUFFICIENT_FUND", "insufficient_funds"), ("INVALID_LIMIT_PRICE_POST_ONLY", "would_take"),
                    ("INVALID_PRICE_PRECISION", "precision"), ("INVALID_SIZE_PRECISION", "precision"), ("INVALID_PRODUCT_ID", "bad_symbol"),
                ),
            ),
            FeeMode.QUOTE, False, False, as_uuid, None, True,
        ),
        Venue(
            "kucoin", "clientOrderId", ((_ORDER, "clientOid"),), "clientOid", Fence.NONE,
            Signs(("126044", "clientOid is repeated"), ("400002",), ()),
            FeeMode.QUOTE, True, False, as_is, {}, order_mode=("marginMode", "leverage"),
            options={"fetchMarkets": {"types": ["spot", "swap"]}},
        ),
        Venue(
            "bitget", "clientOrderId", ((_ORDER, "clientOid"),), "clientOid", Fence.RECEIVE_WINDOW,
            Signs(("43118", "clientOid is duplicated", "Duplicate clientOid"), ("40008",), ("40010", "40015")),
            FeeMode.RECEIVED, True, True, as_is, None, order_mode=("marginMode",),
            options={"fetchMarkets": {"types": ["spot", "swap"]}},
        ),
        Venue(
            "gate", "text", ((_ORDER, "id"), (_CLOSED, "")), "id", Fence.EXPTIME,
            Signs(("DUPLICATE", "REPEATED_CREATION"), ("REQUEST_EXPIRED",), ("SERVER_ERROR", "TOO_BUSY")),
            FeeMode.RECEIVED, True, True, as_gate_text, None,
            options={"fetchMarkets": {"types": ["spot", "swap"]}},
        ),
    )
}  # fmt: skip


class Pin(NamedTuple):
    """The life of the request that is being signed, on the venue's clock (ms)."""

    signed_at: int
    deadline: int


pinned: contextvars.ContextVar[Pin | None] = contextvars.ContextVar("pinned", default=None)


def fence_params(fence: Fence, pin: Pin) -> dict[str, Any]:
    """The parameters that make the venue refuse the order after its deadline."""
    window = pin.deadline - pin.signed_at
    if fence is Fence.PARAMS:
        return {"timestamp": pin.signed_at, "recvWindow": min(window, 60_000)}
    if fence is Fence.RECEIVE_WINDOW:
        return {"requestTime": str(pin.signed_at), "receiveWindow": str(window)}
    if fence is Fence.DEADLINE:
        from datetime import UTC, datetime

        return {"deadline": datetime.fromtimestamp(pin.deadline / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")}
    return {}


def fenced_sign(exchange: Any, fence: Fence) -> Callable[..., dict[str, Any]]:
    """ccxt's `sign`, which while an order is pinned signs as of its intent or adds the venue's expiry header."""
    plain_sign, nonce = exchange.sign, exchange.nonce

    def sign(*args: Any, **kwargs: Any) -> dict[str, Any]:
        pin = pinned.get()
        if pin is None or fence not in (Fence.HEADERS, Fence.EXP_TIME, Fence.EXPTIME):
            return plain_sign(*args, **kwargs)  # type: ignore[no-any-return]
        if fence is Fence.HEADERS:
            window = exchange.options["recvWindow"]
            exchange.nonce, exchange.options["recvWindow"] = (lambda: pin.signed_at), pin.deadline - pin.signed_at
            try:
                return plain_sign(*args, **kwargs)  # type: ignore[no-any-return]
            finally:
                exchange.nonce, exchange.options["recvWindow"] = nonce, window
        request: dict[str, Any] = plain_sign(*args, **kwargs)
        return request | {"headers": (request.get("headers") or {}) | {fence.value: str(pin.deadline)}}

    return sign


def venue(id_: str) -> Venue:
    """The row of a venue. Errors: Rejected("bad_venue")."""
    if id_ not in VENUES:
        raise Rejected("bad_venue", f"{id_} is not one of {', '.join(VENUES)}")
    return VENUES[id_]


def open_ccxt(id_: str, credentials: dict[str, str] | None = None, options: dict[str, Any] | None = None, address: str = "") -> Any:
    """A ccxt instance (async) set up for safety. `credentials` in ccxt's names; `address` takes the place of the venue's own."""
    import ccxt.async_support as ccxt

    if id_ not in ccxt.exchanges:
        raise Rejected("bad_venue", f"ccxt has no venue {id_}")
    known = VENUES.get(id_)
    config: dict[str, Any] = {"number": str, "timeout": TIMEOUT_MS, "enableRateLimit": False}
    config["options"] = {"maxRetriesOnFailure": 0, "adjustForTimeDifference": False, "warnOnFetchOpenOrdersWithoutSymbol": False}
    config["options"] |= {**(known.options if known else {}), **(options or {})}
    config |= {key: value for key, value in (credentials or {}).items() if key in CREDENTIALS}
    exchange = getattr(ccxt, id_)(config)
    exchange.has["fetchCurrencies"] = False  # a signed call on some venues, and of no use here
    exchange.fetch = structured_fetch(exchange.fetch)
    exchange.open = bounded_open(exchange)
    if address:
        exchange.urls["api"] = moved(exchange.urls["api"], address)
    if known is not None:
        exchange.sign = fenced_sign(exchange, known.fence)
    return exchange


def moved(urls: Any, address: str) -> Any:
    """ccxt's table of addresses with another host in each."""
    if isinstance(urls, str):
        return address.rstrip("/") + urlsplit(urls).path
    return {key: moved(value, address) for key, value in urls.items()}


def open_public(id_: str, address: str = "") -> Any:
    """A keyless instance for public market data, ours to rate-limit."""
    exchange = open_ccxt(id_, address=address)
    exchange.enableRateLimit = True
    return exchange


def rules_of(raw: dict[str, Any], fee_mode: FeeMode | None = None) -> Market | None:
    """A ccxt market as ours (amounts in base), or None when it is not an active spot or linear perpetual market."""
    linear = bool(raw.get("swap") and raw.get("linear"))
    if not (raw.get("spot") or linear) or raw.get("active") is False:
        return None
    size = contract_size(raw)
    precision, limits = raw.get("precision") or {}, raw.get("limits") or {}
    if precision.get("price") is None or precision.get("amount") is None:
        return None
    step = Decimal(str(precision["amount"])) * size
    mode = FeeMode.QUOTE if linear else (fee_mode or FeeMode.RECEIVED)
    return Market(
        symbol=raw["symbol"],
        price_tick=Decimal(str(precision["price"])),
        amount_step=step,
        min_amount=max(_limit(limits, "amount") * size, step),
        min_notional=_limit(limits, "cost"),
        maker_fee=Decimal(str(raw.get("maker") or "0.001")),
        taker_fee=Decimal(str(raw.get("taker") or "0.001")),
        fee_mode=mode,
        max_leverage=_max_leverage(limits) if linear else None,
    )


def contract_size(raw: dict[str, Any]) -> Decimal:
    """How much base one unit of the venue's amount is."""
    return Decimal(str(raw["contractSize"])) if raw.get("contract") and raw.get("contractSize") else Decimal(1)


def _limit(limits: dict[str, Any], name: str) -> Decimal:
    return Decimal(str((limits.get(name) or {}).get("min") or 0))


def _max_leverage(limits: dict[str, Any]) -> Decimal | None:
    value = (limits.get("leverage") or {}).get("max")
    return None if value is None else Decimal(str(value))
