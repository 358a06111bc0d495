"""Who may sign in: e-mail addresses, argon2id hashes, and the back-off against guessing.

Rules
1. An unknown address costs the same time and gives the same answer as a wrong password.
2. After a few failures the same (address, caller) waits, longer each time; so does a caller who tries many addresses.
3. Hashing runs in threads, two at a time, so that guessing cannot starve the machine.
"""

import asyncio
import sqlite3
import unicodedata
import uuid
from typing import NamedTuple

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID)  # OWASP's minimum for argon2id
_SHORTEST, _LONGEST = 8, 128
_FREE_TRIES = {"person": 5, "caller": 50}
_LONGEST_WAIT_MS = 15 * 60_000
_FORGOTTEN_AFTER_MS = 24 * 3600_000

SCHEMA = """
CREATE TABLE IF NOT EXISTS people (sub TEXT PRIMARY KEY, email TEXT NOT NULL, email_key TEXT UNIQUE NOT NULL, hash TEXT NOT NULL,
    created_ms INTEGER NOT NULL, disabled INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS failures (key TEXT PRIMARY KEY, count INTEGER NOT NULL, until_ms INTEGER NOT NULL, at_ms INTEGER NOT NULL);
"""


class Person(NamedTuple):
    sub: str
    email: str


class Wrong(Exception):
    """A field of a registration that cannot be taken: status, code, field."""

    def __init__(self, status: int, code: str, field: str, detail: str):
        super().__init__(detail)
        self.status, self.code, self.field, self.detail = status, code, field, detail


class Wait(Exception):
    """Too many failures: try again after so many seconds."""

    def __init__(self, seconds: int):
        super().__init__(f"wait {seconds} s")
        self.seconds = seconds


class People:
    """The registered people of this machine."""

    def __init__(self, db: sqlite3.Connection, clock):
        self._db, self._clock = db, clock
        self._hashing = asyncio.Semaphore(2)
        self._nobody = _HASHER.hash(uuid.uuid4().hex)

    async def register(self, email: object, password: object) -> Person:
        """A new person with a random id; raises Wrong."""
        address = _address(email)
        _check_password(password, address)
        if self._db.execute("SELECT 1 FROM people WHERE email_key=?", (_key(address),)).fetchone():
            raise _taken()
        hashed = await self._threaded(_HASHER.hash, password)
        person = Person(str(uuid.uuid4()), address)
        try:
            self._db.execute(
                "INSERT INTO people (sub, email, email_key, hash, created_ms) VALUES (?,?,?,?,?)",
                (person.sub, address, _key(address), hashed, self._clock.now_ms()),
            )
        except sqlite3.IntegrityError:
            raise _taken() from None
        return person

    async def sign_in(self, email: object, password: object, caller: str) -> Person | None:
        """The person, or None; raises Wait when this caller has failed too often."""
        key = _key(email) if isinstance(email, str) else ""
        keys = {"person": f"person:{key}|{caller}", "caller": f"caller:{caller}"}
        self._check_wait(keys)
        row = self._db.execute("SELECT sub, email, hash, disabled FROM people WHERE email_key=?", (key,)).fetchone()
        text = password if isinstance(password, str) and len(password) <= _LONGEST else ""
        is_right = await self._threaded(_verified, row[2] if row else self._nobody, text)
        if row is None or not is_right or row[3]:
            self._failed(keys)
            return None
        self._db.execute("DELETE FROM failures WHERE key=?", (keys["person"],))
        return Person(row[0], row[1])

    def find(self, sub: str) -> Person | None:
        row = self._db.execute("SELECT sub, email FROM people WHERE sub=? AND disabled=0", (sub,)).fetchone()
        return Person(*row) if row else None

    def disable(self, sub: str) -> None:
        """The person can no longer sign in or refresh."""
        self._db.execute("UPDATE people SET disabled=1 WHERE sub=?", (sub,))

    async def _threaded(self, function, *args):
        async with self._hashing:
            return await asyncio.to_thread(function, *args)

    def _check_wait(self, keys: dict[str, str]) -> None:
        now_ms = self._clock.now_ms()
        for key in keys.values():
            row = self._db.execute("SELECT until_ms FROM failures WHERE key=?", (key,)).fetchone()
            if row and row[0] > now_ms:
                raise Wait(-(-(row[0] - now_ms) // 1000))

    def _failed(self, keys: dict[str, str]) -> None:
        now_ms = self._clock.now_ms()
        self._db.execute("DELETE FROM failures WHERE at_ms < ?", (now_ms - _FORGOTTEN_AFTER_MS,))
        for kind, key in keys.items():
            row = self._db.execute("SELECT count FROM failures WHERE key=?", (key,)).fetchone()
            count = (row[0] if row else 0) + 1
            beyond = count - _FREE_TRIES[kind]
            wait_ms = min(_LONGEST_WAIT_MS, 1000 * 2 ** min(beyond, 20)) if beyond >= 0 else 0
            self._db.execute("INSERT OR REPLACE INTO failures VALUES (?,?,?,?)", (key, count, now_ms + wait_ms, now_ms))


def _verified(hashed: str, password: str) -> bool:
    try:
        return _HASHER.verify(hashed, password)
    except (VerificationError, InvalidHashError, UnicodeError):
        return False


def _address(email: object) -> str:
    wrong = Wrong(400, "invalid_email", "email", "an e-mail address like name@example.com is expected")
    if not isinstance(email, str):
        raise wrong
    address = unicodedata.normalize("NFC", email.strip())
    name, at, domain = address.rpartition("@")
    is_plain = all(not letter.isspace() and unicodedata.category(letter)[0] != "C" for letter in address)
    if not name or not at or not domain or "@" in name or len(address) > 254 or not is_plain:
        raise wrong
    return address


def _check_password(password: object, address: str) -> None:
    if not isinstance(password, str) or not _SHORTEST <= len(password) <= _LONGEST:
        raise Wrong(400, "invalid_password", "password", f"a password has {_SHORTEST} to {_LONGEST} characters")
    try:
        password.encode()
    except UnicodeEncodeError:
        raise Wrong(400, "invalid_password", "password", "the password holds half a character") from None
    if password.casefold() == address.casefold():
        raise Wrong(400, "invalid_password", "password", "the password is the address")


def _key(email: str) -> str:
    return unicodedata.normalize("NFKC", email.strip()).casefold()[:254].encode("utf-8", "replace").decode()


def _taken() -> Wrong:
    return Wrong(409, "email_taken", "email", "this address is registered already")
