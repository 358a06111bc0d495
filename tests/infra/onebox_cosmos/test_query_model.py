"""Any document and any condition: SQLite, with and without indexes, finds what a small evaluator of Cosmos' rules finds."""

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.onebox.clock import VirtualClock
from infra.onebox.cosmos.documents import Documents
from infra.onebox.cosmos.query import Query, Request
from infra.onebox.cosmos.storage import Storage
from infra.onebox.cosmos.value import UNDEFINED, tag

VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from([0.5, -0.5, 2.0, 1e300]), st.sampled_from(["", "a", "b", "A", "2", "[1]", "ab", "'"]), st.sampled_from([[], [1], ["a", None], {"x": 1}])
)  # fmt: skip
DOCUMENTS = st.lists(st.fixed_dictionaries({}, optional={"a": VALUES, "b": VALUES, "c": VALUES}), max_size=8)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.just(0.5), st.sampled_from(["", "a", "b", "2", "'"]))
PROPERTIES = st.sampled_from("abc")
LEAVES = st.one_of(
    st.tuples(st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), PROPERTIES, SCALARS),
    st.tuples(st.just("IN"), PROPERTIES, st.lists(SCALARS, min_size=1, max_size=3)),
    st.tuples(st.just("IS_DEFINED"), PROPERTIES, st.none()),
    st.tuples(st.just("STARTSWITH"), PROPERTIES, st.sampled_from(["", "a", "'"])),
    st.tuples(st.just("ARRAY_CONTAINS"), PROPERTIES, SCALARS),
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.tuples(st.sampled_from(["AND", "OR"]), inner, inner), st.tuples(st.just("NOT"), inner, st.none())),
    max_leaves=6,
)


def kind(value):
    """Cosmos' type order: undefined, null, boolean, number, text, array, object."""
    if value is UNDEFINED:
        return 0
    if value is None or isinstance(value, bool):
        return 1 if value is None else 2
    return 3 if isinstance(value, (int, float)) else {str: 4, list: 5, dict: 6}[type(value)]


def same(left, right):
    return kind(left) == kind(right) and left == right


def holds(condition, document):
    """True, False, or None for undefined."""
    name, left, right = condition
    if name == "NOT":
        inner = holds(left, document)
        return None if inner is None else not inner
    if name in ("AND", "OR"):
        sides = [holds(left, document), holds(right, document)]
        decisive = name == "OR"
        return decisive if decisive in sides else (None if None in sides else not decisive)
    value = document.get(left, UNDEFINED)
    if name == "IS_DEFINED":
        return value is not UNDEFINED
    if value is UNDEFINED:
        return None
    if name == "IN":
        return any(same(value, item) for item in right)
    if name == "STARTSWITH":
        return value.startswith(right) if isinstance(value, str) else None
    if name == "ARRAY_CONTAINS":
        return any(same(item, right) for item in value) if isinstance(value, list) else None
    if name in ("=", "!="):
        return same(value, right) == (name == "=")
    if kind(value) != kind(right):
        return None
    if value is None:
        return name in ("<=", ">=")
    return {"<": value < right, "<=": value <= right, ">": value > right, ">=": value >= right}[name]


def text(condition, parameters):
    """The condition as Cosmos SQL; constants become parameters."""
    name, left, right = condition
    if name == "NOT":
        return f"(NOT {text(left, parameters)})"
    if name in ("AND", "OR"):
        return f"({text(left, parameters)} {name} {text(right, parameters)})"
    if name == "IS_DEFINED":
        return f"IS_DEFINED(c.{left})"

    def bound(value):
        parameters[f"@p{len(parameters)}"] = value
        return f"@p{len(parameters) - 1}"

    if name == "IN":
        return f"(c.{left} IN ({', '.join(bound(item) for item in right)}))"
    if name in ("STARTSWITH", "ARRAY_CONTAINS"):
        return f"{name}(c.{left}, {bound(right)})"
    return f"(c.{left} {name} {bound(right)})"


@pytest.fixture(scope="module")
def storage(tmp_path_factory):
    storage = Storage(tmp_path_factory.mktemp("model") / "cosmos.sqlite3", VirtualClock())
    storage.create_database(storage.writing, "d")
    for name, indexes in (("plain", []), ("indexed", [["a", "b"], ["b"], ["c", "a"]])):
        storage.create_container(storage.writing, "d", {"id": name, "partitionKey": "/p", "indexes": indexes})
    yield storage
    for connection in (storage.reading, storage.scanning, storage.writing):
        connection.close()
    storage._committer.shutdown()
    storage._scanner.shutdown()


def stored(storage, name, documents):
    container = storage.container("d", name)
    storage.writing.execute(f"DELETE FROM {container.table}")
    for number, document in enumerate(documents):
        key = f"p{number % 2}"
        Documents(storage, container, key).create(storage.writing, {**document, "id": str(number), "p": key})
    return container


def found(storage, container, query, parameters, key, items):
    """The ids of all pages."""
    ids, after = [], None
    while True:
        asked = Query(container, Request(query, parameters, key, items, 0, after))
        page = asked.page(storage.reading.execute(*asked.statement()).fetchall())
        ids += [orjson.loads(item)["id"] for item in page.items]
        if page.after is None:
            return ids
        after = orjson.loads(orjson.dumps(page.after))


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
@given(DOCUMENTS, CONDITIONS, st.sampled_from([1, 3, 100]))
def test_a_condition_finds_what_the_rules_say(storage, documents, condition, items):
    parameters: dict = {}
    query = f"SELECT * FROM c WHERE {text(condition, parameters)}"
    expected = [str(number) for number, document in enumerate(documents) if holds(condition, document) is True]
    for name in ("plain", "indexed"):
        container = stored(storage, name, documents)
        assert found(storage, container, query, parameters, None, items) == expected, (name, query, parameters)
        mine = [number for number in expected if int(number) % 2 == 0]
        assert found(storage, container, query, parameters, "p0", items) == mine, (name, query, parameters)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
@given(DOCUMENTS, st.booleans(), st.sampled_from([1, 2, 100]))
def test_an_order_is_by_type_and_value_in_pages_of_any_size(storage, documents, is_falling, items):
    query = f"SELECT * FROM c ORDER BY c.b {'DESC' if is_falling else 'ASC'}"
    numbered = [
        (tag(document.get("b", UNDEFINED)), kind(document.get("b", UNDEFINED)), number)
        for number, document in enumerate(documents)
        if number % 2 == 0
    ]
    expected = [
        str(number)
        for _, _, number in sorted(numbered, key=lambda one: (one[1], 0 if one[0] is None else one[0], one[2]), reverse=is_falling)
    ]
    for name in ("plain", "indexed"):
        container = stored(storage, name, documents)
        assert found(storage, container, query, {}, "p0", items) == expected, name
