"""Indicators over closed candles, by the exact definitions of the specification (1.8).

Rules
1. Closed candles only, oldest first; every series is seeded at the oldest of the last `max(250, 10 n)` candles, so every run agrees.
2. Fewer candles than the warm-up give None: the caller reads that as "not yet", never as false or zero.
3. The one place of the core where floats live: prices come in, comparisons go out, and nothing here is ever an amount or a price.
4. Every indicator answers as a pair of curves sampled at the last two closes, so one rule compares them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

Row = Sequence[Decimal | int]  # (t_ms, open, high, low, close), as in trade.Candles
HISTORY = 250  # enough for a Wilder average of 14 to forget its seed; the same for every run


class Kind(StrEnum):
    RSI = "rsi"
    MACD = "macd"
    BOLLINGER = "bollinger"
    STOCHASTIC = "stochastic"
    EMA_CROSS = "ema_cross"
    PRICE_CHANGE = "price_change"


class Operator(StrEnum):
    LESS = "less"
    GREATER = "greater"
    CROSSES_UP = "crosses_up"
    CROSSES_DOWN = "crosses_down"


class Curve(NamedTuple):
    """A line against another (or a level), at the last close and the one before; `was` is None while only one is known."""

    now: float
    level_now: float
    was: float | None
    level_was: float | None

    def compare(self, operator: Operator) -> bool:
        """Whether the line stands, or has just gone, where `operator` asks. Equal is neither less nor greater."""
        gap = self.now - self.level_now
        if operator is Operator.LESS:
            return gap < 0
        if operator is Operator.GREATER:
            return gap > 0
        if self.was is None or self.level_was is None:
            return False
        before = self.was - self.level_was
        return before <= 0 < gap if operator is Operator.CROSSES_UP else before >= 0 > gap


def history(length: int) -> int:
    """How many closed candles a series of this length is seeded from."""
    return max(HISTORY, 10 * length)


def sma(values: Sequence[float], length: int) -> list[float]:
    """The mean of each run of `length` values; the first stands for the `length`-th value."""
    return [sum(values[i - length : i]) / length for i in range(length, len(values) + 1)]


def ema(values: Sequence[float], length: int) -> list[float]:
    """Starts as the mean of the first `length` values, then moves by k = 2 / (length + 1) of the gap."""
    if len(values) < length:
        return []
    current = sum(values[:length]) / length
    line = [current]
    k = 2 / (length + 1)
    for value in values[length:]:
        current += k * (value - current)
        line.append(current)
    return line


def rsi(closes: Sequence[float], length: int = 14) -> list[float]:
    """Wilder's relative strength: 100 when nothing was lost, 50 when nothing moved."""
    if len(closes) < length + 1:
        return []
    moves = [b - a for a, b in zip(closes, closes[1:], strict=False)]
    gain = sum(m for m in moves[:length] if m > 0) / length
    loss = -sum(m for m in moves[:length] if m < 0) / length
    line = [_strength(gain, loss)]
    for move in moves[length:]:
        gain = (gain * (length - 1) + (move if move > 0 else 0.0)) / length
        loss = (loss * (length - 1) + (-move if move < 0 else 0.0)) / length
        line.append(_strength(gain, loss))
    return line


def _strength(gain: float, loss: float) -> float:
    if loss == 0:
        return 50.0 if gain == 0 else 100.0
    return 100 - 100 / (1 + gain / loss)


def macd(closes: Sequence[float], fast: int = 12, slow: int = 26, signal: int = 9) -> tuple[list[float], list[float]]:
    """MACD and its signal line, both as long as the signal line."""
    if len(closes) < slow:
        return [], []
    slow_line = ema(closes, slow)
    line = [f - s for f, s in zip(ema(closes, fast)[slow - fast :], slow_line, strict=True)]
    signal_line = ema(line, signal)
    return line[len(line) - len(signal_line) :], signal_line


def bollinger(closes: Sequence[float], length: int = 20, width: float = 2.0) -> tuple[list[float], list[float]]:
    """Lower and upper band: the mean, less and plus `width` population deviations."""
    lower, upper = [], []
    for i in range(length, len(closes) + 1):
        window = closes[i - length : i]
        mean = sum(window) / length
        deviation = (sum((x - mean) ** 2 for x in window) / length) ** 0.5
        lower.append(mean - width * deviation)
        upper.append(mean + width * deviation)
    return lower, upper


def stochastic(
    rows: Sequence[tuple[float, float, float]], length: int = 14, smooth: int = 3, signal: int = 3
) -> tuple[list[float], list[float]]:
    """%K and %D, both as long as %D, from (high, low, close); a flat window counts as 50."""
    raw = []
    for i in range(length, len(rows) + 1):
        window = rows[i - length : i]
        high, low = max(r[0] for r in window), min(r[1] for r in window)
        raw.append(50.0 if high == low else 100 * (rows[i - 1][2] - low) / (high - low))
    k = sma(raw, smooth)
    d = sma(k, signal)
    return k[len(k) - len(d) :], d


def price_change(closes: Sequence[float], candles: int) -> list[float]:
    """Percent gained since `candles` candles ago."""
    return [100 * (closes[i] / closes[i - candles] - 1) for i in range(candles, len(closes))]


def floats(rows: Sequence[Row], length: int) -> list[tuple[float, float, float]]:
    """The seeded window as (high, low, close)."""
    return [(float(r[2]), float(r[3]), float(r[4])) for r in rows[-history(length) :]]


def curve(line: Sequence[float], other: Sequence[float] | float) -> Curve | None:
    """The last two points of a line beside another of the same length, or beside a level; None while there is no point."""
    if not line:
        return None
    against = [other] * len(line) if isinstance(other, float) else other
    if len(line) == 1:
        return Curve(line[0], against[0], None, None)
    return Curve(line[-1], against[-1], line[-2], against[-2])
