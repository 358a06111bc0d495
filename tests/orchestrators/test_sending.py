"""The right to send what follows a fill is the fill's own row: one run writes it, and a bot made again reads it."""

import pytest
from conftest import BOT

from orchestrators import activities, sending
from orchestrators.ledger_rows import Fenced, fence_off, write_ledger
from orchestrators.rebuild_plan import rebuild_plan
from orchestrators.sending import Claims, claims_of, with_borne
from shared.bot_document import backup_id
from shared.claims import claim, is_open, name_of, raise_fence
from tests.builders import T0, USER
from tests.fakes import Clock, MemoryStore

ROW = ["L1", 1, 0, "buy", "100", "0.1", "grid", False, T0]
MINE = Claims(frozenset({"a:1", "b:1"}), ("fill",))
NOT_MINE = Claims(frozenset(), ("fill",))


class Counting(MemoryStore):
    """Knows what it was asked."""

    def __init__(self):
        super().__init__()
        self.asked = []

    async def read(self, container, user_id, id):
        self.asked.append(("read", container))
        return await super().read(container, user_id, id)

    async def since(self, container, *given):
        self.asked.append(("since", container))
        return await super().since(container, *given)

    async def create_all(self, container, user_id, documents):
        self.asked.append(("create_all", container))
        await super().create_all(container, user_id, documents)


@pytest.fixture
def store():
    found = Counting()
    token = activities._given.set(activities.Outside(found, None, None, Clock(T0)))
    yield found
    activities._given.reset(token)


def fill(number, epoch=0, **more):
    name = f"{BOT}-{epoch}-{number:08d}"
    return {"id": name, "kind": "fill", "botId": BOT, "sort": f"{epoch:04d}:{number:08d}", "seq": number, "hash": "x"} | more


def work(*claims, fills=(), epoch=0, revision=7):
    intents = [
        {"kind": "place", "id": mark.split(":")[0], "claim": mark, "order": ROW, "origin": [BOT, epoch, revision]} for mark in claims
    ]
    publication = {"rows": [*fills, {"kind": "event", "id": "e"}], "equity": None} if fills else None
    return {"userId": USER, "botId": BOT, "intents": [*intents, {"kind": "cancel", "id": "c", "claim": "c:1"}], "publication": publication}


async def test_orders_that_follow_a_fill_are_claimed_by_its_row_once(store):
    round_ = work("a:1", "b:1", fills=[fill(1), fill(2)])
    assert await claims_of(round_) == MINE
    assert store.asked == [("read", "settings"), ("create_all", "fills")]
    assert await claims_of(round_) == NOT_MINE
    [first, second] = store.of("fills")
    assert "sends" not in first and second["sends"] == {"a:1": [7, ROW], "b:1": [7, ROW]}
    assert not store.of("settings")


async def test_a_fill_the_round_before_has_written_claims_nothing_and_the_document_does(store):
    await write_ledger(store, USER, {"rows": [fill(1)], "equity": None})
    first, second = work("a:1", "b:1", fills=[fill(1)]), work("a:2", fills=[fill(1)])
    claimed = [await claims_of(one) for one in (first, first, second, second)]
    assert claimed == [MINE, Claims(), Claims(frozenset({"a:2"}), ("fill",)), Claims()]
    assert "sends" not in store.of("fills")[0]


async def test_a_row_that_bears_the_orders_of_another_round_is_not_taken_for_this_ones(store):
    assert await claims_of(work("z:1", fills=[fill(1)])) == Claims(frozenset({"z:1"}), ("fill",))
    assert [await claims_of(work("a:1", "b:1", fills=[fill(1)])) for _ in range(2)] == [MINE, Claims()]


async def test_what_is_missing_of_the_fills_is_written_with_the_claim(store):
    await write_ledger(store, USER, {"rows": [fill(1)], "equity": None})
    assert await claims_of(work("a:1", "b:1", fills=[fill(1), fill(2), fill(3)])) == MINE
    assert [row["id"][-1] for row in store.of("fills")] == ["1", "2", "3"]


async def test_more_fills_than_a_batch_takes_are_claimed_by_the_newest(store):
    many = [fill(number) for number in range(1, 151)]
    assert [await claims_of(work("a:1", "b:1", fills=many)) for _ in range(2)] == [MINE, NOT_MINE]
    assert [row["seq"] for row in store.of("fills") if "sends" in row] == [150] and len(store.of("fills")) == 150


async def test_a_round_without_fills_is_claimed_in_the_document(store):
    round_ = work("a:1")
    assert [await claims_of(round_) for _ in range(2)] == [Claims(frozenset({"a:1"})), Claims()]
    assert store.rows["settings", USER, name_of(BOT)]["orders"] == {"a": [7, ROW]}


