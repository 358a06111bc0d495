#!/bin/sh
# What may differ between versions, on the oldest Python we support: in an environment of its own (.venv-311), where there is a python3.11.
set -eu
cd "$(dirname "$0")/.."
if ! command -v python3.11 >/dev/null 2>&1; then echo "python3.11 is not installed: nothing to do"; exit 0; fi
if .venv/bin/python -c "import sys; sys.exit(sys.version_info[:2] != (3, 11))"; then echo "python3.11 is what .venv has: nothing to do"; exit 0; fi
want="$(cat constraints.txt requirements.txt requirements-onebox.txt requirements-dev.txt scripts/python311.sh | cksum)"
if [ ! -x .venv-311/bin/python ] || [ "$(cat .venv-311/.installed 2>/dev/null)" != "$want" ]; then
  python3.11 -m venv --clear .venv-311
  .venv-311/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
  .venv-311/bin/python -m pip install --quiet --disable-pip-version-check --ignore-requires-python --no-deps \
    azure-functions-runtime==1.3.0 azurefunctions-extensions-base==1.2.0
  echo "$want" > .venv-311/.installed
fi
exec timeout 300 .venv-311/bin/python -m pytest -q -n 2 --dist loadfile tests/strategy_core tests/entities tests/shared tests/golden
