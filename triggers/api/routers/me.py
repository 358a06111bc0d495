"""Who the caller is and what they may use."""

from __future__ import annotations

from fastapi import APIRouter

from triggers.api.models.market import Me
from triggers.api.platform import CurrentUser, Plat

router = APIRouter(prefix="/api/v1", tags=["me"])


@router.get("/me")
async def get_me(user: CurrentUser, plat: Plat) -> Me:
    """The signed-in user."""
    bots = await plat.store.count("bots", user.id, {"kind": "bot"})
    return Me(user_id=user.id, email=user.email, scopes=user.scopes, bots=bots, bots_limit=plat.settings.bots_per_user)
