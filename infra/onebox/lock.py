"""One host per data directory; the lock goes with the process, however it ends."""

import fcntl
import os
from pathlib import Path


class InUse(Exception):
    """Another host works on this data directory."""


class DirectoryLock:
    """Held from `__init__` to `release`."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            raise InUse(f"{directory} is in use by another onebox") from error

    def release(self) -> None:
        os.close(self._file)
