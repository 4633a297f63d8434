# SPDX-License-Identifier: Apache-2.0
# A hundred accounts, begun again in every way that people find: never a message twice, by the
# server's own count.

import concurrent.futures
import unittest

from support import archives
from support.batch import COLUMNS, BatchTest
from support.dovecot import Dovecot
from support.program import REDUCED

USERS = [f"user{number:03}" for number in range(10 if REDUCED else 100)]
COUNT = 3


class HundredAccountsTest(BatchTest):
    def setUp(self):
        super().setUp()
        self.server = self.enterContext(Dovecot({user: f"of {user}" for user in USERS},
                                                separator="/"))
        for number, user in enumerate(USERS):
            archives.make(self.folder / f"{user}.mbox", COUNT, seed=number, body_bytes=(20, 200),
                          kinds=("plain",), keep_wire=False)
        self.write_csv(self.rows())

    def rows(self, **more):
        return [{**self.row(self.server, user), **more} for user in USERS]

    def assert_counts(self, count):
        def counted(user):
            with self.server.session(user) as client:
                return {name: self.server.count(mailbox=name, client=client)
                        for name in self.server.mailboxes(client=client)}
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            found = dict(zip(USERS, pool.map(counted, USERS)))
        self.assertEqual({user: names for user, names in found.items() if names != {"INBOX": count}},
                         {})

    def assert_stopped(self):
        """Nobody's account is begun a second time."""
        accounts = self.batch_report(code=1)
        self.assertEqual([one["user"] for one in accounts if one["verdict"] != "failed"
                          or "of a sample of" not in one["reason"]], [])
        self.assert_counts(COUNT)

    def test_every_message_once_whatever_is_changed_between_two_runs(self):
        self.assert_code(self.batch("--dry-run"), 0)
        for _ in range(2):
            self.assertEqual({one["verdict"] for one in self.batch_report()}, {"complete"})
        self.write_csv(self.rows(mailbox="INBOX"), (*COLUMNS, "mailbox"))
        self.assert_stopped()
        self.write_csv([{**row, "host": "127.0.0.1", "user": row["user"].upper()}
                        for row in self.rows()])
        accounts = self.batch_report(code=1)
        self.assertEqual(len(accounts), len(USERS))
        self.assert_counts(COUNT)
        self.write_csv(self.rows())
        kept, self.state = self.state, self.folder / "lost"
        self.assert_stopped()
        self.state = kept
        (self.folder / "moved").mkdir()
        for user in USERS:
            (self.folder / f"{user}.mbox").rename(self.folder / "moved" / f"{user}.mbox")
        self.write_csv([{**row, "archive": f"moved/{row['archive']}"} for row in self.rows()])
        self.assert_stopped()


if __name__ == "__main__":
    unittest.main()
