"""Points of an equity curve grow coarse with age, behind the fold that has read them, in messages of bounded work."""

import pytest

from shared.clock import iso
from tests.builders import T0
from tests.triggers.test_analytics_api import stored
from tests.triggers.test_notify import Queue
from triggers.api import analytics, equity_points

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
BEGAN = T0 // DAY * DAY
TASK = {"kind": "fold", "userId": "ada", "botId": "bot_1"}


def points_of(plat, instants):
    for row in list(plat.store.of("equity")):
        plat.store.rows.pop(("equity", "ada", row["id"]))
    for n, at in enumerate(instants):
        row = {"kind": "equity", "botId": "bot_1", "bot_id": "bot_1", "sort": f"0001:{n:08d}", "at": iso(at), "price": "100"}
        plat.store._put("equity", "ada", {**row, "id": f"e{n}", "total": str(n), "currency": "USDT"})


def left(plat):
    return sorted(row["at"] for row in plat.store.of("equity") if row["kind"] == "equity")


async def work_off(plat):
    queue, done = Queue(), 0
    await analytics.fold_in_background(plat, queue, TASK)
    while done < len(queue.tasks):
        await analytics.fold_in_background(plat, queue, list(queue.tasks.values())[done])
        done += 1
    return done


@pytest.mark.parametrize("most", [2_000, 5])
async def test_a_week_is_whole_three_months_are_hours_and_the_rest_are_days(plat, monkeypatch, most):
    monkeypatch.setattr(equity_points, "MOST", most)
    monkeypatch.setattr(equity_points, "PAGE", 7)
    stored(plat)
    newest = BEGAN + 100 * DAY
    old = [BEGAN + k * 6 * HOUR for k in range(8)]  # two days
    middle = [BEGAN + 50 * DAY + k * 20 * MINUTE for k in range(9)]  # three hours
    young = [newest - DAY + k * MINUTE for k in range(10)] + [newest]
    points_of(plat, old + middle + young)
    before = analytics.analytics.curve((await analytics.fold_on(plat, "ada", await bot(plat), 100_000))[0])
    messages = await work_off(plat)
    assert left(plat) == [iso(at) for at in [old[3], old[7], middle[2], middle[5], middle[8], *young]]
    assert (messages > 0) == (most == 5)
    after = analytics.analytics.curve((await analytics.fold_on(plat, "ada", await bot(plat), 100_000))[0])
    assert after == before  # what was reported before is reported still
    assert await work_off(plat) == 0 and len(left(plat)) == 5 + len(young)


async def test_what_the_fold_has_not_read_stays(plat):
    stored(plat)
    points_of(plat, [BEGAN + k * MINUTE for k in range(5)])
    fold, _, _ = await analytics.fold_on(plat, "ada", await bot(plat), 100_000)
    points_of(plat, [BEGAN + k * MINUTE for k in range(5)] + [BEGAN + 30 * DAY + k * MINUTE for k in range(3)])
    fold["fine"][-1][0] = iso(BEGAN + 60 * DAY)
    assert await equity_points.thin(plat, "ada", "bot_1", fold) is None
    assert left(plat) == [iso(BEGAN + 4 * MINUTE), *(iso(BEGAN + 30 * DAY + k * MINUTE) for k in range(3))]


async def bot(plat):
    return await plat.store.read("bots", "ada", "bot_1")
