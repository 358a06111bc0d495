"""Processes that compute: answers, errors by name, a process that hangs or dies, and no process left behind."""

import os
import time

import pytest

from orchestrators import compute
from orchestrators.compute import ComputeFailed, Processes


@pytest.fixture
def pool():
    made = Processes(1, timeout_s=20)
    yield made
    made.close()


async def test_what_a_task_raises_is_told_and_the_process_goes_on(pool, tmp_path):
    with pytest.raises(ComputeFailed) as error:
        await pool.run({"do": "recording", "file": str(tmp_path / "none.csv"), "folder": str(tmp_path)})
    assert error.value.name == "FileNotFoundError"
    with pytest.raises(ComputeFailed, match="KeyError"):
        await pool.run({"do": "nothing"})
    assert len(pool._all) == 1 and pool._all[0].is_alive


async def test_a_process_that_dies_fails_its_task_and_the_next_one_gets_another(pool):
    with pytest.raises(ComputeFailed):
        await pool.run({"do": "nothing"})
    os.kill(pool._all[0]._process.pid, 9)
    pool._all[0]._process.wait()
    with pytest.raises(ComputeFailed, match="KeyError"):
        await pool.run({"do": "nothing"})
    assert len(pool._all) == 2


async def test_a_build_that_was_made_meanwhile_is_used_by_the_next_task_and_said_once(pool, monkeypatch):
    said = []
    monkeypatch.setattr(compute, "log", lambda event, **figures: said.append((event, figures)))
    monkeypatch.setattr(compute.compiled, "found", lambda: "none")
    for _ in range(2):
        with pytest.raises(ComputeFailed, match="KeyError"):
            await pool.run({"do": "nothing"})
    monkeypatch.setattr(compute.compiled, "found", lambda: "current")
    monkeypatch.setattr(compute.compiled, "mark", lambda: 77)
    for _ in range(2):
        with pytest.raises(ComputeFailed, match="KeyError"):
            await pool.run({"do": "nothing"})
    assert [process.is_alive for process in pool._all] == [False, True]
    assert said == [("compute.build", {"compiled": "none"}), ("compute.build", {"compiled": "current"})]


async def test_a_task_that_takes_too_long_is_ended(tmp_path):
    pool = Processes(1, timeout_s=0.0)
    try:
        with pytest.raises(ComputeFailed, match="TimeoutError"):
            await pool.run({"do": "nothing"})
        assert not pool._all[0].is_alive
    finally:
        pool.close()


async def test_a_process_ends_when_its_input_closes(pool):
    with pytest.raises(ComputeFailed):
        await pool.run({"do": "nothing"})
    process = pool._all[0]._process
    process.stdin.close()
    until = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < until:
        time.sleep(0.02)
    assert process.poll() == 0


def test_a_process_is_given_no_secret(monkeypatch):
    monkeypatch.setenv("Cosmos", "AccountKey=secret")
    given = {}
    monkeypatch.setattr(compute.subprocess, "Popen", lambda *_, **options: given.update(options))
    compute.Process()
    assert set(given["env"]) <= {"PATH", "LANG", "TZ", "TMPDIR", "PYTHONPATH", "OMP_NUM_THREADS", *compute.KEEPS_MEMORY}
