"""What a cold start loads. Its time is bench/cold_start.py's business: a clock would make this flaky."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
LATE = (
    "ccxt", "azure.cosmos", "azure.identity", "azure.servicebus", "azure.keyvault", "azure.messaging", "azure.appconfiguration",
    "azure.core", "azure.monitor", "opentelemetry.sdk", "opentelemetry.exporter", "numpy", "pyarrow", "optuna", "jwt", "cryptography", "pytest", "infra", "triggers.api.app",
)  # fmt: skip


def test_importing_the_app_loads_nothing_that_is_needed_later():
    code = f"import sys, function_app; print([name for name in {LATE!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=90, check=True)
    assert done.stdout.strip() == "[]"
