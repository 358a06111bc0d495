"""Which tokens are taken: every way of forging one gets the same 401."""

import base64
import hmac
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from shared.auth import COOL_DOWN_S, KNOWN_S, LEEWAY_S, RETRY_S, TokenVerifier
from shared.errors import AppError
from tests.builders import settings

ISSUER, AUDIENCE = "https://issuer.example", "tickwise-api"


class Issuer:
    """Keys of an issuer, and a clock for the cache in front of them."""

    def __init__(self) -> None:
        self.keys, self.reads, self.is_down, self.now = {}, 0, False, 1000.0
        self.rotate("k1")

    def rotate(self, kid: str) -> None:
        self.keys[kid] = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    async def fetch(self, url: str) -> dict:
        self.reads += 1
        if self.is_down:
            raise ConnectionError("away")
        if url.endswith("openid-configuration"):
            return {"jwks_uri": ISSUER + "/keys"}
        return {
            "keys": [{**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig"} for kid, key in self.keys.items()]
        }

    def token(self, kid: str = "k1", headers: dict | None = None, key=None, **claims) -> str:
        now = int(time.time())
        body = {"iss": ISSUER, "aud": AUDIENCE, "sub": "ada", "iat": now, "exp": now + 600, "scp": "bots.read"} | claims
        body = {name: value for name, value in body.items() if value is not None}
        return jwt.encode(body, key or self.keys[kid], "RS256", headers={"kid": kid, **(headers or {})})


@pytest.fixture(scope="module")
def keys():
    return Issuer()


@pytest.fixture
def issuer(keys):
    keys.is_down, keys.reads = False, 0
    return keys


@pytest.fixture
def verifier(issuer):
    return TokenVerifier(settings(), issuer.fetch, lambda: issuer.now)


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


async def refused(verifier, token: str | None) -> bool:
    with pytest.raises(AppError) as caught:
        await verifier.user(f"Bearer {token}" if token is not None else None)
    return (caught.value.status, caught.value.code, caught.value.params) == (401, "unauthorized", {})


async def test_a_good_token_names_its_user(issuer, verifier):
    user = await verifier.user("Bearer " + issuer.token(email="ada@example.com"))
    assert (user.id, user.email, user.scopes) == ("ada", "ada@example.com", ("bots.read",))


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "other"}, {"aud": None}, {"iss": "https://evil.example"}, {"iss": None}, {"exp": 1}, {"exp": None}, {"nbf": 4_000_000_000},
        {"iat": None}, {"sub": None}, {"sub": ""}, {"sub": "a" * 201}, {"sub": "a\nb"}, {"sub": "platform"}, {"sub": "nobody"}, {"scp": None}, {"scp": ""}, {"nonce": "n"}, {"at_hash": "h"},
    ],
)  # fmt: skip
async def test_a_wrong_claim_is_refused(issuer, verifier, claims):
    assert await refused(verifier, issuer.token(**claims))


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c", "crit"])
async def test_a_token_that_brings_its_own_key_is_refused(issuer, verifier, name):
    token = issuer.token()
    head, body, signature = token.split(".")
    header = json.loads(base64.urlsafe_b64decode(head + "==")) | {name: ["x"] if name in ("x5c", "crit") else "https://evil.example"}
    forged = encoded(json.dumps(header).encode())
    assert await refused(verifier, f"{forged}.{body}.{signature}")


async def test_alg_none_is_refused(issuer, verifier):
    body = issuer.token().split(".")[1]
    for name in ("none", "None", "NONE", "nOnE"):
        head = encoded(json.dumps({"alg": name, "kid": "k1", "typ": "JWT"}).encode())
        assert await refused(verifier, f"{head}.{body}.")


async def test_the_public_key_is_no_shared_secret(issuer, verifier):
    """HS256 signed with the issuer's public key as the secret."""
    pem = issuer.keys["k1"].public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    head = encoded(json.dumps({"alg": "HS256", "kid": "k1", "typ": "JWT"}).encode())
    signed = f"{head}.{issuer.token().split('.')[1]}"
    assert await refused(verifier, f"{signed}.{encoded(hmac.digest(pem, signed.encode(), 'sha256'))}")


