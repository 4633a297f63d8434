# SPDX-License-Identifier: Apache-2.0
# mboxferry dmarc record: what it prints, its documents and its exit statuses.

import json
import unittest

from support.program import ProgramTest
from support.schemas import assert_valid

GOOD = "v=DMARC1; p=reject; rua=mailto:d@example.com"


class DmarcRecordTest(ProgramTest):
    def record(self, *arguments, code=0):
        outcome = self.run_program("dmarc", "record", *arguments)
        self.assert_code(outcome, code)
        return outcome

    def document(self, *arguments, code=0):
        document = json.loads(self.record(*arguments, "--json", code=code).out)
        assert_valid(document)
        return document

    def answers(self, text):
        file = self.folder / "zone.txt"
        file.write_text(text)
        return file

    def test_a_good_record_is_said_to_be_one(self):
        self.assertEqual(self.record("--text", GOOD).out, "RFC 7489: policy reject\n"
                                                          "RFC 9989: policy reject\n")
        document = self.document("--text", GOOD)
        self.assertEqual(document["record"]["rfc9989"]["policy"], "reject")
        self.assertEqual(document["record"]["remarks"], [])

    def test_a_mistake_is_pointed_at(self):
        outcome = self.record("--text", "v=DMARC1; p=rejct; pct=50", code=1)
        self.assertIn("error at byte 12: p=rejct: not a policy; use none, quarantine or reject\n"
                      "    v=DMARC1; p=rejct; pct=50\n"
                      "                ^\n", outcome.out)
        self.assertIn("(RFC 9989): pct is gone", " ".join(outcome.out.split()))
        self.assertLessEqual(max(map(len, outcome.out.splitlines())), 80)

    def test_what_drives_a_terminal_is_not_printed(self):
        outcome = self.record("--text", "v=DMARC1; p=none\x1b[2J; \u202e=1; rua=\x07", code=1)
        self.assertNotRegex(outcome.out, "[\x00-\x09\x0b-\x1f\u202e]")
        self.document("--text", "v=DMARC1; p=none\x1b[2J; \u202e=1; rua=\x07", code=1)

    def test_the_policy_of_a_domain_by_both_standards(self):
        zone = self.answers("# a comment\nmail.example.com\n"
                            "_dmarc.example.com v=DMARC1; p=reject; np=none; t=y; "
                            "rua=mailto:a@reports.example\n")
        document = self.document("mail.example.com", "--answers", zone, code=1)
        findings = document["findings"]
        self.assertEqual([findings[one]["policy"] for one in ("rfc7489", "rfc9989")],
                         ["reject", "quarantine"])
        self.assertEqual([one["name"] for one in findings["rfc9989"]["queries"]],
                         ["_dmarc.mail.example.com", "_dmarc.example.com", "_dmarc.com"])
        self.assertEqual(document["external"][0]["query"],
                         "example.com._report._dmarc.reports.example")
        self.assertFalse(document["external"][0]["authorized"])
        text = self.record("mail.example.com", "--answers", zone, code=1).out
        self.assertIn("RFC 9989: quarantine", text)
        self.assertLessEqual(max(map(len, text.splitlines())), 80)
        # As the remark advises.
        with open(zone, "a", encoding="ascii") as file:
            file.write("example.com._report._dmarc.reports.example v=DMARC1\n")
        self.document("mail.example.com", "--answers", zone)

    def test_a_domain_without_a_record(self):
        document = self.document("example.com", "--answers", self.answers("example.com\n"), code=1)
        self.assertIsNone(document["record"])
        self.assertEqual(document["findings"]["rfc9989"]["why"], "no record was found")

    def test_what_cannot_be_asked(self):
        zone = self.answers("")
        for arguments, code in (((), 64), (("a..b", "--answers", zone), 64),
                                (("a.example", "b.example"), 64),
                                (("example.com", "--answers", zone, "--resolver", "::1"), 64),
                                (("example.com", "--resolver", "127.0.0.1:1"), 69),
                                (("example.com", "--resolver", "127.0.0.1:x"), 64),
                                (("example.com", "--text", GOOD), 64),
                                (("example.com", "--answers", self.folder / "none"), 78)):
            outcome = self.record(*arguments, code=code)
            self.assertEqual(len(outcome.error_lines()), 1, outcome)
            self.assertEqual(outcome.out, "")

    def test_answers_that_cannot_be_used_are_told(self):
        for line in ('_dmarc.example.com "v=DMARC1; p=none"', "a..b v=DMARC1; p=none",
                     '_dmarc.example.com. 3600 IN TXT "v=DMARC1; p=none"',
                     "_dmarc.example.com TXT v=DMARC1; p=none", "x" * 64 + ".example.com x"):
            outcome = self.record("example.com", "--answers", self.answers("# x\n" + line), code=78)
            self.assert_one_line(outcome, 78, "zone.txt, line 2", "NAME TEXT")


if __name__ == "__main__":
    unittest.main()
