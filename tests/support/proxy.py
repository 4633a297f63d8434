# SPDX-License-Identifier: Apache-2.0
# Proxies between client and server that cut, stall, delay, swallow and hold back.
"""TcpProxy forwards bytes as they are (under TLS: ciphertext). TlsProxy ends the client's TLS and
speaks TLS to the server, so that faults can be placed by plain text bytes, commands and replies.

Each connection is a Link with one Fault, chosen by its number (0, 1, ...): `faults` is a list (later
connections get none) or a function of the number. One thread a link.
"""

import collections
import contextlib
import re
import select
import socket
import ssl
import threading
import time

from .imap_stream import LITERAL, CommandReader

BUFFER_LIMIT = 4 << 20


class _Side:
    """One of a link's two connections, with what waits to be written to it."""

    def __init__(self, connection):
        self.socket = connection
        self.out = bytearray()
        self.ended = False  # it sends nothing more
        self.gone = False   # closed by us or by it
        self.told = False   # the fault knows that it has ended
        self.received = 0

    def pending(self):
        return isinstance(self.socket, ssl.SSLSocket) and not self.gone and self.socket.pending()

    def read(self):
        """Bytes, b"" at the end, None when there is nothing yet."""
        try:
            return self.socket.recv(65536)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError):
            return None
        except OSError:
            return b""

    def write(self):
        try:
            sent = self.socket.send(memoryview(self.out)[:65536].tobytes())
            del self.out[:sent]
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError):
            pass
        except OSError:
            self.close()

    def flush(self, seconds=5):
        """Writes what waits, patiently."""
        deadline = time.monotonic() + seconds
        while self.out and not self.gone and time.monotonic() < deadline:
            select.select([], [self.socket], [], 0.05)
            self.write()

    def close(self):
        if not self.gone:
            self.gone = self.ended = True
            self.out.clear()
            self.socket.close()

    def end_and_drain(self, seconds=5):
        """Says that nothing more comes, and reads until the peer has ended too: a plain close
        with unread replies would reset the connection and might undo what was sent."""
        self.flush()
        if self.gone:
            return
        raw = self.socket
        try:
            # The TLS layer is not asked: a cut connection says no goodbye.
            raw = socket.socket(fileno=self.socket.detach())
            raw.shutdown(socket.SHUT_WR)
            raw.settimeout(seconds)
            while raw.recv(65536):
                pass
        except OSError:
            pass
        raw.close()
        self.gone = self.ended = True
        self.out.clear()


class Link:
    """One connection through a proxy. `commands` (TlsProxy only) is what the client said."""

    def __init__(self, number, fault, client, server, reader, rewrite):
        self.number = number
        self.fault = fault
        self.client = _Side(client)
        self.server = _Side(server)
        self.reader = reader
        self.rewrite = rewrite
        self.done = False
        self.was_cut = False

    @property
    def commands(self):
        return self.reader.commands if self.reader else []

    # For faults

    def to_server(self, data):
        if not self.server.gone:
            self.server.out += data

    def to_client(self, data):
        if not self.client.gone:
            self.client.out += data

    def cut(self):
        """Ends both connections; what was given to the server before still reaches it."""
        self.was_cut = True
        self.server.flush()
        self.client.flush()
        self.client.close()
        self.server.end_and_drain()
        self.done = True

    def cut_client(self):
        """Ends the client's connection only; the link lives on until its fault ends it."""
        self.was_cut = True
        self.client.flush()
        self.client.close()

    # The pump

    def run(self):
        for side in (self.client, self.server):
            side.socket.setblocking(False)
        self.fault.start(self)
        while not self.done:
            self._round()
        self.client.flush(1)
        self.client.close()
        if not self.server.gone:
            self.server.end_and_drain(1)

    def _round(self):
        # A side may be found gone while it is written to.
        for side in (self.client, self.server):
            if side.gone and not self.done:
                self._ended(side)
        if self.done:
            return
        pairs = ((self.client, self.server), (self.server, self.client))
        reading = [side for side, other in pairs
                   if not side.ended and len(other.out) < BUFFER_LIMIT]
        writing = [side for side, _ in pairs if side.out and not side.gone]
        ready = [side for side in reading if side.pending()]
        if not reading and not writing and not self.fault.busy(self):
            self.done = True
            return
        readable, writable, _ = select.select(
            [side.socket for side in reading], [side.socket for side in writing], [],
            0 if ready else self.fault.TICK)
        for side in writing:
            if side.socket in writable:
                side.write()
        for side in reading:
            if not self.done and not side.gone and (side in ready or side.socket in readable):
                self._received(side, side.read())
        if not self.done:
            self.fault.tick(self)

    def _received(self, side, data):
        if data is None:
            return
        side.received += len(data)
        from_client = side is self.client
        if data:
            if from_client:
                completed = self.reader.feed(data) if self.reader else []
                self.fault.client_bytes(self, data)
                for command in completed:
                    if not self.done:
                        self.fault.client_command(self, command)
            else:
                self.fault.server_bytes(self, self.rewrite(data) if self.rewrite else data)
            return
        side.ended = True
        side.close()
        self._ended(side)

    def _ended(self, side):
        if side.told:
            return
        side.told = True
        if side is self.client:
            self.fault.client_ended(self)
        else:
            self.fault.server_ended(self)


