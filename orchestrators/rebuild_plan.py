"""What is written down of a bot: enough to make its state again (entities/rebuild.py).

The fence is raised before anything else is read: whatever is sent by the state before is there by then, or never will be. What it writes is
fenced off where the reading ended (orchestrators/ledger_rows.py). The newest fill that the backup has is read for what it bears: the backup
may be of a round before those orders were decided, which had the same fills and was written late.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from orchestrators.ledger_rows import fence_off
from orchestrators.outside import outside
from orchestrators.sending import with_borne
from shared.bot_document import backup_id
from shared.claims import next_fence, raise_fence, run_of
from shared.stores import Store

Doc = dict[str, Any]
Fence = Callable[[int], Awaitable[tuple[int, dict[str, list[Any]]]]]
MOST_FILLS = 2_000
TRIES = 5


async def rebuild_plan(store: Store, user_id: str, document: Doc, fence: Fence) -> Doc:
    """{document, backup, fills, last, epoch, sent, committed}, or {refused} for a bot that never had a backup."""
    bot_id = document["id"]
    backup = await store.read("bots", user_id, backup_id(bot_id))
    if backup is None:
        return {"refused": {"reason": "no_backup", "params": {}}}
    epoch, sent = await fence(max(int(backup["epoch"]), int(document["epoch"])))
    written, last = await ledger(store, user_id, bot_id, backup, epoch)
    newest = await store.read("fills", user_id, f"{bot_id}-{backup['epoch']}-{int(backup['fills']):08d}")
    bearing = [*([newest] if newest is not None else ()), *written]
    sendings = [*sent.values(), *(one for row in bearing for one in row.get("sends", {}).values())]  # of an order all of them
    committed = max((int(revision) for revision, _ in sendings), default=0)
    sent = with_borne(sent, bearing)
    fills = [{name: value for name, value in row.items() if name != "sends"} for row in written]
    plain = {name: value for name, value in document.items() if not name.startswith("_")}
    return {"document": plain, "backup": backup, "fills": fills, "last": last, "epoch": epoch, "sent": sent, "committed": committed}


async def ledger(store: Store, user_id: str, bot_id: str, backup: Doc, epoch: int) -> tuple[list[Doc], Doc | None]:
    """(the fills since the backup, the newest line of the log): the last that states before this epoch have written.

    Errors: TimeoutError when they keep writing.
    """
    after = f"{int(backup['epoch']):04d}:{int(backup['fills']):08d}"
    for _ in range(TRIES):
        fills = await store.since("fills", user_id, {"kind": "fill", "botId": bot_id}, after, MOST_FILLS)
        log = await store.page("events", user_id, {"kind": "event", "botId": bot_id}, 1)
        last = {"seq": log.items[0]["seq"], "hash": log.items[0]["hash"]} if log.items else None
        next_ones = {"fill": int(backup["fills"]) + len(fills) + 1, "event": int(last["seq"]) + 1 if last else 1}
        if await fence_off(store, user_id, bot_id, range(int(backup["epoch"]), epoch), next_ones):
            return fills, last
    raise TimeoutError("the ledger of a bot kept changing")


def fence_of(user_id: str, account: Doc, event: Doc, on_account: Callable[..., Awaitable[Any]]) -> Fence:
    """Keeps the bot's earlier incarnations from sending anything more, where its orders are written down before they leave."""
    bot_id, run = event["bot_id"], run_of(event["id"], event.get("run", 1))

    async def raised(above: int) -> tuple[int, dict[str, list[Any]]]:
        if account["exchange"] != "paper":
            return await raise_fence(outside().store, user_id, bot_id, above, run)
        found: tuple[int, dict[str, list[Any]]] = await on_account(
            user_id, account, lambda exchange: exchange.raise_fence(bot_id, lambda fence: next_fence(fence, above, run))
        )
        return found

    return raised
