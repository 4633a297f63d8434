# SPDX-License-Identifier: Apache-2.0
# Sender lists in a batch: a column for the account's own, an option for all.

import unittest

from support.batch import BatchTest
from support.dovecot import Dovecot
from support.schemas import assert_valid

COLUMNS = ("archive", "host", "port", "user", "password", "ca_file", "senders", "blocked",
           "rescue_allowed")
NUMBERS = ("name", "planned", "skipped", "bytes", "blocked", "allowed")
FROM = ["a@spam.example", "b@ads.example", "c@everywhere.example", "d@x.example"]


class SendersBatchTest(BatchTest):
    def setUp(self):
        super().setUp()
        users = {f"user{number}": f"secret {number}" for number in range(4)}
        self.server = self.enterContext(Dovecot(users, separator="/", special_use=True))
        for user in users:
            (self.folder / f"{user}.mbox").write_text("".join(
                f"From {one} Thu Jan  1 00:00:0{number} 2015\nFrom: {one}\nSubject: {user} {number}\n"
                f"Message-ID: <{number}.{user}@x>\n\nbody\n\n" for number, one in enumerate(FROM)))
        (self.folder / "lists").mkdir()
        (self.folder / "lists" / "one.list").write_text("*@spam.example\n")
        (self.folder / "lists" / "two.list").write_text("*@ads.example\n[allow]\n*@everywhere.example\n")
        (self.folder / "all.list").write_text("*@everywhere.example\n")

    def rows(self, *own):
        return [self.row(self.server, user, **more) for user, more in zip(self.server.users, own)]

    def counts(self):
        found = {}
        for user in self.server.users:
            with self.server.session(user) as client:
                found[user] = {name: count for name in self.server.mailboxes(client=client)
                               if (count := self.server.count(mailbox=name, client=client))}
        return found

    def test_each_row_has_its_list_and_all_have_the_global_one(self):
        self.write_csv(self.rows({"senders": "lists/one.list"},
                                 {"senders": "lists/two.list", "blocked": "skip"},
                                 {"blocked": "report"}, {}), COLUMNS)
        options = ("--global-senders", self.folder / "all.list")
        self.assert_code(self.batch("--dry-run", "--report-json", "plan.json", *options), 0)
        assert_valid(self.report("plan.json"))
        plan = {one["user"]: one for one in self.report("plan.json")["accounts"]}
        done = {one["user"]: one for one in self.batch_report(*options)}
        assert_valid(self.report())
        self.assertEqual(self.counts(), {
            "user0": {"INBOX": 2, "Junk": 2}, "user1": {"INBOX": 3}, "user2": {"INBOX": 4},
            "user3": {"INBOX": 3, "Junk": 1}})
        for user, account in done.items():
            self.assertEqual(plan[user]["senders"], account["senders"], user)
            self.assertEqual([[row[key] for key in NUMBERS] for row in plan[user]["mailboxes"]],
                             [[row[key] for key in NUMBERS] for row in account["mailboxes"]], user)
        self.assertEqual({user: (one["senders"]["blocked"], one["senders"]["allowed"])
                          for user, one in done.items()},
                         {"user0": (2, 0), "user1": (1, 1), "user2": (1, 0), "user3": (1, 0)})

    def test_a_list_that_cannot_be_used_stops_its_row_only(self):
        (self.folder / "lists" / "bad.list").write_text("nobody at all\n")
        self.write_csv(self.rows({"senders": "lists/bad.list"}, {"senders": "lists/none.list"},
                                 {"blocked": "sometimes"}, {}), COLUMNS)
        outcome = self.batch()
        self.assert_code(outcome, 1)
        self.assertIn("bad.list line 1", outcome.err)
        self.assertIn("none.list", outcome.err)
        self.assertIn("accounts.csv:4: --blocked has a value that is not known", outcome.err)
        self.assertEqual({user: sum(found.values()) for user, found in self.counts().items()},
                         {"user0": 0, "user1": 0, "user2": 0, "user3": 4})

    def test_lists_that_changed_are_told_once_for_accounts_that_are_complete(self):
        rows = self.rows({"senders": "lists/one.list"}, {}, {}, {})
        self.write_csv(rows, COLUMNS)
        options = ("--global-senders", self.folder / "all.list")
        changed = "the sender lists have changed since"
        for _ in range(2):
            self.assertNotIn(changed, self.batch(*options).err)
        (self.folder / "lists" / "one.list").write_text("b@ads.example\n")
        outcome = self.batch(*options)
        self.assertIn(f"{changed} 1 account was complete (user0)", outcome.err)
        self.assertNotIn(changed, self.batch(*options).err)
        (self.folder / "all.list").write_text("d@x.example\n")
        outcome = self.batch(*options)
        self.assertEqual(outcome.err.count(changed), 1)
        self.assertIn(f"{changed} 4 accounts were complete (user0 and others)", outcome.err)
        self.assertNotIn(changed, self.batch(*options).err)
        # As it says.
        self.assert_code(self.run_program("batch", self.csv, "--state-dir", "another",
                                          "--progress=none", "--allow-copies", *options), 0)
        self.assertEqual(sum(sum(found.values()) for found in self.counts().values()), 2 * 16)

    def test_a_global_list_with_a_mistake_stops_the_batch(self):
        (self.folder / "all.list").write_text("*@*\n")
        self.write_csv(self.rows({}, {}), COLUMNS)
        outcome = self.batch("--global-senders", self.folder / "all.list")
        self.assert_code(outcome, 78)
        self.assertEqual(sum(map(len, self.counts().values())), 0)


if __name__ == "__main__":
    unittest.main()
