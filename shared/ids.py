"""Ids of the platform: random where they name a new thing, hashed where one is derived from another.

Rules
1. Entity keys, instance ids and groups are derived from the verified user and the object, never taken from a request.
2. A hash is used where the alphabet of the target would refuse the parts (`|`, `/`, `#`, `?`, upper case).
3. The text that is hashed is unambiguous: the parts are JSON, so ("a|b", "c") and ("a", "b|c") differ.
"""

from __future__ import annotations

import json
import re
import secrets
from hashlib import sha256

_OBJECT_ID = re.compile(r"^[0-9a-z_]{1,40}$")


def new_id(prefix: str) -> str:
    """A fresh id with 100 random bits: `bot_5f…`."""
    return f"{prefix}_{secrets.token_hex(13)}"


def is_object_id(text: str) -> bool:
    return bool(_OBJECT_ID.match(text))


def digest(*parts: str, length: int = 32) -> str:
    return sha256(json.dumps(parts, ensure_ascii=True).encode()).hexdigest()[:length]


def entity_key(user_id: str, object_id: str) -> str:
    """The key of a user's entity: what the session of `bot-events` is named after, too."""
    return digest("entity", user_id, object_id)


def group(user_id: str) -> str:
    """The one Web PubSub group of a user."""
    return "user-" + digest("group", user_id)


def owner(user_id: str, bot_id: str) -> str:
    """What client order ids are derived from: "user|bot"."""
    return f"{user_id}|{bot_id}"


def derived(prefix: str, *parts: str) -> str:
    """The same id for the same parts: what makes a repeated request find what it already made."""
    return f"{prefix}_{digest(prefix, *parts, length=26)}"
