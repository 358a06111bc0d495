"""One client connection: SASL, open, sessions, links; frames in, queue calls, frames out.

Rules:
1. Nothing that changes the queue is acknowledged before it is on the disk (`after_commit`).
2. Without a token for an entity no link to it is made.
3. A peer that sends nonsense is disconnected, and nobody else notices.
"""

import asyncio
import hmac
import logging
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, cast

from . import frames as amqp
from .broker import Broker
from .codec import Array, Described, Malformed, Symbol, UByte, UInt, ULong, UShort
from .commit import Committer
from .errors import Refused, Unauthorized
from .frames import Cutter, Frame, error, frame
from .links import (
    CREDIT,
    LOCKED_UNTIL,
    SESSION_FILTER,
    TICKS_1970,
    WINDOW,
    Channel,
    Incoming,
    Link,
    Outgoing,
    Receiver,
    reply_tag,
    source_of,
    store,
)
from .management import manage, put_token
from .queue import MAX_MESSAGE_BYTES, Queue
from .tokens import KEY_NAME, covers, path_of

log = logging.getLogger("onebox.servicebus")
TIMEOUT = Symbol("com.microsoft:timeout")
DEFAULT_ACCEPT_S = 60.0
_NEED_A_CHANNEL = {amqp.ATTACH, amqp.FLOW, amqp.TRANSFER, amqp.DISPOSITION, amqp.DETACH}


class NoSession(Refused):
    """No session became free in the time the client gave."""

    condition = "com.microsoft:timeout"


