# SPDX-License-Identifier: Apache-2.0
# Servers that take no NUL: said once of a message, it is believed, and the rest arrives.

import unittest

from support import archives
from support.fake_imap import BASIC, FakeImap, Refusal
from support.program import ProgramTest

CULPRITS = 5
OTHERS = 20
CAPABILITIES = BASIC + " UIDPLUS LITERAL+"


class NulRefusedTest(ProgramTest):
    def check(self, kind, text):
        archive = self.folder / "mail.mbox"
        with archives.Mbox(archive) as mbox:
            for number in range(OTHERS):
                mbox.add(b"Subject: %d\n\nbody %d\n" % (number, number),
                         archives.FIRST_DATE + number)
                if number < CULPRITS:
                    mbox.add(b"Subject: nul\n\n" + b"a\0b\n" * (200 + number),
                             archives.FIRST_DATE + number)
        sizes = {one.size for one in mbox.messages if b"\0" in one.wire}
        self.assertEqual(len(sizes), CULPRITS)
        asked = []

        def refuse(head):
            if head.size not in sizes:
                return None
            asked.append(head.size)
            return Refusal(kind, text)
        with FakeImap(capabilities=CAPABILITIES, on_append=refuse) as server:
            outcome = self.migrate(server, archive, "Box", "--connections", "1", "--report-json",
                                   "report.json", journal=f"{kind}{len(text)}.journal")
            self.assert_code(outcome, 3)
            self.assertEqual(len(server.bodies("Box")), OTHERS)
            listed = self.report()["accounts"][0]["refused"]
            self.assertEqual([one["text"] for one in listed], [text] * CULPRITS)
        return asked, len(server.logins)

    def test_no_is_believed_at_once_and_of_all_others_with_a_nul(self):
        for text in ("NUL characters are not allowed", "Message contains null bytes"):
            with self.subTest(text):
                asked, logins = self.check("NO", text)
                # Those that were sent before the first answer came get one of their own.
                self.assertLessEqual(len(asked), CULPRITS, asked)
                self.assertEqual(logins, 1)

    def test_bad_to_one_is_enough_for_all_with_a_nul(self):
        asked, logins = self.check("BAD", "NUL byte in literal")
        # As above; and none is asked about twice, at the cost of a connection.
        self.assertLessEqual(len(asked), CULPRITS, asked)
        self.assertLessEqual(logins, 3)


if __name__ == "__main__":
    unittest.main()
