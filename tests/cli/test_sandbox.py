# SPDX-License-Identifier: Apache-2.0
# What the running program can still do with files; base/test_sandbox.cc has the rights one by one.

import pathlib
import shutil
import socket
import subprocess
import tempfile
import unittest

from support import archives
from support.batch import COLUMNS, BatchTest
from support.fake_imap import FakeImap
from support.fake_infomaniak import TOKEN, FakeInfomaniak
from support.program import PROGRAM, ProgramTest, environment

CANNOT_CREATE = 73


def is_confined(process):
    status = pathlib.Path(f"/proc/{process}/status").read_text()
    return "NoNewPrivs:\t1" in status


def skip_where_nothing_is_seen(test):
    if "Landlock" not in test.run_program("--version").out.splitlines()[1].split(",")[0]:
        test.skipTest("this kernel has no Landlock")
    if is_confined("self"):
        test.skipTest("this process may not gain privileges already, so nothing is to be seen")


class SandboxTest(ProgramTest):
    def setUp(self):
        super().setUp()
        skip_where_nothing_is_seen(self)
        # Folders for temporary files may be written: these tests look at others.
        self.temporary = self.folder / "temporary"
        self.temporary.mkdir()
        # The folder of the journal may be written with all that is in it.
        self.elsewhere = pathlib.Path(tempfile.mkdtemp(prefix="mf-test-"))
        self.addCleanup(shutil.rmtree, self.elsewhere, ignore_errors=True)
        self.archive = self.folder / "mail" / "mail.mbox"
        self.archive.parent.mkdir()
        archives.make(self.archive, 20, seed=17)

    def migrate_while_the_report_is_led_elsewhere(self, *more):
        """A job whose output folder becomes a link to another folder while it runs."""
        out = self.folder / "out"
        out.mkdir()

        def lead_elsewhere(_head):
            if not out.is_symlink():
                out.rename(self.folder / "out-before")
                out.symlink_to(self.elsewhere)

        with FakeImap(on_append=lead_elsewhere) as server:
            outcome = self.migrate(server, self.archive, "Mail", "--report-json",
                                   out / "report.json", *more, TMPDIR=self.temporary)
            self.assertEqual(len(server.bodies("Mail")), 20)
        return outcome, sorted(path.name for path in self.elsewhere.iterdir())

    def test_a_job_writes_nowhere_but_where_it_began_to(self):
        outcome, written = self.migrate_while_the_report_is_led_elsewhere()
        self.assert_code(outcome, CANNOT_CREATE)
        self.assertEqual(written, [])

    def test_without_the_sandbox_it_would(self):
        outcome, written = self.migrate_while_the_report_is_led_elsewhere("--no-sandbox")
        self.assert_code(outcome, 0)
        self.assertEqual(written, ["report.json"])

    def test_scan_is_confined_while_it_reads(self):
        for option, confined in (((), True), (("--no-sandbox",), False)):
            scan = subprocess.Popen([PROGRAM, "scan", "-", *option], stdin=subprocess.PIPE,
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                    env=environment(self.folder), cwd=self.folder)
            self.addCleanup(scan.communicate)
            # A pipe holds 64 KiB: when more has been taken, it is being read.
            scan.stdin.write(b"From a@b Thu Jan  1 00:00:00 2015\nSubject: x\n\n" + b"x\n" * 100_000)
            scan.stdin.flush()
            self.assertEqual(is_confined(scan.pid), confined)

    def test_password_commands_are_not_confined(self):
        told = self.elsewhere
        with FakeImap() as server:
            command = f"date > {told}/ran; cat {server.password_file()}"
            job = ("--password-command", command)
            self.assert_code(self.migrate(server, self.archive, "Mail", *job,
                                          TMPDIR=self.temporary), 0)
            (told / "ran").unlink()
            self.assert_code(self.run_program("verify", "job.journal", *job,
                                              TMPDIR=self.temporary), 0)
            self.assertTrue((told / "ran").exists())

    def test_outputs_may_be_below_dev_shm(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="mf-test-", dir="/dev/shm"))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        with FakeImap() as server:
            outcome = self.migrate(server, self.archive, "Mail", "--report-json", folder / "r.json",
                                   "--metrics-file", folder / "metrics", TMPDIR=self.temporary)
        self.assert_code(outcome, 0)
        self.assertEqual(sorted(path.name for path in folder.iterdir()), ["metrics", "r.json"])

    def test_a_dry_run_and_what_follows_work_with_relative_names(self):
        with FakeImap() as server:
            arguments = ["mail/mail.mbox", "Mail", "--report-html", "plan.html"]
            self.assert_code(self.migrate(server, *arguments, "--dry-run", TMPDIR=self.temporary), 0)
            self.assert_code(self.migrate(server, *arguments, "--log-file", "log",
                                          TMPDIR=self.temporary), 0)
        self.assert_code(self.run_program("status", "job.journal", TMPDIR=self.temporary), 0)
        self.assert_code(self.run_program("report", "job.journal", "--csv", "out.csv", "--json", "-",
                                          TMPDIR=self.temporary), 0)
        self.assert_code(self.run_program("scan", "mail", TMPDIR=self.temporary), 0)


