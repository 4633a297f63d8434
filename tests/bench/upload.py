# SPDX-License-Identifier: Apache-2.0
# How fast `migrate` uploads, next to a client that only sends, and next to other programs.
"""See upload_options.py for what it does and how it is called."""

import dataclasses
import datetime
import json
import pathlib
import signal
import subprocess
import sys
import tempfile

from bench import measure, upload_options, upload_peers, upload_table
from bench.upload_contenders import Mboxferry, Place, ceilings
from bench.upload_place import (COUNTS, MASKS, ROOT, Accounts, line_to, make_corpus, make_server,
                                mode_of, use_even_disk)


def mboxferry_options(options):
    found = list(options.option)
    if options.append_mode != "auto" and not options.mask:
        found.append(f"--append-mode={options.append_mode}")
    if options.connections:
        found.append(f"--connections={options.connections}")
    return found


def contenders(options, place):
    mode = mode_of(place.server, options.append_mode)
    connections = options.connections or options.mailboxes
    yield from ceilings(mode, place.corpus.kind, place.round_trip_ms, connections, options.grid)
    yield Mboxferry(mboxferry_options(options))
    if options.mailboxes == 1:
        yield from upload_peers.chosen(options.peers)


def accounts_needed(options):
    """At most: every run has its own."""
    ceilings_at_most = len(options.grid or ()) or 2
    return (options.rounds * len(options.corpus) * len(options.delay) *
            (ceilings_at_most + 1 + len(options.peers)))


def title(place):
    corpus = place.corpus
    line = f"{place.round_trip_ms:g} ms round trip" if place.round_trip_ms else "no delay"
    if place.bits_per_second:
        line += f", {place.bits_per_second / 1e6:g} Mbit/s"
    mailboxes = f" into {len(corpus.files)} mailboxes" if len(corpus.files) > 1 else ""
    return (f"{place.server.name}, {corpus.kind} corpus ({corpus.messages} messages, "
            f"{corpus.bytes() / 1e6:.0f} MB){mailboxes}, {line}")


def upload_once(one, place, number):
    print(f"round {number + 1}: {one.name}", file=sys.stderr, flush=True)
    return one.run(place, number)


def one_table(options, place):
    """Prints it and returns its runs."""
    runs = []
    chosen = list(contenders(options, place))
    for number in range(options.rounds):
        # Everybody is first once, in case that it matters.
        first = number % len(chosen)
        order = chosen[first:] + chosen[:first]
        runs += [upload_once(one, place, number) for one in order]
    runs.sort(key=lambda run: [one.name for one in chosen].index(run.who))
    print(f"\n{title(place)}; medians of {options.rounds} interleaved rounds:\n\n"
          f"{upload_table.table(runs)}\n\n{upload_table.remarks(runs)}", flush=True)
    return runs


def all_tables(options, folder):
    """Yields a dictionary for the JSON file after each table."""
    for name in options.server:
        hidden = [*options.hide, *(MASKS[options.append_mode] if options.mask else ())]
        literal_minus = options.mask and options.append_mode == "literal-minus"
        with make_server(name, folder / name, accounts_needed(options), hidden,
                         literal_minus) as server:
            accounts = Accounts(server)
            for kind in options.corpus:
                corpus = make_corpus(options.store, kind, int(COUNTS[kind] * options.scale),
                                     options.mailboxes)
                for delay in options.delay:
                    with line_to(server, delay, options.cap) as port:
                        place = Place(server, accounts, port, corpus, folder, delay, options.cap)
                        runs = one_table(options, place)
                    yield {"server": name, "corpus": kind, "round_trip_ms": delay,
                           "bits_per_second": options.cap, "mailboxes": options.mailboxes,
                           "runs": [dataclasses.asdict(one) for one in runs]}


def main():
    # The servers and the line end with the program, however it ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options = upload_options.parser().parse_args()
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, text=True,
                            capture_output=True, check=False).stdout.strip()
    print(f"{datetime.date.today()}, commit {commit}, {measure.machine()}")
    if options.even_disk is not None:
        use_even_disk(options.even_disk)
    place = None if options.even_disk is None else "/dev/shm"
    with tempfile.TemporaryDirectory(prefix="mboxferry-bench-", dir=place) as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        options.json.parent.mkdir(parents=True, exist_ok=True)
        tables = []
        for table in all_tables(options, folder):
            tables.append(table)
            options.json.write_text(json.dumps(tables, indent=1) + "\n")


if __name__ == "__main__":
    main()
