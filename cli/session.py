"""Where the command line is signed in: an address and tokens, in one file only its owner can read.

Rules
1. The file is made with mode 0600 before anything is written into it.
2. A token that runs out is renewed with the refresh token; without one the user signs in again.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from strategy_core.number import Model


class Session(Model):
    url: str
    access_token: str
    refresh_token: str | None = None
    expires_at: int = 0
    client_id: str = "tickwise-cli"

    @property
    def is_fresh(self) -> bool:
        return self.expires_at == 0 or time.time() < self.expires_at - 30


def load(path: Path) -> Session | None:
    return Session.model_validate_json(path.read_text()) if path.is_file() else None


def save(path: Path, session: Session) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        os.fchmod(file.fileno(), 0o600)
        json.dump(session.model_dump(), file)


def forget(path: Path) -> None:
    path.unlink(missing_ok=True)
