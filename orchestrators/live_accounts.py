"""Accounts with real money: opened with the key from the vault, and a key proved before it is taken.

Rules
1. Beside activities.py the only module here that reaches an exchange, and like there it is imported inside the functions.
2. A key comes from the vault or from its owner's request and goes nowhere else: no document, message, history or log.
3. The keys of an account are numbered. A replaced key is another secret, and whoever sees the new number opens the account anew.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from shared.clock import now_ms
from shared.ids import digest
from shared.secrets import Keys, NoSecret, Secrets, VaultDown, VaultSecrets
from shared.settings import Settings, settings
from strategy_core.number import plain

Doc = dict[str, Any]

FOR_THE_OWNER = ("bad_symbol", "mode_mismatch")  # refusals only the owner can do something about


class Proved(NamedTuple):
    """What the venue says of a key. `refusal`: why it is not taken (see exchange/keys.py), None: it is."""

    refusal: str | None
    score: int
    ip_restricted: bool | None
    balances: dict[str, dict[str, str]]
    account: str | None  # stands for the venue's own account, where the venue names it


class LiveAccounts:
    """The live accounts this process has open."""

    def __init__(self, config: Settings, secrets: Secrets, clock: Callable[[], int], opener: Callable[..., Any] | None = None) -> None:
        """`opener` makes an adapter (default: `exchange.accounts.open_there`)."""
        self.secrets, self._config, self._clock, self._opener = secrets, config, clock, opener
        self._accounts: Any = None

    async def open(self, user_id: str, account: Doc) -> Any:
        """The account's exchange. Errors: Unauthorized when there is no key, Unavailable when the vault cannot be asked."""
        venue = account["exchange"]

        async def read_key() -> Keys:
            from exchange.protocol import Unauthorized, Unavailable

            try:
                return await self.secrets.read(user_id, key_name(account))
            except NoSecret:
                raise Unauthorized("the account has no key") from None
            except VaultDown:
                raise Unavailable("the vault cannot be asked") from None

        return await self._open().get(open_name(user_id, account), venue, read_key, address=self._config.addresses.get(venue, ""))

    async def prove(self, venue: str, keys: Keys) -> Proved:
        """Asks the venue what a key may do and what the account holds. Errors: Unauthorized, Unavailable, Rejected."""
        exchange = self._adapter(venue, keys)
        try:
            proof = await exchange.prove_key()
            if proof.refusal is not None:
                return Proved(proof.refusal, 0, proof.ip_restricted, {}, None)
            held = await exchange.balances()
        finally:
            await exchange.close()
        account = None if proof.account is None else digest("venue account", venue, proof.account)
        rows = {name: {"free": plain(one.free), "used": plain(one.used)} for name, one in held.items() if one.total}
        return Proved(None, proof.score(self._clock()), proof.ip_restricted, rows, account)

    async def forget(self, user_id: str, account: Doc) -> None:
        """Closes the account: its key was replaced or removed."""
        if self._accounts is not None:
            await self._accounts.forget(open_name(user_id, account))

    async def close(self) -> None:
        if self._accounts is not None:
            await self._accounts.close()

    def _open(self) -> Any:
        if self._accounts is None:
            from exchange.accounts import Accounts, open_there

            self._accounts = Accounts(self._clock, opener=self._opener or open_there)
        return self._accounts

    def _adapter(self, venue: str, keys: Keys) -> Any:
        from exchange.accounts import open_there
        from exchange.limits import budget_for

        address = self._config.addresses.get(venue, "")
        return (self._opener or open_there)(venue, keys, self._clock, budget_for(venue, "here", self._clock), address=address)


def refusal_of(error: Exception) -> str | None:
    """The stable code of what an exchange answered instead of a proof; None for what is no answer of an exchange."""
    from exchange.protocol import ExchangeError, Unauthorized, Unavailable

    if isinstance(error, Unavailable):
        return "venue_down"
    return "key_invalid" if isinstance(error, Unauthorized) else "key_refused" if isinstance(error, ExchangeError) else None


def key_name(account: Doc) -> str:
    """What the secret of the account's present key is derived from."""
    return f"{account['id']}.{account['keyNumber']}"


def open_name(user_id: str, account: Doc) -> str:
    return digest("open", user_id, key_name(account))


@lru_cache(maxsize=1)
def own_live_accounts() -> LiveAccounts:
    config = settings()
    return LiveAccounts(config, VaultSecrets(config), now_ms)


def reason_of(error: Exception) -> str | None:
    """Why a bot can do nothing before its owner has: a reason of its own, not "internal"."""
    from exchange.protocol import Rejected, Unauthorized

    if isinstance(error, Unauthorized):
        return "key_invalid"
    return error.reason if isinstance(error, Rejected) and error.reason in FOR_THE_OWNER else None
