"""Messages on the user's Web PubSub group.

Rules
1. `revision` is the bot's: older or equal is dropped, a gap makes the client read again over HTTP.
2. Nothing depends on having seen a message.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, RootModel

from shared.read_model import BotView, EventView, FillView, Instant, OrderView
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


class LiveMessage(RootModel[Annotated[LiveBot | LiveFill | LiveEvent, Field(discriminator="type")]]):
    pass
