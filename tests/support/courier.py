# SPDX-License-Identifier: Apache-2.0
# A private Courier IMAP in a temporary folder, on free loopback ports.
"""Runs Courier 5 from a folder that its Debian packages were unpacked into (tools/lib/install.sh).

The packages cannot be installed beside Dovecot's, and their paths are compiled in. So Courier runs
in a root folder of its own, in which its packages and the machine's libraries are mounted: in a mount
namespace, so that no other process sees these mounts and they end with the server. That takes root.
"""

import base64
import contextlib
import hashlib
import os
import pathlib
import pwd
import signal
import socket
import subprocess
import time

from .imap_server import ImapServer, as_bytes

# Run with $packages, $root (the server's root folder), $port and $tls_port.
LAUNCH = """
set -e
mount --make-rprivate /
place() { mkdir -p "$2" && mount --bind "$1" "$2"; }
for folder in /dev /usr/lib64 /usr/lib/*-linux-gnu*; do
  [ ! -d "$folder" ] || place "$folder" "$root$folder"
done
for folder in /usr/lib/courier-authlib /usr/libexec; do place "$packages$folder" "$root$folder"; done
place "$packages" "$root/courier"
run() { exec chroot "$root" "$@"; }
bin=/courier/usr
tcpd="$bin/sbin/couriertcpd -address=127.0.0.1 -maxprocs=200 -maxperip=200 -nodnslookup -noidentlookup"
login="$bin/lib/courier/courier/imaplogin $bin/bin/imapd Maildir"
run $bin/lib/courier/courier-authlib/authdaemond &
run $tcpd "$port" $login &
IMAP_TLS=1 run $tcpd "$tls_port" $bin/bin/couriertls -server -tcpd $login
"""

CAPABILITIES = ("IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT "
                "QUOTA IDLE")


def courier_root():
    """The folder with the unpacked packages, or None, also where only root could start it.
    MBOXFERRY_COURIER_ROOT names another one."""
    named = os.environ.get("MBOXFERRY_COURIER_ROOT")
    cache = pathlib.Path("/var/cache/mboxferry")
    folders = [pathlib.Path(named)] if named else sorted(cache.glob("courier-*"), reverse=True)
    found = (one for one in folders if (one / "usr/bin/imapd").exists())
    return next(found, None) if os.geteuid() == 0 else None


