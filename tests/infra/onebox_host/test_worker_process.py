"""The app in a process of its own: it ends with its host, and the host ends with it; several share the work."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from onebox_running import PATIENCE_S, RunningHost


def workers(host: RunningHost) -> list[int]:
    pid = host.process.pid
    return [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_running(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def finished(host: RunningHost, instance: str) -> bool:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        status, _, body = host.request("GET", f"/api/status/{instance}")
        if status == 200 and json.loads(body)["runtimeStatus"] == "Completed":
            return True
        time.sleep(0.02)
    return False


def gone(*pids: int) -> bool:
    end = time.monotonic() + PATIENCE_S
    while any(map(is_running, pids)) and time.monotonic() < end:
        time.sleep(0.02)
    return not any(map(is_running, pids))


@pytest.mark.parametrize("count", [0, 1, 2])
def test_an_orchestration_runs_in_as_many_processes_as_asked_for_and_all_end_together(tmp_path, count):
    host = RunningHost("chain", tmp_path / "data", "--workers", str(count))
    try:
        found = workers(host)
        assert len(found) == count
        for _ in range(4):
            assert finished(host, json.loads(host.request("POST", "/api/start/chain", b'"a"')[2])["id"])
    finally:
        host.close()
    assert gone(*found)


def test_a_killed_host_takes_its_workers_with_it(tmp_path):
    host = RunningHost("chain", tmp_path / "data", "--workers", "2")
    found = workers(host)
    host.kill()
    assert gone(*found)


def test_a_host_whose_worker_died_ends_with_a_word(tmp_path):
    host = RunningHost("chain", tmp_path / "data", "--workers", "1")
    try:
        os.kill(workers(host)[0], signal.SIGKILL)
        assert host.process.wait(PATIENCE_S) == 1
    except subprocess.TimeoutExpired:
        pytest.fail("the host went on without its app")
    finally:
        host.close()
    assert "the worker process ended" in (tmp_path / "data.log").read_text()


def test_a_number_of_workers_that_is_none_is_said(tmp_path):
    with pytest.raises(RuntimeError, match="a number of worker processes is from 0 to 10"):
        RunningHost("chain", tmp_path / "data", FUNCTIONS_WORKER_PROCESS_COUNT="many")
