"""One table from ccxt's classes to ours; nothing secret comes through it."""

import logging
from typing import Any

import ccxt
import pytest
from ccxt.base.errors import error_hierarchy

from exchange.errors import MEANINGS, Signs, meaning_of, outcome_of, raised_for, scrubbed
from exchange.protocol import NotFound, RateLimited, Rejected, Result, Unauthorized, Unavailable
from exchange.venues import VENUES
from tests.exchange.wire import CREDENTIALS, ID, SPOT, Wire

NO_SIGNS = Signs()
DEFINITIVE = {
    "InsufficientFunds": "insufficient_funds",
    "BadSymbol": "bad_symbol",
    "BadRequest": "other",
    "AuthenticationError": "unauthorized",
    "PermissionDenied": "unauthorized",
    "RateLimitExceeded": "rate_limited",
    "OrderImmediatelyFillable": "would_take",
    "MarketClosed": "closed",
    "InvalidOrder": "other",
}
IN_DOUBT = [
    "RequestTimeout",
    "NetworkError",
    "ExchangeNotAvailable",
    "OnMaintenance",
    "BadResponse",
    "NullResponse",
    "ExchangeError",
    "InvalidNonce",
]


def names(tree: dict[str, Any]) -> set[str]:
    return set(tree) | {name for branch in tree.values() for name in names(branch)}


def test_every_class_of_ccxt_is_in_the_table() -> None:
    assert names(error_hierarchy) == set(MEANINGS)


@pytest.mark.parametrize(("name", "reason"), DEFINITIVE.items())
def test_only_definitive_errors_reject_an_order(name: str, reason: str) -> None:
    outcome = outcome_of(getattr(ccxt, name)("words"), NO_SIGNS, ())
    assert (outcome.result, outcome.reason) == (Result.REJECTED, reason)


@pytest.mark.parametrize("name", IN_DOUBT)
def test_whatever_may_have_arrived_is_unknown(name: str) -> None:
    assert outcome_of(getattr(ccxt, name)("words"), NO_SIGNS, ()).result is Result.UNKNOWN


@pytest.mark.parametrize("error", [ValueError("x"), KeyError("y"), TypeError("z")])
def test_what_the_table_does_not_know_is_unknown(error: Exception) -> None:
    assert meaning_of(error).write is None
    assert outcome_of(error, NO_SIGNS, ()).result is Result.UNKNOWN
    assert isinstance(raised_for(error, NO_SIGNS, ()), Unavailable)


@pytest.mark.parametrize(
    ("venue", "error", "result", "reason"),
    [
        ("binance", ccxt.InvalidOrder('{"code":-2010,"msg":"Duplicate order sent."}'), Result.DUPLICATE, None),
        (
            "binance",
            ccxt.InvalidNonce('{"code":-1021,"msg":"Timestamp for this request is outside of the recvWindow."}'),
            Result.REJECTED,
            "expired",
        ),
        ("binance", ccxt.ExchangeError('{"code":-1007,"msg":"Timeout waiting for response"}'), Result.UNKNOWN, None),
        ("binance", ccxt.BadRequest('{"code":-1006,"msg":"An unexpected response was received"}'), Result.UNKNOWN, None),
        ("binance", ccxt.InvalidOrder('{"code":-1013,"msg":"Filter failure: NOTIONAL"}'), Result.REJECTED, "below_minimum"),
        ("binance", ccxt.InvalidOrder('{"code":-1013,"msg":"Filter failure: LOT_SIZE"}'), Result.REJECTED, "precision"),
        ("binance", ccxt.InvalidOrder('{"code":-1013,"msg":"Filter failure: MAX_NUM_ORDERS"}'), Result.REJECTED, "too_many_orders"),
        ("bybit", ccxt.InvalidOrder('{"retCode":110072,"retMsg":"OrderLinkedID is duplicate"}'), Result.DUPLICATE, None),
        ("bybit", ccxt.BadRequest('{"retCode":12141,"retMsg":"duplicate clientOrderId"}'), Result.DUPLICATE, None),
        ("okx", ccxt.InvalidOrder('{"sCode":"51016","sMsg":"Client order ID already exists"}'), Result.DUPLICATE, None),
        ("kraken", ccxt.ExchangeError('["EOrder:Deadline elapsed"]'), Result.REJECTED, "expired"),
        ("kucoin", ccxt.InvalidOrder('{"code":"126044"}'), Result.DUPLICATE, None),
        ("gate", ccxt.ExchangeError('{"label":"REQUEST_EXPIRED"}'), Result.REJECTED, "expired"),
    ],
)
def test_a_venues_own_code_decides_where_the_class_says_too_little(
    venue: str, error: Exception, result: Result, reason: str | None
) -> None:
    outcome = outcome_of(error, VENUES[venue].signs, ())
    assert (outcome.result, outcome.reason) == (result, reason)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ccxt.OrderNotFound("x"), NotFound),
        (ccxt.AuthenticationError("x"), Unauthorized),
        (ccxt.RateLimitExceeded("x"), RateLimited),
        (ccxt.BadSymbol("x"), Rejected),
        (ccxt.RequestTimeout("x"), Unavailable),
        (ccxt.OnMaintenance("x"), Unavailable),
    ],
)
def test_a_read_says_what_the_caller_must_do(error: Exception, kind: type[Exception]) -> None:
    assert type(raised_for(error, NO_SIGNS, ())) is kind


def test_texts_lose_urls_signatures_and_secrets() -> None:
    text = "binance POST https://api.x.com/order?symbol=A&signature=deadbeef apiKey: hunter2 signature=cafe and CANARY"
    clean = scrubbed(text, ("CANARY", ""))
    assert not any(word in clean for word in ("https", "deadbeef", "hunter2", "cafe", "CANARY"))


@pytest.mark.parametrize("venue", VENUES)
async def test_no_canary_leaves_by_log_message_or_exception(venue: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    wire = Wire(venue)
    sent: list[str] = []

    async def fetch(url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:
        sent.append(f"{url} {headers} {body}")
        wire.client.logger.debug("%s %s, Request: %s %s", method, url, headers, body)
        raise ccxt.RequestTimeout(f"{venue} {method} {url} {headers} {body}")

    wire.client.fetch = fetch
    seen = [str(await wire.exchange.place(wire.placement())), str(await wire.exchange.cancel(SPOT, ID, "7"))]
    for call in (wire.exchange.balances(), wire.exchange.look_up(SPOT, ID, "7")):
        with pytest.raises(Unavailable) as caught:
            await call
        seen += [str(caught.value), repr(caught.value.__context__), repr(caught.value.__cause__)]
    await wire.close()
    assert sent
    for secret in (*CREDENTIALS.values(), "signature="):
        assert not any(secret in text for text in [*seen, caplog.text])


def test_a_code_inside_a_time_stamp_is_not_a_code() -> None:
    error = ccxt.OrderNotFound('bybit {"retCode":170213,"retMsg":"Order does not exist.","time":1700000100000}')
    assert outcome_of(error, VENUES["bybit"].signs, ()).reason == "not_found"
