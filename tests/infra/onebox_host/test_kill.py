"""kill -9 in the middle, at many different instants: after restarts everything is done, and each entity operation counted once."""

import time

import pytest
from onebox_running import PATIENCE_S


@pytest.mark.parametrize("pauses", [(0.05, 0.12, 0.2), (0.31, 0.02, 0.17)], ids=["early", "late"])
def test_a_chain_killed_again_and_again_completes_exactly(run_host, pauses):
    host = run_host("patterns")
    ids = [host.client("start_new", "slow_chain", f"chain-{n}", None) for n in range(4)]
    for pause in pauses:
        time.sleep(pause)
        host.kill()
        host = run_host("patterns")
    for instance in ids:
        assert host.wait(instance)["output"] == list(range(1, 11))
        assert host.client("read_entity_state", {"entity": ["tally", instance]})["state"] == 10


def test_what_was_answered_survives_a_kill(run_host):
    host = run_host("patterns")
    for _ in range(20):
        host.client("signal_entity", {"entity": ["tally", "signals"]}, "add", 1)
    timer = host.client("start_new", "approval", "timer", 400)
    waiting = host.client("start_new", "waits", "waiting", None)
    host.client("raise_event", waiting, "go", 5)
    host.kill()
    host = run_host("patterns")
    assert host.wait(waiting)["output"] == "5"
    assert host.wait(timer)["output"] == "too late"
    end = time.monotonic() + PATIENCE_S
    while host.client("read_entity_state", {"entity": ["tally", "signals"]})["state"] != 20:
        assert time.monotonic() < end
        time.sleep(0.02)


def test_sigterm_stops_cleanly_and_waits_for_no_work(run_host):
    host = run_host("patterns")
    host.client("start_new", "slow_chain", "busy", None)
    status, took = host.stop()
    assert status == 0
    assert took < 20, "on a quiet machine it is well below two seconds"
    again = run_host("patterns")
    assert again.wait("busy")["output"] == list(range(1, 11))


def test_a_data_directory_has_one_host(run_host):
    run_host("patterns")
    with pytest.raises(RuntimeError, match="in use by another onebox"):
        run_host("patterns")
