"""Exports of any size as one file: made part by part on the `work` queue, kept as pieces, read by byte range.

Rules
1. A part counts once the export's document names its pieces (compare-and-set): two who make the same part keep one of them.
2. No document grows with the ledger: open lots of a tax year that are many lie in documents of their own, written anew with every part.
3. Nothing holds more than a part: neither who makes the file nor who reads it. A message works for TURN_S and leaves the rest to the next.
4. A user keeps MOST files; the oldest go. At most OPEN_AT_ONCE are made at a time, one that nobody moved for STALE_MS not counted.
"""

from __future__ import annotations

import secrets
import zlib
from base64 import b64decode
from bisect import bisect_right
from itertools import accumulate
from typing import Any

from shared.clock import iso, ms_of
from shared.errors import AppError, conflict, invalid, not_found
from shared.ids import derived
from shared.read_model import SCHEMA
from shared.stores import Exists, Stale
from shared.work import Work
from triggers.api import export_parts
from triggers.api.export_parts import folded, packed, unfolded
from triggers.api.idempotency import fingerprint, id_for, same_request
from triggers.api.models.export import ExportCreate
from triggers.api.owned import need_bot
from triggers.api.platform import Platform

CONTAINER, KIND = "backtests", "export"  # the container of what is made in the background and can be made again
MOST, OPEN_AT_ONCE, STALE_MS = 5, 2, 600_000
PIECE, TURN_S = 1 << 20, 20
INLINE = 200_000  # characters

Doc = dict[str, Any]


async def create(plat: Platform, user_id: str, body: ExportCreate, key: str | None, queue: Work) -> Doc:
    """Errors: AppError 404 for a bot, 422, 429."""
    if body.what == "tax" and (body.year is None or body.bot_id is not None):
        raise invalid("required", "year") if body.year is None else invalid("not_with_tax", "bot_id")
    if body.bot_id is not None:
        await need_bot(plat.store, user_id, body.bot_id, field="bot_id")
    export_id, body_print, at = id_for("exp", user_id, "create_export", key), fingerprint(body.model_dump(mode="json")), iso(plat.now_ms())
    stored = await plat.store.read(CONTAINER, user_id, export_id) if key else None
    if stored is None:
        await make_room(plat, user_id)
        job = body.model_dump(mode="json")
        job |= {
            "id": export_id, "kind": KIND, "schema": SCHEMA, "sort": f"{at}:{export_id}", "name": name_of(body), "status": "queued",
            "rows": 0, "bytes": 0, "pieces": [], "parts": 0, "created_at": at, "updated_at": at, "bodyPrint": body_print,
        }  # fmt: skip
        job["state"] = folded(await export_parts.beginning(plat, user_id, job))
        try:
            stored = await plat.store.create(CONTAINER, user_id, job)
        except Exists:
            stored = await need(plat, user_id, export_id)
    same_request(stored, body_print)
    if stored["status"] == "queued":
        await go_on(queue, user_id, stored)
    return stored


def name_of(body: ExportCreate) -> str:
    return f"tax-{body.year}-{body.method}.{body.file}" if body.what == "tax" else f"{body.what}.{body.file}"


async def make_room(plat: Platform, user_id: str) -> None:
    found = list((await plat.store.page(CONTAINER, user_id, {"kind": KIND}, 100)).items)
    if sum(one["status"] != "done" and ms_of(one["updated_at"]) > plat.now_ms() - STALE_MS for one in found) >= OPEN_AT_ONCE:
        raise AppError(429, "too_many_open_jobs", params={"limit": str(OPEN_AT_ONCE)})
    for old in found[MOST - 1 :]:
        await delete(plat, user_id, old["id"])


async def need(plat: Platform, user_id: str, export_id: str) -> Doc:
    """Errors: AppError 404."""
    job = await plat.store.read(CONTAINER, user_id, export_id)
    if job is None or job.get("kind") != KIND:
        raise not_found(KIND)
    return job


async def delete(plat: Platform, user_id: str, export_id: str) -> None:
    job = await need(plat, user_id, export_id)
    await plat.store.delete(CONTAINER, user_id, export_id)  # first: who still makes it finds out by it
    await drop(plat, user_id, [*(own for own, _ in job["pieces"]), *job.get("runs", ())])


