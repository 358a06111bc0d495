"""Partial updates of one document: the operations of PATCH, applied in order to a copy.

Rules: 1. all or nothing; 2. at most ten; 3. the id, the partition key and what begins with `_` stay as they are.
"""

from typing import Any

from .errors import bad_request
from .value import Path

_MOST_OPERATIONS = 10  # Cosmos' limit
_SYSTEM = ("id", "_rid", "_self", "_etag", "_ts", "_attachments")


def patched(document: dict, operations: Any, key: Path) -> dict:
    """The document after the operations; `document` itself is changed and belongs to the caller."""
    if not isinstance(operations, list) or not 0 < len(operations) <= _MOST_OPERATIONS:
        raise bad_request(f"a patch has between 1 and {_MOST_OPERATIONS} operations")
    for operation in operations:
        _apply(document, operation, key)
    return document


def _apply(document: dict, operation: Any, key: Path) -> None:
    if not isinstance(operation, dict):
        raise bad_request("a patch operation is an object")
    kind = str(operation.get("op")).lower()
    steps = _steps(operation.get("path"), key)
    if kind == "move":
        source = _steps(operation.get("from"), key)
        owner, name = _owner(document, source)
        _put(*_owner(document, steps), _take(owner, name), "set")
    elif kind == "remove":
        _take(*_owner(document, steps))
    elif kind == "incr":
        _increment(*_owner(document, steps), operation.get("value"))
    elif kind in ("add", "set", "replace") and "value" in operation:
        _put(*_owner(document, steps), operation["value"], kind)
    else:
        raise bad_request(f"unknown patch operation '{kind}'")


def _steps(pointer: Any, key: Path) -> list[str]:
    if not isinstance(pointer, str) or not pointer.startswith("/") or len(pointer) < 2:
        raise bad_request("a patch path begins with / and names a property")
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer[1:].split("/")]
    if steps[0] in _SYSTEM or tuple(steps) == key[: len(steps)]:
        raise bad_request(f"Cannot update '{pointer}'")
    return steps


def _owner(document: Any, steps: list[str]) -> tuple[Any, str]:
    for step in steps[:-1]:
        document = _get(document, step)
    if not isinstance(document, (dict, list)):
        raise bad_request(f"Patch operation path '/{'/'.join(steps)}' has no parent")
    return document, steps[-1]


def _get(owner: Any, name: str) -> Any:
    if isinstance(owner, dict) and name in owner:
        return owner[name]
    if isinstance(owner, list) and _is_index(name) and int(name) < len(owner):
        return owner[int(name)]
    raise bad_request(f"Patch operation: '{name}' is absent")


def _take(owner: Any, name: str) -> Any:
    value = _get(owner, name)
    del owner[name if isinstance(owner, dict) else int(name)]
    return value


def _put(owner: Any, name: str, value: Any, kind: str) -> None:
    if kind == "replace":
        _get(owner, name)
    if isinstance(owner, dict):
        owner[name] = value
    elif name == "-" or (_is_index(name) and int(name) == len(owner)):
        owner.append(value)
    elif kind == "add" and _is_index(name) and int(name) < len(owner):
        owner.insert(int(name), value)
    else:
        _get(owner, name)
        owner[int(name)] = value


def _increment(owner: Any, name: str, by: Any) -> None:
    if isinstance(by, bool) or not isinstance(by, (int, float)):
        raise bad_request("incr takes a number")
    if isinstance(owner, dict) and name not in owner:
        owner[name] = by
        return
    value = _get(owner, name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise bad_request(f"Patch operation: '{name}' is not a number")
    owner[name if isinstance(owner, dict) else int(name)] = value + by


def _is_index(name: str) -> bool:
    return name.isascii() and name.isdigit() and (name == "0" or name[0] != "0")
