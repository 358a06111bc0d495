"""Notifications from a changed bot to a delivered, signed message; refusals, retries, quiet hours and addresses nobody may call."""

import hashlib
import hmac
import json

import pytest
from aiohttp import web

from shared import notices, safe_url, work
from shared.notices import Notice, body_of, changes, is_quiet, text_of
from shared.outgoing import post
from tests.builders import T0
from triggers import notify
from triggers import told as told_last
from triggers.notify_delivery import MOST_TRIES, deliver

URL = "https://hooks.friend.com/in"
REFUSED = [
    "http://hooks.friend.com/", "https://127.0.0.1/", "https://[::1]/", "https://0x7f.1/", "https://2130706433/", "https://localhost/", "https://user@friend.com/",
    "https://friend.com:8443/", "https://169.254.169.254/latest", "https://metadata.google.internal/", "file:///etc/passwd", "https://friend.com\\@evil.com/",
    "https://intranet/", "https://a.onion/",
]  # fmt: skip
INSIDE = [
    "127.0.0.1",
    "10.1.2.3",
    "192.168.0.9",
    "169.254.169.254",
    "::1",
    "fd00::1",
    "::ffff:10.0.0.1",
    "0.0.0.0",
    "100.64.0.1",
    "224.0.0.1",
    "168.63.129.16",
]


class Queue:
    """A work queue by hand: a repeated id vanishes."""

    def __init__(self):
        self.tasks, self.delays = {}, {}

    async def put(self, id, task, delay_s=0):
        self.tasks.setdefault(id, json.loads(json.dumps(task)))
        self.delays.setdefault(id, delay_s)


class Post:
    def __init__(self, *answers):
        self.answers, self.calls = list(answers), []

    async def __call__(self, url, body, headers, addresses):
        self.calls.append((url, body, headers, addresses))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def bot(status="active", fills=0, deals=0, **more):
    made = {
        "id": "bot_1",
        "kind": "bot",
        "sort": "1",
        "name": "my grid",
        "symbol": "BTC/USDT",
        "status": status,
        "fills": fills,
        "deals": deals,
    }
    return {**made, "pnl": {"total": "12.5", "currency": "USDT"}, **more}


@pytest.fixture
async def world(client, plat):
    async def outside(host):
        return ["93.184.216.34"]

    object.__setattr__(plat, "resolve", outside)
    channel = {"id": "c1", "kind": "url", "target": URL, "occasions": ["fill", "error", "stopped"]}
    answer = await client.put("/api/v1/notifications", json={"channels": [channel]})
    assert answer.status_code == 200, answer.text
    plat.store._put("bots", "ada", bot())
    queue = Queue()
    await notify.look_at_users(plat, queue)
    assert queue.tasks == {}
    return plat, queue


async def told(plat, queue, **changed):
    plat.store._put("bots", "ada", bot(**changed))
    await notify.look_at_users(plat, queue)
    return list(queue.tasks.values())


