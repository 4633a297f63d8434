# SPDX-License-Identifier: Apache-2.0
# Servers that ask for patience whatever they are asked: each command is asked again after the wait.

import json
import time
import unittest

from support import archives
from support.fake_imap import BASIC, FULL, FakeImap
from support.program import ProgramTest

COUNT = 12
COMMANDS = ("NAMESPACE", "LIST", "CREATE", "SELECT", "STATUS", "UID FETCH", "UID SEARCH", "NOOP")
WORDS = (b"BAD Request is throttled. Suggested Backoff Time: 300 milliseconds",
         b"NO [LIMIT] Rate limit hit", b"NO [THROTTLED] Account exceeded command limits (Failure)")


class ThrottledCommandsTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        archives.make(self.archive, COUNT, seed=5, body_bytes=(20, 200), keywords=0.3)

    def throttling(self, names, words, times=1):
        """For on_command: so many times each of these, and again after `self.again()`."""
        self.left = dict.fromkeys(names, times)
        self.refused = []

        def answer(_, name, __):
            if not self.left.get(name):
                return None
            self.left[name] -= 1
            self.refused.append((name, time.monotonic()))
            return b"TAG " + words + b"\r\n"
        return answer

    def go(self, code, server, *more):
        arguments = self.migrate_arguments(server, self.archive, "Box", "--connections", "1", *more)
        arguments[arguments.index("--progress=none")] = "--progress=plain"
        outcome = self.run_program(*arguments)
        self.assert_code(outcome, code)
        return outcome

    def assert_each_once(self, server):
        bodies = server.bodies("Box")
        self.assertEqual((len(bodies), len(set(bodies))), (COUNT, COUNT))

    def test_each_command_is_asked_again(self):
        for number, words in enumerate(WORDS):
            with self.subTest(words), FakeImap(
                    capabilities=FULL if number else BASIC + " UIDPLUS LITERAL+",
                    on_command=self.throttling(COMMANDS, words)) as server:
                outcome = self.go(0, server)
                self.assert_each_once(server)
                self.assertIn("asking again in", outcome.err)
                self.assertEqual(len(server.logins), 1)
                self.assertGreaterEqual({name for name, _ in self.refused},
                                        {"NAMESPACE", "LIST", "CREATE", "UID FETCH"})
                self.left = dict.fromkeys(COMMANDS, 1)
                verified = self.run_program("verify", self.folder / "job.journal", "--json", "--full",
                                            "--password-file", server.password_file())
                self.assert_code(verified, 0)
                self.assertEqual(json.loads(verified.out)["checked"], COUNT)
                self.assertIn("asking again in", verified.err)
                (self.folder / "job.journal").unlink()

    def test_a_mailbox_that_is_opened_anew_for_a_refused_fetch_is_waited_for(self):
        """Others were selected ahead; the way back is refused as well."""
        tree = self.archive = self.folder / "tree"
        tree.mkdir()
        for number in range(3):
            archives.make(tree / f"f{number}", 4, seed=number, body_bytes=(20, 90))
        with FakeImap() as server:
            self.go(0, server)
            seen = []

            def answer(_, name, __):
                seen.append(name)
                refused = (name == "UID FETCH" and seen.count(name) == 1
                           or name == "SELECT" and seen.count(name) == 4)
                return b"TAG " + WORDS[1] + b"\r\n" if refused else None
            server.on_command = answer
            verified = self.run_program("verify", self.folder / "job.journal", "--json",
                                        "--password-file", server.password_file())
            self.assert_code(verified, 0)
            self.assertEqual(json.loads(verified.out)["checked"], 12)
            self.assertEqual(verified.err.count("asking again in"), 2, verified.err)

    def test_a_dry_run_waits_as_well(self):
        with FakeImap(on_command=self.throttling(COMMANDS, WORDS[0])) as server:
            self.assertIn("asking again in", self.go(0, server, "--dry-run").err)
            self.assertEqual(len(server.logins), 1)

    def test_the_wait_that_is_asked_for_is_not_undercut(self):
        words = b"BAD Request is throttled. Suggested Backoff Time: 2500 milliseconds"
        with FakeImap(on_command=self.throttling(("LIST",), words)) as server:
            asked = []
            inner = server.on_command

            def noting(session, name, arguments):
                if name == "LIST":
                    asked.append(time.monotonic())
                return inner(session, name, arguments)
            server.on_command = noting
            self.go(0, server)
            self.assertGreaterEqual(asked[1] - asked[0], 2.5)

    def test_a_server_that_only_asks_for_patience_is_left_after_some_waits(self):
        words = b"NO Server busy. Suggested Backoff Time: 1 milliseconds"
        with FakeImap(on_command=self.throttling(("UID FETCH",), words, 1000)) as server:
            self.go(75, server, "--timeout", "20")
            self.assertLess(len(self.refused), 60)
            self.left = {}
            self.go(0, server)
            self.assert_each_once(server)


if __name__ == "__main__":
    unittest.main()
