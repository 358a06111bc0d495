"""TradingView's door: `POST /api/hooks/{opaque}`. A native function: raw bytes, its own limits, an answer well within three seconds.

Rules
1. 404 for an unknown address, a revoked one, a wrong secret, a forbidden origin and a locked caller: one answer, one shape, one time. An
   address nobody made costs the same reads and hashes as a real one that nobody used within the last second, and none leaves before it
   is as old as any (shared/limit.py): what else was looked at, counted and kept does not show.
2. 202 only when the commands are durable; 503 when they could not be made so. What the alert's author did wrong is 422 and in the inbox.
3. Nothing about the user, their bots or the reason of a 404 is in an answer.
4. The webhook is glanced at: a rotated address or secret ends at once where it was rotated, and within GLANCE_S everywhere.
5. Failures are counted per address and caller; where no edge tells the caller, the count is for the address alone and far more patient.
"""

from __future__ import annotations

import json
import time
from functools import lru_cache
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from shared.durable import with_client
from shared.errors import AppError
from shared.ids import digest
from shared.limit import Buckets, Lockout
from shared.log import log, log_error
from shared.trace import of_invocation, span
from shared.webhooks.origin import Origin, caller_ip, origin_of
from shared.webhooks.seal import is_secret
from shared.webhooks.signal import MAX_BODY
from triggers.api.native import problem_response
from triggers.api.platform import Platform, platform

BURST, PER_S = 1_200, 1_000 / 180  # a watchlist alert may fire a thousand times in three minutes
LOCK_MS = 15 * 60_000
FAILURES, FAILURES_OF_UNKNOWN = 10, 1_000
NOBODY = "nobody"

Doc = dict[str, Any]
bp = df.Blueprint()


class Guarding:
    """The counters of this process."""

    def __init__(self, plat: Platform) -> None:
        self.rate = Buckets(BURST, PER_S, plat.now_ms)
        self.lock = Lockout(LOCK_MS, plat.now_ms)


@lru_cache(maxsize=8)
def guarding(plat: Platform) -> Guarding:
    return Guarding(plat)


@bp.function_name("hooks")
@bp.route(route="api/hooks/{opaque}", methods=["POST"])
@bp.durable_client_input(client_name="client")
async def hooks(req: func.HttpRequest, context: func.Context, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    began = time.monotonic()
    try:
        with with_client(client), span("hook", of_invocation(context), "server"):
            answered = await receive(platform(), req.route_params.get("opaque", ""), req.get_body(), dict(req.headers))
        if answered.status_code == 404:
            await platform().patience.alike(began)
        if answered.status_code in (404, 429):
            await platform().patience.refusal()
        return answered
    except AppError as error:
        return problem_response(error.status, error.code)
    except Exception as error:  # not durable: the sender may try again
        log_error("hooks.failed", error)
        return problem_response(503, "not_durable", {"retry-after": "5"})


async def receive(plat: Platform, opaque: str, body: bytes, headers: dict[str, str]) -> func.HttpResponse:
    """One alert. Errors: AppError 503; whatever the bus or the store raises."""
    if len(body) > MAX_BODY:
        return problem_response(413, "too_large")
    from triggers.hook_intake import BadSecret, Hit, take

    headers = {name.lower(): value for name, value in headers.items()}
    ip = caller_ip(headers, plat.settings)
    guards, who = guarding(plat), (digest("hook", opaque), ip)
    most = FAILURES if ip else FAILURES_OF_UNKNOWN
    wait = guards.rate.take(who[0])
    if wait:
        return problem_response(429, "too_many_requests", {"retry-after": str(wait // 1000 + 1)})
    user_id, webhook = await find(plat, opaque)
    if webhook is None or guards.lock.is_locked(who, most):
        return problem_response(404, "not_found")
    origin = origin_of(headers, plat.settings)
    if not is_allowed(webhook, origin):
        log("hooks.origin_refused", webhook=webhook["id"])
        return problem_response(404, "not_found")
    try:
        rows = await take(plat, Hit(user_id, webhook, body, origin, plat.now_ms()))
    except BadSecret:
        guards.lock.failed(who)
        return problem_response(404, "not_found")
    await heard(plat, user_id, webhook)
    return answer(rows)


async def find(plat: Platform, opaque: str) -> tuple[str, Doc | None]:
    """The user and the webhook of an address, None when it is not valid (any more). Takes as long either way."""
    sealed = await plat.seals.open(opaque)
    user_id, webhook_id = (sealed.user_id, sealed.webhook_id) if sealed else (NOBODY, digest("nothing", opaque))
    document = await plat.store.glance("webhooks", user_id, webhook_id)
    if sealed is None or document is None or document.get("kind") != "webhook":
        is_secret(webhook_id, opaque, "")
        return NOBODY, None
    is_current = document["generation"] == sealed.generation and document["enabled"]
    return user_id, document if is_current else None


def is_allowed(webhook: Doc, origin: Origin) -> bool:
    wrong_ip = webhook["only_tradingview_ips"] and not origin.has_listed_ip
    return not wrong_ip and not (webhook["only_tradingview_certificate"] and not origin.has_certificate)


async def heard(plat: Platform, user_id: str, webhook: Doc) -> None:
    """The first alert after a silence arms the heartbeat again. Losing a race only means that another alert did it."""
    if webhook.get("silent"):
        from triggers.api.webhooks import due

        fresh = {**webhook, "silent": False, **due(webhook["expected_every_s"], plat.now_ms())}
        try:
            await plat.store.replace("webhooks", user_id, fresh)
        except Exception as error:
            log("hooks.not_armed", error=type(error).__name__)


def answer(rows: list[Doc]) -> func.HttpResponse:
    """202 when anything was taken; else the first refusal."""
    taken = [row for row in rows if row["status"] != "rejected"]
    if not taken:
        reason = rows[0]["reason"]
        return problem_response(413 if reason == "too_large" else 422, reason)
    words = {"accepted": "accepted", "dry_run": "accepted", "duplicate": "duplicate", "rejected": "rejected"}
    events = [{"eventId": row["id"], "status": words[row["status"]], "reason": row["reason"]} for row in rows]
    first = next(event for event in events if event["status"] != "rejected")
    body: Doc = {"eventId": first["eventId"], "status": first["status"]}
    if len(events) > 1:
        body["events"] = events
    return func.HttpResponse(json.dumps(body), status_code=202, mimetype="application/json", headers={"cache-control": "no-store"})
