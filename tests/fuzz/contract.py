"""A01 in two files of tests, so that two workers share it: what reads, and what writes."""

from __future__ import annotations

import pytest

from tests.fuzz.run import MODES, cover, fuzz, made, operations

EXAMPLES = 200  # per operation: half of them valid, half invalid


def contract(is_read: bool):
    """What a file of tests is made of: what ends them, its two tests, and how many operations there are."""
    world = made()
    own = [operation for operation in operations(world.app) if (operation.method.upper() == "GET") is is_read]
    over_all = pytest.mark.parametrize("operation", own, ids=[operation.label for operation in own])
    quiet = pytest.mark.filterwarnings("ignore")  # the fuzzer's own libraries

    @quiet
    @over_all
    def test_the_api_keeps_its_contract(operation):
        for mode in MODES:
            fuzz(operation, world, EXAMPLES // 2, mode)

    @quiet
    @over_all
    def test_every_limit_of_the_document_is_one(operation):
        assert cover(operation, world) >= 4

    @pytest.fixture(scope="module", autouse=True)
    def ended():
        yield
        world.session.close()

    return ended, test_the_api_keeps_its_contract, test_every_limit_of_the_document_is_one, len(own)
