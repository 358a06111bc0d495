"""A backtest or a search from request to result: plan -> work -> ... -> finish, in waves, a few parts at a time.

Rules
1. Deterministic: what there is to do comes out of `research_plan`, instants out of the history. Finished parts are never done again.
2. At most WINDOW parts are under way, so that a cancellation finds little left to wait for and activities that trade find room.
3. A part that breaks is done again, TRIES times in all; then the job fails and says why. What was finished stays.
"""

from __future__ import annotations

from collections.abc import Generator
from datetime import timedelta
from typing import Any

import azure.durable_functions as df
from azure.durable_functions.models.Task import TaskState

WINDOW = 3
TRIES = 3
REPORT_EVERY = timedelta(milliseconds=500)
RETRY = df.RetryOptions(first_retry_interval_in_milliseconds=500, max_number_of_attempts=TRIES)

Doc = dict[str, Any]
Steps = Generator[Any, Any, Any]
bp = df.Blueprint()


def research(context: df.DurableOrchestrationContext) -> Steps:
    job: Doc = context.get_input()
    run = Run(context, job)
    end: Doc = {"status": "done", "error": None, "params": {}}
    try:
        while True:
            plan = yield context.call_activity_with_retry("research_plan", RETRY, {**job, "wave": run.wave})
            if "error" in plan:
                end = {"status": "failed", **plan}
                break
            run.begin(plan)
            stopped = yield from run.wave_through(plan["tasks"])
            if stopped is not None:
                end = stopped
                break
            if plan["last"]:
                break
    except Exception as error:
        end = {"status": "failed", "error": "internal", "params": {"error": type(error).__name__}}
    yield context.call_activity_with_retry("research_finish", RETRY, {**job, **end, "best": run.best})
    return end["status"]


class Run:
    """How far a job is; made again from the history at every replay."""

    def __init__(self, context: df.DurableOrchestrationContext, job: Doc) -> None:
        self.context, self.job = context, job
        self.cancel = context.wait_for_external_event("cancel")
        self.started = self.reported = context.current_utc_datetime
        self.wave = 0
        self.phase = "candles"
        self.done = self.total = self.candles = 0
        self.best: list[Any] | None = None
        self.report: Any = None

    def begin(self, plan: Doc) -> None:
        """A new wave. A new phase counts from nothing; waves of one phase go on counting."""
        self.wave += 1
        if plan["phase"] != self.phase:
            self.phase, self.done, self.started, self.candles = plan["phase"], 0, self.context.current_utc_datetime, 0
        self.total = plan["total"]

    def wave_through(self, tasks: list[Doc]) -> Steps:
        """None, or how the job ended before its end."""
        context = self.context
        waiting = [(task, 1) for task in tasks]
        running: dict[int, tuple[Any, Doc, int]] = {}
        while waiting or running:
            while waiting and len(running) < WINDOW:
                task, attempt = waiting.pop(0)
                under_way = context.call_activity("research_work", {**self.job, **task})
                running[id(under_way)] = (under_way, task, attempt)
            self.tell()
            winner = yield context.task_any(
                [self.cancel, *(one for one, _, _ in running.values()), *([self.report] if self.report else [])]
            )
            if winner is self.cancel:
                return {"status": "cancelled", "error": None, "params": {}}
            if winner is self.report:
                self.report = None
                continue
            _, task, attempt = running.pop(id(winner))
            if winner.state is TaskState.FAILED:
                if attempt == TRIES:
                    return {"status": "failed", "error": "internal", "params": {"error": str(winner.result)[:200]}}
                waiting.insert(0, (task, attempt + 1))
                continue
            if "error" in winner.result:
                return {"status": "failed", **winner.result}
            self.take(winner.result)
        self.context.set_custom_status(self.state())
        if self.report is not None:
            yield self.report
            self.report = None
        return None

    def take(self, result: Doc) -> None:
        self.done += result["done"]
        self.candles += result["candles"]
        if result["best"] is not None and (self.best is None or tuple(result["best"]) > tuple(self.best)):
            self.best = result["best"]

    def state(self) -> Doc:
        elapsed = max((self.context.current_utc_datetime - self.started).total_seconds(), 0.001)
        return {
            "phase": self.phase,
            "percent": 100 * self.done // max(self.total, 1),
            "done": self.done,
            "total": self.total,
            "candles_per_s": int(self.candles / elapsed) if self.done else None,
            "eta_s": round((self.total - self.done) * elapsed / self.done) if self.done else None,
        }

    def tell(self) -> None:
        """The custom status at every step; a report on the feed at most every half second, one at a time."""
        now, state = self.context.current_utc_datetime, self.state()
        self.context.set_custom_status(state)
        if self.report is None and now - self.reported >= REPORT_EVERY:
            self.reported = now
            self.report = self.context.call_activity("research_report", {**self.job, "progress": state, "best": self.best})


bp.orchestration_trigger(context_name="context", orchestration="research")(research)
