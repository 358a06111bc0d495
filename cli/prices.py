"""Markets and candles in a terminal."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.client import Client
from cli.show import show
from triggers.api.models.market import CandlePage, MarketPage

COLUMNS = ("time_ms", "open", "high", "low", "close", "volume")


async def list_markets(home: Path, as_json: bool, exchange: str, search: str) -> None:
    async with Client(home) as client:
        page = await client.get("/api/v1/markets", MarketPage, exchange=exchange, search=search)
        show(page, as_json, ("symbol", "last", "price_tick", "amount_step", "min_notional", "simulated"))


async def candles(home: Path, out: Path | None, as_json: bool, limit: int, **query: Any) -> None:
    """Page by page, as CSV; `limit` rows at most, 0: all of the range."""
    rows: list[Any] = []
    cursor: str | None = None
    async with Client(home) as client:
        while True:
            most = min(limit - len(rows), 1000) if limit else 1000
            page = await client.get("/api/v1/markets/candles", CandlePage, limit=most, cursor=cursor, **query)
            rows += page.items
            cursor = page.next
            if cursor is None or (limit and len(rows) >= limit):
                break
    if as_json:
        show(CandlePage(items=tuple(rows), next=cursor), True)
    else:
        put_out(rows, out)


def put_out(rows: list[Any], out: Path | None) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([COLUMNS, *rows])
    if out is None:
        sys.stdout.write(text.getvalue())
    else:
        out.write_text(text.getvalue())


Since = Annotated[str | None, typer.Option(help="ISO 8601 with its zone, or epoch milliseconds.")]
Until = Annotated[str | None, typer.Option(help="Candles that open before.")]
