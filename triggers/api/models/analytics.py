"""How bots fared, as answers."""

from __future__ import annotations

from shared.read_model import Instant
from shared.research import RunPnl
from strategy_core.number import Model, Num
from triggers.api.models.portfolio import World


class Figures(Model):
    """Money in `currency`. A figure without a meaning (too few days, no loss, unknown cost) is null.

    `fee_share_pct`: fees in percent of what completed trades earned. `time_dca`: the same cash put in in equal parts at the last traded
    price of every day with a fill. Ratios are of daily closes. `folded` of `fills` were read for what does not come from the bot itself.
    """

    waterfall: RunPnl
    currency: str
    put_in: Num
    roi_pct: Num | None
    apr_pct: Num | None
    max_drawdown: Num
    max_drawdown_pct: Num | None
    sharpe: Num | None
    sortino: Num | None
    calmar: Num | None
    win_rate_pct: Num | None
    profit_factor: Num | None
    exposure_pct: Num | None
    fee_share_pct: Num | None
    turnover: Num
    maker_pct: Num | None
    fills: int
    folded: int
    hodl: Num | None
    vs_hodl: Num | None
    time_dca: Num | None
    vs_time_dca: Num | None
    days: Num


class CalendarDay(Model):
    """A day (UTC) on which something was filled: `change` is how far the total moved since the day before in this list."""

    date: str
    realised: Num
    change: Num
    total: Num
    fills: int


class CurvePoint(Model):
    at: Instant
    price: Num | None
    total: Num


class BotAnalytics(Model):
    """`is_complete` false: the ledger is long and still being read; ask again, each answer reads on."""

    bot_id: str
    at: Instant
    is_complete: bool
    figures: Figures
    calendar: tuple[CalendarDay, ...]
    curve: tuple[CurvePoint, ...]


class BotLine(Model):
    bot_id: str
    name: str
    world: World
    figures: Figures


class CurrencyAnalytics(Model):
    """All bots of one world that count in one currency. Drawdown and ratios are of their daily closes added up."""

    world: World
    currency: str
    bots: int
    waterfall: RunPnl
    put_in: Num
    roi_pct: Num | None
    max_drawdown: Num
    max_drawdown_pct: Num | None
    sharpe: Num | None
    sortino: Num | None
    fee_share_pct: Num | None
    vs_hodl: Num
    calendar: tuple[CalendarDay, ...]


class Analytics(Model):
    at: Instant
    is_complete: bool
    totals: tuple[CurrencyAnalytics, ...]
    bots: tuple[BotLine, ...]
