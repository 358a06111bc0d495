"""An indicator's line beside what it is compared with. Floats live here and in `indicators`: Decimals in, comparisons out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strategy_core import indicators
from strategy_core.indicators import Curve, Kind, Operator, curve
from strategy_core.trade import Candles

if TYPE_CHECKING:
    from strategy_core.conditions import Indicator


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
