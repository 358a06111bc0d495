"""The ledger as parquet, and a tax year as CSV: read page by page, bot by bot, oldest first.

Rules
1. A file holds at most ROWS rows; one that was cut names where it goes on (`x-next`: bot and place), and memory stays bounded.
2. Money is text in parquet, too: a float would not be the ledger.
3. A tax year reads every fill there ever was, also of bots that are gone; paper is left out unless asked for. Above FILLS it is refused.
4. A cell that a spreadsheet would take for a formula is guarded (triggers/api/exports.py).
"""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

from shared.errors import AppError
from shared.parquet import table
from shared.tax import COLUMNS as TAX_COLUMNS
from shared.tax import Method, TaxYear
from triggers.api.exports import cell
from triggers.api.paging import cursor_of, place_of, scope_of
from triggers.api.panic import all_bots
from triggers.api.platform import Platform

ROWS, PAGE, FILLS = 50_000, 1_000, 200_000
KINDS = {"fills": "fill", "events": "event", "equity": "equity"}
COLUMNS = {
    "fills": (
        "at", "bot_id", "symbol", "side", "price", "amount", "cost", "fee", "fee_currency", "maker", "leg", "role", "order_id",
        "trade_id", "id",
    ),
    "events": ("at", "bot_id", "seq", "code", "params", "previous", "hash", "id"),
    "equity": ("at", "bot_id", "price", "total", "currency", "id"),
    "deals": ("at", "bot_id", "seq", "code", "params", "id"),
}  # fmt: skip
DEAL_CODES = ("deal_started", "deal_closed", "deal_cancelled")

Doc = dict[str, Any]


class File(NamedTuple):
    content: bytes
    next: str | None


async def parquet(plat: Platform, user_id: str, what: str, bot_id: str | None, after: str | None) -> File:
    """`after`: `x-next` of the file before."""
    container = "events" if what == "deals" else what
    bots = [bot_id] if bot_id else await plat.store.owners(container, user_id, KINDS[container])
    scope = scope_of(user_id, "parquet", {"what": what})
    at_bot, _, place = (place_of(scope, after, "after") or "").partition("|")
    columns: dict[str, list[str | None]] = {name: [] for name in COLUMNS[what]}
    count = 0
    for bot in bots:
        if bot < at_bot:
            continue
        async for row in rows_of(plat, user_id, container, bot, place if bot == at_bot else ""):
            if count >= ROWS:
                return File(packed(columns), cursor_of(scope, f"{bot}|{place}"))
            place = row["sort"]
            if what != "deals" or row["code"] in DEAL_CODES:
                count += 1
                for name, values in columns.items():
                    values.append(text_of(row.get(name)))
        place = ""
    return File(packed(columns), None)


async def rows_of(plat: Platform, user_id: str, container: str, bot: str, after: str) -> AsyncIterator[Doc]:
    """Rows of one bot, oldest first, a page in memory at a time."""
    while True:
        rows = await plat.store.since(container, user_id, {"kind": KINDS[container], "botId": bot}, after, PAGE)
        for row in rows:
            yield row
        if len(rows) < PAGE:
            return
        after = rows[-1]["sort"]


def text_of(value: Any) -> str | None:
    if isinstance(value, dict):
        return "; ".join(f"{name}={value[name]}" for name in sorted(value))
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)


def packed(columns: dict[str, list[str | None]]) -> bytes:
    return b"".join(table(list(columns), [columns]))


async def tax_year(plat: Platform, user_id: str, year: int, method: Method, paper: bool) -> str:
    """The year's disposals as CSV. Errors: AppError 413 with more fills than one answer can read."""
    fills = await plat.store.count("fills", user_id, {"kind": "fill"})
    if fills > FILLS:
        raise AppError(413, "too_many_fills", params={"limit": str(FILLS), "fills": str(fills)})
    is_paper = {bot["id"]: bot["exchange"] == "paper" for bot in await all_bots(plat.store, user_id)}
    own = [bot for bot in await plat.store.owners("fills", user_id, "fill") if paper or not is_paper.get(bot, False)]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(TAX_COLUMNS)
    lots = TaxYear(method, year)
    rows = []
    for bot in own:
        rows += [row async for row in rows_of(plat, user_id, "fills", bot, "")]
    for fill in sorted(rows, key=lambda row: (row["at"], row["bot_id"], row["sort"])):
        if fill["at"][:4] > f"{year:04d}":
            break
        for row in lots.fold(fill):
            writer.writerow([cell(row[name]) for name in TAX_COLUMNS])
    return out.getvalue()
