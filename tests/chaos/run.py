"""One run of chaos: an owner's bots trade on onebox while it is killed again and again; then the checker reads the exports.

Two accounts. "calm" has a GRID nobody touches: what it does must equal the backtest. "busy" has one that its owner pauses, resumes and
stops, one bot after another, in between and across the kills.

Rules
1. Every choice comes from the seed; only the machine's own timing does not.
2. A request that got no answer is asked again under the same key, as a careful client does.
3. At the end the recording is cut short while the host is down: the price path ends, and everything comes to rest by itself.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos import market
from tests.chaos.backtest import differences
from tests.chaos.checker import check
from tests.chaos.exports import dead_letters, ledger_of, venue_book
from tests.chaos.process import NoAnswer, NotHealthy, Onebox, Refused

SPEED = 60
OPENING = {"USDT": "10000"}
CONFIG = {"low": "92", "high": "108", "cells": 16, "spacing": "arithmetic", "investment": "4000", "reserve_pct": "1"}
PERSON = {"email": "owner@example.com", "password": "correct horse battery staple"}
REST_S = 240.0
STILL_S = 15  # a bot that catches up publishes now and then: so long without news and it has
TAIL = 8  # candles left to play after the last kill
Say = Callable[[str], None]
RULES_FILE = "BTC-USDT.json"


@dataclass
class Result:
    """What a run came to; no findings means that everything held."""

    kills: int = 0
    fills: int = 0
    commands: int = 0
    bots: int = 0
    restarts_s: list[float] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)


class Owner:
    """What the owner does over HTTP, with a key for everything."""

    def __init__(self, onebox: Onebox, chance: random.Random) -> None:
        self.onebox, self.chance = onebox, chance
        self.token = ""
        self.calm = self.busy = ""
        self.watched, self.bots = "", []  # type: str, list[str]
        self.commands = 0
        self.started: set[str] = set()
        self._asked: tuple[str, dict[str, Any], str] | None = None

    def sign_in(self, is_new: bool) -> None:
        if is_new:
            self.onebox.post("/oidc/register", PERSON)
        form = {"grant_type": "password", "username": PERSON["email"], "password": PERSON["password"]}
        self.token = self.onebox.post_form("/oidc/token", form)["access_token"]

    def open_accounts(self) -> None:
        self.calm, self.busy = (self._account(label) for label in ("calm", "busy"))
        self.watched = self._bot(self.calm, "calm")
        self.onebox.post(f"/api/v1/bots/{self.watched}/start", {}, self.token, "start-calm")

    def begin(self) -> None:
        """Until the calm bot trades: it must have started in the quiet minutes, wherever the kills fall. The busy ones start any time."""
        until = time.monotonic() + 10
        while time.monotonic() < until:
            if self.onebox.get(f"/api/v1/bots/{self.watched}", self.token)["status"] == "active":
                return
            time.sleep(0.1)

    def _account(self, label: str) -> str:
        body = {"exchange": "paper", "label": label, "market": "replay", "speed": SPEED, "balances": OPENING}
        return str(self.onebox.post("/api/v1/accounts", body, self.token, f"account-{label}")["id"])

    def _bot(self, account: str, name: str) -> str:
        body = {"name": name, "account_id": account, "symbol": "BTC/USDT", "strategy": "GRID", "config": CONFIG}
        return str(self.onebox.post("/api/v1/bots", body, self.token, f"bot-{name}")["id"])

    @property
    def is_unanswered(self) -> bool:
        return self._asked is not None

    def act(self) -> None:
        """One command to the busy bot, or the one that got no answer. Errors: NoAnswer."""
        if self._asked is None:
            self._asked = self._next()
        path, body, key = self._asked
        try:
            answer = self.onebox.post(path, body, self.token, key)
            if path == "/api/v1/bots":
                self.bots.append(answer["id"])
            self.commands += 1
            if path.endswith("/start"):
                self.started.add(path.split("/")[-2])
        except Refused as refused:
            if refused.status != 409 and not (refused.status == 422 and path.endswith("/start")):
                raise  # 409: not now; 422: the price has left the grid
        self._asked = None

    def _next(self) -> tuple[str, dict[str, Any], str]:
        number = f"busy-{self.commands}-{self.chance.random()}"
        if not self.bots or (status := self.onebox.get(f"/api/v1/bots/{self.bots[-1]}", self.token)["status"]) in ("stopped", "finished"):
            body = {"name": f"busy {len(self.bots)}", "account_id": self.busy, "symbol": "BTC/USDT", "strategy": "GRID", "config": CONFIG}
            return "/api/v1/bots", body, number
        path = f"/api/v1/bots/{self.bots[-1]}"
        if status == "draft":
            return f"{path}/start", {}, number
        pick = self.chance.random()
        if pick < 0.25:
            return f"{path}/stop", {"close_mode": self.chance.choice(["keep", "quote", "quote"])}, number
        return (f"{path}/resume", {}, number) if status == "paused" else (f"{path}/pause", {"keep_orders": pick < 0.6}, number)


def chaos(folder: Path, kills: int, seed: int, say: Say = print, **settings: str) -> Result:
    """The whole run in `folder`, with further settings. Errors: NotHealthy when onebox does not come back."""
    chance = random.Random(seed)
    rows = market.candles(seed, 4_000)
    replay = folder / "market"
    market.write(replay, rows)
    (replay / RULES_FILE).write_text(json.dumps(market.RULES))
    onebox, result = Onebox(folder, replay, **settings), Result()
    owner = Owner(onebox, chance)
    try:
        onebox.start()
        owner.sign_in(is_new=True)
        owner.open_accounts()
        opened = time.monotonic()
        owner.begin()
        for number in range(1, kills + 1):
            live(owner, chance)
            onebox.kill()
            result.kills += 1
            if number == kills:
                rows = rows[: int((time.monotonic() - opened) * SPEED / 60) + TAIL]
                market.write(replay, rows)
            result.restarts_s.append(onebox.start())
            owner.sign_in(is_new=False)
            say(f"kill {number:3d}: back after {result.restarts_s[-1]:.1f} s, {fills_of(owner)} fills")
        finish(owner)
        come_to_rest(owner)
        judge(onebox, owner, rows, result)
    except NotHealthy as error:
        result.findings.append(f"onebox did not come back: {error}")
    finally:
        onebox.stop()
    return result


def finish(owner: Owner) -> None:
    """What got no answer at the last kill is asked again: a start nobody repeats may still be on its way."""
    until = time.monotonic() + 10
    while owner.is_unanswered and time.monotonic() < until:
        try:
            owner.act()
        except NoAnswer:
            time.sleep(0.2)


def live(owner: Owner, chance: random.Random) -> None:
    """0.3 to 4 seconds of trading, with the owner's commands in between; the kill may come in the middle of one."""
    until = time.monotonic() + chance.uniform(0.3, 4.0)
    while (left := until - time.monotonic()) > 0:
        if chance.random() < 0.4:
            try:
                owner.act()
            except NoAnswer:
                return
        time.sleep(min(left, chance.uniform(0.1, 0.8)))


