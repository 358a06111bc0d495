"""Commands to a bot as events on its session. Each is checked as far as can be seen from here; the bot's entity decides."""

from __future__ import annotations

from typing import Any

from shared.bot_document import REBUILDING, STATE_LOST
from shared.bus import BotEvent
from shared.clock import iso
from shared.errors import conflict
from shared.read_model import BotView
from shared.stores import Stale
from shared.watch import watch
from triggers.api import bots, twins
from triggers.api.idempotency import id_for
from triggers.api.models.bot import Accepted
from triggers.api.owned import need_account, need_bot
from triggers.api.platform import Platform
from triggers.market_source import Path

POSSIBLE = {
    "start": {"draft"},
    "pause": {"waiting", "starting", "active"},
    "resume": {"paused", "error"},
    "stop": {"waiting", "starting", "active", "paused", "stopping", "error"},
    "edit": {"waiting", "starting", "active", "paused"},
    "rename": {"waiting", "starting", "active", "paused", "stopping", "error"},
    "add_funds": {"waiting", "starting", "active", "paused"},
    "start_deal": {"waiting", "active"},
    "close_deal": {"active", "paused"},
    "cancel_deal": {"active", "paused"},
    "add_safety": {"active"},
    "rebuild": {"waiting", "starting", "active", "paused", "stopping", "error"},
}


async def start(plat: Platform, user_id: str, bot_id: str, key: str | None) -> Accepted:
    """The config is checked against the market as it is now, so that a start which cannot work is refused at once."""
    document = await need_bot(plat.store, user_id, bot_id)
    if document["status"] == "draft":
        account = await need_account(plat.store, user_id, document["account_id"])
        market, price = await bots.market_now(plat, account, document["symbol"])
        bots.check(document["strategy"], document["config"], price, market)
        await watch(plat.store, document["source"], Path.of_account(account)._asdict(), document["symbol"])
    return await send(plat, user_id, bot_id, "start", {}, key)


async def send(
    plat: Platform, user_id: str, bot_id: str, name: str, params: dict[str, Any], key: str | None, read: dict[str, Any] | None = None
) -> Accepted:
    """`read`: the bot's document, where the caller has just read it."""
    document = read or await need_bot(plat.store, user_id, bot_id)
    command_id = id_for("cmd", user_id, f"{name}:{bot_id}", key)
    if key is None and document["status"] not in POSSIBLE[name]:
        raise conflict("not_possible", status=document["status"], command=name)
    event = BotEvent(user_id, bot_id, command_id, "command", plat.now_ms(), {"name": name, "params": params})
    await plat.bus.send([event])
    await twins.mirror(plat, user_id, bot_id, name, params, command_id)
    if name == "rebuild":
        document = await being_made_again(plat, user_id, document)
    return Accepted(command_id=command_id, status_url=f"/api/v1/bots/{bot_id}", bot=BotView.of_document(document))


async def being_made_again(plat: Platform, user_id: str, document: dict[str, Any]) -> dict[str, Any]:
    """A lost bot's document says so until its next tick writes it; its revision stays, that of its next publication must be newer."""
    if document.get("reason") != STATE_LOST or document["status"] != "error":
        return document
    told = {**document, "reason_params": {REBUILDING: iso(plat.now_ms())}}
    try:
        return await plat.store.replace("bots", user_id, told)
    except Stale:  # its tick was quicker
        return document
