"""What a job has to do, wave by wave: pure functions from its documents to tasks.

backtest       wave 0: candles that are missing · wave 1: all runs, in batches
optimisation   wave 0: candles · waves 1..n: trials, each wave knowing what the ones before found · last: the finalists on unseen candles

Rules
1. A batch holds runs of one range; about BATCH_CANDLES of them, a few seconds: what is done in a batch is kept and told from within it.
2. Runs are numbered range by range; a batch is named by its first run.
"""

from __future__ import annotations

from typing import Any

from shared.clock import iso, ms_of

BATCH_CANDLES, SMALL_BATCH = 6_000_000, 500_000
MOST_IN_BATCH = 25
MINUTE = 60_000
LEAST_BATCHES = 4  # of a range, so that no process idles for long while another has the last one
TPE_WAVES = 25

Doc = dict[str, Any]


def batch_size(candles: int, runs: int) -> int:
    """How many runs of those that can be done together go into one batch."""
    spread = max(-(-runs // LEAST_BATCHES), SMALL_BATCH // max(candles, 1))
    return max(1, min(MOST_IN_BATCH, BATCH_CANDLES // max(candles, 1), spread, runs))


def longest(ranges: list[Doc]) -> int:
    """Candles of the longest range."""
    return max((ms_of(one["last"]) - ms_of(one["first"])) // MINUTE for one in ranges)


def split(whole: Doc, pct: int) -> list[Doc]:
    """What the search sees, and what is kept from it."""
    first, last = ms_of(whole["first"]), ms_of(whole["last"])
    middle = (first + (last - first) * pct // 100) // MINUTE * MINUTE
    return [{"first": whole["first"], "last": iso(middle)}, {"first": iso(middle), "last": whole["last"]}]


def backtest_tasks(variants: int, ranges: int, size: int) -> list[Doc]:
    return [
        {"do": "runs", "first": r * variants + start, "count": min(size, variants - start), "range": r}
        for r in range(ranges)
        for start in range(0, variants, size)
    ]


def wave_size(method: str, trials: int) -> int:
    """A grid or random search needs no waves; a learning one learns between them."""
    return trials if method != "tpe" else max(4, -(-trials // TPE_WAVES))


def trial_tasks(first: int, count: int, size: int) -> list[Doc]:
    """The batches of one wave of trials; `wave_first` names the document with their points."""
    return [
        {"do": "runs", "first": first + start, "count": min(size, count - start), "range": 0, "wave_first": first}
        for start in range(0, count, size)
    ]


def progress_of(settled: Doc, have: Doc) -> Doc:
    """What is told: `settled` is over, `have` are [runs, candles] of the batches under way; rates are of the phase's `elapsed_s`."""
    done = settled["done"] + sum(count for count, _ in have.values())
    candles = settled["candles"] + sum(count for _, count in have.values())
    elapsed_s, total = max(settled["elapsed_s"], 0.001), settled["total"]
    return {
        "phase": settled["phase"], "percent": 100 * done // max(total, 1), "done": done, "total": total,
        "candles_per_s": int(candles / elapsed_s) if done else None,
        "eta_s": round((total - done) * elapsed_s / done) if done else None,
    }  # fmt: skip
