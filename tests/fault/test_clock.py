# SPDX-License-Identifier: Apache-2.0
# Somebody sets the clock while a job runs.

import unittest

from support import archives
from support.dovecot_test import WithDovecot
from support.fault_test import FaultTest
from support.preload import preloaded
from support.proxy import LoseAnswer, TlsProxy

# Certificates of the tests begin today, so the clock goes back from the future only.
BACK_AND_FORTH = "0,172800,86400,604800,3600"
AFTER_THE_CERTIFICATE = 400 * 86400


class ClockTest(WithDovecot, FaultTest):
    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        self.wanted = archives.make(self.archive, 60, copies=5, body_bytes=(20, 500), seed=18)

    def check(self, case):
        every, *more = case
        mailbox = self.fresh()
        with TlsProxy(self.server, [LoseAnswer()]) as proxy:
            outcomes = self.until_complete(
                self.server, self.archive, mailbox, *more, port=proxy.port,
                **preloaded("jumping_clock", JUMPING_CLOCK_SECONDS=BACK_AND_FORTH,
                            JUMPING_CLOCK_EVERY=every))
        return self.wrong(outcomes, self.server, mailbox, self.wanted)

    def test_a_clock_that_jumps_back_and_forth(self):
        self.all_cases(self.check, [(1, ), (7, ), (3, "--append-mode", "literal-plus"),
                                    (1, "--max-messages-per-second", "60")])

    def test_a_clock_that_jumps_past_the_certificate_s_end_is_told(self):
        outcome = self.migrate(self.server, self.archive, "Mail", **preloaded(
            "jumping_clock", JUMPING_CLOCK_SECONDS=AFTER_THE_CERTIFICATE))
        self.check_line(outcome, 76)
        self.assertIn("expired", outcome.err)
        self.assert_code(self.migrate(self.server, self.archive, "Mail"), 0)


if __name__ == "__main__":
    unittest.main()
