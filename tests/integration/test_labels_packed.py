# SPDX-License-Identifier: Apache-2.0
# A packed archive that labels send into many mailboxes is unpacked once, not once for each.

import gzip
import unittest

from support.dovecot_test import WithDovecot
from support.program import ProgramTest

LABELS = 40
LARGE = 120_000_000  # more than a reader keeps by itself


def mail(number, label, body):
    return (f"From {number}@xxx Tue May 06 10:20:31 +0000 2014\n"
            f"X-Gmail-Labels: {label}\nFrom: a@example.org\nSubject: {number}\n"
            f"Message-ID: <{number}@example.org>\n\n").encode() + body + b"\n\n"


class PackedLabelsTest(WithDovecot, ProgramTest):
    def seconds(self, archive, *more, journal):
        """CPU time of a run in which one large message is left out."""
        told = self.folder / "seconds"
        outcome = self.run_program(
            *self.migrate_arguments(self.server, archive, None, "--max-message-size=1000000",
                                    *more, journal=journal),
            under=("/usr/bin/time", "-f", "%U", "-o", str(told)))
        self.assert_code(outcome, 3)  # it is refused
        return float(told.read_text().split()[-1])

    def test_one_unpacking_for_all_mailboxes(self):
        archive = self.folder / "All mail.mbox.gz"
        line = b"x" * 79 + b"\n"
        with gzip.open(archive, "wb", 1) as file:
            # Each label has a message before the large one and another behind it.
            for number in range(2 * LABELS):
                if number == LABELS:
                    file.write(mail("large", "Large", line * (LARGE // len(line))))
                file.write(mail(number, f"Label {number % LABELS}", b"text"))
        without = self.seconds(archive, "--labels=none", journal="none.journal")
        self.server.delete_all()
        by_labels = self.seconds(archive, journal="labels.journal")
        names = {name for name in self.server.mailboxes() if "Label" in str(name)}
        self.assertEqual(len(names), LABELS)
        self.assertLess(by_labels, 2 * without + 0.3)


if __name__ == "__main__":
    unittest.main()
