"""`If-Match`: an edit of the version that was read, or none. Optional: who sends none overwrites what is there."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Header

from shared.errors import AppError

IfMatch = Annotated[
    str | None, Header(max_length=200, description="The `etag` of what was read: 412 when it is another by now. `*`: whatever is there")
]


def need_version(if_match: str | None, stored: dict[str, Any] | None) -> None:
    """Errors: AppError 412 when the document is not one of the versions named."""
    if if_match is None:
        return
    named = {one.strip().removeprefix("W/").strip('"') for one in if_match.split(",")}  # a proxy that compresses makes it weak
    etag = str((stored or {}).get("_etag", "")).strip('"')
    if not etag or ("*" not in named and etag not in named):
        raise AppError(412, "changed_meanwhile", "If-Match")
