"""A backtest or a search from request to result: plan -> work -> ... -> finish, in waves, a few parts at a time.

Rules
1. Deterministic: what there is to do comes out of `research_plan`, instants out of the history. Finished parts are never done again.
2. At most WINDOW parts are under way, so that a cancellation finds little left to wait for and activities that trade find room.
3. A part that breaks is done again, TRIES times in all; then the job fails and says why. What was finished stays.
4. While anything is waited for a clock ticks, and each tick is a report: what there is of the batches under way is read from their
   documents. Progress is told at least once a second, however long a batch takes.
5. Every tick makes the history longer, and all of it is read and replayed at every step: after RENEW_AFTER ticks what is under way is
   waited for, and the job goes on with an empty history and what it carries over. The first report goes out before anything is done.
"""

from __future__ import annotations

from collections.abc import Generator
from datetime import timedelta
from typing import Any

import azure.durable_functions as df
from azure.durable_functions.models.Task import TaskState

from orchestrators.research_plan import progress_of

WINDOW = 3
TRIES = 3
TICK, RENEW_AFTER = timedelta(milliseconds=600), 40
RETRY = df.RetryOptions(first_retry_interval_in_milliseconds=500, max_number_of_attempts=TRIES)

CANCELLED = {"status": "cancelled", "error": None, "params": {}}

Doc = dict[str, Any]
Steps = Generator[Any, Any, Any]
bp = df.Blueprint()


def research(context: df.DurableOrchestrationContext) -> Steps:
    given: Doc = context.get_input()
    job = {name: given[name] for name in ("userId", "id")}
    run = Run(context, job)
    tasks = run.take_over(given["carried"]) if "carried" in given else None
    run.tell()
    end: Doc = {"status": "done", "error": None, "params": {}}
    try:
        while True:
            if tasks is None:
                plan = yield from run.planned()
                if plan is None:
                    end = CANCELLED
                    break
                if "error" in plan:
                    end = {"status": "failed", **plan}
                    break
                tasks = run.begin(plan)
            stopped = yield from run.wave_through(tasks)
            if stopped is not None:
                end = stopped
                break
            if run.left:
                run.stop_clock()
                context.continue_as_new({**job, "carried": run.carried()})
                return "renewed"
            tasks = None
            if run.is_last:
                break
    except Exception as error:
        end = {"status": "failed", "error": "internal", "params": {"error": type(error).__name__}}
    run.stop_clock()
    yield context.call_activity_with_retry("research_finish", RETRY, {**job, **end, "best": run.best})
    return end["status"]


