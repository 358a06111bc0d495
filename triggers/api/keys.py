"""Keys of live accounts: proved at the exchange, kept in the vault, named by their last four characters.

Rules
1. A key is taken only from an owner who has just signed in, and only when the exchange says that it can trade and cannot withdraw.
2. It goes to the vault before a document names it: a document never names a key that is not there.
3. Another key must be of the same account at the exchange: what a bot holds there is not somewhere else. Where the exchange does not
   name the account, the owner is told that it is not proved.
4. Neither the key nor what the exchange said about it in its own words is ever in an answer.
"""

from __future__ import annotations

from typing import Any

from orchestrators.live_accounts import Proved, key_name
from shared import quota
from shared.auth import User
from shared.clock import iso
from shared.errors import AppError, conflict, invalid
from shared.log import log
from shared.schema import SCHEMA
from shared.secrets import Keys, NoSecret, VaultDown
from shared.stores import Exists, Stale
from triggers.api.idempotency import fingerprint, id_for, same_request
from triggers.api.models.account import AccountConnect, Credentials
from triggers.api.owned import need_account, need_bot
from triggers.api.platform import Platform
from triggers.api.versions import need_version
from triggers.market_source import Path

PROOFS, LIVE_STARTS = 10, 60  # one user may have so many keys proved, and so many live bots started, per minute
WITH_PASSWORD = ("okx", "kucoin", "bitget")

Doc = dict[str, Any]


async def connect(plat: Platform, user: User, body: AccountConnect, key: str | None) -> Doc:
    await need_live(plat, body.exchange)
    account_id = id_for("acc", user.id, "create_account", key)
    body_print = fingerprint({"exchange": body.exchange, "label": body.label})  # nothing that depends on the secret is stored
    if key and (stored := await plat.store.read("accounts", user.id, account_id)):
        same_request(stored, body_print)
        return stored
    need_fresh(plat, user)
    most = (await plat.limits.now()).accounts_per_user
    if await plat.store.count("accounts", user.id, {"kind": "account"}) >= most:
        raise AppError(429, "too_many_accounts", params={"limit": str(most)})
    now = plat.now_ms()
    await plat.markets.listed(Path(body.exchange, 1, now))
    keys = keys_of(body.exchange, body.credentials)
    proved = await prove(plat, user.id, body.exchange, keys)
    document = {
        "id": account_id, "kind": "account", "schema": SCHEMA, "sort": f"{iso(now)}:{account_id}", "exchange": body.exchange,
        "market": body.exchange, "label": body.label, "paper": False, "speed": 1, "keyNumber": 1, "created_at": iso(now), "createdMs": now,
        "bodyPrint": body_print, **shown(plat, keys, proved), "venueAccount": proved.account,
        "key_account_proved": proved.account is not None,
    }  # fmt: skip
    await keep(plat, user.id, document, keys)
    try:
        return await plat.store.create("accounts", user.id, document)
    except Exists:
        return await need_account(plat.store, user.id, account_id)


async def verify(plat: Platform, user: User, account_id: str) -> Doc:
    """Asks the exchange again; what it says now is in the document, a refusal as `key_problem`."""
    document = await need_live_account(plat, user.id, account_id)
    try:
        keys = await plat.live.secrets.read(user.id, key_name(document))
        proved = await prove(plat, user.id, document["exchange"], keys)
    except NoSecret:
        return await change(plat, user.id, document, {"key_problem": "key_invalid"})
    except VaultDown:
        raise AppError(503, "vault_down") from None
    except AppError as error:
        if error.status != 422:
            raise
        return await change(plat, user.id, document, {"key_problem": error.code, "verified_at": iso(plat.now_ms())})
    return await change(plat, user.id, document, shown(plat, keys, proved))


