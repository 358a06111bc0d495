"""A golden run: one bot through bad weather, everything it did written down line by line.

    price status | horizon | fills | orders placed and gone | events

The weather is a random walk from a seed: fills in parts, jumps, refusals, orders that somebody removed or that expired, fills that
were faster than our cancel, pauses, edits and money added. `python -m tests.strategy_core.storms` writes all runs anew: look
at the difference before you keep it.
"""

from __future__ import annotations

import json
from decimal import Decimal
from importlib import util
from pathlib import Path
from typing import Any, NamedTuple

from strategy_core import registry
from strategy_core.number import plain, working_digits
from strategy_core.state import FINAL
from strategy_core.trade import Command, Ended, Fill, Funding, Invalid, Order

HERE = Path(__file__).parent
_spec = util.spec_from_file_location("strategy_core_walks", HERE / "walks.py")
assert _spec is not None and _spec.loader is not None
walks = util.module_from_spec(_spec)
_spec.loader.exec_module(walks)

D = Decimal
GOLDEN = HERE / "golden"


class Run(NamedTuple):
    """One golden run: `words` are edits and money the owner may come with, `more` the market's own figures."""

    name: str
    strategy: str
    config: dict[str, Any]
    seed: int
    size: float = 0.015
    steps: int = 70
    words: tuple[tuple[str, dict[str, Any]], ...] = ()
    mode: str = "quote"
    more: dict[str, Any] = {}


class Storm(walks.Walk):
    """A walk in which things go wrong."""

    def __init__(self, run: Run) -> None:
        self.words = run.words
        self.lines: list[str] = []
        self.done: list[str] = []
        self.lost: list[tuple[Order, Decimal]] = []
        self.known: dict[str, tuple[Order, Decimal]] = {}
        future = run.strategy in ("COMBO", "DCA_FUTURES")
        rules = walks.market(future=future, mode=run.mode, **run.more)
        super().__init__(run.strategy, run.config, D(100), rules, run.seed, partial=True)
        self.write()

    def check(self) -> None:
        """Checked once a step."""

    def tell(self, fact: Any) -> None:
        if isinstance(fact, Fill):
            self.done.append(f"{fact.leg}.{fact.generation} {fact.side[0]}{plain(fact.amount)}@{plain(fact.price)}")
        super().tell(fact)
        self.note_gone()

    def note_gone(self) -> None:
        """Orders that left without being filled may still have been faster than our cancel."""
        book = self.state.book
        now = {order.key: (order, book.remaining(order)) for order in registry.orders(self.state)}
        self.lost += [self.known[key] for key in self.known if key not in now and self.known[key][1] > 0]
        self.lost = self.lost[-5:]
        self.known = now

    def fill(self, order: Order, price: Decimal, maker: bool) -> None:
        self.known.pop(order.key, None)
        super().fill(order, price, maker)

    def blow(self, size: float) -> None:
        """One step of the weather."""
        self.step(size)
        trouble = self.random.random()
        resting = list(registry.orders(self.state))
        if trouble < 0.10 and resting:
            self.end(self.random.choice(resting))
        elif trouble < 0.14 and self.lost:
            self.late(*self.lost.pop())
        elif trouble < 0.20:
            name = "resume" if self.state.status in ("paused", "error") else "pause"
            self.say(name, {"keep_orders": self.random.random() < 0.5} if name == "pause" else {})
        elif trouble < 0.26 and self.words:
            self.say(*self.random.choice(self.words))
        elif trouble < 0.29 and self.market.is_future:
            self.tell(Funding(D(self.random.choice(("-0.25", "0.125"))), self.at))
        elif self.state.status in ("paused", "error"):
            self.say("resume", {})
        walks.check_stored(self.state)
        self.write()
        if self.trades % 2:  # a bot that was stored goes on as if it had not been
            self.state = registry.load(json.loads(walks.stored(self.state)))

    def end(self, order: Order) -> None:
        reason = self.random.choice(("rejected", "missing", "expired", "cancelled"))
        detail = self.random.choice(("", "insufficient_funds")) if reason == "rejected" else ""
        filled = self.state.book.filled.get(order.leg, D(0))
        self.done.append(f"{order.key} {reason} {detail}".rstrip())
        self.known.pop(order.key, None)
        self.tell(Ended(order.leg, order.generation, order.attempt, reason, filled, self.at, detail))

    def late(self, order: Order, left: Decimal) -> None:
        lots = max(int(left / self.market.amount_step * D(repr(self.random.random()))), 1)
        price = order.price or self.price
        amount = lots * self.market.amount_step
        fee, coin = walks.fee_for(self.market, order.side, price, amount, True)
        self.trades += 1
        self.tell(Fill(order.leg, order.generation, order.side, price, amount, fee, coin, f"t{self.trades}", self.at))

    def say(self, name: str, params: dict[str, Any]) -> None:
        self.trades += 1
        try:
            registry.apply(self.state, Command(name, params, self.at, f"c{self.trades}"))
            self.done.append(name)
        except Invalid as refused:
            self.done.append(f"{name} refused: {refused.field} {refused.code}")
        self.note_gone()

    def write(self) -> None:
        """One line of what was done and what came of it."""
        state = self.state
        below, above, until = registry.horizon(state)
        band = ["-" if price is None else f"{price:.4f}" for price in (below, above)] + ([str(until)] if until is not None else [])
        orders = [_shown(order) for order in sorted(registry.orders(state), key=lambda order: order.leg)]
        came = [text for text in orders if text not in self._shown]
        gone = [text.split(" ")[0] for text in self._shown if text not in orders]
        self._shown = orders
        said = [f"{event.code}({' '.join(event.params.values())})" for event in registry.drain(state)]
        moves = [*(f"+{text}" for text in came), *(f"-{leg}" for leg in gone)]
        self.lines.append(
            " | ".join((f"{plain(self.price)} {state.status}", " ".join(band), ", ".join(self.done), ", ".join(moves), ", ".join(said)))
        )
        self.done = []

    _shown: list[str] = []


