"""The app's timer triggers on their own schedules: slots may be lost, doubled or late, and nothing is caught up (TM1, TM5)."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import azure.durable_functions as df

from infra.onebox.timers import ncrontab
from tests.sim.full.durable import Client, by_trigger
from tests.sim.kernel import EPOCH
from triggers import clock
from triggers.post_round import have_post_worked_on

if TYPE_CHECKING:
    from tests.sim.full.world import World

ASKED = ("market_watch", "heartbeat", "sweeper", "guard_watch", "alert_watch")
ALONE = ("clock",)  # in their place where there is no Service Bus
POST_MS = 5_000
SCHEDULES = {"%MARKET_WATCH_SCHEDULE%": "*/5 * * * * *"}


@cache
def of_a_small_platform() -> dict[str, Any]:
    """The function that a platform without a Service Bus registers in place of the others."""
    app = df.DFApp()
    app.register_functions(clock.bp)
    return {function.get_function_name(): function for function in app.get_functions()}


class Timers:
    def __init__(self, world: World) -> None:
        self._world, self._kernel = world, world.kernel
        found = {**by_trigger("timerTrigger"), **of_a_small_platform()}
        self._asked = ALONE if world.plan.post else ASKED
        self._functions = {name: found[name] for name in self._asked}
        text = {name: one.get_trigger().schedule for name, one in self._functions.items()}
        self._schedules = {name: ncrontab.parse(SCHEDULES.get(schedule, schedule)) for name, schedule in text.items()}
        self._running: dict[str, int] = dict.fromkeys(self._asked, 0)

    def start(self) -> None:
        for name in self._asked:
            self._plan(name)
        plan = self._world.plan
        for at in range(plan.timers_ms + POST_MS, plan.end_ms - POST_MS, POST_MS) if plan.post else ():
            self._kernel.at(EPOCH + at, self._clear_post)

    def _clear_post(self) -> None:
        """What is left at the end has nobody else who looks for it; nothing new is looked at."""
        world = self._world
        if world.is_up:
            work = have_post_worked_on(world.platform, Client(world.durable))
            world.run_on_host("clock", work, lambda _, error: world.failed("clock", error) if error is not None else None)

    def _plan(self, name: str) -> None:
        kernel = self._kernel
        slot = self._schedules[name].after(datetime.fromtimestamp(kernel.now / 1000, UTC))
        at = int(slot.timestamp() * 1000)
        if at <= EPOCH + self._world.plan.timers_ms:
            kernel.at(at, lambda: self._slot(name))

    def _slot(self, name: str) -> None:
        kernel = self._kernel
        self._plan(name)
        if not self._world.is_up or self._running[name]:
            return
        if kernel.happens(kernel.swarm.message_lost):
            kernel.seen["slot_lost"] += 1
            return
        self.fire(name)
        if kernel.happens(kernel.swarm.message_twice / 2):
            kernel.seen["slot_twice"] += 1
            self.fire(name)

    def fire(self, name: str) -> None:
        """One run. A failed one waits for its next slot."""
        self._running[name] += 1
        running = [name]

        def over(_: Any = None, error: BaseException | None = None) -> None:
            while running:  # a frozen run is given up, and ends later all the same
                self._running[running.pop()] -= 1
            if error is not None:
                self._world.failed(name, error)

        self._world.run_on_host(name, self._world.invoke_trigger(self._functions[name], None), over, over)
