# SPDX-License-Identifier: Apache-2.0
# A private GNU imap4d in a temporary folder, on a free loopback port, behind a TLS front of our own.
"""Runs imap4d of GNU mailutils from a folder that its Debian packages were unpacked into
(tools/lib/install.sh): an imap4d for each connection, as inetd does.
"""

import contextlib
import crypt
import imaplib
import os
import pathlib
import select
import socket
import ssl
import subprocess
import sys
import threading

from .imap_server import ImapServer


def imap4d_root():
    """The folder with the unpacked packages, or None. MBOXFERRY_IMAP4D_ROOT names another one."""
    named = os.environ.get("MBOXFERRY_IMAP4D_ROOT")
    cache = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    caches = [pathlib.Path("/var/cache/mboxferry"), pathlib.Path(cache) / "mboxferry"]
    folders = ([pathlib.Path(named)] if named else
               [one for place in caches for one in sorted(place.glob("imap4d-*"), reverse=True)])
    return next((one for one in folders if (one / "usr/sbin/imap4d").exists()), None)


class Imap4d(ImapServer):
    """One private imap4d. Its users have a domain. storage: maildir, or mbox, in which it loses
    what is appended to the selected mailbox."""

    name = "imap4d"

    def __init__(self, users=None, *, storage="maildir", pair=None, certificates=None, folder=None):
        self.packages = imap4d_root()
        if self.packages is None:
            raise FileNotFoundError("GNU imap4d is not unpacked here; tools/test does it")
        self._storage = storage
        super().__init__(users or {"alice@example.org": "secret"}, pair=pair,
                         certificates=certificates, folder=folder)

    def _write_files(self):
        passwords, spool = self.folder / "passwd", self.folder / "spool"
        for folder in (passwords, spool):
            folder.mkdir(exist_ok=True)
        for user, password in self.users.items():
            local, domain = user.split("@")
            home = self.folder / "home" / user
            home.mkdir(parents=True, exist_ok=True)
            hashed = crypt.crypt(password, crypt.mksalt(crypt.METHOD_SHA512))
            with open(passwords / domain, "a", encoding="ascii") as file:
                file.write(f"{local}:{hashed}:{os.getuid()}:{os.getgid()}:{local}:{home}:/bin/false\n")
        (self.folder / "imap4d.conf").write_text(
            "logging { syslog no; }\n"
            "auth { authentication generic; authorization virtdomain; }\n"
            f'virtdomain {{ passwd-dir "{passwords}"; }}\n'
            f'mailbox {{ mail-spool "{spool}"; mailbox-type {self._storage}; }}\n'
            "gsasl { enable no; }\n")

    def _greets(self):
        with contextlib.suppress(OSError):
            context = ssl.create_default_context(cafile=str(self.ca_file))
            with socket.create_connection(("127.0.0.1", self.tls_port), 1) as plain, \
                    context.wrap_socket(plain, server_hostname="localhost") as connection:
                return connection.recv(4) == b"* OK"
        return False

    def client(self, user=None, password=None):
        user = user or next(iter(self.users))
        context = ssl.create_default_context(cafile=str(self.ca_file))
        connection = imaplib.IMAP4_SSL("localhost", self.tls_port, ssl_context=context, timeout=60)
        connection.login(user, password or self.users[user])
        return connection

    def _command(self):
        return [sys.executable, "-W", "ignore", "-B", "-m", "support.imap4d", str(self.tls_port),
                str(self.pair.certificate), str(self.pair.key),
                str(self.packages / "usr/sbin/imap4d"), f"--config-file={self.folder}/imap4d.conf",
                "--inetd"]

    def _environment(self):
        libraries = [str(one) for one in (self.packages / "usr/lib").glob("*-linux-gnu*")]
        return {"LD_LIBRARY_PATH": ":".join(libraries), "TZ": "UTC",
                "PYTHONPATH": str(pathlib.Path(__file__).resolve().parents[1])}


def _pump(client, command):
    """Between the client's TLS and a server of its own, until either ends."""
    ours, theirs = socket.socketpair()
    with client, ours, subprocess.Popen(command, stdin=theirs, stdout=theirs) as server:
        theirs.close()
        try:
            while True:
                ready = [client] if client.pending() else select.select([client, ours], [], [])[0]
                for source in ready:
                    data = source.recv(65536)
                    if not data:
                        return
                    (ours if source is client else client).sendall(data)
        except OSError:
            pass
        finally:
            server.terminate()


def _serve(port, certificate, key, *command):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def welcome(plain):
        try:
            _pump(context.wrap_socket(plain, server_side=True), command)
        except (OSError, ssl.SSLError):
            plain.close()
    with socket.create_server(("127.0.0.1", int(port))) as listener:
        while True:
            plain, _ = listener.accept()
            threading.Thread(target=welcome, args=(plain,), daemon=True).start()


if __name__ == "__main__":
    _serve(*sys.argv[1:])
