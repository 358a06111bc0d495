"""The issuer's endpoints under /oidc, to be mounted on the host's HTTP application.

`OidcService(directory, clock)`; `add_routes`, `issuer`, `jwks_url`, `rotate`, `close`.

Rules
1. Tokens are RS256 with a key id; access tokens are `at+jwt`, live one hour and name their session.
2. Answers about identity are never cached and never say which half of a pair was wrong.
"""

import json
import secrets
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from infra.onebox.store import connect

from . import people, sessions
from .keys import Keys
from .page import page
from .people import People, Wait, Wrong
from .sessions import Asked, Session, Sessions

_ACCESS_S = 3600
_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class _Refused(Exception):
    """An OAuth error: status and error word (RFC 6749 5.2)."""

    def __init__(self, error: str, detail: str, status: int = 400):
        super().__init__(detail)
        self.error, self.detail, self.status = error, detail, status


class OidcService:
    """Registration, sign-in and tokens for the people of one machine."""

    def __init__(
        self,
        directory: Path,
        clock,
        audience: str = "tickwise-api",
        scope: str = "bots.read bots.write accounts.write",
        redirect_origins: tuple[str, ...] = (),
    ):
        directory.mkdir(parents=True, exist_ok=True)
        self._clock, self._audience, self._scope, self._redirect_origins = clock, audience, scope, redirect_origins
        self._db = connect(directory / "oidc.sqlite3", people.SCHEMA + sessions.SCHEMA)
        (directory / "oidc.sqlite3").chmod(0o600)
        self._keys = Keys(directory / "oidc.keys.json")
        self.people, self.sessions = People(self._db, clock), Sessions(self._db, clock)
        self._base_url: str | None = None

    def close(self) -> None:
        self._db.close()

    def rotate(self) -> str:
        """A new signing key; see `Keys.rotate`."""
        return self._keys.rotate()

    def issuer(self, base_url: str) -> str:
        """The issuer's name under the host's address, which from now on is in every token."""
        self._base_url = base_url.rstrip("/")
        return f"{self._base_url}/oidc"

    def jwks_url(self, base_url: str) -> str:
        return f"{base_url.rstrip('/')}/oidc/jwks"

    def add_routes(self, app: web.Application) -> None:
        app.add_routes(
            [
                web.get("/oidc/.well-known/openid-configuration", self._configuration),
                web.get("/oidc/jwks", self._jwks),
                web.post("/oidc/register", self._register),
                web.post("/oidc/token", self._token),
                web.get("/oidc/authorize", self._show),
                web.post("/oidc/authorize", self._authorize),
                web.post("/oidc/logout", self._logout),
                web.route("*", "/oidc/userinfo", self._userinfo),
            ]
        )

    # what is public

    async def _configuration(self, request: web.Request) -> web.Response:
        here = self._issuer(request)
        paths = {
            "authorization": "authorize",
            "token": "token",
            "userinfo": "userinfo",
            "end_session": "logout",
            "registration": "register",
        }
        document: dict[str, Any] = {"issuer": here, "jwks_uri": f"{here}/jwks"}
        document |= {f"{name}_endpoint": f"{here}/{path}" for name, path in paths.items()}
        document |= {
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token", "password"],
            "code_challenge_methods_supported": ["S256"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "subject_types_supported": ["public"],
            "token_endpoint_auth_methods_supported": ["none"],
            "scopes_supported": ["openid", *self._scope.split()],
        }
        return web.json_response(document)

    async def _jwks(self, request: web.Request) -> web.Response:
        return web.json_response(self._keys.jwks(), headers={"Cache-Control": "max-age=300"})

    def _issuer(self, request: web.Request) -> str:
        return f"{self._base_url}/oidc" if self._base_url else f"{request.scheme}://{request.host}/oidc"

    # registration

    async def _register(self, request: web.Request) -> web.Response:
        try:
            body = json.loads(await request.text())
            if not isinstance(body, dict):
                raise ValueError
        except (ValueError, RecursionError):
            return _problem(400, "invalid_json", "", "a JSON object with email and password is expected")
        try:
            person = await self.people.register(body.get("email"), body.get("password"))
        except Wrong as wrong:
            return _problem(wrong.status, wrong.code, wrong.field, wrong.detail)
        return web.json_response({"sub": person.sub, "email": person.email}, status=201, headers=_NO_STORE)

    # tokens

    async def _token(self, request: web.Request) -> web.Response:
        try:
            answer = await self._grant(request, await _form(request))
        except _Refused as refusal:
            return web.json_response(
                {"error": refusal.error, "error_description": refusal.detail}, status=refusal.status, headers=_NO_STORE
            )
        except Wait as wait:
            body = {"error": "slow_down", "error_description": "too many failed attempts"}
            return web.json_response(body, status=429, headers={**_NO_STORE, "Retry-After": str(wait.seconds)})
        return web.json_response(answer, headers=_NO_STORE)

    async def _grant(self, request: web.Request, form: Mapping[str, str]) -> dict[str, Any]:
        nonce = None
        match form.get("grant_type"):
            case "password":
                person = await self.people.sign_in(form.get("username"), form.get("password"), request.remote or "")
                if person is None:
                    raise _Refused("invalid_grant", "the e-mail or the password is wrong")
                session = self.sessions.begin(person.sub, form.get("client_id", ""), self._granted(form.get("scope", "")))
            case "authorization_code":
                names = ("code", "client_id", "redirect_uri", "code_verifier")
                redeemed = self.sessions.redeem(*(form.get(name, "") for name in names))
                if redeemed is None:
                    raise _Refused("invalid_grant", "the code is not valid")
                session, nonce = redeemed
            case "refresh_token":
                refreshed = self.sessions.refresh(form.get("refresh_token", ""))
                if refreshed is None or (form.get("client_id", refreshed.client) != refreshed.client):
                    raise _Refused("invalid_grant", "the refresh token is not valid")
                session = refreshed
            case _:
                raise _Refused("unsupported_grant_type", "password, authorization_code or refresh_token")
        return self._tokens(self._issuer(request), session, nonce)

    def _granted(self, asked: str) -> str:
        """The scopes of a session: those asked for that exist, all of them when none is."""
        known = self._scope.split()
        chosen = [scope for scope in asked.split() if scope in known] or known
        return " ".join((["openid"] if "openid" in asked.split() else []) + chosen)

    def _tokens(self, issuer: str, session: Session, nonce: str | None) -> dict[str, Any]:
        person = self.people.find(session.sub)
        if person is None:
            raise _Refused("invalid_grant", "the account is not active")
        now_s = self._clock.now_ms() // 1000
        common = {"iss": issuer, "sub": session.sub, "iat": now_s, "nbf": now_s, "exp": now_s + _ACCESS_S}
        common |= {"auth_time": session.auth_ms // 1000, "sid": session.sid, "email": person.email}
        scopes = [scope for scope in session.scope.split() if scope != "openid"]
        access = {**common, "aud": self._audience, "jti": str(uuid.uuid4()), "scp": " ".join(scopes), "token_use": "access"}
        access["azp"] = session.client
        answer = {"access_token": self._keys.sign(access, "at+jwt"), "token_type": "Bearer", "expires_in": _ACCESS_S}
        answer |= {"refresh_token": self.sessions.refresh_token(session), "scope": session.scope}
        if "openid" in session.scope.split():
            identity = {**common, "aud": session.client or self._audience, "token_use": "id"} | ({"nonce": nonce} if nonce else {})
            answer["id_token"] = self._keys.sign(identity, "JWT")
        return answer

    # the sign-in page

    async def _show(self, request: web.Request) -> web.Response:
        try:
            asked = self._asked(request)
        except _Refused as refusal:
            return web.Response(status=400, text=refusal.detail, headers=_NO_STORE)
        return _shown(asked)

    async def _authorize(self, request: web.Request) -> web.Response:
        try:
            asked = self._asked(request)
        except _Refused as refusal:
            return web.Response(status=400, text=refusal.detail, headers=_NO_STORE)
        if request.headers.get("Origin", "null") not in ("null", f"{request.scheme}://{request.host}", self._base_url):
            return web.Response(status=403, text="the form was not sent from here", headers=_NO_STORE)
        form = await _form(request)
        email, password = form.get("username", ""), form.get("password", "")
        try:
            if form.get("do") == "register":
                await self.people.register(email, password)
            person = await self.people.sign_in(email, password, request.remote or "")
        except Wrong as wrong:
            return _shown(asked, email, wrong.detail, wrong.status)
        except Wait as wait:
            return _shown(asked, email, f"Too many attempts. Try again in {wait.seconds} seconds.", 429)
        if person is None:
            return _shown(asked, email, "The e-mail or the password is wrong.", 401)
        answer = {"code": self.sessions.code(person.sub, asked), "iss": self._issuer(request)}
        if "state" in request.query:
            answer["state"] = request.query["state"]
        joint = "&" if urlsplit(asked.redirect).query else "?"
        return web.Response(status=303, headers={**_NO_STORE, "Location": asked.redirect + joint + urlencode(answer)})

    def _asked(self, request: web.Request) -> Asked:
        query = request.query
        if query.get("response_type") != "code" or query.get("code_challenge_method") != "S256":
            raise _Refused("invalid_request", "response_type=code with code_challenge_method=S256 is expected")
        if not 43 <= len(query.get("code_challenge", "")) <= 128 or not query.get("client_id"):
            raise _Refused("invalid_request", "client_id and code_challenge are expected")
        redirect = query.get("redirect_uri", "")
        if not self._is_known(redirect, request):
            raise _Refused("invalid_request", "redirect_uri is not known here")
        scope = self._granted(query.get("scope", ""))
        return Asked(query["client_id"], redirect, query["code_challenge"], query.get("nonce"), scope)

    def _is_known(self, redirect: str, request: web.Request) -> bool:
        """Back to this host, to the caller's own machine, or to an origin given at the start."""
        try:
            parts = urlsplit(redirect)
            host = parts.hostname
        except ValueError:
            return False
        if parts.scheme not in ("http", "https") or parts.fragment or parts.username is not None or not host:
            return False
        origin = f"{parts.scheme}://{parts.netloc}"
        return host in _LOOPBACK or origin in (self._base_url, *self._redirect_origins)

    # sessions

    async def _logout(self, request: web.Request) -> web.Response:
        """Ends the session of a refresh token or of an access token; says nothing about either."""
        form = await _form(request)
        sid = self.sessions.sid_of(form.get("refresh_token", "")) or (self._claims(request) or {}).get("sid")
        if sid:
            self.sessions.end(sid)
        return web.Response(status=204, headers=_NO_STORE)

    async def _userinfo(self, request: web.Request) -> web.Response:
        claims = self._claims(request) if request.method in ("GET", "POST") else None
        person = self.people.find(claims["sub"]) if claims and self.sessions.find(claims["sid"]) else None
        if person is None:
            return web.json_response({"error": "invalid_token"}, status=401, headers={**_NO_STORE, "WWW-Authenticate": "Bearer"})
        return web.json_response({"sub": person.sub, "email": person.email}, headers=_NO_STORE)

    def _claims(self, request: web.Request) -> dict[str, Any] | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        return self._keys.verify(token, self._issuer(request), self._audience, self._clock.now_ms() // 1000)


async def _form(request: web.Request) -> Mapping[str, str]:
    """The text fields of a form; anything else in it is left out."""
    if request.content_type != "application/x-www-form-urlencoded":
        return {}
    try:
        return {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    except ValueError:
        return {}


def _problem(status: int, code: str, field: str, detail: str) -> web.Response:
    body = {"type": "about:blank", "title": detail, "status": status, "code": code, "detail": detail}
    if field:
        body["field"] = field
    return web.json_response(body, status=status, content_type="application/problem+json", headers=_NO_STORE)


def _shown(asked: Asked, email: str = "", message: str = "", status: int = 200) -> web.Response:
    nonce, target = secrets.token_urlsafe(16), urlsplit(asked.redirect)
    policy = f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self' {target.scheme}://{target.netloc}; frame-ancestors 'none'"
    headers = {**_NO_STORE, "Content-Security-Policy": policy, "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin"}
    return web.Response(status=status, text=page(nonce, email, message), content_type="text/html", headers=headers)
