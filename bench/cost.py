"""`python -m bench.cost`: dollars a month for 1 to 100,000 bots, from bench/counts.json and list prices.

Rules
1. Every price carries its source and date in PRICES; what was not found is named in ABSENT and left out of the sums.
2. A wake's work is measured (bench/counts.py); how often a bot wakes and how long a wake keeps an instance busy are stated assumptions.
3. A fill counts as a wake of its own, although a wake often finds more; a bot's heartbeat is counted in full, although bots that were
   just ticked are left out of it.
4. Flex bills the memory of an instance while anything runs on it, at least a second at a time: with wakes at random, a group of functions
   is busy 1 - exp(-rate) of the time until its load needs more than one instance. Durable functions are one group; every trigger and
   every timer scales for itself, so each run of a timer is billed alone.
5. Up to SMALL bots the platform is counted without a Service Bus (docs/deploy.md, `messaging`), above with one.
6. An order on an exchange is claimed before it leaves (orchestrators/sending.py): a wake with a fill pays for that as well.
7. The naive platform runs on the same instances with the same concurrency, has the same watchers of guards, notices and alerts, and
   pays nothing for feeds, messages, heartbeats and claims.
"""

from __future__ import annotations

import json
import sys
from math import ceil, exp
from pathlib import Path
from typing import Any, NamedTuple

COUNTS = Path(__file__).with_name("counts.json")
BOTS = (1, 100, 10_000, 100_000)
SMALL = 200
DAY_S, DAYS = 86_400, 30
MONTH_S = DAY_S * DAYS

FILLS, HEARTBEATS = 40, 96  # a bot and day: a lively grid; HEARTBEAT_S = 900
RESTING_TICKS = 4  # a day, for a bot that had no other tick for six hours
BUSY_S, SLOTS = 0.35, 8  # a wake's wall time on the measuring machine; concurrency of host.json
ROUND, LOOK_AT_ONE_S = 200, 0.3  # bots that one execution of the heartbeat looks at, eight at once; a venue's answer
SOURCES = 5  # exchanges
SOON_S, STORED_EVERY_S = 15, 60  # the watcher's place is written so often where bots were woken, and anyway
MEMORY_GB = 0.5  # the smallest Flex instance
TICK_S, NAIVE_BUSY_S = 5, 0.3
LOOK_S = 5  # the market timer
TIMERS = {"guard_watch": 20, "notify_watch": 20, "alert_watch": 60, "heartbeat": 60, "sweeper": 900, "twin_watch": 3_600}  # seconds
OF_ANY_PLATFORM = ("guard_watch", "notify_watch", "alert_watch", "twin_watch")
SYMBOLS = {1: 1, 100: 10, 10_000: 200, 100_000: 500}  # watched markets


class Price(NamedTuple):
    dollars: float
    unit: str
    source: str


RETAIL = "Azure Retail Prices API, East US 2"
PRICES = {
    "flex_gb_s": Price(0.000026, "GB-s after 100,000", f"{RETAIL}, as recorded 2026-09-23 to 2026-10-05"),
    "flex_execution": Price(0.40e-6, "execution after 250,000", f"{RETAIL}, as recorded 2026-09-23 to 2026-10-05"),
    "cosmos_ru": Price(0.25e-6, "request unit, serverless", f"{RETAIL}, 2026-09-26"),
    "cosmos_gb": Price(0.25, "GB-month", f"{RETAIL}, 2026-09-26"),
    "bus_base": Price(9.81, "month, 13 M operations included", "infracost golden file (153fa9d9)"),
    "bus_first": Price(0.80e-6, "operation to 100 M", "infracost golden file (153fa9d9)"),
    "bus_second": Price(0.50e-6, "operation to 2.5 G", "infracost golden file (153fa9d9)"),
    "bus_third": Price(0.20e-6, "operation beyond", "infracost golden file (153fa9d9)"),
    "log_gb": Price(2.76, "GB after 5", f"{RETAIL}, 2026-09-23"),
}
ABSENT = (
    "storage transactions of the durable backend, or the scheduler's price per action (no price found)",
    "bandwidth, NAT gateway and address, Web PubSub, Static Web App, App Configuration: docs/deploy.md lists them as fixed items",
    "traffic of the user interface and the API",
)
QUESTION, ROW, WRITE = 2.3, 0.04, 10.0  # request units: infra/onebox/cosmos/charge.py
GOALS = {100: 0.10, 10_000: 0.08, 100_000: 0.03}


