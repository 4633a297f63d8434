# SPDX-License-Identifier: Apache-2.0
# What the program writes beside others' files: no prepared link leads it anywhere.

import json
import os
import stat
import unittest

from support import archives
from support.fake_imap import FakeImap, Refusal
from support.program import ProgramTest
from support.schemas import assert_valid

REFUSED, CANNOT_CREATE = 3, 73


class OutputTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        self.wanted = archives.make(self.archive, 12, seed=3)
        sizes = [one.size for one in self.wanted]
        culprit = next(size for size in sizes if sizes.count(size) == 1)
        self.server = self.enterContext(FakeImap(
            on_append=lambda head: Refusal("NO", "a virus") if head.size == culprit else None))
        self.victim = self.folder / "victim"
        self.victim.write_text("precious")

    def tearDown(self):
        self.assertEqual(self.victim.read_text(), "precious")
        super().tearDown()

    def test_prepared_links_beside_outputs(self):
        for name in ("m.prom", "job.journal.refused.mbox", "report.json"):
            (self.folder / f"{name}.new").symlink_to(self.victim)
        outcome = self.migrate(self.server, self.archive, "Mail", "--metrics-file", "m.prom",
                               "--report-json", "report.json")
        self.assert_code(outcome, REFUSED)
        for name in ("m.prom", "job.journal.refused.mbox", "report.json"):
            self.assertTrue(stat.S_ISREG(os.lstat(self.folder / name).st_mode), name)
        self.assertEqual(stat.S_IMODE(os.lstat(self.folder / "job.journal.refused.mbox").st_mode),
                         0o600)

    def test_a_link_as_log_is_refused(self):
        (self.folder / "log").symlink_to(self.victim)
        outcome = self.migrate(self.server, self.archive, "Mail", "--log-file", "log")
        self.assert_one_line(outcome, CANNOT_CREATE, "log", "link")

    def test_a_pipe_is_no_metrics_file(self):
        os.mkfifo(self.folder / "pipe")
        outcome = self.migrate(self.server, self.archive, "Mail", "--metrics-file", "pipe")
        self.assert_one_line(outcome, CANNOT_CREATE, "pipe")
        self.assertTrue(stat.S_ISFIFO(os.lstat(self.folder / "pipe").st_mode))

    def test_a_report_on_standard_output_is_all_that_is_there(self):
        for more in ((), ("--dry-run",)):
            outcome = self.migrate(self.server, self.archive, f"To {len(more)}", "--report-json",
                                   "-", *more, journal=f"{len(more)}.journal")
            document = json.loads(outcome.out)
            assert_valid(document)
            self.assertFalse((self.folder / "-").exists())
        self.assert_one_line(self.migrate(self.server, self.archive, "Mail", "--report-json", "-",
                                          "--report-csv", "-"), 64, "mixed")

    def test_two_outputs_are_never_one_file(self):
        for one, other in (("report-json", "report-csv"), ("report-html", "metrics-file")):
            outcome = self.migrate(self.server, self.archive, "Mail", f"--{one}", "out",
                                   f"--{other}", self.folder / "." / "out")
            self.assert_one_line(outcome, 64, f"--{one}", f"--{other}", "the same file")
        self.assert_one_line(self.migrate(self.server, self.archive, "Mail", "--report-json", ""),
                             64, "'--report-json' has an empty value")
        self.assertFalse((self.folder / "job.journal").exists())

    def test_files_of_the_journal_are_no_outputs(self):
        for option in ("report-json", "report-csv", "report-html", "metrics-file"):
            for behind in ("", "-wal", "-shm", ".lock", ".refused.mbox"):
                with self.subTest(option=option, behind=behind):
                    outcome = self.migrate(self.server, self.archive, "Mail",
                                           f"--{option}=./job.journal{behind}")
                    self.assert_one_line(outcome, 64, f"--{option}", "of the journal")
                    self.assertEqual(list(self.folder.glob("job.journal*")), [])

    def test_a_pipe_that_nobody_reads_ends_no_job_in_silence(self):
        os.mkfifo(self.folder / "pipe")
        outcome = self.migrate(self.server, self.archive, "Mail", "--report-json", "pipe")
        self.assert_code(outcome, CANNOT_CREATE)
        self.assertIn("nobody reads from pipe", outcome.err)
        self.assertIn("11 of 12 messages stored", outcome.out)

    def test_a_report_that_cannot_be_written_hides_no_verdict(self):
        for more in ((), ("--dry-run",)):
            os.mkfifo(self.folder / f"pipe{len(more)}")
            outcome = self.migrate(self.server, self.archive, f"To {len(more)}", "--report-csv",
                                   f"pipe{len(more)}", *more, journal=f"{len(more)}.journal")
            self.assert_code(outcome, CANNOT_CREATE)
            self.assertIn("GO" if more else "refused: ", outcome.out)

    def test_metrics_keep_the_permissions_of_the_file(self):
        metrics = self.folder / "m.prom"
        metrics.write_text("")
        metrics.chmod(0o640)
        outcome = self.migrate(self.server, self.archive, "Mail", "--metrics-file", "m.prom")
        self.assert_code(outcome, REFUSED)
        self.assertEqual(stat.S_IMODE(metrics.stat().st_mode), 0o640)
        self.assertIn("mboxferry", metrics.read_text())


if __name__ == "__main__":
    unittest.main()
