"""The account a bot trades on, as its document describes it.

A paper account is never changed, and not deleted while it has a bot (triggers/api/accounts.py). So what was read of it for a bot holds for
that bot for as long as there is one, and this process does not read it again. Accounts with real money are read every time: their keys are
replaced. So is the account of a draft: nothing holds it yet.

Rule: what is remembered is remembered of one bot, by the instant it was made, too. A name that was given again is another bot.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any
from weakref import WeakKeyDictionary

from orchestrators.outside import outside
from shared.stores import Store

MOST = 20_000
Doc = dict[str, Any]
Name = tuple[str, str, str, str]  # user, account, bot, when it was made


class Copies:
    """By store: a process that ends takes its copies with it. They are shared: nobody changes one."""

    def __init__(self, most: int = MOST) -> None:
        self._copies: WeakKeyDictionary[Store, OrderedDict[Name, Doc]] = WeakKeyDictionary()
        self._most = most

    def find(self, store: Store, name: Name) -> Doc | None:
        return self._copies.get(store, OrderedDict()).get(name)

    def keep(self, store: Store, name: Name, account: Doc) -> None:
        copies = self._copies.setdefault(store, OrderedDict())
        copies[name] = account
        if len(copies) > self._most:
            copies.popitem(last=False)


_copies = Copies()


async def account_of(user_id: str, bot: Doc) -> Doc:
    """Errors: LookupError when there is none."""
    store, name = outside().store, (user_id, bot["account_id"], bot["id"], bot["created_at"])
    found = _copies.find(store, name) if bot["status"] != "draft" else None
    if found is None:
        found = await read_account(user_id, bot["account_id"])
        if found["exchange"] == "paper" and bot["status"] != "draft":
            _copies.keep(store, name, found)
    return found


async def read_account(user_id: str, account_id: str) -> Doc:
    """Errors: LookupError when there is none."""
    account = await outside().store.read("accounts", user_id, account_id)
    if account is None:
        raise LookupError("the bot's account is gone")
    return account
