"""The ledger as CSV.

Rules
1. A cell that a spreadsheet would take for a formula begins with an apostrophe; plain numbers stay numbers.
2. At most MAX_ROWS, newest first; a file that was cut says so in its header, and `before` continues it.
"""

from __future__ import annotations

import csv
import io
import re
from typing import Any, NamedTuple

from triggers.api.bots import need_bot
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
    where: dict[str, str] = {"kind": container[:-1]}
    if bot_id is not None:
        await need_bot(plat.store, user_id, bot_id)
        where["botId"] = bot_id
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS[container])
    rows, cursor = 0, before
    while True:
        page = await plat.store.page(container, user_id, where, _PAGE, cursor)
        for row in page.items:
            writer.writerow([cell(row.get(name)) for name in COLUMNS[container]])
        rows, cursor = rows + len(page.items), page.next
        if cursor is None or rows >= MAX_ROWS:
            return Csv(out.getvalue(), cursor)


def cell(value: Any) -> str:
    if isinstance(value, dict):
        value = "; ".join(f"{name}={value[name]}" for name in sorted(value))
    text = "" if value is None else str(value)
    return text if _NUMBER.match(text) or not text.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else "'" + text
