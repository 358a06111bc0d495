"""Every shape ever stored loads for ever. A file here is never changed: a new shape gets a new file."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from strategy_core import registry
from strategy_core.trade import Fill, Look, Side

STORED = sorted((Path(__file__).parent / "stored").glob("*.json"))


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_a_stored_state_loads_and_goes_on(path: Path) -> None:
    golden = json.loads(path.read_text())
    state = registry.load(golden["state"])
    assert [
        list(order.key.split("|")) + [str(order.side), str(order.price), str(order.amount)] for order in registry.orders(state)
    ] == golden["orders"]
    again = registry.load(json.loads(json.dumps(registry.dump(state))))
    for bot in (state, again):
        best = bot.book.buys[-1] if bot.book.buys else bot.book.sells[-1]
        price = best.price or Decimal(1)
        fact = Fill(best.leg, best.generation, best.side, price, bot.book.remaining(best), Decimal(0), "USDT", "golden", bot.at + 1)
        registry.apply(bot, fact)
        registry.apply(bot, Look(price, bot.at))
    assert registry.dump(state) == registry.dump(again)
    assert registry.orders(state) == registry.orders(again)
    assert state.book.orders and best.side in (Side.BUY, Side.SELL)


def test_there_is_a_stored_state_of_each_ladder_bot() -> None:
    assert {"GRID", "BTD", "LOOP"} <= {json.loads(path.read_text())["state"]["name"] for path in STORED}
