"""The independent checker: the ledger the owner sees against the book the venue kept. Arithmetic on exports, no product code.

Rules
1. It knows nothing of how the platform works: bots, orders and fills as the API tells them, one venue document per account.
2. Everything is compared to the last digit. A finding is a sentence; no findings is the proof.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from decimal import Decimal
from typing import Any

from tests.chaos.exports import Ledger

Doc = dict[str, Any]
SIGN = {"buy": 1, "sell": -1}


def check(opening: dict[str, str], book: Doc, ledgers: list[Ledger]) -> list[str]:
    """What is wrong with one account and all of its bots."""
    found = complete(book) + same_fills(book, ledgers) + money(opening, book, ledgers) + resting(book, ledgers)
    for ledger in ledgers:
        name = ledger.bot["name"]
        found += [f"{name}: {text}" for text in (*own_fills(ledger), *own_money(ledger), *own_orders(ledger), *chain(ledger))]
    return found


def complete(book: Doc) -> list[str]:
    """The venue keeps only its newest trades: the check means something only while it still has all."""
    return [] if len(book["trades"]) == book["seq"] else [f"the venue's export is not complete: {len(book['trades'])} of {book['seq']}"]


def venue_fills(book: Doc) -> Counter[tuple[str, ...]]:
    """(order id, which of its trades, symbol, side, price, amount, fee, fee currency)."""
    return Counter(tuple(str(part) for part in row[1:9]) for row in book["trades"])


def same_fills(book: Doc, ledgers: list[Ledger]) -> list[str]:
    ours: Counter[tuple[str, ...]] = Counter()
    for fill in (fill for ledger in ledgers for fill in ledger.fills):
        order_id, count = fill["trade_id"].rsplit("-", 1)
        ours[order_id, count, fill["symbol"], fill["side"], fill["price"], fill["amount"], fill["fee"], fill["fee_currency"]] += 1
    theirs = venue_fills(book)
    lost = [f"a fill of the venue is not in the ledger: {row}" for row in (theirs - ours).elements()]
    return lost + [f"a fill of the ledger is not the venue's: {row}" for row in (ours - theirs).elements()]


def money(opening: dict[str, str], book: Doc, ledgers: list[Ledger]) -> list[str]:
    """start + fills - fees == the venue's balances, to the last digit."""
    totals = {currency: Decimal(amount) for currency, amount in opening.items()}
    for ledger in ledgers:
        fold(totals, ledger)
    theirs = {currency: Decimal(amount) for currency, amount in book["balances"].items()}
    names = totals.keys() | theirs.keys()
    return [
        f"{name}: the fills come to {totals.get(name)}, the venue has {theirs.get(name)}"
        for name in sorted(names)
        if totals.get(name, Decimal(0)) != theirs.get(name, Decimal(0))
    ]


def fold(totals: dict[str, Decimal], ledger: Ledger) -> None:
    base, quote = ledger.bot["symbol"].split("/")
    for fill in ledger.fills:
        amount, price, sign = Decimal(fill["amount"]), Decimal(fill["price"]), SIGN[fill["side"]]
        totals[base] = totals.get(base, Decimal(0)) + sign * amount
        totals[quote] = totals.get(quote, Decimal(0)) - sign * amount * price
        totals[fill["fee_currency"]] -= Decimal(fill["fee"])


def resting(book: Doc, ledgers: list[Ledger]) -> list[str]:
    """Every order that rests is one a bot says it has out, and the other way round."""
    theirs = {
        id_: (row["side"], row["type"], row["price"], row["amount"]) for id_, row in book["orders"].items() if row["status"] == "open"
    }
    ours: dict[str, tuple[str, ...]] = {}
    found = []
    for order in (order for ledger in ledgers for order in ledger.orders):
        if order["id"] in ours:
            found.append(f"two bots claim the order {order['id']}")
        ours[order["id"]] = (order["side"], order["type"], order["price"], order["amount"])
    found += [f"the venue has an order no bot knows: {id_} {theirs[id_]}" for id_ in sorted(theirs.keys() - ours.keys())]
    found += [f"a bot counts on an order the venue does not have: {id_} {ours[id_]}" for id_ in sorted(ours.keys() - theirs.keys())]
    return found + [
        f"{id_}: ours {ours[id_]}, theirs {theirs[id_]}" for id_ in sorted(ours.keys() & theirs.keys()) if ours[id_] != theirs[id_]
    ]


def own_fills(ledger: Ledger) -> list[str]:
    trades, rows = Counter(fill["trade_id"] for fill in ledger.fills), Counter(fill["id"] for fill in ledger.fills)
    found = [f"the trade {id_} is booked {count} times" for id_, count in trades.items() if count > 1]
    found += [f"the row {id_} is listed {count} times" for id_, count in rows.items() if count > 1]
    if ledger.bot["fills"] != len(ledger.fills):
        found.append(f"it counts {ledger.bot['fills']} fills and lists {len(ledger.fills)}")
    return found


def own_money(ledger: Ledger) -> list[str]:
    """What the bot says it holds is what it was given and what its fills made of it."""
    holdings = ledger.bot["holdings"]
    base, quote = holdings["base_currency"], holdings["quote_currency"]
    totals = {base: Decimal(0), quote: Decimal(ledger.bot["config"]["investment"])}
    fold(totals, ledger)
    said = {base: Decimal(holdings["base"]), quote: Decimal(holdings["quote"])}
    return [f"it says it has {said[name]} {name}, its fills make {totals[name]}" for name in (base, quote) if said[name] != totals[name]]


def own_orders(ledger: Ledger) -> list[str]:
    legs = Counter(order["leg"] for order in ledger.orders)
    found = [f"{count} orders rest on the place {leg}" for leg, count in legs.items() if count > 1]
    if ledger.bot["open_orders"] != len(ledger.orders):
        found.append(f"it counts {ledger.bot['open_orders']} open orders and lists {len(ledger.orders)}")
    if ledger.bot["status"] in ("stopped", "finished", "draft") and ledger.orders:
        found.append(f"it is {ledger.bot['status']} and has {len(ledger.orders)} orders out")
    return found


def chain(ledger: Ledger) -> list[str]:
    """The "why" log is one unbroken chain."""
    mark, found = "", []
    for number, row in enumerate(ledger.events, start=1):
        line = {"seq": row["seq"], "code": row["code"], "params": row["params"], "at": row["at"]}
        if row["seq"] != number or row["previous"] != mark:
            found.append(f"the log breaks at line {number} (it says {row['seq']})")
            break
        mark = hashlib.sha256((mark + json.dumps(line, sort_keys=True, ensure_ascii=True)).encode()).hexdigest()
        if row["hash"] != mark:
            found.append(f"line {number} of the log was changed")
            break
    return found