class Run:
    """How far a job is; made again from the history at every replay."""

    def __init__(self, context: df.DurableOrchestrationContext, job: Doc) -> None:
        self.context, self.job = context, job
        self.cancel = context.wait_for_external_event("cancel")
        self.started = context.current_utc_datetime
        self.wave = 0
        self.phase = "candles"
        self.done = self.total = self.candles = 0
        self.under_way: list[int] = []  # first runs of batches
        self.have: Doc = {}  # what there is of them
        self.best: list[Any] | None = None
        self.best_told: list[Any] | None = None  # a report that failed leaves it behind until the end says it
        self.report: Any = None
        self.clock: Any = None
        self.ticks = 0
        self.is_last = False
        self.left: list[Doc] = []  # tasks of the wave that another history will do

    def take_over(self, carried: Doc) -> list[Doc]:
        """Goes on where the history before ended. Returns the tasks that are left of the wave."""
        for name in ("wave", "phase", "done", "total", "candles", "have", "best", "best_told", "is_last"):
            setattr(self, name, carried[name])
        self.under_way = [int(first) for first in self.have]
        self.started -= timedelta(seconds=carried["elapsed_s"])
        tasks: list[Doc] = carried["tasks"]
        return tasks

    def carried(self) -> Doc:
        names = ("wave", "have", "best", "best_told", "is_last")
        return self.settled() | {name: getattr(self, name) for name in names} | {"tasks": self.left}

    def planned(self) -> Steps:
        """What the next wave has to do; None when the job was cancelled meanwhile."""
        for attempt in range(1, TRIES + 1):
            asked = self.context.call_activity("research_plan", {**self.job, "wave": self.wave})
            while True:
                winner = yield from self.first_of([asked])
                if winner is self.cancel:
                    return None
                if winner is asked:
                    break
            if asked.state is not TaskState.FAILED:
                return asked.result
            if attempt == TRIES:
                return {"error": "internal", "params": {"error": str(asked.result)[:200]}}
        return None

    def first_of(self, tasks: list[Any]) -> Steps:
        """Whichever is over first: one of these, the cancellation, or None for a report or a tick of the clock."""
        context = self.context
        context.set_custom_status(self.state())
        if self.clock is None:
            self.clock = context.create_timer(context.current_utc_datetime + TICK)
        winner = yield context.task_any([self.cancel, *tasks, self.clock, *([self.report] if self.report else [])])
        if winner is self.report:
            if winner.state is not TaskState.FAILED:
                self.know(winner.result)
            self.report = winner = None
        elif winner is self.clock:
            self.clock = winner = None
            self.ticks += 1
            self.tell()
        return winner

    def know(self, have: Doc) -> None:
        """What a report read of the batches under way; what is known of one already may be newer."""
        for first, found in have.items():
            if int(first) in self.under_way:
                self.have[first] = max(found, self.have.get(first, found))

    def stop_clock(self) -> None:
        """A timer that is left behind would keep the job from being over."""
        if self.clock is not None and not self.clock.is_completed:
            self.clock.cancel()
        self.clock = None

    def begin(self, plan: Doc) -> list[Doc]:
        """A new wave; returns its tasks. A new phase counts from nothing; waves of one phase go on counting."""
        self.wave += 1
        if plan["phase"] != self.phase:
            self.phase, self.done, self.started, self.candles = plan["phase"], 0, self.context.current_utc_datetime, 0
        self.total, self.is_last = plan["total"], plan["last"]
        tasks: list[Doc] = plan["tasks"]
        return tasks

    def wave_through(self, tasks: list[Doc]) -> Steps:
        """None, or how the job ended before its end."""
        context = self.context
        waiting = [(task, 1) for task in tasks]
        running: dict[int, tuple[Any, Doc, int]] = {}
        while running or (waiting and not self.is_long):
            while waiting and len(running) < WINDOW and not self.is_long:
                task, attempt = waiting.pop(0)
                under_way = context.call_activity("research_work", {**self.job, **task})
                running[id(under_way)] = (under_way, task, attempt)
            self.under_way = [task["first"] for _, task, _ in running.values() if task["do"] == "runs"]
            winner = yield from self.first_of([one for one, _, _ in running.values()])
            if winner is self.cancel:
                return CANCELLED
            if winner is None:
                continue
            _, task, attempt = running.pop(id(winner))
            if winner.state is TaskState.FAILED:
                if attempt == TRIES:
                    return {"status": "failed", "error": "internal", "params": {"error": str(winner.result)[:200]}}
                waiting.insert(0, (task, attempt + 1))
                continue
            if "error" in winner.result:
                return {"status": "failed", **winner.result}
            if not winner.result.get("wanted", True):  # cancelled, and the news of it is still on its way
                return CANCELLED
            if winner.result.get("left"):
                self.have[str(task["first"])] = [winner.result["done"], winner.result["candles"]]
                waiting.insert(0, (task, 1))
                continue
            self.take(task, winner.result)
        self.left = [task for task, _ in waiting]
        context.set_custom_status(self.state())
        if self.report is not None:
            yield self.report
            self.report = None
        return None

    @property
    def is_long(self) -> bool:
        return self.ticks >= RENEW_AFTER

    def take(self, task: Doc, result: Doc) -> None:
        self.have.pop(str(task.get("first")), None)
        self.done += result["done"]
        self.candles += result["candles"]
        if result["best"] is not None and (self.best is None or tuple(result["best"]) > tuple(self.best)):
            self.best = result["best"]

    def settled(self) -> Doc:
        elapsed_s = (self.context.current_utc_datetime - self.started).total_seconds()
        return {"phase": self.phase, "done": self.done, "total": self.total, "candles": self.candles, "elapsed_s": elapsed_s}

    def state(self) -> Doc:
        return progress_of(self.settled(), self.have)

    def tell(self) -> None:
        """A report on the feed, one at a time."""
        if self.report is None:
            said = {"settled": self.settled(), "batches": self.under_way, "best": self.best, "best_told": self.best_told}
            self.best_told = self.best
            self.report = self.context.call_activity("research_report", {**self.job, **said})


bp.orchestration_trigger(context_name="context", orchestration="research")(research)
