"""Addresses users give us to call: only https to the public internet, whatever they look like.

Rules
1. Refused by its looks: another scheme, a user in it, a port of its own, an address instead of a name in any spelling, a name without a
   dot, names of this network.
2. Refused by what it resolves to: every address must be public, and an IPv6 address must be one of its own: those that stand for an IPv4
   address (mapped, compatible, translated, NAT64, 6to4, Teredo) lead wherever that one leads. Who calls it later connects to the addresses
   checked then, and follows no redirect.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable
from ipaddress import IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

Resolve = Callable[[str], Awaitable[list[str]]]

_NAME = re.compile(r"^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$")
_OURS = (".local", ".internal", ".localhost", ".home", ".lan", ".arpa", ".onion", ".test", ".invalid", ".example")
_SPECIAL = {"168.63.129.16"}  # the platform's own address, public by its number
_UNICAST = IPv6Network("2000::/3")  # all that is given to anybody; what is outside is of a network, or stands for another address
_STANDING_IN = (IPv6Network("2001::/23"), IPv6Network("2001:db8::/32"), IPv6Network("2002::/16"), IPv6Network("3fff::/20"))


class UnsafeUrl(Exception):
    """Not an address we would call."""


def host_of(url: str) -> str:
    """The host name of an acceptable address. Errors: UnsafeUrl."""
    if not url.isascii() or not url.isprintable() or "\\" in url or " " in url:
        raise UnsafeUrl
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UnsafeUrl from None
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme != "https" or "@" in parts.netloc or port not in (None, 443) or not _NAME.match(host) or host.endswith(_OURS):
        raise UnsafeUrl
    return host


def is_public(address: str) -> bool:
    found = ip_address(address)
    if isinstance(found, IPv6Address):
        return found in _UNICAST and found.is_global and not any(found in network for network in _STANDING_IN)
    return found.is_global and not found.is_multicast and str(found) not in _SPECIAL


async def check(url: str, resolve: Resolve) -> list[str]:
    """The public addresses behind it. Errors: UnsafeUrl."""
    addresses = await resolve(host_of(url))
    if not addresses or not all(is_public(one) for one in addresses):
        raise UnsafeUrl
    return addresses


async def resolve(host: str) -> list[str]:
    """Every address of a name; none when it has none."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    except OSError:
        return []
    return sorted({str(row[4][0]) for row in found})
