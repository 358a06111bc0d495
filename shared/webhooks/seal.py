"""The opaque id of a webhook's URL: user, webhook and generation, sealed with AES-GCM.

Rules
1. Only who has the key can make one; 128 bits of tag stand against guessing. Whether it is still valid the webhook's document decides.
2. The same three give the same text: the nonce is derived from them with a key of its own, so a nonce never meets another text.
3. The first bytes name the key, so that a new key does not break the addresses the old one made.
4. The generated secret of a webhook is derived from its key, too: it can be shown again, and is stored as a hash only.
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import NamedTuple

KEY_BYTES = 32
_NAME, _NONCE, _TAG = 4, 12, 16
LONGEST = 800


class Sealed(NamedTuple):
    user_id: str
    webhook_id: str
    generation: int


class Key(NamedTuple):
    """One sealing key. `name` is a fingerprint, not a secret."""

    secret: bytes

    @property
    def name(self) -> bytes:
        return sha256(b"name" + self.secret).digest()[:_NAME]

    def derive(self, purpose: str, text: bytes) -> bytes:
        return hmac.new(self.secret, purpose.encode() + b"\0" + text, sha256).digest()


def seal(key: Key, what: Sealed) -> str:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    text = json.dumps(what).encode()
    nonce = key.derive("nonce", text)[:_NONCE]
    cipher = AESGCM(key.derive("seal", b"")).encrypt(nonce, text, key.name)
    return urlsafe_b64encode(key.name + nonce + cipher).decode().rstrip("=")


def key_name(opaque: str) -> bytes | None:
    """Which key an address was made with; None for what cannot be one."""
    raw = _raw(opaque)
    return None if raw is None else raw[:_NAME]


def unseal(key: Key, opaque: str) -> Sealed | None:
    """What was sealed, or None for anything this key did not make."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    raw = _raw(opaque)
    if raw is None:
        return None
    nonce, cipher = raw[_NAME : _NAME + _NONCE], raw[_NAME + _NONCE :]
    try:
        user_id, webhook_id, generation = json.loads(AESGCM(key.derive("seal", b"")).decrypt(nonce, cipher, raw[:_NAME]))
    except InvalidTag:
        return None
    return Sealed(user_id, webhook_id, generation)


def _raw(opaque: str) -> bytes | None:
    if not opaque.isascii() or len(opaque) > LONGEST:
        return None
    try:
        raw = urlsafe_b64decode(opaque + "=" * (-len(opaque) % 4))
    except ValueError:
        return None
    return raw if len(raw) > _NAME + _NONCE + _TAG else None


def made_secret(key: Key, what: Sealed) -> str:
    """The secret we made for this webhook: 160 bits."""
    return "tw_" + key.derive("secret", json.dumps(what).encode()).hex()[:40]


def secret_hash(webhook_id: str, secret: str) -> str:
    """Salted with the webhook: the same secret at two webhooks does not show."""
    return sha256(json.dumps([webhook_id, secret]).encode()).hexdigest()


def is_secret(webhook_id: str, said: str | None, stored_hash: str) -> bool:
    """In constant time, whatever was said."""
    return hmac.compare_digest(secret_hash(webhook_id, said or ""), stored_hash) and said is not None
