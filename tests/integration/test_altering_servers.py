# SPDX-License-Identifier: Apache-2.0
# Servers that store another form, show a part, show late, merge or renumber, over TLS: judged by
# what they hold.

import json
import re
import unittest

from support import archives
from support import service_sessions as sessions
from support.fake_imap import BASIC, FULL, FakeImap, Mailbox
from support.program import ProgramTest

PIPELINED = BASIC + " UIDPLUS LITERAL+"


class OddServerTest(ProgramTest):
    COUNT = 40

    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        self.make(self.COUNT)

    def make(self, count, field=b"", message_ids=True):
        with archives.Mbox(self.archive) as mbox:
            for number in range(count):
                identity = b"Message-ID: <%d@odd.example>\n" % number if message_ids else b""
                mbox.add(identity + field + b"From: a@b.example\nSubject: number %d.\n\n"
                         b"text of %d.\n" % (number, number), archives.FIRST_DATE + number * 60)

    def go(self, code, server, *more):
        outcome = self.run_program(*self.arguments(server, *more), timeout=200)
        self.assert_code(outcome, code)
        return outcome

    def arguments(self, server, *more):
        arguments = self.migrate_arguments(server, self.archive, "Box", "--connections", "1",
                                           "--report-json", "report.json", *more)
        arguments[arguments.index("--progress=none")] = "--progress=plain"
        return arguments

    def verify(self, code, server):
        outcome = self.run_program("verify", self.folder / "job.journal", "--json",
                                   "--password-file", server.password_file())
        self.assert_code(outcome, code)
        return json.loads(outcome.out)

    def numbers(self, server):
        """How often each message is there."""
        found = [int(re.search(rb"text of (\d+)\.", body, re.I)[1])
                 for body in server.bodies("Box")]
        return {number: found.count(number) for number in found}

    def assert_each_once(self, server, count=None):
        self.assertEqual(self.numbers(server), {number: 1 for number in range(count or self.COUNT)})

    def server(self, session, **options):
        options.setdefault("capabilities", PIPELINED)
        return self.enterContext(FakeImap(session_type=session, **options))


class AlteringTest(OddServerTest):
    def lose(self, numbers, **options):
        server = self.server(sessions.losing_answers(sessions.Altering, numbers), **options)
        outcome = self.go(1, server)
        self.assertIn("all messages are on the server", outcome.err)
        self.assertIn("are different", outcome.err)
        self.assertNotIn("twice", outcome.err)
        self.assert_each_once(server)
        self.assertEqual(self.verify(1, server)["missing"], [])

    def test_lost_answers(self):
        for numbers in ({1}, {17}, {40}, {3, 21, 22}):
            with self.subTest(numbers):
                self.setUp()
                self.lose(numbers)

    def test_without_uidplus(self):
        self.lose({9}, capabilities=BASIC + " LITERAL+", append_uid=False)

    def test_a_whole_command_of_many_messages(self):
        self.lose({1}, capabilities=FULL)

    def test_without_message_ids(self):
        self.make(self.COUNT, message_ids=False)
        self.lose({12})

    def test_a_message_alone_stays_in_doubt_until_it_is_sent_again_on_demand(self):
        self.make(1)
        server = self.server(sessions.losing_answers(sessions.Altering, {1}))
        for _ in range(2):
            outcome = self.go(75, server)
            self.assertIn("in doubt: mail, message at byte ", outcome.err)
            self.assertIn("--resend-doubtful", outcome.err)
            self.assertEqual(self.numbers(server), {0: 1})
        self.assertEqual(self.verify(75, server)["verdict"], "unfinished")
        self.go(1, server, "--resend-doubtful")
        self.assertEqual(self.numbers(server), {0: 2})

    def test_altered_copies_are_seen(self):
        server = self.server(sessions.Altering)
        self.go(1, server)
        for message_ids in (True, False):
            mailbox = server.mailboxes["Box"]
            original = mailbox.messages[5]
            mailbox.add(original.flags, original.date, original.body)
            twice = [row for row in self.verify(1, server)["unexpected"] if row["what"] == "twice"]
            self.assertEqual([row["copy_of_uid"] for row in twice], [6])
            if message_ids:
                (self.folder / "job.journal").unlink()
                self.make(self.COUNT, message_ids=False)
                del server.mailboxes["Box"]
                self.go(1, server)


