# SPDX-License-Identifier: Apache-2.0
# A private Dovecot with Pigeonhole: ManageSieve, and mail that dovecot-lda delivers by the scripts.
"""The unpacked packages are laid over /usr/lib/dovecot in a mount namespace of the server's own, so
that only root can run it. Stand-ins for other servers are in fake_managesieve.py."""

import os
import re
import socket
import subprocess
import time

from .dovecot import Dovecot
from .imap_server import free_ports
from .pigeonhole import unpacked_with

CONFIG = """
protocols = imap sieve
plugin {{
  sieve = file:~/sieve;active=~/.dovecot.sieve
  {settings}
}}
protocol lda {{
  mail_plugins = sieve
  postmaster_address = postmaster@example.org
}}
service managesieve-login {{
  inet_listener sieve {{
    port = {port}
  }}
  inet_listener sieves {{
    port = {tls_port}
    ssl = yes
  }}
}}
service managesieve {{
}}
lda_mailbox_autocreate = yes
{extra}
"""


def why_not():
    """Why the server cannot run here, or None."""
    if _root() is None:
        return "skipped: Pigeonhole's ManageSieve is not unpacked here; tools/test does it"
    if os.geteuid() != 0:
        return "skipped: only root can lay Pigeonhole over Dovecot"
    tried = subprocess.run(["unshare", "-m", "sh", "-c", _mounts("true")], capture_output=True,
                           check=False)
    return None if tried.returncode == 0 else "skipped: no overlay can be mounted here"


def _root():
    return unpacked_with("usr/lib/dovecot/managesieve", "managesieve-*")


def _mounts(then):
    over = f"{_root()}/usr/lib/dovecot"
    return ("mount --make-rprivate / && mount -t overlay overlay "
            f"-o lowerdir={over}:/usr/lib/dovecot /usr/lib/dovecot && {then}")


class SieveDovecot(Dovecot):
    """settings: lines for Pigeonhole, such as `sieve_max_script_size = 10K`."""

    def __init__(self, users=None, *, settings="", extra="", **options):
        self.sieve_port, self.sieve_tls_port = free_ports(2)
        super().__init__(users, special_use=True, separator="/", extra=CONFIG.format(
            settings=settings, port=self.sieve_port, tls_port=self.sieve_tls_port, extra=extra),
            **options)

    def _command(self):
        inner = " ".join(super()._command())
        return ["unshare", "-m", "sh", "-c", _mounts(f"exec {inner}")]

    def start(self):
        super().start()
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                with socket.create_connection(("127.0.0.1", self.sieve_port), 2) as one:
                    if one.recv(100):
                        return self
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"no ManageSieve: {self.log_text()}")

    def deliver(self, message, sender="bounce@neutral.example", user=None):
        """A message through dovecot-lda, as a mail server would hand it over."""
        user = user or next(iter(self.users))
        done = subprocess.run(
            ["nsenter", "-t", str(self._process.pid), "-m", "/usr/lib/dovecot/dovecot-lda", "-c",
             self.folder / "dovecot.conf", "-d", user, "-f", sender, "-a", f"{user}@example.org"],
            input=message.encode(), capture_output=True, check=False, timeout=60)
        if done.returncode != 0:
            raise AssertionError(f"dovecot-lda: {done.returncode} {done.stderr.decode()} "
                                 f"{self.log_text()[-2000:]}")

    def scripts(self, user=None):
        """{name: content} as they lie on the disk."""
        folder = self.folder / "mail" / (user or next(iter(self.users))) / "sieve"
        return {path.name.removesuffix(".sieve"): path.read_bytes()
                for path in folder.glob("*.sieve")} if folder.exists() else {}

    def active(self, user=None):
        """The name of the active script, or None."""
        link = self.folder / "mail" / (user or next(iter(self.users))) / ".dovecot.sieve"
        if not link.is_symlink():
            return None
        return re.sub(r"\.sieve$", "", os.path.basename(os.readlink(link)))
