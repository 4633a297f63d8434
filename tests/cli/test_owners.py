# SPDX-License-Identifier: Apache-2.0
# What other users of the machine own or can change is not trusted.

import os
import re
import shutil
import stat
import subprocess
import unittest

from support import archives
from support.fake_imap import FakeImap
from support.program import PROGRAM, ProgramTest

CONFIGURATION = 78
OTHER = 61002
COMMANDS = (["status"], ["report"], ["verify", "--password-file", "secret"],
            ["retry", "--password-file", "secret"])


class OwnersTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        archives.make(self.archive, 3, seed=17)
        self.server = self.enterContext(FakeImap())
        (self.folder / "secret").write_text("secret\n")
        (self.folder / "secret").chmod(0o600)
        self.victim = self.folder / "victim"
        self.victim.write_text("precious")

    def tearDown(self):
        self.assertEqual(self.victim.read_text(), "precious")
        super().tearDown()

    def go(self, *more, **options):
        return self.migrate(self.server, self.archive, "Mail", *more, **options)

    def follow(self, error):
        """Runs the command that an error line advises."""
        advice = re.search(r"run: (chmod .*)$", error.strip())
        self.assertTrue(advice, error)
        subprocess.run(advice[1].split(), check=True, cwd=self.folder)

    def needs_root(self):
        if os.geteuid() != 0:
            self.skipTest("only root can be two users")


class JournalTest(OwnersTest):
    def setUp(self):
        super().setUp()
        self.assert_code(self.go(), 0)
        self.journal = self.folder / "job.journal"

    def refused_everywhere(self, *words):
        for command in COMMANDS:
            with self.subTest(command[0]):
                self.assert_one_line(self.run_program(*command, self.journal), CONFIGURATION,
                                     *words)
        planned = self.go("--dry-run")
        self.assertNotEqual(planned.code, 0, str(planned))
        for word in words:
            self.assertIn(word, planned.out + planned.err)
        self.assert_one_line(self.go(), CONFIGURATION, *words)

    def test_one_of_another_user_is_refused_and_shown_on_demand(self):
        self.needs_root()
        os.chown(self.journal, OTHER, OTHER)
        self.refused_everywhere("job.journal", "another user")
        for command in ("status", "report"):
            self.assert_code(self.run_program(command, "--any-owner", self.journal), 0)

    def test_one_that_others_can_write_or_read_is_refused_with_the_chmod_to_run(self):
        for mode in (0o606, 0o604, 0o660):
            self.journal.chmod(mode)
            outcome = self.run_program("status", self.journal)
            self.assert_one_line(outcome, CONFIGURATION, "others can read or write it")
            self.follow(outcome.err)
            self.assert_code(self.run_program("status", self.journal), 0)
        self.journal.chmod(0o666)
        self.refused_everywhere("chmod 600")

    def test_a_folder_that_others_can_write_is_refused(self):
        self.folder.chmod(0o777)
        self.refused_everywhere("others can write it", f"chmod go-w {self.folder}")
        self.follow(self.outcomes[-1].err)
        self.assert_code(self.run_program("status", self.journal), 0)

    def test_a_log_beside_it_that_another_user_prepared_is_refused(self):
        self.needs_root()
        os.chown(self.folder, 0, 0)
        self.folder.chmod(0o1777)
        self.assert_code(self.run_program("status", self.journal), 0)
        for suffix in ("-wal", "-shm", "-journal"):
            prepared = self.folder / f"job.journal{suffix}"
            prepared.touch(0o600)
            os.chown(prepared, OTHER, OTHER)
            self.refused_everywhere(prepared.name, "another user")
            prepared.unlink()

    def test_a_lock_file_that_is_another_file_keeps_what_it_holds(self):
        lock = self.folder / "job.journal.lock"
        lock.unlink(missing_ok=True)
        os.link(self.victim, lock)
        self.assert_one_line(self.go(), CONFIGURATION, "lock")

    def test_a_folder_of_journals_tells_of_those_it_passes_over(self):
        (self.folder / "other.journal").write_bytes(self.journal.read_bytes())
        (self.folder / "other.journal").chmod(0o666)
        outcome = self.run_program("report", self.folder)
        self.assert_code(outcome, CONFIGURATION)
        self.assertIn("other.journal", outcome.err)
        self.assertIn("1 complete, 1 failed", outcome.out)
        self.assert_code(self.run_program("report", self.folder, "--json", "report.json"),
                         CONFIGURATION)
        report = self.report()
        self.assertEqual(report["verdict"], "failed")
        self.assertEqual([one["verdict"] for one in report["accounts"] if "other.journal" in one["user"]],
                         ["failed"])


