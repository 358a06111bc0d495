"""Changing a running bot's configuration: validated like a start, effective as each field says.

Rules
1. Nothing changes when anything is wrong: the findings come first.
2. Fields of effect `now` apply at once, of effect `restart` with a new ladder, of effect `never` not at all.
3. A figure that was not touched is not judged again: the market has moved since the start.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from strategy_core.config import findings
from strategy_core.mechanics import meets_minimum
from strategy_core.number import ONE, Model, ceil_to, floor_to
from strategy_core.state import State, rates
from strategy_core.stop_condition import checked
from strategy_core.trade import Finding, Invalid, Role, Side, Status

BALANCE_LEG = "INIT"
_CAN_RESTART = (Status.WAITING, Status.STARTING, Status.ACTIVE, Status.PAUSED)


def effect_of(model: type[Model], field: str) -> str:
    """When an edit of the field takes effect."""
    shown = model.model_fields[field].json_schema_extra
    return str(shown.get("effect", "restart")) if isinstance(shown, dict) else "restart"


def edited(state: State, changes: dict[str, Any]) -> Any:
    """The configuration with the changes in it; Invalid with every finding."""
    model = state.rules.Config
    try:
        new = model.model_validate({**state.raw_config, **changes})
    except ValidationError as error:
        raise Invalid(findings(model, error)) from error
    touched = changed(state, new)
    wrong = [Finding(field=name, code="not_editable") for name in touched if effect_of(model, name) == "never"]
    shape = [name for name in touched if effect_of(model, name) == "restart"]
    if state.status not in _CAN_RESTART:
        wrong += [Finding(field=name, code="not_editable", params={"status": state.status.value}) for name in shape]
    found = checked(state, new)
    whole = state.status is Status.WAITING or bool(shape)
    wrong += [finding for finding in found if whole or finding.field in touched]
    if wrong:
        raise Invalid(wrong)
    return new


def changed(state: State, new: Any) -> list[str]:
    """The fields in which two configurations differ."""
    return [name for name in type(new).model_fields if getattr(new, name) != getattr(state.config, name)]


def adopt(state: State, new: Any) -> bool:
    """Takes the new configuration; whether the ladder must be laid anew for it."""
    touched = changed(state, new)
    model = type(new)
    restart = any(effect_of(model, name) == "restart" for name in touched)
    state.use_config(new)
    state.raw_config = new.model_dump(mode="json", exclude_none=True)
    state.note("edited", fields=", ".join(touched))
    return restart and state.status in (Status.ACTIVE, Status.PAUSED, Status.STARTING)


def set_fields(state: State, **values: Any) -> None:
    """Figures that changed with the bot (added funds)."""
    state.use_config(state.config.model_copy(update=values))
    state.raw_config = state.config.model_dump(mode="json", exclude_none=True)


def forget_endings(state: State) -> None:
    """What was on its way belongs to orders that are no more; a paused bot goes on."""
    state.suspended, state.resume_to = False, None
    state.missed.clear()
    state.late.clear()
    state.ending.clear()


def balance(state: State, need: Decimal, lay: Callable[[State], None]) -> None:
    """One market order for the base that is missing (negative: too much), then the new ladder. A paused bot goes on with it."""
    forget_endings(state)
    market = state.market
    side = Side.BUY if need > 0 else Side.SELL
    amount = ceil_to(need / (ONE - rates(market).b_t), market.amount_step) if need > 0 else floor_to(-need, market.amount_step)
    if not meets_minimum(market, amount, state.price):
        lay(state)
        return
    state.become(Status.STARTING)
    state.started_at = state.at
    state.book.place(BALANCE_LEG, side, None, amount, Role.INITIAL, state.at)
