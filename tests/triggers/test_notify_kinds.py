"""Severity, digests, quiet hours, e-mail and its addresses, and what is told beside bots: guards, silent alerts, backtests."""

import smtplib

import pytest

from shared import mail, notice_box, work
from shared.notice_plan import MOST_HELD, last_turn, merged, plan
from shared.notices import SEVERITIES, WORDS, Notice, severity_of
from tests.builders import MINUTE, T0, platform, write_market
from tests.fakes import Clock
from tests.triggers.test_notify import Queue
from tests.triggers.test_safety import running
from triggers import notify
from triggers.api.models.preference import Occasion
from triggers.guard_watch import watch_alerts, watch_guards
from triggers.notify_delivery import deliver

HOUR = 60 * MINUTE  # T0 is 22:14 UTC
SERVER = "smtps://bots:secret@mail.example.com?from=Bots <bots@example.com>"


def channel(**changes):
    made = {"id": "c1", "kind": "email", "target": "ada@example.com", "occasions": ["fill", "error", "stopped", "guard_tripped"]}
    return made | {"enabled": True, "min_severity": "info", "digest": "none"} | changes


def fill(count=1, bot="bot_1", **params):
    return Notice("fill", bot, bot, "BTC/USDT", {"count": str(count), **params})


ERROR = Notice("error", "bot_1", "bot_1", "BTC/USDT", {"reason": "margin"})
STOPPED = Notice("stopped", "bot_1", "bot_1", "BTC/USDT", {})


def planned(found, held=None, now=T0, one=None, **settings):
    return plan({"channels": [channel(**(one or {}))], "time_zone": "UTC", **settings}, held or {}, found, now)


def test_every_occasion_has_words_and_a_severity():
    for occasion in Occasion.__args__:
        assert occasion in WORDS and severity_of(occasion) in range(len(SEVERITIES))
    assert [SEVERITIES[severity_of(one)] for one in ("fill", "stopped", "guard_tripped")] == ["info", "warning", "critical"]


@pytest.mark.parametrize(("least", "kept"), [("info", 3), ("warning", 2), ("critical", 1)])
def test_a_channel_hears_what_presses_enough(least, kept):
    assert len(planned([fill(), STOPPED, ERROR], one={"min_severity": least}).now["c1"]) == kept


def test_a_digest_comes_once_the_hour_has_turned_and_an_error_at_once():
    first = planned([fill(2, total="1"), ERROR], one={"digest": "hourly"})
    assert (first.now, [row[0] for row in first.held["c1"]["notices"]]) == ({"c1": [ERROR]}, ["fill"])
    later = planned([fill(3, total="5")], first.held, T0 + 30 * MINUTE, {"digest": "hourly"})
    assert later.now == {} and later.held["c1"]["since"] == T0
    over = planned([], later.held, T0 + 46 * MINUTE, {"digest": "hourly"})
    assert over.now == {"c1": [fill(5, total="5")]} and over.held == {}


def test_a_daily_digest_comes_at_its_hour_in_the_users_zone():
    one, berlin = {"digest": "daily"}, {"time_zone": "Europe/Berlin", "digest_at": "08:00"}
    held = planned([fill()], one=one, **berlin).held
    seven = T0 + 9 * HOUR  # 07:14 UTC, 08:14 in Berlin
    assert planned([], held, seven - HOUR, one, **berlin).now == {}
    assert planned([], held, seven, one, **berlin).now == {"c1": [fill()]}
    assert last_turn({"time_zone": "UTC", "digest_at": "23:00"}, T0) == T0 - T0 % HOUR - 23 * HOUR


def test_the_day_after_the_clocks_change_turns_at_the_same_wall_clock():
    monday = 1_711_951_200_000 + 5 * HOUR  # 2024-04-01, the day after Berlin went to summer time
    assert last_turn({"time_zone": "Europe/Berlin", "digest_at": "08:00"}, monday) == 1_711_951_200_000


def test_quiet_hours_hold_everything_unless_what_presses_may_pass():
    quiet = {"quiet_from": "22:00", "quiet_until": "07:00"}
    held = planned([fill(2), ERROR], **quiet)
    assert held.now == {} and len(held.held["c1"]["notices"]) == 2
    loud = planned([fill(2), ERROR], **quiet, critical_in_quiet_hours=True)
    assert loud.now == {"c1": [ERROR]}
    morning = planned([fill(3)], held.held, T0 + 9 * HOUR, **quiet)
    assert morning.now == {"c1": [ERROR, fill(5)]} and morning.held == {}


def test_what_is_held_is_bounded_and_of_a_removed_channel_forgotten():
    many = [fill(bot=f"bot_{n}") for n in range(300)]
    assert len(merged([], many)) == MOST_HELD and merged([], many)[-1].bot_id == "bot_299"
    assert plan({"channels": []}, {"c1": {"since": T0, "notices": [list(ERROR)]}}, [], T0).held == {}


