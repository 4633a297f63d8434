# SPDX-License-Identifier: Apache-2.0
# More faults for the proxies: corruption, goodbyes, wrong tags, one deaf direction, an event.

import threading
import time

from .proxy import Fault, ServerLines

GOODBYE = b"* BYE the server is shutting down\r\n"


class Corrupt(Fault):
    """TcpProxy: the byte at `offset` of one direction arrives with some bits turned over."""

    def __init__(self, offset, from_client):
        self.offset = offset
        self.from_client = from_client
        self.happened = False

    def client_bytes(self, link, data):
        link.to_server(self._damaged(data) if self.from_client else data)

    def server_bytes(self, link, data):
        link.to_client(data if self.from_client else self._damaged(data))

    def _damaged(self, data):
        offset, self.offset = self.offset, self.offset - len(data)
        if not 0 <= offset < len(data):
            return data
        self.happened = True
        return data[:offset] + bytes([data[offset] ^ 0x55]) + data[offset + 1:]


class ChangeLine(Fault):
    """TlsProxy: the server's `nth` line that `wanted` accepts is replaced by what `change` makes of
    it. With `ends` both connections end there."""

    def __init__(self, change, nth=1, wanted=lambda line: True, ends=False):
        self.change = change
        self.nth = nth
        self.wanted = wanted
        self.ends = ends
        self.happened = False
        self._lines = ServerLines(self._line)
        self._last = b""

    def server_bytes(self, link, data):
        link.to_client(self._lines.feed(data))
        if self._lines.stopped:
            link.to_client(self._last)
            link.cut()

    def _line(self, line):
        if self.happened or not self.wanted(line):
            return line
        self.nth -= 1
        if self.nth:
            return line
        self.happened = True
        changed = self.change(line)
        if not self.ends:
            return changed
        self._last = changed
        return None


def goodbye(nth):
    """The server says BYE in place of its `nth` line and closes."""
    return ChangeLine(lambda line: GOODBYE, nth, ends=True)


def is_tagged(line):
    return line[:1] not in (b"*", b"+") and b" " in line


class GoodbyeWhileSending(Fault):
    """TlsProxy: BYE as soon as the client has sent `count` bytes, wherever that is."""

    def __init__(self, count):
        self.left = count
        self.happened = False

    def client_bytes(self, link, data):
        link.to_server(data[:self.left])
        self.left -= min(self.left, len(data))
        if self.left == 0 and not self.happened:
            self.happened = True
            link.to_client(GOODBYE)
            link.cut()


class Deaf(Fault):
    """From the client's `count`th byte on, one direction is silent for ever: what the server says
    is dropped, or what the client says is. Neither end learns of it."""

    TICK = 0.05

    def __init__(self, count, drops_client=False):
        self.count = count
        self.drops_client = drops_client
        self.happened = False

    def start(self, link):
        self.happened = self.count == 0

    def client_bytes(self, link, data):
        if not (self.happened and self.drops_client):
            link.to_server(data)
        self.happened = self.happened or link.client.received >= self.count

    def server_bytes(self, link, data):
        if not self.happened or self.drops_client:
            link.to_client(data)


class At(Fault):
    """Does `action` once, in the link's thread, when the client has sent `count` bytes; what it
    sends meanwhile waits. `action` is given the link. Several links may share it."""

    def __init__(self, count, action):
        self.count = count
        self.action = action
        self.happened = threading.Event()
        self._once = threading.Lock()

    def client_bytes(self, link, data):
        link.to_server(data)
        if link.client.received >= self.count and self._once.acquire(blocking=False):
            link.server.flush()
            self.action(link)
            self.happened.set()


class Trickle(Fault):
    """Lets the server's bytes through in pieces of `size`, one every `seconds`."""

    def __init__(self, size, seconds):
        self.size = size
        self.TICK = seconds
        self.seconds = seconds
        self._kept = bytearray()
        self._next = 0.0

    def server_bytes(self, link, data):
        self._kept += data

    def tick(self, link):
        now = time.monotonic()
        if self._kept and now >= self._next:
            link.to_client(bytes(self._kept[:self.size]))
            del self._kept[:self.size]
            self._next = now + self.seconds

    def server_ended(self, link):
        link.to_client(bytes(self._kept))
        super().server_ended(link)
