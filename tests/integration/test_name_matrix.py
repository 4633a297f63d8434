# SPDX-License-Identifier: Apache-2.0
# Mailbox names of every kind, crossed with numbers of messages, connections, modes and servers.

import itertools
import unittest

from support import archives
from support.courier import Courier
from support.cyrus import Cyrus
from support.program import REDUCED
from support.round_trip import Source, classes
from support.server_variants import VARIANTS

NAMES = ("Plain", "Übersicht", "A & B", "日本", "Feier \U0001f389", "it's \"so\"", "l" * 120,
         "ü" * 40)
# Courier would make it, and then list nothing to programs without UTF8=ACCEPT.
EMOJI, FOR_COURIER = "Feier \U0001f389", "Feier _"
NOT_FOR_CYRUS = "it's \"so\""
# One message, one batch, and several batches in flight.
COUNTS = (1, 20, 120)
MODES = ("auto", "literal-plus", "literal-minus", "synchronizing")
# The two variants of Dovecot, and of Cyrus, have every account between them.
HALVES = tuple(tuple(f"{mode}-{(1, 4)[(number + half) % 2]}" for number, mode in enumerate(MODES))
               for half in (0, 1))


class NameMatrix:
    accounts = HALVES[0] + HALVES[1]

    def test_every_name_with_every_number_of_messages(self):
        names = [name for name in NAMES
                 if self.variant.kind is not Cyrus or name != NOT_FOR_CYRUS]
        folders = {}
        tree = self.folder / "tree"
        for (number, name), count in itertools.product(enumerate(names), COUNTS):
            path = tree / name / f"of {count}"
            path.parent.mkdir(parents=True, exist_ok=True)
            made = FOR_COURIER if self.variant.kind is Courier and name == EMOJI else name
            folders[made, f"of {count}"] = archives.make(path, count, seed=number * 1000 + count,
                                                         body_bytes=(20, 400), kinds=("plain",))
        # Courier reads synchronizing literals only.
        few = 2 if REDUCED or self.variant.kind is Courier else None
        for account in HALVES[VARIANTS.index(self.variant) % 2][:few]:
            mode, _, connections = account.rpartition("-")
            with self.subTest(account):
                self.round_trip_by_names(
                    Source("matrix", [tree], folders,
                           ("--append-mode", mode, "--connections", connections)), account)


globals().update(classes(NameMatrix, VARIANTS))

if __name__ == "__main__":
    unittest.main()