class OtherCommandsTest(ProgramTest):
    """Each is looked at when it has begun to read, or to speak to a server."""

    def setUp(self):
        super().setUp()
        skip_where_nothing_is_seen(self)
        self.list = self.folder / "senders.list"
        self.list.write_text("*@spam.example\n")
        self.token = self.folder / "token"
        self.token.write_text(TOKEN)
        self.token.chmod(0o600)

    def begin(self, *arguments):
        running = subprocess.Popen(
            [PROGRAM, *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=environment(self.folder), cwd=self.folder)
        self.addCleanup(running.communicate)
        self.addCleanup(running.kill)
        return running

    def both_ways(self, look, *arguments):
        for option, confined in (((), True), (("--no-sandbox",), False)):
            with self.subTest(option):
                running = self.begin(*arguments, *option)
                look(running)
                self.assertEqual(is_confined(running.pid), confined)
                running.kill()

    def test_senders_check_while_it_reads(self):
        def feed(running):
            running.stdin.write(b"From a@b Thu Jan  1 00:00:00 2015\nSubject: x\n\n" + b"x\n" * 100_000)
            running.stdin.flush()
        self.both_ways(feed, "senders", "check", "--senders", self.list, "-")

    def test_senders_push_when_it_has_connected(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(60)
            self.both_ways(lambda _: self.addCleanup(server.accept()[0].close), "senders", "push",
                           "--senders", self.list, "--user", "alice", "--password-file", self.token,
                           "--managesieve", f"localhost:{server.getsockname()[1]}")

    def test_senders_push_at_infomaniak_and_what_restores_it(self):
        seen, running = [], []
        with FakeInfomaniak({"alice": ([], ["old@x.example"])}, odd={
                ("GET", "alice", None): lambda *_: seen.append(is_confined(running[-1].pid))}) as service:
            for action in (("push", "--senders", self.list), ("restore",)):
                running.append(self.begin(
                    "senders", *action, "--infomaniak", "--service", "77", "--user", "alice",
                    "--api-address", service.url, "--ca-file", service.ca_file, "--token-file",
                    self.token))
                _, errors = running[-1].communicate(timeout=60)
                self.assertEqual(running[-1].returncode, 0, errors)
            self.assertEqual(service.lists["alice"], [[], ["old@x.example"]])
        self.assertEqual(set(seen), {True})

    def test_auth_login_while_it_waits_for_a_browser(self):
        self.both_ways(lambda running: self.assertIn(b"https://login.example/", running.stderr.readline()),
                       "auth", "login", "alice", "--flow", "code", "--client-id", "c", "--scope", "s",
                       "--token-url", "https://localhost:9/token", "--authorize-url",
                       "https://login.example/authorize")


class BatchSandboxTest(BatchTest):
    def setUp(self):
        super().setUp()
        skip_where_nothing_is_seen(self)

    def confined_at_login(self, columns=COLUMNS, password=None):
        """For each login of a batch with one account, whether the process was confined."""
        running, seen = [], []

        def look(_session, name, _words):
            if name in ("LOGIN", "AUTHENTICATE"):
                seen.append(is_confined(running[0].pid))

        with FakeImap(on_command=look) as server:
            user = next(iter(server.users))
            self.make_archive(user, 3)
            row = {**self.row(server, user), **(password or {})}
            self.write_csv([{name: row[name] for name in columns}], columns)
            running.append(self.batch_in_background())
            _, errors = running[0].communicate(timeout=60)
            self.assertEqual(running[0].returncode, 0, errors)
        return set(seen)

    def test_a_batch_is_confined(self):
        self.assertEqual(self.confined_at_login(), {True})

    def test_a_batch_with_password_commands_is_not(self):
        # Every folder above the file has to be safe, and /tmp is.
        columns = [name for name in COLUMNS if name != "password"] + ["password_command"]
        self.assertEqual(self.confined_at_login(columns, {"password_command": "echo secret"}),
                         {False})


if __name__ == "__main__":
    unittest.main()
