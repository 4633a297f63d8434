# SPDX-License-Identifier: Apache-2.0
# What an error or a notice advises is done here, and helps.

import gzip
import os
import re
import shlex
import subprocess
import unittest

from support import archives
from support.dovecot_test import WithDovecot
from support.fake_imap import FakeImap, Refusal
from support.program import ProgramTest

COUNT = 6


class AdviceTest(WithDovecot, ProgramTest):
    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        self.wanted = archives.make(self.archive, COUNT)
        self.password = ("--password-file", self.server.password_file())

    def fails(self, outcome, advice):
        """The error, which gives this advice."""
        self.assertNotIn(outcome.code, (0, 70), str(outcome))
        self.assertIn(advice, outcome.err)
        return outcome.err

    def arrives(self, outcome, mailbox="Mail", count=COUNT):
        self.assert_code(outcome, 0)
        self.assertEqual(self.server.count(mailbox=mailbox), count)

    def go(self, *more, archive=None, mailbox="Mail", **keywords):
        return self.migrate(self.server, archive or self.archive, mailbox, *more, **keywords)

    def program(self, *arguments, **extra):
        return self.run_program("migrate", self.archive, *arguments, "--progress=none", **extra)

    def to_server(self, *more, mailbox="/Mail"):
        return ("--to", self.server.url() + mailbox, "--ca-file", self.server.ca_file,
                "--journal", self.folder / "job.journal", *more)

    def verify(self, *more, journal="job.journal"):
        return self.run_program("verify", self.folder / journal, *self.password, *more)


class JournalAdviceTest(AdviceTest):
    def test_a_journal_of_another_job(self):
        self.arrives(self.go())
        self.fails(self.go(mailbox="Other"), "run the command that made this journal, or begin "
                                             "a new job with another --journal")
        self.arrives(self.go())
        self.arrives(self.go(mailbox="Other", journal="other.journal"), "Other")

    def test_a_file_that_is_no_journal(self):
        (self.folder / "job.journal").write_text("notes\n")
        (self.folder / "job.journal").chmod(0o600)
        self.fails(self.go(), "name another file; migrate takes it with --journal")
        self.arrives(self.go(journal="other.journal"))
        self.assertEqual((self.folder / "job.journal").read_text(), "notes\n")

    def test_a_folder_that_is_not_there(self):
        self.fails(self.go(journal="nowhere/job.journal"),
                   "name a journal in a directory that can be written, with --journal")
        self.arrives(self.go())

    def test_a_journal_that_migrate_did_not_make(self):
        self.arrives(self.go())
        self.fails(self.verify(journal="none.journal"), "name one that a job made; mboxferry jobs lists them")
        self.assert_code(self.verify(), 0)

    def test_a_damaged_journal(self):
        self.arrives(self.go())
        journal = self.folder / "job.journal"
        whole = journal.read_bytes()
        journal.write_bytes(whole[:4096] + b"\x55" * (len(whole) - 4096))
        self.fails(self.go(), "restore the journal from a copy; a new one sends every message "
                              "again, but for --skip-existing")
        # Without a copy.
        self.arrives(self.go("--skip-existing", journal="new.journal"))
        journal.write_bytes(whole)
        self.arrives(self.go())

    def test_no_home(self):
        arguments = self.to_server(*self.password)[:4] + self.password
        nowhere = {"HOME": "/proc/nowhere", "XDG_STATE_HOME": ""}
        self.fails(self.program(*arguments, **nowhere), "use --journal or --state-dir")
        self.arrives(self.program(*arguments, "--state-dir", self.folder / "jobs", **nowhere))
        self.arrives(self.program(*arguments, "--journal", self.folder / "a.journal",
                                  "--skip-existing", **nowhere))

    def test_the_list_of_what_is_missing(self):
        self.arrives(self.go())
        with self.server.session() as client:
            client.select("Mail")
            client.store("2", "+FLAGS.SILENT", "\\Deleted")
            client.expunge()
        error = self.fails(self.go("--strict"), "for the list")
        command = re.search(r"run mboxferry (verify .*) for the list", error)[1]
        listed = self.run_program(*shlex.split(command), *self.password)
        self.assert_code(listed, 1)
        self.assertIn("missing: Mail", listed.out)

    def test_verify_of_an_unfinished_job(self):
        self.assert_code(self.go("--max-messages-per-day=2"), 75)
        outcome = self.verify()
        self.assert_code(outcome, 75)
        self.assertIn("(run its command again)", outcome.out)
        self.arrives(self.go())
        self.assert_code(self.verify(), 0)


