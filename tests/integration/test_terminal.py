# SPDX-License-Identifier: Apache-2.0
# What is asked on the terminal, and what each answer does.

import sqlite3

from support import archives
from support.dovecot_test import WithDovecot
from support.program import ProgramTest
from support.terminal import on_terminal

CONFIGURATION, INTERRUPTED, DIFFERENT = 78, 130, 1
COUNT = 5


class TerminalTest(WithDovecot, ProgramTest):
    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        archives.make(self.archive, COUNT)
        self.journal = self.folder / "job.journal"

    def stored_with_a_copy(self):
        """A job whose journal proves that a copy is its own second sending."""
        self.assert_code(self.migrate(self.server, self.archive, "Mail"), 0)
        with sqlite3.connect(self.journal) as journal:
            journal.execute("INSERT INTO resent SELECT id FROM message")
        with self.server.session() as client:
            client.select("Mail")
            client.copy("5", "Mail")

    def answer(self, *arguments, **answers):
        return on_terminal(arguments, answers.pop("answers"), self.folder, **answers)

    def test_copies_are_removed_after_a_yes_only(self):
        self.stored_with_a_copy()
        arguments = ["verify", self.journal, "--remove-copies", "--password-file",
                     self.server.password_file()]
        for typed, code, left in (("no\n", DIFFERENT, 6), ("y\n", DIFFERENT, 6), ("\n", DIFFERENT, 6),
                                  ("Yes\n", DIFFERENT, 6), ("\x04", CONFIGURATION, 6),
                                  ("\x03", INTERRUPTED, 6), ("yes\n", 0, 5)):
            with self.subTest(repr(typed)):
                status, shown = self.answer(*arguments, answers={"Type yes: ": typed})
                self.assertIn("Remove 1 copy from", shown)
                self.assertEqual((status, self.server.count(mailbox="Mail")), (code, left), shown)

    def test_a_journal_of_another_place_is_believed_after_a_yes_only(self):
        self.assert_code(self.migrate(self.server, self.archive, "Mail"), 0)
        arguments = ["verify", self.journal, "--password-file", self.server.password_file()]
        for typed, code in (("no\n", CONFIGURATION), ("\x04", CONFIGURATION), ("\x03", INTERRUPTED),
                            ("yes\n", 0)):
            with self.subTest(repr(typed)):
                status, shown = self.answer(*arguments, answers={"Type yes: ": typed},
                                            MBOXFERRY_ACCEPT_JOURNAL_TARGET="0")
                self.assertIn(f"log in as alice at {self.server.host}", shown.replace("@", " at "))
                self.assertEqual(status, code, shown)

    def test_a_password_is_asked_for_and_not_shown(self):
        url = self.server.url("Mail")
        arguments = ["migrate", self.archive, "--to", url, "--ca-file", self.server.ca_file,
                     "--journal", self.journal, "--progress=none"]
        for typed, code in (("wrong one\n", 77), (self.server.users["alice"] + "\n", 0)):
            status, shown = self.answer(*arguments, answers={"assword": typed})
            self.assertEqual(status, code, shown)
            self.assertNotIn(typed.strip(), shown)
        self.assertEqual(self.server.count(mailbox="Mail"), COUNT)
