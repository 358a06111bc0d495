"""Whether what the app stands on can be asked: the stores, the bus, the vault. A native function, like health.

Rules
1. Anybody may ask, so an answer is one word; which part is missing is in the log.
2. Asked about often, looked at seldom: an answer is good for GOOD_S, callers that come meanwhile wait for one look.
3. A look is bounded by WAIT_S, and changes nothing: it reads what is not there and sends nothing.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache

import azure.durable_functions as df
import azure.functions as func

from shared.clock import iso
from shared.log import log
from triggers.api.native import problem_response, unknown_query
from triggers.api.platform import Platform, platform

GOOD_S, WAIT_S = 10.0, 2.5
NOBODY = "nobody"

Probe = Callable[[], Awaitable[object]]
bp = df.Blueprint()


@bp.function_name("ready")
@bp.route(route="api/ready", methods=["GET"])
async def ready(req: func.HttpRequest) -> func.HttpResponse:
    unknown = unknown_query(req)
    if unknown is not None:
        return problem_response(422, "unknown_field", field=unknown.field)
    plat = platform()
    is_ready = await readiness(plat).look()
    body = json.dumps({"status": "ok" if is_ready else "degraded", "time": iso(plat.now_ms())})
    return func.HttpResponse(body, status_code=200 if is_ready else 503, mimetype="application/json", headers={"cache-control": "no-store"})


class Readiness:
    """The last look of this process."""

    def __init__(self, probes: Mapping[str, Probe], now_ms: Callable[[], int]) -> None:
        self._probes, self._now_ms = probes, now_ms
        self._seen: tuple[int, bool] | None = None
        self._lock = asyncio.Lock()

    async def look(self) -> bool:
        async with self._lock:
            if self._seen is None or self._now_ms() - self._seen[0] >= GOOD_S * 1000:
                missing = await self._missing()
                if missing:
                    log("ready.degraded", logging.WARNING, parts=missing)
                self._seen = (self._now_ms(), not missing)
            return self._seen[1]

    async def _missing(self) -> list[str]:
        """The parts that did not answer, with the class of what they said instead."""
        told = await asyncio.gather(*(told_by(probe) for probe in self._probes.values()))
        return [f"{name}: {word}" for name, word in zip(self._probes, told, strict=True) if word]


async def told_by(probe: Probe) -> str:
    """ "" for an answer in time."""
    try:
        await asyncio.wait_for(probe(), WAIT_S)
    except Exception as error:
        return type(error).__name__
    return ""


@lru_cache(maxsize=8)
def readiness(plat: Platform) -> Readiness:
    return Readiness(probes_of(plat), plat.now_ms)


def probes_of(plat: Platform) -> dict[str, Probe]:
    return {"store": lambda: plat.store.read("bots", NOBODY, "ready"), "bus": plat.bus.reach, "vault": lambda: ask_vault(plat)}


async def ask_vault(plat: Platform) -> None:
    """A secret that nobody has: its absence is an answer. Errors: VaultDown."""
    from shared.secrets import NoSecret

    try:
        await plat.live.secrets.read(NOBODY, "ready")
    except NoSecret:
        return
