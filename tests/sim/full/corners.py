"""Corners: worlds in which one rare misfortune is common. What a thousand seeds of the full world meet once, a few of these do."""

from __future__ import annotations

import random
from typing import Any

from tests.sim.full.plan import Plan
from tests.sim.full.world import World

Doc = dict[str, Any]
CALM: Doc = {"actions": 0, "hooks": 0, "poison": False, "guards": False, "by_hand": False, "post": False}
CORNERS: dict[str, tuple[Doc, Doc]] = {
    "stops": (  # stops the venue keeps, for bots whose states get lost
        {**CALM, "strategies": ("DCA_FUTURES", "DCA_FUTURES"), "paper": (False, False), "is_onebox": True, "belts": True, "accidents": 4},
        {"user": 0.0, "rejects": 0.0},
    ),
}
"""By name: what is different in the plan, and in the chances of misfortunes."""


def world_of(name: str, seed: int) -> World:
    plan, swarm = CORNERS[name]
    usual = {field: Plan._field_defaults[field] for field in ("faults_ms", "moving_ms", "timers_ms", "end_ms", "move_ms", "gaps")}
    world = World(seed, plan=Plan.of(random.Random(seed), seed)._replace(**{**usual, **plan}))
    world.kernel.swarm = world.kernel.swarm._replace(**swarm)
    return world