def fills_of(owner: Owner) -> int:
    return int(owner.onebox.get(f"/api/v1/bots/{owner.watched}", owner.token)["fills"])


def come_to_rest(owner: Owner) -> None:
    """Until the path has ended and no bot's document has changed for some seconds."""
    until, still, before = time.monotonic() + REST_S, 0, None
    while time.monotonic() < until and still < STILL_S:
        time.sleep(1)
        bots = [owner.onebox.get(f"/api/v1/bots/{bot}", owner.token) for bot in (owner.watched, *owner.bots)]
        now = [(bot["revision"], bot["fills"], bot["status"]) for bot in bots]
        is_doubtful = any(bot["status"] in ("stopping", "starting") and bot["open_orders"] == 0 for bot in bots)
        is_doubtful |= any(bot["id"] in owner.started and bot["status"] == "draft" and not bot["reason"] for bot in bots)  # on its way
        still = still + 1 if now == before and not is_doubtful else 0
        before = now


def judge(onebox: Onebox, owner: Owner, rows: list[market.Candle], result: Result) -> None:
    calm = ledger_of(onebox, owner.token, owner.watched)
    others = [ledger_of(onebox, owner.token, bot) for bot in owner.bots]
    onebox.stop()
    result.bots, result.commands = 1 + len(others), owner.commands
    result.fills = len(calm.fills) + sum(len(other.fills) for other in others)
    result.findings += [f"calm account: {text}" for text in check(OPENING, venue_book(onebox.data, owner.calm), [calm])]
    if any(other.fills or other.orders for other in others):
        busy = [other for other in others if other.bot["status"] != "draft"]
        result.findings += [f"busy account: {text}" for text in check(OPENING, venue_book(onebox.data, owner.busy), busy)]
    result.findings += [f"against the backtest: {text}" for text in differences(calm, rows)]
    if calm.bot["status"] != "active":
        result.findings.append(f"the calm bot is {calm.bot['status']}: {calm.bot['reason']}")
    if len(calm.fills) < 3:
        result.findings.append(f"too little happened to prove anything: {len(calm.fills)} fills")
    if letters := dead_letters(onebox.data):
        result.findings.append(f"{letters} messages are on the dead-letter queue")
