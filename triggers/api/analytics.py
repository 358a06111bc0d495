"""Analytics: every bot's fold moved on by what is new in its ledger, then reported; the portfolio adds up what may be added.

Rules
1. One request reads at most ROWS new fills and points; what is left is folded in the background (the `work` queue), and the answer
   says that it is not complete yet. Nothing ever holds more than a page of rows. A bot that trades has its ledger folded on every few
   hundred fills (orchestrators/ledger_rows.py), so that a report after a long silence finds little left.
2. A fold that loses a race is thrown away: the other one read the same rows.
3. Paper and live are never added up, nor two currencies.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from shared import analytics
from shared.clock import iso
from shared.errors import conflict
from shared.log import log
from shared.research import figure
from shared.stores import Exists, Stale
from shared.work import Work, own_queue, queue_fold
from strategy_core.number import ZERO, dec, plain
from triggers.api import equity_points, past_bots
from triggers.api.models.analytics import Analytics, BotAnalytics
from triggers.api.platform import Platform
from triggers.api.portfolio import world_of

ROWS, PAGE, BACKGROUND_ROWS = 2_000, 1_000, 100_000
STEP = 20_000  # rows between two times that the fold is written down, in the background
LINES = ("cell_profit", "inventory_pnl", "fees", "funding", "total")

Doc = dict[str, Any]


async def of_bot(plat: Platform, user_id: str, bot_id: str) -> BotAnalytics:
    """Errors: AppError 404; 409 for a bot that never started."""
    bot = await past_bots.need(plat.store, user_id, bot_id)
    if not bot.get("pnl"):
        raise conflict("never_started")
    fold, is_complete, _ = await fold_on(plat, user_id, bot, ROWS)
    if not is_complete:
        await fold_later(own_queue(plat), user_id, bot_id, fold)
    return BotAnalytics.model_validate(
        {
            "bot_id": bot_id, "at": iso(plat.now_ms()), "is_complete": is_complete, "figures": analytics.report(fold, bot),
            "calendar": analytics.calendar(fold), "curve": analytics.curve(fold),
        }
    )  # fmt: skip


async def of_all(plat: Platform, user_id: str) -> Analytics:
    """Every bot that ever started, also those that are gone."""
    left, complete, rows = ROWS, True, []
    for bot in await past_bots.all_ever(plat.store, user_id):
        if bot.get("pnl"):
            fold, is_complete, used = await fold_on(plat, user_id, bot, left)
            left, complete = left - used, complete and is_complete
            if not is_complete:
                await fold_later(own_queue(plat), user_id, bot["id"], fold)
            rows.append((bot, fold, analytics.report(fold, bot)))
    groups: dict[tuple[str, str], list[tuple[Doc, Doc, Doc]]] = {}
    for row in rows:
        groups.setdefault((world_of(row[0]), row[2]["currency"]), []).append(row)
    return Analytics.model_validate(
        {
            "at": iso(plat.now_ms()), "is_complete": complete,
            "totals": [total_of(world, currency, group) for (world, currency), group in sorted(groups.items())],
            "bots": [{"bot_id": bot["id"], "name": bot["name"], "world": world_of(bot), "figures": figures} for bot, _, figures in rows],
        }
    )  # fmt: skip


async def fold_on(plat: Platform, user_id: str, bot: Doc, budget: int) -> tuple[Doc, bool, int]:
    """The bot's fold as far as the budget reaches, whether it reached the end, and how many rows it took."""
    stored = await plat.store.read("equity", user_id, f"fold-{bot['id']}")
    fold = stored["fold"] if stored and stored["fold"]["schema"] == analytics.SCHEMA else analytics.empty(bot)
    used, ends = 0, []
    for container, mark, step in (("fills", "fillsAfter", analytics.fold_fills), ("equity", "equityAfter", analytics.fold_equity)):
        kind = "fill" if container == "fills" else "equity"
        while (room := min(PAGE, budget - used)) > 0:
            rows = await plat.store.since(container, user_id, {"kind": kind, "botId": bot["id"]}, fold[mark], room)
            step(fold, bot, rows)
            used += len(rows)
            if len(rows) < room:
                ends.append(container)
                break
    if used:
        await keep(plat, user_id, bot["id"], fold, stored)
    return fold, len(ends) == 2, used