class Connection(asyncio.Protocol):
    """The server side of one TCP connection."""

    def __init__(self, broker: Broker, committer: Committer, key: str, all_connections: "set[Connection]") -> None:
        self.broker, self.key, self.peer_frame = broker, key, 512
        self._committer, self._all = committer, all_connections
        self._transport: asyncio.Transport | None = None
        self._cutter = Cutter()
        self._channels: dict[int, Channel] = {}
        self._granted: dict[str, float] = {}
        self._waiting: dict[Receiver, asyncio.TimerHandle] = {}
        self._attach_of: dict[Receiver, Frame] = {}
        self._beat: asyncio.TimerHandle | None = None

    # -- transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected."""
        self._transport = cast(asyncio.Transport, transport)
        self._all.add(self)

    def data_received(self, data: bytes) -> None:
        """Bytes from the client."""
        try:
            for item in self._cutter.feed(data):
                if isinstance(item, bytes):
                    self._header(item)
                elif item.code in _NEED_A_CHANNEL and item.channel not in self._channels:
                    continue  # frames cross: the client may still write to a session it has just ended
                else:
                    self._on[item.code](self, item)
        except (Malformed, KeyError, TypeError, ValueError, AttributeError, IndexError) as wrong:
            log.warning("a Service Bus client is disconnected: %r", wrong)
            self.write(frame(amqp.CLOSE, [error("amqp:decode-error", str(wrong))]))
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone: its sessions are free again."""
        self._all.discard(self)
        if self._beat is not None:
            self._beat.cancel()
        for timer in self._waiting.values():
            timer.cancel()
        self._waiting.clear()
        for link in list(self.links()):
            link.closed()
        self._channels.clear()

    def write(self, data: bytes) -> None:
        """To the client, if it is still there."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def close(self) -> None:
        """Hangs up."""
        if self._transport is not None:
            self._transport.close()

    def after_commit(self, do: Callable[[], Any]) -> None:
        """As soon as everything so far is durable."""
        self._committer.after(do)

    def links(self) -> Iterator[Link]:
        """Every open link."""
        return (link for channel in self._channels.values() for link in channel.links.values())

    # -- opening

    def _header(self, header: bytes) -> None:
        if header not in (amqp.SASL_HEADER, amqp.AMQP_HEADER):
            raise Malformed("not AMQP 1.0")
        self.write(header)
        if header == amqp.SASL_HEADER:
            mechanisms = Array([Symbol("MSSBCBS"), Symbol("ANONYMOUS"), Symbol("PLAIN")])
            self.write(frame(amqp.MECHANISMS, [mechanisms], kind=1))

    def _init(self, got: Frame) -> None:
        ok = True
        if got[0] == "PLAIN":
            _, name, secret = (bytes(got[1] or b"").split(b"\0") + [b"", b"", b""])[:3]
            ok = name == KEY_NAME.encode() and hmac.compare_digest(secret, self.key.encode())
            if ok:
                self.grant("", float("inf"))
        self.write(frame(amqp.OUTCOME, [UByte(0 if ok else 1)], kind=1))

    def grant(self, entity: str, until_s: float) -> None:
        """A checked token: links to this entity may be made."""
        self._granted[entity] = until_s

    def _open(self, got: Frame) -> None:
        self.peer_frame = max(512, min(int(got[2] or amqp.MAX_FRAME), amqp.MAX_FRAME))
        self.write(frame(amqp.OPEN, ["onebox", None, UInt(amqp.MAX_FRAME), UShort(255), None]))
        if idle := int(got[4] or 0):
            self._keep_alive(idle / 2_000)

    def _keep_alive(self, period_s: float) -> None:
        self.write(amqp.EMPTY)
        self._beat = asyncio.get_running_loop().call_later(period_s, self._keep_alive, period_s)

    def _begin(self, got: Frame) -> None:
        self._channels[got.channel] = Channel(got.channel, next_in=int(got[1] or 0), window=int(got[2] or WINDOW))
        self.write(frame(amqp.BEGIN, [UShort(got.channel), UInt(0), UInt(WINDOW), UInt(WINDOW), UInt(255)], got.channel))

    # -- links

    def _attach(self, got: Frame) -> None:
        channel, receives = self._channels[got.channel], bool(got[2])
        terminus = got[5] if receives else got[6]
        address = str(terminus.value[0]) if terminus is not None else ""
        common = (self, channel, str(got[0]), int(got[1]), address)
        try:
            link = self._receiving(common, got) if receives else self._sending(common)
        except Refused as refused:
            self._refuse(channel, got, refused)
            return
        channel.links[link.handle] = link
        if link not in self._waiting:
            self._attached(link, got)

    def _queue(self, address: str) -> Queue:
        entity = path_of(address).removesuffix("/$management")
        if not any(covers(granted, entity) and until > time.time() for granted, until in self._granted.items()):
            raise Unauthorized(f"Unauthorized access. 'Listen' or 'Send' claim(s) are required to perform this operation on '{entity}'.")
        return self.broker.queue(entity)

    def _sending(self, common: tuple[Any, ...]) -> Link:
        path = path_of(common[4])
        if path == "$cbs":
            return Incoming(*common, deliver=lambda link, payload, form: self._answer(link, *put_token(self, payload)))
        queue = self._queue(common[4])
        if path.endswith("/$management"):
            return Incoming(*common, deliver=lambda link, payload, form: self._answer(link, *manage(self, queue, payload)))
        if queue.dead_letter_queue is None:
            raise Refused("messages cannot be sent to a dead-letter queue")
        return Incoming(*common, deliver=store(queue))

    def _receiving(self, common: tuple[Any, ...], got: Frame) -> Link:
        path = path_of(common[4])
        if path == "$cbs":
            return Outgoing(*common)
        queue = self._queue(common[4])
        if path.endswith("/$management"):
            return Outgoing(*common)
        filters = (got[5].value[7] if len(got[5].value) > 7 else None) or {}
        if queue.settings.requires_session and SESSION_FILTER not in filters:
            raise Refused("It is not possible for an entity that requires sessions to create a non-sessionful message receiver.")
        if not queue.settings.requires_session:
            return Receiver(*common, queue=queue, deletes=got[3] == 1, session_id=None)
        return self._session_receiver(common, got, queue, filters[SESSION_FILTER])

    def _session_receiver(self, common: tuple[Any, ...], got: Frame, queue: Queue, wanted: Any) -> Receiver:
        name = wanted.value if isinstance(wanted, Described) else wanted
        link = Receiver(*common, queue=queue, deletes=got[3] == 1, session_id=None)
        session = queue.accept(link, name)
        if session is not None:
            link.session_id = session.id
        else:
            asked = (got[13] or {}).get(TIMEOUT)
            seconds = asked / 1_000 if asked is not None else DEFAULT_ACCEPT_S
            self._attach_of[link] = got
            self._waiting[link] = asyncio.get_running_loop().call_later(seconds, self._no_session, link)
        return link

    def _no_session(self, link: Receiver) -> None:
        self._waiting.pop(link, None)
        link.channel.links.pop(link.handle, None)
        got = self._attach_of.pop(link)
        self._refuse(link.channel, got, NoSession("No session became available in the time given."))

    def _attached(self, link: Link, got: Frame) -> None:
        props = None
        source, target = got[5], got[6]
        if isinstance(link, Receiver):
            source = source_of(link.address, link.session_id)
            if link.session_id is not None:
                until = link.queue.held(link.session_id, link).until_ms
                props = {LOCKED_UNTIL: until * 10_000 + TICKS_1970}
        elif isinstance(link, Incoming):
            target = Described(ULong(amqp.TARGET), [link.address])
        modes = [UByte(got[3] or 0), UByte(got[4] or 0)]
        tail = [UInt(0) if got[2] else None, ULong(MAX_MESSAGE_BYTES), None, None, props]
        fields = [link.name, UInt(link.handle), not got[2], *modes, source, target, None, None, *tail]
        self.write(frame(amqp.ATTACH, fields, link.channel.number))
        if isinstance(link, Incoming):
            link.send_flow(CREDIT)

    def _refuse(self, channel: Channel, got: Frame, refused: Refused) -> None:
        answer = [got[0], UInt(got[1]), not got[2], UByte(0), UByte(0), None, None, None, None, UInt(0)]
        self.write(frame(amqp.ATTACH, answer, channel.number))
        self.write(frame(amqp.DETACH, [UInt(got[1]), True, error(refused.condition, str(refused))], channel.number))

    def woken(self, queue: Queue) -> None:
        """The queue has something: give it to those who wait."""
        for link in list(self.links()):
            if isinstance(link, Receiver) and link.queue is queue:
                if link in self._waiting:
                    self._try_accept(link)
                elif link.credit > 0:
                    link.pump()

    def _try_accept(self, link: Receiver) -> None:
        session = link.queue.accept(link)
        if session is not None:
            link.session_id = session.id
            self._waiting.pop(link).cancel()
            self._attached(link, self._attach_of.pop(link))

    def detach(self, link: Link, refused: Refused) -> None:
        """Ends a link from our side."""
        link.channel.links.pop(link.handle, None)
        link.closed()
        self.write(frame(amqp.DETACH, [UInt(link.handle), True, error(refused.condition, str(refused))], link.channel.number))

    # -- traffic

    def _flow(self, got: Frame) -> None:
        channel = self._channels[got.channel]
        if got[0] is not None:
            channel.window = int(got[0]) + int(got[1]) - channel.next_out
        link = channel.links.get(int(got[4])) if got[4] is not None else None
        if isinstance(link, Outgoing):
            link.flow(got)
        elif got[4] is None:
            for other in list(channel.links.values()):
                if isinstance(other, Receiver) and other.credit > 0:
                    other.pump()

    def _transfer(self, got: Frame) -> None:
        channel = self._channels[got.channel]
        channel.next_in += 1
        link = channel.links.get(int(got[0]))
        if isinstance(link, Incoming):
            link.transfer(got)

    def _disposition(self, got: Frame) -> None:
        if not got[0]:
            return
        channel, first = self._channels[got.channel], int(got[1])
        last = int(got[2]) if got[2] is not None else first
        self.broker.advance()
        for delivery in [number for number in channel.deliveries if first <= number <= last]:
            link, token = channel.deliveries.pop(delivery)
            outcome = link.settle(token, got[4])
            if not got[3]:
                answer = frame(amqp.DISPOSITION, [False, UInt(delivery), None, True, outcome], channel.number)
                self.after_commit(partial(self.write, answer))

    def _detach(self, got: Frame) -> None:
        link = self._channels[got.channel].links.pop(int(got[0]), None)
        if link is not None:
            if isinstance(link, Receiver) and link in self._waiting:
                self._waiting.pop(link).cancel()
                self._attach_of.pop(link)
            link.closed()
            self.write(frame(amqp.DETACH, [UInt(got[0]), True], got.channel))

    def _end(self, got: Frame) -> None:
        channel = self._channels.pop(got.channel, None)
        for link in channel.links.values() if channel is not None else ():
            link.closed()
        self.write(frame(amqp.END, [], got.channel))

    def _close(self, got: Frame) -> None:
        self.write(frame(amqp.CLOSE, []))
        self.close()

    def _answer(self, link: Incoming, reply_to: str | None, payload: bytes) -> None:
        """Sends a response on the receiving half of a request/response pair."""
        halves = [other for other in link.channel.links.values() if isinstance(other, Outgoing) and other.address == link.address]
        if halves:
            half = halves[0]
            self.after_commit(lambda: half.send(payload, reply_tag(half.channel.next_out), True))

    _on: dict[int, Callable[["Connection", Frame], None]] = {
        amqp.INIT: _init,
        amqp.OPEN: _open,
        amqp.BEGIN: _begin,
        amqp.ATTACH: _attach,
        amqp.FLOW: _flow,
        amqp.TRANSFER: _transfer,
        amqp.DISPOSITION: _disposition,
        amqp.DETACH: _detach,
        amqp.END: _end,
        amqp.CLOSE: _close,
    }
