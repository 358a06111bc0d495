"""Every dialect with the alerts its own documentation shows: zero edits to migrate."""

from decimal import Decimal

import pytest

from shared.webhooks import dialects
from shared.webhooks.dialects import PARSERS
from shared.webhooks.signal import Refused, Signal, Size

D = Decimal
AT = 1_700_000_000_000
CANONICAL = b"""{"v":1,"token":"tok","bot":"b1","action":"target","symbol":"BTC/USDT","size":{"value":"0.5","unit":"base"},"price":"37000.5",
 "ts":"2023-11-14T22:13:20Z","bar":"2023-11-14T22:13:00Z","id":"Long","maxLagSec":300,"dryRun":false}"""
DCA = b'{"message_type":"bot","bot_id":123,"email_token":"<token>","delay_seconds":0,"pair":"USDT_BTC","action":"close_at_market_price"}'
SIGNAL = b"""{"secret":"s3","max_lag":"300","timestamp":"2023-11-14T22:13:20Z","trigger_price":"37000","tv_exchange":"BINANCE",
 "tv_instrument":"BTCUSDT","action":"buy","bot_uuid":"u-1",
 "strategy_info":{"market_position":"long","market_position_size":"0.3","prev_market_position":"short","prev_market_position_size":"0.2"},
 "order":{"amount":"0.5","currency_type":"base"}}"""
POST = b"""{"ticker":"BTCUSD","action":"buy","sentiment":"long","quantity":1,"signalPrice":"37000","takeProfit":{"percent":10},
 "stopLoss":{"type":"stop","percent":5}}"""
OCTO = b"EXCHANGE=binance;SYMBOL=BTCUSDT;SIGNAL=BUY;ORDER_TYPE=MARKET;VOLUME=2%;REDUCE_ONLY=false"
WUNDER = b"""{"code":"ENTER-LONG_Bybit_ETHUSDT_MyBot_15M_8b9f","orderType":"market","amountPerTradeType":"quote","amountPerTrade":100,
 "leverage":1,"stopLoss":{"priceDeviation":0.02},"takeProfits":[{"priceDeviation":0.01,"portfolio":0.5}],"reduceOnly":false}"""
ALERTATRON = b"MyKeys(XBTUSD) { market(side=buy, amount=100); } #bot"

GOLDEN = [
    ("tickwise", CANONICAL, [Signal("target", "b1", "BTC/USDT", Size(D("0.5"), "base"), AT, "2023-11-14T22:13:00Z", "Long", 300, False, "tok")]),
    ("3commas_dca", DCA, [Signal("close_deal", "123", "USDT_BTC", secret="<token>")]),
    ("3commas_signal", SIGNAL, [Signal("target", "u-1", "BTCUSDT", Size(D("0.3"), "base"), AT, max_lag_s=300, secret="s3")]),
    ("traderspost", POST, [Signal("target", symbol="BTCUSD", size=Size(D(1), "base"), ignored=("stopLoss", "takeProfit"))]),
    ("octobot", OCTO, [Signal("enter_long", symbol="BTCUSDT", size=Size(D(2), "pct_equity"))]),
    (
        "wundertrading",
        WUNDER,
        [
            Signal(
                "enter_long", "Bybit_ETHUSDT_MyBot_15M_8b9f", None, Size(D(100), "quote"), secret="Bybit_ETHUSDT_MyBot_15M_8b9f",
                ignored=("leverage", "reduceOnly", "stopLoss", "takeProfits"),
            )
        ],
    ),
    ("alertatron", ALERTATRON, [Signal("enter_long", None, "XBTUSD", Size(D(100), "base"))]),
]  # fmt: skip


@pytest.mark.parametrize(("dialect", "body", "expected"), GOLDEN, ids=[row[0] for row in GOLDEN])
def test_the_documented_alert_is_read_as_it_is_meant(dialect, body, expected):
    assert list(dialects.read(dialect, body)) == expected


@pytest.mark.parametrize(
    ("said", "actions"),
    [
        (None, ["start_deal"]),
        ("close_at_market_price_all", ["close_deal"]),
        ("close_at_market_price_all_and_stop_bot", ["close_and_stop"]),
        ("cancel", ["cancel_deal"]),
        ("cancel_all", ["cancel_deal"]),
        ("cancel_all_and_stop_bot", ["stop"]),
        ("start_bot", ["start"]),
        ("stop_bot", ["pause"]),
        ("start_bot_and_start_deal", ["start", "start_deal"]),
    ],
)
def test_every_action_of_a_3commas_dca_bot(said, actions):
    action = f',"action":"{said}"' if said else ""
    body = f'{{"message_type":"bot","bot_id":1,"email_token":"t","delay_seconds":0{action}}}'.encode()
    assert [signal.action for signal in dialects.read("3commas_dca", body)] == actions


@pytest.mark.parametrize(
    ("position", "size", "target"),
    [("long", "0.3", D("0.3")), ("short", "0.2", D("-0.2")), ("short", "-0.2", D("-0.2")), ("flat", "0", D(0))],
)
def test_a_3commas_strategy_says_where_it_stands_now(position, size, target):
    """On a reversal the order's amount is both sides together: the target takes the position instead."""
    body = SIGNAL.replace(b'"market_position":"long"', f'"market_position":"{position}"'.encode(), 1)
    body = body.replace(b'"market_position_size":"0.3"', f'"market_position_size":"{size}"'.encode(), 1)
    [signal] = dialects.read("3commas_signal", body)
    assert signal.size == Size(target, "base")


@pytest.mark.parametrize("action", ["enter_long", "exit_long", "enter_short", "exit_short"])
def test_a_3commas_custom_signal_is_its_action(action):
    [signal] = dialects.read("3commas_signal", f'{{"secret":"s","action":"{action}","bot_uuid":"u"}}'.encode())
    assert signal.action == action


