# SPDX-License-Identifier: Apache-2.0
# A relay before a real server that makes it behave as odd services do.
"""OddRelay ends the client's TLS, carries out one command at a time on the server behind it, and
lets a session (support.odd_sessions) rewrite commands and replies. To a proxy before it,
it is a server. It says AUTH=PLAIN, no COMPRESS, and no STARTTLS.

Answers can be lost: the connection ends after an APPEND was carried out and before its reply.
"""

import contextlib
import random
import re
import socket
import ssl
import threading

from .fake_imap import _split
from .imap_stream import LITERAL

COMPRESS = re.compile(rb" COMPRESS=DEFLATE")


class Ended(Exception):
    """One of the two connections has ended, or is to end."""


def is_ok(tagged):
    return tagged.split(b" ")[1:2] == [b"OK"]


class Command:
    """parts: [(text without its literal's announcement, the literal or None)]."""

    def __init__(self, parts):
        self.parts = parts
        words = _split(parts[0][0])
        self.tag = words[0] if words else b"*"
        self.name = words[1].decode("latin-1").upper() if len(words) > 1 else ""
        if self.name == "UID" and len(words) > 2:
            self.name += " " + words[2].decode("latin-1").upper()
        self.words = words[3 if " " in self.name else 2:]

    def mailbox(self):
        """The first argument, a name."""
        return self.words[0] if self.words else self.parts[0][1] or b""

    def messages(self):
        """Of an APPEND: the indexes of the parts whose literals are messages."""
        first = 0 if self.words else 1  # a name may be a literal as well
        return [index for index, (_, literal) in enumerate(self.parts)
                if literal is not None and index >= first]

    def bytes(self):
        out = bytearray()
        for text, literal in self.parts:
            out += text
            if literal is not None:
                out += b"{%d+}\r\n" % len(literal) + literal
        return bytes(out + b"\r\n")


class OddSession:
    """One connection; passes everything through. Subclasses change `carry_out`."""

    hidden = ("COMPRESS=DEFLATE", "MULTISEARCH", "ESEARCH")
    told = ()  # capabilities that the server behind does not have

    def __init__(self, relay, client, server):
        self.relay = relay
        self.client, self.server = client, server
        self._from_client = client.makefile("rb")
        self._from_server = server.makefile("rb")
        self.selected = b""

    def run(self):
        self.send(self._passed_on(self._response()))
        while True:
            command = self._command()
            untagged, tagged = self.carry_out(command)
            if command.name == "APPEND" and is_ok(tagged) and self.relay.loses(
                    len(command.messages())):
                raise Ended
            self.send(b"".join(untagged) + tagged)
            if command.name == "LOGOUT":
                raise Ended

    def carry_out(self, command):
        """The replies to a command: untagged ones, and the tagged one."""
        untagged, tagged = self.forward(command)
        if is_ok(tagged):
            if command.name in ("SELECT", "EXAMINE"):
                self.selected = command.mailbox()
            elif command.name in ("UNSELECT", "CLOSE"):
                self.selected = b""
        return untagged, tagged

    def forward(self, command):
        self.server.sendall(command.bytes())
        untagged = []
        while True:
            line = self._response()
            if line.startswith(b"+"):
                self.send(line)
                self.server.sendall(self._line(self._from_client))
            elif line.startswith(command.tag + b" "):
                break
            else:
                untagged.append(self._passed_on(line))
        return untagged, self._passed_on(line)

    def send(self, data):
        self.client.sendall(data)

    def _passed_on(self, line):
        found = re.search(rb"CAPABILITY ([^\]\r\n]*)", line)
        if not found:
            return line
        words = [word for word in found[1].split() if word.decode().upper() not in self.hidden]
        words += [word.encode() for word in self.told]
        return line[:found.start(1)] + b" ".join(words) + line[found.end(1):]

    # Bytes

    @staticmethod
    def _line(file):
        line = file.readline()
        if not line.endswith(b"\n"):
            raise Ended
        return line

    @staticmethod
    def _exactly(file, count):
        data = file.read(count)
        if len(data) != count:
            raise Ended
        return data

    def _response(self):
        """One, with its literals."""
        out = bytearray()
        while True:
            line = self._line(self._from_server)
            out += line
            announced = LITERAL.search(line.rstrip(b"\r\n"))
            if not announced:
                return bytes(out)
            out += self._exactly(self._from_server, int(announced[1]))

    def _command(self):
        parts = []
        while True:
            line = self._line(self._from_client).rstrip(b"\r\n")
            announced = LITERAL.search(line)
            if not announced:
                parts.append((line, None))
                return Command(parts)
            if not announced[2]:
                self.send(b"+ go ahead\r\n")
            parts.append((line[:announced.start()],
                          self._exactly(self._from_client, int(announced[1]))))


class OddRelay:
    """server: what is behind it. session: a class of support.odd_sessions, or what makes one.
    lose: the share of messages whose answer is lost, while `loses_answers` is set."""

    def __init__(self, server, session=OddSession, *, seed="", lose=0.0, most_lost=8):
        self.server = server
        self.session = session
        self.pair, self.ca_file, self.host = server.pair, server.ca_file, server.host
        self.random = random.Random(f"{seed}/relay")
        self.lock = threading.RLock()
        self.loses_answers = True
        self.lost = 0
        self.memory = {}  # what its sessions remember of mailboxes
        self._lose, self._most_lost = lose, most_lost
        self._towards_client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._towards_client.load_cert_chain(self.pair.certificate, self.pair.key)
        self._towards_server = ssl.create_default_context(cafile=str(self.ca_file))

    def __enter__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.tls_port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # or the thread would accept for ever
        self._listener.close()

    def url(self, mailbox=None, user="alice"):
        return self.server.url(mailbox, user, self.port)

    def password_file(self, user="alice"):
        return self.server.password_file(user)

    def loses(self, messages):
        """Whether the answer to an APPEND of so many is lost."""
        with self.lock:
            likely = 1 - (1 - self._lose) ** messages
            lost = (self.loses_answers and self.lost < self._most_lost
                    and self.random.random() < likely)
            self.lost += lost
            return lost

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with contextlib.ExitStack() as stack:
            try:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection.settimeout(120)
                client = self._towards_client.wrap_socket(connection, server_side=True)
                stack.callback(client.close)
                plain = socket.create_connection(("127.0.0.1", self.server.tls_port), 20)
                plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                server = self._towards_server.wrap_socket(plain, server_hostname="localhost")
                stack.callback(server.close)
                server.settimeout(120)
                self.session(self, client, server).run()
            except (OSError, Ended, ValueError):
                connection.close()
