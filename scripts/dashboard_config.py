"""`python3 scripts/dashboard_config.py FILE`: the config.json of a deployed dashboard, from the deployment's environment.

API_URL (an output of the deployment), AUTH_CLIENT_ID and AUTH_AUTHORITY (the registration of the dashboard), AUTH_SCOPES (apart by spaces).
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

NEEDED = ("API_URL", "AUTH_CLIENT_ID", "AUTH_AUTHORITY", "AUTH_SCOPES")


def config(environment: Mapping[str, str]) -> dict[str, Any]:
    """Errors: KeyError naming what is missing."""
    missing = [name for name in NEEDED if not environment.get(name)]
    if missing:
        raise KeyError(", ".join(missing))
    authority = environment["AUTH_AUTHORITY"]
    auth = {"kind": "msal", "clientId": environment["AUTH_CLIENT_ID"], "authority": authority}
    auth |= {"knownAuthorities": [urlsplit(authority).netloc], "scopes": environment["AUTH_SCOPES"].split()}
    return {"apiBase": environment["API_URL"].rstrip("/"), "auth": auth}


if __name__ == "__main__":
    try:
        Path(sys.argv[1]).write_text(json.dumps(config(os.environ), indent=2) + "\n", encoding="utf-8")
    except KeyError as error:
        sys.exit(f"not set: {error.args[0]} (docs/deploy.md, step 1)")
