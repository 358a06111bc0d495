"""A note from outside becomes a line of the bot's log, once, and nothing else."""

from tests.builders import T0
from tests.entities.test_bot_entity import advance, started

NOTE = {"id": "n1", "kind": "command", "body": {"name": "note", "params": {"code": "parity_report", "said": {"paired": "4", "drifts": ""}}}}


def test_a_note_is_a_line_of_the_log_and_changes_nothing_else():
    state, _ = started()
    before = state["core"]
    for _ in range(2):
        state, _ = advance(state, T0 + 1, event=NOTE)
    lines = [row for row in state["outbox"] if row["kind"] == "event" and row["code"] == "parity_report"]
    assert [row["params"] for row in lines] == [{"paired": "4", "drifts": ""}]
    assert state["core"] == before
