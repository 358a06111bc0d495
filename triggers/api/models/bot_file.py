"""A bot as a file, and bots of other platforms, as requests and answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool

from shared.read_model import BotView, Instant, Strategy
from strategy_core.number import Model
from triggers.api.models.bot import Config, ObjectId, Symbol

FORMAT, FILE_SCHEMA = "tickwise-bot", 1
Name = Annotated[str, Field(min_length=1, max_length=80)]
Word = Annotated[str, Field(max_length=100)]


class BotFile(Model):
    """A bot's plan without its account, its past and its secrets: what it takes to make the same bot elsewhere."""

    format: Literal["tickwise-bot"] = "tickwise-bot"
    schema_version: Annotated[int, Field(ge=1, description="The file's shape; this platform reads 1")] = FILE_SCHEMA
    name: Name
    symbol: Symbol
    strategy: Strategy
    config: Config
    exported_at: Instant | None = None


class BotImport(Model):
    """`name` and `symbol` replace the file's."""

    account_id: ObjectId
    file: BotFile
    name: Name | None = None
    symbol: Symbol | None = None


class ThreeCommasImport(Model):
    """A 3Commas DCA bot as their API shows it.

    Without `account_id`, or with `check_only`, nothing is made. `without`: their settings that have no place here and that you accept
    to lose. `futures_volume`: what the sizes of a futures bot mean, which the settings do not say.
    """

    bot: Annotated[dict[Word, Any], Field(max_length=200)]
    account_id: ObjectId | None = None
    check_only: StrictBool = False
    symbol: Symbol | None = None
    futures_volume: Literal["margin", "notional"] | None = None
    without: Annotated[tuple[Word, ...], Field(max_length=50)] = ()


class ImportRow(Model):
    """One of their settings. `code` is `mapped`, `not_a_setting`, `assumed_…` or why it is not mapped; `is_blocking` asks for `without`."""

    field: str
    to: str | None
    code: str
    is_blocking: bool


class ImportPlan(Model):
    name: str
    symbol: str
    strategy: Strategy
    config: dict[str, Any]


class ThreeCommasAnswer(Model):
    """`bots`: the drafts that were made, one per pair; empty for a check."""

    plans: tuple[ImportPlan, ...]
    rows: tuple[ImportRow, ...]
    is_complete: bool
    bots: tuple[BotView, ...]
