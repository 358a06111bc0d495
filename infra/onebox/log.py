"""One line per event: time, level, part, words. Never a query string, a body or a header."""

import logging
import os
import sys

FORMAT = "%(asctime)s %(levelname).4s %(name)s: %(message)s"


def configure() -> None:
    """Logging of the whole process to stderr; level from ONEBOX_LOG (default INFO), chatty libraries from WARNING up."""
    level = os.environ.get("ONEBOX_LOG", "INFO").upper()
    logging.basicConfig(level=logging.WARNING, format=FORMAT, stream=sys.stderr, force=True)
    logging.getLogger("onebox").setLevel(level)
    logging.getLogger("function").setLevel(level)
    for chatty in ("azure", "aiohttp.access", "ccxt", "httpx", "urllib3"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def get(part: str) -> logging.Logger:
    return logging.getLogger(f"onebox.{part}")
