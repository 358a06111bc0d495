"""Which methods an address takes, read off the document: routes that share an address are declared one by one, and a refusal of one
method has to name them all.
"""

from __future__ import annotations

import re
from functools import lru_cache

from fastapi import FastAPI

_PART = re.compile(r"\\{\w+\\}")


@lru_cache(maxsize=4)
def _addresses(app: FastAPI) -> tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]:
    """Every address with its methods, the ones with the fewest parameters first: a literal one goes before its pattern."""
    paths = sorted(app.openapi()["paths"].items(), key=lambda item: item[0].count("{"))
    patterns = (re.compile(_PART.sub("[^/]+", re.escape(path))) for path, _ in paths)
    return tuple(zip(patterns, (tuple(sorted(name.upper() for name in methods)) for _, methods in paths), strict=True))


def methods_of(app: FastAPI, path: str) -> tuple[str, ...]:
    return next((methods for pattern, methods in _addresses(app) if pattern.fullmatch(path)), ("GET",))
