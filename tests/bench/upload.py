# SPDX-License-Identifier: Apache-2.0
# How fast `migrate` uploads, next to a client that only sends, and next to other programs.
"""tools/bench upload [OPTION]...

Starts its own Dovecot and Cyrus and a delay line, and in turn uploads an archive, N rounds, with
  - the ceiling: a client that has rendered all APPENDs before the clock starts, with several batch
    sizes; the one with the best median counts, and its login is not counted;
  - mboxferry migrate: the whole process with index, journal and verification;
  - peers, on a part of the archive where the whole would take minutes.
Prints a table of medians for each server, corpus and delay. --delay is the ROUND TRIP; each
direction takes half of it.
"""

import argparse
import contextlib
import dataclasses
import datetime
import json
import pathlib
import subprocess
import sys
import tempfile

from bench import measure, upload_peers, upload_table
from bench.upload_contenders import Mboxferry, Place, grid
from bench.upload_place import (COUNTS, MASKS, ROOT, Accounts, line_to, make_corpus, make_server)


def words(text):
    return [word for word in text.split(",") if word]


def numbers(text):
    return [float(word) for word in words(text)]


def rate(text):
    units = {"K": 1e3, "M": 1e6, "G": 1e9}
    unit = text[-1:].upper()
    return float(text[:-1]) * units[unit] if unit in units else float(text)


def peers(text):
    names = [] if text == "none" else words(text)
    if not set(names) <= upload_peers.PEERS.keys():
        raise argparse.ArgumentTypeError(f"peers are {', '.join(upload_peers.PEERS)}")
    return names


def parser():
    result = argparse.ArgumentParser(prog="tools/bench upload", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    add = result.add_argument
    add("--server", type=words, default=["dovecot", "cyrus"], metavar="LIST")
    add("--corpus", type=words, default=["mixed", "small"], metavar="LIST")
    add("--delay", type=numbers, default=[0, 20, 50, 100], metavar="LIST",
        help="milliseconds of a round trip (default: 0,20,50,100)")
    add("--cap", type=rate, default=0, metavar="BITS", help="bits a second, such as 100M")
    add("--connections", type=int, metavar="N",
        help="of the ceiling and of mboxferry (default: one a mailbox; mboxferry's own choice)")
    add("--mailboxes", type=int, default=1, metavar="N",
        help="an archive of N mboxes into N mailboxes")
    add("--append-mode", choices=list(MASKS), default="auto",
        help="how the ceiling and mboxferry append")
    add("--mask", action="store_true",
        help="the server does not tell what is better than the append mode, and mboxferry "
             "chooses by itself")
    add("--hide", type=words, default=[], metavar="LIST", help="more capabilities not to tell")
    add("--option", action="append", default=[], metavar="OPTION",
        help="one more word of mboxferry's command line, such as --option=--log-file=x")
    add("--peers", type=peers, default=list(upload_peers.PEERS), metavar="none|LIST",
        help=f"other programs (default: {','.join(upload_peers.PEERS)}); none of them with several "
             "mailboxes")
    add("--rounds", type=int, default=3, metavar="N")
    add("--scale", type=float, default=1, metavar="FACTOR", help="of the number of messages")
    add("--json", type=pathlib.Path, default=ROOT / "build/bench-upload.json", metavar="FILE",
        help="all runs (default: build/bench-upload.json)")
    add("--store", type=pathlib.Path, default=ROOT / "build/bench-archives", metavar="FOLDER",
        help="where archives are kept (default: build/bench-archives)")
    return result


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
    yield from grid(mode, place.corpus.kind, place.round_trip_ms, connections)
    yield Mboxferry(mboxferry_options(options))
    if options.mailboxes == 1:
        yield from upload_peers.chosen(options.peers)


def title(name, place):
    corpus = place.corpus
    line = f"{place.round_trip_ms:g} ms round trip" if place.round_trip_ms else "no delay"
    if place.bits_per_second:
        line += f", {place.bits_per_second / 1e6:g} Mbit/s"
    mailboxes = f" into {len(corpus.files)} mailboxes" if len(corpus.files) > 1 else ""
    return (f"{name}, {corpus.kind} corpus ({corpus.messages} messages, "
            f"{corpus.bytes() / 1e6:.0f} MB){mailboxes}, {line}")


def upload_once(one, place, number):
    print(f"round {number + 1}: {one.name}", file=sys.stderr, flush=True)
    return one.run(place, number)


def one_table(options, name, place):
    """Prints it and returns its runs."""
    runs = []
    chosen = list(contenders(options, place))
    for number in range(options.rounds):
        runs += [upload_once(one, place, number) for one in chosen]
    print(f"\n{title(name, place)}; medians of {options.rounds} interleaved rounds:\n\n"
          f"{upload_table.table(runs)}\n\n{upload_table.pairs(runs, Mboxferry.name)}", flush=True)
    return runs


def all_tables(options, folder):
    """Yields a dictionary for the JSON file after each table."""
    for name in options.server:
        hidden = [*options.hide, *(MASKS[options.append_mode] if options.mask else ())]
        literal_minus = options.mask and options.append_mode == "literal-minus"
        with make_server(name, folder / name, hidden, literal_minus) as server:
            accounts = Accounts(server)
            for kind in options.corpus:
                corpus = make_corpus(options.store, kind, int(COUNTS[kind] * options.scale),
                                     options.mailboxes)
                for delay in options.delay:
                    with line_to(server, delay, options.cap) as port:
                        place = Place(server, accounts, port, corpus, folder, delay, options.cap)
                        runs = one_table(options, name, place)
                    yield {"server": name, "corpus": kind, "round_trip_ms": delay,
                           "bits_per_second": options.cap, "mailboxes": options.mailboxes,
                           "runs": [dataclasses.asdict(one) for one in runs]}


def main():
    options = parser().parse_args()
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, text=True,
                            capture_output=True, check=False).stdout.strip()
    print(f"{datetime.date.today()}, commit {commit}, {measure.machine()}")
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(
            tempfile.TemporaryDirectory(prefix="mboxferry-bench-")))
        folder.chmod(0o755)
        tables = []
        for table in all_tables(options, folder):
            tables.append(table)
            options.json.write_text(json.dumps(tables, indent=1) + "\n")


if __name__ == "__main__":
    main()
