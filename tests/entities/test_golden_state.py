"""Stored shapes that must load for ever: a file here is never changed, a new shape gets a new folder."""

import json
from pathlib import Path

import pytest

from entities.account import perform as perform_account
from entities.bot import perform
from entities.operation import AccountOperation, BotOperation

FOLDER = Path(__file__).parents[1] / "golden" / "state"
BOTS = sorted(FOLDER.glob("v*/bot-*.json"))
ACCOUNTS = sorted(FOLDER.glob("v*/account-*.json"))


@pytest.mark.parametrize("path", BOTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_stored_bot_loads_and_goes_on(path):
    stored = json.loads(path.read_text())
    state, told = perform(BotOperation.ADVANCE, stored, {"now": stored["tickedAt"] + 1_000})
    assert {intent["kind"] for intent in told["intents"]} <= {"look_up"}
    assert set(state["sent"]) == set(stored["sent"])
    assert state["core"]["ledger"] == stored["core"]["ledger"]
    stop = {"id": "s", "kind": "command", "body": {"name": "stop", "params": {"close_mode": "keep"}}}
    _, told = perform(BotOperation.ADVANCE, state, {"now": stored["tickedAt"] + 60_000, "event": stop})
    assert told["publish"]["document"]["status"] in ("stopping", "stopped")


@pytest.mark.parametrize("path", ACCOUNTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_stored_account_loads_and_goes_on(path):
    stored = json.loads(path.read_text())
    state, _ = perform_account(AccountOperation.RELEASE, stored, {"bot": "nobody"})
    assert state == stored


def test_there_is_something_to_load():
    assert BOTS and ACCOUNTS
