"""Output bindings: what a function returned by its bindings is handed to the service in this process, after the function has returned.

Nothing here is atomic with anything else (reliability: SB10): a crash between the function's return and its outputs loses them or, when
the trigger is delivered again, repeats them.
"""

import asyncio
import json
from typing import Any

from infra.onebox.config import expand


class Outputs:
    """Knows the running services; one that does not run makes the invocation fail by name."""

    def __init__(self, services: dict[str, Any]) -> None:
        self._services = services
        self._kinds = {"cosmosDB": self._cosmos, "webPubSub": self._web_pub_sub, "serviceBus": self._service_bus}

    async def perform(self, binding: dict[str, Any], value: Any) -> None:
        """Carry out one binding's value."""
        kind = self._kinds.get(binding["type"])
        if kind is None:
            raise NotImplementedError(f"output binding type {binding['type']} is not supported by onebox")
        await kind(binding, value)

    async def _cosmos(self, binding: dict[str, Any], value: Any) -> None:
        documents = json.loads(value)
        database, container = expand(binding["databaseName"]), expand(binding.get("containerName") or binding.get("collectionName"))
        service = self._service("cosmos")
        rows = documents if isinstance(documents, list) else [documents]
        await asyncio.gather(*(service.upsert(database, container, row) for row in rows))  # side by side they share one commit

    async def _web_pub_sub(self, binding: dict[str, Any], value: Any) -> None:
        actions = json.loads(value)
        for action in actions if isinstance(actions, list) else [actions]:
            await _settled(self._service("webPubSub").perform(expand(action.get("hub") or binding["hub"]), action))

    async def _service_bus(self, binding: dict[str, Any], value: Any) -> None:
        from infra.onebox.servicebus.message import compose

        service, queue = self._service("serviceBus"), expand(binding["queueName"])
        bodies = json.loads(value) if isinstance(value, str) and value.startswith("[") else [value]
        for body in bodies:
            text = body if isinstance(body, str | bytes) else json.dumps(body)
            service.broker.send(queue, compose(text))
        await service.durable()

    def _service(self, name: str) -> Any:
        service = self._services.get(name)
        if service is None:
            raise LookupError(f"{name} is not among the resources of this host")
        return service


async def _settled(answer: Any) -> None:
    """Services may answer at once or later."""
    if hasattr(answer, "__await__"):
        await answer
