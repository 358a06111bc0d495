"""From an alert's bytes to durable commands: parse, authorise, dedupe, inbox row, one message per bot.

Rules
1. The claim of an alert is compare-and-set; the message ids follow from the claim, so whoever finishes it (this call, or the sender's
   retry) sends the same messages. A repeat that comes while the bus still remembers those ids sends them again, harmlessly.
2. The claim and the inbox row are one write, made before anything is sent. Nothing is answered 2xx before the messages are durable.
3. Nothing of the stored inbox holds a secret: what was sent as one, and every field that is named like one, is blanked first.
4. No alert, and no replay of one, starts a bot with real money for the first time: going live takes a fresh sign-in, and a webhook is made,
   rotated and read without one.
5. A glance at a bot (shared/stores.py) may let an alert through, as the bot would absorb it; it refuses none, and starts none.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from shared.bus import BotEvent
from shared.clock import iso
from shared.ids import derived, new_id
from shared.log import log_error
from shared.schema import SCHEMA
from shared.stores import Exists, Stale, Store
from shared.watch import watch
from shared.webhooks import dialects
from shared.webhooks.command import Target, Wish, wish
from shared.webhooks.decision import KEEP_S
from shared.webhooks.dedupe import Print, is_stale, print_of
from shared.webhooks.origin import Origin
from shared.webhooks.seal import is_secret
from shared.webhooks.signal import Refused, Signal
from shared.webhooks.symbol import is_same
from triggers.api.platform import Platform
from triggers.market_source import Path

Doc = dict[str, Any]
Look = Callable[[str, str, str], Awaitable[Doc | None]]  # a store's `read` or `glance`
BUS_REMEMBERS_MS = 8 * 60_000  # less than the queue's duplicate detection
BLANK = "[hidden]"
SHORTEST_SECRET = 4
_NAMED_SECRET = re.compile(r'"(?:token|secret|email_token|password|passphrase|api_?key)"\s*:\s*"((?:[^"\\]|\\.)*)"', re.IGNORECASE)
_CODE = re.compile(r"(?:ENTER|EXIT)-(?:LONG|SHORT|ALL)_([^\s\"]+)")


class BadSecret(Exception):
    """The caller has the address but not the secret; for the caller it is as if there were no address."""


class Hit(NamedTuple):
    """An alert on its way: where it came in and what it said."""

    user_id: str
    webhook: Doc
    body: bytes
    origin: Origin
    at: int
    replay_of: str | None = None
    is_trusted: bool = False  # the signed-in owner: no secret, no age, no twin
    replay_key: str | None = None


class Taken(NamedTuple):
    """What became of one signal: its inbox row, and what is to be sent."""

    row: Doc
    events: list[BotEvent]


async def take(plat: Platform, hit: Hit, dry_run: bool = False) -> list[Doc]:
    """The inbox rows of an alert, its commands durable. Errors: BadSecret; whatever the bus raises."""
    try:
        signals = dialects.read(hit.webhook["dialect"], hit.body)
    except Refused as refused:
        return [await rejected(plat.store, hit, refused, None, dry_run)]
    if not hit.is_trusted and not all(knows_secret(hit.webhook, signal) for signal in signals):
        await rejected(plat.store, hit, Refused("bad_secret"), None, dry_run)
        raise BadSecret
    targets = await targets_of(plat.store.glance, hit)
    taken: list[Taken] = []
    for i, signal in enumerate(signals):
        nth = signals[:i].count(signal)
        starting = any(one.action == "start" for one in signals[:i])
        taken.append(await take_signal(plat, hit, signal, nth, i, targets, starting, dry_run or signal.dry_run))
    events = [event for one in taken for event in one.events]
    await plat.bus.send(events)
    await tell_twins(plat, hit.user_id, events)
    return [one.row for one in taken]


async def tell_twins(plat: Platform, user_id: str, events: list[BotEvent]) -> None:
    """What an alert tells a bot, its paper twin hears, too. The alert is durable already: a twin that misses it must not make it fail."""
    for event in events:
        try:
            if await plat.store.glance("settings", user_id, f"twin-{event.bot_id}") is None:
                continue
            from triggers.api import twins  # few bots have one: an alert's cold start does not pay for it

            await twins.mirror(plat, user_id, event.bot_id, event.body["name"], event.body["params"], event.id)
        except Exception as error:
            log_error("twins.missed", error)


def knows_secret(webhook: Doc, signal: Signal) -> bool:
    return not dialects.HAS_SECRET[webhook["dialect"]] or is_secret(webhook["id"], signal.secret, webhook["secretHash"])


async def targets_of(look: Look, hit: Hit) -> dict[str, Doc]:
    """The documents of the webhook's bots that still exist, by id."""
    documents = await asyncio.gather(*(look("bots", hit.user_id, bot_id) for bot_id in hit.webhook["bots"]))
    return {document["id"]: document for document in documents if document is not None and document.get("kind") == "bot"}


