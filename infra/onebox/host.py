"""The host: starts the services, the worker, the durable engine and the triggers, in that order, and stops them in the other.

Services come first because the app may talk to them as soon as it is imported; the public port is opened before the app is indexed,
because its number is part of the settings, and answers 503 until the app is there.
"""

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.onebox import log
from infra.onebox.clock import Clock, SystemClock
from infra.onebox.config import HostJson, expand, fill, read_host_json, read_json
from infra.onebox.courtesy import Courtesy, Lane
from infra.onebox.durable.api import DurableApi
from infra.onebox.durable.engine import Engine, Options
from infra.onebox.durable.names import Names
from infra.onebox.durable.runner import Limits, Runner
from infra.onebox.durable.store import DurableStore
from infra.onebox.http.functions import HttpFunctions
from infra.onebox.http.server import PublicServer
from infra.onebox.http.site import Site
from infra.onebox.invoker import Invoker
from infra.onebox.lock import DirectoryLock
from infra.onebox.outputs import Outputs
from infra.onebox.services import Services, apply_settings
from infra.onebox.timers.timer import TimerStatus, run_all
from infra.onebox.worker.driver import Worker
from infra.onebox.worker.function import Function
from infra.onebox.worker.remote import RemoteWorkers

LOG = log.get("host")
HTTP_LIMIT_S = 230.0  # Azure's load balancer gives up then, whatever the function's own time-out


@dataclass(frozen=True, slots=True)
class Installation:
    """Where everything is."""

    app: Path
    data: Path
    host: str = "127.0.0.1"
    port: int = 7071
    static: Path | None = None
    resources: Path | None = None
    settings: Path | None = None
    public_url: str = ""
    workers: int = 0  # processes for the app, as in Azure; 0 keeps it in the host's own, where tests reach it


class Host:
    """One running app; `failed` is set when the host can no longer keep its promises."""

    def __init__(self, installation: Installation, clock: Clock | None = None) -> None:
        self.installation, self.clock = installation, clock or SystemClock()
        self.failed: asyncio.Future[BaseException] | None = None
        self.url = ""
        self._undo: list[tuple[str, Callable[[], Any]]] = []
        self._courtesy = Courtesy()

    async def start(self) -> None:
        """Raises BadConfig, InUse, AppBroken, OSError; call `stop` afterwards in any case."""
        self.failed = asyncio.get_running_loop().create_future()
        where = self.installation
        lock = DirectoryLock(where.data)
        self._undo.append(("lock", lock.release))
        self.host_json = read_host_json(where.app)
        self.services = Services((read_json(where.resources) if where.resources else None) or {}, where.data, self.clock)
        server = await self._open()
        worker = await self._index()
        await self._serve(worker, server)

    async def stop(self) -> None:
        """Undo the start in reverse; each part gets its chance even if another fails."""
        while self._undo:
            name, undo = self._undo.pop()
            try:
                answer = undo()
                if asyncio.iscoroutine(answer):
                    await answer
            except Exception:
                LOG.exception("%s did not stop cleanly", name)

    async def _open(self) -> PublicServer:
        where = self.installation
        site = Site(where.static) if where.static and where.static.is_dir() else None
        server = PublicServer(site, self.services.mounts())
        self._undo.append(("http", server.stop))
        self._undo.append(("services", self.services.stop))
        await self.services.start()
        port = await server.start(where.host, where.port)
        self.url = f"http://{where.host if where.host not in ('0.0.0.0', '::') else '127.0.0.1'}:{port}"
        template = (read_json(where.settings) if where.settings else None) or {}
        apply_settings(fill(template, self.services.values(where.public_url or self.url)))
        return server

    async def _index(self) -> Worker | RemoteWorkers:
        where = self.installation
        worker = RemoteWorkers(where.app, where.workers, self._fail) if where.workers else Worker(where.app)
        self._undo.append(("worker", worker.stop))
        await worker.start()
        LOG.info("%d functions: %s", len(worker.functions), " ".join(sorted(worker.functions)))
        return worker

    async def _serve(self, worker: Worker | RemoteWorkers, server: PublicServer) -> None:
        functions = list(worker.functions.values())
        invoker = Invoker(worker, Outputs(self.services.by_name), lambda: self.durable_api.binding())
        await self._start_durable(functions, invoker)
        timeout_s = min(self.host_json.function_timeout_s or HTTP_LIMIT_S, HTTP_LIMIT_S)
        server.functions = HttpFunctions(functions, self.host_json.route_prefix, invoker, timeout_s, self._courtesy)
        await self._attach_queues(functions, invoker)
        self._start_timers(functions, invoker)

    async def _start_durable(self, functions: list[Function], invoker: Invoker) -> None:
        store = DurableStore(self.installation.data / "durable.db")
        engine = Engine(store, self.clock, Names(functions), lambda: uuid.uuid4().hex, _options(self.host_json))
        self.runner = Runner(engine, self.clock, invoker, _limits(self.host_json), self._fail)
        hub = expand(self.host_json.durable.get("hubName", "onebox"))
        self.durable_api = DurableApi(engine, self.runner, hub)
        await self.durable_api.start()
        # Stopped in this order: no new work; the app's running functions are cancelled, not failed, while their client still gets
        # through; then the API and the store.
        self._undo[-1:] = [("durable store", store.close), ("durable api", self.durable_api.stop), self._undo[-1]]
        self._undo.append(("durable runner", self.runner.stop))
        await self.runner.start()

    async def _attach_queues(self, functions: list[Function], invoker: Invoker) -> None:
        for function in functions:
            if function.trigger_type != "serviceBusTrigger":
                continue
            service = self.services.by_name.get("serviceBus")
            if service is None:
                LOG.warning("%s: no Service Bus among the resources, the trigger does not run", function.name)
                continue
            binding = {key: expand(value) if isinstance(value, str) else value for key, value in function.trigger.items()}
            await service.attach(binding, _bound(invoker, function.name, self._courtesy.lane()), self.host_json.raw)

    def _start_timers(self, functions: list[Function], invoker: Invoker) -> None:
        statuses = TimerStatus(self.installation.data / "timers.db")
        self._undo.append(("timer status", statuses.close))
        task = asyncio.create_task(run_all(functions, self.clock, invoker, statuses))
        task.add_done_callback(lambda done: None if done.cancelled() or not done.exception() else self._fail(done.exception()))

        async def stop() -> None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        self._undo.append(("timers", stop))

    def _fail(self, error: BaseException) -> None:
        LOG.critical("the host cannot go on: %s", error, exc_info=error)
        if self.failed is not None and not self.failed.done():
            self.failed.set_result(error)


def _bound(invoker: Invoker, name: str, lane: Lane) -> Callable[..., Any]:
    async def invoke(inputs: dict[str, Any], metadata: dict[str, Any]) -> None:
        async with lane.turn():
            await invoker.with_inputs(name, inputs, metadata)

    return invoke


def _options(host_json: HostJson) -> Options:
    durable = host_json.durable
    return Options(
        entity_batch=int(durable.get("maxEntityOperationBatchSize", 50)),
        replace_running=durable.get("overridableExistingInstanceStates", "NonRunningStates") == "AnyState",
    )


def _limits(host_json: HostJson) -> Limits:
    durable = host_json.durable
    orchestrators = int(durable.get("maxConcurrentOrchestratorFunctions", 8))
    entities = int(durable.get("maxConcurrentEntityFunctions", orchestrators))
    return Limits(orchestrators, entities, int(durable.get("maxConcurrentActivityFunctions", 8)), host_json.function_timeout_s)
