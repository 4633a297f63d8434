# SPDX-License-Identifier: Apache-2.0
# A dry run of a job that has a journal plans what is left, and changes nothing in the journal.

import hashlib
import subprocess
import unittest

from support import archives, program
from support.dovecot import Dovecot
from support.program import ProgramTest
from support.proxy import Fault, Stall, TlsProxy
from support.schemas import assert_valid

COUNT = 60


class PlanGoesOnTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        self.wanted = archives.make(self.archive, COUNT)
        self.size = sum(one.size for one in self.wanted)

    def serve(self, **how):
        self.server = self.enterContext(Dovecot(**how))

    def fingerprint(self):
        """Of the journal and its log; SQLite's readers keep notes for each other in -shm."""
        journals = [path for path in self.folder.glob("*.journal*") if path.suffix != ".journal-shm"]
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest()
                for path in journals if path.stat().st_size > 0}

    def plan(self, *more, code=0, port=None, **how):
        """What the dry run says of the account; it leaves the journal as it is."""
        before = self.fingerprint()
        outcome = self.migrate(self.server, self.archive, "Mail", "--dry-run", "--report-json",
                               "plan.json", *more, port=port, **how)
        self.assert_code(outcome, code)
        self.assertEqual(self.fingerprint(), before)
        plan = self.report("plan.json")
        assert_valid(plan)
        return plan["accounts"][0], outcome

    def assert_left(self, account, planned, size, stored, stored_size):
        row, = account["mailboxes"]
        self.assertEqual((row["planned"], row["bytes"], account["quota"]["needed"]),
                         (planned, size, size))
        self.assertEqual((row["stored"], row["stored_bytes"]), (stored, stored_size))

    def test_a_complete_job_has_nothing_left_and_needs_no_room(self):
        # Room for the mail once, so that a plan of all of it would say NO GO.
        self.serve(quota=f"*:storage={self.size * 3 // 2 // 1024}K")
        account, _ = self.plan()
        self.assert_left(account, COUNT, self.size, 0, 0)
        self.assert_code(self.migrate(self.server, self.archive, "Mail"), 0)
        account, outcome = self.plan()
        self.assert_left(account, 0, 0, COUNT, self.size)
        self.assertIn(f"{COUNT} stored by this job", outcome.out)
        self.assertIn(f"job.journal is continued: {COUNT} messages ({self.size} bytes) are stored",
                      outcome.out)

    def test_what_an_archive_grew_by_is_what_is_planned(self):
        self.serve(quota=f"*:storage={self.size * 3 // 2 // 1024}K")
        self.assert_code(self.migrate(self.server, self.archive, "Mail"), 0)
        grown = archives.make(self.archive, COUNT + 10)
        account, _ = self.plan()
        self.assert_left(account, 10, sum(one.size for one in grown[COUNT:]), COUNT, self.size)
        self.assert_code(self.migrate(self.server, self.archive, "Mail"), 0)
        self.assertEqual(self.server.count(mailbox="Mail"), COUNT + 10)

    def test_what_is_in_doubt_after_a_kill_is_told(self):
        self.serve()
        killed = self.migrate(self.server, self.archive, "Mail", MBOXFERRY_CRASH_AT="batch-intended")
        self.assertLess(killed.code, 0, str(killed))
        account, outcome = self.plan()
        row, = account["mailboxes"]
        self.assertGreater(row["in_doubt"], 0)
        self.assertEqual(row["planned"] + row["in_doubt"] + row["stored"], COUNT)
        self.assertIn(f"{row['in_doubt']} in doubt", outcome.out)

    def test_what_was_refused_is_told_as_the_run_ends(self):
        self.serve(quota="*:storage=100M", extra="plugin {\n  quota_max_mail_size = 2k\n}\n")
        archives.make(self.archive, COUNT, body_bytes=(100, 3000))
        self.assert_code(self.migrate(self.server, self.archive, "Mail"), 3)
        _, outcome = self.plan(code=1)
        self.assertRegex(outcome.out, r"NO GO: \d+ messages? w\w+ refused in an earlier run and .*"
                                      "the run ends with 3; mboxferry retry ")
        self.assert_code(self.migrate(self.server, self.archive, "Mail"), 3)

    def test_what_strict_finds_is_told(self):
        self.serve()
        self.assert_code(self.migrate(self.server, self.archive, "Mail"), 0)
        self.plan("--strict")
        with self.server.session() as client:
            client.select("Mail")
            client.store("1:2", "+FLAGS", "(\\Deleted)")
            client.expunge()
        self.plan()
        _, outcome = self.plan("--strict", code=1)
        self.assertIn("NO GO: --strict: of what earlier runs stored, 2 missing", outcome.out)
        self.assert_code(self.migrate(self.server, self.archive, "Mail", "--strict"), 1)
        # Of a mailbox that is gone as a whole, all is sent again.
        with self.server.session() as client:
            client.delete("Mail")
        self.plan("--strict")
        self.assert_code(self.migrate(self.server, self.archive, "Mail", "--strict"), 0)

    def test_a_journal_of_another_job_is_no_go_as_the_real_run(self):
        self.serve()
        other = self.folder / "other.mbox"
        archives.make(other, 5, seed=5)
        self.assert_code(self.migrate(self.server, other, "Mail"), 0)
        self.assert_code(self.migrate(self.server, self.archive, "Mail"), 78)
        _, outcome = self.plan(code=1)
        self.assertRegex(outcome.out.splitlines()[-1],
                         "^NO GO: the journal .*job.journal belongs to another job")

    def test_beside_a_job_at_work_it_begins_where_that_is(self):
        self.serve()
        stall = Stall(self.size // 2)
        with TlsProxy(self.server, lambda number: stall if number == 0 else Fault()) as proxy:
            job = subprocess.Popen(
                [program.PROGRAM, *map(str, self.migrate_arguments(
                    self.server, self.archive, "Mail", "--connections=1", port=proxy.port))],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                env=program.environment(self.folder))
            self.assertTrue(stall.stalled.wait(60))
            outcome = self.migrate(self.server, self.archive, "Mail", "--dry-run", "--report-json",
                                   "plan.json", port=proxy.port)
            stall.release()
            job.communicate(timeout=120)
        self.assert_code(outcome, 0)
        self.assertEqual(job.returncode, 0)
        lines = [line for line in outcome.err.splitlines() if "is in use by" in line]
        self.assertEqual(len(lines), 1, str(outcome))
        self.assertIn(f"pid {job.pid} ", lines[0])
        row, = self.report("plan.json")["accounts"][0]["mailboxes"]
        self.assertEqual(row["planned"] + row["in_doubt"] + row["stored"], COUNT)
        self.assertGreater(row["in_doubt"] + row["stored"], 0)


if __name__ == "__main__":
    unittest.main()
