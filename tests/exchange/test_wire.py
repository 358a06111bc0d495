"""The request ccxt really sends, venue by venue: our id, our deadline, our amount. Nothing leaves the machine."""

from decimal import Decimal
from typing import Any

import pytest

from exchange.ccxt_adapter import OVERLAP_MS
from exchange.protocol import ExchangeError, Result, Unsupported
from exchange.venues import VENUES
from tests.exchange.paper_fakes import T0
from tests.exchange.wire import ID, SPOT, SWAP, Request, Wire

UUID = "01234567-89ab-cdef-0123-456789abcdef"
GATE = "t-" + ID[:26]
D = Decimal

# venue: (path, field of our id, our id as it is spelled there)
CREATE = {
    "binance": ("/api/v3/order", "newClientOrderId", ID),
    "bybit": ("/v5/order/create", "orderLinkId", ID),
    "okx": ("/api/v5/trade/batch-orders", "clOrdId", ID),
    "kraken": ("/0/private/AddOrder", "cl_ord_id", ID),
    "coinbase": ("/api/v3/brokerage/orders", "client_order_id", UUID),
    "kucoin": ("/api/v1/orders", "clientOid", ID),
    "bitget": ("/api/v2/spot/trade/place-order", "clientOid", ID),
    "gate": ("/api/v4/spot/orders", "text", GATE),
}
FENCED = {
    "binance": lambda r: (r.fields["timestamp"], r.fields["recvWindow"]) == (str(T0), "30000"),
    "bybit": lambda r: (r.headers["X-BAPI-TIMESTAMP"], r.headers["X-BAPI-RECV-WINDOW"]) == (str(T0), "30000"),
    "okx": lambda r: r.headers["expTime"] == str(T0 + 30_000),
    "kraken": lambda r: r.fields["deadline"] == "2023-11-14T22:14:30.000Z",
    "bitget": lambda r: (r.fields["requestTime"], r.fields["receiveWindow"]) == (str(T0), "30000"),
    "gate": lambda r: r.headers["x-gate-exptime"] == str(T0 + 30_000),
}
PERPETUAL = [name for name, row in VENUES.items() if row.perpetuals]


async def sent(wire: Wire, call: Any) -> Request:
    """The last request the call made."""
    try:
        await call
    except ExchangeError:
        pass  # nobody answers here: what was sent is the subject
    await wire.close()
    return [request for request in wire.requests if not request.path.endswith("account/detail")][-1]


async def price(_: str) -> Decimal:
    return D(20000)


def amount_of(fields: dict[str, Any]) -> Decimal:
    if "order_configuration" in fields:
        (fields,) = fields["order_configuration"].values()
    return next(D(str(fields[key])) for key in ("quantity", "qty", "sz", "volume", "base_size", "size", "amount") if key in fields)


@pytest.mark.parametrize("venue", VENUES)
async def test_a_limit_order_carries_our_id_and_exactly_our_figures(venue: str) -> None:
    wire = Wire(venue)
    request = await sent(wire, wire.exchange._place(wire.placement()))
    path, field, spelled = CREATE[venue]
    assert (request.method, request.path, request.fields[field]) == ("POST", path, spelled)
    assert amount_of(request.fields) == D("0.01")
    assert "20000" in str(request.fields)


@pytest.mark.parametrize("venue", VENUES)
async def test_the_venue_is_told_when_the_order_dies(venue: str) -> None:
    wire = Wire(venue, now=T0 + 7_000)  # sent later than it was committed: the pinned instants must not move
    request = await sent(wire, wire.exchange._place(wire.placement()))
    if venue in FENCED:
        assert FENCED[venue](request)
    else:
        assert venue in ("coinbase", "kucoin")  # named in the README as weaker: one de-duplicates, one has nothing


@pytest.mark.parametrize("venue", VENUES)
@pytest.mark.parametrize("side", ["buy", "sell"])
async def test_a_market_order_asks_for_an_amount_of_base(venue: str, side: str) -> None:
    wire = Wire(venue)
    wire.exchange._price = price  # type: ignore[method-assign]
    request = await sent(wire, wire.exchange._place(wire.placement(side=side, price=None)))
    assert amount_of(request.fields) == D("0.01")
    if venue == "okx":
        assert request.fields["tgtCcy"] == "base_ccy"
    if venue == "bybit":
        assert request.fields["marketUnit"] == "baseCoin"
    if venue in ("coinbase", "bitget", "gate") and side == "buy":
        assert "20200" in str(request.fields) and "ioc" in str(request.fields).lower()


