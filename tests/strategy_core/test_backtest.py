"""The command line, the candles it reads, its figures, and the studies over many runs."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal, localcontext
from importlib import util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from strategy_core.backtest import Series, run
from strategy_core.backtest.cli import main
from strategy_core.backtest.metrics import metrics
from strategy_core.backtest.studies import grid_search, monte_carlo, part, resampled, walk_forward
from strategy_core.trade import Market

_spec = util.spec_from_file_location("strategy_core_runs", Path(__file__).with_name("runs.py"))
assert _spec is not None and _spec.loader is not None
runs = util.module_from_spec(_spec)
_spec.loader.exec_module(runs)

CASES = Path(__file__).parent / "cases"
GRID = CASES / "grid-1-one-cell.json"
START = 1_640_995_200_000


def case(tmp_path: Path, **changes: Any) -> Path:
    data = json.loads(GRID.read_text()) | changes
    for name in [name for name, value in data.items() if value is None]:
        del data[name]
    path = tmp_path / "case.json"
    path.write_text(json.dumps(data))
    return path


def wavy(n: int = 3000, exact: bool = False) -> Series:
    steps = np.round(100 + 6 * np.sin(np.arange(n + 1) / 40) + 2 * np.sin(np.arange(n + 1) / 3), 2)
    opens, closes = steps[:-1], steps[1:]
    highs, lows = np.round(np.maximum(opens, closes) + 0.1, 2), np.round(np.minimum(opens, closes) - 0.1, 2)
    times = START + 60_000 * np.arange(n, dtype=np.int64)
    decimals = [[Decimal(repr(v)) for v in column.tolist()] for column in (opens, highs, lows, closes)] if exact else None
    return Series(times, (opens, highs, lows, closes), 60_000, decimals)


def rules() -> Market:
    return Market.model_validate(json.loads(GRID.read_text())["market"])


CONFIG = json.loads(GRID.read_text())["config"]


def test_json_has_the_keys_of_expect(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(GRID), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    expect = json.loads(GRID.read_text())["expect"]
    assert set(said) == set(expect) | {"metrics"}
    for key in ("status", "reason", "plan", "fills", "final_base", "final_quote", "fees", "deals", "last_price", "open_orders"):
        assert said[key] == expect[key], key
    pnl = {name: Decimal(value) for name, value in said["metrics"]["pnl"].items()}
    assert (pnl["cell_profit"], pnl["inventory_pnl"], pnl["fees"], pnl["total"]) == tuple(
        map(Decimal, ("13.25", "15", "1.27335", "26.97665"))
    )
    assert said["metrics"]["hodl"].startswith("8.99100899")


def test_people_get_fills_and_figures(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    page = tmp_path / "out.html"
    assert main([str(GRID), "--plot", str(page)]) == 0
    said = capsys.readouterr().out
    assert "cell_profit 13.25" in said and "max_drawdown_pct" in said
    text = page.read_text()
    assert "<canvas" in text and "__DATA__" not in text and "http" not in text


def test_it_runs_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "strategy_core.backtest", str(GRID), "--json"],
        capture_output=True,
        text=True,
        cwd=CASES.parents[2],
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["status"] == "active"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"strategy": "MARTINGALE"}, "strategy"), ({"config": {"low": "90"}}, "config.high"), ({"config": {**CONFIG, "low": 90.5}}, "config.low"),
        ({"config": {**CONFIG, "low": "-1"}}, "config.low"), ({"market": {"symbol": "ABC/USDT"}}, "market.price_tick"), ({"interval_ms": 0}, "interval_ms"),
        ({"candles": None}, "candles"), ({"candles": []}, "candles"), ({"candles": [[1, "2"]]}, "candles.0"), ({"candles": [[1, 1.5, 1.5, 1.5, 1.5]]}, "candles.0.open"), ({"candles": [["x", "1", "1", "1", "1"]]}, "candles.0.t"), ({"candles": [[1, "x", "1", "1", "1"]]}, "candles.0.open"),
        ({"candles": [[1, "2", "1", "1", "1"]]}, "candles.0"), ({"candles": [[1, "0", "1", "0", "1"]]}, "candles.0.open"),
        ({"candles": [[1, "1", "1", "1", "NaN"]]}, "candles.0.close"),
        ({"candles": [[2, "1", "1", "1", "1"], [1, "1", "1", "1", "1"]]}, "candles.1.t"), ({"candles": None, "data": {"file": "no.csv"}}, "data.file"),
        ({"surprise": 1}, "surprise"),
    ],
)  # fmt: skip
def test_a_bad_case_names_the_field_and_exits_two(
    changes: dict[str, Any], field: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main([str(case(tmp_path, **changes))])
    said = capsys.readouterr().err
    assert code == 2 and said.startswith(f"{field}:"), said


def test_a_file_that_is_no_case_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "none.json")]) == 2
    (tmp_path / "bad.json").write_text("{")
    assert main([str(tmp_path / "bad.json")]) == 2
    assert "not JSON" in capsys.readouterr().err


@pytest.mark.parametrize("long", [False, True])
def test_csv_and_parquet_give_what_the_case_itself_gives(long: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import pyarrow
    from pyarrow import parquet

    rows = json.loads(GRID.read_text())["candles"]
    tail = ".0000000000000000" if long else ""
    lines = [f"{r[0]},{r[1]}{tail},{r[2]}{tail},{r[3]}{tail},{r[4]}{tail},{r[5]}" for r in rows]
    (tmp_path / "c.csv").write_text("timestamp_ms,open,high,low,close,volume\n0,1,1,1,1,1\n" + "\n".join(lines) + "\n")
    columns = {"timestamp": [r[0] for r in rows]} | {
        name: [float(r[k]) for r in rows] for k, name in enumerate(("open", "high", "low", "close"), 1)
    }
    parquet.write_table(pyarrow.table(columns), tmp_path / "c.parquet")
    parquet.write_table(pyarrow.table({"when": [1]}), tmp_path / "bad.parquet")
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "header.csv").write_text("timestamp_ms,open,high,low,close\n")
    assert main([str(GRID), "--json"]) == 0
    wanted = json.loads(capsys.readouterr().out)
    path = case(tmp_path, candles=None, data={"file": "c.csv", "first_row": 1, "last_row": len(rows)})
    for arguments in ([str(path)], [str(GRID), "--candles", str(tmp_path / "c.parquet")]):
        assert main([*arguments, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["fills"] == wanted["fills"]
    for name in ("bad.parquet", "empty.csv", "header.csv"):
        assert main([str(GRID), "--candles", str(tmp_path / name)]) == 2
        assert capsys.readouterr().err.startswith("data.file:")


def test_exact_decimals_and_floats_give_the_same_run() -> None:
    first, second = run("GRID", CONFIG, rules(), wavy()), run("GRID", CONFIG, rules(), wavy(exact=True))
    assert first.trades == second.trades and len(first.trades) > 40


@pytest.mark.parametrize(
    "name", ["grid-2-gap-dust", "btd-3-balanced-stop", "loop-2-gap-open", "combo-1-both-sides", "dca-1-two-safety-orders"]
)
def test_the_last_point_of_the_equity_curve_is_the_total(name: str) -> None:
    report = runs.run_case(runs.load(name))
    found = metrics(report)
    from strategy_core.backtest.metrics import equity_curve

    assert abs(float(found["pnl"]["total"]) - equity_curve(report)[0][-1]) < 1e-6
    json.dumps(found)


def test_the_figures_of_a_run_mean_something() -> None:
    found = metrics(run("GRID", CONFIG, rules(), wavy()))
    assert found["win_rate_pct"] == 100 and found["profit_factor"] is None
    assert 0 < found["max_drawdown_pct"] < 100 and 0 < found["exposure_pct"] < 100 and found["sharpe"] > 0 and found["calmar"] > 0
    quiet = Series.of_rows([[START + 60_000 * n, "100", "100", "100", "100"] for n in range(5)], 60_000)
    still = metrics(run("BTD", {"low": "90", "high": "110", "cells": 4, "investment": "8"}, rules(), quiet))
    assert (still["sharpe"], still["win_rate_pct"], still["fills"]) == (None, None, 0)


def test_a_long_run_says_how_far_it_is() -> None:
    told: list[tuple[int, int]] = []
    run("GRID", CONFIG, rules(), wavy(60_000), progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (60_000, 60_000) and len(told) >= 3


def test_a_waiting_bot_is_shown_closed_candles_only() -> None:
    config = {"low": "90", "high": "110", "cells": 4, "investment": "8", "start": {"type": "dip", "fall_pct": "5", "hours": 1}}
    series = wavy()
    report, stepped = run("BTD", config, rules(), series), run("BTD", config, rules(), series, every_point=True)
    assert report.trades == stepped.trades and report.trades
    assert report.trades[0].at >= START + 3_600_000


def test_the_rows_of_a_longer_timeframe_are_those_of_its_candles() -> None:
    series = wavy(300)
    rows = series.closed(3_600_000, START + 2 * 3_600_000, 10)
    assert [row[0] for row in rows] == [START, START + 3_600_000]
    assert rows[0][1:] == (
        series.price(0, 0),
        Decimal(repr(series.highs[:60].max().item())),
        Decimal(repr(series.lows[:60].min().item())),
        series.price(59, 3),
    )
    assert series.closed(3_600_000, START + 3_599_999, 10) == ()


def test_walk_forward_never_tests_on_what_it_was_configured_on() -> None:
    configs = [CONFIG | {"cells": cells} for cells in (2, 4, 2000)]
    windows = walk_forward("GRID", grid_search("GRID", configs, rules()), rules(), wavy(2500), train=600, test=500)
    assert [(w.start, w.end) for w in windows] == [(600, 1100), (1100, 1600), (1600, 2100)]
    assert all(w.figures is not None and w.config["cells"] in (2, 4) for w in windows)
    assert walk_forward("GRID", grid_search("GRID", configs[2:], rules()), rules(), wavy(1200), train=600, test=600)[0].figures is None


def test_monte_carlo_gives_a_band_that_the_seed_decides() -> None:
    series = wavy(1500)
    bands = [monte_carlo("GRID", CONFIG, rules(), series, runs=8, block=50, seed=seed) for seed in (1, 1, 2)]
    assert bands[0] == bands[1] != bands[2]
    assert bands[0].low <= bands[0].median <= bands[0].high and bands[0].runs == 8
    assert monte_carlo("GRID", CONFIG | {"cells": 9999}, rules(), series, runs=3, block=50, seed=1).failed == 3


def test_a_resampled_path_is_a_path() -> None:
    series = resampled(part(wavy(exact=True), 100, 900), 30, np.random.default_rng(3), 0.01)
    assert len(series) == 800
    assert (series.highs >= np.maximum(series.opens, series.closes)).all() and (
        series.lows <= np.minimum(series.opens, series.closes)
    ).all()


def test_the_callers_decimal_context_changes_no_digit() -> None:
    figures = []
    for digits in (20, 28, 50):
        with localcontext() as context:
            context.prec = digits
            ledger = run("GRID", CONFIG, rules(), wavy()).state.ledger
            figures.append((ledger.realised, ledger.base, ledger.quote, ledger.basis))
    assert figures[0] == figures[1] == figures[2] and figures[0][0]
