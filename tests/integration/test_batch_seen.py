# SPDX-License-Identifier: Apache-2.0
# What another shell sees of a batch: `status` and `report` of its state folder.

import contextlib
import json
import signal
import sqlite3
import unittest

from support.batch import USERS, BatchTest, ManyAccountsTest
from support.dovecot import Dovecot

ACCOUNTS = 6
SLOW = ("--accounts-at-once=1", "--max-messages-per-second=4", "--order=csv")


class BatchSeenTest(BatchTest):
    def setUp(self):
        super().setUp()
        users = {f"u{number}": f"secret{number}" for number in range(ACCOUNTS)}
        self.server = self.enterContext(Dovecot(users))
        for user in users:
            self.make_archive(user, 15)
        self.write_csv([self.row(self.server, user) for user in users])

    def seen(self, code=0):
        """{user: (verdict, reason)} of `status`; no account is there twice."""
        done = self.run_program("status", self.state, "--json")
        self.assert_code(done, code)
        accounts = json.loads(done.out)["accounts"]
        users = {one["user"]: (one["verdict"], one.get("reason", "")) for one in accounts}
        self.assertEqual(len(users), len(accounts), accounts)
        return users

    def test_accounts_that_have_not_begun_are_seen_beside_a_running_batch(self):
        process = self.batch_in_background(*SLOW)
        self.wait_for(lambda: self.server.count("u1"))
        seen = self.seen()
        self.assertEqual(sorted(seen), sorted(self.server.users))
        self.assertEqual(seen["u0"][0], "complete")
        self.assertEqual(seen["u5"][0], "unfinished")
        listed = self.run_program("status", self.state)
        self.assert_code(listed, 0)
        self.assertRegex(listed.out, "^6 accounts: [1-4] complete, [2-5] not finished\n")
        self.assertRegex(listed.out, r"(u5@\w+|[2-5] jobs, u\d@\w+ the first): 0 of 0 messages "
                                     r"stored, 0 refused: not begun")
        self.assertNotIn("secret", listed.out)
        process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0)
        self.assertEqual({one[0] for one in self.seen().values()}, {"complete"})
        self.assert_all_there(self.server)

    def test_they_are_seen_when_the_batch_was_killed_and_the_next_run_does_them(self):
        process = self.batch_in_background(*SLOW)
        self.wait_for(lambda: self.server.count("u1"))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        seen = self.seen()
        self.assertEqual(sorted(seen), sorted(self.server.users))
        self.assertEqual(seen["u5"][0], "unfinished")
        self.assert_code(self.batch(), 0)
        self.assertEqual({one[0] for one in self.seen().values()}, {"complete"})
        self.assert_all_there(self.server)

    def test_accounts_that_were_not_chosen_are_seen_too(self):
        self.assert_code(self.batch("--only=u2"), 0)
        seen = self.seen()
        self.assertEqual(sorted(seen), sorted(self.server.users))
        self.assertEqual({user for user, one in seen.items() if one[0] == "complete"}, {"u2"})

    def test_an_account_whose_journal_is_just_being_made_is_seen(self):
        self.assert_code(self.batch("--only=u2"), 0)
        (ledger,) = self.state.glob("*.ledger")
        with contextlib.closing(sqlite3.connect(ledger)) as database:
            ((journal,),) = database.execute("SELECT journal FROM account WHERE user = 'u0'")
        (self.state / journal).touch()
        seen = self.seen()
        self.assertEqual(sorted(seen), sorted(self.server.users))
        self.assertEqual(seen["u0"][0], "unfinished")

    def test_a_ledger_that_cannot_be_read_is_named_and_the_journals_are_shown(self):
        self.assert_code(self.batch("--only=u2"), 0)
        (ledger,) = self.state.glob("*.ledger")
        ledger.write_bytes(b"no ledger at all" * 100)
        done = self.run_program("status", self.state)
        self.assertNotEqual(done.code, 0)
        self.assertIn(ledger.name, done.err)
        # Nobody knows whether all that it named has arrived.
        self.assertIn("2 accounts: 1 complete, 1 failed", done.out)

    def test_a_dry_run_tells_each_account_and_the_time_of_all(self):
        self.write_csv([self.row(self.server, user) for user in self.server.users] +
                       [{**self.row(self.server, "u0"), "user": "nobody", "password": "wrong"}])
        done = self.batch("--dry-run", "--report-json", "plan.json", "--accounts-at-once=2")
        self.assertNotEqual(done.code, 0)
        lines = done.out.splitlines()
        self.assertEqual(sum(line.startswith("  go: u") for line in lines), ACCOUNTS, done.out)
        self.assertTrue(lines[ACCOUNTS].startswith("  no go: nobody@"), done.out)
        self.assertRegex(lines[-2], r"^  time: .* to .*; rests on .* each of 6 accounts, 2 at a time")
        self.assertRegex(lines[-1], r"^NO GO: 6 of 7 accounts can go; 90 messages, .*; nothing was sent$")
        plan = json.loads((self.folder / "plan.json").read_text())
        every = [one["time"] for one in plan["accounts"] if one["go"]]
        self.assertGreaterEqual(plan["time"]["most_seconds"],
                                max(one["most_seconds"] for one in every))
        self.assertLessEqual(plan["time"]["most_seconds"], sum(one["most_seconds"] for one in every))
        self.assert_code(self.batch("--dry-run", "--only=u*"), 0)


class SeveralAtWorkTest(ManyAccountsTest):
    def test_where_a_batch_stands_is_seen_from_another_shell(self):
        self.make_accounts(USERS[:4], 60)
        batch = self.batch_in_background("--max-messages-per-second=4", "--accounts-at-once=4")
        self.wait_for(lambda: self.server.count(USERS[0]) > 5)

        def accounts():
            told = self.run_program("status", self.state, "--json")
            self.assert_code(told, 0)
            return json.loads(told.out)["accounts"]
        # The journal knows of a message when its answer has come, which is later.
        seen = []

        def some_is_stored():
            seen[:] = accounts()
            return sum(box["stored"] for one in seen for box in one["mailboxes"]) > 5
        self.wait_for(some_is_stored)
        self.assertEqual({one["verdict"] for one in seen}, {"unfinished"})
        self.assertIn("4", self.run_program("status", self.state).out)
        batch.send_signal(signal.SIGINT)
        _, errors = batch.communicate(timeout=60)
        self.assertEqual(batch.returncode, 130, errors)


if __name__ == "__main__":
    unittest.main()
