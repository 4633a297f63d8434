# SPDX-License-Identifier: Apache-2.0
# Files that are named more than once, and message files that are not as most are.

import unittest

from support.dovecot_test import WithDovecot
from support.program import ProgramTest

HEADER = "From: a@example.org\nMessage-ID: <{0}@x>\nSubject: {0}\nDate: Mon, 2 Mar 2015 08:15:00 +0000\n"


class OddFilesTest(WithDovecot, ProgramTest):
    def setUp(self):
        super().setUp()
        self.mail = self.folder / "mail"
        self.mail.mkdir()

    def mbox(self, path, *numbers):
        path.write_text("".join("From a@b Mon Mar  2 08:15:00 2015\n" + HEADER.format(number)
                                + "\nhello\n\n" for number in numbers))
        return path

    def held(self):
        return sum(self.server.count(mailbox=name) for name in self.server.mailboxes())

    def arrive(self, paths, count, *more):
        outcome = self.run_program("migrate", *paths, "--to", self.server.url(), "--ca-file",
                                   self.server.ca_file, "--password-file",
                                   self.server.password_file(), "--journal",
                                   self.folder / "job.journal", "--progress=none", *more)
        self.assert_code(outcome, 0)
        self.assertEqual(self.held(), count, str(outcome))
        return outcome

    def test_a_file_that_is_named_twice_is_stored_once(self):
        box = self.mbox(self.mail / "A.mbox", 1, 2)
        self.mbox(self.mail / "B.mbox", 3)
        outcome = self.arrive([self.mail, box, self.mail / ".." / "mail" / "B.mbox"], 3)
        self.assertEqual(outcome.err.count("is named more than once; it is read once"), 2)

    def test_a_file_that_is_left_out_under_one_name_is_read_under_the_other(self):
        for name in ("work", "home"):
            (self.mail / name).mkdir()
        box = self.mbox(self.mail / "work" / "A.mbox", 1, 2)
        self.mbox(self.mail / "home" / "B.mbox", 3)
        self.arrive([self.mail, box], 3, "--exclude", "work/A")

    def test_a_journal_and_refused_mail_below_the_archive_are_no_mail(self):
        self.mbox(self.mail / "A.mbox", 1, 2)
        (self.mail / "B.mbox").write_text(
            "From a@b Mon Mar  2 08:15:00 2015\n" + HEADER.format(3) + "\n" + "x" * 4000 + "\n")
        for journal in ("state.db", "job.journal"):
            url = self.server.url() + "/" + journal.partition(".")[0]
            for _ in range(3):
                self.assert_code(self.run_program(
                    "migrate", self.mail, "--to", url, "--ca-file", self.server.ca_file,
                    "--password-file", self.server.password_file(), "--journal",
                    self.mail / journal, "--max-message-size", "2000", "--progress=none"), 3)
            self.assertTrue((self.mail / (journal + ".refused.mbox")).exists())
            for file in self.mail.glob("state.db*"):
                file.unlink()
        # And no mail for anyone else, by their usual names.
        self.assertIn("total: 3 messages in 2 folders",
                      self.run_program("scan", self.mail).out)
        self.assertEqual({name for name in self.server.mailboxes()
                          if "journal" in name or "db" in name}, set())

    def test_numbered_messages_with_crlf_or_a_long_first_field(self):
        box = self.mail / "inbox"
        box.mkdir()
        long_field = "To: " + ",\n ".join(f"person{n}@example.org" for n in range(400)) + "\n"
        own_field = "X-Spam-Report: " + "y" * 5000 + "\n"
        for number, first in enumerate(("", long_field, own_field)):
            text = first + HEADER.format(number) + "\nhello\n"
            for crlf in (False, True):
                (box / str(2 * number + crlf + 1)).write_bytes(
                    text.replace("\n", "\r\n" if crlf else "\n").encode())
        self.arrive([self.mail], 6)

    def test_a_loose_message_with_crlf_is_unread(self):
        self.mbox(self.mail / "A.mbox", 1)
        (self.mail / "letter.txt").write_bytes(
            (HEADER.format(9) + "\nhello\n").replace("\n", "\r\n").encode())
        (self.mail / "style.txt").write_bytes(b".a:hover{color:red}" * 400)
        outcome = self.run_program("scan", self.mail, "--json")
        self.assertIn("letter.txt", outcome.out)
        outcome = self.migrate(self.server, self.mail, "Mail")
        self.assert_code(outcome, 3)
        self.assertIn("letter.txt", outcome.out)
        self.assertNotIn("style.txt", outcome.out)


if __name__ == "__main__":
    unittest.main()