async def rotate(plat: Platform, user: User, account_id: str, credentials: Credentials, if_match: str | None = None) -> Doc:
    """Another key for the same account. The old one is destroyed once nothing names it any more."""
    document = await need_live_account(plat, user.id, account_id)
    need_version(if_match, document)
    await need_live(plat, document["exchange"])
    need_fresh(plat, user)
    keys = keys_of(document["exchange"], credentials)
    proved = await prove(plat, user.id, document["exchange"], keys)
    known = document.get("venueAccount")
    if known is not None and proved.account is not None and known != proved.account:
        raise invalid("key_of_another_account", "credentials")
    fresh = {**document, **shown(plat, keys, proved), "venueAccount": known or proved.account}
    fresh |= {"key_account_proved": known is not None and proved.account == known, "keyNumber": int(document["keyNumber"]) + 1}
    await keep(plat, user.id, fresh, keys)
    changed = await change(plat, user.id, document, fresh)
    await destroy(plat, user.id, document)
    return changed


async def destroy(plat: Platform, user_id: str, document: Doc) -> None:
    """The key is gone from the vault and from this process. Errors: AppError 503."""
    try:
        await plat.live.secrets.delete(user_id, key_name(document))
    except Exception as error:
        log("vault.down", error=type(error).__name__)
        raise AppError(503, "vault_down") from None
    await plat.live.forget(user_id, document)


async def need_live(plat: Platform, exchange: str) -> None:
    if exchange not in (await plat.limits.now()).traded:
        raise invalid("live_disabled", "exchange", exchange=exchange)


async def need_fresh_to_go_live(plat: Platform, user: User, bot_id: str) -> None:
    """Starting a bot with real money takes what adding the key took. Errors: AppError 403, 404, 429."""
    if (await need_bot(plat.store, user.id, bot_id))["exchange"] == "paper":
        return
    need_fresh(plat, user)
    await quota.take(plat.store, user.id, "live_starts", LIVE_STARTS, plat.now_ms())


def need_fresh(plat: Platform, user: User) -> None:
    """Errors: AppError 403 unless the user has signed in within REAUTH_S."""
    limit = plat.settings.reauth_s
    if user.auth_time is None or plat.now_ms() // 1000 - user.auth_time > limit:
        raise AppError(403, "reauthentication_required", params={"max_age_s": str(limit)})


async def need_live_account(plat: Platform, user_id: str, account_id: str) -> Doc:
    document = await need_account(plat.store, user_id, account_id)
    if document["paper"]:
        raise conflict("paper_account")
    return document


def keys_of(exchange: str, given: Credentials) -> Keys:
    """The credentials under ccxt's names."""
    if exchange in WITH_PASSWORD and given.password is None:
        raise invalid("required", "credentials.password")
    keys = {"apiKey": given.api_key.get_secret_value().strip(), "secret": given.secret.get_secret_value().strip()}
    return keys | ({"password": given.password.get_secret_value()} if given.password is not None else {})


async def prove(plat: Platform, user_id: str, exchange: str, keys: Keys) -> Proved:
    """Errors: AppError 422 for a key that is not taken, 429, 503."""
    from orchestrators.live_accounts import refusal_of

    await quota.take(plat.store, user_id, "key_proofs", PROOFS, plat.now_ms())
    try:
        proved = await plat.live.prove(exchange, keys)
    except Exception as error:
        code = refusal_of(error)
        if code is None:
            raise
        raise AppError(503 if code == "venue_down" else 422, code, None if code == "venue_down" else "credentials") from None
    if proved.refusal is not None:
        raise invalid(f"key_{proved.refusal}", "credentials")
    return proved


def shown(plat: Platform, keys: Keys, proved: Proved) -> Doc:
    """What may be seen of a key, and what the account held when it was proved."""
    now = iso(plat.now_ms())
    return {
        "key_hint": keys["apiKey"][-4:], "key_score": proved.score, "key_ip_restricted": proved.ip_restricted, "key_problem": None,
        "verified_at": now, "balances": proved.balances, "balances_at": now,
    }  # fmt: skip


async def keep(plat: Platform, user_id: str, document: Doc, keys: Keys) -> None:
    try:
        await plat.live.secrets.write(user_id, key_name(document), keys)
    except Exception as error:
        log("vault.down", error=type(error).__name__)
        raise AppError(503, "vault_down") from None


async def change(plat: Platform, user_id: str, document: Doc, changes: Doc) -> Doc:
    try:
        return await plat.store.replace("accounts", user_id, {**document, **changes, "_etag": document["_etag"]})
    except Stale:
        raise conflict("changed_meanwhile") from None
