"""The account's key and what is signed with it: requests (Cosmos' master key scheme) and our continuation tokens."""

import base64
import hashlib
import hmac
import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import orjson

from .errors import bad_request, unauthorized

_RESOURCES = ("dbs", "colls", "docs", "pkranges", "offers", "sprocs", "triggers", "udfs", "users", "permissions", "conflicts", "operations")


class Key:
    """The master key, made at first start and kept in a file only its owner can read."""

    def __init__(self, path: Path):
        if not path.exists():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(base64.b64encode(os.urandom(64)))
        self.text = path.read_text()
        self._secret = base64.b64decode(self.text)

    def check(self, method: str, path: str, headers: Any) -> None:
        """401 unless the request is signed with this key."""
        given = dict(part.partition("=")[::2] for part in unquote(headers.get("authorization", "")).split("&"))
        kind, link = _resource(path)
        text = f"{method.lower()}\n{kind}\n{link}\n{headers.get('x-ms-date', '').lower()}\n{headers.get('date', '').lower()}\n"
        expected = base64.b64encode(hmac.digest(self._secret, text.encode(), hashlib.sha256)).decode()
        signature = given.get("sig", "")
        if given.get("type") != "master" or not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
            raise unauthorized("The input authorization token can't serve the request: the wrong key, or another payload, was signed.")

    def seal(self, content: dict[str, Any], about: bytes) -> str:
        """A continuation token; it opens only for the same question (`about`)."""
        payload = orjson.dumps(content)
        return base64.urlsafe_b64encode(self._seal_of(payload, about) + payload).decode()

    def open(self, token: str, about: bytes) -> dict[str, Any]:
        """What a continuation token holds; 400 if it is not ours or belongs to another question."""
        try:
            raw = base64.urlsafe_b64decode(token.encode())
        except ValueError:
            raise _wrong_token() from None
        if not hmac.compare_digest(raw[:16], self._seal_of(raw[16:], about)):
            raise _wrong_token()
        return orjson.loads(raw[16:])

    def _seal_of(self, payload: bytes, about: bytes) -> bytes:
        return hmac.digest(self._secret, b"continuation\0" + hashlib.sha256(about).digest() + payload, hashlib.sha256)[:16]


def _wrong_token():
    return bad_request("Invalid Continuation Token")


def _resource(path: str) -> tuple[str, str]:
    """The resource type and link that Cosmos signs for a path: "dbs/d/colls/c" + "docs"."""
    steps = [step for step in path.split("/") if step]
    if not steps:
        return "", ""
    if len(steps) % 2:
        kind = steps[-1]
        return (kind if kind in _RESOURCES else ""), "/".join(steps[:-1])
    if steps[-2] == "operations":
        return steps[-1], "/".join(steps[:-2])
    return steps[-2], "/".join(steps)
