# SPDX-License-Identifier: Apache-2.0
# What tests share that let a job meet a fault and then run it until it is complete.

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from . import archives
from .program import ProgramTest

CASES_AT_ONCE = 8
# What docs/exit-codes.md allows a job to end with that goes on when the cause is gone, and 1: a
# mailbox is not as the journal says.
GOES_ON = frozenset((1, 69, 73, 74, 75, 76, 77, 78, 130))


class FaultTest(ProgramTest):
    """Cases are short and many, so they run side by side; each has a mailbox of its own."""

    def setUp(self):
        super().setUp()
        self._lock = threading.Lock()
        self._number = 0

    def fresh(self):
        """A mailbox's name; all are of one length, so that offsets stay the same."""
        with self._lock:
            self._number += 1
            return f"Case{self._number:03}"

    def all_cases(self, check, cases, at_once=CASES_AT_ONCE):
        """`check` of each case returns a sentence about what is wrong, or None."""
        def safely(case):
            try:
                return check(case)
            except AssertionError as failure:
                return str(failure)
        with ThreadPoolExecutor(at_once) as pool:
            found = [f"{case}: {failure}" for case, failure in zip(cases, pool.map(safely, cases))
                     if failure]
        self.assertEqual(found, [], f"{len(found)} of {len(cases)}\n" + "\n".join(found))

    def until_complete(self, server, archive, mailbox, *more, tries=6, **options):
        """The same command until it ends with 0. Returns the outcomes, of which the last may be
        another failure. One that ends with anything undocumented fails the test."""
        outcomes = []
        options.setdefault("journal", f"{mailbox}.journal")
        for _ in range(tries):
            outcomes.append(self.migrate(server, archive, mailbox, *more, **options))
            if outcomes[-1].code == 0:
                break
            self.check_line(outcomes[-1])
            time.sleep(0.1)
        return outcomes

    def check_line(self, outcome, code=None):
        """A failed run ends with a documented code and one line that says why and what to do."""
        self.assertIn(outcome.code, GOES_ON if code is None else (code, ), str(outcome))
        lines = [line for line in outcome.error_lines() if line.startswith("mboxferry: ")]
        self.assertTrue(lines, str(outcome))
        self.assertNotIn("internal", lines[-1], str(outcome))

    def wrong(self, outcomes, server, mailbox, wanted):
        """A sentence when the job did not end well or the mailbox is not what it must be."""
        if outcomes[-1].code != 0:
            return str(outcomes[-1])
        found = archives.differences(wanted, server.fetch_all(mailbox=mailbox), False)
        return f"{found[:4]} after codes {[one.code for one in outcomes]}" if found else None
