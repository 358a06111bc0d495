"""What the app relies on of App Configuration, on our endpoint and, where one is named, on the real store."""

import base64

import pytest
from azure.appconfiguration import ConfigurationSetting, FeatureFlagConfigurationSetting
from azure.appconfiguration.aio import AzureAppConfigurationClient
from azure.core import MatchConditions
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)


async def test_ac01_a_setting_is_read_as_it_was_written(world):
    tagged = ConfigurationSetting(key=world.key("a b/ü"), value="x", content_type="text/plain", tags={"k": "v"})
    written = await world.client.set_configuration_setting(tagged)
    read = await world.client.get_configuration_setting(world.key("a b/ü"))
    assert (read.value, read.content_type, read.tags, read.etag, read.label) == ("x", "text/plain", {"k": "v"}, written.etag, None)
    assert read.last_modified is not None and not read.read_only


async def test_ac02_what_is_not_there_is_not_found_and_may_be_deleted(world):
    with pytest.raises(ResourceNotFoundError):
        await world.client.get_configuration_setting(world.key("none"))
    assert await world.client.delete_configuration_setting(world.key("none")) is None


async def test_ac03_an_unchanged_setting_is_not_sent_again(world):
    first = await world.put("sentinel", "1")
    ask = {"key": world.key("sentinel"), "match_condition": MatchConditions.IfModified}
    assert await world.client.get_configuration_setting(**ask, etag=first.etag) is None
    second = await world.put("sentinel", "2")
    again = await world.client.get_configuration_setting(**ask, etag=first.etag)
    assert (again.value, again.etag) == ("2", second.etag) and second.etag != first.etag


async def test_ac04_labels_are_settings_of_their_own(world):
    await world.put("limit", "1")
    await world.put("limit", "2", label="blue")
    assert (await world.client.get_configuration_setting(world.key("limit"), "blue")).value == "2"
    assert await world.listed(world.key("*"), "\0") == [("limit", None, "1")]
    assert await world.listed(world.key("*"), "blue") == [("limit", "blue", "2")]
    assert len(await world.listed(world.key("*"))) == 2


async def test_ac05_a_change_of_another_version_is_refused(world):
    first = await world.put("x", "1")
    await world.put("x", "2")
    first.value = "3"
    with pytest.raises(ResourceModifiedError):
        await world.client.set_configuration_setting(first, match_condition=MatchConditions.IfNotModified)
    with pytest.raises(ResourceExistsError):
        await world.client.add_configuration_setting(ConfigurationSetting(key=world.key("x"), value="4"))
    assert (await world.client.get_configuration_setting(world.key("x"))).value == "2"


async def test_ac06_a_locked_setting_stays_as_it_is(world):
    made = await world.put("x", "1")
    await world.client.set_read_only(made, True)
    with pytest.raises(HttpResponseError):
        await world.put("x", "2")
    unlocked = await world.client.set_read_only(made, False)
    assert not unlocked.read_only and (await world.put("x", "2")).value == "2"


async def test_ac07_a_long_listing_comes_in_pages_and_whole(world):
    for i in range(130):
        await world.put(f"k{i:03d}", str(i))
    assert await world.listed(world.key("*")) == [(f"k{i:03d}", None, str(i)) for i in range(130)]
    assert await world.listed(f"{world.key('k001')},{world.key('k01*')}") == [("k001", None, "1")] + [
        (f"k{i:03d}", None, str(i)) for i in range(10, 20)
    ]


async def test_ac08_a_feature_flag_is_a_setting(world):
    name = world.prefix.strip(":")
    await world.client.set_configuration_setting(FeatureFlagConfigurationSetting(name, enabled=False))
    read = await world.client.get_configuration_setting(f".appconfig.featureflag/{name}")
    await world.client.delete_configuration_setting(read.key)
    assert isinstance(read, FeatureFlagConfigurationSetting) and read.enabled is False


async def test_ac09_another_secret_reads_nothing(world):
    await world.put("x", "1")
    forged = world.address.rpartition("Secret=")[0] + "Secret=" + base64.b64encode(b"0" * 32).decode()
    async with AzureAppConfigurationClient.from_connection_string(forged) as client:
        with pytest.raises((ClientAuthenticationError, HttpResponseError)) as refused:
            await client.get_configuration_setting(world.key("x"))
    assert refused.value.status_code == 401
