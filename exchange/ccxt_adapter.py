"""One account on a real venue, through ccxt made safe. Importing this loads no ccxt; opening an account does.

Rules
1. A write is sent once. What ccxt raises becomes an Outcome; whatever is not definitive is UNKNOWN, to be looked up, never re-sent.
2. An order carries its own deadline: after it nothing is sent from here, and the venue refuses what arrives late (`venues.Fence`).
3. Amounts are in base here and everywhere; contracts exist only between this file and the venue.
4. What a venue answers is not believed: prices that cannot be are refused, orders and trades of others are left out.
5. No exception, message or log line leaves with a URL, a signature or a key in it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from exchange.checks import filters
from exchange.errors import LONGEST, is_expired, not_sent, outcome_of, raised_for
from exchange.keys import KeyProof, prove
from exchange.limits import Budget, Lane, cost_of
from exchange.live import believable
from exchange.parsing import balances_of, order_of, position_of
from exchange.perpetual import Perpetual, is_already_so
from exchange.protocol import (
    Balance,
    Cursor,
    ExchangeError,
    NotFound,
    OrderReport,
    Outcome,
    Placement,
    Point,
    Position,
    RateLimited,
    Rejected,
    Result,
    Unavailable,
    Unsupported,
    View,
)
from exchange.search import Search, text
from exchange.stops import MARGIN_MS, Stops, WithStops
from exchange.venues import Fence, Pin, Venue, contract_size, fence_params, pinned, rules_of
from strategy_core.number import ceil_to, floor_to, plain
from strategy_core.trade import Horizon, Market, OrderType, Role, Side

RULES_TTL_MS = 86_400_000
OVERLAP_MS = 300_000  # trades are asked for again this far back: venues publish some late
LOOK_UPS_PER_LOOK = 20
MAX_SKEW_MS = 300_000
IOC_ROOM = Decimal("0.01")  # how far beyond the last price a BUY may pay where the venue cannot buy an amount of base at market
UNSIGNED = ("load_markets", "fetch_time", "fetch_ticker")
FREE_OF_DOUBT = ("precision", "below_minimum", "bad_symbol")  # the same order can never have been taken
RESCUE_ROLES = (Role.STOP_LOSS, Role.CLOSE, Role.TAKE_PROFIT)


_rules_kept: dict[str, tuple[int, list[Any]]] = {}  # venue and address -> when, markets


class CcxtExchange(WithStops):
    """`exchange.protocol.Exchange` over one ccxt instance."""

    def __init__(self, row: Venue, client: Any, clock: Callable[[], int], budget: Budget) -> None:
        """`client`: a ccxt instance of this account (see `accounts.open_there`); `clock` tells wall milliseconds."""
        self._row, self._client, self._clock, self._budget = row, client, clock, budget
        self._secrets = tuple(str(getattr(client, name, "") or "") for name in ("apiKey", "secret", "password"))
        self._skew: int | None = None  # venue's clock minus ours
        self._ready = asyncio.Lock()
        self._modes: dict[str, tuple[str, Decimal]] = {}
        self._perpetual = Perpetual(row, client, self._read, self._send_setting)
        self._search = Search(row, self._read)
        self._stops = Stops(row, self._search, self._read)

    # -- the port

    async def market(self, symbol: str) -> Market:
        return self._market(await self._raw_market(symbol))

    async def balances(self) -> dict[str, Balance]:
        return balances_of(await self._read("fetch_balance", Lane.READ))

    async def wallet(self, symbol: str) -> dict[str, Balance]:
        """The money behind a market: perpetuals have a wallet of their own on many venues."""
        raw = await self._raw_market(symbol)
        return balances_of(await self._read("fetch_balance", Lane.READ, {"type": "swap" if raw.get("swap") else "spot"}))

    async def place(self, placement: Placement) -> Outcome:
        """Sends once. An answer that could hide an earlier send of the same order (a call can run twice) is checked by looking it up."""
        outcome = await self._place(placement)
        if outcome.result not in (Result.EXPIRED, Result.REJECTED) or outcome.reason in FREE_OF_DOUBT:
            return outcome
        try:
            found = await self.look_up(placement.symbol, placement.client_order_id, None)
        except ExchangeError as error:
            return Outcome(Result.UNKNOWN, None, outcome.reason, f"{outcome.message}; and looking it up failed: {error}"[:LONGEST])
        return outcome if found is None else Outcome(Result.DUPLICATE, found.order_id)

    async def _place(self, placement: Placement) -> Outcome:
        order = placement.order
        try:
            raw = await self._raw_market(placement.symbol)
            refused = filters(order, self._market(raw), order.price)
            if refused is not None:
                return Outcome(Result.REJECTED, None, *refused)
            skew = await self._clock_skew()
            arguments, params = await self._request(placement, raw)
            await self._take("create_order", Lane.RESCUE if order.role in RESCUE_ROLES else Lane.ORDER)
        except ExchangeError as error:  # nothing was sent by this call
            return not_sent(error)
        if self._clock() > placement.deadline - MARGIN_MS:
            return Outcome(Result.EXPIRED, None, "expired", "the deadline had passed; nothing was sent")
        pin = Pin(placement.signed_at + skew, placement.deadline + skew)
        return await self._send(arguments, params | fence_params(self._row.fence, pin), pin)

    async def cancel(self, symbol: str, client_order_id: str, order_id: str | None) -> Outcome:
        try:
            await self._raw_market(symbol)
            await self._take("cancel_order", Lane.RESCUE)
        except ExchangeError as error:
            return not_sent(error)
        spelled, params = self._row.spell(client_order_id), {}
        venue_id: str | None = None
        if self._row.cancel_param == "id":
            venue_id = order_id or spelled
        elif self._row.cancel_param == "" or (order_id and self._row.id == "coinbase"):
            try:
                venue_id = order_id or await self._search.order_id(symbol, client_order_id)
            except ExchangeError as error:
                return not_sent(error)
            if venue_id is None:
                return Outcome(Result.REJECTED, None, "not_found", "the venue lists no such order")
        else:
            params[self._row.cancel_param] = spelled
        outcome = await self._cancelled(venue_id, symbol, params)
        return outcome._replace(order_id=order_id or outcome.order_id) if outcome.result is Result.ACCEPTED else outcome

    async def _cancelled(self, venue_id: str | None, symbol: str, params: dict[str, Any]) -> Outcome:
        try:
            answer = await self._client.cancel_order(venue_id, symbol, params)
        except Exception as error:
            outcome = outcome_of(error, self._row.signs, self._secrets)
            self._note_ban(error)
        else:
            outcome = Outcome(Result.ACCEPTED, text(answer, "id"))
        return outcome

    async def look_up(self, symbol: str, client_order_id: str, order_id: str | None) -> OrderReport | None:
        raw = await self._raw_market(symbol)
        for method, param in self._row.look_ups:
            found = await self._search.find(method, param, symbol, client_order_id)
            if found is not None:
                return order_of(found, client_order_id, symbol, contract_size(raw))
        if order_id is not None:
            try:
                answer = await self._read("fetch_order", Lane.ORDER, order_id, symbol, self._by_id_params())
            except NotFound:
                return None
            return order_of(answer, client_order_id, symbol, contract_size(raw))
        return None

    async def look(self, symbol: str, since: Cursor, mine: tuple[str, ...], horizon: Horizon) -> View:
        """Open orders first, then what became of those that are missing, then trades (which then hold their fills), then the price."""
        raw = await self._raw_market(symbol)
        resting = await self._search.resting(symbol)
        spelled = {self._row.spell(id_): id_ for id_ in mine}
        owners = {resting[spelling]: id_ for spelling, id_ in spelled.items() if spelling in resting}
        open_ids, ended = list(owners.values()), []
        for id_ in [id_ for id_ in mine if id_ not in open_ids][:LOOK_UPS_PER_LOOK]:
            report = await self.look_up(symbol, id_, None)
            if report is not None:
                owners[report.order_id] = id_
                if report.is_over:
                    ended.append(report)
                else:
                    open_ids.append(id_)
        named = {**self._stops.own, **spelled}
        owners = {**self._stops.owners, **owners}
        trades = await self._search.trades(symbol, (since.at or self._clock()) - OVERLAP_MS, named, contract_size(raw))
        trades = tuple(t if t.client_order_id else t._replace(client_order_id=owners.get(t.order_id)) for t in trades)
        at = max([since.at, *(trade.at for trade in trades)])
        newest = trades[-1].trade_id if trades else since.trade_id
        point = Point(self._clock() + (self._skew or 0), await self._price(symbol))
        return View(point, trades, tuple(open_ids), tuple(ended), Cursor(at or point.at, newest), more=False)

    async def position(self, symbol: str) -> Position | None:
        raw = await self._raw_market(symbol)
        if not raw.get("swap"):
            return None
        self._need_perpetuals()
        found = await self._read("fetch_positions", Lane.READ, [symbol])
        positions = [position_of(item, contract_size(raw)) for item in found if item.get("symbol") == symbol]
        held = [position for position in positions if position is not None]
        if len(held) > 1:
            raise Rejected("mode_mismatch", f"{symbol} has positions on both sides: the account is in hedge mode")
        if not held:
            return None
        known = self._modes.get(symbol, (None, None))[0]  # where the mode is the account's, positions do not name it
        return held[0] if held[0].margin_mode is not None else held[0]._replace(margin_mode=known)

    async def prepare(self, symbol: str, leverage: Decimal, margin_mode: str) -> Position | None:
        self._need_perpetuals()
        raw = await self._raw_market(symbol)
        if not raw.get("swap"):
            raise Unsupported(f"{symbol} is not a perpetual")
        await self._perpetual.set_up(symbol, leverage, margin_mode)
        self._modes[symbol] = (margin_mode, leverage)
        return await self.position(symbol)

    async def close(self) -> None:
        await self._client.close()

    # -- beyond the port: what only some venues have (native stops: exchange/stops.py)

    async def prove_key(self) -> KeyProof:
        """What the key may do, as the venue tells it; see `KeyProof.refusal`. Errors: Unauthorized, Unavailable."""
        await self._clock_skew()
        await self._take("prove_key", Lane.ORDER)
        return await prove(self._row.id, self._client)

    async def funding(self, symbol: str, since: int) -> list[tuple[int, Decimal]]:
        """(instant, amount) of funding payments: negative was paid. Known by their instant."""
        self._need_perpetuals()
        await self._raw_market(symbol)
        rows = await self._read("fetch_funding_history", Lane.READ, symbol, since)
        found = ((int(row["timestamp"]), Decimal(str(row["amount"]))) for row in rows)
        return sorted(item for item in found if item[0] >= since)

    # -- sending

    async def _request(self, placement: Placement, raw: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        order, symbol = placement.order, placement.symbol
        params: dict[str, Any] = {self._row.create_param: self._row.spell(placement.client_order_id)}
        if raw.get("swap"):
            self._need_perpetuals()
            params |= self._mode_params(placement)
            if order.reduce_only:
                params["reduceOnly"] = True
        if placement.post_only:
            params["postOnly"] = True
        price, kind = order.price, order.type.value
        if order.type is OrderType.MARKET and order.side is Side.BUY and raw.get("spot"):
            if self._row.market_buy is None:
                last = await self._price(symbol)
                price, kind = ceil_to(last * (1 + IOC_ROOM), self._market(raw).price_tick), "limit"
                params["timeInForce"] = "IOC"
            else:
                params |= self._row.market_buy
        return (symbol, kind, order.side.value, self._contracts(order.amount, raw), None if price is None else plain(price)), params

    async def _send(self, arguments: tuple[Any, ...], params: dict[str, Any], pin: Pin) -> Outcome:
        token = pinned.set(pin)
        try:
            answer = await self._client.create_order(*arguments, params)
        except Exception as error:
            self._note_ban(error)
            outcome = outcome_of(error, self._row.signs, self._secrets)
            if outcome.reason == "expired":
                self._skew = None  # measured anew before the next order
            elif outcome.reason in ("precision", "below_minimum"):
                self._forget_rules()  # they seem to have changed
        else:
            order_id = text(answer, "id")
            outcome = Outcome(Result.UNKNOWN if order_id is None else Result.ACCEPTED, order_id)
        finally:
            pinned.reset(token)
        return outcome

    def _contracts(self, amount: Decimal, raw: dict[str, Any]) -> str | int:
        """The venue's unit: decimal text, or a whole number of contracts."""
        contracts = floor_to(amount / contract_size(raw), Decimal(str(raw["precision"]["amount"])))
        return int(contracts) if raw.get("swap") and raw.get("contractSize") not in (None, "1") else plain(contracts)

    def _mode_params(self, placement: Placement) -> dict[str, Any]:
        """Margin mode and leverage, on the venues where the order decides them."""
        seen = self._modes.get(placement.symbol, (None, None))
        known = {"marginMode": placement.margin_mode or seen[0], "leverage": placement.leverage or seen[1]}
        missing = [name for name in self._row.order_mode if known[name] is None]
        if missing:
            raise Rejected("mode_mismatch", f"{placement.symbol}: the order must say its {' and '.join(missing)}")
        return {name: int(value) if isinstance(value := known[name], Decimal) else value for name in self._row.order_mode}

    # -- reading

    async def _read(self, method: str, lane: Lane, *args: Any) -> Any:
        if method not in UNSIGNED:
            await self._clock_skew()
        await self._take(method, lane)
        try:
            return await getattr(self._client, method)(*args)
        except Exception as error:
            self._note_ban(error)
            failure = raised_for(error, self._row.signs, self._secrets)
            if is_expired(error, self._row.signs):
                self._skew = None
        raise failure  # outside the handler: the original, with its URL, does not travel along

    async def _send_setting(self, method: str, *args: Any) -> None:
        """A setting is a write: sent once; "already so" is success."""
        await self._clock_skew()
        await self._take(method, Lane.ORDER)
        try:
            await getattr(self._client, method)(*args)
            return
        except Exception as error:
            self._note_ban(error)
            failure = None if is_already_so(error) else raised_for(error, self._row.signs, self._secrets)
        if failure is not None:
            raise failure

    async def _take(self, method: str, lane: Lane) -> None:
        await self._budget.take(cost_of(self._row.id, method), lane)

    def _note_ban(self, error: Exception) -> None:
        """Only for a true "slow down": the budget is shared, and one owner's revoked key must not stop the others."""
        if isinstance(raised_for(error, self._row.signs, ()), RateLimited):
            headers = getattr(self._client, "last_response_headers", None) or {}
            seconds = next((value for name, value in headers.items() if name.lower() == "retry-after"), None)
            self._budget.ban(int(float(seconds) * 1000) if seconds and str(seconds).replace(".", "", 1).isdigit() else None)

    async def _raw_market(self, symbol: str) -> dict[str, Any]:
        async with self._ready:
            if not self._client.markets:
                await self._load_markets()
        raw: dict[str, Any] | None = self._client.markets.get(symbol)
        if raw is None or rules_of(raw) is None:
            raise Rejected("bad_symbol", f"{self._row.id} does not trade {symbol} (any more)")
        return raw

    async def _load_markets(self) -> None:
        """The venue's rules; read once a day for all accounts."""
        key = f"{self._row.id} {self._client.urls.get('api')}"
        kept = _rules_kept.get(key)
        if kept is None or self._clock() - kept[0] > RULES_TTL_MS:
            await self._read("load_markets", Lane.READ, True)
            _rules_kept[key] = (self._clock(), list(self._client.markets.values()))
        else:
            self._client.set_markets(kept[1])

    def _forget_rules(self) -> None:
        _rules_kept.pop(f"{self._row.id} {self._client.urls.get('api')}", None)
        self._client.markets = None

    def _market(self, raw: dict[str, Any]) -> Market:
        market = rules_of(raw, self._row.fee_mode)
        if market is None:
            raise Rejected("bad_symbol", f"{self._row.id} does not trade {raw['symbol']}")
        return market

    async def _clock_skew(self) -> int:
        """The venue's clock minus ours, measured once; no order is signed while it is unknown."""
        if self._row.fence is Fence.NONE:
            return 0
        if self._skew is None:
            before = self._clock()
            there = int(await self._read("fetch_time", Lane.ORDER))
            skew = there - (before + self._clock()) // 2
            if abs(skew) > MAX_SKEW_MS:
                raise Unavailable(f"this machine's clock is off by {skew} ms")
            self._skew = skew
            self._client.options["timeDifference"] = -skew
        return self._skew

    async def _price(self, symbol: str) -> Decimal:
        ticker = await self._read("fetch_ticker", Lane.ORDER, symbol)
        last, bid, ask = (believable(ticker.get(name)) for name in ("last", "bid", "ask"))
        if last is None or (bid is not None and ask is not None and bid > ask):
            raise Unavailable(f"{self._row.id} shows no believable price of {symbol}")
        return last

    def _by_id_params(self) -> dict[str, Any]:
        return {"acknowledged": True} if self._row.id == "bybit" else {}

    # -- perpetuals

    def _need_perpetuals(self) -> None:
        if not self._row.perpetuals:
            raise Unsupported(f"perpetuals are not supported on {self._row.id}")