@pytest.mark.parametrize(
    ("action", "sentiment", "target"),
    [
        ("buy", None, 1),
        ("sell", None, -1),
        ("exit", None, 0),
        ("buy", "flat", 0),
        ("sell", "flat", 0),
        ("sell", "bearish", -1),
        ("buy", "bullish", 1),
    ],
)
def test_traderspost_says_where_to_end(action, sentiment, target):
    more = f',"sentiment":"{sentiment}"' if sentiment else ""
    [signal] = dialects.read("traderspost", f'{{"ticker":"BTCUSD","action":"{action}"{more}}}'.encode())
    assert (signal.action, signal.size.value) == ("target", target)


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("SIGNAL=BUY", "enter_long"),
        ("SIGNAL=SELL", "enter_short"),
        ("SIGNAL=SELL;REDUCE_ONLY=true", "exit_long"),
        ("SIGNAL=BUY;REDUCE_ONLY=true", "exit_short"),
        ("SIGNAL=CANCEL", "cancel_deal"),
    ],
)
def test_octobot_with_lines_or_semicolons(text, action):
    for body in (f"SYMBOL=BTCUSDT;{text}", f"SYMBOL=BTCUSDT\n{text.replace(';', chr(10))}\n"):
        [signal] = dialects.read("octobot", body.encode())
        assert signal.action == action


@pytest.mark.parametrize(
    ("code", "action"), [("ENTER-LONG", "enter_long"), ("ENTER-SHORT", "enter_short"), ("EXIT-LONG", "exit_long"), ("EXIT-ALL", "target")]
)
def test_a_wundertrading_code_alone_is_an_alert(code, action):
    [signal] = dialects.read("wundertrading", f"{code}_Bybit_ETHUSDT_MyBot_15M_8b9f\n".encode())
    assert (signal.action, signal.secret) == (action, "Bybit_ETHUSDT_MyBot_15M_8b9f")


REFUSED = [
    ("tickwise", b'{"v":2,"action":"start"}', "bad_field"),
    ("tickwise", b'{"v":1,"action":"start","size":{"value":"1","unit":"moons"}}', "bad_field"),
    ("tickwise", b'{"v":1,"action":"start","size":{"value":1e999,"unit":"base"}}', "bad_field"),
    ("tickwise", b"[1,2]", "bad_json"),
    ("tickwise", b"[]", "bad_json"),
    ("tickwise", b'"start"', "bad_json"),
    ("3commas_dca", DCA.replace(b'"delay_seconds":0', b'"delay_seconds":30'), "unsupported_action"),
    ("3commas_dca", DCA.replace(b"close_at_market_price", b"start_trailing"), "unsupported_action"),
    ("3commas_signal", SIGNAL.replace(b'"long"', b'"sideways"'), "bad_field"),
    ("3commas_signal", SIGNAL.replace(b"2023-11-14T22:13:20Z", b"{{timenow}}"), "unresolved_placeholder"),
    ("traderspost", b'{"ticker":"BTCUSD","action":"hodl"}', "unsupported_action"),
    ("traderspost", b'{"action":"buy"}', "bad_field"),
    ("octobot", b"SYMBOL=BTCUSDT;SIGNAL=BUY;ORDER_TYPE=LIMIT;PRICE=42000", "unsupported_action"),
    ("octobot", b"SYMBOL=BTCUSDT;SIGNAL=BUY;VOLUME=12a%", "unsupported_action"),
    ("octobot", b"just words", "bad_json"),
    ("wundertrading", b"BUY-LOW_x", "unsupported_action"),
    ("wundertrading", b"ENTER-LONG_{{ticker}}", "unresolved_placeholder"),
    ("alertatron", b"MyKeys(XBTUSD) { market(side=buy); wait(60s); } #bot", "unsupported_action"),
    ("alertatron", b"MyKeys(XBTUSD) { trailingStop(offset=10); } #bot", "unsupported_action"),
    ("alertatron", b"rm -rf /", "bad_json"),
]


@pytest.mark.parametrize(("dialect", "body", "reason"), REFUSED)
def test_what_cannot_be_kept_is_refused_by_name(dialect, body, reason):
    with pytest.raises(Refused) as refused:
        dialects.read(dialect, body)
    assert refused.value.reason == reason


def test_twenty_signals_are_taken_and_twenty_one_are_not():
    one = b'{"v":1,"action":"start"}'
    assert len(dialects.read("tickwise", b"[" + b",".join([one] * 20) + b"]")) == 20
    with pytest.raises(Refused, match="too_many"):
        dialects.read("tickwise", b"[" + b",".join([one] * 21) + b"]")


def test_numbers_keep_the_digits_that_were_typed():
    body = b'{"v":1,"action":"add_funds","size":{"value":0.1234567890123456789,"unit":"quote"}}'
    assert dialects.read("tickwise", body)[0].size.value == D("0.1234567890123456789")


@pytest.mark.parametrize("dialect", sorted(PARSERS))
def test_any_bytes_are_signals_or_a_refusal(dialect):
    from hypothesis import given, settings
    from hypothesis import strategies as st

    seeds = [row[1] for row in GOLDEN] + [row[1] for row in REFUSED]

    @settings(max_examples=150, deadline=None)
    @given(st.sampled_from(seeds), st.integers(0, 400), st.integers(0, 60), st.binary(max_size=12))
    def cut_and_insert(seed, at, length, more):
        try:
            assert all(isinstance(one, Signal) for one in dialects.read(dialect, seed[:at] + more + seed[at + length :]))
        except Refused:
            return

    cut_and_insert()
