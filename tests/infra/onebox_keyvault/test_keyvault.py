"""Key Vault through the unmodified azure-keyvault-secrets and azure-identity."""

import asyncio
import sqlite3

import pytest
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
    ServiceRequestError,
)
from azure.identity.aio import ClientSecretCredential
from azure.keyvault.secrets.aio import SecretClient
from cryptography.exceptions import InvalidTag

from infra.onebox.clock import SystemClock
from infra.onebox.keyvault import KeyVaultService

CANARY = "canary-4f1c-do-not-show"


@pytest.fixture
async def vault(tmp_path):
    service = KeyVaultService(tmp_path, SystemClock())
    await service.start()
    yield service
    await service.stop()


class Connected:
    """A client made from the service's settings, as an app makes it."""

    def __init__(self, vault, **changes):
        given = vault.settings() | changes
        options = {"connection_verify": given["ca"], "retry_total": 0}
        self.credential = ClientSecretCredential(
            given["tenantId"],
            given["clientId"],
            given["clientSecret"],
            authority=given["authority"],
            disable_instance_discovery=True,
            **options,
        )
        self.client = SecretClient(given["url"], self.credential, verify_challenge_resource=False, **options)

    async def __aenter__(self):
        return self.client

    async def __aexit__(self, *_):
        await self.client.close()
        await self.credential.close()


@pytest.fixture
async def client(vault):
    async with Connected(vault) as client:
        yield client


async def test_a_secret_is_set_read_and_has_versions(client):
    first = await client.set_secret("acc-1", "one", content_type="text", tags={"user": "u1"})
    second = await client.set_secret("acc-1", "two")
    assert (await client.get_secret("acc-1")).value == "two"
    assert (await client.get_secret("acc-1", first.properties.version)).value == "one"
    assert {item.version async for item in client.list_properties_of_secret_versions("acc-1")} == {
        first.properties.version,
        second.properties.version,
    }
    changed = await client.update_secret_properties("acc-1", second.properties.version, tags={"a": "b"}, content_type="json")
    assert (changed.tags, changed.content_type) == ({"a": "b"}, "json")
    assert (await client.get_secret("ACC-1")).value == "two"


async def test_lists_page_and_show_no_values(client):
    for number in range(30):
        await client.set_secret(f"s-{number:02}", CANARY)
    items = [item async for item in client.list_properties_of_secrets()]
    assert [item.name for item in items] == [f"s-{number:02}" for number in range(30)]
    assert CANARY not in repr([vars(item) for item in items])


async def test_a_deleted_secret_is_recovered_or_purged(client):
    await client.set_secret("acc-1", "one")
    deleted = await client.delete_secret("acc-1")
    assert deleted.scheduled_purge_date > deleted.deleted_date
    with pytest.raises(ResourceNotFoundError):
        await client.get_secret("acc-1")
    with pytest.raises(ResourceExistsError):
        await client.set_secret("acc-1", "again")
    assert [item.name async for item in client.list_deleted_secrets()] == ["acc-1"]
    assert [item.name async for item in client.list_properties_of_secrets()] == []
    await client.recover_deleted_secret("acc-1")
    assert (await client.get_secret("acc-1")).value == "one"
    await client.delete_secret("acc-1")
    await client.purge_deleted_secret("acc-1")
    with pytest.raises(ResourceNotFoundError):
        await client.get_deleted_secret("acc-1")
    await client.set_secret("acc-1", "new")
    assert len([item async for item in client.list_properties_of_secret_versions("acc-1")]) == 1


async def test_a_disabled_secret_is_not_read(client):
    made = await client.set_secret("acc-1", "one", enabled=False)
    with pytest.raises(HttpResponseError) as refused:
        await client.get_secret("acc-1")
    assert refused.value.status_code == 403
    await client.update_secret_properties("acc-1", made.properties.version, enabled=True)
    assert (await client.get_secret("acc-1")).value == "one"


