# SPDX-License-Identifier: Apache-2.0
# A batch that is begun once more under another name stores nothing twice, by the server's own count.

import re

from support.batch import COLUMNS, USERS, ManyAccountsTest

COUNT = 12


class SecondBatchTest(ManyAccountsTest):
    def setUp(self):
        super().setUp()
        self.users = USERS[:10]
        self.make_accounts(self.users)
        plan = self.batch("--dry-run")
        self.assert_code(plan, 0)
        self.assertEqual(len(re.findall(r"(?m)^  go: .*, into INBOX$", plan.out)), len(self.users))
        self.assertEqual({one["verdict"] for one in self.batch_report()}, {"complete"})
        self.assert_counts(COUNT)

    def assert_counts(self, count):
        self.assertEqual({user: {name: self.server.count(user, name)
                                 for name in self.server.mailboxes(user)} for user in self.users},
                         {user: {"INBOX": count} for user in self.users})

    def rows(self, **more):
        return [{**self.row(self.server, user), **more} for user in self.users]

    def assert_all_stopped(self, *more):
        outcome = self.batch("--dry-run", "--report-json", "plan.json", *more)
        self.assert_code(outcome, 1)
        for account in self.report("plan.json")["accounts"]:
            self.assertFalse(account["go"])
            self.assertIn("of a sample of", account["reasons"][0])
        for account in self.batch_report(*more, code=1):
            self.assertEqual(account["verdict"], "failed")
            self.assertIn("of a sample of", account["reason"])
        self.assert_counts(COUNT)

    def test_a_changed_mailbox_column(self):
        self.write_csv(self.rows(mailbox="INBOX"), (*COLUMNS, "mailbox"))
        self.assert_all_stopped()

    def test_another_spelling_of_host_or_user(self):
        self.write_csv(self.rows(host="127.0.0.1"))
        self.assert_all_stopped()
        self.write_csv([{**row, "user": row["user"].upper()} for row in self.rows()])
        self.assert_all_stopped()

    def test_a_lost_state_folder(self):
        self.state = self.folder / "other state"
        self.assert_all_stopped()
        self.assert_all_stopped()

    def test_archives_that_moved(self):
        (self.folder / "moved").mkdir()
        for user in self.users:
            (self.folder / f"{user}.mbox").rename(self.folder / "moved" / f"{user}.mbox")
        self.write_csv([{**row, "archive": f"moved/{row['archive']}"} for row in self.rows()])
        self.assert_all_stopped()

    def test_the_others_go_on_and_a_column_lets_an_account_begin(self):
        new = USERS[10]
        self.make_archive(new)
        columns = (*COLUMNS, "mailbox", "skip_existing", "allow_copies")
        rows = self.rows(mailbox="INBOX")
        rows[1]["skip_existing"] = "yes"
        rows[2]["allow_copies"] = "yes"
        self.write_csv([*rows, self.row(self.server, new)], columns)
        verdicts = {one["user"]: one["verdict"] for one in self.batch_report(code=1)}
        complete = {self.users[1], self.users[2], new}
        self.assertEqual({user for user, verdict in verdicts.items() if verdict == "complete"},
                         complete)
        self.assertEqual(self.server.count(new), COUNT)
        self.assertEqual(self.server.count(self.users[1]), COUNT)
        self.assertEqual(self.server.count(self.users[2]), 2 * COUNT)

    def test_a_row_after_a_single_migrate(self):
        user = USERS[10]
        self.make_archive(user)
        self.assert_code(self.migrate(self.server, self.folder / f"{user}.mbox", "INBOX", user=user),
                         0)
        self.write_csv([self.row(self.server, user)])
        account, = self.batch_report(code=1)
        self.assertIn("of a sample of", account["reason"])
        self.assertEqual(self.server.count(user), COUNT)
