# SPDX-License-Identifier: Apache-2.0
# Mail that is there already in a mailbox of another name than the planned one.

import gzip
import os
import re
import shutil
import unittest
import zipfile

from support import archives
from support.courier import Courier, courier_root
from support.cyrus import Cyrus, cyrus_root
from support.dovecot import Dovecot
from support.dovecot_test import WithDovecot
from test_second_copy import COUNT, CopyTest


class RefusedNames:
    """A name that the server refuses, and the one that takes its place."""

    prefix = ""

    def setUp(self):
        super().setUp()
        self.place = self.prefix + self.replaced

    def full(self):
        return {name: count for name, count in self.held().items() if count}

    def test_a_new_job_finds_the_mailbox_of_the_replaced_name(self):
        self.make(self.refused)
        self.run_job(self.mail)
        self.assertEqual(self.full(), {self.place: COUNT})
        for _ in range(2):
            outcome = self.assert_stopped(self.mail, state="state-b", into=self.place)
            self.assertIn(f"messages for {self.prefix}{self.refused};", outcome.err)
        self.assert_stopped(self.mail / self.refused, state="state-b", into=self.place)

    def test_skip_existing_goes_on_in_it(self):
        archive = self.make(self.refused)
        self.run_job(archive)
        archives.make(archive, COUNT + 30)
        told = f"goes into mailbox {self.place}, which holds this mail"
        plan = self.run_job(archive, None, "--skip-existing", "--dry-run", state="state-b")
        self.assertIn(told, plan.err)
        self.assertRegex(plan.out, rf"(?m)^ +{self.place} +30 ")
        outcome = self.run_job(archive, None, "--skip-existing", state="state-b")
        self.assertIn(told, outcome.err)
        self.assertEqual(self.full(), {self.place: COUNT + 30})
        self.run_job(archive, None, "--skip-existing", state="state-b")
        self.run_job(archive, None, "--skip-existing", state="state-c")
        self.assertEqual(self.full(), {self.place: COUNT + 30})

    def test_allow_copies_takes_the_next_spelling(self):
        archive = self.make(self.refused)
        self.run_job(archive)
        for _ in range(2):
            self.run_job(archive, None, "--allow-copies", state="state-b")
        self.assertEqual(self.full(), {self.place: COUNT, self.place + "_": COUNT})

    def test_other_mail_is_left_alone(self):
        other = self.folder / self.replaced
        archives.make(other, COUNT, seed=5)
        self.run_job(other)
        archive = self.make(self.refused)
        self.run_job(archive)
        self.assertEqual(self.full(), {self.place: COUNT, self.place + "_": COUNT})
        self.assert_stopped(archive, state="state-b", into=self.place + "_")
        self.run_job(archive, None, "--skip-existing", state="state-b")
        self.assertEqual(self.full(), {self.place: COUNT, self.place + "_": COUNT})

    def test_the_mailbox_of_another_folder_is_left_to_it(self):
        self.make(self.refused)
        self.make(self.replaced, seed=5)
        self.run_job(self.mail)
        both = {self.place: COUNT, self.place + "_": COUNT}
        self.assertEqual(self.full(), both)
        self.assert_stopped(self.mail, state="state-b")
        self.run_job(self.mail, None, "--skip-existing", state="state-b")
        self.assertEqual(self.full(), both)

    def test_an_empty_mailbox_is_used(self):
        client = self.server.client()
        client.create(self.place)
        client.logout()
        archive = self.make(self.refused)
        self.run_job(archive)
        self.assertEqual(self.full(), {self.place: COUNT})


class DovecotTest(RefusedNames, WithDovecot, CopyTest):
    refused, replaced = "example.com", "example_com"

    @classmethod
    def new_server(cls):
        return Dovecot(separator="/")


@unittest.skipUnless(cyrus_root(), "Cyrus is not unpacked here; tools/test does it")
class CyrusTest(RefusedNames, WithDovecot, CopyTest):
    refused, replaced = 'Q"A', "Q_A"

    @classmethod
    def new_server(cls):
        return Cyrus(separator="/", prefix="")

    def test_two_refused_names_of_one_spelling(self):
        for number, name in enumerate(('q"x', "q;x", "q\\x")):
            self.make(name, seed=number)
        self.run_job(self.mail, None, "--connections", "4")
        made = {name: COUNT for name in self.held() if name != "INBOX"}
        self.assertEqual(len(made), 3)
        self.assertEqual(self.full(), made)
        self.assert_stopped(self.mail, state="state-b")
        self.run_job(self.mail, None, "--skip-existing", "--connections", "4", state="state-b")
        self.assertEqual(self.full(), made)


