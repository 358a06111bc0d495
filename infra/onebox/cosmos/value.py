"""How one JSON value becomes one SQLite value that compares as Cosmos compares.

Rules
1. SQLite's own order of storage classes is Cosmos' order of types:
   NULL undefined < -inf null < two numbers no document may hold: false, true < numbers < text < blob (array, object).
2. So equality across types is false, and a range is a pair of bounds inside one class: an index serves both.
"""

import sqlite3
from contextlib import closing
from typing import Any

import orjson

from .errors import bad_request

# Read back from SQLite itself, so that the literal in a query and the bound value are the same bits.
with closing(sqlite3.connect(":memory:")) as _sqlite:
    NULL, FALSE, TRUE = _sqlite.execute("SELECT -9e999, -1e308, -9e307").fetchone()
NO_KEY = b"\x00"  # partition key of a document without one
UNDEFINED: Any = type("Undefined", (), {"__repr__": lambda self: "undefined", "__bool__": lambda self: False})()

Path = tuple[str | int, ...]


def tag(value: Any) -> Any:
    """The SQLite value of a JSON value; None for undefined."""
    if value is UNDEFINED:
        return None
    if value is None:
        return NULL
    if value is True:
        return TRUE
    if value is False:
        return FALSE
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)):
        return _number(value)
    return orjson.dumps(value)


def untag(value: Any) -> Any:
    """The JSON value again."""
    if value is None:
        return UNDEFINED
    if isinstance(value, bytes):
        return orjson.loads(value)
    if isinstance(value, str) or value > TRUE:
        return value
    return {NULL: None, FALSE: False, TRUE: True}[value]


def _number(value: int | float) -> int | float:
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        value = float(value)
    if value <= TRUE:
        raise bad_request("a number below -9e307 cannot be stored")
    return value


def at(document: Any, path: Path) -> Any:
    """The value at a path, or UNDEFINED."""
    for step in path:
        found = _step(document, step)
        if found is UNDEFINED:
            return UNDEFINED
        document = found
    return document


def _step(value: Any, step: str | int) -> Any:
    if isinstance(value, dict) and isinstance(step, str):
        return value.get(step, UNDEFINED)
    is_inside = isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value)
    return value[step] if is_inside else UNDEFINED


def parts(path: str) -> Path:
    """ "/a/b" as ("a", "b")."""
    return tuple(step for step in path.split("/") if step)


def json_path(path: Path) -> str:
    """The path as a quoted SQLite literal."""
    steps = []
    for step in path:
        if isinstance(step, str) and ('"' in step or "\\" in step):
            raise bad_request("a property name with a quote or a backslash cannot be queried")
        steps.append(f"[{step}]" if isinstance(step, int) else f'."{step}"')
    return "'$" + "".join(steps).replace("'", "''") + "'"


def tagged(path: Path) -> str:
    """SQL for the tagged value of an unindexed path."""
    where = json_path(path)
    return _case(f"json_type(doc,{where})", f"json_extract(doc,{where})")


def tagged_element(name: str) -> str:
    """SQL for the tagged value of a json_each row."""
    return _case(f"{name}.type", f"{name}.value")


def _case(kind: str, value: str) -> str:
    return (
        f"(CASE {kind} WHEN 'null' THEN -9e999 WHEN 'false' THEN -1e308 WHEN 'true' THEN -9e307 "
        f"WHEN 'array' THEN CAST({value} AS BLOB) WHEN 'object' THEN CAST({value} AS BLOB) ELSE {value} END)"
    )
