"""One simulated platform: users with bots on a made-up venue, hosts that run production code, faults from a seed.

    boot -> faults -> heal (faults off) -> quiesce (the price rests, heartbeats go on) -> judgement

The small model: production orchestrator, entities and activities, driven by a minimal durable engine (`Instance`): results of steps are
kept, a step whose result was kept is never done again, an activity may run twice, a zombie's result comes too late.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import orjson

from entities import account as account_entity
from entities import bot as bot_entity
from entities.drafts import is_draft
from entities.operation import AccountOperation, BotOperation
from orchestrators import activities
from orchestrators.activities import Outside
from orchestrators.bot_tick import bot_tick
from shared.bot_document import draft
from shared.bus import BotEvent
from shared.ids import entity_key
from shared.transient import is_transient
from strategy_core.number import dec
from tests.sim.invariants import Watchdog
from tests.sim.kernel import EPOCH, Host, Io, Kernel, Sleep, Task, ask
from tests.sim.store import Rows, SimBus, SimStore
from tests.sim.venue import PROFILES, SYMBOL, Account, Profile, SimExchange, Venue, path_of_price

FAULTS_MS, MOVING_MS, END_MS = 70_000, 85_000, 215_000
WATCH_MS = 2_000
BEAT_MS = 20_000
DELIVERIES = 10
RARE_EVERY, TWICE_AT, QUEUE_AT, TIED_AT = 25, 12, 6, 23
"""What happens to some seeds alone, in turn: the others are what they would be without it."""
GRID = {"low": "90", "high": "110", "cells": 3, "spacing": "arithmetic", "investment": "1000", "reserve_pct": "1"}
DCA = {
    "base_order_size": "200", "safety_order_size": "150", "safety_orders": 2, "step_pct": "2", "take_profit_pct": "2.5", "funds_quote": "1000",
}  # fmt: skip
STRATEGIES = {"GRID": GRID, "DCA": DCA}
Doc = dict[str, Any]


class Superseded(Exception):
    """Somebody else has taken this instance over: whoever notices stops."""


class Step:
    """What an orchestrator asks for."""

    def __init__(self, kind: str, name: str, key: str, given: Any, attempts: int = 1) -> None:
        self.kind, self.name, self.key, self.attempts = kind, name, key, attempts
        self.given = orjson.dumps(given)


class Context:
    """The orchestration context of one replay."""

    def __init__(self, event: Doc) -> None:
        self._event, self.signals = event, []  # type: Doc, list[Step]

    def get_input(self) -> Doc:
        return dict(self._event)

    def call_activity(self, name: str, given: Any) -> Step:
        return Step("activity", name, "", given)

    def call_activity_with_retry(self, name: str, retry: Any, given: Any) -> Step:
        return Step("activity", name, "", given, retry.max_number_of_attempts)

    def call_entity(self, entity: Any, name: str, given: Any) -> Step:
        return Step("entity", f"{entity.name}.{name}", entity.key, given)

    def signal_entity(self, entity: Any, name: str, given: Any) -> None:
        self.signals.append(self.call_entity(entity, name, given))


class Instance:
    """One durable orchestration: its event, the results of its steps so far, and who works on it."""

    def __init__(self, event: BotEvent) -> None:
        self.event = event
        self.results: list[tuple[bool, bytes]] = []  # (raised, JSON)
        self.owner = 0
        self.deliveries = 0


class World:
    save_after_send = False  # a mutant's switch

    def __init__(self, seed: int, profile: Profile | None = None, bots: int | None = None) -> None:
        self.seed = seed
        self.kernel = kernel = Kernel(seed)
        self.profile = profile or kernel.chance.choice(PROFILES)
        self.rows, self.entities = Rows(), {}  # type: Rows, dict[tuple[str, str], bytes]
        self.store, self.bus = SimStore(self.rows), SimBus(self.arrived)
        self.watchdog = Watchdog(self)
        self.venue = Venue(kernel, self.profile, self.watchdog.accepted)
        self.venue.hears_twice, self.venue.queue_ms = seed % RARE_EVERY == TWICE_AT, 20_000 if seed % RARE_EVERY == QUEUE_AT else 0
        skew = 500 if kernel.swarm.skew else 0
        self.hosts = [Host(f"h{i}", kernel.chance.randint(-skew, skew)) for i in range(2)]
        self.queues: dict[str, deque[Instance]] = {}
        self.busy: set[str] = set()
        self.known: set[tuple[str, str, str]] = set()
        self.unfinished: dict[int, Instance] = {}
        self.dead: list[BotEvent] = []
        self.commands: list[BotEvent] = []
        self.bots: dict[str, str] = {}  # bot -> user
        self.sent = self.turn = 0
        self._seen: dict[str, tuple[int, Doc]] = {}
        self._held: dict[tuple[str, str], bytes] = {}
        for number in range(bots or kernel.chance.choice((1, 1, 1, 1, 2))):
            self._make_bot(number)

    def _make_bot(self, number: int) -> None:
        user, account_id, bot_id = f"user{number % 2}", f"acc{number % 2}", f"bot{number}"
        if account_id not in self.venue.accounts:
            opening = {"USDT": Decimal(1700), "BTC": Decimal(0)}
            self.venue.accounts[account_id] = Account(user, dict(opening))
            self.watchdog.opening[account_id] = opening
            account = {
                "id": account_id,
                "kind": "account",
                "exchange": "venue",
                "market": "venue",
                "sort": "1",
                "createdMs": EPOCH,
                "speed": 1,
            }
            self.rows.put("accounts", user, account)
        account = self.rows.get("accounts", user, account_id)
        assert account is not None
        strategy = self.kernel.chance.choice(("GRID", "GRID", "GRID", "DCA"))
        fields = {"name": bot_id, "account_id": account_id, "symbol": SYMBOL, "strategy": strategy, "config": STRATEGIES[strategy]}
        self.rows.put("bots", user, draft(bot_id, fields, account, EPOCH))
        self.bots[bot_id] = user

    # -- the life of a run

    def run(self) -> World:
        """All phases. Errors: AssertionError naming the invariant."""
        kernel = self.kernel
        token = activities._given.set(Outside(self.store, self.bus, None, kernel.now_ms))
        before = activities.on_account, activities.source_of
        activities.on_account = self._on_account
        activities.source_of = lambda account: WallPath()
        try:
            self._boot()
            kernel.run(EPOCH + FAULTS_MS)
            self._heal()
            kernel.run(EPOCH + END_MS)
            self.watchdog.at_rest()
        finally:
            kernel.close()
            activities._given.reset(token)
            activities.on_account, activities.source_of = before
        return self

    async def _on_account(self, user_id: str, account: Doc, work: Callable[[Any], Any]) -> Any:
        return await work(SimExchange(self.venue, self.venue.accounts[account["id"]]))

    def _boot(self) -> None:
        kernel, chance = self.kernel, self.kernel.chance
        path_of_price(kernel, self.venue, EPOCH + MOVING_MS, 2_500)
        for bot in self.bots:
            for again_ms in (0, 15_000, FAULTS_MS + 5_000):  # an owner whose start was refused tries again
                self._command(bot, again_ms + chance.randint(0, 6_000), "start", {})
            for _ in range(chance.choice((0, 1, 1, 2)) if kernel.swarm.user else 0):
                name = chance.choice(("pause", "pause", "resume", "resume", "stop"))
                params = {"pause": {"keep_orders": chance.random() < 0.5}, "stop": {"close_mode": chance.choice(("keep", "quote", "base"))}}
                self._command(bot, chance.randint(10_000, FAULTS_MS), name, params.get(name, {}))
        if self.seed % RARE_EVERY == TIED_AT:
            for after_ms, share in ((12_000, Decimal("0.9")), (FAULTS_MS, Decimal(0))):
                kernel.at(EPOCH + after_ms, lambda share=share: self._tie_up(share))
        kernel.at(EPOCH + WATCH_MS, self._watch)
        kernel.at(EPOCH + BEAT_MS, self._beat)

    def _tie_up(self, share: Decimal) -> None:
        """Owners use most of their money for something of their own."""
        for account in self.venue.accounts.values():
            account.tied = {"USDT": account.balances["USDT"] * share}

    def _heal(self) -> None:
        self.kernel.faults = False
        for host in self.hosts:
            host.skew_ms = 0

    def _command(self, bot: str, after_ms: int, name: str, params: Doc) -> None:
        def send() -> None:
            self.sent += 1
            event = BotEvent(self.bots[bot], bot, f"cmd{self.sent}", "command", self.kernel.now, {"name": name, "params": params})
            self.commands.append(event)
            self.arrived(event)

        self.kernel.at(EPOCH + after_ms, send)

    def _watch(self) -> None:
        """What the market watcher does, and what becomes of its messages: lost, doubled, late, reordered."""
        kernel, venue = self.kernel, self.venue
        for bot, user in self.bots.items():
            row = self._read_model(user, bot)
            below, above, wake = row.get("below"), row.get("above"), row.get("until_ms")
            low, high = float(venue.low), float(venue.high)
            is_due = (
                (below is not None and below >= low) or (above is not None and above <= high) or (wake is not None and wake <= kernel.now)
            )
            if is_due:
                self._nudge(bot, f"s{kernel.now // 1000}", "market")
        venue.low = venue.high = venue.price
        if kernel.now < EPOCH + END_MS - BEAT_MS:
            kernel.at(kernel.now + WATCH_MS, self._watch)

    def _read_model(self, user: str, bot: str) -> Doc:
        """The bot's document, read anew only when it has changed."""
        etag = self.rows.texts["bots", user, bot][1]
        if bot not in self._seen or self._seen[bot][0] != etag:
            self._seen[bot] = (etag, self.rows.get("bots", user, bot) or {})
        return self._seen[bot][1]

    def _beat(self) -> None:
        for bot in self.bots:
            self._nudge(bot, f"beat{self.kernel.now // 1000}", "heartbeat")
        if self.kernel.now < EPOCH + END_MS - 2 * BEAT_MS:  # the last ones have time to be worked on
            self.kernel.at(self.kernel.now + BEAT_MS, self._beat)

    def _nudge(self, bot: str, id_: str, kind: str) -> None:
        kernel = self.kernel
        event = BotEvent(self.bots[bot], bot, id_, kind, kernel.now, {})
        if kernel.happens(kernel.swarm.message_lost):
            kernel.seen["message_lost"] += 1
            return
        late = kernel.chance.randint(500, 15_000) if kernel.happens(kernel.swarm.message_late) else 0
        kernel.seen["message_late"] += late > 0
        kernel.at(kernel.now + late, lambda: self.arrived(event))

    # -- messages

    def arrived(self, event: BotEvent) -> None:
        """A message is on its bot's session; a repeat inside the window vanishes."""
        key = (event.user_id, event.bot_id, event.id)
        if key in self.known:
            return
        self.known.add(key)
        instance = Instance(event)
        self.unfinished[id(instance)] = instance
        self.queues.setdefault(event.bot_id, deque()).append(instance)
        self._next(event.bot_id)

    def _next(self, bot: str) -> None:
        """The session's next message; now and then the lock is lost and two are worked on at once."""
        kernel = self.kernel
        while self.queues[bot] and (bot not in self.busy or kernel.happens(kernel.swarm.message_twice)):
            kernel.seen["overlap"] += bot in self.busy
            self.busy.add(bot)
            self._work(self.queues[bot].popleft())

    def _work(self, instance: Instance) -> None:
        """(Re)starts the instance on some host."""
        self.turn += 1
        instance.owner = turn = self.turn
        host = self.kernel.chance.choice(self.hosts)
        task = Task(
            self._drive(instance, turn), host, lambda value, error: self._ended(instance, turn, error), lambda: self._lost(instance, turn)
        )
        task.label = f"{instance.event.bot_id}.{instance.event.id}"
        self.kernel.spawn(task)

    def _lost(self, instance: Instance, turn: int) -> None:
        """The host died or seems to have: after a while somebody else goes on."""
        self._held.clear()

        def resume() -> None:
            if instance.owner == turn:
                self.kernel.seen["resumed"] += 1
                self._work(instance)

        self.kernel.at(self.kernel.now + self.kernel.chance.randint(300, 6_000), resume)

    def _ended(self, instance: Instance, turn: int, error: Exception | None) -> None:
        if instance.owner != turn or isinstance(error, Superseded):
            self.kernel.seen["zombie_ignored"] += 1
            return
        if error is None:
            self._settled(instance)
        elif _is_fault(error):
            self._again(instance)
        else:
            raise AssertionError(f"a tick raised {type(error).__name__}: {error}") from error

    def _again(self, instance: Instance) -> None:
        """A failed orchestration: the message comes back, and its tick starts anew."""
        kernel = self.kernel
        kernel.seen["tick_failed"] += 1
        instance.deliveries += 1
        if instance.deliveries >= DELIVERIES:
            self.dead.append(instance.event)
            self._settled(instance)
            return
        instance.results = []
        kernel.at(kernel.now + kernel.chance.randint(50, 1_000), lambda: self._work(instance))

    def _settled(self, instance: Instance) -> None:
        if self.unfinished.pop(id(instance), None) is None:
            return
        if self.kernel.happens(self.kernel.swarm.message_twice):  # completed too late: delivered once more, its instance is done
            self.kernel.seen["delivered_twice"] += 1
        self.busy.discard(instance.event.bot_id)
        self._next(instance.event.bot_id)

    # -- a minimal durable engine

    async def _drive(self, instance: Instance, turn: int) -> None:
        """Replays the orchestrator over what is kept, then does its next step, until it returns."""
        context = Context(instance.event._asdict())
        steps = bot_tick(context)
        kept = list(instance.results)
        raised, result = False, None
        try:
            while True:
                step = steps.throw(_failure(result)) if raised else steps.send(result)
                if kept:
                    raised, text = kept.pop(0)
                else:
                    raised, text = await self._perform(instance, turn, step)
                    if instance.owner != turn:
                        raise Superseded
                    if step.kind == "activity":  # an entity's answer is kept with its state
                        instance.results.append((raised, text))
                result = orjson.loads(text)
        except StopIteration:
            for signal in context.signals:
                self.kernel.at(self.kernel.now + self.kernel.chance.randint(2, 300), lambda signal=signal: self._operate(signal))
            return

    async def _perform(self, instance: Instance, turn: int, step: Step) -> tuple[bool, bytes]:
        if step.kind == "entity":

            def effect() -> bytes:
                if instance.owner != turn:
                    raise Superseded
                instance.results.append((False, self._operate(step)))  # state, answer and the end of the message are one transaction
                return instance.results[-1][1]

            return False, await ask(Io(f"entity.{step.name}", effect, sure=True))
        for attempt in range(step.attempts):
            try:
                return False, orjson.dumps(await self._activity(step))
            except Superseded:
                raise
            except Exception as error:
                if not _is_fault(error):
                    raise AssertionError(f"{step.name} raised {type(error).__name__}: {error}") from error
                failed = type(error).__name__
            if attempt + 1 < step.attempts:
                await ask(Sleep(500))
        return True, orjson.dumps(failed)

    async def _activity(self, step: Step) -> Any:
        function = _function(step.name)
        given = orjson.loads(step.given)
        if step.name not in ("execute", "publish", "refuse"):
            return await function(given)
        bots, live, curve = Output(), Output(), Output()
        result = await function(given, bots, live, *((curve,) if step.name != "refuse" else ()))
        for place, output in (("equity", curve), ("bots", bots)):
            for document in output.value or []:
                await self.store.upsert(place, document["userId"], orjson.loads(document.to_json()))
        return result

    def _operate(self, step: Step) -> bytes:
        """One entity operation, at one instant: state and answer together."""
        name, operation = step.name.split(".")
        key = (name, step.key)
        stored = orjson.loads(self.entities[key]) if key in self.entities else None
        if key in self._held:
            stored = orjson.loads(self._held.pop(key))
        given = orjson.loads(step.given)
        if name == "account":
            state, answer = account_entity.perform(AccountOperation(operation), stored or {"schema": 1, "bots": {}}, given)
        else:
            state, answer = bot_entity.perform(BotOperation(operation), stored, given)
        if state is not None:
            text = orjson.dumps(state)
            self.watchdog.stored(key, stored, state, answer, len(text))
            if self.save_after_send and any(intent["kind"] == "place" for intent in answer.get("intents", ())) and stored is not None:
                self._held[key] = text
            else:
                self.entities[key] = text
        self.kernel.note("entity", step.name, operation)
        return orjson.dumps(answer)

    def bot_state(self, bot: str) -> Doc | None:
        text = self.entities.get(("bot", entity_key(self.bots[bot], bot)))
        state = None if text is None else orjson.loads(text)
        return None if is_draft(state) else state


class Output:
    def __init__(self) -> None:
        self.value: Any = None

    def set(self, value: Any) -> None:
        self.value = value


class WallPath:
    """A venue's path is wall time."""

    async def wall(self, symbol: str, at: int) -> int:
        return at


def _is_fault(error: Exception) -> bool:
    return is_transient(error) or isinstance(error, _Failed)


class _Failed(Exception):
    """What an orchestrator is told of an activity that failed."""


def _failure(name: Any) -> Exception:
    return _Failed(str(name))


def _function(name: str) -> Callable[..., Any]:
    return getattr(activities, name)._function.get_user_function()


def figure(text: str) -> Decimal:
    return dec(text)
