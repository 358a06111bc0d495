"""Who the caller is and what they may use."""

from __future__ import annotations

from fastapi import APIRouter

from shared.clock import iso
from shared.sessions import KEEP_MS
from triggers.api import preferences
from triggers.api.idempotency import IdempotencyKey
from triggers.api.models.market import Me
from triggers.api.models.preference import Revoked
from triggers.api.platform import CurrentUser, Plat

router = APIRouter(prefix="/api/v1", tags=["me"])


@router.get("/me")
async def get_me(user: CurrentUser, plat: Plat) -> Me:
    """The signed-in user."""
    bots = await plat.store.count("bots", user.id, {"kind": "bot"})
    now = await plat.limits.now()
    live = tuple(sorted(now.traded))
    return Me(user_id=user.id, email=user.email, scopes=user.scopes, bots=bots, bots_limit=now.bots_per_user, live_exchanges=live)


@router.post("/me/sessions/revoke")
async def revoke_sessions(user: CurrentUser, plat: Plat, idempotency_key: IdempotencyKey = None) -> Revoked:
    """Every token issued until now is refused from here on, this one included: sign in again."""
    return Revoked(revoked_before=iso(await preferences.revoke_sessions(plat, user.id)), within_s=KEEP_MS // 1000)
