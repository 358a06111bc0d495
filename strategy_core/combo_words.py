"""What the owner may tell a COMBO bot beyond start, pause and stop.

Rules
1. Money added makes every later and every unfilled order larger, pro rata; exits of units already held stay as they are.
2. Another shape of the window (levels, step) is a restart of the ladder: everything off the book, one market order to the units held
   at the start of one, sized by what the bot is worth now, and new levels around its price. A trailing stop stays where it was.
3. Direction, margin and leverage belong to the bot for life.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from strategy_core.combo_plan import Config, unit_of
from strategy_core.config import findings
from strategy_core.edit import changed, effect_of, forget_endings
from strategy_core.mechanics import money_param
from strategy_core.number import cut, plain
from strategy_core.state import State
from strategy_core.stop_condition import checked
from strategy_core.trade import Command, Finding, Invalid, Status

_ENDING = (Status.STOPPING, Status.STOPPED)
_LAID = (Status.ACTIVE, Status.PAUSED, Status.STARTING)
Begin = Callable[[State], None]


def act(state: State, command: Command, begin: Begin) -> bool:
    """Whether the command was one of ours."""
    if state.status in _ENDING and command.name in ("add_funds", "edit"):
        raise Invalid([Finding(field="command", code="not_allowed", params={"status": state.status.value})])
    if command.name == "add_funds":
        _add_funds(state, command)
    elif command.name == "edit":
        _edit(state, command, begin)
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
    price, money = state.start_price, state.config.margin
    if memory.sized is not None:
        price, money = memory.sized[0], memory.sized[1] + amount
        memory.sized = (price, money)
    old, memory.unit = memory.unit, unit_of(state.config, money, price, state.market)
    if memory.unit == old:
        return
    memory.former = [*memory.former, old][-8:]
    for leg, order in list(state.book.orders.items()):
        if leg[0] == "L" and not order.reduce_only and order.amount == old:
            state.book.replace(leg, state.book.remaining(order) + memory.unit - old, state.at)


def _edit(state: State, command: Command, begin: Begin) -> None:
    changes = command.params.get("changes")
    if not isinstance(changes, dict) or not changes:
        raise Invalid([Finding(field="changes", code="required")])
    fixed = [name for name in changes if name in Config.model_fields and effect_of(Config, name) == "never"]
    if fixed:
        raise Invalid([Finding(field=name, code="not_editable") for name in fixed])
    raw = {**state.raw_config, **changes}
    anew = _needs_new_ladder(state, _parsed(raw))
    worth = cut(state.ledger.value(state.price))
    wrong = checked(state, _parsed({**raw, "margin": plain(worth)} if anew else raw))
    if wrong:
        raise Invalid(wrong)
    had_stop = state.config.stop_loss_pct is not None
    _adopt(state, raw)
    if not had_stop and state.memory.is_laid:
        state.memory.best = state.price  # a stop trails from the moment it exists
    state.note("edited", now=", ".join(changes))
    if anew:
        state.book.clear()
        forget_endings(state)
        state.memory.forget_ladder(state.price, worth)
        begin(state)


def _needs_new_ladder(state: State, new: Config) -> bool:
    """Whether the shape of a window that stands changes."""
    shape = [name for name in changed(state, new) if effect_of(Config, name) == "restart"]
    if shape and state.status is Status.ERROR:
        raise Invalid([Finding(field=name, code="not_editable", params={"status": state.status.value}) for name in shape])
    return bool(shape) and state.status in _LAID


def _parsed(raw: dict[str, Any]) -> Config:
    try:
        return Config.model_validate(raw)
    except ValidationError as error:
        raise Invalid(findings(Config, error)) from error


def _adopt(state: State, raw: dict[str, Any]) -> None:
    state.use_config(_parsed(raw))
    state.raw_config = state.config.model_dump(mode="json", exclude_defaults=True)
