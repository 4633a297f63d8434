# SPDX-License-Identifier: Apache-2.0
# A scriptable IMAP server with mailboxes in memory, for answers that no real server gives on demand.
"""FakeImap speaks enough IMAP4rev1 for a migration, over implicit TLS, STARTTLS or in the clear.

Hooks: `on_append(head)` may return a Refusal for a message's head; `on_command(session, name, words)`
may return bytes to send instead of the usual answer; `on_reply(line)` may change the OK to an APPEND.
`server.ran` lists every command line that was
run as a command, so that a test can see whether a line of a message ever was. `server.flights`, when
counted, has a list of command names for each time the server had nothing to do but wait: one a round
trip.

A BAD to an APPEND head leaves a non-synchronizing literal unread, as Dovecot does: the message's
lines are then read as commands, and they are carried out.
"""

import base64
import contextlib
import dataclasses
import pathlib
import re
import select
import shutil
import socket
import ssl
import tempfile
import threading
import time
import zlib

from .certificates import Certificates
from .imap_stream import LITERAL

BASIC = "IMAP4rev1 SASL-IR AUTH=PLAIN NAMESPACE UNSELECT CHILDREN ID"
FULL = BASIC + " UIDPLUS MULTIAPPEND LITERAL+ SPECIAL-USE"
WORD = re.compile(rb'"((?:\\.|[^"\\])*)"|(\((?:[^()]|\([^()]*\))*\))|([^\s()"]+)')


@dataclasses.dataclass
class Message:
    uid: int
    flags: list
    date: str  # as the client wrote it, "" if it wrote none
    body: bytes


@dataclasses.dataclass
class Mailbox:
    uid_validity: int = 1
    uid_next: int = 1
    messages: list = dataclasses.field(default_factory=list)
    subscribed: bool = False
    special_use: str = ""

    def add(self, flags, date, body):
        self.messages.append(Message(self.uid_next, flags, date, body))
        self.uid_next += 1
        return self.uid_next - 1


@dataclasses.dataclass
class Head:
    """What a client announces before a message's literal."""

    mailbox: str
    flags: list
    date: str
    size: int
    synchronizing: bool
    number: int  # of the message, counted from 1 over the server's life


@dataclasses.dataclass
class Refusal:
    """NO comes after all literals; BAD at once, and its literal is not swallowed."""

    kind: str
    text: str = "refused by the test"


class Close(Exception):
    """Raised by a hook to end the connection at once."""


class FakeImap:
    """tls: implicit, starttls or plain. starttls: offer, hide or refuse. `inject`: bytes sent in
    the same packet as STARTTLS's OK."""

    def __init__(self, users=None, *, tls="implicit", starttls="offer", inject=b"",
                 greeting=b"* OK fake server ready\r\n", capabilities=FULL,
                 capabilities_before=None, append_uid=True, permanent_flags=None, separator="/",
                 on_append=None, on_command=None, on_reply=None, pair=None, certificates=None,
                 require_login=True, count_flights=False, session_type=None):
        self.users = dict(users or {"alice": "secret"})
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mf-fake-"))
        self.certificates = certificates or Certificates.common()
        self.pair = pair or self.certificates.good()
        self.ca_file = self.certificates.ca_file
        self.tls, self.starttls, self.inject, self.greeting = tls, starttls, inject, greeting
        self.capabilities = capabilities
        self.capabilities_before = capabilities_before or capabilities
        self.append_uid = append_uid
        self.permanent_flags = permanent_flags or (
            r"\Answered \Flagged \Deleted \Seen \Draft \*")
        self.separator = separator
        self.on_append, self.on_command, self.on_reply = on_append, on_command, on_reply
        self.require_login = require_login
        self.count_flights = count_flights
        self.session_type = session_type or Session
        self.flights = []
        self.mailboxes = {"INBOX": Mailbox()}
        self.lock = threading.RLock()
        self.ran = []          # command lines, in the order they were run
        self.received = []     # one bytearray a connection: everything after any TLS was removed
        self.logins = []       # (user, password bytes) of every attempt
        self.heads = 0
        self.search_refusal = None  # NO or BAD, as bytes: the answer to each SEARCH
        self.host = "localhost"

    def __enter__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.tls_port = self._listener.getsockname()[1]
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(self.pair.certificate, self.pair.key)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        # shutdown wakes the accepting thread, close alone does not.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, mailbox=None, user="alice"):
        path = "" if mailbox is None else "/" + mailbox
        return f"imaps://{user}@localhost:{self.port}{path}"

    def password_file(self, user="alice"):
        """A 0600 file with the password and a newline."""
        path = self.folder / f"password-{user}"
        # Written once: runs side by side read it.
        if not path.exists():
            secret = self.users[user]
            draft = path.with_name(f"{path.name}.{threading.get_ident()}")
            draft.touch(mode=0o600)
            draft.write_bytes((secret if isinstance(secret, bytes) else secret.encode()) + b"\n")
            draft.replace(path)
        return path

    def bodies(self, mailbox="INBOX"):
        with self.lock:
            found = self.mailboxes.get(mailbox)
            return [message.body for message in found.messages] if found else []

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(60)
        session = None
        try:
            if self.tls == "implicit":
                connection = self._context.wrap_socket(connection, server_side=True)
            session = self.session_type(self, connection)
            session.run()
        except (OSError, Close, EOFError):
            pass
        finally:
            (session.connection if session else connection).close()


