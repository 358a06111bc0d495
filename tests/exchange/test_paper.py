"""The paper exchange: fills follow from the path and the orders, never from when somebody looked."""

from decimal import Decimal
from pathlib import Path

import pytest

from exchange.paper import Settings, settings_of
from exchange.protocol import Cursor, OrderStatus, Origin, Result
from shared.claims import next_fence
from strategy_core.storage import load_order
from strategy_core.trade import FeeMode, Horizon, Side
from tests.exchange.paper_fakes import AT_ONCE, MINUTE, T0, World, rules

D = Decimal
CALM = ["100 100 100 100"]


async def test_a_resting_buy_fills_at_its_price_when_the_path_touches_it(tmp_path: Path) -> None:
    world = World(tmp_path, ["100 101 95 99", "99 99 94 98"], {"USDT": "1000"})
    outcome = await world.paper.place(world.placement("buy 1 @ 95"))
    assert outcome.result is Result.ACCEPTED
    world.clock.now += 2 * MINUTE
    view = await world.look(T0, "order1")
    (trade,) = view.trades
    assert (trade.price, trade.amount, trade.fee, trade.fee_currency, trade.maker) == (D(95), D(1), D("0.095"), "USDT", True)
    assert view.point == (T0 + 40_000, D(95))  # open 100 -> 101 is nearer than 95 -> so the low is the third point
    assert view.more and not view.open_ids
    assert view.ended[0].status is OrderStatus.FILLED
    assert (await world.paper.balances())["USDT"] == (D("904.905"), D(0))


async def test_a_market_order_fills_at_the_next_point_with_slippage(tmp_path: Path) -> None:
    world = World(tmp_path, ["100 101 95 99"], {"USDT": "1000"}, rules(slippage="0.1"))
    await world.paper.place(world.placement("buy 1"))
    assert not (await world.look(T0, "order1", horizon=AT_ONCE)).trades
    world.clock.now += 20_000
    view = await world.look(T0, "order1", horizon=AT_ONCE)
    assert [(t.price, t.maker, t.at) for t in view.trades] == [(D("101.11"), False, T0 + 20_000)]  # 101.101 up to the tick


async def test_a_look_repeated_with_the_same_cursor_answers_the_same(tmp_path: Path) -> None:
    world = World(tmp_path, ["100 101 95 99", "99 99 90 98"], {"USDT": "1000"})
    for text in ("buy 1 @ 95", "buy 1 @ 92"):
        await world.paper.place(world.placement(text))
    world.clock.now += 2 * MINUTE
    first = await world.look(T0, "order1", "order2")
    second = await world.look(first.cursor.at, "order1", "order2", trade_id=first.cursor.trade_id)
    assert [t.client_order_id for t in second.trades] == ["order2"]
    assert await world.look(T0, "order1", "order2") == first
    assert await world.look(first.cursor.at, "order1", "order2", trade_id=first.cursor.trade_id) == second


async def test_an_order_placed_late_fills_where_it_would_have_filled(tmp_path: Path) -> None:
    candles = ["100 101 95 99", "99 99 90 98"]
    results = []
    for late in (False, True):
        directory = tmp_path / str(late)
        directory.mkdir()
        world = World(directory, candles, {"USDT": "1000"})
        if late:
            world.clock.now += 2 * MINUTE
        await world.paper.place(world.placement("buy 1 @ 95", made_at=T0))
        world.clock.now = T0 + 2 * MINUTE
        results.append((await world.look(T0, "order1")).trades)
    assert results[0] == results[1] and results[0][0].at == T0 + 40_000


async def test_a_late_order_that_filled_behind_the_cursor_is_reported_without_moving_on(tmp_path: Path) -> None:
    world = World(tmp_path, ["100 101 95 99", "99 99 90 98"], {"USDT": "1000"})
    world.clock.now += 2 * MINUTE
    view = await world.look(T0, horizon=Horizon(None, None, T0 + MINUTE))
    assert view.point.at == T0 + MINUTE
    await world.paper.place(world.placement("buy 1 @ 95", made_at=T0))
    late = await world.look(view.cursor.at, "order1", trade_id=view.cursor.trade_id)
    assert late.point == view.point and late.more
    assert [t.at for t in late.trades] == [T0 + 40_000]
    assert await world.look(view.cursor.at, "order1", trade_id=view.cursor.trade_id) == late


