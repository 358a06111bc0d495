"""One door to the app: adds what a function's input bindings need, runs it, then carries out its output bindings.

The trigger's owner gives the trigger's value; an output binding that fails makes the invocation fail, as in Azure.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from infra.onebox.outputs import Outputs
from infra.onebox.worker.driver import Worker
from infra.onebox.worker.function import Function, FunctionFailed, Result
from infra.onebox.worker.remote import RemoteWorkers
from infra.onebox.worker.values import Json


class Invoker:
    """Invokes functions by name with the value of their trigger."""

    def __init__(self, worker: Worker | RemoteWorkers, outputs: Outputs, durable_binding: Callable[[], str]) -> None:
        self._worker, self._outputs, self._durable_binding = worker, outputs, durable_binding

    def function(self, name: str) -> Function:
        return self._worker.functions[name]

    async def __call__(
        self, name: str, value: Any, metadata: dict[str, Any] | None = None, traceparent: str = "", retry: tuple[int, int] = (0, 0)
    ) -> Result:
        """Raises FunctionFailed."""
        function = self._worker.functions[name]
        inputs = {function.trigger["name"]: value}
        if len(function.bindings) > 1:
            for binding in function.bindings:
                if binding["type"] == "durableClient":
                    inputs[binding["name"]] = self._durable_binding()
        result = await self._worker.invoke(name, inputs, metadata, traceparent, retry)
        if result.outputs or len(function.bindings) > 1:
            await self._perform(function, result)
        return result

    async def with_inputs(self, name: str, inputs: dict[str, Any], metadata: dict[str, Any]) -> Result:
        """For pumps that name the trigger parameter themselves and give the metadata as JSON text."""
        metadata = {key: Json(value) if isinstance(value, str) else value for key, value in metadata.items()}
        return await self(name, inputs[self._worker.functions[name].trigger["name"]], metadata)

    async def _perform(self, function: Function, result: Result) -> None:
        """Documents side by side, so that they share a commit; then the others one after the other: who hears of a document finds it."""
        values = (
            (binding, result.value if binding["name"] == "$return" else result.outputs.get(binding["name"]))
            for binding in function.outputs()
        )
        given = [row for row in values if row[1] is not None and row[0]["type"] not in ("http", function.trigger_type)]
        ends = await asyncio.gather(*(self._one(*row) for row in given if row[0]["type"] == "cosmosDB"), return_exceptions=True)
        for end in ends:
            if end is not None:
                raise end
        for binding, value in given:
            if binding["type"] != "cosmosDB":
                await self._one(binding, value)

    async def _one(self, binding: dict[str, Any], value: Any) -> None:
        try:
            await self._outputs.perform(binding, value)
        except Exception as error:
            raise FunctionFailed(f"{type(error).__name__}: output binding {binding['name']}: {error}", "") from error
