# SPDX-License-Identifier: Apache-2.0
# A job is replaced by one that has its mail, and not by one whose archive has the same name.

import sqlite3
import unittest

from support.dovecot import Dovecot
from support.dovecot_test import WithDovecot
from test_second_copy import CopyTest


class ReplacedJobsTest(WithDovecot, CopyTest):
    @classmethod
    def new_server(cls):
        return Dovecot(separator="/")

    def setUp(self):
        super().setUp()
        (self.folder / "state-a").mkdir(mode=0o700)

    def broken_off(self, archive, stored):
        path = self.folder / "state-a" / "1.journal"
        self.run_job(archive, None, "--max-messages-per-day", stored, "--journal", path, code=75)
        # Before the others, however fast the machine is.
        with sqlite3.connect(path) as database:
            database.execute("UPDATE note SET value = '2020-01-01T00:00:00+00:00'"
                             " WHERE name = 'started'")
        database.close()

    def look(self, command, *more):
        outcome = self.run_program(command, *more, self.folder / "state-a")
        self.assert_code(outcome, 0)
        return outcome.out

    def test_another_archive_of_the_same_name_replaces_nothing(self):
        archive = self.make("x.mbox", 20)
        self.broken_off(archive, 5)
        archive.unlink()
        self.make("x.mbox", 3, seed=7)
        self.run_job(archive, None, "--journal", self.folder / "state-a" / "2.journal")
        status = self.look("status")
        self.assertNotIn("replaced", status)
        self.assertIn("1 account: 1 not finished", status)
        self.assertNotIn("1.journal", self.look("forget", "--finished", "--dry-run"))
        self.assertIn("1 not finished", self.look("jobs"))

    def test_the_same_archive_and_one_that_has_grown_do(self):
        archive = self.make("x.mbox", 20)
        self.broken_off(archive, 5)
        journals = [self.folder / "state-a" / f"{number}.journal" for number in (2, 3)]
        self.run_job(archive, None, "--skip-existing", "--journal", journals[0])
        self.assertIn("1.journal", self.look("forget", "--finished", "--dry-run"))
        journals[0].unlink()
        more = self.make("more.mbox", 4, seed=9)
        with open(archive, "ab") as file:
            file.write(more.read_bytes())
        self.run_job(archive, None, "--skip-existing", "--journal", journals[1])
        self.assertIn("1 job replaced", self.look("status"))


if __name__ == "__main__":
    unittest.main()
