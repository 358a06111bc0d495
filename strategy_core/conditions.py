"""When something may start: now, a price, up to six indicators, a webhook, a dip. Pure, over closed candles.

Rules
1. A condition on candles is judged when its timeframe closes and holds until that timeframe's next close, then it is unknown again.
2. Too few candles make it false with the reason `warming_up`; false is never guessed from missing data.
3. Several indicators are ANDed. What was seen is kept as one (true, until) pair per indicator, so the state stays small.
4. `until` is when a pending condition could change without any price moving: the next close of one of its timeframes.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BeforeValidator, Field

from strategy_core.indicators_line import TIMEFRAMES, Indicator, Whole, line_of
from strategy_core.number import HUNDRED, Model, Num
from strategy_core.trade import Candles

HOUR = TIMEFRAMES["1h"]


class Now(Model):
    type: Literal["now"]


class PriceAt(Model):
    """True while the price is at or beyond `price`."""

    type: Literal["price"]
    operator: Literal["less", "greater"] = Field(description="less: at or below; greater: at or above")
    price: Annotated[Num, Field(gt=0)]


class Indicators(Model):
    type: Literal["indicators"]
    indicators: Annotated[tuple[Indicator, ...], Field(min_length=1, max_length=6)]


class Webhook(Model):
    type: Literal["webhook"]


class Dip(Model):
    """True while the price is `fall_pct` below the highest high of the last `hours` closed hours."""

    type: Literal["dip"]
    fall_pct: Annotated[Num, Field(ge=Decimal("0.5"), le=90)]
    hours: Annotated[Whole, Field(ge=1, le=720)]


def _spell_out(value: Any) -> Any:
    return {"type": value} if isinstance(value, str) else value


def _spell_list(value: Any) -> Any:
    return {"type": "indicators", "indicators": value} if isinstance(value, list | tuple) else value


Start = Annotated[Now | PriceAt | Indicators | Webhook, Field(discriminator="type"), BeforeValidator(_spell_out)]
StartOrDip = Annotated[Now | PriceAt | Indicators | Webhook | Dip, Field(discriminator="type"), BeforeValidator(_spell_out)]
Signals = Annotated[Indicators, BeforeValidator(_spell_list)]  # a plain list of indicators will do
AT_ONCE = Now(type="now")
Condition = Now | PriceAt | Indicators | Webhook | Dip


class Seen(NamedTuple):
    """What the candles said last: `true` and until when it holds; `high` is a dip's highest high."""

    true: bool
    until: int
    high: Decimal | None = None


def timeframes(condition: Condition) -> dict[int, int]:
    """The candles a condition needs: timeframe in ms to the number of closed candles."""
    if isinstance(condition, Dip):
        return {HOUR: condition.hours}
    needs: dict[int, int] = {}
    if isinstance(condition, Indicators):
        for item in condition.indicators:
            needs[item.timeframe_ms] = max(needs.get(item.timeframe_ms, 0), item.candles)
    return needs


def observe(condition: Condition, seen: dict[str, Seen], candles: Candles) -> dict[str, Seen]:
    """What is known after these candles closed, by the indicator's place in the condition. Candles of other timeframes change nothing."""
    if not candles.rows:
        return seen
    until = int(candles.rows[-1][0]) + 2 * candles.timeframe_ms
    known = dict(seen)
    if isinstance(condition, Dip) and candles.timeframe_ms == HOUR:
        known["0"] = Seen(False, until, max(row[2] for row in candles.rows[-condition.hours :]))
    elif isinstance(condition, Indicators):
        for place, item in enumerate(condition.indicators):
            if item.timeframe_ms == candles.timeframe_ms:
                line = line_of(item, candles)
                known[str(place)] = Seen(line is not None and line.compare(item.operator), until)
    return known


def holds(condition: Condition, price: Decimal, at: int, seen: dict[str, Seen]) -> bool:
    """Whether the condition is true at this price and instant. A webhook is never true by itself: its command is."""
    if isinstance(condition, Now):
        return True
    if isinstance(condition, PriceAt):
        return price <= condition.price if condition.operator == "less" else price >= condition.price
    if isinstance(condition, Dip):
        level = dip_price(condition, at, seen)
        return level is not None and price <= level
    if isinstance(condition, Indicators):
        return all(_holds_now(seen.get(str(place)), at) for place in range(len(condition.indicators)))
    return False


def _holds_now(seen: Seen | None, at: int) -> bool:
    return seen is not None and seen.true and at < seen.until


def dip_price(condition: Dip, at: int, seen: dict[str, Seen]) -> Decimal | None:
    """The price at or below which a dip is one; None until an hour has closed (or when the last one is stale)."""
    known = seen.get("0")
    if known is None or known.high is None or at >= known.until:
        return None
    return known.high * (HUNDRED - condition.fall_pct) / HUNDRED


def band(condition: Condition, price: Decimal, at: int, seen: dict[str, Seen]) -> tuple[Decimal | None, Decimal | None]:
    """(below, above): the nearest prices at which the condition would turn true."""
    if isinstance(condition, PriceAt) and not holds(condition, price, at, seen):
        return (condition.price, None) if condition.operator == "less" else (None, condition.price)
    if isinstance(condition, Dip):
        level = dip_price(condition, at, seen)
        return (level, None) if level is not None and level < price else (None, None)
    return None, None


def next_close(condition: Condition, at: int) -> int | None:
    """The next instant at which one of the condition's candles closes; None if it looks at no candles."""
    closes = [(at // ms + 1) * ms for ms in timeframes(condition)]
    return min(closes, default=None)
