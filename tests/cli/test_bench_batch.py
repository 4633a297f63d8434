# SPDX-License-Identifier: Apache-2.0
# The benchmark of batches runs and says what it should; how fast things are is no test.

import re
import subprocess
import sys
import unittest

from support.program import PROGRAM, ROOT, ProgramTest, environment


class BenchBatchTest(ProgramTest):
    def test_each_way_has_a_row(self):
        done = subprocess.run([sys.executable, "-B", "-m", "bench.batch", "--accounts=10",
                               "--messages=3", "--rounds=2", "--rows=200"], capture_output=True,
                              text=True, check=False, timeout=300, cwd=ROOT / "tests",
                              env={**environment(self.folder), "MBOXFERRY": str(PROGRAM)})
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        for name in ("`batch`, 10 accounts", "10 times `migrate`", "`batch` again, all complete",
                     "`batch`, 1 accounts"):
            self.assertRegex(done.stdout, re.escape(f"| {name} |") + r"( [0-9.]+ \|){3} [0-9.-]+ \|")
        self.assertRegex(done.stdout, r"A CSV of 200 rows is checked in [0-9.]+ s")


if __name__ == "__main__":
    unittest.main()
