"""What the owner may tell a COMBO bot beyond start, pause and stop.

Rules
1. Money added makes every later and every unfilled order larger, pro rata; exits of units already held stay as they are.
2. What holds at once may be edited; the shape of the window (levels, step, leverage) belongs to the bot for life.
"""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from strategy_core.combo_plan import Config, check, unit_of
from strategy_core.config import findings
from strategy_core.mechanics import money_param
from strategy_core.number import plain
from strategy_core.state import State
from strategy_core.trade import Command, Finding, Invalid, Status

_ENDING = (Status.STOPPING, Status.STOPPED)


def act(state: State, command: Command) -> bool:
    """Whether the command was one of ours."""
    if state.status in _ENDING and command.name in ("add_funds", "edit"):
        raise Invalid([Finding(field="command", code="not_allowed", params={"status": state.status.value})])
    if command.name == "add_funds":
        _add_funds(state, command)
    elif command.name == "edit":
        _edit(state, command)
    else:
        return False
    return True


def _add_funds(state: State, command: Command) -> None:
    amount = money_param(command, "amount")
    memory, config = state.memory, state.config
    _adopt(state, {**state.raw_config, "margin": plain(config.margin + amount)})
    state.ledger.add(quote=amount)
    if not memory.unit:
        return
    old, memory.unit = memory.unit, unit_of(state.config, state.config.margin, state.start_price, state.market)
    if memory.unit == old:
        return
    memory.former = [*memory.former, old][-8:]
    for leg, order in list(state.book.orders.items()):
        if leg[0] == "L" and not order.reduce_only and order.amount == old:
            state.book.replace(leg, state.book.remaining(order) + memory.unit - old, state.at)


def _edit(state: State, command: Command) -> None:
    changes = command.params.get("changes")
    if not isinstance(changes, dict) or not changes:
        raise Invalid([Finding(field="changes", code="required")])
    fixed = [name for name in changes if name in Config.model_fields and not _holds_now(name)]
    if fixed:
        raise Invalid([Finding(field=name, code="not_editable") for name in fixed])
    raw = {**state.raw_config, **changes}
    wrong = check(_parsed(raw), state.price, state.market)
    if wrong:
        raise Invalid(wrong)
    had_stop = state.config.stop_loss_pct is not None
    _adopt(state, raw)
    if not had_stop and state.memory.is_laid:
        state.memory.best = state.price  # a stop trails from the moment it exists
    state.note("edited", now=", ".join(changes))


def _holds_now(name: str) -> bool:
    shown = Config.model_fields[name].json_schema_extra
    return isinstance(shown, dict) and shown.get("effect") == "now"


def _parsed(raw: dict[str, Any]) -> Config:
    try:
        return Config.model_validate(raw)
    except ValidationError as error:
        raise Invalid(findings(Config, error)) from error


def _adopt(state: State, raw: dict[str, Any]) -> None:
    state.config = _parsed(raw)
    state.raw_config = state.config.model_dump(mode="json", exclude_defaults=True)
