# SPDX-License-Identifier: Apache-2.0
# The script of `senders sieve` in the real Pigeonhole files new mail as `senders check` says.

import json
import random
import unittest

from support.pigeonhole import Pigeonhole, pigeonhole_root
from support.program import ProgramTest

ACCOUNT = """\
*@spam.example
toto*@y.example
*@*.sub.example
exact@z.example
"a b"@quoted.example
"q\\"b*"@quoted.example
a?c@one.example
*@*word*
[allow]
friend@spam.example
*@good.sub.example
nobody@elsewhere.example
"""
GLOBAL = """\
*@everywhere.example
friend@spam.example
[allow]
boss@everywhere.example
totoboss@y.example
"""

FROM = [
    "x@spam.example", "Friend@SPAM.example", "Name <friend@spam.example>", "totox@y.example",
    "totoboss@y.example", "other@y.example", "x@a.sub.example", "x@good.sub.example",
    "x@sub.example", "exact@z.example", "exactly@z.example", '"a b"@quoted.example',
    '"q\\"b1"@quoted.example', "abc@one.example", "ac@one.example", "x@a-word-b.example",
    "word@x.example", "x@everywhere.example", "boss@everywhere.example",
    '"x@spam.example" <ok@x.example>', "(x@spam.example) ok@x.example",
    "=?utf-8?q?x=40spam=2Eexample?= <ok@x.example>", "ok@x.example, x@spam.example",
    "team: ok@x.example, x@spam.example;", "nobody@elsewhere.example",
]


@unittest.skipUnless(pigeonhole_root(), "skipped: Pigeonhole is not unpacked here; tools/test does it")
class SendersSieveTest(ProgramTest):
    def setUp(self):
        super().setUp()
        (self.folder / "my.list").write_text(ACCOUNT)
        (self.folder / "all.list").write_text(GLOBAL)
        self.lists = ["--senders", "my.list", "--global-senders", "all.list"]
        self.pigeonhole = Pigeonhole(self.folder)

    def script(self, *options, code=0):
        outcome = self.run_program("senders", "sieve", *self.lists, *options)
        self.assert_code(outcome, code)
        path = self.folder / "lists.sieve"
        path.write_text(outcome.out)
        return path, outcome

    def assert_filed_as_checked(self, *options, mail):
        """mail: pairs of a From field and an envelope sender."""
        compiled = self.pigeonhole.compiled(self.script(*options)[0])
        blocked = []
        for number, (field, sender) in enumerate(mail):
            header = f"From: {field}\nTo: me@example.org\nSubject: {number}\n\nbody\n"
            message = self.folder / f"{number}.eml"
            message.write_text(header)
            (self.folder / f"{number}.mbox").write_text(
                f"From x Thu Jan  1 00:00:01 2015\nReturn-Path: <{sender}>\n{header}\n")
            outcome = self.run_program("senders", "check", "--json", *self.lists, *options,
                                       f"{number}.mbox")
            self.assert_code(outcome, 0)
            verdict = json.loads(outcome.out)["results"][0]["verdict"]
            blocked.append(verdict == "block")
            expected = ("Junk", ["$Junk"]) if blocked[-1] else ("INBOX", [])
            self.assertEqual(self.pigeonhole.filed(compiled, message, sender), expected,
                             (field, sender, verdict))
        return blocked

    def test_new_mail_is_filed_as_check_says(self):
        blocked = self.assert_filed_as_checked(mail=[(one, "bounce@neutral.example") for one in FROM])
        self.assertGreater(sum(blocked), 8)
        self.assertGreater(len(blocked) - sum(blocked), 8)

    def test_the_return_path_blocks_and_an_allowed_from_speaks_for_it(self):
        self.assertEqual(self.assert_filed_as_checked(mail=[
            ("ok@x.example", "x@spam.example"), ("ok@x.example", "fine@n.example"),
            ("nobody@elsewhere.example", "x@spam.example"),
            ("boss@everywhere.example", "x@spam.example"),
            ("x@good.sub.example", "x@everywhere.example")]), [True, False, False, True, False])

    def test_block_wins(self):
        self.assertEqual(self.assert_filed_as_checked("--precedence", "block-wins", mail=[
            ("friend@spam.example", "b@n.example"), ("boss@everywhere.example", "b@n.example"),
            ("ok@x.example", "b@n.example")]), [True, True, False])

    def test_only_what_is_used_is_required(self):
        _, plain = self.script("--sieve-extensions", "fileinto", "--junk-mailbox", 'Spam "x"')
        self.assertIn('require ["fileinto"];\n', plain.out)
        self.assertIn('fileinto "Spam \\"x\\"";', plain.out)
        self.assertNotIn("envelope", plain.out)
        self.assertNotIn("elsewhere.example", plain.out)  # meets no block entry
        self.assertIn("Return-Path is not compared", plain.err)
        path, _ = self.script("--sieve-extensions", "fileinto,special-use")
        self.assertIn('fileinto :specialuse "\\\\Junk" "Junk";', path.read_text())
        self.pigeonhole.compiled(path, "-x", "+special-use")

    def test_a_script_that_the_server_would_not_take_is_refused(self):
        _, outcome = self.script("--max-script-size", "500", code=78)
        self.assertRegex(outcome.err, r"the script has \d+ bytes, and the server takes 500")
        self.assertEqual(outcome.out, "")
        self.script("--sieve-extensions", "envelope", code=78)

    def test_entries_that_a_script_cannot_prove_are_told(self):
        (self.folder / "my.list").write_text("*@spam.example\n[allow authenticated]\nx@spam.example\n")
        _, outcome = self.script()
        self.assertIn("1 allow entries were not carried", outcome.err)
        self.assertNotIn("x@spam.example", outcome.out)

    def test_a_long_list_compiles(self):
        lines = [f"u{i}@x{i}.example\n*@d{i}.example\nt*@*.s{i}.example\n" for i in range(3_000)]
        random.Random(1).shuffle(lines)
        (self.folder / "my.list").write_text("".join(lines))
        self.pigeonhole.compiled(self.script()[0])

    def test_what_is_printed_is_imported_again(self):
        path, _ = self.script("--precedence", "block-wins")
        outcome = self.run_program("senders", "import", "--json", path)
        self.assert_code(outcome, 0)
        patterns = {one["pattern"] for one in json.loads(outcome.out)["entries"]}
        self.assertLessEqual({"*@spam.example", "toto*@y.example", "*@*.sub.example",
                              "exact@z.example", "a?c@one.example", "*@everywhere.example"}, patterns)


if __name__ == "__main__":
    unittest.main()
