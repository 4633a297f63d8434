# SPDX-License-Identifier: Apache-2.0
# The command line of tools/bench upload.
"""tools/bench upload [OPTION]...

Starts its own Dovecot and Cyrus and a delay line, and in turn uploads an archive, N rounds, with
  - the ceiling: a client that has rendered all APPENDs before the clock starts, with several batch
    sizes; the one with the best median counts, and its login is not counted;
  - mboxferry migrate: the whole process with index, journal and verification;
  - peers, on the first messages of the archive where the whole would take minutes.
Prints a table of medians for each server, corpus and delay. --delay is the ROUND TRIP; each
direction takes half of it. Example, one row of a table: tools/bench upload --server dovecot
--corpus small --delay 50 --peers none --rounds 5
"""

import argparse
import pathlib

from bench import upload_peers
from bench.upload_place import MASKS, ROOT


def words(text):
    return [word for word in text.split(",") if word]


def numbers(text):
    return [float(word) for word in words(text)]


def points(text):
    """32x4 is 32 messages a command and 4 commands unanswered."""
    return [tuple(int(number) for number in word.split("x")) for word in words(text)]


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
    add("--even-disk", type=float, metavar="MS",
        help="everything in memory (/dev/shm), and every sync, of servers and clients, takes so "
             "many milliseconds: runs on a noisy disk cannot be compared")
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
    add("--grid", type=points, metavar="LIST",
        help="ceilings to try: messages a command x commands in flight, such as 32x4,128x2")
    add("--rounds", type=int, default=3, metavar="N")
    add("--scale", type=float, default=1, metavar="FACTOR", help="of the number of messages")
    add("--json", type=pathlib.Path, default=ROOT / "build/bench-upload.json", metavar="FILE",
        help="all runs (default: build/bench-upload.json)")
    add("--store", type=pathlib.Path, default=ROOT / "build/bench-archives", metavar="FOLDER",
        help="where archives are kept (default: build/bench-archives)")
    return result
