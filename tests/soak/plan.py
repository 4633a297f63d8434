# SPDX-License-Identifier: Apache-2.0
# What happens in a job, decided by its seed before anything runs.
"""A job is an archive, options and a list of rounds; a round is one run of the program with the
faults that befall it. The same seed and number give the same plan; how far a process gets before a
fault meets it is up to the machine."""

import calendar
import random
from dataclasses import dataclass, field

from support.proxy import (CutAfterClient, CutAfterServer, Delay, Fault, HoldBack, LoseAnswer,
                           SwallowReplies, without_append_uid, without_capabilities)

from .faults import Pause

# Rounds that are left undisturbed at the end, so that a job gets ready.
MOST_FAULTY_ROUNDS = 6
TIMEOUT_SECONDS = 8
BYTES_A_MESSAGE = 90  # of a command, besides the message

CRASH_POINTS = (
    "journal-created", "index-chunk", "index-done", "mailbox-created", "mailbox-recorded",
    "batch-intended", "batch-half-sent", "batch-last-byte", "batch-sent", "batch-answered",
    "batch-confirmed", "reconcile-looked", "reconcile-decided")
MASKS = ((), (), (), ("MULTIAPPEND",), ("UIDPLUS",), ("MULTIAPPEND", "UIDPLUS"),
         ("MULTIAPPEND", "LITERAL+"), ("MULTIAPPEND", "LITERAL+", "LITERAL-", "UIDPLUS"))
APPEND_MODES = ("auto", "auto", "multiappend", "literal-plus", "literal-minus", "synchronizing")
ODD_DATES = tuple(calendar.timegm(one) for one in (
    (1970, 1, 2, 0, 0, 0), (1971, 12, 31, 23, 59, 59), (1999, 12, 31, 23, 59, 59),
    (2000, 2, 29, 12, 0, 0), (2016, 12, 31, 23, 59, 59), (2020, 10, 25, 1, 30, 0)))
# Folder names; a job with several takes them from one place on.
NAMES = ("f0", "Übersicht", "A & B", "日本", "Entwürfe", "f5", "ü" * 30, "R&D", "f8")
# Wire sizes around those at which a buffer of the client or of TLS is full.
BUFFER_ENDS = tuple(n << shift for shift in (12, 14, 16, 17) for n in (1, 2, 3))
FORMS = ("mbox", "mbox", "mbox.gz", "tree", "tree", "tree", "zip", "tar.gz", "growing")


def odd_date(rng) -> int:
    """One that many messages share, or any since 1970."""
    return rng.choice(ODD_DATES) if rng.random() < 0.4 else rng.randrange(86_400, 1_700_000_000)


@dataclass
class Event:
    """Something that happens when the client has sent `at` bytes in a round.

    what: kill, interrupt, stop, server-killed, server-restarted, other-appends, other-expunges.
    seconds: how long the process is stopped.
    """

    what: str
    at: int
    seconds: float = 0


@dataclass
class Round:
    crash_at: str | None = None
    kill_after: float | None = None  # seconds, whatever it does then
    events: list = field(default_factory=list)
    seed: str = ""
    chance: float = 0  # that a connection has a fault

    def link_fault(self, number, size, encrypted) -> Fault:
        """Of the round's connection `number`; `encrypted`: only bytes can be counted."""
        rng = random.Random(f"{self.seed}/{number}")
        if rng.random() >= self.chance * 0.85 ** number:
            return Fault()
        return _link_fault(rng, size, encrypted)


@dataclass
class Plan:
    number: int
    seed: str
    server: str
    form: str
    folders: list            # messages of each
    names: list              # of the folders, where the form has several
    make: dict               # options of archives.make
    near_ends: float         # share of messages with sizes near BUFFER_ENDS
    options: list            # of migrate
    hidden: tuple            # capabilities
    compressed: bool
    others_first: int        # mail of others that is there before
    in_inbox: bool
    full: bool               # verify reads everything back
    odd: str = ""            # of odd.KINDS: how the server behaves

    def round(self, number, size) -> Round:
        """The plan of run `number`, for an archive of `size` bytes."""
        seed = f"{self.seed}/round {number}"
        if number >= MOST_FAULTY_ROUNDS:
            return Round(seed=seed)
        rng = random.Random(seed)
        chance = 0.9 * 0.75 ** number
        found = Round(seed=seed, chance=chance)
        if rng.random() < chance:
            _befall_process(found, rng, size)
        for what, likely in (("server-killed", 0.08), ("server-restarted", 0.06),
                             ("other-appends", 0.3), ("other-expunges", 0.15)):
            if rng.random() < likely * chance:
                found.events.append(Event(what, rng.randrange(size)))
        return found

    def rewrite(self):
        """What a TlsProxy does to the server's lines, or None."""
        if not self.hidden:
            return None
        mask = without_capabilities(*self.hidden)
        if "UIDPLUS" not in self.hidden:
            return mask
        return lambda line: mask(without_append_uid(line))


