"""The token endpoint for ClientSecretCredential: one tenant, one client, tokens signed with a key of this process.

A restart ends all tokens; the credential then asks for a new one after the first 401.
"""

import hmac
import json
import os
import secrets
import uuid
from pathlib import Path
from typing import Any

import jwt
from aiohttp import web

RESOURCE = "https://vault.azure.net"
_LIFE_S = 3600


class Identity:
    """Who may ask for tokens, and whether a token is ours."""

    def __init__(self, directory: Path, clock):
        self._clock = clock
        path = directory / "keyvault.client.json"
        if not path.exists():
            made = {"tenantId": str(uuid.uuid4()), "clientId": str(uuid.uuid4()), "clientSecret": secrets.token_urlsafe(32)}
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                json.dump(made, file)
        self.settings: dict[str, str] = json.loads(path.read_text())
        self._signing = secrets.token_bytes(32)

    @property
    def tenant(self) -> str:
        return self.settings["tenantId"]

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get(f"/{self.tenant}/v2.0/.well-known/openid-configuration", self._configuration)
        app.router.add_post(f"/{self.tenant}/oauth2/v2.0/token", self._token)

    def is_ours(self, header: str) -> bool:
        """Whether an Authorization header holds a token from here that still lives."""
        options = {"verify_exp": False, "verify_nbf": False, "verify_iat": False, "require": ["exp", "aud"]}
        try:
            claims = jwt.decode(header.removeprefix("Bearer "), self._signing, algorithms=["HS256"], audience=RESOURCE, options=options)
        except (jwt.PyJWTError, UnicodeError):
            return False
        return header.startswith("Bearer ") and claims["exp"] * 1000 > self._clock.now_ms()

    async def _configuration(self, request: web.Request) -> web.Response:
        here = f"https://{request.host}/{self.tenant}"
        document = {
            "issuer": f"{here}/v2.0",
            "token_endpoint": f"{here}/oauth2/v2.0/token",
            "authorization_endpoint": f"{here}/oauth2/v2.0/authorize",
            "jwks_uri": f"{here}/discovery/v2.0/keys",
        }
        return web.json_response(document)

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        given = [str(form.get(name, "")).encode() for name in ("client_id", "client_secret")]
        known = [self.settings[name].encode() for name in ("clientId", "clientSecret")]
        if form.get("grant_type") != "client_credentials":
            return _error("unsupported_grant_type", "client_credentials is expected", 400)
        if not all(hmac.compare_digest(one, other) for one, other in zip(given, known, strict=True)):
            return _error("invalid_client", "AADSTS7000215: Invalid client secret provided.", 401)
        if str(form.get("scope", "")) != f"{RESOURCE}/.default":
            return _error("invalid_scope", f"{RESOURCE}/.default is expected", 400)
        now_s = self._clock.now_ms() // 1000
        claims: dict[str, Any] = {"aud": RESOURCE, "appid": self.settings["clientId"], "iat": now_s, "exp": now_s + _LIFE_S}
        token = jwt.encode(claims, self._signing, algorithm="HS256")
        return web.json_response({"token_type": "Bearer", "expires_in": _LIFE_S, "ext_expires_in": _LIFE_S, "access_token": token})


def _error(word: str, detail: str, status: int) -> web.Response:
    return web.json_response({"error": word, "error_description": detail}, status=status)
