# SPDX-License-Identifier: Apache-2.0
# How fast `scan` reads an archive, next to programs that everybody has.
"""tools/bench scan [SIZE] [--linear SIZE] [--interleaved MESSAGES] [--rounds N]

Makes a mixed archive of SIZE (1G by default) and reads it N times in turn with `wc -l`, with
`openssl dgst -sha256` and with `mboxferry scan --json`, from the page cache; with Python's mailbox
once, and only its beginning, because that takes minutes. --linear instead reads an archive while it
grows to SIZE, to show that time does. --interleaved reads zip and tar.gz of that many messages in
200 folders, once in order and once among each other, in turn.
"""

import argparse
import datetime
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

from bench import measure
from support.interleaved import WRITERS

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("MBOXFERRY", str(ROOT / "build/release/bin/mboxferry"))
PYTHON_BYTES = 64 << 20
MARGIN = 1 << 30
READ_MAILBOX = "import mailbox, sys\nfor message in mailbox.mbox(sys.argv[1]): pass\n"


def size_of(text):
    units = {"K": 10, "M": 20, "G": 30}
    unit = text[-1:].upper()
    return int(text[:-1]) << units[unit] if unit in units else int(text)


def generate(folder, size):
    path = folder / "mixed.mbox"
    subprocess.run([sys.executable, "-B", ROOT / "fixtures/generate.py", "mixed", str(size), path],
                   check=True, stdout=subprocess.DEVNULL)
    return path


def need_room(folder, size):
    free = shutil.disk_usage(folder).free
    if free < size + MARGIN:
        raise SystemExit(f"{folder}: {free >> 30} GiB are free, {(size + MARGIN) >> 30} are needed; "
                         "set TMPDIR to a bigger place")


def programs(path):
    return {"wc -l": ["wc", "-l", path],
            "openssl dgst -sha256": ["openssl", "dgst", "-sha256", path],
            "mboxferry scan --json": [PROGRAM, "scan", "--json", "--progress=none", path]}


def warm(path):
    with open(path, "rb", buffering=0) as file:
        while file.read(1 << 20):
            pass


def rounds(path, count):
    """{program: [Run]}, interleaved, so that a change of the machine's load meets all of them."""
    warm(path)
    runs = {name: [] for name in programs(path)}
    for _ in range(count):
        for name, command in programs(path).items():
            runs[name].append(measure.run(command))
    return runs


def python_mailbox(folder, path):
    """A Run over the archive's beginning, and how many bytes that is."""
    beginning = folder / "beginning.mbox"
    with open(path, "rb") as whole, open(beginning, "wb") as part:
        part.write(whole.read(PYTHON_BYTES))
    done = measure.run([sys.executable, "-c", READ_MAILBOX, beginning])
    return done, beginning.stat().st_size


def row(name, size, one, hash_run, hash_size):
    per_byte = one.seconds / size
    ratio = per_byte / (hash_run.seconds / hash_size)
    cpu_ratio = one.cpu_seconds / size / (hash_run.cpu_seconds / hash_size)
    return (f"| {name} | {one.seconds:.2f} | {size / one.seconds / 1e9:.2f} | {ratio:.2f} "
            f"| {one.cpu_seconds:.2f} | {cpu_ratio:.2f} | {one.peak_kib / 1024:.1f} |")


def head(title):
    print(f"\n{datetime.date.today()}, {measure.machine()}\n\n{title}\n")


def compare(folder, size, count):
    need_room(folder, size)
    path = generate(folder, size)
    size = path.stat().st_size
    head(f"Mixed archive of {size / 1e9:.2f} GB, medians of {count} interleaved runs:")
    runs = rounds(path, count)
    hashes = runs["openssl dgst -sha256"]
    median = {name: measure.median(of_one) for name, of_one in runs.items()}
    hash_run = median["openssl dgst -sha256"]
    print("| program | seconds | GB/s | to openssl | CPU seconds | to openssl | peak MiB |\n"
          "| --- | --- | --- | --- | --- | --- | --- |")
    for name, one in median.items():
        print(row(name, size, one, hash_run, size))
    part, part_size = python_mailbox(folder, path)
    print(row(f"Python mailbox, {part_size / 1e6:.0f} MB only", part_size, part, hash_run, size))
    pairs = [ours.seconds / theirs.seconds
             for ours, theirs in zip(runs["mboxferry scan --json"], hashes)]
    print(f"\nscan to openssl, pair by pair: median {statistics.median(pairs):.2f}, "
          f"lowest {min(pairs):.2f}, highest {max(pairs):.2f}")


def show_linear(folder, size):
    """Reads a growing archive: copies of one piece, one behind the other."""
    piece_size = max(size // 20, 1 << 20)
    need_room(folder, size + piece_size)
    piece = generate(folder, piece_size)
    path = folder / "grown.mbox"
    head(f"An archive that grows to {size / 1e9:.1f} GB, single runs:")
    print("| GB | scan seconds | seconds a GB | CPU seconds a GB | peak MiB | openssl seconds |\n"
          "| --- | --- | --- | --- | --- | --- |")
    for copies in (1, 5, 10, 20):
        with open(path, "ab") as grown:
            while grown.tell() < copies * piece.stat().st_size:
                with open(piece, "rb") as source:
                    shutil.copyfileobj(source, grown, 1 << 20)
        warm(path)
        gigabytes = path.stat().st_size / 1e9
        commands = programs(path)
        ours = measure.run(commands["mboxferry scan --json"])
        theirs = measure.run(commands["openssl dgst -sha256"])
        print(f"| {gigabytes:.2f} | {ours.seconds:.2f} | {ours.seconds / gigabytes:.2f} "
              f"| {ours.cpu_seconds / gigabytes:.2f} | {ours.peak_kib / 1024:.1f} "
              f"| {theirs.seconds:.2f} |", flush=True)


def show_interleaved(folder, messages, count):
    head(f"{messages} messages in 200 folders, medians of {count} runs in turn:")
    print("| container | CPU seconds in order | among each other | ratio | peak MiB | |\n"
          "| --- | --- | --- | --- | --- | --- |")
    for ending, write in WRITERS.items():
        paths = [folder / f"{name}.{ending}" for name in ("order", "among")]
        for path, in_order in zip(paths, (True, False)):
            write(path, messages, 200, in_order=in_order)
        runs = [[measure.run(programs(path)["mboxferry scan --json"]) for path in paths]
                for _ in range(count)]
        order, among = (measure.median(list(of_one)) for of_one in zip(*runs))
        print(f"| {ending} | {order.cpu_seconds:.2f} | {among.cpu_seconds:.2f} "
              f"| {among.cpu_seconds / order.cpu_seconds:.2f} | {order.peak_kib / 1024:.1f} "
              f"| {among.peak_kib / 1024:.1f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(prog="tools/bench scan", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("size", nargs="?", type=size_of, default=1 << 30)
    parser.add_argument("--linear", type=size_of, metavar="SIZE")
    parser.add_argument("--interleaved", type=int, metavar="MESSAGES")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mboxferry-bench-") as name:
        folder = pathlib.Path(name)
        if arguments.linear:
            show_linear(folder, arguments.linear)
        elif arguments.interleaved:
            show_interleaved(folder, arguments.interleaved, arguments.rounds)
        else:
            compare(folder, arguments.size, arguments.rounds)


if __name__ == "__main__":
    main()
