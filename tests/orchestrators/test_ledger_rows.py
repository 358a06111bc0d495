"""A bot that trades has its ledger read on by the work queue, whoever asks for reports or nobody."""

import pytest

from orchestrators.ledger_rows import FOLD_EVERY, Fenced, fence_off, read_on, write_ledger
from orchestrators.rebuild_plan import ledger
from tests.fakes import MemoryStore
from tests.triggers.test_notify import Queue


def publication(fills, new):
    rows = [{"kind": "fill"}] * new + [{"kind": "event"}]
    return {"document": {"id": "bot_1", "fills": fills}, "rows": rows}


def line(number, kind="fill", epoch=0):
    return {
        "id": f"bot_1-{epoch}-{number:08d}",
        "kind": kind,
        "botId": "bot_1",
        "sort": f"{epoch:04d}:{number:08d}",
        "seq": number,
        "hash": "x",
    }


async def written(store, *rows):
    await write_ledger(store, "ada", {"rows": rows, "equity": None})


async def test_a_row_is_written_once_and_what_is_missing_is_added():
    store = MemoryStore()
    await written(store, line(1), line(2), line(1, "event"))
    await written(store, {**line(2), "late": True}, line(3), line(1, "event"))
    await written(store, line(1), line(2), line(3))
    assert [row["id"][-1] for row in store.of("fills")] == ["1", "2", "3"] and not any("late" in row for row in store.of("fills"))
    assert len(store.of("events")) == 1


async def test_what_a_state_before_had_still_to_write_goes_nowhere_once_its_bot_is_made_again():
    """Found by the simulation: its fill came after the ledger had been read, and the bot made again found it at the venue, too."""
    store = MemoryStore()
    await written(store, line(1), line(2), line(1, "event"))
    fills, last = await ledger(store, "ada", "bot_1", {"epoch": 0, "fills": 1}, 1)
    assert ([row["id"][-1] for row in fills], last) == (["2"], {"seq": 1, "hash": "x"})
    assert await ledger(store, "ada", "bot_1", {"epoch": 0, "fills": 1}, 1) == (fills, last)
    for late in ((line(2), line(3)), (line(3), line(4)), (line(1, "event"), line(2, "event"))):
        with pytest.raises(Fenced):
            await written(store, *late)
    await written(store, line(3, epoch=1), line(2, "event", 1))
    assert [len(store.of(name)) for name in ("fills", "events")] == [3, 2]


async def test_a_row_that_is_there_by_now_is_no_fence():
    store = MemoryStore()
    await written(store, line(1))
    assert not await fence_off(store, "ada", "bot_1", range(1), {"fill": 1})
    assert await fence_off(store, "ada", "bot_1", range(1), {"fill": 2})


@pytest.mark.parametrize(
    ("fills", "new", "asked"),
    [
        (FOLD_EVERY - 1, 3, 0),
        (FOLD_EVERY, 1, 1),
        (FOLD_EVERY + 2, 3, 1),
        (FOLD_EVERY + 2, 2, 0),
        (FOLD_EVERY, 0, 0),
        (2 * FOLD_EVERY, 700, 1),
    ],
)
async def test_a_fold_is_asked_for_when_the_fills_pass_a_multiple(fills, new, asked):
    queue = Queue()
    for _ in range(2):  # an activity may run twice
        await read_on(queue, "ada", publication(fills, new))
    assert list(queue.tasks.values()) == [{"kind": "fold", "userId": "ada", "botId": "bot_1"}] * asked


async def test_a_queue_that_is_away_stops_no_tick():
    class Away:
        async def put(self, id, task, delay_s=0):
            raise ConnectionError

    await read_on(Away(), "ada", publication(FOLD_EVERY, 1))
    await read_on(None, "ada", publication(FOLD_EVERY, 1))
