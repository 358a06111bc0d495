"""A bot that trades has its ledger read on by the work queue, whoever asks for reports or nobody."""

import pytest

from orchestrators.ledger_rows import FOLD_EVERY, read_on
from tests.triggers.test_notify import Queue


def publication(fills, new):
    rows = [{"kind": "fill"}] * new + [{"kind": "event"}]
    return {"document": {"id": "bot_1", "fills": fills}, "rows": rows}


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
