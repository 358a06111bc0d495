"""Wording belongs to the dashboard: every code an owner can be answered with has a sentence in its one message file."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from exchange.keys import KeyProof
from triggers.api import problem

ROOT = Path(__file__).resolve().parents[2]
RAISED = re.compile(r'(?:AppError\(\s*\d{3},\s*|conflict\(\s*|invalid\(\s*|forbidden\(\s*)"([a-z0-9_]+)"')
FOUND = re.compile(r'(?:found\(\s*f?"[^"]*",\s*|Finding\([^)]*code=)"([a-z_]+)"')
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
