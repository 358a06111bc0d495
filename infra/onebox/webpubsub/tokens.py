"""The access key and the tokens signed with it (HS256), as the service library makes them."""

import base64
import os
import secrets
from pathlib import Path
from typing import Any

import jwt


class Refused(Exception):
    """A token that opens nothing."""


class Tokens:
    """Makes and checks tokens with a key that is made at first start and kept in a file only its owner can read."""

    def __init__(self, path: Path, clock):
        self._clock = clock
        if not path.exists():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(base64.b64encode(secrets.token_bytes(48)).decode())
        self.key = path.read_text()

    def check(self, token: str, audiences: list[str]) -> dict[str, Any]:
        """The claims of a token for one of these audiences; raises Refused."""
        options = {"verify_exp": False, "verify_nbf": False, "verify_iat": False, "require": ["exp", "aud"]}
        try:
            claims = jwt.decode(token, self.key, algorithms=["HS256"], audience=audiences, options=options)
        except (jwt.PyJWTError, UnicodeError) as error:
            raise Refused(str(error)) from None
        if not isinstance(claims["exp"], (int, float)) or claims["exp"] * 1000 <= self._clock.now_ms():
            raise Refused("the token has expired")
        return claims

    def client(self, audience: str, minutes: int, user: str | None, roles: list[str], groups: list[str]) -> str:
        """A token for a client, with the claims the service library writes."""
        now_s = self._clock.now_ms() // 1000
        claims: dict[str, Any] = {"aud": audience, "iat": now_s, "exp": now_s + 60 * minutes}
        claims |= ({"sub": user} if user else {}) | ({"role": roles} if roles else {}) | ({"webpubsub.group": groups} if groups else {})
        return jwt.encode(claims, self.key, algorithm="HS256")


def listed(value: Any) -> list[str]:
    """A claim that may be one text or a list of texts."""
    return [value] if isinstance(value, str) else [item for item in value or [] if isinstance(item, str)]