@pytest.mark.parametrize(
    ("horizon", "stops_at"),
    [
        (Horizon(D("95"), None, None), T0 + 40_000),  # touching is leaving
        (Horizon(None, D("101"), None), T0 + 20_000),
        (Horizon(D("94.99"), D("101.01"), None), None),
        (Horizon(None, None, T0 + 59_999), T0 + 59_999),
        (AT_ONCE, T0 + 20_000),
    ],
)
async def test_a_look_stops_where_the_horizon_ends(tmp_path: Path, horizon: Horizon, stops_at: int | None) -> None:
    world = World(tmp_path, ["100 101 95 99", *["99 99 99 99"] * 3], {"USDT": "1000"})
    world.clock.now += 3 * MINUTE
    view = await world.look(T0, horizon=horizon)
    assert view.point.at == (stops_at or T0 + 3 * MINUTE)
    assert view.more is (stops_at is not None)


async def test_the_first_look_starts_at_the_newest_point(tmp_path: Path) -> None:
    world = World(tmp_path, ["100 101 95 99", "99 99 90 98"], {"USDT": "1000"})
    world.clock.now += MINUTE
    view = await world.look(0)
    assert view.point == (T0 + MINUTE, D(99)) and not view.more


async def test_a_gap_fills_at_the_better_open_highest_buy_first(tmp_path: Path) -> None:
    world = World(tmp_path, ["100 100 100 100", "89 90 88 90"], {"USDT": "1000"})
    for text in ("buy 1 @ 90", "buy 2 @ 95"):
        await world.paper.place(world.placement(text))
    world.clock.now += MINUTE
    view = await world.look(T0, "order1", "order2")
    assert [(t.client_order_id, t.price) for t in view.trades] == [("order2", D(89)), ("order1", D(89))]


async def test_looks_of_one_bot_do_not_move_the_orders_of_another(tmp_path: Path) -> None:
    world = World(tmp_path, ["100 101 90 99"], {"USDT": "1000"})
    for text in ("buy 1 @ 95", "buy 1 @ 94"):
        await world.paper.place(world.placement(text))
    world.clock.now += MINUTE - 1
    assert len((await world.look(T0, "order1")).trades) == 1
    other = await world.look(T0, "order2")
    assert [t.client_order_id for t in other.trades] == ["order2"]


async def test_a_cancel_counts_from_the_callers_point_on(tmp_path: Path) -> None:
    world = World(tmp_path, ["100 101 90 99"], {"USDT": "1000"})
    await world.paper.place(world.placement("buy 1 @ 95"))
    world.clock.now += MINUTE  # the path has been there, but the owner of the order has not seen it
    assert (await world.paper.cancel("BTC/USDT", "order1", None)).result is Result.ACCEPTED
    view = await world.look(T0, "order1")
    assert not view.trades and view.ended[0].status is OrderStatus.CANCELED
    assert (await world.paper.balances())["USDT"] == (D(1000), D(0))
    again = await world.paper.cancel("BTC/USDT", "order1", None)
    assert (again.result, again.reason) == (Result.REJECTED, "not_found")


@pytest.mark.parametrize(
    ("text", "reason", "words"),
    [
        ("buy 1 @ 95.001", "precision", "0.01"),
        ("buy 0.0001 @ 95", "precision", "0.001"),
        ("buy 0.05 @ 95", "below_minimum", "4.75"),
        ("buy -1 @ 95", "precision", "above zero"),
        ("buy 11 @ 95", "insufficient_funds", "USDT is short by 46.045"),
        ("sell 1 @ 105", "insufficient_funds", "BTC is short by 1"),
        ("buy 11", "insufficient_funds", "USDT"),
    ],
)
async def test_the_venues_filters_refuse_by_name(tmp_path: Path, text: str, reason: str, words: str) -> None:
    world = World(tmp_path, CALM, {"USDT": "1000"})
    outcome = await world.paper.place(world.placement(text))
    assert (outcome.result, outcome.reason) == (Result.REJECTED, reason)
    assert words in outcome.message
    assert (await world.paper.balances())["USDT"].used == 0


