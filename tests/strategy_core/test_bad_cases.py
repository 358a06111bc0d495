"""The command line and what people give it: whatever is wrong is said by name in one line, and the exit is 2."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from strategy_core.backtest.cli import main

CASE = json.loads((Path(__file__).parent / "cases" / "grid-1-one-cell.json").read_text())
HEADER = "timestamp_ms,open,high,low,close,volume\n"
ROWS = [(1_640_995_200_000 + 60_000 * k, 100, 101, 99, 100, 1) for k in range(4)]
LINES = [",".join(map(str, row)) for row in ROWS]
Said = pytest.CaptureFixture[str]


def case(folder: Path, **changes: Any) -> Path:
    path = folder / "case.json"
    path.write_text(json.dumps({**CASE, **changes}))
    return path


def refused(capsys: Said, *arguments: object) -> str:
    """The one line on stderr of a run that ended with 2 and said nothing else."""
    assert main([str(argument) for argument in arguments]) == 2
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err.count("\n") == 1 and "Traceback" not in shown.err
    return shown.err.strip()


RULES: list[tuple[dict[str, Any], str]] = [
    ({"price_tick": "0"}, "market.price_tick: out_of_range"), ({"price_tick": "-0.01"}, "market.price_tick: out_of_range"),
    ({"amount_step": "0"}, "market.amount_step: out_of_range"), ({"min_amount": "-1"}, "market.min_amount: out_of_range"),
    ({"min_notional": "-1"}, "market.min_notional: out_of_range"), ({"maker_fee": "1"}, "market.maker_fee: out_of_range"),
    ({"taker_fee": "-1.5"}, "market.taker_fee: out_of_range"), ({"slippage_pct": "100"}, "market.slippage_pct: out_of_range"),
    ({"max_orders": 0}, "market.max_orders: out_of_range"), ({"mmr_pct": "100"}, "market.mmr_pct: out_of_range"),
    ({"symbol": "ABCUSDT"}, "market.symbol: must be BASE/QUOTE"), ({"symbol": "/USDT"}, "market.symbol: must be BASE/QUOTE"),
    ({"symbol": "ABC/:USDT"}, "market.symbol: must be BASE/QUOTE"), ({"fee_mode": "base"}, "market.fee_mode: not_allowed"),
    ({"maker_fee": 0.001}, "market.maker_fee: not_a_decimal_string"), ({"price_tick": "NaN"}, "market.price_tick: not_a_number"),
    ({"tick": "1"}, "market.tick: unknown_field"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "said"), RULES)
def test_rules_no_venue_has_are_refused(change: dict[str, Any], said: str, tmp_path: Path, capsys: Said) -> None:
    assert refused(capsys, case(tmp_path, market={**CASE["market"], **change})).startswith(said)


def test_a_rebate_is_no_mistake(tmp_path: Path, capsys: Said) -> None:
    assert main([str(case(tmp_path, market={**CASE["market"], "maker_fee": "-0.0001"}))]) == 0
    capsys.readouterr()


CANDLES: list[tuple[dict[str, Any], str]] = [
    ({"candles": []}, "candles: required"), ({"candles": None}, "candles: required"), ({"candles": "no"}, "candles: invalid"),
    ({"candles": [[1, "1", "1", "1"]]}, "candles.0: needs"), ({"candles": [[1, 1.5, "2", "1", "1"]]}, "candles.0.open: not a decimal"),
    ({"candles": [["x", "1", "1", "1", "1"]]}, "candles.0.t: not an integer"),
    ({"candles": [[1, "1", "1", "1", "NaN"]]}, "candles.0.close: not a decimal"),
    ({"candles": [[1, "1", "1", "0", "1"]]}, "candles.0.low: out_of_range"),
    ({"candles": [[1, "2", "1", "1", "1"]]}, "candles.0: high and low"),
    ({"candles": [[0, "1", "1", "1", "1"], [0, "1", "1", "1", "1"]]}, "candles.1.t: time must go forward"),
    ({"candles": [[0, "1", "1", "1", "1"], [59_999, "1", "1", "1", "1"]]}, "candles.1.t: closer to the one before than interval_ms"),
    ({"interval_ms": "x"}, "interval_ms: "), ({"interval_ms": 60_000.5}, "interval_ms: "), ({"interval_ms": 10**12}, "interval_ms: out_of_range"),
    ({"strategy": "MOON"}, "strategy: not_allowed (allowed GRID"), ({"strategy": 5}, "strategy: "), ({"config": []}, "config: "),
    ({"what": 1}, "what: unknown_field"), ({"config": {**CASE["config"], "low": "120"}}, "config.high: "),
    ({"config": {**CASE["config"], "stop_at": "2022-01-01T00:00:00Z"}}, "config.stop_at: out_of_range (min 2022-01-01T00:00:00Z)"),
    ({"config": {**CASE["config"], "stop_at": "soon"}}, "config.stop_at: not_a_date"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "said"), CANDLES)
def test_what_is_wrong_with_a_case_is_said_by_field(change: dict[str, Any], said: str, tmp_path: Path, capsys: Said) -> None:
    assert refused(capsys, case(tmp_path, **change)).startswith(said)


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "not JSON"), ("{", "not JSON"), ("[" * 100_000, "not JSON"), ("[]", "not a JSON object"), ("7", "not a JSON object"), ("\x80\x81", "not JSON")],
)  # fmt: skip
def test_what_is_no_case_at_all_is_said(text: str, said: str, tmp_path: Path, capsys: Said) -> None:
    path = tmp_path / "case.json"
    path.write_bytes(text.encode("latin-1"))
    assert said in refused(capsys, path)


def test_a_file_that_is_not_there_or_is_none_is_said(tmp_path: Path, capsys: Said) -> None:
    assert "No such file" in refused(capsys, tmp_path / "none.json")
    assert "directory" in refused(capsys, tmp_path)
    good = case(tmp_path)
    assert refused(capsys, good, "--candles", tmp_path / "none.csv").startswith("data.file: ")
    assert refused(capsys, good, "--candles", tmp_path) == f"data.file: {tmp_path} is no file"


FILES: list[tuple[str, str]] = [
    ("", "empty"), ("\n", "empty"), (HEADER, "no rows in that range"), ("open,high,low,close\n1,1,1,1\n", "no column of timestamp_ms"),
    ("timestamp_ms,open,high,low\n0,1,1,1\n", "no column close"), ("timestamp_ms;open;high;low;close\n0;1;1;1;1\n", "no column of"),
    (HEADER + LINES[0] + "\n" + LINES[1].replace("101", "many") + "\n", "row 1: high: 'many' is not a number"),
    (HEADER + LINES[0] + "\n1640995260000,100,101\n", "row 1: low: nothing there"),
    (HEADER + "soon,1,1,1,1,1\n", "row 0: time: 'soon' is not a number"), (HEADER + "1e12,1,1,1,1,1\n", "row 0: time: '1e12' is not a number"),
    (HEADER + "9" * 30 + ",1,1,1,1,1\n", "row 0: time: "), (HEADER + "1,,1,1,1,1\n", "row 0: open: '' is not a number"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), FILES)
def test_what_is_wrong_with_a_file_of_candles_is_said_by_row(text: str, said: str, tmp_path: Path, capsys: Said) -> None:
    path = tmp_path / "candles.csv"
    path.write_text(text)
    assert refused(capsys, case(tmp_path), "--candles", path).startswith(f"data.file: candles.csv: {said}")


def test_blank_lines_and_a_mark_of_bytes_are_no_mistake(tmp_path: Path, capsys: Said) -> None:
    path = tmp_path / "candles.csv"
    for digits in ("", ".00000000000000001"):  # more than a float carries: read once more, exactly
        lines = [line.replace("100", "100" + digits, 1) if digits else line for line in LINES]
        path.write_text("\ufeff" + HEADER + "\n".join(lines) + "\n\n\n", encoding="utf-8")
        assert main([str(case(tmp_path)), "--candles", str(path), "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["last_price"].startswith("100")


def test_a_range_of_rows_is_checked(tmp_path: Path, capsys: Said) -> None:
    (tmp_path / "candles.csv").write_text(HEADER + "\n".join(LINES) + "\n")

    def of(**data: Any) -> Path:
        return case(tmp_path, candles=None, data={"file": "candles.csv", **data})

    assert refused(capsys, of(first_row=3, last_row=2)) == "data.last_row: 2 comes before first_row 3"
    assert refused(capsys, of(first_row=9)) == "data.file: candles.csv: no rows in that range"
    assert refused(capsys, of(first_row=-1)).startswith("data.first_row: out_of_range")
    assert refused(capsys, case(tmp_path, candles=None, data={})).startswith("data.file: required")


def parquet(folder: Path, **columns: Any) -> Path:
    import pyarrow
    from pyarrow import parquet as written

    plain = {name: [row[k] for row in ROWS] for k, name in enumerate(("ts", "open", "high", "low", "close"))}
    table = pyarrow.table({name: column for name, column in {**plain, **columns}.items() if column is not None})
    written.write_table(table, folder / "candles.parquet")
    return folder / "candles.parquet"


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"ts": None}, "data.file: candles.parquet: no column of timestamp_ms"), ({"low": None}, "data.file: candles.parquet: no column low"),
        ({"ts": ["a", "b", "c", "d"]}, "data.file: candles.parquet: column ts: not whole milliseconds"),
        ({"ts": [0.5, 1.5, 2.5, 3.5]}, "data.file: candles.parquet: column ts: not whole milliseconds"),
        ({"close": [100.0, None, 100.0, 100.0]}, "candles.1.close: out_of_range"),
        ({"open": ["x", "1", "1", "1"]}, "data.file: candles.parquet: "),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_parquet_file_is_said(columns: dict[str, Any], said: str, tmp_path: Path, capsys: Said) -> None:
    assert refused(capsys, case(tmp_path), "--candles", parquet(tmp_path, **columns)).startswith(said)


def test_a_parquet_file_that_is_none_or_too_short_is_said(tmp_path: Path, capsys: Said) -> None:
    path = parquet(tmp_path)
    assert refused(capsys, case(tmp_path, candles=None, data={"file": path.name, "first_row": 9})).endswith("no rows in that range")
    path.write_bytes(np.arange(9).tobytes())
    assert refused(capsys, case(tmp_path), "--candles", path).startswith("data.file: candles.parquet: ")


def test_a_page_that_cannot_be_written_is_said(tmp_path: Path, capsys: Said) -> None:
    assert refused(capsys, case(tmp_path), "--plot", tmp_path / "no" / "page.html") == f"--plot: {tmp_path / 'no'} is no directory"
    assert refused(capsys, case(tmp_path), "--plot", tmp_path).startswith(f"--plot: {tmp_path}: ")


def test_the_page_needs_nothing_but_itself(tmp_path: Path, capsys: Said) -> None:
    path = case(tmp_path, name='</script><script>alert("x")</script>')
    assert main([str(path), "--plot", str(tmp_path / "page.html")]) == 0
    capsys.readouterr()
    page = (tmp_path / "page.html").read_text()
    assert "</script><script>alert" not in page
    for reach in ("http://", "https://", "//cdn", "src=", "@import", "url(", "fetch(", "<link", "XMLHttpRequest"):
        assert reach not in page, reach
