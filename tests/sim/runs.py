"""Running seeds: one, many, and what is told of them. There are two worlds: the `small` model and the `full` platform."""

from __future__ import annotations

import gc
import json
import logging
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from tests.sim.venue import PROFILES, Profile
from tests.sim.world import World

REGRESSIONS = Path(__file__).with_name("regressions.json")
CATCHES = Path(__file__).with_name("catches.json")
CORNERS = ("stops", "late trades", "varied")
KINDS = ("small", "full", *CORNERS)
_SHARED = (
    "kill_before", "kill_after", "zombie", "resumed", "zombie_ignored", "lost_request", "lost_reply", "late_arrival", "store_down",
    "message_lost", "message_late", "partial_fill", "reject", "reject_after_yes", "venue_down", "cancel_too_late", "ends_active", "ends_paused",
    "ends_stopped",
)  # fmt: skip
SOMETIMES = {
    "small": (*_SHARED, "overlap", "duplicate", "rate_limited", "tick_failed", "refused_late", "local_fence", "no_funds", "refused_start"),
    "full": (
        *_SHARED, "stale_read", "race_lost", "lock_lost", "settled_too_late", "slot_lost", "slot_twice", "gap", "banned", "ban_heard",
        "budget_spent", "poison", "foreign_order", "cancelled_by_hand", "alert_202", "alert_404", "alert_422", "alert_503", "decided_ok",
        "kill_commit_before", "kill_commit_after", "kill_episode_before", "kill_entity_before", "owner_panic_freeze",
        "owner_panic_cancel_all", "owner_panic_flatten", "owner_edit", "owner_add_funds", "owner_delete", "guard_tripped", "mode_onebox", "mode_post",
        "mode_cloud", "ends_deleted", "judged_paper", "paper_void", "stop_placed", "stop_triggered", "stop_cancelled", "stop_refused", "stop_purged",
        "belt_at_rest", "lane_bot-events", "lane_bot-nudges", "state_lost", "rebuilt", "rebuild what was lost", "rebuild for nothing",
    ),
}  # fmt: skip
"""Every fault and every branch that must be met in a run of many seeds: what never happens proves nothing."""
MANY = {"small": 1_000, "full": 400}
TWICE = 100  # one seed in so many runs twice and must end with the same event log


class Verdict(NamedTuple):
    kind: str
    seed: int
    profile: str
    violation: str | None
    digest: str
    seen: Counter[str]

    @property
    def replay(self) -> str:
        """The command that runs this seed again."""
        return f"python -m tests.sim --kind {self.kind} --first {self.seed} --seeds 1"


def profile_of(name: str | None) -> Profile | None:
    return next((profile for profile in PROFILES if profile.name == name), None)


def judge(seed: int, profile: str | None = None, kind: str = "small") -> Verdict:
    """One seed to its end. A violated invariant is told; anything else that is raised is told with its type."""
    quiet = logging.getLogger().manager.disable
    logging.disable(logging.CRITICAL)  # a full world that reads its log says so itself
    world = made(seed, profile, kind)
    violation = None
    try:
        world.run()
    except AssertionError as broken:
        violation = str(broken)
    except Exception as broken:
        violation = f"{type(broken).__name__}: {broken}"
    finally:
        logging.disable(quiet)
        gc.collect(0)
    return Verdict(kind, seed, world.profile.name, violation, world.kernel.digest(), world.kernel.seen)


def made(seed: int, profile: str | None, kind: str) -> World:
    if kind == "small":
        return World(seed, profile_of(profile))
    if kind in CORNERS:
        from tests.sim.full.corners import world_of

        return world_of(kind, seed)  # type: ignore[return-value]
    from tests.sim.full.world import World as Full

    return Full(seed)  # type: ignore[return-value]


def judge_twice(kind: str, seed: int) -> Verdict:
    """[16]: some seeds run twice, and the second run must be the first one again."""
    verdict = judge(seed, kind=kind)
    if seed % TWICE == 0 and verdict.violation is None:
        again = judge(seed, kind=kind)
        verdict.seen["ran_twice"] += 1
        if again.digest != verdict.digest:
            return verdict._replace(violation=f"[16] seed {seed} ran twice and was not the same")
    return verdict


def caught(seeds: range | list[int], profile: str | None, kind: str = "small") -> Verdict | None:
    """The first seed with a violation."""
    return next((verdict for verdict in (judge(seed, profile, kind) for seed in seeds) if verdict.violation), None)


def never(kind: str, seen: Counter[str], count: int) -> list[str]:
    """What should have happened in so many seeds and did not."""
    return [name for name in SOMETIMES[kind] if not seen[name]] if count >= MANY.get(kind, count + 1) else []


def regressions() -> list[dict[str, object]]:
    """Seeds that once failed: [{kind, seed, profile, found}]."""
    rows: list[dict[str, object]] = json.loads(REGRESSIONS.read_text(encoding="utf-8"))
    return rows


def catches() -> dict[str, int]:
    """By wrong protocol: a seed that is known to catch it, for those the first few do not."""
    known: dict[str, int] = json.loads(CATCHES.read_text(encoding="utf-8"))
    return known


def remember(verdict: Verdict) -> None:
    rows = regressions()
    row = {"kind": verdict.kind, "seed": verdict.seed, "profile": verdict.profile, "found": verdict.violation}
    if not any((old.get("kind", "small"), old["seed"]) == (row["kind"], row["seed"]) for old in rows):
        REGRESSIONS.write_text(json.dumps([*rows, row], indent=1) + "\n", encoding="utf-8")
