"""Web PubSub through the official JavaScript client, as the dashboard uses it."""

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from tests.infra.onebox_webpubsub.conftest import soon

FRONTEND = Path(__file__).parents[3] / "frontend"
pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not (FRONTEND / "node_modules/@azure/web-pubsub-client").exists(),
    reason="needs node and the dashboard's node_modules",
)


@pytest.mark.parametrize("kind", ["plain", "reliable"])
async def test_the_javascript_client_hears_its_group_also_after_a_cut(endpoint, kind):
    address = endpoint.address(user_id="ann", groups=["user-ann"])
    script = Path(__file__).with_name("javascript.mjs")
    process = await asyncio.create_subprocess_exec("node", script, FRONTEND, address, kind, stdout=asyncio.subprocess.PIPE)

    async def hear():
        line = await asyncio.wait_for(process.stdout.readline(), 60)
        return json.loads(line)

    async def send(data):
        action = {"actionName": "sendToGroup", "group": "user-ann", "dataType": "json", "data": json.dumps(data)}
        await endpoint.service.perform("dash", action)

    try:
        assert await hear() == {"connected": "ann"}
        await send({"revision": 1})
        assert await hear() == {"group": "user-ann", "data": {"revision": 1}}
        cut = endpoint.hub.everyone()[0].socket
        cut._req.transport.abort()
        await soon(lambda: cut.closed and any(one.socket not in (None, cut) for one in endpoint.hub.everyone()))
        await send("end")
        while (event := await hear()) == {"connected": "ann"}:
            pass
        assert event == {"group": "user-ann", "data": "end"}
        assert await asyncio.wait_for(process.wait(), 60) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
