"""The local issuer as a client sees it: register, sign in, refresh, authorize with PKCE, sign out."""

import base64
import hashlib
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestClient, TestServer

from infra.onebox.clock import VirtualClock
from infra.onebox.oidc import OidcService

ANN = {"email": "ann@example.com", "password": "a long enough secret"}
SIGN_IN = {"grant_type": "password", "username": ANN["email"], "password": ANN["password"]}


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def issuer(tmp_path, clock):
    service = OidcService(tmp_path, clock)
    yield service
    service.close()


@pytest.fixture
async def client(issuer):
    app = web.Application()
    issuer.add_routes(app)
    async with TestClient(TestServer(app)) as client:
        issuer.issuer(str(client.make_url("/")))
        yield client


async def signed_in(client, **more):
    await client.post("/oidc/register", json=ANN)
    answer = await client.post("/oidc/token", data=SIGN_IN | more)
    assert answer.status == 200
    return await answer.json()


async def test_an_access_token_verifies_against_the_published_keys(client, clock):
    tokens = await signed_in(client)
    found = await (await client.get("/oidc/.well-known/openid-configuration")).json()
    keys = jwt.PyJWKSet.from_dict(await (await client.get(urlsplit(found["jwks_uri"]).path)).json())
    header = jwt.get_unverified_header(tokens["access_token"])
    claims = jwt.decode(
        tokens["access_token"],
        keys[header["kid"]],
        algorithms=["RS256"],
        audience="tickwise-api",
        issuer=found["issuer"],
        options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
    )
    now_s = clock.now_ms() // 1000
    assert header["typ"] == "at+jwt" and tokens["token_type"] == "Bearer" and tokens["expires_in"] == 3600
    assert (claims["exp"], claims["nbf"], claims["iat"], claims["auth_time"]) == (now_s + 3600, now_s, now_s, now_s)
    assert claims["scp"] == "bots.read bots.write accounts.write" and claims["email"] == ANN["email"]
    assert len(claims["sub"]) == 36 and claims["sid"] and claims["jti"] and "id_token" not in tokens


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"email": "no-at", "password": "12345678"}, 400, "email"),
        ({"email": "a b@example.com", "password": "12345678"}, 400, "email"),
        ({"email": None, "password": "12345678"}, 400, "email"),
        ({"password": "12345678"}, 400, "email"),
        ({"email": "b@example.com", "password": "short"}, 400, "password"),
        ({"email": "b@example.com", "password": "x" * 129}, 400, "password"),
        ({"email": "b@example.com", "password": 12345678}, 400, "password"),
        ({"email": "b@example.com", "password": "B@example.com"}, 400, "password"),
        ({"email": "b@example.com", "password": "1234567\ud800"}, 400, "password"),
        ({"email": "Ann@Example.com", "password": "12345678"}, 409, "email"),
    ],
)
async def test_a_wrong_registration_names_its_field(client, body, status, field):
    assert (await client.post("/oidc/register", json=ANN)).status == 201
    answer = await client.post("/oidc/register", json=body)
    problem = await answer.json()
    assert (answer.status, problem["field"], answer.content_type) == (status, field, "application/problem+json")


async def test_what_is_no_json_object_is_refused(client):
    for body in ("", "[]", "{", "[" * 5000):
        assert (await client.post("/oidc/register", data=body)).status == 400


async def test_a_wrong_password_and_an_unknown_address_look_the_same(client):
    await client.post("/oidc/register", json=ANN)
    answers = []
    for change in ({"password": "wrong password"}, {"username": "nobody@example.com"}, {"password": "x" * 5000}):
        answer = await client.post("/oidc/token", data=SIGN_IN | change)
        answers.append((answer.status, await answer.text()))
    assert len(set(answers)) == 1 and answers[0][0] == 400


async def test_guessing_is_slowed_down_and_ends_with_time(client, clock):
    await client.post("/oidc/register", json=ANN)
    wrong = SIGN_IN | {"password": "wrong password"}
    assert [(await client.post("/oidc/token", data=wrong)).status for _ in range(5)] == [400] * 5
    locked = await client.post("/oidc/token", data=SIGN_IN)
    assert locked.status == 429 and int(locked.headers["Retry-After"]) == 1
    clock.advance(1001)
    assert (await client.post("/oidc/token", data=wrong)).status == 400
    assert (await client.post("/oidc/token", data=SIGN_IN)).headers["Retry-After"] == "2"
    clock.advance(2001)
    assert (await client.post("/oidc/token", data=SIGN_IN)).status == 200
    assert [(await client.post("/oidc/token", data=wrong)).status for _ in range(5)] == [400] * 5