async def test_a_fill_reaches_the_users_address_signed(world, client):
    plat, queue = world
    [task] = await told(plat, queue, fills=3)
    send = Post(200)
    await deliver(plat, queue, task, send)
    [(url, body, headers, addresses)] = send.calls
    said = json.loads(body)
    assert (url, addresses, said["text"]) == (URL, ["93.184.216.34"], "my grid BTC/USDT: filled x3, total 12.5 USDT")
    key = (await client.get("/api/v1/notifications/key")).json()["key"]
    seconds, _, digest = headers["x-tickwise-signature"].removeprefix("t=").partition(",v1=")
    assert hmac.compare_digest(digest, hmac.new(key.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest())
    [logged] = (await client.get("/api/v1/notifications/deliveries")).json()["items"]
    assert (logged["status"], logged["detail"], logged["attempts"], logged["occasions"]) == ("delivered", "200", 1, ["fill"])
    await deliver(plat, queue, task, send)
    assert len(send.calls) == 1


async def test_what_was_told_is_not_told_again_and_unwanted_occasions_never(world):
    plat, queue = world
    assert len(await told(plat, queue, fills=3)) == 1
    assert len(await told(plat, queue, fills=3)) == 1
    assert len(await told(plat, queue, fills=3, deals=2)) == 1  # deal_closed was not asked for
    assert len(await told(plat, queue, fills=4, status="error", deals=2)) == 2
    assert {one[0] for one in list(queue.tasks.values())[1]["notices"]} == {"fill", "error"}


async def told_before_a_kill(plat, queue, monkeypatch, **changed):
    """The messages are in the queue, and that they are was not written down."""

    async def killed(*_):
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(told_last, "move_on", killed)
        return await told(plat, queue, **changed)


async def test_a_kill_between_queue_and_memory_repeats_the_same_message(world, monkeypatch):
    plat, queue = world
    assert len(await told_before_a_kill(plat, queue, monkeypatch, fills=2)) == 1
    assert len(await told(plat, queue, fills=2)) == 1


async def test_what_happens_after_a_kill_between_queue_and_memory_is_told(world, monkeypatch):
    """With an error beside what was told before, it is another message."""
    plat, queue = world
    assert len(await told_before_a_kill(plat, queue, monkeypatch, fills=2)) == 1
    tasks = await told(plat, queue, fills=2, status="error")
    assert [[one[0] for one in task["notices"]] for task in tasks] == [["fill"], ["error", "fill"]]


async def test_what_may_work_later_is_tried_later_and_then_given_up(world, client):
    plat, queue = world
    [task] = await told(plat, queue, fills=1)
    send = Post(500, TimeoutError(), 429, *[503] * 20)
    done = 0
    while done < len(queue.tasks):
        task = list(queue.tasks.values())[done]
        await deliver(plat, queue, task, send)
        done += 1
    assert len(send.calls) == MOST_TRIES == done
    assert list(queue.delays.values())[:5] == [0, 5, 10, 20, 40]
    [logged] = (await client.get("/api/v1/notifications/deliveries")).json()["items"]
    assert (logged["status"], logged["attempts"]) == ("given_up", MOST_TRIES)


@pytest.mark.parametrize("status", [301, 400, 404, 410])
async def test_a_refusal_and_a_redirect_are_final(world, client, status):
    plat, queue = world
    [task] = await told(plat, queue, fills=1)
    await deliver(plat, queue, task, Post(status))
    assert len(queue.tasks) == 1
    assert (await client.get("/api/v1/notifications/deliveries")).json()["items"][0]["status"] == "refused"


@pytest.mark.parametrize("inside", INSIDE)
async def test_a_name_that_leads_inside_by_now_is_not_called(world, inside):
    plat, queue = world
    [task] = await told(plat, queue, fills=1)

    async def turned(host):
        return ["93.184.216.34", inside]

    object.__setattr__(plat, "resolve", turned)
    send = Post()
    await deliver(plat, queue, task, send)
    assert send.calls == []


@pytest.mark.parametrize("url", REFUSED)
async def test_an_address_that_is_not_on_the_public_internet_is_refused_by_its_looks(url):
    async def outside(host):
        return ["93.184.216.34"]

    with pytest.raises(safe_url.UnsafeUrl):
        await safe_url.check(url, outside)


async def test_a_channel_can_be_tried_and_the_log_is_the_users_own(world, client, monkeypatch):
    plat, queue = world
    monkeypatch.setattr(work, "_queues", [queue])
    sent = (await client.post("/api/v1/notifications/test/c1")).json()["delivery_id"]
    send = Post(204)
    await deliver(plat, queue, queue.tasks[sent], send)
    assert json.loads(send.calls[0][1])["text"] == "Tickwise: test message"
    assert (await client.post("/api/v1/notifications/test/c9")).status_code == 404
    client.headers["authorization"] = "Bearer eve"
    assert (await client.get("/api/v1/notifications/deliveries")).json()["items"] == []


async def test_one_users_trouble_does_not_silence_another(world, client):
    plat, queue = world
    document = plat.store.rows["settings", "platform", "notified-users"]
    plat.store._put("settings", "platform", {**document, "users": ["broken", "ada"]})
    plat.store._put("settings", "broken", {"id": "notifications", "settings": {"channels": [{}]}})
    assert len(await told(plat, queue, fills=1)) == 1


async def test_during_quiet_hours_nothing_is_told_and_afterwards_everything(world):
    plat, queue = world
    document = plat.store.rows["settings", "ada", "notifications"]
    quiet = {**document["settings"], "quiet_from": "00:00", "quiet_until": "23:59", "time_zone": "UTC"}
    plat.store._put("settings", "ada", {**document, "settings": quiet})
    assert await told(plat, queue, fills=2) == []
    plat.store._put("settings", "ada", document)
    [task] = await told(plat, queue, fills=5)
    assert task["notices"][0][4]["count"] == "5"


@pytest.mark.parametrize(
    ("begin", "end", "zone", "quiet"),
    [("22:00", "23:00", "UTC", True), ("22:14", "22:15", "UTC", False), ("21:00", "06:00", "UTC", True), ("06:00", "21:00", "UTC", False),
     ("23:00", "23:30", "Europe/Berlin", True), ("22:00", "23:00", "Europe/Berlin", False), ("22:00", "22:30", "No/Where", True), (None, None, "UTC", False)],
)  # fmt: skip
def test_quiet_hours_are_the_users_own_and_may_cross_midnight(begin, end, zone, quiet):
    assert notices.iso(T0).startswith("2023-11-14T22:14")
    assert is_quiet({"quiet_from": begin, "quiet_until": end, "time_zone": zone}, T0) is (
        quiet if (begin, end) != ("22:14", "22:15") else True
    )


def test_a_bot_seen_for_the_first_time_tells_no_past_but_its_trouble():
    assert changes({}, [bot(fills=9)]) == []
    assert [one.occasion for one in changes({}, [bot(status="error", reason="key_invalid")])] == ["key_invalid"]
    assert [one.occasion for one in changes({"bot_1": ["active", 0, 0]}, [bot(status="stopped", deals=1)])] == ["stopped", "deal_closed"]


def test_a_bot_that_is_new_tells_its_whole_life():
    found = changes({}, [bot(fills=2), bot(id="bot_2", status="draft")], is_first=False)
    assert [(one.occasion, one.bot_id) for one in found] == [("started", "bot_1"), ("fill", "bot_1")]


async def test_from_the_moment_a_channel_is_there_everything_is_told(client, plat):
    """Also what happens before the notifier looks for the first time, and what happened before the channel never."""

    async def outside(host):
        return ["93.184.216.34"]

    object.__setattr__(plat, "resolve", outside)
    channel = {"id": "c1", "kind": "url", "target": URL, "occasions": ["started", "fill", "stopped"]}
    plat.store._put("bots", "ada", bot(fills=7))
    for enabled in (True, False, True):
        settings = {"channels": [{**channel, "enabled": enabled}]}
        assert (await client.put("/api/v1/notifications", json=settings)).status_code == 200
    plat.store._put("bots", "ada", bot(status="stopped", fills=7))
    plat.store._put("bots", "ada", bot(id="bot_2", name="new", fills=1))
    queue = Queue()
    await notify.look_at_users(plat, queue)
    [task] = queue.tasks.values()
    assert [(name, of) for name, of, *_ in task["notices"]] == [("stopped", "bot_1"), ("started", "bot_2"), ("fill", "bot_2")]


def test_messages_fit_their_channels():
    many = [Notice("fill", "b", f"bot {k}" + "x" * 80, "BTC/USDT", {"count": "1"}) for k in range(60)]
    assert len(text_of(many)) <= notices.LONGEST and text_of(many).count("\n") <= notices.MOST_LINES
    assert json.loads(body_of("https://discord.com/api/webhooks/1/x", many, "i", T0))["allowed_mentions"] == {"parse": []}
    assert json.loads(body_of("https://api.telegram.org/botX/sendMessage?chat_id=42", many[:1], "i", T0))["chat_id"] == "42"


async def test_a_call_goes_to_the_checked_address_and_follows_no_redirect():
    seen = []

    async def take(request):
        seen.append((request.path, request.headers["x-a"], await request.read()))
        raise web.HTTPFound("http://127.0.0.1:1/elsewhere")

    app = web.Application()
    app.router.add_post("/in", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        port = runner.addresses[0][1]
        assert await post(f"http://nowhere.invalid:{port}/in", b"{}", {"x-a": "1"}, ["127.0.0.1"]) == 302
        assert seen == [("/in", "1", b"{}")]
    finally:
        await runner.cleanup()
