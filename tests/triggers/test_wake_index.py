"""What the watcher reads of the bots, look after look."""

from tests.builders import T0
from tests.fakes import MemoryStore
from triggers.market_watch import STORED_EVERY_MS, share_of
from triggers.wake_index import OVERLAP_S, QUIET_S, WakeIndex


class Counting(MemoryStore):
    """Counts the rows that questions across partitions bring."""

    read_rows = 0

    async def across(self, container, statement, parameters, limit):
        found = await super().across(container, statement, parameters, limit)
        self.read_rows += len(found)
        return found


def published(store, id, at_ms):
    store._put("bots", "ada", {"id": id, "watchKey": "x|A/B", "below": 1.0, "lastTickMs": at_ms})
    store.rows["bots", "ada", id]["_ts"] = at_ms // 1000


async def look(index, store, at_ms):
    """How many documents a look reads, and how many of them are news."""
    before = store.read_rows
    news = await index.refresh(store, at_ms)
    return store.read_rows - before, sum(map(len, news.values()))


async def test_what_was_published_last_is_not_read_for_ever():
    index, store = WakeIndex(), Counting()
    for number in range(20):
        published(store, f"b{number}", T0)
    assert await look(index, store, T0) == (20, 20)
    assert await look(index, store, T0 + 1_000) == (20, 0)  # it may not have shown all of them yet
    assert await look(index, store, T0 + 1_000 * (QUIET_S + 2)) == (20, 0)  # nobody looked for so long
    assert await look(index, store, T0 + 1_000 * (QUIET_S + 3)) == (0, 0)


async def test_a_document_that_shows_late_or_by_a_slow_clock_is_read():
    index, store = WakeIndex(), Counting()
    published(store, "a", T0)
    await look(index, store, T0)
    published(store, "late", T0 - 1_000 * OVERLAP_S)
    assert await look(index, store, T0 + 1_000) == (2, 1)
    for second in range(2, 600, 5):
        await look(index, store, T0 + 1_000 * second)
    published(store, "slow", T0 + 1_000 * (600 - QUIET_S + 5))
    assert await look(index, store, T0 + 600_000) == (1, 1)


def test_the_places_of_many_sources_are_not_written_in_one_look():
    shares = {share_of(f"simulated:{speed}") // 1_000 for speed in range(100)}
    assert len(shares) > 30
    assert max(shares) < STORED_EVERY_MS // 1_000
