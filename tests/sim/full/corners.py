"""Corners: worlds in which one rare misfortune is common. What a thousand seeds of the full world meet once, a few of these do."""

from __future__ import annotations

import random
from typing import Any

from tests.sim.full.plan import Plan
from tests.sim.full.world import World
from tests.sim.venue import Profile

Doc = dict[str, Any]
SLOW_TO_SHOW = Profile("slow to show", visible_ms=9_000)
USUAL: Doc = {field: Plan._field_defaults[field] for field in ("faults_ms", "moving_ms", "timers_ms", "end_ms", "move_ms", "gaps")}
CALM: Doc = {**USUAL, "actions": 0, "hooks": 0, "poison": False, "guards": False, "by_hand": False, "post": False}
CORNERS: dict[str, tuple[Doc, Doc]] = {
    "stops": (  # stops the venue keeps, for bots whose states get lost
        {**CALM, "strategies": ("DCA_FUTURES", "DCA_FUTURES"), "paper": (False, False), "is_onebox": True, "belts": True, "accidents": 4},
        {"user": 0.0, "rejects": 0.0},
    ),
    "late trades": (  # trades that are shown long after the order they end, of bots that replace their orders all the time
        {**CALM, "strategies": ("DCA",) * 3, "paper": (False,) * 3, "is_onebox": False, "accidents": 0, "profile": SLOW_TO_SHOW, "actions": 4,
         "hooks": 24, "move_ms": 1_500},
        {"partial": 1.0, "user": 1.0, "slow": 0.05, "kill": 0.0, "store_down": 0.0, "freeze": 0.0, "venue_down": 0.0},
    ),
    "varied": ({"varied": True}, {}),  # every bot is one of the variants of configs.py, where elsewhere one in eight is
}  # fmt: skip
"""By name: what is different in the plan, and in the chances of misfortunes."""


def world_of(name: str, seed: int) -> World:
    plan, swarm = CORNERS[name]
    world = World(seed, plan=Plan.of(random.Random(seed), seed)._replace(**plan))
    world.kernel.swarm = world.kernel.swarm._replace(**swarm)
    return world
