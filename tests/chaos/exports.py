"""What the checker reads: the ledger over the public API, the venue's book out of the database file. No product code."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any, NamedTuple

from tests.chaos.process import Onebox

Doc = dict[str, Any]


class Ledger(NamedTuple):
    """One bot as the platform tells it."""

    bot: Doc
    orders: list[Doc]
    fills: list[Doc]
    events: list[Doc]


def ledger_of(onebox: Onebox, token: str, bot_id: str) -> Ledger:
    path = f"/api/v1/bots/{bot_id}"
    bot = onebox.get(path, token)
    orders = onebox.get(f"{path}/orders", token)["items"]
    return Ledger(bot, orders, pages(onebox, token, f"{path}/fills"), pages(onebox, token, f"{path}/events"))


def pages(onebox: Onebox, token: str, path: str) -> list[Doc]:
    """Every row of a list, oldest first."""
    rows: list[Doc] = []
    cursor = ""
    while True:
        page = onebox.get(f"{path}?limit=200{cursor}", token)
        rows += page["items"]
        if page["next"] is None:
            return rows[::-1]
        cursor = f"&cursor={page['next']}"


def venue_book(data: Path, account_id: str) -> Doc:
    """The paper venue's own document of an account. The host must not run."""
    with sqlite3.connect(data / "cosmos.sqlite3") as db:
        (number,) = db.execute("SELECT number FROM containers WHERE id = 'paper'").fetchone()
        (text,) = db.execute(f"SELECT doc FROM docs_{int(number)} WHERE id = ?", (account_id,)).fetchone()
    db.close()
    book: Doc = json.loads(text)["book"]
    return book


def dead_letters(data: Path) -> int:
    """Messages on any dead-letter queue. The host must not run."""
    with sqlite3.connect(data / "servicebus.db") as db:
        (found,) = db.execute("SELECT count(*) FROM messages WHERE queue LIKE '%/$deadletterqueue'").fetchone()
    db.close()
    return int(found)
