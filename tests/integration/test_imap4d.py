# SPDX-License-Identifier: Apache-2.0
# GNU imap4d, which alters the mail that it stores: what it alters is told, and nothing is missing
# that is there.

import re
import unittest

from support import archives
from support.imap4d import Imap4d, imap4d_root
from support.program import ProgramTest

COUNT = 12


@unittest.skipUnless(imap4d_root(), "GNU imap4d is not unpacked here; tools/test does it")
class Imap4dTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"

    def make(self, *more):
        with archives.Mbox(self.archive) as mbox:
            for number in range(COUNT):
                mbox.add(b"Message-ID: <%d@example>\nStatus: RO\nX-Status: F\nSubject: %d\n\nbody %d\n"
                         % (number, number, number), archives.FIRST_DATE + number)
            for number, text in enumerate(more):
                mbox.add(text, archives.FIRST_DATE + 1000 + number)

    def test_other_dates_and_lost_flags_are_told_and_the_job_is_complete(self):
        self.make()
        with Imap4d() as server:
            for _ in range(2):
                outcome = self.migrate(server, self.archive, "Box")
                self.assert_code(outcome, 0)
                self.assertIn(f"the server changed INTERNALDATE of {COUNT} messages", outcome.err)
                self.assertNotIn("missing", outcome.err)
            self.assertEqual(len({one.body for one in server.fetch_all(mailbox="Box")}), COUNT)

    def test_a_line_with_nul_that_it_cuts_is_told_as_altered(self):
        self.make(b"Message-ID: <nul@example>\nSubject: nul\n\nfirst\na\0b\nlast\n")
        with Imap4d() as server:
            outcome = self.migrate(server, self.archive, "Box")
            self.assert_code(outcome, 1)
            self.assertIn("was altered by the server", outcome.err)
            self.assertNotRegex(outcome.err, "is missing|are missing")
            self.assertEqual(server.count(mailbox="Box"), COUNT + 1)

    def test_what_it_loses_behind_its_ok_is_missing_and_not_sent_again(self):
        self.make()
        with Imap4d(storage="mbox") as server:
            outcome = self.migrate(server, self.archive, "Box")
            held = server.count(mailbox="Box")
            self.assertLess(held, COUNT)
            self.assert_code(outcome, 1)
            told = int(re.search(r"(\d+) messages are missing", outcome.err)[1])
            self.assertEqual(told, COUNT - held)
            again = self.migrate(server, self.archive, "Box")
            self.assert_code(again, 1)
            self.assertIn("; 0 in ", again.out)


if __name__ == "__main__":
    unittest.main()
