"""A recording is played exactly, and a bad one is refused by file and line."""

from decimal import Decimal
from pathlib import Path

import pytest

from exchange.protocol import Rejected
from exchange.replay import BadFile, Replay, load
from tests.exchange.paper_fakes import MINUTE, T0, write_candles

D = Decimal


async def test_each_candle_has_four_points_at_their_times(tmp_path: Path) -> None:
    replay = Replay(write_candles(tmp_path, ["100 103 99 101", "102 104 98 99"]), 0)
    track = await replay.track("BTC/USDT", 0, 2 * MINUTE)
    block = track.block(0, 100)
    prices = [int(price) * track.unit for price in block.price]
    assert [int(at) - T0 for at in block.at] == [20_000, 40_000, 59_999, 60_000, 80_000, 100_000, 119_999]
    assert prices == [99, 103, 101, 102, 104, 98, 99]  # low first when it is as near or nearer
    assert [bool(jump) for jump in block.jump] == [False, False, False, True, False, False, False]


async def test_only_what_has_happened_is_visible(tmp_path: Path) -> None:
    replay = Replay(write_candles(tmp_path, ["100 103 99 101", "102 104 98 99"]), created_at=5_000, speed=60)
    assert (await replay.track("BTC/USDT", 0, 5_000)).newest() == (T0, D(100))
    assert (await replay.track("BTC/USDT", 0, 5_666)).newest() == (T0 + 20_000, D(99))
    forming = await replay.candles("BTC/USDT", "1m", 10, 5_666)
    assert [row[1:5] for row in forming] == [(100, 100, 99, 99)]
    assert await replay.at("BTC/USDT", 6_000) == T0 + MINUTE
    assert await replay.wall("BTC/USDT", T0 + MINUTE) == 6_000


async def test_the_path_ends_with_the_file(tmp_path: Path) -> None:
    replay = Replay(write_candles(tmp_path, ["100 103 99 101"]), created_at=0)
    assert (await replay.track("BTC/USDT", 0, 10**9)).newest() == (T0 + 59_999, D(101))
    assert await replay.ends_at("BTC/USDT") == T0 + 59_999


async def test_candles_are_gathered_into_longer_ones(tmp_path: Path) -> None:
    candles = [f"{100 + i} {102 + i} {99 + i} {101 + i}" for i in range(12)]
    replay = Replay(write_candles(tmp_path, candles), 0)
    rows = await replay.candles("BTC/USDT", "5m", 10, 12 * MINUTE)
    assert sum(row.volume for row in rows) == 120
    assert rows[0].open == 100 and rows[-1].close == 112
    assert all(row.at % 300_000 == 0 for row in rows)
    assert len(await replay.candles("BTC/USDT", "1m", 3, 12 * MINUTE)) == 3


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("x,1,2,1,2,3", "line 3: not a number"),
        (f"{T0 + MINUTE},1,2,1,2", "line 3: 5 columns"),
        (f"{T0},100,100,100,100,1", "line 3: the time stamp does not grow"),
        (f"{T0 + MINUTE},100,99,98,99,1", "line 3: not a candle"),
        (f"{T0 + MINUTE},0,1,0,1,1", "line 3: not a candle"),
        (f"{T0 + MINUTE},nan,1,1,1,1", "line 3: not a finite number"),
    ],
)
async def test_a_bad_row_names_file_and_line(tmp_path: Path, row: str, words: str) -> None:
    write_candles(tmp_path, ["100 100 100 100"])
    with (tmp_path / "BTC-USDT.csv").open("a") as file:
        file.write(row + "\n")
    with pytest.raises(BadFile, match=f"BTC-USDT.csv, {words}"):
        await Replay(tmp_path, 0).market("BTC/USDT")


async def test_an_empty_file_and_a_wrong_header_are_refused(tmp_path: Path) -> None:
    (tmp_path / "A-B.csv").write_text("timestamp_ms,open,high,low,close,volume\n")
    (tmp_path / "C-D.csv").write_text("time,o,h,l,c,v\n1,1,1,1,1,1\n")
    with pytest.raises(BadFile, match="A-B.csv: holds no candles"):
        await Replay(tmp_path, 0).market("A/B")
    with pytest.raises(BadFile, match="C-D.csv, line 1"):
        await Replay(tmp_path, 0).market("C/D")


async def test_symbols_come_from_the_file_names_and_paths_stay_inside(tmp_path: Path) -> None:
    replay = Replay(write_candles(tmp_path, ["100 100 100 100"]), 0)
    assert await replay.symbols() == ("BTC/USDT",)
    with pytest.raises(Rejected):
        await replay.market("../BTC/USDT")


async def test_rules_come_from_the_data_unless_a_file_says_otherwise(tmp_path: Path) -> None:
    replay = Replay(write_candles(tmp_path, ["0.0001234 0.0001235 0.0001233 0.0001234"], "DOGE-BTC"), 0)
    assert (await replay.market("DOGE/BTC")).price_tick == D("0.0000001")
    (tmp_path / "DOGE-BTC.json").write_text('{"price_tick": "0.0000005", "maker_fee": "0"}')
    market = await replay.market("DOGE/BTC")
    assert (market.price_tick, market.maker_fee, market.taker_fee) == (D("0.0000005"), 0, D("0.001"))


async def test_half_a_million_rows_are_read_once(tmp_path: Path) -> None:
    lines = (f"{T0 + i * MINUTE},{100 + i % 7}.25,{109}.5,{99}.25,{101 + i % 5}.75,1.5" for i in range(500_000))
    (tmp_path / "BTC-USDT.csv").write_text("timestamp_ms,open,high,low,close,volume\n" + "\n".join(lines) + "\n")
    path = tmp_path / "BTC-USDT.csv"
    assert (await Replay(tmp_path, 0).ends_at("BTC/USDT")) == T0 + 500_000 * MINUTE - 1
    first = load(path)
    await Replay(tmp_path, 0).market("BTC/USDT")
    assert load(path) is first
