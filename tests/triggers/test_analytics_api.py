"""Analytics: the fold of a ledger against the core's own figures, read once, bounded, per currency and world."""

import json
from decimal import Decimal

import pytest

from shared import analytics, work
from shared.clock import iso
from strategy_core.backtest.engine import run
from strategy_core.backtest.metrics import metrics
from strategy_core.backtest.series import Series
from strategy_core.number import cut, plain
from strategy_core.registry import summary
from strategy_core.trade import Market
from tests.builders import T0, grid
from tests.triggers.test_notify import Queue
from triggers.api import analytics as own

HOUR = 3_600_000
MARKET = Market(
    symbol="BTC/USDT", price_tick="0.01", amount_step="0.0001", min_amount="0.0001", min_notional="5", maker_fee="0.001", taker_fee="0.001"
)
OPENS = [100, 96, 102, 95, 104, 98] * 40


def history(bot_id="bot_1", exchange="paper"):
    """A GRID bot's run as the ledger keeps it: its document, fills and equity points."""
    rows = []
    for k, first in enumerate(OPENS[:-1]):
        last = OPENS[k + 1]
        rows.append([T0 + k * HOUR, str(first), str(max(first, last) + 1), str(min(first, last) - 1), str(last)])
    report = run("GRID", grid(), MARKET, Series.of_rows(rows, HOUR))
    found = summary(report.state, report.last_price)
    pnl = {name: plain(value) for name, value in found.waterfall._asdict().items()}
    document = {
        "id": bot_id, "kind": "bot", "sort": bot_id, "name": "grid", "symbol": "BTC/USDT", "exchange": exchange, "epoch": 1, "fills": len(report.trades),
        "status": "stopped", "started_at": iso(T0), "stopped_at": iso(T0 + len(rows) * HOUR), "source": "replay:acc", "account_id": "acc",
        "holdings": {"base": "0", "quote": "0", "base_currency": "BTC", "quote_currency": "USDT"},
        "pnl": pnl | {"put_in": plain(found.put_in), "hodl": plain(found.hodl), "currency": "USDT", "price": plain(report.last_price), "at": iso(T0)},
    }  # fmt: skip
    fills, points, base, quote = [], [], Decimal(0), Decimal(0)
    for n, t in enumerate(report.trades):
        sign = 1 if t.side == "buy" else -1
        base, quote = base + sign * t.amount, quote - sign * t.amount * t.price - t.fee
        common = {"botId": bot_id, "bot_id": bot_id, "sort": f"{bot_id}:{n:06d}", "at": iso(t.at), "price": plain(t.price)}
        fills.append(common | {
            "id": f"{bot_id}-f{n}", "kind": "fill", "side": t.side.value, "amount": plain(t.amount), "cost": plain(t.price * t.amount), "fee": plain(t.fee),
            "fee_currency": t.fee_currency, "leg": t.leg, "trade_id": str(n), "maker": True, "symbol": "BTC/USDT",
        })  # fmt: skip
        points.append(common | {"id": f"{bot_id}-e{n}", "kind": "equity", "total": plain(quote + base * t.price), "currency": "USDT"})
    return document, fills, points, report


def stored(plat, bot_id="bot_1", **more):
    document, fills, points, report = history(bot_id, **more)
    plat.store._put("bots", "ada", document)
    for row in fills:
        plat.store._put("fills", "ada", row)
    for row in points:
        plat.store._put("equity", "ada", row)
    return document, fills, report


async def test_the_figures_of_a_bot_are_those_of_its_own_ledger(client, plat):
    document, fills, report = stored(plat)
    answer = (await client.get("/api/v1/bots/bot_1/analytics")).json()
    figures, expected = answer["figures"], metrics(report)
    assert answer["is_complete"] and figures["folded"] == figures["fills"] == len(fills)
    assert figures["waterfall"] == {name: document["pnl"][name] for name in figures["waterfall"]}
    assert float(figures["win_rate_pct"]) == pytest.approx(expected["win_rate_pct"])
    assert (
        float(figures["profit_factor"]) == pytest.approx(expected["profit_factor"])
        if expected["profit_factor"]
        else figures["profit_factor"] is None
    )
    assert float(figures["roi_pct"]) == pytest.approx(expected["roi_pct"])
    assert Decimal(figures["vs_hodl"]) == cut(Decimal(figures["waterfall"]["total"]) - Decimal(figures["hodl"]))
    assert Decimal(figures["turnover"]) == sum(Decimal(row["cost"]) for row in fills)
    realised = sum(Decimal(day["realised"]) for day in answer["calendar"])
    assert abs(realised - report.state.ledger.realised) < Decimal("1e-9")
    assert sum(day["fills"] for day in answer["calendar"]) == len(fills)
    assert sum(Decimal(day["change"]) for day in answer["calendar"]) == Decimal(answer["calendar"][-1]["total"])


