"""Binance's spot and USD-M REST dialect over the engine, for ccxt to talk to unmodified.

Rules
1. Signed endpoints check key, signature (over the very bytes sent) and the window: timestamp + recvWindow on the venue's own clock.
2. Every request weighs; beyond the limit the answer is 429, and whoever goes on is banned with 418.
3. Errors have the venue's codes and shapes.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from tests.venue.faults import Faults
from tests.venue.market import ZERO, Account, Engine, Order, Position, Refused, Rules, Trade

WEIGHTS = {"openOrders": 6, "allOrders": 20, "myTrades": 20, "account": 20, "exchangeInfo": 20, "order": 1}
PERIODS = {"1m": 60_000, "5m": 300_000, "15m": 900_000, "1h": 3_600_000, "4h": 14_400_000, "1d": 86_400_000}
ALGO_IDS = 4_000_000_000  # stops are numbered apart from the orders they become
Fields = dict[str, str]


def plain(value: Decimal) -> str:
    return format(value.normalize() + 0, "f")


class BinanceVenue:
    """The HTTP side. `requests` holds what arrived, for tests to count."""

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
        self.spot = Engine(
            [Rules("BTCUSDT", "BTC", "USDT"), Rules("ETHUSDT", "ETH", "USDT", step=Decimal("0.0001"), min_amount=Decimal("0.0001"))], clock
        )
        self.linear = Engine([perpetual], clock)
        self.weight_limit, self._weight, self._window = 6000, 0, 0
        self.requests: list[tuple[str, str, Fields]] = []
        self.klines: list[list[Any]] = []
        self.ticker_overrides: dict[str, Any] = {}
        self._routes = self._table()

    def account(self, key: str, secret: str, **balances: str) -> Account:
        account = self.spot.account(key, secret, **balances)
        self.linear.accounts[key] = self.linear.account(key, secret, **balances)
        return account

    def move(self, price: str) -> None:
        self.spot.move("BTCUSDT", price)
        self.linear.move("BTCUSDT", price)

    def application(self) -> web.Application:
        app = web.Application(client_max_size=2**20)
        app.router.add_route("*", "/{tail:.*}", self._handle)
        return app

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = (await request.read()).decode()
        fields = dict(parse_qsl(request.query_string)) | dict(parse_qsl(body))
        self.requests.append((request.method, request.path, fields))
        key, signed = request.headers.get("X-MBX-APIKEY", ""), body or request.rel_url.raw_query_string
        return await self.faults.answer(request, lambda: self._answer(request.method, request.path, fields, key, signed))

    def _answer(self, method: str, path: str, fields: Fields, key: str, signed: str) -> web.Response:
        try:
            self._weigh(path)
            route = self._routes.get((method, path))
            if route is None:
                raise Refused(-1000, f"unknown path {path}", 404)
            handler, is_signed, engine = route
            result = handler(engine, self._authorised(engine, key, fields, signed), fields) if is_signed else handler(engine, fields)
            return web.json_response(result, headers={"X-MBX-USED-WEIGHT-1M": str(self._weight)})
        except Refused as refused:
            headers = {"Retry-After": "30"} if refused.status in (418, 429) else {}
            return web.json_response({"code": refused.code, "msg": refused.message}, status=refused.status, headers=headers)

    def _weigh(self, path: str) -> None:
        now = self.clock()
        if now < self.faults.banned_until:
            raise Refused(-1003, f"Way too many requests; IP banned until {self.faults.banned_until}.", 418)
        if now // 60_000 != self._window:
            self._window, self._weight = now // 60_000, 0
        self._weight += WEIGHTS.get(path.rsplit("/", 1)[-1], 2)
        if self._weight > 2 * self.weight_limit:
            self.faults.banned_until = now + 120_000
            raise Refused(-1003, f"Way too many requests; IP banned until {self.faults.banned_until}.", 418)
        if self._weight > self.weight_limit:
            raise Refused(-1003, "Too much request weight used.", 429)

    def _authorised(self, engine: Engine, key: str, fields: Fields, signed: str) -> Account:
        account = engine.accounts.get(key)
        if account is None:
            raise Refused(-2015, "Invalid API-key, IP, or permissions for action.", 401)
        text, _, signature = signed.rpartition("&signature=")
        expected = hmac.new(account.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, signature):
            raise Refused(-1022, "Signature for this request is not valid.")
        at, window, now = int(fields.get("timestamp", "0")), int(fields.get("recvWindow", "5000")), self.clock()
        if window > 60_000:
            raise Refused(-1131, "recvWindow must be less than 60000")
        if at > now + 1000:
            raise Refused(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")
        if now - at > window:
            raise Refused(-1021, "Timestamp for this request is outside of the recvWindow.")
        return account

    # -- the table

    def _table(self) -> dict[tuple[str, str], tuple[Any, bool, Engine]]:
        s, f = self.spot, self.linear
        both = {
            ("GET", "/time"): (self._time, False), ("GET", "/exchangeInfo"): (self._info, False), ("GET", "/ticker/24hr"): (self._tickers, False),
            ("GET", "/klines"): (self._klines, False), ("GET", "/depth"): (self._depth, False), ("POST", "/order"): (self._place, True),
            ("GET", "/order"): (self._order, True), ("DELETE", "/order"): (self._cancel, True), ("GET", "/openOrders"): (self._open, True),
            ("GET", "/allOrders"): (self._all, True),
        }  # fmt: skip
        table = {(m, f"/api/v3{p}"): (h, signed, s) for (m, p), (h, signed) in both.items()}
        table |= {(m, f"/fapi/v1{p}"): (h, signed, f) for (m, p), (h, signed) in both.items()}
        table |= {
            ("GET", "/api/v3/myTrades"): (self._trades, True, s), ("GET", "/fapi/v1/userTrades"): (self._trades, True, f),
            ("GET", "/api/v3/account"): (self._account, True, s), ("GET", "/sapi/v1/account/apiRestrictions"): (self._restrictions, True, s),
            ("GET", "/fapi/v3/account"): (self._margin_account, True, f), ("GET", "/fapi/v3/positionRisk"): (self._positions, True, f), ("GET", "/fapi/v2/positionRisk"): (self._positions, True, f),
            ("GET", "/fapi/v1/leverageBracket"): (self._brackets, True, f), ("GET", "/fapi/v1/symbolConfig"): (self._config, True, f),
            ("POST", "/fapi/v1/leverage"): (self._leverage, True, f), ("POST", "/fapi/v1/marginType"): (self._margin_type, True, f),
            ("GET", "/fapi/v1/positionSide/dual"): (self._dual, True, f), ("POST", "/fapi/v1/positionSide/dual"): (self._set_dual, True, f),
            ("GET", "/fapi/v1/income"): (self._income, True, f), ("POST", "/fapi/v1/algoOrder"): (self._algo, True, f),
            ("GET", "/fapi/v1/algoOrder"): (self._algo_order, True, f), ("DELETE", "/fapi/v1/algoOrder"): (self._algo_cancel, True, f),
        }  # fmt: skip
        return table

    # -- public

    def _time(self, engine: Engine, fields: Fields) -> Any:
        return {"serverTime": self.clock()}

    def _info(self, engine: Engine, fields: Fields) -> Any:
        return {
            "timezone": "UTC",
            "serverTime": self.clock(),
            "rateLimits": [],
            "exchangeFilters": [],
            "symbols": [self._symbol(r) for r in engine.rules.values()],
        }

    def _symbol(self, rule: Rules) -> dict[str, Any]:
        notional = (
            {"filterType": "MIN_NOTIONAL", "notional": plain(rule.min_notional)}
            if rule.perpetual
            else {"filterType": "NOTIONAL", "minNotional": plain(rule.min_notional)}
        )
        filters = [
            {"filterType": "PRICE_FILTER", "minPrice": plain(rule.tick), "maxPrice": "1000000", "tickSize": plain(rule.tick)},
            {"filterType": "LOT_SIZE", "minQty": plain(rule.min_amount), "maxQty": "9000", "stepSize": plain(rule.step)},
            notional,
        ]
        row = {"symbol": rule.symbol, "status": rule.status, "baseAsset": rule.base, "quoteAsset": rule.quote, "filters": filters}
        row |= {
            "baseAssetPrecision": 8,
            "quotePrecision": 8,
            "quoteAssetPrecision": 8,
            "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET", "STOP_MARKET"],
        }
        if rule.perpetual:
            row |= {
                "contractType": "PERPETUAL",
                "pair": rule.symbol,
                "marginAsset": rule.quote,
                "pricePrecision": 1,
                "quantityPrecision": 3,
                "underlyingType": "COIN",
            }
        else:
            row |= {"isSpotTradingAllowed": True, "isMarginTradingAllowed": False, "permissions": ["SPOT"], "permissionSets": [["SPOT"]]}
        return row

    def _tickers(self, engine: Engine, fields: Fields) -> Any:
        wanted = [fields["symbol"]] if "symbol" in fields else json.loads(fields.get("symbols", json.dumps(list(engine.prices))))
        rows = [self._ticker(engine, symbol) for symbol in wanted if symbol in engine.prices]
        return rows[0] if "symbol" in fields else rows

    def _ticker(self, engine: Engine, symbol: str) -> dict[str, Any]:
        price, tick = engine.prices[symbol], engine.rules[symbol].tick
        row = {
            "symbol": symbol,
            "lastPrice": plain(price),
            "bidPrice": plain(price - tick),
            "askPrice": plain(price + tick),
            "priceChangePercent": "1.5",
        }
        row |= {
            "openPrice": plain(price),
            "highPrice": plain(price),
            "lowPrice": plain(price),
            "volume": "10",
            "quoteVolume": "1000",
            "priceChange": "0",
        }
        row |= {"weightedAvgPrice": plain(price), "closeTime": self.clock(), "openTime": self.clock() - 86_400_000, "count": 1}
        if not engine.rules[symbol].perpetual:
            row |= {"bidQty": "1", "askQty": "1", "prevClosePrice": plain(price)}
        return row | self.ticker_overrides

    def _klines(self, engine: Engine, fields: Fields) -> Any:
        since, until, limit = int(fields.get("startTime", "0")), int(fields.get("endTime", "0")), int(fields.get("limit", "500"))
        rows = [
            row for row in merged(self.klines, PERIODS[fields.get("interval", "1m")]) if row[0] >= since and (not until or row[0] <= until)
        ]
        return rows[:limit] if since else rows[-limit:]  # without a start the newest ones, as the venue does

    def _depth(self, engine: Engine, fields: Fields) -> Any:
        price, tick = engine.prices[fields["symbol"]], engine.rules[fields["symbol"]].tick
        return {"lastUpdateId": 1, "bids": [[plain(price - tick), "1"]], "asks": [[plain(price + tick), "1"]]}

    # -- orders

    def _place(self, engine: Engine, account: Account, fields: Fields) -> Any:
        if not account.can_trade:
            raise Refused(-2015, "Invalid API-key, IP, or permissions for action.", 401)
        if (
            engine.rules.get(fields["symbol"])
            and engine.rules[fields["symbol"]].perpetual
            and account.hedge
            and "positionSide" not in fields
        ):
            raise Refused(-4061, "Order's position side does not match user's setting.")
        order = Order(
            0, fields.get("newClientOrderId", f"web_{len(account.orders)}"), fields["symbol"], fields["side"],
            "LIMIT" if fields["type"] == "LIMIT_MAKER" else fields["type"], Decimal(fields.get("price", "0")), Decimal(fields["quantity"]),
            fields.get("timeInForce", "GTC"), fields.get("reduceOnly") == "true", self.clock(),
        )  # fmt: skip
        if (fields["type"] == "LIMIT_MAKER" or order.time_in_force == "GTX") and engine.would_take(order):
            if engine.rules[order.symbol].perpetual:
                raise Refused(-5022, "Due to the order could not be executed as maker, the Post Only order will be rejected.")
            raise Refused(-2010, "Order would immediately match and take.")
        return self._shape(engine.place(account, order))

    def _found(self, engine: Engine, account: Account, fields: Fields, code: int, words: str) -> Order:
        order = engine.find(account, fields["symbol"], fields.get("orderId"), fields.get("origClientOrderId"))
        if order is None:
            raise Refused(code, words)
        return order

    def _order(self, engine: Engine, account: Account, fields: Fields) -> Any:
        return self._shape(self._found(engine, account, fields, -2013, "Order does not exist."))

    def _cancel(self, engine: Engine, account: Account, fields: Fields) -> Any:
        return self._shape(engine.cancel(account, self._found(engine, account, fields, -2011, "Unknown order sent.")))

    def _open(self, engine: Engine, account: Account, fields: Fields) -> Any:
        seen_before = self.clock() - self.faults.open_orders_lag_ms
        is_open = ("NEW", "PARTIALLY_FILLED")
        resting = [o for o in account.orders if o.status in is_open and o.at <= seen_before and o.type != "STOP_MARKET"]
        return [self._shape(o) for o in resting if fields.get("symbol") in (None, o.symbol)]

    def _all(self, engine: Engine, account: Account, fields: Fields) -> Any:
        rows = [o for o in account.orders if o.symbol == fields["symbol"] and o.at >= int(fields.get("startTime", "0"))]
        return [self._shape(o) for o in rows[: int(fields.get("limit", "500"))]]

    def _trades(self, engine: Engine, account: Account, fields: Fields) -> Any:
        since, first = int(fields.get("startTime", "0")), int(fields.get("fromId", "0"))
        rows = [t for t in account.trades if t.order.symbol == fields["symbol"] and t.at >= since and t.id >= first]
        return [self._trade(t) for t in rows[: min(int(fields.get("limit", "500")), 1000)]]

    def _shape(self, o: Order) -> dict[str, Any]:
        average = plain(o.cost / o.filled) if o.filled else "0"
        row = {
            "symbol": o.symbol,
            "orderId": o.id,
            "clientOrderId": o.client_id,
            "price": plain(o.price),
            "origQty": plain(o.amount),
            "executedQty": plain(o.filled),
        }
        row |= {
            "status": o.status,
            "timeInForce": o.time_in_force,
            "type": o.type,
            "side": o.side,
            "stopPrice": plain(o.stop_price),
            "time": o.at,
        }
        row |= {
            "updateTime": o.updated,
            "transactTime": o.at,
            "cummulativeQuoteQty": plain(o.cost),
            "cumQuote": plain(o.cost),
            "avgPrice": average,
        }
        return row | {"isWorking": True, "workingTime": o.at, "origQuoteOrderQty": "0", "fills": []} | self._linear_only(o)

    def _linear_only(self, o: Order) -> dict[str, Any]:
        if not any(o is known for account in self.linear.accounts.values() for known in account.orders):
            return {}
        return {"positionSide": "BOTH", "reduceOnly": o.reduce_only, "realizedPnl": "0"}

    def _trade(self, t: Trade) -> dict[str, Any]:
        row = {"symbol": t.order.symbol, "id": t.id, "orderId": t.order.id, "price": plain(t.price), "qty": plain(t.amount), "time": t.at}
        row |= {"quoteQty": plain(t.price * t.amount), "commission": plain(t.fee), "commissionAsset": t.fee_currency}
        linear, bought = self._linear_only(t.order), t.order.side == "BUY"
        if linear:
            return row | linear | {"maker": t.maker, "buyer": bought, "side": t.order.side}
        return row | {"orderListId": -1, "isMaker": t.maker, "isBuyer": bought, "isBestMatch": True}

    # -- accounts

    def _account(self, engine: Engine, account: Account, fields: Fields) -> Any:
        rows = []
        for currency, total in account.balances.items():
            used = account.used(currency, engine.rules)
            rows.append({"asset": currency, "free": plain(total - used), "locked": plain(used)})
        return {
            "balances": rows,
            "canTrade": account.can_trade,
            "canWithdraw": account.can_withdraw,
            "makerCommission": 10,
            "takerCommission": 10,
            "updateTime": self.clock(),
            **({} if account.uid is None else {"uid": account.uid}),
        }

    def _margin_account(self, engine: Engine, account: Account, fields: Fields) -> Any:
        wallet = plain(account.wallet)
        row = {"asset": "USDT", "walletBalance": wallet, "marginBalance": wallet, "availableBalance": wallet, "initialMargin": "0"}
        return {"assets": [row], "positions": [], "updateTime": self.clock()}

    def _restrictions(self, engine: Engine, account: Account, fields: Fields) -> Any:
        row = {
            "ipRestrict": account.ip_restricted,
            "createTime": 1_600_000_000_000,
            "enableWithdrawals": account.can_withdraw,
            "enableReading": True,
        }
        return row | {
            "enableSpotAndMarginTrading": account.can_trade,
            "enableInternalTransfer": False,
            "permitsUniversalTransfer": False,
            "enableFutures": account.can_trade,
        }

    def _positions(self, engine: Engine, account: Account, fields: Fields) -> Any:
        rows = []
        for symbol, held in account.positions.items():
            if held.amount != ZERO and fields.get("symbol") in (None, symbol):
                rows.append(self._position(engine, account, symbol, held))
        return rows

    def _position(self, engine: Engine, account: Account, symbol: str, held: Position) -> dict[str, Any]:
        mark, leverage = engine.prices[symbol], account.leverage.get(symbol, 20)
        gain = (mark - held.entry) * held.amount
        margin = plain(abs(held.amount) * held.entry / leverage)
        liquidation = held.entry * (1 - Decimal(1) / leverage if held.amount > 0 else 1 + Decimal(1) / leverage)
        row = {
            "symbol": symbol,
            "positionAmt": plain(held.amount),
            "entryPrice": plain(held.entry),
            "markPrice": plain(mark),
            "leverage": str(leverage),
        }
        row |= {
            "unRealizedProfit": plain(gain),
            "liquidationPrice": plain(liquidation),
            "marginType": "isolated" if account.isolated.get(symbol) else "cross",
        }
        row |= {
            "isolatedMargin": margin,
            "isolatedWallet": margin,
            "isAutoAddMargin": "false",
            "positionSide": "BOTH",
            "notional": plain(held.amount * mark),
        }
        return row | {
            "updateTime": self.clock(),
            "breakEvenPrice": plain(held.entry),
            "initialMargin": margin,
            "maintMargin": "0",
            "marginAsset": "USDT",
            "adl": 0,
        }

    def _brackets(self, engine: Engine, account: Account, fields: Fields) -> Any:
        bracket = {"bracket": 1, "initialLeverage": 125, "notionalCap": 50000, "notionalFloor": 0, "maintMarginRatio": 0.004, "cum": 0.0}
        return [{"symbol": symbol, "brackets": [bracket]} for symbol in engine.rules]

    def _config(self, engine: Engine, account: Account, fields: Fields) -> Any:
        mode = {True: "ISOLATED", False: "CROSSED"}
        return [
            {
                "symbol": s,
                "marginType": mode[account.isolated.get(s, False)],
                "isAutoAddMargin": False,
                "leverage": account.leverage.get(s, 20),
                "maxNotionalValue": "1",
            }
            for s in engine.rules
            if fields.get("symbol") in (None, s)
        ]

    def _leverage(self, engine: Engine, account: Account, fields: Fields) -> Any:
        account.leverage[fields["symbol"]] = int(fields["leverage"])
        return {"symbol": fields["symbol"], "leverage": int(fields["leverage"]), "maxNotionalValue": "1000000"}

    def _margin_type(self, engine: Engine, account: Account, fields: Fields) -> Any:
        isolated = fields["marginType"] == "ISOLATED"
        if account.isolated.get(fields["symbol"], False) == isolated:
            raise Refused(-4046, "No need to change margin type.")
        account.isolated[fields["symbol"]] = isolated
        return {"code": 200, "msg": "success"}

    def _dual(self, engine: Engine, account: Account, fields: Fields) -> Any:
        return {"dualSidePosition": account.hedge}

    def _set_dual(self, engine: Engine, account: Account, fields: Fields) -> Any:
        account.hedge = fields["dualSidePosition"] == "true"
        return {"code": 200, "msg": "success"}

    def _income(self, engine: Engine, account: Account, fields: Fields) -> Any:
        row = {
            "symbol": "BTCUSDT",
            "incomeType": "FUNDING_FEE",
            "income": "-0.5",
            "asset": "USDT",
            "time": self.clock() - 1000,
            "info": "",
            "tranId": "1",
            "tradeId": "",
        }
        return [row]

    def _algo(self, engine: Engine, account: Account, fields: Fields) -> Any:
        order = Order(
            0, fields["clientAlgoId"], fields["symbol"], fields["side"], fields["type"], ZERO, Decimal(fields["quantity"]), "GTC",
            fields.get("reduceOnly") == "true", self.clock(), stop_price=Decimal(fields["triggerPrice"]),
        )  # fmt: skip
        engine.place(account, order)
        return self._algo_row(order)

    def _algo_order(self, engine: Engine, account: Account, fields: Fields) -> Any:
        return self._algo_row(self._algo_found(engine, account, fields))

    def _algo_cancel(self, engine: Engine, account: Account, fields: Fields) -> Any:
        order = self._algo_found(engine, account, fields)
        engine.cancel(account, order)
        return {"algoId": ALGO_IDS + order.id, "clientAlgoId": order.client_id, "code": "200", "msg": "success"}

    def _algo_found(self, engine: Engine, account: Account, fields: Fields) -> Order:
        found = [o for o in account.orders if o.type == "STOP_MARKET" and o.client_id == fields.get("clientAlgoId")]
        if not found:
            raise Refused(-2013, "Order does not exist.")
        return found[-1]

    def _algo_row(self, order: Order) -> Any:
        status = {"FILLED": "FINISHED", "PARTIALLY_FILLED": "TRIGGERED"}.get(order.status, order.status)
        became = {"actualOrderId": str(order.id)} if order.filled else {"actualOrderId": ""}
        row = became | {
            "algoId": ALGO_IDS + order.id,
            "clientAlgoId": order.client_id,
            "algoType": "CONDITIONAL",
            "orderType": order.type,
            "symbol": order.symbol,
            "side": order.side,
        }
        return row | {
            "quantity": plain(order.amount),
            "algoStatus": status,
            "triggerPrice": plain(order.stop_price),
            "price": "0",
            "reduceOnly": True,
            "createTime": order.at,
        }


def merged(rows: list[list[Any]], period: int) -> list[list[Any]]:
    """Candles of a longer period out of those of a minute."""
    if period == PERIODS["1m"]:
        return rows
    longer: dict[int, list[Any]] = {}
    for row in rows:
        at = row[0] // period * period
        whole = longer.setdefault(at, [at, *row[1:6], at + period - 1, *row[7:]])
        whole[2], whole[3] = max(whole[2], row[2], key=Decimal), min(whole[3], row[3], key=Decimal)
        whole[4] = row[4]
    return list(longer.values())


def kline(at: int, open_: str, high: str, low: str, close: str, volume: str = "1") -> list[Any]:
    return [at, open_, high, low, close, volume, at + 59_999, "1", 1, "1", "1", "0"]
