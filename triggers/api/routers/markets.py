"""Markets and their candles. `exchange` names the source; a replay belongs to an account, since it starts with it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from shared.errors import invalid
from triggers.api.filters import MOST, From
from triggers.api.models.bot import ObjectId, Symbol
from triggers.api.models.common import Moment
from triggers.api.models.market import TIMEFRAME_MS, CandlePage, MarketItem, MarketPage, Timeframe
from triggers.api.owned import need_account
from triggers.api.paging import cursor_of, place_of
from triggers.api.platform import CurrentUser, Plat, Platform
from triggers.market_source import Listed, Path

router = APIRouter(prefix="/api/v1/markets", tags=["markets"])

Exchange = Annotated[str | None, Query(pattern=r"^[a-z0-9_]{2,40}$", description="simulated, replay or an exchange id")]
AccountId = Annotated[ObjectId | None, Query(description="Prices as this account sees them (needed for replay)")]


@router.get("")
async def list_markets(
    user: CurrentUser,
    plat: Plat,
    exchange: Exchange = None,
    account_id: AccountId = None,
    search: Annotated[str, Query(max_length=40, description="Only symbols that hold this")] = "",
    limit: Annotated[int, Query(ge=1, le=500, description=MOST)] = 100,
    cursor: From = None,
) -> MarketPage:
    """Every market with its last price, by symbol."""
    path = await path_of(plat, user.id, exchange, account_id)
    after = place_of("markets", cursor)
    listed = sorted(await plat.markets.listed(path), key=lambda one: one.symbol)
    rows = [one for one in listed if search.upper() in one.symbol.upper() and (after is None or one.symbol > after)]
    items = tuple(item_of(one, path.market == "simulated") for one in rows[:limit])
    return MarketPage(items=items, next=cursor_of("markets", items[-1].symbol) if len(rows) > limit else None)


@router.get("/candles")
async def list_candles(
    user: CurrentUser,
    plat: Plat,
    symbol: Annotated[Symbol, Query(description="Of which market")],
    exchange: Exchange = None,
    account_id: AccountId = None,
    timeframe: Annotated[Timeframe, Query(description="How long a candle lasts")] = "1m",
    since: Annotated[Moment | None, Query(description="Candles that open at or after this instant, the first ones of them")] = None,
    until: Annotated[Moment | None, Query(description="Candles that open before; of a replay also what is still to come")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description=MOST)] = 300,
    cursor: From = None,
) -> CandlePage:
    """Candles, oldest first: the newest ones, those before `until`, or page by page those of a range that begins at `since`."""
    path = await path_of(plat, user.id, exchange, account_id)
    begin = int(place_of("candles", cursor) or 0) if cursor is not None else since
    if begin is None and until is None:
        return CandlePage.model_validate({"items": await plat.markets.candles(path, symbol, timeframe, limit)})
    if begin is not None and until is not None and begin >= until:
        raise invalid("out_of_range", "until")
    first = begin if begin is not None else (until or 0) - limit * TIMEFRAME_MS[timeframe]
    span = await plat.markets.candles_between(path, symbol, timeframe, first, until, limit)
    following = None if begin is None or span.following is None else cursor_of("candles", str(span.following))
    return CandlePage.model_validate({"items": span.candles, "next": following})


async def path_of(plat: Platform, user_id: str, exchange: str | None, account_id: str | None) -> Path:
    if account_id is not None:
        return Path.of_account(await need_account(plat.store, user_id, account_id, "account_id"))
    if exchange is None:
        raise invalid("required", "exchange")
    return Path(exchange)


def item_of(listed: Listed, simulated: bool) -> MarketItem:
    base, _, quote = listed.symbol.partition("/")
    names = ("price_tick", "amount_step", "min_amount", "min_notional", "maker_fee", "taker_fee")
    rules = {name: getattr(listed.rules, name) for name in names}
    return MarketItem(
        symbol=listed.symbol, base=base, quote=quote.partition(":")[0], last=listed.last, simulated=simulated, future=":" in quote, **rules
    )  # fmt: skip
