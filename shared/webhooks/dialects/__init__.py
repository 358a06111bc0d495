"""The dialects we read, by name: one pure function each, `bytes -> tuple[Signal, ...]`."""

from __future__ import annotations

from collections.abc import Callable

from shared.webhooks.dialects import alertatron, octobot, three_commas_dca, three_commas_signal, tickwise, traderspost, wundertrading
from shared.webhooks.signal import Signal

Parser = Callable[[bytes], tuple[Signal, ...]]
PARSERS: dict[str, Parser] = {
    "tickwise": tickwise.signals,
    "3commas_dca": three_commas_dca.signals,
    "3commas_signal": three_commas_signal.signals,
    "traderspost": traderspost.signals,
    "octobot": octobot.signals,
    "wundertrading": wundertrading.signals,
    "alertatron": alertatron.signals,
}
HAS_SECRET = {
    "tickwise": True,
    "3commas_dca": True,
    "3commas_signal": True,
    "traderspost": False,
    "octobot": False,
    "wundertrading": True,
    "alertatron": False,
}
"""Whether an alert of the dialect carries a secret. Where it does not, the address alone lets a caller in."""


def read(dialect: str, body: bytes) -> tuple[Signal, ...]:
    """The signals of an alert, in order. Errors: signal.Refused."""
    return PARSERS[dialect](body)