def _befall_process(found, rng, size):
    what = rng.choice(("crash", "crash", "kill", "kill", "time", "stop", "interrupt"))
    if what == "crash":
        found.crash_at = f"{rng.choice(CRASH_POINTS)}:{rng.choice((1, 1, 1, 2, 3))}"
    elif what == "time":
        found.kill_after = rng.expovariate(1 / 0.5)
    elif what == "stop":
        # Longer than the client's patience, and shorter.
        found.events.append(Event("stop", rng.randrange(size), rng.uniform(0.1, 1.5)))
    else:
        found.events.append(Event(what, rng.randrange(size)))


def _link_fault(rng, size, encrypted):
    bytes_at = rng.choice((rng.randrange(1, 400), rng.randrange(1, size), rng.randrange(1, size)))
    replies_at = rng.choice((rng.randrange(1, 900), rng.randrange(1, 4000)))
    kinds = ["cut-client", "cut-client", "cut-server", "swallow", "pause", "delay"]
    if not encrypted:
        kinds += ["lose-append", "lose-append", "lose-other", "late", "late"]
    kind = rng.choice(kinds)
    if kind == "cut-client":
        return CutAfterClient(bytes_at)
    if kind == "cut-server":
        return CutAfterServer(replies_at)
    if kind == "swallow":
        return SwallowReplies(bytes_at)
    if kind == "pause":
        return Pause(bytes_at, rng.choice((0.3, 1, 2, TIMEOUT_SECONDS + 4)))
    if kind == "delay":
        return Delay(rng.choice((0.005, 0.02)))
    if kind == "lose-append":
        return LoseAnswer(nth=rng.choice((1, 1, 2, rng.randrange(1, 60))))
    if kind == "lose-other":
        return LoseAnswer(rng.choice(("AUTHENTICATE", "CREATE", "SUBSCRIBE", "SELECT", "STATUS",
                                      "UID FETCH", "LOGOUT")))
    # Less than a second and a half, which is how long a mailbox must be quiet.
    return HoldBack(rng.uniform(0.05, 0.7), nth=rng.choice((1, 1, 2, rng.randrange(1, 40))),
                    cut=rng.random() < 0.7)


def make_plan(seed, number, servers, messages, odd=()) -> Plan:
    """Job `number` of a soak; messages: the least and the most of an archive. odd: kinds of servers
    (odd.KINDS), one of which is chosen."""
    rng = random.Random(f"{seed}/{number}")
    form = rng.choice(FORMS)
    # A container of one folder goes into the mailbox as that folder alone does.
    folders = 1 if form in ("mbox", "mbox.gz", "growing") else rng.randint(2, 4)
    # Small ones are more frequent, so that there are many jobs.
    low, high = messages
    total = low + int((high - low) * rng.random() ** 2)
    status = rng.random() < 0.8
    make = {"status": status, "keywords": rng.choice((0, 0.4)) if status else 0,
            "message_ids": rng.choice((0.0, 0.5, 0.9, 1.0)),
            "body_bytes": rng.choice(((0, 200), (20, 1500), (20, 1500), (200, 6000)))}
    if rng.random() < 0.5:
        make["dates"] = odd_date
    compressed = rng.random() < 0.15 and not odd
    first_name = rng.randrange(len(NAMES))
    options = ["--append-mode", rng.choice(APPEND_MODES), "--timeout", TIMEOUT_SECONDS,
               "--compress", "on" if compressed else "off"]
    if rng.random() < 0.8:
        options += ["--connections", rng.randint(1, 4)]
        if rng.random() < 0.3:
            options += ["--connections-per-mailbox", rng.randint(1, 4)]
    return Plan(number=number, seed=f"{seed}/{number}", server=rng.choice(servers), form=form,
                folders=[max(2, total // folders)] * folders,
                names=[NAMES[(first_name + n) % len(NAMES)] for n in range(folders)],
                make=make, near_ends=rng.choice((0, 0.03, 0.03, 0.1)), options=options,
                hidden=() if compressed else rng.choice(MASKS), compressed=compressed,
                others_first=rng.choice((0, 0, 1, 5)), in_inbox=rng.random() < 0.1 and folders == 1,
                full=rng.random() < 0.3, odd=rng.choice(odd) if odd else "")
