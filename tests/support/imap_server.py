# SPDX-License-Identifier: Apache-2.0
# What the private IMAP servers of the tests have in common: life, accounts, looking inside.
"""Dovecot, Cyrus and Courier are subclasses, so that a test can run against all of them."""

import calendar
import contextlib
import imaplib
import itertools
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import urllib.parse
from typing import NamedTuple

from .certificates import Certificates

imaplib._MAXLINE = 100_000_000  # our own servers are trusted

SPECIAL_USE = ("Drafts", "Sent", "Junk", "Trash", "Archive")


class Fetched(NamedTuple):
    """One message as the server returns it; `internaldate` as in the FETCH reply."""

    uid: int
    size: int
    internaldate: str
    flags: frozenset
    body: bytes

    def epoch(self) -> float:
        """INTERNALDATE as seconds since 1970, whatever the zone."""
        return epoch_of(self.internaldate)


def epoch_of(internaldate: str) -> float:
    """The time of an IMAP date-time such as `01-Jan-2020 10:00:00 +0100`."""
    day, clock, zone = internaldate.strip('" ').split()
    moment = time.strptime(f"{day} {clock}", "%d-%b-%Y %H:%M:%S")
    offset = (int(zone[1:3]) * 60 + int(zone[3:5])) * 60 * (-1 if zone[0] == "-" else 1)
    return calendar.timegm(moment) - offset


def free_ports(count: int) -> list:
    """Ports of 127.0.0.1 that nothing listens on right now. None of those that outgoing connections
    get (from 32768 on), so that a server that restarts finds its ports free."""
    found = []
    while len(found) < count:
        port = random.SystemRandom().randrange(15_000, 32_000)
        with contextlib.suppress(OSError), socket.socket() as one:
            one.bind(("127.0.0.1", port))
            found += [port] if port not in found else []
    return found


def _memory():
    """Servers sync and name thousands of files, which a file system in memory makes cheap."""
    memory = pathlib.Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 4 << 30
    return memory if roomy and os.access(memory, os.W_OK) else None


