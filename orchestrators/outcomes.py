"""What one round of asking came to: whether the plan went through, and the publication with what the venue has just acknowledged."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from orchestrators.wire import horizon_of
from strategy_core.number import dec

Doc = dict[str, Any]


def is_not_there(outcome: Doc) -> bool:
    """Whether an order should be out and is not: nothing is looked at that it could have changed before it is sent again."""
    return outcome["result"] == "absent" and outcome["kind"] in ("place", "look_up")


def may_follow(intent: Doc, outcomes: list[Doc]) -> bool:
    """Whether everything the placement waits for (`after`) was cancelled, with the fills that were known when it was committed."""
    told = {outcome["id"]: outcome for outcome in outcomes if outcome["kind"] == "cancel"}
    return all(id_ in told and is_cancelled(told[id_], filled) for id_, filled in intent.get("after", {}).items())


def is_cancelled(outcome: Doc, filled: str) -> bool:
    report = outcome["report"]
    return report is not None and report["status"] == "canceled" and dec(report["filled"]) == dec(filled)


def cancelled(outcomes: list[Doc], work: Doc) -> set[str]:
    """The orders whose cancelling went as planned and changes nothing else."""
    if not work.get("calm"):
        return set()
    fills = {intent["id"]: intent["filled"] for intent in work["intents"] if intent["kind"] == "cancel"}
    return {one["id"] for one in outcomes if one["kind"] == "cancel" and is_cancelled(one, fills[one["id"]])}


def settled(outcomes: list[Doc], view: Doc | None, where: Doc, gone: Set[str] = frozenset()) -> bool:
    """Whether the plan went through and nothing has happened since: the entity can hear it without being waited for.

    `gone`: orders whose cancelling went as planned.
    """
    if view is None or view["trades"] or view["more"] or {report["id"] for report in view["ended"]} - gone:
        return False
    if any(outcome["result"] != "accepted" and outcome["id"] not in gone for outcome in outcomes):
        return False
    below, above, until = horizon_of(where["horizon"])
    at, price = view["point"][0], dec(view["point"][1])
    return (below is None or price > below) and (above is None or price < above) and (until is None or at < until)


def confirmed(publication: Doc, accepted: Set[str], gone: Set[str], cursor: list[Any]) -> Doc:
    """The publication with what the venue has just acknowledged, and without what is gone."""
    document = dict(publication["document"])
    document["orders"] = [
        {**order, "status": "open"} if order["id"] in accepted else order for order in document["orders"] if order["id"] not in gone
    ]
    document["open_orders"] = len(document["orders"])
    mine = [id_ for id_ in document["look"]["mine"] if id_ not in gone]
    document["look"] = {**document["look"], "cursor": cursor, "mine": mine}
    if all(order["status"] == "open" for order in document["orders"]):
        document.pop("wakeMs", None)  # no order is in doubt any more
    return {**publication, "document": document}
