"""The field, side by side with us: each peer in its own environment, running the same jobs written by us.

Rules
1. A peer's environment is bench/.envs/NAME, made by `python -m bench.peers install NAME` from its pinned requirements.
2. bench/peers/NAME/job.py takes JOB CANDLES and prints one line of JSON; it reads the year and the job's figures from bench/results.
3. A peer is never given more time than its limit, and is asked for fewer candles where a year would take minutes.
"""
