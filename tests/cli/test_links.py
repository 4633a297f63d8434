# SPDX-License-Identifier: Apache-2.0
"""Links that lead out of an archive are listed and not followed."""
import os

from support.program import ProgramTest

MAIL = b"From a@example.org Thu Jan  1 00:00:01 2015\nSubject: x\n\nbody\n"


class LinksTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.archive = self.folder / "customer"
        self.archive.mkdir()
        for path in (self.archive / "Inbox", self.folder / "secret.mbox"):
            path.write_bytes(MAIL)
        os.symlink("../secret.mbox", self.archive / "Work")

    def scan(self, *options):
        outcome = self.run_program("scan", *options, self.archive)
        self.assertEqual(outcome.code, 0, outcome)
        return outcome.out

    def test_it_is_listed(self):
        shown = self.scan()
        self.assertIn("total: 1 message in 1 folder", shown)
        self.assertIn("Work: a link that leads out of the archive: ../secret.mbox", shown)

    def test_it_is_followed_on_request(self):
        shown = self.scan("--follow-links")
        self.assertIn("total: 2 messages in 2 folders", shown)
        self.assertNotIn("not read", shown)