class ImapServer:
    """One private server, a child process on free ports of 127.0.0.1.

    users: {name: password}, passwords as str or bytes. pair: server certificate. folder: kept by
    the caller; without it a temporary one is made and removed by `close`.
    A subclass says in `_command` what to run and writes its configuration in `_write_files`.
    """

    name = ""
    below = ""  # what the names of all mailboxes but INBOX begin with, unless options say otherwise
    environment = {}  # of the server, besides what it needs
    temporary = _memory()  # where folders are made; None: the system's place

    def __init__(self, users=None, *, pair=None, certificates=None, folder=None):
        self.users = dict(users or {"alice": "secret"})
        self._own_folder = folder is None
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix=f"mf-{self.name.lower()}-",
                                                            dir=self.temporary))
        self.folder.mkdir(exist_ok=True)
        self.folder.chmod(0o755)
        self.certificates = certificates or Certificates.common()
        self.pair = pair or self.certificates.good()
        self.ca_file = self.certificates.ca_file
        self.host = "localhost"
        self.tls_port, self.port = free_ports(2)
        self._process = None
        # Mailboxes that `delete_all` only empties.
        self._kept = {"INBOX"}

    # Life

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_):
        self.close()

    def start(self):
        """Starts the server and waits until it greets."""
        self._write_files()
        self._log = open(self.folder / "stderr.log", "ab")
        self._process = subprocess.Popen(
            self._command(), stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log,
            start_new_session=True, env={"PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin",
                                         **self._environment(), **self.environment})
        deadline = time.monotonic() + 20
        while not self._greets():
            if self._process.poll() is not None or time.monotonic() > deadline:
                text = self.log_text()
                self.kill()
                raise RuntimeError(f"{self.name} does not start: {text}")
            time.sleep(0.02)
        return self

    def stop(self):
        """Asks the server to end and waits for it."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            pass
        self.kill()

    def kill(self):
        """SIGKILL to every process of this server; none has a port any more when it returns."""
        if self._process is None:
            return
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            left = _processes_of_session(self._process.pid)
            if not left:
                break
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.005)
        self._process.wait()
        self._process = None
        self._log.close()

    def restart(self, kill=False):
        """Ends the server (with SIGKILL if `kill`) and starts it on the same ports and data."""
        self.kill() if kill else self.stop()
        return self.start()

    def close(self):
        """Ends the server and removes its folder."""
        self.kill()
        if self._own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _command(self) -> list:
        """The server in the foreground."""
        raise NotImplementedError

    def _environment(self) -> dict:
        """What `_command` needs besides PATH."""
        return {}

    def _write_files(self):
        """Configuration and folders, before each start."""
        raise NotImplementedError

    def _greets(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                connection.settimeout(5)
                return connection.recv(4).startswith(b"* OK")
        except OSError:
            return False

    # Looking inside

    def client(self, user=None, password=None) -> imaplib.IMAP4_SSL:
        """A logged-in connection of Python's own client."""
        user = user or next(iter(self.users))
        password = self.users[user] if password is None else password
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # reads no trust store
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # it may have one of the bad certificates
        secret = b"\0" + user.encode() + b"\0" + as_bytes(password)
        deadline = time.monotonic() + 20
        while True:
            # Another client that is killed, or a busy machine, may make the server drop a
            # connection that has not logged in; what the test asks for does not depend on it.
            try:
                connection = imaplib.IMAP4_SSL("127.0.0.1", self.tls_port, ssl_context=context,
                                               timeout=60)
                connection.authenticate("PLAIN", lambda _: secret)
                return connection
            except (OSError, imaplib.IMAP4.abort):
                ended = self._process is None or self._process.poll() is not None
                if ended or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    @contextlib.contextmanager
    def session(self, user=None):
        """A client for several of the calls below, which log in by themselves without one."""
        connection = self.client(user)
        try:
            yield connection
        finally:
            logout(connection)

    def fetch_all(self, user=None, mailbox="INBOX", chunk=50, client=None):
        """Yields a Fetched for every message of `mailbox` (a wire name) in UID order."""
        with self._session_of(user, client) as connection:
            check(connection.select(quoted(mailbox), readonly=True))
            uids = [int(uid) for uid in check(connection.uid("SEARCH", "ALL"))[0].split()]
            for first in range(0, len(uids), chunk):
                part = uids[first:first + chunk]
                reply = check(connection.uid("FETCH", f"{part[0]}:{part[-1]}",
                                              "(UID RFC822.SIZE INTERNALDATE FLAGS BODY.PEEK[])"))
                yield from _parse_fetch(reply)

    def mailboxes(self, user=None, client=None) -> list:
        """Wire names of all mailboxes that can be selected."""
        with self._session_of(user, client) as connection:
            lines = check(connection.list())
            return sorted(_list_name(line) for line in lines
                          if line and b"\\Noselect" not in line and b"\\NonExistent" not in line)

    def subscribed(self, user=None) -> list:
        with self.session(user) as connection:
            return sorted(_list_name(line) for line in check(connection.lsub()) if line)

    def count(self, user=None, mailbox="INBOX", client=None) -> int:
        """Messages in `mailbox`; 0 if it is not there."""
        with self._session_of(user, client) as connection:
            kind, data = connection.status(quoted(mailbox), "(MESSAGES)")
            return int(re.search(rb"MESSAGES (\d+)", data[-1])[1]) if kind == "OK" else 0

    def _session_of(self, user, client):
        return contextlib.nullcontext(client) if client else self.session(user)

    def delete_all(self, user=None):
        """Takes every message away, and every mailbox but those that each account begins with."""
        with self.session(user) as connection:
            for name in reversed(self.mailboxes(client=connection)):
                if name not in self._kept:
                    check(connection.delete(quoted(name)))
                elif int(check(connection.select(quoted(name)))[0]):
                    check(connection.store("1:*", "+FLAGS.SILENT", "\\Deleted"))
                    check(connection.expunge())
                    connection.unselect()

    def log_text(self) -> str:
        """What the server logged."""
        return "".join(path.read_text(errors="replace")
                       for path in sorted(self.folder.glob("*.log")))

    def password_file(self, user=None, folder=None) -> pathlib.Path:
        """A 0600 file with the password of `user` and a newline."""
        user = user or next(iter(self.users))
        path = pathlib.Path(folder or self.folder) / f"password-{user}"
        # Written once: runs side by side read it.
        if not path.exists():
            draft = path.with_name(f"{path.name}.{threading.get_ident()}")
            draft.touch(mode=0o600)
            draft.write_bytes(as_bytes(self.users[user]) + b"\n")
            draft.replace(path)
        return path

    def url(self, mailbox=None, user=None, port=None) -> str:
        """An imaps:// address for --to; `mailbox` percent-encoded by the caller if needed."""
        user = urllib.parse.quote(user or next(iter(self.users)), safe="")
        path = "" if mailbox is None else "/" + mailbox
        return f"imaps://{user}@localhost:{port or self.tls_port}{path}"


# Talking IMAP with Python's client

def quoted(name: str) -> str:
    """A mailbox's wire name as an IMAP quoted string."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def as_bytes(text):
    return text if isinstance(text, bytes) else text.encode()


def check(reply):
    if reply[0] != "OK":
        raise AssertionError(f"IMAP: {reply}")
    return reply[1]


def logout(connection):
    with contextlib.suppress(Exception):
        connection.logout()


def _list_name(line):
    if isinstance(line, tuple):
        return line[1].decode()
    name = re.search(rb'^\([^)]*\) (?:"(?:\\.|[^"])*"|NIL) (.*)$', line)[1]
    if name.startswith(b'"'):
        name = re.sub(rb"\\(.)", rb"\1", name[1:-1])
    return name.decode()


def _parse_fetch(reply):
    # imaplib gives (head, literal) and then what follows the literal.
    for head, tail in itertools.zip_longest(reply, reply[1:]):
        if not isinstance(head, tuple):
            continue
        words = head[0] + (tail if isinstance(tail, bytes) else b"")
        yield Fetched(int(re.search(rb"\bUID (\d+)", words)[1]),
                      int(re.search(rb"RFC822\.SIZE (\d+)", words)[1]),
                      re.search(rb'INTERNALDATE "([^"]*)"', words)[1].decode(),
                      frozenset(re.search(rb"FLAGS \(([^)]*)\)", words)[1].decode().split()),
                      head[1])


def _processes_of_session(session):
    """Those that are alive: what has ended and is not waited for yet holds nothing."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, ProcessLookupError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(fields[3]) == session and fields[0] != "Z":
                    found.append(int(entry.name))
    return found