async def test_an_id_is_taken_once(tmp_path: Path) -> None:
    world = World(tmp_path, CALM, {"USDT": "1000"})
    first = await world.paper.place(world.placement("buy 1 @ 95", id_="same"))
    second = await world.paper.place(world.placement("buy 1 @ 95", id_="same"))
    assert (second.result, second.order_id) == (Result.DUPLICATE, first.order_id)
    assert (await world.paper.balances())["USDT"].used == D("95.095")


async def test_nothing_is_placed_after_the_deadline(tmp_path: Path) -> None:
    world = World(tmp_path, CALM, {"USDT": "1000"})
    placement = world.placement("buy 1 @ 95")
    world.clock.now += 30_001
    assert (await world.paper.place(placement)).result is Result.EXPIRED
    assert await world.paper.look_up("BTC/USDT", "order1", None) is None


async def test_an_order_that_was_placed_is_a_duplicate_even_after_its_deadline(tmp_path: Path) -> None:
    world = World(tmp_path, CALM, {"USDT": "1000"})
    placement = world.placement("buy 1 @ 95")
    await world.paper.place(placement)
    world.clock.now += 60_000
    assert (await world.paper.place(placement)).result is Result.DUPLICATE


async def test_a_buy_may_pay_its_fee_in_base(tmp_path: Path) -> None:
    world = World(tmp_path, ["100 101 95 99"], {"USDT": "1000"}, rules(fee_mode=FeeMode.RECEIVED))
    await world.paper.place(world.placement("buy 1 @ 95"))
    world.clock.now += MINUTE
    (trade,) = (await world.look(T0, "order1")).trades
    assert (trade.fee, trade.fee_currency) == (D("0.001"), "BTC")
    balances = await world.paper.balances()
    assert (balances["BTC"].free, balances["USDT"].free) == (D("0.999"), D(905))


async def test_a_limit_that_takes_pays_the_taker_fee(tmp_path: Path) -> None:
    world = World(tmp_path, ["100 101 95 99"], {"USDT": "1000"}, rules().model_copy(update={"taker_fee": D("0.002")}))
    await world.paper.place(world.placement("buy 1 @ 100.5"))
    world.clock.now += 20_000
    (trade,) = (await world.look(T0, "order1")).trades
    assert (trade.price, trade.fee, trade.maker) == (D(100), D("0.2"), False)


async def test_orders_fill_in_parts_when_only_a_share_of_the_volume_is_theirs(tmp_path: Path) -> None:
    settings = Settings(volume_share=D("0.4"))  # of 10 / 4 a point
    world = World(tmp_path, ["100 101 95 99", "95 95 94 95", "95 95 95 95"], {"USDT": "1000"}, settings=settings)
    await world.paper.place(world.placement("buy 2.5 @ 95"))
    world.clock.now += 3 * MINUTE
    amounts, cursor = [], Cursor(T0)
    while True:
        view = await world.look(cursor.at, "order1", trade_id=cursor.trade_id)
        amounts += [(t.trade_id, t.amount) for t in view.trades]
        if not view.more:
            break
        cursor = view.cursor
    assert amounts == [("order1-1", D(1)), ("order1-2", D(1)), ("order1-3", D("0.5"))]


async def test_latency_keeps_an_order_from_the_market_for_a_while(tmp_path: Path) -> None:
    world = World(tmp_path, ["100 101 95 99", "99 99 90 98"], {"USDT": "1000"}, settings=Settings(latency_ms=50_000))
    await world.paper.place(world.placement("buy 1 @ 95"))
    world.clock.now += 2 * MINUTE
    (trade,) = (await world.look(T0, "order1")).trades
    assert trade.at > T0 + 50_000


