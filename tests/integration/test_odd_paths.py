# SPDX-License-Identifier: Apache-2.0
# Archives whose paths hold control characters.

import json
import unittest

from support import archives
from support.fake_imap import FakeImap, Refusal
from support.program import ProgramTest

REFUSED, OTHER_JOB = 3, 78


class OddPathTest(ProgramTest):
    def test_a_path_with_control_characters(self):
        names = ("two\nlines", "\n", "tab\tbell\a", "a\\nb\n\\")
        for number, name in enumerate(names):
            with self.subTest(name):
                self.check(name, f"{number}.journal")

    def check(self, name, journal):
        folder = self.folder / f"in {name}"
        folder.mkdir()
        archive = folder / f"{name}.mbox"
        wanted = archives.make(archive, 20, seed=5)
        with FakeImap(on_append=lambda head: Refusal("NO", "a virus")
                      if head.size == wanted[7].size else None) as server:
            scan = self.run_program("scan", archive)
            self.assert_code(scan, 0)
            outcome = self.migrate(server, archive, "Mail", journal=journal)
            self.assert_code(outcome, REFUSED)
            resumed = self.migrate(server, archive, "Mail", journal=journal)
            self.assert_code(resumed, REFUSED)
            other = self.folder / "other.mbox"
            archives.make(other, 3)
            self.assert_code(self.migrate(server, other, "Mail", journal=journal), OTHER_JOB)
            login = ["--password-file", server.password_file("alice")]
            verified = self.run_program("verify", self.folder / journal, *login)
            self.assert_code(verified, REFUSED)
            status = self.run_program("status", "--json", self.folder / journal)
            self.assertEqual(json.loads(status.out)["archives"], [str(archive)])
            page = self.folder / "report.html"
            self.assert_code(self.run_program("report", self.folder / journal, "--html", page), 0)
            server.on_append = None
            retried = self.run_program("retry", self.folder / journal, "--progress=none", *login)
            self.assert_code(retried, 0)
            self.assertEqual(len(server.bodies("Mail")), 20)
        for run in self.outcomes:
            self.assertNotIn("\a", run.out + run.err)


if __name__ == "__main__":
    unittest.main()
