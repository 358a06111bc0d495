"""What is published of a bot: its document (the read model, its orders, the watch fields) and the rows of its ledger."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal, localcontext
from typing import Any
from zlib import crc32

from entities import backup, inheritance
from entities.belt import OPEN, is_only_asking, wake_at
from entities.bot_state import Bot
from shared.clock import iso
from shared.schema import SCHEMA
from strategy_core import registry
from strategy_core.intent import Sent
from strategy_core.number import cut, plain
from strategy_core.trade import Horizon, Status

_DOWN, _UP = Context(prec=15, rounding=ROUND_FLOOR), Context(prec=15, rounding=ROUND_CEILING)
EXACT = Context(prec=80)  # sums of what is shown lose nothing
OUTBOX_ROWS = 40
AT_REST = (Status.STOPPED, Status.FINISHED)


def status_of(bot: Bot) -> tuple[str, str | None]:
    """(status, reason) as the owner sees them: a bot whose orders are not all over is still stopping."""
    core = bot.core
    if bot.quarantine is not None:
        return Status.ERROR.value, bot.quarantine
    if core.status in AT_REST and (bot.book.mine() or bot.belt is not None):
        return Status.STOPPING.value, core.reason
    return core.status.value, core.reason


def reason_params(bot: Bot, reason: str | None) -> dict[str, str]:
    """The figures of a reason that has any."""
    return {name: text for name, text in bot.why.items() if name != "reason"} if bot.why.get("reason") == reason else {}


def publication(bot: Bot, horizon: Horizon) -> dict[str, Any]:
    """The next revision, as plain JSON for the activity that publishes it. `overdue`: the outbox must not grow further."""
    bot.revision += 1
    document = document_of(bot, horizon)
    return {
        "userId": bot.user_id,
        "revision": bot.revision,
        "document": document,
        "rows": bot.outbox,
        "equity": equity_of(bot, document),
        "backup": backup.backup_of(bot) if backup.due(bot) else None,
        "overdue": len(bot.outbox) >= OUTBOX_ROWS,
    }


def document_of(bot: Bot, horizon: Horizon) -> dict[str, Any]:
    status, reason = status_of(bot)
    summary = registry.summary(bot.core)
    rows = bot.book.rows.values()
    is_final = status in ("stopped", "finished")
    return {
        **bot.record,
        "config": bot.core.raw_config if bot.record.get("edited") else bot.record["config"],
        "kind": "bot",
        "schema": SCHEMA,
        "status": status,
        "reason": reason,
        "reason_params": reason_params(bot, reason),
        "revision": bot.revision,
        "epoch": bot.epoch,
        "updated_at": iso(bot.ticked_at),
        "started_at": iso(bot.started_at),
        "stopped_at": iso(bot.stopped_at) if bot.stopped_at is not None else None,
        "last_tick_at": iso(bot.ticked_at),
        "price": plain(summary.price),
        "pnl": pnl_of(bot, summary),
        "holdings": {
            "base": plain(summary.base),
            "quote": plain(summary.quote),
            "base_currency": bot.core.market.base,
            "quote_currency": bot.core.market.quote,
        },
        "reserved": {} if is_final else bot.reserved,
        "open_orders": sum(row.state is not Sent.OVER for row in rows),
        "fills": bot.fills,
        "deals": summary.deals,
        "figures": figures_of(bot),
        "orders": orders_of(bot),
        "horizon": horizon_view(horizon),
        "look": where_to_look(bot, horizon),
        "lastTickMs": bot.ticked_at,
    } | ({} if is_final else watch_fields(bot, horizon))


def where_to_look(bot: Bot, horizon: Horizon) -> dict[str, Any]:
    """For the next look: whose orders, from where, what would matter; what a strategy must be shown of the path before, and candles."""
    below, above, until = uncrossed(bot, horizon)
    return {
        "mine": bot.book.mine(),
        "cursor": list(bot.cursor),
        "horizon": [None if below is None else plain(below), None if above is None else plain(above), until],
        "lookback": registry.lookback_ms(bot.core),
        "timeframes": {str(timeframe): count for timeframe, count in registry.timeframes(bot.core).items()},
        "epoch": bot.epoch,
        **({"future": of_future(bot)} if bot.core.market.is_future else {}),
    }


def uncrossed(bot: Bot, horizon: Horizon) -> Horizon:
    """Without the edges passed already, while nothing is sent: every point of the path would be a crossing that leads nowhere."""
    if not is_only_asking(bot):
        return horizon
    (below, above, until), price = horizon, bot.core.price
    return Horizon(
        None if below is None or price <= below else below,
        None if above is None or price >= above else above,
        None if until is None or bot.core.at >= until else until,
    )


def of_future(bot: Bot) -> dict[str, Any]:
    """{funded, belt: the stop the venue has for the bot, belts: how many there were, where the venue keeps any}."""
    found: dict[str, Any] = {"funded": bot.funded or bot.started_at}
    return found | ({"belt": bot.belt["id"]} if bot.belt else {}) | ({"belts": bot.belts} if bot.keeps_stops else {})


def pnl_of(bot: Bot, summary: registry.Summary) -> dict[str, Any]:
    """What is shown adds up to the last digit: the inventory is what the rounded cells leave of the total."""
    fall = summary.waterfall
    cells = cut(fall.cell_profit)
    with localcontext(EXACT):
        inventory = fall.total + fall.fees - fall.funding - cells
    total_pct = None if summary.put_in == 0 else plain((fall.total / summary.put_in * 100).quantize(Decimal("0.0001")))
    return {
        "cell_profit": plain(cells),
        "inventory_pnl": plain(inventory),
        "fees": plain(fall.fees),
        "funding": plain(fall.funding),
        "total": plain(fall.total),
        "hodl": plain(cut(summary.hodl)),
        "total_pct": total_pct,
        "put_in": plain(cut(summary.put_in)),
        "currency": summary.currency,
        "price": plain(summary.price),
        "at": iso(bot.core.at),
    }


def figures_of(bot: Bot) -> dict[str, str]:
    """The core's figures; once the venue has named where it would take this very position, its own word."""
    found = registry.figures(bot.core)
    if bot.belt is not None and bot.belt["state"] == OPEN:
        found["native_stop_price"] = bot.belt["price"]
    is_same = bot.liquidation is not None and bot.liquidation_of == plain(bot.core.ledger.base)
    return found | ({"liquidation_price": str(bot.liquidation)} if is_same else {})


