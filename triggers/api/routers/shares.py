"""Share links of the owner, and the one route a stranger may read."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from triggers.api import shares
from triggers.api.filters import MOST, Created, From
from triggers.api.idempotency import IdempotencyKey
from triggers.api.models.bot import ObjectId
from triggers.api.models.share import ShareCreate, SharedPlan, ShareMade, SharePage
from triggers.api.paging import listed
from triggers.api.platform import CurrentUser, Plat
from triggers.api.query import known_query

router = APIRouter(prefix="/api/v1", tags=["sharing"])
Token = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{43}$")]
PUBLIC_HEADERS = {"x-robots-tag": "noindex, nofollow", "referrer-policy": "no-referrer"}


@router.post("/shares", status_code=201)
async def create_share(
    body: ShareCreate, user: CurrentUser, plat: Plat, request: Request, idempotency_key: IdempotencyKey = None
) -> ShareMade:
    """A link to a plan, as it is now, for whoever has the link. It is shown once."""
    return await shares.create(plat, user.id, body, idempotency_key, str(request.base_url))


@router.get("/shares")
async def list_shares(
    user: CurrentUser,
    plat: Plat,
    made: Created = None,
    limit: Annotated[int, Query(ge=1, le=100, description=MOST)] = 50,
    cursor: From = None,
) -> SharePage:
    """What the user shared, newest first."""
    page = await listed(plat, user.id, "settings", {"kind": "share"}, limit, cursor, made)
    return SharePage(items=tuple(shares.view(document) for document in page.items), next=page.next)


@router.delete("/shares/{share_id}", status_code=204)
async def delete_share(share_id: ObjectId, user: CurrentUser, plat: Plat) -> None:
    """The link opens nothing any more."""
    await shares.revoke(plat, user.id, share_id)


@router.get("/shared/{token}", dependencies=[Depends(known_query)], openapi_extra={"security": []})
async def get_shared(token: Token, plat: Plat, response: Response) -> SharedPlan:
    """What a share link shows; needs no token of a user."""
    response.headers.update(PUBLIC_HEADERS)
    return await shares.open_link(plat, token)
