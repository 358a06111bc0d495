"""`python -m cli`: the platform without a browser."""

from cli.commands import app

app()
