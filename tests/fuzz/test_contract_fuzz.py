"""A01: schemathesis over every operation, valid and invalid requests: no 5xx, no answer the document does not describe, no ignored token."""

import pytest
from schemathesis import GenerationMode

from tests.fuzz.run import fuzz, made, operations

EXAMPLES = 4
API, _, IDS = made()
OPERATIONS = list(operations(API))


@pytest.mark.filterwarnings("ignore")  # the fuzzer's own libraries
@pytest.mark.parametrize("operation", OPERATIONS, ids=[operation.label for operation in OPERATIONS])
def test_the_api_keeps_its_contract(operation):
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        fuzz(operation, IDS, EXAMPLES, mode)


def test_every_operation_of_the_document_is_tried():
    assert len(OPERATIONS) >= 65
