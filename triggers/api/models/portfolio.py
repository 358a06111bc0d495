"""Everything a user's bots own and have earned, per world and currency. Paper and live money are never added up."""

from __future__ import annotations

from typing import Literal

from shared.read_model import Instant, Strategy
from strategy_core.number import Model, Num
from strategy_core.trade import Status
from triggers.api.models.safety import GuardKind, GuardMode

World = Literal["paper", "live"]


class PortfolioBot(Model):
    """One bot at the market's price now. `is_priced_now` false: the market cannot be asked, the figures are of the last tick."""

    bot_id: str
    name: str
    account_id: str
    world: World
    symbol: str
    strategy: Strategy
    status: Status
    currency: str
    price: Num
    value: Num
    put_in: Num
    total: Num
    is_priced_now: bool


class PortfolioTotal(Model):
    """One currency of one world. `value` and `put_in` are of bots that run; the waterfall is of all, ended ones included:
    cell_profit + inventory_pnl - fees + funding = total."""

    world: World
    currency: str
    bots: int
    running: int
    value: Num
    put_in: Num
    cell_profit: Num
    inventory_pnl: Num
    fees: Num
    funding: Num
    total: Num


class PortfolioGuard(Model):
    """A rule over the whole portfolio and how it stands: `value` of `limit`; `tripped_at` since it acted."""

    id: str
    kind: GuardKind
    world: World
    currency: str | None
    account_id: str | None
    limit: Num
    mode: GuardMode
    enabled: bool
    value: Num | None = None
    tripped_at: Instant | None = None


class Portfolio(Model):
    at: Instant
    totals: tuple[PortfolioTotal, ...]
    bots: tuple[PortfolioBot, ...]
    guards: tuple[PortfolioGuard, ...] = ()