class DryRunTest(OwnersTest):
    """What keeps the real run from beginning is NO GO beforehand, and nothing is changed by it."""

    def files(self):
        return sorted((str(path), path.lstat().st_mode, path.lstat().st_size)
                      for path in self.folder.rglob("*") if "plan" not in path.name)

    def assert_no_go(self, *more, words=(), code=(CONFIGURATION, 73), **options):
        before = self.files()
        planned = self.go("--dry-run", "--report-json", "plan.json", *more, **options)
        self.assertEqual(self.files(), before)
        self.assert_code(planned, 1)
        self.assertIn("NO GO", planned.out)
        self.assertFalse(self.report("plan.json")["go"])
        for word in words:
            self.assertIn(word, planned.out)
        real = self.go(*more, **options)
        self.assertIn(real.code, code, str(real))
        self.assertEqual(self.server.mailboxes.get("Mail"), None)

    def test_a_lock_file_that_is_something_else(self):
        lock = self.folder / "job.journal.lock"
        for make in (lambda: os.link(self.victim, lock), lock.mkdir,
                     lambda: lock.symlink_to(self.victim), lambda: os.mkfifo(lock)):
            make()
            self.assert_no_go(words=("job.journal.lock",))
            lock.rmdir() if lock.is_dir() and not lock.is_symlink() else lock.unlink()

    def test_a_folder_that_is_not_there_or_others_can_write(self):
        self.assert_no_go(journal="nowhere/job.journal", words=("nowhere",))
        shared = self.folder / "jobs"
        shared.mkdir()
        shared.chmod(0o777)
        self.assert_no_go(journal="jobs/job.journal", words=("jobs", "others can write it"))

    def test_a_state_folder_that_cannot_be_made(self):
        arguments = self.migrate_arguments(self.server, self.archive, "Mail", "--dry-run")
        place = arguments.index("--journal")
        for folder, code in (("victim/jobs", 1), ("new/jobs", 0)):
            arguments[place:place + 2] = ["--state-dir", self.folder / folder]
            self.assert_code(self.run_program(*arguments), code)
        self.assertFalse((self.folder / "new").exists())

    def test_what_the_user_may_not_write(self):
        self.needs_root()
        if os.stat(PROGRAM).st_mode & 0o005 != 0o005:
            self.skipTest("another user cannot run the program")
        self.folder.chmod(0o755)
        home = self.folder / "home"
        for name in ("home/closed", "home/jobs"):
            (self.folder / name).mkdir(parents=True)
        names = {"mail.mbox": self.archive, "ca.pem": self.server.ca_file,
                 "secret": self.server.password_file()}
        for name, source in names.items():
            shutil.copy(source, home / name)
            (home / name).chmod(0o600)
        for path in (home, *home.rglob("*")):
            os.chown(path, OTHER, OTHER)
        (home / "closed").chmod(0o500)
        other = ("setpriv", f"--reuid={OTHER}", f"--regid={OTHER}", "--clear-groups")

        def go(*more):
            return self.run_program(
                "migrate", home / "mail.mbox", "--to", self.server.url("Mail"), "--ca-file",
                home / "ca.pem", "--password-file", home / "secret", "--progress=none", *more,
                under=other, HOME=home)

        for place in (("--journal", home / "closed" / "job.journal"),
                      ("--state-dir", home / "closed" / "jobs")):
            planned = go(*place, "--dry-run")
            self.assert_code(planned, 1)
            self.assertIn("closed", planned.out)
            self.assert_code(go(*place), 73)
        journal = ("--journal", home / "jobs" / "job.journal")
        self.assert_code(go(*journal, "--dry-run"), 0)
        self.assert_code(go(*journal), 0)
        journal[1].chmod(0o400)
        planned = go(*journal, "--dry-run")
        self.assert_code(planned, 1)
        self.assertIn("job.journal", planned.out)
        self.assert_code(go(*journal), 73)

    def test_an_empty_archive_file_that_may_not_be_read_stops_no_other(self):
        tree = self.folder / "tree"
        tree.mkdir()
        shutil.copy(self.archive, tree / "Mail")
        (tree / "Empty").touch()
        (tree / "Closed").write_bytes(self.archive.read_bytes())
        for name in ("Empty", "Closed"):
            (tree / name).chmod(0)
        self.folder.chmod(0o755)
        under = ()
        if os.geteuid() == 0:
            under = ("setpriv", f"--reuid={OTHER}", f"--regid={OTHER}", "--clear-groups")
        outcome = self.run_program("scan", "tree", under=under)
        self.assert_code(outcome, 0)
        for name in ("Empty", "Closed"):
            self.assertIn(f"tree/{name}: cannot be opened: Permission denied", outcome.out)
        self.assertIn("3 messages in 1 folder", outcome.out)


