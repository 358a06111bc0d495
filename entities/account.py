"""Entity `account`: the money of one exchange account that is promised to bots. Key: `shared.ids.entity_key(user, account)`.

reserve  {bot, revision, amounts, balances, held, alone}  promises `amounts` unless the account lacks them, and the symbol `alone`
                                                          unless another bot has it
                                       -> {ok} or {ok: false, reason, currency, needed, available | symbol}
release  {bot}                         takes the promise back

Rules
1. available = the account's total - what every other bot holds. `held` is what running bots own now (from their own books); a bot
   without such a figure counts with what it was promised.
2. A perpetual's position is one for the whole account: two bots on it could not tell theirs apart, so it is promised to one.
3. The same (bot, revision) asked again gets the same answer: a promise that stands is not weighed a second time.
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
Stored = dict[str, Any]
bp = df.Blueprint()


def account(context: df.DurableEntityContext) -> None:
    stored = context.get_state(lambda: None) or {"schema": SCHEMA, "bots": {}}
    state, result = perform(AccountOperation(context.operation_name), stored, context.get_input())
    json.dumps(state, allow_nan=False)
    context.set_state(state)
    context.set_result(result)


def perform(operation: AccountOperation, stored: Stored, given: dict[str, Any]) -> tuple[Stored, dict[str, Any]]:
    """(the state to store, the result). `stored` is left as it is."""
    return _OPERATIONS[operation](json.loads(json.dumps(stored)), given)


def _reserve(stored: Stored, given: dict[str, Any]) -> tuple[Stored, dict[str, Any]]:
    bot_id, revision = given["bot"], given["revision"]
    promised = stored["bots"].get(bot_id)
    if promised is not None and promised["revision"] == revision:
        return stored, {"ok": True}
    alone = given.get("alone")
    if alone is not None and any(other != bot_id and promise.get("alone") == alone for other, promise in stored["bots"].items()):
        return stored, {"ok": False, "reason": "symbol_busy", "symbol": alone}
    for currency, amount in given["amounts"].items():
        available = dec(given["balances"].get(currency, "0")) - promised_to_others(stored, bot_id, currency, given["held"])
        if dec(amount) > available:
            lack = {"currency": currency, "needed": amount, "available": plain(max(available, ZERO))}
            return stored, {"ok": False, "reason": "insufficient_funds", **lack}
    stored["bots"][bot_id] = {"revision": revision, "amounts": given["amounts"], **({"alone": alone} if alone is not None else {})}
    return stored, {"ok": True}


def promised_to_others(stored: Stored, bot_id: str, currency: str, held: dict[str, dict[str, str]]) -> Decimal:
    others = (held.get(other, promise["amounts"]) for other, promise in stored["bots"].items() if other != bot_id)
    return sum((dec(amounts.get(currency, "0")) for amounts in others), ZERO)


def _release(stored: Stored, given: dict[str, Any]) -> tuple[Stored, dict[str, Any]]:
    stored["bots"].pop(given["bot"], None)
    return stored, {"ok": True}


_OPERATIONS: dict[AccountOperation, Callable[[Stored, dict[str, Any]], tuple[Stored, dict[str, Any]]]] = {
    AccountOperation.RESERVE: _reserve,
    AccountOperation.RELEASE: _release,
}

bp.entity_trigger(context_name="context", entity_name="account")(account)
