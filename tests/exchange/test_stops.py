"""A venue's own stops by our id: the three requests as they are sent, and what the answers mean. Nothing leaves the machine."""

from decimal import Decimal
from typing import Any

import pytest

from exchange.protocol import OrderReport, OrderStatus, Result
from exchange.venues import VENUES
from tests.exchange.paper_fakes import T0
from tests.exchange.test_wire import sent
from tests.exchange.wire import ID, SWAP, Request, Wire

D = Decimal
KEPT = ["binance", "bybit", "okx"]
ALGO = {
    "algoId": "901", "algoClOrdId": ID, "clOrdId": "", "ordId": "", "ordIdList": [], "instId": "BTC-USDT-SWAP", "instType": "SWAP",
    "ordType": "conditional", "side": "sell", "sz": "10", "state": "live", "slTriggerPx": "19000", "slOrdPx": "-1",
    "reduceOnly": "true", "actualSz": "", "cTime": str(T0), "uTime": str(T0),
}  # fmt: skip
CHILD = {
    "ordId": "777", "algoId": "901", "algoClOrdId": ID, "clOrdId": "", "instId": "BTC-USDT-SWAP", "instType": "SWAP", "ordType": "market",
    "side": "sell", "px": "", "sz": "10", "accFillSz": "10", "avgPx": "18990", "state": "filled", "cTime": str(T0), "uTime": str(T0),
}  # fmt: skip


def okx(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"code": "0", "msg": "", "data": list(rows)}


async def asked(venue: str, call: str, *given: Any) -> list[Request]:
    wire = Wire(venue)
    await sent(wire, getattr(wire.exchange, call)(*given))
    return wire.requests


async def found(stop: dict[str, Any], **orders: dict[str, Any]) -> OrderReport | None:
    wire = Wire("okx")
    wire.answers = {"/trade/order-algo": okx(stop)}
    wire.answers |= {"/trade/order": okx(*orders.values())} if orders else {}
    report = await wire.exchange.look_up_stop(SWAP, ID)
    await wire.close()
    return report


def test_stops_are_kept_for_bots_only_where_they_are_found_and_taken_back_by_our_id() -> None:
    assert [name for name, row in VENUES.items() if row.stop_look_ups] == KEPT
    assert all(VENUES[name].native_stop for name in KEPT)


@pytest.mark.parametrize("venue", KEPT)
async def test_a_stop_is_triggered_by_the_mark_price(venue: str) -> None:
    wire = Wire(venue)
    placement = wire.placement(symbol=SWAP, side="sell", price=None, amount="0.1")._replace(margin_mode="isolated", leverage=D(5))
    request = await sent(wire, wire.exchange.place_stop(placement, D(19000)))
    field, mark = {"binance": ("workingType", "MARK_PRICE"), "bybit": ("triggerBy", "MarkPrice"), "okx": ("slTriggerPxType", "mark")}[venue]
    assert request.fields[field] == mark


async def test_okx_is_given_the_stop_with_our_id_reduce_only_at_market() -> None:
    wire = Wire("okx")
    placement = wire.placement(symbol=SWAP, side="sell", price=None, amount="0.1")._replace(margin_mode="isolated", leverage=D(5))
    request = await sent(wire, wire.exchange.place_stop(placement, D(19000)))
    assert (request.method, request.path) == ("POST", "/api/v5/trade/order-algo")
    wanted = {"algoClOrdId": ID, "ordType": "conditional", "side": "sell", "sz": "10", "slTriggerPx": "19000", "slOrdPx": "-1"}
    assert {key: request.body[key] for key in wanted} == wanted
    assert request.body["reduceOnly"] is True and request.headers["expTime"] == str(T0 + 30_000)


async def test_okx_is_asked_for_the_stop_by_our_id() -> None:
    [request] = await asked("okx", "look_up_stop", SWAP, ID)
    assert (request.method, request.path) == ("GET", "/api/v5/trade/order-algo")
    assert request.query["algoClOrdId"] == ID and "clOrdId" not in request.query


async def test_okx_is_asked_to_take_the_stop_back_by_our_id() -> None:
    [request] = await asked("okx", "cancel_stop", SWAP, ID)
    assert (request.method, request.path) == ("POST", "/api/v5/trade/cancel-algos")
    assert request.body == {"instId": "BTC-USDT-SWAP", "algoClOrdId": ID}


async def test_a_stop_that_waits_on_okx_is_open_in_base_units() -> None:
    report = await found(ALGO)
    assert report is not None
    assert (report.order_id, report.status, report.amount, report.filled) == ("901", OrderStatus.OPEN, D("0.1"), D(0))


async def test_a_stop_taken_back_on_okx_is_over_without_a_fill() -> None:
    report = await found(ALGO | {"state": "canceled"})
    assert report is not None
    assert (report.status, report.filled) == (OrderStatus.CANCELED, D(0))


async def test_a_triggered_stop_on_okx_is_reported_as_its_order_by_the_id_its_trades_carry() -> None:
    report = await found(ALGO | {"state": "effective", "ordIdList": ["777"]}, child=CHILD)
    assert report is not None
    assert (report.order_id, report.status, report.filled) == ("777", OrderStatus.FILLED, D("0.1"))


async def test_a_triggered_stop_whose_order_has_no_name_yet_is_not_over() -> None:
    report = await found(ALGO | {"state": "effective"})
    assert report is not None
    assert (report.status, report.filled) == (OrderStatus.OPEN, D(0))


async def test_a_stop_carried_out_in_two_orders_counts_both() -> None:
    report = await found(ALGO | {"state": "effective", "ordIdList": ["777", "778"]}, child=CHILD | {"sz": "5", "accFillSz": "5"})
    assert report is not None
    assert (report.order_id, report.amount, report.filled) == ("778", D("0.1"), D("0.1"))


@pytest.mark.parametrize("code", ["51065", "51068"])
async def test_a_stop_okx_already_has_is_a_duplicate_to_be_looked_up_not_a_refusal(code: str) -> None:
    wire = Wire("okx")
    wire.refusals = {"/order-algo": {"code": "1", "msg": "", "data": [{"sCode": code, "sMsg": "algoClOrdId already exists."}]}}
    placement = wire.placement(symbol=SWAP, side="sell", price=None, amount="0.1")._replace(margin_mode="isolated", leverage=D(5))
    outcome = await wire.exchange.place_stop(placement, D(19000))
    await wire.close()
    assert outcome.result is Result.DUPLICATE
