# SPDX-License-Identifier: Apache-2.0
# What was not looked at is not called complete, and a slip of the user's destroys nothing.

import os
import shutil
import sqlite3
import unittest

from support import archives
from support.dovecot_test import WithDovecot
from support.fake_imap import FULL, FakeImap
from support.program import ProgramTest

COUNT = 12


class NotOpenedTest(ProgramTest):
    """A mailbox that is listed and not opened: its mail may all be there."""

    def setUp(self):
        super().setUp()
        self.tree = self.folder / "tree"
        self.tree.mkdir()
        for number, name in enumerate(("inbox", "Work", "Lists")):
            archives.make(self.tree / name, COUNT, seed=number + 1, body_bytes=(50, 400))
        self.closed = None  # the answer to SELECT of Lists, when it was opened so often
        self.opened = self.opens = 0
        self.server = self.enterContext(
            FakeImap(capabilities=FULL, on_command=lambda session, name, words: self.answer(
                session, name, words)))
        self.assert_code(self.migrate(self.server, self.tree, None), 0)

    def answer(self, session, name, words):
        if self.closed is None or name not in ("SELECT", "EXAMINE") or words[0] != b"Lists":
            return None
        self.opened += 1
        if self.opened <= self.opens:
            return None
        session.selected = None
        return b"TAG " + self.closed + b"\r\n"

    def verify(self, *more):
        return self.run_program("verify", self.folder / "job.journal", "--password-file",
                                self.server.password_file(), *more)

    def test_a_mailbox_that_is_opened_and_not_shown_ends_no_look_at_the_others(self):
        server, asked, refusal = self.server, [], b"NO Internal error occurred"
        lists = server.mailboxes["Lists"]

        def refuse(session, name, _):
            if name in ("UID FETCH", "FETCH"):
                asked.append(session.selected)
                if session.selected is lists:
                    return b"TAG " + refusal + b"\r\n"
            return None
        server.on_command = refuse
        del server.mailboxes["Work"].messages[-1]
        for more in ((), ("--full",), ("--strict",)):
            with self.subTest(more=more):
                del asked[:]
                outcome = self.verify(*more)
                self.assert_code(outcome, 75)
                self.assertIn("refused: Internal error occurred (Lists); 12 stored messages could not "
                              "be compared", outcome.err)
                self.assertIn(server.mailboxes["Work"], asked)
        for more in ((), ("--strict",)):
            self.assertIn("12 stored messages could not be compared",
                          self.migrate(server, self.tree, None, *more).err)
        server.on_command = None
        self.assert_code(self.migrate(server, self.tree, None), 0)

    def test_verify_is_not_complete(self):
        for answer in (b"NO Internal error occurred", b"NO [NOPERM] Permission denied",
                       b"NO [CORRUPTION] index is corrupt", b"NO [NONEXISTENT] no such mailbox"):
            for more in ((), ("--full",), ("--strict",)):
                with self.subTest(answer=answer, more=more):
                    self.closed = answer
                    self.assert_one_line(self.verify(*more), 75, "Lists",
                                         answer.split()[-1].decode(),
                                         f"{COUNT} stored messages could not be compared")
        self.closed = None
        self.assert_code(self.verify(), 0)

    def test_neither_is_it_for_mail_that_was_there_before(self):
        self.assert_code(self.migrate(self.server, self.tree, None, "--skip-existing",
                                      journal="second.journal"), 0)
        (self.folder / "second.journal").rename(self.folder / "job.journal")
        self.closed = b"NO [NOPERM] Permission denied"
        for more in ((), ("--full",), ("--strict",)):
            self.assert_one_line(self.verify(*more), 75, "Lists", "Permission denied",
                                 f"{COUNT} messages that were there before the job could not be")
        self.closed = None
        self.assertIn(f"{3 * COUNT} messages checked ({3 * COUNT} of them there before the job)",
                      self.verify("--strict").out)

    def test_the_comparison_of_a_run_does_not_call_it_missing(self):
        archives.make(self.tree / "Work", COUNT + 2, seed=2, body_bytes=(50, 400))
        self.closed, self.opens = b"NO [NOPERM] Permission denied", 1
        outcome = self.migrate(self.server, self.tree, None)
        self.assert_code(outcome, 75)
        self.assertNotIn("missing", outcome.out + outcome.err)
        self.assertIn("Permission denied", outcome.err)
        self.closed = None
        self.assert_code(self.migrate(self.server, self.tree, None), 0)

    def test_one_that_is_not_listed_is_gone(self):
        del self.server.mailboxes["Lists"]
        outcome = self.verify()
        self.assert_code(outcome, 0)
        self.assertIn(f"{COUNT} messages that somebody deleted", outcome.out)
        self.assert_code(self.verify("--strict"), 1)

    def test_one_that_is_gone_stays_told_after_a_run_with_new_mail(self):
        del self.server.mailboxes["Lists"]
        archives.make(self.tree / "Lists", COUNT + 2, seed=3, body_bytes=(50, 400))
        self.assert_code(self.migrate(self.server, self.tree, None), 0)
        self.assertEqual(len(self.server.bodies("Lists")), 2)
        outcome = self.verify()
        self.assert_code(outcome, 0)
        self.assertIn(f"{COUNT} messages that somebody deleted", outcome.out)
        self.assert_code(self.verify("--strict"), 1)


