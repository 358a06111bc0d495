#!/bin/sh
# Prints the best Python of this machine: 3.13 wherever it is installed, else 3.14, 3.12, 3.11. PYTHON= overrides.
set -u
works() { # a shim may be there and still refuse to run
  command -v "$1" >/dev/null 2>&1 && "$1" -c "import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != ($2))" >/dev/null 2>&1
}
if [ -n "${PYTHON:-}" ]; then echo "$PYTHON"; exit 0; fi
for minor in 13 14 12 11; do
  for candidate in "python3.$minor" \
    $(ls -d "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.$minor.*/bin/python 2>/dev/null | sort -rV) \
    $(command -v uv >/dev/null 2>&1 && uv python find --no-project --offline "3.$minor" 2>/dev/null) \
    /usr/local/bin/python3.$minor /opt/python*3.$minor*/bin/python3 python3; do
    if works "$candidate" "3, $minor"; then command -v "$candidate"; exit 0; fi
  done
done
echo "Tickwise needs Python 3.11 or newer (3.13 is best), with venv and pip." >&2
exit 1
