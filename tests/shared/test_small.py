"""Ids, instants, settings, log lines, messages."""

import json
import logging
from pathlib import Path

import pytest

from shared.bus import BotEvent, decode, encode, message_id
from shared.clock import iso, ms_of
from shared.ids import derived, entity_key, group, is_object_id, new_id
from shared.log import HIDDEN, log, log_error, redact
from shared.realtime import to_group
from shared.settings import _NAMES, MissingSetting, read_settings

ROOT = Path(__file__).parents[2]


def test_an_instant_survives_its_text():
    assert iso(1_700_000_000_001) == "2023-11-14T22:13:20.001Z"
    assert ms_of(iso(1_700_000_000_001)) == 1_700_000_000_001
    with pytest.raises(ValueError):
        ms_of("2023-11-14T22:13:20")


def test_derived_ids_do_not_mix_up_their_parts():
    assert entity_key("a|b", "c") != entity_key("a", "b|c")
    assert derived("bot", "u", "k") == derived("bot", "u", "k") != derived("acc", "u", "k")
    assert is_object_id(new_id("bot")) and is_object_id(derived("bot", "ü|/"))
    assert not is_object_id("../x")
    assert group("ada") != group("eve")


def test_settings_are_named_once_and_are_few():
    connections = ("Cosmos", "ServiceBus", "WebPubSub", "Mail", "AppConfiguration", "OTEL_")  # the last: OpenTelemetry's own words
    assert len([name for name in _NAMES.values() if not name.startswith(connections)]) <= 25
    given = read_settings({"Cosmos": " x ", "HEARTBEAT_S": "60", "KEY_VAULT_VERIFY_CHALLENGE": "false", "UNKNOWN": "1"})
    assert (given.cosmos, given.heartbeat_s, given.key_vault_verify_challenge) == ("x", 60, False)
    assert given.has_service_bus and not read_settings({"ServiceBus": "none"}).has_service_bus
    with pytest.raises(MissingSetting, match="AUTH_ISSUER"):
        given.need("auth_issuer")


def test_no_other_product_file_reads_the_environment():
    for folder in ("shared", "entities", "orchestrators", "triggers", "exchange", "strategy_core"):
        for file in (ROOT / folder).rglob("*.py"):
            if file not in (
                ROOT / "shared" / "settings.py",
                ROOT / "orchestrators" / "compute.py",
            ):  # the latter hands a child process its PATH
                assert "os.environ" not in file.read_text() and "getenv" not in file.read_text(), file


def test_secrets_never_reach_the_log(caplog):
    caplog.set_level(logging.INFO, "tickwise")
    token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"
    log(
        "x",
        api_key="canary-1",
        nested={"clientSecret": "canary-2"},
        text=f"GET /?signature=canary-3&x=1 {token}",
        list=["Bearer canary-token"],
    )
    log_error("y", RuntimeError("https://venue/?apiKey=canary-4"))
    assert "canary" not in caplog.text and "c2lnbmF0" not in caplog.text


def test_a_log_line_is_one_line(caplog):
    caplog.set_level(logging.INFO, "tickwise")
    log("x", text="a\nb\r\nFAKE")
    assert all("\n" not in record.getMessage() for record in caplog.records)
    assert redact({"password": "p"}) == {"password": HIDDEN}


def test_a_bot_event_survives_the_queue():
    event = BotEvent("ada", "bot_1", "s1", "command", 5, {"name": "stop", "params": {"close_mode": "keep"}})
    assert decode(encode(event)) == event
    assert message_id(event) == f"{entity_key('ada', 'bot_1')}:s1"


def test_a_live_message_goes_to_the_users_own_group_as_text():
    action = to_group("ada", json.dumps({"v": 1}))
    assert (action["group"], action["data"], action["actionName"]) == (group("ada"), '{"v": 1}', "sendToGroup")
