# SPDX-License-Identifier: Apache-2.0
# A name in --map, --map-file, --include or --exclude that no folder has: the mail would go where
# nobody asked, or be left behind.

import unittest

from support import archives
from support.batch import COLUMNS, BatchTest
from support.dovecot import Dovecot
from support.dovecot_test import WithDovecot


class UnmetChoiceTest(WithDovecot, BatchTest):
    @classmethod
    def new_server(cls):
        return Dovecot({"alice": "secret", "bert": "pw"}, separator="/")

    def setUp(self):
        super().setUp()
        self.server.delete_all("bert")
        self.mail = self.folder / "mail"
        self.mail.mkdir()
        for seed, name in enumerate(("Inbox", "Lists")):
            archives.make(self.mail / name, 3, seed=seed)

    def go(self, *more, code=0, archive=None):
        outcome = self.run_program(
            "migrate", archive or self.mail, "--to", self.server.url("", "alice"), "--ca-file",
            self.server.ca_file, "--password-file", self.server.password_file("alice"),
            "--state-dir", self.folder / "state", "--progress=none", *more)
        self.assert_code(outcome, code)
        return outcome

    def sent(self):
        return sum(self.server.count("alice", name) for name in self.server.mailboxes("alice"))

    def test_nothing_is_sent_and_the_nearest_is_named(self):
        for option, value in (("--map", "Lsits=Archive/Lists"), ("--include", "lsts")):
            for more in (("--dry-run",), ()):
                outcome = self.go(f"{option}={value}", *more, code=64)
                self.assertIn(f"{option}={value.split('=')[0]}", outcome.err)
                self.assertIn("did you mean Lists?", outcome.err)
        self.assertIn("the folders there are Inbox, Lists",
                      self.go("--map", "Nonsense=X", "--map", "Lists=Y", code=64).err)
        self.assertFalse(list((self.folder / "state").glob("*.journal")))
        self.assertEqual(self.sent(), 0)
        self.go("--map", "lists*=X", code=64)
        self.go("--map", "List*=Archive/Lists", "--exclude=Inbox")
        self.assertEqual(self.sent(), 3)

    def test_a_file_of_rules_may_be_for_other_archives_too(self):
        rules = self.folder / "rules"
        rules.write_text("Lists=L\nLsits=M\n")
        outcome = self.go("--map-file", rules, "--dry-run")
        self.assertIn("no folder in", outcome.err)
        self.assertIn("Lsits, which --map-file names", outcome.err)
        rules.write_text("Lsits=M\n")
        self.assertIn("did you mean Lists?", self.go("--map-file", rules, code=64).err)

    def test_labels_are_known_when_the_archive_is_read(self):
        box = self.folder / "All.mbox"
        box.write_bytes(b"From a@b.c Mon Mar  2 08:15:10 2015\nSubject: x\n"
                        b"X-Gmail-Labels: Work\nMessage-ID: <1@x>\n\nx\n\n")
        self.go("--map", "Wrok=Job", "--labels=none", "--dry-run", code=64, archive=box)
        self.go("--map", "Work=Job", archive=box)
        self.assertEqual(self.server.count("alice", "Job"), 1)

    def test_a_job_that_has_begun_leaves_out_what_has_gone(self):
        self.go("--max-messages-per-day=4", code=75)
        (self.mail / "Lists").unlink()
        self.go("--exclude=Lists")

    def test_a_precaution_is_told_and_holds_nothing_up(self):
        self.assertIn("no folder in mail is Lits, which --exclude names; did you mean Lists?",
                      self.go("--exclude=Lits", "--exclude=Trash").err.replace(str(self.mail), "mail"))
        self.assertEqual(self.sent(), 6)

    def test_commands_that_only_read(self):
        self.assert_one_line(self.run_program("scan", self.mail, "--include", "Lsits"), 64,
                             "did you mean Lists?")
        senders = self.folder / "senders"
        senders.write_text("a@example.org\n")
        self.assert_one_line(self.run_program("senders", "check", "--senders", senders, self.mail,
                                              "--include", "Lsits"), 64, "did you mean Lists?")

    def batch_of(self, *more, code, rows=None, columns=COLUMNS):
        self.make_archive("bert", 3, seed=1)
        both = rows or [self.row(self.server, "bert"),
                        self.row(self.server, "alice", archive="mail")]
        self.write_csv(both, columns)
        outcome = self.batch(*more)
        self.assert_code(outcome, code)
        return outcome

    def test_a_batch_wants_it_met_by_one_of_its_archives(self):
        for more in (("--dry-run",), ()):
            outcome = self.batch_of("--map", "Lsits=X", *more, code=64)
            self.assertIn("did you mean Lists?", outcome.err)
            self.assertIn("accounts.csv", outcome.err)
        self.assertEqual(self.sent(), 0)
        self.batch_of("--map", "Lists=X", "--exclude", "Inbox", code=0)
        self.assertEqual(self.sent(), 3)
        # What is done is done, whatever has become of its archive.
        (self.mail / "Lists").unlink()
        self.batch_of("--map", "Lists=X", "--exclude", "Inbox", "--only=bert", code=0)
        self.assertIn("did you mean bert?", self.batch_of("--only=brt", code=64).err)

    def test_a_batch_tells_what_is_to_be_left_out_and_is_not_there(self):
        for more in (("--dry-run",), ()):
            outcome = self.batch_of("--exclude=Lits", "--exclude=Inbox", *more, code=0)
            self.assertRegex(outcome.err, "no folder in the archives of .*accounts.csv is Lits, "
                                          "which --exclude names; did you mean Lists")
            self.assertNotIn("is Inbox", outcome.err)

    def test_directories_that_are_no_part_of_a_name(self):
        deep = self.folder / "top"
        (deep / "a/b").mkdir(parents=True)
        for name in ("Inbox", "Lists"):
            archives.make(deep / "a/b" / name, 3)
        for value in ("--include=a/b/Lists", "--map=a/b/Lists=X"):
            self.assertIn("did you mean Lists?", self.go(value, code=64, archive=deep).err)
        self.assertIn("did you mean Inbox, Lists?", self.go("--map=a=X", code=64, archive=deep).err)

    def test_a_row_wants_what_it_names_itself(self):
        rows = [self.row(self.server, "bert", map="Lists=X"),
                self.row(self.server, "alice", archive="mail", map="Lists=X")]
        for more in (("--dry-run",), ()):
            outcome = self.batch_of(*more, code=1, rows=rows, columns=(*COLUMNS, "map"))
            self.assertIn("1 of 2 accounts", outcome.out)
            self.assertIn("--map=Lists names", outcome.out)


if __name__ == "__main__":
    unittest.main()
