# SPDX-License-Identifier: Apache-2.0
"""tools/bench senders [--messages N] [--rounds N] [--migrate]: messages judged per second by sender
lists of three sizes, against a loop of fnmatch(3) and RE2::Set (libre2-dev), in one run; and what a
list of 100,000 entries adds to reading an archive, and to the time and memory of migrating N
messages (40,000) into a private Dovecot. --migrate: only this."""

import argparse
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

from support import archives
from support.dovecot import Dovecot

PROGRAM = pathlib.Path(os.environ.get("MBOXFERRY", "build/release/bin/mboxferry"))


def user_seconds(arguments):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def write_many(path):
    """A list of 100,000 entries."""
    path.write_text("".join(
        f"user{i}@x{i}.example\n*@d{i}.example\n*@*.s{i}.example\ntoto*@t{i}.example\n"
        for i in range(25_000)))


def migrations(folder, messages, rounds):
    """Wall and CPU seconds and KiB of each kind of run, one kind after the other in each round."""
    archives.make(folder / "m.mbox", messages, seed=2)
    kinds = {"no list": [], "report": ["--senders", folder / "many", "--blocked=report"],
             "junk": ["--senders", folder / "many"]}
    seconds = {kind: [] for kind in kinds}
    cpu = {kind: [] for kind in kinds}
    memory = {kind: 0 for kind in kinds}
    with Dovecot({"alice": "secret"}, separator="/", special_use=True) as server:
        for number in range(rounds):
            for kind, options in kinds.items():
                server.delete_all()
                told = folder / "told"
                begun = time.monotonic()
                subprocess.run(
                    ["/usr/bin/time", "-f", "%U %S %M", "-o", told, PROGRAM, "migrate", folder / "m.mbox",
                     "--to", server.url("Old"), "--ca-file", server.ca_file, "--password-file",
                     server.password_file("alice"), "--journal", folder / f"{kind}{number}.journal",
                     "--progress=none", *options], check=True, stdout=subprocess.DEVNULL)
                seconds[kind].append(time.monotonic() - begun)
                user, system, peak = told.read_text().split()[-3:]
                cpu[kind].append(float(user) + float(system))
                memory[kind] = max(memory[kind], int(peak))
    plain = statistics.median(seconds["no list"])
    for kind, times in seconds.items():
        ratios = [one / other for one, other in zip(times, seconds["no list"])]
        print(f"migrating {messages:,} messages, {kind}: median {statistics.median(times):.2f} s "
              f"({statistics.median(times) / plain:.3f} of no list, median of rounds "
              f"{statistics.median(ratios):.3f}), {statistics.median(cpu[kind]):.2f} s of CPU, "
              f"{memory[kind] / 1024:.0f} MiB")


def main():
    parser = argparse.ArgumentParser(prog="tools/bench senders", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=40_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--migrate", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        write_many(folder / "many")
        if arguments.migrate:
            migrations(folder, arguments.messages, arguments.rounds)
            return 0
        done = subprocess.run([PROGRAM.resolve().with_name("sender_matches")], check=False)
        archives.make(folder / "a.mbox", 20_000, seed=1)
        (folder / "one").write_text("user@x.example\n")
        for name in ("one", "many"):
            check = [PROGRAM, "senders", "check", "--senders", folder / name]
            load = min(user_seconds(check) for _ in range(5))
            whole = min(user_seconds([*check, folder / "a.mbox"]) for _ in range(5))
            print(f"list '{name}': loading {load:.3f} s of CPU, 20,000 messages {whole - load:.3f} s")
        migrations(folder, arguments.messages, arguments.rounds)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
