# SPDX-License-Identifier: Apache-2.0
# Everything that can be wrong before mail moves: one clear line, the documented code, nothing sent.

import gzip
import json
import os
import signal
import sqlite3
import struct
import subprocess
import time
import unittest
import zlib

from support import archives
from support.fake_imap import FakeImap, Session
from support.program import FIXTURES, PROGRAM, ProgramTest, environment


def png_bytes():
    """A PNG of one pixel."""
    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data +
                struct.pack(">I", zlib.crc32(kind + data)))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b""))


class BadInputTest(ProgramTest):
    """The server is a fake that remembers every command, so that "nothing sent" can be seen."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.enterClassContext(FakeImap())

    def setUp(self):
        super().setUp()
        self.server.ran.clear()
        self.server.mailboxes = {"INBOX": type(self.server.mailboxes["INBOX"])()}

    def file(self, name, content):
        path = self.folder / name
        path.write_bytes(content)
        return path

    def go(self, archive, *more, **extra):
        return self.migrate(self.server, archive, "Mail", *more, **extra)

    def assert_nothing_stored(self):
        for line in self.server.ran:
            name = line.upper().split(b" ")[1:2]
            self.assertNotIn(name, ([b"APPEND"], [b"CREATE"], [b"SUBSCRIBE"]), self.server.ran)

    def test_an_empty_value_is_none(self):
        mail = FIXTURES / "demo.mbox"
        for more in (("--metrics-file", ""), ("--subfolder", ""), ("--include", "")):
            self.assert_one_line(self.go(mail, *more), 64, f"'{more[0]}' has an empty value")
        self.assert_one_line(self.go(mail, MBOXFERRY_METRICS_FILE=""), 64, "in the environment",
                             "'--metrics-file' has an empty value")
        config = self.file("job.ini", b"subfolder =\n")
        config.chmod(0o600)
        self.assert_one_line(self.go(mail, "--config", config), 64, "in " + str(config),
                             "'--subfolder' has an empty value")
        for command in (["forget", "--finished", "--older-than", "", "--yes", self.folder],
                        ["batch", "accounts.csv", "--only", ""]):
            self.assert_one_line(self.run_program(*command), 64, "has an empty value")
        for command in (["verify", ""], ["status", ""], ["scan", ""]):
            self.assert_one_line(self.run_program(*command), 64, "an argument is empty")
        self.assert_nothing_stored()

    def test_what_is_wrong_in_a_job_file_is_told_with_its_line(self):
        mail = FIXTURES / "demo.mbox"
        for text, line, words in (
                (b"# a comment\n\nsubfolder = x\nno-such = 1\n", 4, "no option 'no-such'"),
                (b"subfolder = x\nport = many\n", 2, "cannot have"),
                (b"subfolder = x\nsubfolder = y\n", 2, "subfolder"),
                (b"subfolder = x\njust words\n", 2, "is not NAME = VALUE")):
            config = self.file("job.ini", text)
            config.chmod(0o600)
            self.assert_one_line(self.go(mail, "--config", config), 64, f"line {line}", words)
        config = self.file("job.ini", b"#" * (2 << 20))
        config.chmod(0o600)
        self.assert_one_line(self.go(mail, "--config", config), 78, "longer than 1 MiB")
        self.assert_nothing_stored()

    def test_a_job_file_may_be_a_pipe(self):
        inside, outside = os.pipe()
        os.write(outside, b"dry-run = true\nno-such = 1\n")
        os.close(outside)
        outcome = self.go(FIXTURES / "demo.mbox", "--config", "/dev/stdin", stdin=inside)
        os.close(inside)
        self.assert_one_line(outcome, 64, "/dev/stdin, line 2", "'no-such'")

    def test_a_working_folder_that_is_gone_is_told(self):
        gone = self.folder / "gone"
        gone.mkdir()
        done = subprocess.run(
            ["sh", "-c", 'rmdir "$PWD"; exec "$0" "$@"', PROGRAM,
             *map(str, self.migrate_arguments(self.server, FIXTURES / "demo.mbox", "Old",
                                              "--report-json", "report.json"))],
            cwd=gone, capture_output=True, text=True, check=False, env=environment(self.folder))
        self.assertEqual((done.returncode, len(done.stderr.splitlines())), (74, 1), done.stderr)
        self.assertIn("cannot find out the working folder", done.stderr)

    def test_a_dash_is_no_file_name_where_a_stream_cannot_be_used(self):
        mail = FIXTURES / "demo.mbox"
        for option in ("log-file", "metrics-file", "map-file"):
            self.assert_one_line(self.go(mail, f"--{option}", "-"), 64, f"'--{option}' cannot be")
        listed = self.file("a.list", b"a@b.example\n")
        for option in ("senders", "allowed", "global-senders", "global-allowed"):
            self.assert_one_line(self.run_program("senders", "check", f"--{option}", "-"), 64,
                                 f"'--{option}' cannot be")
        self.assert_one_line(self.run_program("senders", "import", listed, "--output", "-"), 64,
                             "'--output' cannot be standard input or output")
        self.assertFalse((self.folder / "-").exists())
        self.assert_nothing_stored()

    def refused(self, archive, code, *words, **extra):
        """By scan and by migrate."""
        scanned = self.run_program("scan", "--progress=none", archive)
        self.assertEqual(scanned.code, code, str(scanned))
        self.assertEqual(len(scanned.error_lines()), 1, str(scanned))
        self.assert_one_line(self.go(archive, **extra), code, *words)
        self.assert_nothing_stored()


class ArchiveTest(BadInputTest):
    def test_no_such_file(self):
        self.refused(self.folder / "absent.mbox", 66, "absent.mbox")

    def test_a_directory_that_is_no_archive(self):
        folder = self.folder / "pictures"
        folder.mkdir()
        (folder / "a.png").write_bytes(png_bytes())
        self.refused(folder, 65, "pictures")

    def test_an_empty_directory(self):
        folder = self.folder / "nothing"
        folder.mkdir()
        self.refused(folder, 65, "nothing")

    def test_a_damaged_folder_of_a_tree_is_a_part_that_is_not_read(self):
        tree = self.folder / "tree"
        tree.mkdir()
        wanted = archives.make(tree / "Good", 3, seed=1)
        archives.make(self.folder / "other.mbox", 3, seed=2)
        packed = gzip.compress((self.folder / "other.mbox").read_bytes())
        for size in (10, len(packed) - 9):
            (tree / "Bad.gz").write_bytes(packed[:size])
            scanned = self.run_program("scan", "--progress=none", "--json", tree)
            self.assert_code(scanned, 3)
            self.assertIn("Bad.gz is damaged", scanned.err)
            planned = self.migrate(self.server, tree, None, "--allow-copies", "--dry-run",
                                   journal=f"{size}.journal")
            self.assert_code(planned, 1)
            moved = self.migrate(self.server, tree, None, "--allow-copies",
                                 journal=f"{size}.journal")
            self.assert_code(moved, 3)
            folders = json.loads(scanned.out)["archives"][0]["folders"]
            self.assertIn(len(wanted), [one["messages"] for one in folders])

    def test_a_picture(self):
        self.refused(self.file("photo.mbox", png_bytes()), 65, "photo.mbox")

    def test_a_text_that_is_no_mail(self):
        self.refused(self.file("notes.txt", b"From time to time\nI write notes.\n" * 50), 65, "notes")

    def test_an_empty_file_is_an_archive_of_no_messages(self):
        path = self.file("empty.mbox", b"")
        scanned = self.run_program("scan", "--json", path)
        self.assert_code(scanned, 0)
        self.assertEqual(json.loads(scanned.out)["totals"], {"messages": 0, "bytes": 0})
        self.assert_code(self.go(path), 0)
        self.assertFalse([line for line in self.server.ran if b"APPEND" in line])

    def test_a_file_that_may_not_be_read(self):
        if os.geteuid() == 0:
            self.skipTest("root may read everything")
        path = self.file("closed.mbox", b"From a@b Thu Jan  1 00:00:00 2015\nA: b\n\n")
        path.chmod(0)
        self.refused(path, 66, "closed.mbox")

    def test_a_truncated_archive_arrives_and_says_so(self):
        outcome = self.go(FIXTURES / "truncated.mbox")
        self.assert_code(outcome, 0)
        self.assertEqual(len(self.server.bodies("Mail")), 2)
        scanned = self.run_program("scan", "--json", FIXTURES / "truncated.mbox")
        self.assertIn("no-final-newline", scanned.out)

    def test_a_truncated_compressed_archive(self):
        archives.make(self.folder / "mail.mbox", 50)
        packed = gzip.compress((self.folder / "mail.mbox").read_bytes())
        path = self.file("cut.mbox.gz", packed[:len(packed) // 2])
        outcome = self.go(path)
        self.assert_code(outcome, 3)
        self.assertIn("damaged", outcome.out)
        self.assertGreater(len(self.server.bodies("Mail")), 5)

    def test_an_archive_that_changed_since_the_journal(self):
        path = self.folder / "mail.mbox"
        archives.make(path, 20)
        self.assert_code(self.go(path), 0)
        raw = bytearray(path.read_bytes())
        raw[len(raw) // 2:len(raw) // 2 + 20] = b"#" * 20
        path.write_bytes(raw)
        os.utime(path, (1, 1))
        stored = self.server.bodies("Mail")
        outcome = self.go(path)
        # Nobody could say which of the two is meant: both are there, and that is told.
        self.assert_one_line_told(outcome, "mail.mbox was replaced: 1 message is stored and not in it")
        self.assertEqual(self.server.bodies("Mail")[:20], stored)
        self.assertEqual(len(self.server.bodies("Mail")), 21)

    def assert_one_line_told(self, outcome, words):
        self.assert_code(outcome, 0)
        self.assertEqual(len(outcome.error_lines()), 1, str(outcome))
        self.assertIn(words, outcome.err)

    def test_an_archive_that_shrank_since_the_journal(self):
        path = self.folder / "mail.mbox"
        archives.make(path, 20)
        self.assert_code(self.go(path), 0)
        with open(path, "r+b") as file:
            file.truncate(path.stat().st_size // 2)
        os.utime(path, (1, 1))
        stored = self.server.bodies("Mail")
        self.assert_one_line(self.go(path), 65, "mail.mbox")
        self.assertEqual(self.server.bodies("Mail"), stored)


class JournalTest(BadInputTest):
    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        archives.make(self.archive, 8)

    def test_a_journal_of_another_archive(self):
        other = self.folder / "other.mbox"
        archives.make(other, 8, seed=77)
        self.assert_code(self.go(self.archive), 0)
        self.assert_one_line(self.go(other), 78, "job.journal")
        self.assertEqual(len(self.server.bodies("Mail")), 8)

    def test_a_journal_of_another_account(self):
        self.assert_code(self.go(self.archive), 0)
        with FakeImap() as other:
            self.assert_one_line(self.migrate(other, self.archive, "Mail"), 78, "job.journal")
            self.assertEqual(other.bodies("Mail"), [])

    def test_a_journal_from_a_newer_version(self):
        self.assert_code(self.go(self.archive), 0)
        journal = sqlite3.connect(self.folder / "job.journal")
        version, = journal.execute("PRAGMA user_version").fetchone()
        self.assertGreater(version, 0, "the journal's schema has a version")
        journal.execute(f"PRAGMA user_version = {version + 1000}")
        journal.commit()
        journal.close()
        self.assert_one_line(self.go(self.archive), 78, "job.journal", "newer")

    def test_a_file_that_is_no_journal(self):
        path = self.file("job.journal", b"this is a shopping list, and not a database\n" * 100)
        before = path.read_bytes()
        outcome = self.go(self.archive)
        self.assertIn(outcome.code, (73, 78), str(outcome))
        self.assertEqual(len(outcome.error_lines()), 1, str(outcome))
        self.assertEqual(path.read_bytes(), before)
        self.assert_nothing_stored()

    def test_a_journal_in_a_folder_that_is_not_there(self):
        outcome = self.go(self.archive, journal="nowhere/job.journal")
        self.assert_one_line(outcome, 73, "nowhere")
        self.assert_nothing_stored()

    def test_a_journal_that_another_process_works_with(self):
        hold = []

        def wait_at_append(head):
            hold.append(head)
            time.sleep(4)
        self.server.on_append = wait_at_append
        self.addCleanup(setattr, self.server, "on_append", None)
        arguments = list(map(str, self.migrate_arguments(self.server, self.archive, "Mail")))
        first = subprocess.Popen([PROGRAM, *arguments], env=environment(self.folder),
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 20
            while not hold and time.monotonic() < deadline:
                time.sleep(0.02)
            self.assert_one_line(self.go(self.archive), 11, "job.journal", first.pid)
        finally:
            first.send_signal(signal.SIGKILL)
            first.wait()

    def test_a_full_disk(self):
        if os.geteuid() != 0:
            self.skipTest("a small file system can only be mounted by root")
        small = self.folder / "small"
        small.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(small)],
                                 capture_output=True, text=True, check=False)
        if mounted.returncode != 0:
            self.skipTest(f"no tmpfs here: {mounted.stderr.strip()}")
        try:
            wanted = archives.make(self.archive, 3000, body_bytes=(10, 40), kinds=["plain"])
            outcome = self.go(self.archive, journal="small/job.journal")
            self.assertIn(outcome.code, (73, 74), str(outcome))
            self.assertEqual(len(outcome.error_lines()), 1, str(outcome))
            # Space comes back, and the same command goes on without a duplicate.
            subprocess.run(["mount", "-o", "remount,size=64m", str(small)], check=True)
            self.assert_code(self.go(self.archive, journal="small/job.journal"), 0)
            self.assertEqual(sorted(self.server.bodies("Mail")),
                             sorted(one.wire for one in wanted))
        finally:
            subprocess.run(["umount", "-l", str(small)], check=True)


class TargetTest(BadInputTest):
    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        archives.make(self.archive, 3)
        self.common = ["migrate", self.archive, "--password-file", self.server.password_file(),
                       "--ca-file", self.server.ca_file, "--progress=none", "--journal",
                       self.folder / "job.journal"]

    def test_an_unknown_host(self):
        outcome = self.run_program(*self.common, "--to",
                                   "imaps://alice@no-such-host.invalid/Mail")
        self.assert_one_line(outcome, 69, "no-such-host.invalid")

    def test_a_port_where_nothing_listens(self):
        outcome = self.run_program(*self.common, "--to", "imaps://alice@localhost:9/Mail")
        self.assert_one_line(outcome, 69, "localhost")

    def test_a_wrong_password(self):
        path = self.file("wrong", b"nope\n")
        path.chmod(0o600)
        self.server.logins.clear()
        outcome = self.go(self.archive, "--password-file", path)
        self.assert_one_line(outcome, 77, "alice")
        self.assertEqual(len(self.server.logins), 1)
        self.assert_nothing_stored()

    def test_a_mailbox_name_that_cannot_be(self):
        real = Session._do_create

        def refuse(session, tag, words):
            session._no(tag, "[CANNOT] Invalid mailbox name")
        Session._do_create = refuse
        self.addCleanup(setattr, Session, "_do_create", real)
        outcome = self.go(self.archive)
        self.assertIn(outcome.code, (1, 3, 78), str(outcome))
        self.assertIn("Mail", outcome.err)
        self.assertIn("Invalid mailbox name", outcome.err)
        self.assertFalse([line for line in self.server.ran if b"APPEND" in line])

    def test_a_mailbox_name_with_control_characters(self):
        outcome = self.migrate(self.server, self.archive, "a%00b%0d%0ac")
        self.assertIn(outcome.code, (0, 64, 78), str(outcome))
        self.assertFalse([line for line in self.server.ran if b"\0" in line])
        if outcome.code:
            self.assertEqual(len(outcome.error_lines()), 1, str(outcome))
            self.assert_nothing_stored()

    def test_an_absent_password_file(self):
        outcome = self.go(self.archive, "--password-file", self.folder / "absent")
        self.assert_one_line(outcome, 78, "absent")
        self.assert_nothing_stored()

    def test_an_absent_ca_file(self):
        outcome = self.run_program("migrate", self.archive, "--to", self.server.url("Mail"),
                                   "--password-file", self.server.password_file(), "--ca-file",
                                   self.folder / "absent.pem", "--progress=none", "--journal",
                                   self.folder / "job.journal")
        self.assertIn(outcome.code, (66, 76, 78), str(outcome))
        self.assertEqual(len(outcome.error_lines()), 1, str(outcome))
        self.assertIn("absent.pem", outcome.err)
        self.assert_nothing_stored()

    def test_a_report_that_cannot_be_written_is_known_before_mail_moves(self):
        outcome = self.go(self.archive, "--report-json", self.folder / "nowhere" / "report.json")
        self.assert_one_line(outcome, 73, "nowhere")
        self.assert_nothing_stored()


class UsageTest(ProgramTest):
    def test_wrong_command_lines(self):
        archive = str(FIXTURES / "crlf.mbox")
        for arguments in ([], ["frobnicate"], ["scan"], ["scan", "--frobnicate", archive],
                          ["migrate", archive], ["migrate", "--to", "imaps://a@localhost/M"],
                          ["migrate", archive, "--to", "localhost"],
                          ["migrate", archive, "--to", "imap://a@localhost/M"],
                          ["migrate", archive, "--to", "imaps://localhost/M"],
                          ["migrate", archive, "--to", "imaps://a@localhost:99999/M"],
                          ["migrate", archive, "--to", "imaps://a@localhost/M", "--tls-pin", "abc"],
                          ["migrate", archive, "--to", "imaps://a@localhost/M", "--append-mode",
                           "fast"], ["verify"], ["status"], ["retry"],
                          ["retry", "a.journal", "b.journal"]):
            with self.subTest(arguments):
                outcome = self.run_program(*arguments)
                self.assert_code(outcome, 64)
                self.assertTrue(outcome.error_lines())
                self.assertLessEqual(len(outcome.error_lines()), 2, str(outcome))

    def test_help_and_version(self):
        for arguments in (["--help"], ["scan", "--help"], ["migrate", "--help"],
                          ["verify", "--help"], ["status", "--help"], ["retry", "--help"],
                          ["--version"]):
            with self.subTest(arguments):
                outcome = self.run_program(*arguments)
                self.assert_code(outcome, 0)
                self.assertTrue(outcome.out.strip())
                self.assertEqual(outcome.err, "")

    def test_commands_on_a_journal_that_is_not_there(self):
        for command in ("status", "verify", "retry"):
            with self.subTest(command):
                outcome = self.run_program(command, self.folder / "absent.journal")
                self.assertIn(outcome.code, (66, 73, 78), str(outcome))
                self.assertEqual(len(outcome.error_lines()), 1, str(outcome))
                self.assertFalse((self.folder / "absent.journal").exists())


if __name__ == "__main__":
    unittest.main()
