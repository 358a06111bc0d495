"""Frames between the host and a worker, whatever pieces they arrive in."""

import asyncio
import socket

from infra.onebox.worker.frames import Frames, connect


class Sent:
    """A transport that keeps what was written."""

    def __init__(self):
        self.text, self.closing = b"", False

    def write(self, text):
        self.text += text

    def is_closing(self):
        return self.closing


def written(*frames):
    transport, end = Sent(), Frames(lambda said: None, lambda: None)
    end.connection_made(transport)
    for said in frames:
        end.send(*said)
    return transport.text


def test_frames_arrive_whole_and_in_order_in_whatever_pieces():
    frames = [("invoke", 1, "x" * 3_000), ("cancel", 1), ("stop",)]
    text = written(*frames)
    for size in (1, 3, 7, 1_000, len(text)):
        heard = []
        end = Frames(heard.append, lambda: None)
        for start in range(0, len(text), size):
            end.data_received(text[start : start + size])
        assert heard == frames


def test_to_nobody_nothing_is_said():
    transport, end = Sent(), Frames(lambda said: None, lambda: None)
    end.send("stop")
    end.connection_made(transport)
    transport.closing = True
    end.send("stop")
    assert transport.text == b""


async def test_both_ends_hear_each_other_and_that_one_is_gone():
    here, there = socket.socketpair()
    heard, gone = asyncio.Queue(), asyncio.Event()
    ours = await connect(here, heard.put_nowait, lambda: None)
    theirs = await connect(there, heard.put_nowait, gone.set)
    ours.send("invoke", 1)
    assert await asyncio.wait_for(heard.get(), 5) == ("invoke", 1)
    theirs.send("done", 1, {"a": [1]})
    assert await asyncio.wait_for(heard.get(), 5) == ("done", 1, {"a": [1]})
    ours.close()
    await asyncio.wait_for(gone.wait(), 5)
    theirs.close()
    await asyncio.sleep(0)
