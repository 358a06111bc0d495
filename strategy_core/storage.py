"""The stored form of a state: compact, plain JSON, readable for ever.

Rules
1. `schema` is the version of the shape. A new shape gets a new number and a reader for each older one.
2. What was not decoded is written back as it was read.
3. A configuration or market seen before is not validated again: it is remembered by its text.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from strategy_core.book import Taken
from strategy_core.number import plain
from strategy_core.state import SCHEMA, Missed, State, Strategy
from strategy_core.trade import Event, Fill, Horizon, Market, Order, OrderType, Role, Side, Status

_MEMO_SIZE = 4096
_memo: dict[tuple[str, str], Any] = {}


def _remembered(kind: str, data: dict[str, Any], build: Callable[[], Any]) -> Any:
    key = (kind, repr(data))
    found = _memo.get(key)
    if found is None:
        if len(_memo) >= _MEMO_SIZE:
            _memo.clear()
        found = _memo[key] = build()
    return found


def dump_state(state: State) -> dict[str, Any]:
    """Plain JSON: strings, integers, lists and objects."""
    raw = state.raw
    data: dict[str, Any] = {
        "schema": SCHEMA,
        "name": state.name,
        "config": state.raw_config,
        "market": raw["market"] if "market" in raw and raw["market_is"] is state.market else _market(state),
        "status": state.status.value,
        "reason": state.reason,
        "price": plain(state.price),
        "at": state.at,
        "start": [plain(state.start_price), state.started_at],
        "commands": state.commands,
        "ledger": raw["ledger"] if state._ledger is None else state._ledger.dump(),
        "book": raw["book"] if state._book is None else state._book.dump(),
        "memory": raw["memory"] if state._memory is None else state._memory.dump(),
        "seen": raw["seen"] if state._seen is None else list(state._seen),
        "seen_before": raw["seen_before"] if state._seen_before is None else list(state._seen_before),
    }
    if state.missed:
        data["missed"] = [[_fill_row(fill), order_row(taken.order), taken.done, plain(taken.before)] for fill, taken in state.missed]
    if state.late:
        data["late"] = [[order_row(order), plain(due)] for order, due in state.late]
    if state.ending:
        data["ending"] = {
            leg: [generation, plain(filled), reason, detail] for leg, (generation, filled, reason, detail) in state.ending.items()
        }
    if state.log:
        data["log"] = [[event.code, event.params, event.at] for event in state.log]
    if not state.settled:
        data["unsettled"] = True
    if state.suspended:
        data["suspended"] = True
    if state.resume_to is not None:
        data["resume_to"] = state.resume_to.value
    if state.close_mode is not None:
        data["close_mode"] = state.close_mode
    if state.needs_looks:
        data["needs_looks"] = state.needs_looks
    if state.band is not None:
        below, above, until = state.band
        data["band"] = [None if below is None else plain(below), None if above is None else plain(above), until]
    return data


def _market(state: State) -> dict[str, Any]:
    return state.market.model_dump(mode="json", exclude_defaults=True)


def load_state(data: dict[str, Any], strategy: Callable[[str], Strategy]) -> State:
    """The state behind a dump."""
    if data.get("schema") != SCHEMA:
        raise ValueError(f"a stored state of schema {data.get('schema')!r} cannot be read")
    state: State = State.__new__(State)
    name = data["name"]
    rules = strategy(name)
    raw_market = data["market"]
    state.name = name
    state.use_rules(rules)
    state.raw_config = data["config"]
    state.use_config(_remembered(name, data["config"], lambda: rules.Config.model_validate(data["config"])))
    state.use_market(_remembered("market", raw_market, lambda: Market.model_validate(raw_market)))
    state.raw = {**data, "market_is": state.market}
    state._ledger = state._book = state._memory = state._seen = state._seen_before = None
    state.status, state.reason = Status(data["status"]), data["reason"]
    state.price, state.at = Decimal(data["price"]), data["at"]
    state.start_price, state.started_at = Decimal(data["start"][0]), data["start"][1]
    state.commands = data["commands"]
    state.missed = [Missed(_fill(f), Taken(load_order(o), done, Decimal(before))) for f, o, done, before in data.get("missed", ())]
    state.late = [(load_order(row), Decimal(due)) for row, due in data.get("late", ())]
    state.ending = {leg: (n, Decimal(filled), reason, detail) for leg, (n, filled, reason, detail) in data.get("ending", {}).items()}
    state.log = [Event(code, params, at) for code, params, at in data.get("log", ())]
    state.settled = not data.get("unsettled", False)
    state.suspended = data.get("suspended", False)
    state.resume_to = Status(data["resume_to"]) if "resume_to" in data else None
    state.close_mode = data.get("close_mode")
    state.needs_looks = data.get("needs_looks", 0)
    band = data.get("band")
    if band is None:
        state.band = None
    else:
        below, above, until = band
        state.band = Horizon(None if below is None else Decimal(below), None if above is None else Decimal(above), until)
    return state


def order_row(order: Order) -> list[Any]:
    """An order as JSON."""
    leg, generation, attempt, side, _, price, amount, role, reduce_only, at = order
    return [leg, generation, attempt, side.value, None if price is None else plain(price), plain(amount), role.value, reduce_only, at]


def load_order(row: list[Any]) -> Order:
    leg, generation, attempt, side, price, amount, role, reduce_only, at = row
    kind = OrderType.MARKET if price is None else OrderType.LIMIT
    cost = None if price is None else Decimal(price)
    return Order(leg, generation, attempt, Side(side), kind, cost, Decimal(amount), Role(role), reduce_only, at)


def _fill_row(fill: Fill) -> list[Any]:
    leg, generation, side, price, amount, fee, coin, trade_id, at, maker, fee_value = fill
    return [leg, generation, side.value, plain(price), plain(amount), plain(fee), coin, trade_id, at, maker, plain(fee_value)]


def _fill(row: list[Any]) -> Fill:
    leg, generation, side, price, amount, fee, coin, trade_id, at, maker, fee_value = row
    return Fill(leg, generation, Side(side), Decimal(price), Decimal(amount), Decimal(fee), coin, trade_id, at, maker, Decimal(fee_value))