async def test_an_account_may_choose_what_a_market_order_pays_beyond_the_price(tmp_path: Path) -> None:
    settings = settings_of({"slippage_pct": "1", "latency_ms": 0, "volume_share_pct": None})
    world = World(tmp_path, ["100 101 95 99"], {"USDT": "1000"}, settings=settings)
    await world.paper.place(world.placement("buy 1"))
    world.clock.now += MINUTE
    (trade,) = (await world.look(T0, "order1")).trades
    assert trade.price == D("102.01") and (await world.paper.market("BTC/USDT")).slippage_pct == 1


def test_an_account_that_chose_nothing_fills_as_the_backtester_does() -> None:
    assert settings_of({}) == Settings()
    assert settings_of({"volume_share_pct": "40"}) == Settings(volume_share=D("0.4"))


async def test_two_writers_at_once_both_get_their_way(tmp_path: Path) -> None:
    import asyncio

    world = World(tmp_path, CALM, {"USDT": "1000"})
    twin = world.another(world.source, world.balances)
    outcomes = await asyncio.gather(
        *(exchange.place(world.placement("buy 1 @ 50", id_=f"{n}")) for n, exchange in enumerate((world.paper, twin) * 3))
    )
    assert {outcome.result for outcome in outcomes} == {Result.ACCEPTED}
    assert (await twin.balances())["USDT"].used == 6 * D("50.05")


async def test_the_clock_of_the_watcher_does_not_matter(tmp_path: Path) -> None:
    """A small bot (buy, then sell one up) gives the same trades whether it is woken each second or once."""
    candles = ["100 101 95 99", "99 103 94 98", "97 104 93 104", "104 105 90 91"]

    async def run(directory: Path, wakes: list[int]) -> list[tuple[object, ...]]:
        directory.mkdir()
        world = World(directory, candles, {"USDT": "1000"})
        trades: list[tuple[object, ...]] = []
        cursor, mine, count = Cursor(T0), ["o0"], 0
        await world.paper.place(world.placement("buy 1 @ 95", id_="o0"))
        for wake in wakes:
            world.clock.now = T0 + wake
            more = True
            while more:
                view = await world.look(cursor.at, *mine, trade_id=cursor.trade_id)
                cursor, more = view.cursor, view.more
                for trade in view.trades:
                    trades.append((trade.at, trade.side, trade.price, trade.client_order_id))
                    count += 1
                    text = "sell 1 @ 102" if trade.side is Side.BUY else "buy 1 @ 95"
                    mine = [f"o{count}"]
                    await world.paper.place(world.placement(text, made_at=view.point.at, id_=mine[0]))
        return trades

    rare = await run(tmp_path / "rare", [4 * MINUTE])
    often = await run(tmp_path / "often", list(range(0, 4 * MINUTE + 1, 7_000)) + [4 * MINUTE])
    assert rare == often and len(rare) >= 3


async def test_an_order_that_rested_long_is_still_told_when_it_ends(tmp_path: Path) -> None:
    """What is forgotten is what ended longest ago, not what was made longest ago."""
    world = World(tmp_path, CALM, {"USDT": "99999"})
    await world.paper.place(world.placement("buy 1 @ 50", id_="old"))
    for i in range(250):
        await world.paper.place(world.placement("buy 1 @ 60", id_=f"n{i}"))
        await world.paper.cancel("BTC/USDT", f"n{i}", None)
    await world.paper.cancel("BTC/USDT", "old", None)
    report = await world.paper.look_up("BTC/USDT", "old", None)
    assert report is not None and report.status is OrderStatus.CANCELED
    assert await world.paper.look_up("BTC/USDT", "n0", None) is None


@pytest.mark.parametrize("jump", [True, False])
async def test_x21_a_gap_through_thirty_levels_fills_each_once_in_path_order(tmp_path: Path, jump: bool) -> None:
    candles = [*CALM, "60 61 59 60"] if jump else ["100 101 60 70"]
    world = World(tmp_path, candles, {"USDT": "10000"})
    ids = [f"o{price}" for price in range(65, 95)]
    for id_ in ids:
        assert (await world.paper.place(world.placement(f"buy 1 @ {id_[1:]}", id_=id_))).result is Result.ACCEPTED
    world.clock.now += MINUTE + 59_999
    view = await world.look(T0, *ids)
    assert [t.client_order_id for t in view.trades] == [f"o{price}" for price in range(94, 64, -1)]
    assert [t.price for t in view.trades] == [D(60)] * 30 if jump else [D(price) for price in range(94, 64, -1)]
    spent = sum(t.price * t.amount + t.fee for t in view.trades)
    assert (await world.paper.balances())["USDT"] == (10000 - spent, D(0))


