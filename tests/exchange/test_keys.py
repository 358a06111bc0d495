"""A key is taken only when it is proven harmless."""

from typing import Any

import pytest

from exchange.keys import QUESTIONS, KeyProof
from exchange.protocol import Unauthorized
from exchange.venues import VENUES
from tests.exchange.paper_fakes import Clock
from tests.exchange.wire import Wire
from tests.venue.binance import BinanceVenue
from tests.venue.bybit import BybitVenue
from tests.venue.serving import KEY, SECRET, open_at, serving

BINANCE = {"enableSpotAndMarginTrading": True, "enableFutures": False, "enableWithdrawals": False, "enableInternalTransfer": False}
BINANCE |= {"permitsUniversalTransfer": False, "ipRestrict": True}
BYBIT: dict[str, Any] = {"readOnly": 0, "permissions": {"Spot": ["SpotTrade"], "Wallet": []}, "ips": ["1.2.3.4"]}

CASES: list[tuple[str, dict[str, Any], str | None]] = [
    ("binance", BINANCE, None),
    ("binance", BINANCE | {"enableWithdrawals": True}, "can_withdraw"),
    ("binance", BINANCE | {"permitsUniversalTransfer": True}, "can_transfer"),
    ("binance", BINANCE | {"enableSpotAndMarginTrading": False}, "cannot_trade"),
    ("binance", {"ipRestrict": True}, "withdrawal_unknown"),
    ("bybit", {"result": BYBIT}, None),
    ("bybit", {"result": BYBIT | {"permissions": {"Spot": ["SpotTrade"], "Wallet": ["Withdraw"]}}}, "can_withdraw"),
    ("bybit", {"result": BYBIT | {"readOnly": 1}}, "cannot_trade"),
    ("bybit", {"result": {}}, "withdrawal_unknown"),
    ("okx", {"data": [{"perm": "read_only,trade", "ip": "1.2.3.4"}]}, None),
    ("okx", {"data": [{"perm": "read_only,trade,withdraw", "ip": ""}]}, "can_withdraw"),
    ("okx", {"data": [{"perm": "read_only"}]}, "cannot_trade"),
    ("okx", {"data": []}, "withdrawal_unknown"),
    ("kraken", {"result": {"permissions": ["query-funds", "modify-trades"]}}, None),
    ("kraken", {"result": {"permissions": ["modify-trades", "withdraw-funds"]}}, "can_withdraw"),
    ("kraken", {"result": {}}, "withdrawal_unknown"),
    ("coinbase", {"can_view": True, "can_trade": True, "can_transfer": False}, None),
    ("coinbase", {"can_trade": True, "can_transfer": True}, "can_withdraw"),
    ("coinbase", {}, "withdrawal_unknown"),
    ("kucoin", {"data": {"permission": "General,Spot", "ipWhitelist": "1.2.3.4"}}, None),
    ("kucoin", {"data": {"permission": "General,Spot,Transfer"}}, "can_withdraw"),
    ("kucoin", {"data": {"permission": "General,Spot,InnerTransfer"}}, "can_transfer"),
    ("kucoin", {"data": {}}, "withdrawal_unknown"),
    ("bitget", {"data": {"authorities": ["trade"], "ips": "1.2.3.4"}}, None),
    ("bitget", {"data": {"authorities": ["trade", "withdraw"]}}, "can_withdraw"),
    ("bitget", {"data": {}}, "ip_list_required"),
    ("gate", {"ip_whitelist": ["1.2.3.4"]}, None),
    ("gate", {"ip_whitelist": []}, "ip_list_required"),
]


@pytest.mark.parametrize(("venue", "answer", "refusal"), CASES)
def test_a_key_is_refused_unless_its_rights_are_harmless(venue: str, answer: dict[str, Any], refusal: str | None) -> None:
    assert QUESTIONS[venue][1](answer).refusal == refusal


def test_every_venue_is_asked() -> None:
    assert set(QUESTIONS) == set(VENUES)


@pytest.mark.parametrize("venue", VENUES)
async def test_the_question_exists_in_ccxt_and_is_signed(venue: str) -> None:
    wire = Wire(venue)
    assert callable(getattr(wire.client, QUESTIONS[venue][0]))
    await wire.close()


@pytest.mark.parametrize(("venue_type", "name"), [(BinanceVenue, "binance"), (BybitVenue, "bybit")])
async def test_the_venue_itself_is_asked_over_http(venue_type: type[BinanceVenue] | type[BybitVenue], name: str) -> None:
    clock = Clock()
    venue = venue_type(clock)
    account = venue.account(KEY, SECRET, USDT="1")
    async with serving(venue.application()) as address:
        exchange = open_at(name, address, clock)
        good = await exchange.prove_key()
        account.can_withdraw = True
        bad = await exchange.prove_key()
        stranger = open_at(name, address, clock, apiKey="X" * 20, secret=SECRET)
        with pytest.raises(Unauthorized):
            await stranger.prove_key()
        await exchange.close()
        await stranger.close()
    assert (good.refusal, bad.refusal) == (None, "can_withdraw")


def test_the_score_rewards_an_address_list_proof_and_youth() -> None:
    now = 1_700_000_000_000
    assert KeyProof(True, False, False, True, now - 1, True).score(now) == 100
    assert KeyProof(True, False, False, False, None, True).score(now) == 30
    assert KeyProof(None, None, None, True, None, False).score(now) == 50
    assert KeyProof(True, True, False, True, now, True).score(now) == 0
