"""The command line against the API over real HTTP, in process."""

import asyncio
import json
import stat

import httpx
import pytest
from aiohttp import WSMsgType, web
from typer.testing import CliRunner

from cli import session as sessions
from cli.commands import app as cli
from tests.builders import T0, grid, platform, write_market
from triggers.api.app import make_api
from triggers.api.platform import given_platform

LIVE = {
    "v": 1,
    "type": "fill",
    "botId": "b",
    "revision": 2,
    "at": "t",
    "data": {"side": "buy", "amount": "1", "symbol": "S", "price": "9", "leg": "L1"},
}


class Desk:
    """A terminal, a server with the API and an issuer behind it."""

    def __init__(self, tmp_path, plat) -> None:
        self.plat, self.home, self.tmp = plat, tmp_path / "session.json", tmp_path
        self.tokens: list[dict[str, str]] = []
        api = make_api()

        async def own():
            return plat

        api.dependency_overrides[given_platform] = own
        self.api = httpx.AsyncClient(transport=httpx.ASGITransport(app=api), base_url="http://api")

    async def forward(self, request: web.Request) -> web.Response:
        answer = await self.api.request(
            request.method,
            str(request.rel_url),
            content=await request.read(),
            headers={k: v for k, v in request.headers.items() if k != "Host"},
        )
        headers = {name: value for name, value in answer.headers.items() if name not in ("content-length",)}
        return web.Response(status=answer.status_code, body=answer.content, headers=headers)

    async def token(self, request: web.Request) -> web.Response:
        form = dict(await request.post())
        self.tokens.append(form)
        if form.get("password") == "wrong":
            return web.json_response({"error": "invalid_grant"}, status=400)
        return web.json_response({"access_token": "ada", "refresh_token": "again", "expires_in": 3600})

    async def negotiate(self, request: web.Request) -> web.Response:
        return web.json_response({"url": f"ws://127.0.0.1:{self.port}/live"})

    async def live(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=["json.webpubsub.azure.v1"])
        await socket.prepare(request)
        for message in ({"type": "system"}, {"type": "message", "data": {**LIVE, "botId": "other"}}, {"type": "message", "data": LIVE}):
            await socket.send_json(message)
        async for message in socket:
            assert message.type is WSMsgType.TEXT
        return socket

    async def __aenter__(self):
        server = web.Application()
        server.router.add_post("/oidc/token", self.token)
        server.router.add_post("/api/v1/realtime/negotiate", self.negotiate)
        server.router.add_get("/live", self.live)
        server.router.add_route("*", "/{path:.*}", self.forward)
        self.runner = web.AppRunner(server)
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0)
        await site.start()
        self.port = self.runner.addresses[0][1]
        return self

    async def __aexit__(self, *_):
        await self.runner.cleanup()
        await self.api.aclose()

    async def type(self, *words: str, ok: bool = True) -> str:
        env = {
            "TICKWISE_SESSION": str(self.home),
            "TICKWISE_URL": f"http://127.0.0.1:{self.port}",
            "TICKWISE_PASSWORD": "pw",
            "COLUMNS": "400",
        }
        result = await asyncio.to_thread(CliRunner().invoke, cli, list(words), env=env)
        assert (result.exit_code == 0) is ok, (words, result.output, result.exception)
        return result.output

    async def read(self, *words: str):
        return json.loads(await self.type(*words, "--json"))


@pytest.fixture
async def desk(tmp_path):
    plat = platform(write_market(tmp_path / "market", ["100 101 99 100"]))
    async with Desk(tmp_path, plat) as desk:
        await desk.type("sign-in", "ada@example.com")
        yield desk


async def test_the_session_file_is_its_owners_alone(desk):
    assert stat.S_IMODE(desk.home.stat().st_mode) == 0o600
    await desk.type("sign-out")
    assert not desk.home.exists()
    assert "not_signed_in" in await desk.type("bots", ok=False)


async def test_an_old_session_is_renewed_before_it_is_used(desk):
    sessions.save(desk.home, sessions.load(desk.home).model_copy(update={"expires_at": 1}))
    await desk.type("bots")
    assert desk.tokens[-1]["grant_type"] == "refresh_token" and sessions.load(desk.home).is_fresh


async def test_a_wrong_password_is_one_line_and_exit_code_one(desk):
    result = await asyncio.to_thread(
        CliRunner().invoke, cli, ["sign-in", "a@b.c", "--url", f"http://127.0.0.1:{desk.port}", "--password", "wrong"],
        env={"TICKWISE_SESSION": str(desk.tmp / "other.json")},
    )  # fmt: skip
    assert (result.exit_code, result.output.strip()) == (1, "400 not_signed_in")
    assert not (desk.tmp / "other.json").exists()


