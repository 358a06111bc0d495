"""The chain of the exported log can be checked with what docs/why-log.md says, and with nothing of ours."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders import USER
from tests.entities.test_heal import resting

CHECK = re.search(r"```python\n(.*?)```", (Path(__file__).parents[2] / "docs/why-log.md").read_text(), re.S)


@pytest.fixture
async def exported(client, plat):
    state, _ = resting()
    for row in state["outbox"]:
        if row["kind"] == "event":
            plat.store._put("events", USER, row)
    plat.store._put("bots", USER, {"id": "bot_1", "kind": "bot", "sort": "1"})
    return (await client.get("/api/v1/exports/events.csv", params={"bot_id": "bot_1"})).text


def checked(text):
    return subprocess.run([sys.executable, "-c", CHECK[1]], input=text, capture_output=True, text=True, timeout=30)


async def test_the_documented_check_finds_the_exported_chain_whole(exported):
    found = checked(exported)
    assert (found.returncode, found.stdout) == (0, "4 lines of 1 bots, every chain whole\n"), found.stderr


async def test_a_line_changed_taken_out_or_added_breaks_it(exported):
    lines = exported.splitlines()
    for others in (
        exported.replace("INIT buy 4.92 at 100", "INIT buy 4.92 at 101"),
        "\n".join(line for line in lines if ",2," not in line),
        "\n".join([*lines, lines[1].replace(",4,", ",5,")]),
    ):
        found = checked(others)
        assert (found.returncode, found.stdout) == (1, "") and "the chain is broken" in found.stderr
