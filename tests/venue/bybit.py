"""Bybit's v5 REST dialect over the same engine: another way to sign, to page, to name things and to say no.

Rules
1. Signed: HMAC over timestamp + key + window + (query or body); the window is judged on the venue's clock.
2. A client id (`orderLinkId`) is taken once for ever. Every answer is HTTP 200 with a `retCode`.
3. Trades come newest first, at most 100 a page.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from aiohttp import web

from tests.venue.binance import plain
from tests.venue.faults import Faults
from tests.venue.market import ZERO, Account, Engine, Order, Refused, Rules, Trade

Fields = dict[str, Any]
STATES = {
    "NEW": "New",
    "PARTIALLY_FILLED": "PartiallyFilled",
    "FILLED": "Filled",
    "CANCELED": "Cancelled",
    "REJECTED": "Rejected",
    "EXPIRED": "Cancelled",
}
CODES = {
    -1121: 10001,
    -2010: 170131,
    -2011: 170213,
    -2013: 170213,
    -4116: 110072,
    -2022: 110017,
    -2019: 110007,
    -4164: 110094,
    -1013: 170134,
}


class BybitVenue:
    """The HTTP side."""

    def __init__(self, clock: Callable[[], int]) -> None:
        perpetual = Rules(
            "BTCUSDT",
            "BTC",
            "USDT",
            Decimal("0.1"),
            Decimal("0.001"),
            Decimal("0.001"),
            maker=Decimal("0.0002"),
            taker=Decimal("0.0005"),
            perpetual=True,
        )
        self.clock, self.faults = clock, Faults()
        self.engines = {"spot": Engine([Rules("BTCUSDT", "BTC", "USDT")], clock), "linear": Engine([perpetual], clock)}
        self.isolated_account = False
        self.requests: list[tuple[str, str, Fields]] = []
        self._routes: dict[tuple[str, str], tuple[Callable[..., Any], bool]] = {
            ("GET", "/v5/market/time"): (self._time, False), ("GET", "/v5/market/instruments-info"): (self._instruments, False),
            ("GET", "/v5/market/tickers"): (self._tickers, False), ("POST", "/v5/order/create"): (self._place, True),
            ("POST", "/v5/order/cancel"): (self._cancel, True), ("GET", "/v5/order/realtime"): (self._realtime, True),
            ("GET", "/v5/order/history"): (self._history, True), ("GET", "/v5/execution/list"): (self._executions, True),
            ("GET", "/v5/account/wallet-balance"): (self._wallet, True), ("GET", "/v5/position/list"): (self._positions, True),
            ("POST", "/v5/position/set-leverage"): (self._leverage, True), ("POST", "/v5/position/switch-mode"): (self._switch, True),
            ("GET", "/v5/account/info"): (self._info, True), ("POST", "/v5/account/set-margin-mode"): (self._margin_mode, True),
            ("GET", "/v5/user/query-api"): (self._key, True),
        }  # fmt: skip

    def account(self, key: str, secret: str, **balances: str) -> Account:
        self.engines["linear"].account(key, secret, **balances)
        return self.engines["spot"].account(key, secret, **balances)

    def move(self, price: str) -> None:
        for engine in self.engines.values():
            engine.move("BTCUSDT", price)

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._handle)
        return app

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = (await request.read()).decode()
        fields = dict(request.query) | (json.loads(body) if body else {})
        self.requests.append((request.method, request.path, fields))
        text = body or request.rel_url.raw_query_string
        return await self.faults.answer(request, lambda: self._answer(request, fields, text))

    def _answer(self, request: web.Request, fields: Fields, text: str) -> web.Response:
        try:
            route, signed = self._routes[(request.method, request.path)]
            if signed:
                fields["key"] = self._authorised(request, text)
            result, code, words = route(fields), 0, "OK"
        except Refused as refused:
            result, code, words = {}, CODES.get(refused.code, refused.code), refused.message
            if refused.message.startswith("Filter failure: NOTIONAL"):
                code = 170140
        return web.json_response({"retCode": code, "retMsg": words, "result": result, "retExtInfo": {}, "time": self.clock()})

    def _authorised(self, request: web.Request, text: str) -> str:
        headers = request.headers
        key, at, window = headers["X-BAPI-API-KEY"], headers["X-BAPI-TIMESTAMP"], headers["X-BAPI-RECV-WINDOW"]
        account = self.engines["spot"].accounts.get(key)
        if account is None:
            raise Refused(10003, "API key is invalid.")
        expected = hmac.new(account.secret.encode(), (at + key + window + text).encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, headers["X-BAPI-SIGN"]):
            raise Refused(10004, "error sign! please check your signature generation algorithm.")
        if not -1000 <= self.clock() - int(at) <= int(window):
            raise Refused(10002, "invalid request, please check your server timestamp or recv_window param.")
        return key

    def _of(self, fields: Fields) -> tuple[Engine, Account]:
        engine = self.engines[fields["category"]]
        return engine, engine.accounts[fields["key"]]

    # -- public

    def _time(self, fields: Fields) -> Any:
        now = self.clock()
        return {"timeSecond": str(now // 1000), "timeNano": str(now * 1_000_000)}

    def _instruments(self, fields: Fields) -> Any:
        rows = [self._instrument(rule) for rule in self.engines[fields["category"]].rules.values()]
        return {"category": fields["category"], "list": rows, "nextPageCursor": ""}

    def _instrument(self, rule: Rules) -> dict[str, Any]:
        row: dict[str, Any] = {
            "symbol": rule.symbol,
            "baseCoin": rule.base,
            "quoteCoin": rule.quote,
            "status": "Trading",
            "priceFilter": {"tickSize": plain(rule.tick)},
        }
        if rule.perpetual:
            row |= {
                "contractType": "LinearPerpetual",
                "settleCoin": "USDT",
                "launchTime": "1585526400000",
                "deliveryTime": "0",
                "fundingInterval": 480,
            }
            row["leverageFilter"] = {"minLeverage": "1", "maxLeverage": "100.00", "leverageStep": "0.01"}
            row["lotSizeFilter"] = {
                "qtyStep": plain(rule.step),
                "minOrderQty": plain(rule.min_amount),
                "maxOrderQty": "100",
                "minNotionalValue": "5",
            }
        else:
            row["lotSizeFilter"] = {
                "basePrecision": plain(rule.step),
                "quotePrecision": "0.01",
                "minOrderQty": plain(rule.min_amount),
                "maxOrderQty": "71",
                "minOrderAmt": "5",
            }
        return row

    def _tickers(self, fields: Fields) -> Any:
        engine = self.engines[fields["category"]]
        rows = []
        for symbol, price in engine.prices.items():
            tick = engine.rules[symbol].tick
            row = {
                "symbol": symbol,
                "lastPrice": plain(price),
                "bid1Price": plain(price - tick),
                "ask1Price": plain(price + tick),
                "price24hPcnt": "0.01",
            }
            rows.append(
                row
                | {
                    "prevPrice24h": plain(price),
                    "highPrice24h": plain(price),
                    "lowPrice24h": plain(price),
                    "turnover24h": "1",
                    "volume24h": "1",
                }
            )
        return {"category": fields["category"], "list": rows}

    # -- orders

    def _place(self, fields: Fields) -> Any:
        engine, account = self._of(fields)
        link = fields.get("orderLinkId", "")
        if any(o.client_id == link for o in account.orders):
            raise Refused(110072 if fields["category"] == "linear" else 170141, "Duplicate clientOrderId")
        kind = "LIMIT" if fields["orderType"] == "Limit" else "STOP_MARKET" if "triggerPrice" in fields else "MARKET"
        order = Order(
            0, link, fields["symbol"], fields["side"].upper(), kind, Decimal(fields.get("price", "0")), Decimal(fields["qty"]),
            fields.get("timeInForce", "GTC"), bool(fields.get("reduceOnly")), self.clock(),
        )  # fmt: skip
        order.stop_price = Decimal(fields.get("triggerPrice", "0"))
        order.post_only = order.time_in_force == "PostOnly"
        placed = engine.place(account, order)
        return {"orderId": str(placed.id), "orderLinkId": link}

    def _cancel(self, fields: Fields) -> Any:
        engine, account = self._of(fields)
        order = engine.find(account, fields["symbol"], fields.get("orderId"), fields.get("orderLinkId"))
        if order is None or order.status not in ("NEW", "PARTIALLY_FILLED"):
            raise Refused(110001 if fields["category"] == "linear" else 170213, "Order does not exist.")
        engine.cancel(account, order)
        return {"orderId": str(order.id), "orderLinkId": order.client_id}

    def _realtime(self, fields: Fields) -> Any:
        """Open orders; by id also the recently closed ones."""
        by_id = "orderLinkId" in fields or "orderId" in fields
        return self._orders(fields, lambda order: by_id or order.status in ("NEW", "PARTIALLY_FILLED"))

    def _history(self, fields: Fields) -> Any:
        return self._orders(fields, lambda order: order.status not in ("NEW", "PARTIALLY_FILLED"))

    def _orders(self, fields: Fields, wanted: Callable[[Order], bool]) -> Any:
        engine, account = self._of(fields)
        found = [o for o in account.orders if wanted(o) and fields.get("symbol") in (None, o.symbol)]
        found = [o for o in found if fields.get("orderLinkId") in (None, o.client_id) and fields.get("orderId") in (None, str(o.id))]
        return {"category": fields["category"], "list": [self._shape(o) for o in found], "nextPageCursor": ""}

    def _shape(self, o: Order) -> dict[str, Any]:
        row = {
            "orderId": str(o.id),
            "orderLinkId": o.client_id,
            "symbol": o.symbol,
            "side": o.side.title(),
            "orderType": o.type.removeprefix("STOP_").title(),
            "qty": plain(o.amount),
        }
        row |= {
            "price": plain(o.price),
            "cumExecQty": plain(o.filled),
            "cumExecValue": plain(o.cost),
            "leavesQty": plain(o.left),
            "orderStatus": "Untriggered" if o.type == "STOP_MARKET" and o.status == "NEW" else STATES[o.status],
        }
        row |= {
            "avgPrice": plain(o.cost / o.filled) if o.filled else "",
            "createdTime": str(o.at),
            "updatedTime": str(o.updated),
            "timeInForce": o.time_in_force,
        }
        return row | {
            "reduceOnly": o.reduce_only,
            "cumExecFee": "0",
            "triggerPrice": plain(o.stop_price) if o.stop_price else "",
            "stopOrderType": "",
            "rejectReason": "EC_NoError",
        }

    def _executions(self, fields: Fields) -> Any:
        engine, account = self._of(fields)
        if int(fields.get("limit", 50)) > 100:
            raise Refused(10001, "limit must not exceed 100")
        low, high = int(fields.get("startTime", 0)), int(fields.get("endTime", 2**62))
        rows = [t for t in account.trades if t.order.symbol == fields["symbol"] and low <= t.at <= high]
        newest = sorted(rows, key=lambda t: -t.id)[: int(fields.get("limit", 50))]
        return {"category": fields["category"], "list": [self._trade(t) for t in newest], "nextPageCursor": ""}

    def _trade(self, t: Trade) -> dict[str, Any]:
        row = {
            "execId": str(t.id),
            "orderId": str(t.order.id),
            "orderLinkId": t.order.client_id,
            "symbol": t.order.symbol,
            "side": t.order.side.title(),
        }
        row |= {
            "execPrice": plain(t.price),
            "execQty": plain(t.amount),
            "execFee": plain(t.fee),
            "feeCurrency": t.fee_currency,
            "execTime": str(t.at),
        }
        return row | {
            "isMaker": t.maker,
            "execType": "Trade",
            "execValue": plain(t.price * t.amount),
            "feeRate": "0.001",
            "orderType": t.order.type.removeprefix("STOP_").title(),
        }

    # -- accounts

    def _wallet(self, fields: Fields) -> Any:
        engine = self.engines["spot"]
        account = engine.accounts[fields["key"]]
        coins = []
        for currency, total in account.balances.items():
            row = {
                "coin": currency,
                "walletBalance": plain(total),
                "locked": plain(account.used(currency, engine.rules)),
                "equity": plain(total),
            }
            coins.append(
                row
                | {
                    "availableToWithdraw": "",
                    "borrowAmount": "0",
                    "totalOrderIM": "0",
                    "totalPositionIM": "0",
                    "spotBorrow": "0",
                    "usdValue": "0",
                }
            )
        return {"list": [{"accountType": "UNIFIED", "coin": coins}]}

    def _positions(self, fields: Fields) -> Any:
        engine, account = self._of(fields)
        rows = [self._position(engine, account, symbol) for symbol in engine.rules if fields.get("symbol") in (None, symbol)]
        return {"category": "linear", "list": rows, "nextPageCursor": ""}

    def _position(self, engine: Engine, account: Account, symbol: str) -> dict[str, Any]:
        held = account.positions.get(symbol)
        amount, entry = (held.amount, held.entry) if held else (ZERO, ZERO)
        leverage = account.leverage.get(symbol, 10)
        liquidation = plain(entry * (1 - Decimal(1) / leverage)) if amount else ""
        row = {
            "symbol": symbol,
            "side": "" if not amount else "Buy" if amount > 0 else "Sell",
            "size": plain(abs(amount)),
            "avgPrice": plain(entry),
        }
        row |= {
            "leverage": str(leverage),
            "tradeMode": 1 if self.isolated_account else 0,
            "liqPrice": liquidation,
            "markPrice": plain(engine.prices[symbol]),
        }
        row |= {
            "positionValue": plain(abs(amount) * entry),
            "positionIdx": 0,
            "unrealisedPnl": "0",
            "positionIM": "0",
            "positionMM": "0",
            "positionBalance": "0",
        }
        return row | {
            "createdTime": "1",
            "updatedTime": str(self.clock()),
            "autoAddMargin": 0,
            "positionStatus": "Normal",
            "cumRealisedPnl": "0",
        }

    def _leverage(self, fields: Fields) -> Any:
        _, account = self._of(fields)
        if account.leverage.get(fields["symbol"]) == int(fields["buyLeverage"]):
            raise Refused(110043, "leverage not modified")
        account.leverage[fields["symbol"]] = int(fields["buyLeverage"])
        return {}

    def _switch(self, fields: Fields) -> Any:
        raise Refused(110025, "Position mode is not modified")

    def _info(self, fields: Fields) -> Any:
        mode = "ISOLATED_MARGIN" if self.isolated_account else "REGULAR_MARGIN"
        return {"marginMode": mode, "unifiedMarginStatus": 5, "updatedTime": str(self.clock())}

    def _margin_mode(self, fields: Fields) -> Any:
        self.isolated_account = fields["setMarginMode"] == "ISOLATED_MARGIN"
        return {"reasons": []}

    def _key(self, fields: Fields) -> Any:
        account = self.engines["spot"].accounts[fields["key"]]
        permissions = {"Spot": ["SpotTrade"], "Wallet": ["Withdraw"] if account.can_withdraw else []}
        return {
            "readOnly": 0,
            "permissions": permissions,
            "ips": ["1.2.3.4"] if account.ip_restricted else ["*"],
            "uta": 1,
            "createdAt": "2023-01-01T00:00:00Z",
        }
