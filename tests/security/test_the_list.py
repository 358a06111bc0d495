"""Every line of list A has its test, by name, with the outcome it expects: a test that goes away shows here."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TESTS = {
    "A01": ("fuzz/contract.py", "test_the_api_keeps_its_contract", "no failure of any check, 200 examples per operation"),
    "A02": (
        "security/test_abuse.py",
        "test_a02_a_body_above_the_limit_is_refused_before_it_is_read",
        "413 before the body is read; a compressed one is bytes like any other",
    ),
    "A03": (
        "security/test_abuse.py",
        "test_a03_hostile_json_is_a_refusal_everywhere_and_never_a_crash",
        "400 or 422 naming the field, or kept as it is; one line in the log",
    ),
    "A04": ("shared/test_auth.py", "test_alg_none_is_refused", "401, one shape, no reason"),
    "A05": (
        "shared/test_auth.py",
        "test_a_new_key_is_found_and_made_up_keys_do_not_make_us_ask_again",
        "one read of the keys for a new one, none for made-up ones",
    ),
    "A06": ("shared/test_auth.py", "test_a_wrong_claim_is_refused", "a minute off is taken, ten are not"),
    "A07": (
        "triggers/test_api_completion.py",
        "test_another_host_learns_of_a_revocation_within_half_a_minute",
        "refused within half a minute",
    ),
    "A10": ("security/test_idor_matrix.py", "test_every_route_has_a_row", "404 and no trace of what is somebody else's"),
    "A11": ("security/test_abuse.py", "test_a11_what_is_not_the_callers_to_set_is_refused", "422; what is stored does not change"),
    "A12": ("security/test_abuse.py", "test_a12_odd_user_ids_share_nothing", "no two users share a key"),
    "A13": ("security/test_abuse.py", "test_a13_headers_of_an_edge_that_is_not_there_are_ignored", "never trusted"),
    "A20": ("security/test_abuse.py", "test_a20_a_hundred_copies_at_once_have_one_effect", "one effect; the copies are told so"),
    "A21": (
        "triggers/test_webhooks_api.py",
        "test_guesses_lock_the_caller_out_and_nobody_else",
        "404 like any other; the guesser is locked out alone",
    ),
    "A22": (
        "shared/webhooks/test_seal.py",
        "test_a_client_certificate_counts_with_its_chain_its_dates_and_its_subject",
        "404 while the check is on",
    ),
    "A23": (
        "triggers/test_webhooks_api.py",
        "test_what_its_author_did_wrong_is_said_and_kept",
        "in the inbox with its reason, and no order",
    ),
    "A24": (
        "security/test_abuse.py",
        "test_a24_alerts_of_one_bot_keep_the_order_they_came_in",
        "in the order they came; too old ones dropped",
    ),
    "A25": (
        "triggers/test_webhooks_api.py",
        "test_when_the_bus_is_away_nothing_is_promised_and_the_retry_completes_it",
        "503 when it is not durable",
    ),
    "A30": ("security/test_abuse.py", "test_a30_a_name_that_resolves_inside_is_refused", "refused after the name is resolved"),
    "A31": (
        "security/test_abuse.py",
        "test_a31_what_a_request_says_never_becomes_a_statement",
        "400; only the caller's own partition is asked",
    ),
    "A32": ("security/test_abuse.py", "test_a32_no_secret_is_in_a_log_an_answer_or_a_document", "found nowhere"),
    "A33": (
        "triggers/test_live_accounts.py",
        "test_a33_every_answer_about_an_account_holds_the_last_four_of_its_key_at_most",
        "the last four characters",
    ),
    "A34": ("security/test_abuse.py", "test_a34_answers_are_not_cached_sniffed_or_shared_with_other_origins", "deny by default, no-store"),
    "A35": ("triggers/test_api_completion.py", "test_quotas_name_their_limit", "4xx naming the limit"),
    "A36": ("security/test_abuse.py", "test_a36_text_in_a_config_is_never_run", "422; nothing is evaluated"),
    "A37": ("security/test_abuse.py", "test_a37_what_is_deployed_is_pinned", "every requirement is pinned"),
}


LINES = {f"A{n:02}" for n in (*range(1, 8), *range(10, 14), *range(20, 26), *range(30, 38))}


def test_the_list_is_whole():
    assert set(TESTS) == LINES
    pages = [parent / "shared" / "reference" / "reliability.md" for parent in ROOT.parents]
    for page in pages:
        if page.exists():
            assert set(re.findall(r"^\| (A\d\d) \|", page.read_text(), re.MULTILINE)) == LINES


@pytest.mark.parametrize("line", sorted(TESTS))
def test_every_line_of_the_list_has_its_test_and_an_outcome(line):
    file, name, outcome = TESTS[line]
    found = [
        node
        for node in ast.walk(ast.parse((ROOT / file).read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name
    ]
    assert len(found) == 1 and outcome
    claims = [node for node in ast.walk(found[0]) if isinstance(node, ast.Assert | ast.With | ast.AsyncWith)]
    assert claims or line == "A01"  # schemathesis raises by itself