class Fault:
    """No fault at all: the base of the others."""

    TICK = 0.2

    def start(self, link):
        pass

    def client_bytes(self, link, data):
        link.to_server(data)

    def client_command(self, link, command):
        """After the bytes of `command` went through client_bytes (TlsProxy only)."""

    def server_bytes(self, link, data):
        link.to_client(data)

    def client_ended(self, link):
        link.server.flush()
        link.done = True

    def server_ended(self, link):
        link.client.flush()
        link.done = True

    def tick(self, link):
        pass

    def busy(self, link):
        """Whether the link must live on although nothing can be read or written."""
        return False


class CutAfterClient(Fault):
    """Passes exactly `count` bytes of the client's stream on, then cuts both ways."""

    def __init__(self, count):
        self.left = count

    def start(self, link):
        if self.left == 0:
            link.cut()

    def client_bytes(self, link, data):
        link.to_server(data[:self.left])
        self.left -= min(self.left, len(data))
        if self.left == 0:
            link.cut()


class CutAfterServer(Fault):
    """Passes exactly `count` bytes of the server's stream on, then cuts both ways."""

    def __init__(self, count):
        self.left = count

    def start(self, link):
        if self.left == 0:
            link.cut()

    def server_bytes(self, link, data):
        link.to_client(data[:self.left])
        self.left -= min(self.left, len(data))
        if self.left == 0:
            link.cut()


class SwallowReplies(Fault):
    """From the client's `count`th byte on the client hears nothing more; its own bytes still
    reach the server. Cut when the client has been silent for `patience` seconds."""

    TICK = 0.02

    def __init__(self, count, patience=0.4):
        self.count = count
        self.patience = patience
        self.last = None

    def client_bytes(self, link, data):
        link.to_server(data)
        if link.client.received >= self.count:
            self.last = time.monotonic()

    def server_bytes(self, link, data):
        if self.last is None:
            link.to_client(data)

    def tick(self, link):
        if self.last is not None and time.monotonic() - self.last > self.patience:
            link.cut()


class LoseAnswer(Fault):
    """TlsProxy: the tagged reply to the `nth` command called `name` is dropped when the server
    gives it, and both connections are cut."""

    def __init__(self, name="APPEND", nth=1):
        self.name = name
        self.nth = nth
        self.tag = None
        self.lines = ServerLines(self._line)

    def client_command(self, link, command):
        if command.name == self.name:
            self.nth -= 1
            if self.nth == 0:
                self.tag = command.tag.encode()

    def server_bytes(self, link, data):
        kept = self.lines.feed(data)
        link.to_client(kept)
        if self.lines.stopped:
            link.cut()

    def _line(self, line):
        if self.tag is not None and line.startswith(self.tag + b" "):
            return None
        return line


