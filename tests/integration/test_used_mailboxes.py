# SPDX-License-Identifier: Apache-2.0
# People use the mailbox between the runs of a job, and servers store mail in their own way.

import json
import pathlib
import re
import unittest

from support import archives
from support.cyrus import Cyrus, cyrus_root
from support.dovecot_test import WithDovecot
from support.program import ProgramTest
from support.proxy import TlsProxy
from support.schemas import assert_valid


class MailboxTest(WithDovecot, ProgramTest):
    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        self.archive.touch()
        self.count = 0
        self.change = None  # of a server's line
        self.port = self.enterContext(TlsProxy(
            self.server, rewrite=lambda line: self.change(line) if self.change else line)).port

    def grow(self, count):
        with archives.Mbox(self.folder / "more.mbox") as mbox:
            for number in range(self.count, self.count + count):
                mbox.add(b"Subject: %d\nMessage-ID: <%d@example.com>\nStatus: RO\nX-Status: F\n"
                         b"X-Keywords: first second\n\nbody of %d\n" % (number, number, number),
                         archives.FIRST_DATE + number * 60)
        self.count += count
        with open(self.archive, "ab") as file:
            file.write((self.folder / "more.mbox").read_bytes())

    def go(self, code, *more, mailbox="Mail"):
        outcome = self.migrate(self.server, self.archive, mailbox, "--report-json", "report.json",
                               *more, port=self.port)
        self.assert_code(outcome, code)
        return outcome

    def verify(self, code, *more):
        outcome = self.run_program("verify", self.folder / "job.journal", "--json",
                                   "--password-file", self.server.password_file(), *more)
        self.assert_code(outcome, code)
        document = json.loads(outcome.out)
        assert_valid(document)
        return document

    def numbers(self, rows):
        raw = self.archive.read_bytes()
        return {int(re.search(rb"Subject: (\d+)", raw[one["offset"]:])[1]) for one in rows}

    def mails(self, mailbox="Mail"):
        """{number: flags}"""
        return {int(re.search(rb"Subject: (\d+)", message.body)[1]): set(message.flags)
                for message in self.server.fetch_all(mailbox=mailbox)}

    def notes(self):
        return self.report()["accounts"][0]["notes"]


