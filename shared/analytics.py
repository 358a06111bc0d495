"""How a bot fared, folded from its ledger row by row: what was read once is never read again.

Rules
1. The fold is a document, moved on from where it stopped. Fills stay for good; points of the curve it has read grow coarse with age
   (triggers/api/equity_points.py).
2. Money is exact and comes from the core's own ledger; ratios, deviations and shares are floats and leave as decimal strings.
3. Its size is bounded: every day one row, of the finer past only the last FINE points and one per hour of the last HOURS.
4. Wins need a known cost: a bot that sells what it did not buy in its own ledger has none (`is_known` false).
"""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from typing import Any

from shared.clock import ms_of
from shared.research import figure
from strategy_core.ledger import Kind, Ledger
from strategy_core.number import WORK, ZERO, cut, dec, plain
from strategy_core.trade import Fill, Side

FINE, HOURS, DAYS = 300, 24 * 30, 4_000
DAY_MS, YEAR_MS = 86_400_000, 365 * 86_400_000
SCHEMA = 1
_LEDGER = ("base", "quote", "basis", "realised", "fees_value", "third")

Doc = dict[str, Any]


def kind_of(bot: Doc) -> Kind:
    if ":" in bot["symbol"]:
        return Kind.FUTURES
    return Kind.BASE if bot["pnl"]["currency"] == bot["holdings"]["base_currency"] else Kind.QUOTE


def empty(bot: Doc) -> Doc:
    """A fold that has seen nothing."""
    return {
        "schema": SCHEMA, "epoch": bot["epoch"], "fillsAfter": "", "equityAfter": "", "is_known": True, "count": 0, "makers": 0,
        "turnover": "0", "wins": 0, "closed": 0, "gains": "0", "losses": "0", "held_ms": 0.0, "span_ms": 0.0, "lastFillMs": None,
        "ledger": dict.fromkeys(_LEDGER, "0"), "days": {}, "hours": [], "fine": [], "peak": None, "drawdown": "0", "drawdown_pct": 0.0,
    }  # fmt: skip


def fold_fills(fold: Doc, bot: Doc, rows: list[Doc]) -> None:
    """Further fills, oldest first."""
    kind = kind_of(bot)
    names = (bot["holdings"]["base_currency"], bot["holdings"]["quote_currency"])
    ledger = Ledger(kind, *names)
    for name in _LEDGER:
        setattr(ledger, name, dec(fold["ledger"][name]))
    turnover, gains, losses = dec(fold["turnover"]), dec(fold["gains"]), dec(fold["losses"])
    put_in = dec(bot["pnl"].get("put_in") or "0")
    with localcontext(WORK):
        for row in rows:
            side, price, amount, at = Side(row["side"]), dec(row["price"]), dec(row["amount"]), ms_of(row["at"])
            _exposed(fold, ledger, price, at, put_in)
            if (kind is Kind.QUOTE and side is Side.SELL and amount > ledger.base) or (
                kind is Kind.BASE and side is Side.BUY and amount * price > ledger.quote * Decimal("1.01")
            ):
                fold["is_known"] = False
            before = ledger.realised
            fee = dec(row["fee"])
            ledger.fold(Fill(row["leg"], 0, side, price, amount, fee, row["fee_currency"], row["trade_id"], at, row["maker"], ZERO))
            change = ledger.realised - before
            turnover += price * amount
            fold["makers"] += bool(row["maker"])
            day = _day(fold, row["at"])
            day["fills"] += 1
            day["price"] = row["price"]
            if change:
                fold["closed"] += 1
                fold["wins"] += change > 0
                gains, losses = (gains + change, losses) if change > 0 else (gains, losses - change)
                day["realised"] = plain(dec(day["realised"]) + change)
    for name in _LEDGER:
        fold["ledger"][name] = plain(getattr(ledger, name))
    fold |= {"turnover": plain(turnover), "gains": plain(gains), "losses": plain(losses), "count": fold["count"] + len(rows)}
    if rows:
        fold["fillsAfter"] = rows[-1]["sort"]


def _exposed(fold: Doc, ledger: Ledger, price: Decimal, at: int, put_in: Decimal) -> None:
    """Time since the last fill, weighed with the share of the money that was in the market."""
    last = fold["lastFillMs"]
    fold["lastFillMs"] = at
    fold.setdefault("firstFillMs", at)
    if last is None or at <= last or put_in <= 0:
        return
    worth = ledger.quote if ledger.kind is Kind.BASE else abs(ledger.base) * price
    share = float(worth / price / put_in) if ledger.kind is Kind.BASE else float(worth / put_in)
    fold["held_ms"] += (at - last) * min(max(share, 0.0), 1.0 if ledger.kind is not Kind.FUTURES else share)
    fold["span_ms"] += at - last


def _day(fold: Doc, at: str) -> Doc:
    found: Doc = fold["days"].setdefault(at[:10], {"realised": "0", "fills": 0, "total": None, "price": None})
    if len(fold["days"]) > DAYS:
        fold["days"].pop(min(fold["days"]))
    return found


def fold_equity(fold: Doc, bot: Doc, rows: list[Doc]) -> None:
    """Further points of the equity curve, oldest first."""
    put_in = dec(bot["pnl"].get("put_in") or "0")
    deepest, peak = dec(fold["drawdown"]), None if fold["peak"] is None else dec(fold["peak"])
    for row in rows:
        total, point = dec(row["total"]), [row["at"], row["price"], row["total"]]
        peak = max(peak if peak is not None else ZERO, total, ZERO)
        deepest = max(deepest, peak - total)
        if peak + put_in > 0:
            fold["drawdown_pct"] = max(fold["drawdown_pct"], float((peak - total) / (peak + put_in)) * 100)
        _day(fold, row["at"])["total"] = row["total"]
        if fold["hours"] and fold["hours"][-1][0][:13] == row["at"][:13]:
            fold["hours"][-1] = point
        else:
            fold["hours"].append(point)
        fold["fine"].append(point)
    del fold["hours"][:-HOURS], fold["fine"][:-FINE]
    fold |= {"peak": None if peak is None else plain(peak), "drawdown": plain(deepest)}
    if rows:
        fold["equityAfter"] = rows[-1]["sort"]


