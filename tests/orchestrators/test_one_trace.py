"""An alert becomes orders in one trace: hook -> bus -> trigger -> orchestration -> activities -> exchange."""

import asyncio
import contextvars
import json
from dataclasses import replace
from types import SimpleNamespace

import azure.functions as func
import httpx
import pytest
from host import Host
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from orchestrators.bot_tick import bot_tick
from shared import trace
from shared.bus import BotEvent, ServiceBus
from tests.builders import T0, grid, paper_account, platform, write_market
from tests.fakes import Clock
from triggers import bot_events, hooks
from triggers.api import platform as platforms
from triggers.api.app import make_api

RULES = '{"amount_step": "0.01", "min_amount": "0.01", "maker_fee": "0.001", "taker_fee": "0.001", "slippage_pct": "0"}'
HOST_SPAN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


class WireBus(ServiceBus):
    """The app's own bus up to the messages it would put on the wire."""

    def __init__(self) -> None:
        super().__init__(settings=None)
        self.messages = []

    async def _send(self, queue, messages):
        self.messages += messages


class Client:
    """The durable client of one host: what it starts is done when it returns, in a context of its own, as another process would."""

    def __init__(self, host):
        self.host, self.started = host, {}

    async def get_status(self, instance):
        return SimpleNamespace(runtime_status=self.started[instance]) if instance in self.started else None

    async def start_new(self, name, instance, event):
        given, tracer = json.loads(json.dumps(event)), trace._given.get()
        fresh = contextvars.Context()
        fresh.run(trace._given.set, tracer)
        await asyncio.get_running_loop().create_task(self.host.run(bot_tick, given), context=fresh)
        self.started[instance] = "Completed"


def delivered(message):
    """A message as the worker hands it over."""
    carried = {str(name): value for name, value in (message.application_properties or {}).items()}
    body = b"".join(message.body)
    return SimpleNamespace(get_body=lambda: body, message_id=message.message_id, application_properties=carried, delivery_count=1)


@pytest.fixture
def spans():
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    token = trace._given.set(provider.get_tracer("test"))
    yield exporter
    trace._given.reset(token)


async def world(folder):
    """(platform, host, bot id, webhook) of an owner with a draft."""
    write_market(folder, ["100 100 100 100"] * 5)
    (folder / "BTC-USDT.json").write_text(RULES)
    clock = Clock(T0)
    plat = platform(folder, clock)
    token = platforms._given.set(plat)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=make_api()), base_url="http://api", headers={"authorization": "Bearer ada"}
    ) as client:
        account = (await client.post("/api/v1/accounts", json=paper_account())).json()["id"]
        plan = {"name": "first", "account_id": account, "symbol": "BTC/USDT", "strategy": "GRID", "config": grid()}
        bot = (await client.post("/api/v1/bots", json=plan)).json()["id"]
        hook = (await client.post("/api/v1/webhooks", json={"name": "tv", "bots": [bot]})).json()
    platforms._given.reset(token)
    clock.now = T0 + 20_000
    return plat, Host(plat.store, folder, clock), bot, hook


async def test_one_trace_from_the_alert_to_the_order(tmp_path, spans):
    plat, host, bot, hook = await world(tmp_path / "market")
    bus = WireBus()
    token = platforms._given.set(replace(plat, bus=bus))
    opaque = hook["webhook"]["url"].rpartition("/")[2]
    alert = {"v": 1, "token": hook["secret"], "bot": bot, "action": "start", "symbol": "BTCUSDT"}
    request = func.HttpRequest("POST", "/api/hooks/x", headers={}, route_params={"opaque": opaque}, body=json.dumps(alert).encode())
    told = SimpleNamespace(trace_context=SimpleNamespace(trace_parent=HOST_SPAN))
    answer = await hooks.hooks.build().get_user_function().client_function(request, told, None)
    platforms._given.reset(token)
    assert answer.status_code == 202

    [message] = bus.messages
    await bot_events.work_on(delivered(message), Client(host))

    found = spans.get_finished_spans()
    by_id = {one.context.span_id: one for one in found}
    assert {format(one.context.trace_id, "032x") for one in found} == {HOST_SPAN.split("-")[1]}
    placed = [one for one in found if one.name == "exchange place"]
    assert placed and all(one.attributes["result"] == "accepted" for one in placed)
    way, at = [], placed[0]
    while at is not None:
        way.append((at.name, at.kind.name))
        at = by_id.get(at.parent.span_id)
    assert way == [
        ("exchange place", "CLIENT"), ("execute", "INTERNAL"), ("work on", "CONSUMER"), ("send bot-events", "PRODUCER"), ("hook", "SERVER"),
    ]  # fmt: skip
    hook_span = next(one for one in found if one.name == "hook")
    assert format(hook_span.parent.span_id, "016x") == HOST_SPAN.split("-")[2]
    everything = json.dumps([one.to_json() for one in found])
    assert hook["secret"] not in everything and opaque not in everything


async def test_without_an_exporter_no_message_carries_anything(tmp_path):
    plat, _, bot, _ = await world(tmp_path / "market")
    bus = WireBus()
    await bus.send([BotEvent("ada", bot, "e1", "command", plat.now_ms(), {"name": "start", "params": {}})])
    assert not bus.messages[0].application_properties
