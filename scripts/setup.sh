#!/bin/sh
# Makes .venv with the packages of one requirements file (onebox or dev); does nothing when it is up to date.
set -eu
kind="$1"
cd "$(dirname "$0")/.."
stamp=".venv/.installed-$kind"
want="$(cat constraints.txt requirements.txt requirements-onebox.txt "requirements-$kind.txt" scripts/setup.sh | cksum)"
if [ -x .venv/bin/python ] && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ]; then exit 0; fi
if [ ! -x .venv/bin/python ] || ! .venv/bin/python -c "" 2>/dev/null; then
  python="$(sh scripts/python.sh)"
  echo "setting up .venv with $("$python" --version)"
  "$python" -m venv --clear .venv
fi
.venv/bin/python -m pip install --quiet --disable-pip-version-check -r "requirements-$kind.txt"
# Microsoft's worker runtime declares 3.13 but also runs on 3.11 and 3.12: best effort there.
if .venv/bin/python -c "import sys; sys.exit(sys.version_info >= (3, 13))"; then
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --ignore-requires-python --no-deps \
    azure-functions-runtime==1.3.0 azurefunctions-extensions-base==1.2.0
fi
echo "$want" > "$stamp"
if [ "$kind" = dev ]; then echo "$(cat constraints.txt requirements.txt requirements-onebox.txt requirements-onebox.txt scripts/setup.sh | cksum)" > .venv/.installed-onebox; fi