class CutShortTest(OddServerTest):
    COUNT = 130

    def check(self, session, capabilities, lost=()):
        server = self.server(sessions.losing_answers(session, set(lost)),
                             capabilities=capabilities)
        self.go(0, server)
        self.assert_each_once(server)
        self.assertEqual(self.verify(0, server)["verdict"], "complete")
        self.go(0, server)
        self.assert_each_once(server)
        return server

    def test_a_limit_that_is_announced(self):
        server = self.check(sessions.Limited, PIPELINED + " MESSAGELIMIT=25", lost={90})
        asked = [line for line in server.ran if b"UID FETCH" in line and b"RFC822" in line]
        for line in asked:
            first, _, last = re.search(rb"FETCH (\d+)(:(\d+))?", line).groups()
            self.assertLess(int(last or first) - int(first), 25)

    def test_a_limit_that_is_only_told_when_it_is_met(self):
        self.check(sessions.Limited, PIPELINED, lost={60})

    def test_a_limit_that_is_never_told(self):
        self.check(sessions.SilentlyLimited, PIPELINED, lost={3, 100})

    def test_a_limit_that_is_never_told_in_a_larger_mailbox(self):
        """More than are asked for by themselves, and than a few looks would show."""
        self.COUNT = 300
        self.make(self.COUNT)
        self.check(type("Few", (sessions.SilentlyLimited,), {"limit": 13}), PIPELINED)

    def test_an_append_brings_no_more_than_the_limit(self):
        server = self.check(sessions.Limited, FULL + " MESSAGELIMIT=25")
        appends = sum(b" APPEND " in line for line in server.ran)
        self.assertGreaterEqual(appends, 130 / 25)


class RefusedFetchTest(OddServerTest):
    COUNT = 30

    def end_badly(self, codes, lost=(11,), old=0, capabilities=PIPELINED, **how):
        server = self.server(sessions.losing_answers(sessions.ending_badly(**how), set(lost)),
                             capabilities=capabilities)
        for number in range(old):
            mailbox = server.mailboxes.setdefault("Box", Mailbox(5))
            mailbox.add([], "01-Jan-2020 00:00:00 +0000", b"Subject: old\r\n\r\nold %d\r\n" % number)
        outcomes = [self.go(code, server) for code in codes]
        bodies = [body for body in server.bodies("Box") if b"text of" in body]
        self.assertEqual(len(bodies), self.COUNT)
        self.assertEqual(len(set(bodies)), self.COUNT)
        return server, outcomes

    def test_what_was_shown_before_a_refusal_counts(self):
        for words in (b" NO Fetch truncated", b" BAD Too many messages"):
            with self.subTest(words):
                self.setUp()
                self.end_badly([0], limit=3, words=words)

    def test_a_server_that_hangs_up_is_asked_for_less(self):
        server, _ = self.end_badly([0], limit=5, words=None)
        self.assertLess(len(server.logins), 12)

    def test_an_old_message_that_cannot_be_given_out_ends_nothing(self):
        server, _ = self.end_badly([0], old=4, withheld=(2,))
        self.assertEqual(len(server.bodies("Box")), self.COUNT + 4)
        self.assertEqual(self.verify(0, server)["verdict"], "complete")

    def test_one_of_ours_that_cannot_be_given_out_cannot_be_compared_and_the_rest_arrives(self):
        _, outcomes = self.end_badly([75], withheld=(2,))
        self.assertIn("does not show message UID 2 of mailbox Box; 1 stored message could not be "
                      "compared", outcomes[0].err)

    def test_one_in_doubt_that_cannot_be_given_out_stays_in_doubt(self):
        _, outcomes = self.end_badly([75, 75], withheld=(11,), capabilities=BASIC + " UIDPLUS")
        self.assertIn("1 message is in doubt", outcomes[1].err)


class PartialAppendTest(OddServerTest):
    COUNT = 12

    def test_what_a_server_names_of_many_is_all_that_it_has(self):
        server = self.server(sessions.PartOfMany, capabilities=FULL)
        self.go(0, server)
        self.assert_each_once(server)


