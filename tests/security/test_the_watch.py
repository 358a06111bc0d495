"""The watch for secrets sees what it is there to see: a run with planted leaks fails in each of them and nowhere else."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

RUN = '''
import json, logging, subprocess, sys
import azure.functions as func
import pytest
from starlette.responses import JSONResponse
from tests.fakes import MemoryBus, MemoryStore
from shared.bus import BotEvent

SECRET = "CANARY" + "SECRET00000000"

def test_clean(tmp_path, caplog):
    (tmp_path / "a").write_text("nothing")
    logging.getLogger("x").debug("nothing")

def test_leak_by_a_debug_line():
    logging.getLogger("some.library").debug("signed with %s", SECRET)

def test_leak_by_a_traceback():
    try:
        raise ValueError(SECRET)
    except ValueError:
        logging.getLogger("x").info("failed", exc_info=True)

def test_leak_by_a_function():
    func.HttpResponse(json.dumps({"secret": SECRET}))

def test_leak_by_the_api():
    JSONResponse({"secret": SECRET})

async def test_leak_by_a_document():
    await MemoryStore().upsert("accounts", "ada", {"id": "a", "secret": SECRET})

async def test_leak_by_a_message():
    await MemoryBus().send([BotEvent("ada", "b", "1", "command", 1, {"secret": SECRET})])

def test_leak_by_an_entity_state():
    from entities import account
    from entities.operation import AccountOperation
    given = {"bot": SECRET, "revision": 1, "amounts": {}}
    account.perform(AccountOperation.RESTORE, {"schema": 1, "bots": {}}, given)

async def test_leak_by_a_history():
    from tests.orchestrators.host import Call, Host
    from tests.fakes import Clock, MemoryStore
    given = {"bot": SECRET, "revision": 1, "amounts": {}, "alone": None}
    host = Host(MemoryStore(), None, Clock(1))
    try:
        await host._perform(Call("entity", "account.release", "key", given))
    except Exception:
        pass

def test_leak_by_a_dead_letter():
    from infra.onebox.clock import VirtualClock
    from infra.onebox.servicebus.broker import Broker
    from infra.onebox.servicebus.message import compose, outgoing
    queue = Broker(None, VirtualClock(), [{"name": "q", "maxDeliveryCount": 1}]).queue("q")
    queue.send(outgoing(compose(SECRET.encode())))
    queue.abandon(queue.receive(object())[0].lock)

def test_leak_by_a_file_of_another_process(tmp_path):
    subprocess.run([sys.executable, "-c", f"open('{tmp_path}/deep.db', 'wb').write(b'x' * 9000000 + {SECRET.encode()!r})"], check=True)

@pytest.mark.shows_canaries("that is what it is about")
def test_leak_allowed():
    logging.getLogger("x").info(SECRET)
'''  # fmt: skip
LATE = """
import pytest

@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("ours")

def test_passes(folder):
    (folder / "late").write_text("CANARY" + "KEY0")
"""


def run(folder: Path, text: str, *more: str) -> tuple[int, str]:
    (folder / "conftest.py").write_text("from tests.conftest import *")
    (folder / "test_planted.py").write_text(text)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-c",
        str(ROOT / "pyproject.toml"),
        "--rootdir",
        str(folder),
        "-p",
        "no:cacheprovider",
        "--canaries",
    ]
    command += ["--basetemp", str(folder / "temp"), "--confcutdir", str(folder), *more, str(folder / "test_planted.py")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    shutil.rmtree(folder)  # the watch over this run would find what was planted
    return done.returncode, done.stdout + done.stderr


def test_every_planted_leak_fails_its_test_and_no_other(tmp_path_factory):
    status, told = run(tmp_path_factory.mktemp("planted"), RUN)
    assert status == 1, told
    failed = {line.partition("::")[2].partition(" ")[0] for line in told.splitlines() if line.startswith(("ERROR", "FAILED"))}
    planted = {line.split("def ")[1].partition("(")[0] for line in RUN.splitlines() if "def test_leak" in line}
    assert failed == planted - {"test_leak_allowed"}, told
    assert "CANARY" + "SECRET0" not in told.partition("short test summary")[2]


def test_what_outlives_the_tests_fails_the_run_also_in_several_processes(tmp_path_factory):
    for more in ((), ("-n", "1")):
        status, told = run(tmp_path_factory.mktemp("late"), LATE, *more)
        assert status == 1 and "1 passed" in told, told
        assert "a secret was seen after the tests: the file" in told
