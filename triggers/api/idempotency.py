"""A POST that is repeated with its `Idempotency-Key` finds what it already made.

Rules
1. The key names the result: ids derived from (user, operation, key) are the same for the same request.
2. The same key with another body is refused: it is a mistake of the caller, not a repetition.
"""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import Header

from shared.errors import conflict
from shared.ids import derived, digest, new_id

IdempotencyKey = Annotated[
    str | None, Header(min_length=1, max_length=100, pattern=r"^[\x21-\x7e]+$", description="Makes a repeat harmless")
]


def id_for(prefix: str, user_id: str, operation: str, key: str | None) -> str:
    return derived(prefix, user_id, operation, key) if key else new_id(prefix)


def fingerprint(body: Any) -> str:
    return digest("body", json.dumps(body, sort_keys=True, ensure_ascii=True))


def same_request(stored: dict[str, Any], body_print: str) -> None:
    """Errors: AppError 409 when the key was used for something else."""
    if stored.get("bodyPrint") != body_print:
        raise conflict("idempotency_key_reused", "Idempotency-Key")
