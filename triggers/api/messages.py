"""The message builder: what to paste into an alert, per action, in the words of the webhook's dialect."""

from __future__ import annotations

import json
import re
from typing import Any

from shared.clock import iso
from shared.errors import AppError
from triggers.api.models.webhook import Message, MessagePage
from triggers.api.owned import need_bot
from triggers.api.platform import Platform
from triggers.api.webhooks import need_webhook, secret_of
from triggers.market_source import Path

Doc = dict[str, Any]
OWN_SECRET = "<your secret>"
TITLES = {
    "start": "Start the bot", "stop": "Stop the bot", "pause": "Pause the bot", "start_deal": "Start a deal",
    "close_deal": "Close the deal",
    "close_and_stop": "Sell everything and stop", "cancel_deal": "Give up the deal, keep the coins", "add_funds": "Add money",
    "add_safety": "Buy more into the deal", "enter_long": "Enter long", "exit_long": "Exit long", "enter_short": "Enter short",
    "exit_short": "Exit short", "target": "Follow a strategy's position",
}  # fmt: skip
DCA = ("start_deal", "close_deal", "add_safety", "cancel_deal")
_HOLE = re.compile(r"\{\{([^{}]+)\}\}")


async def page(plat: Platform, user_id: str, webhook_id: str, bot_id: str | None) -> MessagePage:
    webhook = await need_webhook(plat.store, user_id, webhook_id)
    if bot_id is not None and bot_id not in webhook["bots"]:
        raise AppError(422, "not_a_choice", "bot_id")
    bot = await need_bot(plat.store, user_id, bot_id or webhook["bots"][0])
    secret = await secret_of(plat, user_id, webhook) or OWN_SECRET
    texts = TEXTS[webhook["dialect"]](webhook, bot, secret)
    values = await placeholders(plat, user_id, bot)
    items = [Message.model_validate({"action": a, "title": TITLES[a], "body": t, "preview": filled(t, values)}) for a, t in texts.items()]
    return MessagePage(items=tuple(items))


def actions_of(bot: Doc) -> list[str]:
    """What the bot's strategy can be told, the usual ones first."""
    side = bot["config"].get("direction", "long")
    deals = (
        [*DCA, f"enter_{side}", f"exit_{side}", "target"] if bot["strategy"] in ("DCA", "DCA_FUTURES") else ["start_deal", f"enter_{side}"]
    )
    return ["start", "stop", "pause", "close_and_stop", *deals, *(["add_funds"] if bot["strategy"] != "LOOP" else [])]


def tickwise(webhook: Doc, bot: Doc, secret: str) -> dict[str, str]:
    def text(action: str) -> str:
        body: Doc = {
            "v": 1,
            "token": secret,
            "bot": bot["id"],
            "action": action,
            "symbol": bot["symbol"],
            "ts": "{{timenow}}",
            "bar": "{{time}}",
        }
        if action == "target":
            body["size"] = {"value": "{{strategy.position_size}}", "unit": "base"}
        elif action in ("add_funds", "add_safety"):
            body["size"] = {"value": "100", "unit": "quote"}
        return json.dumps(body)

    return {action: text(action) for action in actions_of(bot)}


def three_commas_dca(webhook: Doc, bot: Doc, secret: str) -> dict[str, str]:
    base, _, quote = bot["symbol"].partition("/")
    common = {"message_type": "bot", "bot_id": alias(webhook, bot), "email_token": secret, "delay_seconds": 0}
    words = {
        "start_deal": {"pair": f"{quote.partition(':')[0]}_{base}"},
        "close_deal": {"action": "close_at_market_price_all"},
        "close_and_stop": {"action": "close_at_market_price_all_and_stop_bot"},
        "cancel_deal": {"action": "cancel_all"},
        "start": {"action": "start_bot"},
        "pause": {"action": "stop_bot"},
    }
    return {action: json.dumps(common | more) for action, more in words.items()}


