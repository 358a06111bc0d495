"""Who is calling: an access token of one issuer for one audience, or nobody.

Rules
1. RS256 only. A token that brings its own key (`jwk`, `jku`, `x5u`, `x5c`) or a critical extension is refused before its key is looked for.
2. Issuer, audience, expiry and not-before are checked by the library; the key comes from the configured JWKS and nowhere else.
3. An id token is not an access token: a scope claim is needed, and `nonce` or `at_hash` give an id token away.
4. An unknown key id makes the key set be read again, at most once per COOL_DOWN_S (RETRY_S while none could be read): rotation works, a
   flood of made-up ids does not.
5. A token that was verified is known for KNOWN_S, never past its own end: a client that asks ten times a second pays for one signature.
6. Every refusal is the same 401 for the caller; the reason goes to the log only.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Any, NamedTuple, Protocol

from shared.errors import AppError
from shared.settings import Settings

KNOWN_S, MOST_KNOWN = 60.0, 10_000
ALGORITHMS = ["RS256"]
OWN_KEY_HEADERS = {"jwk", "jku", "x5u", "x5c", "crit"}
RESERVED = frozenset({"platform", "nobody"})  # partitions that belong to no user (shared/watch.py, triggers/hooks.py)
KEEP_S = 3600.0
COOL_DOWN_S, RETRY_S = 60.0, 5.0
LEEWAY_S = 65  # clocks a minute apart are taken, and a request may be on its way

Fetch = Callable[[str], Awaitable[dict[str, Any]]]


class User(NamedTuple):
    """`id` is the token's subject: the partition of everything that is theirs."""

    id: str
    email: str | None
    scopes: tuple[str, ...]
    auth_time: int | None
    issued_at: int | None = None


class Verifier(Protocol):
    async def user(self, authorization: str | None) -> User:
        """Errors: AppError 401."""
        ...


class Refused(Exception):
    """Why a token was not taken; for the log, never for the caller."""


class TokenVerifier:
    def __init__(self, settings: Settings, fetch: Fetch | None = None, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._issuer = settings.need("auth_issuer")
        self._audience = settings.need("auth_audience")
        self._scope = settings.auth_scope
        self._keys = KeySet(settings.auth_jwks_url, self._issuer, fetch or fetch_json, monotonic)
        self._monotonic = monotonic
        self._known: OrderedDict[bytes, tuple[User, float]] = OrderedDict()

    async def user(self, authorization: str | None) -> User:
        from jwt import PyJWTError

        from shared.log import log

        try:
            token = bearer(authorization)
            mark = sha256(token.encode()).digest()
            user, until = self._known.get(mark, (None, 0.0))
            if user is None or self._monotonic() >= until:
                user = await self._verify(token, mark)
            return user
        except (Refused, PyJWTError) as refused:
            log("auth.refused", reason=type(refused).__name__, detail=str(refused)[:120])
            raise AppError(401, "unauthorized") from None

    async def _verify(self, token: str, mark: bytes) -> User:
        import jwt

        header = jwt.get_unverified_header(token)
        if header.get("alg") not in ALGORITHMS:
            raise Refused("algorithm")
        if OWN_KEY_HEADERS & set(header):
            raise Refused("key in header")
        key = await self._keys.find(str(header.get("kid", "")))
        claims = jwt.decode(
            token,
            key,
            algorithms=ALGORITHMS,
            audience=self._audience,
            issuer=self._issuer,
            leeway=LEEWAY_S,
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )
        user = user_of(claims, self._scope)
        self._known.pop(mark, None)
        self._known[mark] = (user, self._monotonic() + min(KNOWN_S, float(claims["exp"]) + LEEWAY_S - time.time()))
        if len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)
        return user


def bearer(authorization: str | None) -> str:
    kind, _, token = (authorization or "").partition(" ")
    if kind.lower() != "bearer" or not token or len(token) > 8192:
        raise Refused("no bearer token")
    return token.strip()


def user_of(claims: dict[str, Any], needed_scope: str) -> User:
    """The user of verified claims. Errors: Refused for an id token, a missing scope or an impossible subject."""
    if "nonce" in claims or "at_hash" in claims or "c_hash" in claims:
        raise Refused("id token")
    raw = claims.get("scp", claims.get("scope"))
    scopes = tuple(raw.split()) if isinstance(raw, str) else tuple(map(str, raw or ()))
    if not scopes:
        raise Refused("no scope")
    if needed_scope and needed_scope not in scopes:
        raise Refused("scope")
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= 200 or not subject.isprintable() or subject in RESERVED:
        raise Refused("subject")
    email = claims.get("email")
    whole = {name: value for name in ("auth_time", "iat") if isinstance(value := claims.get(name), int)}
    return User(subject, email if isinstance(email, str) else None, scopes, whole.get("auth_time"), whole.get("iat"))


class KeySet:
    """The issuer's public keys, kept for an hour, read by one caller at a time."""

    def __init__(self, url: str, issuer: str, fetch: Fetch, monotonic: Callable[[], float]) -> None:
        self._url, self._issuer, self._fetch, self._monotonic = url, issuer, fetch, monotonic
        self._keys: dict[str, Any] = {}
        self._read_at = float("-inf")
        self._tried_at = float("-inf")
        self._reading = asyncio.Lock()

    async def find(self, kid: str) -> Any:
        """Errors: Refused when the issuer has no such key (or cannot be asked and it is not known)."""
        is_being_read = kid not in self._keys and self._reading.locked()
        if self._is_due(kid) or is_being_read:
            async with self._reading:
                if self._is_due(kid):
                    await self._read()
        if kid not in self._keys:
            raise Refused("unknown key")
        return self._keys[kid]

    def _is_due(self, kid: str) -> bool:
        now = self._monotonic()
        is_wanted = kid not in self._keys or now - self._read_at > KEEP_S
        return is_wanted and now - self._tried_at > COOL_DOWN_S

    async def _read(self) -> None:
        import jwt

        from shared.log import log

        self._tried_at = self._monotonic()
        try:
            if not self._url:
                self._url = str((await self._fetch(self._issuer.rstrip("/") + "/.well-known/openid-configuration"))["jwks_uri"])
            found = await self._fetch(self._url)
        except Exception as error:  # the issuer is away: known keys go on working, unknown ones are refused
            log("auth.keys_unreachable", error=type(error).__name__)
            if not self._keys:
                self._tried_at -= COOL_DOWN_S - RETRY_S
            return
        keys = [key for key in found.get("keys", []) if key.get("kty") == "RSA" and key.get("use", "sig") == "sig" and key.get("kid")]
        self._keys = {key["kid"]: jwt.PyJWK(key, algorithm="RS256").key for key in keys}
        self._read_at = self._tried_at


async def fetch_json(url: str) -> dict[str, Any]:
    import aiohttp

    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        async with session.get(url, allow_redirects=False) as answer:
            answer.raise_for_status()
            return dict(await answer.json(content_type=None))