async def fold_later(queue: Work, user_id: str, bot_id: str, fold: Doc) -> None:
    """What is left is read by the work queue; asked for many times at the same place it is one message."""
    try:
        await queue_fold(queue, user_id, bot_id, f"{fold['fillsAfter']}|{fold['equityAfter']}")
    except Exception as error:  # the report is there all the same, and the next one asks again
        log("analytics.not_queued", error=type(error).__name__)


async def fold_in_background(plat: Platform, queue: Work, task: Doc) -> None:
    """Folds on for BACKGROUND_ROWS, then makes old points coarse; leaves the rest to the next message."""
    bot = await past_bots.find(plat.store, task["userId"], task["botId"])
    if bot is None or not bot.get("pnl"):
        return
    for _ in range(BACKGROUND_ROWS // STEP):
        fold, is_complete, _ = await fold_on(plat, task["userId"], bot, STEP)
        if is_complete:
            place = await equity_points.thin(plat, task["userId"], task["botId"], fold)
            if place is not None:
                await queue_fold(queue, task["userId"], task["botId"], place)
            return
    await fold_later(queue, task["userId"], task["botId"], fold)


async def keep(plat: Platform, user_id: str, bot_id: str, fold: Doc, stored: Doc | None) -> None:
    document = {"id": f"fold-{bot_id}", "kind": "fold", "schema": 1, "sort": f"fold:{bot_id}", "fold": fold}
    try:
        if stored is None:
            await plat.store.create("equity", user_id, document)
        else:
            await plat.store.replace("equity", user_id, {**document, "_etag": stored["_etag"]})
    except (Exists, Stale):  # another request read the same rows
        return


def total_of(world: str, currency: str, group: list[tuple[Doc, Doc, Doc]]) -> Doc:
    """Several bots as one."""
    lines = {name: sum((dec(figures["waterfall"][name]) for _, _, figures in group), ZERO) for name in LINES}
    put_in = sum((dec(figures["put_in"]) for _, _, figures in group), ZERO)
    hodl = sum((dec(figures["hodl"]) for _, _, figures in group if figures["hodl"] is not None), ZERO)
    days = merged([analytics.calendar(fold) for _, fold, _ in group])
    closes = [dec(day["total"]) for day in days]
    sharpe, sortino = analytics.ratios(closes, put_in)
    fall, fall_pct = drawdown(closes, put_in)
    return {
        "world": world, "currency": currency, "bots": len(group), "waterfall": {name: plain(value) for name, value in lines.items()},
        "put_in": plain(put_in), "roi_pct": figure(float(lines["total"] / put_in) * 100) if put_in else None, "max_drawdown": plain(fall),
        "max_drawdown_pct": fall_pct, "sharpe": figure(sharpe), "sortino": figure(sortino), "calendar": days,
        "fee_share_pct": figure(float(lines["fees"] / lines["cell_profit"]) * 100) if lines["cell_profit"] > 0 else None,
        "vs_hodl": plain(lines["total"] - hodl),
    }  # fmt: skip


def merged(calendars: list[list[Doc]]) -> list[Doc]:
    """Days of several bots as one calendar; a bot without a fill that day stands where it stood."""
    rows: list[Doc] = []
    last = [ZERO] * len(calendars)
    by_date = [{day["date"]: day for day in own} for own in calendars]
    before = ZERO
    for date in sorted({date for own in by_date for date in own}):
        found = [own[date] for own in by_date if date in own]
        last = [dec(own[date]["total"]) if date in own else then for own, then in zip(by_date, last, strict=True)]
        total = sum(last, ZERO)
        realised, fills = sum((dec(day["realised"]) for day in found), ZERO), sum(day["fills"] for day in found)
        rows.append({"date": date, "realised": plain(realised), "change": plain(total - before), "total": plain(total), "fills": fills})
        before = total
    return rows


def drawdown(closes: list[Decimal], put_in: Decimal) -> tuple[Decimal, str | None]:
    """The deepest fall of the total from a peak, in money and in percent of what there was at the peak."""
    peak = deepest = ZERO
    worst = 0.0
    for close in closes:
        peak = max(peak, close)
        deepest = max(deepest, peak - close)
        if put_in + peak > 0:
            worst = max(worst, float((peak - close) / (put_in + peak)) * 100)
    return deepest, figure(worst)