def report(fold: Doc, bot: Doc) -> Doc:
    """The figures of a bot. The waterfall is its own, exactly; `is_complete` is the caller's to say."""
    pnl = bot["pnl"]
    total, put_in, fees = dec(pnl["total"]), dec(pnl.get("put_in") or "0"), dec(pnl["fees"])
    began = fold.get("firstFillMs") or ms_of(bot["started_at"])
    ended = max(ms_of(pnl["at"]), fold["lastFillMs"] or 0)  # on the market's own path: a replay is faster than the clock
    span = max(ended - began, 1)
    roi = float(total / put_in) if put_in > 0 else None
    apr = roi * YEAR_MS / span * 100 if roi is not None and span >= DAY_MS else None
    dca = time_dca(fold, put_in, dec(pnl["price"])) if kind_of(bot) is Kind.QUOTE else None
    hodl = dec(pnl["hodl"]) if pnl.get("hodl") is not None else None
    known = fold["is_known"]
    gross = dec(pnl["cell_profit"])
    sharpe, sortino = ratios([dec(day["total"]) for _, day in sorted(fold["days"].items()) if day["total"] is not None], put_in)
    return {
        "waterfall": {name: pnl[name] for name in ("cell_profit", "inventory_pnl", "fees", "funding", "total")},
        "currency": pnl["currency"], "put_in": plain(put_in), "roi_pct": figure(roi * 100 if roi is not None else None),
        "apr_pct": figure(apr), "max_drawdown": fold["drawdown"], "max_drawdown_pct": figure(fold["drawdown_pct"]),
        "sharpe": figure(sharpe),
        "sortino": figure(sortino), "calmar": figure(apr / fold["drawdown_pct"] if apr is not None and fold["drawdown_pct"] else None),
        "win_rate_pct": figure(100 * fold["wins"] / fold["closed"] if known and fold["closed"] else None),
        "profit_factor": figure(float(dec(fold["gains"]) / dec(fold["losses"]))) if known and dec(fold["losses"]) else None,
        "exposure_pct": figure(100 * fold["held_ms"] / fold["span_ms"]) if fold["span_ms"] else None,
        "fee_share_pct": figure(float(fees / gross) * 100) if gross > 0 else None, "turnover": fold["turnover"],
        "maker_pct": figure(100 * fold["makers"] / fold["count"]) if fold["count"] else None, "fills": bot["fills"],
        "folded": fold["count"],
        "hodl": None if hodl is None else plain(hodl), "vs_hodl": None if hodl is None else plain(cut(total - hodl)),
        "time_dca": None if dca is None else plain(dca), "vs_time_dca": None if dca is None else plain(cut(total - dca)),
        "days": figure(round(span / DAY_MS, 6)),
    }  # fmt: skip


def time_dca(fold: Doc, put_in: Decimal, price: Decimal) -> Decimal | None:
    """What the same cash had made, put in in equal parts at the last traded price of every day that had one."""
    prices = [dec(day["price"]) for day in fold["days"].values() if day["price"] is not None]
    if not prices or put_in <= 0:
        return None
    with localcontext(WORK):
        part = put_in / len(prices)
        return cut(sum((part / one for one in prices), ZERO) * price - put_in)


def ratios(totals: list[Decimal], put_in: Decimal) -> tuple[float | None, float | None]:
    """Sharpe and Sortino of daily closes, per year; None on fewer than five days or without variance."""
    if len(totals) < 5 or put_in <= 0:
        return None, None
    worth = [float(put_in)] + [float(put_in + total) for total in totals]
    if min(worth) <= 0:
        return None, None
    returns = [b / a - 1 for a, b in zip(worth, worth[1:], strict=False)]
    mean = sum(returns) / len(returns)
    deviation = math.sqrt(sum((one - mean) ** 2 for one in returns) / len(returns))
    downside = math.sqrt(sum(min(one, 0.0) ** 2 for one in returns) / len(returns))
    year = math.sqrt(365)
    return (mean / deviation * year if deviation > 1e-15 else None), (mean / downside * year if downside > 1e-15 else None)


def calendar(fold: Doc) -> list[Doc]:
    """Per day: what was realised, how far the total moved, how many fills."""
    found, before = [], ZERO
    for date, day in sorted(fold["days"].items()):
        total = before if day["total"] is None else dec(day["total"])
        found.append(
            {
                "date": date,
                "realised": plain(cut(dec(day["realised"]))),
                "change": plain(total - before),
                "total": plain(total),
                "fills": day["fills"],
            }
        )
        before = total
    return found


def curve(fold: Doc) -> list[Doc]:
    """The past in days, the last month in hours, the last points as they were."""
    hours, fine = fold["hours"], fold["fine"]
    first_hour = hours[0][0] if hours else "9"
    first_fine = fine[0][0] if fine else "9"
    days = [
        [f"{date}T23:59:59.999Z", day["price"], day["total"]]
        for date, day in sorted(fold["days"].items())
        if day["total"] is not None and f"{date}T23:59:59.999Z" < first_hour
    ]
    rows = days + [point for point in hours if point[0] < first_fine] + fine
    return [{"at": at, "price": price, "total": total} for at, price, total in rows]
