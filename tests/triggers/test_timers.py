"""The watcher, the heartbeat and the event trigger."""

import dataclasses

import pytest

from shared import watch
from shared.ids import entity_key
from tests.builders import MINUTE, T0, platform, write_market
from tests.fakes import Clock
from triggers import bot_events, market_watch
from triggers.bot_events import TickFailed, instance_id, run_tick
from triggers.heartbeat import look_at_quiet, wake_silent
from triggers.market_watch import look_at_markets

CANDLES = ["100 100 100 100", "100 100 80 100", "100 100 100 100"]
DIP = T0 + MINUTE + 40_000  # when the price is 80
KEY = "replay:acc_1|BTC/USDT"


@pytest.fixture
async def plat(tmp_path):
    plat = platform(write_market(tmp_path / "market", CANDLES), Clock(T0 + 1))
    await watch.watch(plat.store, "replay:acc_1", {"market": "replay", "speed": 1, "created_ms": T0}, "BTC/USDT")
    return plat


def bot(plat, id, user="ada", **fields):
    plat.store._put("bots", user, {"id": id, "kind": "bot", "sort": id, "watchKey": KEY, "lastTickMs": T0, **fields})


async def test_only_bots_whose_horizon_was_crossed_are_woken(plat):
    bot(plat, "near", below=90.0, above=110.0)
    bot(plat, "far", below=70.0, above=110.0)
    assert await look_at_markets(plat) == 0
    plat.now_ms.now = T0 + 2 * MINUTE
    assert await look_at_markets(plat) == 1
    assert [(event.bot_id, event.kind) for event in plat.bus.sent] == [("near", "market")]


async def test_a_spike_between_two_looks_is_seen_and_only_once(plat):
    bot(plat, "b", below=90.0)
    await look_at_markets(plat)
    plat.now_ms.now = T0 + 2 * MINUTE + 1
    await look_at_markets(plat)
    plat.now_ms.now += 10_000
    assert await look_at_markets(plat) == 0


async def test_two_watchers_in_the_same_slot_send_one_message(plat):
    bot(plat, "b", until_ms=T0)
    await look_at_markets(plat)
    await look_at_markets(plat)
    assert len(plat.bus.sent) == 1


def place(plat):
    return plat.store.rows["settings", "platform", "watch-replay-acc_1"]["symbols"]["BTC/USDT"]


async def test_the_place_is_written_when_a_bot_was_woken_and_otherwise_once_a_minute(plat):
    bot(plat, "b", below=90.0)
    await look_at_markets(plat)
    begun = place(plat)
    for _ in range(11):
        plat.now_ms.now += 5_000
        assert await look_at_markets(plat) == 0
    assert place(plat) == begun
    plat.now_ms.now += 5_000
    await look_at_markets(plat)
    assert place(plat) > begun
    written = place(plat)
    plat.now_ms.now = DIP + 1
    assert await look_at_markets(plat) == 1
    assert place(plat) > written


@pytest.mark.parametrize("looks", [1, 5, 12, 19])
async def test_a_watcher_that_dies_between_two_looks_loses_no_crossing(plat, looks):
    bot(plat, "b", below=90.0)
    for _ in range(looks):
        assert await look_at_markets(plat) == 0
        plat.now_ms.now += 5_000
    market_watch._memory.clear()
    plat.now_ms.now = DIP + 60_000  # the price is back
    assert await look_at_markets(plat) == 1


async def test_a_message_that_could_not_be_sent_is_sent_by_the_next_watcher(plat, monkeypatch):
    bot(plat, "b", below=90.0)
    await look_at_markets(plat)
    plat.now_ms.now = T0 + 2 * MINUTE

    async def refused(events):
        raise OSError("no bus")

    with monkeypatch.context() as broken:
        broken.setattr(plat.bus, "send", refused)
        with pytest.raises(OSError):
            await look_at_markets(plat)
    market_watch._memory.clear()
    plat.now_ms.now += 5_000
    assert await look_at_markets(plat) == 1


async def test_a_bot_published_while_the_watcher_looked_is_judged_by_what_it_missed(plat):
    await look_at_markets(plat)
    plat.now_ms.now = T0 + 2 * MINUTE  # the price has been at 80 and is back
    await look_at_markets(plat)
    plat.now_ms.now += 5_000
    bot(plat, "late", below=90.0, lastTickMs=T0 + MINUTE)
    bot(plat, "new", below=90.0, lastTickMs=T0 + 2 * MINUTE + 1)
    assert await look_at_markets(plat) == 1
    assert plat.bus.sent[-1].bot_id == "late"


