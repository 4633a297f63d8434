# SPDX-License-Identifier: Apache-2.0
# --help, manual pages and completion: made from one table, and each true.

import re
import shutil
import subprocess
import unittest

from support import archives
from support.fake_imap import FakeImap
from support.program import ROOT, ProgramTest

COMMANDS = ("scan", "migrate", "batch", "verify", "retry", "status", "report", "jobs", "forget",
            "senders", "dns", "dmarc", "auth")
SHELLS = ("bash", "zsh", "fish")


class HelpTest(ProgramTest):
    def text(self, *arguments):
        outcome = self.run_program(*arguments)
        self.assert_code(outcome, 0)
        return outcome.out

    def options(self, command):
        names = set(re.findall(r"^  (?:-\w, )?(--[a-z-]+)", self.text(command, "--help"), re.M))
        self.assertIn("--help", names)
        return names

    def test_help_fits_a_terminal_of_80_columns(self):
        for arguments in ((), *((command,) for command in COMMANDS)):
            for line in self.text(*arguments, "--help").splitlines():
                self.assertLessEqual(len(line), 80, line)
                self.assertEqual(line, line.rstrip(), arguments)

    def test_help_names_a_command_as_well(self):
        for command in COMMANDS:
            self.assertEqual(self.text("help", command), self.text(command, "--help"))
        self.assertEqual(self.text("help"), self.text("--help"))
        self.assertEqual(self.text("-V"), self.text("--version"))

    def test_letters_that_people_try(self):
        self.assertIn("-V, --version", self.text("--help"))
        for command in COMMANDS:
            self.assertEqual(self.text(command, "-V"), self.text("--version"))
        box = self.folder / "a.mbox"
        archives.make(box, 2, seed=1)
        self.assertEqual(self.run_program("scan", "-q", box).err, "")
        with FakeImap() as server:
            outcome = self.migrate(server, box, "INBOX", "-v")
            self.assert_code(outcome, 0)
            self.assertRegex(outcome.err, r"(?m)^mboxferry: \d{4}-\d\d-\d\dT\S+ .*\bSELECT\b")
            self.assertNotIn(server.users["alice"], outcome.err)

    def test_every_option_is_in_the_manual_page_and_completed(self):
        completions = {shell: self.text("help", "completion", shell) for shell in SHELLS}
        for command in COMMANDS:
            page = self.text("help", "man", command).replace(r"\-", "-")
            of_bash = re.search(rf"^ *{command}:-\*.*-W '([^']*)'", completions["bash"], re.M)[1]
            of_zsh = completions["zsh"].split(f"\n  {command})")[1].split(";;")[0]
            for option in self.options(command):
                self.assertRegex(page, rf"\\fB(?:-\w, )?{option}\\fR", command)
                self.assertIn(option, of_bash.split(), command)
                self.assertIn(f"'*{option}[", of_zsh, command)
                self.assertIn(f"from {command}' -l {option[2:]} ", completions["fish"])

    def test_manual_pages_have_every_exit_status(self):
        table = (ROOT / "docs/exit-codes.md").read_text().split("## ")[0]
        documented = re.findall(r"^\| (\d+) \|", table, re.M)
        for page in (self.text("help", "man"), self.text("help", "man", "migrate")):
            section = page.split(".SH EXIT STATUS")[1].split(".SH")[0]
            self.assertEqual(re.findall(r"^\.TP\n(\d+)$", section, re.M), documented)

    def test_manual_pages_are_well_formed(self):
        if not shutil.which("mandoc"):
            self.skipTest("mandoc is absent")
        for topic in ((), *((command,) for command in COMMANDS)):
            page = self.text("help", "man", *topic)
            checked = subprocess.run(["mandoc", "-T", "lint", "-W", "warning"], input=page, text=True,
                                     capture_output=True, check=False)
            self.assertEqual(checked.stdout, "", topic)

    def test_values_that_are_completed_are_accepted(self):
        script = self.text("help", "completion", "bash")
        archive = self.folder / "absent.mbox"
        found = re.findall(r"^ *(--[a-z-]+)\) .*-W '([^']*)'", script, re.M)
        self.assertGreater(len(found), 8)
        for option, values in found:
            for value in values.split():
                arguments = (["batch", self.folder / "absent.csv"] if option == "--order" else
                             ["senders", "check", "--senders", self.folder / "absent.list"]
                             if option == "--precedence" else
                             ["senders", "import", self.folder / "absent.list"]
                             if option in ("--as", "--format") else
                             ["migrate", archive, "--to", "imaps://a@localhost/M"])
                outcome = self.run_program(*arguments, f"{option}={value}")
                self.assertNotEqual(outcome.code, 64, str(outcome))
                self.assertIn("absent.", outcome.err)

    def completed(self, *words):
        """What bash offers for the last of these words."""
        script = self.text("help", "completion", "bash")
        array = " ".join(f"'{word}'" for word in words)
        run = f'COMP_WORDS=({array}); COMP_CWORD={len(words) - 1}; _mboxferry; '
        printed = subprocess.run(["bash", "-c", f'{script}\n{run}printf "%s\\n" "${{COMPREPLY[@]}}"'],
                                 capture_output=True, text=True, cwd=self.folder, check=True,
                                 env={"PATH": "/usr/bin:/bin", "XDG_STATE_HOME": self.folder})
        self.assertEqual(printed.stderr, "")
        return [line for line in printed.stdout.splitlines() if line]

    def test_bash_completes_commands_options_values_and_journals(self):
        archives.make(self.folder / "old.mbox", 1, seed=1)
        (self.folder / "mboxferry").mkdir()
        journal = self.folder / "mboxferry" / "alice@example.org.journal"
        journal.touch()
        self.assertEqual(self.completed("mboxferry", "mi"), ["migrate"])
        self.assertEqual(self.completed("mboxferry", "migrate", "--dr"), ["--dry-run"])
        self.assertEqual(self.completed("mboxferry", "scan", "--dr"), [])
        self.assertEqual(self.completed("mboxferry", "migrate", "--tls", "s"), ["starttls"])
        self.assertEqual(self.completed("mboxferry", "migrate", "--tls", "=", "s"), ["starttls"])
        self.assertEqual(self.completed("mboxferry", "migrate", "ol"), ["old.mbox"])
        self.assertEqual(self.completed("mboxferry", "migrate", "--map-file", "ol"), ["old.mbox"])
        self.assertIn(str(journal), self.completed("mboxferry", "verify", ""))
        for name in ("my old mail.mbox", "my $(touch run) *.mbox"):
            (self.folder / name).touch()
        wanted = ["my $(touch run) *.mbox", "my old mail.mbox"]
        for before in ((), ("--map-file",)):
            self.assertEqual(sorted(self.completed("mboxferry", "migrate", *before, "my")), wanted)
        self.assertFalse((self.folder / "run").exists())

    def test_help_has_no_use_for_more_words(self):
        for arguments in (["help", "man", "migrate", "extra"], ["help", "completion", "bash", "extra"],
                          ["help", "scan", "extra"]):
            self.assert_one_line(self.run_program(*arguments), 64, "extra")

    def test_an_action_of_a_command_has_the_help_of_its_command(self):
        outcome = self.run_program("help", "senders", "push")
        self.assert_code(outcome, 0)
        self.assertEqual(outcome.out, self.run_program("senders", "push", "--help").out)
        self.assertIn("starttls is the default of --tls there", " ".join(outcome.out.split()))
        self.assert_one_line(self.run_program("help", "senders", "pish"), 64, "pish")

    def test_scripts_for_other_shells_are_read_by_them(self):
        for shell, check in (("zsh", ["zsh", "-n"]), ("fish", ["fish", "--no-execute"])):
            with self.subTest(shell):
                if not shutil.which(shell):
                    self.skipTest(f"{shell} is absent")
                script = self.folder / f"script.{shell}"
                script.write_text(self.text("help", "completion", shell))
                read = subprocess.run([*check, script], capture_output=True, text=True, check=False)
                self.assertEqual((read.returncode, read.stderr), (0, ""))

    def test_a_mistyped_name_gets_the_nearest(self):
        for arguments, meant in ((["migrat"], "migrate"), (["scna", "x"], "scan"),
                                 (["help", "verfy"], "verify"),
                                 (["migrate", "x", "--dry-rnu"], "--dry-run"),
                                 (["scan", "x", "--jsn"], "--json"),
                                 (["batch", "x", "--account-per-host=3"], "--accounts-per-host")):
            outcome = self.run_program(*arguments)
            self.assert_code(outcome, 64)
            self.assertIn(f"did you mean {meant}?", outcome.err)
            self.assertEqual(len(outcome.error_lines()), 1, str(outcome))
        for arguments in (["frobnicate"], ["scan", "x", "--zzzz"], ["x" * 5000],
                          ["help", "completion", "tcsh"], ["help", "completion"]):
            outcome = self.run_program(*arguments)
            self.assert_code(outcome, 64)
            self.assertNotIn("did you mean", outcome.err)


if __name__ == "__main__":
    unittest.main()
