"""Measurements: `python -m bench` for speed, `python -m bench.mutants` for what the tests notice."""
