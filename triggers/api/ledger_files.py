"""The ledger as parquet, and a tax year: read page by page, bot by bot, oldest first.

Rules
1. A file holds at most ROWS rows; one that was cut names where it goes on (`x-next`: bot and place), and memory stays bounded.
2. Money is text in parquet, too: a float would not be the ledger.
3. A tax year reads every fill there ever was, also of bots that are gone; paper is left out unless asked for. Above FILLS it is
   refused: then it is made in the background (triggers/api/export_files.py).
4. A cell that a spreadsheet would take for a formula is guarded (triggers/api/exports.py).
"""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from heapq import heappop, heappush
from typing import Any, NamedTuple

from shared.errors import AppError
from shared.parquet import table
from shared.tax import COLUMNS as TAX_COLUMNS
from shared.tax import Method, TaxYear
from triggers.api import past_bots
from triggers.api.exports import cell
from triggers.api.ledger_rows import KINDS, Kind, Shaper, owners
from triggers.api.owned import all_bots
from triggers.api.paging import cursor_of, place_of, scope_of
from triggers.api.platform import Platform

ROWS, PAGE, FILLS = 15_000, 1_000, 15_000
HELD = 20_000  # rows of all bots together that a merge holds

Doc = dict[str, Any]


class File(NamedTuple):
    content: bytes
    next: str | None


async def parquet(plat: Platform, user_id: str, what: str, bot_id: str | None, after: str | None) -> File:
    """`after`: `x-next` of the file before."""
    kind = KINDS[what]
    bots = [bot_id] if bot_id else await owners(plat, user_id, what)
    scope = scope_of(user_id, "parquet", {"what": what})
    at_bot, _, place = (place_of(scope, after, "after") or "").partition("|")
    columns: dict[str, list[str | None]] = {name: [] for name in kind.columns}
    count = 0
    for bot in bots:
        if bot < at_bot:
            continue
        shaper = Shaper(what)
        async for row in rows_of(plat, user_id, kind, bot, place if bot == at_bot else ""):
            if count >= ROWS:
                add(columns, shaper.rest(None))
                return File(packed(columns), cursor_of(scope, f"{bot}|{place}"))
            place = row["sort"]
            count += 1
            add(columns, shaper.take([row]))
        add(columns, shaper.rest(await plat.store.read("bots", user_id, bot) if what == "orders" else None))
        place = ""
    return File(packed(columns), None)


def add(columns: dict[str, list[str | None]], rows: list[Doc]) -> None:
    for row in rows:
        for name, values in columns.items():
            values.append(text_of(row.get(name)))


async def rows_of(plat: Platform, user_id: str, kind: Kind, bot: str, after: str, size: int | None = None) -> AsyncIterator[Doc]:
    """Rows of one bot, oldest first, a page in memory at a time."""
    size = size or PAGE
    while True:
        rows = await plat.store.since(kind.container, user_id, {"kind": kind.kind, "botId": bot}, after, size)
        for row in rows:
            yield row
        if len(rows) < size:
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


async def tax_year(plat: Platform, user_id: str, year: int, method: Method, paper: bool) -> list[Doc]:
    """The year's disposals. Errors: AppError 413 with more fills than one answer can read."""
    bots = await all_bots(plat.store, user_id)
    refuse_above(sum(int(bot.get("fills") or 0) for bot in bots if paper or bot["exchange"] != "paper"))
    own = await own_bots(plat, user_id, paper)
    lots, found, count = TaxYear(method, year), [], 0
    async for fill in in_time(plat, user_id, dict.fromkeys(own, "")):
        if fill["at"][:4] > f"{year:04d}":
            break
        found += lots.fold(fill)
        refuse_above(count := count + 1)  # bots that are gone are counted here only
    return found


def refuse_above(fills: int) -> None:
    if fills > FILLS:
        raise AppError(413, "too_many_fills", params={"limit": str(FILLS), "fills": str(fills)})


async def own_bots(plat: Platform, user_id: str, paper: bool) -> list[str]:
    """The bots whose fills a tax year is about, also those that are gone."""
    is_paper = {bot["id"]: bot["exchange"] == "paper" for bot in await past_bots.all_ever(plat.store, user_id)}
    return [bot for bot in await plat.store.owners("fills", user_id, "fill") if paper or not is_paper.get(bot, False)]


async def in_time(plat: Platform, user_id: str, places: Mapping[str, str]) -> AsyncGenerator[Doc, None]:
    """Fills of all bots after their places, in the order they happened, a page of each in memory at a time."""
    size = max(1, min(PAGE, HELD // max(len(places), 1)))
    sources = [rows_of(plat, user_id, KINDS["fills"], bot, place, size) for bot, place in places.items()]
    waiting: list[tuple[str, str, str, int, Doc]] = []

    async def pull(k: int) -> None:
        row = await anext(sources[k], None)
        if row is not None:
            heappush(waiting, (row["at"], row["bot_id"], row["sort"], k, row))

    for k in range(len(sources)):
        await pull(k)
    while waiting:
        *_, k, row = heappop(waiting)
        yield row
        await pull(k)


def tax_csv(rows: list[Doc]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(TAX_COLUMNS)
    writer.writerows([cell(row[name]) for name in TAX_COLUMNS] for row in rows)
    return out.getvalue()


def tax_parquet(rows: list[Doc]) -> bytes:
    columns: dict[str, list[str | None]] = {name: [] for name in TAX_COLUMNS}
    add(columns, rows)
    return packed(columns)
