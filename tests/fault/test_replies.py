# SPDX-License-Identifier: Apache-2.0
# Replies that say too little, too much or goodbye, at any time.

import re
import unittest

from support import archives
from support.dovecot_test import WithDovecot
from support.fault_test import FaultTest
from support.faults import ChangeLine, GoodbyeWhileSending, goodbye, is_tagged
from support.program import REDUCED
from support.proxy import CutAfterClient, LoseAnswer, TlsProxy, without_append_uid

LINES_OF_A_LOGIN = 25  # greeting, login, mailboxes: each line is tried


class ReplyFaults(WithDovecot, FaultTest):
    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        self.wanted = archives.make(self.archive, 40, copies=5, body_bytes=(20, 900), seed=11)

    def through(self, fault, *more, rewrite=None):
        """What is wrong after a job whose first connection has `fault`, or None."""
        mailbox = self.fresh()
        with TlsProxy(self.server, [fault], rewrite) as proxy:
            outcomes = self.until_complete(self.server, self.archive, mailbox, *more,
                                           port=proxy.port)
        if not getattr(fault, "happened", True):
            return "the fault did not happen"
        return self.wrong(outcomes, self.server, mailbox, self.wanted)

    def server_lines(self):
        """How many lines the server says in an undisturbed run, and the client's bytes."""
        counted = []
        with TlsProxy(self.server, rewrite=lambda line: counted.append(line) or line) as proxy:
            self.assert_code(self.migrate(self.server, self.archive, self.fresh(),
                                          port=proxy.port, journal="count.journal"), 0)
            proxy.wait()
        return len(counted), sum(map(is_tagged, counted)), proxy.links[0].client.received


class ReplyTest(ReplyFaults):
    def test_goodbye_in_place_of_any_line(self):
        lines, _, _ = self.server_lines()
        first = min(LINES_OF_A_LOGIN, lines - 3)
        chosen = [*range(1, first), *range(first, lines - 3, 6)]
        self.all_cases(lambda nth: self.through(goodbye(nth)), chosen[::4 if REDUCED else 1])

    def test_goodbye_while_the_client_is_sending(self):
        _, _, sent = self.server_lines()
        step = sent // (3 if REDUCED else 12)
        self.all_cases(lambda count: self.through(GoodbyeWhileSending(count)),
                       range(step, sent - 100, step))

    def test_a_reply_with_a_tag_that_was_never_given(self):
        _, tagged, _ = self.server_lines()

        def other_tag(line):
            return b"zz99999 " + line.partition(b" ")[2]
        self.all_cases(lambda nth: self.through(ChangeLine(other_tag, nth, is_tagged)),
                       range(1, tagged, 4 if REDUCED else 1))

    def test_a_reply_that_comes_twice(self):
        _, tagged, _ = self.server_lines()
        self.all_cases(lambda nth: self.through(ChangeLine(lambda line: line * 2, nth, is_tagged)),
                       range(1, tagged, 4 if REDUCED else 1))

    def test_a_wrong_tag_is_told_as_a_broken_protocol(self):
        with TlsProxy(self.server, lambda _: ChangeLine(
                lambda line: b"zz99999 OK done\r\n", 1, is_tagged)) as proxy:
            outcome = self.migrate(self.server, self.archive, "Mail", port=proxy.port)
        self.check_line(outcome, 76)
        self.assertIn("a reply to a command that was never given", outcome.err)

    def test_goodbye_to_everyone_is_told(self):
        with TlsProxy(self.server, lambda _: goodbye(1)) as proxy:
            outcome = self.migrate(self.server, self.archive, "Mail", port=proxy.port)
        self.check_line(outcome, 69)
        self.assertIn("the server said goodbye: the server is shutting down", outcome.err)


class NoUidsTest(ReplyFaults):
    """OK and never APPENDUID, with messages that are hard to tell apart."""

    def setUp(self):
        super().setUp()
        # Runs of equal messages, and none that has a Message-ID.
        self.wanted = archives.make(self.archive, 40, copies=20, body_bytes=(20, 60), seed=12,
                                    message_ids=0)

    def check(self, case):
        fault, *more = case
        return self.through(fault, *more, rewrite=without_append_uid)

    def test_goodbyes_cuts_and_lost_replies(self):
        _, _, sent = self.server_lines()
        cases = [(LoseAnswer(),), (LoseAnswer(nth=20), "--append-mode", "literal-plus"),
                 (GoodbyeWhileSending(sent // 2),), (CutAfterClient(sent - 40),),
                 (GoodbyeWhileSending(sent // 2), "--append-mode", "literal-plus"),
                 (CutAfterClient(sent * 2 // 3), "--append-mode", "synchronizing")]
        self.all_cases(self.check, cases[::2] if REDUCED else cases)

    def test_uids_that_are_told_for_some_batches_only(self):
        def change(line):
            return line if int(re.findall(rb"\d+", line)[0]) % 2 else without_append_uid(line)
        problem = self.through(LoseAnswer(nth=9), "--append-mode", "literal-plus",
                               rewrite=lambda line: change(line) if is_tagged(line) else line)
        self.assertIsNone(problem)


if __name__ == "__main__":
    unittest.main()
