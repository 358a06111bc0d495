"""What the whole run has in common: no example is judged by the clock, and the watch for secrets where it is asked for (`--canaries`)."""

import pytest
from hypothesis import settings

from tests.canaries import Watch

settings.register_profile("unhurried", settings(deadline=None))
settings.load_profile("unhurried")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--canaries", action="store_true", help="fail every test in which a secret of the tests is seen in the clear")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "shows_canaries(why): its subject is a leak; what it shows is no finding")
    if config.getoption("--canaries"):
        config.pluginmanager.register(Watch(config), "canaries")
