"""What befalls a bot beside bad hosts: its entity's state is lost or mangled, and owners who have it made again, needed or not.

Rules
1. A state is lost on the disk, while the process that remembers it dies: as after a damaged task hub.
2. Whoever looks sees it by the bot's own document ("state_lost"), and asks for a rebuild.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.ids import entity_key

if TYPE_CHECKING:
    from tests.sim.full.world import World

RUNS = ("starting", "waiting", "active", "paused", "stopping")


class Accidents:
    def __init__(self, world: World) -> None:
        self._world, self._kernel = world, world.kernel
        self.lost: set[str] = set()

    def befall(self, name: str) -> None:
        """One accident to one bot, if it runs."""
        document = self._world.owners.document(name)
        if document is None or document["status"] not in RUNS:
            return
        if self._kernel.chance.random() < 0.5 and self._world.plan.is_onebox and self._world.is_up:
            self._lose(name)
        else:
            self.rebuild(name, "for nothing")

    def rebuild(self, name: str, why: str) -> None:
        self._kernel.seen[f"rebuild {why}"] += 1
        self._world.owners.command(name, "rebuild")

    def _lose(self, name: str) -> None:
        world, bot = self._world, self._world.owners.bots[name]
        entities = getattr(world.durable.store, "entities", {})
        if entities.pop(f"@bot@{entity_key(bot.user, bot.id)}", None) is None:
            return
        self._kernel.seen["state_lost"] += 1
        self.lost.add(name)
        self._kernel.kill(world.hosts[0], "accident")
