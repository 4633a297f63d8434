# SPDX-License-Identifier: Apache-2.0
# Messages that end where a buffer ends: each arrives once, in the first run.

import unittest

from support import archives
from support.dovecot import Dovecot
from support.dovecot_test import WithDovecot
from support.program import REDUCED, ProgramTest

MODES = ("multiappend", "literal-plus", "literal-minus", "synchronizing")
# Powers of two from 4 KiB to 4 MiB.
POWERS = range(12, 23, 5 if REDUCED else 1)
AROUND = range(-4, 3)


class BufferEndsTest(WithDovecot, ProgramTest):
    @classmethod
    def new_server(cls):
        return Dovecot(compress=True)

    def arrives(self, name, sizes, *options):
        """In one run, which finds everything in order, and nothing is there twice after a second."""
        archive = self.folder / f"{name}.mbox"
        wanted = archives.write_sizes(archive, sizes)
        for _ in range(2):
            outcome = self.migrate(self.server, archive, name, *options, journal=f"{name}.journal")
            self.assert_code(outcome, 0)
            found = self.server.fetch_all(mailbox=name)
            self.assertEqual(archives.differences(wanted, found), [], str(outcome))

    def test_alone(self):
        """The end of the command is the first thing that does not fit the buffer."""
        for mode in MODES:
            for kib in (128, 256) if REDUCED else (128, 256, 512, 1024, 4096):
                with self.subTest(mode, kib=kib):
                    self.arrives(f"{mode}-{kib}", [(kib << 10) - 2], "--append-mode", mode)

    def test_around_powers_of_two(self):
        sizes = [(1 << power) + more for power in POWERS for more in AROUND]
        for mode in MODES:
            with self.subTest(mode):
                self.arrives(mode, sizes, "--append-mode", mode)

    def test_compressed(self):
        sizes = [(1 << power) + more for power in POWERS if power < 21 for more in (-2, -1)]
        for mode in MODES:
            with self.subTest(mode):
                self.arrives(mode, sizes, "--append-mode", mode, "--compress", "on")


if __name__ == "__main__":
    unittest.main()
