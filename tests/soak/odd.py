# SPDX-License-Identifier: Apache-2.0
# Jobs against a server that behaves as odd services do: tools/soak --odd.
"""alters: another form of each message is stored. cuts: FETCH and SEARCH answers stop at a limit.
late: what was stored shows later. merges: a copy is not stored. throttles: waits are asked for.
refuses: some messages are never taken, and now and then nothing is.
In each, answers to APPEND are lost at random."""

import collections
import contextlib
import hashlib
import json
import random
import re

from support import odd_sessions as sessions
from support.archives import Expected
from support.odd_relay import OddRelay

KINDS = ("alters", "cuts", "late", "merges", "refuses", "throttles")
DOUBTS = re.compile(r"(\d+) messages? (?:is|are) in doubt")


class AsItIs:
    """A job whose server is not odd: what jobs ask about the odd ones."""

    cuts = 0
    events = None  # all may happen
    finished = 0   # the exit code of a job that is ready
    code = 0       # of verify then
    doubts = 0
    refused = 0  # messages that must be in the quarantine
    verify_tries = 1  # while it ends with a code that asks to come again

    def relay(self, server):
        return contextlib.nullcontext(server)

    def calm(self, is_calm):
        pass

    def wanted(self, messages):
        return messages

    def arguments(self, folder):
        """Further ones of migrate."""
        return []

    def complaints(self, folder):
        """What else is wrong in the end, as sentences."""
        return []

    def is_ready(self, code, said):
        return code == self.finished

    def is_verified(self, code, document):
        return code == self.code


class Odd(AsItIs):
    def __init__(self, plan, count):
        self._random = random.Random(f"{plan.seed}/odd")
        self._seed = plan.seed
        # A few in most jobs, whatever their size.
        self._lose = self._random.choice((0, 2, 4, 6)) / max(1, count)
        self._session = self.session(self._random)
        self._relay = None

    def relay(self, server):
        self._relay = OddRelay(server, self._session, seed=self._seed, lose=self._lose)
        return self._relay

    def calm(self, is_calm):
        """No answer is lost any more; the server stays odd."""
        self._relay.loses_answers = not is_calm

    @property
    def cuts(self):
        return self._relay.lost


class Alters(Odd):
    changed = False  # some message has another form; the line ends of some archives stay

    def session(self, rng):
        self._form = rng.choice(sessions.FORMS)
        return sessions.altering(self._form)

    def wanted(self, messages):
        altered = []
        for one in messages:
            wire = self._form(one.wire)
            self.changed = self.changed or wire != one.wire
            altered.append(Expected(hashlib.sha256(wire).hexdigest(), len(wire), one.epoch,
                                    one.flags, one.subject))
        return altered

    def is_ready(self, code, said):
        """What cannot be decided stays in doubt."""
        found = DOUBTS.search(said)
        self.doubts = int(found[1]) if code == 75 and found else 0
        return code == 0 or (code == 1 and "all messages are on the server" in said)

    def is_verified(self, code, document):
        if self.doubts:
            return code in (1, 75) and not document["missing"]
        twice = [row for row in document["unexpected"] if row["what"] == "twice"]
        return code == self.changed and not document["missing"] and not twice


class Cuts(Odd):
    def session(self, rng):
        says = rng.random() < 0.6
        return sessions.cut_short(rng.randint(7, 40), says, says and rng.random() < 0.6)


class LateOnes(Odd):
    def session(self, rng):
        # Counts may be late by less than the settle time (docs/reliability.md).
        return sessions.late(*rng.choice(((1, False), (2, False), (4, False), (1, True))))


class Merges(Odd):
    # Nobody could say whether a message was stored that it had taken before it was killed.
    events = ("kill", "interrupt", "stop", "other-appends", "other-expunges")

    def session(self, rng):
        return sessions.Merging

    def wanted(self, messages):
        return list({one.key(): one for one in messages}.values())


class Throttles(Odd):
    # A verification has one connection, which such a server may end.
    verify_tries = 8

    def session(self, rng):
        return sessions.Throttling


class Refuses(Odd):
    verify_tries = 8  # it throttles as well

    def __init__(self, plan, count):
        super().__init__(plan, count)
        self._poisoned = collections.Counter()  # Message-IDs

    def session(self, rng):
        self._one_in = rng.choice((8, 15, 30))
        return sessions.refusing(self._one_in)

    def wanted(self, messages):
        kept = []
        for one in messages:
            if sessions.poison_of(one.wire, self._one_in) is None:
                kept.append(one)
            else:
                self._poisoned[sessions.MESSAGE_ID.search(one.wire)[1]] += 1
        return kept

    @property
    def refused(self):
        return self._poisoned.total()

    def arguments(self, folder):
        return ["--report-json", folder / "report.json"]

    def complaints(self, folder):
        quarantine = folder / "job.journal.refused.mbox"
        data = quarantine.read_bytes() if quarantine.exists() else b""
        kept = re.split(rb"^From mboxferry-refused [^\r\n]*\r\n", data, flags=re.M)[1:]
        found = collections.Counter(
            (sessions.MESSAGE_ID.search(message.partition(b"\r\n\r\n")[0] + b"\r\n")
             or {1: b"no Message-ID"})[1] for message in kept)
        told = json.loads((folder / "report.json").read_text())["accounts"][0].get("refused", [])
        words = [f"not in the quarantine: {count}x {key}"
                 for key, count in (self._poisoned - found).items()]
        words += [f"in the quarantine: {count}x {key}"
                  for key, count in (found - self._poisoned).items()]
        if len(told) != self.refused or not all(one["code"] or one["text"] for one in told):
            words.append(f"the report names {len(told)} of {self.refused} refused messages")
        return words

    def is_ready(self, code, said):
        return code in (0, 3)

    def is_verified(self, code, document):
        return code == (3 if self.refused else 0)


CLASSES = dict(zip(KINDS, (Alters, Cuts, LateOnes, Merges, Refuses, Throttles)))


def oddity_of(plan, count):
    """Of a job with so many messages."""
    return CLASSES[plan.odd](plan, count) if plan.odd else AsItIs()
