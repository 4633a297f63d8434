# SPDX-License-Identifier: Apache-2.0
# Folders whose names become one, and mail that sender lists have filed: each advice is followed, and
# the server has every message once then.

import collections
import re
import unittest

from support import archives
from support.dovecot import Dovecot
from support.dovecot_test import WithDovecot
from support.program import ProgramTest

COMPOSED, DECOMPOSED = "\u00dcber", "U\u0308ber"
A, B = ([f"{letter}{number}" for number in range(count)] for letter, count in (("a", 12), ("b", 9)))


def mbox(names, sender="a@example.com"):
    return b"".join(
        b"From %s %s\nFrom: %s\nMessage-ID: <%s@example.com>\nDate: %s\nSubject: %s\n\n%s\n\n" % (
            (sender % number if "%" in sender else sender).encode(),
            archives.asctime(archives.FIRST_DATE + number * 60),
            (sender % number if "%" in sender else sender).encode(), name.encode(),
            archives.rfc_date(archives.FIRST_DATE + number * 60).strip(), name.encode(),
            name.encode() * 30)
        for number, name in enumerate(names))


class AdviceTest(WithDovecot, ProgramTest):
    @classmethod
    def new_server(cls):
        return Dovecot(separator="/", special_use=True)

    def setUp(self):
        super().setUp()
        self.mail = self.folder / "mail"
        self.mail.mkdir()

    def put(self, name, names, below="mail"):
        (self.folder / below).mkdir(exist_ok=True)
        (self.folder / below / name).write_bytes(mbox(names))

    def go(self, code, *more, archive=None, journal="job.journal", **extra):
        outcome = self.migrate(self.server, archive or self.mail, None, *more, journal=journal, **extra)
        self.assert_code(outcome, code)
        return outcome

    def batch(self, code, *more):
        table = self.folder / "accounts.csv"
        table.write_text(f"archive,user,password_file\nmail,alice,{self.server.password_file()}\n")
        table.chmod(0o600)
        outcome = self.run_program("batch", table, "--host", "localhost", "--port",
                                   self.server.tls_port, "--ca-file", self.server.ca_file,
                                   "--state-dir", "states", "--progress=none", *more)
        self.assert_code(outcome, code)
        return outcome

    @staticmethod
    def advised(outcome, mailbox="Apart"):
        """The options that an error names."""
        rules = re.findall(r"--map '([^']*=[^']*)'", outcome.err)
        skip = ["--skip-existing"] if "--skip-existing" in outcome.err else []
        return skip + [part for rule in rules
                       for part in ("--map", rule.replace("=MAILBOX", "=" + mailbox))]

    def assert_once(self, names):
        found = collections.Counter(
            re.search(rb"Message-ID: <(\w+)@", one.body)[1].decode()
            for mailbox in self.server.mailboxes()
            for one in self.server.fetch_all(mailbox=mailbox))
        self.assertEqual(found, collections.Counter(names))

    def test_composed_is_stored_and_decomposed_is_added(self):
        for first, second in ((COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)):
            for new_job in (True, False):
                with self.subTest(first=first.encode(), new_job=new_job):
                    self.server.delete_all()
                    for path in (*self.mail.iterdir(), *self.folder.glob("*.journal*")):
                        path.unlink()
                    self.put(first, A)
                    self.go(0)
                    self.put(second, B)
                    outcome = self.go(78, journal="other.journal" if new_job else "job.journal")
                    self.assertNotIn("rename", outcome.err)
                    self.assertIn("--skip-existing", outcome.err)
                    self.go(0, *self.advised(outcome), journal="third.journal")
                    self.assert_once(A + B)

    def test_neither_of_both_is_stored(self):
        self.put(COMPOSED, A)
        self.put(DECOMPOSED, B)
        self.go(0, *self.advised(self.go(78)))
        self.assert_once(A + B)

    def test_a_mailbox_of_each_name_is_there(self):
        for one, other in (("work", "Work"), (COMPOSED, DECOMPOSED)):
            for new_job in (True, False):
                with self.subTest(one=one, new_job=new_job):
                    self.server.delete_all()
                    for path in (*self.mail.iterdir(), *self.folder.glob("*.journal*")):
                        path.unlink()
                    self.put(one, A, "alone")
                    self.put(other, B)
                    self.go(0, archive=self.folder / "alone", journal="alone.journal")
                    (self.folder / "alone" / one).unlink()
                    self.go(0)
                    self.put(one, A)
                    if new_job:
                        outcome = self.go(78, journal="new.journal")
                        self.go(0, *self.advised(outcome), journal="new.journal")
                    else:
                        self.go(0)
                    self.assert_once(A + B)

    def test_a_job_that_goes_on_asks_for_the_spellings_of_an_added_folder(self):
        for batch in (False, True):
            with self.subTest(batch=batch):
                self.server.delete_all()
                for path in (*self.mail.iterdir(), *self.folder.glob("*.journal*")):
                    path.unlink()
                self.put("x.y", A, "alone")
                self.go(0, archive=self.folder / "alone", journal="alone.journal")
                self.put("x_y", B)
                go = self.batch if batch else self.go
                go(0)
                self.put("x.y", A)
                if not batch:
                    self.assertIn("NO GO", self.go(1, "--dry-run").out)
                outcome = go(1 if batch else 78)
                self.assertIn("mail of 'x.y' is in 'x_y'", outcome.err)
                self.assertIn("another --journal", outcome.err)
                self.go(0, *self.advised(outcome), journal="new.journal")
                self.assert_once(A + B)

    def test_labels_that_clash_are_seen_once_much_is_read(self):
        many = [f"m{number}" for number in range(300)]  # more than one batch of the index
        (self.mail / "All mail.mbox").write_bytes(b"".join(
            mbox(names).replace(b"Subject:", b"X-Gmail-Labels: %s\nSubject:" % label.encode())
            for label, names in ((COMPOSED, many), (DECOMPOSED, B))))
        outcome = self.go(78, "--labels", "first")
        self.go(0, "--labels", "first", *self.advised(outcome))
        self.assert_once(many + B)

    def test_a_folder_that_its_owner_copied_is_no_second_copy(self):
        self.put("x_y", A)
        self.go(0)
        self.put("x.y", A)
        self.go(0)
        self.assert_once(A + A)

    def test_two_folders_of_which_one_is_in_doubt(self):
        self.put("x.y", A)
        self.go(-9, "--connections", "1", MBOXFERRY_CRASH_AT="batch-answered")
        self.put("x_y", B)
        outcome = self.go(78)
        self.assertIn("another --journal (a batch: --state-dir) and --skip-existing", outcome.err)
        self.go(0, *self.advised(outcome), journal="new.journal")
        self.assert_once(A + B)

    def test_a_new_job_without_the_lists_of_the_first(self):
        names = [f"c{number}" for number in range(60)]
        (self.mail / "Work").write_bytes(mbox(names, "s%d@spam.example"))
        (self.folder / "lists").write_text("s1@spam.example\ns3@spam.example\ns5@spam.example\n")
        self.go(0, "--senders", "lists")
        self.assertEqual(self.server.count(mailbox="Junk"), 3)
        self.assertIn("--skip-existing", self.go(78, journal="new.journal").err)
        outcome = self.go(1, "--skip-existing", "--dry-run", journal="new.journal")
        self.assertIn("NO GO", outcome.out)
        outcome = self.go(78, "--skip-existing", journal="new.journal")
        self.assertIn("mailbox Junk holds 3 messages", outcome.err)
        self.assert_once(names)
        self.go(0, "--skip-existing", "--senders", "lists", journal="new.journal")
        self.assert_once(names)
        # One of many may be there by chance.
        self.go(0, "--skip-existing", "--allow-copies", journal="third.journal")
        self.assert_once(names + ["c1", "c3", "c5"])

    def test_what_is_in_junk_by_chance_stops_nobody(self):
        self.put("Work", A)
        self.put("Other", A[:1] + B, "alone")
        self.go(0, "--map", "Other=Junk", archive=self.folder / "alone", journal="alone.journal")
        outcome = self.go(0, "--skip-existing")
        self.assertIn("Junk: 1 of its 10 messages is among those to be sent", outcome.err)


if __name__ == "__main__":
    unittest.main()
