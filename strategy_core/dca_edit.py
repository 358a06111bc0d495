"""Editing a running DCA bot: what holds at once, what waits for the next deal, what is refused.

Rules
1. The configuration as it would be after the edit must pass the same checks as at a start.
2. The deal under way keeps the ladder it was opened with.
"""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from strategy_core.config import findings
from strategy_core.dca_config import FIXED, AnyDca
from strategy_core.dca_memory import Memory, Phase
from strategy_core.dca_money import adopted
from strategy_core.dca_validation import found
from strategy_core.state import State
from strategy_core.stop_condition import checked
from strategy_core.trade import Invalid

Changes = dict[str, Any]


def edited(state: State, changes: object) -> tuple[Changes, Changes]:
    """(now, next deal) after every check; Invalid with all findings."""
    if not isinstance(changes, dict) or not changes:
        raise Invalid([found("changes", "required")])
    fixed = [name for name in FIXED if name in changes]
    if fixed:
        raise Invalid([found(name, "not_editable") for name in fixed])
    wrong = checked(state, parsed(state, {**state.raw_config, **state.memory.pending, **changes}))
    if wrong:
        raise Invalid(wrong)
    soon = {name: value for name, value in changes.items() if _holds_now(state, name)}
    return soon, {name: value for name, value in changes.items() if name not in soon}


def _holds_now(state: State, name: str) -> bool:
    shown = type(state.config).model_fields[name].json_schema_extra
    return isinstance(shown, dict) and shown.get("effect") == "now"


def parsed(state: State, raw: Changes) -> AnyDca:
    model = type(state.config)
    try:
        config: AnyDca = model.model_validate(raw)
    except ValidationError as error:
        raise Invalid(findings(model, error)) from error
    return config


def adopt(state: State, raw: Changes) -> None:
    """The new configuration holds from here."""
    state.use_config(parsed(state, raw))
    state.raw_config = state.config.model_dump(mode="json", exclude_defaults=True)


def keep_for_next_deal(state: State, changes: Changes) -> None:
    memory: Memory = state.memory
    memory.pending = {**memory.pending, **changes}
    if memory.phase is Phase.IDLE:
        adopt_pending(state)


def adopt_pending(state: State) -> None:
    """Between two deals what waited takes effect."""
    memory: Memory = state.memory
    if memory.pending:
        before = state.config
        adopt(state, {**state.raw_config, **memory.pending})
        adopted(state, before)
        memory.pending = {}
        memory.use(state.config)
        memory.start_seen = {}
