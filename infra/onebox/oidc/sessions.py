"""What a sign-in leaves behind: a session, a chain of refresh tokens, and short-lived authorization codes.

Rules
1. Only hashes of refresh tokens and codes are stored.
2. A refresh token works once. Used again it ends the session, except within ten seconds: two tabs, or an answer that was lost.
3. A code works once, for one client, one redirect address and one PKCE verifier.
"""

import base64
import hashlib
import hmac
import secrets
import sqlite3
import uuid
from typing import NamedTuple

_SESSION_MS = 30 * 86_400_000
_IDLE_MS = 14 * 86_400_000
_CODE_MS = 60_000
_GRACE_MS = 10_000

SCHEMA = """
CREATE TABLE IF NOT EXISTS sessions (sid TEXT PRIMARY KEY, sub TEXT NOT NULL, client TEXT NOT NULL, scope TEXT NOT NULL,
    auth_ms INTEGER NOT NULL, ended INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS refresh_tokens (hash TEXT PRIMARY KEY, sid TEXT NOT NULL, until_ms INTEGER NOT NULL, used_ms INTEGER);
CREATE INDEX IF NOT EXISTS refresh_by_until ON refresh_tokens (until_ms);
CREATE TABLE IF NOT EXISTS codes (hash TEXT PRIMARY KEY, sub TEXT NOT NULL, client TEXT NOT NULL, redirect TEXT NOT NULL,
    challenge TEXT NOT NULL, nonce TEXT, scope TEXT NOT NULL, until_ms INTEGER NOT NULL, sid TEXT);
"""


class Session(NamedTuple):
    sid: str
    sub: str
    client: str
    scope: str
    auth_ms: int


class Asked(NamedTuple):
    """What a client asked for at the sign-in page."""

    client: str
    redirect: str
    challenge: str
    nonce: str | None
    scope: str


class Sessions:
    """Sessions, refresh tokens and codes in one file."""

    def __init__(self, db: sqlite3.Connection, clock):
        self._db, self._clock = db, clock

    def begin(self, sub: str, client: str, scope: str) -> Session:
        session = Session(str(uuid.uuid4()), sub, client, scope, self._clock.now_ms())
        self._db.execute("INSERT INTO sessions (sid, sub, client, scope, auth_ms) VALUES (?,?,?,?,?)", session)
        return session

    def find(self, sid: str) -> Session | None:
        """A session that goes on, or None."""
        row = self._db.execute("SELECT sid, sub, client, scope, auth_ms FROM sessions WHERE sid=? AND ended=0", (sid,)).fetchone()
        if row is None or row[4] + _SESSION_MS < self._clock.now_ms():
            return None
        return Session(*row)

    def end(self, sid: str) -> None:
        self._db.execute("UPDATE sessions SET ended=1 WHERE sid=?", (sid,))
        self._db.execute("DELETE FROM refresh_tokens WHERE sid=?", (sid,))

    def end_all(self, sub: str) -> None:
        """Every session of one person."""
        for (sid,) in self._db.execute("SELECT sid FROM sessions WHERE sub=? AND ended=0", (sub,)).fetchall():
            self.end(sid)

    def refresh_token(self, session: Session) -> str:
        now_ms, token = self._clock.now_ms(), secrets.token_urlsafe(32)
        self._db.execute("DELETE FROM refresh_tokens WHERE until_ms < ?", (now_ms,))
        until_ms = min(now_ms + _IDLE_MS, session.auth_ms + _SESSION_MS)
        self._db.execute("INSERT INTO refresh_tokens (hash, sid, until_ms) VALUES (?,?,?)", (_hash(token), session.sid, until_ms))
        return token

    def refresh(self, token: str) -> Session | None:
        """The session a refresh token continues; the token is used up."""
        now_ms = self._clock.now_ms()
        row = self._db.execute("SELECT sid, until_ms, used_ms FROM refresh_tokens WHERE hash=?", (_hash(token),)).fetchone()
        if row is None or row[1] < now_ms:
            return None
        if row[2] is not None and now_ms - row[2] > _GRACE_MS:
            self.end(row[0])
            return None
        if row[2] is None:
            self._db.execute("UPDATE refresh_tokens SET used_ms=? WHERE hash=?", (now_ms, _hash(token)))
        return self.find(row[0])

    def sid_of(self, token: str) -> str | None:
        """The session a refresh token belongs to, whether or not it is used up."""
        row = self._db.execute("SELECT sid FROM refresh_tokens WHERE hash=?", (_hash(token),)).fetchone()
        return row[0] if row else None

    def code(self, sub: str, asked: Asked) -> str:
        now_ms, code = self._clock.now_ms(), secrets.token_urlsafe(32)
        self._db.execute("DELETE FROM codes WHERE until_ms < ?", (now_ms - _IDLE_MS,))
        values = (_hash(code), sub, asked.client, asked.redirect, asked.challenge, asked.nonce, asked.scope, now_ms + _CODE_MS)
        self._db.execute(
            "INSERT INTO codes (hash, sub, client, redirect, challenge, nonce, scope, until_ms) VALUES (?,?,?,?,?,?,?,?)", values
        )
        return code

    def redeem(self, code: str, client: str, redirect: str, verifier: str) -> tuple[Session, str | None] | None:
        """(session, nonce) for a code, once; a second use ends the session the first began (RFC 6749 4.1.2)."""
        statement = "SELECT sub, client, redirect, challenge, nonce, scope, until_ms, sid FROM codes WHERE hash=?"
        row = self._db.execute(statement, (_hash(code),)).fetchone()
        if row is None:
            return None
        sub, owner, address, challenge, nonce, scope, until_ms, sid = row
        if sid is not None:
            self.end(sid)
            return None
        is_meant = owner == client and address == redirect and hmac.compare_digest(challenge, _challenge(verifier))
        if not is_meant or until_ms < self._clock.now_ms():
            return None
        session = self.begin(sub, client, scope)
        self._db.execute("UPDATE codes SET sid=? WHERE hash=?", (session.sid, _hash(code)))
        return session, nonce


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode("ascii", "replace")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
