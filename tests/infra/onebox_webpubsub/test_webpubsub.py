"""Web PubSub through the official service library and the official Python client, and frame by frame."""

import asyncio
import json

import aiohttp
import pytest
from aiohttp import web
from azure.core.exceptions import HttpResponseError
from azure.messaging.webpubsubclient import WebPubSubClient, WebPubSubClientCredential
from azure.messaging.webpubsubclient.aio import WebPubSubClient as AsyncClient
from azure.messaging.webpubsubclient.aio import WebPubSubClientCredential as AsyncCredential
from azure.messaging.webpubsubclient.models import CallbackType, SendMessageError, WebPubSubDataType, WebPubSubProtocolType
from azure.messaging.webpubsubservice import WebPubSubServiceClient

from infra.onebox.clock import SystemClock
from infra.onebox.webpubsub import WebPubSubService
from tests.infra.onebox_webpubsub.conftest import Endpoint, soon

PLAIN, RELIABLE = "json.webpubsub.azure.v1", "json.reliable.webpubsub.azure.v1"


async def connect(session, address, protocol=PLAIN):
    socket = await session.ws_connect(address, protocols=[protocol])
    return socket, await socket.receive_json(timeout=30)


async def test_a_token_with_a_group_hears_that_group_and_no_other(endpoint, session):
    ann, hello = await connect(session, endpoint.address(user_id="ann", groups=["user-ann"]))
    bob, _ = await connect(session, endpoint.address(user_id="bob", groups=["user-bob"]))
    assert (hello["event"], hello["userId"], "reconnectionToken" in hello) == ("connected", "ann", False)
    await endpoint.service.perform("dash", {"actionName": "sendToGroup", "group": "user-bob", "dataType": "json", "data": '{"n":1}'})
    await endpoint.service.perform("dash", {"actionName": "sendToGroup", "group": "user-ann", "dataType": "json", "data": '{"n":2}'})
    assert await ann.receive_json(timeout=30) == {
        "type": "message",
        "from": "group",
        "group": "user-ann",
        "dataType": "json",
        "data": {"n": 2},
    }
    assert (await bob.receive_json(timeout=30))["data"] == {"n": 1}


async def test_output_binding_actions_reach_whom_they_name(endpoint, session):
    ann, hello = await connect(session, endpoint.address(user_id="ann"))
    bob, _ = await connect(session, endpoint.address(user_id="bob"))
    perform = endpoint.service.perform
    await perform("dash", {"actionName": "sendToUser", "userId": "ann", "dataType": "text", "data": "1"})
    await perform("dash", {"actionName": "sendToConnection", "connectionId": hello["connectionId"], "dataType": "binary", "data": "AAE="})
    await perform("dash", {"actionName": "addUserToGroup", "userId": "ann", "group": "g"})
    await perform("dash", {"actionName": "sendToGroup", "group": "g", "dataType": "text", "data": "3"})
    await perform("dash", {"actionName": "removeUserFromAllGroups", "userId": "ann"})
    await perform("dash", {"actionName": "sendToGroup", "group": "g", "dataType": "text", "data": "lost"})
    await perform("dash", {"actionName": "sendToAll", "dataType": "text", "data": "4", "excluded": []})
    assert [(await ann.receive_json(timeout=30))["data"] for _ in range(4)] == ["1", "AAE=", "3", "4"]
    assert (await bob.receive_json(timeout=30))["data"] == "4"
    await perform("dash", {"actionName": "closeClientConnection", "connectionId": hello["connectionId"], "reason": "enough"})
    assert await ann.receive_json(timeout=30) == {"type": "system", "event": "disconnected", "message": "enough"}


@pytest.mark.parametrize(
    "action",
    [{}, {"actionName": "sendToGroup", "data": "x"}, {"actionName": "sendToAll", "data": {"n": 1}, "dataType": "json"}, {"actionName": "sendToAll", "data": "{", "dataType": "json"}, {"actionName": "sendToAll", "data": "x", "dataType": "xml"}, {"actionName": "fly"}],
)  # fmt: skip
async def test_an_action_that_makes_no_sense_is_refused(endpoint, action):
    with pytest.raises(ValueError):
        await endpoint.service.perform("dash", action)
    with pytest.raises(ValueError):
        await endpoint.service.perform("other", {"actionName": "sendToAll", "data": "x"})


