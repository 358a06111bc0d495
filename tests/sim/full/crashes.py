"""Enumerated crashes of the whole platform: one scenario again and again, dying once at every step, before it and after it.

A step is one I/O of any function (a store, the bus, the vault, the venue, the durable client), one episode, one entity operation or one
commit of the engine. Nothing else goes wrong. Pairs die a second time a few steps after the first, on the order path.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from tests.sim.full.owners import Owners
from tests.sim.full.plan import MINUTE, Plan
from tests.sim.full.world import World
from tests.sim.kernel import EPOCH, Swarm
from tests.sim.venue import PROFILES

BOT = "bot0"
ORDER_PATH = ("execute:", "entity bot", "commit")
PAIR_DISTANCES = (1, 3)
POLL = ("bot_events:durable.status", "bot_nudges:durable.status")  # asking whether the tick is done: the same step again and again
BUSY_MS = 50_000  # afterwards the platform only rests
SPAN = {"faults_ms": 35_000, "moving_ms": 40_000, "timers_ms": 155_000, "end_ms": 180_000}

Act = Callable[[Owners], None]


def command(name: str, **params: Any) -> Act:
    return lambda owners: owners.command(BOT, name, params)


class Scenario(NamedTuple):
    """`acts`: what the owner does, and how many ms after the beginning."""

    strategy: str
    acts: tuple[tuple[int, Act], ...] = ()
    hooks: int = 0
    down_ms: int = 0
    post: bool = False


SCENARIOS = {
    "grid": Scenario("GRID"),
    "pause and resume": Scenario("GRID", ((18_000, command("pause", keep_orders=False)), (28_000, command("resume")))),
    "flatten": Scenario("GRID", ((20_000, command("stop", close_mode="quote")),)),
    "deals": Scenario("DCA", ((15_000, command("close_deal")), (22_000, command("add_funds", amount="100")))),
    "alerts": Scenario("DCA", hooks=3),
    "edit": Scenario("LOOP", ((18_000, command("edit", take_profit_price="140")),)),
    "base": Scenario("BTD", ((25_000, command("stop", close_mode="keep")),)),
    "down for 32 minutes": Scenario("LOOP", down_ms=32 * MINUTE),
    "perpetual": Scenario("DCA_FUTURES", ((25_000, command("stop", close_mode="quote")),)),
    "combo": Scenario("COMBO", ((25_000, command("pause", keep_orders=True)),)),
    "made again": Scenario("DCA", ((15_000, command("rebuild")), (25_000, command("close_deal")))),
    "in the post": Scenario("DCA", ((15_000, command("close_deal")), (22_000, command("add_funds", amount="100"))), post=True),
    "deleted": Scenario("GRID", ((15_000, command("stop", close_mode="quote")), (30_000, lambda owners: owners._delete(BOT)))),
}


class Run(NamedTuple):
    steps: list[str]
    violation: str | None


def run(name: str, is_onebox: bool, deaths: frozenset[int] = frozenset()) -> Run:
    """The scenario, dying at the steps with these numbers."""
    scenario = SCENARIOS[name]
    plan = Plan(PROFILES[0], (scenario.strategy,), is_onebox, actions=0, hooks=scenario.hooks, post=scenario.post, move_ms=2_000, **SPAN)
    if scenario.down_ms:
        plan = plan.with_gap(0)._replace(gaps=(), down_ms=scenario.down_ms)
    world = World(7, plan=plan)
    world.kernel.swarm = Swarm()
    steps: list[str] = []

    def at(label: str, when: str) -> bool:
        if label in POLL or world.kernel.now > EPOCH + BUSY_MS:
            return False
        steps.append(f"{label} {when}")
        return len(steps) - 1 in deaths

    world.kernel.kill_at = at
    for after_ms, act in scenario.acts:
        world.owners._at(after_ms, lambda act=act: act(world.owners))  # type: ignore[misc]
    try:
        world.run()
    except AssertionError as broken:
        return Run(steps, str(broken))
    return Run(steps, None)


def singles(name: str, is_onebox: bool) -> list[frozenset[int]]:
    """Every step."""
    return [frozenset({number}) for number in range(len(run(name, is_onebox).steps))]


def representatives(name: str, is_onebox: bool, most: int = 1) -> list[frozenset[int]]:
    """The first of every kind of step: a bounded share of `singles`."""
    seen: dict[str, int] = {}
    chosen = []
    for number, step in enumerate(run(name, is_onebox).steps):
        seen[step] = seen.get(step, 0) + 1
        if seen[step] <= most:
            chosen.append(frozenset({number}))
    return chosen


def pairs(name: str, is_onebox: bool) -> list[frozenset[int]]:
    """On the order path: dies, and dies again a little later."""
    steps = run(name, is_onebox).steps
    starts = [number for number, step in enumerate(steps) if step.startswith(ORDER_PATH)]
    return [frozenset({number, number + distance}) for number in starts for distance in PAIR_DISTANCES]


def failure(case: tuple[str, bool, frozenset[int]]) -> str | None:
    """What went wrong in one case, with the way to run it again; None: nothing."""
    name, is_onebox, deaths = case
    done = run(name, is_onebox, deaths)
    where = ", ".join(done.steps[number] for number in sorted(deaths) if number < len(done.steps))
    return None if done.violation is None else f"crashes.run({name!r}, {is_onebox}, {deaths!r}) at {where}: {done.violation}"


def cases(which: str) -> list[tuple[str, bool, frozenset[int]]]:
    """All single crashes, all pairs, or one of every kind of step, of every scenario, on one machine and on two hosts."""
    choose = {"singles": singles, "pairs": pairs, "kinds": representatives}[which]
    return [
        (name, is_onebox, deaths)
        for name, scenario in SCENARIOS.items()
        for is_onebox in ((True,) if scenario.down_ms else (True, False))
        for deaths in choose(name, is_onebox)
    ]
