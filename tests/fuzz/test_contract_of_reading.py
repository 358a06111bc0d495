"""A01: schemathesis over every operation that reads: no 5xx, no answer the document does not describe, no ignored token."""

from tests.fuzz.contract import contract

ended, test_the_api_keeps_its_contract, test_every_limit_of_the_document_is_one, COUNT = contract(is_read=True)


def test_every_reading_operation_is_tried():
    assert COUNT >= 44
