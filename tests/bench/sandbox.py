# SPDX-License-Identifier: Apache-2.0
"""tools/bench sandbox [--rounds N] [--scan] [--against PROGRAM]: what the sandbox costs. scan of an mbox
and of 5,000 message files, migrate and batch into a private Dovecot, each with and without --no-sandbox,
in turn. --against: the runs without it are those of PROGRAM, such as one built with MBOXFERRY_HARDEN=OFF:
what the sandbox and the compiler's guards cost together."""

import argparse
import os
import pathlib
import statistics
import tempfile

from bench import measure
from support import archives
from support.batch import COLUMNS, csv_text
from support.dovecot import Dovecot

PROGRAM = pathlib.Path(os.environ.get("MBOXFERRY", "build/release/bin/mboxferry")).resolve()
FILES, ACCOUNTS = 5_000, 20


def write_message_files(folder):
    folder.mkdir()
    for number in range(FILES):
        (folder / f"{number}.eml").write_text(
            f"From: a@example.org\nSubject: {number}\nMessage-ID: <{number}@example.org>\n\nbody\n")


class Work:
    """The commands; each run of one that sends has a state of its own."""

    def __init__(self, folder, server):
        self.folder, self.server = folder, server
        self.runs = 0
        archives.make(folder / "mail.mbox", 20_000, seed=1)
        write_message_files(folder / "files")
        rows = []
        for number, user in enumerate(server.users):
            archives.make(folder / f"{user}.mbox", 200, seed=number)
            rows.append({"archive": f"{user}.mbox", "host": server.host, "port": server.tls_port,
                         "user": user, "password": server.users[user], "ca_file": server.ca_file})
        accounts = folder / "accounts.csv"
        accounts.touch(mode=0o600)
        accounts.write_text(csv_text(rows, COLUMNS))

    def scan_mbox(self):
        return ["scan", "--json", "--progress=none", self.folder / "mail.mbox"]

    def scan_files(self):
        return ["scan", "--json", "--progress=none", self.folder / "files"]

    def migrate(self):
        user = next(iter(self.server.users))
        self.server.delete_all(user)
        self.runs += 1
        return ["migrate", self.folder / "mail.mbox", "--to", self.server.url("Old", user),
                "--ca-file", self.server.ca_file, "--password-file", self.server.password_file(user),
                "--journal", self.folder / f"{self.runs}.journal", "--progress=none"]

    def batch(self):
        for user in self.server.users:
            self.server.delete_all(user)
        self.runs += 1
        return ["batch", self.folder / "accounts.csv", "--progress=none", "--state-dir",
                self.folder / f"state{self.runs}"]


def compare(name, command, rounds, other):
    runs = {True: [], False: []}
    for number in range(rounds):
        # Whoever comes first finds colder caches: they take turns.
        for confined in (True, False) if number % 2 else (False, True):
            runs[confined].append(measure.run([PROGRAM, *command()] if confined else
                                              [other, *command(), "--no-sandbox"]))
    with_it, without = measure.median(runs[True]), measure.median(runs[False])
    pairs = [one.cpu_seconds / other.cpu_seconds for one, other in zip(runs[True], runs[False])]
    print(f"| {name} | {with_it.seconds:.3f} | {without.seconds:.3f} "
          f"| {with_it.seconds / without.seconds:.3f} | {with_it.cpu_seconds:.3f} "
          f"| {without.cpu_seconds:.3f} | {with_it.cpu_seconds / without.cpu_seconds:.3f} "
          f"| {statistics.median(pairs):.3f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(prog="tools/bench sandbox", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scan", action="store_true", help="only the first two rows")
    parser.add_argument("--against", type=pathlib.Path, default=PROGRAM, metavar="PROGRAM")
    arguments = parser.parse_args()
    other = arguments.against.resolve()
    users = {f"user{number:02}": f"of {number}" for number in range(ACCOUNTS)}
    with tempfile.TemporaryDirectory(prefix="mboxferry-bench-") as name, \
            Dovecot(users, separator="/") as server:
        work = Work(pathlib.Path(name), server)
        print(f"{measure.machine()}\n\nWith and without the sandbox, medians of {arguments.rounds} "
              "runs in turn:\n\n| what | seconds | without | ratio | CPU seconds | without | ratio "
              "| pair by pair |\n| --- | --- | --- | --- | --- | --- | --- | --- |")
        compare("scan, mbox", work.scan_mbox, arguments.rounds, other)
        compare(f"scan, {FILES:,} message files", work.scan_files, arguments.rounds, other)
        if arguments.scan:
            return
        compare("migrate, 20,000 messages", work.migrate, arguments.rounds, other)
        compare(f"batch, {ACCOUNTS} accounts", work.batch, arguments.rounds, other)


if __name__ == "__main__":
    main()