def orders_of(bot: Bot) -> list[dict[str, Any]]:
    """What is out, from the highest price down; market orders first."""
    found = [
        {
            "id": id_, "leg": row.order.leg, "role": row.order.role.value, "side": row.order.side.value, "type": row.order.type.value,
            "price": None if row.order.price is None else plain(row.order.price), "amount": plain(row.order.amount),
            "status": row.state.value, "reduce_only": row.order.reduce_only, "made_at": iso(max(row.order.made_at, 0)),
        }
        for id_, row in bot.book.rows.items()
        if row.state is not Sent.OVER
    ]  # fmt: skip
    return sorted(found, key=lambda one: Decimal(one["price"]) if one["price"] else Decimal("Infinity"), reverse=True)


def horizon_view(horizon: Horizon) -> dict[str, Any] | None:
    if horizon.is_empty:
        return None
    below, above, until = horizon
    return {
        "below": None if below is None else plain(below),
        "above": None if above is None else plain(above),
        "until": None if until is None else iso(until),
    }


def watch_fields(bot: Bot, horizon: Horizon) -> dict[str, Any]:
    """What the watcher asks for. The edges are numbers rounded inwards, so that a number never hides a crossing.

    `until` is an instant on the market's path, `wakeMs` one of the wall clock; the publish activity makes the first into `until_ms`.
    """
    below, above, until = horizon
    fields: dict[str, Any] = {"watchKey": f"{bot.record['source']}|{bot.record['symbol']}", "until": until, "beat": phase_of(bot.id)}
    if bot.quarantine is not None:  # only the heartbeat wakes it
        return fields | {"until": None}
    if horizon.is_empty:
        return fields | {"until_ms": 0}
    if below is not None:
        fields["below"] = float(_UP.plus(below))
    if above is not None:
        fields["above"] = float(_DOWN.plus(above))
    if urgent := urgent_edges(bot, horizon):
        fields["urgent"] = urgent
    wake = min((at for at in (bot.book.wake_at(), wake_at(bot), inheritance.wake_at(bot)) if at is not None), default=None)
    return fields if wake is None else fields | {"wakeMs": wake}


def phase_of(bot_id: str) -> float:
    """Where in the heartbeat a bot's turn comes, 0 to 1: the same for ever, spread evenly over the bots."""
    return crc32(bot_id.encode()) % 3_600 / 3_600


def urgent_edges(bot: Bot, horizon: Horizon) -> str:
    """The edges ("below", "above", both or neither) at which nothing rests that acts by itself: stops, trailing levels, conditions."""
    resting = {row.order.price for row in bot.book.rows.values() if row.state is not Sent.OVER}
    edges = (("below", horizon.below), ("above", horizon.above))
    return " ".join(name for name, price in edges if price is not None and price not in resting)


def equity_of(bot: Bot, document: dict[str, Any]) -> dict[str, Any] | None:
    """A point of the equity curve when something was filled, the bot came to rest, or an hour is new: prices move without fills."""
    if not any(row["kind"] == "fill" for row in bot.outbox) and bot.stopped_at is None and not bot.is_hour_new:
        return None
    pnl = document["pnl"]
    name = f"{bot.id}-{bot.epoch}-{bot.revision:08d}"
    return {
        "id": name, "kind": "equity", "botId": bot.id, "bot_id": bot.id, "sort": f"{bot.epoch:04d}:{bot.revision:08d}", "schema": SCHEMA,
        "revision": bot.revision, "at": pnl["at"], "price": pnl["price"], "total": pnl["total"], "currency": pnl["currency"],
    }  # fmt: skip
