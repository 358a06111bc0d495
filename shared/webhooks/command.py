"""A signal as a command to one bot, or why it cannot be one.

Rules
1. Only what the bot's plan can do is asked of it: a DCA bot keeps its own order sizes, so an entry starts a deal of the plan's size.
2. A target on the bot's side opens, flat or the other side closes: a long bot that should be short can at best be flat.
3. What the bot is doing right now is not asked here; its own core absorbs or refuses what does not fit (started twice, flat already).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from shared.bot_command import edit_params, is_counted_in_base
from shared.webhooks.signal import Refused, Signal
from strategy_core.number import plain

DEALS = ("DCA", "DCA_FUTURES")
AT_REST = ("stopped", "finished")


class Target(NamedTuple):
    """What must be known of a bot to command it."""

    bot_id: str
    strategy: str
    symbol: str
    status: str
    config: dict[str, Any]

    @property
    def direction(self) -> str:
        return str(self.config.get("direction", "long"))

    @property
    def money_unit(self) -> str:
        return "base" if is_counted_in_base(self.strategy, self.config) else "quote"


class Wish(NamedTuple):
    """A command before it has an id."""

    name: str
    params: dict[str, Any]


def wish(signal: Signal, target: Target, close_mode: str, is_starting: bool = False) -> Wish:
    """The command. `is_starting`: an earlier signal of the same alert starts the bot. Errors: Refused."""
    if target.status in AT_REST:
        raise Refused("bot_stopped")
    if target.status == "draft" and not is_starting and signal.action != "start":
        raise Refused("bot_stopped")
    action = signal.action
    if action == "start":
        return Wish("start" if target.status == "draft" else "resume", {})
    if action in ("start_deal", "cancel_deal"):
        return Wish(action, {})
    if action == "pause":
        return Wish("pause", {"keep_orders": True})
    if action == "stop":
        return Wish("stop", {"close_mode": close_mode})
    if action == "close_and_stop":
        return Wish("stop", {"close_mode": "quote"})
    if action == "close_deal":
        return closing(target)
    if action in ("add_funds", "add_safety"):
        return Wish(action, {"amount" if action == "add_funds" else "size": money(signal, target)})
    if action == "set":
        return editing(signal, target)
    return position(signal, target)


def position(signal: Signal, target: Target) -> Wish:
    """Enter, exit and target, on the side the bot trades."""
    if signal.action == "target":
        if signal.size is None or signal.size.unit == "pct_position":
            raise Refused("bad_field", "size")
        wants_long = target.direction == "long"
        opens = signal.size.value > 0 if wants_long else signal.size.value < 0
        return Wish("start_deal", {}) if opens else closing(target)
    verb, _, side = signal.action.partition("_")
    if side != target.direction:
        raise Refused("wrong_direction", "action")
    return Wish("start_deal", {}) if verb == "enter" else closing(target)


def closing(target: Target) -> Wish:
    """Only bots with deals can close one and go on; the others are stopped, not closed."""
    if target.strategy not in DEALS:
        raise Refused("unsupported_by_strategy", "action")
    return Wish("close_deal", {})


def money(signal: Signal, target: Target) -> str:
    if signal.size is None or signal.size.value <= 0:
        raise Refused("bad_field", "size.value")
    if signal.size.unit != target.money_unit:
        raise Refused("bad_field", "size.unit")
    return plain(signal.size.value)


def editing(signal: Signal, target: Target) -> Wish:
    if not signal.changes:
        raise Refused("bad_field", "changes")
    return Wish("edit", edit_params(target.strategy, signal.changes))
