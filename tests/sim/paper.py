"""A GRID on a paper account whose host dies at chosen steps: what it does must equal the backtest of the same candles.

One machine, the production orchestrator, entities, activities and paper exchange; every step (activity or entity operation) has a before
and an after at which the host can die. The machine is down for a while, the path of prices goes on, then the tick goes on where its
history ends, as the durable engine continues it.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from entities import account as account_entity
from entities import bot as bot_entity
from entities.operation import AccountOperation, BotOperation
from exchange.market_data import MarketData
from orchestrators import activities
from orchestrators.activities import Outside
from orchestrators.bot_tick import bot_tick
from shared.bot_document import draft
from shared.bus import BotEvent
from shared.ids import entity_key
from shared.read_model import FillView, OrderView
from tests.chaos import market
from tests.chaos.exports import Ledger
from tests.fakes import Clock, MemoryBus, MemoryStore
from tests.sim.world import Context, Output, Step

SPEED = 60
CONFIG = {"low": "92", "high": "108", "cells": 16, "spacing": "arithmetic", "investment": "4000", "reserve_pct": "1"}
OPENING = {"USDT": "10000"}
USER, ACCOUNT, BOT = "ada", "acc", "bot"
Point = tuple[int, str]  # (number of the step over the whole life, before | after)


class Killed(Exception):
    """The host died."""


class Machine:
    """`deaths`: where it dies. `down_ms`: how long it is down each time."""

    def __init__(
        self, folder: Path, rows: list[market.Candle], deaths: set[Point], down_ms: int, sunset: dict[str, Any] | None = None
    ) -> None:
        market.write(folder, rows)
        (folder / "BTC-USDT.json").write_text(json.dumps(market.RULES))
        self.rows, self.deaths, self.down_ms = rows, deaths, down_ms
        self.stop_with = sunset
        self.clock, self.store, self.bus = Clock(market.BEGIN + 1_000), MemoryStore(), MemoryBus()
        self.outside = Outside(self.store, self.bus, MarketData(self.clock, folder), self.clock)
        self.entities: dict[tuple[str, str], str] = {}
        self.steps = self.events = self.died = self.stopped_from = 0
        self.names: list[str] = []
        account = {
            "exchange": "paper", "label": "x", "market": "replay", "balances": OPENING, "speed": SPEED, "id": ACCOUNT, "kind": "account",
            "createdMs": market.BEGIN, "sort": "1",
        }  # fmt: skip
        self.store._put("accounts", USER, account)
        fields = {"name": "grid", "account_id": ACCOUNT, "symbol": "BTC/USDT", "strategy": "GRID", "config": CONFIG}
        self.store._put("bots", USER, draft(BOT, fields, account, market.BEGIN))

    async def live(self) -> Machine:
        """From the start of the bot to some time after the end of the path."""
        end = market.BEGIN + len(self.rows) * market.MINUTE // SPEED
        await self._event("command", name="start", params={})
        halfway = (market.BEGIN + end) // 2
        while self.clock.now < end + 12_000:
            self.clock.now += 1_000
            await self._event("market")
            if self.stop_with is not None and self.clock.now > halfway:
                self.stopped_from = self.steps + 1
                await self._event("command", name="stop", params=self.stop_with)
                self.stop_with = None
        return self

    async def _event(self, kind: str, **body: Any) -> None:
        """One message, delivered until its tick is done."""
        self.events += 1
        event = BotEvent(USER, BOT, f"e{self.events}", kind, self.clock.now, body)
        results: list[tuple[bool, Any]] = []
        while True:
            try:
                await self._tick(event, results)
                return
            except Killed:
                self.died += 1
                self.clock.now += self.down_ms

    async def _tick(self, event: BotEvent, results: list[tuple[bool, Any]]) -> None:
        context = Context(event._asdict())
        steps, result = bot_tick(context), None
        kept = list(results)
        try:
            while True:
                step = steps.send(result)
                if kept:
                    _, result = kept.pop(0)
                    continue
                self.steps += 1
                number = self.steps
                self.names.append(step.name)
                if (number, "before") in self.deaths:
                    raise Killed
                done = self._operate(step) if step.kind == "entity" else await self._activity(step)
                is_lost = (number, "after") in self.deaths
                if not is_lost or step.kind == "entity":  # an entity's state, its answer and the message are one transaction
                    results.append((False, done))
                if is_lost:
                    raise Killed
                result = json.loads(json.dumps(done))
        except StopIteration:
            for signal in context.signals:
                self._operate(signal)

    def _operate(self, step: Step) -> Any:
        name, operation = step.name.split(".")
        key = (name, step.key)
        stored = json.loads(self.entities[key]) if key in self.entities else None
        if name == "account":
            state, answer = account_entity.perform(AccountOperation(operation), stored or {"schema": 1, "bots": {}}, json.loads(step.given))
        else:
            state, answer = bot_entity.perform(BotOperation(operation), stored, json.loads(step.given))
        if state is not None:
            self.entities[key] = json.dumps(state, allow_nan=False)
        return answer

    async def _activity(self, step: Step) -> Any:
        token = activities._given.set(self.outside)
        try:
            function = getattr(activities, step.name)._function.get_user_function()
            if step.name not in ("execute", "publish", "refuse"):
                return await function(json.loads(step.given))
            bots, live, curve = Output(), Output(), Output()
            result = await function(json.loads(step.given), bots, live, *((curve,) if step.name != "refuse" else ()))
            for place, output in (("equity", curve), ("bots", bots)):
                for document in output.value or []:
                    await self.store.upsert(place, document["userId"], json.loads(document.to_json()))
            return result
        finally:
            activities._given.reset(token)

    # -- what came of it

    @property
    def ledger(self) -> Ledger:
        document = self.store.rows["bots", USER, BOT]
        fills = sorted(self.store.of("fills"), key=lambda row: row["sort"])
        events = sorted(self.store.of("events"), key=lambda row: row["sort"])
        views = [FillView.of_document(row).model_dump(mode="json") for row in fills]
        orders = [OrderView.of_document(row).model_dump(mode="json") for row in document["orders"]]
        return Ledger(document, orders, views, events)

    @property
    def book(self) -> dict[str, Any]:
        return self.store.rows["paper", USER, ACCOUNT]["book"]

    @property
    def account(self) -> dict[str, Any]:
        """What the account entity holds: the promises to bots."""
        return json.loads(self.entities["account", entity_key(USER, ACCOUNT)])


def lived(folder: Path, rows: list[market.Candle], deaths: set[Point], down_ms: int, sunset: dict[str, Any] | None = None) -> Machine:
    return asyncio.run(Machine(folder, rows, deaths, down_ms, sunset).live())
