"""A made-up recording: quiet minutes for a start, then prices that wander through a grid, from one seed."""

from __future__ import annotations

import random
from decimal import Decimal
from pathlib import Path

QUIET = 12
MINUTE = 60_000
BEGIN = 1_700_000_040_000
HEADER = "timestamp_ms,open,high,low,close,volume"
RULES = {
    "amount_step": "0.0001", "min_amount": "0.0001", "min_notional": "5", "maker_fee": "0.00075", "taker_fee": "0.001",
    "slippage_pct": "0.05", "price_tick": "0.01",
}  # fmt: skip

Candle = tuple[int, Decimal, Decimal, Decimal, Decimal]


def candles(seed: int, count: int, lively: float = 0.55) -> list[Candle]:
    """`count` one-minute candles between 88 and 112, the first `QUIET` of them flat at 100."""
    chance = random.Random(seed)
    cent, last, rows = Decimal("0.01"), Decimal(100), []
    for i in range(count):
        if i < QUIET:
            rows.append((BEGIN + i * MINUTE, last, last, last, last))
            continue
        first = last + Decimal(chance.gauss(0, 0.05)).quantize(cent)
        pull = (100 - float(first)) * 0.02
        close = min(max(first + Decimal(chance.gauss(pull, lively)).quantize(cent), Decimal(88)), Decimal(112))
        high = max(first, close) + Decimal(abs(chance.gauss(0, lively / 2))).quantize(cent)
        low = min(first, close) - Decimal(abs(chance.gauss(0, lively / 2))).quantize(cent)
        rows.append((BEGIN + i * MINUTE, first, high, low, close))
        last = close
    return rows


def write(folder: Path, rows: list[Candle], symbol: str = "BTC-USDT") -> None:
    """The recording, put in place at once: a reader sees the old or the new one."""
    folder.mkdir(parents=True, exist_ok=True)
    text = "\n".join([HEADER, *(",".join([str(at), *(str(price) for price in prices), "10"]) for at, *prices in rows)]) + "\n"
    part = folder / f"{symbol}.part"
    part.write_text(text, encoding="ascii")
    part.replace(folder / f"{symbol}.csv")
