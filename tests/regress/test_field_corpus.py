# SPDX-License-Identifier: Apache-2.0
"""`scan` over small archives as programs leave them, each compared with what its name says."""
import json
import os
import pathlib
import subprocess
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
            # The attachment that is there is not as long as the message says.
            for path, reason in (
                    (FIELD / "apple-mail-partial.tar", "unpack the archive"),
                    (pathlib.Path(folder) / "apple-mail-partial",
                     "not all are there as they were in the message: 2")):
                document = scan(path)[1]
                self.assertEqual(totals(document)[0], 2)
                (told,) = unread(document)
                self.assertIn(reason, told["reason"])

    def rows(self, name):
        with tempfile.TemporaryDirectory() as folder:
            with tarfile.open(FIELD / name) as packed:
                packed.extractall(folder, filter="data")
            (inside,) = pathlib.Path(folder).iterdir()
            both = [self.listed(path) for path in (FIELD / name, inside)]
        self.assertEqual(*both)
        return both[0]

    def listed(self, path):
        outcome = subprocess.run([os.environ["MBOXFERRY"], "scan", "--list", path], capture_output=True, text=True)
        self.assertEqual(outcome.returncode, 0, outcome.stderr)
        return [json.loads(line) for line in outcome.stdout.splitlines()]

    def test_flags_behind_every_separator_are_read(self):
        name = "maildir-flag-separators.tar"
        words = {"S": "\\Seen", "F": "\\Flagged", "R": "\\Answered"}
        with tarfile.open(FIELD / name) as packed:
            wanted = sorted(sorted(words[letter] for letter in member.name.rpartition("2,")[2])
                            for member in packed if member.isfile())
        self.assertEqual(sorted(sorted(row["flags"]) for row in self.rows(name)), wanted)

    def test_marks_and_labels_beside_proton_mail_are_read(self):
        rows = self.rows("proton-export.tar")
        self.assertEqual(sorted((row["flags"], row["labels"]) for row in rows),
                         [([], ["Inbox"]), (["\\Seen"], ["Sent"])])

    def test_every_file_is_in_some_test(self):
        here = pathlib.Path(__file__).parent
        texts = [path.read_text() for path in (pathlib.Path(__file__),
                                               here.parent / "cli" / "test_container_tree.py")]
        for path in FIELD.iterdir():
            if path.suffix != ".md":
                self.assertTrue(any(f'"{path.name}"' in text for text in texts), path.name)


if __name__ == "__main__":
    unittest.main()
