"""The only door to the outside: everything a tick reads or does beyond its entities.

observe   the bot's trades, ended orders and the price since the last look; for a start: what it needs. The trigger asks this first
          (`observed`) and hands it to the tick; the activity is for when that failed
execute   places, cancels and looks up what the entity committed, then looks again
publish   the ledger's rows first, then the bot's document, the point of its curve and the live messages by output bindings
refuse    a start that could not be: the draft says why; a bot without a state: its document does
again     more to do than one orchestration should: a message to the same bot

Rules
1. Exchanges are imported here, inside the functions, and nowhere else.
2. An activity may run twice. Reading twice is harmless, a placement carries its id and its deadline, rows carry their ids.
3. Nothing is sent with less than LEAST_LEFT_MS before its deadline: the venue might take it after we gave it up.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import azure.durable_functions as df
import azure.functions as func

from orchestrators import alarms, native_stop
from orchestrators.ledger_rows import is_overtaken, read_on, tell_inbox, write_ledger
from orchestrators.live import live_actions
from orchestrators.live_accounts import LiveAccounts, own_live_accounts, reason_of
from orchestrators.market_path import closed_candles, path_before
from orchestrators.native_stop import belt_seen
from orchestrators.outcomes import cancelled, confirmed, is_not_there, may_follow, settled
from orchestrators.outside import Outside as Outside
from orchestrators.outside import given, outside
from orchestrators.own_account import account_of, read_account
from orchestrators.reality import reality
from orchestrators.rebuild_plan import fence_of, rebuild_plan
from orchestrators.refusal import told_refusal
from orchestrators.sending import claims_of
from orchestrators.start_plan import AT_REST, account_money, prepared, promised
from orchestrators.wire import horizon_of, outcome_json, view_json
from shared.bus import BotEvent
from shared.log import log, log_error
from shared.paper_book import CosmosBook, OneWrite, on_book
from shared.stores import Stale
from shared.trace import span, traced
from shared.transient import is_transient
from strategy_core.number import dec

LEAST_LEFT_MS = 5_000
SHORT = 8  # hex digits of an order's id that tell it from a bot's others
CLOCKS_DIFFER_MS = 2_000

T = TypeVar("T")
Doc = dict[str, Any]  # an activity's own parameter is a bare `dict`: the worker refuses any other spelling
Asked = tuple[list[Doc], Doc | None, tuple[str, ...]]  # outcomes, what was seen then, the kinds of ledger rows that are stored by now
bp = df.Blueprint()
_given = given  # what a test sets


# -- the exchange of an account -----------------------------------------------------------------------------------------


def source_of(account: Doc) -> Any:
    from exchange.market_data import Feed

    return outside().markets.source(Feed(account["market"], int(account["createdMs"]), int(account["speed"])))


async def on_account(user_id: str, account: Doc, work: Callable[[Any], Awaitable[T]]) -> T:
    """Does the work with the account's exchange; with a paper account all of it over one reading of its book.

    Errors: Unavailable, Unauthorized, Rejected; TimeoutError when the book stays too busy.
    """
    if account["exchange"] != "paper":
        return await work(await live_accounts().open(user_id, account))
    from exchange.paper import PaperExchange, settings_of

    opening = {currency: dec(amount) for currency, amount in account["balances"].items()}

    async def with_book(book: OneWrite) -> T:
        return await work(PaperExchange(book, source_of(account), outside().now_ms, opening, settings_of(account)))

    return await on_book(outside().store, user_id, account["id"], with_book)


async def is_at_rest(user_id: str, account: Doc, document: Doc) -> bool | None:
    """Whether a look that changes nothing finds every order where it was and the price within the horizon; None while nobody can look."""
    from exchange.paper import PaperExchange
    from exchange.protocol import Cursor, Unavailable

    where = document["look"]

    async def glimpse(exchange: Any) -> bool:
        since, trade_id = int(where["cursor"][0]), where["cursor"][1]
        found = await exchange.look(document["symbol"], Cursor(since, trade_id), tuple(where["mine"]), horizon_of(where["horizon"]))
        return settled([], view_json(found), where) and set(where["mine"]) <= set(found.open_ids)

    try:
        if account["exchange"] != "paper":
            return await on_account(user_id, account, glimpse)
        book = OneWrite(CosmosBook(outside().store, user_id, account["id"]))  # never flushed
        opening = {currency: dec(amount) for currency, amount in account["balances"].items()}
        return await glimpse(PaperExchange(book, source_of(account), outside().now_ms, opening))
    except Unavailable as error:
        alarms.venue_down(account["id"], error)
        return None


def live_accounts() -> LiveAccounts:
    return outside().live or own_live_accounts()


# -- observe ------------------------------------------------------------------------------------------------------------


@bp.activity_trigger(input_name="event", activity="observe")
async def observe(event: dict) -> dict:
    return await observed(event)


@traced("observe")
async def observed(event: dict) -> dict:
    """{idle} · {broken} for what would fail every time · else what the tick works on; a service that is away raises."""
    user_id, bot_id = event["user_id"], event["bot_id"]
    document = await outside().store.read("bots", user_id, bot_id)
    is_start = event["kind"] == "command" and event["body"]["name"] == "start"
    if document is None or document["kind"] != "bot" or document["status"] in AT_REST or (document["status"] == "draft" and not is_start):
        await tell_inbox(outside().store, user_id, bot_id, event["body"], "bot_stopped", outside().now_ms())
        return {"idle": True}
    if event["kind"] == "market" and event["at"] + CLOCKS_DIFFER_MS < document.get("lastTickMs", 0):  # a later tick has looked already
        return {"idle": True}
    seen = {"idle": False, "accountId": document["account_id"], "symbol": document["symbol"], "now": outside().now_ms()}
    try:
        seen["account"] = account = await account_of(user_id, document)
        if is_command(event, "rebuild"):
            plan = await rebuild_plan(outside().store, user_id, document, fence_of(user_id, account, event, on_account))
            return seen | {"rebuild": plan, "now": outside().now_ms()}  # from here on nothing more is sent by the state before
        if document["status"] == "draft":
            await taken_up(user_id, document)
            return seen | {"start": await start_plan(user_id, account, document)}
        view = await seen_now(
            user_id, account, lambda exchange: look(exchange, account, document["symbol"], document["look"], is_first=True)
        )
        money = {"money": await money_now(user_id, account, document)} if is_command(event, "add_funds", "edit") else {}
        return seen | {"published": document["revision"], "view": view} | money
    except Exception as error:
        if is_transient(error):
            raise
        log_error("observe.broken", error, bot=bot_id)
        return seen | {"broken": type(error).__name__, "reason": reason_of(error)}


async def taken_up(user_id: str, document: Doc) -> None:
    """From here on the draft cannot be deleted (triggers/api/bots.py): without a document it would trade unseen. Errors: TimeoutError."""
    if "startingMs" in document:
        return
    try:
        await outside().store.replace("bots", user_id, {**document, "startingMs": outside().now_ms()})
    except Stale:
        raise TimeoutError("the draft was changed meanwhile") from None


async def seen_now(user_id: str, account: Doc, work: Callable[[Any], Awaitable[Doc | None]]) -> Doc | None:
    """One look, None while the venue, or the vault that holds its key, cannot be asked."""
    from exchange.protocol import Unavailable

    try:
        return await on_account(user_id, account, work)
    except Unavailable as error:
        alarms.venue_down(account["id"], error)
        return None


def is_command(event: Doc, *names: str) -> bool:
    return event["kind"] == "command" and event["body"]["name"] in names


async def money_now(user_id: str, account: Doc, document: Doc) -> Doc | None:
    """What the account has and what its other bots own of it; None while the venue cannot be asked."""
    found = await seen_now(user_id, account, lambda exchange: account_money(exchange, document["symbol"]))
    return None if found is None else await promised(outside().store, user_id, account["id"], document["id"], found)


async def look(exchange: Any, account: Doc, symbol: str, where: Doc, is_first: bool = False) -> Doc:
    """One look at the market and the bot's orders; the tick's first one also at the position behind them. Errors: ExchangeError."""
    from exchange.protocol import Cursor

    since, trade_id = int(where["cursor"][0]), where["cursor"][1]
    source, edges = source_of(account), horizon_of(where["horizon"])
    belt = await belt_seen(exchange, symbol, where["future"]) if is_first and where.get("future") else {}
    found = await exchange.look(symbol, Cursor(since, trade_id), tuple(where["mine"]), edges)
    at = found.point.at
    before = await path_before(source, symbol, max(since, at - where["lookback"]), at, outside().now_ms()) if where["lookback"] else []
    candles = [await closed_candles(source, symbol, int(ms), count, at) for ms, count in where["timeframes"].items()]
    behind = await reality(exchange, symbol, where["future"], at) if is_first and where.get("future") else {}
    asked = [*where["mine"], *([where["future"]["belt"]] if is_first and where.get("future", {}).get("belt") else ())]
    named = {"asked": [id_[:SHORT] for id_ in asked]} | {name: where[name] for name in ("epoch",) if name in where}
    return view_json(found) | named | {"before": before, "candles": candles} | behind | belt


async def start_plan(user_id: str, account: Doc, document: Doc) -> Doc:
    """What a start needs: the rules, the price, the money it takes and the money there is; or why it cannot be."""
    from exchange.protocol import ExchangeError
    from strategy_core.trade import Invalid

    try:
        plan = await on_account(user_id, account, lambda exchange: prepared(exchange, document))
    except Invalid as invalid:
        return {"refused": {"reason": invalid.code, "params": {"field": invalid.field, **invalid.params}}}
    except ExchangeError as error:
        return {"refused": {"reason": reason_of(error) or getattr(error, "reason", "venue_down"), "params": {}}}
    return plan if "refused" in plan else plan | await promised(outside().store, user_id, account["id"], document["id"], plan["balances"])


# -- execute ------------------------------------------------------------------------------------------------------------


@bp.activity_trigger(input_name="work", activity="execute")
@bp.cosmos_db_output(
    arg_name="bots", connection="Cosmos", database_name="%CosmosDatabase%", container_name="bots", create_if_not_exists=False
)
@bp.cosmos_db_output(
    arg_name="curve", connection="Cosmos", database_name="%CosmosDatabase%", container_name="equity", create_if_not_exists=False
)
@bp.generic_output_binding(arg_name="live", type="webPubSub", hub="dash", connection="WebPubSub")
@traced("execute")
async def execute(work: dict, bots: func.Out[func.DocumentList], live: func.Out[str], curve: func.Out[func.DocumentList]) -> dict:
    user_id, publication = work["userId"], work["publication"]
    account = work.get("account") or await read_account(user_id, work["accountId"])
    outcomes, view, stored = await asked_or_unknown(user_id, account, work)
    if "at" in work and any(outcome["result"] == "accepted" for outcome in outcomes):
        log("orders.accepted", kind=work.get("kind"), late_ms=max(0, outside().now_ms() - work["at"]), count=len(outcomes))
    gone = cancelled(outcomes, work)
    is_settled = publication is not None and settled(outcomes, view, work["look"], gone)
    is_published = publication is not None and (is_settled or publication["overdue"])
    if is_settled:
        publication = confirmed(publication, {outcome["id"] for outcome in outcomes} - gone, gone, view["cursor"])
    if is_published:
        await put_out({**publication, "stored": stored}, bots, live, curve)
    return {
        "outcomes": outcomes,
        "view": view,
        "now": outside().now_ms(),
        "settled": is_settled,
        "published": publication["revision"] if is_published else None,
    }


async def asked_or_unknown(user_id: str, account: Doc, work: Doc) -> Asked:
    """What became of the intents; all of them unknown while the account cannot be opened."""
    from exchange.protocol import Unauthorized, Unavailable

    try:
        return await on_account(user_id, account, lambda exchange: ask(exchange, account, work))
    except (Unauthorized, Unavailable) as error:  # nothing was sent: `ask` itself lets neither out
        log("account.closed", account=account["id"], error=type(error).__name__)
        return [outcome_json(intent, "unknown") for intent in work["intents"]], None, ()


async def ask(exchange: Any, account: Doc, work: Doc) -> Asked:
    """Every intent, then one look. What was asked is told even where the look fails."""
    from exchange.protocol import ExchangeError

    symbol = work["symbol"]
    mine, stored = await claims_of(work)
    outcomes: list[Doc] = []
    for intent in work["intents"]:
        if may_follow(intent, outcomes):
            outcomes.append(await carry_out(exchange, symbol, intent, mine))
        else:  # with the right to send it in hand nobody has; without, it may have been sent by an earlier run
            outcomes.append(outcome_json(intent, "held" if intent["claim"] in mine else "unknown"))
    if any(map(is_not_there, outcomes)):
        return outcomes, None, stored
    try:
        return outcomes, await look(exchange, account, symbol, work["look"]), stored
    except ExchangeError as error:
        alarms.venue_down(account["id"], error)
        return outcomes, None, stored


async def carry_out(exchange: Any, symbol: str, intent: Doc, claimed: frozenset[str] = frozenset()) -> Doc:
    """One intent. Whatever is not a definite answer is looked up at once; what that leaves open is told as it is.

    A placement that must be claimed and is not in `claimed` was sent by an earlier run of this activity.
    """
    from exchange.protocol import ExchangeError, Result

    may_send = intent["claim"] is None or intent["claim"] in claimed
    try:
        if intent["kind"] in native_stop.KINDS:
            return await native_stop.carry_out_stop(exchange, symbol, intent, may_send, outside().now_ms, LEAST_LEFT_MS)
        if intent["kind"] == "place" and may_send:
            outcome = await place(exchange, symbol, intent)
            if outcome.result in (Result.ACCEPTED, Result.REJECTED):
                return outcome_json(intent, outcome.result.value, outcome)
        elif intent["kind"] == "cancel":
            with span("exchange cancel", kind="client", symbol=symbol, client_order_id=intent["id"]):
                await exchange.cancel(symbol, intent["id"], intent["order_id"])
        asked_at = outside().now_ms()
        with span("exchange look up", kind="client", symbol=symbol, client_order_id=intent["id"]):
            report = await exchange.look_up(symbol, intent["id"], intent["order_id"])
    except ExchangeError as error:
        alarms.order_unknown(intent, error, outside().now_ms())
        return outcome_json(intent, "unknown")
    except Exception as error:  # whatever it was, the venue may have the order: it is looked up, and the others are carried out
        log_error("intent.broken", error, kind=intent["kind"])
        return outcome_json(intent, "unknown")
    return outcome_json(intent, "absent" if report is None else "found", None, report, asked_at=asked_at)


async def place(exchange: Any, symbol: str, intent: Doc) -> Any:
    from exchange.protocol import Origin, Outcome, Placement, Result

    if outside().now_ms() > intent["deadline"] - LEAST_LEFT_MS:
        return Outcome(Result.EXPIRED)
    from strategy_core.storage import load_order

    order = load_order(intent["order"])
    margin = native_stop.margin_of(intent)
    with span("exchange place", kind="client", symbol=symbol, client_order_id=intent["id"], side=order.side.value) as mine:
        outcome = await exchange.place(
            Placement(intent["id"], symbol, order, intent["signed_at"], intent["deadline"], *margin, origin=Origin(*intent["origin"]))
        )
        mine.say(result=outcome.result.value, reason=outcome.reason)
        return outcome


# -- publish ------------------------------------------------------------------------------------------------------------


@bp.activity_trigger(input_name="publication", activity="publish")
@bp.cosmos_db_output(
    arg_name="bots", connection="Cosmos", database_name="%CosmosDatabase%", container_name="bots", create_if_not_exists=False
)
@bp.cosmos_db_output(
    arg_name="curve", connection="Cosmos", database_name="%CosmosDatabase%", container_name="equity", create_if_not_exists=False
)
@bp.generic_output_binding(arg_name="live", type="webPubSub", hub="dash", connection="WebPubSub")
async def publish(publication: dict, bots: func.Out[func.DocumentList], live: func.Out[str], curve: func.Out[func.DocumentList]) -> int:
    await put_out(publication, bots, live, curve)
    return int(publication["revision"])


async def put_out(publication: Doc, bots: func.Out[func.DocumentList], live: func.Out[str], curve: func.Out[func.DocumentList]) -> None:
    user_id, document, rows = publication["userId"], publication["document"], publication["rows"]
    await write_ledger(outside().store, user_id, publication)
    await read_on(outside().work, user_id, publication)
    if await is_overtaken(outside().store, user_id, document, outside().now_ms()):
        return
    document = {**document, "userId": user_id, **await wake_time(user_id, document)}
    alarms.quarantined(document)
    if publication["equity"]:
        curve.set(func.DocumentList([func.Document.from_dict({**publication["equity"], "userId": user_id})]))
    bots.set(func.DocumentList([func.Document.from_dict(document)]))
    live.set(json.dumps(live_actions(user_id, document, rows)))


async def wake_time(user_id: str, document: Doc) -> Doc:
    """The wall-clock instant of the next wake-up, from the path's instant and from orders in doubt."""
    times = [document["wakeMs"]] if "wakeMs" in document else []
    if document.get("until") is not None:
        times.append(await source_of(await account_of(user_id, document)).wall(document["symbol"], document["until"]))
    return {"until_ms": min(times)} if times else {}


@bp.activity_trigger(input_name="refusal", activity="refuse")
@bp.cosmos_db_output(
    arg_name="bots", connection="Cosmos", database_name="%CosmosDatabase%", container_name="bots", create_if_not_exists=False
)
@bp.generic_output_binding(arg_name="live", type="webPubSub", hub="dash", connection="WebPubSub")
async def refuse(refusal: dict, bots: func.Out[func.DocumentList], live: func.Out[str]) -> None:
    document = await told_refusal(refusal)
    if document is not None:
        live.set(json.dumps(live_actions(refusal["userId"], document, refusal.get("rows", [])[-1:])))


@bp.activity_trigger(input_name="more", activity="again")
async def again(more: dict) -> None:
    """What is left for the same bot, or a command that must not be lost, behind what already waits on its session."""
    kind, body = ("command", more["command"]) if "command" in more else ("continue", {})
    await outside().bus.send([BotEvent(more["userId"], more["botId"], more["id"], kind, outside().now_ms(), body)])
