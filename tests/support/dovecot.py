# SPDX-License-Identifier: Apache-2.0
# A private Dovecot in a temporary folder, on free loopback ports.
"""Runs Dovecot 2.3 as a foreground child, as root or as an ordinary user.

    python3 -m support.dovecot --run -- CMD...

starts one, exports MBOXFERRY_TEST_IMAP_{HOST,PORT,USER,PASSWORD_FILE,CA_FILE} and runs CMD.
"""

import argparse
import calendar
import contextlib
import functools
import grp
import imaplib
import itertools
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from typing import NamedTuple

from .certificates import Certificates
from .imap_stream import commands_of

imaplib._MAXLINE = 100_000_000  # our own servers are trusted

CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
instance_name = mboxferry-test
log_path = {folder}/dovecot.log
protocols = imap
listen = 127.0.0.1
default_internal_user = {internal_user}
default_internal_group = {internal_group}
default_login_user = {login_user}
ssl = {ssl}
ssl_cert = <{certificate}
ssl_key = <{key}
disable_plaintext_auth = {disable_plaintext_auth}
auth_mechanisms = {auth_mechanisms}
auth_username_chars =
auth_failure_delay = {auth_failure_delay}
auth_cache_size = 0
mail_location = {mail_location}
mail_fsync = {mail_fsync}
mail_max_userip_connections = {mail_max_userip_connections}
first_valid_uid = 1
shutdown_clients = yes
{rawlog}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid={mail_uid} gid={mail_gid} home={folder}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = {separator}
  prefix = {prefix}
{special_use}
}}
service imap-login {{
  {no_chroot}
  service_count = 0
  process_min_avail = 1
  client_limit = 200
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  {no_chroot}
}}
service stats {{
  {no_chroot}
}}
service imap {{
  process_limit = 200
}}
{extra}
"""

RAWLOG_TIME = re.compile(rb"(?m)^\d+\.\d{6} ")

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
    """Ports of 127.0.0.1 that nothing listens on right now."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


