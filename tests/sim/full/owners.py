"""The people: they open accounts, start bots, change their minds, post alerts, set guards, press panic, and trade by hand.

They call what the HTTP routes call, on a host that may die under them; whoever gets no answer asks again with the same key.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

import azure.functions as func

from infra.onebox.servicebus.message import Outgoing
from shared.bus import QUEUE
from shared.errors import AppError
from shared.webhooks.seal import seal
from strategy_core.number import plain
from strategy_core.trade import Order, OrderType, Role, Side
from tests.sim.full.configs import EDITS, config_of
from tests.sim.full.durable import by_trigger
from tests.sim.kernel import EPOCH
from tests.sim.venue import SYMBOL, Account, OrderStatus, Placement, Venue
from triggers.api import bot_edits, bots, commands, guards, panic, webhooks
from triggers.api.models.bot import BotCreate
from triggers.api.models.bot_edit import EditBody
from triggers.api.models.safety import Guard, Guards
from triggers.api.models.webhook import WebhookCreate

if TYPE_CHECKING:
    from tests.sim.full.world import World

Doc = dict[str, Any]
FUTURE = f"{SYMBOL}:USDT"
OPENING = {"USDT": Decimal(4000), "BTC": Decimal(15)}
OPENING_FUTURE = {"USDT": Decimal(2000), "BTC": Decimal(0)}
FUTURES = ("COMBO", "DCA_FUTURES")
TRIES = 6
ASIDE_MS = 3_000


class Bot(NamedTuple):
    id: str
    user: str
    account: str
    strategy: str
    symbol: str


class Answered(NamedTuple):
    """What an alert was answered: the 2xx ones must be found again."""

    at: int
    bot: str
    status: int
    body: Doc


class Owners:
    def __init__(self, world: World) -> None:
        self._world, self.kernel = world, world.kernel
        self.names: dict[str, str] = {}  # account -> account: what the vault knows
        self.bots: dict[str, Bot] = {}
        self.deleted: set[str] = set()
        self.refused: dict[str, str] = {}  # bot -> what the newest start was answered that could not be
        self.alerts: list[Answered] = []
        self.flows: dict[str, dict[str, Decimal]] = {}
        self.foreign: list[Any] = []
        self._asked = 0
        for number, strategy in enumerate(world.plan.strategies):
            self._meet(number, strategy)
        for process in world.processes.values():
            process.vault._accounts = self.names

    def _meet(self, number: int, strategy: str) -> None:
        user, plan = f"user{number % 2}", self._world.plan
        is_future, is_paper = strategy in FUTURES, any(plan.paper[number : number + 1])
        account = ("paper_" if is_paper else "") + (f"fut{number}" if is_future else f"acc{number % 2}")
        symbol = FUTURE if is_future else SYMBOL
        self.bots[f"bot{number}"] = Bot("", user, account, strategy, symbol)
        if account in self._world.checker.opening:
            return
        opening = OPENING_FUTURE if is_future else OPENING
        self._world.checker.opening[account] = dict(opening)
        self.flows[account] = {"USDT": Decimal(0), "BTC": Decimal(0)}
        document: Doc = {
            "id": account, "kind": "account", "label": account, "sort": account, "createdMs": EPOCH, "speed": 1, "schema": 1, "market": "binance",
        }  # fmt: skip
        if is_paper:
            self._world.paper.open(account, user, opening)
            document |= {"exchange": "paper", "paper": True, "balances": {name: plain(amount) for name, amount in opening.items()}}
        else:
            self.names[account] = account
            self._world.venues[symbol].accounts[account] = Account(user, dict(opening))
            balances = {name: {"free": plain(amount), "used": "0"} for name, amount in opening.items()}
            document |= {"exchange": "binance", "paper": False, "keyNumber": 1, "balances": balances}
        self._world.rows.put("accounts", user, document)

    def venue_of_account(self, account: str) -> Venue:
        return next(venue for venue in self._world.venues.values() if account in venue.accounts)

    # -- what they do, and when

    def boot(self) -> None:
        plan, chance = self._world.plan, self.kernel.chance
        for name in self.bots:
            self._at(chance.randint(0, 3_000), lambda name=name: self._open(name))
            for at in (15_000, plan.faults_ms + 4_000, plan.faults_ms + 60_000, plan.faults_ms + 110_000):
                self._at(at + chance.randint(0, 3_000), lambda name=name: self._see_to(name))
            for _ in range(plan.actions):
                self._at(chance.randint(8_000, plan.faults_ms), lambda name=name: self._act(name))
            for _ in range(plan.accidents):
                self._at(chance.randint(20_000, plan.faults_ms), lambda name=name: self._world.accidents.befall(name))
            if plan.hooks:
                self._at(5_000, lambda name=name: self._make_hook(name))
        if plan.guards:
            self._at(6_000, self._set_guards)
        if plan.poison:
            self._at(chance.randint(5_000, plan.faults_ms - 60_000), self._poison)
        if plan.by_hand:
            for account in self.names:
                self._at(chance.randint(3_000, plan.faults_ms), lambda account=account: self._by_hand(account))

    def _at(self, after_ms: int, act: Callable[[], None]) -> None:
        self.kernel.at(EPOCH + after_ms, act)

    def _do(
        self,
        what: str,
        call: Callable[[], Awaitable[Any]],
        then: Callable[[Any], None] = lambda _: None,
        refused: Callable[[AppError], None] = lambda _: None,
        tries: int = TRIES,
    ) -> None:
        """Once is enough, but it may take some tries."""

        def again() -> None:
            if tries > 1:
                pause = self.kernel.chance.randint(1_000, 4_000)
                self.kernel.at(self.kernel.now + pause, lambda: self._do(what, call, then, refused, tries - 1))

        def done(answer: Any, error: Any) -> None:
            if error is None:
                self.kernel.seen[f"owner_{what}"] += 1
                then(answer)
            elif isinstance(error, AppError) and error.status not in (429, 503):
                self.kernel.seen[f"owner_refused_{error.code}"] += 1
                refused(error)
            else:
                self._world.failed(f"owner_{what}", error)
                again()

        if not self._world.is_up:
            again()
            return
        self._world.run_on_host(f"api {what}", call(), done, again)

    def _key(self) -> str:
        self._asked += 1
        return f"key-{self._world.seed}-{self._asked}"

    # -- a bot's life

    def _open(self, name: str) -> None:
        bot, key = self.bots[name], f"create-{name}"
        plan, variety = self._world.plan, f"{self._world.seed} {name}"
        config = config_of(bot.strategy, plan.belts, variety if plan.varied else None)
        body = BotCreate(name=name, account_id=bot.account, symbol=bot.symbol, strategy=bot.strategy, config=config)  # type: ignore[arg-type]

        def made(document: Doc) -> None:
            self.bots[name] = self.bots[name]._replace(id=document["id"])
            self.command(name, "start")

        self._do("create", lambda: bots.create(self._world.platform, bot.user, body, key), made)

    def command(self, name: str, command: str, params: Doc | None = None) -> None:
        bot, key = self.bots[name], self._key()
        if command == "start":

            def refused(error: AppError) -> None:
                self.refused[name] = error.code

            self._do(
                "start",
                lambda: commands.start(self._world.platform, bot.user, bot.id, key),
                lambda _: self.refused.pop(name, None),
                refused,
            )
            return
        self._do(command, lambda: commands.send(self._world.platform, bot.user, bot.id, command, params or {}, key))

    def document(self, name: str) -> Doc | None:
        bot = self.bots[name]
        found = self._world.rows.get("bots", bot.user, bot.id) if bot.id else None
        return found if found is not None and found["kind"] == "bot" else None

    def _see_to(self, name: str) -> None:
        """Whoever looks finds a draft that did not start, or a bot that waits for them."""
        document = self.document(name)
        if document is None:
            if name not in self.deleted:
                self._open(name)
        elif document["status"] == "draft":
            self.command(name, "start")
        elif document["status"] == "error":
            self.kernel.seen[f"aside_{document.get('reason')}"] += 1
            if document.get("reason") == "state_lost":
                self._world.accidents.rebuild(name, "what was lost")
            else:
                self.command(name, "resume")

    def _act(self, name: str) -> None:
        chance, document = self.kernel.chance, self.document(name)
        if document is None:
            return
        what = chance.choice(ACTIONS)
        bot = self.bots[name]
        plat, key = self._world.platform, self._key()
        if what == "stop":
            self.command(name, "stop", {"close_mode": chance.choice(("keep", "quote", "base", "break_even"))})
        elif what == "pause":
            self.command(name, "pause", {"keep_orders": chance.random() < 0.5})
        elif what == "resume" and document["status"] in ("paused", "error"):
            self.command(name, "resume")
        elif what == "edit":
            self._do(
                "edit",
                lambda: bot_edits.edit(plat, bot.user, bot.id, EditBody(config=EDITS[bot.strategy], name=f"{name} again"), None, key),
            )
        elif what == "add_funds":
            amount = Decimal("0.5") if bot.strategy == "BTD" else Decimal(100)
            self._do("add_funds", lambda: bot_edits.add_funds(plat, bot.user, bot.id, amount, key))
        elif what == "panic":
            mode = chance.choice(("freeze", "cancel_all", "flatten"))
            self._do(f"panic_{mode}", lambda: panic.panic(plat, bot.user, mode, key))
        elif what == "delete":
            self._delete(name)
        elif what == "deal" and bot.strategy in ("DCA", "DCA_FUTURES"):
            self.command(name, chance.choice(("start_deal", "close_deal", "cancel_deal", "add_safety")))

    def _delete(self, name: str) -> None:
        bot = self.bots[name]
        self.deleted.add(name)  # whoever wants it gone does not make it anew
        self._do("delete", lambda: bots.delete(self._world.platform, bot.user, bot.id))

    # -- alerts

    def _make_hook(self, name: str) -> None:
        bot, key = self.bots[name], self._key()
        if not bot.id:
            return
        body = WebhookCreate(name=name, bots=(bot.id,), max_lag_s=3_600)

        def made(document: Doc) -> None:
            chance = self.kernel.chance
            for _ in range(self._world.plan.hooks):
                at = chance.randint(self.kernel.now - EPOCH, self._world.plan.faults_ms)
                self._at(at, lambda: self._alert(name, document))

        self._do("webhook", lambda: webhooks.create(self._world.platform, bot.user, body, key), made)

    def _alert(self, name: str, document: Doc) -> None:
        """One alert, or a storm of the same one: at once and again."""
        chance, bot = self.kernel.chance, self.bots[name]
        sealing = self._world.platform.seals.keys[0]  # type: ignore[attr-defined]
        sealed = webhooks.sealed(bot.user, document)
        opaque, secret = seal(sealing, sealed), webhooks.made_secret(sealing, sealed)
        action = chance.choice(
            ("start_deal", "close_deal", "pause", "start", "add_safety") if bot.strategy in ("DCA", "DCA_FUTURES") else ("pause", "start")
        )
        kind = chance.choice(("good", "good", "good", "storm", "wrong secret", "nonsense"))
        body: Any = {"v": 1, "token": secret, "bot": bot.id, "action": action, "id": f"a{self._key()}"}
        if kind == "wrong secret":
            body["token"] = "guess-who-is-there"
        raw = b"{nonsense" if kind == "nonsense" else json.dumps(body).encode()
        for _ in range(6 if kind == "storm" else 1):
            self.kernel.at(self.kernel.now + chance.randint(0, 1_500), lambda: self._post(bot, opaque, raw))

    def _post(self, bot: Bot, opaque: str, raw: bytes) -> None:
        function = by_trigger("httpTrigger")["hooks"]
        req = func.HttpRequest("POST", "/api/hooks/x", headers={}, route_params={"opaque": opaque}, body=raw)

        def done(answer: Any, error: Any) -> None:
            assert error is None, f"[12] the webhook's door raised {type(error).__name__}: {error}"
            said = json.loads(answer.get_body() or b"{}")
            self.kernel.seen[f"alert_{answer.status_code}"] += 1
            self.alerts.append(Answered(self.kernel.now, bot.id, answer.status_code, said))

        if self._world.is_up:
            work = self._world.invoke_trigger(function, req, SimpleNamespace(trace_context=None))
            self._world.run_on_host("hooks", work, done)

    # -- guards, poison, trades by hand

    def _set_guards(self) -> None:
        chance = self.kernel.chance
        rules = (
            {"kind": "sudden_move_pct", "limit": "2", "window_s": 60},
            {"kind": "exposure", "limit": "300", "currency": "USDT"},
            {"kind": "drawdown_pct", "limit": "1", "currency": "USDT"},
            {"kind": "daily_loss", "limit": "5", "currency": "USDT"},
        )
        for user in sorted({bot.user for bot in self.bots.values()}):
            mine = chance.choice([bot.account for bot in self.bots.values() if bot.user == user])
            world = "paper" if mine in self._world.paper else "live"
            chosen = {**chance.choice(rules), "id": "watch", "world": world, "mode": chance.choice(("freeze", "cancel_all", "flatten"))}
            body = Guards(items=(Guard.model_validate(chosen),))
            self._do("guards", lambda user=user, body=body: guards.put(self._world.platform, user, body, None))

    def _poison(self) -> None:
        """Messages nobody can read, and one for a bot that never was: each on a session of its own."""
        ghost = json.dumps({"userId": "user0", "botId": "ghost", "id": "g1", "kind": "market", "at": self.kernel.now, "body": {}}).encode()
        for number, text in enumerate((b"{not json", b'{"userId": "user0"}', ghost)):
            self.kernel.seen["poison"] += 1
            self._world.broker.send(QUEUE, Outgoing(text, f"poison:{number}", f"poison{number}"))

    def _by_hand(self, account_id: str) -> None:
        """An order of the owner's own that must be left alone, and one of the bots' orders taken away."""
        venue = self.venue_of_account(account_id)
        account, now = venue.accounts[account_id], self.kernel.now
        ours = [o for o in account.orders if o.status is OrderStatus.OPEN and not o.client_id.startswith("hand")]
        if ours:
            self.kernel.seen["cancelled_by_hand"] += 1
            venue._end(self.kernel.chance.choice(ours), OrderStatus.CANCELED)
        if venue.is_future:
            return
        order = Order("hand", 1, 1, Side.BUY, OrderType.LIMIT, Decimal(50), Decimal("0.5"), Role.GRID, False, now)
        if venue.place(account, Placement(f"hand-{now}", venue.symbol, order, now, now + 60_000), now + 60_000).order_id:
            self.kernel.seen["foreign_order"] += 1
            self.foreign.append(account.orders[-1])


ACTIONS = ("pause", "pause", "resume", "resume", "stop", "edit", "add_funds", "panic", "delete", "deal")
