# SPDX-License-Identifier: Apache-2.0
# batch --verify: every account compared with its server, from the CSV that moved it.

import json
import unittest

from support.batch import USERS, ManyAccountsTest
from support.schemas import assert_valid


class BatchVerifyTest(ManyAccountsTest):
    def verify(self, code, *more):
        outcome = self.batch("--verify", "--report-json", "verify.json", *more)
        self.assert_code(outcome, code)
        document = self.report("verify.json")
        assert_valid(document)
        return outcome, {one["user"]: one for one in document["accounts"]}, document["verdict"]

    def kept(self):
        """The state folder, without the files that SQLite needs while a journal is open."""
        return sorted(path.name for path in self.state.iterdir()
                      if not path.name.endswith(("-wal", "-shm")))

    def take_away(self, user, number):
        """The owner deletes the message behind mboxferry's back."""
        with self.server.session(user) as client:
            client.select("INBOX")
            client.store(str(number), "+FLAGS", "(\\Deleted)")
            client.expunge()

    def test_what_is_there_is_complete_and_nothing_is_changed(self):
        self.make_accounts(USERS[:3])
        self.assert_code(self.batch(), 0)
        before = self.kept()
        for more in ((), ("--full",)):
            outcome, accounts, verdict = self.verify(0, *more)
            self.assertEqual(verdict, "complete")
            self.assertEqual([one["checked"] for one in accounts.values()], [12, 12, 12])
            self.assertIn("3 of 3 accounts complete; 36 messages", outcome.out)
        self.assertEqual(self.kept(), before)
        self.assert_all_there(self.server)

    def test_each_account_has_its_own_verdict_and_its_journal_lists_the_rest(self):
        self.make_accounts(USERS[:4])
        self.assert_code(self.batch("--only", USERS[0]), 0)
        self.assert_code(self.batch("--only", USERS[1]), 0)
        self.assert_code(self.batch("--only", USERS[2]), 0)
        self.take_away(USERS[1], 3)
        self.write_csv([self.row(self.server, user, **({"password": "changed since"}
                                                       if user == USERS[2] else {}))
                        for user in USERS[:4]])
        outcome, accounts, verdict = self.verify(1, "--strict")
        self.assertEqual(verdict, "failed")
        self.assertEqual([accounts[user]["verdict"] for user in USERS[:4]],
                         ["complete", "failed", "failed", "failed"])
        lost = accounts[USERS[1]]
        self.assertEqual((lost["checked"], lost["missing"]), (12, 1))
        self.assertEqual([row["what"] for row in lost["differences"]], ["missing"])
        self.assertIn("login", accounts[USERS[2]]["reason"])
        self.assertIn("nothing was sent yet", accounts[USERS[3]]["reason"])
        self.assertIn("1 of 4 accounts complete", outcome.out)
        self.assertIn("1 missing", outcome.out)
        one = self.run_program("verify", lost["journal"], "--strict", "--accept-journal-target",
                               "--password-file", self.server.password_file(USERS[1]))
        self.assert_code(one, 1)
        self.assertIn("missing", one.out)
        # Without --strict it is what the owner did after the move.
        _, accounts, _ = self.verify(1)
        self.assertEqual((accounts[USERS[1]]["verdict"], accounts[USERS[1]]["gone_since"]),
                         ("complete", 1))

    def test_an_account_that_is_not_finished_is_to_go_on(self):
        self.make_accounts(USERS[:2])
        self.assert_code(self.batch("--max-messages-per-day", "5"), 75)
        outcome, accounts, verdict = self.verify(75)
        self.assertEqual(verdict, "unfinished")
        for account in accounts.values():
            self.assertEqual((account["verdict"], account["checked"]), ("unfinished", 5))
            self.assertIn("7 not stored yet", account["reason"])
        self.assertIn("2 not finished", outcome.out)

    def test_rows_that_cannot_be_used_are_in_the_document(self):
        self.make_accounts(USERS[:2])
        self.assert_code(self.batch(), 0)
        self.write_csv([self.row(self.server, USERS[0]),
                        self.row(self.server, USERS[1], port="imap")])
        _, accounts, verdict = self.verify(1)
        self.assertEqual(verdict, "failed")
        self.assertIn("port", accounts[USERS[1]]["reason"])
        self.assertEqual(accounts[USERS[0]]["verdict"], "complete")

    def test_what_is_done_needs_no_archive_any_more(self):
        self.make_accounts(USERS[:2])
        self.assert_code(self.batch(), 0)
        for user in USERS[:2]:
            (self.folder / f"{user}.mbox").unlink()
            outcome = self.batch()
            self.assert_code(outcome, 0)
            self.assertIn("not there any more", outcome.err)
            self.assertIn("2 of 2 accounts complete; 24 messages", outcome.out)
            self.assertTrue(self.run_program("status", self.state).out.startswith(
                "2 accounts: 2 complete\n24 of 24 messages stored"))
            self.assertIn("2 jobs of 2 accounts: 2 complete",
                          self.run_program("jobs", self.state).out)
            _, accounts, verdict = self.verify(0, "--full")
            self.assertEqual(verdict, "complete")
            self.assertEqual([one["checked"] for one in accounts.values()], [12, 12])
        # Other work needs it again.
        outcome = self.batch("--labels=all")
        self.assert_code(outcome, 78)
        self.assertIn("cannot read the archive", outcome.err)

    def test_what_was_forgotten_is_told_as_it_is_known(self):
        self.make_accounts(USERS[:2])
        self.assert_code(self.batch(), 0)
        self.assert_code(self.run_program("forget", "--finished", self.state, "--yes"), 0)
        for command in ("status", "report"):
            told = self.run_program(command, self.state).out
            self.assertIn("2 accounts: 2 complete\n24 of 24 messages stored", told)
            self.assertIn("2 of the jobs are forgotten", told)
        jobs = self.run_program("jobs", self.state).out
        self.assertIn("0 jobs of 2 accounts; 2 forgotten; 0 B on disk", jobs)
        self.assertIn("complete     forgotten; 12 messages stored", jobs)
        listed = json.loads(self.run_program("jobs", self.state, "--json").out)
        assert_valid(listed)
        self.assertEqual([(one["forgotten"], one["stored"]) for one in listed["jobs"]],
                         [(True, 12)] * 2)
        _, accounts, _ = self.verify(1)
        self.assertIn("it has 12 messages stored, as the batch noted, and its journal was removed",
                      accounts[USERS[0]]["reason"])
        self.assert_one_line(self.run_program("verify", self.state), 64, "no job to verify")
        self.state = self.folder / "other"
        advised = self.batch("--dry-run", "--skip-existing")
        self.assertIn("0 messages, 0 B to send", advised.out)

    def test_a_folder_with_rows_that_cannot_be_used_is_looked_at_all_the_same(self):
        self.make_accounts(USERS[:2])
        self.write_csv([self.row(self.server, USERS[0]),
                        self.row(self.server, USERS[1], archive="nowhere.mbox"),
                        self.row(self.server, USERS[0])])
        self.assert_code(self.batch(), 1)
        for command in ("status", "report", "jobs"):
            outcome = self.run_program(command, self.state)
            self.assert_code(outcome, 0)
            self.assertEqual(outcome.err, "")
            self.assertIn("cannot read the archive", outcome.out)

    def test_verify_takes_a_folder_of_jobs_of_one_account(self):
        user = USERS[0]
        self.make_accounts([user])
        self.assert_code(self.batch(), 0)
        self.make_archive("more", 5)
        self.assert_code(self.run_program(
            "migrate", "more.mbox", "--to", self.server.url("More", user), "--ca-file",
            self.server.ca_file, "--password-file", self.server.password_file(user),
            "--state-dir", self.state, "--progress=none"), 0)
        secret = ["--password-file", self.server.password_file(user), "--accept-journal-target"]
        outcome = self.run_program("verify", self.state, *secret)
        self.assert_code(outcome, 0)
        self.assertEqual(sorted(line.split(": ")[2].split(",")[0]
                                for line in outcome.out.splitlines()),
                         ["12 messages checked", "5 messages checked"])
        self.take_away(user, 1)
        outcome = self.run_program("verify", self.state, "--strict", *secret)
        self.assert_code(outcome, 1)
        self.assertIn("1 missing", outcome.out)
        self.assertIn("complete: ", outcome.out)
        for more in ("--json", "--remove-copies"):
            self.assertIn("takes one job", self.run_program("verify", self.state, more, *secret).err)

    def test_verify_takes_no_password_for_several_accounts(self):
        self.make_accounts(USERS[:2])
        self.assert_code(self.batch(), 0)
        outcome = self.run_program("verify", self.state, "--password-file",
                                   self.server.password_file(USERS[0]))
        self.assert_code(outcome, 64)
        self.assertIn("batch --verify", outcome.err)

    def test_options_that_say_nothing_about_a_comparison(self):
        self.make_accounts(USERS[:1])
        for more, word in ((("--full",), "add --verify"),
                           (("--verify", "--dry-run"), "--dry-run cannot be combined"),
                           (("--verify", "--retry-failed"), "--retry-failed cannot be combined"),
                           (("--verify", "--report-html", "r.html"), "--report-html cannot"),
                           (("--verify", "--metrics-file", "m.prom"), "--metrics-file cannot")):
            outcome = self.batch(*more)
            self.assert_code(outcome, 64)
            self.assertIn(word, outcome.err)


if __name__ == "__main__":
    unittest.main()
