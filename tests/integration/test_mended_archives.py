# SPDX-License-Identifier: Apache-2.0
# "Fix what is named and run the same command again": the whole archive is put in the place of a cut
# or damaged one. Each of its messages is there once then; what was stored in part is told.

import bz2
import gzip
import io
import itertools
import json
import lzma
import os
import random
import re
import tarfile
import unittest
import zipfile

from support import archives
from support.cyrus import Cyrus, cyrus_root
from support.dovecot import Dovecot
from support.dovecot_test import WithDovecot
from support.program import ProgramTest

COUNT = 40
TOLD = "stored and not in it any more as"


def messages(numbers):
    """Of a size that packing does not take away, so that a cut hits one of them."""
    return b"".join(
        b"From a@example.com %s\nMessage-ID: <%d@example.com>\nDate: %s\nSubject: %d\n"
        b"Status: RO\nX-Random: %s\n\nbody of %d\nend of %d\n\n"
        % (archives.asctime(archives.FIRST_DATE + number * 60), number,
           archives.rfc_date(archives.FIRST_DATE + number * 60), number,
           bytes(random.Random(number).choices(b"abcdefghijklmnopqrstuvwxyz0123456789", k=700)), number, number)
        for number in numbers)


def zipped(members):
    with io.BytesIO() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as pack:
            for name, content in members:
                pack.writestr(name, content)
        return file.getvalue()


def tarred(members):
    with io.BytesIO() as file:
        with tarfile.open(fileobj=file, mode="w") as pack:
            for name, content in members:
                member = tarfile.TarInfo(name)
                member.size = len(content)
                pack.addfile(member, io.BytesIO(content))
        return file.getvalue()


FIRST, SECOND = messages(range(COUNT)), messages(range(COUNT, 2 * COUNT))
TWO = (("a.mbox", FIRST), ("b.mbox", SECOND))
ZIP, TAR = zipped(TWO), tarred(TWO)
AT = ZIP.find(b"b.mbox") + 3000


def cut(whole, share):
    return whole[:int(len(whole) * share)]


# name: (file name, what is there at first, the whole, how many messages are cut at first)
CASES = {
    "gzip, cut": ("x.mbox.gz", cut(gzip.compress(FIRST), .6), gzip.compress(FIRST), 1),
    "gzip, cut, and grown": ("x.mbox.gz", cut(gzip.compress(FIRST), .6),
                             gzip.compress(FIRST + SECOND), 1),
    "gzip, junk behind": ("x.mbox.gz", gzip.compress(FIRST) + b"junk" * 30, gzip.compress(FIRST), 0),
    "bzip2, cut": ("x.mbox.bz2", bz2.compress(FIRST + 4 * SECOND, 1)[:-99],
                   bz2.compress(FIRST + 4 * SECOND, 1), 1),
    "xz, cut": ("x.mbox.xz", lzma.compress(FIRST)[:-99], lzma.compress(FIRST), 1),
    "zip, cut": ("x.zip", cut(ZIP, .75), ZIP, 1),
    "zip, without its directory": ("x.zip", ZIP[:-60], ZIP, 0),
    "zip, junk behind": ("x.zip", ZIP + b"j" * 999, ZIP, 0),
    "tar, cut in the last member": ("x.tar", cut(TAR, .75), TAR, 1),
    "tar, cut in the first member": ("x.tar", cut(TAR, .25), TAR, 1),
    "tar.gz, cut": ("x.tar.gz", cut(gzip.compress(TAR), .75), gzip.compress(TAR), 1),
    "mbox, junk in front": ("x.mbox", b"\0" * 999 + FIRST, FIRST, 0),
    "mbox, cut": ("x.mbox", cut(FIRST, .6), FIRST, 1),
}