class HoldBack(Fault):
    """TlsProxy: the late commit, on purpose. Everything of the `nth` APPEND but its last line end
    goes to the server; the client is cut (unless cut=False: then it may be killed), and the line
    end follows `seconds` after the client has gone."""

    TICK = 0.02

    def __init__(self, seconds, nth=1, cut=True):
        self.seconds = seconds
        self.nth = nth
        self.cut = cut
        self.held = None
        self.gone_at = None
        self.delivered_at = None
        self.answered = threading.Event()

    def client_bytes(self, link, data):
        if self.held is not None:
            return  # what follows the held command dies with the client
        # A line end may be the last byte of the command, so it waits for client_command.
        offset = link.reader.offset - len(data)
        ends = [command for command in link.reader.commands
                if command.name == "APPEND" and command.end > offset]
        for command in ends:
            self.nth -= 1
            if self.nth == 0:
                stop = command.end - offset
                length = 2 if stop >= 2 else stop
                link.to_server(data[:stop - length])
                link.server.flush()
                self.held = data[stop - length:stop]
                if self.cut:
                    link.cut_client()
                    self.gone_at = time.monotonic()
                return
        link.to_server(data)

    def client_ended(self, link):
        if self.held is None:
            link.done = True
        elif self.gone_at is None:
            self.gone_at = time.monotonic()

    def server_bytes(self, link, data):
        if self.held is None:
            link.to_client(data)
        elif self.delivered_at is not None:
            self.answered.set()
            link.cut()

    def tick(self, link):
        now = time.monotonic()
        if self.gone_at and not self.delivered_at and now - self.gone_at >= self.seconds:
            link.to_server(self.held)
            self.delivered_at = now
        if self.delivered_at and now - self.delivered_at > 20:
            link.cut()

    def busy(self, link):
        return self.held is not None


class Stall(Fault):
    """Forwards nothing more in either direction once the client has sent `count` bytes, but keeps
    both connections open until `release` is called."""

    TICK = 0.05

    def __init__(self, count):
        self.left = count
        self.stalled = threading.Event()
        self.released = threading.Event()
        self._kept_client = bytearray()
        self._kept_server = bytearray()

    def release(self):
        self.released.set()

    def client_bytes(self, link, data):
        if self.released.is_set() and not self._kept_client:
            link.to_server(data)
            return
        link.to_server(data[:self.left])
        self._kept_client += data[self.left:]
        self.left -= min(self.left, len(data))
        if self.left == 0:
            self.stalled.set()

    def server_bytes(self, link, data):
        if self.stalled.is_set() and not self.released.is_set():
            self._kept_server += data
        else:
            link.to_client(data)

    def tick(self, link):
        if self.released.is_set():
            link.to_server(bytes(self._kept_client))
            link.to_client(bytes(self._kept_server))
            self._kept_client.clear()
            self._kept_server.clear()


class Delay(Fault):
    """Every byte takes `seconds` longer, each way; order and rate stay."""

    TICK = 0.002

    def __init__(self, seconds):
        self.seconds = seconds
        self._waiting = collections.deque()

    def client_bytes(self, link, data):
        self._waiting.append((time.monotonic() + self.seconds, link.to_server, data))

    def server_bytes(self, link, data):
        self._waiting.append((time.monotonic() + self.seconds, link.to_client, data))

    def tick(self, link):
        while self._waiting and self._waiting[0][0] <= time.monotonic():
            _, deliver, data = self._waiting.popleft()
            deliver(data)

    def _deliver_all(self, link):
        while self._waiting:
            time.sleep(max(0.0, self._waiting[0][0] - time.monotonic()))
            self.tick(link)

    def client_ended(self, link):
        self._deliver_all(link)
        super().client_ended(link)

    def server_ended(self, link):
        self._deliver_all(link)
        super().server_ended(link)


