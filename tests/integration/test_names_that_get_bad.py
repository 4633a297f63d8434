# SPDX-License-Identifier: Apache-2.0
# Servers that cannot read a quotation mark or a backslash in a name: it costs that name, nothing else.

import unittest

from support import archives
from support.fake_imap import FakeImap
from support.program import ProgramTest

ODD = ('it\'s "so"', "back\\slash")
BAD = b"TAG BAD syntax error in the name\r\n"


def is_odd(words):
    return bool(words) and (b'"' in words[0] or b"\\" in words[0])


class NamesThatGetBadTest(ProgramTest):
    def setUp(self):
        super().setUp()
        (self.folder / "tree").mkdir()
        for number, name in enumerate((*ODD, "Plain", "Zuletzt")):
            archives.make(self.folder / "tree" / name, 5, seed=number, kinds=("plain",))

    def assert_plain_arrived(self, server):
        for name in ("Plain", "Zuletzt"):
            self.assertEqual(len(server.bodies(name)), 5, name)

    def test_a_name_that_cannot_be_made_gets_another_spelling(self):
        def refuse(_session, name, words):
            return BAD if name in ("CREATE", "SELECT", "STATUS") and is_odd(words) else None
        with FakeImap(on_command=refuse) as server:
            outcome = self.migrate(server, self.folder / "tree", None)
            self.assert_code(outcome, 0)
            self.assert_plain_arrived(server)
            self.assertEqual(len(server.bodies("it_s _so_")), 5, outcome.err)
            self.assertEqual(len(server.bodies("back_slash")), 5, outcome.err)

    def test_a_mailbox_that_is_listed_and_cannot_be_opened_costs_that_mailbox_only(self):
        def refuse(_session, name, words):
            asked = name in ("CREATE", "SELECT", "EXAMINE", "STATUS")
            return BAD if asked and is_odd(words) else None
        with FakeImap(on_command=refuse) as server:
            for name in ODD:
                server.mailboxes[name] = type(server.mailboxes["INBOX"])(uid_validity=99)
            outcome = self.migrate(server, self.folder / "tree", None)
            self.assertIn(outcome.code, (75, 78), str(outcome))
            self.assert_plain_arrived(server)
            self.assertLessEqual(len(server.logins), 6, str(outcome))
            line = outcome.error_lines()[-1]
            self.assertIn("syntax error in the name", line)


if __name__ == "__main__":
    unittest.main()