async def test_the_service_library_sends_finds_moves_and_closes(endpoint, session):
    ann, hello = await connect(session, endpoint.address(user_id="ann"))
    connection = hello["connectionId"]
    assert await endpoint.call("connection_exists", connection) and not await endpoint.call("connection_exists", "none")
    assert await endpoint.call("user_exists", "ann") and not await endpoint.call("group_exists", "g/1 ü")
    await endpoint.call("add_connection_to_group", "g/1 ü", connection)
    assert await endpoint.call("group_exists", "g/1 ü")
    assert [member.connection_id for member in await asyncio.to_thread(lambda: list(endpoint.library.list_connections(group="g/1 ü")))] == [
        connection
    ]
    await endpoint.call("send_to_group", "g/1 ü", {"n": 1})
    await endpoint.call("send_to_user", "ann", "text", content_type="text/plain")
    await endpoint.call("send_to_all", b"\x01", content_type="application/octet-stream")
    await endpoint.call("send_to_all", {"n": 2}, excluded=[connection])
    await endpoint.call("send_to_connection", connection, {"n": 3})
    frames = [await ann.receive_json(timeout=30) for _ in range(4)]
    assert [frame["data"] for frame in frames] == [{"n": 1}, "text", "AQ==", {"n": 3}]
    await endpoint.call("grant_permission", "joinLeaveGroup", connection, target_name="h")
    assert await endpoint.call("has_permission", "joinLeaveGroup", connection, target_name="h")
    await endpoint.call("revoke_permission", "joinLeaveGroup", connection, target_name="h")
    assert not await endpoint.call("has_permission", "joinLeaveGroup", connection, target_name="h")
    await endpoint.call("remove_connection_from_group", "g/1 ü", connection)
    await endpoint.call("add_user_to_group", "g", "ann")
    await endpoint.call("remove_user_from_all_groups", "ann")
    assert not await endpoint.call("group_exists", "g")
    await endpoint.call("close_connection", connection, reason="bye")
    assert (await ann.receive_json(timeout=30))["message"] == "bye"
    assert not await endpoint.call("user_exists", "ann")


async def test_the_service_asked_for_a_token_gives_one_that_works(endpoint, session):
    client = endpoint.library
    request = __import__(
        "azure.messaging.webpubsubservice._operations._operations", fromlist=["x"]
    ).build_web_pub_sub_service_get_client_access_token_request
    answer = await asyncio.to_thread(
        lambda: client.send_request(request("dash", user_id="ann", groups=["g"], roles=["webpubsub.sendToGroup.g"], minutes_to_expire=5))
    )
    address = endpoint.url.replace("http", "ws") + "/client/hubs/dash?access_token=" + answer.json()["token"]
    socket, hello = await connect(session, address)
    assert hello["userId"] == "ann"
    await socket.send_json({"type": "sendToGroup", "group": "g", "dataType": "json", "data": {"n": 1}, "ackId": 1})
    assert {(await socket.receive_json(timeout=30))["type"] for _ in range(2)} == {"ack", "message"}


async def test_roles_decide_what_a_client_may_do(endpoint, session):
    socket, _ = await connect(
        session, endpoint.address(user_id="ann", roles=["webpubsub.joinLeaveGroup.mine", "webpubsub.sendToGroup.mine"])
    )

    async def ask(number, **frame):
        await socket.send_json({**frame, "ackId": number})
        answer = await socket.receive_json(timeout=30)
        return answer["success"], answer.get("error", {}).get("name")

    assert await ask(1, type="joinGroup", group="mine") == (True, None)
    assert await ask(2, type="joinGroup", group="theirs") == (False, "Forbidden")
    assert await ask(3, type="sendToGroup", group="theirs", dataType="text", data="x") == (False, "Forbidden")
    assert await ask(4, type="sendToGroup", group="mine", dataType="text", data="x", noEcho=True) == (True, None)
    assert await ask(4, type="sendToGroup", group="mine", dataType="text", data="x") == (False, "Duplicate")
    assert await ask(5, type="leaveGroup", group="mine") == (True, None)
    assert await ask(6, type="event", event="e", dataType="text", data="x") == (False, "InternalServerError")
    await socket.send_json({"type": "ping"})
    assert await socket.receive_json(timeout=30) == {"type": "pong"}


