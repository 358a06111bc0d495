"""Onebox as a process of its own that can be killed and started again on the same data, and a client that survives it."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
HEALTHY_S = 60.0


class NotHealthy(Exception):
    """Onebox ended or never answered; the message holds the end of its log."""


class NoAnswer(Exception):
    """The request was cut off: nobody knows whether it was done."""


class Refused(Exception):
    """An answer of 400 or above."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(f"{status} {body[:300]}")
        self.status = status


class Onebox:
    """One installation. `start`, `kill` and `stop` may follow each other in any number."""

    def __init__(self, folder: Path, replay: Path, **more: str) -> None:
        """`more`: further settings."""
        self.folder, self.data = folder, folder / "data"
        self.log = folder / "onebox.log"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.starts = 0
        self.arguments: list[str] = []
        self._environment = {**os.environ, "REPLAY_DIR": str(replay), "MARKET_WATCH_SCHEDULE": "* * * * * *", "PYTHONHASHSEED": "0", **more}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Until it is healthy; how many seconds that took. Errors: NotHealthy."""
        self.starts += 1
        began = time.monotonic()
        command = [sys.executable, "-m", "infra.onebox", "--port", str(self.port), "--data", str(self.data), *self.arguments]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, cwd=ROOT, env=self._environment, stdout=log, stderr=log)
        while time.monotonic() - began < HEALTHY_S:
            if self._process.poll() is not None:
                raise NotHealthy(f"ended with {self._process.returncode}: {self.log.read_text()[-3000:]}")
            try:
                if self.get("/api/health")["status"] == "ok":
                    return time.monotonic() - began
            except (NoAnswer, Refused):
                time.sleep(0.05)
        raise NotHealthy(self.log.read_text()[-3000:])

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """kill -9."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()

    def get(self, path: str, token: str = "") -> Any:
        return self._ask("GET", path, None, {"authorization": f"Bearer {token}"} if token else {})

    def post(self, path: str, body: Any, token: str = "", key: str = "") -> Any:
        headers = {"content-type": "application/json"}
        headers |= {"authorization": f"Bearer {token}"} if token else {}
        headers |= {"idempotency-key": key} if key else {}
        return self._ask("POST", path, json.dumps(body).encode(), headers)

    def post_form(self, path: str, fields: dict[str, str]) -> Any:
        return self._ask("POST", path, urllib.parse.urlencode(fields).encode(), {"content-type": "application/x-www-form-urlencoded"})

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Any:
        request = urllib.request.Request(self.url + path, body, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as response:
                return json.loads(response.read() or b"null")
        except urllib.error.HTTPError as error:
            with error:
                raise Refused(error.code, error.read().decode(errors="replace")) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise NoAnswer(str(error)) from None


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])