@pytest.fixture
def plat(tmp_path):
    market = ["100 100 100 100", "100 100 100 100", "100 100 90 90", "90 90 90 90", "90 90 60 60"]
    plat = platform(write_market(tmp_path / "market", market), Clock(T0 + 1), mail=SERVER)
    account = {"id": "acc_1", "kind": "account", "sort": "1", "market": "replay", "speed": 1, "createdMs": T0, "balances": {}}
    plat.store._put("accounts", "ada", account)
    return plat


class Post:
    """A mail server by hand."""

    def __init__(self, *answers):
        self.answers, self.letters = list(answers), []

    async def __call__(self, server, letter):
        self.letters.append((server.host, letter))
        if self.answers and (answer := self.answers.pop(0)) is not None:
            raise answer


async def listens(client, **changes):
    answer = await client.put("/api/v1/notifications", json={"channels": [channel(**changes)]})
    assert answer.status_code == 200, answer.text


async def look(plat, queue):
    await notify.look_at_users(plat, queue)
    return list(queue.tasks.values())


async def test_a_tripped_guard_is_told_once_in_a_letter(client, plat):
    running(plat, "a")
    await listens(client)
    rule = {"id": "g1", "kind": "drawdown_pct", "world": "paper", "currency": "USDT", "limit": "2", "mode": "flatten"}
    assert (await client.put("/api/v1/guards", json={"items": [rule]})).status_code == 200
    queue, post = Queue(), Post()
    assert await look(plat, queue) == [] and await watch_guards(plat) == 0
    plat.now_ms.now = T0 + 3 * MINUTE
    assert await watch_guards(plat) == 1
    [task] = await look(plat, queue)
    await deliver(plat, queue, task, write=post)
    [(host, letter)] = post.letters
    assert (host, letter.to, letter.id) == ("mail.example.com", "ada@example.com", task["id"])
    assert (letter.subject, letter.text) == (
        "Tickwise: drawdown_pct USDT: guard tripped (flatten, 1 bots)",
        "drawdown_pct USDT: guard tripped (flatten, 1 bots)",
    )
    assert [row for row in plat.store.of("settings") if row.get("kind") == notice_box.KIND] == []
    await deliver(plat, queue, task, write=post)
    assert len(await look(plat, queue)) == 1 and len(post.letters) == 1


async def test_a_silent_alert_is_told(client, plat):
    running(plat, "a")
    await listens(client, occasions=["alert_silent"])
    made = await client.post("/api/v1/webhooks", json={"name": "hourly", "bots": ["a"], "expected_every_s": 60})
    assert made.status_code == 201, made.text
    plat.now_ms.now += 3 * MINUTE
    assert await watch_alerts(plat) == 1 and await watch_alerts(plat) == 0
    [task] = await look(plat, Queue())
    assert task["notices"] == [["alert_silent", "", "hourly", "", {"reason": "none yet"}]]


async def test_a_kill_before_the_notice_is_forgotten_repeats_nothing(client, plat, monkeypatch):
    await listens(client, occasions=["backtest_finished"])
    queue = Queue()
    await look(plat, queue)
    await notice_box.tell(plat.store, "ada", "bt_1", Notice("backtest_finished", "", "mine", "BTC/USDT", {}), T0)

    async def killed(*_):
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(plat.store, "delete", killed)
        assert len(await look(plat, queue)) == 1
    assert len(await look(plat, queue)) == 1
    assert await notice_box.waiting(plat.store, "ada") == []


async def test_who_asked_for_nothing_is_kept_no_notices(plat):
    await notice_box.tell(plat.store, "ada", "bt_1", Notice("backtest_finished", "", "mine", "", {}), T0)
    assert await notice_box.waiting(plat.store, "ada") == []


