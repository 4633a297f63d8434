# SPDX-License-Identifier: Apache-2.0
# Every source into Courier, where it is unpacked.

import unittest

from support.round_trip import classes
from support.server_variants import COURIER_VARIANTS
from test_round_trip_dovecot import SourceTests


@unittest.skipIf(COURIER_VARIANTS, "Courier is here")
class WithoutCourierTest(unittest.TestCase):
    def test_skipped(self):
        self.skipTest("Courier is not unpacked here, or only root could run it; tools/test unpacks it")


globals().update(classes(SourceTests, COURIER_VARIANTS))

if __name__ == "__main__":
    unittest.main()
