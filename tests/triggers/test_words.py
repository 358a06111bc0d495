"""Wording belongs to the dashboard: every code an owner can be answered with has a sentence in its one message file."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from exchange.keys import KeyProof
from shared import bot_document
from shared.imports import three_commas
from shared.webhooks.signal import ACTIONS
from strategy_core import reality
from triggers.api import problem

ROOT = Path(__file__).resolve().parents[2]
RAISED = re.compile(r'(?:AppError\(\s*\d{3},\s*|conflict\(\s*|invalid\(\s*|forbidden\(\s*)"([a-z0-9_]+)"')
FOUND = re.compile(r'(?:found\(\s*f?"[^"]*",\s*|Finding\([^)]*code=)"([a-z_]+)"')
BECAME = re.compile(r'(?:become\(Status\.[A-Z]+, |(?:fail|lose|stop|close)\(state, )"([a-z_]+)"')
ENDED = re.compile(r'return "([a-z_]+)"')
MOVED = re.compile(r'(?:refuse|assume|Row)\([^\n]*"([a-z]+(?:_[a-z]+)*)"(?:, is_blocking=False|, True|, False)?\)')
ANSWERED = re.compile(r'return "(?:refused|failed)", "([a-z_]+)"')
SAID = re.compile(r'(?:Event|\.note)\(\s*"([a-z_]+)"')
WORDS = json.loads((ROOT / "frontend/src/i18n/en.json").read_text())


def found(pattern: re.Pattern[str], *folders: str) -> set[str]:
    files = [file for folder in folders for file in (ROOT / folder).rglob("*.py")]
    return {code for file in files for code in pattern.findall(file.read_text())}


def test_every_code_of_an_error_has_a_sentence() -> None:
    codes = (
        found(RAISED, "triggers", "shared")
        | found(FOUND, "strategy_core")
        | set(problem._CODES.values())
        | set(problem._BY_STATUS.values())
    )
    assert len(codes) > 50
    assert sorted(codes - set(WORDS["code"])) == []


@pytest.mark.parametrize("refusal", ["can_transfer", "can_withdraw", "cannot_trade", "ip_list_required", "withdrawal_unknown"])
def test_every_refusal_of_a_key_has_a_sentence(refusal: str) -> None:
    assert f"key_{refusal}" in WORDS["code"]
    assert refusal in (KeyProof.refusal.fget.__doc__ or "")  # type: ignore[attr-defined]


def test_every_line_of_a_bots_log_has_a_sentence() -> None:
    codes = found(SAID, "strategy_core", "entities")
    assert len(codes) > 10
    assert sorted(codes - set(WORDS["event"]) - set(WORDS["reason"])) == []


def test_every_reason_of_a_status_has_a_sentence() -> None:
    stops = set(ENDED.findall((ROOT / "strategy_core/stop_condition.py").read_text()))
    reasons = found(BECAME, "strategy_core", "entities") | stops | set(reality.LOST) | {bot_document.STATE_LOST}
    assert {"state_lost", "price_band", "schedule", "liquidated", "max_deals"} <= reasons
    assert sorted(reasons - set(WORDS["reason"])) == []


def test_what_became_of_an_alert_is_said_in_words() -> None:
    reasons = found(re.compile(r'Refused\("([a-z_]+)"'), "shared/webhooks", "triggers")
    assert {"bad_secret", "stale"} <= reasons
    assert sorted(reasons - set(WORDS["hitReason"])) == []
    assert sorted(set(ACTIONS) - set(WORDS["commandName"])) == []


def test_what_became_of_a_message_and_of_an_imported_setting_is_said_in_words() -> None:
    details = set(ANSWERED.findall((ROOT / "triggers/notify_delivery.py").read_text()))
    moved = set(MOVED.findall(Path(three_commas.__file__).read_text()))
    assert "no_mail_server" in details and {"mapped", "no_equivalent"} <= moved
    assert sorted(details - set(WORDS["deliveryDetail"])) == []
    assert sorted(moved - set(WORDS["mapping"])) == []
