# SPDX-License-Identifier: Apache-2.0
# The ceiling and mboxferry, as commands.
"""A contender has a name and `run(place, number)`, which uploads into a fresh account."""

import json
import subprocess
from dataclasses import dataclass

from bench import measure
from bench.upload_place import PROGRAM, TOOLS, Accounts, Corpus
from bench.upload_table import Run
from support.program import environment

MAILBOX = "Bench"
LITERALS = {"literal-minus": "minus", "synchronizing": "synchronizing"}


@dataclass
class Place:
    """Where a table's uploads go. round_trip_ms and bits_per_second: of the line; 0 for none."""

    server: object
    accounts: Accounts
    port: int
    corpus: Corpus
    folder: object  # for what the programs write
    round_trip_ms: float = 0
    bits_per_second: float = 0


def check_stored(place, user, who, messages):
    found = place.accounts.stored(user)
    if found != messages:
        raise SystemExit(f"{who}: {found} messages are on the server, {messages} were to be")


class Ceiling:
    """Rendered commands: `per_command` messages each, `window` of them unanswered."""

    def __init__(self, mode, per_command, window, connections):
        self._mode, self._per_command = mode, per_command
        self._window, self._connections = window, connections
        self.name = f"ceiling, {mode} k={per_command} w={window} c={connections}"

    def run(self, place, number):
        files = place.corpus.files
        mailboxes = [f"{MAILBOX}{index}" for index in range(len(files))]
        with place.accounts.fresh() as user:
            command = [TOOLS / "upload_ceiling", "--port", place.port, "--user", user,
                       "--ca-file", place.server.ca_file,
                       "--password-file", place.accounts.password_file,
                       "--per-command", self._per_command, "--window", self._window,
                       "--connections", self._connections,
                       "--literals", LITERALS.get(self._mode, "plus"),
                       *(f"--mailbox={name}" for name in mailboxes), *files]
            done = subprocess.run(list(map(str, command)), capture_output=True, text=True,
                                  check=False)
            if done.returncode != 0:
                raise SystemExit(f"{self.name}: {done.stderr[-500:]}")
            told = json.loads(done.stdout)
            check_stored(place, user, self.name, place.corpus.messages)
        return Run(self.name, number, told["messages"], place.corpus.bytes(), told["seconds"],
                   told["seconds_with_login"], told["cpu_seconds"], is_ceiling=True)


def ceilings(mode, kind, round_trip_ms, connections, points=None):
    """Those worth trying, of which the best counts. points: (per_command, window) to try instead."""
    return [Ceiling(mode, per_command, window, connections)
            for per_command, window in points or _points(mode, kind, round_trip_ms)]


def _points(mode, kind, round_trip_ms):
    if mode == "synchronizing":
        return [(1, 1)]
    if mode != "multiappend":
        return [(1, 32), (1, 128)] if round_trip_ms else [(1, 8), (1, 32)]
    if kind == "small":
        return [(128, 16), (1000, 4)] if round_trip_ms else [(128, 4), (1000, 2)]
    return [(32, 16), (128, 4)] if round_trip_ms else [(32, 2), (128, 2)]


class Mboxferry:
    """The whole of `migrate`: index, journal, sending and verification."""

    name = "mboxferry"

    def __init__(self, options=()):
        self._options = list(options)

    def run(self, place, number):
        journal = place.folder / "job.journal"
        with place.accounts.fresh() as user:
            command = [PROGRAM, "migrate", place.corpus.archive(),
                       "--to", f"imaps://{user}@localhost:{place.port}/{MAILBOX}",
                       "--ca-file", place.server.ca_file,
                       "--password-file", place.accounts.password_file,
                       "--journal", journal, "--progress=none", *self._options]
            done = measure.run(command, env=environment(place.folder))
            check_stored(place, user, self.name, place.corpus.messages)
        written = list(place.folder.glob(journal.name + "*"))
        journal_bytes = sum(file.stat().st_size for file in written)
        for file in written:
            file.unlink()
        return Run(self.name, number, place.corpus.messages, place.corpus.bytes(), done.seconds,
                   done.seconds, done.cpu_seconds, done.peak_kib, journal_bytes=journal_bytes)
