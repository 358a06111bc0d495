"""The entity semantics the platform is built against: reliability DE7, DE8, DE9, DE14."""

import uuid


def call(host, entity, op, value=1):
    return host.run("calls", {"target": entity, "op": op, "input": value})["output"]


def state(host, entity):
    return host.client("read_entity_state", {"entity": entity})


def test_de7_an_operation_that_raises_keeps_what_it_had_set(patterns):
    entity = ["naughty", uuid.uuid4().hex]
    assert call(patterns, entity, "add") == "ok"
    assert call(patterns, entity, "set_then_raise") == {"error": "after set_state"}
    assert call(patterns, entity, "add") == "ok"
    assert state(patterns, entity)["state"] == {"n": 102}


def test_de8_a_mutation_in_place_is_kept_for_an_existing_entity_only(patterns):
    entity = ["naughty", uuid.uuid4().hex]
    assert call(patterns, entity, "mutate_then_raise") == {"error": "after a mutation in place"}
    assert state(patterns, entity)["exists"] is False
    call(patterns, entity, "add")
    call(patterns, entity, "mutate_then_raise")
    assert state(patterns, entity)["state"] == {"n": 1001}


def test_de9_an_operation_without_a_result_answers_nothing_when_alone_in_its_batch(patterns):
    entity = ["naughty", uuid.uuid4().hex]
    assert call(patterns, entity, "add") == "ok"
    assert call(patterns, entity, "nothing") is None


def test_de14_an_async_entity_does_nothing_and_reports_success(patterns):
    entity = ["sleeper", uuid.uuid4().hex]
    assert call(patterns, entity, "add") is None
    assert state(patterns, entity)["exists"] is False
