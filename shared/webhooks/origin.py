"""Where an alert came from. A signal among others, never the only proof.

Rules
1. The address is read from the header the edge sets, and only when a setting names that header; its last entry is the edge's own.
2. A forwarded client certificate is believed only where an edge strips what callers send (CLIENT_CERTIFICATE_CA is set there), and
   only when its chain, its dates and its subject hold.
3. What cannot be checked is not verified: a webhook that asks for a check fails closed.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NamedTuple

from shared.settings import Settings

CERTIFICATE_HEADER = "x-arr-clientcert"
SUBJECT = {"CN": "TradingView Webhooks", "O": "TradingView, Inc."}


class Origin(NamedTuple):
    """`ip` is None when no edge tells it."""

    ip: str | None
    has_listed_ip: bool
    has_certificate: bool


def origin_of(headers: Mapping[str, str], settings: Settings) -> Origin:
    ip = caller_ip(headers, settings)
    listed = ip is not None and ip in [one.strip() for one in settings.webhook_ips.split(",")]
    return Origin(ip, listed, has_certificate(headers.get(CERTIFICATE_HEADER, ""), settings.client_certificate_ca))


def caller_ip(headers: Mapping[str, str], settings: Settings) -> str | None:
    """The last address of the trusted header, without its port."""
    if not settings.client_ip_header:
        return None
    last = headers.get(settings.client_ip_header.lower(), "").rpartition(",")[2].strip()
    if last.count(":") == 1:
        last = last.partition(":")[0]
    try:
        return str(ip_address(last.strip("[]")))
    except ValueError:
        return None


def has_certificate(header: str, ca_path: str) -> bool:
    if not header or not ca_path or len(header) > 20_000:
        return False
    from cryptography import x509
    from cryptography.x509.verification import VerificationError

    try:
        leaf = x509.load_der_x509_certificate(b64decode(header, validate=True))
        verifier_of(ca_path).verify(leaf, [])
    except (ValueError, VerificationError):
        return False
    names = {name.rfc4514_attribute_name: name.value for name in leaf.subject}
    return all(names.get(key) == value for key, value in SUBJECT.items())


@lru_cache(maxsize=4)
def verifier_of(ca_path: str) -> Any:
    """Client verification against the authorities of a PEM file, at the time of the call."""
    from cryptography import x509
    from cryptography.x509.verification import PolicyBuilder, Store

    authorities = x509.load_pem_x509_certificates(Path(ca_path).read_bytes())

    class Now:
        def verify(self, leaf: Any, intermediates: list[Any]) -> Any:
            return PolicyBuilder().store(Store(authorities)).build_client_verifier().verify(leaf, intermediates)

    return Now()