class MergingTest(OddServerTest):
    def test_copies_are_merged_with_the_first(self):
        self.make(12)
        text = self.archive.read_bytes()
        self.archive.write_bytes(text + text)
        server = self.server(sessions.Merging)
        outcome = self.go(0, server)
        self.assertIn("the server merged 12 messages with the same mail", outcome.err)
        self.assert_each_once(server, 12)
        document = self.verify(0, server)
        self.assertEqual(document["altered"], [{"what": "merged", "messages": 12}])
        self.assertIn("12 messages are missing", self.go(1, server, "--strict").err)

    def test_copies_are_merged_without_a_word(self):
        """No UIDPLUS: nobody says under which UID a copy is."""
        self.make(12)
        text = self.archive.read_bytes()
        self.archive.write_bytes(text + text)
        server = self.server(sessions.Merging, capabilities=BASIC + " LITERAL+", append_uid=False)
        outcome = self.go(0, server)
        self.assertIn("the server merged 12 messages with the same mail", outcome.err)
        self.assert_each_once(server, 12)
        self.assertIn("12 messages are missing", self.go(1, server, "--strict").err)

    def test_a_uid_of_other_mail_is_no_copy(self):
        server = self.server(
            None, on_reply=lambda reply: re.sub(rb"APPENDUID 2 (2\d|30)\b", b"APPENDUID 2 3", reply)
            if b"APPENDUID" in reply else reply)
        self.assertIn("gave UID 3 to different messages", self.go(0, server).err)
        self.assert_each_once(server)


class LateTest(OddServerTest):
    def test_messages_that_show_some_seconds_late(self):
        server = self.server(sessions.Late)
        self.go(0, server)
        self.assert_each_once(server)
        self.assertEqual(self.verify(0, server)["missing"], [])

    def test_uids_that_are_given_anew(self):
        server = self.server(sessions.Renumbering)
        outcome = self.go(0, server)
        self.assertIn("the server gave other UIDs to 40 messages", outcome.err)
        self.assert_each_once(server)
        document = self.verify(0, server)
        self.assertEqual((document["missing"], document["unexpected"]), ([], []))

    def test_a_mailbox_that_shows_some_seconds_late(self):
        server = self.server(sessions.CreatedLate)
        self.go(0, server)
        self.assert_each_once(server)


class PipeliningTest(OddServerTest):
    def test_a_server_that_loses_input_is_found_out(self):
        server = self.server(sessions.LosingPipelined, capabilities=BASIC + " UIDPLUS")
        self.go(0, server, "--timeout", "3")
        self.assert_each_once(server)

    def test_no_command_is_sent_before_the_one_before_it_was_answered(self):
        for capabilities in (PIPELINED, FULL):
            with self.subTest(capabilities):
                self.setUp()
                server = self.server(None, capabilities=capabilities, count_flights=True)
                self.go(0, server, "--no-pipelining")
                self.assert_each_once(server)
                for flight in server.flights:
                    self.assertLessEqual(len(flight), 1, flight)


class ReceiptTest(OddServerTest):
    COUNT = 6

    def setUp(self):
        super().setUp()
        self.make(self.COUNT, field=b"Disposition-Notification-To: a@b.example\n")

    def flags(self, server):
        return {tuple(message.flags) for message in server.mailboxes["Box"].messages}

    def test_messages_that_ask_for_a_receipt_are_marked(self):
        server = self.server(None)
        outcome = self.go(0, server)
        self.assertEqual(self.flags(server), {("\\Seen", "$MDNSent")})
        self.assertNotIn("read receipt", outcome.out)

    def test_they_are_not_marked_on_request(self):
        server = self.server(None)
        self.go(0, server, "--no-mdn-sent")
        self.assertEqual(self.flags(server), {("\\Seen",)})
        self.go(0, server, "--no-mdn-sent")

    def test_a_plan_says_where_that_cannot_be(self):
        server = self.server(None, permanent_flags=r"\Answered \Flagged \Deleted \Seen \Draft")
        outcome = self.go(0, server, "--dry-run")
        self.assertIn("6 messages ask for a read receipt, and the server does not keep $MDNSent",
                      outcome.out)
        self.go(0, server)
        self.assertEqual(self.flags(server), {("\\Seen",)})


if __name__ == "__main__":
    unittest.main()
