"""What ccxt raises, in our words: one table from its classes to what the caller must do. Needs no ccxt: classes are known by name.

Rules
1. A write whose error is not definitive is UNKNOWN: it may have been done. That is the default for whatever the table does not know.
2. A read that fails is Unavailable unless the table says more.
3. What leaves here holds no URL, no signature and no secret, and not the original exception either.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from exchange.protocol import (
    ExchangeError,
    NotFound,
    Outcome,
    RateLimited,
    Rejected,
    Result,
    Unauthorized,
    Unavailable,
    Unsupported,
)

LONGEST = 300


class Meaning(NamedTuple):
    """`write`: the reject reason when it is definitive that nothing was done, else None (unknown). `read`: what a read raises."""

    write: str | None
    read: type[ExchangeError]


_UNKNOWN = Meaning(None, Unavailable)

MEANINGS: dict[str, Meaning] = {
    "BaseError": _UNKNOWN,
    "ExchangeError": _UNKNOWN,
    "AuthenticationError": Meaning("unauthorized", Unauthorized),
    "PermissionDenied": Meaning("unauthorized", Unauthorized),
    "AccountNotEnabled": Meaning("unauthorized", Unauthorized),
    "AccountSuspended": Meaning("unauthorized", Unauthorized),
    "ArgumentsRequired": Meaning("other", Unsupported),
    "BadRequest": Meaning("other", Rejected),
    "BadSymbol": Meaning("bad_symbol", Rejected),
    "OperationRejected": Meaning("other", Rejected),
    "NoChange": Meaning("other", Rejected),
    "MarginModeAlreadySet": Meaning("other", Rejected),
    "MarketClosed": Meaning("closed", Unavailable),
    "ManualInteractionNeeded": Meaning("unauthorized", Unauthorized),
    "RestrictedLocation": Meaning("unauthorized", Unauthorized),
    "InsufficientFunds": Meaning("insufficient_funds", Rejected),
    "InvalidAddress": Meaning("other", Rejected),
    "AddressPending": Meaning("other", Rejected),
    "InvalidOrder": Meaning("other", Rejected),
    "OrderNotFound": Meaning("not_found", NotFound),
    "OrderNotCached": Meaning("not_found", NotFound),
    "OrderImmediatelyFillable": Meaning("would_take", Rejected),
    "OrderNotFillable": Meaning("other", Rejected),
    "DuplicateOrderId": Meaning("duplicate", Rejected),
    "ContractUnavailable": Meaning("closed", Unavailable),
    "NotSupported": Meaning("other", Unsupported),
    "InvalidProxySettings": Meaning("other", Unavailable),
    "ExchangeClosedByUser": _UNKNOWN,
    "OperationFailed": _UNKNOWN,
    "NetworkError": _UNKNOWN,
    "DDoSProtection": Meaning("rate_limited", RateLimited),
    "RateLimitExceeded": Meaning("rate_limited", RateLimited),
    "ExchangeNotAvailable": _UNKNOWN,  # any 5xx, also a connection that broke: it may have arrived
    "OnMaintenance": _UNKNOWN,
    "InvalidNonce": _UNKNOWN,  # definitive only with a venue's own code for "too late" (`Signs.expired`)
    "ChecksumError": _UNKNOWN,
    "RequestTimeout": _UNKNOWN,
    "BadResponse": _UNKNOWN,
    "NullResponse": _UNKNOWN,
    "CancelPending": _UNKNOWN,
    "UnsubscribeError": _UNKNOWN,
}


class Signs(NamedTuple):
    """A venue's own codes inside error texts, where ccxt's class says too little."""

    duplicate: tuple[str, ...] = ()
    expired: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()  # the venue says itself that it does not know
    rejected: tuple[tuple[str, str], ...] = ()  # (code, reason) of definite refusals ccxt has no class for
    unauthorized: tuple[str, ...] = ()  # the key is refused, whatever class ccxt makes of it


def meaning_of(error: BaseException) -> Meaning:
    """The table's line for an exception: its own class or the nearest parent that is in the table."""
    for kind in type(error).__mro__:
        if kind.__name__ in MEANINGS and kind.__module__.startswith("ccxt"):
            return MEANINGS[kind.__name__]
    return _UNKNOWN


_HIDDEN = re.compile(r"https?://\S+|(?i:signature|sign|apikey|api_key|passphrase|token)\W{1,3}[\w%+/=.-]+")


def scrubbed(text: str, secrets: Iterable[str]) -> str:
    """The text without URLs, signatures and the account's secrets."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    return _HIDDEN.sub("***", text)[:LONGEST]


def outcome_of(error: BaseException, signs: Signs, secrets: Iterable[str]) -> Outcome:
    """The answer to a write that raised."""
    text = str(error)
    message = scrubbed(f"{type(error).__name__}: {text}", secrets)
    if _has(text, signs.duplicate):
        return Outcome(Result.DUPLICATE, None, None, message)
    if _has(text, signs.expired):
        return Outcome(Result.REJECTED, None, "expired", message)
    reason = (
        None if _has(text, signs.unknown) else next((why for sign, why in signs.rejected if _has(text, (sign,))), meaning_of(error).write)
    )
    if _has(text, signs.unauthorized):
        reason = "unauthorized"
    if reason is None:
        return Outcome(Result.UNKNOWN, None, None, message)
    if reason == "duplicate":
        return Outcome(Result.DUPLICATE, None, None, message)
    return Outcome(Result.REJECTED, None, _refined(reason, text), message)


def raised_for(error: BaseException, signs: Signs, secrets: Iterable[str]) -> ExchangeError:
    """What a read that raised raises instead."""
    message = scrubbed(f"{type(error).__name__}: {error}", secrets)
    if _has(str(error), signs.expired):
        return Unavailable(message)
    if _has(str(error), signs.unauthorized):
        return Unauthorized(message)
    kind = meaning_of(error)
    if kind.read is Rejected:
        return Rejected(kind.write or "other", message)
    return kind.read(message)


def is_expired(error: BaseException, signs: Signs) -> bool:
    """Whether the venue refused the request as too old (or from the future): the clocks disagree."""
    return _has(str(error), signs.expired)


def _has(text: str, signs: tuple[str, ...]) -> bool:
    """Whether a sign stands in the text as a whole word: 10000 is no part of a time stamp."""
    return any(re.search(rf"(?<!\w){re.escape(sign)}(?!\w)", text) for sign in signs)


def _refined(reason: str, text: str) -> str:
    """Venues pack every order filter into one error; the words in it tell which."""
    if reason != "other":
        return reason
    lower = text.lower()
    if any(word in lower for word in ("notional", "minimum", "min_amount", "lower limit", "too small", "minsz", "less than the min")):
        return "below_minimum"
    if any(word in lower for word in ("precision", "lot_size", "price_filter", "tick", "multiple", "step")):
        return "precision"
    return "too_many_orders" if "max_num" in lower else "other"


def not_sent(error: ExchangeError) -> Outcome:
    """This call sent nothing. Definitive only when the order itself is at fault: an earlier call may have sent it."""
    if isinstance(error, Rejected):
        return Outcome(Result.REJECTED, None, error.reason, str(error))
    if isinstance(error, Unsupported):
        return Outcome(Result.REJECTED, None, "other", str(error))
    reason = "rate_limited" if isinstance(error, RateLimited) else "unauthorized" if isinstance(error, Unauthorized) else "unavailable"
    return Outcome(Result.UNKNOWN, None, reason, str(error))
