"""Shadow twins and how far a bot drifts from its own, as answers."""

from __future__ import annotations

from shared.read_model import Instant, ReadModel
from strategy_core.number import Model, Num


class TwinView(ReadModel):
    """A paper bot with the same settings on the venue's public prices. It hears every command its bot hears."""

    bot_id: str
    twin_id: str
    account_id: str
    created_at: Instant
    next_report_at: Instant


class ParityReport(ReadModel):
    """Orders of the bot beside its twin's, from `since` until `until`.

    Price drift is positive where the bot fared worse; fee percents are of what was traded; `delay_s` is how much later the bot's orders
    filled, in the middle. `drifts` names what is beyond tolerance: price (0.1 %), fill (10 % of the orders on one side only), fee (0.02 %).
    `same_start`: both began within a minute. Totals are since each began.
    """

    bot_id: str
    twin_id: str
    since: Instant
    until: Instant
    orders: int
    paired: int
    only_live: int
    only_paper: int
    price_drift_pct: Num | None
    worst_price_drift_pct: Num | None
    amount_drift_pct: Num | None
    delay_s: Num | None
    live_fee_pct: Num | None
    paper_fee_pct: Num | None
    fee_drift_pct: Num | None
    other_fees: dict[str, Num]
    drifts: tuple[str, ...]
    live_total: Num | None
    paper_total: Num | None
    currency: str | None
    same_start: bool
    is_complete: bool


class ParityPage(Model):
    items: tuple[ParityReport, ...]
    next: str | None = None
