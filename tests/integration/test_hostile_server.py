# SPDX-License-Identifier: Apache-2.0
# A server that talks without end, or nonsense, ends in one line and exit code 76, not in memory.

import subprocess
import time
import unittest

from support import archives
from support.fake_imap import Close, FakeImap
from support.program import PROGRAM, ProgramTest, environment

PROTOCOL = 76


def sanitized():
    """Sanitizers take memory of their own."""
    with open(PROGRAM, "rb") as program:
        return b"__asan_init" in program.read()


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

    def peak_of(self, hook):
        """MiB that a job takes at most that is refused."""
        archive = self.folder / "mail.mbox"
        archives.make(archive, 2)
        told = self.folder / "peak"
        with FakeImap(on_command=hook) as server:
            arguments = self.migrate_arguments(server, archive, "Mail", "--timeout", "20",
                                               journal=f"{server.port}.journal")
            done = subprocess.run(["/usr/bin/time", "-f", "%M", "-o", str(told), PROGRAM,
                                   *map(str, arguments)], capture_output=True, check=False,
                                  timeout=100, env=environment(self.folder))
        self.assertEqual(done.returncode, PROTOCOL, done.stderr)
        self.assertEqual(done.stderr.count(b"\n"), 1, done.stderr)
        return int(told.read_text().split()[-1]) >> 10

    def test_memory_is_bounded_whatever_has_no_end(self):
        for data in (b"x" * 65536, b'* LIST () "/" "mailbox"\r\n' * 1000,
                     b"* OK " + b"y" * 60_000 + b"\r\n", b'* LIST () "/" {16000}\r\n' + b"z" * 16000
                     + b"\r\n", b"* " + b"5 EXISTS\r\n* " * 5000 + b"\r\n"):
            with self.subTest(data[:20]):
                self.assertLess(self.peak_of(endless(data)), 400 if sanitized() else 64)

    def test_a_byte_now_and_then_is_no_answer(self):
        def drip(data):
            def answer(session, name, _):
                if name != "LIST":
                    return None
                try:
                    for byte in data:
                        session.send(bytes((byte,)))
                        # Always within the timeout that a silent server has.
                        time.sleep(0.4)
                except OSError as error:
                    raise Close from error
                return b""
            return answer
        began = time.monotonic()
        for data in (b"* OK still here, still here", b"* LIST () \"/\" {16000}\r\n" + b"z" * 20):
            with self.subTest(data), FakeImap(on_command=drip(data)) as server:
                archive = self.folder / "mail.mbox"
                archives.make(archive, 2)
                outcome = self.migrate(server, archive, "Mail", "--timeout", "1",
                                       journal=f"{server.port}.journal")
                self.assert_one_line(outcome, PROTOCOL, "a few bytes at a time")
        self.assertLess(time.monotonic() - began, 30)

    def test_a_literal_of_four_gigabytes(self):
        self.refused(once(b'* LIST () "/" {4294967295}\r\n'))

    def test_parentheses_without_end(self):
        self.refused(once(b"* 1 FETCH (BODY " + b"(" * 100_000 + b"\r\n"))

    def test_bytes_that_are_no_imap(self):
        self.refused(once(b"\x00\xff garbage\r\n"))


if __name__ == "__main__":
    unittest.main()
