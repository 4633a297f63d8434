# SPDX-License-Identifier: Apache-2.0
# Looking at a job changes nothing, whether it runs, was killed or has ended.

import hashlib
import json
import os
import shutil
import subprocess
import time
import unittest

from support import archives, program
from support.dovecot_test import WithDovecot
from support.program import ProgramTest
from support.proxy import Fault, Stall, TlsProxy

NOBODY = 65534


class StatusTest(WithDovecot, ProgramTest):
    """`status` runs as somebody who may write neither the journal nor its folder."""

    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        self.wanted = archives.make(self.archive, 300)
        self.jobs = self.folder / "jobs"
        self.jobs.mkdir()
        self.addCleanup(self.jobs.chmod, 0o755)
        # Where the program is may be closed to others.
        self.program = self.folder / "mboxferry"
        shutil.copy(program.PROGRAM, self.program)
        self.folder.chmod(0o755)

    def snapshot(self):
        return {path.name: (path.stat().st_mtime_ns, hashlib.sha256(path.read_bytes()).digest())
                for path in self.jobs.iterdir()}

    def wait_until_still(self):
        """Until a job that can go no further has written what it had to write."""
        deadline = time.monotonic() + 30
        before, now = None, self.snapshot()
        while now != before:
            self.assertLess(time.monotonic(), deadline, "the job goes on writing")
            time.sleep(0.5)
            before, now = now, self.snapshot()

    def status(self, *more):
        """Read by another user where there is one, with nothing that may be written."""
        for path in self.jobs.iterdir():
            path.chmod(0o444)
        self.jobs.chmod(0o555)
        other = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        before = self.snapshot()
        done = subprocess.run([self.program, "status", "--any-owner", self.jobs / "a%job?.journal",
                               *more],
                              capture_output=True, check=False, cwd="/", timeout=60,
                              env=program.environment(self.folder), **other)
        self.assertEqual(self.snapshot(), before)
        self.jobs.chmod(0o755)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return done.stdout.decode()

    def counts(self):
        row, = json.loads(self.status("--json"))["mailboxes"]
        return {name: row[name] for name in ("planned", "stored", "in_doubt", "to_send")}

    def test_beside_a_running_job_after_it_was_killed_and_after_its_end(self):
        stall = Stall(sum(one.size for one in self.wanted) // 2)
        with TlsProxy(self.server, lambda number: stall if number == 0 else Fault()) as proxy:
            arguments = self.migrate_arguments(self.server, self.archive, "Mail", port=proxy.port,
                                               journal="jobs/a%job?.journal")
            process = subprocess.Popen([program.PROGRAM, *map(str, arguments)],
                                       stderr=subprocess.DEVNULL,
                                       env=program.environment(self.folder))
            try:
                self.assertTrue(stall.stalled.wait(30))
                self.wait_until_still()
                running = self.counts()
                self.assertEqual(running["planned"], 300)
                self.assertGreater(running["in_doubt"], 0)
                self.assertIn("not finished, running: ", self.status())
                # And the job is not disturbed.
                self.assertIsNone(process.poll())
            finally:
                process.kill()
                process.wait()
            killed = self.counts()
            self.assertEqual(killed["planned"], 300)
            self.assertGreater(killed["in_doubt"], 0)
            stall.release()
            for path in self.jobs.iterdir():
                path.chmod(0o600)
            self.assert_code(self.run_program(*arguments), 0)
            for name in ("a%job?.journal-wal", "a%job?.journal-shm"):
                (self.jobs / name).unlink(missing_ok=True)
            self.assertEqual(self.counts(),
                             {"planned": 300, "stored": 300, "in_doubt": 0, "to_send": 0})
            self.assertTrue(self.status().startswith("complete"))


if __name__ == "__main__":
    unittest.main()
