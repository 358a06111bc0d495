"""A part of an export: the next rows after a place, and their bytes. What has to be known for the part after it is plain JSON.

Rules
1. Parts put one after the other are one file: a CSV with one header, a parquet file with one row group to a part.
2. A part reads at most PART rows, a page at a time; what is kept between parts are places, open lots and where row groups lie. Open lots
   may be many: they are kept in runs, each a text of its own that fits a document (`state["runs"]`).
"""

from __future__ import annotations

import asyncio
import csv
import io
import json
import zlib
from base64 import b64decode, b64encode
from contextlib import aclosing
from typing import Any

from shared import parquet
from shared.tax import COLUMNS as TAX_COLUMNS
from shared.tax import TaxYear
from triggers.api.exports import cell
from triggers.api.ledger_files import add, in_time, own_bots
from triggers.api.ledger_rows import KINDS, Shaper, owners
from triggers.api.platform import Platform

PART, PAGE = 20_000, 1_000

Doc = dict[str, Any]


async def beginning(plat: Platform, user_id: str, job: Doc) -> Doc:
    """What the first part has to know: the bots there are now."""
    if job["what"] == "tax":
        bots = await own_bots(plat, user_id, job["paper"])
        return {"places": dict.fromkeys(bots, ""), "lots": {"positions": []}, "groups": []}
    bots = [job["bot_id"]] if job["bot_id"] else await owners(plat, user_id, job["what"])
    return {"bots": bots, "k": 0, "place": "", "groups": []}


async def part(plat: Platform, user_id: str, job: Doc, state: Doc) -> tuple[bytes, int, bool]:
    """The bytes of the next part, its rows, and whether it is the last. Moves `state` on."""
    rows, is_last = await (tax_rows if job["what"] == "tax" else ledger_rows)(plat, user_id, job, state)
    columns = TAX_COLUMNS if job["what"] == "tax" else KINDS[job["what"]].columns
    return (as_csv if job["file"] == "csv" else as_parquet)(columns, rows, state, is_last), len(rows), is_last


async def ledger_rows(plat: Platform, user_id: str, job: Doc, state: Doc) -> tuple[list[Doc], bool]:
    """Bot by bot, oldest first. An order whose executions two parts share has a row in both (triggers/api/ledger_rows.py)."""
    what, kind = job["what"], KINDS[job["what"]]
    found: list[Doc] = []
    left = PART
    while state["k"] < len(state["bots"]):
        bot, shaper = state["bots"][state["k"]], Shaper(what)
        while left > 0:
            size = min(PAGE, left)
            page = await plat.store.since(kind.container, user_id, {"kind": kind.kind, "botId": bot}, state["place"], size)
            found += shaper.take(page)
            left -= len(page)
            if len(page) < size:
                found += shaper.rest(await plat.store.read("bots", user_id, bot) if what == "orders" else None)
                state |= {"k": state["k"] + 1, "place": ""}
                break
            state["place"] = page[-1]["sort"]
        else:
            return found + shaper.rest(None), False
    return found, True


async def tax_rows(plat: Platform, user_id: str, job: Doc, state: Doc) -> tuple[list[Doc], bool]:
    """The disposals of the year among the next fills of all bots in the order they happened."""
    lots, year = await lots_of(job, state), f"{job['year']:04d}"
    found: list[Doc] = []
    count = 0
    async with aclosing(in_time(plat, user_id, state["places"])) as fills:
        async for fill in fills:
            if fill["at"][:4] > year:
                break
            found += lots.fold(fill)
            state["places"][fill["bot_id"]] = fill["sort"]
            count += 1
            if count == PART:
                state |= {"lots": lots.stored(), "runs": await runs_of(lots)}
                return found, False
    return found, True


async def lots_of(job: Doc, state: Doc) -> TaxYear:
    """What was open when the part before ended. Other requests have their turn between two runs."""
    lots = TaxYear.restored(job["method"], job["year"], state["lots"])
    for symbol, run in state["lots"].get("lots", {}).items():  # a file begun by an earlier version has them all in one
        lots.take_up(symbol, run)
    for text in state.pop("runs", ()):
        lots.take_up(*unfolded(text))
        await asyncio.sleep(0)
    return lots


async def runs_of(lots: TaxYear) -> list[str]:
    found = []
    for run in lots.runs():
        found.append(folded(run))
        await asyncio.sleep(0)
    return found


def as_csv(columns: tuple[str, ...], rows: list[Doc], state: Doc, is_last: bool) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    if not state.get("begun"):
        writer.writerow(columns)
        state["begun"] = True
    writer.writerows([cell(row.get(name)) for name in columns] for row in rows)
    return out.getvalue().encode()


def as_parquet(columns: tuple[str, ...], rows: list[Doc], state: Doc, is_last: bool) -> bytes:
    groups = [parquet.Group([parquet.Chunk(*chunk) for chunk in chunks], count) for chunks, count in state["groups"]]
    writer = parquet.Writer(columns, groups)
    texts: dict[str, list[str | None]] = {name: [] for name in columns}
    add(texts, rows)
    content = b"".join(writer.add(texts)) if rows else b""
    state["groups"] = [[[list(chunk) for chunk in group.chunks], group.rows] for group in writer.groups]
    return content + writer.end() if is_last else content


def packed(content: bytes) -> str:
    return b64encode(zlib.compress(content, 1)).decode()


def folded(state: Any) -> str:
    return packed(json.dumps(state, allow_nan=False).encode())


def unfolded(text: str) -> Any:
    return json.loads(zlib.decompress(b64decode(text)))
