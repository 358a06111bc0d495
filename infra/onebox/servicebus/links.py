"""The links of a connection: a client's sender, a client's receiver, and the request ends of `$cbs` and `$management`."""

import struct
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from .broker import Broker
from .codec import Described, Symbol, UInt, ULong
from .errors import Refused
from .frames import ACCEPTED, BATCH_FORMAT, DISPOSITION, FLOW, MODIFIED, REJECTED, RELEASED, SOURCE, TRANSFER, error, frame
from .message import batched, outgoing, render
from .queue import Queue

CREDIT = 1_000
WINDOW = 65_536
SESSION_FILTER = Symbol("com.microsoft:session-filter")
LOCKED_UNTIL = Symbol("com.microsoft:locked-until-utc")
TICKS_1970 = 621_355_968_000_000_000  # .NET counts 100 ns from year 1


@dataclass(slots=True)
class Channel:
    """An AMQP session (not a Service Bus one): the numbering of transfers in both directions."""

    number: int
    next_in: int
    window: int
    next_out: int = 0
    links: dict[int, "Link"] = field(default_factory=dict)
    deliveries: dict[int, "tuple[Receiver, uuid.UUID]"] = field(default_factory=dict)


class Peer(Protocol):
    """What a link needs of the connection it is on."""

    broker: Broker
    peer_frame: int  # the largest frame the client takes

    def write(self, data: bytes) -> None: ...
    def after_commit(self, do: Callable[[], Any]) -> None: ...
    def detach(self, link: "Link", refused: Refused) -> None: ...


class Link:
    """What all links share."""

    def __init__(self, connection: Peer, channel: Channel, name: str, handle: int, address: str) -> None:
        self.connection, self.channel, self.name, self.handle, self.address = connection, channel, name, handle, address
        self.count = 0

    def closed(self) -> None:
        """The link is gone."""

    def send_flow(self, credit: int, drain: bool = False) -> None:
        """Tells the peer our windows and this link's credit."""
        chan = self.channel
        state = [UInt(chan.next_in), UInt(WINDOW), UInt(chan.next_out), UInt(WINDOW), UInt(self.handle), UInt(self.count), UInt(credit)]
        self.connection.write(frame(FLOW, [*state, None, drain], chan.number))