def _shown(order: Order) -> str:
    price = "market" if order.price is None else plain(order.price)
    return f"{order.leg}.{order.generation}.{order.attempt} {order.side[0]}{'r' if order.reduce_only else ''}{plain(order.amount)}@{price}"


def told(run: Run) -> str:
    """The whole run as text: the preview, a line per step, and the bot at the end."""
    with working_digits():  # whatever the process around has
        return _told(run)


def _told(run: Run) -> str:
    storm = Storm(run)
    shown = registry.preview(run.strategy, run.config, D(100), storm.market).model_dump(mode="json")
    for _ in range(run.steps):
        if storm.state.status in FINAL:
            break
        storm.blow(run.size)
    state = storm.state
    summary = registry.summary(state)
    end = {
        "summary": {name: _plain(value) for name, value in summary._asdict().items()},
        "figures": registry.figures(state),
        "plan": registry.plan(state),
        "reservation": registry.reservation(state),
        "state": registry.dump(state),
    }
    heads = [json.dumps(row) for row in shown.pop("orders")]
    return "\n".join(
        [json.dumps(shown), *heads, *storm.lines, *(f"{name} {json.dumps(part, sort_keys=True)}" for name, part in end.items()), ""]
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain(value)
    parts = value._asdict() if hasattr(value, "_asdict") else value
    return {name: plain(part) for name, part in parts.items()} if isinstance(parts, dict) else value


GRID = {"low": "90", "high": "110", "cells": 8, "investment": "1000"}
BTD = {"low": "90", "high": "110", "cells": 8, "investment": "10"}
LOOP = {"investment": "2000", "order_count": 10, "distance_pct": "1"}
COMBO = {"direction": "long", "margin": "200", "leverage": "5", "levels": 10, "step_pct": "1"}
DCA = {
    "base_order_size": "100", "safety_order_size": "100", "safety_orders": 4, "step_pct": "1.5", "step_multiplier": "1.2",
    "size_multiplier": "1.3", "take_profit_pct": "1.5",
}  # fmt: skip
FUTURES = {
    "base_order_margin": "50", "safety_order_margin": "40", "safety_orders": 4, "step_pct": "1.5", "size_multiplier": "1.2",
    "take_profit_pct": "1", "leverage": "5",
}  # fmt: skip
STEPS = [{"pct": "1", "share_pct": "40"}, {"pct": "2", "share_pct": "30"}, {"pct": "3", "share_pct": "30"}]
MONEY = ("add_funds", {"amount": "50"})
FINE = {"min_notional": "30", "step": "0.01", "min_amount": "0.01"}
SHIFT = {"trail_up": "shift", "trail_up_limit": "200", "trail_down": "shift", "trail_down_limit": "40"}
EXTEND = {
    "trail_up": "extend", "trail_up_limit": "200", "trail_up_budget": "400",
    "trail_down": "extend", "trail_down_limit": "40", "trail_down_budget": "300",
}  # fmt: skip
SHORT = {"direction": "short", "funds_base": "15"}

RUNS = (
    Run("grid-plain", "GRID", GRID, 1, words=(MONEY,)),
    Run("grid-base-received", "GRID", {**GRID, "size_mode": "base", "reinvest": "compound"}, 2, mode="received", words=(MONEY,)),
    Run("grid-shift", "GRID", {**GRID, **SHIFT, "pump_guard_s": 600}, 3, 0.03, words=(("edit", {"pump_guard": False}),)),
    Run("grid-extend", "GRID", {**GRID, **EXTEND, "pump_guard": False}, 4, 0.025, words=(("edit", {"trail_up_budget": "900"}),)),
    Run("grid-coarse", "GRID", {**GRID, "reserve_pct": "0", "spacing": "arithmetic"}, 5, mode="received", more=FINE),
    Run("grid-capped", "GRID", {**GRID, "cells": 20, "investment": "4000", "max_active_orders": 6}, 6, 0.03),
    Run("grid-exits", "GRID", {**GRID, "stop_loss_price": "80", "take_profit_pct": "4"}, 7, words=(("edit", {"low": "85", "high": "120"}),)),
    Run("grid-adopts", "GRID", {**GRID, **SHIFT, "pump_guard": False, "missing_orders": "adopt"}, 8, 0.03, more={"min_notional": "60"}),
    Run("btd-plain", "BTD", BTD, 11, words=(("add_funds", {"amount": "1"}),)),
    Run("btd-balanced", "BTD", {**BTD, "start_mode": "balanced", "reinvest": "compound"}, 12, mode="received"),
    Run("btd-both-ways", "BTD", {**BTD, "trail_up": "shift", "pump_guard": False, "start_mode": "balanced"}, 13, 0.03, more=FINE),
    Run("btd-guarded", "BTD", {**BTD, "trail_up": "shift", "pump_guard_s": 900}, 14, 0.02, words=(("edit", {"low": "80"}),)),
    Run("btd-exits", "BTD", {**BTD, "stop_loss_price": "125", "take_profit_pct": "3", "missing_orders": "pause"}, 15, 0.02),
    Run("btd-capped", "BTD", {**BTD, "cells": 20, "investment": "60", "max_active_orders": 5, "start_mode": "balanced"}, 16, 0.03),
    Run("loop-plain", "LOOP", LOOP, 21, 0.012),
    Run("loop-received", "LOOP", {**LOOP, "max_expansion": 1}, 22, 0.015, mode="received", more=FINE),
    Run("loop-bounds", "LOOP", {**LOOP, "low": "94", "high": "107"}, 23, 0.012, more={"min_notional": "60"}),
    Run("loop-guard", "LOOP", {**LOOP, "equity_guard_pct": "2", "equity_guard_action": "pause", "exit_coin": "both"}, 24, 0.015),
    Run("loop-exits", "LOOP", {**LOOP, "take_profit_pct": "3", "equity_guard_pct": "6", "exit_coin": "base"}, 25, 0.015),
    Run("loop-adopts", "LOOP", {**LOOP, "missing_orders": "adopt", "reserve_pct": "0"}, 26, 0.012, mode="received"),
    Run("combo-long", "COMBO", COMBO, 31, words=(MONEY, ("edit", {"refill_on_shift": False}))),
    Run("combo-short", "COMBO", {**COMBO, "direction": "short", "grid_levels": 3}, 32, words=(MONEY,)),
    Run("combo-stop", "COMBO", {**COMBO, "stop_loss_pct": "12", "take_profit_pct": "8"}, 33, 0.01, words=(("edit", {"stop_loss_pct": "10"}),)),
    Run("combo-follows", "COMBO", {**COMBO, "refill_on_shift": False, "grid_levels": 2}, 34, 0.02, more={"min_notional": "60"}),
    Run("combo-coarse", "COMBO", {**COMBO, "direction": "short", "missing_orders": "adopt"}, 35, 0.02, more={"step": "0.1", "min_amount": "0.1"}),
    Run("dca-long", "DCA", DCA, 41, words=(MONEY, ("edit", {"changes": {"take_profit_pct": "2"}}), ("add_safety", {"size": "40"}))),
    Run("dca-received", "DCA", {**DCA, "reinvest_pct": "50", "risk_reduction_pct": "50", "max_active_safety_orders": 2}, 42, mode="received"),
    Run("dca-steps", "DCA", {**DCA, "take_profit_pct": None, "take_profit_steps": STEPS, "break_even_after_tp1": True}, 43, words=(MONEY,)),
    Run("dca-trailing", "DCA", {**DCA, "trailing_take_profit_pct": "0.5", "stop_loss_pct": "12", "trailing_stop": True}, 44, words=(("close_deal", {}),)),
    Run("dca-short", "DCA", {**DCA, **SHORT, "take_profit_of": "base"}, 45, words=(("add_funds", {"amount": "1"}), ("cancel_deal", {}))),
    Run("dca-short-steps", "DCA", {**DCA, **SHORT, "take_profit_pct": None, "take_profit_steps": STEPS, "stop_loss_pct": "12"}, 46, mode="received"),
    Run("dca-gross", "DCA", {**DCA, "take_profit_net": False, "stop_loss_pct": "9", "stop_loss_of": "average", "cooldown_s": 600}, 47, more=FINE),
    Run("dca-plan", "DCA", {**DCA, "max_deals": 9}, 48, words=(("edit", {"changes": {"safety_orders": 2}}), ("edit", {"changes": {"base_order_size": "150"}}), MONEY)),
    Run("futures-long", "DCA_FUTURES", FUTURES, 51, words=(MONEY, ("edit", {"changes": {"base_order_margin": "60"}}))),
    Run("futures-short", "DCA_FUTURES", {**FUTURES, "direction": "short", "stop_loss_pct": "10", "stop_loss_of": "average"}, 52, words=(("add_safety", {"size": "20"}),)),
    Run("futures-steps", "DCA_FUTURES", {**FUTURES, "take_profit_pct": None, "take_profit_steps": STEPS, "break_even_after_tp1": True}, 53, more=FINE),
    Run("futures-trailing", "DCA_FUTURES", {**FUTURES, "direction": "short", "trailing_take_profit_pct": "0.4", "stop_loss_pct": "9", "stop_loss_timeout_s": 60}, 54),
)  # fmt: skip

if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for old in GOLDEN.glob("*.txt"):
        old.unlink()
    for one in RUNS:
        (GOLDEN / f"{one.name}.txt").write_text(told(one))
