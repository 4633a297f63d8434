# SPDX-License-Identifier: Apache-2.0
# A short soak: random jobs under random faults, the same ones in every run.
"""MBOXFERRY_TEST_SOAK_SEED chooses others. tools/soak has as many as one likes."""

import os
import unittest

from soak.run import Options, Soak
from soak.servers import available
from support.program import REDUCED, ProgramTest

SEED = os.environ.get("MBOXFERRY_TEST_SOAK_SEED") or "1"
JOBS = 16 if REDUCED else 110


class SoakTest(ProgramTest):
    def test_random_faults_lose_double_and_alter_nothing(self):
        options = Options(seed=SEED, servers=available(), jobs=JOBS, at_once=20, messages=(20, 80))
        totals = Soak(options, print).run()
        print(f"seed {SEED}, {', '.join(options.servers)}: {totals.line()}")
        again = [options.command(result.number) for result in totals.failed]
        self.assertEqual(again, [], "\n".join(result.failure for result in totals.failed))
        self.assertEqual((totals.jobs, totals.lost, totals.twice, totals.altered, totals.foreign),
                         (JOBS, 0, 0, 0, 0))
        # A soak without faults would prove nothing.
        self.assertGreater(totals.kills, JOBS // 8)
        self.assertGreater(totals.cuts, JOBS // 4)
        self.assertGreater(totals.restarts, 0 if not REDUCED else -1)


if __name__ == "__main__":
    unittest.main()