async def test_nothing_is_asked_where_nothing_must_be_claimed(store):
    paper = work(fills=[fill(1)])
    paper["intents"].append({"kind": "place", "id": "p", "claim": None, "order": ROW, "origin": [BOT, 0, 7]})
    assert await claims_of(paper) == Claims() and store.asked == []


async def test_what_a_run_of_the_release_before_has_claimed_is_not_sent_again(store):
    """It claimed in the document and its host died; this release runs the activity again, and the fill has no row yet."""
    await claim(store, USER, BOT, ["a:1", "b:1"], {"a": [7, ROW], "b": [7, ROW]}, 0, T0)
    assert await claims_of(work("a:1", "b:1", fills=[fill(1)])) == Claims() and not store.of("fills")
    store.rows["settings", USER, name_of(BOT)] |= {"marks": [], "older": ["a:1"]}
    assert await claims_of(work("a:1", "b:1", fills=[fill(1)])) == Claims()
    assert await claims_of(work("n:1", fills=[fill(1)])) == Claims(frozenset({"n:1"}), ("fill",))


async def test_documents_of_every_former_form_are_read(store):
    assert await is_open(store, USER, BOT, ["a:1"], 0)
    store._put("settings", USER, {"id": name_of(BOT), "kind": "claims", "sort": "x", "marks": ["a:1"]})
    assert not await is_open(store, USER, BOT, ["a:1", "b:1"], 0) and await is_open(store, USER, BOT, ["b:1"], 0)


async def test_a_bot_that_was_made_again_claims_nothing_by_its_old_fills(store):
    """Either fence is enough: the one in the document, and the one in the ledger for a run that had read the document before."""
    late = work("a:1", "b:1", fills=[fill(1)])
    assert await fence_off(store, USER, BOT, range(1), {"fill": 1})
    assert await claims_of(late) == Claims()
    with pytest.raises(Fenced):
        await write_ledger(store, USER, late["publication"])
    assert (await raise_fence(store, USER, BOT, 0, "command"))[0] == 1
    store.asked.clear()
    assert await claims_of(work("a:1", fills=[fill(2)])) == Claims() and store.asked == [("read", "settings")]
    assert await claims_of(work("n:1", fills=[fill(2, 1)], epoch=1)) == Claims(frozenset({"n:1"}), ("fill",))


async def plan(store, fills):
    store._put("bots", USER, {"id": backup_id(BOT), "kind": "backup", "epoch": 0, "fills": fills})

    async def fence(above):
        return await raise_fence(store, USER, BOT, above, "command")

    return await rebuild_plan(store, USER, {"id": BOT, "epoch": 0}, fence)


async def test_a_bot_made_again_knows_what_its_fills_bear_and_what_the_document_has(store):
    await claims_of(work("a:1", fills=[fill(1)]))
    await claims_of(work("d:1"))
    await claims_of(work("b:1", fills=[fill(2)], revision=9))
    found = await plan(store, 1)
    assert found["sent"] == {"a": [7, ROW], "d": [7, ROW], "b": [9, ROW]} and found["committed"] == 9
    assert [row["seq"] for row in found["fills"]] == [2] and "sends" not in found["fills"][0]
    assert await claims_of(work("late:1", fills=[fill(3)])) == Claims()


async def test_a_second_sending_is_older_than_the_bot_made_again(store):
    """Found by the simulation: it was sent after a revision the bot made again had not reached, and was taken for one of its own."""
    await claims_of(work("a:1", fills=[fill(1)]))
    await claims_of(work("a:2", revision=11))
    found = await plan(store, 1)
    assert (found["sent"], found["committed"]) == ({"a": [7, ROW]}, 11)


def test_an_order_that_was_sent_twice_is_told_as_it_was_at_first():
    sent = {"a": [3, ["as at first"]], "b": [9, ["again"]]}
    fills = [fill(1, sends={"a:2": [8, ["again"]], "b:1": [4, ["as at first"]]}), fill(2)]
    assert with_borne(sent, fills) == {"a": [3, ["as at first"]], "b": [4, ["as at first"]]}
    assert sent["b"] == [9, ["again"]]


async def test_fills_that_are_stored_are_not_written_again(store):
    round_ = work("a:1", fills=[fill(1)])
    stored = (await claims_of(round_)).stored
    store.asked.clear()
    await write_ledger(store, USER, {**round_["publication"], "stored": stored})
    assert store.asked == [("create_all", "events")] and len(store.of("events")) == 1


def test_the_order_of_a_claim_is_what_its_intent_names():
    assert [sending.order_of(mark) for mark in ("abc:1", "abc:12")] == ["abc", "abc"]
