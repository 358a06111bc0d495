"""The durable HTTP API that the stock client calls, on a loopback port of its own.

Rules: 1. 127.0.0.1 only, behind an unguessable path, and never on the public port; 2. a command is answered when it is on disk;
3. status codes and bodies are those the stock client acts upon;
4. who asks for an instance that began less than YOUNG_MS ago, and still runs, most likely waits for its end: the answer waits for it, too,
   at most HOLD_S, and nobody has to ask again and again.
"""

import json
import secrets
from typing import Any

from aiohttp import web

from infra.onebox.clock import from_iso
from infra.onebox.durable import status
from infra.onebox.durable.engine import AlreadyExists, Engine, Gone, NotFound, UnknownFunction
from infra.onebox.durable.model import entity_id
from infra.onebox.durable.runner import Runner

FAR_FUTURE_MS = 1 << 62
YOUNG_MS, HOLD_S = 5_000, 0.5


class DurableApi:
    """Serves one engine; `start` opens the port, `binding()` is what a durableClient binding receives."""

    def __init__(self, engine: Engine, runner: Runner, hub: str) -> None:
        self._engine, self._runner, self._hub = engine, runner, hub
        self._path = f"/durabletask/{secrets.token_urlsafe(16)}"
        self._base = ""
        self._binding = ""

    async def start(self) -> None:
        app = web.Application(client_max_size=64 << 20)
        path, add = self._path, app.router.add_route
        add("POST", f"{path}/orchestrators/{{name}}", self._start)
        add("POST", f"{path}/orchestrators/{{name}}/{{id}}", self._start)
        add("GET", f"{path}/instances/", self._list)
        add("DELETE", f"{path}/instances/", self._purge_many)
        add("GET", f"{path}/instances/{{id}}", self._status)
        add("DELETE", f"{path}/instances/{{id}}", self._purge)
        add("POST", f"{path}/instances/{{id}}/raiseEvent/{{event}}", self._raise_event)
        add("POST", f"{path}/instances/{{id}}/restart", self._restart)
        add("POST", f"{path}/instances/{{id}}/rewind", self._rewind)
        add("POST", f"{path}/instances/{{id}}/{{what:terminate|suspend|resume}}", self._control)
        add("GET", f"{path}/entities/{{name}}/{{key}}", self._entity)
        add("POST", f"{path}/entities/{{name}}/{{key}}", self._signal)
        self._server = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0.2)
        await self._server.setup()
        site = web.TCPSite(self._server, "127.0.0.1", 0)
        await site.start()
        port = self._server.addresses[0][1]
        self._base = f"http://127.0.0.1:{port}{path}/"
        self._binding = json.dumps(self._describe())

    async def stop(self) -> None:
        await self._server.cleanup()

    def binding(self) -> str:
        return self._binding

    def _describe(self) -> dict[str, Any]:
        one = f"{self._base}instances/INSTANCEID"
        create = f"{self._base}orchestrators/{{functionName}}[/{{instanceId}}]"
        return {
            "taskHubName": self._hub,
            "creationUrls": {"createNewInstancePostUri": create, "createAndWaitOnNewInstancePostUri": create},
            "managementUrls": {"id": "INSTANCEID", **_links(one)},
            "baseUrl": self._base,
            "rpcBaseUrl": self._base,
        }

    async def _start(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        try:
            instance = self._engine.start(name, request.match_info.get("id"), _inner(await request.text()))
        except UnknownFunction:
            text = f"The function '{name}' doesn't exist, is disabled, or is not an orchestrator function."
            return web.json_response(
                {"Message": "One or more of the arguments submitted is incorrect", "ExceptionMessage": text}, status=400
            )
        except AlreadyExists as error:
            text = f"An Orchestration instance with the status {error} already exists."
            return web.json_response({"Message": text, "ExceptionMessage": text}, status=409)
        await self._runner.committed()
        return web.json_response({"id": instance, **_links(f"{self._base}instances/{instance}")}, status=202)

    async def _status(self, request: web.Request) -> web.Response:
        query, instance_id = request.query, request.match_info["id"]
        instance = self._engine.store.instance(instance_id)
        is_young = instance is not None and instance.is_running and self._engine.clock.now_ms() - instance.created_ms < YOUNG_MS
        if is_young and await self._runner.ended(instance_id, HOLD_S):
            instance = self._engine.store.instance(instance_id)
        if instance is None:
            return web.json_response(None, status=404)
        history = self._engine.store.history(instance_id) if _flag(query, "showHistory") else None
        body = status.of(instance, show_input=query.get("showInput", "").lower() != "false")
        if history is not None:
            body["historyEvents"] = body["history"] = status.history(history, show_output=_flag(query, "showHistoryOutput"))
        return web.json_response(body, status=202 if instance.is_running else 200)

    async def _list(self, request: web.Request) -> web.Response:
        return web.json_response([status.of(instance, show_input=_flag(request.query, "showInput")) for instance in self._select(request)])

    async def _purge(self, request: web.Request) -> web.Response:
        deleted = self._engine.purge(request.match_info["id"])
        await self._runner.committed()
        return web.json_response({"instancesDeleted": deleted}, status=200 if deleted else 404)

    async def _purge_many(self, request: web.Request) -> web.Response:
        deleted = sum(self._engine.purge(instance.id) for instance in self._select(request))
        await self._runner.committed()
        return web.json_response({"instancesDeleted": deleted}, status=200 if deleted else 404)

    def _select(self, request: web.Request) -> list:
        query = request.query
        since = from_iso(query["createdTimeFrom"]) if "createdTimeFrom" in query else 0
        until = from_iso(query["createdTimeTo"]) if "createdTimeTo" in query else FAR_FUTURE_MS
        statuses = [text for text in query.get("runtimeStatus", "").split(",") if text]
        return self._engine.store.query(since, until, statuses, query.get("instanceIdPrefix", ""))

    async def _raise_event(self, request: web.Request) -> web.Response:
        text = await request.text()
        return await self._command(lambda: self._engine.raise_event(request.match_info["id"], request.match_info["event"], text or "null"))

    async def _control(self, request: web.Request) -> web.Response:
        what, reason = request.match_info["what"], request.query.get("reason")
        return await self._command(lambda: self._engine.control(request.match_info["id"], what, reason))

    async def _command(self, act: Any) -> web.Response:
        try:
            act()
        except NotFound:
            return web.json_response(None, status=404)
        except Gone:
            return web.json_response(None, status=410)
        await self._runner.committed()
        return web.json_response(None, status=202)

    async def _restart(self, request: web.Request) -> web.Response:
        instance = self._engine.store.instance(request.match_info["id"])
        if instance is None:
            return web.json_response(None, status=404)
        fresh = request.query.get("restartWithNewInstanceId", "true") != "false"
        try:
            restarted = self._engine.start(instance.name, None if fresh else instance.id, instance.input)
        except AlreadyExists as error:
            return web.json_response(f"An Orchestration instance with the status {error} already exists.", status=409)
        await self._runner.committed()
        return web.json_response(restarted, status=202)

    async def _rewind(self, _request: web.Request) -> web.Response:
        return web.json_response("rewind is not implemented by onebox: start the orchestration again", status=501)

    async def _entity(self, request: web.Request) -> web.Response:
        entity = self._engine.store.entity(entity_id(request.match_info["name"], request.match_info["key"]))
        if not entity.exists:
            return web.json_response(None, status=404)
        return web.Response(text=entity.state or "null", content_type="application/json")

    async def _signal(self, request: web.Request) -> web.Response:
        name, text = request.match_info["name"], await request.text()
        if self._engine.names.entity(name) is None:
            return web.json_response({"Message": f"The entity '{name}' doesn't exist in this app."}, status=400)
        self._engine.signal(entity_id(name, request.match_info["key"]), request.query.get("op", ""), _inner(text))
        await self._runner.committed()
        return web.json_response(None, status=202)


def _inner(body: str) -> str | None:
    """The client posts JSON text inside a JSON string; anything else is taken as the JSON itself."""
    if not body:
        return None
    value = json.loads(body)
    return value if isinstance(value, str) else None if value is None else body


def _flag(query: Any, name: str) -> bool:
    return query.get(name, "").lower() == "true"


def _links(one: str) -> dict[str, str]:
    return {
        "statusQueryGetUri": one,
        "sendEventPostUri": f"{one}/raiseEvent/{{eventName}}",
        "terminatePostUri": f"{one}/terminate?reason={{text}}",
        "rewindPostUri": f"{one}/rewind?reason={{text}}",
        "purgeHistoryDeleteUri": one,
        "restartPostUri": f"{one}/restart",
        "suspendPostUri": f"{one}/suspend?reason={{text}}",
        "resumePostUri": f"{one}/resume?reason={{text}}",
    }
