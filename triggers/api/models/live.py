"""Messages on the user's Web PubSub group.

Rules
1. `revision` is the bot's: older or equal is dropped, a gap makes the client read again over HTTP.
2. Nothing depends on having seen a message.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, RootModel

from shared.read_model import BotView, EventView, FillView, Instant, OrderView
from shared.research import JobProgress, JobStatus
from strategy_core.number import Model


class LiveBotData(Model):
    """The whole bot with its orders; a message too large for the feed leaves `orders` out (null)."""

    bot: BotView
    orders: tuple[OrderView, ...] | None


class LiveBot(Model):
    v: Literal[1]
    type: Literal["bot"]
    botId: str
    revision: int
    at: Instant
    data: LiveBotData


class LiveFill(Model):
    v: Literal[1]
    type: Literal["fill"]
    botId: str
    revision: int
    at: Instant
    data: FillView


class LiveEvent(Model):
    v: Literal[1]
    type: Literal["event"]
    botId: str
    revision: int
    at: Instant
    data: EventView


class JobUpdate(Model):
    id: str
    kind: Literal["backtest", "optimisation"]
    status: JobStatus
    error: str | None = None
    progress: JobProgress


class LiveJob(Model):
    """How far a backtest or a search is, at most twice a second; its results are read over HTTP."""

    v: Literal[1]
    type: Literal["job"]
    jobId: str
    at: Instant
    data: JobUpdate


class LiveMessage(RootModel[Annotated[LiveBot | LiveFill | LiveEvent | LiveJob, Field(discriminator="type")]]):
    pass
