# SPDX-License-Identifier: Apache-2.0
# What the process does with the memory that holds passwords, and with signals of the system.

import os
import pathlib
import signal
import subprocess
import time
import unittest

from support import archives
from support.fake_imap import FakeImap
from support.program import PROGRAM, ProgramTest, environment

OTHER = 61002
READ_OR_WRITE = 74


class ProcessTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        archives.make(self.archive, 40, seed=17)

    def test_a_limit_of_the_file_size_is_an_error(self):
        with FakeImap() as server:
            self.assert_code(self.migrate(server, self.archive, "Mail"), 0)
            limited = ("prlimit", "--fsize=1000")
            outcome = self.run_program("report", self.folder / "job.journal", "--csv", "out.csv",
                                       under=limited)
            self.assert_one_line(outcome, READ_OR_WRITE, "file too large")
            outcome = self.migrate(server, self.archive, "Mail", journal="new.journal",
                                   under=limited)
            self.assertIn(outcome.code, (73, READ_OR_WRITE), str(outcome))

    def test_a_password_command_is_ended_by_the_signals_that_are_ignored_here(self):
        with FakeImap() as server:
            told = self.folder / "ignored"
            arguments = self.migrate_arguments(server, self.archive, "Mail")
            place = arguments.index("--password-file")
            arguments[place:place + 2] = [
                "--password-command",
                f"grep SigIgn /proc/self/status > {told}; cat {arguments[place + 1]}"]
            self.assert_code(self.run_program(*arguments), 0)
        ignored = int(told.read_text().split()[1], 16)
        for number in (signal.SIGPIPE, signal.SIGXFSZ):
            self.assertFalse(ignored >> (number - 1) & 1, f"{number.name} is ignored")

    def test_other_processes_of_the_user_do_not_read_its_memory(self):
        if os.geteuid() != 0:
            self.skipTest("only root can start a process of another user")
        if os.stat(PROGRAM).st_mode & 0o005 != 0o005:
            self.skipTest("another user cannot run the program")
        self.folder.chmod(0o755)
        home = self.folder / "home"
        home.mkdir()
        os.chown(home, OTHER, OTHER)
        waiting = subprocess.Popen(
            [PROGRAM, "migrate", self.archive, "--to", "imaps://a@localhost:1/M",
             "--password-command", "cat"], stdin=subprocess.PIPE, stderr=subprocess.PIPE,
            user=OTHER, group=OTHER, extra_groups=[], env=environment(home), cwd=home)
        self.addCleanup(waiting.communicate)
        self.addCleanup(waiting.kill)
        memory = pathlib.Path(f"/proc/{waiting.pid}/mem")
        deadline = time.monotonic() + 20
        # The kernel gives what is not dumpable to root.
        while memory.stat().st_uid != 0 or self.is_another_program(waiting.pid):
            self.assertIsNone(waiting.poll(), "it has ended")
            self.assertLess(time.monotonic(), deadline, "another process can read its memory")
            time.sleep(0.01)

    @staticmethod
    def is_another_program(pid):
        """Before exec() it is Python, which is root's."""
        return os.path.basename(os.readlink(f"/proc/{pid}/exe")) != os.path.basename(PROGRAM)


if __name__ == "__main__":
    unittest.main()