class Session:
    """One connection."""

    def __init__(self, server, connection):
        self.server = server
        self.connection = connection
        self.secure = server.tls == "implicit"
        self.user = None
        self.selected = None
        self._buffer = b""
        self._deflater = self._inflater = None
        self._answered = False
        self.tag = b""  # of the command that is answered
        self.log = bytearray()
        with server.lock:
            server.received.append(self.log)

    # Bytes

    def send(self, data):
        if self._deflater:
            data = self._deflater.compress(data) + self._deflater.flush(zlib.Z_SYNC_FLUSH)
        self.send_raw(data)

    def send_raw(self, data):
        """Past any compression."""
        self._answered = True
        self.connection.sendall(data)

    def _fill(self):
        flight = self.server.count_flights and self._answered
        if flight:
            # A client that has more to say without waiting has said it after this.
            time.sleep(0.05)
            self.server.flights.append([])
        if not self._receive():
            raise EOFError
        while flight and (self.connection.pending() or
                          select.select([self.connection], [], [], 0)[0]):
            if not self._receive():
                break
        self._answered = False

    def _receive(self):
        data = self.connection.recv(65536)
        plain = self._inflater.decompress(data) if self._inflater else data
        self.log += plain
        self._buffer += plain
        return bool(data)

    def _line(self):
        while b"\n" not in self._buffer:
            self._fill()
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.rstrip(b"\r")

    def _exactly(self, count):
        parts, left = [], count
        while left:
            if not self._buffer:
                self._fill()
            part, self._buffer = self._buffer[:left], self._buffer[left:]
            parts.append(part)
            left -= len(part)
        return b"".join(parts)

    def _literal(self, match):
        if match[2] not in (b"+", b"-"):
            self.send(b"+ go ahead\r\n")
        return self._exactly(int(match[1]))

    # Commands

    def run(self):
        self.send(self.server.greeting)
        if self.server.greeting.upper().startswith(b"* PREAUTH"):
            self.user = next(iter(self.server.users))
        while True:
            line = self._line()
            tag, name, words, pending = self._words(line)
            self.tag = tag
            with self.server.lock:
                self.server.ran.append(line)
                if self.server.flights:
                    self.server.flights[-1].append(name)
            if name == "APPEND" and pending:
                self._append(tag, words, pending)
                continue
            if self.server.on_command:
                answer = self.server.on_command(self, name, words)
                if answer is not None:
                    self.send(answer.replace(b"TAG", tag))
                    continue
            self._command(tag, name, words)

    def _words(self, line):
        """Tag, name, arguments, and the match of a message literal that is still to be read."""
        words = []
        while True:
            match = LITERAL.search(line)
            words += _split(line[:match.start()] if match else line)
            name = words[1].decode("latin-1").upper() if len(words) > 1 else ""
            if not match:
                break
            if name == "APPEND" and len(words) >= 3:
                return words[0], name, words[2:], match
            words.append(self._literal(match))
            line = self._line()
        if name == "UID" and len(words) > 2:
            name += " " + words[2].decode("latin-1").upper()
            words = words[:2] + words[3:]
        return (words[0] if words else b"*"), name, words[2:], None

    def _command(self, tag, name, words):
        method = getattr(self, "_do_" + name.lower().replace(" ", "_"), None)
        allowed = ("CAPABILITY", "LOGIN", "AUTHENTICATE", "STARTTLS", "LOGOUT", "NOOP", "ID")
        if method is None or (self.user is None and self.server.require_login
                              and name not in allowed):
            self.send(tag + b" BAD unknown command\r\n")
            return
        method(tag, words)

    def _ok(self, tag, text="done"):
        self.send(tag + b" OK " + text.encode() + b"\r\n")

    def _no(self, tag, text):
        self.send(tag + b" NO " + text.encode() + b"\r\n")

    def _capability_words(self):
        server = self.server
        if self.user:
            return server.capabilities
        if not self.secure and server.starttls != "hide":
            return server.capabilities_before + " STARTTLS"
        return server.capabilities_before

    def _do_capability(self, tag, _):
        self.send(f"* CAPABILITY {self._capability_words()}\r\n".encode())
        self._ok(tag)

    def _do_noop(self, tag, _):
        self._ok(tag)

    def _do_id(self, tag, _):
        self.send(b'* ID ("name" "fake")\r\n')
        self._ok(tag)

    def _do_enable(self, tag, words):
        utf8 = b"UTF8=ACCEPT" in words and "UTF8=" in self.server.capabilities
        self.send(b"* ENABLED" + (b" UTF8=ACCEPT" if utf8 else b"") + b"\r\n")
        self._ok(tag)

    def _do_logout(self, tag, _):
        self.send(b"* BYE\r\n")
        self._ok(tag)
        raise Close

    def _do_starttls(self, tag, _):
        if self.secure or self.server.starttls == "refuse":
            self.send(tag + b" BAD no STARTTLS here\r\n")
            return
        self.send(tag + b" OK begin\r\n" + self.server.inject)
        self.connection = self.server._context.wrap_socket(self.connection, server_side=True)
        self.secure = True
        self.log += b"[TLS]"

    def _do_compress(self, tag, _):
        if "COMPRESS=DEFLATE" not in self.server.capabilities:
            self._no(tag, "not here")
            return
        self._ok(tag)
        self.start_compression()

    def start_compression(self):
        self._deflater = zlib.compressobj(wbits=-15)
        self._inflater = zlib.decompressobj(wbits=-15)

    def _do_login(self, tag, words):
        self._log_in(tag, *(words + [b"", b""])[:2])

    def _do_authenticate(self, tag, words):
        if len(words) > 1:
            answer = words[1]
        else:
            self.send(b"+ \r\n")
            answer = self._line()
        parts = base64.b64decode(answer).split(b"\0")
        self._log_in(tag, *parts[1:3])

    def _log_in(self, tag, user, password):
        server = self.server
        server.logins.append((user.decode("latin-1"), password))
        known = server.users.get(user.decode("latin-1"))
        if known is None or password != (known if isinstance(known, bytes) else known.encode()):
            self._no(tag, "[AUTHENTICATIONFAILED] wrong")
            return
        self.user = user.decode("latin-1")
        self._ok(tag, f"[CAPABILITY {server.capabilities}] welcome")

    def _do_namespace(self, tag, _):
        self.send(f'* NAMESPACE (("" "{self.server.separator}")) NIL NIL\r\n'.encode())
        self._ok(tag)

    def _do_list(self, tag, words):
        separator = self.server.separator
        pattern = words[-1].decode()
        if pattern == "":
            self.send(f'* LIST (\\Noselect) "{separator}" ""\r\n'.encode())
        with self.server.lock:
            for name, mailbox in sorted(self.server.mailboxes.items()):
                if pattern in ("*", "%", name):
                    use = f"\\{mailbox.special_use}" if mailbox.special_use else ""
                    quoted = re.sub(r'(["\\])', r"\\\1", name)
                    self.send(f'* LIST ({use}) "{separator}" "{quoted}"\r\n'.encode())
        self._ok(tag)

    _do_lsub = _do_list

    def _do_create(self, tag, words):
        name = words[0].decode().rstrip(self.server.separator)
        with self.server.lock:
            if name in self.server.mailboxes:
                self._no(tag, "[ALREADYEXISTS] there")
                return
            self.server.mailboxes[name] = Mailbox(len(self.server.mailboxes) + 1)
        self._ok(tag)

    def _do_delete(self, tag, words):
        with self.server.lock:
            gone = self.server.mailboxes.pop(words[0].decode(), None)
        self._ok(tag) if gone else self._no(tag, "[NONEXISTENT] no such mailbox")

    def _do_subscribe(self, tag, words):
        mailbox = self._find(words[0])
        if mailbox:
            mailbox.subscribed = True
        self._ok(tag)

    def _do_store(self, tag, _):
        self._ok(tag)

    _do_expunge = _do_check = _do_close = _do_store

    def _do_uid_store(self, tag, words):
        """Only flags that are added."""
        added = b" ".join(words[2:]).strip(b"()").decode("latin-1").split()
        for message in self.selected.messages if self.selected else []:
            if words[1].upper().startswith(b"+FLAGS") and _in_set(message.uid, words[0], 0):
                message.flags = [*message.flags, *added]
        self._ok(tag)

    def _do_unselect(self, tag, _):
        self.selected = None
        self._ok(tag)

    def _find(self, name):
        text = name.decode()
        return self.server.mailboxes.get("INBOX" if text.upper() == "INBOX" else text)

    def _do_select(self, tag, words, read_only=False):
        mailbox = self._find(words[0])
        if mailbox is None:
            self.selected = None
            self._no(tag, "[NONEXISTENT] no such mailbox")
            return
        self.selected = mailbox
        flags = self.server.permanent_flags
        self.send((f"* {len(mailbox.messages)} EXISTS\r\n* 0 RECENT\r\n"
                   f"* FLAGS ({flags.replace(' ' + chr(92) + '*', '')})\r\n"
                   f"* OK [PERMANENTFLAGS ({'' if read_only else flags})] flags\r\n"
                   f"* OK [UIDVALIDITY {mailbox.uid_validity}] valid\r\n"
                   f"* OK [UIDNEXT {mailbox.uid_next}] next\r\n").encode())
        self._ok(tag, "[READ-ONLY] done" if read_only else "[READ-WRITE] done")

    def _do_examine(self, tag, words):
        self._do_select(tag, words, True)

    def _do_status(self, tag, words):
        mailbox = self._find(words[0])
        if mailbox is None:
            self._no(tag, "[NONEXISTENT] no such mailbox")
            return
        values = {b"MESSAGES": len(mailbox.messages), b"UIDNEXT": mailbox.uid_next,
                  b"UIDVALIDITY": mailbox.uid_validity, b"UNSEEN": 0, b"RECENT": 0}
        wanted = [word.upper() for word in words[1].strip(b"()").split()]
        pairs = b" ".join(word + b" %d" % values[word] for word in wanted if word in values)
        self.send(b'* STATUS "' + words[0] + b'" (' + pairs + b")\r\n")
        self._ok(tag)

    def _do_search(self, tag, words, by_uid=False):
        if self.server.search_refusal:
            self.send(tag + b" " + self.server.search_refusal + b" no search here\r\n")
            return
        messages = self.selected.messages if self.selected else []
        wanted = None
        if b"UID" in [word.upper() for word in words]:
            wanted = words[[word.upper() for word in words].index(b"UID") + 1]
        found = [message.uid if by_uid else number for number, message in enumerate(messages, 1)
                 if wanted is None or _in_set(message.uid, wanted, self.selected.uid_next - 1)]
        self.send(("* SEARCH" + "".join(f" {one}" for one in found) + "\r\n").encode())
        self._ok(tag)

    def _do_uid_search(self, tag, words):
        self._do_search(tag, words, True)

    def _do_uid_fetch(self, tag, words):
        items = b" ".join(words[1:])
        messages = list(self.selected.messages) if self.selected else []
        highest = messages[-1].uid if messages else 0
        for number, message in enumerate(messages, 1):
            if _in_set(message.uid, words[0], highest):
                self.send(b"* %d FETCH (" % number + _fetch_items(message, items) + b")\r\n")
        self._ok(tag)

    def _do_fetch(self, tag, words):
        messages = list(self.selected.messages) if self.selected else []
        for number, message in enumerate(messages, 1):
            if _in_set(number, words[0], len(messages)):
                self.send(b"* %d FETCH (" % number + _fetch_items(message, b" ".join(words[1:]))
                          + b")\r\n")
        self._ok(tag)

    # APPEND

    def _append(self, tag, words, match):
        server = self.server
        name = words[0].decode("latin-1")
        words = words[1:]
        taken, refusal = [], None
        while True:
            flags = next((word for word in words if word.startswith(b"(")), b"()")
            date = next((word for word in words if not word.startswith(b"(")), b"").decode()
            with server.lock:
                server.heads += 1
                head = Head(name, flags.strip(b"()").decode("latin-1").split(), date,
                            int(match[1]), match[2] == b"", server.heads)
            answer = server.on_append(head) if server.on_append else None
            if answer and answer.kind == "BAD":
                self.send(tag + b" BAD " + answer.text.encode() + b"\r\n")
                return
            if answer and head.synchronizing:
                self.send(tag + b" NO " + answer.text.encode() + b"\r\n")
                return
            refusal = refusal or answer
            taken.append((head, self._literal(match)))
            rest = self._line()
            if rest == b"":
                break
            words = _split(LITERAL.sub(b"", rest))
            match = LITERAL.search(rest)
            if match is None:
                self.send(tag + b" BAD no literal\r\n")
                return
        self._end_of_append(tag, name, taken, refusal)

    def _end_of_append(self, tag, name, taken, refusal):
        if refusal:
            self._no(tag, refusal.text)
            return
        mailbox = self._find(name.encode("latin-1"))
        if mailbox is None:
            self._no(tag, "[TRYCREATE] no such mailbox")
            return
        with self.server.lock:
            uids = [mailbox.add(head.flags, head.date, body) for head, body in taken]
        uid_set = f"{uids[0]}:{uids[-1]}" if len(uids) > 1 else str(uids[0])
        told = f"[APPENDUID {mailbox.uid_validity} {uid_set}] " if self.server.append_uid else ""
        reply = tag + f" OK {told}stored\r\n".encode()
        self.send(self.server.on_reply(reply) if self.server.on_reply else reply)


