"""Shared access signatures: made by the SDK from the connection string, checked here.

Rules:
1. The key is made at the first start and kept in a file only its owner can read.
2. A token covers its resource and everything below it, until it expires. Expiry is wall time: the client signs with its own clock.
"""

import base64
import hashlib
import hmac
import os
import secrets
import time
from pathlib import Path
from urllib.parse import parse_qsl, unquote

from .errors import Unauthorized

KEY_NAME = "RootManageSharedAccessKey"


def load_key(path: Path) -> str:
    """The key in this file, made if there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        fresh = path.with_suffix(f".{os.getpid()}.new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(base64.b64encode(secrets.token_bytes(32)).decode())
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    return path.read_text()


def path_of(address: str) -> str:
    """`sb://host:port/Bot-Events/` and `bot-events` are the same entity: `bot-events`."""
    rest = address.split("://", 1)[-1]
    if "://" in address:
        rest = rest.split("/", 1)[1] if "/" in rest else ""
    return rest.strip("/").lower()


def covers(granted: str, entity: str) -> bool:
    """Whether a grant on one path reaches an entity."""
    return granted == "" or entity == granted or entity.startswith(granted + "/")


def check(token: str, audience: str, key: str) -> tuple[str, float]:
    """The path a token grants for this audience and when it ends (seconds since 1970), or Unauthorized."""
    prefix, _, rest = token.partition(" ")
    fields = dict(parse_qsl(rest, keep_blank_values=True))
    raw = dict(pair.partition("=")[::2] for pair in rest.split("&"))
    if prefix != "SharedAccessSignature" or not {"sr", "sig", "se"} <= fields.keys() or not fields["se"].isdigit():
        raise Unauthorized("InvalidSignature: the token is not a shared access signature")
    signed = f"{raw['sr']}\n{raw['se']}".encode()
    wanted = base64.b64encode(hmac.new(key.encode(), signed, hashlib.sha256).digest())
    if fields.get("skn") != KEY_NAME or not hmac.compare_digest(wanted, unquote(raw["sig"]).encode()):
        raise Unauthorized("InvalidSignature: the token has an invalid signature")
    if float(fields["se"]) <= time.time():
        raise Unauthorized("ExpiredToken: the token is expired")
    granted, entity = path_of(fields["sr"]), path_of(audience)
    if not covers(granted, entity):
        raise Unauthorized(f"the token for '{granted}' does not cover '{entity}'")
    return entity, float(fields["se"])
