"""A host as small as a test needs: it runs ticks with the real orchestrator, entities and activities, and dies where it is told to.

Every step replays the orchestrator from its beginning, as the platform does: an orchestrator that is not deterministic fails here.
Entity state passes through JSON at every operation.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, NamedTuple

from entities import account, bot
from entities.operation import AccountOperation, BotOperation
from exchange.market_data import MarketData
from orchestrators import activities
from orchestrators.activities import Outside, is_command
from orchestrators.bot_tick import bot_tick
from shared.bus import BotEvent
from shared.ids import entity_key
from tests.fakes import Clock, MemoryBus, MemoryStore


class Killed(Exception):
    """The host died."""


class Call(NamedTuple):
    kind: str  # activity | entity | signal
    name: str
    key: str
    given: Any


class Replay:
    """The orchestration context of one run of the generator."""

    def __init__(self, event: dict[str, Any]) -> None:
        self._event, self.signals = event, []

    def get_input(self) -> dict[str, Any]:
        return json.loads(json.dumps(self._event))

    def call_activity(self, name: str, given: Any) -> Call:
        return Call("activity", name, "", json.loads(json.dumps(given, allow_nan=False)))

    def call_activity_with_retry(self, name: str, retry: Any, given: Any) -> Call:
        return self.call_activity(name, given)

    def call_entity(self, entity: Any, name: str, given: Any) -> Call:
        return Call("entity", f"{entity.name}.{name}", entity.key, json.loads(json.dumps(given, allow_nan=False)))

    def signal_entity(self, entity: Any, name: str, given: Any) -> None:
        self.signals.append(self.call_entity(entity, name, given)._replace(kind="signal"))


class Output:
    def __init__(self) -> None:
        self.value: Any = None

    def set(self, value: Any) -> None:
        self.value = value


class Host:
    """`die_before`, `die_after`: the number of a call (counted from 1 over the host's life) at which the host dies."""

    def __init__(self, store: MemoryStore, replay: Any, clock: Clock) -> None:
        self.store, self.clock, self.bus = store, clock, MemoryBus()
        self.outside = Outside(store, self.bus, MarketData(clock, replay), clock)
        self.entities: dict[tuple[str, str], Any] = {}
        self.calls: list[Call] = []
        self.live: list[dict[str, Any]] = []
        self.episodes = self.told = self.looks = 0
        self.begun: dict[tuple[str, str], dict[str, Any]] = {}
        self.runs = Counter[tuple[str, str]]()
        self.die_before = self.die_after = 0

    @property
    def executions(self) -> int:
        """What the platform would bill so far: episodes, activities and entity operations, those nobody waits for included.

        A look is the trigger's.
        """
        return self.episodes + len(self.calls) + self.told - self.looks

    async def tick(self, event: BotEvent, history: list[Any] | None = None) -> Any:
        """One message from its beginning, as the trigger works on it, or its tick from a history of results.

        Errors: Killed; what the orchestration raises.
        """
        name = (event.bot_id, event.id)
        if not history:
            self.runs[name] += 1
            self.begun[name] = event._asdict() | {"run": self.runs[name]}
        if not history and not is_command(event._asdict(), "rebuild"):
            self.looks += 1
            seen = await self._perform(Call("activity", "observe", "", self.begun[name]))
            if not isinstance(seen, Exception) and seen["idle"]:
                return "idle"
            self.begun[name] |= {} if isinstance(seen, Exception) else {"seen": seen}
        return await self.run(bot_tick, self.begun[name], history)

    async def run(self, flow: Any, given: dict[str, Any], history: list[Any] | None = None) -> Any:
        """Any orchestration over the bot's entities and activities."""
        results: list[Any] = [] if history is None else history
        asked: list[Call] = []
        while True:
            self.episodes += 1
            context = Replay(given)
            call, value = self._replayed(flow, context, asked, results)
            if call is None:
                for signal in context.signals:
                    self.told += 1
                    self._entity(signal)
                return value
            asked.append(call)
            results.append(await self._perform(call))

    def _replayed(self, flow: Any, context: Replay, asked: list[Call], results: list[Any]) -> tuple[Call | None, Any]:
        """The next call of the orchestrator, or (None, its return value)."""
        steps = flow(context)
        try:
            call = next(steps)
            for i, result in enumerate(results):
                if i < len(asked):
                    assert call == asked[i], "the orchestrator is not deterministic"
                else:
                    asked.append(call)
                call = steps.throw(result) if isinstance(result, Exception) else steps.send(json.loads(json.dumps(result)))
        except StopIteration as done:
            return None, done.value
        return call, None

    async def _perform(self, call: Call) -> Any:
        self.calls.append(call)
        number = len(self.calls)
        if number == self.die_before:
            raise Killed(call.name)
        try:
            result = self._entity(call) if call.kind == "entity" else await self._activity(call)
        except Exception as error:
            result = error
        if number == self.die_after:
            raise Killed(call.name)
        return result

    def _entity(self, call: Call) -> Any:
        name, operation = call.name.split(".")
        stored = self.entities.get((name, call.key))
        if name == "account":
            state, result = account.perform(AccountOperation(operation), stored or {"schema": 1, "bots": {}}, call.given)
        else:
            state, result = bot.perform(BotOperation(operation), stored, call.given)
        if state is not None:
            self.entities[name, call.key] = json.loads(json.dumps(state, allow_nan=False))
        return json.loads(json.dumps(result, allow_nan=False))

    async def _activity(self, call: Call) -> Any:
        token = activities._given.set(self.outside)
        try:
            function = getattr(activities, call.name)._function.get_user_function()
            if call.name not in ("execute", "publish", "refuse"):
                return await function(call.given)
            bots, live, curve = Output(), Output(), Output()
            result = await function(call.given, bots, live, *((curve,) if call.name != "refuse" else ()))
            for place, output in (("equity", curve), ("bots", bots)):
                for document in output.value or []:
                    await self.store.upsert(place, document["userId"], json.loads(document.to_json()))
            self.live += [json.loads(action["data"]) for action in json.loads(live.value or "[]")]
            return result
        finally:
            activities._given.reset(token)

    def bot_state(self, user_id: str, bot_id: str) -> dict[str, Any]:
        return self.entities["bot", entity_key(user_id, bot_id)]
