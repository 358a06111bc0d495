"""E-mail against a real SMTP server on a socket: TLS from the first byte, STARTTLS, a name and a password, refusals."""

import asyncio
import datetime as dt
import ssl
from email import message_from_bytes, policy
from functools import partial

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from infra.onebox.keyvault.certificate import context
from shared.mail import BadServer, Mail, Refused, Server, message_of, send, server_of

MAIL = Mail("ada@example.com", "A bot\r\nBcc: eve@example.com", "my grid: filled x3\n.\nend", "dlv_1")
NAME, WORD = b"bots", b"a pass phrase"


class Inbox:
    """What a mail server took. `answer` is what it says to a recipient."""

    def __init__(self):
        self.taken, self.answer = [], "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 (the library's own name)
        if self.answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.taken.append(
            (server.transport.get_extra_info("sslcontext") is not None, envelope.mail_from, envelope.rcpt_tos, envelope.content)
        )
        return "250 taken"


def is_ours(server, session, envelope, mechanism, given):
    return AuthResult(success=isinstance(given, LoginPassword) and (given.login, given.password) == (NAME, WORD), handled=False)


@pytest.fixture
def inbox():
    return Inbox()


@pytest.fixture
async def served(tmp_path, inbox):
    """A function that starts servers; they end with the test."""
    tls, authority = context(tmp_path, int(dt.datetime.now(dt.UTC).timestamp() * 1000))
    running = []

    async def serve(kind, **options):
        given = {"tls_context": tls, "require_starttls": True} if kind == "starttls" else {}
        made = partial(SMTP, inbox, hostname="stand-in", **given, **options)
        server = await asyncio.get_running_loop().create_server(made, "127.0.0.1", 0, ssl=tls if kind == "smtps" else None)
        running.append(server)
        scheme = "smtps" if kind == "smtps" else "smtp"
        return f"{scheme}://{{}}127.0.0.1:{server.sockets[0].getsockname()[1]}?from=Tickwise <bots@example.com>&ca={authority}"

    yield serve
    for server in running:
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize("kind", ["smtps", "starttls"])
async def test_a_letter_arrives_through_tls_as_it_was_written(served, inbox, kind):
    await send(server_of((await served(kind)).format("")), MAIL)
    [(is_tls, sender, to, content)] = inbox.taken
    assert (is_tls, sender, to) == (True, "bots@example.com", ["ada@example.com"])
    said = message_from_bytes(content, policy=policy.default)
    assert said["Subject"] == "A bot Bcc: eve@example.com" and said["Bcc"] is None
    assert (said["Message-ID"], said["From"]) == ("<dlv_1@example.com>", "Tickwise <bots@example.com>")
    assert said.get_content().splitlines() == ["my grid: filled x3", ".", "end"]


async def test_a_name_and_a_password_are_given_inside_tls_only(served, inbox):
    address = await served("starttls", authenticator=is_ours, auth_required=True)
    await send(server_of(address.format("bots:a%20pass%20phrase@")), MAIL)
    assert len(inbox.taken) == 1
    with pytest.raises(OSError):  # SMTPAuthenticationError is one
        await send(server_of(address.format("bots:wrong@")), MAIL)
    assert len(inbox.taken) == 1


async def test_a_server_without_tls_is_written_to_on_this_machine_only(served, inbox):
    await send(server_of((await served("plain")).format("")), MAIL)
    assert [is_tls for is_tls, *_ in inbox.taken] == [False]
    assert not server_of("smtp://mail.example.com?from=a@b.com").is_local


async def test_a_certificate_nobody_vouches_for_ends_the_attempt(served, inbox):
    with pytest.raises(ssl.SSLCertVerificationError):
        await send(server_of((await served("smtps")).format("").partition("&ca=")[0]), MAIL)
    assert inbox.taken == []


async def test_a_refusal_for_ever_and_one_for_now_are_told_apart(served, inbox):
    server = server_of((await served("smtps")).format(""))
    inbox.answer = "550 no such user"
    with pytest.raises(Refused, match="550"):
        await send(server, MAIL)
    inbox.answer = "451 try later"
    with pytest.raises(OSError):
        await send(server, MAIL)


def test_the_server_is_one_connection_string():
    said = server_of("smtps://us%40er:p%3Aw@mail.example.com?from=Bots <bots@example.com>")
    assert said == Server("mail.example.com", 465, True, "us@er", "p:w", "Bots <bots@example.com>", None)
    assert server_of("smtp://mail.example.com?from=b@e.com").port == 587


@pytest.mark.parametrize(
    "text",
    [
        "",
        "http://mail.example.com?from=a@b.com",
        "smtp://?from=a@b.com",
        "smtp://mail.example.com",
        "smtp://h:x?from=a@b.com",
        "smtp://h?from=nobody",
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused(text):
    with pytest.raises(BadServer):
        server_of(text)


def test_a_long_subject_is_cut():
    server = server_of("smtps://mail.example.com?from=b@e.com")
    assert len(message_of(server, MAIL._replace(subject="x" * 500))["Subject"]) == 120