async def test_x20_a_crash_and_its_recovery_leave_what_was_not_reached_alone(tmp_path: Path) -> None:
    world = World(tmp_path, ["100 100 100 100", "50 50 50 50", "100 100 100 100"], {"USDT": "1000", "BTC": "1"})
    for text in ("buy 1 @ 90", "buy 1 @ 49", "sell 1 @ 101"):
        await world.paper.place(world.placement(text))
    world.clock.now += 3 * MINUTE
    view = await world.look(T0, "order1", "order2", "order3")
    assert [(t.client_order_id, t.price) for t in view.trades] == [("order1", D(50))]
    rest = await world.look(view.cursor.at, "order2", "order3", trade_id=view.cursor.trade_id)
    assert not rest.trades and set(rest.open_ids) == {"order2", "order3"}


async def test_an_order_cancelled_before_it_came_is_never_taken(tmp_path: Path) -> None:
    world = World(tmp_path, CALM, {"USDT": "1000"})
    late = world.placement("buy 1 @ 95")
    assert (await world.paper.cancel("BTC/USDT", "order1", None)).result is Result.REJECTED
    assert (await world.paper.place(late)).result is Result.DUPLICATE
    report = await world.paper.look_up("BTC/USDT", "order1", None)
    assert report is not None and (report.status, report.filled) == (OrderStatus.CANCELED, 0)
    view = await world.look(T0, "order1")
    assert not view.open_ids and [one.status for one in view.ended] == [OrderStatus.CANCELED]
    assert (await world.paper.balances())["USDT"] == (D(1000), D(0))


async def test_what_was_refused_once_is_not_taken_later(tmp_path: Path) -> None:
    """Two ticks may send the same order: the answer the first one got must stay true."""
    world = World(tmp_path, CALM, {"USDT": "1000"})
    refused = world.placement("buy 11 @ 95")
    assert (await world.paper.place(refused)).reason == "insufficient_funds"
    assert (await world.paper.place(refused)).result is Result.DUPLICATE
    report = await world.paper.look_up("BTC/USDT", "order1", None)
    assert report is not None and (report.status, report.price, report.amount) == (OrderStatus.REJECTED, D(95), D(11))


async def test_a_bot_made_again_is_told_what_it_had_placed_and_its_earlier_self_places_nothing_more(tmp_path: Path) -> None:
    world = World(tmp_path, ["100 101 95 99"], {"USDT": "1000"})
    first, other = (world.placement(text)._replace(origin=Origin(bot, 0, 3)) for text, bot in (("buy 1 @ 95", "b1"), ("buy 1 @ 94", "b2")))
    for placement in (first, other):
        assert (await world.paper.place(placement)).result is Result.ACCEPTED
    world.clock.now += MINUTE
    await world.look(T0, "order1")  # it fills: what is over is told, too
    epoch, sent = await world.paper.raise_fence("b1", lambda fence: next_fence(fence, 0, "command"))
    assert (epoch, list(sent), sent["order1"][0]) == (1, ["order1"], 3)
    assert load_order(sent["order1"][1]) == first.order
    late = world.placement("buy 1 @ 95", id_="late")._replace(origin=Origin("b1", 0, 4))
    assert (await world.paper.place(late)).result is Result.REJECTED
    assert await world.paper.look_up("BTC/USDT", "late", None) is None
    assert (await world.paper.place(late._replace(origin=Origin("b1", 1, 4)))).result is Result.ACCEPTED
    assert (await world.paper.place(first)).result is Result.DUPLICATE
    again, _ = await world.paper.raise_fence("b1", lambda fence: next_fence(fence, 0, "command"))
    assert again == 1 and (await world.paper.raise_fence("b1", lambda fence: next_fence(fence, 0, "other")))[0] == 2
