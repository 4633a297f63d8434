# SPDX-License-Identifier: Apache-2.0
# A job that ran once for a test class, and folders of journals made from it.

import pathlib
import sqlite3
import tempfile

from support import archives, journals
from support.dovecot_test import WithDovecot
from support.program import ProgramTest

HOSTILE = ["=1+1", "+49", "-2", "@SUM(A1)", "a,b;c", 'say "hi"', "</script><script>alert(1)</script>",
           "<img src=x onerror=alert(1)>", "&lt;b&gt;", "\u202egnp.exe", "line\nend", "tab\there",
           "-->", "${x}", "\u65e5\u672c\u8a9e \U0001f4e7", "\u2028", "\x1b[2J",
           "' onclick='alert(1)"]


class ReportJobs(WithDovecot, ProgramTest):
    """`finished` holds job.journal, complete, with 90 messages in three mailboxes, and the reports
    that migrate wrote."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.finished = pathlib.Path(cls.enterClassContext(
            tempfile.TemporaryDirectory(prefix="mf-finished-")))

    def setUp(self):
        super().setUp()
        if any(self.finished.iterdir()):
            return
        tree = self.finished / "tree"
        for name, count in (("Inbox", 40), ("Lists/a", 30), ("Old mail", 20)):
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            archives.make(tree / name, count)
        reports = [f"--report-{kind}={self.finished}/report.{kind}"
                   for kind in ("json", "csv", "html")]
        # Slow enough to last some seconds, for the chart over time.
        self.assert_code(self.migrate(self.server, tree, None, *reports,
                                      "--max-messages-per-second=30",
                                      journal=self.finished / "job.journal"), 0)

    def jobs(self):
        """A folder with a complete, a refused, a failed and an unfinished job."""
        jobs = self.folder / "jobs"
        (jobs / "shard").mkdir(parents=True)
        one = self.finished / "job.journal"
        journals.edit(journals.copy(one, jobs / "a.journal"), account="a@one.example:993")
        journals.edit(journals.copy(one, jobs / "b.journal"), account="b@one.example:993",
                      verdict="refused")
        journals.refuse(jobs / "b.journal", 25, "too-big", "too big, <b>")
        journals.edit(journals.copy(one, jobs / "shard" / "c.journal"), verdict="failed",
                      account="c@two.example:993", reason="c@two.example:993: no <such> host")
        journals.edit(journals.copy(one, jobs / "shard" / "d.journal"), verdict="running",
                      account="d@two.example:993")
        return jobs

    def hostile_journal(self):
        """Refused messages with hostile reasons, and hostile names of folder, mailbox and user."""
        path = journals.copy(self.finished / "job.journal", self.folder / "hostile.journal")
        journals.edit(path, verdict="refused", account="<i>eve</i>@imap.example.org:993",
                      reason="</script><script>alert(1)</script>")
        journals.refuse(path, len(HOSTILE), "code", "text")
        with sqlite3.connect(path) as database:
            ids = [row[0] for row in database.execute("SELECT message FROM reason")]
            for name, message in zip(HOSTILE, ids):
                database.execute("UPDATE reason SET code = ?, text = ? WHERE message = ?",
                                 (name, name, message))
            database.execute("UPDATE folder SET path = ? WHERE id = 1", (HOSTILE[6],))
            database.execute("UPDATE mailbox SET name = ? WHERE id = 1", (HOSTILE[7],))
        database.close()
        return path

    def report_of(self, *arguments, code=0):
        outcome = self.run_program("report", *arguments)
        self.assert_code(outcome, code)
        return outcome
