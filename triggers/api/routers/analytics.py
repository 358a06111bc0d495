"""How bots fared: the waterfall, ratios, calendar and curve, per bot and added up."""

from __future__ import annotations

from fastapi import APIRouter

from triggers.api import analytics
from triggers.api.models.analytics import Analytics, BotAnalytics
from triggers.api.models.bot import ObjectId
from triggers.api.platform import CurrentUser, Plat

router = APIRouter(prefix="/api/v1", tags=["research"])


@router.get("/bots/{bot_id}/analytics")
async def get_bot_analytics(bot_id: ObjectId, user: CurrentUser, plat: Plat) -> BotAnalytics:
    """One bot since its start."""
    return await analytics.of_bot(plat, user.id, bot_id)


@router.get("/analytics")
async def get_analytics(user: CurrentUser, plat: Plat) -> Analytics:
    """Every bot that ever started, and each currency of each world added up."""
    return await analytics.of_all(plat, user.id)
