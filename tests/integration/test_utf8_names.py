# SPDX-License-Identifier: Apache-2.0
# Mailbox names in UTF-8 once UTF8=ACCEPT is enabled, and in modified UTF-7 on all other servers.

import unittest

from support.fake_imap import FULL, FakeImap, Mailbox
from support.program import ProgramTest

UTF8 = FULL + " ENABLE UTF8=ACCEPT"
MESSAGE = "From a@example.org Mon Jan  1 00:00:00 2024\nSubject: Grüße\n\nHi\n"
URL_NAME = "Entw%C3%BCrfe%20%22%E6%97%A5%E6%9C%AC%22"
NAME = 'Entwürfe "日本"'
QUOTED = r'"Entwürfe \"日本\""'


class Utf8NamesTest(ProgramTest):
    def move(self, server, mailbox=URL_NAME):
        archive = self.folder / "mail.mbox"
        archive.write_text(MESSAGE)
        outcome = self.migrate(server, archive, mailbox)
        self.assert_code(outcome, 0)
        return b"\n".join(server.ran)

    def test_names_go_and_come_as_utf8_once_it_is_enabled(self):
        for word in ("UTF8=ACCEPT", "UTF8=ONLY"):
            with self.subTest(word), FakeImap(capabilities=f"{FULL} ENABLE {word}") as server:
                ran = self.move(server)
                self.assertIn(b"ENABLE UTF8=ACCEPT", ran)
                for command in ("CREATE", "SUBSCRIBE", "SELECT", "APPEND"):
                    self.assertIn(f"{command} {QUOTED}".encode(), ran)
                self.assertEqual(len(server.bodies(NAME)), 1)
            (self.folder / "job.journal").unlink()

    def test_a_mailbox_listed_in_utf8_is_known(self):
        with FakeImap(capabilities=UTF8) as server:
            server.mailboxes[NAME] = Mailbox(2)
            ran = self.move(server)
            self.assertNotIn(b"CREATE", ran)
            self.assertEqual(len(server.bodies(NAME)), 1)

    def test_a_header_in_utf8_goes_in_an_ordinary_literal(self):
        with FakeImap(capabilities=UTF8) as server:
            self.assertNotIn(b"UTF8 (", self.move(server, "INBOX"))
            self.assertIn("Grüße".encode(), server.bodies()[0])

    def test_modified_utf7_where_enabling_is_not_offered_or_not_confirmed(self):
        refusals = {
            "not offered": (FULL + " ENABLE", None),
            "no ENABLE": (FULL + " UTF8=ACCEPT", None),
            "something else": (UTF8, b"* ENABLED CONDSTORE\r\nTAG OK done\r\n"),
            "nothing": (UTF8, b"TAG OK done\r\n"),
            "refused": (UTF8, b"TAG NO not now\r\n"),
            "not understood": (UTF8, b"TAG BAD what\r\n"),
        }
        for reason, (capabilities, answer) in refusals.items():
            def hook(_, name, __, answer=answer):
                return answer if name == "ENABLE" else None
            with self.subTest(reason), FakeImap(capabilities=capabilities,
                                                on_command=hook) as server:
                ran = self.move(server, "Entw%C3%BCrfe")
                self.assertIn(b'CREATE "Entw&APw-rfe"', ran)
                self.assertIn(b'APPEND "Entw&APw-rfe"', ran)
                self.assertEqual(b"ENABLE" in ran, capabilities == UTF8)
            (self.folder / "job.journal").unlink()


if __name__ == "__main__":
    unittest.main()
