"""The door to the strategies: by name, over plain values. What the platform, the backtester and the API call.

Rules
1. A strategy is one module and one line in `_MODULES`.
2. Nothing here raises for bad input except `Invalid`, which carries every finding at once.
3. Configurations and markets decoded once are remembered by their text: a bot decodes the same one at every wake.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, localcontext
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple, cast

from pydantic import ValidationError

from strategy_core import mechanics, stop_condition
from strategy_core.cells import origin as _origin
from strategy_core.config import findings
from strategy_core.figures import figures as _figures
from strategy_core.ledger import Waterfall
from strategy_core.number import WORK, Model, dec, plain
from strategy_core.reality import Protection
from strategy_core.reservation import reservation as _reservation
from strategy_core.state import FINAL, State, Strategy
from strategy_core.storage import dump_state, load_state
from strategy_core.trade import Event, Fact, Finding, Horizon, Invalid, Market, Order, Preview, Status

_MODULES = {
    "GRID": "strategy_core.grid",
    "BTD": "strategy_core.btd",
    "COMBO": "strategy_core.combo",
    "LOOP": "strategy_core.loop",
    "DCA": "strategy_core.dca",
    "DCA_FUTURES": "strategy_core.dca_futures",
}
NAMES = tuple(_MODULES)


@cache
def strategy(name: str) -> Strategy:
    """The module behind a name; Invalid for a name we do not have."""
    if name not in _MODULES:
        raise Invalid([Finding(field="strategy", code="not_allowed", params={"allowed": ", ".join(NAMES)})])
    return cast(Strategy, import_module(_MODULES[name]))


class Summary(NamedTuple):
    """What the owner sees of a bot. Money in the numeraire unless the name says base or quote."""

    status: str
    reason: str | None
    base: Decimal
    quote: Decimal
    average: Decimal | None
    price: Decimal
    value: Decimal
    put_in: Decimal
    waterfall: Waterfall
    realised: Decimal
    fees: dict[str, Decimal]
    hodl: Decimal
    deals: int
    reserved_quote: Decimal
    reserved_base: Decimal
    currency: str


def parse(name: str, config: dict[str, Any]) -> Any:
    """The typed configuration, or Invalid."""
    rules = strategy(name)
    try:
        return rules.Config.model_validate(config)
    except ValidationError as error:
        raise Invalid(findings(rules.Config, error)) from error


def schema(name: str) -> dict[str, Any]:
    """JSON schema of the form: bounds, units, and when an edit takes effect."""
    return strategy(name).Config.model_json_schema()


def validate(name: str, config: dict[str, Any], price: Decimal, market: Market) -> list[Finding]:
    """Everything that is wrong with a configuration at this price, at once. Empty: it can start."""
    try:
        parsed = parse(name, config)
    except Invalid as invalid:
        return invalid.findings
    return check(name, parsed, price, market)


def check(name: str, parsed: Any, price: Decimal, market: Market) -> list[Finding]:
    if not isinstance(price, Decimal) or not price.is_finite() or price <= 0:
        return [Finding(field="price", code="out_of_range", params={"min": "0"})]
    with localcontext(WORK):
        try:
            return strategy(name).check(parsed, price, market) + stop_condition.check(parsed, price, market)
        except (ArithmeticError, ValueError):
            return [Finding(field="config", code="out_of_range")]


def start(name: str, config: dict[str, Any], price: Decimal, market: Market, at: int) -> State:
    """A new bot at this price. Raises Invalid with all findings."""
    parsed = parse(name, config)
    wrong = check(name, parsed, price, market) + stop_condition.past(parsed, at)
    if wrong:
        raise Invalid(wrong)
    rules = strategy(name)
    with localcontext(WORK):
        return rules.start(parsed, price, market, at)


def preview(name: str, config: dict[str, Any], price: Decimal, market: Market) -> Preview:
    """Every order the bot would have, and what it would need. Raises Invalid with all findings."""
    parsed = parse(name, config)
    wrong = check(name, parsed, price, market)
    if wrong:
        raise Invalid(wrong)
    with localcontext(WORK):
        return strategy(name).preview(parsed, price, market)


apply: Callable[[State, Fact], State] = mechanics.apply
orders: Callable[[State], tuple[Order, ...]] = mechanics.orders
horizon: Callable[[State], Horizon] = mechanics.horizon


def distrust(state: State, **detail: str | Decimal) -> None:
    """What the venue says of the bot's orders cannot be: status error, `position_mismatch`; resting orders stay."""
    state.note("position_mismatch", **detail)
    if state.status not in FINAL:
        mechanics.fail(state, "position_mismatch")


