# SPDX-License-Identifier: Apache-2.0
# A server that lies: about what it can, about UIDs, about which command it answers, or that talks
# of other things in between. The mail arrives once, or the job ends with one clear line.

import concurrent.futures
import re
import unittest

from support import archives
from support.fake_imap import BASIC, FULL, Close, FakeImap, Refusal, Session
from support.program import ProgramTest

COUNT = 12
UNAVAILABLE = 69
PROTOCOL = 76
CHATTER = (b"* 5 EXISTS\r\n* 2 EXPUNGE\r\n* 1 RECENT\r\n* 4 FETCH (FLAGS (\\Deleted) UID 4)\r\n"
           b"* 99 FETCH (UID 4294967295 FLAGS ())\r\n* FLAGS (\\Seen)\r\n* OK [ALERT] hello\r\n"
           b"* NO [X] no\r\n* SEARCH 1 2\r\n* LIST () \"/\" Other\r\n* OK [PERMANENTFLAGS (%)] x\r\n"
           b"* STATUS Other (MESSAGES 9 UIDNEXT 77)\r\n* VANISHED 1:9\r\n* OK [UIDNEXT 9] x\r\n")


class LyingServerTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        self.wanted = archives.make(self.archive, COUNT, seed=3, body_bytes=(50, 400))

    def one(self, label, *more, **options):
        """A job against such a server: how it ended, and the server after it."""
        with FakeImap(**options) as server:
            return self.migrate(server, self.archive, "Mail", "--timeout", "20", "--connections",
                                "1", *more, journal=f"{label}.journal", timeout=100), server

    def all_of(self, cases, check):
        """Many servers at once: cases are {label: options of FakeImap}."""
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            runs = pool.map(lambda case: self.one(case[0], **case[1]), cases.items())
            for label, (outcome, server) in zip(cases, runs):
                with self.subTest(label):
                    check(label, outcome, server)

    def assert_all_once(self, _label, outcome, server):
        self.assert_code(outcome, 0)
        self.assertEqual(sorted(server.bodies("Mail")), sorted(one.wire for one in self.wanted))

    def assert_none_twice(self, _label, outcome, server):
        """Whatever came of it, no message is there twice, and a failure is one line."""
        bodies = server.bodies("Mail")
        self.assertEqual(len(bodies), len(set(bodies)), str(outcome))
        self.assertIn(outcome.code, (0, 1, 3, UNAVAILABLE, 75, PROTOCOL), str(outcome))
        self.assertNotIn("bug", outcome.err)
        if outcome.code == 0:
            self.assert_all_once(_label, outcome, server)

    def test_uids_that_cannot_be_are_not_believed(self):
        def told(words):
            return dict(on_reply=lambda reply: re.sub(rb"(APPENDUID) [^]]*", rb"\1 " + words,
                                                      reply))
        self.all_of({words.decode(): told(words) for words in (
            b"2 1:13", b"2 1:11", b"2 12", b"2 0", b"2 1:4294967295", b"2 4294967295:1",
            b"2 1,1,1,1,1,1,1,1,1,1,1,1", b"2 12,11,10,9,8,7,6,5,4,3,2,1", b"2 *", b"2 1:*", b"2",
            b"", b"0 1:12", b"4294967296 1:12", b"2 -1:10", b"2 1:12:13",
            b"2 1:6,7:11,9223372036854775808",
            b"2 1:18446744073709551616", b"2 1:6,,7:12", b"2 {5}", b"2 12:1")}, self.assert_all_once)

    def test_capabilities_that_are_not_true(self):
        def multiappend_is_bad(head):
            return None if head.synchronizing else Refusal("BAD", "one at a time")
        self.all_of({
            "never APPENDUID": dict(append_uid=False),
            "LITERAL+ that is none": dict(on_append=multiappend_is_bad),
            "LITERAL+ without MULTIAPPEND": dict(capabilities=BASIC + " UIDPLUS LITERAL+",
                                                 on_append=multiappend_is_bad),
            "fewer after login": dict(capabilities=BASIC, capabilities_before=FULL),
            "more after login": dict(capabilities=FULL, capabilities_before=BASIC),
            "UIDPLUS unsaid": dict(capabilities=FULL.replace(" UIDPLUS", "")),
            "words without end": dict(capabilities=FULL + " X" * 5000),
            "an append limit of 2^64": dict(capabilities=FULL + " APPENDLIMIT=18446744073709551616"),
        }, self.assert_all_once)

    def test_untagged_words_about_anything_at_any_time(self):
        def before(names):
            def hook(session, name, _words):
                if name in names:
                    session.send(CHATTER)
            return hook
        self.all_of({name: dict(on_command=before((name,))) for name in (
            "NAMESPACE", "LIST", "CREATE", "SUBSCRIBE", "SELECT", "NOOP", "STATUS")} |
            {"APPEND": dict(on_append=None, on_reply=lambda reply: CHATTER + reply)},
            self.assert_none_twice)

    def test_a_goodbye_in_any_place_is_survived(self):
        def bye(name):
            once = [name]

            def hook(_session, said, _words):
                return b"* BYE going down\r\n" if once == [said] and once.pop() else None
            return hook

        def instead_of_the_first_ok():
            once = [b"* BYE going down\r\n"]
            return lambda reply: once.pop() if once else reply
        self.all_of({name: dict(on_command=bye(name)) for name in (
            "CREATE", "SELECT", "UID FETCH")} |
            {"APPEND": dict(on_reply=instead_of_the_first_ok())}, self.assert_all_once)

    def test_answers_to_commands_that_were_never_given(self):
        def wrong(name, answer):
            return dict(on_command=lambda _session, said, _words: answer if said == name else None)
        cases = {f"{name} {answer}": wrong(name, answer)
                 for name in ("LIST", "CREATE", "SELECT", "UID FETCH")
                 for answer in (b"zz9 OK done\r\n", b"+ go on\r\n", b"99999 OK done\r\n")}
        cases["APPEND"] = dict(on_reply=lambda reply: b"zz9" + reply)

        def check(label, outcome, server):
            self.assert_none_twice(label, outcome, server)
            self.assert_one_line(outcome, PROTOCOL, "protocol")
        self.all_of(cases, check)

    def test_numbers_and_literals_of_any_size_and_place(self):
        def said(name, data):
            return dict(on_command=lambda session, said, _: session.send(data) if said == name
                        else None)
        huge = (b"9223372036854775808", b"18446744073709551616", b"-1", b"4294967296")
        cases = {}
        for number in huge:
            cases[f"EXISTS {number}"] = said("SELECT", b"* " + number + b" EXISTS\r\n")
            cases[f"literal {number}"] = said("LIST", b'* LIST () "/" {' + number + b"}\r\nx\r\n")
            cases[f"body {number}"] = said("UID FETCH", b"* 1 FETCH (UID 1 BODY[] {" + number +
                                           b"}\r\nx)\r\n")
            cases[f"size {number}"] = said("UID FETCH", b"* 1 FETCH (UID 1 RFC822.SIZE " + number +
                                           b")\r\n")
        cases["NUL"] = said("SELECT", b"* OK \0\0 [\0]\r\n")
        cases["status with braces"] = said("SELECT", b"* OK text {50}\r\n")
        self.all_of(cases, self.assert_none_twice)

    def test_a_connection_that_ends_in_any_place_is_survived(self):
        def close(name):
            once = [name]

            def hook(_session, said, _words):
                if once == [said] and once.pop():
                    raise Close
            return hook
        self.all_of({name: dict(on_command=close(name)) for name in (
            "CREATE", "SUBSCRIBE", "SELECT", "UID FETCH")}, self.assert_all_once)


