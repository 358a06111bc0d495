"""The ledger as CSV.

Rules
1. A cell that a spreadsheet would take for a formula begins with an apostrophe; plain numbers stay numbers.
2. At most about MAX_ROWS, bot by bot, each newest first; a file that was cut says so in its header, and `before` continues it.
"""

from __future__ import annotations

import csv
import io
import re
from typing import Any, NamedTuple

from triggers.api.bots import need_bot
from triggers.api.paging import cursor_of, place_of, scope_of
from triggers.api.platform import Platform

MAX_ROWS = 10_000
_PAGE = 500
_NUMBER = re.compile(r"^-?\d+(\.\d+)?$")
COLUMNS = {
    "fills": (
        "at", "bot_id", "symbol", "side", "price", "amount", "cost", "fee", "fee_currency", "maker", "leg", "role", "order_id",
        "trade_id", "id",
    ),
    "events": ("at", "bot_id", "seq", "code", "params", "previous", "hash", "id"),
}  # fmt: skip


class Csv(NamedTuple):
    """`next`: where the rest begins, None when this is all."""

    text: str
    next: str | None


async def export(plat: Platform, user_id: str, container: str, bot_id: str | None, before: str | None) -> Csv:
    """`before`: `next` of the part before, a bot and a place: places are unique within their bot only."""
    if bot_id is not None:
        await need_bot(plat.store, user_id, bot_id)
    kind = container[:-1]
    bots = [bot_id] if bot_id is not None else await plat.store.owners(container, user_id, kind)
    scope = scope_of(user_id, "exports", {"what": container})
    at_bot, _, place = (place_of(scope, before, "before") or "").partition("|")
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS[container])
    rows = 0
    for bot in bots:
        if bot < at_bot:
            continue
        cursor = (place or None) if bot == at_bot else None
        while True:
            if rows >= MAX_ROWS:
                return Csv(out.getvalue(), cursor_of(scope, f"{bot}|{cursor or ''}"))
            page = await plat.store.page(container, user_id, {"kind": kind, "botId": bot}, _PAGE, cursor)
            for row in page.items:
                writer.writerow([cell(row.get(name)) for name in COLUMNS[container]])
            rows, cursor = rows + len(page.items), page.next
            if cursor is None:
                break
    return Csv(out.getvalue(), None)


def cell(value: Any) -> str:
    if isinstance(value, dict):
        value = "; ".join(f"{name}={value[name]}" for name in sorted(value))
    text = "" if value is None else str(value)
    return text if _NUMBER.match(text) or not text.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else "'" + text
