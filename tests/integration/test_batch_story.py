# SPDX-License-Identifier: Apache-2.0
# A Friday's work: 200 accounts from a CSV as Excel writes it, of which some cannot go. Dry run, paper
# for the decision, the run itself, verification, report.

import csv
import unittest

from support import archives
from support.batch import COLUMNS, BatchTest
from support.dovecot import Dovecot
from support.program import REDUCED
from support.schemas import assert_valid

USERS = [f"user{number:03}" for number in range(20 if REDUCED else 200)]
LOST, WRONG, FULL, REFUSED = USERS[3], USERS[5], USERS[7], USERS[11]
COUNT = 2
REASONS = {LOST: "cannot read the archive", WRONG: "login refused", FULL: "the quota holds",
           REFUSED: "is too long for a mailbox"}


class BatchStoryTest(BatchTest):
    def setUp(self):
        super().setUp()
        self.server = self.enterContext(Dovecot({user: f"of {user}" for user in USERS},
                                                separator="/", quota="*:storage=200K"))
        for number, user in enumerate(USERS):
            archives.make(self.folder / f"{user}.mbox", COUNT, seed=number, body_bytes=(20, 200),
                          kinds=("plain",), keep_wire=False)
        archives.make(self.folder / f"{FULL}.mbox", 30, seed=7, body_bytes=(20_000, 30_000),
                      kinds=("plain",), keep_wire=False)
        (self.folder / f"{LOST}.mbox").unlink()

    def write_as_excel(self):
        """Semicolons, CRLF, a byte order mark, and an empty row in the middle."""
        rows = [{**self.row(self.server, user), "mailbox": "n" * 300 if user == REFUSED else ""}
                for user in USERS]
        rows[USERS.index(WRONG)]["password"] = "no longer his"
        rows.insert(9, {})
        self.write_csv(rows, (*COLUMNS, "mailbox"), separator=";", line_end="\r\n",
                       prefix=b"\xef\xbb\xbf")

    def run_step(self, code, *more):
        outcome = self.batch("--accounts-at-once=16", *more)
        self.assert_code(outcome, code)
        return outcome

    def accounts(self, name):
        """By user; a row without one is called by its line."""
        document = self.report(name)
        assert_valid(document)
        return {one["user"]: one for one in document["accounts"]}

    def ledger(self, name):
        with open(self.folder / name, newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def test_from_the_list_to_the_report(self):
        self.write_as_excel()
        planned = self.run_step(1, "--dry-run", "--report-json", "plan.json", "--report-html",
                                "plan.html", "--report-csv", "plan.csv")
        go = len(USERS) - len(REASONS)
        self.assertIn(f"NO GO: {go} of {len(USERS) + 1} accounts can go", planned.out)
        plan = self.accounts("plan.json")
        self.assertEqual({user for user, one in plan.items() if not one["go"]},
                         {*REASONS, "line 11"})
        for user, words in REASONS.items():
            self.assertIn(words, " ".join(plan[user]["reasons"]), user)
            self.assertRegex(planned.out, rf"no go: {user}@localhost:\d+: .*{words}")
        self.assertIn("line 11: the row is empty", planned.out)
        paper = (self.folder / "plan.html").read_text()
        self.assertTrue(all(user in paper for user in USERS))
        self.assertEqual({row["account"].partition("@")[0] for row in self.ledger("plan.csv")},
                         {*USERS, "line 11"})
        self.assertEqual(list(self.server.fetch_all(USERS[0], "INBOX")), [])

        # Whoever cannot go stops nobody else.
        moved = self.run_step(75, "--report-json", "report.json", "--report-csv", "report.csv",
                              "--report-html", "report.html", "--metrics-file", "metrics")
        self.assertIn(f"{go} of {len(USERS) + 1} accounts complete", moved.out)
        self.assertIn("1 not finished; 1 with a refused login; 3 failed", moved.out)
        accounts = self.accounts("report.json")
        self.assertEqual({user: one["verdict"] for user, one in accounts.items()
                          if one["verdict"] != "complete"},
                         {LOST: "failed", WRONG: "failed", REFUSED: "failed", "line 11": "failed",
                          FULL: "unfinished"})
        self.assertEqual(sum(row["state"] == "stored" for row in self.ledger("report.csv")),
                         go * COUNT)
        self.assertRegex((self.folder / "metrics").read_text(), r"\nmboxferry_(batch_)?exit_status.* 75\n")
        for user in (USERS[0], USERS[-1]):
            self.assertEqual(len(list(self.server.fetch_all(user, "INBOX"))), COUNT)

        verified = self.run_step(75, "--verify", "--report-json", "verify.json")
        self.assertIn(f"{go} of {len(USERS) + 1} accounts complete; {go * COUNT} messages",
                      verified.out)
        self.assertEqual(sum(one["verdict"] == "complete"
                             for one in self.accounts("verify.json").values()), go)

        told = self.run_program("report", self.state)
        self.assert_code(told, 0)
        self.assertIn(f"{go} complete", told.out)
        for user in (LOST, WRONG, FULL, REFUSED):
            self.assertIn(user, told.out)


if __name__ == "__main__":
    unittest.main()
