# SPDX-License-Identifier: Apache-2.0
# Commands that nobody waits for, answers that are whole before a plea, connections that end in the
# middle of a comparison, and mailboxes that are there and not opened.

import json
import unittest

from support import archives
from support.fake_imap import BASIC, FULL, Close, FakeImap, Mailbox, Session
from support.program import ProgramTest

COUNT = 12
LIMIT = b"NO [LIMIT] Too many commands, please wait"
UTF8 = FULL + " ENABLE UTF8=ACCEPT"


class PatienceTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        archives.make(self.archive, COUNT, seed=7, body_bytes=(20, 200))

    def refusing(self, names, times=1, words=LIMIT):
        """For on_command: so many times each of these."""
        left = dict.fromkeys(names, times)
        self.seen = []

        def answer(_, name, __):
            self.seen.append(name)
            if not left.get(name):
                return None
            left[name] -= 1
            return b"TAG " + words + b"\r\n"
        return answer

    def verify(self, server, *more):
        return self.run_program("verify", self.folder / "job.journal", "--json", "--password-file",
                                server.password_file(), *more)

    def assert_complete(self, outcome):
        self.assert_code(outcome, 0)
        document = json.loads(outcome.out)
        self.assertEqual((document["checked"], document["unexpected"]), (COUNT, []))


class BeginningsTest(PatienceTest):
    def test_capability_is_waited_for(self):
        class Silent(Session):
            def _ok(self, tag, text="done"):
                super()._ok(tag, "welcome" if text.startswith("[CAPABILITY") else text)

        for words in (LIMIT, b"BAD Server busy. Suggested Backoff Time: 400 milliseconds"):
            with self.subTest(words), FakeImap(session_type=Silent, on_command=self.refusing(
                    ("CAPABILITY",), 2, words)) as server:
                self.assert_code(self.migrate(server, self.archive, "Box"), 0)
                self.assertGreaterEqual(self.seen.count("CAPABILITY"), 3)
                self.assertEqual(len(server.logins), 1)
                (self.folder / "job.journal").unlink()

    def test_id_and_enable_come_before_what_needs_them(self):
        with FakeImap(capabilities=UTF8, on_command=self.refusing(("ID", "ENABLE"), 2)) as server:
            self.assert_code(self.migrate(server, self.archive, "Büro"), 0)
            self.assertEqual((self.seen.count("ID"), self.seen.count("ENABLE")), (3, 3))
            last = len(self.seen) - self.seen[::-1].index("ENABLE")
            self.assertNotIn("SELECT", self.seen[:last])
            self.assertIn("Büro", server.mailboxes)  # the name as ENABLE lets it be said

    def test_a_refusal_for_good_is_not_waited_for(self):
        with FakeImap(capabilities=UTF8, on_command=self.refusing(
                ("ID", "ENABLE"), 9, b"NO not here")) as server:
            self.assert_code(self.migrate(server, self.archive, "Box"), 0)
            self.assertEqual((self.seen.count("ID"), self.seen.count("ENABLE")), (1, 1))


class SubscribeTest(PatienceTest):
    def test_one_that_is_refused_for_now_is_given_again(self):
        with FakeImap(on_command=self.refusing(("SUBSCRIBE",), 2)) as server:
            outcome = self.migrate(server, self.archive, "Box")
            self.assert_code(outcome, 0)
            self.assertTrue(server.mailboxes["Box"].subscribed)
            self.assertEqual(self.seen.count("SUBSCRIBE"), 3)
            self.assertNotIn("subscri", outcome.err)

    def test_each_mailbox_of_a_tree(self):
        tree = self.folder / "tree"
        tree.mkdir()
        for number in range(4):
            archives.make(tree / f"f{number}", 3, seed=number, body_bytes=(20, 90))
        with FakeImap(on_command=self.refusing(("SUBSCRIBE",), 5)) as server:
            self.assert_code(self.migrate(server, tree, None), 0)
            self.assertEqual([name for name, one in server.mailboxes.items()
                              if name != "INBOX" and not one.subscribed], [])

    def test_one_that_never_works_is_told(self):
        words = b"NO Slow down. Suggested Backoff Time: 1 milliseconds"
        with FakeImap(on_command=self.refusing(("SUBSCRIBE",), 1000, words)) as server:
            outcome = self.migrate(server, self.archive, "Box", timeout=200)
            self.assert_code(outcome, 0)
            self.assertEqual(len(server.bodies("Box")), COUNT)
            self.assertRegex(outcome.err, 'subscribing to mailbox "Box" refused: Slow down')