@pytest.mark.parametrize(
    "frame",
    [
        "{",
        "[]",
        '{"type":"fly"}',
        '{"type":"joinGroup"}',
        '{"type":"joinGroup","group":"g","ackId":"1"}',
        '{"type":"sequenceAck"}',
        '{"type":"sendToGroup","group":"g","dataType":"binary","data":"!"}',
    ],
)
async def test_a_malformed_frame_ends_the_connection(endpoint, session, frame):
    socket, _ = await connect(session, endpoint.address(roles=["webpubsub.sendToGroup", "webpubsub.joinLeaveGroup"]))
    await socket.send_str(frame)
    assert (await socket.receive_json(timeout=30))["event"] == "disconnected"
    assert (await socket.receive(timeout=30)).type is aiohttp.WSMsgType.CLOSE and endpoint.hub.everyone() == []


async def test_wrong_tokens_open_nothing(endpoint, session, tmp_path):
    other = WebPubSubService(tmp_path / "other", SystemClock(), ["dash"])
    good = endpoint.address(user_id="ann")
    stranger = WebPubSubServiceClient.from_connection_string(other.connection_string(endpoint.url), hub="dash")
    other_hub = WebPubSubServiceClient.from_connection_string(endpoint.service.connection_string(endpoint.url), hub="admin")
    expired = endpoint.address(user_id="ann", minutes_to_expire=-1)
    wrong = [
        stranger.get_client_access_token()["url"],
        expired,
        good.split("?")[0],
        good[:-3] + "AAA",
        other_hub.get_client_access_token()["url"].replace("/admin", "/dash"),
    ]
    wrong.append(good.split("=")[0] + "=%FF.%FF.%FF")
    for address in wrong:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(address)
        assert refused.value.status == 401
    with pytest.raises(HttpResponseError) as denied:
        await asyncio.to_thread(stranger.send_to_all, {"n": 1})
    assert denied.value.status_code == 401
    stranger.close(), other_hub.close()


async def test_other_pages_are_kept_out_when_origins_are_given(tmp_path, session):
    service = WebPubSubService(tmp_path, SystemClock(), ["dash"], origins=("https://app.example",))
    app = web.Application()
    service.add_routes(app)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    endpoint = Endpoint(service, f"http://127.0.0.1:{runner.addresses[0][1]}")
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await session.ws_connect(endpoint.address(), origin="https://evil.example")
    assert refused.value.status == 403
    for origin in ("https://app.example", None):
        socket = await session.ws_connect(endpoint.address(), origin=origin)
        await socket.close()
    endpoint.library.close()
    await service.stop()
    await runner.cleanup()


async def test_a_reliable_client_gets_what_it_missed_and_nothing_twice(endpoint, session):
    socket, hello = await connect(session, endpoint.address(user_id="ann", groups=["g"]), RELIABLE)
    send = lambda n: endpoint.service.perform("dash", {"actionName": "sendToGroup", "group": "g", "dataType": "json", "data": str(n)})  # noqa: E731
    await send(1)
    await send(2)
    assert [(await socket.receive_json(timeout=30))["sequenceId"] for _ in range(2)] == [1, 2]
    await socket.send_json({"type": "sequenceAck", "sequenceId": 1})
    await socket.send_json({"type": "ping"})
    assert (await socket.receive_json(timeout=30))["type"] == "pong"
    socket._response.connection.transport.abort()
    await soon(lambda: endpoint.hub.everyone()[0].socket is None)
    await socket.close()
    await send(3)
    recovery = (
        endpoint.url.replace("http", "ws")
        + f"/client/hubs/dash?awps_connection_id={hello['connectionId']}&awps_reconnection_token={hello['reconnectionToken']}"
    )
    again, greeting = await connect(session, recovery, RELIABLE)
    assert greeting["connectionId"] == hello["connectionId"]
    assert [((m := await again.receive_json(timeout=30))["sequenceId"], m["data"]) for _ in range(2)] == [(2, 2), (3, 3)]
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await connect(session, recovery[:-3] + "AAA", RELIABLE)
    assert refused.value.status == 404
    await again.close()
    await soon(lambda: endpoint.hub.everyone() == [])