class MovedBackTest(WithDovecot, ProgramTest):
    """Mail that its owner moves away and back has other UIDs, and is there once."""

    def test_it_is_not_there_twice(self):
        archive = self.folder / "mail.mbox"
        archives.make(archive, COUNT, seed=7)
        self.assert_code(self.migrate(self.server, archive, "Mail"), 0)
        with self.server.session() as client:
            client.create("Away")
            for source, target in (("Mail", "Away"), ("Away", "Mail")):
                client.select(source)
                self.assertEqual(client.uid("MOVE", "3:5" if source == "Mail" else "1:*",
                                            target)[0], "OK")
        verify = ["verify", self.folder / "job.journal", "--password-file",
                  self.server.password_file()]
        for _ in range(2):
            outcome = self.run_program(*verify)
            self.assert_code(outcome, 0)
            self.assertNotIn("twice", outcome.out.replace("0 twice", ""))
            self.assert_code(self.migrate(self.server, archive, "Mail"), 0)
        self.assert_code(self.run_program(*verify, "--strict"), 1)


class AlteredBeforeTest(WithDovecot, ProgramTest):
    """Mail that is there in another form: what finds it and what leaves it out agree."""

    def test_what_is_said_to_be_there_is_left_out(self):
        archive = self.folder / "mail.mbox"
        wanted = archives.make(archive, 50, kinds=["plain"])
        with self.server.session() as client:
            client.create("Mail")
        self.assert_code(self.migrate(self.server, archive, "First"), 0)
        with self.server.session() as client:
            client.select("First")
            for number, message in enumerate(self.server.fetch_all(mailbox="First"), 1):
                date = client.fetch(str(number), "(INTERNALDATE)")[1][0].split(b'"')[1].decode()
                client.append("Mail", None, f'"{date}"', b"X-Spam: no\r\n" + message.body)
        self.assertEqual(self.server.count(mailbox="Mail"), len(wanted))
        self.assert_one_line(self.migrate(self.server, archive, "Mail", journal="new.journal"), 78,
                             "--skip-existing")
        outcome = self.migrate(self.server, archive, "Mail", "--skip-existing",
                               journal="new.journal")
        self.assert_code(outcome, 0)
        self.assertIn("50 skipped", outcome.out)
        self.assertEqual(self.server.count(mailbox="Mail"), len(wanted))


class SlipTest(WithDovecot, ProgramTest):
    """An output that has the name of something else."""

    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        self.wanted = archives.make(self.archive, COUNT, seed=5)
        self.bytes = self.archive.read_bytes()

    def test_no_output_replaces_an_archive(self):
        other = self.folder / "other.mbox"
        other.write_bytes(self.bytes)
        for option in ("--report-json", "--report-csv", "--report-html", "--metrics-file",
                       "--log-file"):
            for more in ((), ("--dry-run",)):
                if more and option == "--metrics-file":
                    continue
                for archive, code in ((self.archive, 64), (other, 73)):
                    with self.subTest(option=option, more=more, archive=archive):
                        outcome = self.migrate(self.server, self.archive, "Mail", option, archive,
                                               *more)
                        self.assert_one_line(outcome, code, archive.name)
                        self.assertEqual(archive.read_bytes(), self.bytes)
        self.assertNotIn("Mail", self.server.mailboxes())

    def test_no_report_replaces_a_journal(self):
        self.assert_code(self.migrate(self.server, self.archive, "Mail"), 0)
        journal = self.folder / "job.journal"
        before = journal.read_bytes()
        shutil.copy(journal, self.folder / "other.journal")
        outcome = self.run_program("report", "--json", journal, self.folder / "other.journal")
        self.assert_one_line(outcome, 73, "job.journal")
        self.assertEqual(journal.read_bytes(), before)

    def test_its_own_outputs_are_replaced(self):
        outputs = [word for option, name in (
            ("--report-json", "r.json"), ("--report-csv", "r.csv"), ("--report-html", "r.html"),
            ("--metrics-file", "m.prom"), ("--log-file", "l.log"))
            for word in (option, self.folder / name)]
        (self.folder / "r.json").touch()
        for _ in range(2):
            self.assert_code(self.migrate(self.server, self.archive, "Mail", *outputs), 0)

    def test_a_pipe_among_the_jobs_is_named(self):
        jobs = self.folder / "jobs"
        jobs.mkdir()
        for name in ("x.ledger", "y.journal"):
            os.mkfifo(jobs / name)
        outcome = self.run_program("status", "--any-owner", jobs)
        self.assert_code(outcome, 78)
        self.assertIn("x.ledger is no file", outcome.err)
        self.assertIn("y.journal is no file", outcome.err)

    def test_a_verdict_drives_no_terminal(self):
        self.assert_code(self.migrate(self.server, self.archive, "Mail"), 0)
        journal = self.folder / "job.journal"
        with sqlite3.connect(journal) as database:
            database.execute("UPDATE note SET value = ? WHERE name = 'verdict'",
                             ("\x1b]0;owned\x07\u202e",))
        database.close()
        for command in (("status", journal), ("status", self.folder), ("report", self.folder)):
            outcome = self.run_program(*command)
            self.assertIn("x1b", outcome.out)
            self.assertNotIn("\x1b", outcome.out)
            self.assertNotIn("\u202e", outcome.out)


if __name__ == "__main__":
    unittest.main()
