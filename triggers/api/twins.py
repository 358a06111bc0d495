"""Shadow twins: the same plan on paper beside a bot, its commands repeated, its orders compared.

Rules
1. A twin has a paper account of its own on the bot's venue (its public prices), so that nothing else stands in its way.
2. Attached to a draft it starts with its bot; attached to a running bot it starts at once and is compared from then on. A start that was
   on its way to the draft is noticed a little later.
3. Every command of the owner goes to the twin, too, under an id derived from the bot's: repeated it is one.
"""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

from shared import parity
from shared.bot_document import draft
from shared.bus import BotEvent
from shared.clock import iso, ms_of
from shared.errors import conflict, not_found
from shared.ids import derived, new_id
from shared.log import log
from shared.read_model import SCHEMA
from shared.stores import Exists
from shared.watch import PLATFORM, watch
from shared.work import own_queue
from strategy_core.number import dec, plain
from triggers.api import accounts, bots
from triggers.api.idempotency import id_for
from triggers.api.members import join
from triggers.api.models.account import AccountCreate
from triggers.api.models.twin import ParityReport
from triggers.api.owned import need_account, need_bot
from triggers.api.platform import Platform
from triggers.market_source import Path

WEEK_MS, NEAR_MS, DAY_MS = 7 * 86_400_000, 60_000, 86_400_000
SPARE, PAGE = 20, 1_000
MOST_FILLS, MOST_IN_BACKGROUND = 5_000, 50_000  # of each side: what somebody waits for, and what nobody does
CATCH_UP_S = 20
TWINNED = "twin-users"
ENDED = ("stopped", "finished")

Doc = dict[str, Any]


def link_id(bot_id: str) -> str:
    return f"twin-{bot_id}"


async def read_link(plat: Platform, user_id: str, bot_id: str) -> Doc | None:
    return await plat.store.read("settings", user_id, link_id(bot_id))


async def need_link(plat: Platform, user_id: str, bot_id: str) -> Doc:
    await need_bot(plat.store, user_id, bot_id)
    found = await read_link(plat, user_id, bot_id)
    if found is None:
        raise not_found("twin")
    return found


async def attach(plat: Platform, user_id: str, bot_id: str) -> Doc:
    """The link; the same one when there is one already. Errors: AppError 404, 409, 422."""
    bot = await need_bot(plat.store, user_id, bot_id)
    link = await read_link(plat, user_id, bot_id) or await new_link(plat, user_id, bot)
    if await plat.store.read("bots", user_id, link["twin_id"]) is None:
        await make(plat, user_id, bot, link)
    await join(plat.store, TWINNED, user_id)
    if bot["status"] != "draft":
        await start(plat, user_id, link)
    else:
        await look_again(plat, user_id, link)
    return link


async def look_again(plat: Platform, user_id: str, link: Doc) -> None:
    task = {"kind": "twin", "userId": user_id, "botId": link["bot_id"]}
    try:
        await own_queue(plat).put(derived("twin", user_id, link["twin_id"]), task, CATCH_UP_S)
    except Exception as error:  # the twins' own timer looks, too (triggers/twin_watch.py)
        log("twins.not_queued", error=type(error).__name__)


async def catch_up(plat: Platform, user_id: str, bot_id: str) -> None:
    """Starts a twin whose bot runs without it."""
    link = await read_link(plat, user_id, bot_id)
    if link is None:
        return
    bot, twin = [await plat.store.read("bots", user_id, own) for own in (bot_id, link["twin_id"])]
    if bot is not None and bot["status"] not in ("draft", *ENDED) and twin is not None and twin["status"] == "draft":
        await start(plat, user_id, link)


async def start(plat: Platform, user_id: str, link: Doc) -> None:
    await command(plat, user_id, link["twin_id"], "start", {}, f"attach:{link['twin_id']}")


async def new_link(plat: Platform, user_id: str, bot: Doc) -> Doc:
    """What the twin will be, written down before it is made: a kill in between loses nothing."""
    if bot["status"] in ENDED:
        raise conflict("not_possible", status=bot["status"], command="twin")
    account = await need_account(plat.store, user_id, bot["account_id"])
    if account["market"] == "replay":
        raise conflict("replay_has_no_twin")  # a second replay would begin at its own first candle
    now = plat.now_ms()
    body = AccountCreate(
        exchange="paper", label=f"Twin of {bot['name']}"[:80], market=account["market"], speed=int(account["speed"]),
        balances=await purse(plat, account, bot),
    )  # fmt: skip
    link = {
        "id": link_id(bot["id"]), "kind": "twin", "schema": SCHEMA, "sort": f"{iso(now)}:{bot['id']}", "bot_id": bot["id"],
        "twin_id": new_id("bot"), "account": body.model_dump(mode="json"), "created_at": iso(now), "next_report_at": iso(now + WEEK_MS),
        "reports": 0,
    }  # fmt: skip
    link["account_id"] = id_for("acc", user_id, "create_account", f"twin:{link['twin_id']}")
    try:
        return await plat.store.create("settings", user_id, link)
    except Exists:
        return await need_link(plat, user_id, bot["id"])


