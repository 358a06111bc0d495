"""Worlds to test in: a recorded market, an owner's platform, a GRID bot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from shared.settings import Settings
from tests.fakes import Clock, FixedKeys, FixedRealtime, MemoryBus, MemoryStore, NameVerifier
from triggers.api.platform import Platform
from triggers.market_source import PublicMarkets

T0 = 1_700_000_040_000  # a full minute
MINUTE = 60_000
USER = "ada"


def write_market(folder: Path, candles: list[str], symbol: str = "BTC-USDT") -> Path:
    """Candles as "open high low close", one a minute from T0."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [f"{T0 + i * MINUTE},{','.join(candle.split())},10" for i, candle in enumerate(candles)]
    (folder / f"{symbol}.csv").write_text("timestamp_ms,open,high,low,close,volume\n" + "\n".join(rows) + "\n")
    return folder


def settings(replay: Path | None = None, **more: Any) -> Settings:
    return Settings(auth_issuer="https://issuer.example", auth_audience="tickwise-api", replay_dir=str(replay or ""), **more)


def platform(replay: Path, clock: Clock | None = None, **more: Any) -> Platform:
    clock = clock or Clock(T0)
    config = settings(replay, **more)
    return Platform(config, MemoryStore(), MemoryBus(), NameVerifier(), FixedRealtime(), PublicMarkets(config, clock), clock, FixedKeys())


def paper_account(**changes: Any) -> dict[str, Any]:
    return {"exchange": "paper", "label": "practice", "market": "replay", "balances": {"USDT": "10000"}, "speed": 1} | changes


def grid(**changes: Any) -> dict[str, Any]:
    """The GRID of strategies.md: 90-110, 4 cells arithmetic, 1,000."""
    config = {"low": "90", "high": "110", "cells": 4, "spacing": "arithmetic", "investment": "1000", "reserve_pct": "0"}
    return config | changes
