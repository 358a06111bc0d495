"""What a start needs of the venue and of the account: rules, price, the money it takes, and the money nobody else was promised."""

from __future__ import annotations

from typing import Any

from orchestrators.reality import locked_by_bots
from shared.bot_document import RECORD
from shared.stores import Store
from strategy_core.number import ZERO, dec, plain

Doc = dict[str, Any]
AT_REST = ("stopped", "finished")
HELD_BOTS = 200


async def prepared(exchange: Any, document: Doc) -> Doc:
    """The venue's part of a start. Errors: Invalid, ExchangeError."""
    from exchange.protocol import Cursor
    from strategy_core import registry
    from strategy_core.trade import Horizon

    market = await exchange.market(document["symbol"])
    view = await exchange.look(document["symbol"], Cursor(0), (), Horizon(None, None, None))
    begun = registry.start(document["strategy"], document["config"], view.point.price, market, view.point.at)
    if market.is_future and await set_up(exchange, document) is not None:
        return {"refused": {"reason": "symbol_busy", "params": {"field": "symbol", "symbol": document["symbol"]}}}
    return {
        "record": {name: document[name] for name in RECORD if name in document},
        "market": market.model_dump(mode="json", exclude_defaults=True),
        "price": plain(view.point.price),
        "at": view.point.at,
        "cursor": [view.cursor.at, view.cursor.trade_id],
        "epoch": int(document["epoch"]),
        "reserved": registry.reservation(begun),
        "balances": await account_money(exchange, document["symbol"]),
        "alone": document["symbol"] if market.is_future else None,
        "keeps_stops": market.is_future and bool(getattr(exchange, "keeps_stops", False)),
    }


async def account_money(exchange: Any, symbol: str) -> dict[str, list[str]]:
    """{currency: [total, used]}; a perpetual's margin in use is its bots' own."""
    balances = await (exchange.wallet(symbol) if hasattr(exchange, "wallet") else exchange.balances())
    return {currency: [plain(one.total), "0" if ":" in symbol else plain(one.used)] for currency, one in balances.items()}


async def set_up(exchange: Any, document: Doc) -> Any:
    """Leverage and margin mode, read back; a position that is already there."""
    config = document["config"]
    return await exchange.prepare(document["symbol"], dec(config.get("leverage", "1")), config.get("margin_mode", "isolated"))


async def promised(store: Store, user_id: str, account_id: str, but: str, balances: dict[str, list[str]]) -> Doc:
    """{held: what each running bot of the account owns by its own book, seen: as of which revision, balances: the account's without its
    owner's own orders}."""
    page = await store.page("bots", user_id, {"kind": "bot", "account_id": account_id}, HELD_BOTS)
    all_running = [document for document in page.items if document["status"] not in ("draft", *AT_REST)]
    running = [document for document in all_running if document["id"] != but]
    locked = locked_by_bots(all_running)
    left = {name: dec(total) - max(ZERO, dec(used) - locked.get(name, ZERO)) for name, (total, used) in balances.items()}
    held = {document["id"]: held_by(document) for document in running if document.get("holdings")}
    seen = {document["id"]: document["revision"] for document in running}
    return {"held": held, "seen": seen, "balances": {name: plain(amount) for name, amount in left.items()}}


def held_by(document: Doc) -> dict[str, str]:
    holdings = document["holdings"]
    base = {} if ":" in document["symbol"] else {holdings["base_currency"]: holdings["base"]}
    return {**base, holdings["quote_currency"]: holdings["quote"]}