class PeopleTest(MailboxTest):
    """Pre-seed, then delta runs."""

    def use(self, client):
        """One is deleted, one is moved, two lose flags, one gets some; mail comes in."""
        client.create("Other")
        client.select("Mail")
        client.store("6", "-FLAGS.SILENT", "(\\Seen)")
        client.store("7", "-FLAGS.SILENT", "(second)")
        client.store("8", "+FLAGS.SILENT", "(\\Answered third)")
        client.copy("4", "Other")
        client.store("3,4", "+FLAGS.SILENT", "(\\Deleted)")
        client.expunge()
        client.append("Mail", None, None, b"Subject: 1000\r\n\r\nnew\r\n")

    def test_three_runs_with_a_user_in_between(self):
        self.grow(20)
        self.go(0)
        self.assertEqual(self.notes(), [])
        with self.server.session() as client:
            self.use(client)
        self.grow(10)
        outcome = self.go(0)
        self.assertIn("gone since an earlier run compared them: 4 messages", outcome.err)
        self.assertNotIn("put back", outcome.err)
        self.assertEqual(len(self.notes()), 1)
        mails = self.mails()
        self.assertEqual(set(mails), set(range(30)) - {2, 3} | {1000})
        self.assertNotIn("\\Seen", mails[5])
        self.assertNotIn("second", mails[6])
        self.assertIn("\\Answered", mails[7])
        self.assertEqual(set(self.mails("Other")), {3})
        with self.server.session() as client:
            client.select("Mail")
            last = client.search(None, "ALL")[1][0].split()[-1]
            client.store(last, "+FLAGS.SILENT", "(\\Deleted)")
            client.expunge()
        self.grow(5)
        self.assertIn("5 messages that somebody", self.go(0).err)
        self.assertEqual(set(self.mails()), set(range(35)) - {2, 3, 29} | {1000})
        for more in ((), ("--full",)):
            document = self.verify(0, *more)
            self.assertEqual(document["verdict"], "complete")
            self.assertEqual(self.numbers(document["gone_since"]), {2, 3, 5, 6, 29})
            self.assertEqual({one["what"] for one in document["gone_since"]},
                             {"missing", "flags", "keywords"})
            self.assertEqual(document["missing"] + document["different"] + document["altered"], [])
        outcome = self.go(1, "--strict")
        self.assertIn("3 messages are missing on the server and 2 are different", outcome.err)
        self.assertIn("verify --strict", outcome.err)
        document = self.verify(1, "--strict")
        self.assertEqual(self.numbers(document["missing"]), {2, 3, 29})
        self.assertEqual(self.numbers(document["different"]), {5, 6})
        # Nothing was put back by that either, and it is no loss for the next run.
        self.assertNotIn("\\Seen", self.mails()[5])
        self.go(0)

    def test_a_mailbox_that_was_deleted(self):
        self.grow(5)
        self.go(0)
        with self.server.session() as client:
            client.delete("Mail")
        document = self.verify(0)
        self.assertEqual(self.numbers(document["gone_since"]), set(range(5)))
        self.assertEqual(self.numbers(self.verify(1, "--strict")["missing"]), set(range(5)))
        self.assertIn("5 messages that were there are gone since", self.go(0).err)
        self.grow(3)
        self.go(0)
        self.assertEqual(set(self.mails()), {5, 6, 7})
        self.assertEqual(self.verify(0)["verdict"], "complete")

    def test_a_mailbox_that_was_renamed(self):
        self.grow(5)
        self.go(0)
        with self.server.session() as client:
            client.rename("Mail", "Kept")
        self.grow(3)
        self.go(0)
        self.assertEqual((set(self.mails()), set(self.mails("Kept"))), ({5, 6, 7}, set(range(5))))

    def test_a_mailbox_that_was_deleted_is_filled_again_by_a_strict_run(self):
        self.grow(5)
        self.go(0)
        with self.server.session() as client:
            client.delete("Mail")
        self.go(0, "--strict")
        self.assertEqual(set(self.mails()), set(range(5)))

    def test_a_plain_run_between_does_not_keep_a_strict_run_from_filling_it(self):
        self.grow(5)
        self.go(0)
        with self.server.session() as client:
            client.delete("Mail")
        self.grow(3)
        self.go(0)
        self.assertEqual(set(self.mails()), {5, 6, 7})
        self.assertEqual(self.numbers(self.verify(0)["gone_since"]), set(range(5)))
        plan = self.go(0, "--strict", "--dry-run")
        self.assertIn("5 may be: the run asks the server for them first", plan.out)
        self.go(0, "--strict")
        self.assertEqual(sorted(self.mails()), list(range(8)))
        self.assertEqual(self.verify(0, "--strict")["verdict"], "complete")
        self.go(0, "--strict")
        self.assertEqual(self.server.count(mailbox="Mail"), 8)

    def test_what_its_owner_put_back_is_not_filled_again(self):
        self.grow(5)
        self.go(0)
        with self.server.session() as client:
            client.rename("Mail", "Kept")
        self.grow(3)
        self.go(0)
        with self.server.session() as client:
            client.select("Kept")
            client.copy("1:2", "Mail")
        self.go(0, "--strict")
        self.assertEqual(self.server.count(mailbox="Mail"), 8)
        self.assertEqual(sorted(self.mails()), list(range(8)))

    def test_kills_after_a_mailbox_was_deleted_lose_nothing_new(self):
        for point in ("mailbox-created", "reconcile-looked", "reconcile-decided",
                      "batch-intended", "batch-sent"):
            with self.subTest(point):
                (self.folder / "job.journal").unlink(missing_ok=True)
                self.archive.write_bytes(b"")
                self.count = 0
                self.grow(5)
                self.go(0, "--allow-copies", mailbox=point)
                with self.server.session() as client:
                    client.delete(point)
                self.grow(4)
                killed = self.migrate(self.server, self.archive, point, port=self.port,
                                      MBOXFERRY_CRASH_AT=point)
                self.assertLess(killed.code, 0)
                self.go(0, mailbox=point)
                self.assertEqual(set(self.mails(point)), set(range(5, 9)))
                self.assertEqual(self.server.count(mailbox=point), 4)

    def test_what_a_run_loses_itself_stays_an_error(self):
        self.grow(10)
        # The server gives it a UID, and does not show it.
        self.change = lambda line: b"" if b"UID 4 " in line else line
        for _ in range(2):
            outcome = self.go(1)
            self.assertIn("1 messages are missing", outcome.err)
            self.assertNotIn("gone since", outcome.err)
        with self.server.session() as client:
            client.select("Mail")
            client.store("7", "+FLAGS.SILENT", "(\\Deleted)")
            client.expunge()
        outcome = self.go(1)
        self.assertIn("1 messages are missing", outcome.err)
        self.assertIn("gone since an earlier run compared them: 1 message ", outcome.err)
        self.change = None
        document = self.verify(0)
        self.assertEqual(self.numbers(document["gone_since"]), {6})
        self.go(0)

    def test_verify_of_a_job_that_was_never_run(self):
        self.grow(3)
        self.go(77, "--password-command=echo wrong")
        document = self.verify(75)
        self.assertEqual(document["verdict"], "unfinished")
        outcome = self.run_program("verify", self.folder / "job.journal", "--password-file",
                                   self.server.password_file())
        self.assert_code(outcome, 75)
        self.assertIn("run its command again", outcome.out)
        self.go(0)
        self.assertEqual(self.verify(0)["verdict"], "complete")


