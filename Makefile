# The developer's commands; README.md says when to use which. Nothing here reaches beyond the package registries.
PORT ?= 7071
DATA ?= .data
SEEDS ?= 2000
KILLS ?= 50
PY := .venv/bin/python
export PYTHONHASHSEED := 0

.PHONY: run setup dev frontend test test-python test-python311 test-frontend coverage check bench compiled e2e openapi sim chaos fuzz package clean

run: setup frontend ## start the platform on http://127.0.0.1:$(PORT)
	@sh scripts/compiled.sh
	@PORT=$(PORT) DATA=$(DATA) exec $(PY) -m infra.onebox --static frontend/out

setup:
	@sh scripts/setup.sh onebox

dev:
	@sh scripts/setup.sh dev

frontend:
	@sh scripts/frontend.sh

test: test-python test-frontend e2e ## everything: Python, dashboard, browser

test-python: dev
	$(PY) -m pytest -q -n 2 --dist loadfile --canaries tests

test-python311: dev ## what may differ between versions, on the oldest Python we support; nothing where it is not installed
	@sh scripts/python311.sh

coverage: dev ## the tests of the strategy core reach every branch of it, without the long random walks
	$(PY) -m pytest -q -n 2 tests/strategy_core tests/scripts/test_compiled.py --ignore-glob '*_properties.py' \
		--cov=strategy_core --cov-branch --cov-report=term:skip-covered --cov-fail-under=100

test-frontend: dev
	@sh scripts/frontend.sh packages
	cd frontend && npm run --silent test

e2e: dev frontend ## one owner's day in a headless browser against onebox
	@sh scripts/chromium.sh
	cd frontend && npm run --silent test:e2e

check: dev ## formatting, lint, types, layers, sizes, the API document
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	.venv/bin/lint-imports
	$(PY) scripts/sizes.py
	$(PY) -m triggers.api | diff -u frontend/openapi.json - >/dev/null || { echo "frontend/openapi.json is behind the API: run make openapi"; exit 1; }
	@sh scripts/frontend.sh packages
	cd frontend && npm run --silent check

openapi: dev ## write the API document the dashboard is typed from
	$(PY) -m triggers.api > frontend/openapi.json

bench: compiled ## our jobs, the peers where they are installed, the adapter, the start, the cost, and the host under load
	$(PY) -m bench
	-$(PY) -m bench.adapter
	-$(PY) -m bench.cold_start
	$(PY) -m bench.cost
	$(PY) -m bench.load all
	-$(PY) -m bench.api_latency

compiled: dev ## the strategy core as binaries from the same source, for backtests, now; make run does it in the background
	-$(PY) scripts/compile_core.py

sim: dev ## so many seeds of the whole platform under every fault, five times as many of its small model: make sim SEEDS=400
	$(PY) -m tests.sim --seeds $(SEEDS)

chaos: dev ## the real platform under kill -9: make chaos KILLS=50
	$(PY) -m tests.chaos --kills $(KILLS)

fuzz: dev ## the API against its own document, at length
	$(PY) -m tests.fuzz

package: dev ## build/tickwise.zip: what Azure runs, proven to work with nothing beside it
	$(PY) -m scripts.package build/tickwise.zip
	$(PY) -m tests.deployment build/tickwise.zip

clean:
	rm -rf .venv frontend/node_modules frontend/.next frontend/out
