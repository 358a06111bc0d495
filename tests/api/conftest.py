"""The API in process, as the tests of its parts have it."""

from tests.triggers.conftest import account, bot, client, plan, plat

__all__ = ["account", "bot", "client", "plan", "plat"]
