# SPDX-License-Identifier: Apache-2.0
# What a job left out because it was there before is verified as what it stored itself, so that a job
# that it replaces need not be.

import sqlite3
import unittest

from support.batch import USERS, ManyAccountsTest
from support.dovecot import Dovecot
from support.dovecot_test import WithDovecot
from support.schemas import assert_valid
from test_second_copy import CopyTest

STORED_FIRST, ALL = 25, 40


class VerifyExistingTest(WithDovecot, CopyTest):
    @classmethod
    def new_server(cls):
        return Dovecot(separator="/")

    def setUp(self):
        super().setUp()
        archive = self.archive = self.make("A.mbox", ALL)
        state = self.folder / "state-a"
        state.mkdir(mode=0o700)
        self.run_job(archive, None, "--max-messages-per-day", STORED_FIRST, "--journal",
                     state / "1.journal", code=75)
        # Before the other, however fast the machine is.
        with sqlite3.connect(state / "1.journal") as database:
            database.execute("UPDATE note SET value = '2020-01-01T00:00:00+00:00'"
                             " WHERE name = 'started'")
        database.close()
        self.run_job(archive, None, "--skip-existing", "--journal", state / "2.journal")
        self.assertEqual(self.held()["A"], ALL)

    def verify(self, code, *more, path=None):
        outcome = self.run_program(
            "verify", path or self.folder / "state-a", "--accept-journal-target", "--ca-file",
            self.server.ca_file, "--password-file", self.server.password_file(), *more)
        self.assert_code(outcome, code)
        return outcome

    def take_away(self, which):
        with self.server.session() as client:
            client.select("A")
            client.store(which, "+FLAGS", "(\\Deleted)")
            client.expunge()

    def test_they_are_checked_and_counted(self):
        for more in ((), ("--full",), ("--strict", "--full")):
            self.assertIn(f"{ALL} messages checked ({STORED_FIRST} of them there before the job), "
                          "0 missing, 0 different, 0 unexpected", self.verify(0, *more).out)

    def test_those_that_are_gone_are_named(self):
        self.take_away(f"1:{STORED_FIRST}")
        outcome = self.verify(1, "--strict")
        self.assertIn(f"{STORED_FIRST} missing", outcome.out)
        self.assertEqual(outcome.out.count("missing: A, UID "), STORED_FIRST)
        outcome = self.verify(0)
        self.assertEqual(outcome.out.count("gone since: the message: A, UID "), STORED_FIRST)
        self.assertIn(f"note: gone since an earlier run compared them: {STORED_FIRST} messages",
                      outcome.out)

    def test_a_finished_job_that_replaces_another_is_proof_enough(self):
        self.assert_code(self.run_program("forget", self.folder / "state-a" / "1.journal", "--yes"),
                         0)
        self.take_away("1:3")
        self.assertIn("3 missing", self.verify(1, "--strict", "--full").out)

    def test_the_mailbox_is_gone(self):
        with self.server.session() as client:
            client.delete("A")
        self.assertIn(f"{ALL} messages checked ({STORED_FIRST} of them there before the job), "
                      f"{ALL} missing", self.verify(1, "--strict").out)


    def test_a_mailbox_that_was_made_anew_is_not_called_complete(self):
        third = self.folder / "state-a" / "3.journal"
        self.run_job(self.archive, None, "--skip-existing", "--journal", third)
        with self.server.session() as client:
            client.delete("A")
            client.create("A")
        for more in ((), ("--full",), ("--strict", "--full")):
            outcome = self.verify(75, *more, path=third)
            self.assertIn(f"{ALL} not compared that were there before the job", outcome.out)
        # As the line says.
        self.run_job(self.archive, None, "--skip-existing", "--journal",
                     self.folder / "new.journal")
        self.assertEqual(self.held()["A"], ALL)


    def test_a_strict_run_says_what_verify_says(self):
        def run(code, *more):
            return self.run_job(self.archive, None, "--skip-existing", "--journal",
                                self.folder / "state-a" / "2.journal", *more, code=code)
        run(0, "--strict")
        self.take_away("1:3")
        self.assertIn("3 messages are missing on the server", run(1, "--strict").err)
        self.assertIn("gone since an earlier run compared them: 3", run(0).err)
        plan = run(1, "--strict", "--dry-run")
        self.assertIn("NO GO: --strict: of what earlier runs stored, 3 missing, 0 different",
                      plan.out)
        run(0, "--dry-run")

    def test_a_run_into_a_mailbox_that_was_made_anew_is_not_called_complete(self):
        def run(code, *more):
            return self.run_job(self.archive, None, "--skip-existing", "--journal",
                                self.folder / "third.journal", *more, code=code)
        run(0)
        with self.server.session() as client:
            client.delete("A")
            client.create("A")
        for more in ((), ("--strict",), ("--dry-run",)):
            code = 1 if "--dry-run" in more else 75
            outcome = run(code, *more)
            self.assertIn(f"{ALL} messages that were there before the job cannot be compared",
                          outcome.out + outcome.err)
        # As the line says.
        self.run_job(self.archive, None, "--skip-existing", "--journal",
                     self.folder / "new.journal")
        self.assertEqual(self.held()["A"], ALL)


class BatchVerifyExistingTest(ManyAccountsTest):
    def test_what_another_batch_stored(self):
        self.make_accounts(USERS[:1])
        own, self.state = self.state, self.folder / "other"
        self.assert_code(self.batch(), 0)
        self.state = own
        self.assert_code(self.batch("--skip-existing"), 0)
        with self.server.session(USERS[0]) as client:
            client.select("INBOX")
            client.store("1:10", "+FLAGS", "(\\Deleted)")
            client.expunge()
        outcome = self.batch("--skip-existing", "--verify", "--strict", "--report-json", "v.json")
        self.assert_code(outcome, 1)
        document = self.report("v.json")
        assert_valid(document)
        self.assertEqual([(one["checked"], one["missing"]) for one in document["accounts"]],
                         [(12, 10)])
        outcome = self.batch("--skip-existing", "--strict")
        self.assert_code(outcome, 1)
        self.assertIn("10 messages are missing on the server", outcome.out + outcome.err)


if __name__ == "__main__":
    unittest.main()
