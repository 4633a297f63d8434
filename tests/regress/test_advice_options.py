# SPDX-License-Identifier: Apache-2.0
"""What an error advises can be done with the command that says it: the modules that `batch` uses
name no option that it does not have, unless the way of a batch stands beside it."""
import re
import unittest

from support.program import ROOT, ProgramTest

# `auth` serves the command of that name, too.
MODULES = ("base", "archive", "mbox", "message", "plan", "auth", "imap", "journal", "transfer", "job")
COMMENT = re.compile(r"^\s*//.*$", re.MULTILINE)
LITERAL = re.compile(r'"(?:[^"\\\n]|\\.)*"')
TEXT = re.compile(rf"{LITERAL.pattern}(?:\s*{LITERAL.pattern})*")
OPTION = re.compile(r"--[a-z][a-z0-9-]+")

# For `--journal`: where a batch keeps its journals.
BESIDE = re.compile(r"--journal (?:\(a batch: --state-dir\)|or --state-dir)")
# Texts of commands that are named beside the option, or that a batch does not come to.
OTHERS = {
    ("transfer/job_end.cc", "--remove-copies"): "mboxferry verify",
    ("transfer/unread.cc", "--left-out"): "scan --left-out",
    ("transfer/mailboxes.cc", "--to"): "--map",
}
FOREIGN = re.compile(r"with (?:gpg|age|zip) [^,;]*")


def texts_of(path):
    for found in TEXT.finditer(COMMENT.sub("", path.read_text())):
        yield "".join(one[1:-1] for one in LITERAL.findall(found[0]))


class AdviceOptionsTest(ProgramTest):
    def options_of(self, command):
        outcome = self.run_program(command, "--help")
        self.assert_code(outcome, 0)
        return set(OPTION.findall(outcome.out))

    def test_every_advice_names_an_option_of_a_batch(self):
        known = self.options_of("batch")
        self.assertIn("--state-dir", known)
        wrong, seen = [], 0
        of_module = {"auth": self.options_of("auth")}
        for module in MODULES:
            for path in sorted((ROOT / "src" / module).rglob("*.[ch]*")):
                name = f"{module}/{path.name}"
                for text in texts_of(path):
                    for option in set(OPTION.findall(FOREIGN.sub("", text))) - known \
                            - of_module.get(module, set()):
                        seen += 1
                        beside = len(BESIDE.findall(text)) == text.count(option)
                        other = OTHERS.get((name, option))
                        if not (option == "--journal" and beside) and not (other and other in text) \
                                and text != option:
                            wrong.append(f"{name}: {text}")
        self.assertEqual(wrong, [])
        self.assertGreater(seen, 10)


if __name__ == "__main__":
    unittest.main()