def main() -> int:
    counts = json.loads(COUNTS.read_text(encoding="utf-8"))
    rows = {bots: (horizon(bots, counts), naive(bots, counts)) for bots in BOTS}
    print_table(rows)
    print_limits(counts)
    print("\nPrices")
    for name, price in PRICES.items():
        print(f"  {name:16}{price.dollars:<12g}{price.unit:34}{price.source}")
    print("Left out: " + "; ".join(ABSENT))
    return 0


def horizon(bots: int, counts: dict[str, Any]) -> dict[str, float]:
    """Dollars a month when a bot is woken by what concerns it."""
    is_small = bots <= SMALL
    own = counts["post"] if is_small else counts
    fill, rest, beat = own["fill"]["per_wake"], own["tick"]["per_wake"], own["round"]["per_bot_and_round"]
    a_month = bots * DAYS
    resting = RESTING_TICKS * exp(-FILLS / RESTING_TICKS)  # hardly ever: six hours without a fill
    wakes, beats = a_month * (FILLS + resting), a_month * HEARTBEATS

    def of(name: str) -> float:
        return float(a_month * (FILLS * fill[name] + resting * rest[name]))

    looks = MONTH_S / LOOK_S
    ticked = 0.0 if is_small else busy_s(wakes / MONTH_S, BUSY_S, SLOTS)  # the trigger waits for its tick
    timers = {} if is_small else TIMERS
    memory = MEMORY_GB * (ticked + durable_s(bots, wakes) + looks * look_s(bots, own["round"]) + timer_runs(timers))
    book = of("request_units_of_the_paper_book")  # an account on an exchange has its book there
    units = of("request_units") - book + a_month * FILLS * counts["claims"]["request_units"]
    units += beats * beat["request_units"] + looks * look_units(bots, own) + timer_units(timers, counts)
    runs = of("executions") + beats * beat["executions"] * own["round"]["bots"] / ROUND + looks + timer_runs(timers)
    return {
        "functions": functions(memory, runs),
        "cosmos": units * PRICES["cosmos_ru"].dollars + bots * 20e-6 * PRICES["cosmos_gb"].dollars,
        "service bus": 0.0 if is_small else service_bus(of("service_bus_operations")),
        "logs": logs(wakes),
    }


def timer_runs(timers: dict[str, int]) -> float:
    """How often these timers run in a month; each run is a billed second."""
    return sum(MONTH_S / every_s for every_s in timers.values())


def timer_units(timers: dict[str, int], counts: dict[str, Any]) -> float:
    """What these timers ask the store for in a month, by what one run of each was seen to ask."""
    total = 0.0
    for name, every_s in timers.items():
        seen = [part for part in (counts[kind] for kind in ("fill", "round", "tick")) if part["functions"].get(name)]
        runs = sum(part["functions"][name] for part in seen)
        charge = sum(value for part in seen for asked, value in part["request_units"].items() if asked.startswith(f"{name}."))
        total += MONTH_S / every_s * (charge / runs if runs else QUESTION)
    return total


def logs(wakes: float) -> float:
    """Half a kilobyte a wake."""
    return max(0.0, wakes * 0.5e-6 - 5) * PRICES["log_gb"].dollars


def durable_s(bots: int, wakes: float) -> float:
    """Instance-seconds a month of the durable functions: ticks, and rounds of the heartbeat."""
    due_a_minute = bots * HEARTBEATS / (24 * 60)
    rounds_a_second = min(due_a_minute, ceil(due_a_minute / ROUND)) / 60
    rate = wakes / MONTH_S + rounds_a_second
    load = wakes / MONTH_S * BUSY_S / SLOTS + due_a_minute / 60 * LOOK_AT_ONE_S / SLOTS
    return max(1 - exp(-rate), load) * MONTH_S


def look_s(bots: int, seen: dict[str, Any]) -> float:
    """Billed seconds of one look of the market timer: a venue's answer and its share of the measured work on 200 markets."""
    return max(1.0, LOOK_AT_ONE_S + seen["per_market_look"]["seconds"] * SYMBOLS[bots] / seen["bots"])


def look_units(bots: int, own: dict[str, Any]) -> float:
    """One look: its questions, between those measured on one market and on many; news of bots that traded; places written."""
    one, many = (own[kind]["per_market_look"]["request_units_of_questions"] for kind in ("fill", "round"))
    questions = one + (many - one) * (SYMBOLS[bots] - 1) / (own["round"]["bots"] - 1)
    news = 3 * ROW * bots * FILLS / DAY_S * LOOK_S  # each is read again for ten seconds
    anew = (QUESTION / 1000 + ROW) * bots * LOOK_S / 3600
    sources = min(SOURCES, SYMBOLS[bots])
    woken = 1 - exp(-bots * FILLS / DAY_S * SOON_S / sources)
    writes = sources * LOOK_S * (woken / SOON_S + (1 - woken) / STORED_EVERY_S)
    return questions + news + anew + WRITE * writes


