"""Triggers and output bindings, with the official SDKs against the services of the host."""

import json
import time
from pathlib import Path

import pytest

APP = Path(__file__).parent / "apps" / "bindings"


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    from onebox_running import RunningHost

    files = ("--resources", str(APP / "resources.json"), "--settings", str(APP / "settings.json"))
    one = ("--workers", "1")  # the app remembers what it saw in its own process
    running = RunningHost("bindings", tmp_path_factory.mktemp("bindings") / "data", *files, *one)
    yield running
    running.close()


def look(host, until, seconds=60):
    end = time.monotonic() + seconds
    while True:
        shown = json.loads(host.request("GET", "/api/seen")[2])
        if until(shown):
            return shown
        assert time.monotonic() < end, shown
        time.sleep(0.1)


def test_a_message_goes_through_the_whole_house(host):
    assert (
        host.request("POST", "/api/send", json.dumps([["s1", "m1", "one"], ["s1", "m2", "two"], ["s1", "m1", "again"]]).encode())[0] == 202
    )
    shown = look(host, lambda seen: sorted(seen["rows"]) == ["one", "two"] and len([s for s in seen["seen"] if "plain" in s]) == 2)
    first, second = [s for s in shown["seen"] if s.get("session") == "s1"]
    assert first == {"id": "m1", "session": "s1", "body": "one", "delivery": 1}
    assert second["body"] == "two"
    assert {s["plain"] for s in shown["seen"] if "plain" in s} == {"out one", "out two"}


def test_a_refused_message_comes_again_and_is_then_put_aside(host):
    host.request("POST", "/api/send", json.dumps([["s2", "bad", "fail"], ["s2", "good", "after"]]).encode())
    shown = look(host, lambda seen: any(s.get("id") == "good" for s in seen["seen"]))
    assert [s["delivery"] for s in shown["seen"] if s.get("id") == "bad"] == [1, 2, 3]


def test_a_timer_takes_its_schedule_from_a_setting(host):
    look(host, lambda seen: seen["ticks"] >= 1)


def test_the_issuer_answers_on_the_public_port_and_settings_without_a_service_are_left_out(host):
    shown = look(host, lambda _: True)
    assert shown["issuer"].startswith(host.url)
    assert shown["vault"] is None
    status, _, body = host.request("GET", "/oidc/.well-known/openid-configuration")
    assert status == 200
    assert json.loads(body)["issuer"] == shown["issuer"]
