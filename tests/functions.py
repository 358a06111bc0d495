"""The app's functions, asked for once: the app object tells them a single time per process."""

from functools import cache
from typing import Any

import function_app


@cache
def functions() -> tuple[Any, ...]:
    return tuple(function_app.app.get_functions())