async def test_an_owners_round_from_account_to_panic(desk):
    account = (await desk.read("accounts", "paper", "practice", "--balance", "USDT=10000", "--market", "replay"))["id"]
    body = desk.tmp / "bot.json"
    body.write_text(json.dumps({"name": "g", "account_id": account, "symbol": "BTC/USDT", "strategy": "GRID", "config": grid()}))
    assert "needs" in await desk.type("preview", str(body))
    bot = (await desk.read("create", str(body), "--start"))["id"]
    assert [event.body["name"] for event in desk.plat.bus.sent] == ["start"]
    assert bot in await desk.type("bots")
    desk.plat.store.rows["bots", "ada", bot]["status"] = "active"
    await desk.type("pause", bot, "--no-keep-orders")
    await desk.type("stop", bot, "--close-mode", "quote")
    assert bot in await desk.type("panic", "freeze", "--yes")
    assert [(event.body["name"], event.body["params"]) for event in desk.plat.bus.sent[1:]] == [
        ("pause", {"keep_orders": False}),
        ("stop", {"close_mode": "quote"}),
        ("pause", {"keep_orders": True}),
    ]
    assert "practice" in await desk.type("accounts", "list")
    assert "BTC/USDT" in await desk.type("markets", "--exchange", "replay")
    assert json.loads(await desk.type("portfolio", "--json"))["totals"] == []
    assert "world" in await desk.type("portfolio")


async def test_panic_asks_first(desk):
    assert "flatten every bot?" in await desk.type("panic", "flatten", ok=False)
    assert desk.plat.bus.sent == []


async def test_a_refusal_names_its_code_and_field(desk):
    assert (await desk.type("stop", "bot_x", ok=False)).startswith("404 not_found")


async def test_an_export_of_many_parts_is_one_file(desk, monkeypatch):
    from shared import work
    from tests.triggers.test_notify import Queue
    from triggers.api import export_files, export_parts
    from triggers.api.routers import export_files as routes

    class AtOnce(Queue):
        """A message is worked on as soon as it is there."""

        async def put(self, id, task, delay_s=0):
            await export_files.carry_on(desk.plat, self, task)

    monkeypatch.setattr(work, "_queues", [AtOnce()])
    monkeypatch.setattr(export_parts, "PART", 3_000)
    monkeypatch.setattr(routes, "PART", 100_000)
    for seq in range(10_100):
        row = {"id": f"f{seq}", "kind": "fill", "botId": "b", "bot_id": "b", "sort": f"{seq:08d}", "at": "2026-01-01T00:00:00.000Z"}
        desk.plat.store._put("fills", "ada", row)
    out = desk.tmp / "fills.csv"
    await desk.type("export", "fills", "--out", str(out))
    lines = out.read_text().splitlines()
    assert len(lines) == 10_101 and lines[0].startswith("at,bot_id") and len(set(lines)) == len(lines)
    assert sorted(path.name for path in desk.tmp.glob("fills*")) == ["fills.csv"]
    assert not [row for row in desk.plat.store.rows.values() if row.get("kind", "").startswith("export")]
    shown = await desk.type("export", "tax", "--year", "2025")
    assert shown.startswith("disposed_at,") and "422 required" in await desk.type("export", "tax", ok=False)


async def test_live_updates_of_one_bot_are_shown_as_they_come(desk):
    assert await desk.type("watch", "b", "--count", "1") == "t b r2 buy 1 S at 9 (L1)\n"


async def test_what_users_wrote_is_never_read_as_markup_or_control(desk):
    from cli.show import cell

    assert cell({"name": "[red]x\x1b[31m"}, "name").plain == "[red]x?[31m"


async def test_candles_come_as_csv_and_a_whole_range_as_one_file(desk, tmp_path):
    account = json.loads(await desk.type("accounts", "paper", "p", "--balance", "USDT=1", "--market", "replay", "--json"))["id"]
    lines = (await desk.type("candles", "BTC/USDT", "--account", account, "--timeframe", "1m", "--limit", "5")).splitlines()
    assert lines[0] == "time_ms,open,high,low,close,volume" and lines[1].split(",")[1:5] == ["100", "100", "100", "100"]
    since, out = str(T0 - 2_000 * 60_000), tmp_path / "candles.csv"
    await desk.type("candles", "BTC/USDT", "--timeframe", "1m", "--since", since, "--limit", "0", "--out", str(out))
    rows = [int(line.split(",")[0]) for line in out.read_text().splitlines()[1:]]
    assert rows == [T0 + k * 60_000 for k in range(-2_000, 1)]
