"""The judge of a full run. It trusts the venue's own list of orders and trades, and the stored rows; it folds them by itself.

`accepted`, `committed` and `published` are told of things as they happen, `at_rest` judges the end. The numbers in brackets are those of
the project's list of invariants; [9] is judged where the venue is called (venues.py), [16] by running a seed twice (runs.py).
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from entities import belt
from entities.drafts import is_draft
from exchange.protocol import OrderStatus
from shared.clock import ms_of
from shared.ids import entity_key
from shared.webhooks.decision import decision_id
from strategy_core import registry
from strategy_core.number import ZERO, plain, working_digits
from strategy_core.storage import load_order
from strategy_core.trade import Side, client_order_id
from tests.sim.full.queue import LANES
from tests.sim.full.venues import CANARY
from tests.sim.venue import Account, VenueOrder

if TYPE_CHECKING:
    from tests.sim.full.owners import Bot
    from tests.sim.full.world import World

Doc = dict[str, Any]
WELL = ("active", "waiting", "paused", "stopped", "finished", "draft")
HALTED = ("stopped", "finished")
MOST_ORDERS = {"GRID": 8, "BTD": 8, "DCA": 6, "LOOP": 16, "COMBO": 24, "DCA_FUTURES": 6}
"""Of a LOOP only orders nothing was filled of count: one that is partly filled rests on beside its mirror, which has the money already
(strategy_core/loop.py), so ten slices may be twenty orders out, and more where a mirror is partly filled in its turn. What the ten may
grow by is that a mirror fills before its order is done: the rest then makes an order of its own. That no order is there twice is judged
exactly: no two of a bot are out on one leg.
"""
MORE_OF_A_VARIANT = 3  # cells and levels of configs.py
TINY = Decimal("1e-9")
SKEW_MS = 2_000  # two hosts' clocks may differ so much
LARGEST_STATE = 16_384
SLOT_OF = {"s": "market", "beat": "heartbeat", "sweep": "heartbeat"}


class Checker:
    def __init__(self, world: World) -> None:
        self._world = world
        self.opening: dict[str, dict[str, Decimal]] = {}
        self.intents: dict[str, tuple[str, str]] = {}  # client order id -> (user, bot)
        self.states: dict[str, Doc] = {}  # bot -> its newest committed state
        self._legs: dict[str, str] = {}  # order -> its place in the plan
        self._waits: dict[str, dict[str, str]] = {}  # order -> those that must be cancelled before it is sent, and their fills by then
        self._effects: Counter[tuple[str, str]] = Counter()
        self._revisions: dict[str, int] = {}

    # -- after every event

    def accepted(self, account: Account, order: VenueOrder) -> None:
        """[1] [2] [6] [7]: an order has come to be at the venue."""
        if order.client_id.startswith("hand"):
            return
        owner = self.intents.get(order.client_id)
        assert owner is not None, f"[2] the venue has an order nobody committed: {order.client_id}"
        user, bot = owner
        assert user == account.user_id, f"[2] an order of {user} is on the account of {account.user_id}"
        same = [other for other in account.orders if other.client_id == order.client_id]
        assert len(same) == 1, f"[1] {len(same)} orders for one intent of {bot}"
        state = self.states[bot]
        mine = [other for other in account.orders if self.intents.get(other.client_id, ("", ""))[1] == bot]
        resting = [other for other in mine if other.status is OrderStatus.OPEN]
        self._within_plan(bot, state["record"]["strategy"], resting)
        wanted, market = order.placement.order, self._world.venue_of(state["record"]["symbol"]).market
        if wanted.price is not None and not wanted.reduce_only:
            assert wanted.price * wanted.amount >= market.min_notional, f"[7] {bot}: below the minimum"
        self._within_means(bot, state, account, mine, resting)
        if wanted.price is None and wanted.reduce_only and ":" in state["record"]["symbol"]:
            self._alone(bot, state, order)

    def _within_plan(self, bot: str, strategy: str, resting: list[VenueOrder]) -> None:
        """[7] no more orders out than the plan has, and no two in one place."""
        counted = [order for order in resting if strategy != "LOOP" or not order.filled]
        most = MOST_ORDERS[strategy] * (MORE_OF_A_VARIANT if self._world.plan.varied else 1)
        assert len(counted) <= most, f"[7] {bot} ({strategy}) has {len(counted)} orders out"
        legs = Counter(self._legs[order.client_id] for order in resting if order.client_id in self._legs)  # stops of the belt have none
        twice = [leg for leg, count in legs.items() if count > 1]
        assert not twice, f"[7] {bot} ({strategy}) has two orders out on {twice}"

    def _alone(self, bot: str, state: Doc, order: VenueOrder) -> None:
        """[15] a close at market goes out beside no stop that is being taken back, unless that takes too long."""
        world, kept = self._world, (state.get("belt") or [None])[0]
        if kept is None or kept["state"] not in (belt.OPEN, belt.CANCELLING) or order.client_id == kept["id"]:
            return
        asked = world.kernel.now - int(kept.get("asked_at") or world.kernel.now)
        waits = any(stop.is_waiting and stop.client_id == kept["id"] for stop in world.stops[state["record"]["symbol"]].stops)
        assert not waits or asked >= belt.LOCK_MS - SKEW_MS, f"[15] {bot} closes at market beside its stop at the venue"

    def _within_means(self, bot: str, state: Doc, account: Account, mine: list[VenueOrder], resting: list[VenueOrder]) -> None:
        base, quote = self._flows(account, mine)
        ledger = state["core"]["ledger"]
        known = {order.client_id for order in mine}
        owner, epoch = f"{state['userId']}|{bot}", state["epoch"]
        pending = [
            row[0] for id_, row in state["sent"].items() if row[1] == "pending" and id_ not in known and not self._is_held(id_, mine)
        ]
        pending = [row for row in pending if client_order_id(owner, epoch, load_order(row).key) in state["sent"]]  # not an heir's doubts
        orders = [(o.placement.order.side.value, o.placement.order.price, o.left, o.placement.order.reduce_only) for o in resting]
        orders += [
            (side, None if price is None else Decimal(price), Decimal(amount), reduce)
            for side, price, amount, reduce in map(_spoken, pending)
        ]
        if ":" in state["record"]["symbol"]:
            leverage = Decimal(state["core"]["config"].get("leverage", "1"))
            price = self._world.venue_of(state["record"]["symbol"]).price
            adds = sum(((p or price) * amount for _, p, amount, reduce in orders if not reduce), ZERO)
            most = Decimal(ledger["put_quote"]) * leverage * Decimal("1.3")
            assert abs(base) * price <= most, f"[6] {bot} holds {base} at {price}, more than {most}"
            assert adds <= most * 2, f"[6] {bot} may add {adds}, more than {most}"
            return
        base += Decimal(ledger.get("put_base", "0"))
        quote += Decimal(ledger.get("put_quote", "0"))
        buys = sum((price * amount for side, price, amount, _ in orders if side == "buy" and price is not None), ZERO)
        sells = sum((amount for side, price, amount, _ in orders if side == "sell"), ZERO)
        assert not buys or buys <= quote, f"[6] {bot} bids {buys} with {quote} in hand"
        assert not sells or sells <= base, f"[6] {bot} offers {sells} and has {base}"

    def _is_held(self, id_: str, mine: list[VenueOrder]) -> bool:
        """Whether the order cannot have been sent (entities/following.py): one it takes the place of rests, or ended otherwise than wanted."""
        waits = self._waits.get(id_, {})
        return any(
            order.status is not OrderStatus.CANCELED or order.filled != Decimal(waits[order.client_id])
            for order in mine
            if order.client_id in waits
        )

    def _flows(self, account: Account, mine: list[VenueOrder]) -> tuple[Decimal, Decimal]:
        """What the bot's orders have brought in and cost, by the venue's trades: (base, quote)."""
        ids = {order.id for order in mine}
        base = quote = ZERO
        for _, trade in account.trades:
            if trade.order_id in ids:
                sign = 1 if trade.side is Side.BUY else -1
                base += sign * trade.amount - (trade.fee if trade.fee_currency == "BTC" else 0)
                quote -= sign * trade.amount * trade.price + (trade.fee if trade.fee_currency == "USDT" else 0)
        return base, quote

    def committed(self, entity: str, before: str | None, after: str | None, answer: Doc) -> None:
        """[2] [10] [11] [15]: an entity has a new state."""
        new = None if after is None or entity.startswith("@account") else _parsed(after)
        if is_draft(new):
            return
        old = None if before is None else _parsed(before)
        old = None if is_draft(old) else old
        user, bot = new["userId"], new["record"]["id"]
        is_again = bot in self.states and new["epoch"] > self.states[bot]["epoch"]
        if is_again:
            old = self._made_again(bot, new)
        belt = (new.get("belt") or [None])[0]
        for id_ in (*new["sent"], *([belt["id"]] if belt else ())):
            known = self.intents.setdefault(id_, (user, bot))
            assert known == (user, bot), f"[2] {bot} and {known[1]} share an order id"
        if old is not None:
            assert (is_again or new["revision"] >= old["revision"]) and new["schema"] >= old["schema"] and new["epoch"] >= old["epoch"], (
                f"[11] {bot} went back"
            )
            assert is_again or old.get("heir") or new["cursor"][0] >= old["cursor"][0], f"[11] {bot} looked back"
        self._legs |= {id_: load_order(row[0]).leg for id_, row in new["sent"].items() if id_ not in self._legs}
        self._waits |= {one["id"]: one.get("after", {}) for one in answer.get("intents", ()) if one["kind"] == "place"}
        commands = (old or {"core": {}})["core"].get("commands", ())
        for event in [name for name in new["core"].get("commands", ()) if name not in commands]:
            self._effects[bot, event] += 1
            assert self._effects[bot, event] == 1, f"[10] {bot}: {event} took effect twice"
        sent_before = (old or {"sent": {}})["sent"]
        fresh = [intent for intent in answer.get("intents", ()) if intent["kind"] == "place" and intent["id"] not in sent_before]
        status = new["core"]["status"]
        if fresh and (status in HALTED or (new["core"].get("suspended") and status == "paused") or new["quarantine"]):
            raise AssertionError(f"[15] {bot} is {status} and places {len(fresh)} orders")
        waits = (new["outbox"], new["core"].get("missed", ()))  # goes as soon as the store is there, and the bot is resumed
        own = len(after) - sum(len(json.dumps(part)) for part in waits)
        assert own < LARGEST_STATE, f"{bot}: a state of {own} bytes"
        self.states[bot] = new

    def _made_again(self, bot: str, new: Doc) -> Doc:
        """The state before, as far as the new one can know it: a command that nobody wrote down may take effect anew."""
        old = self.states[bot]
        self._world.kernel.seen["rebuilt"] += 1
        for event in set(old["core"].get("commands", ())) - set(new["core"].get("commands", ())):
            self._effects.pop((bot, event), None)
        return old

    def published(self, actions: str) -> None:
        """[14] and that no message goes to another's group."""
        assert CANARY not in actions, "[14] a secret in a live message"

    # -- at rest

    def at_rest(self) -> None:
        world = self._world
        world.kernel.seen[f"profile_{world.profile.name}"] += 1
        world.kernel.seen["mode_post"] += world.plan.post
        world.kernel.seen["mode_onebox" if world.plan.is_onebox else "mode_cloud"] += 1
        self._delivered()
        for account_id in self.opening:
            self._conserved(account_id)
        for name, bot in world.owners.bots.items():
            world.kernel.seen[f"strategy_{bot.strategy}"] += 1
            self._bot(name, bot)
        self._promises()
        self._alerts()
        self._silent_about_secrets()
        for order in world.owners.foreign:
            assert order.status in (OrderStatus.OPEN, OrderStatus.REJECTED), "[2] an order that is not ours was touched"

    def _delivered(self) -> None:
        """[13] every message is settled; what was given up was named and taken away."""
        world = self._world
        for name in LANES:
            left = world.broker.queue(name).peek(0, 10)
            assert not left, f"[13] {len(left)} messages left on {name}: {[(m.message_id, m.deliveries) for m in left[:3]]}"
        waiting = [row["id"] for row in world.rows.all("post") if row["kind"] == "events" and row["waiting"]]
        assert not waiting, f"[13] events left in the post: {waiting}"
        assert world.durable.engine is not None and world.durable.engine.is_idle(), "[13] the engine is still at work"
        running = (
            [row for row in world.durable.store.rows.values() if row[6] in ("Pending", "Running")]
            if hasattr(world.durable.store, "rows")
            else []
        )
        assert not running, f"[13] {len(running)} orchestrations never ended: {running[0][0]}"

    def _conserved(self, account_id: str) -> None:
        """[3] the ledger's fills are the venue's; [4] start + fills - fees is the venue's balance."""
        world = self._world
        account = world.account(account_id)
        hand = {order.id for order in account.orders if order.client_id.startswith("hand")}
        bots = {bot.id for bot in world.owners.bots.values() if bot.account == account_id}
        rows = [row for row in world.rows.all("fills") if row.get("bot_id") in bots]
        ours = Counter((row["trade_id"], row["side"], row["price"], row["amount"], row["fee"], row["fee_currency"]) for row in rows)
        theirs = Counter(
            (t.trade_id, t.side.value, plain(t.price), plain(t.amount), plain(t.fee), t.fee_currency)
            for _, t in account.trades if t.order_id not in hand
        )  # fmt: skip
        assert ours == theirs, (
            f"[3] only ours: {list((ours - theirs).elements())[:3]}, only the venue's: {list((theirs - ours).elements())[:3]}"
        )
        totals = dict(self.opening[account_id])
        for row in rows:
            sign, amount = (1 if row["side"] == "buy" else -1), Decimal(row["amount"])
            totals["BTC"] += sign * amount
            totals["USDT"] -= sign * amount * Decimal(row["price"])
            totals[row["fee_currency"]] -= Decimal(row["fee"])
        symbol = next(bot.symbol for bot in world.owners.bots.values() if bot.account == account_id)
        theirs_now = {name: account.settled(symbol, name) for name in totals} if account_id in world.paper else account.balances
        assert totals == theirs_now, f"[4] the ledger comes to {totals}, the venue has {theirs_now}"
        world.kernel.seen["judged_paper" if account_id in world.paper else "judged_live"] += 1

    def _bot(self, name: str, bot: Bot) -> None:
        world = self._world
        document = world.owners.document(name)
        if document is None:
            assert name in world.owners.deleted or not bot.id, f"[13] {name} is gone"
            world.kernel.seen["ends_deleted" if bot.id else "ends_unmade"] += 1
            assert bot.id or world.kernel.seen["owner_refused_create"] >= 0
            return
        world.kernel.seen[f"ends_{document['status']}"] += 1
        state = world.durable.entity_state("bot", entity_key(bot.user, bot.id))
        state = None if is_draft(state) else state
        if state is None and name in world.accidents.lost and document["status"] != "draft":
            # nothing has happened since: its orders rest, and the next tick will miss the state (the money is judged all the same)
            world.kernel.seen["lost_and_at_rest"] += 1
            return
        if state is None:
            is_told = document.get("reason") or name in world.owners.refused  # a start that is refused at once is answered, not kept
            assert document["status"] == "draft" and is_told, f"[13] {name} never started and does not say why"
            return
        assert document["status"] != "draft", f"[13] {name} runs, and its document says that it does not"
        account = world.account(bot.account)
        mine = [order for order in account.orders if self.intents.get(order.client_id, ("", ""))[1] == bot.id]
        self._settled(name, state, mine)
        self._told(name, state, document)
        self._adds_up(name, document, state, *self._flows(account, mine))
        self._log(name, bot)

    def _settled(self, name: str, state: Doc, mine: list[VenueOrder]) -> None:
        """[1] no fate is open; [8] what rests is what is wanted; [15] who stopped has nothing out.

        An order may be pending in the entity all the same, if it rests at the venue and the document says so: a tick publishes what the
        venue acknowledged in the activity that asked, and tells the entity afterwards. Dies it in between, the entity hears it from the
        next look that sees the order (the bot is at rest, and nothing but its 24th heartbeat need come). To the entity a pending order is
        one that may be there: it is never sent again before a look-up, and counts in every limit.
        """
        resting = {order.client_id for order in mine if order.status is OrderStatus.OPEN}
        document = self._world.owners.document(name) or {"orders": []}
        told = resting & {order["id"] for order in document["orders"] if order["status"] == "open"}  # published before the entity heard it
        doubtful = {id_: row[1] for id_, row in state["sent"].items() if row[1] in ("pending", "cancelling") and id_ not in told}
        assert not doubtful, f"[1] {name}: the fate of {doubtful} is open"
        with working_digits():
            core = registry.load(state["core"])
            owner = f"{state['userId']}|{state['record']['id']}"
            adopted = state.get("adopted", {})
            wanted = {adopted.get(order.key) or client_order_id(owner, state["epoch"], order.key) for order in registry.orders(core)}
        if state["quarantine"] is None and state["core"]["status"] != "error":
            assert resting == wanted, f"[8] {name}: {len(resting)} orders rest, {len(wanted)} are wanted"
        self._belted(name, state)
        if state["core"]["status"] in HALTED:
            assert not resting, f"[15] {name} is {state['core']['status']} with {len(resting)} orders out"

    def _belted(self, name: str, state: Doc) -> None:
        """[8] [15] the venue keeps exactly the stop the bot counts on."""
        world, belt = self._world, (state.get("belt") or [None])[0]
        stops = [stop for stop in world.stops[state["record"]["symbol"]].stops if stop.is_waiting]
        kept = {stop.client_id for stop in stops if self.intents.get(stop.client_id, ("", ""))[1] == state["record"]["id"]}
        counted = {belt["id"]} if belt else set()
        assert kept == counted, f"[8] {name}: {len(kept)} stops wait at the venue, it counts on {belt}"
        world.kernel.seen["belt_at_rest"] += bool(belt)

    def _told(self, name: str, state: Doc, document: Doc) -> None:
        """[11] the document is no newer than its entity; [13] it works or says why."""
        assert document["revision"] <= state["revision"], f"[11] {name}: the document is ahead of its entity"
        assert document["status"] in WELL or document.get("reason"), f"[13] {name} is {document['status']} and does not say why"
        is_waiting = state["core"].get("close_mode") == "break_even" and document["orders"]  # for a price that may never come
        assert document["status"] not in ("starting", "stopping") or is_waiting, (
            f"[13] {name} is stuck: {document['status']} ({document.get('reason')})"
        )
        assert document["open_orders"] == len(document["orders"]), f"[5] {name} counts its orders wrong"
        late = [row["kind"] for row in state["outbox"] if row["revision"] > document["revision"] and row["kind"] == "fill"]
        assert not late, f"[11] {name} keeps {len(late)} fills to itself"

    def _adds_up(self, name: str, document: Doc, state: Doc, base: Decimal, quote: Decimal) -> None:
        """[5] what it says it has and has earned is the fold of its trades, in whatever order they came."""
        ledger, pnl, holdings = state["core"]["ledger"], document["pnl"], document["holdings"]
        put_base, put_quote = (Decimal(ledger.get(part, "0")) for part in ("put_base", "put_quote"))
        price = Decimal(pnl["price"])
        if ledger["kind"] != "futures":
            said = (Decimal(holdings["base"]), Decimal(holdings["quote"]))
            assert said == (put_base + base, put_quote + quote), (
                f"[5] {name} says it has {said}, its trades make {(put_base + base, put_quote + quote)}"
            )
        else:
            assert Decimal(holdings["base"]) == base, f"[5] {name} says it holds {holdings['base']}, its trades make {base}"
        total = base + quote / price if ledger["kind"] == "base" else quote + base * price
        assert abs(Decimal(pnl["total"]) - total) <= TINY, f"[5] {name} says it made {pnl['total']}, its trades make {total}"
        parts = Decimal(pnl["cell_profit"]) + Decimal(pnl["inventory_pnl"]) - Decimal(pnl["fees"]) + Decimal(pnl["funding"])
        assert abs(parts - Decimal(pnl["total"])) <= TINY, f"[5] {name}: the lines make {parts}, not {pnl['total']}"

    def _log(self, name: str, bot: Bot) -> None:
        rows = sorted((row for row in self._world.rows.all("events") if row.get("bot_id") == bot.id), key=lambda row: row["sort"])
        mark = ""
        for number, row in enumerate(rows, start=1):
            line = {"seq": row["seq"], "code": row["code"], "params": row["params"], "at": row["at"]}
            assert row["seq"] == number and row["previous"] == mark and ms_of(row["at"]) > 0, f"[5] {name}: the log breaks at line {number}"
            mark = hashlib.sha256((mark + json.dumps(line, sort_keys=True, ensure_ascii=True)).encode()).hexdigest()
            assert row["hash"] == mark, f"[5] {name}: line {number} of the log was changed"

    def _promises(self) -> None:
        """[6] the account entity promises no more than the account has, and keeps no promise to a bot that ended."""
        world = self._world
        for account_id, opening in self.opening.items():
            bots = [bot for bot in world.owners.bots.values() if bot.account == account_id]
            promised = world.durable.entity_state("account", entity_key(bots[0].user, account_id))
            for currency in ("USDT", "BTC"):
                total = sum((Decimal(one["amounts"].get(currency, "0")) for one in (promised or {"bots": {}})["bots"].values()), ZERO)
                assert total <= opening[currency] * 2, f"[6] {total} {currency} promised on {account_id}"
            for id_ in (promised or {"bots": {}})["bots"]:
                state = self.states.get(id_)
                assert state is None or state["core"]["status"] not in HALTED, f"[6] {account_id} still keeps money for {id_}, which ended"

    def _alerts(self) -> None:
        """[12] every alert answered 2xx was applied once, or says in the inbox why not."""
        world = self._world
        inbox = {row["id"]: row for row in world.rows.all("webhooks") if row["kind"] in ("hit", "decision")}
        for alert in world.owners.alerts:
            if alert.status != 202:
                continue
            hit = inbox.get(alert.body["eventId"])
            assert hit is not None, f"[12] an alert that was taken is not in the inbox: {alert.body}"
            for command in hit["commands"]:
                decision = inbox.get(decision_id(hit["id"], command["bot_id"]))
                assert decision is not None, f"[12] what became of {hit['id']} ({command['command']}) is not in the inbox"
                world.kernel.seen[f"decided_{decision['code']}"] += 1
                applied = self._effects[command["bot_id"], hit["id"]]
                assert applied <= 1, f"[12] {hit['id']} was applied {applied} times"

    def _silent_about_secrets(self) -> None:
        """[14] no secret in any row, entity, history, message or line of the log."""
        world = self._world
        for key, (text, *_) in world.rows.texts.items():
            assert CANARY.encode() not in text, f"[14] a secret in {key}"
        for entity, (state, _) in getattr(world.durable.store, "entities", {}).items():
            assert CANARY not in (state or ""), f"[14] a secret in {entity}"
        for chunks in getattr(world.durable.store, "chunks", {}).values():
            assert not any(CANARY in text for text in chunks.values()), "[14] a secret in a history"
        for line in world.logged:
            assert CANARY not in line, "[14] a secret in the log"


def _parsed(text: str) -> Any:
    """An entity's state as the SDK stores it: JSON, once or twice."""
    found = json.loads(text)
    return json.loads(found) if isinstance(found, str) else found


def _spoken(row: list[Any] | Doc) -> tuple[str, str | None, str, bool]:
    """(side, price, amount, reduce_only) of a stored order row."""
    order = load_order(row)
    return order.side.value, None if order.price is None else plain(order.price), plain(order.amount), order.reduce_only
