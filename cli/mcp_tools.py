"""The API's operations as tools for an assistant: which ones, in which scope, with which schema. Pure over the OpenAPI document.

Rules
1. `read` is always there; `research` (backtests, searches, presets) and `trade` (bots, guards, panic) are given by name, one by one.
2. What hands out or takes a secret, publishes something, or signs anybody out is no tool in any scope.
3. An operation this page does not know is a tool only if it is a GET: a new route never trades by accident.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple
from urllib.parse import quote

Doc = dict[str, Any]
Scope = Literal["read", "research", "trade"]
SCOPES: tuple[Scope, ...] = ("read", "research", "trade")
FILES = frozenset({"export_parquet", "export_csv", "export_tax_year", "get_export", "get_export_content"})
NEVER = frozenset({"get_signing_key", "get_notifications", "list_addresses"}) | FILES
NEVER_TAGS = frozenset({"webhooks", "sharing", "realtime", "health"})
READS = frozenset({"preview_bot", "validate_bot"})
RESEARCH_TAGS = frozenset({"research"})
RESEARCH = frozenset({"create_preset", "attach_backtest", "detach_backtest", "delete_preset"})
TRADE = frozenset(
    {
        "create_bot", "patch_bot", "delete_bot", "clone_bot", "edit_bot", "import_bot", "import_three_commas", "start_bot", "pause_bot",
        "resume_bot", "stop_bot", "start_deal", "close_deal", "cancel_deal", "add_safety", "add_funds", "panic", "put_guards",
        "rearm_guard", "create_twin", "delete_twin",
    }
)  # fmt: skip
DESTRUCTIVE = frozenset({"stop_bot", "close_deal", "cancel_deal", "panic", "put_guards", "cancel_backtest", "cancel_optimisation"})


class Tool(NamedTuple):
    """`schema` takes path and query parameters by name, a request body under `body`."""

    name: str
    scope: Scope
    method: str
    path: str
    text: str
    schema: Doc
    in_path: tuple[str, ...]
    in_query: tuple[str, ...]
    is_destructive: bool

    @property
    def is_read(self) -> bool:
        return self.scope == "read"

    def request(self, given: Doc) -> tuple[str, Doc, Any]:
        """(path, query, body). Errors: ValueError for a name the tool does not have, or one that is missing."""
        unknown = set(given) - set(self.schema["properties"])
        missing = [name for name in self.schema.get("required", ()) if name not in given]
        if unknown or missing:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}" if unknown else f"required: {', '.join(missing)}")
        path = self.path
        for name in self.in_path:
            path = path.replace(f"{{{name}}}", quote(str(given[name]), safe=""))
        return path, {name: given[name] for name in self.in_query if name in given}, given.get("body")


def tools(document: Doc, scopes: frozenset[str]) -> dict[str, Tool]:
    """By name, the ones that the scopes allow."""
    found = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            scope = scope_of(method, operation)
            if scope is not None and (scope == "read" or scope in scopes):
                made = tool(document, method.upper(), path, operation, scope)
                found[made.name] = made
    return dict(sorted(found.items()))


def scope_of(method: str, operation: Doc) -> Scope | None:
    name, tags = operation["operationId"], set(operation.get("tags", ()))
    if name in NEVER or tags & NEVER_TAGS or "text/csv" in str(operation.get("responses", {}).get("200", {}).get("content", {})):
        return None
    if method == "get" or name in READS:
        return "read"
    if tags & RESEARCH_TAGS or name in RESEARCH:
        return "research"
    return "trade" if name in TRADE else None


def tool(document: Doc, method: str, path: str, operation: Doc, scope: Scope) -> Tool:
    parameters = [row for row in operation.get("parameters", ()) if row["in"] in ("path", "query")]
    properties = {row["name"]: row["schema"] | ({"description": row["description"]} if "description" in row else {}) for row in parameters}
    required = [row["name"] for row in parameters if row.get("required")]
    body = operation.get("requestBody")
    if body is not None:
        properties["body"] = body["content"]["application/json"]["schema"]
        required += ["body"] if body.get("required") else []
    schema: Doc = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    used = definitions(document, schema)
    if used:
        schema = {**schema, "$defs": used}
    name = operation["operationId"]
    return Tool(
        name, scope, method, path, operation.get("description") or operation.get("summary", ""), local(schema),
        tuple(row["name"] for row in parameters if row["in"] == "path"), tuple(row["name"] for row in parameters if row["in"] == "query"),
        method == "DELETE" or name in DESTRUCTIVE,
    )  # fmt: skip


def definitions(document: Doc, schema: Any) -> Doc:
    """Every component a schema needs, through references."""
    found: Doc = {}
    waiting = [schema]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            name = str(part.get("$ref", "")).rpartition("/")[2]
            if name and name not in found:
                found[name] = document["components"]["schemas"][name]
                waiting.append(found[name])
            waiting += [value for key, value in part.items() if key != "$ref"]
        elif isinstance(part, list):
            waiting += part
    return found


def local(part: Any) -> Any:
    """The same schema with its references inside itself."""
    if isinstance(part, dict):
        return {
            key: f"#/$defs/{value.rpartition('/')[2]}" if key == "$ref" and isinstance(value, str) else local(value)
            for key, value in part.items()
            if key != "discriminator"
        }
    return [local(one) for one in part] if isinstance(part, list) else part
