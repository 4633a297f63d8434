# SPDX-License-Identifier: Apache-2.0
# The job files of jobs/ work as they are: only server and certificate come from outside of them.

import re
import shutil
import unittest

from support import archives
from support.dovecot import Dovecot
from support.program import ROOT, ProgramTest
from support.schemas import assert_valid

JOBS = ROOT / "jobs"
USER = "alice@example.org"


class JobFilesTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.server = self.enterContext(Dovecot({USER: "secret"}, rawlog=True))
        self.wanted = archives.make(self.folder / "Archive.mbox", 12)
        shutil.copy(self.server.password_file(USER), self.folder / "secret")

    def run_job(self, name):
        """In the folder that the relative paths of the job file are meant for."""
        return self.run_program("migrate", "--config", JOBS / name, "--progress=none",
                                MBOXFERRY_TO=self.server.url(None, USER),
                                MBOXFERRY_CA_FILE=self.server.ca_file)

    def test_one_off(self):
        self.assert_code(self.run_job("one-off.ini"), 0)
        report = self.report()
        assert_valid(report)
        self.assertEqual(report["verdict"], "complete")
        self.assertEqual((self.folder / "messages.csv").read_text().count(",stored,"), 12)
        self.assertIn("</html>", (self.folder / "report.html").read_text())
        self.assertEqual(len(list(self.server.fetch_all(USER, mailbox="Archive"))), 12)

    def test_dry_run(self):
        before = self.server.mailboxes(USER)
        outcome = self.run_job("dry-run.ini")
        self.assert_code(outcome, 0)
        self.assertEqual(outcome.out.splitlines()[-1], "GO")
        assert_valid(self.report("plan.json"))
        self.assertEqual(self.server.mailboxes(USER), before)
        commands = [one for session in self.server.sessions() for one in session]
        self.assertEqual([one.line for one in commands if one.changes_something()], [])

    def test_every_job_and_schema_is_told_of(self):
        text = (JOBS / "README.md").read_text()
        named = set(re.findall(r"\]\(([^)]+)\)", text))
        there = {path.name for path in JOBS.iterdir()} - {"README.md"}
        there |= {f"schema/{path.name}" for path in (JOBS / "schema").iterdir()}
        self.assertEqual(named, there)


if __name__ == "__main__":
    unittest.main()
