"""Past candles on this machine's disk, in pieces of a month: made from the simulated market, or read from a venue once.

Rules
1. A piece is named by its source, symbol and instants and never changes: what is there is right, what is missing is made again.
2. It is written beside its name and moved into place, so that a reader or a kill in the middle never sees half of one.
3. Only minutes that are over are kept; a minute nobody traded in stays missing.
4. The folder is a cache: the oldest pieces go when there are more than KEPT of them.
5. A recording that was read is put down as numbers, too: every process maps the same pages instead of reading the text again.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from exchange.path import Ints
from exchange.protocol import Unavailable
from exchange.simulated import LISTINGS, SECOND, Noise

MINUTE, DAY = 60_000, 86_400_000
KEPT, RECORDINGS = 600, 20
Columns = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


class Piece(NamedTuple):
    """Candles that open in [first, last), within one calendar month."""

    source: str
    symbol: str
    first: int
    last: int

    def file(self, folder: Path) -> Path:
        symbol = self.symbol.replace("/", "-").replace(":", "_")
        return folder / f"{self.source}--{symbol}--{self.first // MINUTE}-{self.last // MINUTE}.npz"


def pieces(source: str, symbol: str, first: int, last: int, now: int) -> list[Piece]:
    """The pieces that cover [first, last): whole months where the month is over, so that other ranges find them, too."""
    found = []
    start = _month(first)
    while start < last:
        end = _month(start + 32 * DAY)
        over = now // MINUTE * MINUTE
        found.append(Piece(source, symbol, start, end) if end <= over else Piece(source, symbol, start, min(last, over)))
        start = end
    return [piece for piece in found if piece.first < piece.last]


def _month(at: int) -> int:
    moment = datetime.fromtimestamp(at / 1000, UTC)
    return int(datetime(moment.year, moment.month, 1, tzinfo=UTC).timestamp()) * 1000


def make_simulated(piece: Piece, folder: Path, seed: str) -> int:
    """Computes a piece of the simulated market. Returns how many candles it holds."""
    noise, tick = Noise(seed, piece.symbol, 1), LISTINGS[piece.symbol].market.price_tick
    per_tick = float(1 / tick)
    parts: list[list[Ints]] = []
    for start in range(piece.first, piece.last, DAY):
        count = (min(start + DAY, piece.last) - start) // SECOND
        ticks = noise.seconds(start, count + 1)
        minutes = ticks[:-1].reshape(-1, 60)
        closes = ticks[60::60]
        parts.append([minutes[:, 0], np.maximum(minutes.max(1), closes), np.minimum(minutes.min(1), closes), closes])
    opens, highs, lows, closes_ = (np.concatenate([part[k] for part in parts]) / per_tick for k in range(4))
    times = np.arange(piece.first, piece.last, MINUTE, dtype=np.int64)
    save(piece, folder, times, (opens, highs, lows, closes_))
    return len(times)


async def fetch(piece: Piece, folder: Path, source: Any) -> int:
    """Reads a piece from a venue (`exchange.live.Live`). Returns how many candles it holds. Errors: Unavailable."""
    rows = await source.history(piece.symbol, piece.first, piece.last)
    if not rows:
        raise Unavailable(f"{piece.source} has no candles of {piece.symbol} in that month")
    times = np.array([row.at for row in rows], dtype=np.int64)
    opens, highs, lows, closes = (np.array([float(row[k]) for row in rows], dtype=np.float64) for k in (1, 2, 3, 4))
    save(piece, folder, times, (opens, highs, lows, closes))
    return len(times)


def save(piece: Piece, folder: Path, times: Ints, columns: Columns) -> None:
    opens, highs, lows, closes = columns
    moved_in(piece.file(folder), lambda file: np.savez(file, times=times, opens=opens, highs=highs, lows=lows, closes=closes), KEPT)


def put_down(name: str, folder: Path, times: Ints, columns: Columns) -> None:
    """A recording's candles, for `mapped`."""
    rows = np.stack([times, *(column.view(np.int64) for column in columns)])
    moved_in(_place(name, folder), lambda file: np.save(file, rows), RECORDINGS)


def mapped(name: str, folder: Path) -> tuple[Ints, Columns] | None:
    """What was put down under that name, as pages of the file; None when it was not, or is gone."""
    try:
        rows = np.asarray(np.load(_place(name, folder), mmap_mode="r"))
    except (OSError, ValueError):
        return None
    opens, highs, lows, closes = (row.view(np.float64) for row in rows[1:])
    return rows[0], (opens, highs, lows, closes)


def _place(name: str, folder: Path) -> Path:
    return folder / f"recording--{sha256(name.encode()).hexdigest()[:32]}.npy"


def moved_in(target: Path, write: Callable[[BinaryIO], None], kept: int) -> None:
    """Written beside its name, then moved; the oldest of its kind go."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    half = target.with_suffix(f".{os.getpid()}.half")
    with half.open("wb") as file:
        write(file)
    os.replace(half, target)
    held = sorted(target.parent.glob(f"*{target.suffix}"), key=lambda path: path.stat().st_mtime)
    for old in held[:-kept]:
        old.unlink(missing_ok=True)


def load(own: list[Piece], folder: Path, first: int, last: int) -> tuple[Ints, Columns]:
    """The candles of [first, last). Errors: Unavailable when a piece is not there."""
    times: list[Ints] = []
    columns: list[list[NDArray[np.float64]]] = [[], [], [], []]
    for piece in own:
        try:
            with np.load(piece.file(folder)) as held:
                times.append(held["times"])
                for column, name in zip(columns, ("opens", "highs", "lows", "closes"), strict=True):
                    column.append(held[name])
        except OSError as error:
            raise Unavailable(f"candles of {piece.symbol} are not on this machine") from error
    at = np.concatenate(times)
    a, b = (int(k) for k in np.searchsorted(at, [first, last]))
    opens, highs, lows, closes = (np.concatenate(column)[a:b] for column in columns)
    return at[a:b], (opens, highs, lows, closes)
