"""One adapter per account, reused while its key is good."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from exchange.accounts import KEY_TTL_MS, MAX_OPEN, Accounts
from tests.exchange.paper_fakes import Clock


class FakeExchange:
    def __init__(self, venue: str, credentials: dict[str, str], *_: Any, **__: Any) -> None:
        self.venue, self.credentials, self.closed = venue, credentials, False

    async def close(self) -> None:
        self.closed = True


class Vault:
    def __init__(self) -> None:
        self.reads, self.key, self.down = 0, "k1", False

    async def __call__(self) -> dict[str, str]:
        self.reads += 1
        await asyncio.sleep(0)
        if self.down:
            raise ConnectionError
        return {"apiKey": self.key}


def accounts(clock: Clock) -> Accounts:
    return Accounts(clock, opener=FakeExchange)  # type: ignore[arg-type]


async def test_many_callers_share_one_adapter_and_one_read_of_the_key() -> None:
    opened, vault = accounts(Clock()), Vault()
    found = await asyncio.gather(*(opened.get("a", "binance", vault) for _ in range(20)))
    assert len(set(map(id, found))) == 1 and vault.reads == 1


async def test_a_key_is_read_again_after_a_while_and_a_new_one_opens_anew() -> None:
    clock, vault = Clock(), Vault()
    opened = accounts(clock)
    first: Any = await opened.get("a", "binance", vault)
    clock.now += KEY_TTL_MS
    assert await opened.get("a", "binance", vault) is first and vault.reads == 2
    vault.key = "k2"
    clock.now += KEY_TTL_MS
    second: Any = await opened.get("a", "binance", vault)
    assert second is not first and first.closed and second.credentials == {"apiKey": "k2"}


async def test_with_the_vault_down_running_accounts_go_on_and_new_ones_wait() -> None:
    clock, vault = Clock(), Vault()
    opened = accounts(clock)
    first = await opened.get("a", "binance", vault)
    vault.down = True
    clock.now += KEY_TTL_MS
    assert await opened.get("a", "binance", vault) is first
    with pytest.raises(ConnectionError):
        await opened.get("b", "binance", vault)


async def test_the_account_unused_for_the_longest_is_closed_first() -> None:
    opened, vault = accounts(Clock()), Vault()
    first: Any = await opened.get("0", "binance", vault)
    second: Any = await opened.get("1", "binance", vault)
    await opened.get("0", "binance", vault)
    for i in range(2, MAX_OPEN + 1):
        await opened.get(str(i), "binance", vault)
    assert second.closed and not first.closed
    await opened.close()
    assert first.closed


def test_what_is_still_open_when_the_process_ends_is_closed() -> None:
    async def program() -> Any:
        return await accounts(Clock()).get("a", "binance", Vault())

    assert asyncio.run(program()).closed
