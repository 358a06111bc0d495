"""The log lines that alerts are written on (infra/azure/app/alerts.bicep); docs/runbooks.md says what to do for each."""

from __future__ import annotations

import logging
from typing import Any

from shared.log import log


def order_unknown(intent: dict[str, Any], error: Exception, now: int) -> None:
    """The venue did not say what became of an order; `age_ms` since it was signed."""
    log("order.unknown", logging.WARNING, kind=intent["kind"], error=type(error).__name__, age_ms=max(0, now - int(intent["signed_at"])))
    rate_limited(error)


def venue_down(account_id: str, error: Exception) -> None:
    log("venue.down", logging.WARNING, account=account_id, detail=type(error).__name__)
    rate_limited(error)


def rate_limited(error: Exception) -> None:
    """Says so when the venue asked us to wait (or our own budget did, before it had to)."""
    if hasattr(error, "retry_after_ms"):
        log("venue.rate_limited", logging.WARNING, retry_after_ms=error.retry_after_ms)


def quarantined(document: dict[str, Any]) -> None:
    """A bot that was put aside is published once more, as it now is."""
    if document["status"] == "error":
        log("bot.quarantined", logging.WARNING, bot=document["id"], reason=document.get("reason"))
