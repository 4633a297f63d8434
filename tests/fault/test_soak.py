# SPDX-License-Identifier: Apache-2.0
# A short soak: names, sizes, modes, connections, servers, kills and cuts crossed at random.

import contextlib
import io
import unittest

from soak.__main__ import main
from support.program import PROGRAM, REDUCED

JOBS = 8 if REDUCED else 60


@unittest.skipUnless(PROGRAM, "MBOXFERRY does not name the program")
class SoakTest(unittest.TestCase):
    def test_a_short_soak_loses_and_doubles_nothing(self):
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            code = main(["--jobs", str(JOBS), "--seed", "short", "--messages", "10-150",
                         "--at-once", "6"])
        self.assertEqual(code, 0, said.getvalue())
        self.assertIn(f"{JOBS} jobs", said.getvalue())


if __name__ == "__main__":
    unittest.main()