@unittest.skipUnless(courier_root(), "Courier is not unpacked here; tools/test does it")
class CourierTest(RefusedNames, WithDovecot, CopyTest):
    refused, replaced, prefix = "Fun\U0001f389", "Fun_", "INBOX."

    @classmethod
    def new_server(cls):
        return Courier()


class OtherCommandsTest(WithDovecot, CopyTest):
    """The same archive under another set of names."""

    @classmethod
    def new_server(cls):
        return Dovecot({"alice": "secret"}, separator="/")

    def assert_one_copy(self, first, *others, skipped):
        """`first` stores mail; each of the others finds it, and --skip-existing goes on in it."""
        self.run_job(first)
        for number, paths in enumerate(others):
            held = self.held()
            state = f"other-{number}"
            self.run_job(paths, None, "--dry-run", state=state, code=1)
            outcome = self.run_job(paths, None, state=state, code=78)
            self.assertRegex(outcome.err, "already holds .* nothing was created or sent")
            self.assertEqual(self.held(), held)
            outcome = self.run_job(paths, None, "--skip-existing", state=state)
            self.assertIn(f"{skipped[number]} skipped", outcome.out.splitlines()[0])
            for name, count in held.items():
                self.assertEqual(self.held()[name], count, name)
        return self.held()

    def account(self, name, folders, seed):
        """A folder of accounts as Thunderbird keeps it."""
        for folder in folders:
            path = self.folder / "profile" / "Mail" / name / folder
            path.parent.mkdir(parents=True, exist_ok=True)
            archives.make(path, COUNT, seed=seed)
            seed += 1
            (path.parent / f"{path.name}.msf").write_text('// <!-- <mdb:mork:z v="1.4"/> -->\n')
        (self.folder / "profile" / "prefs.js").write_text('user_pref("mail.root.none", "x");\n')
        return self.folder / "profile" / "Mail" / name

    def test_an_archive_that_is_named_after_the_user(self):
        own, other = self.make("alice.mbox"), self.make("B.mbox", seed=2)
        held = self.assert_one_copy(own, [own, other], [other, own], self.mail,
                                    skipped=(COUNT, 2 * COUNT, 2 * COUNT))
        self.assertEqual(held, {"INBOX": COUNT, "B": COUNT})

    def test_the_folder_first_and_an_archive_of_it_alone(self):
        own = self.make("alice.mbox")
        self.make("B.mbox", seed=2)
        held = self.assert_one_copy(self.mail, own, skipped=(COUNT,))
        self.assertEqual(held, {"INBOX": 0, "alice": COUNT, "B": COUNT})

    def test_one_account_and_then_two(self):
        local = self.account("Local Folders", ("Inbox", "Inbox.sbd/Work"), 1)
        self.account("pop.example.org", ("Inbox",), 5)
        held = self.assert_one_copy(local, self.folder / "profile", skipped=(2 * COUNT,))
        self.assertEqual(held, {"INBOX": COUNT, "INBOX/Work": COUNT,
                                "pop_example_org/Inbox": COUNT})

    def test_two_accounts_and_then_one_and_a_folder(self):
        local = self.account("Local Folders", ("Inbox", "Inbox.sbd/Work"), 1)
        self.account("pop.example.org", ("Inbox",), 5)
        work = local / "Inbox.sbd" / "Work"
        held = self.assert_one_copy(self.folder / "profile", local, work,
                                    skipped=(2 * COUNT, COUNT))
        self.assertEqual(held, {"INBOX": 0, "Local Folders/Inbox": COUNT,
                                "Local Folders/Inbox/Work": COUNT, "pop_example_org/Inbox": COUNT})

    def test_a_subfolder_of_a_maildir(self):
        for number, name in enumerate((".", ".Sent")):
            for part in ("cur", "new", "tmp"):
                (self.folder / "Maildir" / name / part).mkdir(parents=True)
            for one in range(30):
                (self.folder / "Maildir" / name / "cur" / f"{1_500_000_000 + one}.a{one}.h:2,S"
                 ).write_bytes(b"Message-ID: <%d.%d@example>\nSubject: x\n\nbody\n" % (number, one))
        held = self.assert_one_copy(self.folder / "Maildir", self.folder / "Maildir" / ".Sent",
                                    skipped=(30,))
        self.assertEqual(held, {"INBOX": 30, "Sent": 30})

    def test_a_mailbox_that_the_user_names_is_the_user_s_choice(self):
        own = self.make("alice.mbox")
        self.run_job(own)
        self.run_job(own, "Other")
        self.assertEqual(self.held(), {"INBOX": COUNT, "Other": COUNT})

    def test_a_mailbox_that_the_user_no_longer_names(self):
        own = self.make("A.mbox")
        self.run_job(own, "Old")
        # Another job's journal that cannot be read is no reason to stop or to go on.
        (self.folder / "state-a" / "alice-damaged.journal").write_bytes(b"no journal")
        stopped = self.assert_stopped(own, into="Old")
        self.assertIn("messages for A;", stopped.err)
        archives.make(own, COUNT + 30)
        outcome = self.run_job(own, None, "--skip-existing")
        self.assertIn("A goes into mailbox Old, which holds this mail", outcome.err)
        self.assertEqual(self.held(), {"INBOX": 0, "Old": COUNT + 30})
        self.run_job(own, None, "--allow-copies", "--journal", self.folder / "other.journal")
        self.assertEqual(self.held(), {"INBOX": 0, "Old": COUNT + 30, "A": COUNT + 30})

    def test_a_mailbox_that_is_no_longer_named_where_labels_count(self):
        box = self.folder / "All mail.mbox"
        box.write_bytes(b"".join(
            b"From a@b.c %s\nX-Gmail-Labels: %s\nMessage-ID: <l%d@example>\nSubject: %d\n\nx %d\n\n"
            % (archives.asctime(archives.FIRST_DATE + one), (b"Inbox", b"Work")[one % 2], one, one, one)
            for one in range(20)))
        for mailbox in ("Old", "INBOX"):
            with self.subTest(mailbox):
                self.server.delete_all()
                self.run_job(box, mailbox, state=f"state-{mailbox}")
                held = self.held()
                self.run_job(box, None, "--dry-run", code=1, state=f"state-{mailbox}")
                for more in ((), ("--skip-existing",)):
                    outcome = self.run_job(box, None, *more, code=78, state=f"state-{mailbox}")
                    self.assertIn("without labels", outcome.err)
                self.assertEqual(self.held(), held)
                outcome = self.run_job(box, None, "--labels=none", code=78, state=f"state-{mailbox}")
                self.assertIn(f"mailbox {mailbox} already holds", outcome.err)
                self.run_job(box, None, "--labels=none", "--skip-existing", state=f"state-{mailbox}")
                self.assertEqual(self.held(), held)

    def test_a_mailbox_that_is_no_longer_named_by_an_archive_that_was_moved(self):
        """Packed, unpacked, renamed or copied: another file, which begins with the same mail."""
        own = self.make("A.mbox")
        with zipfile.ZipFile(self.folder / "A.zip", "w", zipfile.ZIP_DEFLATED) as pack:
            pack.write(own, "A.mbox")
        with gzip.open(self.folder / "mail-of-2019.mbox.gz", "wb") as pack:
            pack.write(own.read_bytes())
        moved = self.folder / "kept" / "Letters.mbox"
        moved.parent.mkdir()
        shutil.copy(own, moved)
        forms = {"plain": own, "zip": self.folder / "A.zip",
                 "gz": self.folder / "mail-of-2019.mbox.gz", "moved": moved}
        for first in forms:
            self.server.delete_all()
            self.run_job(forms[first], "Old", state=f"state-{first}")
            for second in forms.keys() - {first}:
                with self.subTest(first=first, second=second):
                    self.assert_stopped(forms[second], state=f"state-{first}", into="Old")
                    self.run_job(forms[second], None, "--skip-existing", state=f"state-{first}")
                    self.assertEqual(self.held(), {"INBOX": 0, "Old": COUNT})

    def test_another_archive_that_shares_a_few_messages_is_no_copy(self):
        self.run_job(self.make("A.mbox"), "Old")
        other = self.make("B.mbox", seed=7)
        own = (self.mail / "A.mbox").read_bytes()
        second = own.index(b"\nFrom ", 1) + 1
        other.write_bytes(own[:second] + other.read_bytes())
        self.run_job(other)
        self.assertEqual(self.held(), {"INBOX": 0, "Old": COUNT, "B": COUNT + 1})

    def test_mail_that_labels_of_another_command_have_spread(self):
        box = self.folder / "All mail.mbox"
        box.write_bytes(b"".join(
            b"From a@b.c %s\nX-Gmail-Labels: %s\nMessage-ID: <l%d@example>\nSubject: %d\n\nx %d\n\n"
            % (archives.asctime(archives.FIRST_DATE + one),
               (b"Inbox", b"Work", b"Sent", b"Inbox,Work")[one % 4], one, one, one)
            for one in range(20)))
        takeout = self.folder / "takeout.zip"
        with zipfile.ZipFile(takeout, "w") as pack:
            pack.write(box, "Takeout/Mail/All mail.mbox")
        for first, second in ((box, box), (takeout, box), (box, takeout)):
            with self.subTest(first=first.name, second=second.name):
                state = f"state-{first.name}-{second.name}"
                self.server.delete_all()
                self.run_job(first, "Old", "--labels=all", state=state)
                held = self.held()
                self.run_job(second, None, "--labels=none", "--dry-run", code=1, state=state)
                for more in ((), ("--skip-existing",)):
                    outcome = self.run_job(second, None, "--labels=none", *more, code=78, state=state)
                    self.assertIn("where labels or sender lists of an older job put it", outcome.err)
                self.run_job(second, code=78, state=state)
                self.assertEqual(self.held(), held)

    def test_a_copy_of_a_folder_that_is_added_to_a_job(self):
        self.make("Work")
        self.run_job(self.mail)
        self.make("Old/Work")
        self.run_job(self.mail)
        self.assertEqual(self.held(), {"INBOX": 0, "Work": COUNT, "Old/Work": COUNT})

    def test_an_account_that_appears_between_two_runs(self):
        self.account("Local Folders", ("Inbox",), 1)
        self.run_job(self.folder / "profile")
        self.account("pop.example.org", ("Inbox",), 5)
        for _ in range(2):
            self.run_job(self.folder / "profile")
            self.assertEqual(self.held(), {"INBOX": COUNT, "pop_example_org/Inbox": COUNT})


