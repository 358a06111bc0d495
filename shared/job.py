"""The documents of a backtest or a search: one for the job, parts beside it.

Rules
1. A part's id is made from the job's id, its kind and its numbers: written twice it is the same document.
2. Nothing here loads a read model: activities and orchestrators are registered with these names alone.
"""

from __future__ import annotations

from typing import Any

from shared.ids import digest
from shared.schema import SCHEMA

CONTAINER = "backtests"
ORCHESTRATION = "research"
OPEN = ("queued", "running", "cancelling")
SPEC, RUNS, FILLS, EQUITY, TRIALS, PROOF = "spec", "runs", "fills", "equity", "trials", "proof"
ROWS = 500  # fills in one document: about 100 KB
POINTS = 500  # points of a curve that is kept


def instance_of(user_id: str, job_id: str) -> str:
    """The orchestration of a job."""
    return f"research-{digest('research', user_id, job_id)}"


def part_id(job_id: str, kind: str, *numbers: int) -> str:
    return "-".join((job_id, kind, *(f"{number:05d}" for number in numbers)))


def part(job_id: str, kind: str, body: dict[str, Any], *numbers: int) -> dict[str, Any]:
    """A document beside the job's own; never listed."""
    own = part_id(job_id, kind, *numbers)
    return {"id": own, "kind": f"backtest_{kind}", "schema": SCHEMA, "sort": own, "jobId": job_id, **body}
