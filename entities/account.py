"""Entity `account`: the money of one exchange account that is promised to bots. Key: `shared.ids.entity_key(user, account)`.

reserve  {bot, revision, amounts, balances, held, seen, alone}  promises `amounts` unless the account lacks them, and the symbol `alone`
                                                                unless another bot has it
                                       -> {ok} or {ok: false, reason, currency, needed, available | symbol}
raise    {bot, id, more, own, balances, held, seen}  promises a running bot `more` beside what it owns by its book, once per `id`
                                       -> as reserve
settle   {bot, amounts, revision, id}  what the bot counts on from its revision on, with the raise `id` in it; an older word changes nothing
restore  {bot, revision, amounts, alone}  what a bot made again counts on, unless its promise stands
release  {bot}                         takes the promise back

Rules
1. available = the account's total - what every other bot holds. `held` is what running bots own now, by their published documents of the
   revisions `seen`; a bot without such a figure counts with what it was promised.
2. Money promised to a running bot is not in its published book at once: it counts beside `held` until a document of a revision that has
   it was seen.
3. A perpetual's position is one for the whole account: two bots on it could not tell theirs apart, so it is promised to one.
4. The same (bot, revision), or the same (bot, id), asked again gets the same answer: a promise that stands is not weighed a second time.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import azure.durable_functions as df

from entities.operation import AccountOperation
from strategy_core.number import ZERO, dec, plain

SCHEMA = 1
REMEMBERED = 32
Stored = dict[str, Any]
Answer = tuple[Stored, dict[str, Any]]
bp = df.Blueprint()


def account(context: df.DurableEntityContext) -> None:
    stored = context.get_state(lambda: None) or {"schema": SCHEMA, "bots": {}}
    state, result = perform(AccountOperation(context.operation_name), stored, context.get_input())
    json.dumps(state, allow_nan=False)
    context.set_state(state)
    context.set_result(result)


def perform(operation: AccountOperation, stored: Stored, given: dict[str, Any]) -> Answer:
    """(the state to store, the result). `stored` is left as it is."""
    return _OPERATIONS[operation](json.loads(json.dumps(stored)), given)


def _reserve(stored: Stored, given: dict[str, Any]) -> Answer:
    bot_id, revision = given["bot"], given["revision"]
    promised = stored["bots"].get(bot_id)
    if promised is not None and promised["revision"] == revision:
        return stored, {"ok": True}
    alone = given.get("alone")
    if alone is not None and any(other != bot_id and promise.get("alone") == alone for other, promise in stored["bots"].items()):
        return stored, {"ok": False, "reason": "symbol_busy", "symbol": alone}
    lack = lacking(stored, given, given["amounts"], own={})
    if lack is not None:
        return stored, lack
    stored["bots"][bot_id] = {"revision": revision, "amounts": given["amounts"], **({"alone": alone} if alone is not None else {})}
    return stored, {"ok": True}


def _raise(stored: Stored, given: dict[str, Any]) -> Answer:
    promise = stored["bots"].get(given["bot"])
    if promise is None:  # at rest by now: the command will find that, too
        return stored, {"ok": False, "reason": "bot_stopped"}
    raised = promise.setdefault("raised", {})
    if given["id"] in raised:
        return stored, {"ok": True}
    lack = lacking(stored, given, given["more"], given["own"])
    if lack is not None:
        return stored, lack
    raised[given["id"]] = [given["more"], None]
    for old in list(raised)[:-REMEMBERED]:
        del raised[old]
    add(promise["amounts"], given["more"])
    return stored, {"ok": True}


def _settle(stored: Stored, given: dict[str, Any]) -> Answer:
    promise = stored["bots"].get(given["bot"])
    if promise is None or int(promise.get("at", 0)) > int(given["revision"]):
        return stored, {"ok": True}
    promise["amounts"], promise["at"] = given["amounts"], given["revision"]
    raised = promise.get("raised", {})
    if given.get("id") in raised:
        raised[given["id"]][1] = given["revision"]
    for more, revision in raised.values():
        if revision is None:  # of another command, under way
            add(promise["amounts"], more)
    return stored, {"ok": True}


def add(amounts: dict[str, str], more: dict[str, str]) -> None:
    for currency, amount in more.items():
        amounts[currency] = plain(dec(amounts.get(currency, "0")) + dec(amount))


def _restore(stored: Stored, given: dict[str, Any]) -> Answer:
    alone = {"alone": given["alone"]} if given.get("alone") is not None else {}
    stored["bots"].setdefault(given["bot"], {"revision": given["revision"], "amounts": given["amounts"], **alone})
    return stored, {"ok": True}


def _release(stored: Stored, given: dict[str, Any]) -> Answer:
    stored["bots"].pop(given["bot"], None)
    return stored, {"ok": True}


def lacking(stored: Stored, given: dict[str, Any], amounts: dict[str, str], own: dict[str, str]) -> dict[str, Any] | None:
    """The refusal of `amounts` beside what the bot owns; None when the account has them."""
    for currency, amount in amounts.items():
        others = promised_to_others(stored, given["bot"], currency, given["held"], given.get("seen") or {})
        available = dec(given["balances"].get(currency, "0")) - others - dec(own.get(currency, "0"))
        if dec(amount) > available:
            lack = {"currency": currency, "needed": amount, "available": plain(max(available, ZERO))}
            return {"ok": False, "reason": "insufficient_funds", **lack}
    return None


def promised_to_others(stored: Stored, bot_id: str, currency: str, held: dict[str, dict[str, str]], seen: dict[str, int]) -> Decimal:
    total = ZERO
    for other, promise in stored["bots"].items():
        if other == bot_id:
            continue
        if other not in held:
            total += dec(promise["amounts"].get(currency, "0"))
            continue
        total += dec(held[other].get(currency, "0"))
        for more, revision in promise.get("raised", {}).values():
            if revision is None or revision > seen.get(other, 0):
                total += dec(more.get(currency, "0"))
    return total


_OPERATIONS: dict[AccountOperation, Callable[[Stored, dict[str, Any]], Answer]] = {
    AccountOperation.RESERVE: _reserve,
    AccountOperation.RAISE: _raise,
    AccountOperation.SETTLE: _settle,
    AccountOperation.RESTORE: _restore,
    AccountOperation.RELEASE: _release,
}

bp.entity_trigger(context_name="context", entity_name="account")(account)