async def make(plat: Platform, user_id: str, bot: Doc, link: Doc) -> None:
    paper = await accounts.create(plat, user_id, AccountCreate.model_validate(link["account"]), f"twin:{link['twin_id']}")
    plan = {name: bot[name] for name in ("symbol", "strategy", "config")}
    fields = {**plan, "name": f"{bot['name'][:72]} (twin)", "account_id": paper["id"]}
    try:
        await plat.store.create("bots", user_id, draft(link["twin_id"], fields, paper, plat.now_ms()))
    except Exists:
        return


async def purse(plat: Platform, account: Doc, bot: Doc) -> dict[str, Decimal]:
    """More than the plan could ever ask for, so that money is no difference between the two."""
    from strategy_core import registry

    market, price = await bots.market_now(plat, account, bot["symbol"])
    needed = registry.preview(bot["strategy"], bot["config"], price, market)
    in_quote = needed.funds_needed if needed.currency != market.base else needed.funds_needed * price
    both = {market.quote: dec(plain(in_quote * SPARE)), market.base: dec(plain(in_quote / price * SPARE))}
    return {market.quote: both[market.quote]} if market.is_future else both


async def mirror(plat: Platform, user_id: str, bot_id: str, name: str, params: Doc, command_id: str) -> None:
    """The twin hears what its bot hears."""
    link = await plat.store.glance("settings", user_id, link_id(bot_id))
    if link is not None:
        await command(plat, user_id, link["twin_id"], name, params, command_id)


async def command(plat: Platform, user_id: str, twin_id: str, name: str, params: Doc, cause: str) -> None:
    twin = await plat.store.read("bots", user_id, twin_id)
    if twin is None:
        return
    if name == "start":
        account = await need_account(plat.store, user_id, twin["account_id"])
        await watch(plat.store, twin["source"], Path.of_account(account)._asdict(), twin["symbol"])
    own = derived("cmd", user_id, "twin", cause)
    await plat.bus.send([BotEvent(user_id, twin_id, own, "command", plat.now_ms(), {"name": name, "params": params})])


async def detach(plat: Platform, user_id: str, bot_id: str) -> None:
    """The twin is stopped and keeps its history; its bot goes on."""
    link = await need_link(plat, user_id, bot_id)
    twin = await plat.store.read("bots", user_id, link["twin_id"])
    if twin is not None and twin["status"] == "draft":
        await plat.store.delete("bots", user_id, link["twin_id"])
    elif twin is not None:
        await command(plat, user_id, link["twin_id"], "stop", {"close_mode": "keep"}, f"detach:{bot_id}")
    await plat.store.delete("settings", user_id, link["id"])


async def compared(plat: Platform, user_id: str, link: Doc, since: int, until: int, most: int | None = None) -> ParityReport:
    """The two side by side over a span, read as it is now, at most so many fills of each."""
    live = await plat.store.read("bots", user_id, link["bot_id"])
    paper = await plat.store.read("bots", user_id, link["twin_id"])
    if live is None or paper is None:
        raise not_found("twin")
    started = [ms_of(one["started_at"]) if one.get("started_at") else None for one in (live, paper)]
    known = [at for at in started if at is not None]
    began = max(known) if len(known) == 2 else until
    first = max(since, began - NEAR_MS)
    sides = await asyncio.gather(
        *(orders_of(plat, user_id, bot["id"], first - parity.PAIR_MS, most or MOST_FILLS) for bot in (live, paper))
    )
    figures = parity.report(sides[0][0], sides[1][0], first, until)
    totals = [one["pnl"]["total"] if one.get("pnl") else None for one in (live, paper)]
    return ParityReport.model_validate(
        {
            **figures, "bot_id": link["bot_id"], "twin_id": link["twin_id"], "since": iso(since), "until": iso(until),
            "live_total": totals[0], "paper_total": totals[1], "currency": (live.get("pnl") or {}).get("currency"),
            "same_start": len(known) == 2 and abs(known[0] - known[1]) <= NEAR_MS, "is_complete": sides[0][1] and sides[1][1],
        }
    )  # fmt: skip


async def orders_of(plat: Platform, user_id: str, bot_id: str, since: int, most: int) -> tuple[parity.Orders, bool]:
    """Orders from an instant on, read from the newest fill back; False when there were more fills than `most`."""
    found, cursor, count = parity.Orders(), None, 0
    while count < most:
        page = await plat.store.page("fills", user_id, {"kind": "fill", "botId": bot_id}, PAGE, cursor)
        rows = [row for row in page.items if ms_of(row["at"]) >= since]
        found.take(rows)
        count, cursor = count + len(page.items), page.next
        if not rows or cursor is None:
            return found, True
    return found, False


async def users(plat: Platform) -> list[str]:
    """Who has twins."""
    document = await plat.store.read("settings", PLATFORM, TWINNED)
    return list((document or {}).get("users", ()))