async def test_a_client_that_does_not_read_is_disconnected_and_others_go_on(endpoint, session):
    slow, _ = await connect(session, endpoint.address(user_id="slow", groups=["g"]), RELIABLE)
    quick, _ = await connect(session, endpoint.address(user_id="quick", groups=["g"]))
    for number in range(1100):
        await endpoint.service.perform("dash", {"actionName": "sendToGroup", "group": "g", "dataType": "json", "data": str(number)})
        if number % 100 == 0:
            await asyncio.sleep(0)
        if number % 50 == 0:
            while (frame := await quick.receive_json(timeout=30))["data"] != number:
                assert frame["type"] == "message"
    assert [one.user for one in endpoint.hub.everyone()] == ["quick"]


@pytest.mark.parametrize("protocol", [WebPubSubProtocolType.JSON, WebPubSubProtocolType.JSON_RELIABLE])
async def test_the_official_async_client_talks_in_a_group(endpoint, protocol):
    got: list = []
    address = endpoint.address(user_id="ann", roles=["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"])

    async def give():
        return address

    async def take(event):
        got.append(event.data)

    client = AsyncClient(AsyncCredential(give), protocol_type=protocol)
    async with client:
        await client.subscribe(CallbackType.GROUP_MESSAGE, take)
        await client.join_group("g")
        await client.send_to_group("g", {"n": 1}, WebPubSubDataType.JSON)
        await endpoint.call("send_to_group", "g", "two", content_type="text/plain")
        await soon(lambda: len(got) == 2)
    assert got == [{"n": 1}, "two"]


def _sync_session(address, drop):
    """What the blocking client does in a thread: join, be cut off, recover, get all."""
    got, back = [], []
    client = WebPubSubClient(
        WebPubSubClientCredential(lambda: address), protocol_type=WebPubSubProtocolType.JSON_RELIABLE, reconnect_retry_backoff_factor=0.05
    )
    with client:
        client.subscribe(CallbackType.GROUP_MESSAGE, lambda event: got.append(event.data))
        client.subscribe(CallbackType.CONNECTED, lambda event: back.append(event.connection_id))
        client.join_group("g")
        client.send_to_group("g", "1", WebPubSubDataType.TEXT)
        try:
            client.join_group("forbidden")
        except SendMessageError as error:
            got.append(error.error_detail.name)
        drop()
        client.send_to_group("g", "2", WebPubSubDataType.TEXT)
        for _ in range(1500):
            if "2" in got:
                break
            __import__("time").sleep(0.02)
    return got


async def test_the_official_blocking_client_recovers_after_a_cut(endpoint):
    loop = asyncio.get_running_loop()

    def drop():
        async def cut():
            endpoint.hub.everyone()[0].socket._req.transport.abort()

        asyncio.run_coroutine_threadsafe(cut(), loop).result(2)

    address = endpoint.address(user_id="ann", roles=["webpubsub.joinLeaveGroup.g", "webpubsub.sendToGroup.g"])
    got = await asyncio.to_thread(_sync_session, address, drop)
    assert got == ["1", "Forbidden", "2"]


async def test_a_client_without_a_subprotocol_gets_the_bare_data(endpoint, session):
    socket = await session.ws_connect(endpoint.address(user_id="ann"))
    await soon(lambda: endpoint.hub.everyone())
    await endpoint.call("send_to_all", {"n": 1})
    await endpoint.call("send_to_all", b"\x01", content_type="application/octet-stream")
    assert json.loads(await socket.receive_str(timeout=30)) == {"n": 1}
    assert await socket.receive_bytes(timeout=30) == b"\x01"


async def test_the_key_is_kept_and_private(tmp_path):
    first, second = (WebPubSubService(tmp_path, SystemClock(), ["dash"]) for _ in range(2))
    assert first.connection_string("http://x/") == second.connection_string("http://x")
    assert (tmp_path / "webpubsub.key").stat().st_mode & 0o777 == 0o600
