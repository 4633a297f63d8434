# SPDX-License-Identifier: Apache-2.0
"""Messages that lie among each other in a container cost little more than those in order."""
import io
import tarfile
import unittest

from support.interleaved import WRITERS
from support.program import ProgramTest

MESSAGES = 4000
FOLDERS = 100
MORE_KIB = 8 << 10


class FaultsTest(ProgramTest):
    def cost(self, archive):
        """Page faults, which a busy machine does not change, and the peak of memory in KiB."""
        told = self.folder / "told"
        outcome = self.run_program("scan", "--progress=none", archive,
                                   under=("/usr/bin/time", "-f", "%R %M", "-o", str(told)))
        self.assert_code(outcome, 0)
        return [int(word) for word in told.read_text().split()[-2:]]


class InterleavedCostTest(FaultsTest):
    def test_messages_among_each_other_take_little_more_memory_and_no_buffer_of_pages_each(self):
        for ending, write in WRITERS.items():
            with self.subTest(ending):
                in_order, among = (self.folder / f"{name}.{ending}" for name in ("order", "among"))
                write(in_order, MESSAGES, FOLDERS, in_order=True)
                write(among, MESSAGES, FOLDERS, in_order=False)
                faults, memory = zip(self.cost(in_order), self.cost(among))
                # A folder's 60 kB are copied by way of a window of 1 MiB, which has 256 pages.
                self.assertLess((faults[1] - faults[0]) / FOLDERS, 100)
                self.assertLess(memory[1], memory[0] + MORE_KIB)


class ManyFoldersTest(FaultsTest):
    def faults(self, folders):
        archive = self.folder / f"{folders}.tar.gz"
        text = b"".join(b"From a@example.org Thu Jan  1 00:00:01 2015\nFrom: a@example.org\n"
                        b"Subject: %d\n\n" % number + b"text\n" * 200 + b"\n"
                        for number in range(1200))
        with tarfile.open(archive, "w:gz", compresslevel=1) as packed:
            for number in range(folders):
                member = tarfile.TarInfo(f"mail/Box{number}")
                member.size = len(text)
                packed.addfile(member, io.BytesIO(text))
        return self.cost(archive)[0]

    def test_the_next_folder_gets_the_memory_of_the_one_before(self):
        # A page for each 4 KiB of its buffers would be 500 and more.
        self.assertLess((self.faults(25) - self.faults(5)) / 20, 150)


if __name__ == "__main__":
    unittest.main()
