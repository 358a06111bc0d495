"""The whole platform from one seed: production triggers, orchestrators, entities and activities on onebox's durable engine and broker.

    boot -> faults -> heal (faults off, hosts up) -> quiesce (prices rest, timers go on) -> judgement

What is not the real thing, because the real one is only slow or only the network: SQLite (memory.py, store.py), the sockets between host,
worker and services (functions are called in this process), Cosmos's SQL (the horizon questions are Python), ccxt and the venue (venue.py),
HTTP routing and token checks (owners.py calls what the routes call). Everything above these ports is the product, unmodified.

A seed is `onebox` (one process with everything in it: its death takes the engine's memory along) or `cloud` (two hosts with clocks of
their own over a backend that lives on: their death loses what they were doing, and a frozen one goes on later as a zombie).
"""

from __future__ import annotations

import asyncio
import logging
import warnings
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import numpy as np

import exchange.accounts
from exchange.protocol import ExchangeError
from orchestrators import activities, quiet_round
from orchestrators.activities import Outside
from orchestrators.live_accounts import LiveAccounts
from shared import ids, post
from shared.bus import BotEvent
from shared.errors import AppError
from shared.secrets import VaultDown
from shared.settings import Settings
from tests.fakes import FixedKeys, FixedRealtime, NameVerifier
from tests.sim.full.accidents import Accidents
from tests.sim.full.checker import Checker
from tests.sim.full.durable import Client, Durable, EngineClock, by_trigger
from tests.sim.full.owners import Owners
from tests.sim.full.paper import PaperBooks
from tests.sim.full.plan import Plan
from tests.sim.full.queue import LANES, Pump, SimBus, SimPost, open_broker
from tests.sim.full.speed import quick_sdk
from tests.sim.full.stops import StopBook
from tests.sim.full.timers import Timers
from tests.sim.full.venues import BudgetedExchange, Lock, Moved, Patience, Semaphore, SimMarkets, SimVault, gather, sleep, wait_for
from tests.sim.kernel import EPOCH, Broken, Host, Io, Kernel, Task, TimedOut, ask
from tests.sim.store import Rows, SimStore
from tests.sim.venue import SYMBOL, Profile, Venue
from triggers import bot_events, clock, dead_letters, hook_intake, hooks, market_watch
from triggers.api import platform as platforms
from triggers.api.platform import Platform

Doc = dict[str, Any]
FUTURE = f"{SYMBOL}:USDT"
STILL_MS = 10_000  # how often a market at rest is heard of
SETTINGS = Settings(heartbeat_s=60, live_exchanges="binance", public_url="https://tickwise.example", requests_per_minute=100_000)
FAULTS = (TimedOut, Broken, ConnectionError, VaultDown, ExchangeError, TimeoutError)