class InexactServerTest(MailboxTest):
    """A proxy shows of every message what an inexact server would."""

    def setUp(self):
        super().setUp()
        self.grow(200)

    def check(self, change, line):
        self.change = change
        self.assertIn(line, self.go(0).err)
        self.assertEqual(len(self.notes()), 1)
        # The next run says the same, and nothing about people.
        outcome = self.go(0)
        self.assertIn(line, outcome.err)
        self.assertNotIn("gone since", outcome.err)
        self.assertNotIn("put back", outcome.err)
        self.assertIn("200 are different", self.go(1, "--strict").err)

    def test_dates_are_ignored(self):
        self.check(lambda line: re.sub(rb'INTERNALDATE "[^"]+"',
                                       b'INTERNALDATE "01-Jan-2024 00:00:00 +0000"', line),
                   "the server changed INTERNALDATE of 200 messages")

    def test_sizes_are_estimated(self):
        self.check(lambda line: re.sub(rb"RFC822\.SIZE \d+", b"RFC822.SIZE 99", line),
                   "the server shows another size for 200 messages")

    def test_keywords_are_dropped(self):
        self.check(lambda line: line.replace(b" second", b"") if b" FETCH " in line else line,
                   "the server does not keep keywords of 200 messages")

    def test_a_sample_is_read(self):
        lines = []

        def change(line):
            lines.append(line)
            return re.sub(rb"RFC822\.SIZE \d+", b"RFC822.SIZE 99", line)
        self.change = change
        self.go(0)
        bodies = [line for line in lines if b"BODY[]" in line]
        self.assertGreaterEqual(len(bodies), 50)
        self.assertLess(len(bodies), 200)

    def test_another_content_is_an_error(self):
        self.go(0)
        for path in filter(pathlib.Path.is_file, self.server.folder.rglob("cur/*")):
            path.write_bytes(path.read_bytes().replace(b"body of", b"bodY of"))
        # Without another size nothing shows it.
        self.assertEqual(self.verify(0)["different"], [])
        self.change = lambda line: re.sub(rb"RFC822\.SIZE \d+", b"RFC822.SIZE 99", line)
        for more in ((), ("--full",), ("--strict",)):
            document = self.verify(1, *more)
            self.assertEqual(self.numbers(document["different"]), set(range(200)))
            self.assertEqual(document["altered"], [])


@unittest.skipUnless(cyrus_root(), "no Cyrus")
class CyrusPeopleTest(PeopleTest):
    @staticmethod
    def new_server():
        return Cyrus(separator="/", prefix="")


if __name__ == "__main__":
    unittest.main()
