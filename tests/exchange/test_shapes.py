"""What venues answer, in the shapes of their public documentation, read into our words. Made by hand; the figures are ours."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

import pytest

from exchange.ccxt_adapter import OVERLAP_MS
from exchange.protocol import OrderStatus, Result
from strategy_core.trade import Side
from tests.exchange.paper_fakes import T0
from tests.exchange.wire import ID, SPOT, SWAP, Wire

D = Decimal
GATE = "t-" + ID[:26]
UUID = "01234567-89ab-cdef-0123-456789abcdef"
ISO = "2023-11-14T22:14:00Z"  # T0
S = str(T0)


class Shapes(NamedTuple):
    """path fragment -> answer; an order of ours: 0.01 @ 20000, of which 0.004 is filled, and its trade."""

    created: dict[str, Any]
    order: dict[str, Any]
    trades: dict[str, Any]


OKX_ORDER = {
    "ordId": "777",
    "clOrdId": ID,
    "instId": "BTC-USDT",
    "side": "buy",
    "ordType": "limit",
    "px": "20000",
    "sz": "0.01",
    "tgtCcy": "base_ccy",
}
OKX_ORDER |= {
    "accFillSz": "0.004",
    "avgPx": "20000",
    "state": "partially_filled",
    "cTime": S,
    "uTime": S,
    "instType": "SPOT",
    "fee": "-0.000004",
    "feeCcy": "BTC",
}
OKX_TRADE = {
    "tradeId": "55",
    "ordId": "777",
    "clOrdId": ID,
    "instId": "BTC-USDT",
    "side": "buy",
    "fillPx": "20000",
    "fillSz": "0.004",
    "execType": "M",
}
OKX_TRADE |= {"fee": "-0.000004", "feeCcy": "BTC", "ts": S, "instType": "SPOT"}
KRAKEN_ORDER = {
    "status": "open",
    "opentm": T0 / 1000,
    "cl_ord_id": ID,
    "vol": "0.01",
    "vol_exec": "0.004",
    "cost": "80",
    "fee": "0.2",
    "price": "20000",
}
KRAKEN_ORDER |= {
    "descr": {
        "pair": "XXBTZUSD",
        "type": "buy",
        "ordertype": "limit",
        "price": "20000",
        "price2": "0",
        "order": "buy 0.01 XBTUSDT @ limit 20000",
    },
    "oflags": "fciq",
    "misc": "",
}
KRAKEN_TRADE = {
    "ordertxid": "777",
    "pair": "XXBTZUSD",
    "time": T0 / 1000,
    "type": "buy",
    "ordertype": "limit",
    "price": "20000",
    "cost": "80",
    "fee": "0.2",
    "vol": "0.004",
    "maker": True,
}
COINBASE_ORDER = {
    "order_id": "777",
    "client_order_id": UUID,
    "product_id": "BTC-USD",
    "side": "BUY",
    "status": "OPEN",
    "order_type": "LIMIT",
    "created_time": ISO,
}
COINBASE_ORDER |= {"filled_size": "0.004", "average_filled_price": "20000", "total_fees": "0.2", "completion_percentage": "40"}
COINBASE_ORDER["order_configuration"] = {"limit_limit_gtc": {"base_size": "0.01", "limit_price": "20000", "post_only": False}}
COINBASE_TRADE = {
    "entry_id": "e",
    "trade_id": "55",
    "order_id": "777",
    "trade_time": ISO,
    "trade_type": "FILL",
    "price": "20000",
    "size": "0.004",
    "commission": "0.2",
}
COINBASE_TRADE |= {
    "product_id": "BTC-USD",
    "liquidity_indicator": "MAKER",
    "size_in_quote": False,
    "side": "BUY",
    "sequence_timestamp": ISO,
}
KUCOIN_ORDER = {
    "id": "777",
    "clientOid": ID,
    "symbol": "BTC-USDT",
    "type": "limit",
    "side": "buy",
    "price": "20000",
    "size": "0.01",
    "dealSize": "0.004",
    "dealFunds": "80",
}
KUCOIN_ORDER |= {
    "fee": "0.08",
    "feeCurrency": "USDT",
    "isActive": True,
    "cancelExist": False,
    "createdAt": T0,
    "opType": "DEAL",
    "timeInForce": "GTC",
}
KUCOIN_TRADE = {
    "tradeId": "55",
    "orderId": "777",
    "symbol": "BTC-USDT",
    "side": "buy",
    "liquidity": "maker",
    "price": "20000",
    "size": "0.004",
    "funds": "80",
}
KUCOIN_TRADE |= {"fee": "0.08", "feeRate": "0.001", "feeCurrency": "USDT", "createdAt": T0, "type": "limit"}
BITGET_ORDER = {
    "orderId": "777",
    "clientOid": ID,
    "symbol": "BTCUSDT",
    "price": "20000",
    "size": "0.01",
    "orderType": "limit",
    "side": "buy",
    "status": "partially_filled",
}
BITGET_ORDER |= {"priceAvg": "20000", "baseVolume": "0.004", "quoteVolume": "80", "cTime": S, "uTime": S, "feeDetail": ""}
BITGET_TRADE = {
    "tradeId": "55",
    "orderId": "777",
    "symbol": "BTCUSDT",
    "side": "buy",
    "priceAvg": "20000",
    "size": "0.004",
    "amount": "80",
    "tradeScope": "maker",
}
BITGET_TRADE |= {
    "feeDetail": {"deduction": "no", "feeCoin": "BTC", "totalDeductionFee": "", "totalFee": "-0.000004"},
    "cTime": S,
    "orderType": "limit",
}
GATE_ORDER = {
    "id": "777",
    "text": GATE,
    "currency_pair": "BTC_USDT",
    "type": "limit",
    "account": "spot",
    "side": "buy",
    "amount": "0.01",
    "price": "20000",
    "left": "0.006",
}
GATE_ORDER |= {
    "filled_total": "80",
    "avg_deal_price": "20000",
    "status": "open",
    "create_time_ms": T0,
    "update_time_ms": T0,
    "fee": "0.000004",
    "fee_currency": "BTC",
}
GATE_TRADE = {
    "id": "55",
    "order_id": "777",
    "text": GATE,
    "currency_pair": "BTC_USDT",
    "side": "buy",
    "role": "maker",
    "amount": "0.004",
    "price": "20000",
}
GATE_TRADE |= {"fee": "0.000004", "fee_currency": "BTC", "create_time": S[:10], "create_time_ms": f"{S}.5"}
GATE_DETAIL = {"/account/detail": {"key": {"mode": 1}}}

SHAPES: dict[str, Shapes] = {
    "okx": Shapes(
        {"/batch-orders": {"code": "0", "data": [{"ordId": "777", "clOrdId": ID, "sCode": "0", "sMsg": ""}]}},
        {"/trade/order": {"code": "0", "data": [OKX_ORDER]}},
        {"/fills-history": {"code": "0", "data": [OKX_TRADE]}},
    ),
    "kraken": Shapes(
        {"/AddOrder": {"error": [], "result": {"descr": {"order": "buy 0.01 XBTUSDT @ limit 20000"}, "txid": ["777"], "cl_ord_id": ID}}},
        {"/OpenOrders": {"error": [], "result": {"open": {"777": KRAKEN_ORDER}}}},
        {"/TradesHistory": {"error": [], "result": {"trades": {"55": KRAKEN_TRADE}, "count": 1}}},
    ),
    "coinbase": Shapes(
        {
            "/brokerage/orders": {
                "success": True,
                "order_id": "777",
                "success_response": {"order_id": "777", "product_id": "BTC-USD", "side": "BUY", "client_order_id": UUID},
            }
        },
        {"/historical/batch": {"orders": [COINBASE_ORDER], "has_next": False}},
        {"/historical/fills": {"fills": [COINBASE_TRADE], "cursor": ""}},
    ),
    "kucoin": Shapes(
        {"/v1/orders": {"code": "200000", "data": {"orderId": "777"}}},
        {"/client-order/": {"code": "200000", "data": KUCOIN_ORDER}},
        {"/v1/fills": {"code": "200000", "data": {"items": [KUCOIN_TRADE], "currentPage": 1, "totalPage": 1}}},
    ),
    "bitget": Shapes(
        {"/place-order": {"code": "00000", "msg": "success", "data": {"orderId": "777", "clientOid": ID}}},
        {"/orderInfo": {"code": "00000", "msg": "success", "data": [BITGET_ORDER]}},
        {"/trade/fills": {"code": "00000", "msg": "success", "data": [BITGET_TRADE]}},
    ),
    "gate": Shapes(
        GATE_DETAIL | {"/spot/orders": GATE_ORDER}, GATE_DETAIL | {"/spot/orders": GATE_ORDER}, GATE_DETAIL | {"/my_trades": [GATE_TRADE]}
    ),
}
FEES = {"okx": (D("0.000004"), "BTC"), "kraken": (D("0.2"), "USDT"), "coinbase": (D("0.2"), "USDT"), "kucoin": (D("0.08"), "USDT")}
FEES |= {"bitget": (D("0.000004"), "BTC"), "gate": (D("0.000004"), "BTC")}


@pytest.mark.parametrize("venue", SHAPES)
async def test_an_accepted_order_has_the_venues_id(venue: str) -> None:
    wire = Wire(venue)
    wire.answers = SHAPES[venue].created
    outcome = await wire.exchange.place(wire.placement())
    await wire.close()
    assert (outcome.result, outcome.order_id) == (Result.ACCEPTED, "777")


@pytest.mark.parametrize("venue", SHAPES)
async def test_an_order_found_by_our_id_is_read_whole(venue: str) -> None:
    wire = Wire(venue)
    wire.answers = SHAPES[venue].order
    report = await wire.exchange.look_up(SPOT, ID, None)
    await wire.close()
    assert report is not None
    assert (report.client_order_id, report.order_id, report.symbol, report.side) == (ID, "777", SPOT, Side.BUY)
    assert (report.price, report.amount, report.filled, report.status) == (20000, D("0.01"), D("0.004"), OrderStatus.OPEN)


@pytest.mark.parametrize("venue", SHAPES)
async def test_a_trade_is_read_with_its_fee_and_whose_it_is(venue: str) -> None:
    wire = Wire(venue)
    wire.answers = SHAPES[venue].trades
    (trade,) = await wire.exchange._search.trades(SPOT, T0 - OVERLAP_MS, {wire.exchange._row.spell(ID): ID}, D(1))
    await wire.close()
    assert (trade.trade_id, trade.order_id, trade.symbol, trade.side) == ("55", "777", SPOT, Side.BUY)
    assert (trade.price, trade.amount, trade.maker, trade.at) == (20000, D("0.004"), True, T0)
    assert (trade.fee, trade.fee_currency) == FEES[venue]
    if venue in ("okx", "gate"):
        assert trade.client_order_id == ID


REFUSALS = [
    (
        "okx",
        {
            "/batch-orders": {
                "code": "1",
                "data": [{"ordId": "", "clOrdId": ID, "sCode": "51008", "sMsg": "Order failed. Insufficient USDT balance"}],
            }
        },
        "insufficient_funds",
    ),
    (
        "okx",
        {
            "/batch-orders": {
                "code": "1",
                "data": [{"ordId": "", "clOrdId": ID, "sCode": "51016", "sMsg": "Client order ID already exists."}],
            }
        },
        None,
    ),
    ("kraken", {"/AddOrder": {"error": ["EOrder:Insufficient funds"]}}, "insufficient_funds"),
    ("kraken", {"/AddOrder": {"error": ["EOrder:Deadline elapsed"]}}, "expired"),
    ("kraken", {"/AddOrder": {"error": ["EService:Timeout"]}}, "?"),
    (
        "coinbase",
        {
            "/brokerage/orders": {
                "success": False,
                "error_response": {"error": "INSUFFICIENT_FUND", "message": "Insufficient balance in source account"},
            }
        },
        "insufficient_funds",
    ),
    ("kucoin", {"/v1/orders": {"code": "200004", "msg": "Balance insufficient!"}}, "insufficient_funds"),
    ("bitget", {"/place-order": {"code": "43012", "msg": "Insufficient balance"}}, "insufficient_funds"),
    ("gate", GATE_DETAIL | {"/spot/orders": {"label": "BALANCE_NOT_ENOUGH", "message": "Not enough balance"}}, "insufficient_funds"),
    ("gate", GATE_DETAIL | {"/spot/orders": {"label": "REQUEST_EXPIRED", "message": "expired"}}, "expired"),
]


@pytest.mark.parametrize(("venue", "answers", "reason"), REFUSALS)
async def test_a_refusal_is_read_with_its_reason(venue: str, answers: dict[str, Any], reason: str | None) -> None:
    wire = Wire(venue)
    wire.refusals = answers
    outcome = await wire.exchange._place(wire.placement())
    await wire.close()
    if reason is None:
        assert outcome.result is Result.DUPLICATE
    elif reason == "?":
        assert outcome.result is Result.UNKNOWN
    else:
        assert (outcome.result, outcome.reason) == (Result.REJECTED, reason), outcome


async def test_contracts_become_base_again() -> None:
    wire = Wire("okx")
    swap = OKX_ORDER | {"instId": "BTC-USDT-SWAP", "instType": "SWAP", "sz": "10", "accFillSz": "4", "tgtCcy": ""}
    wire.answers = {"/trade/order": {"code": "0", "data": [swap]}}
    report = await wire.exchange.look_up(SWAP, ID, None)
    await wire.close()
    assert report is not None and (report.amount, report.filled) == (D("0.1"), D("0.04"))
