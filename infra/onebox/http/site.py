"""The static site: a Next.js export served as it must be cached, and nothing outside its folder.

Rules: 1. files are read once, at start, so a path can only name one of them and no request waits for the disk; 2. html and .txt are never
cached without asking, what lies under /_next/static for ever; 3. a file with `.br` or `.gz` beside it is that file packed, sent to whoever
takes it and never by its own name; 4. the content security policy lists the hashes of the inline scripts that are really there.
"""

import base64
import hashlib
import mimetypes
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from aiohttp import web

INLINE = re.compile(rb"<script(?P<attributes>[^>]*)>(?P<code>.*?)</script>", re.DOTALL | re.IGNORECASE)
IMMUTABLE, ASK = "public, max-age=31536000, immutable", "no-cache"
TEXT = frozenset({".html", ".txt"})
PACKED = {"br": ".br", "gzip": ".gz"}
"""Best first."""


class File(NamedTuple):
    """One file of the site, and the same bytes by the coding they are packed in."""

    body: bytes
    headers: dict[str, str]
    packed: dict[str, bytes]


class Site:
    """The files of one folder by URL path; `response` for a path, or None."""

    def __init__(self, directory: Path) -> None:
        root = directory.resolve()
        found = {"/" + file.relative_to(root).as_posix(): file.read_bytes() for file in root.rglob("*") if _inside(file, root)}
        self.policy = policy(body for path, body in found.items() if path.endswith(".html"))
        self._files = {path: self._file(path, found) for path in found if not _is_packed(path, found)}

    def response(self, path: str, request: web.Request) -> web.Response | None:
        """The file of this path: itself, path.html or path/index.html."""
        wanted = unquote(path)
        for candidate in (wanted, f"{wanted.rstrip('/')}.html", f"{wanted.rstrip('/')}/index.html"):
            if file := self._files.get(candidate):
                return _send(file, request, 200)
        return None

    def not_found(self, request: web.Request) -> web.Response | None:
        """The site's own 404 page."""
        file = self._files.get("/404.html")
        return _send(file, request, 404) if file else None

    def _file(self, path: str, found: dict[str, bytes]) -> File:
        body, suffix = found[path], Path(path).suffix
        immutable = path.startswith("/_next/static/") and suffix not in TEXT
        kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
        headers = {
            "Cache-Control": IMMUTABLE if immutable else ASK,
            "Content-Type": f"{kind}; charset=utf-8" if kind.startswith("text/") or kind.endswith("javascript") else kind,
            "ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"',
        }
        if suffix == ".html":
            headers["Content-Security-Policy"] = self.policy
        packed = {coding: found[path + end] for coding, end in PACKED.items() if path + end in found}
        if packed:
            headers["Vary"] = "Accept-Encoding"
        return File(body, headers, packed)


def _send(file: File, request: web.Request, status: int) -> web.Response:
    if status == 200 and file.headers["ETag"] in request.headers.get("If-None-Match", ""):
        return web.Response(status=304, headers={name: value for name, value in file.headers.items() if name != "Content-Type"})
    takes = _codings(request.headers.get("Accept-Encoding", ""))
    for coding, body in file.packed.items():
        if coding in takes:
            return web.Response(body=body, status=status, headers={**file.headers, "Content-Encoding": coding})
    return web.Response(body=file.body, status=status, headers=file.headers)


def _codings(header: str) -> set[str]:
    """What an Accept-Encoding header names and does not refuse."""
    parts = (one.replace(" ", "").lower().partition(";") for one in header.split(","))
    return {name for name, _, weight in parts if not re.fullmatch(r"q=0(\.0*)?", weight)}


def policy(pages: Iterable[bytes]) -> str:
    """The policy for the pages: scripts of our own and exactly the inline ones found in them."""
    hashes: set[str] = set()
    for page in pages:
        for match in INLINE.finditer(page):
            if b"src=" not in match["attributes"] and match["code"]:
                hashes.add(base64.b64encode(hashlib.sha256(match["code"]).digest()).decode())
    scripts = " ".join(["'self'", *(f"'sha256-{digest}'" for digest in sorted(hashes))])
    return (
        f"default-src 'self'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
        "connect-src 'self' ws://127.0.0.1:* ws://localhost:* http://127.0.0.1:* http://localhost:*; "
        "object-src 'none'; base-uri 'self'; form-action 'self'; "
        "frame-ancestors 'none'"
    )


def _is_packed(path: str, found: dict[str, bytes]) -> bool:
    return any(path.endswith(end) and path.removesuffix(end) in found for end in PACKED.values())


def _inside(file: Path, root: Path) -> bool:
    return file.is_file() and file.resolve().is_relative_to(root)
