# SPDX-License-Identifier: Apache-2.0
# What `report` writes is what the journals hold, as JSON and CSV; test_report_page.py has the page.

import collections
import csv
import io
import json
import re
import sqlite3
import unittest

from support.report_jobs import HOSTILE, ReportJobs
from support.schemas import assert_valid

STATES = {10: "to send", 11: "in doubt", 12: "stored", 13: "refused", 14: "skipped", 15: "stored"}


def states_of(journal):
    with sqlite3.connect(f"file:{journal}?mode=ro", uri=True) as database:
        found = database.execute("SELECT state, count(*) FROM message GROUP BY state").fetchall()
    counts = collections.Counter()
    for state, count in found:
        counts[STATES[state]] += count
    return counts


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


class ReportTest(ReportJobs):
    def test_a_run_and_its_journal_tell_the_same(self):
        journal = self.finished / "job.journal"
        ran = json.loads((self.finished / "report.json").read_text())
        told = json.loads(self.report_of(journal, "--json", "-").out)
        assert_valid(ran)
        assert_valid(told)
        for name in ("seconds", "messages_per_second", "bytes_per_second"):
            self.assertGreater(ran["accounts"][0].pop(name), 0)
            self.assertIsNone(told["accounts"][0].pop(name))
        self.assertEqual(told, ran)
        self.assertEqual(self.report_of(journal, "--csv", "-").out,
                         (self.finished / "report.csv").read_bytes().decode())

    def test_journals_of_all_shards_are_one_document(self):
        jobs = self.jobs()
        report = json.loads(self.report_of(jobs, "--json", "-").out)
        assert_valid(report)
        self.assertEqual(report["verdict"], "failed")
        verdicts = {one["user"]: one["verdict"] for one in report["accounts"]}
        self.assertEqual(verdicts, {"a": "complete", "b": "refused", "c": "failed",
                                    "d": "unfinished"})
        refused, = [one for one in report["accounts"] if one["user"] == "b"]
        self.assertEqual(len(refused["refused"]), 25)
        self.assertEqual(refused["host"], "one.example")
        only = json.loads(self.report_of(jobs / "a.journal", jobs / "b.journal", "--json",
                                         "-").out)
        self.assertEqual((only["verdict"], len(only["accounts"])), ("refused", 2))
        summary = self.report_of(jobs).out
        self.assertIn("4 accounts: 1 complete, 1 failed, 1 refused, 1 not finished\n", summary)
        self.assertIn("335 of 360 messages stored", summary)
        self.assertIn("failed: c@two.example: 90 of 90 messages stored, 0 refused: no <such> host", summary)

    def test_the_ledger_has_a_row_for_each_message(self):
        jobs = self.jobs()
        rows = rows_of(self.report_of(jobs, "--csv", "-").out)
        self.assertEqual(len(rows), 360)
        for name in ("a", "b"):
            of_account = [row for row in rows if row["account"] == f"{name}@one.example"]
            self.assertEqual(collections.Counter(row["state"] for row in of_account),
                             states_of(jobs / f"{name}.journal"))
        stored = [row for row in rows if row["state"] == "stored"]
        self.assertEqual(len({(row["account"], row["mailbox"], row["uid"]) for row in stored}),
                         len(stored))
        self.assertTrue(all(int(row["uid_validity"]) > 0 and int(row["bytes"]) > 0
                            for row in stored))
        refused = [row for row in rows if row["state"] == "refused"]
        self.assertEqual({(row["code"], row["text"]) for row in refused},
                         {("too-big", "too big, <b>")})

    @staticmethod
    def escaped(text):
        """As on a terminal: control characters and those that turn the direction."""
        return re.sub("[\0-\x1f\x7f-\x9f\u2028-\u202e]", lambda found:
                      ("\\x%02x" if found[0] < "\x7f" else "\\u%04x") % ord(found[0]), text)

    def test_no_field_is_a_formula_and_every_text_is_there(self):
        rows = rows_of(self.report_of(self.hostile_journal(), "--csv", "-").out)
        told = [row["text"] for row in rows if row["state"] == "refused"]
        self.assertEqual([text.removeprefix("'") for text in told],
                         [self.escaped(text).removeprefix("'") for text in HOSTILE])
        for row in rows:
            for field in row.values():
                self.assertFalse(field.startswith(("=", "+", "-", "@", "\t", "\r")), field)

    def test_reports_on_one_output_do_not_mix_and_nothing_is_passed_over_silently(self):
        jobs = self.jobs()
        self.assert_one_line(self.run_program("report", jobs, "--csv", "-", "--json", "-"), 64,
                             "standard output")
        self.assert_one_line(self.run_program("report"), 64, "no job")
        self.assert_one_line(self.run_program("report", self.folder / "none"), 78, "none")
        (jobs / "broken.journal").write_bytes(b"no journal at all" * 100)
        outcome = self.report_of(jobs, "--json", "out.json", "--html", "out.html", code=78)
        self.assertEqual(outcome.err.count("broken.journal"), 1)
        accounts = self.report("out.json")["accounts"]
        self.assertEqual(len(accounts), 5)
        self.assertIn(("broken.journal", "failed"),
                      [(one["user"], one["verdict"]) for one in accounts])

    def test_a_report_of_hostile_names_is_valid_json(self):
        report = json.loads(self.report_of(self.hostile_journal(), "--json", "-").out)
        assert_valid(report)
        self.assertEqual([one["text"] for one in report["accounts"][0]["refused"]], HOSTILE)

    def test_a_dry_run_has_no_metrics(self):
        outcome = self.migrate(self.server, self.finished / "tree" / "Inbox", "New", "--dry-run",
                               "--metrics-file", "metrics.prom", journal="other.journal")
        self.assert_one_line(outcome, 64, "--metrics-file", "--dry-run")
        # A job file is for both.
        (self.folder / "job.ini").write_text("metrics-file = metrics.prom\n")
        outcome = self.migrate(self.server, self.finished / "tree" / "Inbox", "New", "--dry-run",
                               "--config", "job.ini", journal="other.journal")
        self.assert_code(outcome, 0)
        self.assertFalse((self.folder / "metrics.prom").exists())


if __name__ == "__main__":
    unittest.main()
