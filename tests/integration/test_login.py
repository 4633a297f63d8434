# SPDX-License-Identifier: Apache-2.0
# Passwords of any bytes, from everywhere they may come from, and never in what is written.

import base64
import os
import pathlib
import pty
import select
import shlex
import signal
import subprocess
import time
import unittest
import urllib.parse

from support import archives
from support.dovecot import Dovecot
from support.fake_imap import BASIC, FakeImap
from support.program import PROGRAM, ProgramTest, environment

NASTY = "pa$$w0rd$HOME \"§' \\ end"
BYTES = b" \xff\xfe:%s{5+}\"\\ "  # Dovecot takes no tab


class LoginTest(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.enterClassContext(Dovecot({"alice": NASTY, "bytes@example.com": BYTES}))

    def setUp(self):
        super().setUp()
        self.server.delete_all()
        self.archive = self.folder / "mail.mbox"
        self.wanted = archives.make(self.archive, 4)

    def assert_arrived(self, outcome):
        self.assert_code(outcome, 0)
        self.assertEqual(archives.differences(self.wanted, self.server.fetch_all(mailbox="Mail")),
                         [])
        self.assert_no_secret(NASTY.encode())

    def assert_no_secret(self, secret, user=b"alice"):
        """Neither outputs nor any file of the run hold the password, in any of its clothes."""
        plain = b"\0" + user + b"\0" + secret
        forms = [secret, base64.b64encode(secret), base64.b64encode(plain),
                 urllib.parse.quote_from_bytes(secret).encode(), secret.hex().encode()]
        texts = [(str(outcome.arguments[0]), (outcome.out + outcome.err).encode())
                 for outcome in self.outcomes]
        texts += [(path.name, path.read_bytes()) for path in self.folder.rglob("*")
                  if path.is_file() and not path.name.startswith("password")]
        self.assertGreater(len(texts), 2)
        for name, text in texts:
            for form in forms:
                self.assertNotIn(form, text, name)

    def go(self, *more, server=None, **extra):
        return self.migrate(server or self.server, self.archive, "Mail", "--log-file",
                            self.folder / "trace.log", "--report-json", "report.json", *more,
                            **extra)

    def test_from_a_file(self):
        self.assert_arrived(self.go())
        self.assertTrue((self.folder / "trace.log").stat().st_size)

    def test_from_the_environment(self):
        self.assert_arrived(self.go("--password-env", "MY_SECRET", MY_SECRET=NASTY))

    def test_from_a_command(self):
        path = self.server.password_file(folder=self.folder)
        self.assert_arrived(self.go("--password-command", "cat " + shlex.quote(str(path))))

    def test_a_pipe_that_gives_no_password_can_be_interrupted(self):
        pipe = self.folder / "password-pipe"
        os.mkfifo(pipe)
        for write_end, waits in ((False, "wait_for_partner"), (True, "pipe_read")):
            waiting = subprocess.Popen(
                [PROGRAM, *map(str, self.migrate_arguments(
                    self.server, self.archive, "Mail", "--password-file", pipe))],
                env=environment(self.folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.addCleanup(waiting.kill)
            if write_end:
                opened = os.open(pipe, os.O_WRONLY)
                self.addCleanup(os.close, opened)
            place = pathlib.Path(f"/proc/{waiting.pid}/wchan")
            deadline = time.monotonic() + 20
            while waits not in place.read_text():
                if time.monotonic() > deadline:
                    self.skipTest("the kernel does not say where a process waits")
                time.sleep(0.01)
            waiting.send_signal(signal.SIGINT)
            errors = waiting.communicate(timeout=20)[1]
            self.assertEqual(waiting.returncode, 130, errors)

    def test_from_a_prompt_on_the_terminal(self):
        arguments = [one for one in self.migrate_arguments(self.server, self.archive, "Mail")]
        index = arguments.index("--password-file")
        del arguments[index:index + 2]
        code, shown = self.on_a_terminal(arguments, NASTY.encode() + b"\n")
        self.assertEqual(code, 0, shown)
        self.assertNotIn(NASTY.encode(), shown, "the terminal must not echo it")
        self.assertEqual(archives.differences(self.wanted, self.server.fetch_all(mailbox="Mail")),
                         [])

    def test_the_length_of_a_refused_password_is_for_the_terminal_alone(self):
        wrong = self.folder / "password-wrong"
        wrong.write_text("12345678901234567890123\n")
        wrong.chmod(0o600)
        arguments = self.migrate_arguments(self.server, self.archive, "Mail", "--log-file",
                                           self.folder / "trace.log", "--report-json",
                                           "report.json")
        arguments[arguments.index("--password-file") + 1] = wrong
        code, shown = self.on_a_terminal(arguments, b"")
        self.assertEqual(code, 77, shown)
        self.assertIn(b"the password sent was 23 bytes long", shown)
        outcome = self.run_program(*arguments)
        self.assert_code(outcome, 77)
        texts = [outcome.out + outcome.err]
        texts += [path.read_text(errors="replace") for path in self.folder.rglob("*")
                  if path.is_file() and not path.name.startswith("password")]
        self.assertGreater(len(texts), 2)
        for text in texts:
            self.assertNotRegex(text, r"\b2[34] bytes|\{2[34]\}")

    def on_a_terminal(self, arguments, answer):
        """Runs with a terminal of its own; types `answer` once something has been asked."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.folder)
            os.execve(PROGRAM, [PROGRAM, *map(str, arguments)], environment(self.folder))
        shown, answered, deadline = b"", False, time.monotonic() + 60
        try:
            while time.monotonic() < deadline:
                if select.select([terminal], [], [], 0.2)[0]:
                    try:
                        data = os.read(terminal, 65536)
                    except OSError:
                        break
                    if not data:
                        break
                    shown += data
                if b"assword" in shown and not answered:
                    time.sleep(0.1)
                    os.write(terminal, answer)
                    answered = True
            else:
                os.kill(pid, 9)
        finally:
            status = os.waitpid(pid, 0)[1]
            os.close(terminal)
        return os.waitstatus_to_exitcode(status), shown

    def test_any_bytes(self):
        with Dovecot({"bytes@example.com": BYTES}) as server:
            outcome = self.migrate(server, self.archive, "Mail", "--log-file",
                                   self.folder / "trace.log")
            self.assert_code(outcome, 0)
            self.assertEqual(server.count(mailbox="Mail"), 4)
            self.assert_no_secret(BYTES, b"bytes@example.com")

    def test_login_with_literals_where_there_is_no_sasl(self):
        secret = BYTES + b"\t\x01\x7f"
        with FakeImap({"alice": secret}, capabilities=BASIC.replace("AUTH=PLAIN", "")) as server:
            self.assert_code(self.migrate(server, self.archive, "Mail"), 0)
            self.assertEqual(server.logins, [("alice", secret)])
            self.assert_no_secret(secret)

    def test_a_server_that_says_the_password_before_it_is_told(self):
        secret = NASTY.encode()
        words = b" ".join((secret, base64.b64encode(secret), secret.hex().encode(),
                           urllib.parse.quote(NASTY).encode(),
                           base64.b64encode(b"\0alice\0" + secret)))
        for greeting, code in ((b"* OK hello ", 0), (b"* BYE hello ", 69)):
            with self.subTest(greeting), FakeImap({"alice": NASTY},
                                                  greeting=greeting + words + b"\r\n") as server:
                outcome = self.go("--retry-for", "1s", server=server, journal=f"{code}.journal")
                self.assertIn("***", (self.folder / "trace.log").read_text())
                self.assert_code(outcome, code)
                self.assert_no_secret(NASTY.encode())

    def test_plain_without_an_initial_response(self):
        with FakeImap({"alice": NASTY}, capabilities="IMAP4rev1 AUTH=PLAIN NAMESPACE") as server:
            self.assert_code(self.migrate(server, self.archive, "Mail"), 0)
            self.assertEqual(server.logins, [("alice", NASTY.encode())])


class WrongPasswordTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        archives.make(self.archive, 2)
        self.wrong = self.folder / "password"
        self.wrong.write_text("wrong-horse-battery\n")
        self.wrong.chmod(0o600)

    def test_it_is_tried_once(self):
        with FakeImap() as server:
            outcome = self.migrate(server, self.archive, "Mail", "--password-file", self.wrong)
            self.assert_one_line(outcome, 77, "alice")
            self.assertEqual(server.logins, [("alice", b"wrong-horse-battery")])
            self.assertNotIn("wrong-horse", outcome.err + outcome.out)
            self.assertEqual(len(server.received), 1)

    def test_it_is_tried_once_on_dovecot(self):
        with Dovecot({"alice": NASTY}, failure_delay="1 secs") as server:
            outcome = self.migrate(server, self.archive, "Mail", "--password-file", self.wrong)
            self.assert_one_line(outcome, 77, "alice")
            server.stop()
            self.assertEqual(server.log_text().count("auth failed, 1 attempts"), 1)
            self.assertNotIn("attempts 2", server.log_text())

    def test_a_password_file_that_others_can_read_is_told_with_the_chmod_to_run(self):
        self.wrong.chmod(0o644)
        with FakeImap() as server:
            outcome = self.migrate(server, self.archive, "Mail", "--password-file", self.wrong)
            self.assertIn(f"chmod 600 {self.wrong}", outcome.err)
            self.assertNotIn("wrong-horse", outcome.err)

    def test_a_password_command_that_fails(self):
        with FakeImap() as server:
            outcome = self.migrate(server, self.archive, "Mail", "--password-command", "exit 9")
            self.assertIn(outcome.code, (77, 78), str(outcome))
            self.assertEqual(len(outcome.error_lines()), 1, str(outcome))
            self.assertEqual(server.logins, [])


if __name__ == "__main__":
    unittest.main()
