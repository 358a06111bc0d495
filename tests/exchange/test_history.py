"""Pieces of candles on disk: the simulated market as it is shown, a venue's past read once, nothing half written."""

from decimal import Decimal

import numpy as np
import pytest

from exchange import history
from exchange.history import MINUTE, Piece, fetch, load, make_simulated, pieces
from exchange.live import Live
from exchange.path import CandleRow
from exchange.protocol import Unavailable
from exchange.simulated import LISTINGS, Noise, Simulated

JANUARY, FEBRUARY, MARCH = 1_767_225_600_000, 1_769_904_000_000, 1_772_323_200_000
DAY = 86_400_000


@pytest.mark.parametrize("symbol", LISTINGS)
@pytest.mark.parametrize(("first", "count"), [(JANUARY, 90_000), (JANUARY + 123_000, 50), (0, 7), (1_000, 1_920_007)])
def test_seconds_in_a_row_are_the_ticks_one_by_one(symbol, first, count):
    noise = Noise("tickwise", symbol, 1)
    assert (noise.seconds(first, count) == noise.ticks(np.arange(first, first + count * 1000, 1000, dtype=np.int64))).all()


async def test_the_simulated_past_is_what_the_market_showed(tmp_path):
    piece = Piece("simulated", "ETH/USDT", JANUARY, JANUARY + DAY + 30 * MINUTE)
    assert make_simulated(piece, tmp_path, "tickwise") == 1470
    times, columns = load([piece], tmp_path, JANUARY + DAY, piece.last)
    shown = await Simulated().candles("ETH/USDT", "1m", 31, piece.last + 30_000)
    assert len(times) == 30
    for k, row in enumerate(shown[:30]):
        assert (int(times[k]), *(Decimal(repr(column.item(k))) for column in columns)) == row[:5]


def test_months_that_are_over_are_whole_and_the_last_one_ends_with_the_range():
    found = pieces("simulated", "BTC/USDT", JANUARY + DAY, MARCH + 2 * DAY + 5, MARCH + 2 * DAY + 61_000)
    assert [(one.first, one.last) for one in found] == [(JANUARY, FEBRUARY), (FEBRUARY, MARCH), (MARCH, MARCH + 2 * DAY + 5)]
    assert pieces("simulated", "BTC/USDT", MARCH, MARCH + DAY, MARCH) == []


def test_a_piece_that_is_not_there_is_said(tmp_path):
    with pytest.raises(Unavailable):
        load([Piece("simulated", "BTC/USDT", JANUARY, FEBRUARY)], tmp_path, JANUARY, FEBRUARY)


def test_the_oldest_pieces_go_when_there_are_too_many(tmp_path, monkeypatch):
    monkeypatch.setattr(history, "KEPT", 2)
    own = [Piece("simulated", "BTC/USDT", JANUARY + k * DAY, JANUARY + k * DAY + 2 * MINUTE) for k in range(4)]
    for piece in own:
        make_simulated(piece, tmp_path, "tickwise")
    assert len(list(tmp_path.iterdir())) == 2 and own[-1].file(tmp_path).exists()


class Venue:
    """A venue of one symbol with a gap, five candles a page."""

    def __init__(self):
        self.asked = 0
        self.minutes = [JANUARY + k * MINUTE for k in range(20) if k not in (7, 8)]

    async def load_markets(self, reload=False):
        return {"BTC/USDT": {}}

    async def fetch_ohlcv(self, symbol, timeframe, since, limit):
        self.asked += 1
        return [[at, "100.1", "101", "99", "100.5", "3"] for at in self.minutes if at >= since][:5]

    async def close(self): ...


async def test_a_venues_past_is_read_page_by_page_and_its_gaps_stay(tmp_path):
    venue = Venue()
    source = Live("binance", venue, lambda raw: LISTINGS["BTC/USDT"].market)
    piece = Piece("binance", "BTC/USDT", JANUARY, JANUARY + 15 * MINUTE)
    assert await fetch(piece, tmp_path, source) == 13
    times, columns = load([piece], tmp_path, JANUARY, JANUARY + 15 * MINUTE)
    assert times.tolist() == venue.minutes[:13] and columns[0][0] == 100.1
    assert venue.asked == 3
    with pytest.raises(Unavailable):
        await fetch(Piece("binance", "BTC/USDT", FEBRUARY, MARCH), tmp_path, source)
    assert isinstance((await source.history("BTC/USDT", JANUARY, JANUARY + MINUTE))[0], CandleRow)