async def test_a_caller_who_tries_many_addresses_waits_too(client):
    statuses = [(await client.post("/oidc/token", data=SIGN_IN | {"username": f"{n}@example.com"})).status for n in range(51)]
    assert statuses == [400] * 50 + [429]


async def test_a_refresh_token_works_once_and_its_reuse_ends_the_session(client, clock):
    first = await signed_in(client)

    async def refresh(token):
        answer = await client.post("/oidc/token", data={"grant_type": "refresh_token", "refresh_token": token})
        return answer.status, await answer.json()

    status, second = await refresh(first["refresh_token"])
    assert status == 200
    sids = [jwt.decode(t["access_token"], options={"verify_signature": False}) for t in (first, second)]
    assert sids[0]["sid"] == sids[1]["sid"] and sids[0]["jti"] != sids[1]["jti"]
    clock.advance(5_000)
    assert (await refresh(first["refresh_token"]))[0] == 200  # a second tab, or a lost answer
    clock.advance(6_000)
    assert (await refresh(first["refresh_token"]))[0] == 400
    assert (await refresh(second["refresh_token"]))[0] == 400


async def test_a_session_ends_after_its_time(client, clock):
    tokens = await signed_in(client)
    clock.advance(15 * 86_400_000)
    answer = await client.post("/oidc/token", data={"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]})
    assert answer.status == 400


async def test_sign_out_ends_refresh_and_user_info(client):
    for how in ("refresh", "access"):
        tokens = await signed_in(client)
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        assert (await (await client.get("/oidc/userinfo", headers=bearer)).json())["email"] == ANN["email"]
        form = {"refresh_token": tokens["refresh_token"]} if how == "refresh" else {}
        assert (await client.post("/oidc/logout", data=form, headers=bearer if how == "access" else {})).status == 204
        assert (await client.get("/oidc/userinfo", headers=bearer)).status == 401
        again = await client.post("/oidc/token", data={"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]})
        assert again.status == 400
    assert (await client.post("/oidc/logout", data={"refresh_token": "unknown"})).status == 204


VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


def question(client, **changes):
    asked = {
        "response_type": "code",
        "client_id": "dashboard",
        "redirect_uri": str(client.make_url("/signed-in")),
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "state": "s&1",
        "nonce": "n1",
        "scope": "openid",
    }
    return asked | changes


async def authorize(client, **changes):
    form = {"username": ANN["email"], "password": ANN["password"], "do": "sign-in"}
    return await client.post("/oidc/authorize", params=question(client, **changes), data=form, allow_redirects=False)


async def redeem(client, code, **changes):
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": "dashboard",
        "redirect_uri": str(client.make_url("/signed-in")),
        "code_verifier": VERIFIER,
    }
    return await client.post("/oidc/token", data=form | changes)


async def test_the_dashboard_signs_in_with_a_code_and_pkce(client):
    await client.post("/oidc/register", json=ANN)
    shown = await client.get("/oidc/authorize", params=question(client))
    assert (
        shown.status == 200 and "script" not in await shown.text() and "frame-ancestors 'none'" in shown.headers["Content-Security-Policy"]
    )
    back = await authorize(client)
    answer = parse_qs(urlsplit(back.headers["Location"]).query)
    assert back.status == 303 and answer["state"] == ["s&1"]
    tokens = await (await redeem(client, answer["code"][0])).json()
    identity = jwt.decode(tokens["id_token"], options={"verify_signature": False})
    assert (identity["aud"], identity["nonce"], identity["token_use"]) == ("dashboard", "n1", "id")
    assert (await redeem(client, answer["code"][0])).status == 400
    refreshed = await client.post("/oidc/token", data={"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]})
    assert refreshed.status == 400  # the stolen code ended the session


@pytest.mark.parametrize(
    "change", [{"code_verifier": "w" * 64}, {"client_id": "other"}, {"redirect_uri": "http://127.0.0.1/x"}, {"code": "unknown"}]
)
async def test_a_code_is_only_for_who_asked(client, change):
    await client.post("/oidc/register", json=ANN)
    code = parse_qs(urlsplit((await authorize(client)).headers["Location"]).query)["code"][0]
    assert (await redeem(client, change.get("code", code), **{k: v for k, v in change.items() if k != "code"})).status == 400


async def test_a_code_lives_a_minute(client, clock):
    await client.post("/oidc/register", json=ANN)
    code = parse_qs(urlsplit((await authorize(client)).headers["Location"]).query)["code"][0]
    clock.advance(61_000)
    assert (await redeem(client, code)).status == 400


@pytest.mark.parametrize(
    "change",
    [
        {"redirect_uri": "https://evil.example/x"}, {"redirect_uri": "http://127.0.0.1@evil.example/"}, {"redirect_uri": "javascript:alert(1)"}, {"redirect_uri": "http://[bad"}, {"redirect_uri": ""},
        {"code_challenge": ""}, {"code_challenge_method": "plain"}, {"response_type": "token"}, {"client_id": ""},
    ],
)  # fmt: skip
async def test_a_wrong_question_is_answered_here_and_not_redirected(client, change):
    for answer in (
        await client.get("/oidc/authorize", params=question(client, **change), allow_redirects=False),
        await authorize(client, **change),
    ):
        assert answer.status == 400 and "Location" not in answer.headers


async def test_the_page_registers_and_escapes(client):
    form = {"username": '"><script>@x', "password": "12345678", "do": "register"}
    shown = await client.post("/oidc/authorize", params=question(client), data=form | {"password": "short"})
    assert shown.status == 400 and "<script>" not in await shown.text()
    made = await client.post("/oidc/authorize", params=question(client), data=form | {"username": "new@example.com"}, allow_redirects=False)
    assert made.status == 303
    foreign = await client.post("/oidc/authorize", params=question(client), data=form, headers={"Origin": "https://evil.example"})
    assert foreign.status == 403


async def test_keys_rotate_and_survive_a_restart(client, issuer, tmp_path, clock):
    before = await signed_in(client)
    new = issuer.rotate()
    after = await signed_in(client)
    assert jwt.get_unverified_header(after["access_token"])["kid"] == new != jwt.get_unverified_header(before["access_token"])["kid"]
    for tokens in (before, after):
        assert (await client.get("/oidc/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"})).status == 200
    again = OidcService(tmp_path, clock)
    assert again._keys.jwks() == issuer._keys.jwks() and again.people.find(
        jwt.decode(after["access_token"], options={"verify_signature": False})["sub"]
    )
    again.close()
    assert (tmp_path / "oidc.keys.json").stat().st_mode & 0o777 == 0o600


async def test_a_disabled_person_gets_no_more_tokens(client, issuer):
    tokens = await signed_in(client)
    issuer.people.disable(jwt.decode(tokens["access_token"], options={"verify_signature": False})["sub"])
    for form in (SIGN_IN, {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}):
        assert (await client.post("/oidc/token", data=form)).status == 400


async def test_forged_tokens_open_nothing(client, issuer):
    tokens = await signed_in(client, scope="openid bots.read")
    claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    assert claims["scp"] == "bots.read"
    header = jwt.get_unverified_header(tokens["access_token"])
    forged = [
        jwt.encode(claims, None, algorithm="none", headers={"kid": header["kid"], "typ": "at+jwt"}),
        jwt.encode(claims, "x" * 32, algorithm="HS256", headers={"kid": header["kid"], "typ": "at+jwt"}),
        tokens["id_token"],
        tokens["access_token"][:-4] + "AAAA",
        "x",
        "\udcff.\udcff.\udcff",
    ]
    for token in forged:
        assert (await client.get("/oidc/userinfo", headers={"Authorization": f"Bearer {token}"})).status == 401


async def test_garbage_never_breaks_the_endpoints(client):
    async with ClientSession() as session:
        for path in ("token", "logout", "authorize", "register"):
            for body, kind in (
                (b"\xff\xfe", "application/x-www-form-urlencoded"),
                (b"a=%ff&grant_type[]=x", "application/x-www-form-urlencoded"),
                (b"--x", "multipart/form-data"),
            ):
                answer = await session.post(client.make_url(f"/oidc/{path}"), data=body, headers={"Content-Type": kind})
                assert answer.status in (204, 400), (path, body)
