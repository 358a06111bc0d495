"""Panic and guards: stopping everything by hand, and rules that do it."""

from __future__ import annotations

from fastapi import APIRouter, Response

from triggers.api import guards, panic
from triggers.api.idempotency import IdempotencyKey
from triggers.api.models.bot import ObjectId
from triggers.api.models.safety import Guards, GuardsView, PanicAnswer, PanicBody
from triggers.api.platform import CurrentUser, Plat
from triggers.api.versions import IfMatch

router = APIRouter(prefix="/api/v1", tags=["safety"])


@router.post("/panic", status_code=202, name="panic")
async def press_panic(body: PanicBody, user: CurrentUser, plat: Plat, idempotency_key: IdempotencyKey = None) -> PanicAnswer:
    """Every bot that is not at rest gets the command; the answer lists them."""
    return await panic.panic(plat, user.id, body.mode, idempotency_key)


@router.get("/guards")
async def get_guards(user: CurrentUser, plat: Plat, response: Response) -> GuardsView:
    """The rules and how each stands."""
    document = await guards.read(plat.store, user.id)
    if "_etag" in document:
        response.headers["etag"] = document["_etag"]
    return guards.view(document)


@router.put("/guards")
async def put_guards(body: Guards, user: CurrentUser, plat: Plat, response: Response, if_match: IfMatch = None) -> GuardsView:
    """All rules at once; a rule that did not change keeps its state."""
    document = await guards.put(plat, user.id, body, if_match)
    response.headers["etag"] = document["_etag"]
    return guards.view(document)


@router.post("/guards/{guard_id}/rearm")
async def rearm_guard(guard_id: ObjectId, user: CurrentUser, plat: Plat, idempotency_key: IdempotencyKey = None) -> GuardsView:
    """A tripped rule watches again, from where things stand now."""
    return guards.view(await guards.rearm(plat, user.id, guard_id))
