"""Turns the SELECT list into a function over one document, or into aggregates over all of them."""

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from .errors import bad_query
from .predicate import Scope
from .value import UNDEFINED, Path, at

AGGREGATES = ("COUNT", "SUM", "MIN", "MAX", "AVG")
Pick = Callable[[dict], Any]


def projection(tree: exp.Select, is_value: bool, scope: Scope) -> Pick | None:
    """How a document becomes a result; None when the document itself is the result."""
    items = tree.expressions
    if not items:
        raise bad_query("SELECT names nothing")
    if any(isinstance(item, exp.Star) for item in items):
        if len(items) > 1 or is_value:
            raise bad_query("'SELECT *' stands alone")
        return None
    if is_value:
        if len(items) != 1:
            raise bad_query("SELECT VALUE takes one expression")
        return None if scope.path(items[0]) == () else _pick(items[0], scope)
    return _object([(_name(item, number, scope), _pick(_inner(item), scope)) for number, item in enumerate(items, 1)])


def aggregates(tree: exp.Select, is_value: bool, scope: Scope) -> list[tuple[str | None, str, Path | None]]:
    """(name, function, path) of each aggregate; empty when there is none; mixed lists are refused."""
    found = [item for item in tree.expressions if _is_aggregate(_inner(item))]
    if not found:
        return []
    if len(found) != len(tree.expressions) or (is_value and len(found) != 1):
        raise bad_query("aggregates cannot stand beside other expressions")
    return [(None if is_value else _name(item, number, scope), *_aggregate(_inner(item), scope)) for number, item in enumerate(found, 1)]


def _aggregate(node: exp.Anonymous, scope: Scope) -> tuple[str, Path | None]:
    if len(node.expressions) != 1:
        raise bad_query(f"{node.name} takes one argument")
    path = scope.path(node.expressions[0])
    if path is None and (node.name.upper() != "COUNT" or scope.constant(node.expressions[0]) is UNDEFINED):
        raise bad_query(f"{node.name} takes a property")
    return node.name.upper(), path or None


def _is_aggregate(node: exp.Expression) -> bool:
    return isinstance(node, exp.Anonymous) and node.name.upper() in AGGREGATES


def _inner(item: exp.Expression) -> exp.Expression:
    return item.this if isinstance(item, exp.Alias) else item


def _name(item: exp.Expression, number: int, scope: Scope) -> str:
    if isinstance(item, exp.Alias):
        return item.alias
    path = None if isinstance(item, exp.Anonymous) else scope.path(item)
    if path is None:
        return f"${number}"
    return str(path[-1]) if path else scope.alias


def _pick(node: exp.Expression, scope: Scope) -> Pick:
    if isinstance(node, exp.Struct):
        return _object([_member(item, scope) for item in node.expressions])
    if isinstance(node, exp.Anonymous) and node.name.upper() in ("LOWER", "UPPER") and len(node.expressions) == 1:
        inner, change = _pick(node.expressions[0], scope), str.lower if node.name.upper() == "LOWER" else str.upper
        return lambda document: change(text) if isinstance(text := inner(document), str) else UNDEFINED
    path = scope.path(node)
    if path is not None:
        return lambda document: at(document, path)
    value = scope.constant(node)
    if value is UNDEFINED:
        raise bad_query(f"not supported in SELECT: {node.key}")
    return lambda document: value


def _member(item: exp.Expression, scope: Scope) -> tuple[str, Pick]:
    if not isinstance(item, exp.PropertyEQ):
        raise bad_query("an object literal names its properties")
    return item.this.name, _pick(item.expression, scope)


def _object(members: list[tuple[str, Pick]]) -> Pick:
    def build(document: dict) -> dict:
        values = ((name, pick(document)) for name, pick in members)
        return {name: value for name, value in values if value is not UNDEFINED}

    return build
