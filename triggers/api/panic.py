"""Panic: one command to every bot that is not at rest, each durable on its bot's own session before the answer.

Rules
1. freeze pauses and leaves what rests; cancel_all pauses and takes everything off the book; flatten stops and sells.
2. A bot that is already as wanted gets its command all the same: the read model may be behind, the bot's own core absorbs it.
"""

from __future__ import annotations

from typing import Any

from shared.bus import BotEvent
from shared.ids import derived
from triggers.api.idempotency import id_for
from triggers.api.models.safety import GuardMode, PanicAnswer, PanicItem, PanicMode
from triggers.api.owned import all_bots
from triggers.api.platform import Platform

Doc = dict[str, Any]
AT_REST = ("draft", "stopped", "finished")
COMMANDS: dict[str, tuple[str, Doc]] = {
    "freeze": ("pause", {"keep_orders": True}),
    "cancel_all": ("pause", {"keep_orders": False}),
    "flatten": ("stop", {"close_mode": "quote"}),
    "stop": ("stop", {"close_mode": "keep"}),  # a guard's fourth: the bots end, the coins stay
}


async def panic(plat: Platform, user_id: str, mode: PanicMode, key: str | None) -> PanicAnswer:
    bots = [bot for bot in await all_bots(plat.store, user_id) if bot["status"] not in AT_REST]
    items = await command_all(plat, user_id, bots, mode, id_for("panic", user_id, f"panic:{mode}", key), "panic")
    return PanicAnswer(mode=mode, items=items)


async def command_all(
    plat: Platform, user_id: str, bots: list[Doc], mode: GuardMode, cause: str, reason: str, inputs: Doc | None = None
) -> tuple[PanicItem, ...]:
    """The same cause sends the same commands: whoever repeats it changes nothing. `inputs`: figures for each bot's "why" log."""
    name, params = COMMANDS[mode]
    ids = {bot["id"]: derived("cmd", user_id, cause, bot["id"]) for bot in bots}
    events = [
        BotEvent(
            user_id,
            bot_id,
            command_id,
            "command",
            plat.now_ms(),
            {"name": name, "params": params, "reason": reason, "inputs": inputs or {}},
        )
        for bot_id, command_id in ids.items()
    ]
    await plat.bus.send(events)
    return tuple(
        PanicItem.model_validate(
            {
                "bot_id": bot["id"],
                "name": bot["name"],
                "command": name,
                "command_id": ids[bot["id"]],
                "status_url": f"/api/v1/bots/{bot['id']}",
            }  # fmt: skip
        )
        for bot in bots
    )