class Incoming(Link):
    """The client sends to us; `deliver` gets whole transfers: (payload, message format, acknowledge)."""

    def __init__(self, *args: Any, deliver: Callable[["Incoming", bytes, int], None]) -> None:
        super().__init__(*args)
        self._deliver, self._buffer = deliver, bytearray()
        self._first: tuple[int, int, bool] = (0, 0, False)

    def transfer(self, got: Any) -> None:
        """One transfer frame."""
        if not self._buffer:
            self._first = (int(got[1] or 0), int(got[3] or 0), bool(got[4]))
        self._buffer += got.payload
        if got[5]:
            return
        payload, self._buffer = bytes(self._buffer), bytearray()
        self.count += 1
        delivery, form, settled = self._first
        try:
            self._deliver(self, payload, form)
            state = Described(ULong(ACCEPTED), [])
        except Refused as refused:
            state = Described(ULong(REJECTED), [error(refused.condition, str(refused))])
        if not settled:
            answer = frame(DISPOSITION, [True, UInt(delivery), None, True, state], self.channel.number)
            self.connection.after_commit(lambda: self.connection.write(answer))
        if self.count % (CREDIT // 2) == 0:
            self.send_flow(CREDIT)


def store(queue: Queue) -> Callable[[Incoming, bytes, int], None]:
    """A sender link's `deliver`: into the queue, a batch as one."""

    def deliver(link: Incoming, payload: bytes, form: int) -> None:
        link.connection.broker.advance()
        queue.send(*(batched(payload) if form == BATCH_FORMAT else [outgoing(payload)]))

    return deliver


class Outgoing(Link):
    """We send to the client: credit, windows, splitting into frames."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.credit = 0

    def flow(self, got: Any) -> None:
        """The client grants credit, or asks us to use it up (drain)."""
        self.credit = int(got[5] or 0) + int(got[6] or 0) - self.count
        self.pump()
        if got[8]:
            self.count += self.credit
            self.credit = 0
            self.send_flow(0, drain=True)

    def pump(self) -> None:
        """Sends what there is; nothing here."""

    def send(self, payload: bytes, tag: bytes, settled: bool) -> int:
        """One delivery in as many frames as the peer's size asks for; its number."""
        delivery = self.channel.next_out
        room = self.connection.peer_frame - 512
        pieces = [payload[at : at + room] for at in range(0, len(payload), room)] or [b""]
        for position, piece in enumerate(pieces):
            more = position < len(pieces) - 1
            fields = [UInt(self.handle), UInt(delivery), tag, UInt(0), settled, more]
            self.connection.write(frame(TRANSFER, fields, self.channel.number, piece))
            self.channel.next_out += 1
            self.channel.window -= 1
        self.count += 1
        self.credit -= 1
        return delivery


class Receiver(Outgoing):
    """A client's receiver on a queue, or on one session of it."""

    def __init__(self, *args: Any, queue: Queue, deletes: bool, session_id: str | None) -> None:
        super().__init__(*args)
        self.queue, self.deletes, self.session_id = queue, deletes, session_id

    def pump(self) -> None:
        """Delivers while there is credit, window and a message."""
        self.connection.broker.advance()
        while self.credit > 0 and self.channel.window > 0:
            try:
                pick = self.queue.take if self.deletes else self.queue.receive
                found = pick(self, 1, self.session_id)
            except Refused as refused:
                self.connection.detach(self, refused)
                return
            if not found:
                return
            message = found[0]
            if self.deletes:
                self.send(render(message), self.channel.next_out.to_bytes(16, "big"), True)
            elif message.lock is not None:
                token = message.lock
                self.channel.deliveries[self.send(render(message), token.bytes_le, False)] = (self, token)

    def settle(self, token: uuid.UUID, state: Any) -> Described:
        """Does what the client decided; the outcome to answer with."""
        code, fields = (int(state.code), state.value) if isinstance(state, Described) else (ACCEPTED, [])
        try:
            if code == ACCEPTED:
                self.queue.complete(token)
            elif code == REJECTED:
                info = (fields[0].value[2] if fields and fields[0] and len(fields[0].value) > 2 else None) or {}
                self.queue.dead_letter(token, info.get("DeadLetterReason"), info.get("DeadLetterErrorDescription"))
            elif code == MODIFIED and len(fields) > 1 and fields[1]:
                self.queue.defer(token)
            elif code == MODIFIED:
                self.queue.abandon(token)
            elif code == RELEASED:  # never looked at: AMQP does not count it
                self.queue.release_message(token)
        except Refused as refused:
            return Described(ULong(REJECTED), [error(refused.condition, str(refused))])
        # The SDK takes any other outcome than its own for a refusal. A reason echoed back would look like an error.
        return Described(ULong(code), [] if code == REJECTED else fields)

    def closed(self) -> None:
        """A session goes back at once; plain messages stay locked until their lock expires, as in Azure."""
        deliveries = self.channel.deliveries
        for number in [number for number, (link, _) in deliveries.items() if link is self]:
            del deliveries[number]
        if self.session_id is not None:
            self.queue.release(self.session_id, self)


def source_of(address: str, session_id: str | None) -> Described:
    """The source an attach answers with; it names the session that was given."""
    fields: list[Any] = [address]
    if session_id is not None:
        fields += [None, None, None, None, None, None, {SESSION_FILTER: session_id}]
    return Described(ULong(SOURCE), fields)


def reply_tag(number: int) -> bytes:
    """A delivery tag for answers nobody settles."""
    return struct.pack(">I", number)
