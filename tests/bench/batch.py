# SPDX-License-Identifier: Apache-2.0
# What `batch` costs: time and memory an account, beside single runs at the same concurrency.
"""tools/bench batch [--accounts N] [--messages N] [--at-once N] [--rounds N] [--rows N]

Makes N accounts (1000) in a private Dovecot that syncs as by default, each with an archive of its own
with a few messages (10). In turn, N times: one `batch` over all of them, and as many `migrate` as
there are accounts, N (4) at a time, into accounts that are as fresh. Both get one connection an
account, so that they differ in nothing but who starts what. Then the batch again, where nothing is
left to do, a batch of a tenth of the accounts, for the memory, and the check of a CSV of --rows rows
(100000), whose archives are all looked for.
"""

import argparse
import contextlib
import datetime
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

from bench import measure
from bench.upload_place import IMPORTED, use_even_disk
from support import archives
from support.batch import csv_text
from support.dovecot import Dovecot
from support.program import environment

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("MBOXFERRY", ROOT / "build/release/bin/mboxferry")).absolute()
COLUMNS = ("archive", "host", "port", "user", "password_file", "ca_file")
ONE_CONNECTION = "--connections=1"


class Place:
    """The server, and archives that every round moves into accounts of its own."""

    def __init__(self, folder, server, options):
        self.folder, self.server, self.options = folder, server, options
        self.environment = environment(folder)
        self.archives = [folder / f"archive{number}.mbox" for number in range(options.accounts)]
        for number, path in enumerate(self.archives):
            archives.make(path, options.messages, seed=number + 1)
        self.password_file = server.password_file(folder=folder)

    def write_csv(self, name, users):
        rows = [{"archive": archive, "host": self.server.host, "port": self.server.tls_port,
                 "user": user, "password_file": self.password_file, "ca_file": self.server.ca_file}
                for archive, user in zip(self.archives, users)]
        path = self.folder / name
        path.write_text(csv_text(rows, COLUMNS))
        return path

    def batch(self, csv, *more):
        return measure.run([PROGRAM, "batch", csv, "--state-dir", f"{csv}.state",
                            f"--accounts-at-once={self.options.at_once}", "--progress=none",
                            *more], env=self.environment)

    def singles(self, name, users):
        """The same by single runs; the peak is that of one of them."""
        state = self.folder / f"{name}.state"

        def migrate(pair):
            archive, user = pair
            subprocess.run([PROGRAM, "migrate", archive, "--to", self.server.url(user=user),
                            "--ca-file", self.server.ca_file, "--password-file", self.password_file,
                            "--state-dir", state, "--progress=none", ONE_CONNECTION],
                           check=True, env=self.environment, stdout=subprocess.DEVNULL)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.perf_counter()
        with ThreadPoolExecutor(self.options.at_once) as pool:
            list(pool.map(migrate, zip(self.archives, users)))
        seconds = time.perf_counter() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return measure.Run(seconds, cpu, 0)


def check(place, users):
    """Nobody has a message too many or too few."""
    for archive, user in zip(place.archives, users):
        found = place.server.count(user, archive.stem)
        if found != place.options.messages:
            raise SystemExit(f"{user} has {found} messages instead of {place.options.messages}")


def check_many_rows(place, rows):
    """Seconds and memory for a CSV whose accounts are all looked at and none is chosen."""
    folder = place.folder / "many"
    folder.mkdir()
    first = folder / "0.mbox"
    first.write_bytes(place.archives[0].read_bytes())
    links = 30_000  # a file system lets one file have so many names
    for number in range(1, rows):
        path = folder / f"{number}.mbox"
        if number % links == 0:
            first = path
            first.write_bytes(place.archives[0].read_bytes())
        else:
            os.link(first, path)
    csv = folder / "accounts.csv"
    csv.write_text(csv_text([{"archive": f"{number}.mbox", "host": "localhost", "port": 993,
                              "user": f"user{number}@example.org", "password": "secret"}
                             for number in range(rows)],
                            ("archive", "host", "port", "user", "password")))
    csv.chmod(0o600)
    # A choice that meets nobody is an error (64), found when all rows are read.
    return measure.run(["sh", "-c", '"$@"; [ $? = 64 ]', "sh", PROGRAM, "batch", csv, "--state-dir",
                        folder / "state", "--progress=none", "--only", "nobody"],
                       env=place.environment)


def line(name, run, accounts):
    peak = f"{run.peak_kib / 1024:.1f}" if run.peak_kib else "-"
    return (f"| {name} | {run.seconds:.1f} | {run.seconds / accounts * 1000:.1f} | "
            f"{run.cpu_seconds / accounts * 1000:.1f} | {peak} |")


def users_of(number, options):
    return [f"r{number}u{one}" for one in range(options.accounts)]


def measure_all(options, place):
    count = options.accounts
    batches, singles, again = [], [], []
    for number in range(options.rounds):
        ours, theirs = users_of(2 * number, options), users_of(2 * number + 1, options)
        csv = place.write_csv(f"round{number}.csv", ours)
        turns = [lambda: batches.append(place.batch(csv, ONE_CONNECTION)),
                 lambda: singles.append(place.singles(f"singles{number}", theirs))]
        for turn in turns if number % 2 == 0 else reversed(turns):
            turn()
        again.append(place.batch(csv, ONE_CONNECTION))
        check(place, ours)
        check(place, theirs)
    tenth = users_of(2 * options.rounds, options)[:max(count // 10, 1)]
    fewer = place.batch(place.write_csv("tenth.csv", tenth), ONE_CONNECTION)
    batch, single = measure.median(batches), measure.median(singles)
    yield "| | s | ms an account | processor ms an account | peak MiB |\n| --- | --- | --- | --- | --- |"
    yield line(f"`batch`, {count} accounts", batch, count)
    yield line(f"{count} times `migrate`", single, count)
    yield line("`batch` again, all complete", measure.median(again), count)
    yield line(f"`batch`, {len(tenth)} accounts", fewer, len(tenth))
    yield f"\nThe batch takes {batch.seconds / single.seconds:.3f} times as long as the single runs."
    if options.rows:
        many = check_many_rows(place, options.rows)
        yield (f"A CSV of {options.rows} rows is checked in {many.seconds:.2f} s with "
               f"{many.peak_kib / 1024:.1f} MiB.")


def parser():
    found = argparse.ArgumentParser(prog="tools/bench batch", description=__doc__,
                                    formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in (("accounts", 1000), ("messages", 10), ("at-once", 4), ("rounds", 3)):
        found.add_argument(f"--{name}", type=int, default=value)
    found.add_argument("--even-disk", type=float, metavar="MS",
                       help="everything in memory (/dev/shm), and every sync, of the server and of "
                            "mboxferry, takes so many milliseconds")
    found.add_argument("--rows", type=int, default=100_000, help="0: none")
    return found


def main():
    options = parser().parse_args()
    if options.even_disk is not None:
        use_even_disk(options.even_disk)
        tempfile.tempdir = "/dev/shm"
    print(f"{datetime.date.today()}, {measure.machine()}; {options.messages} messages an account, "
          f"{options.at_once} accounts at once, medians of {options.rounds} rounds:\n", flush=True)
    users = {user: "secret" for number in range(2 * options.rounds + 1)
             for user in users_of(number, options)}
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mf-bench-")))
        server = stack.enter_context(Dovecot(users, mail_fsync="optimized", extra=IMPORTED))
        for text in measure_all(options, Place(folder, server, options)):
            print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
