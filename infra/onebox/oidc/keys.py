"""The issuer's signing keys: made at first start, kept in a file only its owner can read, rotated without invalidating what was signed."""

import base64
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

_KEPT = 3  # the signing key and two older ones: longer than any token lives


class Keys:
    """RSA keys, newest first; the newest signs, all of them verify."""

    def __init__(self, path: Path):
        self._path = path
        self._keys: list[tuple[str, rsa.RSAPrivateKey]] = []
        if path.exists():
            self._keys = [_loaded(pem) for pem in json.loads(path.read_text())]
        else:
            self.rotate()

    def rotate(self) -> str:
        """Makes a new signing key and returns its id; tokens signed before stay valid."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._keys = [(_thumbprint(key), key), *self._keys][:_KEPT]
        self._save()
        return self._keys[0][0]

    def sign(self, claims: dict[str, Any], kind: str) -> str:
        """A signed token; `kind` is its media type ("at+jwt")."""
        kid, key = self._keys[0]
        return jwt.encode(claims, key, algorithm="RS256", headers={"kid": kid, "typ": kind})

    def verify(self, token: str, issuer: str, audience: str, now_s: int) -> dict[str, Any] | None:
        """The claims of an access token we signed, or None."""
        try:
            header = jwt.get_unverified_header(token)
            key = dict(self._keys)[header["kid"]]
            options = {"verify_exp": False, "verify_nbf": False, "verify_iat": False, "require": ["exp", "sub", "sid"]}
            claims = jwt.decode(token, key.public_key(), algorithms=["RS256"], issuer=issuer, audience=audience, options=options)
        except (jwt.PyJWTError, KeyError, UnicodeError, TypeError):
            return None
        return claims if header.get("typ") == "at+jwt" and claims["exp"] > now_s else None

    def jwks(self) -> dict[str, Any]:
        return {"keys": [{**_public(key), "kid": kid, "use": "sig", "alg": "RS256"} for kid, key in self._keys]}

    def _save(self) -> None:
        pems = [_pem(key) for _, key in self._keys]
        beside = self._path.with_suffix(".new")
        beside.unlink(missing_ok=True)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(pems, file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)


def _pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()


def _loaded(pem: str) -> tuple[str, rsa.RSAPrivateKey]:
    key = serialization.load_pem_private_key(pem.encode(), None)
    return _thumbprint(key), key


def _public(key: rsa.RSAPrivateKey) -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    return {"e": _b64(numbers.e), "kty": "RSA", "n": _b64(numbers.n)}


def _b64(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes((number.bit_length() + 7) // 8, "big")).rstrip(b"=").decode()


def _thumbprint(key: rsa.RSAPrivateKey) -> str:
    """RFC 7638."""
    canonical = json.dumps(_public(key), sort_keys=True, separators=(",", ":"))
    return base64.urlsafe_b64encode(hashlib.sha256(canonical.encode()).digest()).rstrip(b"=").decode()
