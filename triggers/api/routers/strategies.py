"""The strategies and the schema of their configs, from which the form is drawn."""

from __future__ import annotations

from fastapi import APIRouter

from shared.read_model import Strategy
from triggers.api.models.market import StrategyItem, StrategyPage
from triggers.api.platform import CurrentUser

router = APIRouter(prefix="/api/v1/strategies", tags=["strategies"])


FUTURES = ("COMBO", "DCA_FUTURES")


@router.get("")
async def list_strategies(user: CurrentUser) -> StrategyPage:
    """Every strategy a bot can run."""
    from strategy_core import registry

    return StrategyPage(items=tuple(item_of(name) for name in registry.NAMES))


@router.get("/{name}")
async def get_strategy(name: Strategy, user: CurrentUser) -> StrategyItem:
    """One strategy with the JSON schema of its config."""
    return item_of(name)


def item_of(name: str) -> StrategyItem:
    from strategy_core import registry

    return StrategyItem(name=name, futures=name in FUTURES, json_schema=registry.schema(name))