async def test_a_strangers_signature_and_a_changed_body_are_refused(issuer, verifier):
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert await refused(verifier, issuer.token(key=stranger))
    head, _, signature = issuer.token().split(".")
    assert await refused(verifier, f"{head}.{issuer.token(sub='eve').split('.')[1]}.{signature}")


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic abc", "Bearer a.b", "Bearer a.b.c", "Bearer " + "x" * 9000])
async def test_what_is_no_token_is_refused(verifier, header):
    with pytest.raises(AppError) as caught:
        await verifier.user(header)
    assert caught.value.status == 401


async def test_a_new_key_is_found_and_made_up_keys_do_not_make_us_ask_again(issuer, verifier):
    await verifier.user("Bearer " + issuer.token())
    before = issuer.reads
    issuer.rotate("k2")
    issuer.now += COOL_DOWN_S + 1
    await verifier.user("Bearer " + issuer.token("k2"))
    assert issuer.reads == before + 1
    for _ in range(20):
        assert await refused(verifier, issuer.token("k2", {"kid": "made-up"}))
    assert issuer.reads == before + 1


async def test_clocks_a_minute_apart_are_taken_and_ten_minutes_are_not(issuer, verifier):
    now = int(time.time())
    for skew in ({"exp": now - 60}, {"nbf": now + 60}, {"iat": now + 60}):
        assert (await verifier.user("Bearer " + issuer.token(**skew))).id == "ada"
    for skew in ({"exp": now - 600}, {"nbf": now + 600}, {"iat": now + 600}):
        assert await refused(verifier, issuer.token(**skew))


async def test_an_issuer_that_was_away_is_asked_again_soon_until_its_keys_are_known_and_then_once_a_minute(issuer, verifier):
    issuer.is_down = True
    assert await refused(verifier, issuer.token())
    issuer.is_down, issuer.now = False, issuer.now + RETRY_S + 1
    await verifier.user("Bearer " + issuer.token())
    before = issuer.reads
    for _ in range(120):  # two minutes of made-up ids
        issuer.now += 1
        assert await refused(verifier, issuer.token("k1", {"kid": f"made-up-{issuer.now}"}))
    assert issuer.reads - before <= 2


async def test_known_keys_go_on_working_while_the_issuer_is_away(issuer, verifier):
    token = "Bearer " + issuer.token()
    await verifier.user(token)
    issuer.is_down, issuer.now = True, issuer.now + 7200
    assert (await verifier.user(token)).id == "ada"


async def test_a_token_is_checked_once_a_minute_and_never_outlives_itself(issuer, verifier, monkeypatch):
    checks = []
    decode = jwt.decode
    monkeypatch.setattr(jwt, "decode", lambda *args, **more: checks.append(1) or decode(*args, **more))
    token = "Bearer " + issuer.token()
    users = [await verifier.user(token) for _ in range(5)]
    assert len(set(users)) == 1 and len(checks) == 1
    assert await refused(verifier, issuer.token()[:-6] + "AAAAAA")  # one character off is another token
    issuer.now += KNOWN_S + 1
    await verifier.user(token)
    assert len(checks) == 3
    short = "Bearer " + issuer.token(exp=int(time.time()) - LEEWAY_S + 3)
    await verifier.user(short)
    issuer.now += 4  # its end is nearer than KNOWN_S: it is checked again, and then by the clock of the day
    await verifier.user(short)
    assert len(checks) == 5


async def test_a_needed_scope_is_needed(issuer):
    verifier = TokenVerifier(settings(auth_scope="bots.write"), issuer.fetch, lambda: issuer.now)
    assert await refused(verifier, issuer.token())
    assert (await verifier.user("Bearer " + issuer.token(scp="bots.read bots.write"))).id == "ada"
