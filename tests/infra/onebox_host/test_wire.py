"""The wire format, against the SDK's own code."""

import json

from infra.onebox.clock import from_iso, iso
from infra.onebox.durable import wire


def test_a_timer_is_never_early():
    assert from_iso("2026-01-01T00:00:00.000001Z") == from_iso("2026-01-01T00:00:00Z") + 1
    assert iso(from_iso(iso(1_767_225_600_123))) == iso(1_767_225_600_123)


def test_an_event_is_json_whatever_its_text():
    seen = json.loads(wire.event(15, 0, Name='a"\\\n☃', Input=None, Extra={"x": [1]}))
    assert (seen["EventType"], seen["EventId"], seen["Name"], seen["Input"], seen["Extra"]) == (15, -1, 'a"\\\n☃', None, {"x": [1]})


def test_actions_are_numbered_in_the_order_of_their_parts():
    actions = [[{"actionType": 12, "compoundActions": [{"n": 1}, {"actionType": 11, "compoundActions": [{"n": 2}]}]}, {"n": 3}]]
    assert [action["n"] for action in wire.flat(actions)] == [1, 2, 3]


def test_a_failure_gives_back_the_words_and_what_had_been_decided():
    decided = wire.failure('Exception: boom\n\n$OutOfProcData$:{"isDone": false, "actions": [[{"actionType": 9}]], "customStatus": "s"}')
    assert (decided.error, decided.actions, decided.custom_status) == ("boom", [{"actionType": 9}], '"s"')
    assert wire.failure("ImportError: x").error == "ImportError: x"
    assert wire.failure("Exception: boom\n\n$OutOfProcData$:nonsense").error == "boom"