async def test_rows_are_read_once_and_a_long_ledger_in_steps(client, plat, monkeypatch):
    _, fills, _ = stored(plat)
    at_once = (await client.get("/api/v1/bots/bot_1/analytics")).json()
    asked = []
    since = plat.store.since

    async def counted(container, user_id, where, after, limit):
        rows = await since(container, user_id, where, after, limit)
        asked.append(len(rows))
        return rows

    monkeypatch.setattr(plat.store, "since", counted)
    again = (await client.get("/api/v1/bots/bot_1/analytics")).json()
    assert sum(asked) == 0 and again["figures"] == at_once["figures"] and again["calendar"] == at_once["calendar"]
    await plat.store.delete("equity", "ada", "fold-bot_1")
    monkeypatch.setattr(own, "ROWS", 70)
    steps = 0
    while True:
        steps += 1
        answer = (await client.get("/api/v1/bots/bot_1/analytics")).json()
        if answer["is_complete"]:
            break
    assert steps == -(-(2 * len(fills)) // 70) and max(asked) <= 70
    assert answer["figures"] == at_once["figures"] and answer["calendar"] == at_once["calendar"]


async def test_a_bot_that_sells_what_it_never_bought_has_no_win_rate(client, plat):
    document, fills, _ = stored(plat)
    plat.store._put("fills", "ada", {**fills[0], "id": "x", "side": "sell", "amount": "1000", "sort": "bot_1:000000a"})
    figures = (await client.get("/api/v1/bots/bot_1/analytics")).json()["figures"]
    assert (
        figures["win_rate_pct"] is None and figures["profit_factor"] is None and figures["waterfall"]["total"] == document["pnl"]["total"]
    )


async def test_what_may_be_added_is_added_and_worlds_stay_apart(client, plat):
    document, _, _ = stored(plat, "bot_1")
    stored(plat, "bot_2")
    stored(plat, "bot_3", exchange="binance")
    answer = (await client.get("/api/v1/analytics")).json()
    paper, live = sorted(answer["totals"], key=lambda one: one["world"], reverse=True)
    assert [(one["world"], one["bots"]) for one in (paper, live)] == [("paper", 2), ("live", 1)]
    assert Decimal(paper["waterfall"]["total"]) == 2 * Decimal(document["pnl"]["total"])
    assert Decimal(paper["max_drawdown"]) == 2 * Decimal(live["max_drawdown"]) and paper["sharpe"] == live["sharpe"]
    assert [Decimal(day["total"]) for day in paper["calendar"]] == [2 * Decimal(day["total"]) for day in live["calendar"]]
    client.headers["authorization"] = "Bearer eve"
    assert (await client.get("/api/v1/analytics")).json()["bots"] == []
    assert (await client.get("/api/v1/bots/bot_1/analytics")).status_code == 404


async def test_a_draft_has_no_analytics(client, bot):
    answer = await client.get(f"/api/v1/bots/{bot}/analytics")
    assert (answer.status_code, answer.json()["code"]) == (409, "never_started")


def test_a_fold_stays_small_and_its_curve_goes_from_fine_to_coarse():
    document, _, _, _ = history()
    fold = analytics.empty(document)
    for k in range(0, 30_000, 1000):
        rows = [{"at": iso(T0 + (k + n) * 600_000), "price": "100", "total": str(n % 50), "sort": f"{k + n:08d}"} for n in range(1000)]
        analytics.fold_equity(fold, document, rows)
    points = analytics.curve(fold)
    assert len(json.dumps(fold)) < 200_000 and len(points) < 2_000
    assert [one["at"] for one in points] == sorted({one["at"] for one in points})
    assert len(points) >= analytics.FINE and points[-1]["total"] == "49"


def test_the_same_cash_in_equal_parts_over_the_days():
    fold = {"days": {"d1": {"price": "100"}, "d2": {"price": "50"}, "d3": {"price": None}}}
    assert analytics.time_dca(fold, Decimal(100), Decimal(75)) == Decimal("12.5")


def test_a_million_fills_leave_a_small_fold():
    """The cost of a row, and that the fold does not grow with them."""
    document, fills, _, _ = history()
    fold = analytics.empty(document)
    for _ in range(20):
        analytics.fold_fills(fold, document, fills)
    assert fold["count"] == 20 * len(fills) and len(json.dumps(fold)) < 20_000


async def test_a_long_ledger_is_read_on_in_the_background_a_page_at_a_time(client, plat, monkeypatch):
    stored(plat)
    at_once = (await client.get("/api/v1/bots/bot_1/analytics")).json()
    await plat.store.delete("equity", "ada", "fold-bot_1")
    monkeypatch.setattr(own, "ROWS", 40)
    monkeypatch.setattr(own, "PAGE", 20)
    monkeypatch.setattr(own, "BACKGROUND_ROWS", 80)
    monkeypatch.setattr(own, "STEP", 40)
    queue = Queue()
    monkeypatch.setattr(work, "_queues", [queue])
    for _ in range(2):
        assert not (await client.get("/api/v1/bots/bot_1/analytics")).json()["is_complete"]
    done = 0
    while done < len(queue.tasks):
        await own.fold_in_background(plat, queue, list(queue.tasks.values())[done])
        done += 1
    assert done > 2
    found = (await client.get("/api/v1/bots/bot_1/analytics")).json()
    assert found["is_complete"] and found["figures"] == at_once["figures"] and found["calendar"] == at_once["calendar"]


async def test_a_background_read_of_a_bot_that_is_gone_ends(plat):
    await own.fold_in_background(plat, Queue(), {"kind": "fold", "userId": "ada", "botId": "bot_9"})
