"""How a perpetual is set up on a venue before the first order: one-way positions, margin mode, leverage, and all of it read back.

Rules
1. An account in hedge mode, or an account-wide margin mode, is only changed while the account holds nothing.
2. What the venue shows afterwards counts, not what it answered; a difference is Rejected("mode_mismatch").
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

from exchange.limits import Lane
from exchange.parsing import position_of
from exchange.protocol import Rejected
from exchange.venues import Venue
from strategy_core.number import plain

ALREADY_SO = ("-4046", "-4059", "110025", "110026", "110043", "not modified", "No need to change")


def is_already_so(error: Exception) -> bool:
    """Whether the venue refused a setting because it is set like that."""
    return type(error).__name__ in ("NoChange", "MarginModeAlreadySet") or any(sign in str(error) for sign in ALREADY_SO)


class Perpetual:
    """The settings of one account."""

    def __init__(self, row: Venue, client: Any, read: Callable[..., Awaitable[Any]], send: Callable[..., Awaitable[None]]) -> None:
        """`read(method, lane, *args)` and `send(method, *args)` reach the venue."""
        self._row, self._client, self._read, self._send = row, client, read, send

    async def set_up(self, symbol: str, leverage: Decimal, margin_mode: str) -> None:
        await self._one_way(symbol)
        await self._set_margin_mode(symbol, leverage, margin_mode)
        await self.tolerant("set_leverage", int(leverage), symbol, self.leverage_params(margin_mode))
        await self._read_back(symbol, leverage, margin_mode)

    async def _one_way(self, symbol: str) -> None:
        """One-way position mode; an account in hedge mode is only switched while it holds nothing."""
        if self._client.has.get("fetchPositionMode") is True:
            if not (await self._read("fetch_position_mode", Lane.ORDER, symbol)).get("hedged"):
                return
            if await self._holds_positions():
                raise Rejected("mode_mismatch", "the account is in hedge mode and holds positions")
        await self.tolerant("set_position_mode", False, symbol)

    async def _set_margin_mode(self, symbol: str, leverage: Decimal, margin_mode: str) -> None:
        if self._row.account_margin_mode:
            seen = (await self._read("fetch_margin_mode", Lane.ORDER, symbol)).get("marginMode")
            if seen == margin_mode:
                return
            if await self._holds_positions():
                raise Rejected("mode_mismatch", f"the account's margin mode is {seen} and it holds positions")
        await self.tolerant(
            "set_margin_mode", margin_mode, symbol, {"leverage": plain(leverage)} if self._row.id in ("okx", "bybit") else {}
        )

    def leverage_params(self, margin_mode: str) -> dict[str, Any]:
        """OKX and Gate keep one leverage per margin mode."""
        return {"okx": {"mgnMode": margin_mode, "marginMode": margin_mode}, "gate": {"marginMode": margin_mode}}.get(self._row.id, {})

    async def _holds_positions(self) -> bool:
        return any(position_of(item, Decimal(1)) is not None for item in await self._read("fetch_positions", Lane.READ))

    async def tolerant(self, method: str, *args: Any) -> None:
        """A setting, where the venue has it. One that cannot be told shows in the reading back."""
        first, *more = method.split("_")
        if self._client.has.get(first + "".join(word.title() for word in more)):
            await self._send(method, *args)

    async def _read_back(self, symbol: str, leverage: Decimal, margin_mode: str) -> None:
        if self._row.id == "gate":  # no leverage call for perpetuals: the (empty) position tells
            position = await self._read("fetch_position", Lane.ORDER, symbol)
            seen = {"longLeverage": position.get("leverage"), "marginMode": position.get("marginMode")}
        else:
            seen = await self._read("fetch_leverage", Lane.ORDER, symbol, {"marginMode": margin_mode} if self._row.id == "okx" else {})
        levels = {Decimal(str(seen[side])) for side in ("longLeverage", "shortLeverage") if seen.get(side) is not None}
        mode = seen.get("marginMode")
        if levels != {leverage} or (mode is not None and mode != margin_mode):
            raise Rejected(
                "mode_mismatch", f"{symbol}: the venue has {'/'.join(sorted(map(str, levels)))}x {mode}, not {leverage}x {margin_mode}"
            )