def three_commas_signal(webhook: Doc, bot: Doc, secret: str) -> dict[str, str]:
    common = {"secret": secret, "max_lag": "300", "timestamp": "{{timenow}}", "trigger_price": "{{close}}", "tv_exchange": "{{exchange}}"}
    common |= {"tv_instrument": "{{ticker}}", "bot_uuid": alias(webhook, bot)}
    info = {name: f"{{{{strategy.{name}}}}}" for name in ("market_position", "market_position_size")}
    sides = [action for action in actions_of(bot) if action.startswith(("enter_", "exit_"))]
    custom = {action: json.dumps(common | {"action": action}) for action in sides}
    return {"target": json.dumps(common | {"action": "{{strategy.order.action}}", "strategy_info": info}), **custom}


def traderspost(webhook: Doc, bot: Doc, secret: str) -> dict[str, str]:
    common = {"ticker": "{{ticker}}", "signalPrice": "{{close}}", "time": "{{timenow}}"}
    side = bot["config"].get("direction", "long")
    buy, out = ("buy", "exit") if side == "long" else ("sell", "exit")
    return {
        f"enter_{side}": json.dumps(common | {"action": buy, "sentiment": side}),
        f"exit_{side}": json.dumps(common | {"action": out}),
        "cancel_deal": json.dumps(common | {"action": "cancel"}),
    }


def octobot(webhook: Doc, bot: Doc, secret: str) -> dict[str, str]:
    side = bot["config"].get("direction", "long")
    enter, leave = ("BUY", "SELL") if side == "long" else ("SELL", "BUY")
    common = f"EXCHANGE={bot['exchange']};SYMBOL={bot['symbol']};ORDER_TYPE=MARKET"
    return {
        f"enter_{side}": f"{common};SIGNAL={enter}",
        f"exit_{side}": f"{common};SIGNAL={leave};REDUCE_ONLY=true",
        "cancel_deal": f"{common};SIGNAL=CANCEL",
    }


def wundertrading(webhook: Doc, bot: Doc, secret: str) -> dict[str, str]:
    side = bot["config"].get("direction", "long")
    return {
        f"enter_{side}": f"ENTER-{side.upper()}_{secret}",
        f"exit_{side}": f"EXIT-{side.upper()}_{secret}",
        "target": f"EXIT-ALL_{secret}",
    }


def alertatron(webhook: Doc, bot: Doc, secret: str) -> dict[str, str]:
    side = bot["config"].get("direction", "long")
    enter, leave = ("buy", "sell") if side == "long" else ("sell", "buy")

    def text(command: str) -> str:
        return f"Tickwise({bot['symbol']}) {{ {command}; }} #bot"

    return {
        f"enter_{side}": text(f"market(side={enter}, amount=100%)"),
        f"exit_{side}": text(f"market(side={leave}, amount=100%, reduceOnly=true)"),
        "cancel_deal": text("cancel()"),
    }


TEXTS = {
    "tickwise": tickwise,
    "3commas_dca": three_commas_dca,
    "3commas_signal": three_commas_signal,
    "traderspost": traderspost,
    "octobot": octobot,
    "wundertrading": wundertrading,
    "alertatron": alertatron,
}


def alias(webhook: Doc, bot: Doc) -> str:
    """What the sender calls the bot."""
    return next((said for said, bot_id in webhook["aliases"].items() if bot_id == bot["id"]), bot["id"])


async def placeholders(plat: Platform, user_id: str, bot: Doc) -> dict[str, str]:
    """What TradingView would fill in now; a price that cannot be had is shown as 100."""
    account, now, price = await plat.store.read("accounts", user_id, bot["account_id"]), plat.now_ms(), "100"
    if account is not None:
        try:
            price = str(await plat.markets.price(Path.of_account(account), bot["symbol"]))
        except AppError:
            price = "100"
    base, _, quote = bot["symbol"].partition("/")
    minute = iso(now - now % 60_000)[:19] + "Z"
    return {
        "timenow": iso(now)[:19] + "Z", "time": minute, "close": price, "ticker": base + quote.partition(":")[0], "exchange": "BINANCE",
        "strategy.position_size": "0.5", "strategy.order.action": "buy", "strategy.market_position": "long",
        "strategy.market_position_size": "0.5",
    }  # fmt: skip


def filled(text: str, values: dict[str, str]) -> str:
    return _HOLE.sub(lambda hole: values.get(hole[1], hole[0]), text)