class ConnectionAdviceTest(AdviceTest):
    def to(self, *more):
        return self.program("--to", self.server.url("Mail"), "--journal",
                            self.folder / "job.journal", *self.password, *more)

    def test_a_certificate_from_an_unknown_issuer(self):
        error = self.fails(self.to(), "give the issuer's certificate with --ca-file")
        self.arrives(self.to("--ca-file", self.server.ca_file))
        pin = re.search(r"--tls-pin (\S+)", error)[1]
        self.server.delete_all()
        self.arrives(self.program("--to", self.server.url("Mail"), *self.password, "--journal",
                                  self.folder / "b.journal", "--tls-pin", pin))

    def test_a_port_without_tls_from_the_start(self):
        plain = self.server.url("Mail", port=self.server.port)
        arguments = ("--to", plain, "--ca-file", self.server.ca_file, "--journal",
                     self.folder / "job.journal", *self.password)
        self.fails(self.program(*arguments), "use port 993, or --tls starttls on this port")
        self.arrives(self.program(*arguments, "--tls", "starttls"))

    def test_a_wrong_port(self):
        self.fails(self.go(port=1), "check host and port")
        self.arrives(self.go())

    def test_a_login_that_is_refused(self):
        secret = self.folder / "secret"
        secret.write_text("wrong\n")
        secret.chmod(0o600)
        self.fails(self.go("--password-file", secret), "it is not tried again, accounts lock")
        secret.write_bytes(self.server.password_file().read_bytes())
        self.arrives(self.go("--password-file", secret))

    def test_no_terminal_to_ask_on(self):
        text = self.server.password_file().read_text().rstrip("\n")
        advised = self.fails(self.program(*self.to_server()),
                             "use --password-file, --password-env or --password-command")
        self.assertIn("terminal", advised)
        for options, extra in ((self.password, {}), (("--password-env", "SECRET"),
                                                     {"SECRET": text}),
                               (("--password-command", f"printf %s {shlex.quote(text)}"), {})):
            self.arrives(self.program(*self.to_server(*options), **extra))

    def test_a_password_that_others_can_read(self):
        secret = self.folder / "secret"
        secret.write_bytes(self.server.password_file().read_bytes())
        secret.chmod(0o644)
        warned = self.go("--password-file", secret)
        self.arrives(warned)
        command = re.search(r"run: (chmod 600 \S+)", warned.err)[1]
        subprocess.run(command, shell=True, check=True)
        self.assertEqual(self.go("--password-file", secret).err, "")

    def test_a_password_in_the_url(self):
        url = self.server.url("Mail").replace("@", ":secret@", 1)
        self.fails(self.program("--to", url), "take it out and use --password-file")
        self.arrives(self.program(*self.to_server(*self.password)))


