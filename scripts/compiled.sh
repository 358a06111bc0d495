#!/bin/sh
# The strategy core as binaries, made in the background of a start: nothing waits for it and nothing fails by it, without a C compiler
# least of all. It gives way to everything. Its tools come into build/compiler, in the versions of the checks, unless .venv has them.
set -u
cd "$(dirname "$0")/.."
command -v "${CC:-cc}" >/dev/null 2>&1 || exit 0
mkdir -p build
(
  exec </dev/null >build/compiled.log 2>&1
  tools="$PWD/build/compiler"
  if ! .venv/bin/python -c "import mypyc, setuptools" && [ ! -f "$tools/.installed" ]; then
    wanted="$(grep -E '^(mypy|setuptools)==' requirements-dev.txt)"
    nice -n 19 .venv/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --target "$tools" $wanted || exit 0
    touch "$tools/.installed"
  fi
  PYTHONPATH="$tools" exec nice -n 19 .venv/bin/python scripts/compile_core.py
) &