async def test_what_only_a_tick_can_do_goes_before_what_rests_at_the_venue(plat):
    for n in range(3):
        bot(plat, f"grid{n}", below=90.0)
        bot(plat, f"stop{n}", below=90.0, urgent="below")
        bot(plat, f"gain{n}", below=90.0, urgent="above")
    await look_at_markets(plat)
    plat.now_ms.now = T0 + 2 * MINUTE
    assert await look_at_markets(plat) == 9
    assert [event.bot_id for event in plat.bus.sent[:3]] == ["stop0", "stop1", "stop2"]


async def test_a_due_bot_stays_due_until_it_ticked_and_one_that_is_gone_is_forgotten(plat):
    bot(plat, "b", below=90.0)
    bot(plat, "gone", below=90.0)
    await look_at_markets(plat)
    plat.now_ms.now = T0 + 2 * MINUTE + 1
    assert await look_at_markets(plat) == 2
    del plat.store.rows["bots", "ada", "gone"]
    plat.now_ms.now += market_watch.PATIENCE_MS
    assert await look_at_markets(plat) == 2  # the messages may have been lost; the price is back long ago
    plat.store.rows["bots", "ada", "b"]["lastTickMs"] = plat.now_ms.now
    plat.now_ms.now += 4 * market_watch.PATIENCE_MS + 3_600_000
    assert await look_at_markets(plat) == 0


async def test_in_a_storm_a_nudge_may_take_as_long_as_those_before_it_need(plat):
    for n in range(4 * market_watch.SLOWEST_A_SECOND):
        bot(plat, f"b{n}", below=90.0)
    await look_at_markets(plat)
    plat.now_ms.now = T0 + 2 * MINUTE
    assert await look_at_markets(plat) == 4 * market_watch.SLOWEST_A_SECOND
    plat.now_ms.now += market_watch.PATIENCE_MS + 3_999
    assert await look_at_markets(plat) == 0
    plat.now_ms.now += 1
    assert await look_at_markets(plat) == 4 * market_watch.SLOWEST_A_SECOND


async def test_a_broken_market_does_not_blind_the_others(plat, tmp_path):
    await watch.watch(plat.store, "a-gone", {"market": "nowhere", "speed": 1, "created_ms": 0}, "X/Y")
    bot(plat, "b", below=90.0)
    await look_at_markets(plat)
    plat.now_ms.now = T0 + 2 * MINUTE
    assert await look_at_markets(plat) == 1


class Rounds:
    """A durable client that remembers what was started."""

    def __init__(self):
        self.given = {}

    async def start_new(self, name, instance, given):
        self.given[name, instance] = given

    @property
    def bots(self):
        return [bot_id for given in self.given.values() for _, bot_id in given["bots"]]


async def test_every_quiet_bot_is_looked_at_once_within_a_heartbeat_and_others_are_not(plat):
    for n in range(60):
        bot(plat, f"quiet{n}", beat=n / 60)
    plat.now_ms.now = T0 + 16 * MINUTE
    bot(plat, "busy", beat=0.5, lastTickMs=T0 + 60 * MINUTE)
    bot(plat, "other", beat=0.5, lastTickMs=T0)
    del plat.store.rows["bots", "ada", "other"]["watchKey"]
    client = Rounds()
    for _ in range(15):
        assert await look_at_quiet(plat, client) == 4
        plat.now_ms.now += MINUTE
    assert sorted(client.bots) == sorted(f"quiet{n}" for n in range(60))
    assert plat.bus.sent == []


async def test_a_round_takes_two_hundred_bots_and_a_timer_that_fires_twice_starts_it_once(plat):
    plat = platform_with_heartbeat(plat, 30)
    for n in range(250):
        bot(plat, f"b{n}", beat=n / 250)
    plat.now_ms.now = T0 + 16 * MINUTE
    client = Rounds()
    assert await look_at_quiet(plat, client) == await look_at_quiet(plat, client) == 250
    assert sorted(len(given["bots"]) for given in client.given.values()) == [50, 200]


def platform_with_heartbeat(plat, seconds):
    return dataclasses.replace(plat, settings=plat.settings.model_copy(update={"heartbeat_s": seconds}))


async def test_a_bot_that_even_rest_does_not_explain_is_woken_by_the_sweeper(plat):
    bot(plat, "resting", lastTickMs=T0 + 2 * 15 * MINUTE)
    bot(plat, "silent")
    plat.now_ms.now = T0 + 27 * 15 * MINUTE
    assert await wake_silent(plat) == 1
    assert [(event.bot_id, event.kind) for event in plat.bus.sent] == [("silent", "heartbeat")]