async def test_an_address_of_somebody_else_is_written_to_after_its_code_only(client, plat, monkeypatch):
    queue, post = Queue(), Post()
    monkeypatch.setattr(work, "_queues", [queue])
    await listens(client, target="Friend@Example.COM")
    assert (await client.get("/api/v1/notifications/addresses")).json()["items"] == [
        {"address": "Friend@example.com", "confirmed_at": None}
    ]
    tried = (await client.post("/api/v1/notifications/test/c1")).json()["delivery_id"]
    await deliver(plat, queue, queue.tasks[tried], write=post)
    [logged] = (await client.get("/api/v1/notifications/deliveries")).json()["items"]
    assert (logged["status"], logged["detail"], post.letters) == ("refused", "address_unconfirmed", [])
    assert (await client.post("/api/v1/notifications/confirm/c1", json={"code": "12345678"})).json()["code"] == "not_found"
    sent = (await client.post("/api/v1/notifications/code/c1")).json()["delivery_id"]
    await deliver(plat, queue, queue.tasks[sent], write=post)
    [(_, letter)] = post.letters
    code = next(word for word in letter.text.replace(".", "").split() if word.isdigit())
    assert (len(code), code in str(queue.tasks[sent]) + str(plat.store.rows)) == (8, False)
    wrong = f"{(int(code) + 1) % 10**8:08d}"
    assert (await client.post("/api/v1/notifications/confirm/c1", json={"code": wrong})).json()["code"] == "wrong_code"
    answer = await client.post("/api/v1/notifications/confirm/c1", json={"code": code})
    assert answer.json()["items"][0]["confirmed_at"] is not None
    await listens(client, target="Friend@example.com")
    again = (await client.post("/api/v1/notifications/test/c1")).json()["delivery_id"]
    await deliver(plat, queue, queue.tasks[again], write=post)
    assert len(post.letters) == 2


async def test_codes_are_few_short_lived_and_guessed_in_vain(client, plat, monkeypatch):
    monkeypatch.setattr(work, "_queues", [Queue()])
    await listens(client, target="friend@example.com")
    await client.post("/api/v1/notifications/code/c1")
    for _ in range(5):
        assert (await client.post("/api/v1/notifications/confirm/c1", json={"code": "00000000"})).json()["code"] == "wrong_code"
    assert (await client.post("/api/v1/notifications/confirm/c1", json={"code": "00000000"})).json()["code"] == "code_expired"
    answers = [(await client.post("/api/v1/notifications/code/c1")).status_code for _ in range(5)]
    assert answers == [202] * 4 + [429]
    plat.now_ms.now += 31 * MINUTE
    assert (await client.post("/api/v1/notifications/confirm/c1", json={"code": "00000000"})).json()["code"] == "code_expired"
    assert (await client.post("/api/v1/notifications/code/c9")).status_code == 404


@pytest.mark.parametrize(
    ("answer", "status", "detail"),
    [
        (None, "delivered", "250"),
        (mail.Refused(550), "refused", "550"),
        (smtplib.SMTPDataError(451, b"private words"), "failed", "451"),
        (TimeoutError(), "failed", "TimeoutError"),
    ],
)
async def test_what_the_mail_server_said_decides_whether_it_is_tried_again(client, plat, monkeypatch, answer, status, detail):
    queue = Queue()
    monkeypatch.setattr(work, "_queues", [queue])
    await listens(client)
    sent = (await client.post("/api/v1/notifications/test/c1")).json()["delivery_id"]
    await deliver(plat, queue, queue.tasks[sent], write=Post(answer))
    [logged] = (await client.get("/api/v1/notifications/deliveries")).json()["items"]
    assert (logged["status"], logged["detail"], len(queue.tasks)) == (status, detail, 2 if status == "failed" else 1)


@pytest.mark.parametrize(("server", "detail"), [("", "no_mail_server"), ("nonsense", "bad_mail_server")])
async def test_without_a_mail_server_the_log_says_so(client, plat, monkeypatch, server, detail):
    queue = Queue()
    monkeypatch.setattr(work, "_queues", [queue])
    object.__setattr__(plat, "settings", plat.settings.__class__.model_validate(plat.settings.model_dump() | {"mail": server}))
    await listens(client)
    sent = (await client.post("/api/v1/notifications/test/c1")).json()["delivery_id"]
    await deliver(plat, queue, queue.tasks[sent], write=Post())
    assert (await client.get("/api/v1/notifications/deliveries")).json()["items"][0]["detail"] == detail


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"time_zone": "Mars/Base"}, "not_a_choice", "time_zone"), ({"time_zone": "Europe"}, "not_a_choice", "time_zone"),
        ({"quiet_from": "22:00"}, "required", "quiet_until"), ({"quiet_until": "06:00"}, "required", "quiet_from"),
        ({"quiet_from": "24:00", "quiet_until": "06:00"}, "bad_format", "quiet_from"),
        ({"channels": [channel(), channel()]}, "twice", "channels.1.id"),
        ({"channels": [channel(target="a@b@example.com")]}, "bad_format", "channels.0.target"),
        ({"channels": [channel(target="ada@example")]}, "bad_format", "channels.0.target"),
        ({"channels": [channel(kind="url", target="https://127.0.0.1/")]}, "address_refused", "channels.0.target"),
    ],
)  # fmt: skip
async def test_settings_nobody_could_keep_are_refused_by_field(client, changes, code, field):
    answer = await client.put("/api/v1/notifications", json=changes)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, code, field), answer.text
    assert (await client.get("/api/v1/notifications")).json()["channels"] == []
