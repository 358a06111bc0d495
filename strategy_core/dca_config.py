"""What the owner of a DCA bot may set: fields, units, bounds, and when an edit of each takes effect.

Rules
1. Bounds live on the fields; `effect` `now` is judged from the next look, `restart` from the next deal.
2. `FIXED` fields (effect `never`) belong to the bot for life.
3. Spot and futures differ in the words for a size (`*_size` in quote, `*_margin` in margin) and in what only a position has.
   The machine reads `base_size`, `safety_size`, `leverage` and rarely asks which of the two it has.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from strategy_core.conditions import AT_ONCE, Signals, Start
from strategy_core.config import BotConfig, choice, money, whole
from strategy_core.number import ONE, ZERO, Model, Num

MAX_SAFETY_ORDERS = 100  # 3Commas stops at 50, Pionex at 99
MAX_LEVERAGE = 125
FIXED = ("direction", "funds_quote", "funds_base", "leverage", "margin_mode", "mmr_pct")


class Rung(Model):
    """One row of a ladder: how far from the base order's price, and how much (quote; margin on futures)."""

    deviation_pct: Num = money("%", le=1000)
    size: Num = money("quote")


class TakeProfitStep(Model):
    pct: Num = money("%", ge="0.1", le=1000, effect="now")
    share_pct: Num = money("%", le=100, effect="now")


Ladder = Annotated[tuple[Rung, ...], Field(max_length=MAX_SAFETY_ORDERS)]
Steps = Annotated[tuple[TakeProfitStep, ...], Field(min_length=1, max_length=4)]


class DcaCommon(BotConfig):
    """What spot and futures share. A field left out has its default; money and percents are decimal strings."""

    counts_deals: ClassVar[bool] = True

    direction: Literal["long", "short"] = choice("long", effect="never")
    funds_quote: Num | None = money("quote", None, ge=0, effect="never")
    safety_orders: int | None = whole("orders", None, ge=0, le=MAX_SAFETY_ORDERS)
    step_pct: Num | None = money("%", None, ge="0.1", le=50)
    step_multiplier: Num = money("x", 1, ge="0.1", le=10)
    size_multiplier: Num = money("x", 1, ge="0.1", le=10)
    custom_ladder: Ladder | None = choice(None)  # replaces safety size, count, step and both multipliers
    max_active_safety_orders: int = whole("orders", 0, ge=0, le=MAX_SAFETY_ORDERS)  # 0: all
    safety_trigger: Literal["price", "indicators"] = choice("price")
    safety_conditions: Signals | None = choice(None)

    take_profit_pct: Num | None = money("%", None, ge="0.1", le=1000, effect="now")
    take_profit_of: Literal["total", "base"] = choice("total", effect="now")
    take_profit_net: bool = choice(True, effect="now")  # after fees
    take_profit_steps: Steps | None = choice(None, effect="now")
    trailing_take_profit_pct: Num | None = money("%", None, ge="0.05", le=20, effect="now")
    close_conditions: Signals | None = choice(None, effect="now")
    min_profit_pct: Num | None = money("%", None, ge=0, le=1000, effect="now")

    stop_loss_pct: Num | None = money("%", None, le=1000, effect="now")
    stop_loss_of: Literal["base", "average"] = choice("base", effect="now")
    stop_loss_timeout_s: int = whole("s", 0, ge=0, le=86_400, effect="now")
    trailing_stop: bool = choice(False, effect="now")
    break_even_after_tp1: bool = choice(False, effect="now")
    after_stop_loss: Literal["continue", "stop"] = choice("continue", effect="now")

    cooldown_s: int = whole("s", 0, ge=0, le=2_592_000, effect="now")
    reinvest_pct: Num = money("%", 0, ge=0, le=100)
    risk_reduction_pct: Num = money("%", 0, ge=0, le=100)
    min_price: Num | None = money("price", None, effect="now")
    max_price: Num | None = money("price", None, effect="now")
    start: Start = choice(AT_ONCE)
    reserve_pct: Num = money("%", "0.5", ge=0, le=5, effect="now")  # kept for slippage when a spot short buys back at market

    @cached_property
    def is_long(self) -> bool:
        return self.direction == "long"

    @cached_property
    def has_triggers(self) -> bool:
        """Whether anything but resting orders is to be watched."""
        return bool(
            self.stop_loss_pct is not None
            or self.trailing_take_profit_pct is not None
            or self.trailing_stop
            or self.break_even_after_tp1
            or self.close_conditions
            or self.safety_conditions
        )


class DcaConfig(DcaCommon):
    """DCA on spot. Sizes in quote; a long bot owns quote, a short bot owns base."""

    leverage: ClassVar[Decimal] = ONE

    funds_base: Num | None = money("base", None, ge=0, effect="never")
    base_order_size: Num = money("quote")
    safety_order_size: Num | None = money("quote", None)

    @property
    def base_size(self) -> Decimal:
        return self.base_order_size

    @property
    def safety_size(self) -> Decimal | None:
        return self.safety_order_size

    @property
    def own_base(self) -> Decimal:
        return self.funds_base or ZERO


class DcaFuturesConfig(DcaCommon):
    """DCA on a linear perpetual. Sizes are margin; what is ordered is margin x leverage."""

    leverage: Num = money("x", 1, ge=1, le=MAX_LEVERAGE, effect="never")
    margin_mode: Literal["isolated", "cross"] = choice("isolated", effect="never")
    base_order_margin: Num = money("quote")
    safety_order_margin: Num | None = money("quote", None)
    mmr_pct: Num | None = money("%", None, ge=0, le=50, effect="never")
    allow_liquidation_risk: bool = choice(False)

    @property
    def base_size(self) -> Decimal:
        return self.base_order_margin

    @property
    def safety_size(self) -> Decimal | None:
        return self.safety_order_margin


AnyDca = DcaConfig | DcaFuturesConfig