class WholeBeforeThePlea(Session):
    """FETCH shows everything, and ends with a plea."""

    pleas = 0  # how many still

    def _ok(self, tag, text="done"):
        cls = type(self)
        if text == "done" and self.fetching and cls.pleas > 0:
            cls.pleas -= 1
            self._no(tag, LIMIT[3:].decode())
        else:
            super()._ok(tag, text)

    fetching = False

    def _do_uid_fetch(self, tag, words):
        self.fetching = True
        super()._do_uid_fetch(tag, words)
        self.fetching = False


class WholeAnswersTest(PatienceTest):
    def test_what_came_before_a_plea_is_used(self):
        for more in ((), ("--full",)):
            with self.subTest(more), FakeImap(
                    session_type=type("Whole", (WholeBeforeThePlea,), {})) as server:
                self.assert_code(self.migrate(server, self.archive, "Box"), 0)
                server.session_type.pleas = 3 if more else 1
                self.assert_complete(self.verify(server, *more))
                self.assertEqual(server.session_type.pleas, 0)
                self.assertEqual(len(server.logins), 2)
            (self.folder / "job.journal").unlink()


class EndingConnectionsTest(PatienceTest):
    def test_verify_goes_on_where_a_connection_ended(self):
        """BYE at every third FETCH; each connection gets on."""
        for full in (False, True):
            for bye in (b"* BYE Account exceeded command or bandwidth limits\r\n", b""):
                fetches = []

                def answer(session, name, _, fetches=fetches, bye=bye):
                    if name != "UID FETCH" or not self.ends:
                        return None
                    fetches.append(name)
                    if len(fetches) % 3 != (0 if full else 1) or len(fetches) > 30:
                        return None
                    session.send(bye) if bye else None
                    raise Close
                self.ends = False
                with self.subTest(full=full, bye=bye), FakeImap(on_command=answer) as server:
                    self.assert_code(self.migrate(server, self.archive, "Box"), 0)
                    self.ends = True
                    outcome = self.verify(server, *(["--full"] if full else []))
                    self.assert_complete(outcome)
                    self.assertIn("connecting again in", outcome.err)
                    self.assertGreater(len(server.logins), 2)
                    (self.folder / "job.journal").unlink()

    def test_a_mailbox_that_was_made_anew_meanwhile_is_not_compared(self):
        def answer(session, name, _):
            if name != "UID FETCH" or not self.ends:
                return None
            self.ends = False
            server.mailboxes["Box"].uid_validity += 1
            raise Close
        self.ends = False
        with FakeImap(on_command=answer) as server:
            self.assert_code(self.migrate(server, self.archive, "Box"), 0)
            self.ends = True
            outcome = self.verify(server, "--full")
            self.assert_code(outcome, 75)
            self.assertIn("made anew meanwhile", outcome.err)


class NotOpenedTest(PatienceTest):
    def test_a_mailbox_that_is_there_is_not_to_be_renamed(self):
        for listed in (True, False):
            for words in (b"NO [NOPERM] Permission denied", b"NO Mailbox is broken",
                          b"NO [CORRUPTION] index is corrupt"):
                def answer(session, name, arguments, words=words, listed=listed):
                    if name == "LIST" and not listed:
                        return b"TAG OK nothing\r\n"
                    if name in ("SELECT", "EXAMINE") and arguments[0] == b"Box" and self.closed:
                        session.selected = None
                        return b"TAG " + words + b"\r\n"
                    return None
                with self.subTest(listed=listed, words=words), FakeImap(
                        on_command=answer, capabilities=BASIC + " UIDPLUS") as server:
                    self.closed = True
                    server.mailboxes["Box"] = Mailbox(7)
                    outcome = self.migrate(server, self.archive, "Box")
                    self.assert_code(outcome, 75)
                    self.assertNotIn("--map", outcome.err)
                    self.assertIn(words.split()[-1].decode(), outcome.err)
                    self.assertIn("the mailbox exists", outcome.err)
                    self.assertEqual(sorted(server.mailboxes), ["Box", "INBOX"])
                    self.closed = False
                    self.assert_code(self.migrate(server, self.archive, "Box"), 0)
                    self.assertEqual(len(server.bodies("Box")), COUNT)
                    (self.folder / "job.journal").unlink()


if __name__ == "__main__":
    unittest.main()