class Status:
    def __init__(self, word):
        self.runtime_status = word


class Client:
    """A durable client whose instance goes through the given words."""

    def __init__(self, *words):
        self.words, self.started, self.given = list(words), [], []

    async def get_status(self, instance):
        return Status(self.words.pop(0) if len(self.words) > 1 else self.words[0])

    async def start_new(self, name, instance, given):
        self.started.append((name, instance))
        self.given.append(given)


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    market_watch._memory.clear()
    monkeypatch.setattr(bot_events, "FIRST_POLL_S", 0.0005)
    monkeypatch.setattr(bot_events, "LONGEST_POLL_S", 0.0005)
    monkeypatch.setattr(bot_events, "WAIT_S", 0.005)


EVENT = {"kind": "market", "body": {}}


async def test_an_event_starts_its_tick_and_waits_for_it():
    client = Client("", "Pending", "Running", "Completed")
    await run_tick(client, "i", EVENT)
    assert client.started == [("bot_tick", "i")]


async def test_an_event_with_nothing_to_do_starts_no_tick(monkeypatch):
    async def at_rest(event):
        return {"idle": True}

    monkeypatch.setattr(bot_events, "observed", at_rest)
    client = Client("Completed")
    assert await run_tick(client, "i", EVENT, is_first=True) == "tick.idle"
    assert client.started == []


async def test_after_a_tick_that_failed_the_next_delivery_is_not_taken_for_idle(monkeypatch):
    async def at_rest(event):
        return {"idle": True}

    monkeypatch.setattr(bot_events, "observed", at_rest)
    client = Client("Failed", "Completed")
    assert await run_tick(client, "i", EVENT) == "tick.published"
    assert client.started == [("bot_tick", "i")]


async def test_a_tick_is_begun_although_nobody_could_look(monkeypatch):
    async def away(event):
        raise TimeoutError

    monkeypatch.setattr(bot_events, "observed", away)
    client = Client("Running", "Completed")
    assert await run_tick(client, "i", EVENT, is_first=True) == "tick.published"
    assert client.started == [("bot_tick", "i")]


async def test_only_the_run_that_makes_a_bot_again_takes_the_look_that_fences_the_old_one_off(monkeypatch):
    async def fencing(event):
        raise AssertionError("two hosts with the same message would fence each other's bots off")

    monkeypatch.setattr(bot_events, "observed", fencing)
    client = Client("Running", "Completed")
    assert await run_tick(client, "i", {"kind": "command", "body": {"name": "rebuild"}}, is_first=True) == "tick.published"
    assert client.started == [("bot_tick", "i")] and "seen" not in client.given[0]


async def test_an_event_delivered_twice_does_not_start_a_second_tick():
    for words in (["Completed"], ["Running", "Running", "Completed"]):
        client = Client(*words)
        await run_tick(client, "i", EVENT)
        assert client.started == []


async def test_a_failed_tick_gives_the_message_back_and_the_next_delivery_tries_again():
    client = Client("", "Running", "Failed")
    with pytest.raises(TickFailed):
        await run_tick(client, "i", EVENT)
    client = Client("Failed", "Completed")
    await run_tick(client, "i", EVENT)
    assert len(client.started) == 1


async def test_waiting_is_bounded():
    with pytest.raises(TickFailed):
        await run_tick(Client("Running"), "i", {})


def test_an_instance_id_has_only_what_durable_takes():
    name = instance_id(f"{entity_key('ada', 'b')}:s17")
    assert not set(name) & set("/\\#?:")


def test_a_message_comes_back_slower_and_slower():
    pauses = [bot_events.pause_before_return(deliveries) for deliveries in range(1, 11)]
    assert pauses[0] == 1 and pauses == sorted(pauses)
    assert sum(pauses) > 120 and max(pauses) < 60


async def test_a_bot_on_its_way_is_not_nudged_again_until_it_ticked_or_patience_ends(plat):
    bot(plat, "b", until_ms=T0)
    plat.now_ms.now = T0 + 1_000
    assert await look_at_markets(plat) == 1
    plat.now_ms.now += 5_000
    assert await look_at_markets(plat) == 0
    plat.store.rows["bots", "ada", "b"]["lastTickMs"] = plat.now_ms.now
    assert await look_at_markets(plat) == 1
    plat.now_ms.now += market_watch.PATIENCE_MS
    assert await look_at_markets(plat) == 1
