"""What the app asks of Web PubSub, through azure-messaging-webpubsubservice: the same suite on the embedded endpoint and on the service."""

from __future__ import annotations

import asyncio
import json
from base64 import urlsafe_b64decode
from urllib.parse import parse_qs, urlsplit

import pytest
from azure.core.exceptions import HttpResponseError
from azure.messaging.webpubsubservice.aio import WebPubSubServiceClient

from shared.ids import group
from shared.realtime import HUB, MINUTES, to_group

PROTOCOL = "json.webpubsub.azure.v1"


def claims(url: str) -> dict:
    [token] = parse_qs(urlsplit(url).query)["access_token"]
    body = token.split(".")[1]
    return json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4)))


async def heard(socket, kind: str = "message") -> dict:
    async with asyncio.timeout(30):
        while True:
            frame = await socket.receive_json()
            if frame["type"] == kind:
                return frame


async def test_a_listener_hears_what_is_sent_to_its_user_and_nobody_elses(world, session):
    async with session.ws_connect(await world.realtime.url(world.user), protocols=[PROTOCOL]) as socket:
        assert (await heard(socket, "system"))["event"] == "connected"
        await world.perform(to_group(world.stranger, json.dumps({"n": 1})))
        await world.perform(to_group(world.user, json.dumps({"n": 2, "money": "0.10", "text": "ü ☃"})))
        message = await heard(socket)
    assert message["data"] == {"n": 2, "money": "0.10", "text": "ü ☃"}
    assert (message["group"], message["dataType"]) == (group(world.user), "json")


async def test_the_token_names_one_group_has_no_role_and_ends_within_the_hour(world):
    found = claims(await world.realtime.url(world.user))
    assert (found["sub"], found["webpubsub.group"]) == (group(world.user), [group(world.user)])
    assert not found.get("role")
    assert 0 < found["exp"] - found.get("iat", found["exp"] - MINUTES * 60) <= MINUTES * 60


@pytest.mark.parametrize("kind", ["sendToGroup", "joinGroup"])
async def test_a_listener_may_neither_send_nor_join(world, session, kind):
    async with session.ws_connect(await world.realtime.url(world.user), protocols=[PROTOCOL]) as socket:
        await heard(socket, "system")
        frame = {"type": kind, "group": group(world.stranger), "ackId": 1}
        await socket.send_json(frame | ({"dataType": "text", "data": "x"} if kind == "sendToGroup" else {}))
        ack = await heard(socket, "ack")
    assert (ack["success"], ack["error"]["name"]) == (False, "Forbidden")


async def test_a_group_can_be_asked_for_and_its_listeners_sent_away(world, session):
    own = group(world.user)
    assert await world.library.group_exists(own) is False
    async with session.ws_connect(await world.realtime.url(world.user), protocols=[PROTOCOL]) as socket:
        await heard(socket, "system")
        assert await world.library.group_exists(own) is True
        await world.library.close_all_connections()
        async with asyncio.timeout(30):
            while not socket.closed:
                await socket.receive()


async def test_a_request_signed_with_another_key_is_refused(world):
    if world.service is None:
        pytest.skip("a wrong key is not tried on the real service")
    at = world.realtime
    await at.url(world.user)
    broken = at._settings.web_pubsub.partition("AccessKey=")[0] + "AccessKey=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA;Version=1.0;"
    async with WebPubSubServiceClient.from_connection_string(broken, hub=HUB) as stranger:
        with pytest.raises(HttpResponseError) as refused:
            await stranger.send_to_all({"n": 1}, content_type="application/json")
    assert refused.value.status_code == 401