@pytest.mark.parametrize("venue", PERPETUAL)
async def test_a_perpetual_order_is_in_contracts_reduce_only_and_in_its_margin_mode(venue: str) -> None:
    wire = Wire(venue)
    placement = wire.placement(side="sell", symbol=SWAP, reduce_only=True, amount="0.1")._replace(margin_mode="isolated", leverage=D(5))
    request = await sent(wire, wire.exchange._place(placement))
    contracts = {"okx": 10, "kucoin": 100, "gate": -1000}.get(venue, D("0.1"))
    assert amount_of(request.fields) == contracts
    fields = {key.lower().replace("_", ""): value for key, value in request.fields.items()}
    assert str(fields["reduceonly"]).lower() in ("true", "yes")
    expected = {"okx": ("tdmode", "isolated"), "bitget": ("marginmode", "isolated"), "kucoin": ("marginmode", "ISOLATED")}
    if venue in expected:
        key, value = expected[venue]
        assert fields[key] == value
    if venue == "kucoin":
        assert str(fields["leverage"]) == "5"


@pytest.mark.parametrize("venue", ["okx", "bitget", "kucoin"])
async def test_no_perpetual_order_leaves_with_an_unknown_margin_mode(venue: str) -> None:
    wire = Wire(venue)
    outcome = await wire.exchange._place(wire.placement(symbol=SWAP, amount="0.1"))
    assert (outcome.result, outcome.reason) == (Result.REJECTED, "mode_mismatch") and not wire.requests
    await wire.close()


LOOK_UP = {
    "binance": ("/api/v3/order", "origClientOrderId"),
    "bybit": ("/v5/order/realtime", "orderLinkId"),
    "okx": ("/api/v5/trade/order", "clOrdId"),
    "kraken": ("/0/private/OpenOrders", "cl_ord_id"),
    "coinbase": ("/api/v3/brokerage/orders/historical/batch", None),
    "kucoin": (f"/api/v1/order/client-order/{ID}", None),
    "bitget": ("/api/v2/spot/trade/orderInfo", "clientOid"),
    "gate": (f"/api/v4/spot/orders/{GATE}", None),
}
CANCEL = {
    "binance": ("DELETE", "/api/v3/order", "origClientOrderId", ID),
    "bybit": ("POST", "/v5/order/cancel", "orderLinkId", ID),
    "okx": ("POST", "/api/v5/trade/cancel-order", "clOrdId", ID),
    "kraken": ("POST", "/0/private/CancelOrder", "cl_ord_id", ID),
    "coinbase": ("POST", "/api/v3/brokerage/orders/batch_cancel", "order_ids", ["777"]),
    "kucoin": ("DELETE", f"/api/v1/order/client-order/{ID}", None, None),
    "bitget": ("POST", "/api/v2/spot/trade/cancel-order", "clientOid", ID),
    "gate": ("DELETE", "/api/v4/spot/orders/777", None, None),
}


@pytest.mark.parametrize("venue", VENUES)
async def test_an_order_is_looked_up_by_our_id(venue: str) -> None:
    wire = Wire(venue)
    request = await sent(wire, wire.exchange.look_up(SPOT, ID, None))
    path, field = LOOK_UP[venue]
    assert request.path == path
    assert field is None or request.fields[field] == ID


@pytest.mark.parametrize("venue", VENUES)
async def test_an_order_is_cancelled_by_an_id_the_venue_knows(venue: str) -> None:
    wire = Wire(venue)
    request = await sent(wire, wire.exchange.cancel(SPOT, ID, "777"))
    method, path, field, value = CANCEL[venue]
    assert (request.method, request.path) == (method, path)
    assert field is None or request.fields[field] == value


async def test_gate_cancels_by_our_text_when_its_own_id_is_unknown() -> None:
    wire = Wire("gate")
    request = await sent(wire, wire.exchange.cancel(SPOT, ID, None))
    assert request.path == f"/api/v4/spot/orders/{GATE}"


