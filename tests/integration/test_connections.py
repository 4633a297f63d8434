# SPDX-License-Identifier: Apache-2.0
# Several connections a job, into one mailbox and into many.

import time
import unittest

from support import archives
from support.cyrus import Cyrus, cyrus_root
from support.dovecot import Dovecot
from support.fake_imap import FakeImap
from support.program import ProgramTest


class ConnectionTest(ProgramTest):
    def tree(self, folders, messages):
        """{mailbox: its messages} of an archive below `tree`."""
        root = self.folder / "tree"
        root.mkdir()
        return {f"f{number}": archives.make(root / f"f{number}", messages, seed=number)
                for number in range(folders)}

    def assert_mailbox(self, server, mailbox, wanted, in_order=True):
        found = archives.differences(wanted, server.fetch_all(mailbox=mailbox), in_order)
        self.assertEqual(found, [])

    def test_one_mailbox_keeps_the_order_of_its_messages(self):
        wanted = archives.make(self.folder / "mail.mbox", 1500, kinds=["plain"])
        with Dovecot() as server:
            outcome = self.migrate(server, self.folder / "mail.mbox", "Mail", "--connections", "4")
            self.assert_code(outcome, 0)
            self.assert_mailbox(server, "Mail", wanted)

    def test_folders_go_side_by_side(self):
        wanted = self.tree(6, 80)
        with Dovecot() as server:
            outcome = self.migrate(server, self.folder / "tree", "Box", "--connections", "3")
            self.assert_code(outcome, 0)
            for name, messages in wanted.items():
                self.assert_mailbox(server, f"Box.{name}", messages)

    def test_a_server_that_lets_only_one_in(self):
        wanted = self.tree(4, 150)
        with Dovecot(max_connections=1) as server:
            # Slow enough that the others are refused before the mail is gone. One, because Dovecot
            # may let more in when they come at the same time.
            outcome = self.migrate(server, self.folder / "tree", "Box", "--connections", "4",
                                   "--max-messages-per-second", "150")
            self.assert_code(outcome, 0)
            self.assertIn("going on with", outcome.err)
            for name, messages in wanted.items():
                self.assert_mailbox(server, f"Box.{name}", messages)

    def test_single_appends_on_several_connections_arrive_once(self):
        wanted = archives.make(self.folder / "mail.mbox", 300)
        for mode in ("literal-plus", "synchronizing"):
            with self.subTest(mode), Dovecot() as server:
                outcome = self.migrate(server, self.folder / "mail.mbox", "Mail",
                                       "--append-mode", mode, "--connections", "3",
                                       "--connections-per-mailbox", "3", journal=f"{mode}.journal")
                self.assert_code(outcome, 0)
                self.assert_mailbox(server, "Mail", wanted, in_order=False)

    def test_other_connections_log_in_once_the_first_has(self):
        wanted = self.tree(4, 20)
        said = []

        def listen(_, name, __):
            if name != "AUTHENTICATE":
                return None
            said.append("asks")
            if len(said) == 1:
                time.sleep(0.3)
                said.append("is let in")
            return None
        with FakeImap(on_command=listen) as server:
            outcome = self.migrate(server, self.folder / "tree", "Box", "--connections", "4")
            self.assert_code(outcome, 0)
            self.assertEqual([len(server.bodies(f"Box/{name}")) for name in wanted], [20] * 4)
        self.assertEqual(said, ["asks", "is let in", "asks", "asks", "asks"])

    def test_a_wrong_password_is_said_once(self):
        self.tree(4, 2)
        said = []

        def refuse(_, name, __):
            if name == "AUTHENTICATE":
                said.append(name)
                return b"TAG NO [AUTHENTICATIONFAILED] no\r\n"
            return None
        with FakeImap(on_command=refuse) as server:
            outcome = self.migrate(server, self.folder / "tree", "Box", "--connections", "4")
        self.assert_code(outcome, 77)
        self.assertEqual(said, ["AUTHENTICATE"])

    def test_cyrus_keeps_the_order_too(self):
        if cyrus_root() is None:
            self.skipTest("no Cyrus")
        wanted = archives.make(self.folder / "mail.mbox", 900, kinds=["plain"])
        with Cyrus(separator="/", prefix="") as server:
            outcome = self.migrate(server, self.folder / "mail.mbox", "Mail", "--connections", "4")
            self.assert_code(outcome, 0)
            self.assert_mailbox(server, "Mail", wanted)


if __name__ == "__main__":
    unittest.main()
