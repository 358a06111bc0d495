"""One running host per sample app and test session."""

import importlib.util
import sys
from pathlib import Path

import pytest

_spec = importlib.util.spec_from_file_location("onebox_running", Path(__file__).with_name("running.py"))
_module = importlib.util.module_from_spec(_spec)
sys.modules["onebox_running"] = _module
_spec.loader.exec_module(_module)


@pytest.fixture(scope="session")
def patterns(tmp_path_factory):
    host = _module.RunningHost("patterns", tmp_path_factory.mktemp("patterns") / "data")
    yield host
    host.close()


@pytest.fixture
def run_host(tmp_path):
    """Start hosts that share one data directory, one after the other."""
    hosts = []

    def start(app, *arguments, **environment):
        hosts.append(_module.RunningHost(app, tmp_path / "data", *arguments, **environment))
        return hosts[-1]

    yield start
    for host in hosts:
        host.close()
