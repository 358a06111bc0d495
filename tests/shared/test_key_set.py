"""The issuer's keys are read once, and whoever asks meanwhile waits for them."""

import asyncio
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from shared.auth import KeySet


def issuer_keys() -> dict[str, Any]:
    public = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    return {"keys": [{**RSAAlgorithm.to_jwk(public, as_dict=True), "kid": "k1", "use": "sig"}]}


async def test_callers_that_arrive_while_the_keys_are_read_get_them_too():
    found, reads = issuer_keys(), []
    arrived, go_on = asyncio.Event(), asyncio.Event()

    async def fetch(url: str) -> dict[str, Any]:
        reads.append(url)
        arrived.set()
        await go_on.wait()
        return found

    keys = KeySet("https://issuer.example/jwks", "https://issuer.example", fetch, lambda: 100.0)
    first = asyncio.create_task(keys.find("k1"))
    await arrived.wait()
    second = asyncio.create_task(keys.find("k1"))
    await asyncio.sleep(0)
    go_on.set()
    assert await asyncio.gather(first, second) == [await keys.find("k1")] * 2
    assert len(reads) == 1
