# SPDX-License-Identifier: Apache-2.0
# A private Cyrus IMAP in a temporary folder, on free loopback ports.
"""Runs Cyrus 3.6 from a folder that its Debian packages were unpacked into (tools/lib/install.sh).

The packages cannot be installed beside Dovecot's. As root everything runs as the user `mail`, since
Cyrus refuses to run as root; as an ordinary user it runs as that user. Passwords are checked by a
thread of ours that speaks the protocol of saslauthd, so that no account is made anywhere.
"""

import contextlib
import os
import pathlib
import pwd
import shutil
import socket
import struct
import threading

from .imap_server import SPECIAL_USE, ImapServer, as_bytes, check, quoted

CYRUS_CONF = """
START {{
  recover cmd="{bin}/ctl_cyrusdb -C {folder}/imapd.conf -r"
}}
SERVICES {{
  imap cmd="{bin}/imapd -C {folder}/imapd.conf" listen="127.0.0.1:{port}" prefork=1
  imaps cmd="{bin}/imapd -s -C {folder}/imapd.conf" listen="127.0.0.1:{tls_port}" prefork=1
}}
"""

IMAPD_CONF = """
cyrus_user: {user}
configdirectory: {folder}/conf
proc_path: {folder}/conf/proc
mboxname_lockpath: {folder}/conf/lock
defaultpartition: default
partition-default: {folder}/spool
idlesocket: {folder}/conf/socket/idle
allowplaintext: yes
sasl_mech_list: PLAIN LOGIN
sasl_pwcheck_method: saslauthd
sasl_saslauthd_path: {folder}/conf/socket/auth
tls_server_cert: {certificate}
tls_server_key: {folder}/conf/server.key
unixhierarchysep: {unix_separator}
altnamespace: {alternative_namespace}
virtdomains: off
autocreate_users: anyone
autocreate_quota: 0
delete_mode: immediate
expunge_mode: immediate
{extra}
"""


def cyrus_root():
    """The folder with the unpacked packages, or None. MBOXFERRY_CYRUS_ROOT names another one."""
    named = os.environ.get("MBOXFERRY_CYRUS_ROOT")
    home = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    cache = pathlib.Path("/var/cache" if os.geteuid() == 0 else home) / "mboxferry"
    folders = [pathlib.Path(named)] if named else sorted(cache.glob("cyrus-*"), reverse=True)
    return next((one for one in folders if (one / "usr/lib/cyrus/bin/master").exists()), None)


class Cyrus(ImapServer):
    """One private Cyrus. Options keep their values over stop, kill and restart.

    separator: `/` or `.`. prefix: empty, or INBOX and the separator, as Cyrus knows no other.
    special_use: each account begins with the mailboxes of SPECIAL_USE, marked as such.
    extra: more lines for imapd.conf.
    """

    name = "Cyrus"

    def __init__(self, users=None, *, separator=".", prefix="INBOX.", special_use=False, extra="",
                 pair=None, certificates=None, folder=None):
        self.root = cyrus_root()
        if self.root is None:
            raise FileNotFoundError("Cyrus is not unpacked here; tools/test does it")
        if prefix not in ("", "INBOX" + separator):
            raise ValueError(f"Cyrus has no prefix {prefix!r} with separator {separator!r}")
        super().__init__(users, pair=pair, certificates=certificates, folder=folder)
        self._prefix = prefix
        self._special_use = special_use
        if special_use:
            self._kept |= {prefix + name for name in SPECIAL_USE}
        self._extra = extra
        self._separator = separator
        self._passwords = None

    # Life

    def start(self):
        super().start()
        if self._special_use:
            for user in self.users:
                self._create_special_use(user)
        return self

    def _greets(self):
        """Cyrus goes on without a service whose port is taken."""
        try:
            with socket.create_connection(("127.0.0.1", self.tls_port), 1):
                return super()._greets()
        except OSError:
            return False

    def kill(self):
        super().kill()
        if self._passwords:
            self._passwords.close()
            self._passwords = None

    def _command(self):
        return [self.root / "usr/lib/cyrus/bin/master", "-C", self.folder / "imapd.conf",
                "-M", self.folder / "cyrus.conf", "-p", self.folder / "conf" / "master.pid", "-D"]

    def _environment(self):
        return {"LD_LIBRARY_PATH": ":".join(map(str, self.root.glob("usr/lib/*-linux-gnu*")))}

    def _write_files(self):
        conf, root = self.folder / "conf", os.geteuid() == 0
        me = pwd.getpwnam("mail") if root else pwd.getpwuid(os.geteuid())
        for folder in (conf, conf / "socket", self.folder / "spool"):
            folder.mkdir(exist_ok=True)
        key = conf / "server.key"
        shutil.copyfile(self.pair.key, key)
        key.chmod(0o600)
        if root:
            for path in (conf, conf / "socket", self.folder / "spool", key):
                os.chown(path, me.pw_uid, me.pw_gid)
        (self.folder / "imapd.conf").write_text(IMAPD_CONF.format(
            folder=self.folder, user=me.pw_name, certificate=self.pair.certificate,
            unix_separator="yes" if self._separator == "/" else "no",
            alternative_namespace="no" if self._prefix else "yes", extra=self._extra))
        (self.folder / "cyrus.conf").write_text(CYRUS_CONF.format(
            bin=self.root / "usr/lib/cyrus/bin", folder=self.folder, port=self.port,
            tls_port=self.tls_port))
        self._passwords = PasswordService(conf / "socket" / "auth", self.users)

    def _create_special_use(self, user):
        with self.session(user) as connection:
            present = self.mailboxes(client=connection)
            for name in SPECIAL_USE:
                mailbox = self._prefix + name
                if mailbox not in present:
                    check(connection._simple_command("CREATE", quoted(mailbox),
                                                     f"(USE (\\{name}))"))
                    check(connection.subscribe(quoted(mailbox)))


class PasswordService:
    """Answers as saslauthd does: four strings of a 16-bit length come in, one goes out."""

    def __init__(self, path, users):
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
        self._users = {name.encode(): as_bytes(password) for name, password in users.items()}
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.bind(str(path))
        path.chmod(0o666)
        self._socket.listen(64)
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self):
        """Ends the service; the thread ends with it."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _serve(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError, struct.error):
                connection.settimeout(10)
                self._answer(connection)

    def _answer(self, connection):
        with connection.makefile("rb") as stream:
            user, password, _service, _realm = (_counted(stream) for _ in range(4))
        answer = b"OK" if self._users.get(user) == password else b"NO"
        connection.sendall(struct.pack("!H", len(answer)) + answer)


def _counted(stream):
    length, = struct.unpack("!H", stream.read(2))
    return stream.read(length)