async def take_signal(
    plat: Platform, hit: Hit, signal: Signal, nth: int, index: int, bots: dict[str, Doc], starting: bool, dry_run: bool
) -> Taken:
    try:
        if not hit.is_trusted and is_stale(signal, hit.at, hit.webhook["max_lag_s"]):
            raise Refused("stale")
        meant, wishes = await meaning(plat.store, hit, signal, bots, starting)
    except Refused as refused:
        return Taken(await rejected(plat.store, hit, refused, signal, dry_run), [])
    commands = [{"bot_id": bot_id, "command": one.name, "params": one.params} for bot_id, one in wishes.items()]
    if dry_run:
        return Taken(await keep(plat.store, hit, row_of(hit, new_id("hit"), "dry_run", "ok", signal, commands), hit.is_trusted), [])
    await watch_started(plat, hit.user_id, meant, wishes)
    print_ = print_for(hit, signal, nth, index)
    accepted = row_of(hit, derived("hit", print_.id, str(hit.at)), "accepted", "ok", signal, commands)
    hit_id, is_first, claimed_at = await claim(plat.store, hit, print_, accepted)
    events = [event_of(hit, hit_id, claimed_at, bot_id, one) for bot_id, one in wishes.items()]
    if is_first:
        return Taken(accepted, events)
    if await plat.store.read("webhooks", hit.user_id, hit_id) is None:  # who claimed it got no further: nothing was sent
        return Taken(await keep(plat.store, hit, {**accepted, "id": hit_id}), events)
    row = await keep(plat.store, hit, row_of(hit, new_id("hit"), "duplicate", "duplicate", signal, []) | {"first": hit_id})
    return Taken({**row, "id": hit_id}, events if hit.at - claimed_at < BUS_REMEMBERS_MS else [])


async def meaning(store: Store, hit: Hit, signal: Signal, bots: dict[str, Doc], starting: bool) -> tuple[list[Doc], dict[str, Wish]]:
    """The bots that are meant and what is asked of each. Errors: Refused, by what is certain and not by a glance."""
    if signal.action != "start":
        try:
            return wishes_of(hit, signal, bots, starting)
        except Refused:
            pass
    return wishes_of(hit, signal, await targets_of(store.read, hit), starting)


def wishes_of(hit: Hit, signal: Signal, bots: dict[str, Doc], starting: bool) -> tuple[list[Doc], dict[str, Wish]]:
    meant = choose(hit.webhook, signal, bots)
    wishes = {bot["id"]: wish(signal, target(bot), hit.webhook["close_mode"], starting) for bot in meant}
    if any(wishes[bot["id"]].name == "start" and bot["exchange"] != "paper" for bot in meant):
        raise Refused("reauthentication_required", "action")
    return meant, wishes


def choose(webhook: Doc, signal: Signal, bots: dict[str, Doc]) -> list[Doc]:
    """The bots a signal means: the one it names, else all of the webhook's; of those, the ones on its symbol. Errors: Refused."""
    found = list(bots.values())
    if signal.bot is not None:
        named = webhook["aliases"].get(signal.bot, signal.bot)
        matching = [bot for bot in found if named in (bot["id"], bot["name"])]
        if not matching and (len(webhook["bots"]) > 1 or webhook["dialect"] == "tickwise"):
            raise Refused("unknown_bot", "bot")
        found = matching or found
    if not found:
        raise Refused("unknown_bot", "bot")
    if signal.symbol is not None:
        found = [bot for bot in found if is_same(signal.symbol, bot["symbol"])]
        if not found:
            raise Refused("unknown_symbol", "symbol")
    return found


def target(bot: Doc) -> Target:
    return Target(bot["id"], bot["strategy"], bot["symbol"], bot["status"], bot["config"])


