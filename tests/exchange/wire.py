"""An adapter whose requests go nowhere: they are recorded as they would have been sent."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from exchange.ccxt_adapter import CcxtExchange
from exchange.limits import Budget
from exchange.protocol import Placement
from exchange.venues import VENUES, open_ccxt
from strategy_core.trade import Order, OrderType, Role, Side
from tests.exchange.paper_fakes import T0, Clock

ID = "0123456789abcdef0123456789abcdef"
SPOT, SWAP = "BTC/USDT", "BTC/USDT:USDT"
NATIVE = {"okx": "BTC-USDT", "kucoin": "BTC-USDT", "kraken": "XXBTZUSD", "coinbase": "BTC-USD", "gate": "BTC_USDT"}
NATIVE_SWAP = {"okx": "BTC-USDT-SWAP", "kucoin": "XBTUSDTM", "gate": "BTC_USDT"}
CONTRACTS = {"okx": "0.01", "kucoin": "0.001", "gate": "0.0001"}  # base per contract
CREDENTIALS = {"apiKey": "CANARYKEY" * 4, "secret": "Q0FOQVJZU0VDUkVUQ0FOQVJZU0VDUkVU", "password": "CANARYPASSPHRASE"}


class Sent(Exception):
    pass


class Request:
    def __init__(self, url: str, method: str, headers: dict[str, Any] | None, body: str | None) -> None:
        parts = urlsplit(url)
        self.method, self.host, self.path, self.headers = method, parts.netloc, parts.path, headers or {}
        self.query: dict[str, Any] = dict(parse_qsl(parts.query))
        text = body or ""
        parsed: Any = json.loads(text) if text[:1] in ("{", "[") else dict(parse_qsl(text))
        self.body: dict[str, Any] = parsed[0] if isinstance(parsed, list) else parsed

    @property
    def fields(self) -> dict[str, Any]:
        return self.query | self.body


def market(venue: str, swap: bool = False) -> dict[str, Any]:
    row: dict[str, Any] = {
        "symbol": SWAP if swap else SPOT,
        "base": "BTC",
        "quote": "USDT",
        "baseId": "BTC",
        "quoteId": "USDT",
        "active": True,
    }
    row["id"] = (NATIVE_SWAP if swap else NATIVE).get(venue, "BTCUSDT")
    row |= dict.fromkeys(["margin", "swap", "future", "option", "contract", "spot", "linear", "inverse"], False)
    row |= (
        {"settle": "USDT", "settleId": "USDT", "swap": True, "contract": True, "linear": True, "type": "swap"}
        if swap
        else {"spot": True, "type": "spot"}
    )
    size = CONTRACTS.get(venue) if swap else None
    row["contractSize"] = size or ("1" if swap else None)
    row["precision"] = {"amount": "1" if size else "0.00001", "price": "0.01"}
    row["limits"] = {"amount": {"min": "1" if size else "0.00001"}, "price": {}, "cost": {"min": "5"}, "leverage": {"max": "50"}}
    row |= {"maker": "0.001", "taker": "0.001", "info": {"orderTypes": ["LIMIT", "MARKET", "STOP_MARKET"]}}
    return row


class Wire:
    """An account of a venue and the requests it made. `answers`: path fragment -> what the venue says (else nothing comes back)."""

    def __init__(self, venue: str, now: int = T0) -> None:
        self.requests: list[Request] = []
        self.answers: dict[str, Any] = {}
        self.refusals: dict[str, Any] = {}  # answers that ccxt's error table is asked about first
        self.clock = Clock(now)
        self.client = open_ccxt(venue, CREDENTIALS)
        self.client.set_markets([market(venue), market(venue, swap=True)])
        self.client.is_unified_enabled = self._unified
        self.client.is_uta_enabled = self._classic
        self.client.options |= {"uta": False, "unified": True}
        self.client.fetch = self._fetch
        self.client.timeout_on_exit = 0  # no connection to wait for
        self.exchange = CcxtExchange(VENUES[venue], self.client, self.clock, Budget(10_000, 1_000, self.clock))
        self.exchange._skew = 0

    async def _unified(self, *_: Any, **__: Any) -> list[bool]:
        return [True, True]

    async def _classic(self, *_: Any, **__: Any) -> bool:
        return False

    async def _fetch(self, url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:
        request = Request(url, method, headers, body)
        self.requests.append(request)
        for fragment, answer in self.refusals.items():
            if fragment in request.path:
                text = json.dumps(answer)
                self.client.handle_errors(400 if "label" in answer else 200, "", url, method, {}, text, answer, headers, body)
                return answer
        for fragment, answer in self.answers.items():
            if fragment in request.path:
                return answer
        raise Sent

    async def close(self) -> None:
        await self.exchange.close()

    def placement(
        self, side: str = "buy", price: str | None = "20000", amount: str = "0.01", symbol: str = SPOT, reduce_only: bool = False
    ) -> Placement:
        kind = OrderType.MARKET if price is None else OrderType.LIMIT
        limit = None if price is None else Decimal(price)
        order = Order("L1", 0, 0, Side(side), kind, limit, Decimal(amount), Role.GRID, reduce_only, T0)
        return Placement(ID, symbol, order, T0, T0 + 30_000)
