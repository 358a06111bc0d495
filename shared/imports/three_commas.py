"""A 3Commas DCA bot, as its API shows it, as our plans: what was mapped, what was assumed, and what has no place here.

Rules
1. Nothing is guessed silently: a setting that is not neutral is mapped, named as assumed, or named as not mapped.
2. What is not mapped and would change how the bot trades is blocking until its owner says that they want the bot without it.
3. Numbers may be JSON numbers there; what is taken is the text that was written.
4. One bot here has one market: every pair becomes a plan of its own.

Source: 3Commas API documentation, "DCA Bot entity", "Create DCA Bot", "Available strategy list".
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from shared.imports.three_commas_start import Unmapped, condition_of, start_of
from strategy_core.number import plain

Doc = dict[str, Any]
NOT_SETTINGS = frozenset(
    {
        "id", "account_id", "account_name", "is_enabled", "type", "created_at", "updated_at", "deletable?", "deals_counter", "active_deals",
        "active_deals_count", "active_deals_usd_profit", "finished_deals_count", "finished_deals_profit_usd", "reinvested_volume_usd",
        "easy_form_supported", "url_secret",
    }
)  # fmt: skip
UNSUPPORTED = (
    "min_volume_btc_24h", "btc_price_limit", "close_deals_timeout", "deal_start_delay_seconds", "min_price_percentage",
    "max_price_percentage", "safety_strategy_list", "sl_to_breakeven_enabled",
)  # fmt: skip
SAME = {
    "safety_order_step_percentage": "step_pct",
    "martingale_step_coefficient": "step_multiplier",
    "martingale_volume_coefficient": "size_multiplier",
    "min_price": "min_price",
    "max_price": "max_price",
    "reinvesting_percentage": "reinvest_pct",
    "risk_reduction_percentage": "risk_reduction_pct",
}
OF = {"total": "total", "base": "base", "total_bought_volume": "total", "base_order_volume": "base"}
AFTER_STOP = {"stop_loss": "continue", "stop_loss_and_disable_bot": "stop"}


class Row(NamedTuple):
    """One setting of theirs: where it went, or why it did not."""

    field: str
    to: str | None
    code: str
    is_blocking: bool = False


class Translation(NamedTuple):
    """`config` is the same for every symbol."""

    name: str
    symbols: tuple[str, ...]
    strategy: str
    config: Doc
    rows: tuple[Row, ...]

    @property
    def blocking(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.is_blocking)


class Reader:
    """Their settings, read once each; what nobody read is named at the end."""

    def __init__(self, bot: Doc) -> None:
        self._bot = bot
        self._read: set[str] = set()
        self.config: Doc = {}
        self.rows: list[Row] = []

    def raw(self, field: str) -> Any:
        self._read.add(field)
        return self._bot.get(field)

    def number(self, field: str) -> Decimal | None:
        """None for a neutral value: absent, null, zero."""
        value = self.raw(field)
        if is_neutral(value):
            return None
        number = number_of(value)
        if number is None or number < 0:
            self.refuse(field, "not_a_number")
            return None
        return number

    def whole(self, field: str) -> int | None:
        number = self.number(field)
        if number is not None and number % 1:
            self.refuse(field, "not_whole")
            return None
        return None if number is None else int(number)

    def put(self, field: str, to: str, value: Any) -> None:
        self.config[to] = plain(value) if isinstance(value, Decimal) else value
        self.rows.append(Row(field, f"config.{to}", "mapped"))

    def assume(self, field: str, to: str | None, code: str) -> None:
        self.rows.append(Row(field, to, code))

    def refuse(self, field: str, code: str, is_blocking: bool = True) -> None:
        self.rows.append(Row(field, None, code, is_blocking))

    def rest(self) -> None:
        for field in sorted(set(self._bot) - self._read):
            if field in NOT_SETTINGS:
                self.rows.append(Row(field, None, "not_a_setting"))
            elif not is_neutral(self._bot[field]):
                self.refuse(field, "unknown_field")


def is_neutral(value: Any) -> bool:
    """What stands for "not used" there."""
    if value is None or value is False or value == "" or value == [] or value == {}:
        return True
    return not isinstance(value, bool) and number_of(value) == 0


def number_of(value: Any) -> Decimal | None:
    """A number as it was written; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = Decimal(repr(value) if isinstance(value, float) else str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < 16 else None


def translate(bot: Doc, futures_volume: str | None = None) -> Translation:
    """`futures_volume`: whether the sizes of a futures bot are "margin" or "notional", which its settings do not say."""
    reader = Reader(bot)
    is_futures = is_future(reader)
    direction(reader)
    sizes(reader, is_futures, futures_volume)
    for field, to in SAME.items():
        if (value := reader.number(field)) is not None:
            reader.put(field, to, value)
    for part in (safety, take_profit, stop, rounds, conditions):
        part(reader)
    for field in UNSUPPORTED:
        if not is_neutral(reader.raw(field)):
            reader.refuse(field, "no_equivalent")
    symbols = pairs(reader, is_futures)
    reader.raw("name")
    reader.rest()
    name = str(bot.get("name") or "3Commas bot")[:80]
    return Translation(name, symbols, "DCA_FUTURES" if is_futures else "DCA", reader.config, tuple(reader.rows))


def is_future(reader: Reader) -> bool:
    kind = reader.raw("leverage_type")
    value = reader.number("leverage_custom_value")
    if kind in (None, "", "not_specified"):
        if value is not None and value != 1:
            reader.refuse("leverage_custom_value", "no_leverage_type")
        return False
    if kind not in ("cross", "isolated"):
        reader.refuse("leverage_type", "not_allowed")
        return True
    reader.put("leverage_type", "margin_mode", kind)
    if value is None:
        reader.refuse("leverage_custom_value", "required")
    else:
        reader.put("leverage_custom_value", "leverage", value)
    return True


def direction(reader: Reader) -> None:
    side = reader.raw("strategy")
    if side not in ("long", "short"):
        reader.refuse("strategy", "required" if side is None else "not_allowed")
        return
    reader.put("strategy", "direction", side)
    profit = reader.raw("profit_currency")
    own = "quote_currency" if side == "long" or "leverage" in reader.config else "base_currency"
    if profit is not None and profit != own:
        reader.refuse("profit_currency", "no_equivalent")


def sizes(reader: Reader, is_futures: bool, futures_volume: str | None) -> None:
    orders = reader.whole("max_safety_orders")
    reader.put("max_safety_orders", "safety_orders", orders or 0)
    for name in ("base_order", "safety_order"):
        field, to = f"{name}_volume", f"{name}_{'margin' if is_futures else 'size'}"
        kind, volume = reader.raw(f"{field}_type"), reader.number(field)
        if name == "safety_order" and not orders:
            continue
        if kind not in (None, "quote_currency"):
            reader.refuse(f"{field}_type", "size_not_in_quote")
            continue
        if kind is None:
            reader.assume(f"{field}_type", None, "assumed_quote_currency")
        if volume is None:
            reader.refuse(field, "required")
        elif is_futures and futures_volume is None:
            reader.refuse(field, "margin_or_notional")
        else:
            leverage = number_of(reader.config.get("leverage")) if is_futures and futures_volume == "notional" else None
            reader.put(field, to, volume if not leverage else (volume / leverage).quantize(Decimal("1e-8")).normalize())


def safety(reader: Reader) -> None:
    orders, active = reader.config["safety_orders"], reader.whole("active_safety_orders_count")
    if active is None and orders:
        reader.assume("active_safety_orders_count", "config.max_active_safety_orders", "assumed_all_at_once")
    elif active is not None and orders:
        reader.put("active_safety_orders_count", "max_active_safety_orders", active if active < orders else 0)


def take_profit(reader: Reader) -> None:
    steps, one = reader.raw("take_profit_steps"), reader.number("take_profit")
    if steps:
        rows = [
            (number_of(step.get("profit_percentage")), number_of(step.get("amount_percentage"))) for step in steps if isinstance(step, dict)
        ]
        if len(rows) != len(steps) or any(pct is None or share is None for pct, share in rows):
            reader.refuse("take_profit_steps", "not_a_number")
        else:
            reader.put(
                "take_profit_steps", "take_profit_steps", [{"pct": plain(p), "share_pct": plain(s)} for p, s in rows if p and s is not None]
            )
    elif one is not None:
        reader.put("take_profit", "take_profit_pct", one)
    of = reader.raw("take_profit_type")
    if of in OF:
        reader.put("take_profit_type", "take_profit_of", OF[of])
    elif of is not None or steps or one is not None:
        reader.refuse("take_profit_type", "required" if of is None else "not_allowed")
    if steps or one is not None:
        reader.assume("take_profit", "config.take_profit_net", "assumed_after_fees")
    deviation = reader.number("trailing_deviation")
    if reader.raw("trailing_enabled"):
        if deviation is None:
            reader.refuse("trailing_deviation", "required")
        else:
            reader.put("trailing_deviation", "trailing_take_profit_pct", deviation)


def stop(reader: Reader) -> None:
    level, kind = reader.number("stop_loss_percentage"), reader.raw("stop_loss_type")
    timeout, is_timed, trails = (
        reader.whole("stop_loss_timeout_in_seconds"),
        reader.raw("stop_loss_timeout_enabled"),
        reader.raw("tsl_enabled"),
    )
    if level is None:
        return
    reader.put("stop_loss_percentage", "stop_loss_pct", level)
    reader.assume("stop_loss_percentage", "config.stop_loss_of", "assumed_from_base_order_price")
    if kind in AFTER_STOP:
        reader.put("stop_loss_type", "after_stop_loss", AFTER_STOP[kind])
    elif kind is not None:
        reader.refuse("stop_loss_type", "not_allowed")
    if is_timed and timeout is not None:
        reader.put("stop_loss_timeout_in_seconds", "stop_loss_timeout_s", timeout)
    if trails:
        reader.put("tsl_enabled", "trailing_stop", True)


def rounds(reader: Reader) -> None:
    for field, to in (("cooldown", "cooldown_s"), ("disable_after_deals_count", "max_deals")):
        if (value := reader.whole(field)) is not None:
            reader.put(field, to, value)
    if reader.raw("start_order_type") == "limit":
        reader.refuse("start_order_type", "always_market", is_blocking=False)


def conditions(reader: Reader) -> None:
    readers: tuple[tuple[str, str, Callable[[Any], Any]], ...] = (
        ("strategy_list", "start", start_of),
        ("close_strategy_list", "close_conditions", condition_of),
    )
    for field, to, read in readers:
        said = reader.raw(field)
        if said is None and field == "strategy_list":
            reader.refuse(field, "required")
            continue
        try:
            found = read(said or [])
        except Unmapped as why:
            reader.refuse(field, why.code)
            continue
        if found is not None:
            reader.put(field, to, found)
    least, kind = reader.number("min_profit_percentage"), reader.raw("min_profit_type")
    if least is not None and kind == "base_order_volume":
        reader.refuse("min_profit_type", "no_equivalent")
    elif least is not None:
        reader.put("min_profit_percentage", "min_profit_pct", least)


def pairs(reader: Reader, is_futures: bool) -> tuple[str, ...]:
    said = reader.raw("pairs")
    rows = [said] if isinstance(said, str) else said if isinstance(said, list) else []
    found = [symbol_of(row, is_futures) for row in rows]
    symbols = tuple(dict.fromkeys(symbol for symbol in found if symbol is not None))
    if not rows or None in found:
        reader.refuse("pairs", "unreadable_pair" if rows else "required")
    else:
        reader.rows.append(Row("pairs", "symbol", "mapped"))
    deals, same = reader.whole("max_active_deals") or 1, reader.whole("allowed_deals_on_same_pair") or 1
    if same > 1 or (len(rows) <= 1 and deals > 1):
        reader.refuse("max_active_deals", "one_deal_per_bot")
    elif len(rows) > 1:
        reader.assume("pairs", "symbol", "one_bot_per_pair")
        if deals < len(rows):
            reader.refuse("max_active_deals", "no_equivalent")
    return symbols


def symbol_of(pair: Any, is_futures: bool) -> str | None:
    """`USDT_BTC` there is BTC/USDT; a perpetual is `USDT_BTCUSDT`. None for what cannot be told."""
    quote, _, base = pair.partition("_") if isinstance(pair, str) else ("", "", "")
    if not quote.isalnum() or not base.isalnum():
        return None
    if base.endswith(quote) and len(base) > len(quote):
        return f"{base[: -len(quote)]}/{quote}:{quote}"
    return f"{base}/{quote}:{quote}" if is_futures else f"{base}/{quote}"
