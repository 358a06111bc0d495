"""The static site: a Next.js export served as it must be cached, and nothing outside its folder.

Rules: 1. files are found once, at start, so a path can only name one of them; 2. html and .txt are never cached without asking, what lies
under /_next/static for ever; 3. the content security policy lists the hashes of the inline scripts that are really there.
"""

import base64
import hashlib
import mimetypes
import re
from pathlib import Path
from urllib.parse import unquote

from aiohttp import web

INLINE = re.compile(rb"<script(?P<attributes>[^>]*)>(?P<code>.*?)</script>", re.DOTALL | re.IGNORECASE)
IMMUTABLE, ASK = "public, max-age=31536000, immutable", "no-cache"
TEXT = frozenset({".html", ".txt"})


class Site:
    """The files of one folder by URL path; `response` for a path, or None."""

    def __init__(self, directory: Path) -> None:
        root = directory.resolve()
        self._files = {"/" + file.relative_to(root).as_posix(): file for file in root.rglob("*") if _inside(file, root)}
        self.policy = policy(self._files.values())

    def response(self, path: str) -> web.StreamResponse | None:
        """The file of this path: itself, path.html or path/index.html."""
        wanted = unquote(path)
        for candidate in (wanted, f"{wanted.rstrip('/')}.html", f"{wanted.rstrip('/')}/index.html"):
            if file := self._files.get(candidate):
                return self._send(candidate, file, 200)
        return None

    def not_found(self) -> web.StreamResponse | None:
        """The site's own 404 page."""
        file = self._files.get("/404.html")
        return self._send("/404.html", file, 404) if file else None

    def _send(self, path: str, file: Path, status: int) -> web.StreamResponse:
        immutable = path.startswith("/_next/static/") and file.suffix not in TEXT
        headers = {"Cache-Control": IMMUTABLE if immutable else ASK}
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        if file.suffix == ".html":
            headers["Content-Security-Policy"] = self.policy
        headers["Content-Type"] = f"{kind}; charset=utf-8" if kind.startswith("text/") or kind.endswith("javascript") else kind
        return web.FileResponse(file, status=status, headers=headers)


def policy(files: object) -> str:
    """The policy for the pages: scripts of our own and exactly the inline ones found in them."""
    hashes: set[str] = set()
    for file in files:
        if file.suffix == ".html":
            for match in INLINE.finditer(file.read_bytes()):
                if b"src=" not in match["attributes"] and match["code"]:
                    hashes.add(base64.b64encode(hashlib.sha256(match["code"]).digest()).decode())
    scripts = " ".join(["'self'", *(f"'sha256-{digest}'" for digest in sorted(hashes))])
    return (
        f"default-src 'self'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
        "connect-src 'self' ws://127.0.0.1:* ws://localhost:* http://127.0.0.1:* http://localhost:*; "
        "object-src 'none'; base-uri 'self'; form-action 'self'; "
        "frame-ancestors 'none'"
    )


def _inside(file: Path, root: Path) -> bool:
    return file.is_file() and file.resolve().is_relative_to(root)
