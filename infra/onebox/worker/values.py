"""Python values to and from TypedData, by the rules of the .NET host.

null is empty, bytes and str and float keep their kind, lists of one of str, bytes, int, float are collections, and everything else,
also int and dict, travels as JSON text.
"""

import json
from typing import Any

from infra.onebox.worker import messages as m


class Json(str):
    """Text that is already JSON and must arrive as such."""

    __slots__ = ()


def typed(value: Any) -> m.TypedData:
    """The TypedData a host would send for this value."""
    if value is None or isinstance(value, m.TypedData):
        return value or m.TypedData()
    if isinstance(value, Json):
        return m.TypedData(json=str(value))
    if isinstance(value, str):
        return m.TypedData(string=value)
    if isinstance(value, bytes):
        return m.TypedData(bytes=value)
    if isinstance(value, float):
        return m.TypedData(double=value)
    if isinstance(value, list) and value:
        return _collection(value)
    return m.TypedData(json=json.dumps(value))


def _collection(values: list) -> m.TypedData:
    kinds = {type(value) for value in values}
    if kinds == {str}:
        return m.TypedData(collection_string=m.CollectionString(string=values))
    if kinds == {bytes}:
        return m.TypedData(collection_bytes=m.CollectionBytes(bytes=values))
    if kinds == {int}:
        return m.TypedData(collection_sint64=m.CollectionSInt64(sint64=values))
    if kinds == {float}:
        return m.TypedData(collection_double=m.CollectionDouble(double=values))
    return m.TypedData(json=json.dumps(values))


def plain(data: m.TypedData | None) -> Any:
    """What came back, as str, bytes, number or the http message; JSON stays text (a Json)."""
    if data is None:
        return None
    kind = data.WhichOneof("data")
    value = getattr(data, kind) if kind else None
    return Json(value) if kind == "json" else value
