# SPDX-License-Identifier: Apache-2.0
"""Random lives of a job: archives that are written, packed, split and put back, sender lists and
labels that change, folders that are left out and come back, mail that is refused and sent by
retry, batches, a second job beside it, an older journal put back, runs that are killed. The
server's own count against a model after each run: never lost, never twice, never a wrong word.

The model of a mailbox is how often the archive had a message at most in any one run (more is a copy
of ours) and in one that ended well (less is lost). MBOXFERRY_LIVES=FROM:TO tries other seeds."""

import collections
import gzip
import os
import random
import re
import shutil
import unittest

from support import archives
from support.dovecot import Dovecot
from support.dovecot_test import WithDovecot
from support.program import REDUCED, ProgramTest

CRASH_POINTS = (
    "batch-answered", "batch-confirmed", "batch-half-sent", "batch-intended", "batch-last-byte",
    "batch-sent", "index-chunk", "index-done", "journal-created", "mailbox-created",
    "mailbox-recorded", "reconcile-decided", "reconcile-looked")
LISTS = ("nobody@spam.example\n", "s1@spam.example\n", "s2@spam.example\n",
         "s0@spam.example\ns3@spam.example\n")


def message(name, labels=""):
    seed = sum(map(ord, name)) * 977 + len(name)
    time = archives.FIRST_DATE + seed % 10 ** 6 * 60
    sender = b"s%d@spam.example" % (seed % 4)
    label = labels.encode()
    name = name.encode()
    return (b"From %s %s\n%sFrom: %s\nMessage-ID: <%s@example.com>\nDate: %s\nSubject: %s\n\n%s\n"
            b"end of %s\n\n" % (sender, archives.asctime(time), label, sender, name,
                                archives.rfc_date(time).strip(), name, name * 20, name))


