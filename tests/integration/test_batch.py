# SPDX-License-Identifier: Apache-2.0
# Many accounts from a CSV: all of them exactly once, as the rows and the command say.

import unittest

from support import archives
from support.batch import COLUMNS, USERS, ManyAccountsTest


class AccountsTest(ManyAccountsTest):
    def test_all_accounts_are_moved_and_then_left_alone(self):
        self.make_accounts(USERS)
        accounts = self.batch_report()
        self.assertEqual([one["user"] for one in accounts], USERS)
        self.assertEqual({one["verdict"] for one in accounts}, {"complete"})
        self.assertEqual(self.report()["verdict"], "complete")
        self.assert_all_there(self.server)
        before = len(self.server.logins())
        again = self.batch_report()
        self.assertEqual([one["mailboxes"] for one in again],
                         [one["mailboxes"] for one in accounts])
        self.assertEqual(len(self.server.logins()), before)

    def test_rows_that_are_added_removed_or_moved_between_runs(self):
        first, second = USERS[:4], [USERS[4], USERS[2], USERS[0]]
        self.make_accounts(first)
        self.assert_code(self.batch(), 0)
        self.make_archive(USERS[4])
        self.write_csv([self.row(self.server, user) for user in second])
        before = len(self.server.logins())
        accounts = self.batch_report()
        self.assertEqual([one["user"] for one in accounts], second)
        self.assertEqual(set(self.server.logins()[before:]), {USERS[4]})
        self.assert_all_there(self.server)

    def test_a_ledger_that_is_lost_is_made_again_from_the_journals(self):
        self.make_accounts(USERS[:4])
        accounts = self.batch_report()
        ledgers = list(self.state.glob("*.ledger*"))
        self.assertTrue(ledgers)
        for path in ledgers:
            path.unlink()
        again = self.batch_report()
        self.assertEqual([one["mailboxes"] for one in again],
                         [one["mailboxes"] for one in accounts])
        self.assert_all_there(self.server)

    def test_several_archives_of_one_account(self):
        user = USERS[0]
        for name in ("one", "two"):
            self.make_archive(name, 20)
        self.write_csv([self.row(self.server, user, archive=f"{name}.mbox", mailbox=f"To {name}")
                        for name in self.wanted], (*COLUMNS, "mailbox"))
        self.assert_code(self.batch(), 0)
        for name in self.wanted:
            found = self.server.fetch_all(user, f"To {name}")
            self.assertEqual(archives.differences(self.wanted[name], found), [])

    def test_servers_take_turns(self):
        # Two ports count as two servers; one has all its rows in front.
        first, second = USERS[:4], USERS[4:8]
        for user in first + second:
            self.make_archive(user)
        self.write_csv([self.row(self.server, user) for user in first] +
                       [self.row(self.server, user, port=self.server.port, tls="starttls")
                        for user in second], (*COLUMNS, "tls"))
        self.assert_code(self.batch("--accounts-at-once=1", "--connections=1", "--order=csv"), 0)
        found = list(dict.fromkeys(self.server.logins()))
        self.assertEqual(sorted(found), first + second)
        turns = [user in first for user in found]
        self.assertTrue(all(one != other for one, other in zip(turns, turns[1:])), found)

    def test_a_row_says_how_its_account_is_moved(self):
        users = USERS[:3]
        for user in users[:2]:
            self.make_archive(user)
        self.make_archive(users[2], status=False)
        rows = [self.row(self.server, users[0], mailbox="Old/Mail"),
                self.row(self.server, users[1], map=f"{users[1]}=Elsewhere"),
                self.row(self.server, users[2], **{"Default_Flags": "none", "tls": "starttls",
                                                   "port": self.server.port})]
        self.write_csv(rows, (*COLUMNS, "mailbox", "map", "Default_Flags", "tls"))
        self.assert_code(self.batch(), 0)
        self.assert_all_there(self.server, users[:1], "Old/Mail")
        self.assert_all_there(self.server, users[1:2], "Elsewhere")
        found = list(self.server.fetch_all(users[2]))
        self.assertEqual(len(found), len(self.wanted[users[2]]))
        self.assertFalse([one for one in found if "\\Seen" in one.flags])

    def test_what_the_rows_leave_open_is_as_the_command_says(self):
        for user in USERS[:2]:
            self.make_archive(user)
        self.write_csv([{"archive": f"{user}.mbox", "user": user,
                         "password": self.server.users[user]} for user in USERS[:2]],
                       ("archive", "user", "password"))
        self.assert_code(self.batch("--host", self.server.host, "--port", self.server.tls_port,
                                    "--ca-file", self.server.ca_file), 0)
        self.assert_all_there(self.server)

    def test_every_place_for_a_password(self):
        users = USERS[:4]
        for user in users:
            self.make_archive(user)
        self.server.password_file(users[1], self.folder)
        rows = [self.row(self.server, user, password="") for user in users]
        rows[0]["password"] = self.server.users[users[0]]
        rows[1]["password_file"] = f"password-{users[1]}"
        rows[2]["password_env"] = "BATCH_TEST_PASSWORD"
        rows[3]["password_command"] = f"echo '{self.server.users[users[3]]}'"
        self.write_csv(rows, (*COLUMNS, "password_file", "password_env", "password_command"))
        self.assert_code(self.batch(BATCH_TEST_PASSWORD=self.server.users[users[2]]), 0)
        self.assert_all_there(self.server)

    def test_only_users_that_match(self):
        self.make_accounts(USERS[:6])
        accounts = self.batch_report("--only", "us?r*2")
        self.assertEqual([one["user"] for one in accounts], ["user02"])
        self.assert_all_there(self.server, ["user02"])
        self.assertEqual(set(self.server.logins()), {"user02"})
        self.assert_code(self.batch(), 0)
        self.assert_all_there(self.server)

    def test_large_archives_first_or_the_order_of_the_csv(self):
        sizes = {"user00": 4, "user01": 60, "user02": 20}
        for user, count in sizes.items():
            self.make_archive(user, count, body_bytes=(900, 1000), kinds=["plain"])
        self.write_csv([self.row(self.server, user) for user in sizes])
        one_by_one = ["--accounts-at-once=1", "--connections=1"]
        self.assert_code(self.batch("--dry-run", *one_by_one), 0)
        self.assertEqual(self.server.logins(), ["user01", "user02", "user00"])
        self.assert_code(self.batch("--order=csv", *one_by_one), 0)
        found = self.server.logins()[3:]
        self.assertEqual(sorted(found, key=found.index), found)
        self.assertEqual(list(dict.fromkeys(found)), list(sizes))

    def test_shards_share_no_account_and_leave_none_out(self):
        self.make_accounts(USERS)
        parts = [[one["user"] for one in self.batch_report("--shard", f"{index}/3")]
                 for index in range(3)]
        self.assertEqual(sorted(sum(parts, [])), USERS)
        self.assertTrue(all(parts), parts)
        self.assert_all_there(self.server)
        self.assertEqual(len(set(self.server.logins())), len(USERS))
        # The same parts by the variables of Slurm, whose arrays may begin anywhere, and Kubernetes.
        for index in range(3):
            slurm = dict(SLURM_ARRAY_TASK_ID=10 + 2 * index, SLURM_ARRAY_TASK_MIN=10,
                         SLURM_ARRAY_TASK_STEP=2, SLURM_ARRAY_TASK_COUNT=3)
            kubernetes = dict(JOB_COMPLETION_INDEX=index, JOB_COMPLETIONS=3)
            for variables in (slurm, kubernetes):
                found = [one["user"] for one in self.batch_report(**variables)]
                self.assertEqual(found, parts[index], variables)
            self.assertEqual(len(self.batch_report("--shard=0/1", **kubernetes)), len(USERS))

    def test_a_shard_that_cannot_be_is_refused(self):
        self.make_accounts(USERS[:2])
        for text in ("3/3", "0/0", "-1/2", "1", "1/", "/2", "1/2/3", "x/y"):
            self.assert_one_line(self.batch("--shard", text), 64, "--shard")
        for variables in (dict(SLURM_ARRAY_TASK_ID=1), dict(JOB_COMPLETION_INDEX=0),
                          dict(SLURM_ARRAY_TASK_ID=0, SLURM_ARRAY_TASK_MIN=1,
                               SLURM_ARRAY_TASK_COUNT=3)):
            outcome = self.batch(**variables)
            self.assertIn(outcome.code, (64, 78), str(outcome))
            self.assertIn("--shard", outcome.err)
        self.assertEqual(self.server.logins(), [])


if __name__ == "__main__":
    unittest.main()