class ServerLines:
    """Gives a server's lines to `change` (returns the line to pass on, or None to stop the
    stream there) and lets literals through untouched."""

    def __init__(self, change):
        self.change = change
        self.stopped = False
        self._line = bytearray()
        self._literal = 0

    def feed(self, data: bytes) -> bytes:
        """What to pass on now; a line is passed on when it is whole."""
        out = bytearray()
        while data and not self.stopped:
            if self._literal:
                out += data[:self._literal]
                taken = min(self._literal, len(data))
                self._literal -= taken
                data = data[taken:]
                continue
            line, newline, data = data.partition(b"\n")
            self._line += line + newline
            if newline:
                whole = bytes(self._line)
                self._line.clear()
                announced = LITERAL.search(whole.rstrip(b"\r\n"))
                self._literal = int(announced[1]) if announced else 0
                changed = self.change(whole)
                if changed is None:
                    self.stopped = True
                else:
                    out += changed
        return bytes(out)


def without_capabilities(*names):
    """A rewrite for TlsProxy: hides capabilities wherever the server lists them."""
    hidden = {name.upper().encode() for name in names}

    def change(line):
        found = re.search(rb"CAPABILITY ([^\]\r\n]*)", line)
        if not found:
            return line
        words = b" ".join(word for word in found[1].split() if word.upper() not in hidden)
        return line[:found.start(1)] + words + line[found.end(1):]
    return change


def without_append_uid(line):
    """A rewrite for TlsProxy: a server that never says APPENDUID."""
    return re.sub(rb"\[APPENDUID [^\]]*\] ?", b"", line)


class TcpProxy:
    """Listens on a free loopback port and forwards to `target_port` of 127.0.0.1."""

    def __init__(self, target_port, faults=()):
        self.target_port = target_port
        self.faults = faults
        self.links = []
        self._threads = []
        self._listener = None

    def __enter__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # or the thread would accept for ever
        self._listener.close()
        for link in self.links:
            link.done = True
        self.wait()

    def wait(self, seconds=30):
        """Until every link so far has ended, late deliveries included."""
        for thread in list(self._threads):
            thread.join(seconds)

    def _accept(self):
        number = 0
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            thread = threading.Thread(target=self._serve, args=(number, connection), daemon=True)
            self._threads.append(thread)
            thread.start()
            number += 1

    def _fault(self, number):
        if callable(self.faults):
            return self.faults(number) or Fault()
        return self.faults[number] if number < len(self.faults) else Fault()

    def _serve(self, number, connection):
        try:
            link = self._link(number, connection)
        except OSError:
            connection.close()
            return
        self.links.append(link)
        link.run()

    def _connect(self):
        server = socket.create_connection(("127.0.0.1", self.target_port), 10)
        server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return server

    def _link(self, number, connection):
        return Link(number, self._fault(number), connection, self._connect(), None, None)


class TlsProxy(TcpProxy):
    """The same between two TLS connections: `server` is a Dovecot (or anything with tls_port,
    ca_file and pair). `rewrite` changes every line of the server."""

    def __init__(self, server, faults=(), rewrite=None):
        super().__init__(server.tls_port, faults)
        self._towards_client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._towards_client.load_cert_chain(server.pair.certificate, server.pair.key)
        self._towards_server = ssl.create_default_context(cafile=str(server.ca_file))
        self._rewrite = rewrite

    @property
    def commands(self):
        """What all clients said, in the order of their connections."""
        return [command for link in sorted(self.links, key=lambda link: link.number)
                for command in link.commands]

    def _link(self, number, connection):
        connection.settimeout(20)
        client = self._towards_client.wrap_socket(connection, server_side=True)
        server = self._towards_server.wrap_socket(self._connect(), server_hostname="localhost")
        rewrite = ServerLines(self._rewrite).feed if self._rewrite else None
        return Link(number, self._fault(number), client, server, CommandReader(), rewrite)
