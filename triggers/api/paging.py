"""Lists page by page: a cursor is the place where the next page begins, sealed for the list it was handed out for.

Rules
1. A cursor that was made up, cut, or taken from another list or another user's is refused (400): nothing starts over from the top unseen.
2. It carries a checksum, no secret: a forged one could only name a place in the caller's own list.
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256

from shared.errors import AppError
from shared.stores import Page, Span
from triggers.api.platform import Platform

_CHECK = 6
LONGEST = 400


def cursor_of(scope: str, place: str) -> str:
    text = place.encode()
    return urlsafe_b64encode(_check(scope, text) + text).rstrip(b"=").decode()


def place_of(scope: str, cursor: str | None, field: str = "cursor") -> str | None:
    """What a cursor stands for, None for none. Errors: AppError 400 bad_cursor."""
    if cursor is None:
        return None
    try:
        raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)) if len(cursor) <= LONGEST else b""
        place = raw[_CHECK:].decode()
    except (binascii.Error, ValueError):
        raise bad_cursor(field) from None
    if cursor_of(scope, place) != cursor:
        raise bad_cursor(field)
    return place


def number_of(cursor: str | None) -> int:
    """The cursor of a list that goes by number. Errors: AppError 400 bad_cursor."""
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 6):
        raise bad_cursor("cursor")
    return int(cursor)


def bad_cursor(field: str) -> AppError:
    return AppError(400, "bad_cursor", field)


async def listed(
    plat: Platform, user_id: str, container: str, where: Mapping[str, str], limit: int, cursor: str | None, span: Span | None = None
) -> Page:
    """One page of a user's list, newest first. Errors: AppError 400 for a cursor of another list."""
    scope = scope_of(user_id, container, where if span is None else {**where, "span": f"{span.since}/{span.until}"})
    page = await plat.store.page(container, user_id, where, limit, place_of(scope, cursor), span)
    return Page(page.items, None if page.next is None else cursor_of(scope, page.next))


def scope_of(user_id: str, container: str, where: Mapping[str, str]) -> str:
    return "|".join((container, *(f"{name}={value}" for name, value in sorted(where.items())), user_id))


def _check(scope: str, text: bytes) -> bytes:
    return sha256(scope.encode(errors="surrogatepass") + b"\0" + text).digest()[:_CHECK]
