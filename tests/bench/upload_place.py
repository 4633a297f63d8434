# SPDX-License-Identifier: Apache-2.0
# What an upload needs besides a program: an archive, a server with fresh accounts, a line.
"""Everything is on one disk, below the folder of the run; archives are kept for the next run."""

import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
from dataclasses import dataclass

from support.cyrus import Cyrus
from support.dovecot import Dovecot, default_capabilities
from support.imap_server import ImapServer

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("MBOXFERRY", ROOT / "build/release/bin/mboxferry")).absolute()
# MBOXFERRY may name a program of another tree.
TOOLS = PROGRAM.parent if (PROGRAM.parent / "delay_line").exists() else ROOT / "build/release/bin"
COUNTS = {"mixed": 5_000, "small": 20_000}  # about 227 MB and 61 MB
PASSWORD = "secret"
# Dovecot's processes see no more of the environment than this.
IMPORTED = "import_environment = TZ LD_PRELOAD EVEN_DISK_MS\n"


def use_even_disk(milliseconds):
    """From now on a sync of any program, and of any server, takes so long."""
    library = TOOLS / "libeven_disk.so"
    even = {"LD_PRELOAD": str(library), "EVEN_DISK_MS": str(milliseconds)}
    os.environ.update(even)
    ImapServer.environment = even


@dataclass
class Corpus:
    """Messages for `mailboxes` mailboxes: one mbox each, below `folder` when they are several."""

    kind: str
    messages: int
    files: list
    folder: pathlib.Path = None

    def bytes(self):
        return sum(file.stat().st_size for file in self.files)

    def archive(self):
        """What mboxferry is given."""
        return self.folder or self.files[0]


def make_corpus(store, kind, messages, mailboxes=1):
    """From `store` if it is there, else made. The messages are divided evenly."""
    folder = store / f"{kind}-{messages}-{mailboxes}"
    each = max(messages // mailboxes, 1)
    files = [folder / f"box{number}.mbox" for number in range(mailboxes)]
    folder.mkdir(parents=True, exist_ok=True)
    for number, file in enumerate(files):
        if not file.exists():
            # Outside of the folder, which mboxferry is given as a whole.
            draft = store / f"draft-{os.getpid()}"
            subprocess.run([sys.executable, "-B", ROOT / "fixtures/generate.py", "upload", kind,
                            str(each), str(number * each), draft], check=True,
                           stdout=subprocess.DEVNULL)
            draft.rename(file)
    return Corpus(kind, each * mailboxes, files, folder if mailboxes > 1 else None)


MASKS = {"auto": (), "multiappend": (), "literal-plus": ("MULTIAPPEND",),
         "literal-minus": ("MULTIAPPEND", "LITERAL+"),
         "synchronizing": ("MULTIAPPEND", "LITERAL+", "LITERAL-")}


def make_server(name, folder, accounts, hidden=(), literal_minus=False):
    """Not started. It syncs to disk as by default. accounts: how many it has; `hidden`: capabilities
    that it does not tell."""
    users = {f"m{number}": PASSWORD for number in range(accounts)}
    folder.mkdir()
    if name == "cyrus":
        if literal_minus:
            raise SystemExit("Cyrus has no LITERAL- that could be told")
        extra = f"suppress_capabilities: {' '.join(hidden)}\n" if hidden else ""
        return Cyrus(users, separator="/", prefix="", folder=folder, extra=extra)
    words = None
    if hidden or literal_minus:
        words = [word for word in default_capabilities() if word not in hidden]
        words = " ".join(words + ["LITERAL-"] * literal_minus)
    return Dovecot(users, mail_fsync="optimized", capabilities=words, folder=folder, extra=IMPORTED)


def mode_of(server, wanted):
    """The mode that a client can use at best."""
    if wanted != "auto":
        return wanted
    with server.session() as client:
        told = client.capability()[1][0].decode().upper().split()
    return next((mode for mode, needed in (("multiappend", "MULTIAPPEND"),
                                           ("literal-plus", "LITERAL+"),
                                           ("literal-minus", "LITERAL-")) if needed in told),
                "synchronizing")


class Accounts:
    """Accounts of `server` that nobody has used."""

    def __init__(self, server):
        self._server = server
        self._unused = iter(server.users)
        # One file for all, since they share the password.
        self.password_file = server.password_file()

    @contextlib.contextmanager
    def fresh(self):
        """A user; the mail is removed afterwards. Nothing that was written before is waiting for
        the disk."""
        user = next(self._unused)
        os.sync()
        try:
            yield user
        finally:
            if isinstance(self._server, Dovecot):
                shutil.rmtree(self._server.folder / "mail" / user, ignore_errors=True)
            else:
                self._server.delete_all(user)

    def stored(self, user):
        """Messages in all mailboxes."""
        with self._server.session(user) as client:
            return sum(self._server.count(mailbox=name, client=client)
                       for name in self._server.mailboxes(client=client))


@contextlib.contextmanager
def line_to(server, round_trip_ms, bits_per_second):
    """The port to connect to. Without delay and cap it is the server's own."""
    if not round_trip_ms and not bits_per_second:
        yield server.tls_port
        return
    with subprocess.Popen([TOOLS / "delay_line", "--server-port", str(server.tls_port),
                           "--one-way-ms", str(round_trip_ms / 2), "--cap", str(bits_per_second)],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as line:
        yield int(line.stdout.readline())
        line.stdin.close()
