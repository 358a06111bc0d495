"""What a deployed dashboard is told: where the API is and who signs people in."""

import pytest

from scripts.dashboard_config import NEEDED, config

GIVEN = {
    "API_URL": "https://api.example/", "AUTH_CLIENT_ID": "1234", "AUTH_AUTHORITY": "https://t.ciamlogin.com/t.onmicrosoft.com",
    "AUTH_SCOPES": "api://5678/bots.read api://5678/bots.write",
}  # fmt: skip


def test_the_dashboard_signs_in_where_the_api_lets_in():
    assert config(GIVEN) == {
        "apiBase": "https://api.example",
        "auth": {
            "kind": "msal", "clientId": "1234", "authority": "https://t.ciamlogin.com/t.onmicrosoft.com",
            "knownAuthorities": ["t.ciamlogin.com"], "scopes": ["api://5678/bots.read", "api://5678/bots.write"],
        },
    }  # fmt: skip


@pytest.mark.parametrize("name", NEEDED)
def test_what_is_missing_is_named(name):
    with pytest.raises(KeyError, match=name):
        config({**GIVEN, name: ""})
