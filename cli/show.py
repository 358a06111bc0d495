"""Answers as tables; `--json` prints the model instead."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel
from rich.console import Console
from rich.table import Table
from rich.text import Text

console = Console()


def show(answer: BaseModel, as_json: bool, columns: Sequence[str] = ()) -> None:
    """A page as a table of `columns`, one object as a list of its fields."""
    data = answer.model_dump(mode="json")
    if as_json:
        console.print_json(json.dumps(data))
    elif "items" in data and columns:
        table(columns, data["items"])
        if data.get("next"):
            console.print(Text(f"more: --cursor {data['next']}", style="dim"))
    else:
        table(("field", "value"), [{"field": name, "value": value} for name, value in data.items()])


def table(columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> None:
    found = Table(box=None, pad_edge=False)
    for column in columns:
        found.add_column(column, no_wrap=column.endswith("id"), overflow="fold", min_width=30 if column.endswith("id") else None)
    for row in rows:
        found.add_row(*[cell(row, column) for column in columns])
    console.print(found)


def cell(row: dict[str, Any], column: str) -> Text:
    """`pnl.total` reaches into an object. What users wrote is never read as markup."""
    value: Any = row
    for part in column.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    text = "" if value is None else value if isinstance(value, str) else json.dumps(value)
    return Text("".join(one if one.isprintable() else "?" for one in text))
