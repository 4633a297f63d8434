# SPDX-License-Identifier: Apache-2.0
# Every source into Cyrus, where it is unpacked.

import unittest

from support.round_trip import classes
from support.server_variants import CYRUS_VARIANTS
from test_round_trip_dovecot import SourceTests


@unittest.skipIf(CYRUS_VARIANTS, "Cyrus is here")
class WithoutCyrusTest(unittest.TestCase):
    def test_skipped(self):
        self.skipTest("Cyrus is not unpacked here; tools/test does it")


globals().update(classes(SourceTests, CYRUS_VARIANTS))

if __name__ == "__main__":
    unittest.main()
