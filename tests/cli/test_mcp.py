"""The MCP server as a process of its own, asked by the SDK's own client; behind it the API over real HTTP."""

import json
import os
import sys
from pathlib import Path

import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from cli import session as sessions
from cli.mcp_tools import NEVER, TRADE, definitions, scope_of, tools
from cli.session import Session
from tests.builders import grid, paper_account, platform, write_market
from tests.cli.test_cli import Desk
from triggers.api.app import make_api
from triggers.api.openapi import document

ROOT = Path(__file__).parents[2]
SPEC = document(make_api())


def assistant(desk, *allow):
    """A connection to `python -m cli mcp` as an assistant starts it."""
    words = ["-m", "cli", "mcp", "--session", str(desk.home), *(word for one in allow for word in ("--allow", one))]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    return Client(stdio_client(StdioServerParameters(command=sys.executable, args=words, env=environment, cwd=str(ROOT))))


@pytest.fixture
async def desk(tmp_path):
    async with Desk(tmp_path, platform(write_market(tmp_path / "market", ["100 101 99 100", "100 106 99 105"]))) as desk:
        sessions.save(desk.home, Session(url=f"http://127.0.0.1:{desk.port}", access_token="ada"))
        yield desk


async def call(client, name, **given):
    answer = await client.call_tool(name, given)
    return answer.is_error, answer.structured_content or answer.content[0].text


@pytest.mark.timeout(180)
async def test_an_assistant_can_look_and_not_touch(desk):
    async with assistant(desk) as client:
        listed = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert {"list_bots", "get_portfolio", "preview_bot", "get_bot_analytics"} <= set(listed)
        assert all(tool.annotations.read_only_hint and not tool.annotations.destructive_hint for tool in listed.values())
        assert await call(client, "list_bots", limit=5) == (False, {"items": [], "next": None})
        is_error, text = await call(client, "panic", body={"mode": "flatten"})
        assert is_error and "no such tool" in text
        is_error, text = await call(client, "get_bot", bot_id="../../v1/accounts")
        assert is_error and text.startswith("4") and "items" not in text
        is_error, text = await call(client, "get_bot", bot_id="bot_1", more="x")
        assert (is_error, text) == (True, "unknown: more")
        assert (await call(client, "get_bot", bot_id="bot_1"))[1].startswith("404 not_found")
    assert desk.plat.bus.sent == []


@pytest.mark.timeout(180)
async def test_with_the_trade_scope_it_makes_and_starts_a_bot(desk):
    made = await desk.api.post("/api/v1/accounts", json=paper_account(), headers={"authorization": "Bearer ada"})
    plan = {"name": "by hand", "account_id": made.json()["id"], "symbol": "BTC/USDT", "strategy": "GRID", "config": grid()}
    async with assistant(desk, "trade") as client:
        listed = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert not set(listed) & NEVER and "create_backtest" not in listed
        assert listed["stop_bot"].annotations.destructive_hint and not listed["stop_bot"].annotations.read_only_hint
        assert not listed["start_bot"].annotations.destructive_hint
        is_error, seen = await call(client, "preview_bot", body={key: plan[key] for key in plan if key != "name"})
        assert not is_error and seen["preview"]
        is_error, bot = await call(client, "create_bot", body=plan)
        assert not is_error and bot["status"] == "draft"
        is_error, taken = await call(client, "start_bot", bot_id=bot["id"])
        assert not is_error, taken
        wrong, text = await call(client, "create_bot", body={**plan, "config": grid(cells=1)})
        assert wrong and text.startswith("422 out_of_range (config.cells)")
    assert [(event.bot_id, event.body["name"]) for event in desk.plat.bus.sent] == [(bot["id"], "start")]


@pytest.mark.timeout(180)
def test_who_is_not_signed_in_is_told_on_the_error_channel(tmp_path):
    import subprocess

    words = [sys.executable, "-m", "cli", "mcp", "--session", str(tmp_path / "none.json")]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=150)
    assert (done.returncode, done.stdout) == (1, "") and "not_signed_in" in done.stderr


def test_nothing_that_could_trade_is_a_tool_without_its_scope():
    for path, methods in SPEC["paths"].items():
        for method, operation in methods.items():
            scope = scope_of(method, operation)
            if scope == "read":
                assert method == "get" or operation["operationId"] in ("preview_bot", "validate_bot"), path
            if "credentials" in path or "sessions" in path or path.startswith("/api/hooks"):
                assert scope is None, path
    assert tools(SPEC, frozenset()).keys() < tools(SPEC, frozenset({"trade"})).keys()
    assert {name for name, tool in tools(SPEC, frozenset({"trade"})).items() if not tool.is_read} <= TRADE


def test_a_tools_schema_stands_on_its_own():
    for tool in tools(SPEC, frozenset({"trade", "research"})).values():
        text = json.dumps(tool.schema)
        assert "#/components/" not in text and tool.text
        used = {part.rpartition("/")[2] for part in text.split('"') if part.startswith("#/$defs/")}
        assert used == set(tool.schema.get("$defs", {}))
    assert definitions(SPEC, {"type": "object"}) == {}