class StateFolderTest(OwnersTest):
    def in_state(self):
        arguments = self.migrate_arguments(self.server, self.archive, "Mail")
        place = arguments.index("--journal")
        arguments[place:place + 2] = ["--state-dir", self.folder / "jobs"]
        return self.run_program(*arguments)

    def test_a_new_one_is_its_owners(self):
        self.assert_code(self.in_state(), 0)
        self.assertEqual(stat.S_IMODE((self.folder / "jobs").stat().st_mode), 0o700)

    def test_one_that_others_can_write_is_refused_with_the_chmod_to_run(self):
        (self.folder / "jobs").mkdir()
        for mode in (0o777, 0o1777, 0o707):
            (self.folder / "jobs").chmod(mode)
            outcome = self.in_state()
            self.assert_one_line(outcome, CONFIGURATION, "jobs", "others can write it")
        self.follow(outcome.err)
        self.assert_code(self.in_state(), 0)

    def test_one_of_another_user_is_refused(self):
        self.needs_root()
        (self.folder / "jobs").mkdir(0o700)
        os.chown(self.folder / "jobs", OTHER, OTHER)
        self.assert_one_line(self.in_state(), CONFIGURATION, "jobs", "another user")


class BatchTest(OwnersTest):
    def setUp(self):
        super().setUp()
        self.csv = self.folder / "csv" / "accounts.csv"
        self.csv.parent.mkdir(0o755)
        self.write("password_file", self.server.password_file())

    def write(self, column, value):
        self.csv.write_text(f"archive,host,port,user,{column},ca_file,mailbox\n"
                            f"{self.archive},localhost,{self.server.port},alice,{value},"
                            f"{self.server.ca_file},Mail\n")

    def batch(self):
        return self.run_program("batch", self.csv, "--state-dir", self.folder / "jobs",
                                "--progress=none")