class Courier(ImapServer):
    """One private Courier. Options keep their values over stop, kill and restart.

    It has but one way to name mailboxes: separator `.`, prefix `INBOX.`. It has no special uses.
    quota: bytes of an account. keywords: whether it keeps flags besides those of RFC 3501.
    """

    name = "Courier"
    below = "INBOX."

    def __init__(self, users=None, *, separator=".", prefix="INBOX.", special_use=False, quota=None,
                 keywords=True, pair=None, certificates=None, folder=None):
        self.packages = courier_root()
        if self.packages is None:
            raise FileNotFoundError("Courier is not unpacked here; tools/test does it")
        if (separator, prefix, special_use) != (".", "INBOX.", False):
            raise ValueError("Courier has separator \".\", prefix \"INBOX.\", and no special uses")
        super().__init__(users, pair=pair, certificates=certificates, folder=folder)
        self.root = self.folder / "root"
        self._quota = quota
        self._settings = {
            "IMAP_CAPABILITY": CAPABILITIES, "IMAP_CAPABILITY_TLS": CAPABILITIES + " AUTH=PLAIN",
            "IMAP_KEYWORDS": str(int(keywords))}

    def set_quota(self, size, user=None):
        """Bytes that the account may have. What it has is counted anew at the next look."""
        path = self.root / "home" / (user or next(iter(self.users))) / "Maildir" / "maildirsize"
        path.write_text(f"{size}S\n")
        owner = pwd.getpwnam("mail")
        os.chown(path, owner.pw_uid, owner.pw_gid)

    # Life

    def _greets(self):
        """Logins work once the socket of the process that checks passwords is there."""
        try:
            with socket.create_connection(("127.0.0.1", self.tls_port), 1):
                return self._passwords().exists() and super()._greets()
        except OSError:
            return False

    def _passwords(self):
        return self.root / "run/courier/authdaemon/socket"

    def kill(self):
        """Courier's helpers leave the session: whatever runs below the root folder is ours."""
        super().kill()
        deadline = time.monotonic() + 20
        while (left := self._processes()) and time.monotonic() < deadline:
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.005)

    def _processes(self):
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    if os.readlink(entry / "root") == str(self.root):
                        found.append(int(entry.name))
        return found

    def _command(self):
        names = {"packages": self.packages, "root": self.root, "port": self.port,
                 "tls_port": self.tls_port}
        head = "".join(f"{name}='{value}'\n" for name, value in names.items())
        return ["unshare", "--mount", "sh", "-c", head + LAUNCH]

    def _environment(self):
        return {
            "LD_LIBRARY_PATH": self._libraries("/courier"),
            "GAM_CLIENT_ID": self.folder.name,
            "TLS_CERTFILE": "/etc/courier/server.pem", "TLS_VERIFYPEER": "NONE",
            "COURIERTLS": "/courier/usr/bin/couriertls", "IMAP_STARTTLS": "YES",
            "IMAP_TLS_REQUIRED": "0", "IMAP_MAILBOX_SANITY_CHECK": "1", "IMAP_USELOCKS": "1",
            "IMAP_IDLE_TIMEOUT": "60", "IMAP_ENHANCEDIDLE": "0", "IMAP_OBSOLETE_CLIENT": "0",
            "IMAP_DISABLETHREADSORT": "0", "IMAP_CHECK_ALL_FOLDERS": "0", "IMAP_UMASK": "022",
            "IMAP_ACL": "1", "IMAP_TRASHFOLDERNAME": "Trash", "IMAP_EMPTYTRASH": "",
            "IMAP_MOVE_EXPUNGE_TO_TRASH": "0", "HEADERFROM": "X-IMAP-Sender", **self._settings}

    def _libraries(self, packages):
        """`packages` is where they are for the program that needs them."""
        below = [path.relative_to(self.packages)
                 for path in (self.packages / "usr/lib").glob("*-linux-gnu*")]
        return ":".join(f"{packages}/{one}" for one in ("usr/lib", *below))

    # Files

    def _write_files(self):
        for name in ("etc/courier", "run/courier/authdaemon", "home", "tmp"):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        (self.root / "tmp").chmod(0o1777)
        self._passwords().unlink(missing_ok=True)
        for name in ("lib", "lib64"):
            link = self.root / name
            if not link.is_symlink():
                link.symlink_to(f"usr/{name}")
        settings = self.root / "etc/courier"
        owner = pwd.getpwnam("mail")
        (self.root / "etc/passwd").write_text(
            f"root:x:0:0::/:\ncourier:x:0:0::/:\nmail:x:{owner.pw_uid}:{owner.pw_gid}::/home:\n")
        pem = settings / "server.pem"
        pem.write_text(self.pair.key.read_text() + self.pair.certificate.read_text())
        pem.chmod(0o600)
        (settings / "authdaemonrc").write_text(
            'authmodulelist="authuserdb"\nauthmodulelistorig="authuserdb"\ndaemons=5\n'
            "DEBUG_LOGIN=0\n")
        for user in self.users:
            self._make_home(user, owner)
        self._write_accounts(settings, owner)

    def _make_home(self, user, owner):
        maildir = self.root / "home" / user / "Maildir"
        if maildir.exists():
            return
        for folder in (maildir.parent, maildir, *(maildir / name for name in ("cur", "new", "tmp"))):
            folder.mkdir()
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        if self._quota is not None:
            self.set_quota(self._quota, user)

    def _write_accounts(self, settings, owner):
        """As makeuserdb does. Courier compares hashed passwords only."""
        public, secret = [], []
        for user, password in self.users.items():
            fields = (f"uid={owner.pw_uid}|gid={owner.pw_gid}|home=/home/{user}|shell=/bin/false|"
                      "_=")
            public.append(f"{user}\t{fields}\n")
            secret.append(f"{user}\tsystempw={_hashed(password)}\n")
        program = self.packages / "usr/lib/courier/courier-authlib/makedatprog"
        libraries = {"LD_LIBRARY_PATH": self._libraries(self.packages)}
        for name, lines in (("userdb", public), ("userdbshadow", secret)):
            subprocess.run([program, "-", settings / f"{name}.tmp", settings / f"{name}.dat"],
                           input="".join(lines) + ".\n", text=True, check=True, env=libraries)


def _hashed(password):
    return "{SHA256}" + base64.b64encode(hashlib.sha256(as_bytes(password)).digest()).decode()
