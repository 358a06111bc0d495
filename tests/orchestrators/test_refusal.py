"""A start that is refused is the first line of the bot's log, with its reason and figures; whatever is said later is chained to it."""

import json
from hashlib import sha256

import pytest
from conftest import ACCOUNT, BOT
from host import Killed

from entities.bot import perform
from entities.operation import BotOperation
from shared.ids import entity_key
from tests.builders import USER

KEY = ("bot", entity_key(USER, BOT))

FIGURES = {"field": "investment", "currency": "USDT", "needed": "1000", "available": "999"}


def give(world, amount):
    world.store.rows["accounts", USER, ACCOUNT]["balances"] = {"USDT": amount}


def log(world):
    """The lines in their order, proved to be one chain."""
    rows, mark = sorted(world.store.of("events"), key=lambda row: row["sort"]), ""
    for number, row in enumerate(rows, start=1):
        line = {name: row[name] for name in ("seq", "code", "params", "at")}
        assert (row["seq"], row["previous"]) == (number, mark)
        mark = sha256((mark + json.dumps(line, sort_keys=True, ensure_ascii=True)).encode()).hexdigest()
        assert row["hash"] == mark
    return [(row["code"], row["params"]) for row in rows]


def refusals(world):
    return [params for code, params in log(world) if code == "command_refused"]


async def test_a_refused_start_is_a_line_with_its_reason_its_figures_and_whose_word_it_was(world):
    give(world, "999")
    await world.command("start")
    assert log(world) == [
        (
            "command_refused",
            {"command": "start", "code": "insufficient_funds", **FIGURES, "cause": "command", "by": "user", "command_id": "e1"},
        )
    ]
    assert (world.bot["status"], world.bot["reason"], world.bot["reason_params"]) == ("draft", "insufficient_funds", FIGURES)


async def test_a_start_by_an_alert_that_is_refused_says_so(world):
    give(world, "999")
    hit = {"id": "hit_1", "webhook": "wh_1"}
    await world.host.tick(world.event("command", name="start", params={}, reason="webhook", hit=hit))
    assert [(one["cause"], one["by"]) for one in refusals(world)] == [("signal", "webhook")]


async def test_what_a_later_start_says_goes_on_behind_the_refusals(world):
    give(world, "999")
    for _ in range(2):
        await world.command("start")
    give(world, "10000")
    await world.command("start")
    await world.live_through(2)
    codes = [code for code, _ in log(world)]
    assert codes[:3] == ["command_refused", "command_refused", "status"] and len(codes) > 3
    assert world.bot["status"] == "active"
    await world.command("stop", close_mode="keep")
    await world.wake()
    assert "stopped" in [params.get("status") for _, params in log(world)]


async def test_the_same_command_twice_is_refused_once(world):
    give(world, "999")
    event = world.event("command", name="start", params={})
    for _ in range(2):
        await world.host.tick(event)
    assert len(refusals(world)) == 1


@pytest.mark.parametrize("edge", ["die_before", "die_after"])
@pytest.mark.parametrize("step", range(1, 6))
async def test_wherever_the_host_dies_a_refusal_is_said_once_and_the_start_behind_it(world, edge, step):
    give(world, "999")
    event = world.event("command", name="start", params={})
    setattr(world.host, edge, step)
    try:
        await world.host.tick(event)
    except Killed:
        setattr(world.host, edge, 0)
        await world.host.tick(event)
    setattr(world.host, edge, 0)
    assert len(refusals(world)) == 1
    give(world, "10000")
    await world.command("start")
    await world.live_through(1)
    assert len(refusals(world)) == 1 and world.bot["status"] == "active"


async def test_a_line_the_store_did_not_take_is_stored_before_anything_follows_it(world, monkeypatch):
    give(world, "999")
    event, real = world.event("command", name="start", params={}), world.store.create_all

    async def away(*_):
        raise TimeoutError

    monkeypatch.setattr(world.store, "create_all", away)
    with pytest.raises(TimeoutError):
        await world.host.tick(event)
    assert log(world) == []
    monkeypatch.setattr(world.store, "create_all", real)
    give(world, "10000")
    await world.command("start")
    assert [code for code, _ in log(world)][:2] == ["command_refused", "status"]


async def test_a_refusal_that_comes_when_the_bot_has_started_is_no_line_of_it(world):
    """A run that was given up may still end while another one starts the bot: the entity decides which came first."""
    await world.command("start")
    word = {"id": "old", "kind": "command", "body": {"name": "start"}, "at": world.clock.now}
    state = world.host.entities[KEY]
    given = {"bot": BOT, "event": word, "reason": "venue_down", "params": {}}
    assert perform(BotOperation.REFUSE, state, given) == (None, {"rows": []})
    assert refusals(world) == []


async def test_what_is_kept_of_a_draft_is_no_bot(world):
    give(world, "999")
    await world.command("start")
    state = world.host.entities[KEY]
    for operation, given in (
        (BotOperation.ADVANCE, {"now": 1}),
        (BotOperation.FAIL, {"error": "boom", "now": 1}),
        (BotOperation.WEIGH, {"event": {}}),
    ):
        assert perform(operation, state, given) == (None, {"gone": True})


async def test_only_the_newest_lines_are_kept_for_whoever_starts_it(world):
    give(world, "999")
    for _ in range(10):
        await world.command("start")
    assert len(refusals(world)) == 10 and len(world.host.entities[KEY]["refusals"]) == 8
    give(world, "10000")
    await world.command("start")
    assert len(refusals(world)) == 10 and world.bot["status"] == "starting"
