"""HMAC-SHA256 of a request, as App Configuration has it: over method, path with query, date, host and the hash of the body."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime

SIGNED = "x-ms-date;host;x-ms-content-sha256"
APART_S = 900  # how far the clocks may be apart
DATES = ("%a, %d %b %Y %H:%M:%S GMT", "%b, %d %Y %H:%M:%S.%f GMT")  # RFC 1123, and what the Python client sends


def is_ours(secret: str, credential: str, method: str, target: str, headers, body: bytes, now_ms: int) -> bool:
    scheme, _, rest = headers.get("Authorization", "").partition(" ")
    fields = dict(part.split("=", 1) for part in rest.split("&") if "=" in part)
    if scheme != "HMAC-SHA256" or fields.get("Credential") != credential or fields.get("SignedHeaders") != SIGNED:
        return False
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    date = headers.get("x-ms-date", "")
    at = _seconds(date)
    if at is None or abs(at - now_ms / 1000) > APART_S:
        return False
    text = f"{method}\n{target}\n{date};{headers.get('Host', '')};{digest}"
    made = base64.b64encode(hmac.new(base64.b64decode(secret), text.encode(), hashlib.sha256).digest()).decode()
    return headers.get("x-ms-content-sha256") == digest and hmac.compare_digest(made, fields.get("Signature", ""))


def _seconds(date: str) -> float | None:
    for form in DATES:
        try:
            return datetime.strptime(date, form).replace(tzinfo=UTC).timestamp()
        except ValueError:
            continue
    return None
