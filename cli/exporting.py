"""Files of the ledger in a terminal: asked for, waited for, fetched piece by piece."""

from __future__ import annotations

import asyncio
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from cli.client import Client
from triggers.api.models.export import ExportView

LOOK_S = 0.5


async def export(home: Path, out: Path | None, body: dict[str, Any]) -> None:
    """Onto standard output, or into a file that is there only once it is whole."""
    async with Client(home) as client:
        made = await client.post("/api/v1/exports/files", ExportView, body)
        path = f"/api/v1/exports/files/{made.id}"
        while made.status != "done":
            await asyncio.sleep(LOOK_S)
            made = await client.get(path, ExportView)
        half = None if out is None else out.with_name(f"{out.name}.part")
        with nullcontext(sys.stdout.buffer) if half is None else half.open("wb") as file:
            async for piece in client.file(f"{path}/content"):
                file.write(piece)
            file.flush()
        if out is not None and half is not None:
            half.replace(out)
        await client.delete(path)