class World:
    def __init__(self, seed: int, profile: Profile | None = None, plan: Plan | None = None, store: Any = None) -> None:
        self.seed = seed
        self.kernel = kernel = Kernel(seed)
        self.plan = plan or Plan.of(kernel.chance, seed)
        self.profile = profile or self.plan.profile
        if self.plan.is_onebox or not self.profile.has_deadline:
            # one process has no second to take its work over; and on a venue without deadlines nothing is promised against a frozen host
            kernel.swarm = kernel.swarm._replace(freeze=0.0)
        self.clock = EngineClock(kernel)
        self.rows = Rows(self.clock.now_ms)
        self.store, self.bus, self.markets = SimStore(self.rows, kernel), (SimPost if self.plan.post else SimBus)(self), SimMarkets(self)
        self.checker, self.paper = Checker(self), PaperBooks(self)
        self.rows.written = self.paper.written
        self.venues = {symbol: Venue(kernel, self.profile, self.checker.accepted, symbol) for symbol in (SYMBOL, FUTURE)}
        self.stops = {symbol: StopBook(kernel, venue, self.plan.belts) for symbol, venue in self.venues.items()}
        self.moves = {symbol: [Moved(EPOCH, venue.price)] for symbol, venue in self.venues.items()}
        self._paths: dict[str, tuple[Any, Any]] = {}
        self.is_up, self.downs = True, 0
        self.logged: list[str] = []
        self.messages: Counter[str] = Counter()
        self.feed_down = False
        skew = 500 if kernel.swarm.skew else 0
        names = ("onebox",) if self.plan.is_onebox else ("h0", "h1")
        self.hosts = [Host(name, kernel.chance.randint(-skew, skew)) for name in names]
        self.processes: dict[str, SimpleNamespace] = {}
        for host in self.hosts:
            self._process(host)
            host.died = lambda host=host: self._died(host)
        self.owners, self.accidents = Owners(self), Accidents(self)
        self.broker = open_broker(self)
        self.durable = Durable(self, store)
        triggers = by_trigger("serviceBusTrigger")
        self.pumps = [Pump(self, self.broker, queue, triggers[trigger]) for queue, trigger in LANES.items()]
        self.timers = Timers(self)

    # -- hosts

    def _process(self, host: Host) -> None:
        """What a host's process keeps in memory: its open accounts, and how much the venue lets it ask."""
        patience = {symbol: Patience(self.kernel, self.profile.calls_per_s or 100) for symbol in self.venues}

        def opener(venue: str, keys: dict[str, str], clock: Any, budget: Any, **_: Any) -> BudgetedExchange:
            place = self.owners.venue_of_account(keys["apiKey"])
            return BudgetedExchange(place, place.accounts[keys["apiKey"]], patience[place.symbol], self.stops[place.symbol])

        vault = SimVault(self.owners.names if hasattr(self, "owners") else {})
        self.processes[host.name] = SimpleNamespace(
            live=LiveAccounts(SETTINGS, vault, self.kernel.now_ms, opener), vault=vault, watcher=market_watch.Memory()
        )

    def of(self, store: Any) -> market_watch.Memory:
        """The watcher's memory of whichever process looks (market_watch._memory)."""
        memory: market_watch.Memory = self.processes[(self.kernel.host or self.hosts[0]).name].watcher
        return memory.of(store)

    def host(self) -> Host:
        """Whoever takes the next piece of work."""
        return self.kernel.chance.choice(self.hosts)

    @property
    def live(self) -> LiveAccounts:
        host = self.kernel.host
        return self.processes[(host or self.hosts[0]).name].live

    def strike(self, label: str, when: str) -> bool:
        """Whether the host that does this dies now. Called where the engine works for itself."""
        kernel = self.kernel
        wanted = kernel.kill_at is not None and kernel.kill_at(label, when)
        if not wanted and not kernel.happens(kernel.swarm.kill / 4):
            return False
        if label == "commit" and not self.plan.is_onebox:
            return False  # the backend is somebody else's and does not die
        kernel.seen[f"kill_{label.partition(' ')[0]}_{when}"] += 1
        kernel.kill(self.host())
        return True

    def _died(self, host: Host) -> None:
        self._process(host)
        clock._last.clear()
        hooks.guarding.cache_clear()
        if self.plan.is_onebox and self.is_up:
            self._down(self.plan.down_ms or self.kernel.chance.randint(300, 6_000))

    def _down(self, how_long: int) -> None:
        """The one process is gone, with all it remembers; after a while it starts again from the disk."""
        self.is_up, self.durable.engine = False, None  # type: ignore[assignment]
        self.downs += 1
        number = self.downs

        def up() -> None:
            if number == self.downs:
                self.kernel.note("up")
                self.is_up = True
                for pump in self.pumps:
                    pump.restarted()
                self.durable.open()
                self.wake()

        self.kernel.at(self.kernel.now + how_long, up)

    def gap(self, how_long: int) -> None:
        """Nothing of the platform runs; the venue goes on."""
        self.kernel.seen["gap"] += 1
        for host in self.hosts:
            self.kernel.kill(host, "gap")
        if not self.plan.is_onebox:
            self.is_up = False
            self.kernel.at(self.kernel.now + how_long, self._back)
            return
        self._down(how_long)

    def _back(self) -> None:
        self.is_up = True
        self.wake()

    def wake(self) -> None:
        for pump in self.pumps:
            pump.wake()

    # -- the life of a run

    def run(self) -> World:
        """All phases. Errors: AssertionError naming the invariant."""
        with self.installed():
            try:
                self.boot()
                self.kernel.run(EPOCH + self.plan.faults_ms)
                self.heal()
                self.kernel.run(EPOCH + self.plan.end_ms)
                self.checker.at_rest()
            finally:
                self.kernel.close()
        return self

    def boot(self) -> None:
        kernel = self.kernel
        for symbol in self.venues:
            self._path(symbol)
        self.owners.boot()
        self.timers.start()
        if self.plan.purges:
            for stops in self.stops.values():
                kernel.at(EPOCH + self.plan.faults_ms, stops.purge)
        for at in self.plan.gaps:
            kernel.at(EPOCH + at, lambda: self.gap(self.plan.gap_ms))

    def heal(self) -> None:
        self.kernel.faults = False
        for host in self.hosts:
            host.skew_ms = 0

    def _path(self, symbol: str) -> None:
        kernel, venue = self.kernel, self.venues[symbol]

        def step() -> None:
            venue.move()
            self.moves[symbol].append(Moved(kernel.now, venue.price))
            kernel.at(
                kernel.now + self.plan.move_ms, step if kernel.now + self.plan.move_ms <= EPOCH + self.plan.moving_ms else stand_still
            )

        def stand_still() -> None:
            self.moves[symbol].append(Moved(kernel.now, venue.price))
            if kernel.now + STILL_MS <= EPOCH + self.plan.end_ms:
                kernel.at(kernel.now + STILL_MS, stand_still)

        kernel.at(EPOCH + self.plan.move_ms, step)

    # -- ports

    def path(self, symbol: str) -> tuple[Any, Any]:
        """Instants and prices (in ticks) of everything a market's price did until now."""
        moves, known = self.moves[symbol], self._paths.get(symbol)
        if known is None or len(known[0]) != len(moves):
            unit = self.venues[symbol].market.price_tick
            at, ticks = [move.at for move in moves], [int(move.price / unit) for move in moves]
            known = self._paths[symbol] = np.array(at, dtype=np.int64), np.array(ticks, dtype=np.int64)
        return known

    def venue_of(self, symbol: str) -> Venue:
        return self.venues[symbol]

    def account(self, account_id: str) -> Any:
        """What its venue says of an account: orders, trades, balances."""
        return self.paper.account(account_id) if account_id in self.paper else self.owners.venue_of_account(account_id).accounts[account_id]

    async def feed(self, actions: str) -> None:
        """The Web PubSub output binding."""
        self.checker.published(actions)
        await ask(Io("webpubsub.send", lambda: None))

    def sent(self, event: BotEvent) -> None:
        self.messages[event.kind] += 1
        self.kernel.seen["guard_tripped"] += event.body.get("reason") == "guard"

    def invoke_trigger(self, function: Any, *given: Any) -> Any:
        """A trigger's function with its durable client, if it has one."""
        call = function.get_user_function()
        if not any(binding.type == "durableClient" for binding in function.get_bindings()):
            return call(*given)
        return call.client_function(*given, client=Client(self.durable))

    def run_on_host(self, label: str, work: Any, done: Callable[[Any, Any], None], lost: Callable[[], None] = lambda: None) -> Task:
        task = Task(work, self.host(), done, lost)
        task.label = label
        self.kernel.spawn(task)
        return task

    def failed(self, name: str, error: BaseException) -> None:
        """Something of the product raised: a fault of the world is expected, anything else is a bug."""
        self.kernel.seen[f"failed_{name}"] += 1
        if isinstance(error, (*FAULTS, AppError)) or type(error).__name__ in EXPECTED:
            return
        if isinstance(error, AssertionError):
            raise error
        if name in ORCHESTRATIONS and any(f"failed: {kind}" in str(error) for kind in (*(fault.__name__ for fault in FAULTS), *EXPECTED)):
            return
        if self.plan.is_poison(error):
            return
        raise AssertionError(f"{name} raised {type(error).__name__}: {error}") from error

    def committed(self, entity: str, before: str | None, after: str | None, answer: Doc) -> None:
        self.checker.committed(entity, before, after, answer)

    # -- the product's doors

    @contextmanager
    def installed(self) -> Iterator[None]:
        """The ports of this world in place of the app's own, and its only chance in place of the system's."""
        platform = Platform(
            SETTINGS,
            self.store,
            self.bus,
            NameVerifier(),
            FixedRealtime(),
            self.markets,
            self.kernel.now_ms,
            FixedKeys(),
            live=LiveOfHost(self),
        )  # type: ignore[arg-type]
        outside = Outside(self.store, self.bus, self.markets, self.kernel.now_ms, LiveOfHost(self))  # type: ignore[arg-type]
        self.platform = platform
        tokens = activities._given.set(outside), platforms._given.set(platform)
        chance = self.kernel.chance
        shims = SimpleNamespace(
            **{
                **vars(asyncio),
                "sleep": sleep,
                "Lock": Lock,
                "create_task": left_alone,
                "gather": gather,
                "Semaphore": Semaphore,
                "wait_for": wait_for,
            }
        )
        undo: list[tuple[Any, str, Any]] = []

        def put(owner: Any, name: str, value: Any) -> None:
            undo.append((owner, name, getattr(owner, name)))
            setattr(owner, name, value)

        for module in (bot_events, clock, dead_letters, exchange.accounts, hook_intake, post, quiet_round):
            if hasattr(module, "asyncio"):
                put(module, "asyncio", shims)
        put(ids, "secrets", SimpleNamespace(token_hex=lambda n: f"{chance.getrandbits(8 * n):0{2 * n}x}"))
        put(market_watch, "_memory", self)
        put(clock, "_last", {})
        put(clock, "DUTIES", {name: clock.DUTIES[name] for name in ("guards", "alerts", "heartbeat", "sweeper")})
        hooks.guarding.cache_clear()
        logger = logging.getLogger("tickwise")
        catcher, level = Catcher(self.logged), logger.level
        quiet, speaks = logging.getLogger().manager.disable, logger.propagate
        if self.plan.listens:
            logging.disable(logging.NOTSET)
            logger.addHandler(catcher)
            logger.setLevel(logging.DEBUG)
            logger.propagate = False
        try:
            with quick_sdk(), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the SDK has advice for its next version
                yield
        finally:
            logger.removeHandler(catcher)
            logger.setLevel(level)
            logger.propagate = speaks
            logging.disable(quiet)
            for owner, name, value in reversed(undo):
                setattr(owner, name, value)
            activities._given.reset(tokens[0])
            platforms._given.reset(tokens[1])


ORCHESTRATIONS = ("bot_tick", "bot_aside", "quiet_round", "bot_inbox", "post_task")
EXPECTED = ("AlreadyExists", "TickFailed", "Stale", "Fenced")


def left_alone(work: Coroutine[Any, Any, Any]) -> SimpleNamespace:
    """A task that would only wait for the end of the process: here a process ends without a farewell."""
    work.close()
    return SimpleNamespace(done=lambda: False)


class LiveOfHost:
    """orchestrators.live_accounts.LiveAccounts of whichever host is running."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def open(self, user_id: str, account: Doc) -> Any:
        return await self._world.live.open(user_id, account)

    async def forget(self, user_id: str, account: Doc) -> None:
        await self._world.live.forget(user_id, account)


class Catcher(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(record.getMessage())
