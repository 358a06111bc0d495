"""A host in a process of its own, for tests: the worker keeps module-global state, so one app per process."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
PATIENCE_S = 60.0  # what is waited for takes moments; a busy machine takes its time
ENDED = ("Completed", "Failed", "Terminated")


class RunningHost:
    """`python -m infra.onebox` on an app of this folder, on any free port."""

    def __init__(self, app: str, data: Path, *arguments: str, **environment: str) -> None:
        self.log = open(data.parent / f"{data.name}.log", "ab")  # noqa: SIM115  (closed with the host)
        command = [sys.executable, "-m", "infra.onebox", "--app", str(HERE / "apps" / app), "--port", "0", "--data", str(data), *arguments]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=self.log, text=True, env={**os.environ, **environment}
        )
        line = self.process.stdout.readline()
        found = re.match(r"http://\S+", line)
        if found is None:
            self.close()
            raise RuntimeError(Path(self.log.name).read_text())
        self.url = found[0]

    def request(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, dict, bytes]:
        request = urllib.request.Request(self.url + path, body, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as response:
                return response.status, dict(response.headers), response.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, dict(error.headers), error.read()

    def client(self, method: str, *arguments: object) -> object:
        """A call of the stock durable client inside the app; its exception as {"error": text}."""
        return json.loads(self.request("POST", f"/api/client/{method}", json.dumps(arguments).encode())[2])

    def wait(self, instance: str, *statuses: str, seconds: float = PATIENCE_S) -> dict:
        """The status object once it is one of these."""
        end = time.monotonic() + seconds
        while (seen := self.client("get_status", instance)).get("runtimeStatus") not in (statuses or ENDED):
            if time.monotonic() > end:
                raise AssertionError(f"{instance} is still {seen}")
            time.sleep(0.02)
        return seen

    def run(self, name: str, argument: object = None, instance: str | None = None) -> dict:
        return self.wait(self.client("start_new", name, instance, argument))

    def kill(self) -> None:
        self.process.kill()
        self._reap()

    def stop(self) -> tuple[int, float]:
        """SIGTERM; the exit status and the seconds it took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(PATIENCE_S)
        took = time.monotonic() - began
        self._reap()
        return status, took

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self._reap()

    def _reap(self) -> None:
        self.process.wait()
        self.process.stdout.close()
        self.log.close()
