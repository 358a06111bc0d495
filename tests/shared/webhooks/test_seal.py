"""Addresses, secrets, symbols, commands: the small rules behind the door."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.settings import Settings
from shared.webhooks.command import Target, wish
from shared.webhooks.dedupe import print_of
from shared.webhooks.origin import has_certificate, origin_of
from shared.webhooks.seal import Key, Sealed, is_secret, made_secret, seal, secret_hash, unseal
from shared.webhooks.signal import Refused, Signal, Size
from shared.webhooks.symbol import is_same
from strategy_core.number import dec

KEY, OTHER = Key(b"a" * 32), Key(b"b" * 32)
WHAT = Sealed("ada|with/odd:chars", "hook_1", 3)


def test_an_address_opens_with_its_key_only_and_is_always_the_same():
    opaque = seal(KEY, WHAT)
    assert unseal(KEY, opaque) == WHAT
    assert seal(KEY, WHAT) == opaque
    assert unseal(OTHER, opaque) is None
    assert "ada" not in opaque and "hook" not in opaque
    assert len({seal(KEY, WHAT._replace(generation=n)) for n in range(100)}) == 100


def test_an_address_changed_anywhere_opens_nothing():
    opaque = seal(KEY, WHAT)
    for i in range(len(opaque)):
        forged = opaque[:i] + ("A" if opaque[i] != "A" else "B") + opaque[i + 1 :]
        assert unseal(KEY, forged) is None or forged[-1] != opaque[-1]  # the last character has unused bits
    for nonsense in ("", "A", "A" * 4000, "ä" * 60, "../../admin", "%00" * 30, "=" * 80):
        assert unseal(KEY, nonsense) is None


def test_a_secret_is_known_by_its_hash_alone():
    secret = made_secret(KEY, WHAT)
    stored = secret_hash("hook_1", secret)
    assert secret not in stored
    assert is_secret("hook_1", secret, stored)
    for wrong in (None, "", secret[:-1], secret.upper()):
        assert not is_secret("hook_1", wrong, stored)
    assert not is_secret("hook_2", secret, stored)


@pytest.mark.parametrize(
    ("said", "ours", "same"),
    [
        ("BTCUSDT", "BTC/USDT", True),
        ("BINANCE:BTCUSDT", "BTC/USDT", True),
        ("BYBIT:BTCUSDT.P", "BTC/USDT:USDT", True),
        ("BTC/USDT:USDT", "BTC/USDT:USDT", True),
        ("BTC/USDT", "BTC/USDT", True),
        ("USDT_BTC", "BTC/USDT", True),
        ("BTC-USDT", "BTC/USDT", True),
        ("btcusdt", "BTC/USDT", True),
        ("BTCUSD", "BTC/USDT", False),
        ("ETHUSDT", "BTC/USDT", False),
        ("USDT_ETH", "BTC/USDT", False),
        ("", "BTC/USDT", False),
    ],
)
def test_one_market_in_many_spellings(said, ours, same):
    assert is_same(said, ours) is same


def target(strategy="DCA", status="active", **config):
    return Target("b", strategy, "BTC/USDT", status, config)


@pytest.mark.parametrize(
    ("signal", "bot", "expected"),
    [
        (Signal("start"), target(status="draft"), ("start", {})),
        (Signal("start"), target(status="paused"), ("resume", {})),
        (Signal("stop"), target(), ("stop", {"close_mode": "keep"})),
        (Signal("close_and_stop"), target("GRID"), ("stop", {"close_mode": "quote"})),
        (Signal("enter_long"), target(), ("start_deal", {})),
        (Signal("exit_short"), target(direction="short"), ("close_deal", {})),
        (Signal("target", size=Size(dec("1"), "base")), target(), ("start_deal", {})),
        (Signal("target", size=Size(dec("0"), "base")), target(), ("close_deal", {})),
        (Signal("target", size=Size(dec("-1"), "base")), target(), ("close_deal", {})),
        (Signal("target", size=Size(dec("-1"), "base")), target(direction="short"), ("start_deal", {})),
        (Signal("add_funds", size=Size(dec("50"), "quote")), target("GRID"), ("add_funds", {"amount": "50"})),
        (Signal("add_funds", size=Size(dec("0.1"), "base")), target("BTD"), ("add_funds", {"amount": "0.1"})),
        (Signal("set", changes={"high": "120"}), target("GRID"), ("edit", {"high": "120"})),
        (Signal("set", changes={"max_deals": 3}), target("DCA"), ("edit", {"changes": {"max_deals": 3}})),
    ],
)
def test_a_signal_is_the_command_the_strategy_knows(signal, bot, expected):
    assert wish(signal, bot, "keep") == expected


@pytest.mark.parametrize(
    ("signal", "bot", "reason"),
    [
        (Signal("enter_short"), target(), "wrong_direction"),
        (Signal("exit_long"), target("GRID"), "unsupported_by_strategy"),
        (Signal("target", size=Size(dec("0"), "base")), target("LOOP"), "unsupported_by_strategy"),
        (Signal("target"), target(), "bad_field"),
        (Signal("add_funds"), target(), "bad_field"),
        (Signal("add_funds", size=Size(dec("-5"), "quote")), target(), "bad_field"),
        (Signal("add_funds", size=Size(dec("5"), "pct_equity")), target(), "bad_field"),
        (Signal("start_deal"), target(status="stopped"), "bot_stopped"),
        (Signal("start"), target(status="finished"), "bot_stopped"),
        (Signal("start_deal"), target(status="draft"), "bot_stopped"),
        (Signal("set"), target(), "bad_field"),
    ],
)
def test_what_the_bot_cannot_do_is_refused(signal, bot, reason):
    with pytest.raises(Refused) as refused:
        wish(signal, bot, "keep")
    assert refused.value.reason == reason


def test_an_order_id_alone_names_no_alert():
    """A Pine order id comes back on later bars."""
    signal = Signal("start_deal", id="Long")
    assert print_of("h", signal, 0).window_ms == 10_000
    bars = {print_of("h", signal._replace(bar=bar), 0) for bar in ("1", "2", "3")}
    assert len(bars) == 3 and {one.window_ms for one in bars} == {86_400_000}


def certificate(names, days=1, issuer=None):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(getattr(NameOID, name), value) for name, value in names.items()])
    start = datetime.now(UTC) - timedelta(days=2)
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(issuer[0].subject if issuer else subject).public_key(key.public_key())
    )
    made = made.serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(start + timedelta(days=2 + days))
    made = made.add_extension(x509.BasicConstraints(issuer is None, None), critical=True)
    own = issuer[1].public_key() if issuer else key.public_key()
    made = made.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(own), critical=False)
    if issuer:
        made = made.add_extension(x509.SubjectAlternativeName([x509.RFC822Name("webhook-server@tradingview.com")]), critical=False)
        made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
    else:
        made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        made = made.add_extension(usage, critical=True)
    return made.sign(issuer[1] if issuer else key, hashes.SHA256()), key


def header(cert):
    from base64 import b64encode

    from cryptography.hazmat.primitives.serialization import Encoding

    return b64encode(cert[0].public_bytes(Encoding.DER)).decode()


REAL = {"COUNTRY_NAME": "US", "ORGANIZATION_NAME": "TradingView, Inc.", "COMMON_NAME": "TradingView Webhooks"}


def test_a_client_certificate_counts_with_its_chain_its_dates_and_its_subject(tmp_path):
    from cryptography.hazmat.primitives.serialization import Encoding

    authority, stranger = certificate({"COMMON_NAME": "An authority"}, 30), certificate({"COMMON_NAME": "A stranger"}, 30)
    ca = tmp_path / "ca.pem"
    ca.write_bytes(authority[0].public_bytes(Encoding.PEM))
    assert has_certificate(header(certificate(REAL, 1, authority)), str(ca))
    assert not has_certificate(header(certificate(REAL, 1, stranger)), str(ca))
    assert not has_certificate(header(certificate(REAL, 1)), str(ca))
    assert not has_certificate(header(certificate(REAL, -1, authority)), str(ca))
    assert not has_certificate(header(certificate(REAL | {"COMMON_NAME": "Somebody"}, 1, authority)), str(ca))
    assert not has_certificate("not base64!", str(ca))
    assert not has_certificate(header(certificate(REAL, 1, authority)), "")
    headers = {"x-arr-clientcert": header(certificate(REAL, 1, authority))}
    assert not origin_of(headers, Settings()).has_certificate
    assert origin_of(headers, Settings(client_certificate_ca=str(ca))).has_certificate
