# SPDX-License-Identifier: Apache-2.0
# A row that cannot be used is an account that cannot go, and stops no other. Real Dovecot.

import csv
import io
import json
import unittest

from support.batch import COLUMNS, BatchTest
from support.dovecot import Dovecot

GOOD = ["anna", "bert", "carl"]
MISSING = ["dora", "emil"]


class BadRowsTest(BatchTest):
    def setUp(self):
        super().setUp()
        self.server = Dovecot({user: f"pw-{user}" for user in [*GOOD, *MISSING, "filip"]})
        self.addCleanup(self.server.close)
        self.server.start()
        for user in GOOD:
            self.make_archive(user, 5)
        self.rows = [self.row(self.server, user) for user in GOOD]
        # As a spreadsheet program leaves them.
        self.bad = [
            *[self.row(self.server, user) for user in MISSING],
            {},
            self.row(self.server, "anna"),
            self.row(self.server, "filip", archive="mail\\filip.mbox"),
            self.row(self.server, "bert", port="imap"),
        ]
        self.write_csv([self.rows[0], *self.bad, *self.rows[1:]], separator=";", line_end="\r\n",
                       prefix=b"\xef\xbb\xbf")

    def assert_told(self, outcome):
        for line, text in ((3, "dora.mbox"), (4, "emil.mbox"), (5, "the row is empty"),
                           (6, "the same account, mailbox and archive as in line 2"),
                           (7, "here / and not"), (8, "port")):
            self.assertRegex(outcome.err, rf"accounts\.csv:{line}: .*{text}")
        self.assertIn("6 of 9 rows cannot be used; the others go on", outcome.err)

    def assert_good_ones_are_there(self):
        for user in GOOD:
            self.assertEqual(sum(1 for _ in self.server.fetch_all(user)), len(self.wanted[user]))

    def test_the_dry_run_says_no_go_for_them_alone(self):
        plan = self.folder / "plan.json"
        outcome = self.batch("--dry-run", "--report-json", plan)
        self.assert_code(outcome, 1)
        self.assert_told(outcome)
        self.assertIn("NO GO: 3 of 9 accounts can go", outcome.out)
        # The two with the same reason are one line.
        self.assertRegex(outcome.out, r"(?m)^  no go: 2 accounts, dora@\S+ the first: cannot read "
                                      r"the archive: No such file or directory$")
        accounts = json.loads(plan.read_text())["accounts"]
        self.assertEqual([one["go"] for one in accounts], [True] + 6 * [False] + 2 * [True])
        self.assertEqual(accounts[3]["user"], "line 5")

    def test_the_paper_for_the_decision(self):
        self.make_archive("carl", 4)
        hostile = "<script>alert(1)</script>&amp;"
        (self.folder / "=cmd.mbox").write_bytes((self.folder / "carl.mbox").read_bytes())
        self.rows.append(self.row(self.server, "filip", archive=self.folder / "=cmd.mbox",
                                  mailbox="=cmd <b>"))
        self.write_csv([*self.rows, *self.bad[:2], {**self.bad[0], "user": hostile}],
                       columns=(*COLUMNS, "mailbox"))
        page, table = self.folder / "plan.html", self.folder / "plan.csv"
        outcome = self.batch("--dry-run", "--report-html", page, "--report-csv", table)
        self.assert_code(outcome, 1)
        text = page.read_text()
        self.assertIn("NO GO: 4 of 7 accounts can go", text)
        # Equal reasons are one, and each account names its own archive.
        self.assertRegex(text, r'<td class="number">3</td><td>cannot read the archive')
        for told in (text, table.read_text()):
            self.assertIn("the archive is " + str(self.folder / "dora.mbox"), told)
        # Those that cannot go come first.
        self.assertLess(text.rindex("no go</strong>"), text.index(">go</strong>"))
        self.assertNotIn("<script", text)
        self.assertIn("=cmd &lt;b&gt;", text)
        rows = list(csv.DictReader(io.StringIO(table.read_text())))
        self.assertEqual([row["go"] for row in rows], 4 * ["yes"] + 3 * ["no"])
        self.assertEqual([row["messages"] for row in rows[:4]], ["5", "5", "4", "4"])
        self.assertEqual(rows[3]["mailbox"], "'=cmd <b>")
        self.assertTrue(all(row["reason"] for row in rows[4:]))

    def test_the_others_are_done_and_mended_rows_follow(self):
        report = self.folder / "report.json"
        outcome = self.batch("--report-json", report)
        self.assert_code(outcome, 1)
        self.assert_told(outcome)
        self.assert_good_ones_are_there()
        self.assertIn("3 of 9 accounts complete", outcome.out)
        verdicts = [one["verdict"] for one in json.loads(report.read_text())["accounts"]]
        self.assertEqual(verdicts, ["complete"] + 6 * ["failed"] + 2 * ["complete"])
        # A password in the wrong column would be the name of an archive.
        self.assertNotIn("dora.mbox", report.read_text() + outcome.out)

        for user in MISSING:
            self.make_archive(user, 3)
        self.write_csv(self.rows + [self.row(self.server, user) for user in MISSING])
        outcome = self.batch()
        self.assert_code(outcome, 0)
        self.assertIn("5 of 5 accounts complete", outcome.out)
        for user in [*GOOD, *MISSING]:
            self.assertEqual(sum(1 for _ in self.server.fetch_all(user)), len(self.wanted[user]))

    def test_an_account_that_is_complete_is_not_forgotten_while_its_row_is_wrong(self):
        self.write_csv(self.rows)
        self.assert_code(self.batch(), 0)
        self.write_csv([{**self.rows[0], "port": "imap"}, *self.rows[1:]])
        self.assert_code(self.batch(), 1)
        self.write_csv(self.rows)
        outcome = self.batch()
        self.assert_code(outcome, 0)
        self.assert_good_ones_are_there()

    def test_a_choice_that_meets_nobody_is_an_error(self):
        self.assert_one_line_at_the_end(self.batch("--only", "nobody*"))
        self.assert_code(self.batch("--only", "ann?", "--dry-run"), 1)  # the row that is there twice
        self.assert_code(self.batch("--only", "carl"), 0)

    def assert_one_line_at_the_end(self, outcome):
        self.assert_code(outcome, 64)
        self.assertIn("--only=nobody* meets none of the", outcome.error_lines()[-1])


if __name__ == "__main__":
    unittest.main()
