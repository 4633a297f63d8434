# SPDX-License-Identifier: Apache-2.0
# What the dry run of a batch says is what the real run then does.

import unittest

from support.batch import USERS, ManyAccountsTest

PLANNED = ("planned", "skipped", "bytes", "lost_flags", "date_corrections", "renamed_from")


class BatchDryRunTest(ManyAccountsTest):
    def test_a_dry_run_is_what_the_real_run_does(self):
        self.make_accounts(USERS[:8], 20)
        self.make_archive(USERS[0], 40, copies=10)
        self.assert_code(self.batch("--dry-run", "--report-json", "plan.json", "--dedupe=content"),
                         0)
        plan = self.report("plan.json")
        self.assertEqual((plan["schema"], plan["go"]), ("mboxferry.plan/1", True))
        self.assertEqual([one["user"] for one in plan["accounts"]], USERS[:8])
        self.assertFalse(self.state.exists())
        for user in USERS[:8]:
            commands = [one for session in self.server.sessions(user) for one in session]
            self.assertTrue(commands, user)
            self.assertEqual([one.line for one in commands if one.changes_something()], [])
        accounts = self.batch_report("--dedupe=content")
        for planned, done in zip(plan["accounts"], accounts, strict=True):
            self.assertTrue(planned["go"])
            self.assertEqual(planned["user"], done["user"])
            self.assertEqual([[row["name"], *(row[key] for key in PLANNED)]
                              for row in planned["mailboxes"]],
                             [[row["name"], *(row[key] for key in PLANNED)]
                              for row in done["mailboxes"]])
            self.assertEqual([row["planned"] for row in planned["mailboxes"]],
                             [row["stored"] for row in done["mailboxes"]])
        self.assertGreater(accounts[0]["mailboxes"][0]["skipped"], 0)

    def test_a_dry_run_names_the_accounts_that_cannot_go(self):
        self.make_accounts(USERS[:3])
        rows = [self.row(self.server, user) for user in USERS[:3]]
        rows[1]["password"] = "not his"
        self.write_csv(rows)
        outcome = self.batch("--dry-run", "--report-json", "plan.json")
        self.assertNotEqual(outcome.code, 0)
        plan = self.report("plan.json")
        self.assertEqual((plan["go"], [one["go"] for one in plan["accounts"]]),
                         (False, [True, False, True]))
        self.assertTrue(plan["accounts"][1]["reasons"])
        self.assertIn("user01", outcome.out)


if __name__ == "__main__":
    unittest.main()