async def drop(plat: Platform, user_id: str, pieces: list[str]) -> None:
    for own in pieces:
        await plat.store.delete(CONTAINER, user_id, own)


# -- making -------------------------------------------------------------------------------------------------------------


async def go_on(queue: Work, user_id: str, job: Doc) -> None:
    message = {"kind": KIND, "userId": user_id, "id": job["id"]}
    await queue.put(derived(KIND, user_id, job["id"], str(job["parts"])), message)


async def carry_on(plat: Platform, queue: Work, task: Doc) -> None:
    """One message: parts until the file is made or the turn is over."""
    user_id, until = task["userId"], plat.now_ms() + TURN_S * 1000
    job = await plat.store.read(CONTAINER, user_id, task["id"])
    while job is not None and job["status"] != "done":
        if plat.now_ms() > until:
            await go_on(queue, user_id, job)
            return
        job = await further(plat, user_id, job)


async def further(plat: Platform, user_id: str, job: Doc) -> Doc | None:
    """The export with one more part; None when somebody else made it, or deleted the export."""
    state = await state_of(plat, user_id, job)
    if state is None:
        return None
    content, rows, is_last = await export_parts.part(plat, user_id, job, state)
    nonce, pieces = secrets.token_hex(4), []
    for k, start in enumerate(range(0, len(content), PIECE)):
        piece = content[start : start + PIECE]
        own = f"{job['id']}-{job['parts']:05d}-{nonce}-{k:03d}"
        pieces.append([await put_beside(plat, user_id, job, own, packed(piece)), len(piece)])
    runs = []
    if sum(map(len, state.get("runs", ()))) > INLINE:  # else they lie in the export's own document
        for k, run in enumerate(state.pop("runs")):
            runs.append(await put_beside(plat, user_id, job, f"{job['id']}-{job['parts']:05d}-{nonce}-r{k:03d}", run))
    after = {
        "status": "done" if is_last else "running", "rows": job["rows"] + rows, "bytes": job["bytes"] + len(content),
        "pieces": job["pieces"] + pieces, "parts": job["parts"] + 1, "state": "" if is_last else folded(state),
        "runs": runs, "updated_at": iso(plat.now_ms()),
    }  # fmt: skip
    try:
        written = await plat.store.replace(CONTAINER, user_id, {**job, **after})
    except Stale:
        await drop(plat, user_id, [*(own for own, _ in pieces), *runs])
        return None
    await drop(plat, user_id, job.get("runs", []))
    return written


async def state_of(plat: Platform, user_id: str, job: Doc) -> Doc | None:
    """What the part before left; None when somebody else went on from there meanwhile."""
    state: Doc = unfolded(job["state"])
    if job.get("runs"):
        rows = [await plat.store.read(CONTAINER, user_id, own) for own in job["runs"]]
        if None in rows:
            return None
        state["runs"] = [row["data"] for row in rows if row is not None]
    return state


async def put_beside(plat: Platform, user_id: str, job: Doc, own: str, data: str) -> str:
    row = {"id": own, "kind": "export_piece", "schema": SCHEMA, "sort": own, "jobId": job["id"], "data": data}
    await plat.store.upsert(CONTAINER, user_id, row)
    return own


# -- reading ------------------------------------------------------------------------------------------------------------


async def content(plat: Platform, user_id: str, job: Doc, first: int, last: int) -> bytes:
    """The bytes from `first` to `last`, both included. Errors: AppError 409 while it is made."""
    if job["status"] != "done":
        raise conflict("job_is_open", status=job["status"])
    starts = [0, *accumulate(size for _, size in job["pieces"])]
    found = bytearray()
    for k in range(bisect_right(starts, first) - 1, len(job["pieces"])):
        if starts[k] > last:
            break
        row = await plat.store.read(CONTAINER, user_id, job["pieces"][k][0])
        if row is None:  # deleted while it was read
            raise not_found(KIND)
        found += zlib.decompress(b64decode(row["data"]))[max(first - starts[k], 0) : last + 1 - starts[k]]
    return bytes(found)
