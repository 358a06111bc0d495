"""Exchange accounts. A paper account starts with the balances it is given; a live one with a key that is proved at its exchange."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from shared.read_model import AccountView
from triggers.api import accounts, keys
from triggers.api.filters import MOST, Created, ExchangeId, From, where_of
from triggers.api.idempotency import IdempotencyKey
from triggers.api.models.account import AccountConnect, AccountPage, Credentials, NewAccount
from triggers.api.models.bot import ObjectId
from triggers.api.owned import need_account
from triggers.api.paging import listed
from triggers.api.platform import CurrentUser, Plat
from triggers.api.versions import IfMatch

router = APIRouter(prefix="/api/v1/accounts", tags=["accounts"])


@router.post("", status_code=201)
async def create_account(
    body: NewAccount, user: CurrentUser, plat: Plat, response: Response, idempotency_key: IdempotencyKey = None
) -> AccountView:
    """Open a paper account, or connect a live one: that needs a recent sign-in and a key that trades and cannot withdraw."""
    if isinstance(body.root, AccountConnect):
        document = await keys.connect(plat, user, body.root, idempotency_key)
    else:
        document = await accounts.create(plat, user.id, body.root, idempotency_key)
    response.headers["location"] = f"/api/v1/accounts/{document['id']}"
    return await accounts.view(plat, user.id, document)


@router.get("")
async def list_accounts(
    user: CurrentUser,
    plat: Plat,
    exchange: ExchangeId = None,
    made: Created = None,
    limit: Annotated[int, Query(ge=1, le=100, description=MOST)] = 50,
    cursor: From = None,
) -> AccountPage:
    """The user's accounts with their balances, newest first."""
    page = await listed(plat, user.id, "accounts", where_of(kind="account", exchange=exchange), limit, cursor, made)
    return AccountPage(items=tuple(await accounts.views(plat, user.id, page.items)), next=page.next)


@router.get("/{account_id}")
async def get_account(account_id: ObjectId, user: CurrentUser, plat: Plat, response: Response) -> AccountView:
    """One account with its balances."""
    document = await need_account(plat.store, user.id, account_id)
    response.headers["etag"] = document["_etag"]
    return await accounts.view(plat, user.id, document)


@router.post("/{account_id}/verify")
async def verify_account(account_id: ObjectId, user: CurrentUser, plat: Plat, idempotency_key: IdempotencyKey = None) -> AccountView:
    """Ask the exchange again what the key may do and what the account holds."""
    return await accounts.view(plat, user.id, await keys.verify(plat, user, account_id))


@router.put("/{account_id}/credentials")
async def replace_credentials(
    account_id: ObjectId,
    body: Credentials,
    user: CurrentUser,
    plat: Plat,
    response: Response,
    if_match: IfMatch = None,
) -> AccountView:
    """Another key for the same account at the exchange; the old one is destroyed. Needs a recent sign-in."""
    document = await keys.rotate(plat, user, account_id, body, if_match)
    response.headers["etag"] = document["_etag"]
    return await accounts.view(plat, user.id, document)


@router.delete("/{account_id}", status_code=204)
async def delete_account(account_id: ObjectId, user: CurrentUser, plat: Plat) -> None:
    """Close an account no bot uses any more."""
    await accounts.delete(plat, user.id, account_id)
