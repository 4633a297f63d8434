# SPDX-License-Identifier: Apache-2.0
"""What a command reads is nothing that it writes, whichever options name the two."""
import unittest

from support import archives
from support.program import ProgramTest

OUTPUTS = ("log-file", "report-json", "report-csv", "report-html", "metrics-file")
INPUTS = {"password-file": "secret\n", "token-file": "token\n", "ca-file": "-----BEGIN X-----\n",
          "map-file": "", "senders": "", "allowed": "s1@spam.example\n",
          "config": "connections = 1\n"}


class InputsKeptTest(ProgramTest):
    def setUp(self):
        super().setUp()
        archives.make(self.folder / "M.mbox", 2)
        for name, text in INPUTS.items():
            self.write(name, text)

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o600)
        return path

    def files(self):
        return {path.name: path.read_bytes() for path in self.folder.iterdir() if path.is_file()}

    def test_every_output_against_every_input(self):
        (self.folder / "again").symlink_to("password-file")
        before = self.files()
        server = ("M.mbox", "--to", "imaps://alice@localhost:1")
        for output in OUTPUTS:
            for name in (*INPUTS, "again"):
                option = "password-file" if name == "again" else name
                with self.subTest(output=output, input=name):
                    self.assert_one_line(
                        self.run_program("migrate", *server, f"--{option}", name,
                                         f"--{output}", f"./{option}"),
                        64, f"--{output} names a file that is read for --{option}")
            self.assert_one_line(self.run_program("migrate", *server, f"--{output}", "M.mbox"), 64,
                                 f"--{output} names a file that is read")
        self.assertEqual(self.files(), before)

    def test_other_commands(self):
        before = self.files()
        for command in (("retry", "j"), ("verify", "j"), ("batch", "a.csv"),
                        ("senders", "push")):
            with self.subTest(command=command):
                self.assert_one_line(
                    self.run_program(*command, "--password-file", "password-file", "--log-file",
                                     "password-file"), 64, "names a file that is read")
        self.assertEqual(self.files(), before)

    def test_what_rows_of_a_batch_name(self):
        before = self.files()
        self.write("a.csv", "archive,user,password_file\nM.mbox,alice,password-file\n")
        for output in ("log-file", "report-json"):
            outcome = self.run_program("batch", "a.csv", "--host", "localhost", "--port", "1",
                                       "--state-dir", "states", "--retry-for", "0", f"--{output}",
                                       "password-file")
            self.assertIn(outcome.code, (1, 64, 73), str(outcome))
        self.assertEqual({name: text for name, text in self.files().items() if name in before}, before)

    def test_a_log_is_appended_to_logs_only(self):
        for text in ("my notes\n", "2026-11-30 a diary\n", "secret"):
            path = self.write("notes", text)
            outcome = self.run_program("migrate", "M.mbox", "--to", "imaps://alice@localhost:1",
                                       "--password-file", "password-file", "--log-file", "notes")
            self.assert_one_line(outcome, 73, "no log of mboxferry's")
            self.assertEqual(path.read_text(), text)


if __name__ == "__main__":
    unittest.main()
