"""A round of the heartbeat, whatever a venue does: in parts that end long before a function may not go on, and over when it has taken long."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from orchestrators import activities, quiet_round
from orchestrators.quiet_round import AT_ONCE, LOOK_S, PART, PAUSE_S, ROUND_TIME
from tests.builders import T0, USER
from tests.fakes import Clock, MemoryBus

BOTS = [[USER, f"bot_{number}"] for number in range(200)]


class Context:
    """A replay whose activities take so long and wake one bot each."""

    def __init__(self, takes):
        self.takes, self.looked = takes, []
        self.current_utc_datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def get_input(self):
        return {"bots": BOTS, "beat": "beat7", "tick_before": 0}

    def call_activity(self, name, given):
        assert (name, given["beat"], given["tick_before"]) == ("look_around", "beat7", 0)
        self.looked.append(given["bots"])
        return 1


def finished(context):
    round_, asked = quiet_round.quiet_round(context), None
    try:
        while True:
            asked = round_.send(asked)
            context.current_utc_datetime += context.takes
    except StopIteration as end:
        return end.value


def test_every_bot_of_a_round_is_looked_at_once_in_parts():
    context = Context(timedelta(seconds=20))
    assert finished(context) == 5
    assert [bot for part in context.looked for bot in part] == BOTS and {len(part) for part in context.looked} == {PART}


def test_a_venue_that_needs_two_seconds_for_a_look_is_looked_at_to_the_end():
    assert finished(Context(timedelta(seconds=PART / AT_ONCE * (PAUSE_S + 2)) - timedelta(milliseconds=1))) == 5


def test_a_round_that_takes_too_long_leaves_the_rest_to_the_next_heartbeat():
    context = Context(timedelta(seconds=PART / AT_ONCE * (PAUSE_S + LOOK_S)))
    assert finished(context) == 2 and context.looked == [BOTS[:PART], BOTS[PART : 2 * PART]]
    assert 2 * context.takes < ROUND_TIME * 1.5


def test_no_part_comes_near_the_time_a_function_may_take():
    hours, minutes, seconds = json.loads(Path("host.json").read_text(encoding="utf-8"))["functionTimeout"].split(":")
    may_take = timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds))
    assert timedelta(seconds=PART / AT_ONCE * (PAUSE_S + LOOK_S)) < may_take * 0.75


async def test_a_look_that_does_not_end_is_given_up_and_the_others_are_made(monkeypatch, caplog):
    async def looked(user_id, bot_id, tick_before, accounts):
        await asyncio.sleep(60 if bot_id == "bot_1" else 0)
        return True

    monkeypatch.setattr(quiet_round, "needs_a_tick", looked)
    monkeypatch.setattr(quiet_round, "LOOK_S", 1)
    monkeypatch.setattr(quiet_round, "PAUSE_S", 0)
    bus = MemoryBus()
    token = activities._given.set(activities.Outside(None, bus, None, Clock(T0)))
    try:
        around = quiet_round.look_around._function.get_user_function()
        assert await around({"bots": BOTS[:9], "beat": "beat7", "tick_before": 0}) == 8
    finally:
        activities._given.reset(token)
    assert [event.bot_id for event in bus.sent] == [name for _, name in BOTS[:9] if name != "bot_1"]
