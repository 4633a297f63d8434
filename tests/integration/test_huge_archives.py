# SPDX-License-Identifier: Apache-2.0
# Archives and lines of sizes at which numbers overflow and buffers end.
"""MBOXFERRY_TEST_HUGE=1 sends the long lines as well; reading them is always tried."""

import hashlib
import json
import os
import unittest

from support import archives
from support.dovecot import Dovecot
from support.program import REDUCED, ProgramTest

HUGE = bool(os.environ.get("MBOXFERRY_TEST_HUGE"))
MEBIBYTE = 1 << 20
HOLE = (4 << 30) + 12_345
LINE = (2 if REDUCED else 100) * MEBIBYTE


class HugeArchiveTest(ProgramTest):
    def listed(self, path):
        outcome = self.run_program("scan", "--list", "--progress=none", path, timeout=600)
        self.assert_code(outcome, 0)
        return [json.loads(line) for line in outcome.out.splitlines()]

    @unittest.skipIf(REDUCED, "reads four gigabytes")
    def test_messages_behind_four_gibibytes_are_found_where_they_are(self):
        path = self.folder / "sparse.mbox"
        first = b"From: ada@example.com\nSubject: a hole\n\n"
        behind = [b"Subject: behind it\n\nFrom here on\n", b"Subject: last\n\nbody\n"]
        separator = b"From ada@example.com " + archives.asctime(archives.FIRST_DATE) + b"\n"
        wanted = []
        with open(path, "wb") as file:
            file.write(separator + first)
            wanted.append((len(separator), len(first) + HOLE + 1, len(first) + 3 + HOLE + 2))
            file.seek(HOLE, os.SEEK_CUR)
            file.write(b"\n\n")
            for text in behind:
                file.write(separator)
                wanted.append((file.tell(), len(text), len(archives.to_wire(text))))
                file.write(text + b"\n")
        rows = self.listed(path)
        self.assertEqual([(row["offset"], row["length"], row["wire_size"]) for row in rows], wanted)
        self.assertEqual([row["sha256"] for row in rows[1:]],
                         [hashlib.sha256(archives.to_wire(text)).hexdigest() for text in behind])

    def write_long_lines(self, path):
        """A line in a body, one in a header field, and one folded field of many lines."""
        blocks = [b"\nbody\n\n" + b"x" * LINE + b"\n", b"X-Long: " + b"y" * LINE + b"\n\nbody\n",
                  b"X-Folded:" + b"\n z" * (LINE // 3) + b"\n\nbody\n"]
        with archives.Mbox(path, keep_wire=False) as mbox:
            for number, block in enumerate(blocks):
                mbox.add(b"Subject: long %d\nStatus: RO\n" % number + block,
                         archives.FIRST_DATE + number * 90, ("\\Seen",))
        return mbox.messages

    def test_lines_of_a_hundred_megabytes_are_read(self):
        path = self.folder / "long.mbox"
        wanted = self.write_long_lines(path)
        rows = self.listed(path)
        self.assertEqual([(row["sha256"], row["wire_size"], row["flags"]) for row in rows],
                         [(one.sha256, one.size, ["\\Seen"]) for one in wanted])

    @unittest.skipUnless(HUGE, "MBOXFERRY_TEST_HUGE is not set")
    def test_lines_of_a_hundred_megabytes_arrive(self):
        path = self.folder / "long.mbox"
        wanted = self.write_long_lines(path)
        with Dovecot() as server:
            self.assert_code(self.migrate(server, path, "Long", timeout=900), 0)
            found = server.fetch_all(mailbox="Long", chunk=1)
            self.assertEqual(archives.differences(wanted, found), [])


if __name__ == "__main__":
    unittest.main()
