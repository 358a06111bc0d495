"""Live updates: the token a browser listens with. It names the user's one group; the client joins nothing and has no role."""

from __future__ import annotations

from typing import Any, Protocol

from shared.ids import group
from shared.settings import Settings

HUB = "dash"
MINUTES = 60


class Realtime(Protocol):
    async def url(self, user_id: str) -> str: ...


class WebPubSub:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: Any = None

    async def url(self, user_id: str) -> str:
        own = group(user_id)
        token = await self._open().get_client_access_token(user_id=own, groups=[own], minutes_to_expire=MINUTES)
        return str(token["url"])

    def _open(self) -> Any:
        if self._client is None:
            from azure.messaging.webpubsubservice.aio import WebPubSubServiceClient

            if self._settings.web_pubsub:
                self._client = WebPubSubServiceClient.from_connection_string(self._settings.web_pubsub, hub=HUB)
            else:
                from shared.identity import credential

                self._client = WebPubSubServiceClient(self._settings.need("web_pubsub_uri"), HUB, credential(self._settings))
        return self._client


def to_group(user_id: str, message: str) -> dict[str, Any]:
    """The action of the output binding; `data` is a string, as the binding wants it."""
    return {"actionName": "sendToGroup", "group": group(user_id), "dataType": "json", "data": message}
