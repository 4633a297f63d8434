# SPDX-License-Identifier: Apache-2.0
# The same mail named in two ways: as a tree and as its file or pack, under two links, as two copies
# of a download. None of it is stored twice unasked.

import gzip
import io
import os
import re
import shutil
import sqlite3
import tarfile
import unittest
import zipfile

from support import archives
from support.dovecot import Dovecot
from support.dovecot_test import WithDovecot
from support.program import ProgramTest

COUNT = 12


def mbox(first=0, count=COUNT):
    return b"".join(
        b"From a@example.com %s\nFrom: a@example.com\nMessage-ID: <%d@example.com>\nDate: %s\n"
        b"Subject: n\n\ntext %d\n\n" % (archives.asctime(TIME + one), one,
                                       archives.rfc_date(TIME + one).strip(), one)
        for one in range(first, first + count))


def pack(path, files):
    """A zip or tar.gz archive whose members come in the order of `files`."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


TIME = archives.FIRST_DATE


class NamedTwiceTest(WithDovecot, ProgramTest):
    @classmethod
    def new_server(cls):
        return Dovecot(separator="/")

    def go(self, archive, mailbox, *more, code=0, journal="job.journal"):
        outcome = self.migrate(self.server, archive, mailbox, *more, journal=journal)
        if code is not None:
            self.assert_code(outcome, code)
        return outcome

    def held(self):
        counts = {name: self.server.count(mailbox=name) for name in self.server.mailboxes()}
        return {name: count for name, count in counts.items() if count}

    def forms(self, name):
        tree = self.folder / "arch"
        tree.mkdir(exist_ok=True)
        (tree / name).write_bytes(mbox())
        forms = {"tree": tree, "file": tree / name}
        with tarfile.open(self.folder / "arch.tar", "w") as pack:
            pack.add(tree / name, name)
        with zipfile.ZipFile(self.folder / "arch.zip", "w") as pack:
            pack.write(tree / name, name)
        return {**forms, "tar": self.folder / "arch.tar", "zip": self.folder / "arch.zip"}

    def test_one_folder_as_a_tree_and_otherwise_under_a_named_mailbox(self):
        forms = self.forms("Only")
        for one, other in (("tree", "tar"), ("tar", "tree"), ("tree", "file"), ("zip", "tree")):
            with self.subTest(one=one, other=other):
                self.server.delete_all()
                first, again = f"{one}{other}.j", f"{one}{other}.k"
                self.go(forms[one], "Old", journal=first)
                held = self.held()
                # A dry run says no go.
                self.go(forms[other], "Old", "--dry-run", code=1, journal=again)
                self.assertIn("Old", self.go(forms[other], "Old", code=78, journal=again).err)
                self.assertIn("which holds this mail",
                              self.go(forms[other], "Old", "--skip-existing", journal=again).err)
                self.assertEqual(self.held(), held)
                self.go(forms[other], "Old", "--skip-existing", journal=again)
                self.go(forms[one], "Old", journal=first)
                self.assertEqual(self.held(), held)

    def twice(self, first, second, journal):
        """Two commands for the same mail: (archive, mailbox, options) each."""
        with self.subTest(journal):
            self.server.delete_all()
            self.go(first[0], first[1], *first[2:], journal=f"{journal}.j")
            held = self.held()
            self.go(second[0], second[1], *second[2:], "--dry-run", code=1, journal=f"{journal}.k")
            self.go(second[0], second[1], *second[2:], code=78, journal=f"{journal}.k")
            self.go(second[0], second[1], *second[2:], "--skip-existing", journal=f"{journal}.k")
            self.assertEqual(self.held(), held)

    def deep_tree(self):
        tree = self.folder / "deep"
        (tree / "a/b").mkdir(parents=True)
        (tree / "a/b/Work").write_bytes(mbox())
        return tree, self.packed(tree, wrapped=False)

    def packed(self, tree, wrapped):
        pack = self.folder / f"{tree.name}{wrapped}.tar"
        with tarfile.open(pack, "w") as file:
            for path in [tree] if wrapped else sorted(tree.iterdir()):
                file.add(path, path.name)
        return pack

    def test_other_commands_below_a_named_place(self):
        tree, pack = self.deep_tree()
        below = ("--subfolder", "Old")
        self.twice((tree, "Old"), (pack, "Old"), "nested")
        self.twice((tree, "Old"), (tree / "a/b/Work", "Old"), "file")
        self.twice((tree, "Old"), (tree / "a", "Old"), "inner")
        self.twice((tree, None, *below), (pack, None, *below), "subfolder")
        self.twice((pack, "Old"), (tree, None, *below), "mailbox then subfolder")
        # Elsewhere than in the named place, it was not named.
        self.server.delete_all()
        self.go(tree, "Old", journal="one.j")
        self.go(tree, "New", journal="two.j")
        self.assertEqual(self.held(), {"Old/a/b/Work": COUNT, "New/a/b/Work": COUNT})

    def years(self, count=9):
        """As many mailboxes of each last name."""
        tree = self.folder / "years"
        for year in range(count):
            for number, name in enumerate(("Sent", "Lists")):
                path = tree / str(2010 + year) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(mbox(1000 * year + 100 * number))
        return tree

    def test_many_mailboxes_of_one_last_name(self):
        tree = self.years()
        pack = self.folder / "2013.tar"
        with tarfile.open(pack, "w") as file:
            file.add(tree / "2013", ".")
        for mailbox in (None, "Old"):
            self.server.delete_all()
            self.go(tree, mailbox, journal=f"{mailbox}.j")
            held = self.held()
            for number, part in enumerate((tree / "2010", tree / "2017/Sent", pack)):
                journal = f"{mailbox}{number}.j"
                self.go(part, mailbox, "--dry-run", code=1, journal=journal)
                self.assertIn(part.stem if part.is_file() and part.suffix else part.name,
                              self.go(part, mailbox, code=78, journal=journal).err)
                told = self.go(part, mailbox, "--skip-existing", journal=journal).err
                self.assertIn("which holds this mail", told)
                self.assertNotIn("as there are too many", told)
            self.assertEqual(self.held(), held)

    def test_more_mailboxes_of_one_last_name_than_are_asked(self):
        with self.server.session() as client:
            for number in range(70):
                client.create(f"P{number}/Reports")
        (self.folder / "Reports").write_bytes(mbox())
        told = "6 looks into mailboxes that may hold this mail by their names were left out"
        self.assertIn(told, self.go(self.folder / "Reports", None, "--dry-run").err)
        self.assertIn(told, self.go(self.folder / "Reports", None).err)

    def test_a_place_in_another_case(self):
        tree, pack = self.deep_tree()
        self.twice((tree, "Old"), (tree, "old"), "case")
        self.twice((tree, None), (pack, None, "--subfolder", "A"), "case of a level")
        self.twice((tree, "Old"), (pack, None, "--subfolder", "OLD"), "case of a subfolder")

    def test_labels_below_the_place_that_holds_all_of_it(self):
        box = self.folder / "All mail.mbox"
        box.write_bytes(b"".join(
            b"From a@b.c %s\nX-Gmail-Labels: %s\nMessage-ID: <l%d@example>\nSubject: %d\n\nx %d\n\n"
            % (archives.asctime(TIME + one), (b"Inbox", b"Work")[one % 2], one, one, one)
            for one in range(20)))
        below = ("--subfolder", "Gmail")
        for form, packed in (("plain", False), ("packed", True)):
            archive = self.folder / "takeout.zip" if packed else box
            if packed:
                with zipfile.ZipFile(archive, "w") as file:
                    file.write(box, "Takeout/Mail/All mail.mbox")
            with self.subTest(form):
                self.server.delete_all()
                self.go(archive, "Gmail", journal=f"{form}.j")
                self.assertEqual(self.held(), {"Gmail": 20})
                self.go(archive, None, *below, "--dry-run", code=1, journal=f"{form}.k")
                for more in ((), ("--skip-existing",)):
                    outcome = self.go(archive, None, *below, *more, code=78, journal=f"{form}.k")
                    self.assertIn("without labels", outcome.err)
                self.assertEqual(self.held(), {"Gmail": 20})

    def maildir(self, path, first=0):
        for folder in ("cur", "new", "tmp"):
            (path / folder).mkdir(parents=True)
        for one in range(first, first + COUNT):
            message = mbox(one, 1).split(b"\n", 1)[1]
            (path / "cur" / f"{TIME}.{one}.h:2,S").write_bytes(message)

    def test_a_maildir_named_by_itself_and_in_what_it_lies_in(self):
        tree = self.folder / "home"
        self.maildir(tree / "backup")
        self.maildir(tree / "backup/.Work", 100)
        inner, pack = tree / "backup", self.packed(tree / "backup", wrapped=True)
        for mailbox in (None, "Old"):
            self.twice((inner, mailbox), (pack, mailbox), f"directory first {mailbox}")
            self.twice((pack, mailbox), (inner, mailbox), f"pack first {mailbox}")
        shutil.rmtree(inner / ".Work")
        below = ("--subfolder", "Old")
        self.twice((tree, "Old"), (inner, "Old"), "tree and one")
        self.twice((tree, None, *below), (inner, None, *below), "tree and one below")
        self.twice((inner, None, *below), (tree, None, *below), "one and tree below")

    def test_one_delivery_packed_and_plain(self):
        tree = self.folder / "packed"
        self.maildir(tree)
        for path in sorted((tree / "cur").iterdir())[:5]:
            path.with_name(path.name + "Z").write_bytes(gzip.compress(path.read_bytes()))
        self.go(tree, None)
        self.assertEqual(sum(self.held().values()), COUNT)

    def test_a_journal_that_knows_a_package_of_apple_mail_by_its_messages(self):
        tree = self.folder / "V2"
        messages = tree / "IMAP-joe@example.org/Sent.imapmbox/Messages"
        messages.mkdir(parents=True)
        for one in range(4):
            text = mbox(one, 1).split(b"\n", 1)[1]
            (messages / f"{one}.emlx").write_bytes(b"%d\n" % len(text) + text)
            if one == 2:
                self.go(tree, "Old")
                with sqlite3.connect(self.folder / "job.journal") as journal:
                    journal.execute("UPDATE folder SET file = file || '/Messages',"
                                    " path = path || '/Messages'")
        self.go(tree, "Old")
        self.assertEqual(self.held(), {"Old/Sent": 4})

    def test_other_mail_there_is_no_reason_to_stop(self):
        forms = self.forms("Only")
        (self.folder / "other").write_bytes(mbox(1000))
        self.go(self.folder / "other", "Old", journal="other.j")
        self.go(forms["tree"], "Old")
        self.assertEqual(self.held(), {"Old": COUNT, "Old/Only": COUNT})

    def test_a_mailbox_under_the_name_of_another_link(self):
        for packed in (False, True):
            with self.subTest(packed=packed):
                self.server.delete_all()
                tree = self.folder / f"tree{packed}"
                for name in ("daily.0", "daily.1"):
                    (tree / name).mkdir(parents=True)
                (tree / "daily.0/Inbox").write_bytes(mbox())
                os.link(tree / "daily.0/Inbox", tree / "daily.1/Inbox")
                (tree / "daily.1/New").write_bytes(mbox(100))
                archive = tree
                if packed:
                    archive = self.folder / "tree.tar"
                    with tarfile.open(archive, "w") as pack:
                        for name in ("daily.0", "daily.1"):
                            pack.add(tree / name, name)
                self.go(archive, None, journal=f"{packed}j")
                held = self.held()
                exclude = ("--exclude", "daily.0")
                self.go(archive, None, *exclude, code=78, journal=f"{packed}k")
                self.go(archive, None, *exclude, "--skip-existing", journal=f"{packed}k")
                self.assertEqual(self.held(), held)

    def download(self, name, numbers=(1,), first=0):
        paths = []
        for number in numbers:
            path = self.folder / name.replace("001", f"{number:03}")
            with zipfile.ZipFile(path, "w") as pack:
                pack.writestr(zipfile.ZipInfo(f"Takeout/Mail/Box{number}.mbox"),
                              mbox(first + 100 * number))
            paths.append(path)
        return paths

    def scanned(self, archive):
        """How many messages scan says that a job would move."""
        names = archive if isinstance(archive, list) else [archive]
        outcome = self.run_program("scan", *names)
        self.assert_code(outcome, 0)
        return int(re.search(r"^total: (\d+) message", outcome.out, re.M)[1])

    def test_an_mbox_beside_its_packed_form(self):
        tree = self.folder / "list"
        tree.mkdir()
        plain, packed = tree / "2020-January.txt", tree / "2020-January.txt.gz"
        for label, in_plain, in_packed, left_out in (
                ("the same", COUNT, COUNT, packed), ("it has grown", COUNT + 5, COUNT, packed),
                ("it was cut", COUNT, COUNT + 5, plain), ("an empty one", 0, COUNT, None)):
            plain.write_bytes(mbox(0, in_plain))
            packed.write_bytes(gzip.compress(mbox(0, in_packed)))
            for names, archive in (("tree", tree), ("files", [packed, plain])):
                with self.subTest(label, archive=names):
                    self.server.delete_all()
                    self.assertEqual(self.scanned(archive), max(in_plain, in_packed))
                    outcome = self.go(archive, None, journal=f"{label} {names}.journal")
                    self.assertEqual(sum(self.held().values()), max(in_plain, in_packed))
                    self.assertEqual("is not read: it is a copy of" in outcome.err, left_out is not None)
                    if left_out:
                        self.assertIn(f"{left_out} is not read", outcome.err)
                    # The plain one goes on growing, as that of the present month does.
                    self.go(archive, None, journal=f"{label} {names}.journal")
                    self.assertEqual(sum(self.held().values()), max(in_plain, in_packed))

    def test_the_form_that_a_job_does_not_know_holds_more(self):
        tree = self.folder / "list"
        tree.mkdir()
        plain, packed = tree / "A", tree / "A.gz"

        def put(in_plain, in_packed):
            for path, content in ((plain, in_plain and mbox(0, in_plain)),
                                  (packed, in_packed and gzip.compress(mbox(0, in_packed)))):
                path.unlink(missing_ok=True)
                if content:
                    path.write_bytes(content)

        for label, before, after in (("the packed one comes", (6, 0), (6, 9)),
                                     ("the plain one comes", (0, 6), (9, 6)),
                                     ("the plain one grows", (6, 9), (12, 9))):
            with self.subTest(label):
                self.server.delete_all()
                put(*before)
                self.go(tree, None, journal=f"{label}.journal")
                put(*after)
                outcome = self.go(tree, None, code=65, journal=f"{label}.journal")
                self.assertRegex(outcome.err, "A(.gz)? holds what this job has read of .*A(.gz)?, and more")
                self.assertEqual(sum(self.held().values()), max(before))
                self.go(tree, None, "--skip-existing", journal=f"{label}.new.journal")
                self.assertEqual(sum(self.held().values()), max(after))

    def test_an_mbox_beside_its_packed_form_in_a_container(self):
        """A container reads it once as well, whatever the order of its members."""
        for label, in_plain, in_packed, left_out in (
                ("the same", COUNT, COUNT, ".gz"), ("it has grown", COUNT + 5, COUNT, ".gz"),
                ("it was cut", COUNT, COUNT + 5, ""), ("an empty one", 0, COUNT, None)):
            files = {"2020-January.txt": mbox(0, in_plain),
                     "2020-January.txt.gz": gzip.compress(mbox(0, in_packed)),
                     "2020-February.txt": mbox(200)}
            for suffix in ("zip", "tar.gz"):
                for backwards in (False, True):
                    with self.subTest(label, container=suffix, backwards=backwards):
                        self.server.delete_all()
                        archive = self.folder / f"lists.{suffix}"
                        pack(archive, dict(sorted(files.items(), reverse=backwards)))
                        name = f"{label} {suffix} {backwards}.journal"
                        self.assertEqual(self.scanned(archive), max(in_plain, in_packed) + COUNT)
                        outcome = self.go(archive, None, journal=name)
                        held = {"2020-January": max(in_plain, in_packed), "2020-February": COUNT}
                        self.assertEqual(self.held(), held)
                        if left_out is None:
                            self.assertNotIn("is not read: it is a copy of", outcome.err)
                        else:
                            self.assertIn(f"2020-January.txt{left_out} is not read: it is a copy of", outcome.err)
                        self.assertNotIn("are both called", outcome.err if left_out is not None else "")
                        self.go(archive, None, journal=name)
                        self.assertEqual(self.held(), held)

    def test_members_beside_others_that_are_packed(self):
        archive = self.folder / "lists.tar.gz"
        pack(archive, {"A.mbox": mbox(), "A.mbox.gz": gzip.compress(mbox(100))})
        self.assertIn("is called like a copy of", self.go(archive, None).err)
        self.assertEqual(self.held(), {"A": 2 * COUNT})

    def test_an_mbox_beside_another_that_is_packed(self):
        tree = self.folder / "list"
        tree.mkdir()
        (tree / "A.mbox").write_bytes(mbox())
        (tree / "A.mbox.gz").write_bytes(gzip.compress(mbox(100)))
        self.assertIn("is called like a copy of", self.go(tree, None).err)
        self.assertEqual(self.held(), {"A": 2 * COUNT})
        # A job that has both goes on with both.
        (tree / "A.mbox.gz").write_bytes(gzip.compress(mbox(100, COUNT + 3)))
        self.go(tree, None)
        self.assertEqual(self.held(), {"A": 2 * COUNT + 3})

    def test_a_copy_of_a_download_that_is_named_besides(self):
        name = "takeout-20190305T111111Z-001.zip"
        for copy in (" (1)", " - Copy", "-2"):
            with self.subTest(copy):
                self.server.delete_all()
                paths = self.download(name)
                paths += self.download(name.replace(".zip", copy + ".zip"))
                outcome = self.go(paths[::-1], None, journal=copy.strip())
                self.assertRegex(outcome.err, r"is not read: it is a copy of .*-001\.zip, which is")
                self.assertEqual(sum(self.held().values()), COUNT)
                self.go(paths[:1], None, "--dry-run", code=1, journal="plan")
                for path in paths:
                    path.unlink()

    def test_copies_whose_original_is_not_named_or_is_another(self):
        name = "takeout-20190305T111111Z-001.zip"
        paths = [self.download(name.replace(".zip", f" ({one}).zip"))[0] for one in (1, 2)]
        self.assertRegex(self.go(paths, None).err, r"\(2\)\.zip is not read: it is a copy of .*\(1\)")
        self.assertEqual(sum(self.held().values()), COUNT)
        with zipfile.ZipFile(paths[1], "a") as pack:
            pack.writestr("Takeout/Mail/More.mbox", mbox(700))
        self.assertIn("is called like a copy of",
                      self.go(paths, None, "--dry-run", code=None, journal="plan").err)

    def test_copies_of_parts(self):
        name = "takeout-20190305T111111Z-001.zip"
        paths = self.download(name, (1, 2)) + self.download(name.replace(".zip", " (1).zip"), (1, 2))
        self.go(paths, None)
        self.assertEqual(sum(self.held().values()), 2 * COUNT)
        self.server.delete_all()
        # One of the parts is of another download: all are read.
        paths[-1].write_bytes(self.download("takeout-x-001.zip", (2,), 5000)[0].read_bytes())
        self.go(paths, None, journal="other.j")
        self.assertEqual(sum(self.held().values()), 4 * COUNT)

    def test_a_job_that_began_with_one_goes_on_with_it(self):
        mail, copy = self.folder / "mail.mbox", self.folder / "mail (1).mbox"
        for path in (mail, copy):
            path.write_bytes(mbox())
        self.go([copy], "Box")
        self.assertEqual(self.held(), {"Box": COUNT})
        # Another archive is another job, which looks for its mail.
        self.go([mail, copy], "Box", "--skip-existing", journal="both")
        self.assertEqual(sum(self.held().values()), COUNT)
        copy.write_bytes(mbox(500))
        self.go([mail, copy], "Box", journal="differs", code=78)

    def test_what_commands_of_the_job_write_into_the_archive(self):
        tree = self.folder / "tree"
        tree.mkdir()
        (tree / "Box").write_bytes(mbox())
        for run in range(3):
            self.go(tree, None, "--log-file", tree / "run.mbox", "--report-json",
                    tree / f"report{run}.mbox", "--report-csv", tree / "r.mbox")
        self.go(tree, None)
        self.assertEqual(self.held(), {"Box": COUNT})
        self.assertNotIn("run", " ".join(self.server.mailboxes()))
        # Mail is read wherever it lies.
        (tree / "report0.mbox").write_bytes(mbox(300))
        self.go(tree, None)
        self.assertEqual(sum(self.held().values()), 2 * COUNT)


if __name__ == "__main__":
    unittest.main()
