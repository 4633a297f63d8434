# SPDX-License-Identifier: Apache-2.0
# Names beyond the Basic Multilingual Plane on servers with UTF8=ACCEPT: made where programs without
# it can list them, as one connection finds out for all.

import unittest

from support import archives
from support.fake_imap import FULL, Close, FakeImap, Mailbox
from support.program import ProgramTest
from support.server_variants import modified_utf7

NAMES = ("Feier \U0001f389", "Torte \U0001f382")


class Utf8Server:
    """Keeps names in UTF-8 and shows them in modified UTF-7 to sessions that did not enable the
    other; `breaks`: it ends these when it would have to list such a name."""

    def __init__(self, breaks):
        self.breaks = breaks
        self.enabled = set()
        self.server = FakeImap(capabilities=FULL + " ENABLE UTF8=ACCEPT", on_command=self.answer)

    def answer(self, session, name, words):
        if name == "ENABLE":
            self.enabled.add(session)
        if session in self.enabled or name not in ("CREATE", "LIST"):
            return None
        present = self.server.mailboxes
        if name == "CREATE":
            for known in NAMES:
                if words[0].decode() == modified_utf7(known):
                    present[known] = Mailbox(len(present) + 1)
            return b"TAG OK done\r\n"
        if words[-1] == b"" or not set(NAMES) & set(present):
            return None
        if self.breaks:
            raise Close
        return b"".join(b'* LIST () "/" "%s"\r\n' % modified_utf7(one).encode()
                        for one in present) + b"TAG OK done\r\n"


class NamesForEverybodyTest(ProgramTest):
    def setUp(self):
        super().setUp()
        (self.folder / "tree").mkdir()
        for number, name in enumerate((*NAMES, "Plain")):
            archives.make(self.folder / "tree" / name, 4, seed=number, kinds=("plain",))

    def go(self, breaks):
        told = Utf8Server(breaks)
        with told.server as server:
            outcome = self.migrate(server, self.folder / "tree", None, "--connections", "1")
            self.assert_code(outcome, 0)
            return outcome, {name: len(box.messages) for name, box in server.mailboxes.items()
                             if name != "INBOX"}, len(server.logins)

    def test_they_are_made_where_everybody_can_list_them(self):
        outcome, found, logins = self.go(False)
        self.assertEqual(found, {**{name: 4 for name in NAMES}, "Plain": 4}, str(outcome))
        self.assertEqual(logins, 2)

    def test_nothing_is_left_of_a_name_that_ends_the_connections_of_others(self):
        outcome, found, logins = self.go(True)
        self.assertEqual(found, {"Feier _": 4, "Torte _": 4, "Plain": 4}, str(outcome))
        self.assertEqual(logins, 2)


if __name__ == "__main__":
    unittest.main()
