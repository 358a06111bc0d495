"""The durable patterns, through the real worker and the stock client."""

import time
import uuid

import pytest
from onebox_running import PATIENCE_S


def test_a_fan_out_is_gathered(patterns):
    assert patterns.run("fan_out", 12)["output"] == sum(n * n for n in range(12))


def test_an_approval_in_time_wins_over_its_timer(patterns):
    instance = patterns.client("start_new", "approval", None, 60_000)
    assert patterns.wait(instance, "Running")["customStatus"] in ("waiting", None)
    assert patterns.client("raise_event", instance, "decision", {"ok": True}) is None
    done = patterns.wait(instance)
    assert done["output"]["decision"] == '{"ok": true}'  # in 1.x an event of the client arrives as JSON text
    assert done["customStatus"] == "decided"


def test_an_approval_that_does_not_come_is_too_late(patterns):
    assert patterns.run("approval", 50)["output"] == "too late"


def test_a_monitor_looks_until_it_is_ready(patterns):
    assert patterns.run("monitor")["output"] == 3


def test_retries_are_counted_per_task_and_keep_their_numbers(patterns):
    assert patterns.run("flaky_twice", 5)["output"] == [1, 2, 3]


def test_a_task_out_of_attempts_reports_its_failure(patterns):
    assert patterns.run("flaky_twice", 2)["output"].startswith("gave up: Activity function 'flaky' failed: ValueError: not yet")


def test_a_parent_gets_its_childs_result_and_failure(patterns):
    assert patterns.run("parent")["output"] == [14, True]


def test_a_failed_orchestration_says_why_and_its_signals_were_sent(patterns):
    done = patterns.run("breaks")
    assert done["runtimeStatus"] == "Failed"
    assert "boom" in done["output"]
    end = time.monotonic() + PATIENCE_S
    while not patterns.client("read_entity_state", {"entity": ["tally", "breaks"]})["exists"] and time.monotonic() < end:
        time.sleep(0.02)
    assert patterns.client("read_entity_state", {"entity": ["Tally", "breaks"]})["state"] >= 1


def test_an_eternal_orchestration_begins_anew_each_time(patterns):
    instance = uuid.uuid4().hex
    assert patterns.run("eternal", 1, instance)["output"] == 5
    assert patterns.client("read_entity_state", {"entity": ["tally", instance]})["state"] == 5


def test_a_running_instance_is_not_replaced_and_an_ended_one_is(patterns):
    instance = patterns.client("start_new", "waits", None, None)
    patterns.wait(instance, "Running")
    assert "already exists" in patterns.client("start_new", "waits", instance, None)["error"]
    patterns.client("raise_event", instance, "go", 1)
    patterns.wait(instance)
    assert patterns.run("fan_out", 3, instance)["output"] == 5


def test_an_unknown_orchestrator_is_refused(patterns):
    assert "doesn't exist" in patterns.client("start_new", "nobody", None, None)["error"]


def test_terminate_ends_a_waiting_instance(patterns):
    instance = patterns.client("start_new", "waits", None, None)
    patterns.client("terminate", instance, "enough")
    done = patterns.wait(instance)
    assert (done["runtimeStatus"], done["output"]) == ("Terminated", "enough")
    assert "gone" in patterns.client("raise_event", instance, "go", 1)["error"]


def test_a_suspended_instance_waits_for_resume(patterns):
    instance = patterns.client("start_new", "waits", None, None)
    patterns.wait(instance, "Running")
    patterns.client("suspend", instance, "later")
    patterns.wait(instance, "Suspended")
    patterns.client("raise_event", instance, "go", 7)
    time.sleep(0.1)
    assert patterns.client("get_status", instance)["runtimeStatus"] == "Suspended"
    patterns.client("resume", instance, "now")
    assert patterns.wait(instance)["output"] == "7"


def test_purge_forgets_ended_instances_only(patterns):
    instance = patterns.client("start_new", "waits", None, None)
    assert patterns.client("purge_instance_history", instance) == 0
    patterns.client("terminate", instance, "x")
    patterns.wait(instance)
    assert patterns.client("purge_instance_history", instance) == 1
    assert "runtimeStatus" not in patterns.client("get_status", instance)


def test_rewind_says_that_it_is_not_there(patterns):
    assert "not implemented" in patterns.client("rewind", patterns.run("breaks")["instanceId"], "again")["error"]


def test_restart_begins_with_the_same_input(patterns):
    first = patterns.run("fan_out", 5)
    assert patterns.wait(patterns.client("restart", first["instanceId"]))["output"] == first["output"]


def test_the_status_shows_the_input_and_all_instances_are_listed(patterns):
    done = patterns.run("fan_out", 2)
    assert done["input"] == "2"
    assert done["instanceId"] in {seen["instanceId"] for seen in patterns.client("get_status_all")}


def test_signals_reach_an_entity_each_once(patterns):
    key = uuid.uuid4().hex
    for _ in range(5):
        assert patterns.client("signal_entity", {"entity": ["tally", key]}, "add", 2) is None
    end = time.monotonic() + PATIENCE_S
    while patterns.client("read_entity_state", {"entity": ["tally", key]})["state"] != 10:
        assert time.monotonic() < end
        time.sleep(0.02)
    patterns.client("signal_entity", {"entity": ["tally", key]}, "forget")
    while patterns.client("read_entity_state", {"entity": ["tally", key]})["exists"]:
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize("entity", [["nobody", "k"]])
def test_a_call_of_an_unknown_entity_fails(patterns, entity):
    assert "doesn't exist" in patterns.run("calls", {"target": entity, "op": "add"})["output"]["error"]
