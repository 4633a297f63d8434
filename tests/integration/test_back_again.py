# SPDX-License-Identifier: Apache-2.0
# Messages that leave an archive and come back: what was stored of an earlier version of it is known.

import collections
import gzip
import io
import re
import unittest
import zipfile

from support import archives
from support.dovecot_test import WithDovecot
from support.program import ProgramTest


def message(name, size=200):
    time = archives.FIRST_DATE + sum(map(ord, name)) * 977 % 10 ** 6 * 60
    name = name.encode()
    return (b"From a@example.com %s\nFrom: a@example.com\nMessage-ID: <%s@example.com>\nDate: %s\n"
            b"Subject: %s\n\n%s\nend of %s\n\n" % (
                archives.asctime(time), name, archives.rfc_date(time).strip(), name, name * size, name))


def mbox(names):
    return b"".join(map(message, names))


def zipped(content):
    with io.BytesIO() as file:
        with zipfile.ZipFile(file, "w") as pack:
            pack.writestr("M.mbox", content)
        return file.getvalue()


ALL = [f"m{number}" for number in range(10)]
PACKED = {"M.mbox": bytes, "M.mbox.gz": gzip.compress, "M.zip": zipped}
ONE_BY_ONE = ("--append-mode", "synchronizing", "--connections", "1")


class BackAgainTest(WithDovecot, ProgramTest):
    def setUp(self):
        super().setUp()
        self.number = 0

    def begin(self, name):
        self.server.delete_all()
        self.number += 1
        self.archive = self.folder / f"case{self.number}" / name
        self.archive.parent.mkdir()

    def go(self, names, code=0, *more, batch=False, **extra):
        if self.archive.name == "M":  # a Maildir
            for folder in ("cur", "new", "tmp"):
                (self.archive / folder).mkdir(parents=True, exist_ok=True)
            for one in (self.archive / "cur").iterdir():
                if one.name.partition(":")[0] not in names:
                    one.unlink()
            for one in names:
                (self.archive / "cur" / f"{one}:2,").write_bytes(message(one).split(b"\n", 1)[1])
        else:
            self.archive.write_bytes(PACKED[self.archive.name](mbox(names)))
        if batch:
            table = self.folder / f"{self.number}.csv"
            table.write_text(f"archive,user,password_file\n{self.archive.parent},alice,"
                             f"{self.server.password_file()}\n")
            table.chmod(0o600)
            outcome = self.run_program(
                "batch", table, "--host", "localhost", "--port", self.server.tls_port, "--ca-file",
                self.server.ca_file, "--state-dir", f"states{self.number}", "--progress=none", *more,
                **extra)
        else:
            outcome = self.migrate(self.server, self.archive, None, *more,
                                   journal=f"{self.number}.journal", **extra)
        self.assert_code(outcome, code)
        return outcome

    def held(self):
        found = collections.Counter()
        for name in self.server.mailboxes():
            for one in self.server.fetch_all(mailbox=name):
                found[re.search(rb"Message-ID: <(\w+)@", one.body)[1].decode()] += 1
        return found

    def assert_once(self, names):
        self.assertEqual(self.held(), collections.Counter(names))

    def verified(self):
        self.assert_code(self.run_program("verify", f"{self.number}.journal", "--strict",
                                          "--password-file", self.server.password_file()), 0)

    def test_messages_taken_out_and_put_back(self):
        for name in (*PACKED, "M"):
            for more in ((), ONE_BY_ONE):
                for batch in (False, True) if name == "M.mbox.gz" and not more else (False,):
                    with self.subTest(name=name, more=more, batch=batch):
                        self.begin(name)
                        self.go(ALL, 0, *more, batch=batch)
                        self.go(ALL[3:], 0, *more, batch=batch)
                        self.go(ALL, 0, *more, batch=batch)
                        self.assert_once(ALL)
                        if not batch:
                            self.verified()
                            self.assertIn("nothing to do", self.go(ALL).out)

    def test_taken_out_in_several_steps_and_put_back_in_others(self):
        steps = (ALL, ALL[2:], ALL[2:7], ALL[:7], ["n0"] + ALL[5:7], ALL[6:7] + ALL[:3] + ["n1"],
                 ALL + ["n0", "n1", "n2"])
        for more in ((), ("--dedupe", "message-id"), ("--dedupe", "content")):
            with self.subTest(more=more):
                self.begin("M.mbox")
                stored = set()
                for step in steps:
                    self.go(step, 0, *more)
                    stored |= set(step)
                    self.assert_once(stored)
                self.verified()

    def test_put_back_at_the_end_of_an_archive_that_only_grows(self):
        self.begin("M.mbox")
        for step in (ALL, ALL[3:], ALL[3:] + ["n0"] + ALL[:3]):
            self.go(step)
        self.assert_once(ALL + ["n0"])
        self.verified()

    def test_as_often_as_the_archive_has_it(self):
        self.begin("M.mbox")
        for step in (ALL + ALL[:2], ALL[3:], ALL + ALL[:4]):
            self.go(step)
        self.assert_once(ALL + ALL[:4])

    def test_a_run_that_is_killed_between(self):
        for point, killed in (("index-chunk", 2), ("index-done", 1), ("index-done", 2),
                              ("batch-intended", 2), ("batch-answered", 1), ("batch-answered", 2),
                              ("batch-confirmed", 2)):
            with self.subTest(point=point, killed=killed):
                self.begin("M.mbox")
                for number, step in enumerate((ALL, ALL[3:] + ["n0"], ALL + ["n1"])):
                    if number == killed:
                        self.go(step, -9, MBOXFERRY_CRASH_AT=point)
                    self.go(step)
                self.assert_once(ALL + ["n0", "n1"])
                self.verified()

    def test_in_doubt_when_they_leave(self):
        for point in ("batch-intended", "batch-answered"):
            with self.subTest(point):
                self.begin("M.mbox")
                self.go(ALL[:5])
                self.go(ALL, -9, MBOXFERRY_CRASH_AT=point)
                self.go(ALL[1:])
                self.go(["n0"] + ALL)
                self.assert_once(ALL + ["n0"])
                self.verified()


if __name__ == "__main__":
    unittest.main()
