"""What must hold: after every event (`accepted`, `stored`) and when everything has come to rest (`at_rest`).

The numbers in brackets are those of the project's list of invariants. A violation is an AssertionError whose text names it.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from entities.drafts import is_draft
from exchange.protocol import OrderStatus
from shared.clock import ms_of
from strategy_core import registry
from strategy_core.number import ZERO, plain, working_digits
from strategy_core.trade import FeeMode, Side, client_order_id
from tests.sim.venue import Account, VenueOrder

if TYPE_CHECKING:
    from tests.sim.world import World

Doc = dict[str, Any]
WELL = ("active", "waiting", "paused", "stopped", "finished", "draft")
MAX_ORDERS = {"GRID": 8, "DCA": 6}


class Watchdog:
    def __init__(self, world: World) -> None:
        self._world = world
        self.opening: dict[str, dict[str, Decimal]] = {}
        self.intents: dict[str, tuple[str, str]] = {}  # client order id -> (user, bot)
        self._events: Counter[tuple[str, str]] = Counter()

    # -- after every event

    def accepted(self, account: Account, order: VenueOrder) -> None:
        """An order has come to be at the venue."""
        known = self.intents.get(order.client_id)
        assert known is not None, f"[2] the venue has an order nobody committed: {order.client_id}"
        user, bot = known
        assert user == account.user_id, f"[2] an order of {user} is on the account of {account.user_id}"
        same = [other for other in account.orders if other.client_id == order.client_id]
        assert len(same) == 1, f"[1] {len(same)} orders for one intent of {bot}"
        self._within_limits(account, bot, order)

    def _within_limits(self, account: Account, bot: str, order: VenueOrder) -> None:
        """A market order may cost more than was planned, when the price runs away from it; after that nothing may be bid."""
        config = self._world.rows.get("bots", account.user_id, bot)
        assert config is not None
        mine = [other for other in account.orders if self.intents[other.client_id][1] == bot]
        resting = [other for other in mine if other.status is OrderStatus.OPEN]
        assert len(resting) <= MAX_ORDERS[config["strategy"]], f"[7] {bot} has {len(resting)} orders out"
        placed, market = order.placement.order, self._world.venue.market
        if placed.price is not None:
            assert placed.price * placed.amount >= market.min_notional, f"[7] {bot}: below the minimum"
            if config["strategy"] == "GRID":
                assert Decimal(90) <= placed.price <= Decimal(110), f"[7] {bot}: {placed.price} is outside its band"
        base, quote = self._holdings(account, mine)
        quote += Decimal(config["config"].get("investment") or config["config"]["funds_quote"])
        buys = sum(
            (o.left * o.placement.order.price for o in resting if o.placement.order.side is Side.BUY and o.placement.order.price), ZERO
        )
        sells = sum((o.left for o in resting if o.placement.order.side is Side.SELL), ZERO)
        assert not buys or buys <= quote, f"[6] {bot} bids {buys} with {quote} in hand"
        assert sells <= base, f"[6] {bot} offers {sells} and has {base}"

    def _holdings(self, account: Account, mine: list[VenueOrder]) -> tuple[Decimal, Decimal]:
        """What the bot's orders have brought in, by the venue's trades."""
        ids = {order.id for order in mine}
        base = quote = ZERO
        for _, trade in account.trades:
            if trade.order_id in ids:
                sign = 1 if trade.side is Side.BUY else -1
                base += sign * trade.amount - (trade.fee if trade.fee_currency == "BTC" else 0)
                quote -= sign * trade.amount * trade.price + (trade.fee if trade.fee_currency == "USDT" else 0)
        return base, quote

    def stored(self, key: tuple[str, str], before: Doc | None, after: Doc, answer: Doc, size: int) -> None:
        """An entity operation is about to be stored."""
        if key[0] != "bot" or is_draft(after):
            return
        before = None if is_draft(before) else before
        bot, user = after["record"]["id"], after["userId"]
        for id_ in after["sent"]:
            known = self.intents.setdefault(id_, (user, bot))
            assert known == (user, bot), f"[2] {bot} and {known[1]} share an order id"
        if before is not None:
            assert after["revision"] >= before["revision"] and after["schema"] >= before["schema"], f"[11] {bot} went back"
            assert after["cursor"][0] >= before["cursor"][0], f"[11] {bot} looked back"
        commands = (before or {"core": {}})["core"].get("commands", ())
        for event in [name for name in after["core"].get("commands", ()) if name not in commands]:
            self._events[bot, event] += 1
            assert self._events[bot, event] == 1, f"[10] {bot}: {event} took effect twice"
        status = after["core"]["status"]
        places = [intent for intent in answer.get("intents", ()) if intent["kind"] == "place"]
        is_again = {id_ for id_, row in (before or {"sent": {}})["sent"].items() if row}
        fresh = [intent for intent in places if intent["id"] not in is_again]
        is_halted = status in ("stopped", "finished") or after["core"].get("suspended", False)
        assert not (fresh and is_halted), f"[15] {bot} is {status} and places {len(fresh)} orders"
        assert size < 16_384 or len(after["outbox"]) > 5, f"{bot}: a state of {size} bytes"

    # -- at rest

    def at_rest(self) -> None:
        world = self._world
        assert not world.unfinished, f"[13] {len(world.unfinished)} messages are not done with"
        assert not world.dead, f"[13] on the dead-letter queue: {[event.id for event in world.dead]}"
        for account_id, account in world.venue.accounts.items():
            self._conserved(account_id, account)
        for bot, user in world.bots.items():
            state = world.bot_state(bot)
            document = world.rows.get("bots", user, bot)
            assert document is not None
            if state is None:
                assert document["status"] == "draft" and document.get("reason"), f"[13] {bot} never started and does not say why"
                world.kernel.seen["refused_start"] += 1
                continue
            assert document["status"] != "draft", f"[13] {bot} runs, and its document says that it does not"
            account = world.venue.accounts[document["account_id"]]
            self._settled(bot, account, state)
            self._told(bot, account, state, document)
            world.kernel.seen[f"ends_{document['status']}"] += 1
        self._promises()

    def _conserved(self, account_id: str, account: Account) -> None:
        """[3] the ledger's fills are the venue's; [4] start + fills - fees is the venue's balance."""
        world = self._world
        bots = [bot for bot in world.bots if self._account_of(bot) == account_id]
        rows = [row for row in world.rows.all("fills") if row.get("bot_id") in bots]
        ours = Counter((row["trade_id"], row["side"], row["price"], row["amount"], row["fee"], row["fee_currency"]) for row in rows)
        theirs = Counter(
            (t.trade_id, t.side.value, plain(t.price), plain(t.amount), plain(t.fee), t.fee_currency) for _, t in account.trades
        )
        assert ours == theirs, (
            f"[3] only ours: {list((ours - theirs).elements())[:3]}, only the venue's: {list((theirs - ours).elements())[:3]}"
        )
        totals = dict(self.opening[account_id])
        for row in rows:
            sign, amount = (1 if row["side"] == "buy" else -1), Decimal(row["amount"])
            totals["BTC"] += sign * amount
            totals["USDT"] -= sign * amount * Decimal(row["price"])
            totals[row["fee_currency"]] -= Decimal(row["fee"])
        assert totals == account.balances, f"[4] the ledger comes to {totals}, the venue has {account.balances}"

    def _account_of(self, bot: str) -> str:
        document = self._world.rows.get("bots", self._world.bots[bot], bot)
        assert document is not None
        return str(document["account_id"])

    def _settled(self, bot: str, account: Account, state: Doc) -> None:
        """[1] no fate is open; [8] what rests is what is wanted."""
        doubtful = {id_: row[1] for id_, row in state["sent"].items() if row[1] in ("pending", "cancelling")}
        assert not doubtful, f"[1] {bot}: the fate of {doubtful} is open"
        with working_digits():
            core = registry.load(state["core"])
            wanted = {client_order_id(f"{state['userId']}|{bot}", state["epoch"], order.key): order for order in registry.orders(core)}
        resting = {o.client_id for o in account.orders if o.status is OrderStatus.OPEN and self.intents[o.client_id][1] == bot}
        is_aside = state["quarantine"] is not None or state["core"]["status"] == "error"
        if not is_aside:
            assert resting == set(wanted), f"[8] {bot}: {len(resting)} orders rest, {len(wanted)} are wanted"
        if state["core"]["status"] in ("stopped", "finished"):
            assert not resting, f"[15] {bot} is {state['core']['status']} with {len(resting)} orders out"

    def _told(self, bot: str, account: Account, state: Doc, document: Doc) -> None:
        """[5] what it says it has is the fold of its fills; [11] the document is the newest; [13] it works or says why."""
        mine = [order for order in account.orders if self.intents[order.client_id][1] == bot]
        base, quote = self._holdings(account, mine)
        config = document["config"]
        quote += Decimal(config.get("investment") or config["funds_quote"])
        said = (Decimal(document["holdings"]["base"]), Decimal(document["holdings"]["quote"]))
        assert said == (base, quote), f"[5] {bot} says it has {said}, its trades make {(base, quote)}"
        assert document["revision"] <= state["revision"], f"[11] {bot}: the document is ahead of its entity"
        assert document["status"] in WELL or document.get("reason"), f"[13] {bot} is {document['status']} and does not say why"
        assert document["status"] not in ("starting", "stopping"), f"[13] {bot} is stuck: {document['status']}"
        assert not state["quarantine"], f"[13] {bot} was put aside: {state['quarantine']}"
        assert document["open_orders"] == len(document["orders"]), f"[5] {bot} counts its orders wrong"
        rows = sorted((row for row in self._world.rows.all("events") if row.get("bot_id") == bot), key=lambda row: row["sort"])
        mark = ""
        for number, row in enumerate(rows, start=1):
            line = {"seq": row["seq"], "code": row["code"], "params": row["params"], "at": row["at"]}
            assert row["seq"] == number and row["previous"] == mark and ms_of(row["at"]) > 0, f"[5] {bot}: the log breaks at line {number}"
            mark = hashlib.sha256((mark + json.dumps(line, sort_keys=True, ensure_ascii=True)).encode()).hexdigest()
            assert row["hash"] == mark, f"[5] {bot}: line {number} of the log was changed"
        applied = {row["code"] for row in rows}
        assert "started" in applied or not rows or rows[0]["seq"] == 1

    def _promises(self) -> None:
        """[6] the account entity never promised more than the account had."""
        for (name, _), text in self._world.entities.items():
            if name == "account":
                promised = sum((Decimal(one["amounts"].get("USDT", "0")) for one in json.loads(text)["bots"].values()), ZERO)
                most = max(opening["USDT"] for opening in self.opening.values())
                bots = len(json.loads(text)["bots"])
                assert bots < 2 or promised <= most * 2, f"[6] {promised} promised to {bots} bots"


FEES = (FeeMode.QUOTE, FeeMode.RECEIVED)