class SettingsTest(BatchTest):
    def refused_until_followed(self, run, path, *words):
        path.chmod(0o666)
        outcome = run()
        self.assert_code(outcome, CONFIGURATION)
        for word in ("others can write it", path.name, *words):
            self.assertIn(word, outcome.err)
        self.follow(outcome.error_lines()[0])
        self.assert_code(run(), 0)

    def test_a_csv_that_others_can_write_is_refused(self):
        self.refused_until_followed(self.batch, self.csv, "the accounts file")

    def test_a_csv_with_commands_is_refused_where_others_can_replace_it(self):
        self.csv.parent.chmod(0o777)
        self.assert_code(self.batch(), 0)
        for column, value in (("password_command", "touch ran; echo secret"),
                              ("password_env", "SECRET")):
            self.write(column, value)
            self.assert_one_line(self.batch(), CONFIGURATION, "accounts.csv", "others can replace",
                                 f"chmod go-w {self.csv.parent}")
        self.write("password_command", f"cat {self.server.password_file()}")
        self.follow(self.outcomes[-1].err)
        self.assert_code(self.batch(), 0)
        self.assertEqual(list(self.folder.rglob("ran")), [])

    def test_a_password_file_that_others_can_write_is_refused(self):
        secret = self.folder / "a secret".replace(" ", "-")
        secret.write_bytes(self.server.password_file().read_bytes())
        self.refused_until_followed(lambda: self.go("--password-file", secret), secret,
                                    "the password file")

    def test_a_file_of_authorities_or_a_map_that_others_can_write_is_refused(self):
        self.refused_until_followed(self.go, self.server.ca_file, "the CA file")
        rules = self.folder / "map"
        rules.write_text("# none\n")
        self.refused_until_followed(lambda: self.go("--map-file", rules), rules, "the map file")

    def test_a_sender_list_that_others_can_write_is_refused_where_it_decides(self):
        senders = self.folder / "senders"
        senders.write_text("spam@example.org\n")
        self.refused_until_followed(
            lambda: self.go("--senders", senders, "--blocked", "skip"), senders, "the sender list")
        senders.chmod(0o666)
        self.assert_code(self.run_program("senders", "check", "--senders", senders), 0)

    def test_a_report_goes_into_no_pipe_of_another_user(self):
        self.needs_root()
        pipe, link = self.folder / "pipe", self.folder / "link"
        os.mkfifo(pipe, 0o666)
        link.symlink_to(pipe)
        for owners, words in (((OTHER, 0), "another user's pipe"),
                              ((0, OTHER), "another user's link")):
            os.chown(pipe, owners[0], owners[0])
            os.lchown(link, owners[1], owners[1])
            reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
            self.addCleanup(os.close, reader)
            outcome = self.go("--report-csv", link)
            self.assert_code(outcome, 73)
            self.assertIn(words, outcome.err)
            self.assertEqual(os.read(reader, 1), b"")

    def test_outputs_fill_nothing_that_another_user_has_laid_ready(self):
        self.needs_root()
        shared = self.folder / "shared"
        shared.mkdir()
        shared.chmod(0o1777)
        for option in ("--report-json", "--report-csv", "--report-html", "--metrics-file"):
            ready = shared / option.strip("-")
            ready.touch()
            ready.chmod(0o666)
            os.chown(ready, OTHER, OTHER)
            outcome = self.go(option, ready)
            with self.subTest(option):
                self.assertIn("it is another user's", outcome.err)
                self.assertEqual(ready.read_bytes(), b"")

    def test_nothing_is_written_through_a_link_of_another_user(self):
        self.needs_root()
        elsewhere, link = self.folder / "elsewhere", self.folder / "link"
        elsewhere.mkdir(mode=0o700)
        link.symlink_to(elsewhere)
        os.lchown(link, OTHER, OTHER)
        for options in (("--report-json", link / "r.json"), ("--log-file", link / "log"),
                        ("--metrics-file", link / "m.prom")):
            with self.subTest(options[0]):
                self.assertIn("belongs to another user", self.go(*options).err)
        self.assertIn("belongs to another user", self.go(journal=link / "j.journal").err)
        self.assertEqual(list(elsewhere.iterdir()), [])

    def test_one_of_another_user_is_refused(self):
        self.needs_root()
        for path, run in ((self.folder / "secret", lambda: self.go("--password-file", "secret")),
                          (self.csv, self.batch),
                          (self.folder / "job.ini", lambda: self.go("--config", "job.ini"))):
            path.touch(0o600)
            os.chown(path, OTHER, OTHER)
            self.assert_one_line(run(), CONFIGURATION, path.name, "another user")

    def test_a_job_file_that_others_can_write_is_refused(self):
        settings = self.folder / "job.ini"
        settings.write_text("strict = true\n")
        self.refused_until_followed(lambda: self.go("--config", settings), settings, "the job file")

    def test_a_job_file_with_commands_is_refused_where_others_can_replace_it(self):
        folder = self.folder / "shared"
        folder.mkdir()
        settings = folder / "job.ini"
        settings.write_text("strict = true\n")
        settings.chmod(0o600)
        folder.chmod(0o777)
        self.assert_code(self.go("--config", settings), 0)
        for line in ("password-command = touch ran; echo secret\n", "password-env = SECRET\n"):
            settings.write_text(line)
            self.assert_one_line(self.go("--config", settings), CONFIGURATION, "job.ini",
                                 "others can replace")
        self.assertEqual(list(self.folder.rglob("ran")), [])

    def test_links_in_a_folder_of_others_are_refused_where_commands_are_run(self):
        """The folder of the file is safe, and the link to it, or to its folder, is not."""
        shared, way = self.folder / "shared", self.folder / "way"
        shared.mkdir()
        shared.chmod(0o777)
        self.write("password_command", "touch ran; echo secret")
        settings = self.csv.parent / "job.ini"
        settings.write_text("password-command = touch ran; echo secret\n")
        settings.chmod(0o600)
        (shared / "csv").symlink_to(self.csv.parent)
        way.symlink_to(shared / "csv")
        for place in (shared / "csv", way):
            self.csv = place / "accounts.csv"
            self.assert_one_line(self.batch(), CONFIGURATION, "others can replace", str(shared))
            self.assert_one_line(self.go("--config", place / "job.ini"), CONFIGURATION,
                                 "others can replace", str(shared))
        self.assertEqual(list(self.folder.rglob("ran")), [])

    def test_a_link_of_another_user_in_a_shared_folder_is_refused_where_commands_are_run(self):
        self.needs_root()
        shared = self.folder / "shared"
        shared.mkdir()
        shared.chmod(0o1777)
        self.write("password_command", f"cat {self.server.password_file()}")
        link = shared / "accounts.csv"
        link.symlink_to(self.csv)
        self.csv = link
        self.assert_code(self.batch(), 0)
        os.lchown(link, OTHER, OTHER)
        self.assert_one_line(self.batch(), CONFIGURATION, "accounts.csv", "another user",
                             "name the file without that link")

    def test_a_row_names_no_file_to_be_written(self):
        for column in ("log_file", "metrics_file", "config"):
            self.write(column, "written")
            outcome = self.batch()
            self.assert_code(outcome, CONFIGURATION)
            self.assertIn("the column number 5 is not known", outcome.err)
        self.assertEqual(list(self.folder.rglob("written")), [])


class LedgerTest(BatchTest):
    def test_a_link_and_a_file_for_others_are_refused(self):
        self.assert_code(self.batch(), 0)
        ledger = next((self.folder / "jobs").glob("*.ledger"))
        self.assertEqual(stat.S_IMODE(ledger.stat().st_mode), 0o600)
        ledger.chmod(0o606)
        self.assert_one_line(self.batch(), CONFIGURATION, "ledger", "chmod 600")
        self.follow(self.outcomes[-1].err)
        self.assert_code(self.batch(), 0)
        for one in (self.folder / "jobs").glob("*.ledger*"):
            one.unlink()
        empty = self.folder / "empty"
        empty.touch(0o600)
        ledger.symlink_to(empty)
        self.assert_one_line(self.batch(), CONFIGURATION, "ledger", "not a file")
        self.assertEqual(empty.read_bytes(), b"")


if __name__ == "__main__":
    unittest.main()