def naive(bots: int, counts: dict[str, Any]) -> dict[str, float]:
    """Dollars a month when every bot is ticked every five seconds by one execution that reads and writes its document."""
    ticks = bots * MONTH_S / TICK_S
    timers = {name: TIMERS[name] for name in OF_ANY_PLATFORM}
    document_ru = counts["fill"]["per_wake"]["request_units"] - counts["fill"]["per_wake"]["request_units_of_the_paper_book"]
    memory = (busy_s(ticks / MONTH_S, NAIVE_BUSY_S, SLOTS) + timer_runs(timers)) * MEMORY_GB
    units = ticks * min(document_ru, 7.7) + timer_units(timers, counts)
    return {
        "functions": functions(memory, ticks + timer_runs(timers)),
        "cosmos": units * PRICES["cosmos_ru"].dollars,
        "service bus": 0.0,
        "logs": logs(bots * DAYS * FILLS),
    }


def busy_s(rate: float, wall_s: float, slots: int) -> float:
    """Instance-seconds a month of a group whose work comes at random, `rate` a second."""
    return max(1 - exp(-rate), rate * wall_s / slots) * MONTH_S


def functions(gb_s: float, executions: float) -> float:
    return max(0.0, gb_s - 100_000) * PRICES["flex_gb_s"].dollars + max(0.0, executions - 250_000) * PRICES["flex_execution"].dollars


def service_bus(operations: float) -> float:
    """Graduated: 13 M in the base price, then three steps."""
    total, left, steps = (
        PRICES["bus_base"].dollars,
        max(0.0, operations - 13e6),
        ((87e6, "bus_first"), (2.4e9, "bus_second"), (1e30, "bus_third")),
    )
    for size, name in steps:
        total += min(left, size) * PRICES[name].dollars
        left = max(0.0, left - size)
    return total


def print_table(rows: dict[int, tuple[dict[str, float], dict[str, float]]]) -> None:
    print(f"{'dollars a month':28}" + "".join(f"{bots:>14,}" for bots in rows))
    for index, kind in enumerate(("horizon", "naive")):
        for part in next(iter(rows.values()))[index]:
            print(f"{kind + ' ' + part:28}" + "".join(f"{pair[index][part]:>14,.2f}" for pair in rows.values()))
        print(f"{kind + ' total':28}" + "".join(f"{sum(pair[index].values()):>14,.2f}" for pair in rows.values()))
    print(f"{'horizon per bot':28}" + "".join(f"{sum(pair[0].values()) / bots:>14,.4f}" for bots, pair in rows.items()))
    print(f"{'goal per bot':28}" + "".join(f"{GOALS.get(bots, float('nan')):>14,.2f}" for bots in rows))
    print(f"{'naive : horizon':28}" + "".join(f"{sum(pair[1].values()) / sum(pair[0].values()):>14,.1f}" for pair in rows.values()))


def print_limits(counts: dict[str, Any]) -> None:
    """Averages hide the minute in which a whole market moves: one wake of every bot within sixty seconds."""
    fill = counts["fill"]["per_wake"]
    print(f"\n{'peak: every bot in a minute':28}" + "".join(f"{bots:>14,}" for bots in BOTS))
    lines = (
        ("wakes a second", 1.0),
        ("entity operations a second", fill["entity_operations"]),
        ("scheduler actions a second", fill["entity_operations"] + fill["activities"] + 1),
        ("request units a second", fill["request_units"]),
        ("Key Vault reads, cold, in 10 s", 10.0),
    )
    for name, each in lines:
        print(f"{name:28}" + "".join(f"{bots / 60 * each:>14,.1f}" for bots in BOTS))
    print(
        "limits: Azure Storage backend 64 entity operations/s (16 partitions); scheduler 500 actions/s, Dedicated 2,000 per unit,"
        " 3 units at most;\n        Cosmos: the ceiling of an autoscale database (4,000 RU/s here); Key Vault 4,000 reads per 10 s"
        " and vault (a warm path reads none); Flex 1,000 instances"
    )


if __name__ == "__main__":
    sys.exit(main())
