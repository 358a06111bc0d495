"""Sending e-mail through the operator's SMTP server, with what Python itself brings.

Rules
1. The server is one connection string: `smtps://user:password@host:465?from=Bots <bots@example.com>` (TLS from the first byte) or
   `smtp://…:587?from=…` (STARTTLS, refused without). Plain text only to this very machine. `ca=FILE` trusts a private authority.
2. A certificate that does not fit its host ends the attempt. Name and password are sent inside TLS only.
3. A message carries a fixed Message-ID: one that is sent twice is recognised as one by whoever reads it.
"""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import parseaddr
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

TIMEOUT_S = 20
SUBJECT = 120  # characters


class BadServer(Exception):
    """The setting cannot be read, or asks for something unsafe."""


class Refused(Exception):
    """The server will not take this message, now or later; `code` is its reply code."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


class Server(NamedTuple):
    host: str
    port: int
    is_tls: bool
    user: str
    password: str
    sender: str
    ca: str | None

    @property
    def domain(self) -> str:
        return parseaddr(self.sender)[1].rpartition("@")[2]

    @property
    def is_local(self) -> bool:
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


class Mail(NamedTuple):
    """`id` makes the Message-ID."""

    to: str
    subject: str
    text: str
    id: str


def server_of(text: str) -> Server:
    """Errors: BadServer."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise BadServer from None
    query = parse_qs(parts.query)
    sender = query.get("from", [""])[0]
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or "@" not in parseaddr(sender)[1] or not sender.isprintable():
        raise BadServer
    is_tls = parts.scheme == "smtps"
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Server(parts.hostname, port or (465 if is_tls else 587), is_tls, user, password, sender, query.get("ca", [None])[0])


def message_of(server: Server, mail: Mail) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"] = server.sender, mail.to
    made["Subject"] = " ".join(mail.subject.split())[:SUBJECT]
    made["Message-ID"] = f"<{mail.id}@{server.domain}>"
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    made.set_content(mail.text)
    return made


async def send(server: Server, mail: Mail) -> None:
    """Returns when the server has taken it. Errors: Refused; smtplib.SMTPException, OSError for what may work later."""
    await asyncio.to_thread(_send, server, mail)


def _send(server: Server, mail: Mail) -> None:
    trusted = ssl.create_default_context(cafile=server.ca)
    try:
        with _link(server, trusted) as link:
            link.ehlo()
            if not server.is_tls and (not server.is_local or link.has_extn("starttls")):
                link.starttls(context=trusted)
                link.ehlo()
            if server.user:
                link.login(server.user, server.password)
            link.send_message(message_of(server, mail), to_addrs=[mail.to])
    except smtplib.SMTPRecipientsRefused as refused:
        _judge(max(code for code, _ in refused.recipients.values()), refused)
    except smtplib.SMTPSenderRefused as refused:
        _judge(refused.smtp_code, refused)
    except smtplib.SMTPDataError as refused:
        _judge(refused.smtp_code, refused)


def _link(server: Server, trusted: ssl.SSLContext) -> smtplib.SMTP:
    own = server.domain  # what we call ourselves: asking for this machine's name may take as long as a name server is slow
    if server.is_tls:
        return smtplib.SMTP_SSL(server.host, server.port, own, timeout=TIMEOUT_S, context=trusted)
    return smtplib.SMTP(server.host, server.port, own, timeout=TIMEOUT_S)


def _judge(code: int, error: Exception) -> None:
    """5xx is final (RFC 5321 4.2.1), 4xx may work later."""
    if code >= 500:
        raise Refused(code) from None
    raise error
