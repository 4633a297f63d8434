# SPDX-License-Identifier: Apache-2.0
# What the dry run of a batch says is what the real run then does.

import unittest

from support import archives, containers, packing, takeout
from support.batch import USERS, BatchTest, ManyAccountsTest
from support.dovecot import Dovecot
from support.program import REDUCED
from support.schemas import assert_valid
from support.server_variants import modified_utf7

SAME = ("name", "planned", "skipped", "bytes", "lost_flags", "date_corrections", "renamed_from")
FUTURE = 4_102_444_800  # no date that a message can have


class ForeseenTest(BatchTest):
    """Every kind of source, in turn, for many accounts of one server."""

    def setUp(self):
        super().setUp()
        users = {f"user{number:03}": f"of {number}" for number in range(26 if REDUCED else 100)}
        self.server = self.enterContext(Dovecot(users, rawlog=True, separator="/",
                                                special_use=True))

    def sources(self):
        """Some are packed; all but the mbox files hold several mailboxes."""
        trees = {}
        for kind, make in containers.TREES.items():
            trees[kind] = self.folder / kind
            make(trees[kind])
        copies = self.folder / "copies.mbox"
        archives.make(copies, 40, copies=10, keywords=0.5)
        return [*trees.values(), packing.pack(trees["thunderbird-tree"], "zip"),
                packing.pack(trees["maildir-plus-plus"], "tar.gz"), takeout.single_zip(self.folder),
                copies, packing.compress(copies, "gz"), packing.compress(copies, "zst")]

    def write_accounts(self):
        """Returns how many accounts have one of each kind."""
        sources = self.sources()
        rows = []
        for number, user in enumerate(self.server.users):
            archive = sources[number % len(sources)]
            if archive.name == "copies.mbox":
                archive = self.folder / f"{user}.mbox"
                archives.make(archive, 10 + number, seed=number, copies=5,
                              dates=lambda rng: rng.choice((archives.FIRST_DATE, FUTURE)))
            rows.append(self.row(self.server, user, archive=archive))
        self.write_csv(rows)
        return len(sources)

    def changes(self):
        """What all sessions so far would have changed; every user had one."""
        found = []
        for user in self.server.users:
            commands = [one for session in self.server.sessions(user) for one in session]
            self.assertTrue(commands, user)
            found += [one.line for one in commands if one.changes_something()]
        return found

    def assert_stored(self, account):
        """What the report says of each mailbox is what the server has."""
        with self.server.session(account["user"]) as client:
            found = {name: self.server.count(mailbox=name, client=client)
                     for name in self.server.mailboxes(client=client)}
        self.assertEqual({name: count for name, count in found.items() if count},
                         {modified_utf7(row["name"]): row["stored"]
                          for row in account["mailboxes"] if row["stored"]}, account["user"])

    def test_the_real_run_does_what_the_dry_run_says_number_by_number(self):
        kinds = self.write_accounts()
        options = ("--dedupe=content", "--accounts-at-once=8")
        self.assert_code(self.batch("--dry-run", "--report-json", "plan.json", *options), 0)
        plan = self.report("plan.json")
        assert_valid(plan)
        self.assertTrue(plan["go"])
        self.assertFalse(self.state.exists())
        self.assertEqual(self.changes(), [])
        accounts = self.batch_report(*options)
        self.assertGreater(len(self.changes()), len(accounts))
        self.assertEqual([one["user"] for one in plan["accounts"]], list(self.server.users))
        seen = set()
        for planned, done in zip(plan["accounts"], accounts, strict=True):
            self.assertTrue(planned["go"])
            self.assertEqual(planned["user"], done["user"])
            self.assertEqual([[row[key] for key in SAME] for row in planned["mailboxes"]],
                             [[row[key] for key in SAME] for row in done["mailboxes"]],
                             planned["user"])
            self.assertEqual([row["planned"] for row in planned["mailboxes"]],
                             [row["stored"] for row in done["mailboxes"]])
            self.assertEqual(planned["quota"]["needed"],
                             sum(row["bytes"] for row in done["mailboxes"]))
            seen |= {key for row in done["mailboxes"] for key in SAME if row[key]}
        for account in accounts[:kinds]:
            self.assert_stored(account)
        # Nothing is the same because there is none of it.
        self.assertEqual(seen, set(SAME))


class NoGoTest(ManyAccountsTest):
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
