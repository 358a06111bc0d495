"""What one round of asking came to: whether the plan went through, and the publication with what the venue has just acknowledged."""

from __future__ import annotations

from typing import Any

from orchestrators.wire import horizon_of
from strategy_core.number import dec

Doc = dict[str, Any]


def is_not_there(outcome: Doc) -> bool:
    """Whether an order should be out and is not: nothing is looked at that it could have changed before it is sent again."""
    return outcome["result"] == "absent" and outcome["kind"] in ("place", "look_up")


def settled(outcomes: list[Doc], view: Doc | None, where: Doc) -> bool:
    """Whether the plan went through and nothing has happened since: the entity can hear it without being waited for."""
    if view is None or view["trades"] or view["ended"] or view["more"] or any(outcome["result"] != "accepted" for outcome in outcomes):
        return False
    below, above, until = horizon_of(where["horizon"])
    at, price = view["point"][0], dec(view["point"][1])
    return (below is None or price > below) and (above is None or price < above) and (until is None or at < until)


def confirmed(publication: Doc, accepted: set[str], cursor: list[Any]) -> Doc:
    """The publication with what the venue has just acknowledged."""
    document = dict(publication["document"])
    document["orders"] = [{**order, "status": "open"} if order["id"] in accepted else order for order in document["orders"]]
    document["look"] = {**document["look"], "cursor": cursor}
    if all(order["status"] == "open" for order in document["orders"]):
        document.pop("wakeMs", None)  # no order is in doubt any more
    return {**publication, "document": document}