class Mended:
    """On each of several servers."""

    def numbers(self, whole=True):
        """Of all messages that are stored to their end, or of those that are not."""
        found = []
        for name in self.server.mailboxes():
            for one in self.server.fetch_all(mailbox=name):
                # One that was cut in its header may have none.
                number = int((re.search(rb"Message-ID: <(\d+)", one.body) or (0, -1))[1])
                if one.body.endswith(b"end of %d\r\n" % number) == whole:
                    found.append(number)
        return sorted(found)

    def go(self, path, code, *more):
        outcome = self.migrate(self.server, path, None, "--report-json", "report.json", *more,
                               journal=f"{path.parent.name}.journal")
        self.assert_code(outcome, code)
        return outcome

    def write(self, path, content, time):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (time, time))

    def verified(self, path):
        for more in ((), ("--full",), ("--strict",)):
            self.assert_code(self.run_program(
                "verify", self.folder / f"{path.parent.name}.journal", *more, "--password-file",
                self.server.password_file()), 0)

    def empty(self):
        with self.server.session() as client:
            for name in self.server.mailboxes(client=client):
                if name.upper() != "INBOX":
                    client.delete(name)

    def test_the_whole_is_put_in_the_place_of_each(self):
        for number, (name, (file, bad, whole, halves)) in enumerate(CASES.items()):
            with self.subTest(name):
                self.empty()
                path = self.folder / f"case{number}" / file
                wanted = sorted(map(int, re.findall(rb"Message-ID: <(\d+)", {
                    "x.zip": FIRST + SECOND, "x.tar": FIRST + SECOND,
                    "x.tar.gz": FIRST + SECOND}.get(file) or self.unpacked(file, whole))))
                self.write(path, bad, 1_600_000_000)
                self.go(path, 0 if name == "mbox, cut" else 3)
                before = self.numbers()
                self.write(path, whole, 1_700_000_000)
                plan = self.go(path, 0, "--dry-run")
                self.assertIn("was replaced", plan.err)
                outcome = self.go(path, 0)
                self.assertEqual(outcome.err.count(TOLD), halves, str(outcome))
                self.assertLessEqual(len(before), len(wanted))
                self.assertEqual(self.numbers(), wanted)
                self.assertLessEqual(len(self.numbers(whole=False)), halves)
                self.assertEqual(json.loads((self.folder / "report.json").read_text())
                                 ["accounts"][0]["verdict"], "complete")
                again = self.go(path, 0)
                self.assertNotIn("was replaced", again.err)
                self.assertEqual(self.numbers(), wanted)
                self.verified(path)

    @staticmethod
    def unpacked(file, whole):
        unpack = {".gz": gzip.decompress, ".bz2": bz2.decompress, ".xz": lzma.decompress}
        return unpack.get(os.path.splitext(file)[1], bytes)(whole)

    def test_a_run_that_was_killed_before_and_after_the_whole_came(self):
        path = self.folder / "killed" / "x.zip"
        for point in ("index-chunk", "index-done", "index-done:2", "batch-intended", "batch-sent",
                      "batch-confirmed"):
            with self.subTest(point):
                self.empty()
                (self.folder / "killed.journal").unlink(missing_ok=True)
                self.write(path, cut(ZIP, .75), 1_600_000_000)
                self.go(path, 3)
                self.write(path, ZIP, 1_700_000_000)
                outcome = self.migrate(self.server, path, None, journal="killed.journal",
                                       MBOXFERRY_CRASH_AT=point)
                self.assert_code(outcome, -9)
                self.go(path, 0)
                self.assertEqual(self.numbers(), list(range(2 * COUNT)))
                self.verified(path)

    def test_messages_in_doubt_when_the_whole_comes(self):
        one_by_one = ("--append-mode", "synchronizing", "--connections", "1")
        cuts = [FIRST[:FIRST.find(b"end of 24")], FIRST[:FIRST.find(b"X-Random", len(FIRST) // 2)]]
        for number, (point, (more, bad)) in enumerate(itertools.product(
                ("batch-intended", "batch-answered"), zip(((), one_by_one), cuts))):
            with self.subTest(point=point, more=more, bad=len(bad)):
                self.empty()
                path = self.folder / f"doubt{number}" / "x.mbox"
                self.write(path, bad, 1_600_000_000)
                # One command has all of it, the message that is cut too.
                outcome = self.migrate(self.server, path, None, *more,
                                       journal=f"doubt{number}.journal", MBOXFERRY_CRASH_AT=point)
                self.assert_code(outcome, -9)
                self.write(path, FIRST, 1_700_000_000)
                self.go(path, 0, "--dry-run")
                self.go(path, 0, *more)
                self.assertEqual(self.numbers(), list(range(COUNT)))
                self.assertLessEqual(len(self.numbers(whole=False)), 1)
                self.assertIn("nothing to do", self.go(path, 0).out)
                self.verified(path)

    def test_the_whole_is_put_in_the_place_with_dedupe(self):
        for number, how in enumerate(("message-id", "content")):
            for bad, code in ((cut(gzip.compress(FIRST + FIRST), .75), 3),
                              (gzip.compress(FIRST) + b"junk" * 30, 3)):
                with self.subTest(how=how, bad=len(bad)):
                    self.empty()
                    path = self.folder / f"dedupe{number}{len(bad)}" / "x.mbox.gz"
                    self.write(path, bad, 1_600_000_000)
                    self.go(path, code, "--dedupe", how)
                    self.write(path, gzip.compress(FIRST + FIRST + SECOND), 1_700_000_000)
                    self.go(path, 0, "--dedupe", how)
                    self.assertEqual(self.numbers(), list(range(2 * COUNT)))
                    self.go(path, 0, "--dedupe", how)
                    self.assertEqual(self.numbers(), list(range(2 * COUNT)))
                    self.verified(path)

    def test_the_whole_of_what_was_cut_twice_in_one_message_is_no_duplicate(self):
        path = self.folder / "twice" / "x.mbox"
        self.empty()
        for time, end in enumerate((FIRST.find(b"body of 39"), FIRST.find(b"end of 39"), None)):
            self.write(path, FIRST[:end], 1_600_000_000 + time)
            self.go(path, 0, "--dedupe", "message-id")
        self.assertEqual(self.numbers(), list(range(COUNT)))

    def test_another_archive_and_one_that_was_cut_are_none_of_this(self):
        path = self.folder / "other" / "x.mbox"
        self.write(path, FIRST, 1_600_000_000)
        self.go(path, 0)
        self.write(path, SECOND, 1_700_000_000)
        self.assertIn("none of the 40 messages that are stored is in it any more",
                      self.go(path, 65).err)
        # In a message, and in a separator.
        for at in (FIRST.find(b"end of 20"), FIRST.find(b"From ", FIRST.find(b"end of 20")) + 9):
            self.write(path, FIRST[:at], 1_700_000_000 + at)
            self.assertIn("it was longer then", self.go(path, 65).err)
        # Each error says: put the former file back.
        self.write(path, FIRST, 1_700_900_000)
        self.go(path, 0)
        self.assertEqual(self.numbers(), list(range(COUNT)))
        self.verified(path)

    def test_what_somebody_deleted_from_the_archive_stays_stored(self):
        path = self.folder / "less" / "x.mbox"
        self.write(path, FIRST, 1_600_000_000)
        self.go(path, 0)
        self.write(path, messages(range(5, COUNT)) + SECOND, 1_700_000_000)
        self.assertIn(f"5 messages are {TOLD}", self.go(path, 0).err)
        self.assertEqual(self.numbers(), list(range(2 * COUNT)))
        self.verified(path)


class DovecotTest(WithDovecot, Mended, ProgramTest):
    @classmethod
    def new_server(cls):
        return Dovecot(separator="/")

    def test_the_first_message_was_cut_in_its_header(self):
        # In a name, and in what follows it; half a Message-ID is one of another message.
        for number, (field, more) in enumerate(
                ((b"Message-ID", 0), (b"Date", 0), (b"Date", 5), (b"Subject", 0), (b"Subject", 5))):
            with self.subTest(field=field, more=more):
                self.empty()
                path = self.folder / f"header{number}" / "x.mbox.gz"
                self.write(path, gzip.compress(FIRST[:FIRST.find(field) + len(field) + more]),
                           1_600_000_000)
                self.go(path, 0)
                self.write(path, gzip.compress(FIRST), 1_700_000_000)
                self.go(path, 0, "--dry-run")
                self.assertIn(f"1 message is {TOLD}", self.go(path, 0).err)
                self.go(path, 0)
                self.assertEqual(self.numbers(), list(range(COUNT)))
                self.verified(path)


class CyrusTest(WithDovecot, Mended, ProgramTest):
    @classmethod
    def new_server(cls):
        if cyrus_root() is None:
            raise unittest.SkipTest("Cyrus is not unpacked here; tools/test does it")
        return Cyrus(separator="/", prefix="")


if __name__ == "__main__":
    unittest.main()
