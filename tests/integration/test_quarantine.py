# SPDX-License-Identifier: Apache-2.0
# The file of refused messages: its memory, when it is written, and what its errors leave alone.

import errno
import pathlib
import unittest

from support import archives
from support.fake_imap import FULL, FakeImap, Refusal
from support.preload import preloaded
from support.program import PROGRAM, ProgramTest

REFUSED, CANNOT_CREATE, IO, TRY_LATER = 3, 73, 74, 75
MESSAGES = 30


def is_sanitized() -> bool:
    return b"__asan_init" in pathlib.Path(PROGRAM).read_bytes()


class QuarantineTest(ProgramTest):
    """A server that refuses what on_append says; the quarantine's path."""

    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        self.quarantine = self.folder / "job.journal.refused.mbox"

    def make_archive(self):
        self.wanted = archives.make(self.archive, MESSAGES, body_bytes=(20, 200), seed=31)
        sizes = [one.size for one in self.wanted]
        self.unique = [one for one in self.wanted if sizes.count(one.size) == 1]

    def refusing(self, *culprits, full_after=None):
        sizes = {one.size for one in culprits}

        def on_append(head):
            if head.size in sizes:
                return Refusal("NO", "[LIMIT] message is too large")
            if full_after is not None and head.number > full_after:
                return Refusal("NO", "[OVERQUOTA] mailbox is full")
            return None
        return on_append

    def server(self, **options):
        return self.enterContext(FakeImap(**options))


class QuarantineMemoryTest(QuarantineTest):
    def test_a_long_line_of_quotation_marks(self):
        if is_sanitized():
            self.skipTest("sanitizers take memory of their own")
        body = b">" * (64 << 20)
        with open(self.archive, "wb") as file:
            file.write(b"From a@example.com Mon Mar  2 08:15:00 2015\nSubject: long\n\n")
            file.write(body + b"From me\n")
        server = self.server(capabilities=FULL + " APPENDLIMIT=1000")
        outcome, peak = self.measured(*self.migrate_arguments(server, self.archive, "Mail"))
        self.assert_code(outcome, REFUSED)
        kept = self.quarantine.read_bytes()
        self.assertTrue(kept.endswith(b"\r\n\r\n" + body + b"From me\r\n\r\n"), kept[-60:])
        self.assertLess(peak, 40 << 10)


class QuarantineErrorTest(QuarantineTest):
    """An error of the quarantine or of a report hides neither the verdict nor the job's error."""

    def setUp(self):
        super().setUp()
        self.make_archive()

    def failing(self, server, path, call="write", error=errno.ENOSPC):
        return self.migrate(server, self.archive, "Mail", "--report-json", "report.json",
                            **preloaded("failing_disk", FAILING_DISK_PATH=path,
                                        FAILING_DISK_CALL=call, FAILING_DISK_FROM=1,
                                        FAILING_DISK_ERRNO=error))

    @staticmethod
    def errors(outcome):
        """Without the notices of refused messages, and of the look whether they are there."""
        return [line for line in outcome.error_lines()
                if "message at byte" not in line and " in doubt were there" not in line]

    def test_the_job_failed_too(self):
        server = self.server(on_append=self.refusing(self.unique[0], full_after=20))
        for path in (".refused.mbox", "report.json"):
            with self.subTest(path):
                outcome = self.failing(server, path)
                self.assert_code(outcome, TRY_LATER)
                own, other = self.errors(outcome)
                self.assertIn("mailbox is full", own)
                self.assertIn("No space left", other)
                status = self.run_program("status", self.folder / "job.journal")
                self.assertIn("not finished", status.out)
                self.assertIn("mailbox is full", status.out)

    def test_the_job_ended_well(self):
        server = self.server(on_append=self.refusing(self.unique[0]))
        for path, call, error, code in ((".refused.mbox", "create", errno.EACCES, CANNOT_CREATE),
                                        (".refused.mbox", "write", errno.ENOSPC, IO),
                                        ("report.json", "write", errno.ENOSPC, IO)):
            with self.subTest(path, call=call):
                outcome = self.failing(server, path, call, error)
                self.assert_code(outcome, code)
                self.assertIn(f"refused: alice@localhost: {MESSAGES - 1} of {MESSAGES}", outcome.out)
                line, = self.errors(outcome)
                self.assertIn(path, line)
                status = self.run_program("status", self.folder / "job.journal")
                self.assertIn("refused", status.out.splitlines()[0])
                self.quarantine.unlink(missing_ok=True)

    def test_one_report_that_fails_leaves_the_others(self):
        server = self.server()
        outcome = self.migrate(server, self.archive, "Mail", "--report-json", "report.json",
                               "--report-csv", "report.csv",
                               **preloaded("failing_disk", FAILING_DISK_PATH="report.json",
                                           FAILING_DISK_CALL="write", FAILING_DISK_FROM=1,
                                           FAILING_DISK_ERRNO=errno.ENOSPC))
        self.assert_code(outcome, IO)
        self.assertEqual(len((self.folder / "report.csv").read_text().splitlines()), MESSAGES + 1)