def print_for(hit: Hit, signal: Signal, nth: int, index: int) -> Print:
    """A replay is told from its original by its own key, and repeats only under the same one."""
    if hit.replay_key is None:
        return print_of(hit.webhook["id"], signal, nth)
    return Print(derived("key", hit.webhook["id"], "replay", hit.replay_key, str(index)), 24 * 3_600_000)


async def claim(store: Store, hit: Hit, print_: Print, row: Doc) -> tuple[str, bool, int]:
    """(the id of the alert's row, whether it is new, when it was claimed). A new one's row is there with the claim."""
    fresh = key_of(hit, print_, row["id"])
    while True:
        try:
            await store.create_with("webhooks", hit.user_id, fresh, row)
            return row["id"], True, hit.at
        except Exists:
            found = await store.read("webhooks", hit.user_id, print_.id)
        if found is not None and hit.at - found["atMs"] < print_.window_ms:
            return found["hit"], False, found["atMs"]
        if found is not None:
            try:
                await store.replace("webhooks", hit.user_id, {**fresh, "_etag": found["_etag"]})
                await keep(store, hit, row)
                return row["id"], True, hit.at
            except Stale:
                continue


def key_of(hit: Hit, print_: Print, hit_id: str) -> Doc:
    return {
        "id": print_.id, "kind": "key", "schema": SCHEMA, "webhookId": hit.webhook["id"], "sort": print_.id, "atMs": hit.at, "hit": hit_id,
        "ttl": 2 * 86_400,
    }  # fmt: skip


def event_of(hit: Hit, hit_id: str, at: int, bot_id: str, one: Wish) -> BotEvent:
    body = {"name": one.name, "params": one.params, "reason": "webhook", "hit": {"id": hit_id, "webhook": hit.webhook["id"]}}
    return BotEvent(hit.user_id, bot_id, hit_id, "command", at, body)


async def watch_started(plat: Platform, user_id: str, bots: list[Doc], wishes: dict[str, Wish]) -> None:
    """A bot that starts needs its market looked at."""
    for bot in bots:
        if wishes[bot["id"]].name == "start":
            account = await plat.store.read("accounts", user_id, bot["account_id"])
            if account is not None:
                await watch(plat.store, bot["source"], Path.of_account(account)._asdict(), bot["symbol"])


# -- the inbox ----------------------------------------------------------------------------------------------------------


async def rejected(store: Store, hit: Hit, refused: Refused, signal: Signal | None, dry_run: bool) -> Doc:
    row = row_of(hit, new_id("hit"), "rejected", refused.reason, signal, [])
    return await keep(store, hit, row | {"field": refused.field and blanked(hit.body, refused.field)}, dry_run and hit.is_trusted)


async def keep(store: Store, hit: Hit, row: Doc, is_only_tried: bool = False) -> Doc:
    """Rows written twice are the same row."""
    return row if is_only_tried else await store.upsert("webhooks", hit.user_id, row)


def row_of(hit: Hit, hit_id: str, status: str, reason: str, signal: Signal | None, commands: list[Doc]) -> Doc:
    return {
        "id": hit_id,
        "kind": "hit",
        "schema": SCHEMA,
        "webhookId": hit.webhook["id"],
        "sort": f"{iso(hit.at)}:{hit_id}",
        "at": iso(hit.at),
        "dialect": hit.webhook["dialect"],
        "status": status,
        "reason": reason,
        "action": signal.action if signal else None,
        "symbol": signal.symbol and blanked(hit.body, signal.symbol) if signal else None,
        "ignored": list(signal.ignored) if signal else [],
        "body": blanked(hit.body, hit.body.decode("utf-8", "replace")),
        "source_ip": hit.origin.ip,
        "verified_origin": hit.origin.has_certificate or hit.origin.has_listed_ip,
        "replay_of": hit.replay_of,
        "commands": commands,
        "ttl": KEEP_S,
    }


def blanked(body: bytes, text: str) -> str:
    """The text without the secrets of the alert, wherever in it they stand."""
    whole = body.decode("utf-8", "replace")
    for secret in sorted({*_NAMED_SECRET.findall(whole), *_CODE.findall(whole)}, key=len, reverse=True):
        if len(secret) >= SHORTEST_SECRET:
            text = text.replace(secret, BLANK)
    return _NAMED_SECRET.sub(lambda found: found[0].replace(f'"{found[1]}"', f'"{BLANK}"'), text)
