# SPDX-License-Identifier: Apache-2.0
# A journal that is an older copy does not know what was sent since: nothing of that is sent twice.

import imaplib
import shutil
import unittest

from support import archives
from support.cyrus import Cyrus, cyrus_root
from support.dovecot import Dovecot
from support.dovecot_test import WithDovecot
from support.program import ProgramTest, REDUCED
from support.proxy import TlsProxy

# More than the first batches.
COUNT = 400 if REDUCED else 900
KEPT = ("", "-wal")
NOTICE = "the mailbox has mail that the journal does not know of"


class OlderJournalTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        self.parts = []
        self.port = None

    def grow(self, count=COUNT, **how):
        seed = len(self.parts) + 1
        part = self.folder / f"part{seed}"
        self.parts += archives.make(part, count, seed=seed, body_bytes=(20, 600), **how)
        with open(self.archive, "ab") as file:
            file.write(part.read_bytes())

    def go(self, *more, code=0, **how):
        outcome = self.migrate(self.server, self.archive, "Mail", *more, port=self.port, **how)
        self.assert_code(outcome, code)
        return outcome

    def keep(self, name):
        self.copy("job.journal", name)

    def put_back(self, name):
        self.copy(name, "job.journal")
        (self.folder / "job.journal-shm").unlink(missing_ok=True)

    def copy(self, source, target):
        for end in KEPT:
            (self.folder / (target + end)).unlink(missing_ok=True)
            if (self.folder / (source + end)).exists():
                shutil.copy(self.folder / (source + end), self.folder / (target + end))

    def assert_once(self, outcome, count=None):
        self.assertEqual(self.server.count(mailbox="Mail"), count or len(self.parts), str(outcome))
        self.assertEqual(archives.differences(self.parts, self.server.fetch_all(mailbox="Mail"),
                                              in_order=False), [])
        self.assert_code(self.run_program("verify", self.folder / "job.journal", "--full",
                                          "--password-file", self.server.password_file()), 0)

    def killed(self, at):
        self.go(code=-9, MBOXFERRY_CRASH_AT=at)


class RestoredJournal:
    """On each of several servers."""

    def test_a_copy_from_the_middle_of_a_run(self):
        # Whatever was in doubt in the copy, what was planned there has been sent since.
        for point in ("batch-intended", "batch-answered", "batch-confirmed"):
            with self.subTest(point):
                self.grow()
                self.killed(point)
                self.keep("copy")
                self.grow(10)
                self.go()
                self.put_back("copy")
                outcome = self.go()
                self.assertIn(NOTICE, outcome.err)
                self.assert_once(outcome)

    def test_a_copy_from_before_the_archive_grew(self):
        self.grow()
        self.go()
        self.keep("copy")
        self.grow()
        self.go()
        self.put_back("copy")
        self.grow(30)
        outcome = self.go()
        self.assertIn(NOTICE, outcome.err)
        self.assert_once(outcome)

    def test_mail_without_message_ids_and_equal_copies(self):
        self.grow()
        self.go()
        self.keep("copy")
        self.grow(40, message_ids=0, copies=10)
        self.go()
        self.put_back("copy")
        self.assert_once(self.go())

    def test_a_copy_that_lacks_a_mailbox(self):
        tree = self.folder / "tree"
        tree.mkdir()
        self.archive = tree
        wanted = archives.make(tree / "a.mbox", 30, seed=11)
        self.go()
        for more in ((), ("--append-mode", "synchronizing")):
            for point in (None, "batch-answered"):
                with self.subTest(more=more, point=point):
                    name = f"b{len(list(tree.iterdir()))}"
                    self.keep("copy")
                    count = 60
                    wanted += archives.make(tree / f"{name}.mbox", count,
                                            seed=20 + len(list(tree.iterdir())))
                    before = self.count()
                    if point:
                        self.go(code=-9, MBOXFERRY_CRASH_AT=point)
                    else:
                        self.go()
                    self.put_back("copy")
                    self.go("--dry-run", *more)
                    outcome = self.go(*more)
                    self.assertIn("its journal does not know of", outcome.err)
                    self.assertEqual(self.count(), before + count)
                    self.go("--strict", *more)
        self.assertEqual(self.count(), len(wanted))

    def count(self):
        return sum(self.server.count(mailbox=name) for name in self.server.mailboxes())

    def test_a_damaged_journal_is_restored_from_a_copy_as_its_error_says(self):
        self.grow()
        self.go()
        self.keep("copy")
        self.grow(30)
        self.go()
        journal = self.folder / "job.journal"
        whole = journal.read_bytes()
        journal.write_bytes(whole[:4096] + b"\x55" * (len(whole) - 4096))
        self.assertIn("restore the journal from a copy", self.go(code=74).err)
        self.put_back("copy")
        self.assert_once(self.go())


class DovecotTest(WithDovecot, RestoredJournal, OlderJournalTest):
    @classmethod
    def new_server(cls):
        return Dovecot(separator="/")


class CyrusTest(WithDovecot, RestoredJournal, OlderJournalTest):
    @classmethod
    def new_server(cls):
        if cyrus_root() is None:
            raise unittest.SkipTest("Cyrus is not unpacked here; tools/test does it")
        return Cyrus(separator="/", prefix="")


class OthersMailTest(WithDovecot, OlderJournalTest):
    """Mail that comes in between two runs is asked about once, and changes nothing."""

    @classmethod
    def new_server(cls):
        return Dovecot(separator="/")

    def deliver(self, texts):
        with self.server.session() as client:
            for text in texts:
                client.append("Mail", None, None, text)

    def asked(self):
        """The commands of a run up to its first APPEND, and the bytes that the server said."""
        before = len(self.proxy.links)
        outcome = self.go("--connections", "1")
        link, = self.proxy.links[before:]
        names = [command.name for command in link.commands]
        return outcome, names[:names.index("APPEND")], link.server.received

    def test_a_question_more_where_somebody_s_mail_came_in(self):
        self.proxy = self.enterContext(TlsProxy(self.server))
        self.port = self.proxy.port
        self.grow()
        self.go()
        self.grow(20)
        _, alone, few = self.asked()
        self.deliver(b"Subject: %d\r\nMessage-ID: <other.%d@example.com>\r\n\r\n%s\r\n"
                     % (number, number, b"x" * 900) for number in range(100))
        self.grow(20)
        outcome, asked, more = self.asked()
        self.assertNotIn(NOTICE, outcome.err)
        self.assertEqual(self.server.count(mailbox="Mail"), len(self.parts) + 100)
        self.assertEqual([name for name in asked if name != "SUBSCRIBE"], [*alone, "UID FETCH"])
        # What tells one from another, and not the mail.
        self.assertLess(more - few, 100 * 400)

    def test_equal_mail_may_be_ours_unless_it_has_another_date(self):
        self.grow()
        self.go()
        self.grow(20)
        with self.server.session() as client:
            for one in self.parts[-5:-2]:
                client.append("Mail", None, imaplib.Time2Internaldate(one.epoch), one.wire)
        self.deliver(one.wire for one in self.parts[-2:])
        outcome = self.go()
        self.assertIn(NOTICE, outcome.err)
        self.assertEqual(outcome.err.count("is there twice"), 1)
        self.assertEqual(self.server.count(mailbox="Mail"), len(self.parts) + 2)


if __name__ == "__main__":
    unittest.main()
