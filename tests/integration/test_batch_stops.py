# SPDX-License-Identifier: Apache-2.0
# A batch that is killed or interrupted, or whose server or CSV changes: the next run does the rest.

import signal
import time
import unittest

from support.batch import USERS, ManyAccountsTest
from support.program import REDUCED
from support.proxy import Stall, TlsProxy


class BatchStopsTest(ManyAccountsTest):
    def test_killed_with_the_server_restarted_in_between(self):
        self.make_accounts(USERS, 25)
        # Each of them comes before the accounts that are left are all done.
        counts = (3, 2, 3, 2) if REDUCED else (6, 4, 7, 3)
        for name, count in zip(("index-done", "batch-sent", "batch-answered", "batch-intended"),
                               counts):
            point = f"{name}:{count}"
            outcome = self.batch(MBOXFERRY_CRASH_AT=point)
            self.assertEqual(outcome.code, -signal.SIGKILL, f"{point}: {outcome}")
            # Politely: after a kill Dovecot waits two minutes for each lock that was left.
            self.server.restart()
        self.resume()
        self.assert_all_there(self.server)

    def test_the_server_is_restarted_while_the_batch_runs(self):
        self.make_accounts(USERS[:8], 30)
        batch = self.batch_in_background("--max-messages-per-second=15", "--accounts-at-once=8")
        self.wait_for(lambda: self.server.count(USERS[0]) > 5)
        self.server.restart(kill=True)
        _, errors = batch.communicate(timeout=180)
        self.assertIn(batch.returncode, (0, 75), errors)
        self.resume()
        self.assert_all_there(self.server)

    def test_an_interruption_ends_all_accounts_well(self):
        self.make_accounts(USERS[:8], 60)
        batch = self.batch_in_background("--max-messages-per-second=5", "--accounts-at-once=4")
        self.wait_for(lambda: self.server.count(USERS[0]) > 5)
        # Another one on the same state meanwhile.
        self.assert_one_line(self.batch(), 11, "in use by")
        batch.send_signal(signal.SIGINT)
        _, errors = batch.communicate(timeout=60)
        self.assertEqual(batch.returncode, 130, errors)
        self.resume()
        self.assert_all_there(self.server)

    def test_interrupted_twice_it_ends_at_once_and_the_next_run_doubles_nothing(self):
        users = USERS[:6]
        for user in users:
            self.make_archive(user, 40)
        # Every connection of the first run stands still in the middle of its mail.
        stalls = [Stall(20_000) for _ in users * 4]
        with TlsProxy(self.server, stalls) as proxy:
            self.write_csv([self.row(self.server, user, port=proxy.port) for user in users])
            batch = self.batch_in_background("--accounts-at-once=3", "--connections=1",
                                             "--append-mode=literal-plus")
            self.assertTrue(all(one.stalled.wait(30) for one in stalls[:3]))
            batch.send_signal(signal.SIGINT)
            self.assertTrue(any("again: stop at once" in line for line in batch.stderr))
            self.assertIsNone(batch.poll())
            batch.send_signal(signal.SIGINT)
            _, errors = batch.communicate(timeout=20)
            self.assertEqual(batch.returncode, 130, errors)
            # What was on its way arrives after its sender has gone.
            for one in stalls:
                one.release()
            proxy.wait()
            self.assertTrue(any(self.server.count(user) for user in users))
            self.resume()
        self.assert_all_there(self.server)

    def test_a_csv_that_changes_meanwhile_gives_nobody_another_password(self):
        self.make_accounts(USERS[:6], 30)
        batch = self.batch_in_background("--max-messages-per-second=20", "--accounts-at-once=1",
                                         "--order=csv")
        self.wait_for(lambda: self.server.count(USERS[0]) > 3)
        # Rows of the same length change places: every offset has somebody else's row.
        self.write_csv([self.row(self.server, user) for user in reversed(USERS[:6])])
        out, errors = batch.communicate(timeout=180)
        self.assertEqual(batch.returncode, 75, errors)
        self.assertRegex(out + errors, r"(?i)accounts\.csv.*(changed|not what it was)")
        self.assertNotIn("auth failed", self.server.log_text())
        self.assert_code(self.batch(), 0)
        self.assert_all_there(self.server)

    def resume(self):
        """The same command until nothing is left; a server may still be busy with what was killed."""
        for _ in range(5):
            outcome = self.batch()
            if outcome.code != 75:
                break
            time.sleep(1)
        self.assert_code(outcome, 0)


if __name__ == "__main__":
    unittest.main()
