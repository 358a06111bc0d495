"""What the owner of a DCA bot may set: fields, units, bounds, and when an edit of each takes effect.

Rules
1. Bounds live on the fields: they are the validation and, through the JSON schema, the form (`unit`, `minimum`, `maximum`, `edit`).
2. `edit` is `now` (judged from the next look), `next` (from the next deal) or `never` (another bot).
3. Spot and futures differ in the words for a size (`*_size` in quote, `*_margin` in margin) and in what only a position has.
   The machine reads `base_size`, `safety_size`, `leverage` and never asks which of the two it has.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field

from strategy_core.conditions import Indicators, Now, Start
from strategy_core.number import ONE, ZERO, Model, Num

MAX_SAFETY_ORDERS = 100  # 3Commas stops at 50, Pionex at 99
Edit = Literal["now", "next", "never"]


def setting(edit: Edit, unit: str = "", low: str | int | None = None, high: str | int | None = None, default: Any = ...) -> Any:
    """A field with its bounds and what the form shows beside it: money bounds as strings (">0" excludes zero), counts as ints."""
    shown: dict[str, Any] = {"edit": edit} | ({"unit": unit} if unit else {})
    bounds: dict[str, Any] = {}
    if low is not None:
        least = low.removeprefix(">") if isinstance(low, str) else low
        shown["minimum"] = least
        bounds["gt" if low == ">0" else "ge"] = Decimal(least) if isinstance(least, str) else least
    if high is not None:
        shown["maximum"] = high
        bounds["le"] = Decimal(high) if isinstance(high, str) else high
    return Field(default=default, json_schema_extra=shown, **bounds)


class Rung(Model):
    """One row of a ladder: how far from the base order's price, and how much (quote; margin on futures)."""

    deviation_pct: Num = setting("next", "%", ">0", "1000")
    size: Num = setting("next", "quote", ">0")


class TakeProfitStep(Model):
    pct: Num = setting("now", "%", "0.1", "1000")
    share_pct: Num = setting("now", "%", ">0", "100")


Ladder = Annotated[tuple[Rung, ...], Field(max_length=MAX_SAFETY_ORDERS)]
Steps = Annotated[tuple[TakeProfitStep, ...], Field(min_length=1, max_length=4)]


class DcaCommon(Model):
    """What spot and futures share. A field left out has its default; money and percents are decimal strings."""

    direction: Literal["long", "short"] = setting("never", default="long")
    funds_quote: Num | None = setting("never", "quote", "0", default=None)
    safety_orders: int | None = setting("next", "", 0, MAX_SAFETY_ORDERS, default=None)
    step_pct: Num | None = setting("next", "%", "0.1", "50", default=None)
    step_multiplier: Num = setting("next", "x", "0.1", "10", default=ONE)
    size_multiplier: Num = setting("next", "x", "0.1", "10", default=ONE)
    custom_ladder: Ladder | None = setting("next", default=None)  # replaces safety size, count, step and both multipliers
    max_active_safety_orders: int = setting("now", "", 0, MAX_SAFETY_ORDERS, default=0)  # 0: all
    safety_trigger: Literal["price", "indicators"] = setting("next", default="price")
    safety_conditions: Indicators | None = setting("next", default=None)

    take_profit_pct: Num | None = setting("now", "%", "0.1", "1000", default=None)
    take_profit_of: Literal["total", "base"] = setting("now", default="total")
    take_profit_net: bool = setting("now", default=True)  # after fees
    take_profit_steps: Steps | None = setting("now", default=None)
    trailing_take_profit_pct: Num | None = setting("now", "%", "0.05", "20", default=None)
    close_conditions: Indicators | None = setting("now", default=None)
    min_profit_pct: Num | None = setting("now", "%", "0", "1000", default=None)

    stop_loss_pct: Num | None = setting("now", "%", ">0", "1000", default=None)
    stop_loss_of: Literal["base", "average"] = setting("now", default="base")
    stop_loss_timeout_s: int = setting("now", "s", 0, 86_400, default=0)
    trailing_stop: bool = setting("now", default=False)
    break_even_after_tp1: bool = setting("now", default=False)
    after_stop_loss: Literal["continue", "stop"] = setting("now", default="continue")

    cooldown_s: int = setting("now", "s", 0, 2_592_000, default=0)
    max_deals: int | None = setting("now", "", 1, 1_000_000, default=None)
    reinvest_pct: Num = setting("next", "%", "0", "100", default=ZERO)
    risk_reduction_pct: Num = setting("next", "%", "0", "100", default=ZERO)
    min_price: Num | None = setting("now", "quote", ">0", default=None)
    max_price: Num | None = setting("now", "quote", ">0", default=None)
    start: Start = setting("next", default=Now())
    reserve_pct: Num = setting("now", "%", "0", "5", default=Decimal("0.5"))  # kept for slippage when a short buys back

    @property
    def is_long(self) -> bool:
        return self.direction == "long"


class DcaConfig(DcaCommon):
    """DCA on spot. Sizes in quote; a long bot owns quote, a short bot owns base."""

    funds_base: Num | None = setting("never", "base", "0", default=None)
    base_order_size: Num = setting("next", "quote", ">0")
    safety_order_size: Num | None = setting("next", "quote", ">0", default=None)

    @property
    def base_size(self) -> Decimal:
        return self.base_order_size

    @property
    def safety_size(self) -> Decimal | None:
        return self.safety_order_size

    @property
    def leverage(self) -> Decimal:
        return ONE

    @property
    def own_base(self) -> Decimal:
        return self.funds_base or ZERO


class DcaFuturesConfig(DcaCommon):
    """DCA on a linear perpetual. Sizes are margin; what is ordered is margin x leverage."""

    leverage: Num = setting("never", "x", "1", "125", default=ONE)
    margin_mode: Literal["isolated", "cross"] = setting("never", default="isolated")
    base_order_margin: Num = setting("next", "quote", ">0")
    safety_order_margin: Num | None = setting("next", "quote", ">0", default=None)
    mmr_pct: Num | None = setting("never", "%", "0", "50", default=None)
    allow_liquidation_risk: bool = setting("never", default=False)

    @property
    def base_size(self) -> Decimal:
        return self.base_order_margin

    @property
    def safety_size(self) -> Decimal | None:
        return self.safety_order_margin

    @property
    def own_base(self) -> Decimal:
        return ZERO


AnyDca = DcaConfig | DcaFuturesConfig
