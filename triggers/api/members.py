"""Lists of users that a timer looks at: a document of the platform each, as the watched markets are."""

from __future__ import annotations

from shared.read_model import SCHEMA
from shared.stores import Exists, Stale, Store
from shared.watch import PLATFORM


async def join(store: Store, name: str, user_id: str) -> None:
    """From now on the user is in the list. Asked twice they are in it once."""
    while True:
        document = await store.read("settings", PLATFORM, name)
        try:
            if document is None:
                await store.create("settings", PLATFORM, {"id": name, "kind": name, "schema": SCHEMA, "sort": name, "users": [user_id]})
            elif user_id not in document["users"]:
                await store.replace("settings", PLATFORM, {**document, "users": [*document["users"], user_id]})
            return
        except (Exists, Stale):
            continue
