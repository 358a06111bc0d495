"""Vaults of tests come and go on ports the system hands out again; the SDK keeps what a port's first vault asked for."""

from collections.abc import Iterator

import pytest
from azure.keyvault.secrets._shared import http_challenge_cache


@pytest.fixture(autouse=True)
def nothing_is_known_of_a_port() -> Iterator[None]:
    """Without it a vault on a port an earlier one had is asked with a token of the earlier one's tenant."""
    http_challenge_cache.clear()
    yield
    http_challenge_cache.clear()
