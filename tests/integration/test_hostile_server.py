# SPDX-License-Identifier: Apache-2.0
# A server that talks without end, or nonsense, ends in one line and exit code 76, not in memory.

import unittest

from support import archives
from support.fake_imap import Close, FakeImap
from support.program import ProgramTest

PROTOCOL = 76


def endless(data):
    """Answers LIST with `data` for ever."""
    def answer(session, name, _):
        if name != "LIST":
            return None
        try:
            while True:
                session.send(data)
        except OSError as error:
            raise Close from error
    return answer


def once(data):
    """Answers LIST with `data`."""
    return lambda _, name, __: data if name == "LIST" else None


class HostileServerTest(ProgramTest):
    def refused(self, hook):
        archive = self.folder / "mail.mbox"
        archives.make(archive, 2)
        with FakeImap(on_command=hook) as server:
            outcome = self.migrate(server, archive, "Mail", "--timeout", "20")
            self.assert_one_line(outcome, PROTOCOL, "alice@localhost", "protocol")
            self.assertEqual(server.bodies("Mail"), [])

    def test_a_line_without_end(self):
        self.refused(endless(b"x" * 65536))

    def test_a_list_without_end(self):
        self.refused(endless(b'* LIST () "/" "mailbox"\r\n' * 1000))

    def test_a_literal_of_four_gigabytes(self):
        self.refused(once(b'* LIST () "/" {4294967295}\r\n'))

    def test_parentheses_without_end(self):
        self.refused(once(b"* 1 FETCH (BODY " + b"(" * 100_000 + b"\r\n"))

    def test_bytes_that_are_no_imap(self):
        self.refused(once(b"\x00\xff garbage\r\n"))


if __name__ == "__main__":
    unittest.main()