def make_room(state: State) -> None:
    """A fill brought more than the order in its place asked for: what others can no longer be paid with is not asked for."""
    if state.status not in (Status.STOPPING, *FINAL):
        getattr(state.rules, "make_room", lambda _: None)(state)


def drain(state: State) -> tuple[Event, ...]:
    """The why log since the last call."""
    events = tuple(state.log)
    state.log.clear()
    return events


def lookback_ms(state: State) -> int:
    """How much of the path before a crossing the bot must be shown, as looks (a guard that judges a window)."""
    return state.needs_looks


def timeframes(state: State) -> dict[int, int]:
    """The closed candles the bot must be shown as `Candles` facts: timeframe in ms -> how many."""
    hook: Callable[[State], dict[int, int]] | None = getattr(state.rules, "timeframes", None)
    return hook(state) if hook else {}


def dump(state: State) -> dict[str, Any]:
    """Plain JSON, money as strings."""
    return dump_state(state)


def load(data: dict[str, Any]) -> State:
    """The state behind a dump of this or any earlier schema."""
    return load_state(data, strategy)


def summary(state: State, price: Decimal | None = None) -> Summary:
    """The bot at a price (the last look when none is given)."""
    at = state.price if price is None else dec(price)
    ledger = state.ledger
    return Summary(
        status=state.status.value,
        reason=state.reason,
        base=ledger.base,
        quote=ledger.quote,
        average=ledger.average,
        price=at,
        value=ledger.value(at),
        put_in=ledger.put_in(at),
        waterfall=ledger.waterfall(at),
        realised=ledger.realised,
        fees=dict(ledger.fees),
        hodl=ledger.hodl(state.start_price, at, state.market.taker_fee),
        deals=ledger.deals,
        reserved_quote=ledger.quote - state.free_quote(),
        reserved_base=state.book.sell_amount,
        currency=state.market.base if ledger.kind == "base" else state.market.quote,
    )


def figures(state: State) -> dict[str, str]:
    """The prices its owner watches (figures.py), as decimal strings."""
    with localcontext(WORK):
        return {name: plain(price) for name, price in _figures(state).items()}


def reservation(state: State) -> dict[str, str]:
    """The owner's money the bot counts on, by currency."""
    return {currency: plain(amount) for currency, amount in _reservation(state).items()}


def protection(state: State) -> Protection | None:
    """The stop a venue should keep for the bot's position."""
    hook: Callable[[State], Protection | None] | None = getattr(state.rules, "protection", None)
    return hook(state) if hook is not None else None


def stopped_out(state: State) -> None:
    """The venue's stop was triggered: the bot is closing, as if its own had been."""
    getattr(state.rules, "on_stopped_out", lambda _: None)(state)


def origin(state: State, leg: str) -> Decimal | None:
    """The price of the fill that a ladder's resting order came from."""
    return _origin(state, leg)


def plan(state: State) -> dict[str, Any]:
    """The sizes and levels computed at the start, as plain JSON."""
    hook = getattr(state.rules, "plan", None)
    return dict(hook(state)) if hook else {}


def model_of(name: str) -> type[Model]:
    """The configuration's model, for typed documents."""
    return strategy(name).Config
