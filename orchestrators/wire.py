"""What activities and entities hand each other: exchange values as plain JSON, money as strings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from strategy_core.number import dec, plain

if TYPE_CHECKING:
    from strategy_core.trade import Horizon


def view_json(view: Any) -> dict[str, Any]:
    """An `exchange.protocol.View`."""
    return {
        "point": [view.point.at, plain(view.point.price)],
        "trades": [trade_json(trade) for trade in view.trades],
        "open": list(view.open_ids),
        "ended": [report_json(report) for report in view.ended],
        "cursor": [view.cursor.at, view.cursor.trade_id],
        "more": view.more,
    }


def trade_json(trade: Any) -> dict[str, Any]:
    return {
        "trade_id": trade.trade_id, "order_id": trade.order_id, "client_order_id": trade.client_order_id, "side": trade.side.value,
        "price": plain(trade.price), "amount": plain(trade.amount), "fee": plain(trade.fee), "fee_currency": trade.fee_currency,
        "maker": trade.maker, "at": trade.at,
    }  # fmt: skip


def report_json(report: Any) -> dict[str, Any]:
    """An `exchange.protocol.OrderReport`."""
    return {
        "id": report.client_order_id, "order_id": report.order_id, "filled": plain(report.filled), "status": report.status.value,
        "at": report.at, "price": None if report.price is None else plain(report.price), "amount": plain(report.amount),
    }  # fmt: skip


def outcome_json(intent: dict[str, Any], result: str, outcome: Any = None, report: Any = None, **more: Any) -> dict[str, Any]:
    """The answer to one intent; `report` is what a look-up right after it found, `asked_at` the instant before that look-up."""
    return more | {
        "id": intent["id"],
        "kind": intent["kind"],
        "sending": intent.get("sending"),
        "result": result,
        "order_id": getattr(outcome, "order_id", None),
        "reason": getattr(outcome, "reason", None),
        "report": None if report is None else report_json(report),
    }


def horizon_of(data: list[Any]) -> Horizon:
    from strategy_core.trade import Horizon

    below, above, until = data
    return Horizon(None if below is None else dec(below), None if above is None else dec(above), until)
