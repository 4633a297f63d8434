# SPDX-License-Identifier: Apache-2.0
# The benchmark runs and says what it should; how fast things are is no test.

import re
import subprocess
import sys
import unittest

from support.program import PROGRAM, ROOT, ProgramTest, environment


class BenchTest(ProgramTest):
    def bench(self, *arguments):
        done = subprocess.run([sys.executable, "-B", "-m", "bench.scan", *arguments],
                              capture_output=True, text=True, check=False, timeout=300,
                              cwd=ROOT / "tests",
                              env={**environment(self.folder), "MBOXFERRY": str(PROGRAM)})
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        return done.stdout

    def test_each_program_has_a_row(self):
        table = self.bench("2M", "--rounds", "1")
        for name in ("wc -l", "openssl dgst -sha256", "mboxferry scan --json", "Python mailbox"):
            self.assertRegex(table, re.escape(f"| {name}") + r"[^|]*(\| [0-9.]+ ){6}\|")

    def test_a_growing_archive_has_a_row_for_each_length(self):
        rows = re.findall(r"^\| [0-9.]+ \|", self.bench("--linear", "4M"), re.M)
        self.assertEqual(len(rows), 4)


if __name__ == "__main__":
    unittest.main()
