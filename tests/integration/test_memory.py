# SPDX-License-Identifier: Apache-2.0
# Memory does not grow with the archive, the message or the line.
"""Small by default; MBOXFERRY_TEST_HUGE=1 takes the sizes of the promise (2 GB, a message of 1 GB)."""

import os
import random
import subprocess
import unittest

from support import archives, journals
from support.dovecot import Dovecot
from support.program import PROGRAM, ROOT, ProgramTest

HUGE = bool(os.environ.get("MBOXFERRY_TEST_HUGE"))
MIXED = 2 << 30 if HUGE else 150 << 20
SINGLE = 1 << 30 if HUGE else 150 << 20
LIMIT_KIB = 64 << 10


class MemoryTest(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with open(PROGRAM, "rb") as program:
            if b"__asan_init" in program.read():
                raise unittest.SkipTest("sanitizers take memory of their own")
        cls.server = cls.enterClassContext(Dovecot())

    def peak(self, *arguments):
        """KiB that a run took at most; it must end well."""
        outcome, peak = self.measured(*arguments, timeout=1000)
        self.assert_code(outcome, 0)
        return peak

    def check(self, name, path, mailbox, count):
        scan = self.peak("scan", "--progress=none", path)
        migrate = self.peak(*self.migrate_arguments(self.server, path, mailbox,
                                                    journal=mailbox + ".journal"))
        print(f"{name}, {path.stat().st_size >> 20} MiB: scan {scan / 1024:.1f} MiB, "
              f"migrate {migrate / 1024:.1f} MiB")
        self.assertEqual(self.server.count(mailbox=mailbox), count)
        self.assertLess(scan, LIMIT_KIB)
        self.assertLess(migrate, LIMIT_KIB)

    def test_a_long_archive(self):
        path = self.folder / "mixed.mbox"
        done = subprocess.run(["python3", "-B", str(ROOT / "fixtures/generate.py"), "mixed",
                               str(MIXED), str(path)], capture_output=True, text=True, check=True)
        self.check("mixed", path, "Mixed", int(done.stdout.split()[0]))

    def test_reports_of_many_jobs(self):
        archives.make(self.folder / "mail.mbox", 30)
        self.peak(*self.migrate_arguments(self.server, self.folder / "mail.mbox", "Reported"))
        refused = journals.copy(self.folder / "job.journal", self.folder / "refused.journal")
        journals.refuse(refused, 25, "too-big", "Too big" * 100)
        jobs = {}
        for count in (20, 2000):
            jobs[count] = self.folder / f"{count}"
            jobs[count].mkdir()
            journals.multiply([refused], jobs[count], count)
        for form in ("--json", "--csv", "--html"):
            few, many = (self.peak("report", jobs[count], form, self.folder / "report")
                         for count in (20, 2000))
            print(f"report {form}: {few / 1024:.1f} MiB of 20 jobs, {many / 1024:.1f} of 2000")
            self.assertLess(many, few + (2 << 10))

    def test_one_long_message(self):
        path = self.folder / "single.mbox"
        archives.write_huge(path, SINGLE)
        self.check("single", path, "Single", 1)

    def test_one_long_line_and_one_long_header(self):
        path = self.folder / "line.mbox"
        block = random.Random(1).randbytes(1 << 20).replace(b"\n", b" ").replace(b"\r", b" ")
        with open(path, "wb") as file:
            file.write(b"From a@example.com Mon Mar  2 08:15:00 2015\nSubject: long\n\n")
            for _ in range(SINGLE >> 21):
                file.write(block.replace(b"\0", b" "))
            file.write(b"\n\nFrom a@example.com Mon Mar  2 08:16:00 2015\nX-Long: ")
            for _ in range(SINGLE >> 21):
                file.write(b"x" * (1 << 20))
            file.write(b"\nSubject: header\n\nbody\n")
        self.check("line", path, "Line", 2)

    def test_very_many_small_messages(self):
        path = self.folder / "many.mbox"
        count = 400_000 if HUGE else 40_000
        with archives.Mbox(path, keep_wire=False) as mbox:
            for number in range(count):
                mbox.add(b"Subject: %d\nStatus: RO\n\n\n" % number, archives.FIRST_DATE + number)
                mbox.messages.clear()
        self.check("many", path, "Many", count)


if __name__ == "__main__":
    unittest.main()
