# SPDX-License-Identifier: Apache-2.0
# A message with more labels than are used.

import json
import unittest

from support import archives
from support.fake_imap import FakeImap
from support.program import ProgramTest


class ManyLabelsTest(ProgramTest):
    def test_labels_that_are_not_used_are_told(self):
        archive = self.folder / "All mail.mbox"
        with archives.Mbox(archive) as mbox:
            for number, count in enumerate((2, 256, 257, 300)):
                labels = ",".join(f"L{label}" for label in range(count))
                mbox.add(b"X-Gmail-Labels: %s\nSubject: %d\n\nbody\n"
                         % (labels.encode(), number), archives.FIRST_DATE + number)
        with FakeImap() as server:
            outcome = self.migrate(server, archive, None, "--labels=all",
                                   "--report-json=report.json")
            self.assert_code(outcome, 0)
            self.assertEqual(outcome.err.count("more than 256 labels"), 2)
            self.assertEqual(len(server.bodies("L0")), 4)
            self.assertEqual(len(server.bodies("L255")), 3)
        account, = json.loads((self.folder / "report.json").read_text())["accounts"]
        self.assertIn("not all labels are used", " ".join(account["notes"]))
        self.assertIn("2 messages", " ".join(account["notes"]))
        with FakeImap() as server:
            outcome = self.migrate(server, archive, None, "--labels=none", journal="none.journal")
            self.assert_code(outcome, 0)
            self.assertNotIn("256", outcome.err)


if __name__ == "__main__":
    unittest.main()
