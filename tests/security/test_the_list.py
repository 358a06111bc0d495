"""Every line of list A has its tests, by name: a test that goes away shows here."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]
TESTS = {
    "A01": ("fuzz/test_contract_fuzz.py", "test_the_api_keeps_its_contract"),
    "A02": ("security/test_abuse.py", "test_a02_a_body_above_the_limit_is_refused_before_it_is_read"),
    "A03": ("security/test_abuse.py", "test_a03_hostile_json_is_a_refusal_everywhere_and_never_a_crash"),
    "A04": ("shared/test_auth.py", "test_alg_none_is_refused"),
    "A05": ("shared/test_auth.py", "test_a_new_key_is_found_and_made_up_keys_do_not_make_us_ask_again"),
    "A06": ("shared/test_auth.py", "test_a_wrong_claim_is_refused"),
    "A07": ("triggers/test_api_completion.py", "test_another_host_learns_of_a_revocation_within_half_a_minute"),
    "A10": ("security/test_idor_matrix.py", "test_every_route_has_a_row"),
    "A11": ("security/test_abuse.py", "test_a11_what_is_not_the_callers_to_set_is_refused"),
    "A12": ("security/test_abuse.py", "test_a12_odd_user_ids_share_nothing"),
    "A13": ("security/test_abuse.py", "test_a13_headers_of_an_edge_that_is_not_there_are_ignored"),
    "A20": ("security/test_abuse.py", "test_a20_a_hundred_copies_at_once_have_one_effect"),
    "A21": ("triggers/test_webhooks_api.py", "test_guesses_lock_the_caller_out_and_nobody_else"),
    "A22": ("shared/webhooks/test_seal.py", "test_a_client_certificate_counts_with_its_chain_its_dates_and_its_subject"),
    "A23": ("triggers/test_webhooks_api.py", "test_what_its_author_did_wrong_is_said_and_kept"),
    "A24": ("security/test_abuse.py", "test_a24_alerts_of_one_bot_keep_the_order_they_came_in"),
    "A25": ("triggers/test_webhooks_api.py", "test_when_the_bus_is_away_nothing_is_promised_and_the_retry_completes_it"),
    "A30": ("security/test_abuse.py", "test_a30_a_name_that_resolves_inside_is_refused"),
    "A31": ("security/test_abuse.py", "test_a31_what_a_request_says_never_becomes_a_statement"),
    "A32": ("security/test_abuse.py", "test_a32_no_secret_is_in_a_log_an_answer_or_a_document"),
    "A34": ("security/test_abuse.py", "test_a34_answers_are_not_cached_sniffed_or_shared_with_other_origins"),
    "A35": ("triggers/test_api_completion.py", "test_quotas_name_their_limit"),
    "A36": ("security/test_abuse.py", "test_a36_text_in_a_config_is_never_run"),
    "A37": ("security/test_abuse.py", "test_a37_what_is_deployed_is_pinned"),
}


def test_every_line_of_the_list_has_its_test():
    for line, (file, name) in TESTS.items():
        tree = ast.parse((ROOT / file).read_text())
        names = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        assert name in names, line
