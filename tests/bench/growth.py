# SPDX-License-Identifier: Apache-2.0
# How time and memory grow with messages, labels, folders and accounts.
"""tools/bench growth [--kind KIND] [--sizes N,N,...] [--messages N] [--system-trust]

Sends into a server that is never the limit (growth_sink.cc), so that what grows is mboxferry's own
part. KIND: messages (one mbox of N), labels (--messages in one mbox with N Gmail labels), folders
(N mbox files with one message each), accounts (a batch of N with --messages each). Each is a run
from nothing, followed by `migrate` or `batch` again with nothing to do, and `verify` for one
account. --system-trust lets accounts trust the system's certificates beside the sink's.
"""

import argparse
import contextlib
import datetime
import os
import pathlib
import subprocess
import sys
import tempfile

from bench import measure
from support.batch import csv_text
from support.certificates import Certificates
from support.program import environment

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("MBOXFERRY", ROOT / "build/release/bin/mboxferry")).absolute()
SINK = PROGRAM.parent / "growth_sink"
SYSTEM_TRUST = pathlib.Path("/etc/ssl/certs/ca-certificates.crt")
SIZES = {"messages": (10_000, 100_000, 1_000_000), "labels": (1, 10, 100, 300),
         "folders": (1_000, 3_000, 10_000), "accounts": (100, 1_000)}
MESSAGES = {"labels": 100_000, "accounts": 1}
COLUMNS = ("archive", "host", "port", "user", "password_file", "ca_file")


@contextlib.contextmanager
def sink(folder):
    """(port, CA file) of a server that ends with this."""
    authority = Certificates(folder / "ca")
    pair = authority.good()
    with subprocess.Popen([SINK, pair.certificate, pair.key], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as process:
        yield int(process.stdout.readline()), authority.ca_file
        process.stdin.close()


def message(number, label=None):
    labelled = f"X-Gmail-Labels: {label}\n" if label else ""
    return (f"From user@example.org Mon Mar  2 08:15:{number % 60:02} 2015\n"
            f"Message-ID: <{number}@growth.example.org>\n{labelled}"
            f"Date: Mon, 2 Mar 2015 08:{number // 60 % 60:02}:{number % 60:02} +0000\n"
            f"From: Ann <ann@example.org>\nSubject: number {number}\n\n"
            f"This is message {number}, which is as short as most of them.\n\n")


def make_mbox(path, count, labels=0):
    with open(path, "w", encoding="ascii") as out:
        for number in range(count):
            out.write(message(number, f"label{number % labels}" if labels else None))


class Place:
    def __init__(self, folder, port, ca_file, messages):
        self.folder, self.port, self.ca_file, self.messages = folder, port, ca_file, messages
        self.environment = environment(folder)
        self.password_file = folder / "password"
        self.password_file.write_text("secret\n")
        self.password_file.chmod(0o600)

    def archive(self, kind, size):
        path = self.folder / f"{kind}{size}"
        if kind == "folders":
            path.mkdir()
            for number in range(size):
                (path / f"folder{number}.mbox").write_text(message(number))
            return path
        make_mbox(path.with_suffix(".mbox"), *((size,) if kind == "messages" else
                                               (self.messages, size)))
        return path.with_suffix(".mbox")

    def runs_of_one(self, kind, size):
        archive = self.archive(kind, size)
        state = self.folder / f"state-{kind}{size}"
        to = [PROGRAM, "migrate", archive, "--to", f"imaps://{kind}{size}@localhost:{self.port}",
              "--ca-file", self.ca_file, "--password-file", self.password_file, "--state-dir", state,
              "--progress=none"]
        yield "first run", measure.run(to, env=self.environment)
        yield "run again", measure.run(to, env=self.environment)
        journal = next(state.glob("*.journal"))
        yield "verify", measure.run([PROGRAM, "verify", journal, "--password-file",
                                     self.password_file, "--ca-file", self.ca_file],
                                    env=self.environment)
        yield "status", measure.run([PROGRAM, "status", journal], env=self.environment)
        self.bytes = sum(one.stat().st_size for one in state.iterdir())

    def runs_of_accounts(self, size):
        archive = self.folder / "account.mbox"
        make_mbox(archive, self.messages)
        csv = self.folder / f"accounts{size}.csv"
        rows = []
        for number in range(size):
            own = self.folder / f"own{size}-{number}.mbox"
            os.link(archive, own)
            rows.append({"archive": own, "host": "localhost", "port": self.port,
                         "user": f"{size}u{number}", "password_file": self.password_file,
                         "ca_file": self.ca_file})
        csv.write_text(csv_text(rows, COLUMNS))
        state = self.folder / f"state{size}"
        run = [PROGRAM, "batch", csv, "--state-dir", state, "--progress=none"]
        yield "first run", measure.run(run, env=self.environment)
        yield "run again", measure.run(run, env=self.environment)
        self.bytes = sum(one.stat().st_size for one in state.rglob("*"))


def measure_kind(kind, sizes, place):
    each = {"labels": "messages", "messages": "messages"}.get(kind, kind)
    print(f"\n| {kind} | run | s | processor s | microseconds of {each} each | peak MiB | state bytes each |\n"
          "| --- | --- | --- | --- | --- | --- | --- |")
    for size in sizes:
        count = place.messages if kind == "labels" else size
        runs = place.runs_of_accounts(size) if kind == "accounts" else place.runs_of_one(kind, size)
        rows = list(runs)
        for name, one in rows:
            print(f"| {size} | {name} | {one.seconds:.2f} | {one.cpu_seconds:.2f} | "
                  f"{one.cpu_seconds / count * 1e6:.1f} | {one.peak_kib / 1024:.1f} | "
                  f"{place.bytes / count:.0f} |", flush=True)


def parser():
    found = argparse.ArgumentParser(prog="tools/bench growth", description=__doc__,
                                    formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("--kind", choices=sorted(SIZES), action="append")
    found.add_argument("--sizes", type=lambda text: [int(one) for one in text.split(",")])
    found.add_argument("--messages", type=int, help="of labels (100000), of each account (1)")
    found.add_argument("--system-trust", action="store_true")
    return found


def main():
    options = parser().parse_args()
    print(f"{datetime.date.today()}, {measure.machine()}", flush=True)
    for kind in options.kind or SIZES:
        with tempfile.TemporaryDirectory(prefix="mf-growth-", dir="/dev/shm") as name:
            folder = pathlib.Path(name)
            with sink(folder) as (port, ca_file):
                if options.system_trust:
                    ca_file = folder / "all.pem"
                    ca_file.write_text((folder / "ca/ca.pem").read_text()
                                       + SYSTEM_TRUST.read_text())
                place = Place(folder, port, ca_file, options.messages or MESSAGES.get(kind, 1))
                measure_kind(kind, options.sizes or SIZES[kind], place)


if __name__ == "__main__":
    sys.exit(main())