class ArchiveAdviceTest(AdviceTest):
    def test_an_archive_of_another_kind(self):
        packed = self.folder / "mail.7z"
        packed.write_bytes(b"7z\xbc\xaf\x27\x1c" + bytes(100))
        self.fails(self.go(archive=packed), "unpack it, and name the file or directory")
        self.arrives(self.go())

    def test_a_compressed_archive_that_is_cut_off(self):
        whole = gzip.compress(self.archive.read_bytes())
        packed = self.folder / "cut.mbox.gz"
        packed.write_bytes(whole[:-9])
        for more, mailbox, code in (((), "Mail", 3), (("--accept-unread",), "Accepted", 0)):
            outcome = self.go(*more, archive=packed, mailbox=mailbox, journal=mailbox + ".journal")
            self.assert_code(outcome, code)
            (self.assertIn if code else self.assertNotIn)(
                "mend what is named and run the same command again, or go without it with "
                "--accept-unread", outcome.out)
        packed.write_bytes(whole)
        self.arrives(self.go(archive=packed, journal="Mail.journal"))

    def test_a_name_that_is_not_there(self):
        self.fails(self.go(archive=self.folder / "none.mbox"), "check the name")
        self.arrives(self.go())

    def test_what_is_no_file(self):
        pipe = self.folder / "pipe"
        os.mkfifo(pipe)
        self.fails(self.go(archive=pipe), "name an mbox file")
        self.arrives(self.go())

    def test_an_empty_folder(self):
        empty = self.folder / "empty"
        empty.mkdir()
        self.fails(self.go(archive=empty), "name an mbox file, or the directory that holds them")
        tree = self.folder / "tree"
        tree.mkdir()
        self.archive.rename(tree / "mail")
        self.arrives(self.go(archive=tree), self.server_name("Mail", "mail"))

    def server_name(self, *parts):
        found, = (name for name in self.server.mailboxes() if all(part in name for part in parts))
        return found

    def test_two_folders_that_share_a_mailbox(self):
        tree = self.folder / "tree"
        tree.mkdir()
        for name in ("a_b", "a%b"):
            (tree / name).write_bytes(self.archive.read_bytes())
        error = self.fails(self.go(archive=tree), "give 'a_b' a mailbox of its own with --map")
        together = re.findall(r"--map '([^']*=[^']*)'", error.split("or put both")[1])
        self.assert_code(self.go("--map", "a_b=Mail/first", "--map", "a%b=Mail/second",
                                 archive=tree), 0)
        counts = [self.server.count(mailbox=name) for name in self.server.mailboxes()
                  if name.endswith(("first", "second"))]
        self.assertEqual(counts, [COUNT, COUNT])
        # Or the same one to both.
        self.assert_code(self.go("--map", together[0], "--map", together[1], archive=tree,
                                 journal="both.journal"), 0)
        both, = [name for name in self.server.mailboxes() if name.endswith("a_b")]
        self.assertEqual(self.server.count(mailbox=both), 2 * COUNT)

    def test_a_refused_message(self):
        refuse = [max(one.size for one in self.wanted)]
        with FakeImap(on_append=lambda head: Refusal("NO", "[CANNOT] no")
                      if head.size in refuse else None) as server:
            outcome = self.migrate(server, self.archive, "Mail")
            self.assert_code(outcome, 3)
            self.assertIn("mboxferry retry sends them", outcome.out)
            refuse.clear()
            self.assert_code(self.run_program(
                "retry", self.folder / "job.journal", "--progress=none", "--password-file",
                server.password_file()), 0)
            self.assertEqual(len(server.bodies("Mail")), COUNT)

    def test_a_message_larger_than_a_day(self):
        self.fails(self.go("--max-bytes-per-day=10"), "raise --max-bytes-per-day")
        self.arrives(self.go("--max-bytes-per-day=10M"))

    def test_a_mailbox_that_is_too_long(self):
        outcome = self.go(mailbox="x" * 300)
        self.fails(outcome, "of 255 bytes at most")
        self.assertNotIn("x" * 50, outcome.err)
        self.arrives(self.go(mailbox="x" * 200), "x" * 200)

    def test_settings_of_another_job_are_named(self):
        self.arrives(self.go())
        outcome = self.go("--map", f"{self.archive.stem}=Other")
        self.fails(outcome, "run the command that made this journal")
        self.assertRegex(outcome.err, r'its settings has "?[^"]*"?, this one has "map=\S+=Other"')
        self.assertNotIn("labels", outcome.err)

    def test_a_mailbox_that_cannot_be(self):
        self.fails(self.go(mailbox="a/../b"), "leave out empty levels, control characters")
        self.arrives(self.go())


class UsageAdviceTest(AdviceTest):
    def test_options_with_other_values(self):
        error = self.fails(self.go("--append-mode=fast"), "it takes auto, multiappend")
        values = re.split(r", | or ", re.search(r"it takes (.*)", error)[1])
        self.assertEqual(len(values), 5)
        for number, value in enumerate(values):
            self.arrives(self.go("--append-mode", value, mailbox=f"Mail{number}",
                                 journal=f"{number}.journal"), f"Mail{number}")
        self.fails(self.go("--dedupe=all"), "it takes none, message-id or content")
        self.arrives(self.go("--dedupe=content"))

    def test_reports_of_a_dry_run(self):
        self.fails(self.go("--dry-run", "--metrics-file", "metrics.prom"),
                   "--report-json, --report-csv and --report-html write the plan")
        self.assert_code(self.go("--dry-run", "--report-json", "plan.json", "--report-csv",
                                 "plan.csv", "--report-html", "plan.html"), 0)
        self.assertTrue(self.report("plan.json")["go"])
        self.assertIn("GO: 1 of 1 account can go", (self.folder / "plan.html").read_text())

    def test_a_report_that_cannot_be_written(self):
        self.fails(self.go("--report-json", "/proc/report.json"), "choose")
        self.arrives(self.go("--report-json", "report.json"))

    def test_a_trace_that_cannot_be_written(self):
        self.fails(self.go("--log-file", "/proc/trace"), "choose a place that can be written")
        self.arrives(self.go("--log-file", self.folder / "trace"))
        self.assertTrue((self.folder / "trace").stat().st_size)

    def test_two_forms_of_a_scan(self):
        self.fails(self.run_program("scan", "--json", "--list", self.archive), "exclude each other")
        for form in ("--json", "--list"):
            self.assert_code(self.run_program("scan", form, self.archive), 0)


if __name__ == "__main__":
    unittest.main()
