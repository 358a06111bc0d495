"""Exchange accounts. A paper account starts with the balances it is given; its book is the paper exchange's own."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from shared.read_model import AccountView
from triggers.api import accounts
from triggers.api.idempotency import IdempotencyKey
from triggers.api.models.account import AccountCreate, AccountPage
from triggers.api.models.bot import ObjectId
from triggers.api.models.common import Cursor
from triggers.api.platform import CurrentUser, Plat

router = APIRouter(prefix="/api/v1/accounts", tags=["accounts"])


@router.post("", status_code=201)
async def create_account(
    body: AccountCreate, user: CurrentUser, plat: Plat, response: Response, idempotency_key: IdempotencyKey = None
) -> AccountView:
    """Open a paper account."""
    document = await accounts.create(plat, user.id, body, idempotency_key)
    response.headers["location"] = f"/api/v1/accounts/{document['id']}"
    return await accounts.view(plat, user.id, document)


@router.get("")
async def list_accounts(
    user: CurrentUser, plat: Plat, limit: Annotated[int, Query(ge=1, le=100)] = 50, cursor: Annotated[Cursor | None, Query()] = None
) -> AccountPage:
    """The user's accounts with their balances, newest first."""
    page = await plat.store.page("accounts", user.id, {"kind": "account"}, limit, cursor)
    return AccountPage(items=tuple([await accounts.view(plat, user.id, document) for document in page.items]), next=page.next)


@router.get("/{account_id}")
async def get_account(account_id: ObjectId, user: CurrentUser, plat: Plat) -> AccountView:
    """One account with its balances."""
    return await accounts.view(plat, user.id, await accounts.need_account(plat.store, user.id, account_id))


@router.delete("/{account_id}", status_code=204)
async def delete_account(account_id: ObjectId, user: CurrentUser, plat: Plat) -> None:
    """Close an account no bot uses any more."""
    await accounts.delete(plat, user.id, account_id)