class ClashTest(WithDovecot, CopyTest):
    @classmethod
    def new_server(cls):
        return Dovecot(separator="/")

    def test_the_advice_for_a_clash_in_a_later_run_works(self):
        for old, new, kept in (("x.y", "x_y", "x_y"), ("work", "Work", "work"),
                               ("Sent", "Gesendet", "Sent")):
            with self.subTest(new):
                self.server.delete_all()
                self.mail = self.folder / f"mail of {new}"
                self.mail.mkdir()
                self.make(old)
                self.run_job(self.mail)
                self.make(new, 30, seed=2)
                outcome = self.run_job(self.mail, code=None)
                self.assert_one_line(outcome, 78, "share a mailbox",
                                     "another --journal (a batch: --state-dir) and "
                                     "--skip-existing, and give")
                said, = re.findall(r"--map '([^']*)=MAILBOX'", outcome.err)
                self.run_job(self.mail, None, "--map", f"{said}=Apart", "--skip-existing",
                             "--journal", self.folder / f"{new}.journal")
                full = {name: count for name, count in self.held().items() if count}
                self.assertEqual(full, {kept: COUNT, "Apart": 30})

    def test_the_advice_for_a_clash_with_what_another_job_stored_works(self):
        for old, new in (("x.y", "x_y"), ("work", "Work"), ("Work", "work"),
                         ("U\u0308ber", "\u00dcber")):
            with self.subTest(new):
                self.server.delete_all()
                self.mail = self.folder / f"mail of {new}"
                self.mail.mkdir()
                self.make(old)
                self.run_job(self.mail)
                self.make(new, 30, seed=2)
                outcome = self.run_job(self.mail, code=None, state="state-b")
                self.assert_one_line(outcome, 78, "share a mailbox")
                maps = re.findall(r"--map '([^']*=[^']*)'", outcome.err)
                self.assertNotIn("MAILBOX", "".join(maps))
                self.run_job(self.mail, None, *(word for rule in maps for word in ("--map", rule)),
                             "--skip-existing", "--journal", self.folder / f"{new}.journal")
                self.assertEqual(sum(self.held().values()), COUNT + 30)

    def test_folders_of_one_name_are_told(self):
        for one in (("\u00e9".encode("latin-1"), "\u00e9".encode()), (b"A", b"A.mbox")):
            with self.subTest(one):
                self.server.delete_all()
                tree = self.folder / f"tree {len(one[1])}"
                tree.mkdir()
                for number, name in enumerate(one):
                    archives.make(self.folder / "made", 30, seed=number)
                    os.rename(self.folder / "made", tree / os.fsdecode(name))
                told = "go into one mailbox; rename one of them to keep them apart"
                packed = shutil.make_archive(str(tree), "tar", tree)
                for archive in (tree, packed):
                    self.assertIn(told, self.run_program("scan", archive).err)
                self.assertIn(told, self.run_job(tree, None, "--dry-run").err)
                self.assertIn(told, self.run_job(tree).err)
                self.assertEqual(sum(self.held().values()), 60)
                self.assertNotIn(told, self.run_job(tree).err)


if __name__ == "__main__":
    unittest.main()