async def test_what_cannot_be_a_secret_is_refused(client):
    for name, value in (("a_b", "x"), ("a" * 128, "x"), ("big", "x" * 25_601)):
        with pytest.raises(HttpResponseError) as refused:
            await client.set_secret(name, value)
        assert refused.value.status_code == 400


async def test_strangers_get_nothing(vault, client):
    await client.set_secret("acc-1", CANARY)
    async with Connected(vault, clientSecret="guess") as stranger:
        with pytest.raises(ClientAuthenticationError):
            await stranger.get_secret("acc-1")
    from aiohttp import ClientSession, TCPConnector

    async with ClientSession(connector=TCPConnector(ssl=False)) as session:
        for header in (
            {},
            {"Authorization": "Bearer x"},
            {"Authorization": "Bearer \udcff.x.y"},
            {"Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJhdWQiOiJodHRwczovL3ZhdWx0LmF6dXJlLm5ldCIsImV4cCI6OTk5OTk5OTk5OX0."},
        ):
            answer = await session.get(vault.settings()["url"] + "/secrets/acc-1/?api-version=7.6", headers=header)
            assert answer.status == 401 and CANARY not in await answer.text()
            assert answer.headers["WWW-Authenticate"].startswith('Bearer authorization="https://localhost')


async def test_a_client_that_does_not_know_the_authority_refuses_to_talk(vault):
    import certifi

    async with Connected(vault, ca=certifi.where()) as client:
        with pytest.raises((ServiceRequestError, ClientAuthenticationError)):
            await client.get_secret("acc-1")


async def test_nothing_on_the_disk_holds_the_value(vault, client, tmp_path):
    await client.set_secret("acc-1", CANARY)
    await client.delete_secret("acc-1")
    for file in tmp_path.iterdir():
        assert CANARY.encode() not in file.read_bytes(), file.name
    for private in ("keyvault.key", "keyvault.client.json", "keyvault.server.key", "keyvault.sqlite3"):
        assert (tmp_path / private).stat().st_mode & 0o777 == 0o600, private


async def test_values_moved_between_rows_do_not_open(vault, client, tmp_path):
    await client.set_secret("mine", "one")
    await client.set_secret("theirs", "two")
    database = sqlite3.connect(tmp_path / "keyvault.sqlite3")
    database.execute("UPDATE versions SET sealed=(SELECT sealed FROM versions WHERE name='theirs') WHERE name='mine'")
    database.commit()
    database.close()
    with pytest.raises(InvalidTag):
        vault._safe.value(vault._safe.find("mine"))


async def test_secrets_and_settings_survive_a_restart(tmp_path):
    kept = []
    for _ in range(2):
        service = KeyVaultService(tmp_path, SystemClock())
        await service.start()
        async with Connected(service) as client:
            if not kept:
                await client.set_secret("acc-1", "one")
            kept.append(
                ((await client.get_secret("acc-1")).value, service.settings()["clientSecret"], (tmp_path / "keyvault.ca.pem").read_text())
            )
        await service.stop()
    assert kept[0] == kept[1]


async def test_an_outage_is_a_503_and_ends(vault, client):
    await client.set_secret("acc-1", "one")
    vault.is_down = True
    with pytest.raises(HttpResponseError) as refused:
        await client.get_secret("acc-1")
    assert refused.value.status_code == 503
    vault.is_down = False
    assert (await client.get_secret("acc-1")).value == "one"


async def test_the_blocking_client_works_as_well(vault):
    from azure.identity import ClientSecretCredential as Credential
    from azure.keyvault.secrets import SecretClient as Client

    def use():
        given = vault.settings()
        with Credential(
            given["tenantId"],
            given["clientId"],
            given["clientSecret"],
            authority=given["authority"],
            disable_instance_discovery=True,
            connection_verify=given["ca"],
        ) as credential:
            with Client(given["url"], credential, verify_challenge_resource=False, connection_verify=given["ca"]) as client:
                client.set_secret("acc-1", "one")
                return client.get_secret("acc-1").value

    assert await asyncio.to_thread(use) == "one"
