"""Files of any size: asked for, made in the background, fetched by byte range."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.responses import Response

from shared.errors import AppError
from shared.work import own_queue
from triggers.api import export_files
from triggers.api.idempotency import IdempotencyKey
from triggers.api.models.bot import ObjectId
from triggers.api.models.export import ExportCreate, ExportView
from triggers.api.platform import CurrentUser, Plat

router = APIRouter(prefix="/api/v1/exports/files", tags=["portfolio"])
WHOLE, PART = 16 << 20, 4 << 20  # bytes of an answer: without a range, with one
TYPES = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}
BINARY = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
ANSWERS = {200: {**BINARY, "description": "The file"}, 206: {**BINARY, "description": "The part that was asked for"}}
_RANGE = re.compile(r"^bytes=(\d{0,15})-(\d{0,15})$")
Range = Annotated[str | None, Header(description="bytes=first-last; an answer holds at most 4 MiB of it", max_length=60)]


@router.post("", status_code=202)
async def create_export(body: ExportCreate, user: CurrentUser, plat: Plat, idempotency_key: IdempotencyKey = None) -> ExportView:
    """Have a file of the whole ledger, or of a tax year, made. Tax: information, not advice."""
    return ExportView.of_document(await export_files.create(plat, user.id, body, idempotency_key, own_queue(plat)))


@router.get("/{export_id}")
async def get_export(export_id: ObjectId, user: CurrentUser, plat: Plat) -> ExportView:
    """How far a file is."""
    return ExportView.of_document(await export_files.need(plat, user.id, export_id))


@router.get("/{export_id}/content", response_class=Response, responses=ANSWERS)  # type: ignore[arg-type]
async def get_export_content(export_id: ObjectId, user: CurrentUser, plat: Plat, range: Range = None) -> Response:
    """The file, or a range of its bytes. Larger files have to be asked for range by range: the platform sends no streams."""
    job = await export_files.need(plat, user.id, export_id)
    total, headers = job["bytes"], {"accept-ranges": "bytes", "content-disposition": f'attachment; filename="{job["name"]}"'}
    if range is None:
        if total > WHOLE:
            raise AppError(413, "range_required", "Range", {"bytes": str(total)})
        return Response(await export_files.content(plat, user.id, job, 0, total - 1), headers=headers, media_type=TYPES[job["file"]])
    first, last = span_of(range, total)
    body = await export_files.content(plat, user.id, job, first, last)
    headers["content-range"] = f"bytes {first}-{first + len(body) - 1}/{total}"
    return Response(body, 206, headers=headers, media_type=TYPES[job["file"]])


def span_of(text: str, total: int) -> tuple[int, int]:
    """First and last byte (RFC 9110 14.1), at most PART of them. Errors: AppError 416."""
    found = _RANGE.match(text)
    first, last = found.groups() if found else ("", "")
    if first:
        begin, end = int(first), min(int(last), total - 1) if last else total - 1
    else:
        begin, end = total - min(int(last or 0), total), total - 1
    if begin > end:
        raise AppError(416, "bad_range", "Range", {"bytes": str(total)})
    return begin, min(end, begin + PART - 1)


@router.delete("/{export_id}", status_code=204)
async def delete_export(export_id: ObjectId, user: CurrentUser, plat: Plat) -> None:
    """The file is gone; the ledger stays."""
    await export_files.delete(plat, user.id, export_id)
