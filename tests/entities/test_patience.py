"""How long the bot waits before it believes that something is missing, and that only what was looked for can be."""

from entities.sent import TRADES_LATE_MS, VENUE_WINDOW
from strategy_core.storage import load_order
from tests.builders import T0
from tests.entities.test_bot_entity import advance, outcome, started, trade, view

SECOND = 1_000
OUTAGE = TRADES_LATE_MS + 1_000
STOP = {"id": "s", "kind": "command", "body": {"name": "stop", "params": {"close_mode": "keep"}}}


def closed(intent):
    """The venue's word that the order was executed, before its trade is shown."""
    amount = str(load_order(intent["order"]).amount)
    report = {"id": intent["id"], "order_id": "v1", "filled": amount, "status": "closed", "at": T0, "price": "100", "amount": amount}
    return outcome(intent, "found", report=report), amount


def test_trades_are_not_late_while_nobody_looks():
    state, told = started()
    [intent] = told["intents"]
    answer, amount = closed(intent)
    state, _ = advance(state, T0 + SECOND, outcomes=[answer])
    state, _ = advance(state, T0 + OUTAGE, view=None)  # back after an outage, and the venue cannot be asked yet
    assert intent["id"] in state["sent"] and state["core"]["status"] == "starting"
    state, _ = advance(state, T0 + OUTAGE + SECOND, view=view(T0 + OUTAGE, "100", [trade(intent, "100", amount, T0 + 500)]))
    assert state["fills"] == 1 and state["core"]["status"] == "active"


def test_an_order_nobody_wants_is_forgotten_only_when_not_even_a_slow_venue_can_get_it_any_more():
    state, told = started()
    [intent] = told["intents"]
    state, _ = advance(state, T0 + SECOND, outcomes=[outcome(intent, "unknown")], event=STOP)
    for after in (VENUE_WINDOW.ambiguous_ms, VENUE_WINDOW.forget_ms - SECOND):
        state, told = advance(state, T0 + after)
        [look_up] = told["intents"]
        state, _ = advance(state, T0 + after, outcomes=[outcome(look_up, "absent", asked_at=T0 + after)])
        assert intent["id"] in state["sent"]
    state, told = advance(state, T0 + VENUE_WINDOW.forget_ms)
    state, _ = advance(state, T0 + VENUE_WINDOW.forget_ms, outcomes=[outcome(look_up, "absent", asked_at=T0 + VENUE_WINDOW.forget_ms)])
    assert state["sent"] == {} and state["core"]["status"] == "stopped"
