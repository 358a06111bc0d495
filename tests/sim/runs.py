"""Running seeds: one, many, and what is told of them."""

from __future__ import annotations

import json
import logging
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from tests.sim.venue import PROFILES, Profile
from tests.sim.world import World

REGRESSIONS = Path(__file__).with_name("regressions.json")
SOMETIMES = (
    "kill_before", "kill_after", "zombie", "resumed", "zombie_ignored", "lost_request", "lost_reply", "late_arrival", "store_down", "overlap",
    "message_lost", "message_late", "duplicate", "partial_fill", "reject", "reject_after_yes", "rate_limited", "venue_down", "tick_failed",
    "cancel_too_late", "refused_late", "local_fence", "no_funds", "refused_start", "ends_active", "ends_paused", "ends_stopped",
)  # fmt: skip
"""Every fault and every branch that must be met in a run of many seeds: what never happens proves nothing."""
MANY = 300


class Verdict(NamedTuple):
    seed: int
    profile: str
    violation: str | None
    digest: str
    seen: Counter[str]


def profile_of(name: str | None) -> Profile | None:
    return next((profile for profile in PROFILES if profile.name == name), None)


def judge(seed: int, profile: str | None = None) -> Verdict:
    logging.disable(logging.CRITICAL)
    world = World(seed, profile_of(profile))
    violation = None
    try:
        world.run()
    except AssertionError as broken:
        violation = str(broken)
    finally:
        logging.disable(logging.NOTSET)
    return Verdict(seed, world.profile.name, violation, world.kernel.digest(), world.kernel.seen)


def caught(seeds: range | list[int], profile: str | None) -> Verdict | None:
    """The first seed with a violation."""
    return next((verdict for verdict in (judge(seed, profile) for seed in seeds) if verdict.violation), None)


def regressions() -> list[dict[str, object]]:
    """Seeds that once failed: [{seed, profile, found}]."""
    rows: list[dict[str, object]] = json.loads(REGRESSIONS.read_text(encoding="utf-8"))
    return rows


def remember(verdict: Verdict) -> None:
    rows = regressions()
    row = {"seed": verdict.seed, "profile": verdict.profile, "found": verdict.violation}
    if not any(old["seed"] == row["seed"] for old in rows):
        REGRESSIONS.write_text(json.dumps([*rows, row], indent=1) + "\n", encoding="utf-8")
