"""`tickwise mcp`: the API as tools for a person's assistant, over standard input and output (Model Context Protocol).

Rules
1. It speaks with the person's own signed-in session and can do no more than they can; without `--allow` it can only look.
2. Tools are read off the running API's own document. A tool that is not listed cannot be called either.
3. A refusal of the API is the tool's answer, with its code and field; nothing of the session is ever in an answer.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mcp import types
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server

from cli.client import Client, Refused
from cli.mcp_tools import Tool, tools

LONGEST = 200_000  # characters of an answer: more would only fill the assistant's window
INSTRUCTIONS = (
    "Tickwise runs crypto trading bots with its user's money. Amounts are decimal strings. Look before you act: preview_bot shows what a "
    "bot would do. Ask the user before any tool that is not read-only, and name the bot and the amount."
)


async def serve(home: Path, scopes: frozenset[str]) -> None:
    """Until standard input ends. Errors: Refused when nobody is signed in."""
    async with Client(home) as client:
        document = json.loads(await client.ask("GET", "/api/v1/openapi.json"))
    server = make_server(home, tools(document, scopes), str(document["info"]["version"]))
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


def make_server(home: Path, found: dict[str, Tool], version: str) -> Server[Any]:
    async def listed(context: Any, params: Any) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[shown(one) for one in found.values()])

    async def called(context: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
        tool = found.get(params.name)
        if tool is None:
            return said("no such tool, or not in the scopes that were allowed", is_error=True)
        try:
            path, query, body = tool.request(dict(params.arguments or {}))
            async with Client(home) as client:  # opened for each call: a session that ran out is renewed
                return answer(await client.ask(tool.method, path, query, body))
        except ValueError as wrong:
            return said(str(wrong), is_error=True)
        except Refused as refused:
            return said(str(refused), is_error=True)
        except OSError as error:
            return said(f"the platform cannot be reached ({type(error).__name__})", is_error=True)

    return Server("tickwise", version=version, instructions=INSTRUCTIONS, on_list_tools=listed, on_call_tool=called)


def shown(tool: Tool) -> types.Tool:
    hints = types.ToolAnnotations(
        read_only_hint=tool.is_read, destructive_hint=tool.is_destructive, idempotent_hint=tool.is_read or tool.method in ("PUT", "DELETE"),
        open_world_hint=tool.scope == "trade",
    )  # fmt: skip
    return types.Tool(name=tool.name, description=tool.text, input_schema=tool.schema, annotations=hints)


def answer(text: str) -> types.CallToolResult:
    if len(text) > LONGEST:
        return said(f"the answer has {len(text)} characters; ask for less with limit", is_error=True)
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        return said(text)
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=text or "done")], structured_content=found if isinstance(found, dict) else None
    )


def said(text: str, is_error: bool = False) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(type="text", text=text)], is_error=is_error)
