"""Starting in a place that will not do is one plain sentence, and what is kept is its owner's alone."""

import os
import socket
import subprocess
import sys

import pytest
from onebox_running import HERE, ROOT, RunningHost


def refused(data, **environment):
    """(status, what it said) of a host that cannot start."""
    command = [sys.executable, "-m", "infra.onebox", "--app", str(HERE / "apps" / "chain"), "--data", str(data)]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, timeout=100)
    return done.returncode, done.stderr


def test_a_port_that_is_taken_is_said(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = str(taken.getsockname()[1])
        status, said = refused(tmp_path / "data", PORT=number)
    assert status == 1
    assert f"port {number} of 127.0.0.1 is taken" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("text", ["abc", "70000", "-1", ""])
def test_a_port_that_is_none_is_said(tmp_path, text):
    status, said = refused(tmp_path / "data", PORT=text)
    assert status == 2
    assert "a port is a number from 0 to 65535" in said
    assert "Traceback" not in said


def test_nobody_else_can_read_what_is_kept(tmp_path):
    (tmp_path / "data").mkdir(mode=0o755)
    host = RunningHost("chain", tmp_path / "data")
    try:
        open_to_others = [path.name for path in (tmp_path / "data").iterdir() if path.stat().st_mode & 0o077]
    finally:
        host.close()
    assert open_to_others == []
