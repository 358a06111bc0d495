"""An indicator as an owner sets it, and its line beside what it is compared with.

Floats live here and in `indicators`: Decimals in, comparisons out.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from strategy_core import indicators
from strategy_core.config import no_switch
from strategy_core.indicators import Curve, Kind, Operator, curve
from strategy_core.number import Model, Num
from strategy_core.trade import Candles

TIMEFRAMES = {"1m": 60_000, "3m": 180_000, "5m": 300_000, "15m": 900_000, "30m": 1_800_000}
TIMEFRAMES |= {"1h": 3_600_000, "2h": 7_200_000, "4h": 14_400_000, "6h": 21_600_000, "12h": 43_200_000, "1d": 86_400_000}

Whole = Annotated[int, BeforeValidator(no_switch)]
Timeframe = Literal["1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "12h", "1d"]


class Indicator(Model):
    """One indicator compared with a level or with its own second line (`value` left out: signal line, band, %D, slow average)."""

    kind: Kind
    timeframe: Timeframe = "1h"
    operator: Operator
    value: Num | None = None
    length: Annotated[Whole, Field(ge=2, le=200)] | None = Field(
        default=None, description="candles; the indicator's usual length when left out"
    )
    fast: Annotated[Whole, Field(ge=2, le=200)] | None = None
    slow: Annotated[Whole, Field(ge=3, le=400)] | None = None
    signal: Annotated[Whole, Field(ge=2, le=100)] | None = None

    @model_validator(mode="after")
    def _fast_is_faster(self) -> Indicator:
        usual_fast, usual_slow = (9, 21) if self.kind is Kind.EMA_CROSS else (12, 26)
        if self.kind in (Kind.MACD, Kind.EMA_CROSS) and (self.fast or usual_fast) >= (self.slow or usual_slow):
            raise ValueError("fast must be shorter than slow")
        return self

    @property
    def timeframe_ms(self) -> int:
        return TIMEFRAMES[self.timeframe]

    @property
    def longest(self) -> int:
        """The longest average in it, which decides how many candles it is seeded from."""
        return max(self.length or 0, self.slow or 0, self.signal or 0, self.fast or 0, _USUAL[self.kind])

    @property
    def candles(self) -> int:
        """How many closed candles it wants to see."""
        return indicators.history(self.longest)


_USUAL = {Kind.RSI: 14, Kind.MACD: 26, Kind.BOLLINGER: 20, Kind.STOCHASTIC: 14, Kind.EMA_CROSS: 21, Kind.PRICE_CHANGE: 1}


def line_of(item: Indicator, candles: Candles) -> Curve | None:
    """The indicator's line beside what it is compared with; None while warming up."""
    rows = indicators.floats(candles.rows, item.longest)
    closes = [row[2] for row in rows]
    level = None if item.value is None else float(item.value)
    if item.kind is Kind.RSI:
        return curve(indicators.rsi(closes, item.length or 14), 50.0 if level is None else level)
    if item.kind is Kind.BOLLINGER:
        return _against_band(item, closes)
    if item.kind is Kind.PRICE_CHANGE:
        return curve(indicators.price_change(closes, item.length or 1), 0.0 if level is None else level)
    if item.kind is Kind.STOCHASTIC:
        line, other = indicators.stochastic(rows, item.length or 14, item.fast or 3, item.signal or 3)
    elif item.kind is Kind.MACD:
        line, other = indicators.macd(closes, item.fast or 12, item.slow or 26, item.signal or 9)
    else:
        other = indicators.ema(closes, item.slow or 21)
        line = indicators.ema(closes, item.fast or 9)[-len(other) :]
    if item.kind in (Kind.MACD, Kind.EMA_CROSS) and len(other) < 2:
        return None  # their warm-up of 35 and 22 candles is that of a cross: two points
    return curve(line, other if level is None else level)


def _against_band(item: Indicator, closes: list[float]) -> Curve | None:
    """The price beside the lower band (less, crosses_down) or the upper one (greater, crosses_up)."""
    lower, upper = indicators.bollinger(closes, item.length or 20, 2.0 if item.value is None else float(item.value))
    other = lower if item.operator in (Operator.LESS, Operator.CROSSES_DOWN) else upper
    return curve(closes[len(closes) - len(other) :] if other else [], other)