@pytest.mark.parametrize("venue", VENUES)
async def test_trades_are_asked_for_with_an_overlap_and_in_pages_the_venue_allows(venue: str) -> None:
    wire = Wire(venue)
    request = await sent(wire, wire.exchange._search.trades(SPOT, T0 - OVERLAP_MS, {}, D(1)))
    assert str((T0 - 300_000) // 1000) in str(request.fields) or "2023-11-14T22:09:00" in str(request.fields)
    if "limit" in request.fields:
        assert int(request.fields["limit"]) == VENUES[venue].page


SETTINGS = {
    "binance": ("/fapi/v1/leverage", {"leverage": "5"}),
    "bybit": ("/v5/position/set-leverage", {"buyLeverage": "5", "sellLeverage": "5"}),
    "okx": ("/api/v5/account/set-leverage", {"lever": 5, "mgnMode": "isolated"}),
    "kucoin": ("/api/v2/changeCrossUserLeverage", {"leverage": "5"}),
    "bitget": ("/api/v2/mix/account/set-leverage", {"leverage": "5"}),
    "gate": ("/api/v4/futures/USDT/positions/BTC_USDT/leverage", {"leverage": "5"}),
}


@pytest.mark.parametrize("venue", PERPETUAL)
async def test_leverage_is_set_as_asked(venue: str) -> None:
    wire = Wire(venue)
    request = await sent(
        wire, wire.exchange._perpetual.tolerant("set_leverage", 5, SWAP, wire.exchange._perpetual.leverage_params("isolated"))
    )
    path, fields = SETTINGS[venue]
    assert request.path == path
    assert {key: request.fields[key] for key in fields} == fields


@pytest.mark.parametrize("venue", ["binance", "bybit", "okx", "bitget", "gate"])
async def test_a_native_stop_rests_with_our_id_at_its_trigger(venue: str) -> None:
    wire = Wire(venue)
    placement = wire.placement(symbol=SWAP, side="sell", price=None, amount="0.1")._replace(margin_mode="isolated", leverage=D(5))
    request = await sent(wire, wire.exchange.place_stop(placement, D(19000)))
    assert "19000" in str(request.fields)
    assert ID[:26] in str(request.fields)
    if venue == "okx":
        assert request.fields["algoClOrdId"] == ID


@pytest.mark.parametrize("venue", ["kraken", "coinbase"])
async def test_a_venue_without_perpetuals_says_so(venue: str) -> None:
    wire = Wire(venue)
    with pytest.raises(Unsupported):
        await wire.exchange.prepare(SWAP, D(5), "isolated")
    with pytest.raises(Unsupported):
        await wire.exchange.place_stop(wire.placement(), D(1))
    assert not wire.requests
    await wire.close()


@pytest.mark.parametrize("venue", VENUES)
async def test_an_order_past_its_deadline_is_looked_up_not_sent(venue: str) -> None:
    wire = Wire(venue, now=T0 + 29_500)
    await wire.exchange.place(wire.placement())
    await wire.close()
    path, field, _ = CREATE[venue]
    assert not [request for request in wire.requests if request.method == "POST" and request.path == path]


@pytest.mark.parametrize("venue", VENUES)
async def test_nothing_is_retried_and_no_float_carries_money(venue: str) -> None:
    wire = Wire(venue)
    await wire.exchange._place(wire.placement())
    assert len([request for request in wire.requests if request.path == CREATE[venue][0]]) == 1
    assert wire.client.number is str
    assert wire.client.options["maxRetriesOnFailure"] == 0
    await wire.close()


@pytest.mark.parametrize(
    ("price", "amount", "reason"),
    [("20000.001", "0.01", "precision"), ("20000", "0.000001", "precision"), ("100", "0.01", "below_minimum"), ("-1", "0.01", "precision")],
)
async def test_what_the_rules_forbid_is_refused_before_it_is_sent(price: str, amount: str, reason: str) -> None:
    wire = Wire("binance")
    outcome = await wire.exchange.place(wire.placement(price=price, amount=amount))
    assert (outcome.result, outcome.reason) == (Result.REJECTED, reason) and not wire.requests
    await wire.close()
