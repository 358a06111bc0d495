"""Structured log lines: an event name and its figures as JSON.

Rules
1. A value under a name that sounds like a secret is replaced; so is anything shaped like a token or a signed URL inside a text.
2. Line breaks never reach the log: a line is one JSON value.
"""

from __future__ import annotations

import json
import logging
import re
from typing import Any

_logger = logging.getLogger("tickwise")
_SECRET_NAME = re.compile(r"secret|password|passphrase|token|credential|authorization|api_?key|signature|private", re.IGNORECASE)
_SECRET_TEXT = re.compile(
    r"eyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*|\b(?:signature|sign|api-?_?key|access_token|token|secret)=[^&\s\"']+|bearer\s+[\w.~+/-]{8,}",
    re.IGNORECASE,
)
HIDDEN = "[hidden]"


def redact(value: Any, name: str = "") -> Any:
    """The same value without secrets; strings are cut at 2,000 characters."""
    if name and _SECRET_NAME.search(name):
        return HIDDEN
    if isinstance(value, dict):
        return {str(key): redact(item, str(key)) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [redact(item) for item in value]
    if isinstance(value, str):
        return _SECRET_TEXT.sub(HIDDEN, value[:2000])
    return value if isinstance(value, int | bool | float) or value is None else _SECRET_TEXT.sub(HIDDEN, str(value)[:2000])


def log(event: str, level: int = logging.INFO, **figures: Any) -> None:
    if _logger.isEnabledFor(level):
        _logger.log(level, "%s", json.dumps({"event": event, **redact(figures)}, ensure_ascii=True, default=str))


def log_error(event: str, error: BaseException, **figures: Any) -> None:
    """One line for a bug or a failing neighbour: its class and redacted text, with the place it came from."""
    trace, place = error.__traceback__, ""
    while trace is not None:
        place, trace = f"{trace.tb_frame.f_code.co_filename.rsplit('/', 2)[-1]}:{trace.tb_lineno}", trace.tb_next
    log(event, logging.ERROR, error=type(error).__name__, detail=str(error), place=place, **figures)
