"""The start and close conditions of a 3Commas DCA bot: the few that mean the same here, and a refusal for the rest.

Rules
1. `nonstop` starts at once; `manual` and `tv_custom_signal` wait for a signal, as our webhook start does.
2. An indicator is taken when its words say the same here; crossings are not: their documentation names each as its opposite.
"""

from __future__ import annotations

from typing import Any

from strategy_core.indicators_line import TIMEFRAMES

Doc = dict[str, Any]
SIGNALS = ("manual", "tv_custom_signal")


class Unmapped(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def start_of(strategies: Any) -> Doc:
    """Errors: Unmapped."""
    rows = rows_of(strategies)
    names = {row["strategy"] for row in rows}
    if names == {"nonstop"}:
        return {"type": "now"}
    if not rows or (len(rows) == 1 and names <= set(SIGNALS)):
        return {"type": "webhook"}
    return {"type": "indicators", "indicators": [indicator_of(row) for row in rows]}


def condition_of(strategies: Any) -> Doc | None:
    """What closes a deal beside its take profit; None without any. Errors: Unmapped."""
    rows = rows_of(strategies)
    return {"type": "indicators", "indicators": [indicator_of(row) for row in rows]} if rows else None


def rows_of(strategies: Any) -> list[Doc]:
    if not isinstance(strategies, list) or not all(isinstance(row, dict) for row in strategies):
        raise Unmapped("invalid")
    rows = [row for row in strategies if row.get("strategy") or row.get("options")]
    if not all(isinstance(row.get("strategy"), str) for row in rows):
        raise Unmapped("invalid")
    return rows


def indicator_of(row: Doc) -> Doc:
    options = row.get("options") if isinstance(row.get("options"), dict) else {}
    assert options is not None
    operator, timeframe = options.get("trigger_condition"), options.get("time")
    if row["strategy"] not in ("rsi", "ma_cross") or operator not in ("less", "greater") or timeframe not in TIMEFRAMES:
        raise Unmapped("unknown_signal")
    found: Doc = {"timeframe": timeframe, "operator": operator}
    if row["strategy"] == "rsi":
        level, length = whole(options.get("points")), whole(options.get("time_period"))
        return {"kind": "rsi", "value": str(level), "length": length, **found}
    first, second = whole(options.get("time_period_first")), whole(options.get("time_period_second"))
    if options.get("indicator_type") != "ema" or not first < second:
        raise Unmapped("unknown_signal")
    return {"kind": "ema_cross", "fast": first, "slow": second, **found}


def whole(value: Any) -> int:
    text = str(value)
    if isinstance(value, bool) or not text.isascii() or not text.isdigit():
        raise Unmapped("unknown_signal")
    return int(text)
