"""The ledger as CSV: fills, orders, deals, equity, events.

Rules
1. A cell that a spreadsheet would take for a formula begins with an apostrophe; plain numbers stay numbers.
2. At most about MAX_ROWS, bot by bot, each newest first; a file that was cut says so in its header, and `before` continues it.
"""

from __future__ import annotations

import csv
import io
import re
from typing import Any, NamedTuple

from triggers.api.ledger_rows import KINDS, Kind, Shaper, owners
from triggers.api.owned import need_bot
from triggers.api.paging import cursor_of, place_of, scope_of
from triggers.api.platform import Platform

MAX_ROWS = 10_000
_PAGE = 500
_NUMBER = re.compile(r"^-?\d+(\.\d+)?$")


class Csv(NamedTuple):
    """`next`: where the rest begins, None when this is all."""

    text: str
    next: str | None


async def export(plat: Platform, user_id: str, what: str, bot_id: str | None, before: str | None) -> Csv:
    """`before`: `next` of the part before, a bot and a place: places are unique within their bot only."""
    if bot_id is not None:
        await need_bot(plat.store, user_id, bot_id, field="bot_id")
    kind = KINDS[what]
    bots = [bot_id] if bot_id is not None else await owners(plat, user_id, what)
    scope = scope_of(user_id, "exports", {"what": what})
    at_bot, _, place = (place_of(scope, before, "before") or "").partition("|")
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(kind.columns)
    count = 0
    for bot in bots:
        if bot < at_bot:
            continue
        cursor, shaper = (place or None) if bot == at_bot else None, Shaper(what)
        while True:
            if count >= MAX_ROWS:
                writer.writerows(cells(kind, shaper.rest(None)))
                return Csv(out.getvalue(), cursor_of(scope, f"{bot}|{cursor or ''}"))
            page = await plat.store.page(kind.container, user_id, {"kind": kind.kind, "botId": bot}, _PAGE, cursor)
            writer.writerows(cells(kind, shaper.take(list(page.items))))
            count, cursor = count + len(page.items), page.next
            if cursor is None:
                break
        writer.writerows(cells(kind, shaper.rest(await plat.store.read("bots", user_id, bot) if what == "orders" else None)))
    return Csv(out.getvalue(), None)


def cells(kind: Kind, rows: list[dict[str, Any]]) -> list[list[str]]:
    return [[cell(row.get(name)) for name in kind.columns] for row in rows]


def cell(value: Any) -> str:
    if isinstance(value, dict):
        value = "; ".join(f"{name}={value[name]}" for name in sorted(value))
    text = "" if value is None else str(value)
    return text if _NUMBER.match(text) or not text.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else "'" + text
