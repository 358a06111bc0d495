"""A mounted Web PubSub endpoint and the official service library on it."""

import asyncio

import aiohttp
import pytest
from aiohttp import web
from azure.messaging.webpubsubservice import WebPubSubServiceClient

from infra.onebox.clock import SystemClock
from infra.onebox.webpubsub import WebPubSubService


class Endpoint:
    """A mounted service and its address."""

    def __init__(self, service, url):
        self.service, self.url = service, url
        self.library = WebPubSubServiceClient.from_connection_string(service.connection_string(url), hub="dash")

    def address(self, **claims):
        return self.library.get_client_access_token(**claims)["url"]

    async def call(self, name, *args, **kwargs):
        return await asyncio.to_thread(getattr(self.library, name), *args, **kwargs)

    @property
    def hub(self):
        return self.service._find("dash")


@pytest.fixture
async def endpoint(tmp_path):
    service = WebPubSubService(tmp_path, SystemClock(), ["dash"])
    app = web.Application()
    service.add_routes(app)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    endpoint = Endpoint(service, f"http://127.0.0.1:{runner.addresses[0][1]}")
    yield endpoint
    endpoint.library.close()
    await service.stop()
    await runner.cleanup()


@pytest.fixture
async def session():
    async with aiohttp.ClientSession() as session:
        yield session


async def soon(condition):
    """What takes milliseconds; the bound is for what hangs."""
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.01)