class Life:
    """What one seed does. Everything of a case is below `case.folder`."""

    def __init__(self, case, seed):
        self.case, self.random, self.seed = case, random.Random(seed), seed
        self.folder = case.folder / str(seed)
        self.tree = self.folder / "mail"
        self.tree.mkdir(parents=True)
        self.log = []
        pick = self.random.choice
        self.labels = self.random.random() < 0.2
        self.batch = self.random.random() < 0.25
        self.refuses = self.random.random() < 0.3
        self.excludes = not self.labels and self.random.random() < 0.3
        self.left_out = ""  # of the run
        self.takeout = 0
        # A and B share a mailbox in most lives.
        self.maps = ["--map", "A=M", "--map", "B=M"] if self.random.random() < 0.6 else []
        self.names = ["A"] if self.labels else ["A", "B", "C"]
        self.kind = {name: "mbox" if self.labels else pick(["mbox", "mbox", "gz", "maildir", "split"])
                     for name in self.names}
        self.fresh = 0
        self.state = {name: self.new(name, pick([2, 5, 12, 30])) for name in self.names}
        self.dedupe = pick([(), (), (), ("--dedupe", "message-id"), ("--dedupe", "content")])
        self.lists = self.random.random() < 0.4
        self.base = [*self.maps, *self.dedupe, "--connections", pick(["1", "3"])]
        if self.random.random() < 0.4:
            self.base += ["--append-mode", "synchronizing"]
        if self.lists:
            self.list = self.folder / "list"
            self.list.write_text(pick(LISTS))
            self.base += ["--senders", self.list]
        self.most = collections.Counter()
        self.least = collections.Counter()
        self.past = []
        self.journals = 1
        self.journal, self.more = "j0", []
        self.second = None
        self.backup = None

    def new(self, name, count):
        self.fresh += count
        return [f"{name}{self.fresh - number}x{self.seed}" for number in range(count)]

    def say(self, *words):
        self.log.append(" ".join(map(str, words)))

    def label_of(self, name):
        """What mail programs write into a copy: other values in each writing of the archive."""
        number = sum(map(ord, name))
        marks = ("", f"X-UIDL: {self.takeout}\n", f"X-Mozilla-Keys: k{self.takeout % 3}\n")[number % 3]
        if not self.labels:
            return marks
        read = ("Unread", "Opened", "Opened,Starred")[(number + self.takeout) % 3]
        return marks + "X-Gmail-Labels: %s,%s\n" % (
            ("Inbox", "Work,Inbox", "Archived", "Work")[number % 4], read)

    def mailbox_of(self, name):
        return "M" if self.maps and name in "AB" else name

    def write(self, name):
        state = self.state[name]
        if self.random.random() < 0.3:
            self.takeout += 1
        content = [message(one, self.label_of(one)) for one in state]
        if self.kind[name] == "maildir":
            place = self.tree / name
            shutil.rmtree(place, ignore_errors=True)
            for part in ("cur", "new", "tmp"):
                (place / part).mkdir(parents=True)
            seen = collections.Counter()
            for one, text in zip(state, content):
                seen[one] += 1
                (place / "cur" / f"{one}.{seen[one]}:2,").write_bytes(text.split(b"\n", 1)[1][:-1])
            return
        if self.kind[name] == "split":  # a part of it packed
            cut = self.random.randrange(1, len(state)) if len(state) > 1 else len(state)
            (self.tree / f"{name}.mbox").write_bytes(b"".join(content[:cut]))
            pack = self.tree / f"{name}.mbox.gz"
            pack.write_bytes(gzip.compress(b"".join(content[cut:])))
            return
        content = b"".join(content)
        place = self.tree / f"{name}.mbox"
        if self.kind[name] == "gz":
            place, content = self.tree / f"{name}.mbox.gz", gzip.compress(content)
        if place.exists() and self.random.random() < 0.3:
            times = place.stat()
            with open(place, "r+b") as file:
                file.write(content)
                file.truncate()
            if self.random.random() < 0.5:
                os.utime(place, (times.st_atime, times.st_mtime))
            return
        fresh = self.folder / "fresh"
        fresh.write_bytes(content)
        fresh.rename(place)

    def change(self):
        name = self.random.choice(self.names)
        state = self.state[name]
        # In another mailbox it is sent once more, which the account's count cannot tell from a copy.
        others = [one for one in self.names if one != name and
                  (self.key(name) or self.mailbox_of(one) == self.mailbox_of(name))]
        what = self.random.choice(["grow", "prepend", "insert", "shrink", "shrink", "cut", "reorder",
                                   "swap", "move", "move", "double", "back", "back", "same"])
        if what == "grow":
            state += self.new(name, self.random.randrange(1, 9))
        elif what == "prepend":
            state[:0] = self.new(name, self.random.randrange(1, 5))
        elif what == "insert":
            state.insert(self.random.randrange(len(state) + 1), self.new(name, 1)[0])
        elif what == "shrink" and len(state) > 1:
            for one in self.random.sample(state, self.random.randrange(1, len(state) // 2 + 1)):
                if len(state) > 1:
                    state.remove(one)
        elif what == "cut" and len(state) > 1:
            del state[self.random.randrange(1, len(state)):]
        elif what == "reorder":
            self.random.shuffle(state)
        elif what == "swap" and others:
            other = self.random.choice(others)
            self.state[name], self.state[other] = self.state[other], self.state[name]
            self.write(other)
        elif what == "move" and others and len(state) > 1:
            other, count = self.random.choice(others), self.random.randrange(1, len(state))
            self.state[other] += state[:count]
            del state[:count]
            self.write(other)
        elif what == "double" and not self.dedupe:
            state += self.random.sample(state, self.random.randrange(1, min(4, len(state)) + 1))
        elif what == "back" and self.past:
            self.state[name] = list(self.random.choice(self.past)[name])
        self.write(name)
        self.say("archive", name, self.kind[name], what, len(self.state[name]))

    def has(self):
        """{(mailbox or any, message): copies} that the archive has."""
        found = collections.Counter()
        for name in self.names:
            for one in self.state[name] if name != self.left_out else ():
                found[self.key(self.mailbox_of(name)), one] += 1
        return found

    def key(self, mailbox):
        """Lists and labels file mail anywhere: then only the account counts."""
        return "" if self.lists or self.labels else mailbox

    def held(self):
        found = collections.Counter()
        with self.case.server.session() as client:
            for name in self.case.server.mailboxes(client=client):
                for one in self.case.server.fetch_all(mailbox=name, client=client):
                    who = re.search(rb"Message-ID: <(\S+?)@", one.body)[1].decode()
                    self.case.assertIn(f"end of {who}".encode(), one.body)
                    found[self.key(name), who] += 1
        return found

    def run(self, *more, journal=None, killed=None):
        extra = {"MBOXFERRY_CRASH_AT": killed} if killed else {}
        name, more = journal or self.journal, [*self.more, *more]
        if self.refuses and not journal:
            more += ["--max-message-size", str(self.random.choice([0, 0, 290, 310, 330]))]
        self.left_out = ""
        if self.excludes and not journal and self.random.random() < 0.3:
            self.left_out = self.random.choice(self.names)
            more += ["--exclude", self.left_out]
        if self.batch and not journal:
            outcome = self.run_batch(name, more, extra)
        else:
            outcome = self.case.migrate(self.case.server, self.tree, None, *self.base, *more,
                                        journal=self.folder / name, **extra)
        self.say("run", name, more, killed, "->", outcome.code, outcome.err.strip()[-400:])
        if "run the same command once without this --exclude" in outcome.err:
            self.excludes = False
            return self.run(journal=journal)
        self.judge(outcome, killed)
        return outcome

    def run_batch(self, name, more, extra):
        table = self.folder / "accounts.csv"
        table.write_text("archive,user,password_file\n"
                         f"{self.tree},alice,{self.case.server.password_file()}\n")
        table.chmod(0o600)
        outcome = self.case.run_program(
            "batch", table, "--host", "localhost", "--port", self.case.server.tls_port, "--ca-file",
            self.case.server.ca_file, "--state-dir", self.folder / name, "--progress=none",
            *self.base, *more, **extra)
        # An account that cannot go on is one that failed; what helps says why.
        if outcome.code == 1 and "--skip-existing" in outcome.err:
            nothing_sent = "nothing was created or sent" in outcome.err
            outcome = outcome._replace(code=78 if nothing_sent else 65)
        return outcome

    def path(self):
        """The journal."""
        place = self.folder / self.journal
        return next(place.glob("*.journal"), place / "none") if self.batch else place

    def retry(self):
        outcome = self.case.run_program(
            "retry", self.path(), "--max-message-size", "0", "--ca-file", self.case.server.ca_file,
            "--password-file", self.case.server.password_file())
        self.say("retry ->", outcome.code, outcome.err.strip()[-400:])
        # What it sends is what an earlier run had read.
        if outcome.code not in (0, 3, 64, 65, 75, 78):
            self.fail(f"CODE {outcome.code} of retry", outcome)
        self.judge(outcome, None, read=False)

    def judge(self, outcome, killed, read=True):
        if not read:
            self.compare(outcome, killed)
            return
        for key, count in self.has().items():
            self.most[key] = max(self.most[key], count)
        if outcome.code == 0:
            for key, count in self.has().items():
                self.least[key] = max(self.least[key], 1 if self.dedupe else count)
        self.compare(outcome, killed)

    def compare(self, outcome, killed):
        held = self.held()
        for key, count in held.items():
            if count > self.most[key]:
                self.fail(f"TWICE {key}: {count} of {self.most[key]}", outcome)
        for key, count in self.least.items():
            if held[key] < count:
                self.fail(f"LOST {key}: {held[key]} of {count}", outcome)
        known = (0, 3, 64, 65, 75, 78) if self.refuses else (0, 65, 75, 78)
        if outcome.code not in known and not (killed and outcome.code == -9):
            self.fail(f"CODE {outcome.code}", outcome)

    def fail(self, what, outcome):
        self.case.fail(f"seed {self.seed}: {what}\n" + "\n".join(self.log[-9:]) + f"\n{outcome}")

    def verify(self):
        how = self.random.choice([(), ("--full",), ("--strict",)])
        outcome = self.case.run_program("verify", self.path(), *how, "--password-file",
                                        self.case.server.password_file())
        # What another journal has stored there is told with --strict.
        if outcome.code != 0 and not self.second:
            self.fail(f"verify {how}", outcome)

    def restore(self):
        place = self.path()
        for file in place.parent.glob(f"{place.name}*"):
            file.unlink()
        shutil.copy2(self.folder / "backup", place)
        self.say("older journal put back")

    def step(self):
        for _ in range(self.random.choice([1, 1, 2])):
            self.change()
        if self.lists and self.random.random() < 0.3:
            self.list.write_text(self.random.choice(LISTS))
            # What other lists filed is not known to a journal that has not seen it.
            self.backup = None
            self.say("lists", self.list.read_text().split())
        if self.backup and self.random.random() < 0.3:
            self.restore()
            self.backup = None
            self.second = self.second or "restored"
        more = ["--strict"] if self.random.random() < 0.1 else []
        if self.random.random() < 0.2:
            more += ["--max-messages-per-day", str(self.random.randrange(1, 60))]
        killed = None
        if self.random.random() < 0.4:
            killed = self.random.choice(CRASH_POINTS) + self.random.choice(["", "", ":2"])
        outcome = self.run(*more, killed=killed)
        if outcome.code == 0:
            self.verify()
            self.past.append({name: list(self.state[name]) for name in self.names})
            if not self.lists and self.random.random() < 0.15:
                self.second = self.second or "second"
                if self.run("--skip-existing", journal="other").code == 65:
                    for file in self.folder.glob("other*"):
                        file.unlink()
            elif self.random.random() < 0.15:
                shutil.copy2(self.path(), self.folder / "backup")
                self.backup = self.journal
        if outcome.code in (65, 78):
            self.begin_again(outcome)
        elif self.refuses and self.path().exists() and self.random.random() < 0.4:
            self.retry()

    def begin_again(self, outcome):
        """As the error advises."""
        if self.past and self.random.random() < 0.5 and outcome.code == 65:
            self.state = {name: list(one) for name, one in self.past[-1].items()}
            for name in self.names:
                self.write(name)
            self.say("put back")
            if self.run().code in (0, 3, 75):
                return
        self.journal, self.more, self.backup = f"j{self.journals}", ["--skip-existing"], None
        self.journals += 1
        outcome = self.run()
        if outcome.code == 78 and self.lists:
            return self.leave()
        if outcome.code not in (0, 3, 75):
            self.fail(f"a new journal ends with {outcome.code}", outcome)

    def leave(self):
        """Mail that other lists have filed stops a new job; nothing was sent."""
        self.ended = True

    def live(self):
        self.ended = False
        for name in self.names:
            self.write(name)
        for _ in range(self.random.choice([4, 7, 10])):
            if self.ended:
                return
            self.step()


class RandomLivesTest(WithDovecot, ProgramTest):
    @classmethod
    def new_server(cls):
        return Dovecot(separator="/", special_use=True)

    def test_never_lost_never_twice(self):
        first, last = map(int, os.environ.get("MBOXFERRY_LIVES", "0:3" if REDUCED else "0:14").split(":"))
        for seed in range(first, last):
            with self.subTest(seed=seed):
                self.server.delete_all()
                life = Life(self, seed)
                life.live()
                shutil.rmtree(life.folder)


if __name__ == "__main__":
    unittest.main()
