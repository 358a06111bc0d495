"""Measurements. `python -m bench.core` needs nothing but the repository."""