class Dovecot:
    """One private server. Options keep their values over stop, kill and restart.

    users: {name: password}, passwords as str or bytes. Dovecot takes no NUL or tab in a password and
    no quote in a user name.
    storage: maildir, sdbox or mdbox. capabilities: replaces the advertised list after login;
    without: advertised as usual, less these. quota: a rule such as "*:storage=100K".
    pair: server certificate. starttls=False: the clear port does not offer it (and then there
    is no TLS port either). rawlog: keep what every session received and sent after login.
    """

    def __init__(self, users=None, *, storage="maildir", separator="", prefix="",
                 special_use=False, quota=None, capabilities=None, without=(), rawlog=False,
                 mail_fsync="never", max_connections=100, tls=True, plaintext_auth=False,
                 auth_mechanisms="plain login", pair=None, certificates=None, failure_delay="0",
                 extra="", folder=None):
        self.users = dict(users or {"alice": "secret"})
        self._own_folder = folder is None
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="mf-dovecot-"))
        self.folder.mkdir(exist_ok=True)
        self.folder.chmod(0o755)
        self.certificates = certificates or Certificates(self.folder / "tls")
        self.pair = pair or self.certificates.good()
        self.ca_file = self.certificates.ca_file
        self.host = "localhost"
        self.tls_port, self.port = free_ports(2)
        self._tls = tls
        self._rawlog = rawlog
        self._process = None
        advertised = None
        if capabilities is not None or without:
            words = capabilities.split() if capabilities else default_capabilities()
            advertised = [word for word in words if word.upper() not in without]
        self._options = dict(
            separator=separator, prefix=prefix, mail_fsync=mail_fsync,
            mail_max_userip_connections=max_connections, auth_mechanisms=auth_mechanisms,
            auth_failure_delay=failure_delay, ssl="yes" if tls else "no",
            disable_plaintext_auth="no" if plaintext_auth or not tls else "yes",
            mail_location=f"{storage}:{self.folder}/mail/%u/{storage}",
            special_use="".join(_special_use(name) for name in SPECIAL_USE) if special_use else "",
            extra=self._extra(quota, advertised) + extra)

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
            ["dovecot", "-F", "-c", str(self.folder / "dovecot.conf")], stdin=subprocess.DEVNULL,
            stdout=self._log, stderr=self._log, start_new_session=True,
            env={"PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin"})
        deadline = time.monotonic() + 20
        while not self._greets():
            if self._process.poll() is not None or time.monotonic() > deadline:
                text = self.log_text()
                self.kill()
                raise RuntimeError(f"Dovecot does not start: {text}")
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
        """SIGKILL to every process of this server."""
        if self._process is None:
            return
        for _ in range(3):
            for pid in _processes_of_session(self._process.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
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

    # Looking inside

    def client(self, user=None, password=None) -> imaplib.IMAP4_SSL:
        """A logged-in connection of Python's own client."""
        user = user or next(iter(self.users))
        password = self.users[user] if password is None else password
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # it may have one of the bad certificates
        connection = imaplib.IMAP4_SSL("127.0.0.1", self.tls_port, ssl_context=context, timeout=60)
        secret = b"\0" + user.encode() + b"\0" + _as_bytes(password)
        connection.authenticate("PLAIN", lambda _: secret)
        return connection

    def fetch_all(self, user=None, mailbox="INBOX", chunk=50):
        """Yields a Fetched for every message of `mailbox` (a wire name) in UID order."""
        connection = self.client(user)
        try:
            _check(connection.select(quoted(mailbox), readonly=True))
            uids = [int(uid) for uid in _check(connection.uid("SEARCH", "ALL"))[0].split()]
            for first in range(0, len(uids), chunk):
                part = uids[first:first + chunk]
                reply = _check(connection.uid("FETCH", f"{part[0]}:{part[-1]}",
                                              "(UID RFC822.SIZE INTERNALDATE FLAGS BODY.PEEK[])"))
                yield from _parse_fetch(reply)
        finally:
            _logout(connection)

    def mailboxes(self, user=None) -> list:
        """Wire names of all mailboxes that can be selected."""
        connection = self.client(user)
        try:
            lines = _check(connection.list())
            return sorted(_list_name(line) for line in lines
                          if line and b"\\Noselect" not in line and b"\\NonExistent" not in line)
        finally:
            _logout(connection)

    def subscribed(self, user=None) -> list:
        connection = self.client(user)
        try:
            return sorted(_list_name(line) for line in _check(connection.lsub()) if line)
        finally:
            _logout(connection)

    def count(self, user=None, mailbox="INBOX") -> int:
        """Messages in `mailbox`; 0 if it is not there."""
        connection = self.client(user)
        try:
            kind, data = connection.status(quoted(mailbox), "(MESSAGES)")
            return int(re.search(rb"MESSAGES (\d+)", data[-1])[1]) if kind == "OK" else 0
        finally:
            _logout(connection)

    def delete_all(self, user=None):
        """Takes every mailbox and message away, without restarting."""
        user = user or next(iter(self.users))
        connection = self.client(user)
        try:
            for name in reversed(self.mailboxes(user)):
                if name.upper() != "INBOX":
                    connection.delete(quoted(name))
            if int(_check(connection.select("INBOX"))[0]):
                connection.store("1:*", "+FLAGS.SILENT", "\\Deleted")
                connection.expunge()
        finally:
            _logout(connection)

    def sessions(self, user=None) -> list:
        """With rawlog: for every session after its login, the commands it sent."""
        user = user or next(iter(self.users))
        logs = sorted((self.folder / "rawlog" / user).glob("*.in"),
                      key=lambda path: path.stat().st_mtime)
        return [commands_of(RAWLOG_TIME.sub(b"", path.read_bytes())) for path in logs]

    def clear_sessions(self, user=None):
        for path in (self.folder / "rawlog" / (user or next(iter(self.users)))).glob("*"):
            path.unlink()

    def log_text(self) -> str:
        """What the server logged."""
        return "".join(path.read_text(errors="replace") for path in
                       (self.folder / "stderr.log", self.folder / "dovecot.log")
                       if path.exists())

    def password_file(self, user=None, folder=None) -> pathlib.Path:
        """A 0600 file with the password of `user` and a newline."""
        user = user or next(iter(self.users))
        path = pathlib.Path(folder or self.folder) / f"password-{user}"
        # Written once: runs side by side read it.
        if not path.exists():
            draft = path.with_name(f"{path.name}.{threading.get_ident()}")
            draft.touch(mode=0o600)
            draft.write_bytes(_as_bytes(self.users[user]) + b"\n")
            draft.replace(path)
        return path

    def url(self, mailbox=None, user=None, port=None) -> str:
        """An imaps:// address for --to; `mailbox` percent-encoded by the caller if needed."""
        user = urllib.parse.quote(user or next(iter(self.users)), safe="")
        path = "" if mailbox is None else "/" + mailbox
        return f"imaps://{user}@localhost:{port or self.tls_port}{path}"

    # Files

    def _extra(self, quota, advertised):
        text = ""
        plugins = []
        if quota:
            plugins = ["quota", "imap_quota"]
            text += ("mail_plugins = quota\nprotocol imap {\n  mail_plugins = quota imap_quota\n}\n"
                     "plugin {\n  quota = count:User quota\n  quota_vsizes = yes\n"
                     f"  quota_rule = {quota}\n}}\n")
        if advertised is not None:
            text += f"imap_capability = {' '.join(advertised)}\n"
        return text

    def _write_files(self):
        root = os.geteuid() == 0
        me = pwd.getpwuid(os.geteuid())
        owner = pwd.getpwnam("mail") if root else me
        for name in ("run", "state", "mail", "rawlog"):
            (self.folder / name).mkdir(exist_ok=True)
            if root and name in ("mail", "rawlog"):
                os.chown(self.folder / name, owner.pw_uid, owner.pw_gid)
        for user in self.users:
            for path in (self.folder / "mail" / user, self.folder / "rawlog" / user):
                path.mkdir(exist_ok=True)
                if root:
                    os.chown(path, owner.pw_uid, owner.pw_gid)
        group = grp.getgrgid(me.pw_gid).gr_name
        lines = [user.encode() + b":{PLAIN.HEX}" + _as_bytes(password).hex().encode() + b"::::::\n"
                 for user, password in self.users.items()]
        users = self.folder / "users"
        users.write_bytes(b"".join(lines))
        users.chmod(0o600)
        if root:
            os.chown(users, pwd.getpwnam("dovecot").pw_uid, -1)
        (self.folder / "dovecot.conf").write_text(CONFIG.format(
            folder=self.folder, certificate=self.pair.certificate, key=self.pair.key,
            internal_user="dovecot" if root else me.pw_name,
            internal_group="dovecot" if root else group,
            login_user="dovenull" if root else me.pw_name,
            no_chroot="" if root else "chroot =",
            rawlog=f"rawlog_dir = {self.folder}/rawlog/%u" if self._rawlog else "",
            mail_uid=owner.pw_uid, mail_gid=owner.pw_gid, port=self.port,
            tls_port=self.tls_port if self._tls else 0, **self._options))

    def _greets(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                connection.settimeout(5)
                return connection.recv(4).startswith(b"* OK")
        except OSError:
            return False


# Talking IMAP with Python's client

def quoted(name: str) -> str:
    """A mailbox's wire name as an IMAP quoted string."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _as_bytes(text):
    return text if isinstance(text, bytes) else text.encode()


def _check(reply):
    if reply[0] != "OK":
        raise AssertionError(f"IMAP: {reply}")
    return reply[1]


def _logout(connection):
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


def _special_use(name):
    return f"  mailbox {name} {{\n    special_use = \\{name}\n    auto = subscribe\n  }}\n"


def _processes_of_session(session):
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, ProcessLookupError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(fields[3]) == session:
                    found.append(int(entry.name))
    return found


@functools.cache
def default_capabilities() -> list:
    """What this machine's Dovecot advertises after login."""
    with Dovecot() as server:
        connection = server.client()
        words = _check(connection.capability())[0].decode().split()
        _logout(connection)
        return words


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(prog="support.dovecot")
    parser.add_argument("--run", action="store_true", required=True)
    parser.add_argument("--storage", default="maildir")
    parser.add_argument("--user", default="alice")
    parser.add_argument("--password", default="secret")
    parser.add_argument("--without", action="append", default=[], help="capability to hide")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args(arguments)
    with Dovecot({options.user: options.password}, storage=options.storage,
                 without=options.without) as server:
        names = {"HOST": "localhost", "PORT": server.tls_port, "STARTTLS_PORT": server.port,
                 "USER": options.user, "PASSWORD_FILE": server.password_file(),
                 "CA_FILE": server.ca_file}
        environment = {f"MBOXFERRY_TEST_IMAP_{name}": str(value) for name, value in names.items()}
        return subprocess.run(options.command, env={**os.environ, **environment},
                              check=False).returncode


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main())
