"""A bounded share of the full simulation, and what is named: the long gap, every strategy, venues without a deadline, the real store."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from infra.onebox.durable.store import DurableStore
from tests.sim.full.plan import NO_DEADLINE, STRATEGIES, Plan
from tests.sim.full.world import World
from tests.sim.kernel import EPOCH, Swarm
from tests.sim.mutants import patched
from tests.sim.runs import judge
from tests.sim.venue import PROFILES, Account, OrderStatus, Profile, SimExchange
from triggers import bot_events

SEEDS, BATCH = 24, 6
CALM = Swarm()
SHORT = {"faults_ms": 60_000, "moving_ms": 70_000, "timers_ms": 250_000, "end_ms": 300_000}


def plan(seed: int, *strategies: str, **more) -> Plan:
    profile = more.pop("profile", PROFILES[seed % len(PROFILES)])
    return Plan(profile, strategies, seed % 2 == 0, **{**SHORT, "actions": 0, "hooks": 0, **more})


def lived(seed: int, what: Plan, swarm: Swarm | None = None) -> World:
    world = World(seed, plan=what)
    if swarm is not None:
        world.kernel.swarm = swarm
    return world.run()


def tickets(world: World) -> Counter[str]:
    """Orders per intent at the venue, over all accounts."""
    accounts = (account for venue in world.venues.values() for account in venue.accounts.values())
    return Counter(order.client_id for account in accounts for order in account.orders if not order.client_id.startswith("hand"))


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, SEEDS, BATCH))
def test_the_whole_platform_keeps_its_promises_whatever_fails(first):
    verdicts = [judge(seed, kind="full") for seed in range(first, first + BATCH)]
    assert [(v.replay, v.violation) for v in verdicts if v.violation] == []


def test_the_same_seed_is_the_same_run_of_the_platform_to_the_last_event():
    one, other = judge(3, kind="full"), judge(3, kind="full")
    assert (one.digest, one.seen) == (other.digest, other.seen)
    assert judge(4, kind="full").digest != one.digest


def test_on_the_hosts_own_sqlite_the_same_seed_is_the_same_run(tmp_path):
    """What is replaced for its speed changes nothing that happens."""
    store = DurableStore(tmp_path / "durable.db", synchronous="OFF")
    what, rough = plan(6, "GRID", "DCA"), Swarm(kill=0.02, lost_reply=0.03, message_late=0.1)
    real = World(6, plan=what, store=store)
    real.kernel.swarm = rough
    real.run()
    store.close()
    assert real.kernel.digest() == lived(6, what, rough).kernel.digest()
    assert real.kernel.seen["kill_before"] + real.kernel.seen["kill_after"] > 0


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_trades_through_faults(strategy):
    worlds = [lived(seed, plan(seed, strategy, strategy, profile=PROFILES[0])) for seed in range(20, 26)]
    accounts = [account for world in worlds for venue in world.venues.values() for account in venue.accounts.values()]
    assert sum(len(account.trades) for account in accounts) > 0


@pytest.mark.parametrize("mode", ["onebox", "cloud"])
def test_after_a_gap_of_32_minutes_a_bot_is_consistent_within_two_ticks(mode):
    """Nothing of the platform runs, the venue does, and orders fill: two ticks after the gap the ledger is the venue's again."""
    seed = 8 if mode == "onebox" else 9
    what = plan(seed, "GRID", profile=PROFILES[0]).with_gap(40_000)
    world = World(seed, plan=what)
    world.kernel.swarm = CALM
    back = EPOCH + 40_000 + what.gap_ms
    with world.installed():
        world.boot()
        world.kernel.run(back)
        [account] = world.venues["BTC/USDT"].accounts.values()
        missed = {trade.trade_id for _, trade in account.trades if trade.at > EPOCH + 41_000}
        assert missed, "nothing was traded during the gap: the test says nothing"
        assert not is_consistent(world, account, missed)
        while not is_consistent(world, account, missed):
            world.kernel.run(world.kernel.now + 500)
            assert world.kernel.now < back + 60_000, "not consistent within a minute"
        assert len(ticks_since(world, back)) <= 2
        world.heal()
        world.kernel.run(EPOCH + what.end_ms)
        world.checker.at_rest()
    assert world.kernel.seen["gap"] == 1


def is_consistent(world: World, account: Account, missed: set[str]) -> bool:
    """Whether the ledger has what the venue did meanwhile, and the bot's orders are the venue's."""
    [state] = world.checker.states.values()
    resting = {order.client_id for order in account.orders if order.status is OrderStatus.OPEN}
    return missed <= {row["trade_id"] for row in world.rows.all("fills")} and resting == {
        id_ for id_, row in state["sent"].items() if row[1] == "open"
    }


def ticks_since(world: World, at: int) -> list[str]:
    return [row[0] for row in world.durable.store.rows.values() if row[1] == "bot_tick" and row[4] >= at]


@pytest.mark.parametrize("seed", range(4))
def test_without_a_deadline_a_venue_that_remembers_every_id_gets_no_order_twice(seed):
    world = lived(400 + seed, plan(seed, "GRID", profile=NO_DEADLINE))
    assert set(tickets(world).values()) <= {1}


def test_a_venue_without_deadline_and_memory_is_the_weaker_one_and_a_frozen_host_shows_it():
    """What is not promised (KuCoin's kind): a host frozen between its last check and the sending sends long after it was given up."""
    weak = Profile("no deadline, no memory", dedupe="none", has_deadline=False)
    swarm = Swarm(freeze=0.06)
    found = []
    for seed in range(1, 40):
        world = World(seed, plan=Plan(weak, ("GRID",), False, actions=0, hooks=0, **SHORT))
        world.kernel.swarm = swarm
        try:
            world.run()
        except AssertionError as broken:
            found.append(str(broken))
            break
    assert found and found[0].startswith("[1]"), found


def words_not_kept(seed: int) -> list[int]:
    """An owner pauses and resumes at once, again and again: after which of the pairs the bot does not run."""
    world = World(seed, plan=plan(seed, "GRID", profile=PROFILES[0]))
    world.kernel.swarm = CALM
    wrong = []

    def look(number: int) -> None:
        if world.owners.document("bot0")["status"] != "active":
            wrong.append(number)

    for number in range(4):
        at = 20_000 + number * 9_000
        world.owners._at(at, lambda: world.owners.command("bot0", "pause", {"keep_orders": True}))
        world.owners._at(at + 80, lambda: world.owners.command("bot0", "resume"))
        world.owners._at(at + 8_000, lambda number=number: look(number))
    world.run()
    return wrong


def test_what_an_owner_says_takes_effect_in_the_order_it_was_said():
    assert [words_not_kept(seed) for seed in range(6)] == [[]] * 6


def test_a_message_that_is_settled_before_its_tick_is_done_breaks_the_order():
    """The wrong protocol to the test above: no fault is needed, and nothing is lost, but the last word is not the last."""

    async def hasty(client, instance, event, *_):
        if not await bot_events.status_of(client, instance):
            await client.start_new("bot_tick", instance, event)

    with patched(bot_events, "run_tick", hasty):
        assert any(words_not_kept(seed) for seed in range(12))


def test_a_plan_is_drawn_from_the_seed_alone():
    assert Plan.of(random.Random(5)) == Plan.of(random.Random(5))
    assert len({Plan.of(random.Random(seed)) for seed in range(40)}) > 30


def test_the_made_up_venue_keeps_the_promises_of_the_port():
    names = {"place", "cancel", "look_up", "look", "balances", "market", "position", "prepare", "close"}
    assert names <= set(dir(SimExchange))
