"""Downloads a symbol's candles to a parquet file for backtests: `python -m exchange.download binance BTC/USDT --since 2024-01-01`.

Rules
1. Only closed candles, in order, each once; a candle that cannot be is left out and counted.
2. A download that was interrupted goes on where the file ends.
3. Prices are written as decimal strings: nothing is rounded on the way.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from exchange.live import PAGE, PublicVenue, candle_of
from exchange.path import CandleRow
from exchange.source import TIMEFRAMES

COLUMNS = ("open", "high", "low", "close", "volume")
EMPTY_SPAN = 40  # pages without a single candle before the rest of the time is taken as empty


async def pages(venue: PublicVenue, symbol: str, timeframe: str, since: int, until: int) -> AsyncIterator[list[CandleRow]]:
    """Candles that open in [since, until), page by page."""
    interval, start, empty = TIMEFRAMES[timeframe], since, 0
    while start < until and empty < EMPTY_SPAN:
        raw = await venue.fetch_ohlcv(symbol, timeframe, start, PAGE)
        rows = [row for row in map(candle_of, raw) if row is not None and start <= row.at < until]
        if rows:
            empty, start = 0, rows[-1].at + interval
            yield rows
        else:
            empty, start = empty + 1, start + PAGE * interval


def gaps(rows: list[CandleRow], timeframe: str) -> list[tuple[int, int]]:
    """(after, before): opening times between which candles are missing."""
    interval = TIMEFRAMES[timeframe]
    return [(one.at, two.at) for one, two in zip(rows, rows[1:], strict=False) if two.at - one.at != interval]


def save(path: Path, rows: list[CandleRow]) -> None:
    """Writes the whole file under another name first: an interrupted write leaves the old one."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns: dict[str, Any] = {"timestamp_ms": pa.array([row.at for row in rows], pa.int64())}
    columns |= {name: pa.array([str(getattr(row, name)) for row in rows], pa.string()) for name in COLUMNS}
    part = path.with_suffix(".part")
    pq.write_table(pa.table(columns), part, compression="zstd")
    part.replace(path)


def load(path: Path) -> list[CandleRow]:
    import pyarrow.parquet as pq

    table = pq.read_table(path).to_pylist() if path.exists() else []
    rows = (candle_of([row["timestamp_ms"], *(row[name] for name in COLUMNS)]) for row in table)
    return [row for row in rows if row is not None]


async def download(
    venue: PublicVenue, symbol: str, timeframe: str, since: int, until: int, path: Path, told: Callable[[float, int], None]
) -> list[CandleRow]:
    """Fills the file up to `until`; `told(share, candles)` after each page. Returns all rows of the file."""
    rows = [row for row in load(path) if row.at < until]
    start = rows[-1].at + TIMEFRAMES[timeframe] if rows else since
    async for page in pages(venue, symbol, timeframe, start, until):
        rows += page
        save(path, rows)
        told((page[-1].at - since) / max(until - since, 1), len(rows))
    return rows


def bar(share: float, candles: int) -> None:
    """A progress bar on one line."""
    done = round(40 * min(share, 1.0))
    print(f"\r[{'#' * done}{'.' * (40 - done)}] {share:6.1%}  {candles} candles", end="", flush=True)


def instant(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


async def _run(args: argparse.Namespace) -> None:
    from exchange.venues import open_public

    interval = TIMEFRAMES[args.timeframe]
    until = instant(args.until) if args.until else int(time.time() * 1000) // interval * interval
    path = Path(args.out or f"{args.symbol.replace('/', '-').replace(':', '_')}-{args.timeframe}.parquet")
    venue = open_public(args.venue)
    try:
        rows = await download(venue, args.symbol, args.timeframe, instant(args.since), until, path, bar)
    finally:
        await venue.close()
    missing = sum((before - after) // interval - 1 for after, before in gaps(rows, args.timeframe))
    print(f"\n{path}: {len(rows)} candles, {missing} missing")


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m exchange.download", description=__doc__)
    parser.add_argument("venue", help="a ccxt id")
    parser.add_argument("symbol", help="BTC/USDT or BTC/USDT:USDT")
    parser.add_argument("--since", required=True, help="first day, 2024-01-01 (UTC)")
    parser.add_argument("--until", help="the day after the last one; default: now")
    parser.add_argument("--timeframe", default="1m", choices=list(TIMEFRAMES))
    parser.add_argument("--out", help="the parquet file")
    asyncio.run(_run(parser.parse_args(argv)))


if __name__ == "__main__":
    main()
