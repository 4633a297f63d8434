# SPDX-License-Identifier: Apache-2.0
# Programs of Debian that put an mbox into an IMAP mailbox, each in the way it is fastest at.
"""A peer is slow where it waits for every message, so that it gets the first messages of the
archive only. What it would need before it could start, such as a Maildir, is made before the clock.
"""

import mailbox
import os
import shutil
import sys

from bench import measure
from bench.upload_contenders import MAILBOX, check_stored
from bench.upload_place import PASSWORD, ROOT
from bench.upload_table import Run
from support.program import environment

# How many messages at most: without a delay, and with one.
MOST = {"mailutil": (100_000, 200), "mbsync": (5_000, 1_000), "mutt": (1_000, 200),
        "imaplib": (1_000, 200)}

PATIENCE = "3600"  # seconds, for a program that asks something nobody answers

MBSYNC_RC = """
IMAPStore there
Host localhost
Port {port}
User {user}
Pass {password}
SSLType IMAPS
CertificateFile {ca_file}

MaildirStore here
Path {maildirs}/
Inbox {maildirs}/Inbox
SubFolders Verbatim

Channel all
Far :there:
Near :here:
Patterns {mailbox}
Sync Push
Create Far
CopyArrivalDate yes
SyncState {state}/
"""

MUTT_RC = """
set imap_user={user} imap_pass={password} ssl_starttls=yes ssl_force_tls=yes
set certificate_file={ca_file}
set confirmappend=no confirmcreate=no delete=no quit=yes move=no copy=no wait_key=no
set folder={home} sort=mailbox-order
"""
MUTT_KEYS = ("<tag-pattern>~A<enter><tag-prefix><copy-message><kill-line>"
             "imaps://localhost:{port}/{mailbox}<enter><exit>")


class Peer:
    """One program. `command` gives what to run, and what it reads from standard input."""

    def __init__(self, name, command):
        self.name, self._command = name, command

    def run(self, place, number):
        archive, messages = beginning(place, MOST[self.name][bool(place.round_trip_ms)])
        home = place.folder / "home"
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        with place.accounts.fresh() as user:
            command, stdin = self._command(place, user, archive, home)
            done = measure.run(["timeout", PATIENCE, *command], stdin, cwd=home,
                               env=environment(home, TERM="xterm", PYTHONPATH=ROOT / "tests"))
            check_stored(place, user, self.name, messages)
        return Run(self.name, number, messages, archive.stat().st_size, done.seconds, done.seconds,
                   done.cpu_seconds, done.peak_kib)


def beginning(place, most):
    """An mbox with the first messages of the corpus, and how many."""
    file = place.corpus.files[0]
    if place.corpus.messages <= most:
        return file, place.corpus.messages
    part = file.with_name(f"first-{most}.mbox")
    if not part.exists():
        part.write_bytes(first_messages(file, most))
    return part, most


def first_messages(file, count):
    """Bodies of these archives have no line that begins with `From `."""
    with open(file, "rb") as lines:
        found, separators = [], 0
        for line in lines:
            separators += line.startswith(b"From ")
            if separators > count:
                break
            found.append(line)
    return b"".join(found)


def mailutil(place, user, archive, home):
    # It may write to the mbox that it copies from, opens none as root, and reads a password that
    # is not typed from standard input when it has no terminal.
    shutil.copyfile(archive, home / "archive.mbox")
    target = f"{{localhost:{place.port}/imap/ssl/novalidate-cert/user={user}}}{MAILBOX}"
    command = ["mailutil", "copy", "archive.mbox", target]
    if os.geteuid() == 0:
        for path in (home, home / "archive.mbox"):
            shutil.chown(path, "nobody", "nogroup")
        command = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", *command]
    return command, PASSWORD.encode() + b"\n"


def mutt(place, user, archive, home):
    # It copies arrival dates and flags, and needs a terminal.
    shutil.copyfile(archive, home / "archive.mbox")
    (home / "muttrc").write_text(MUTT_RC.format(user=user, password=PASSWORD, home=home,
                                                ca_file=place.server.ca_file))
    keys = MUTT_KEYS.format(port=place.port, mailbox=MAILBOX)
    command = f"mutt -n -F muttrc -f archive.mbox -e 'push \"{keys}\"'"
    return ["script", "-q", "-e", "-c", command, "/dev/null"], b""


def mbsync(place, user, archive, home):
    maildirs = home / "maildirs"
    maildirs.mkdir()
    fill_maildir(archive, maildirs / MAILBOX)
    (home / "state").mkdir()
    (home / "mbsyncrc").write_text(MBSYNC_RC.format(
        port=place.port, user=user, password=PASSWORD, ca_file=place.server.ca_file,
        maildirs=maildirs, mailbox=MAILBOX, state=home / "state"))
    return ["mbsync", "-q", "-c", home / "mbsyncrc", "all"], b""


def fill_maildir(archive, folder):
    maildir = mailbox.Maildir(folder)
    for message in mailbox.mbox(archive, create=False):
        maildir.add(mailbox.MaildirMessage(message))


def imaplib(place, user, archive, _home):
    return ([sys.executable, "-B", "-m", "bench.imaplib_upload", archive, place.port, user,
             place.accounts.password_file, place.server.ca_file, MAILBOX], b"")


PEERS = {"mailutil": mailutil, "mbsync": mbsync, "mutt": mutt, "imaplib": imaplib}


def chosen(names):
    return [Peer(name, PEERS[name]) for name in names]
