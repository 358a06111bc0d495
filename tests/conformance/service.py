"""Where the suites run: on the embedded endpoints always, on the real service where the environment names one."""

from __future__ import annotations

import os

import pytest

WORLDS = ("onebox", "azure")


def real(*names: str) -> list[str]:
    """The values of these environment variables; skips, naming them, when one is not set."""
    missing = [name for name in names if not os.environ.get(name)]
    if missing:
        pytest.skip(f"runs against the real service only when {' and '.join(missing)} is set")
    return [os.environ[name] for name in names]
