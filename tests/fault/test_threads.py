# SPDX-License-Identifier: Apache-2.0
# A system that allows few threads, or none: the job goes on with those that there are.

import unittest

from support import archives
from support.batch import BatchTest
from support.dovecot import Dovecot
from support.dovecot_test import WithDovecot
from support.fault_test import FaultTest
from support.preload import preloaded

MOST = 9  # more than a job with four connections and a small archive starts


class FewThreadsTest(WithDovecot, FaultTest):
    def setUp(self):
        super().setUp()
        root = self.folder / "tree"
        root.mkdir()
        self.wanted = {f"f{number}": archives.make(root / f"f{number}", 60, seed=number)
                       for number in range(4)}

    def check(self, number):
        """Every call from `number` on fails."""
        mailbox = self.fresh()
        outcome = self.migrate(self.server, self.folder / "tree", mailbox, "--connections", "4",
                               journal=f"{mailbox}.journal",
                               **preloaded("few_threads", FEW_THREADS_FROM=number))
        if outcome.code != 0:
            return str(outcome)
        told = [line for line in outcome.error_lines() if "cannot start a thread" in line]
        if len(told) > 1 or (number == 1 and not told):
            return f"{len(told)} notices: {outcome}"
        for name, wanted in self.wanted.items():
            found = archives.differences(wanted, self.server.fetch_all(mailbox=f"{mailbox}.{name}"),
                                         False)
            if found:
                return f"{name}: {found[:3]}"
        return None

    def test_a_job_goes_on_with_the_threads_that_there_are(self):
        self.all_cases(self.check, range(1, MOST), at_once=2)


class FewThreadsBatchTest(BatchTest):
    def test_a_batch_works_on_fewer_accounts_at_once(self):
        users = {f"u{number}": f"secret{number}" for number in range(3)}
        with Dovecot(users) as server:
            for user in users:
                self.make_archive(user, 5)
            self.write_csv([self.row(server, user) for user in users])
            outcome = self.batch(**preloaded("few_threads", FEW_THREADS_FROM=3))
            self.assert_code(outcome, 0)
            self.assertIn("cannot start a thread", outcome.err)
            self.assert_all_there(server)


if __name__ == "__main__":
    unittest.main()
