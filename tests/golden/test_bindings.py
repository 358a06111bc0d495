"""A changed queue, route, schedule, parameter or output shows here first."""

import json

import pytest

from tests.golden.bindings import GOLDEN, WITHOUT_BUS, ask


@pytest.fixture(scope="module")
def seen():
    return ask()


def test_every_function_is_indexed_as_it_was(seen):
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert seen.keys() == golden.keys(), "python -m tests.golden.bindings writes the file anew"
    assert {name: bindings for name, bindings in seen.items() if golden[name] != bindings} == {}


def test_without_a_service_bus_one_timer_stands_for_all_and_nothing_else_differs(seen):
    golden, small = json.loads(WITHOUT_BUS.read_text(encoding="utf-8")), ask(ServiceBus="none")
    assert small == golden, "python -m tests.golden.bindings writes the file anew"
    assert {name: bindings for name, bindings in small.items() if seen.get(name) != bindings}.keys() == {"clock"}
    kinds = {binding["type"] for name in seen.keys() - small.keys() for binding in seen[name]} - {"durableClient"}
    assert kinds == {"serviceBusTrigger", "timerTrigger"}
    assert [name for name, bindings in small.items() if any(one["type"] == "timerTrigger" for one in bindings)] == ["clock"]


def test_no_output_binding_writes_where_only_the_sdk_may(seen):
    outputs = [binding for bindings in seen.values() for binding in bindings if binding["direction"] == "OUT" and binding["type"] != "http"]
    assert {binding["type"] for binding in outputs} == {"cosmosDB", "webPubSub"}
    assert {binding.get("containerName", "bots") for binding in outputs} == {"bots", "equity"}
    assert not any(binding.get("createIfNotExists") for binding in outputs)


def test_every_address_is_anonymous_and_spells_its_own_prefix(seen):
    routes = [binding for bindings in seen.values() for binding in bindings if binding["type"] == "httpTrigger"]
    assert routes and all(binding["authLevel"] == "ANONYMOUS" and binding["route"].startswith("api/") for binding in routes)
    assert len({binding["route"] for binding in routes}) == len(routes)
