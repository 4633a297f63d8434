# SPDX-License-Identifier: Apache-2.0
"""`scan` over small archives as programs leave them, each compared with what its name says."""
import os
import pathlib
import tarfile
import tempfile
import unittest

from test_corpora import CORPORA, scan

FIELD = CORPORA / "field"


def totals(document):
    return (document["totals"]["messages"],
            sum(len(folder["doubtful"]) for archive in document["archives"]
                for folder in archive["folders"]))


def unread(document):
    return [one for archive in document["archives"] for one in archive["unread"]]


@unittest.skipUnless(FIELD.is_dir(), f"skipped: no corpora in {CORPORA} (set MBOXFERRY_CORPORA)")
class FieldCorpus(unittest.TestCase):
    def read(self, name):
        code, document = scan(FIELD / name)
        self.assertIsNotNone(document, name)
        return code, document

    def test_messages_are_found_or_told(self):
        for name, messages, doubts in (
                ("git-patch-inline-in-body.mbox", 2, 1), ("mmdf-with-from-lines.mmdf", 3, 0),
                ("pzstd-compressed.mbox.zst", 2, 0), ("several-messages.eml", 2, 0),
                ("utf8-bom-before-every-separator.mbox", 3, 0)):
            with self.subTest(name):
                self.assertEqual(totals(self.read(name)[1]), (messages, doubts))

    def test_a_quoted_first_separator_makes_its_message_unread(self):
        document = self.read("first-separator-quoted.mbox")[1]
        self.assertEqual(totals(document)[0], 2)
        self.assertEqual(len(unread(document)), 1)

    def test_a_partial_message_is_unread_in_part(self):
        with tempfile.TemporaryDirectory() as folder:
            with tarfile.open(FIELD / "apple-mail-partial.tar") as packed:
                packed.extractall(folder, filter="data")
            for path in (FIELD / "apple-mail-partial.tar",
                         pathlib.Path(folder) / "apple-mail-partial"):
                document = scan(path)[1]
                self.assertEqual(totals(document)[0], 2)
                self.assertEqual([one["reason"] for one in unread(document)],
                                 ["its attachments are in other files and are not put back"])


if __name__ == "__main__":
    unittest.main()
