"""The owner's word to a bot: durable when answered (202), carried out by the bot's next tick in the order given."""

from __future__ import annotations

from fastapi import APIRouter, Response

from triggers.api import commands, keys
from triggers.api.idempotency import IdempotencyKey
from triggers.api.models.bot import Accepted, ObjectId, PauseBody, StartBody, StopBody
from triggers.api.platform import CurrentUser, Plat

router = APIRouter(prefix="/api/v1/bots", tags=["bots"])


@router.post("/{bot_id}/start", status_code=202)
async def start_bot(
    bot_id: ObjectId,
    user: CurrentUser,
    plat: Plat,
    response: Response,
    body: StartBody | None = None,
    idempotency_key: IdempotencyKey = None,
) -> Accepted:
    """Validate against the market as it is now, reserve the money, place the first orders. On a live account: after a recent sign-in."""
    await keys.need_fresh_to_go_live(plat, user, bot_id)
    return located(response, await commands.start(plat, user.id, bot_id, idempotency_key))


@router.post("/{bot_id}/pause", status_code=202)
async def pause_bot(
    bot_id: ObjectId,
    user: CurrentUser,
    plat: Plat,
    response: Response,
    body: PauseBody | None = None,
    idempotency_key: IdempotencyKey = None,
) -> Accepted:
    """Nothing new is placed; `keep_orders` leaves what rests."""
    params = (body or PauseBody()).model_dump(mode="json")
    return located(response, await commands.send(plat, user.id, bot_id, "pause", params, idempotency_key))


@router.post("/{bot_id}/resume", status_code=202)
async def resume_bot(
    bot_id: ObjectId,
    user: CurrentUser,
    plat: Plat,
    response: Response,
    body: StartBody | None = None,
    idempotency_key: IdempotencyKey = None,
) -> Accepted:
    """Go on after a pause or an error that was seen to."""
    return located(response, await commands.send(plat, user.id, bot_id, "resume", {}, idempotency_key))


@router.post("/{bot_id}/stop", status_code=202)
async def stop_bot(
    bot_id: ObjectId,
    user: CurrentUser,
    plat: Plat,
    response: Response,
    body: StopBody | None = None,
    idempotency_key: IdempotencyKey = None,
) -> Accepted:
    """Cancel everything and close as `close_mode` says."""
    params = (body or StopBody()).model_dump(mode="json")
    return located(response, await commands.send(plat, user.id, bot_id, "stop", params, idempotency_key))


@router.post("/{bot_id}/rebuild", status_code=202)
async def rebuild_bot(
    bot_id: ObjectId,
    user: CurrentUser,
    plat: Plat,
    response: Response,
    body: StartBody | None = None,
    idempotency_key: IdempotencyKey = None,
) -> Accepted:
    """A bot whose working state is lost or broken is made again, under a new epoch, from its ledger, its last backup and the exchange.

    Its own open orders are taken over by their client order ids, fills it has not seen are booked. The log says what was found
    (`reconciled`). A bot that never had a backup refuses (`command_refused`, code `no_backup`).
    """
    return located(response, await commands.send(plat, user.id, bot_id, "rebuild", {}, idempotency_key))


def located(response: Response, accepted: Accepted) -> Accepted:
    response.headers["location"] = accepted.status_url
    return accepted
