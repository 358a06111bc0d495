"""Live updates over Web PubSub: ours, or the service CONFORMANCE_WEB_PUBSUB (a connection string) names, which nothing else may use."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from azure.messaging.webpubsubservice.aio import WebPubSubServiceClient

from infra.onebox.clock import SystemClock
from infra.onebox.webpubsub import WebPubSubService
from shared.realtime import HUB, WebPubSub
from tests.builders import settings
from tests.conformance.service import WORLDS, real


class World:
    def __init__(self, realtime: WebPubSub, library: WebPubSubServiceClient, service: WebPubSubService | None) -> None:
        self.realtime, self.library, self.service = realtime, library, service
        self.user, self.stranger = f"ada|{uuid.uuid4().hex}", f"eve|{uuid.uuid4().hex}"

    async def perform(self, action: dict[str, Any]) -> None:
        """What the output binding does with an action."""
        if self.service is not None:
            await self.service.perform(HUB, action)
        else:
            await self.library.send_to_group(action["group"], json.loads(action["data"]), content_type="application/json")


@pytest.fixture(params=WORLDS)
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    service = runner = None
    if request.param == "azure":
        [connection] = real("CONFORMANCE_WEB_PUBSUB")
    else:
        service, app = WebPubSubService(tmp_path, SystemClock(), [HUB]), web.Application()
        service.add_routes(app)
        runner = web.AppRunner(app, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        connection = service.connection_string(f"http://127.0.0.1:{runner.addresses[0][1]}")
    realtime = WebPubSub(settings(web_pubsub=connection))
    async with WebPubSubServiceClient.from_connection_string(connection, hub=HUB) as library:
        yield World(realtime, library, service)
    if realtime._client is not None:
        await realtime._client.close()
    if service is not None and runner is not None:
        await service.stop()
        await runner.cleanup()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened
