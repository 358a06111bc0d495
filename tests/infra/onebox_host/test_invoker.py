"""What becomes of a function's outputs."""

import asyncio

import pytest

from infra.onebox.invoker import Invoker
from infra.onebox.worker.function import Function, FunctionFailed, Result

BINDINGS = (
    {"name": "work", "type": "activityTrigger", "direction": "IN"},
    {"name": "bots", "type": "cosmosDB", "direction": "OUT"},
    {"name": "live", "type": "webPubSub", "direction": "OUT"},
    {"name": "curve", "type": "cosmosDB", "direction": "OUT"},
)


class Worker:
    functions = {"execute": Function("execute", "1", BINDINGS[0], BINDINGS, True, None)}

    async def invoke(self, name, inputs, metadata, traceparent, retry):
        return Result(None, {"live": "said", "bots": "[]", "curve": "[]"})


class Outputs:
    def __init__(self, fails=""):
        self.fails, self.seen = fails, []

    async def perform(self, binding, value):
        self.seen.append(f"{binding['name']} begun")
        await asyncio.sleep(0)
        if binding["name"] == self.fails:
            raise ConnectionError("gone")
        self.seen.append(f"{binding['name']} done")


async def test_documents_are_written_side_by_side_and_then_others_hear_of_them():
    outputs = Outputs()
    await Invoker(Worker(), outputs, str)("execute", "{}")
    assert outputs.seen == ["bots begun", "curve begun", "bots done", "curve done", "live begun", "live done"]


async def test_a_document_that_cannot_be_written_fails_the_function_and_nobody_hears_of_it():
    outputs = Outputs("bots")
    with pytest.raises(FunctionFailed) as failed:
        await Invoker(Worker(), outputs, str)("execute", "{}")
    assert failed.value.message == "ConnectionError: output binding bots: gone"
    assert outputs.seen == ["bots begun", "curve begun", "curve done"]
