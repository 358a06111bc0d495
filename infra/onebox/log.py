"""One line per event: time, level, part, words. Never a query string, a body or a header."""

import logging
import os
import sys

CHATTY = ("aiohttp.access", "asyncio", "azure", "azure.functions", "azure_functions_runtime", "ccxt", "httpcore", "httpx", "urllib3")
FORMAT = "%(asctime)s %(levelname).4s %(name)s: %(message)s"


def configure() -> None:
    """Logging of the whole process to stderr; level from ONEBOX_LOG (default INFO).

    DEBUG is for onebox alone and libraries speak from WARNING up: some print keys and signed addresses below that.
    """
    level = os.environ.get("ONEBOX_LOG", "INFO").upper()
    logging.basicConfig(level="INFO" if level == "DEBUG" else level, format=FORMAT, stream=sys.stderr, force=True)
    logging.getLogger("onebox").setLevel(level)
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(logging.WARNING)


def get(part: str) -> logging.Logger:
    return logging.getLogger(f"onebox.{part}")
