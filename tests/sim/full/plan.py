"""What kind of run a seed is: who lives where, how long its phases last, and which misfortunes it has beside the swarm's."""

from __future__ import annotations

import random
from typing import NamedTuple

from strategy_core.registry import NAMES
from tests.sim.venue import PROFILES, Profile

MINUTE = 60_000
STRATEGIES = tuple(sorted(NAMES))
BANNING = Profile("bans", calls_per_s=12, bans=True)
NO_DEADLINE = Profile("like Coinbase", dedupe="always", has_deadline=False)
ACCIDENTS = (0, 0, 1, 0, 2, 0, 0, 1, 0, 0)
"""By seed, in turn: the seeds without accidents are what they would be if there were none."""
POST_EVERY, POST_AT = 7, 3
PURGE_EVERY, PURGE_AT = 5, 3
VARIED_EVERY, VARIED_AT = 8, 2
FULL_PROFILES = (*PROFILES, BANNING, NO_DEADLINE)


def has_post(seed: int) -> bool:
    return seed % POST_EVERY == POST_AT


class Plan(NamedTuple):
    """Instants in ms since the run began."""

    profile: Profile
    strategies: tuple[str, ...]
    is_onebox: bool
    actions: int = 4  # of owners, per bot
    hooks: int = 6
    poison: bool = False
    guards: bool = False
    by_hand: bool = False  # owners trade on the venue themselves
    listens: bool = False  # the log is read for secrets
    post: bool = False  # there is no Service Bus: messages lie in the container `post`, and one timer does it all
    belts: bool = False  # perpetuals have a stop, and their venue keeps it
    purges: bool = False  # the venue forgets its stops once
    varied: bool = False  # its bots are no plain ones (configs.py)
    accidents: int = 0  # states that get lost, and rebuilds for no reason, per bot
    paper: tuple[bool, ...] = ()  # by bot: whether its account is a paper account
    gaps: tuple[int, ...] = ()
    gap_ms: int = 32 * MINUTE
    down_ms: int = 0  # how long the one process stays down when it dies; 0: some seconds
    faults_ms: int = 120_000
    moving_ms: int = 140_000
    timers_ms: int = 500_000
    end_ms: int = 560_000
    move_ms: int = 2_500

    @classmethod
    def of(cls, chance: random.Random, seed: int = 0) -> Plan:
        count = chance.choice((1, 1, 2, 2, 3))
        plan = cls(
            profile=chance.choice(FULL_PROFILES),
            strategies=tuple(chance.choice(STRATEGIES) for _ in range(count)),
            is_onebox=chance.random() < 0.5,
            actions=chance.choice((0, 1, 2, 4)),
            hooks=chance.choice((0, 0, 3, 12)),
            poison=(chance.random() < 0.15) and not has_post(seed),
            post=has_post(seed),
            guards=chance.random() < 0.3,
            by_hand=chance.random() < 0.25,
            listens=chance.random() < 0.05,
            belts=chance.random() < 0.5,
            purges=seed % PURGE_EVERY == PURGE_AT,
            varied=seed % VARIED_EVERY == VARIED_AT,
            accidents=ACCIDENTS[seed % len(ACCIDENTS)],
            paper=tuple(chance.random() < 0.3 for _ in range(count)),
        )
        return plan.with_gap(chance.randint(30_000, 100_000)) if chance.random() < 0.15 else plan

    def with_gap(self, at: int) -> Plan:
        """Nothing runs for 32 minutes; prices move all the while, if slowly."""
        later = {name: getattr(self, name) + self.gap_ms for name in ("faults_ms", "moving_ms", "timers_ms", "end_ms")}
        return self._replace(gaps=(at,), move_ms=20_000, **later)

    @property
    def calm(self) -> Plan:
        """The same without owners' doings."""
        return self._replace(actions=0, hooks=0, poison=False, guards=False, by_hand=False, accidents=0)

    def is_poison(self, error: BaseException) -> bool:
        return self.poison and type(error).__name__ in ("JSONDecodeError", "KeyError", "TypeError", "ValueError")
