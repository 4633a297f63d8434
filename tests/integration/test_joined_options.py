# SPDX-License-Identifier: Apache-2.0
# Options that are added to a job that has begun, or taken away again, and what their errors advise.

import os
import unittest

from support import archives
from support.dovecot import Dovecot
from support.dovecot_test import WithDovecot
from test_second_copy import CopyTest

COUNT = 30


class JoinedOptionsTest(WithDovecot, CopyTest):
    @classmethod
    def new_server(cls):
        return Dovecot(separator="/")

    def setUp(self):
        super().setUp()
        self.make("A.mbox", COUNT)
        self.make("B.mbox", COUNT, seed=2)

    def go(self, *more, code=0):
        return self.run_job(self.mail, None, "--connections", "1", *more, code=code)

    def begin(self):
        """All of A is stored, and some of B."""
        self.go("--max-messages-per-day", COUNT + 10, code=75)
        self.assertEqual(self.held(), {"INBOX": 0, "A": COUNT, "B": 10})

    def test_a_folder_is_excluded_and_taken_back(self):
        self.begin()
        plan = self.go("--exclude", "B", "--dry-run")
        self.assertIn("B: left out by --exclude from now on; 20 messages of it are not sent",
                      plan.err)
        outcome = self.go("--exclude", "B", "--report-csv", "rows.csv")
        self.assertIn("20 messages of it are not sent, and what is stored stays", outcome.err)
        self.assertEqual(self.held(), {"INBOX": 0, "A": COUNT, "B": 10})
        rows = (self.folder / "rows.csv").read_text()
        self.assertEqual(rows.count("excluded"), 20, rows[:800])
        self.assertNotIn("from now on", self.go("--exclude", "B").err)
        self.assert_code(self.verify(), 0)
        self.go()
        self.assertEqual(self.held(), {"INBOX": 0, "A": COUNT, "B": COUNT})
        self.assert_code(self.verify(), 0)

    def verify(self):
        return self.run_program("verify", self.folder / "state-a", "--ca-file", self.server.ca_file,
                                "--password-file", self.server.password_file())

    def test_an_excluded_folder_that_was_not_read_to_its_end_or_is_gone(self):
        self.go("--max-messages-per-day", 5, code=75)
        self.go("--exclude", "B")
        (self.mail / "B.mbox").rename(self.folder / "B.mbox")
        self.go("--exclude", "B")
        self.assert_code(self.verify(), 0)
        self.assertIn("B.mbox has gone", self.go(code=65).err)
        (self.folder / "B.mbox").rename(self.mail / "B.mbox")
        archives.make(self.mail / "B.mbox", COUNT + 5, seed=2)
        self.go()
        self.assertEqual(self.held(), {"INBOX": 0, "A": COUNT, "B": COUNT + 5})

    def test_what_is_in_doubt_is_decided_first(self):
        arguments = self.arguments(self.mail, "Tree", "--connections", "1")
        self.assert_code(self.run_program(*arguments, MBOXFERRY_CRASH_AT="batch-answered"), -9)
        outcome = self.run_program(*arguments, "--exclude", "A")
        self.assert_code(outcome, 78)
        self.assertIn("in doubt; run the same command once without", outcome.err)
        self.assert_code(self.run_program(*arguments), 0)
        self.assert_code(self.run_program(*arguments, "--exclude", "A"), 0)
        self.assertEqual(self.held()["Tree/A"], COUNT)

    def test_links_memory_and_what_is_there(self):
        archives.make(self.folder / "outside.mbox", COUNT, seed=3)
        os.symlink(self.folder / "outside.mbox", self.mail / "L.mbox")
        self.begin()
        self.go(code=3)
        self.assertEqual(self.held(), {"INBOX": 0, "A": COUNT, "B": COUNT})
        self.go("--follow-links")
        self.assertEqual(self.held(), {"INBOX": 0, "A": COUNT, "B": COUNT, "L": COUNT})
        self.go("--follow-links", "--max-unpack-memory", "256M")
        self.make("C.mbox", COUNT, seed=4)
        self.run_job(self.mail / "C.mbox", None, state="state-b")
        self.go("--follow-links", "--skip-existing")
        self.assertEqual(self.held()["C"], COUNT)
        self.assertIn("belongs to another job", self.go(code=78).err)
        self.go("--follow-links", "--skip-existing", "--max-unpack-memory", "128M")

    def test_other_settings_and_the_way_that_their_error_names(self):
        self.begin()
        outcome = self.go("--include-expunged", code=78)
        self.assertIn("another --journal (a batch: --state-dir) and --skip-existing", outcome.err)
        self.go("--include-expunged", "--skip-existing", "--journal", self.folder / "new.journal")
        self.assertEqual(self.held(), {"INBOX": 0, "A": COUNT, "B": COUNT})


class ReroutedTest(WithDovecot, CopyTest):
    """Mail that an older job put where it goes without lists and labels."""

    @classmethod
    def new_server(cls):
        return Dovecot(separator="/")

    def box(self, name, labels=False):
        def text(one):
            label = b"X-Gmail-Labels: Family\n" if labels else b""
            return (b"From x@spam.example Tue Jan  1 00:00:%02d 2019\n%sFrom: x@spam.example\n"
                    b"Message-ID: <%s%d@example>\nSubject: %d\n\nbody %d\n\n"
                    % (one % 60, label, name.encode(), one, one, one))
        path = self.mail / name
        path.write_bytes(b"".join(map(text, range(40))))
        return path

    def test_sender_lists(self):
        (self.folder / "my.list").write_text("*@spam.example\n")
        path = self.box("Work")
        self.run_job(path, None, "--subfolder", "Old")
        self.assertEqual(self.held()["Old/Work"], 40)
        lists = ("--subfolder", "Old", "--senders", "my.list")
        before = self.held()
        for more in ((), ("--skip-existing",)):
            self.run_job(path, None, *lists, *more, "--dry-run", code=1, state="state-b")
            outcome = self.run_job(path, None, *lists, *more, code=78, state="state-b")
            self.assertIn("where it goes without labels and sender lists", outcome.err)
            self.assertEqual(self.held(), before)
        # As the line says.
        self.run_job(path, None, "--subfolder", "Old", "--skip-existing", state="state-c")
        self.run_job(path, None, "--subfolder", "Old", state="state-a")
        self.assertEqual(self.held(), before)
        self.run_job(path, None, *lists, "--allow-copies", state="state-b")
        self.assertEqual(self.held()["Junk"], 40)

    def test_labels(self):
        path = self.box("All Mail", labels=True)
        self.run_job(path, None, "--labels", "none")
        before = self.held()
        for more in ((), ("--skip-existing",)):
            outcome = self.run_job(path, None, *more, code=78, state="state-b")
            self.assertIn("where it goes without labels and sender lists", outcome.err)
            self.assertEqual(self.held(), before)


if __name__ == "__main__":
    unittest.main()