class QuarantineRewriteTest(QuarantineTest):
    """Written when the set of refused messages has changed, or when the file is not as it was."""

    def setUp(self):
        super().setUp()
        self.make_archive()
        self.fake = self.server(on_append=self.refusing(*self.unique[:2]))

    def run_again(self, *more):
        """Whether the file of refused messages was written anew by another run of the job."""
        before = self.quarantine.stat().st_ino if self.quarantine.exists() else None
        # A name of its own keeps the inode, so that the next file cannot get the same.
        (self.folder / "kept").unlink(missing_ok=True)
        if before:
            (self.folder / "kept").hardlink_to(self.quarantine)
        outcome = self.migrate(self.fake, self.archive, "Mail", *more)
        return outcome, self.quarantine.exists() and self.quarantine.stat().st_ino != before

    def first(self):
        outcome, _ = self.run_again()
        self.assert_code(outcome, REFUSED)
        self.whole = self.quarantine.read_bytes()
        self.assertEqual(self.whole.count(b"From mboxferry-refused "), 2)

    def test_not_without_a_reason(self):
        self.first()
        outcome, written = self.run_again()
        self.assert_code(outcome, REFUSED)
        self.assertFalse(written)

    def test_when_it_is_missing_or_damaged(self):
        self.first()
        for name, damage in (("missing", self.quarantine.unlink),
                             ("cut", lambda: self.quarantine.write_bytes(self.whole[:-9])),
                             ("zeros", lambda: self.quarantine.write_bytes(bytes(len(self.whole))))):
            with self.subTest(name):
                damage()
                outcome, written = self.run_again()
                self.assert_code(outcome, REFUSED)
                self.assertTrue(written)
                self.assertEqual(self.quarantine.read_bytes(), self.whole)

    def test_when_another_message_is_refused(self):
        self.first()
        self.fake.on_append = self.refusing(self.unique[1])
        retry = ["retry", self.folder / "job.journal", "--progress=none", "--ca-file",
                 self.fake.ca_file, "--password-file", self.fake.password_file("alice")]
        self.assert_code(self.run_program(*retry), REFUSED)
        kept = self.quarantine.read_bytes()
        self.assertEqual(kept.count(b"From mboxferry-refused "), 1)
        self.assertIn(archives.quote_mboxrd(self.unique[1].wire), kept)
        self.fake.on_append = None
        self.assert_code(self.run_program(*retry), 0)
        self.assertFalse(self.quarantine.exists())


class ForeignFileTest(QuarantineTest):
    """A file of the quarantine's name that the job has not written may be the only copy of mail."""

    def setUp(self):
        super().setUp()
        self.make_archive()
        self.quarantine.write_bytes(b"From me Thu Jan  1 00:00:01 2015\nSubject: only copy\n\nx\n\n")
        self.content = self.quarantine.read_bytes()

    def assert_stopped(self, server):
        outcome = self.migrate(server, self.archive, "Mail")
        self.assert_one_line(outcome, CANNOT_CREATE, str(self.quarantine), "has not written it",
                             "--journal")
        self.assertEqual(self.quarantine.read_bytes(), self.content)
        self.assertFalse([line for line in server.ran if b"APPEND" in line or b"CREATE" in line])

    def test_nothing_is_sent_and_the_file_stays(self):
        for on_append in (None, self.refusing(self.unique[0])):
            self.assert_stopped(self.server(on_append=on_append))
            self.assertFalse((self.folder / "job.journal").exists())

    def test_it_stays_where_the_journal_has_no_refused_messages(self):
        self.quarantine.unlink()
        server = self.server()
        self.assert_code(self.migrate(server, self.archive, "Mail"), 0)
        self.quarantine.write_bytes(self.content)
        server.ran.clear()
        self.assert_stopped(server)
        self.assert_code(self.run_program("forget", self.folder / "job.journal", "--yes"), 0)
        self.assertFalse((self.folder / "job.journal").exists())
        self.assertEqual(self.quarantine.read_bytes(), self.content)

    def test_it_goes_on_when_the_file_is_elsewhere(self):
        server = self.server(on_append=self.refusing(self.unique[0]))
        self.assert_stopped(server)
        self.quarantine.rename(self.folder / "kept.mbox")
        self.assert_code(self.migrate(server, self.archive, "Mail"), REFUSED)
        self.assertIn(b"From mboxferry-refused ", self.quarantine.read_bytes())


if __name__ == "__main__":
    unittest.main()
