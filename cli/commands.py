"""The commands. Bodies of bots are files: the same JSON the API takes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from cli import exporting, prices
from cli import session as sessions
from cli.client import Client, Refused, sign_in
from cli.show import console, show, table
from shared.read_model import AccountView, BotView, CloseMode
from triggers.api.models.account import AccountPage
from triggers.api.models.bot import Accepted, BotPage, EventPage, FillPage, OrderPage, PreviewAnswer
from triggers.api.models.portfolio import Portfolio
from triggers.api.models.safety import PanicAnswer, PanicMode

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="Tickwise from a terminal.")
accounts = typer.Typer(no_args_is_help=True, help="Exchange and paper accounts.")
app.add_typer(accounts, name="accounts")

HOME = Path.home() / ".config" / "tickwise" / "session.json"
Home = Annotated[Path, typer.Option("--session", envvar="TICKWISE_SESSION", help="The signed-in session.")]
Json = Annotated[bool, typer.Option("--json", help="Print the API's JSON.")]
BotId = Annotated[str, typer.Argument(help="The bot's id.")]
Body = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A JSON file: name, account_id, symbol, strategy, config.")]
BOT_COLUMNS = ("id", "name", "symbol", "strategy", "status", "pnl.total", "pnl.currency", "open_orders", "fills")


def run(work: Coroutine[Any, Any, None]) -> None:
    """One command; a refusal is one line and exit code 1."""
    try:
        asyncio.run(work)
    except Refused as refused:
        console.print(str(refused), style="red", markup=False)
        raise typer.Exit(1) from None
    except (OSError, ValidationError) as error:
        console.print(f"{type(error).__name__}: {error}", style="red", markup=False)
        raise typer.Exit(2) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text())
    except ValueError:
        raise Refused(0, "bad_json", str(path)) from None


@app.command("sign-in")
def sign_in_command(
    email: str,
    url: Annotated[str, typer.Option(envvar="TICKWISE_URL")] = "http://127.0.0.1:7071",
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, envvar="TICKWISE_PASSWORD")] = "",
    register: Annotated[bool, typer.Option("--register", help="Sign up first.")] = False,
    home: Home = HOME,
) -> None:
    """Sign in with a password and remember the session."""

    async def work() -> None:
        await sign_in(home, url, email, password, register)
        console.print(f"signed in at {url}", markup=False)

    run(work())


@app.command("use-token")
def use_token(url: str, token: Annotated[str, typer.Option(prompt=True, hide_input=True)] = "", home: Home = HOME) -> None:
    """Use an access token of another issuer."""
    sessions.save(home, sessions.Session(url=url.rstrip("/"), access_token=token))


@app.command("sign-out")
def sign_out(home: Home = HOME) -> None:
    """Forget the session here."""
    sessions.forget(home)


@accounts.command("list")
def list_accounts(as_json: Json = False, home: Home = HOME) -> None:
    """The accounts with their balances."""

    async def work() -> None:
        async with Client(home) as client:
            show(await client.get("/api/v1/accounts", AccountPage), as_json, ("id", "label", "exchange", "market", "balances"))

    run(work())


@accounts.command("paper")
def make_paper_account(
    label: str,
    balance: Annotated[list[str], typer.Option(help="USDT=10000; may be repeated.")],
    market: str = "simulated",
    speed: int = 1,
    as_json: Json = False,
    home: Home = HOME,
) -> None:
    """Open a paper account."""

    async def work() -> None:
        pairs = [one.partition("=") for one in balance]
        balances = {currency: str(Decimal(amount)) for currency, _, amount in pairs}
        body = {"exchange": "paper", "label": label, "market": market, "speed": speed, "balances": balances}
        async with Client(home) as client:
            show(await client.post("/api/v1/accounts", AccountView, body), as_json)

    run(work())


@app.command("markets")
def list_markets(exchange: str = "simulated", search: str = "", as_json: Json = False, home: Home = HOME) -> None:
    """Symbols with their last price."""
    run(prices.list_markets(home, as_json, exchange, search))


@app.command("candles")
def list_candles(
    symbol: str,
    exchange: str | None = None,
    account_id: Annotated[str | None, typer.Option("--account", help="Prices as this account sees them; for a replay.")] = None,
    timeframe: Annotated[str, typer.Option(help="1m, 5m, 15m, 1h, 4h or 1d.")] = "1h",
    since: prices.Since = None,
    until: prices.Until = None,
    limit: Annotated[int, typer.Option(help="Rows at most; 0: the whole range.")] = 100,
    out: Annotated[Path | None, typer.Option("--out", dir_okay=False)] = None,
    as_json: Json = False,
    home: Home = HOME,
) -> None:
    """Candles as CSV, oldest first."""
    at = {"exchange": exchange or (None if account_id else "simulated"), "account_id": account_id}
    run(prices.candles(home, out, as_json, limit, symbol=symbol, timeframe=timeframe, since=since, until=until, **at))


@app.command("preview")
def preview(body: Body, as_json: Json = False, home: Home = HOME) -> None:
    """What a bot would do first, and what it would need. Nothing is stored."""

    async def work() -> None:
        async with Client(home) as client:
            answer = await client.post("/api/v1/bots/preview", PreviewAnswer, read_json(body))
        if as_json:
            show(answer, True)
            return
        found = answer.preview
        console.print(f"price {answer.price}  needs {found.funds_needed} {found.currency}  worst case {found.worst_case}", markup=False)
        table(("leg", "side", "type", "price", "amount", "cost"), [order.model_dump(mode="json") for order in found.orders])
        for warning in found.warnings:
            console.print(f"warning: {warning.field} {warning.code}", style="yellow", markup=False)

    run(work())


@app.command("create")
def create(body: Body, start: Annotated[bool, typer.Option("--start")] = False, as_json: Json = False, home: Home = HOME) -> None:
    """Make a bot, and with --start let it trade."""

    async def work() -> None:
        async with Client(home) as client:
            bot = await client.post("/api/v1/bots", BotView, read_json(body))
            if start:
                await client.post(f"/api/v1/bots/{bot.id}/start", Accepted)
            show(bot, as_json)

    run(work())


@app.command("bots")
def list_bots(status: str | None = None, limit: int = 50, cursor: str | None = None, as_json: Json = False, home: Home = HOME) -> None:
    """The bots, newest first."""

    async def work() -> None:
        async with Client(home) as client:
            show(await client.get("/api/v1/bots", BotPage, status=status, limit=limit, cursor=cursor), as_json, BOT_COLUMNS)

    run(work())


@app.command("bot")
def show_bot(bot_id: BotId, what: str = "", as_json: Json = False, home: Home = HOME) -> None:
    """One bot, or with --what its orders, fills or events."""
    pages: dict[str, tuple[Any, tuple[str, ...]]] = {
        "orders": (OrderPage, ("leg", "side", "type", "price", "amount", "status")),
        "fills": (FillPage, ("at", "leg", "side", "price", "amount", "fee", "fee_currency")),
        "events": (EventPage, ("at", "code", "params")),
    }

    async def work() -> None:
        async with Client(home) as client:
            if what not in pages:
                show(await client.get(f"/api/v1/bots/{bot_id}", BotView), as_json)
                return
            model, columns = pages[what]
            show(await client.get(f"/api/v1/bots/{bot_id}/{what}", model), as_json, columns)

    run(work())


def command(bot_id: str, name: str, body: dict[str, Any] | None, as_json: bool, home: Path) -> None:
    async def work() -> None:
        async with Client(home) as client:
            answer = await client.post(f"/api/v1/bots/{bot_id}/{name}", Accepted, body)
            if as_json:
                show(answer, True)
                return
            console.print(f"{name}: accepted as {answer.command_id}; the bot was {answer.bot.status.value}", markup=False)

    run(work())


@app.command("start")
def start_bot(bot_id: BotId, as_json: Json = False, home: Home = HOME) -> None:
    """Let a draft trade."""
    command(bot_id, "start", None, as_json, home)


@app.command("pause")
def pause_bot(bot_id: BotId, keep_orders: bool = True, as_json: Json = False, home: Home = HOME) -> None:
    """Place nothing new."""
    command(bot_id, "pause", {"keep_orders": keep_orders}, as_json, home)


@app.command("resume")
def resume_bot(bot_id: BotId, as_json: Json = False, home: Home = HOME) -> None:
    """Go on."""
    command(bot_id, "resume", None, as_json, home)


@app.command("stop")
def stop_bot(bot_id: BotId, close_mode: CloseMode = "keep", as_json: Json = False, home: Home = HOME) -> None:
    """Cancel everything and close: keep, quote, base or break_even."""
    command(bot_id, "stop", {"close_mode": close_mode}, as_json, home)


@app.command("portfolio")
def show_portfolio(as_json: Json = False, home: Home = HOME) -> None:
    """What the bots own and have earned: per currency, paper apart from live."""
    columns = ("world", "currency", "running", "put_in", "value", "cell_profit", "inventory_pnl", "fees", "funding", "total")

    async def work() -> None:
        async with Client(home) as client:
            answer = await client.get("/api/v1/portfolio", Portfolio)
        if as_json:
            show(answer, True)
        else:
            table(columns, [total.model_dump(mode="json") for total in answer.totals])

    run(work())


@app.command("watch")
def watch(
    bot_id: Annotated[str | None, typer.Argument(help="One bot; left out, all of them.")] = None,
    count: Annotated[int, typer.Option(help="Stop after so many messages; 0: never.")] = 0,
    as_json: Json = False,
    home: Home = HOME,
) -> None:
    """Live updates as they come."""

    async def work() -> None:
        seen = 0
        async with Client(home) as client:
            async for message in client.live():
                if bot_id not in (None, message.get("botId")):
                    continue
                console.print(json.dumps(message) if as_json else line_of(message), markup=False, highlight=False, soft_wrap=True)
                seen += 1
                if seen == count:
                    return

    run(work())


def line_of(message: dict[str, Any]) -> str:
    data, kind = message.get("data", {}), message.get("type")
    if kind == "job":
        return f"{message.get('at')} {message.get('jobId')} {data['kind']} {data['status']} {data['progress']['percent']} %"
    head = f"{message.get('at')} {message.get('botId')} r{message.get('revision')} "
    if kind == "fill":
        return head + f"{data['side']} {data['amount']} {data['symbol']} at {data['price']} ({data['leg']})"
    if kind == "event":
        return head + f"{data['code']} {json.dumps(data['params'])}"
    bot = data.get("bot", {})
    total = (bot.get("pnl") or {}).get("total", "-")
    return head + f"{bot.get('status')} price {bot.get('price')} total {total} orders {bot.get('open_orders')}"


@app.command("panic")
def panic(
    mode: PanicMode,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
    home: Home = HOME,
) -> None:
    """Every bot: freeze, cancel_all or flatten."""
    if not yes:
        typer.confirm(f"{mode} every bot?", abort=True)

    async def work() -> None:
        async with Client(home) as client:
            show(await client.post("/api/v1/panic", PanicAnswer, {"mode": mode}), as_json, ("bot_id", "name", "command", "command_id"))

    run(work())


@app.command("export")
def export(
    what: Annotated[str, typer.Argument(help="fills, orders, deals, equity, events or tax")],
    file: Annotated[str, typer.Option("--file", help="csv or parquet")] = "csv",
    bot_id: Annotated[str | None, typer.Option("--bot")] = None,
    year: Annotated[int | None, typer.Option("--year", help="Of tax.")] = None,
    method: Annotated[str, typer.Option("--method", help="Of tax: fifo, hifo or average")] = "fifo",
    paper: Annotated[bool, typer.Option("--paper", help="Of tax: play money, too")] = False,
    out: Annotated[Path | None, typer.Option("--out", dir_okay=False)] = None,
    home: Home = HOME,
) -> None:
    """The ledger or a tax year as one file, all of it, oldest first. Tax: information, not advice."""
    body = {"what": what, "file": file, "bot_id": bot_id, "year": year, "method": method, "paper": paper}
    run(exporting.export(home, out, body))


@app.command("mcp")
def mcp_command(
    allow: Annotated[list[str] | None, typer.Option("--allow", help="research or trade; without it, an assistant can only look.")] = None,
    home: Home = HOME,
) -> None:
    """The API as tools for your assistant, over standard input and output."""
    from cli.mcp_tools import SCOPES

    wrong = [one for one in allow or () if one not in SCOPES]
    if wrong:
        raise typer.BadParameter(f"one of {', '.join(SCOPES)}", param_hint="--allow")
    try:
        from cli.mcp import serve
    except ModuleNotFoundError:
        typer.echo("not installed: pip install mcp", err=True)
        raise typer.Exit(2) from None
    try:
        asyncio.run(serve(home, frozenset(allow or ())))
    except (Refused, OSError) as error:  # standard output belongs to the protocol
        typer.echo(f"{type(error).__name__}: {error}", err=True)
        raise typer.Exit(1) from None
