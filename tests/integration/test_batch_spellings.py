# SPDX-License-Identifier: Apache-2.0
# One mailbox in two rows of a batch, by other names of the host and other capitals: real Dovecot.

from support.batch import COLUMNS, ManyAccountsTest

COUNT = 6


class SpellingsTest(ManyAccountsTest):
    def setUp(self):
        super().setUp()
        for user in ("user01", "user02", "user03"):
            self.make_archive(user, COUNT)

    def account(self, user, spelling=None, **more):
        """The row of an account; `spelling`: of its user."""
        return {**self.row(self.server, user), "user": spelling or user, **more}

    def assert_later_rows_fail(self, rows, failed, columns=COLUMNS):
        """failed: {number of the row: number of the one that it repeats}, from 0."""
        self.write_csv(rows, columns)
        plan = self.batch("--dry-run", "--report-json", "plan.json")
        self.assert_code(plan, 1)
        self.assertEqual([one["go"] for one in self.report("plan.json")["accounts"]],
                         [number not in failed for number in range(len(rows))])
        accounts = self.batch_report(code=1)
        told = self.outcomes[-1].err
        for number, account in enumerate(accounts):
            if number not in failed:
                self.assertEqual(account["verdict"], "complete", account)
                continue
            text = (f"the same account, mailbox and archive as in line {failed[number] + 2}, which "
                    f"names it {rows[failed[number]]['user']}@{rows[failed[number]]['host']}:")
            self.assertEqual(account["verdict"], "failed")
            self.assertIn(text, account["reason"])
            self.assertRegex(told, rf"accounts\.csv:{number + 2}: .*{text}")

    def test_names_of_one_host(self):
        self.assert_later_rows_fail(
            [self.account("user01"), self.account("user01", host="127.0.0.1"),
             self.account("user02", host="127.0.0.1"), self.account("user02", host="LOCALHOST"),
             self.account("user02"), self.account("user03", host="LocalHost")],
            {1: 0, 3: 2, 4: 2})
        self.assertEqual([self.server.count(user, "INBOX") for user in ("user01", "user02", "user03")],
                         3 * [COUNT])

    def test_capitals_of_a_user(self):
        self.assert_later_rows_fail(
            [self.account("user01", "User01"), self.account("user01"),
             self.account("user01", "USER01", host="127.0.0.1")], {1: 0, 2: 0})
        self.assertEqual(self.server.count("user01", "INBOX"), COUNT)

    def test_in_any_share(self):
        self.write_csv([self.account("user01"), self.account("user01", host="127.0.0.1")])
        told = [self.batch("--shard", f"{number}/2").err for number in (0, 1)]
        self.assertEqual(self.server.count("user01", "INBOX"), COUNT)
        # By the share that the row belongs to.
        self.assertEqual(sum("the same account, mailbox and archive" in one for one in told), 1)

    def test_other_archives_and_mailboxes_are_other_jobs(self):
        columns = (*COLUMNS, "mailbox")
        self.write_csv([self.account("user01", mailbox="A"),
                        self.account("user01", host="127.0.0.1", mailbox="B"),
                        {**self.account("user01", host="LOCALHOST", mailbox="A"),
                         "archive": "user02.mbox"},
                        self.account("user02", mailbox="A")], columns)
        self.assertEqual({one["verdict"] for one in self.batch_report()}, {"complete"})
        self.assertEqual((self.server.count("user01", "A"), self.server.count("user01", "B")),
                         (2 * COUNT, COUNT))

    def test_other_ports_and_unknown_hosts_are_other_servers(self):
        self.write_csv([self.account("user01"), self.account("user01", host="127.0.0.1", port=1),
                        self.account("user01", host="mail.invalid"),
                        self.account("user01", host="post.invalid")])
        outcome = self.batch("--dry-run")
        self.assertNotIn("the same account", outcome.err)
