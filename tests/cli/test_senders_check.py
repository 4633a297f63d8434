# SPDX-License-Identifier: Apache-2.0
# mboxferry senders check: what it prints, letter by letter, its exit statuses, and what it costs.

import json
import unittest

from support.program import ProgramTest
from support.schemas import assert_valid

LIST = """\
spam.example
*@*.x.example
toto*@y.example
b@spam.example

[allow]
friend@spam.example
"""

ARCHIVE = """\
From MAILER-DAEMON Thu Jan  1 00:00:01 2015
From: Toto <toto9@y.example>
Subject: 1

1

From a@z.example Thu Jan  1 00:00:02 2015
From: "friend@spam.example" <c@spam.example>
Subject: 2

2

From a@z.example Thu Jan  1 00:00:03 2015
From: friend@spam.example
Subject: 3

3

From q@spam.example Thu Jan  1 00:00:04 2015
Subject: 4

4

From a@z.example Thu Jan  1 00:00:05 2015
From: other@z.example
Subject: 5

5

"""


class SendersCheckTest(ProgramTest):
    def setUp(self):
        super().setUp()
        (self.folder / "my.list").write_text(LIST)
        (self.folder / "A.mbox").write_text(ARCHIVE)

    def check(self, *arguments, code=0):
        outcome = self.run_program("senders", "check", *arguments)
        self.assert_code(outcome, code)
        return outcome

    def document(self, *arguments, code=0):
        document = json.loads(self.check("--json", *arguments, code=code).out)
        assert_valid(document)
        return document

    def test_addresses(self):
        outcome = self.check("--senders", "my.list", "TOTO1@Y.example", "A <friend@spam.example>",
                             "q@w.example", "@")
        self.assertEqual(outcome.out, """\
TOTO1@Y.example: block by toto*@y.example (my.list line 3, account list)
A <friend@spam.example>: allow by friend@spam.example (my.list line 7,
    account list)
q@w.example: no entry matches
@: is no address

   times  does   entry
       1  block  toto*@y.example (my.list line 3)
       1  allow  friend@spam.example (my.list line 7)

3 entries decided nothing:
  spam.example (my.list line 1, account list)
  *@*.x.example (my.list line 2, account list)
  b@spam.example (my.list line 4, account list)
my.list line 1: 'spam.example' means *@spam.example; subdomains are not
    included (*@*.spam.example has them)
my.list line 4: 'b@spam.example' is covered by 'spam.example' (line 1)
""")

    def test_an_archive(self):
        outcome = self.check("--senders", "my.list", "A.mbox")
        self.assertEqual(outcome.out.split("\n\n")[:2], ["""\
A.mbox: 5 messages, 3 blocked, 1 allowed, 1 neither; 1 have no address in
    their header, so the From_ line was asked""", """\
   times  does   entry
       2  block  spam.example (my.list line 1)
       1  block  toto*@y.example (my.list line 3)
       1  allow  friend@spam.example (my.list line 7)"""])

    def test_the_document(self):
        document = self.document("--senders", "my.list", "A.mbox", "b@spam.example")
        results = document["results"]
        self.assertEqual([(one.get("folder"), one["addresses"], one["verdict"], one["entry"],
                           one["line"], one["list"], one["from_line"]) for one in results], [
            ("A", ["toto9@y.example"], "block", "toto*@y.example", 3, "account", False),
            ("A", ["c@spam.example"], "block", "spam.example", 1, "account", False),
            ("A", ["friend@spam.example"], "allow", "friend@spam.example", 7, "account", False),
            ("A", ["q@spam.example"], "block", "spam.example", 1, "account", True),
            ("A", ["other@z.example"], "none", None, None, None, False),
            (None, ["b@spam.example"], "block", "spam.example", 1, "account", False)])
        self.assertEqual(results[1]["offset"], ARCHIVE.index('From: "friend'))
        self.assertEqual(results[5]["address"], "b@spam.example")
        self.assertEqual([(one["line"], one["matched"], one["covered_by"])
                          for one in document["entries"]],
                         [(1, 3, None), (2, 0, None), (3, 1, None), (4, 0, "spam.example"),
                          (7, 1, None)])
        self.assertEqual([one["line"] for one in document["warnings"]], [1, 4])

    def test_two_files_two_scopes_and_precedence(self):
        (self.folder / "block.list").write_text("*@a.example\n")
        (self.folder / "allow.list").write_text("friend@a.example\n")
        (self.folder / "global.list").write_text("*@b.example\n[allow]\nfriend@b.example\n")
        lists = ("--senders", "block.list", "--allowed", "allow.list",
                 "--global-senders", "global.list")
        asked = ("friend@a.example", "x@a.example", "friend@b.example", "x@b.example")

        def verdicts(*options):
            return [(one["verdict"], one["list"])
                    for one in self.document(*lists, *options, *asked)["results"]]

        self.assertEqual(verdicts(), [("allow", "account"), ("block", "account"),
                                      ("allow", "global"), ("block", "global")])
        self.assertEqual(verdicts("--precedence", "block-wins"),
                         [("block", "account"), ("block", "account"), ("block", "global"),
                          ("block", "global")])

    def test_allow_for_authenticated_senders_only(self):
        results = "Authentication-Results: mx.example; dmarc=pass header.from=spam.example\n"
        message = "From x@x Thu Jan  1 00:00:01 2015\n{}From: friend@spam.example\n\nx\n\n"
        (self.folder / "B.mbox").write_text(message.format(results) + message.format(""))
        (self.folder / "friends").write_text("[allow]\nfriend@spam.example\n")
        document = self.document("--senders", "friends", "--allow-only-authenticated",
                                 "mx.example", "B.mbox", "friend@spam.example")
        self.assertEqual([(one["verdict"], one["lacked_authentication"])
                          for one in document["results"]],
                         [("allow", False), ("none", True), ("none", True)])

    def test_lists_alone(self):
        outcome = self.check("--senders", "my.list")
        self.assertTrue(outcome.out.startswith("5 entries in the lists\nmy.list line 1: "))

    def test_every_mistake_is_told_at_once(self):
        (self.folder / "bad.list").write_text("a@x.example, b@x.example\nok@x.example\n*\n")
        outcome = self.check("--senders", "bad.list", "a@x.example", code=78)
        self.assertEqual(outcome.out, "")
        self.assertEqual(outcome.err, """\
mboxferry: bad.list line 1: 'a@x.example, b@x.example' is more than one entry; write one per line
mboxferry: bad.list line 3: '*' matches more than a public suffix; --allow-wide accepts it
mboxferry: 2 lines of the sender lists cannot be used; fix them and run the command again
""")
        (self.folder / "wide.list").write_text("*\n")
        self.check("--senders", "wide.list", "--allow-wide", "a@x.example")

    def test_exit_statuses(self):
        self.check("--senders", "absent.list", "a@x.example", code=78)
        self.check("--senders", "my.list", "absent.mbox", code=66)
        self.check("a@x.example", code=64)
        self.check("--senders", "my.list", "--precedence", "none", "a@x.example", code=64)
        (self.folder / "no.mbox").write_text("this is no mail\n" * 50)
        self.check("--senders", "my.list", "no.mbox", code=65)
        self.assert_code(self.run_program("senders"), 64)
        outcome = self.run_program("senders", "chek")
        self.assert_code(outcome, 64)
        self.assertIn("did you mean check?", outcome.err)

    def test_nothing_of_a_list_or_of_mail_drives_the_terminal(self):
        (self.folder / "odd.list").write_text("a\u061cb@x.example\n")
        outcome = self.check("--senders", "odd.list", "a\u061cb@x.example")
        self.assertNotIn("\u061c", outcome.out)
        (self.folder / "odd.list").write_text("a\u202eb@x.example\n")
        outcome = self.check("--senders", "odd.list", code=78)
        self.assertIn("the character U+202E", outcome.err)
        self.assertNotIn("\u202e", outcome.err)

    def test_100_000_entries(self):
        lines = []
        for i in range(25_000):
            lines += [f"user{i}@x{i}.example", f"*@d{i}.example", f"*@*.s{i}.example",
                      f"toto*@t{i}.example"]
        (self.folder / "large.list").write_text("\n".join(lines))
        (self.folder / "small.list").write_text("user1@x1.example\n")
        _, little = self.measured("senders", "check", "--senders", "small.list", "A.mbox")
        outcome, much = self.measured("senders", "check", "--senders", "large.list", "A.mbox")
        self.assert_code(outcome, 0)
        self.assertLess(much - little, 64 * 1024)


if __name__ == "__main__":
    unittest.main()
