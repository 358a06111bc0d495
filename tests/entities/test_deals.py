"""A completed cell in the row of the fill that closed it, also when its order was filled in parts."""

from decimal import Decimal

from tests.builders import T0
from tests.entities.test_bot_entity import advance, outcome, started, trade, view


def laid(state, started_with):
    """The ladder rests; by (leg): the intents."""
    [initial] = started_with["intents"]
    seen = view(1_000, "100", [trade(initial, "100", initial["order"][5], 900)])
    state, answer = advance(state, 10_000, view=at_now(seen))
    legs = {intent["order"][0]: intent for intent in answer["intents"]}
    state, _ = advance(state, 10_100, outcomes=[outcome(intent, "accepted") for intent in legs.values()])
    return state, legs


def at_now(seen):
    moved = {**seen, "point": [T0 + seen["point"][0], seen["point"][1]], "cursor": [T0 + seen["cursor"][0], "1"]}
    moved["trades"] = [{**one, "at": T0 + one["at"]} for one in seen["trades"]]
    return moved


def rows(state):
    return [row for row in state["outbox"] if row["kind"] == "fill"]


def test_a_cell_closed_in_two_parts_is_one_deal_with_both():
    state, legs = laid(*started())
    bought = trade(legs["L1"], "95", legs["L1"]["order"][5], 2_000)
    state, answer = advance(state, 20_000, view=at_now(view(2_000, "95", [bought])))
    [sell] = [intent for intent in answer["intents"] if intent["kind"] == "place"]
    state, _ = advance(state, 20_100, outcomes=[outcome(sell, "accepted")])
    half = Decimal(sell["order"][5]) / 2
    state, _ = advance(state, 30_000, view=at_now(view(3_000, "99", [trade(sell, "100", str(half), 3_000)])))
    assert "deal" not in rows(state)[-1] and state["parts"]
    state, _ = advance(state, 40_000, view=at_now(view(4_000, "100", [trade(sell, "100", str(half), 4_000, number=2)])))
    last = rows(state)[-1]
    assert last["code"] == "deal" and "parts" not in state
    assert last["deal"] == {
        "number": 1, "amount": sell["order"][5], "gross": str(half * 2 * 5).rstrip("0").rstrip("."), "open_price": "95",
        "opened_at": last["deal"]["opened_at"],
    }  # fmt: skip


def test_the_first_sells_of_a_ladder_close_nothing():
    state, legs = laid(*started())
    sold = trade(legs["L3"], "105", legs["L3"]["order"][5], 2_000)
    state, _ = advance(state, 20_000, view=at_now(view(2_000, "105", [sold])))
    assert "deal" not in rows(state)[-1]