def _split(line):
    """Words of a command line: quoted strings without quotes, parenthesised lists with them."""
    words = []
    for match in WORD.finditer(line):
        if match[1] is not None:
            words.append(re.sub(rb"\\(.)", rb"\1", match[1]))
        else:
            words.append(match[2] or match[3])
    return words


def _in_set(number, text, highest):
    for part in text.decode().split(","):
        first, _, last = part.partition(":")
        low = highest if first == "*" else int(first)
        high = low if not last else highest if last == "*" else int(last)
        if min(low, high) <= number <= max(low, high):
            return True
    return False


def _fetch_items(message, items):
    upper = items.upper()
    found = [b"UID %d" % message.uid]
    if b"FLAGS" in upper:
        found.append(b"FLAGS (" + " ".join(message.flags).encode() + b")")
    if b"INTERNALDATE" in upper:
        found.append(b'INTERNALDATE "' + (message.date or "01-Jan-2024 00:00:00 +0000").encode()
                     + b'"')
    if b"RFC822.SIZE" in upper:
        found.append(b"RFC822.SIZE %d" % len(message.body))
    for match in re.finditer(rb"BODY(?:\.PEEK)?\[([^\]]*)\](?:<(\d+)\.(\d+)>)?", items, re.I):
        section, data = match[1], message.body
        if section.upper().startswith(b"HEADER"):
            data = message.body.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
            if b"(" in section:
                names = section[section.index(b"(") + 1:].strip(b"() ").lower().split()
                fields = re.findall(rb"[^\r\n]+\r\n(?:[ \t][^\r\n]*\r\n)*", data)
                data = b"".join(field for field in fields
                                if field.partition(b":")[0].lower() in names) + b"\r\n"
        origin = b""
        if match[2]:
            start = int(match[2])
            data = data[start:start + int(match[3])]
            origin = b"<%d>" % start
        found.append(b"BODY[" + section + b"]" + origin + b" {%d}\r\n" % len(data) + data)
    return b" ".join(found)