class StoringRefused(Session):
    """NO to each APPEND, whose messages are stored."""

    words = "Temporary unavailable"

    def _end_of_append(self, tag, name, taken, refusal):
        keep, self.send = self.send, lambda data: None
        super()._end_of_append(tag, name, taken, refusal)
        self.send = keep
        self._no(tag, self.words)


class RefusedAndStoredTest(ProgramTest):
    def test_what_is_refused_and_stored_is_there_once_after_two_runs(self):
        archive = self.folder / "mail.mbox"
        wanted = archives.make(archive, COUNT, seed=3, body_bytes=(50, 400))
        for number, (words, capabilities) in enumerate((
                ("Temporary unavailable", FULL), ("[LIMIT] slow down", BASIC + " UIDPLUS LITERAL+"),
                ("Maximum size of appendable message has been exceeded", BASIC))):
            kind = type("Kind", (StoringRefused,), {"words": words})
            with self.subTest(words), FakeImap(session_type=kind,
                                               capabilities=capabilities) as server:
                for _ in range(2):
                    arguments = self.migrate_arguments(server, archive, "Mail", "--connections",
                                                       "1", journal=f"{number}.journal")
                    arguments[arguments.index("--progress=none")] = "--progress=plain"
                    outcome = self.run_program(*arguments)
                    self.assert_code(outcome, 0)
                    self.assertLessEqual(outcome.err.count("and stored the message"), 1)
                self.assertEqual(sorted(server.bodies("Mail")), sorted(one.wire for one in wanted))


if __name__ == "__main__":
    unittest.main()
