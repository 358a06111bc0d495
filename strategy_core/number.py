"""Money at the edges: Decimal that refuses floats at every door. The arithmetic itself is in `decimals`.

Rules
1. A float or a bool is never money: it raises, in Python and in JSON alike.
2. In JSON money is a plain string of digits: no exponent, no trailing zeros that carry nothing.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, WithJsonSchema

from strategy_core.decimals import HUNDRED, ONE, WORK, ZERO, ceil_to, cut, dec, floor_to, is_on, plain, working_digits

__all__ = ["HUNDRED", "ONE", "WORK", "ZERO", "Model", "Num", "ceil_to", "cut", "dec", "floor_to", "is_on", "plain", "working_digits"]


def _refuse_floats(value: Any) -> Decimal:
    try:
        return dec(value)
    except TypeError as error:
        raise ValueError(str(error)) from error


Num = Annotated[
    Decimal,
    BeforeValidator(_refuse_floats),
    PlainSerializer(plain, return_type=str),
    WithJsonSchema({"type": "string", "format": "decimal", "pattern": r"^-?\d+(\.\d+)?$"}),
]


class Model(BaseModel):
    """What crosses an edge: frozen, nothing unknown allowed."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
