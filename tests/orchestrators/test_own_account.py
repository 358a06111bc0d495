"""What is remembered of a bot's account, and of whose."""

import pytest

from orchestrators.activities import Outside, _given
from orchestrators.own_account import Copies, account_of
from tests.fakes import Clock, MemoryBus, MemoryStore

BOT = {"id": "bot_1", "account_id": "acc_1", "created_at": "2026-01-01T00:00:00.000Z", "status": "active"}
PAPER = {"id": "acc_1", "exchange": "paper", "speed": 1}


@pytest.fixture
def store():
    made = MemoryStore()
    token = _given.set(Outside(made, MemoryBus(), None, Clock(0)))
    made._put("accounts", "ada", dict(PAPER))
    yield made
    _given.reset(token)


async def speed_of(user: str = "ada", **other: str) -> int:
    return (await account_of(user, {**BOT, **other}))["speed"]


async def test_a_running_bots_paper_account_is_read_once(store):
    assert await speed_of() == 1
    store._put("accounts", "ada", {**PAPER, "speed": 2})
    assert await speed_of() == 1


@pytest.mark.parametrize("other", [{"id": "bot_2"}, {"created_at": "2026-01-01T00:00:00.001Z"}, {"status": "draft"}])
async def test_another_bot_and_a_draft_read_it_anew(store, other):
    await speed_of()
    store._put("accounts", "ada", {**PAPER, "speed": 2})
    assert await speed_of(**other) == 2


async def test_nobody_is_shown_the_account_of_somebody_else(store):
    await speed_of()
    with pytest.raises(LookupError):
        await speed_of("eve")


async def test_a_draft_leaves_nothing_behind(store):
    await speed_of(status="draft")
    store._put("accounts", "ada", {**PAPER, "speed": 2})
    assert await speed_of() == 2


async def test_an_account_with_real_money_is_read_every_time(store):
    store._put("accounts", "ada", {**PAPER, "exchange": "binance"})
    await speed_of()
    store._put("accounts", "ada", {**PAPER, "exchange": "binance", "speed": 2})
    assert await speed_of() == 2


async def test_another_store_knows_nothing(store):
    await speed_of()
    other = MemoryStore()
    other._put("accounts", "ada", {**PAPER, "speed": 2})
    token = _given.set(Outside(other, MemoryBus(), None, Clock(0)))
    try:
        assert await speed_of() == 2
    finally:
        _given.reset(token)


def test_the_oldest_copy_goes_when_there_are_too_many():
    copies, store = Copies(most=2), MemoryStore()
    names = [("ada", "acc_1", f"bot_{number}", "") for number in range(3)]
    for name in names:
        copies.keep(store, name, PAPER)
    assert [copies.find(store, name) is not None for name in names] == [False, True, True]
