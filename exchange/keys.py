"""What an API key may do: proof that it can trade and cannot withdraw, asked of the venue itself, and a score for its owner.

Rules
1. Fail closed: a key that can withdraw is refused; so is one whose rights a venue could tell but did not.
2. Where a venue cannot tell (`provable` False) the owner is warned and an address allow-list is required.
3. Nothing of the key is in the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from exchange.errors import raised_for
from exchange.protocol import ExchangeError
from exchange.venues import venue

YEAR_MS = 31_536_000_000


class KeyProof(NamedTuple):
    """What the venue said. None: it did not say."""

    can_trade: bool | None
    can_withdraw: bool | None
    can_transfer: bool | None
    ip_restricted: bool | None
    created_at: int | None
    provable: bool
    account: str | None = None  # which of the venue's accounts the key is of, in the venue's own words

    @property
    def refusal(self) -> str | None:
        """Why the key is not taken: cannot_trade, can_withdraw, can_transfer, withdrawal_unknown, ip_list_required; None: it is."""
        if self.can_withdraw:
            return "can_withdraw"
        if self.can_transfer:
            return "can_transfer"
        if self.can_trade is False:
            return "cannot_trade"
        if self.can_withdraw is None:
            if self.provable:
                return "withdrawal_unknown"
            return None if self.ip_restricted else "ip_list_required"
        return None

    def score(self, now: int) -> int:
        """0 (refused) to 100: an address list 50, proven rights 30, younger than a year 20."""
        if self.refusal is not None:
            return 0
        young = self.created_at is not None and now - self.created_at < YEAR_MS
        return 50 * (self.ip_restricted is True) + 30 * (self.can_withdraw is False) + 20 * young


def _flag(raw: dict[str, Any], name: str) -> bool | None:
    value = raw.get(name)
    return value if isinstance(value, bool) else None


def _binance(raw: dict[str, Any]) -> KeyProof:
    spot, futures = _flag(raw, "enableSpotAndMarginTrading"), _flag(raw, "enableFutures")
    moves = [_flag(raw, "enableInternalTransfer"), _flag(raw, "permitsUniversalTransfer")]
    transfer = None if None in moves else any(moves)
    return KeyProof(spot or futures, _flag(raw, "enableWithdrawals"), transfer, _flag(raw, "ipRestrict"), raw.get("createTime"), True)


def _bybit(raw: dict[str, Any]) -> KeyProof:
    result = raw.get("result") or {}
    rights = result.get("permissions")
    if not isinstance(rights, dict):
        return KeyProof(None, None, None, None, None, True)
    wallet = set(rights.get("Wallet") or [])
    trades = str(result.get("readOnly")) == "0" and any(rights.get(name) for name in ("Spot", "ContractTrade", "Derivatives"))
    return KeyProof(
        trades, "Withdraw" in wallet, bool(wallet & {"AccountTransfer", "SubMemberTransfer"}), _listed(result.get("ips")), None, True
    )


def _okx(raw: dict[str, Any]) -> KeyProof:
    (row,) = raw.get("data") or [{}]
    rights = set(str(row["perm"]).split(",")) if row.get("perm") else None
    if rights is None:
        return KeyProof(None, None, None, None, None, True)
    return KeyProof("trade" in rights, "withdraw" in rights, False, bool(row.get("ip")), None, True)


def _kraken(raw: dict[str, Any]) -> KeyProof:
    result = raw.get("result") or {}
    rights = result.get("permissions")
    if not isinstance(rights, list):
        return KeyProof(None, None, None, None, None, True)
    words = {str(right).lower() for right in rights}
    trades = any("trade" in word or "modify" in word for word in words)
    return KeyProof(trades, any("withdraw" in word for word in words), False, bool(result.get("ip_allowlist")), None, True)


def _coinbase(raw: dict[str, Any]) -> KeyProof:
    return KeyProof(_flag(raw, "can_trade"), _flag(raw, "can_transfer"), _flag(raw, "can_transfer"), None, None, True)


def _kucoin(raw: dict[str, Any]) -> KeyProof:
    data = raw.get("data") or {}
    if not data.get("permission"):
        return KeyProof(None, None, None, None, None, True)
    rights = {right.strip().lower() for right in str(data["permission"]).split(",")}
    trades = bool(rights & {"spot", "futures", "trade", "unified"})
    moves = bool(rights & {"transfer", "innertransfer"})
    return KeyProof(
        trades, bool(rights & {"transfer", "withdrawal", "withdraw"}), moves, bool(data.get("ipWhitelist")), data.get("createdAt"), True
    )


def _bitget(raw: dict[str, Any]) -> KeyProof:
    data = raw.get("data") or {}
    rights = data.get("authorities")
    if not isinstance(rights, list):
        return KeyProof(None, None, None, None, None, False)
    words = {str(right).lower() for right in rights}
    trades = any(word in ("stow", "coow", "cpow", "trade", "spot_trade") or "trade" in word for word in words)
    withdraws = any(word in ("wtow",) or "withdraw" in word for word in words)
    return KeyProof(
        trades, withdraws, False, _listed(str(data.get("ips") or "").split(",")), data.get("regisTime") and int(data["regisTime"]), True
    )


def _gate(raw: dict[str, Any]) -> KeyProof:
    """Gate tells the address list but not the rights."""
    return KeyProof(None, None, None, bool(raw.get("ip_whitelist")), None, False)


def _listed(addresses: Any) -> bool:
    return bool([address for address in addresses or [] if address and str(address).strip() not in ("*", "0.0.0.0")])


# venue: (ccxt's method for the venue's own endpoint, reader). Evidence: the venues' API documentation of these endpoints.
QUESTIONS: dict[str, tuple[str, Callable[[dict[str, Any]], KeyProof]]] = {
    "binance": ("sapi_get_account_apirestrictions", _binance),
    "bybit": ("private_get_v5_user_query_api", _bybit),
    "okx": ("private_get_account_config", _okx),
    "kraken": ("private_post_getapikeyinfo", _kraken),
    "coinbase": ("v3_private_get_brokerage_key_permissions", _coinbase),
    "kucoin": ("private_get_user_api_key", _kucoin),
    "bitget": ("private_spot_get_v2_spot_account_info", _bitget),
    "gate": ("private_account_get_detail", _gate),
}


# Which of the venue's accounts a key is of: where the answer to the question above says it.
NAMED: dict[str, Callable[[dict[str, Any]], Any]] = {
    "bybit": lambda raw: (raw.get("result") or {}).get("userID"),
    "okx": lambda raw: (raw.get("data") or [{}])[0].get("uid"),
    "kraken": lambda raw: (raw.get("result") or {}).get("iban"),
    "coinbase": lambda raw: raw.get("portfolio_uuid"),
    "kucoin": lambda raw: (raw.get("data") or {}).get("uid"),
    "bitget": lambda raw: (raw.get("data") or {}).get("userId"),
    "gate": lambda raw: raw.get("user_id"),
}


async def account_of(venue_id: str, client: Any, raw: dict[str, Any]) -> str | None:
    """Binance says it beside the balances of its spot account; a key that may not see them has no name."""
    if venue_id != "binance":
        found = NAMED[venue_id](raw)
        return str(found) if found not in (None, "") else None
    try:
        found = (await client.private_get_account({"omitZeroBalances": "true"})).get("uid")
    except Exception:  # what it is called is not worth a refusal: the caller is told that it is not known
        return None
    return None if found is None else str(found)


async def prove(venue_id: str, client: Any) -> KeyProof:
    """Asks the venue what this key may do. `client`: the account's ccxt instance. Errors: Unauthorized, Unavailable, Rejected."""
    row = venue(venue_id)
    method, reader = QUESTIONS[venue_id]
    secrets = tuple(str(getattr(client, name, "") or "") for name in ("apiKey", "secret", "password"))
    failure: ExchangeError
    try:
        raw = await getattr(client, method)()
        return reader(raw)._replace(account=await account_of(venue_id, client, raw))
    except Exception as error:
        failure = raised_for(error, row.signs, secrets)
    raise failure
