# SPDX-License-Identifier: Apache-2.0
# Mail that is on the server already by another way: from another file of its mailbox, by other
# sender lists, from another journal. None of it is stored twice.

import collections
import contextlib
import gzip
import imaplib
import io
import re
import shutil
import sqlite3
import unittest
import zipfile

from support import archives
from support.dovecot import Dovecot
from support.dovecot_test import WithDovecot
from support.fake_imap import FakeImap
from support.program import ProgramTest

ALL = [f"m{number}" for number in range(12)]
ONE_BY_ONE = ("--append-mode", "synchronizing", "--connections", "1")


def sender_of(name):
    return b"s%d@spam.example" % (int(name[1:]) % 4)


def time_of(name):
    return archives.FIRST_DATE + sum(map(ord, name)) * 977 % 10 ** 6 * 60


def message(name, extra=b"", size=20):
    time = time_of(name)
    sender, name = sender_of(name), name.encode()
    return (b"From %s %s\n%sFrom: %s\nMessage-ID: <%s@example.com>\nDate: %s\n"
            b"Subject: %s\n\n%s\nend of %s\n\n" % (
                sender, archives.asctime(time), extra, sender, name, archives.rfc_date(time).strip(),
                name, name * size, name))


def mbox(names, **how):
    return b"".join(message(name, **how) for name in names)


def zipped(content):
    with io.BytesIO() as file:
        with zipfile.ZipFile(file, "w") as pack:
            pack.writestr("Work.mbox", content)
        return file.getvalue()


class MovedMailTest(WithDovecot, ProgramTest):
    @classmethod
    def new_server(cls):
        return Dovecot(separator="/", special_use=True)

    def setUp(self):
        super().setUp()
        self.number = 0

    def maps_of_both(self):
        """A and B go into M, also where the archive has one of them only."""
        path = self.folder / "maps"
        path.write_text("A=M\nB=M\n")
        return ("--map-file", path)

    def begin(self):
        self.server.delete_all()
        self.number += 1
        self.tree = self.folder / f"case{self.number}"
        self.tree.mkdir()

    def write(self, name, names, **how):
        """An mbox, one in a pack, or a Maildir, by its name."""
        place = self.tree / name
        if "." in name:
            content = mbox(names, **how)
            pack = {"gz": gzip.compress, "zip": zipped}.get(name.rpartition(".")[2], bytes)
            place.write_bytes(pack(content))
            return
        for folder in ("cur", "new", "tmp"):
            (place / folder).mkdir(parents=True, exist_ok=True)
        for one in (place / "cur").iterdir():
            one.unlink()
        for one in names:
            # Without the From_ line, and the blank line that belongs to the mbox.
            (place / "cur" / f"{one}:2,").write_bytes(message(one).split(b"\n", 1)[1][:-1])

    def go(self, *more, code=0, journal="", batch=False, **extra):
        journal = f"{self.number}{journal}"
        pack = self.tree / "Work.zip"
        source = pack if pack.exists() else self.tree
        if batch:
            table = self.folder / "accounts.csv"
            table.write_text("archive,user,password_file\n"
                             f"{source},alice,{self.server.password_file()}\n")
            table.chmod(0o600)
            outcome = self.run_program(
                "batch", table, "--host", "localhost", "--port", self.server.tls_port, "--ca-file",
                self.server.ca_file, "--state-dir", journal, "--progress=none", *more, **extra)
        else:
            outcome = self.migrate(self.server, source, None, *more, journal=journal, **extra)
        self.assert_code(outcome, code)
        return outcome

    @staticmethod
    def stopped(batch):
        """An account of a batch that cannot begin is one that failed."""
        return 1 if batch else 78

    def retry(self):
        self.assert_code(self.run_program("retry", str(self.number), "--ca-file", self.server.ca_file,
                                          "--password-file", self.server.password_file()), 0)

    def lists(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return ("--senders", path)

    def held(self):
        return {name: collections.Counter(
            re.search(rb"Message-ID: <(\w+)@", one.body)[1].decode()
            for one in self.server.fetch_all(mailbox=name)) for name in self.server.mailboxes()}

    def assert_once(self, names):
        self.assertEqual(sum(self.held().values(), collections.Counter()),
                         collections.Counter(names))

    def verify(self, *more):
        self.assert_code(self.run_program("verify", str(self.number), *more, "--password-file",
                                          self.server.password_file()), 0)

    def test_lists_that_change_before_the_mbox_is_written_anew(self):
        for name in ("Work.mbox", "Work.mbox.gz", "Work.zip", "Work"):
            for batch in (False, True) if name == "Work.mbox" else (False,):
                with self.subTest(name=name, batch=batch):
                    self.begin()
                    self.write(name, ALL)
                    lists = self.lists("list", "s1@spam.example\n")
                    self.go(*lists, batch=batch)
                    before = self.held()
                    self.lists("list", "s2@spam.example\n")
                    for names in (ALL, ALL[1:], ALL[:0:-1] + ALL[:1]):
                        self.write(name, names)
                        self.go(*lists, batch=batch)
                        self.assertEqual(self.held(), before)
                    # New mail goes by the lists as they are.
                    self.write(name, ["m13", "m14"] + ALL)
                    self.go(*lists, batch=batch)
                    self.assert_once(ALL + ["m13", "m14"])
                    self.assertEqual(self.held()["Junk"]["m14"], 1)
                    if not batch:
                        self.verify("--strict")

    def test_lists_that_change_while_messages_are_in_doubt(self):
        for point in ("batch-intended", "batch-answered", "index-done"):
            with self.subTest(point):
                self.begin()
                self.write("Work.mbox", ALL[:5])
                lists = self.lists("list", "s1@spam.example\n")
                self.go(*lists)
                self.write("Work.mbox", ALL)
                self.go(*lists, code=-9, MBOXFERRY_CRASH_AT=point)
                self.lists("list", "s2@spam.example\n")
                self.write("Work.mbox", ALL[::-1])
                self.go(*lists, *ONE_BY_ONE)
                self.assert_once(ALL)
                self.verify("--strict")

    def test_lists_and_labels(self):
        self.begin()
        def write(names):
            (self.tree / "All mail.mbox").write_bytes(b"".join(
                message(one, b"X-Gmail-Labels: Work,Inbox,Private\n") for one in names))
        for first, then in (("s1@spam.example\n", "s2@spam.example\n"),
                            ("nobody@spam.example\n", "s1@spam.example\n")):
            for policy in ("first", "all"):
                with self.subTest(first=first, policy=policy):
                    self.begin()
                    write(ALL)
                    lists = (*self.lists("list", first), "--labels", policy)
                    self.go(*lists)
                    before = self.held()
                    self.lists("list", then)
                    write(ALL[::-1])
                    self.go(*lists)
                    self.assertEqual(self.held(), before)
                    self.verify("--strict")

    def test_messages_moved_to_another_file_of_their_mailbox(self):
        for one, other in (("Work.mbox", "Work.mbox.gz"), ("A.mbox", "B.mbox"), ("A", "B"),
                           ("A.mbox", "B")):
            for more in ((), ONE_BY_ONE) if one == "Work.mbox" else ((),):
                for batch in (False, True) if one == "Work.mbox" and not more else (False,):
                    with self.subTest(one=one, other=other, more=more, batch=batch):
                        self.begin()
                        maps = self.maps_of_both() if one[0] == "A" else ()
                        self.write(one, ALL)
                        self.go(*maps, *more, batch=batch)
                        self.write(one, ALL[6:])
                        self.write(other, ALL[:6])
                        self.go(*maps, *more, batch=batch)
                        self.assert_once(ALL)
                        # Back, and in both, where the archive has two.
                        self.write(one, ALL[3:])
                        self.write(other, ALL[:5] + ["m12"])
                        self.go(*maps, *more, batch=batch)
                        self.assert_once(ALL + ["m12"] + ALL[3:5])
                        if not batch:
                            self.verify("--strict")

    def test_messages_that_change_places(self):
        for one, other in (("A.mbox", "B.mbox"), ("A.mbox", "B")):
            self.begin()
            maps = ("--map", "A=M", "--map", "B=M")
            self.write(one, ALL[:6])
            self.write(other, ALL[6:])
            self.go(*maps)
            self.write(one, ALL[6:])
            self.write(other, ALL[:6])
            self.go(*maps)
            self.assert_once(ALL)
            self.verify("--strict")

    def test_moved_while_in_doubt_or_not_sent(self):
        for one, other in (("A.mbox", "B.mbox.gz"), ("A", "B")):
            for point in ("batch-intended", "batch-answered", "index-done"):
                with self.subTest(one=one, other=other, point=point):
                    self.begin()
                    maps = self.maps_of_both()
                    self.write(one, ALL[8:])
                    self.go(*maps)
                    self.write(one, ALL)
                    self.go(*maps, code=-9, MBOXFERRY_CRASH_AT=point)
                    self.write(one, ALL[4:])
                    self.write(other, ALL[:4])
                    self.go(*maps)
                    self.assert_once(ALL)
                    self.verify("--strict")

    def test_a_run_that_is_killed_after_mail_was_moved(self):
        for point in ("index-chunk", "batch-intended", "batch-answered"):
            with self.subTest(point):
                self.begin()
                self.write("Work.mbox", ALL)
                self.go()
                self.write("Work.mbox", ALL[6:])
                self.write("Work.mbox.gz", ALL[:6] + ["m13"])
                self.go(code=-9, MBOXFERRY_CRASH_AT=point)
                self.go()
                self.assert_once(ALL + ["m13"])
                self.verify("--strict")

    def test_moved_by_lists_that_changed(self):
        self.begin()
        lists = self.lists("list", "s1@spam.example\n")
        self.write("Work.mbox", ALL)
        self.go(*lists)
        before = self.held()
        self.lists("list", "s2@spam.example\n")
        self.write("Work.mbox", ALL[6:])
        self.write("Work.mbox.gz", ALL[:6])
        self.go(*lists)
        self.assertEqual(self.held(), before)

    def test_what_another_job_stored_below_the_last_message(self):
        for batch, more in ((False, ()), (True, ()), (False, ONE_BY_ONE)):
            with self.subTest(batch=batch, more=more):
                self.begin()
                for names, journal, how in ((ALL[:6], "a", ()), (ALL, "b", ("--skip-existing",)),
                                            (ALL[:6] + ["m20"], "a", ()), (ALL + ["m20"], "a", ()),
                                            (ALL + ["m20", "m21"], "b", ("--skip-existing",)),
                                            (ALL + ["m20", "m21"], "a", ())):
                    self.write("B.mbox", names)
                    self.go(*how, *more, journal=journal, batch=batch)
                self.assert_once(ALL + ["m20", "m21"])

    def test_what_another_job_stored_while_a_folder_was_excluded(self):
        self.begin()
        maps = ("--map", "A=M", "--map", "B=M")
        self.write("A.mbox", ALL[:3])
        self.write("B.mbox", ALL[3:9])
        self.go(*maps, "--exclude", "A", journal="a")
        self.go(*maps, "--skip-existing", journal="b")
        self.write("B.mbox", ALL[3:10])
        self.go(*maps, "--exclude", "A", journal="a")
        self.go(*maps, journal="a")
        self.assert_once(ALL[:10])

    def test_an_older_journal_below_the_last_message(self):
        self.begin()
        def write(names):
            (self.tree / "B.mbox").write_bytes(b"".join(
                message(one, size=3000 if one in ("m2", "m5") else 20) for one in names))
        write(ALL)
        limit = ("--max-message-size", "5000")
        self.go(*limit, code=3)
        shutil.copy2(self.folder / str(self.number), self.folder / "backup")
        self.retry()
        for file in self.folder.glob(f"{self.number}-*"):
            file.unlink()
        shutil.copy2(self.folder / "backup", self.folder / str(self.number))
        write(ALL + ["m12"])
        self.go(*limit, code=3)
        self.retry()
        self.assert_once(ALL + ["m12"])

    def backups_of(self, host, numbers):
        """Mail of cron: no Message-ID, and of one size whichever host."""
        return b"".join(
            b"From cron@h.example Thu Jun 18 03:00:%02d 2015\nFrom: cron@h.example\nSubject: backup\n"
            b"Date: Thu, 18 Jun 2015 03:00:%02d +0000\n\nbackup of %s, number %02d\n\n"
            % (number, number, host, number) for number in numbers)

    def hosts_held(self):
        return collections.Counter(re.search(rb"host\d", one.body)[0]
                                   for one in self.server.fetch_all(mailbox="B"))

    def test_what_another_job_stored_is_only_ours_by_its_content(self):
        for batch, more in ((False, ()), (True, ()), (False, ONE_BY_ONE)):
            with self.subTest(batch=batch, more=more):
                self.begin()
                place = self.tree / "B.mbox"
                for journal, content in (
                        ("a", self.backups_of(b"host1", range(6))),
                        ("b", self.backups_of(b"host2", range(20, 26))),
                        ("a", self.backups_of(b"host1", [*range(6), *range(20, 26)]))):
                    place.write_bytes(content)
                    how = ("--allow-copies",) if journal == "b" else ()
                    self.go(*how, *more, journal=journal, batch=batch)
                self.assertEqual(self.hosts_held(), {b"host1": 12, b"host2": 6})

    def test_what_another_job_stored_while_messages_were_in_doubt(self):
        self.begin()
        place = self.tree / "B.mbox"
        place.write_bytes(self.backups_of(b"host1", range(6)))
        self.go(journal="a")
        place.write_bytes(self.backups_of(b"host1", [*range(6), *range(20, 26)]))
        self.go(code=-9, journal="a", MBOXFERRY_CRASH_AT="batch-intended")
        place.write_bytes(self.backups_of(b"host2", range(20, 26)))
        self.go("--allow-copies", journal="b")
        place.write_bytes(self.backups_of(b"host1", [*range(6), *range(20, 26)]))
        self.go(journal="a")
        self.assertEqual(self.hosts_held(), {b"host1": 12, b"host2": 6})

    def test_altered_copies_of_others_keep_their_flags(self):
        for more in ((), ("--strict",)):
            with self.subTest(more=more):
                self.begin()
                self.write("B.mbox", ALL[:6])
                self.go()
                with self.server.session() as client:
                    for number, name in enumerate(ALL[6:10]):
                        wire = message(name).split(b"\n", 1)[1][:-1].replace(b"\n", b"\r\n")
                        if number < 2:
                            wire = wire.replace(b"end of", b"END OF")
                        client.append("B", r"(\Flagged)", imaplib.Time2Internaldate(time_of(name)),
                                      wire)
                self.write("B.mbox", ALL)
                self.go(*more)
                # Two have other content, and two are what the archive has.
                self.assert_once(ALL + ALL[6:8])
                with self.server.session() as client:
                    client.select("B")
                    _, flags = client.uid("FETCH", "7:10", "(FLAGS)")
                self.assertEqual([b"Seen" in one for one in flags], [False] * 4)
                self.verify("--full")

    def test_mail_of_others_costs_one_look_and_is_no_copy(self):
        self.begin()
        self.write("B.mbox", ALL[:6])
        self.go()
        with self.server.session() as client:
            for number in range(3):
                client.append("B", None, None, b"Subject: other %d\r\n\r\nx\r\n" % number)
        self.write("B.mbox", ALL[:7])
        self.go()
        self.write("B.mbox", ALL)
        outcome = self.go("--log-file", "trace")
        self.assertNotIn("looking for", outcome.err)
        looks = re.findall(r"UID FETCH (\S+) .*MESSAGE-ID", (self.folder / "trace").read_text())
        self.assertEqual(looks, ["7:9"])
        self.assertEqual(len(list(self.server.fetch_all(mailbox="B"))), len(ALL) + 3)

    def test_a_later_copy_of_what_was_there_before(self):
        for dedupe, batch in (("message-id", False), ("content", False), ("content", True)):
            with self.subTest(dedupe=dedupe, batch=batch):
                self.begin()
                how = ("--dedupe", dedupe)
                self.write("B.mbox", ALL)
                self.go(*how, journal="a", batch=batch)
                self.go(*how, "--skip-existing", journal="b", batch=batch)
                self.write("B.mbox", ALL + ALL[:2] + ["m12"])
                self.go(*how, "--skip-existing", journal="b", batch=batch)
                self.assert_once(ALL + ["m12"])

    def test_a_new_journal_with_other_lists(self):
        names = [f"m{number}" for number in range(16)]
        first, second = self.lists("one", "s1@spam.example\n"), self.lists("two", "s2@spam.example\n")
        rescue = (*self.lists("three", "[allow]\ns1@spam.example\n"), "--rescue-allowed")
        nobody = self.lists("four", "nobody@spam.example\n")
        labels = ("Inbox", "Work,Inbox", "Archived", "Promotions")
        for by_label in (False, True):
            for old, new in ((first, second), ((), first)) if by_label else (
                    (first, rescue), (first, nobody), (first, second), (first, ())):
                with self.subTest(by_label=by_label, old=old, new=new):
                    self.begin()
                    (self.tree / ("All mail.mbox" if by_label else "Work.mbox")).write_bytes(b"".join(
                        message(one, b"X-Gmail-Labels: %s\n" % labels[int(one[1:]) % 4].encode()
                                if by_label else b"") for one in names))
                    self.go(*old, journal="a")
                    self.assertIn("--skip-existing", self.go(*new, code=78, journal="b").err)
                    wrong = self.go(*new, "--skip-existing", code=78, journal="b")
                    self.assertIn("nothing was created or sent", wrong.err)
                    self.go(*old, "--skip-existing", journal="b")
                    self.assert_once(names)

    def takeout(self, labels, names=ALL):
        """The second of two is read later: some labels are others, of the same and another size."""
        (self.tree / "All mail.mbox").write_bytes(b"".join(
            message(one, b"X-Gmail-Labels: %s\nX-GM-THRID: 1\n" % labels(int(one[1:])))
            for one in names))

    def test_a_second_takeout_with_other_labels(self):
        first = lambda number: b"Inbox,Unread" if number < 6 else b"Inbox,Opened"
        second = lambda number: b"Inbox,Opened"
        third = lambda number: b"Inbox,Opened,Starred,=?UTF-8?Q?Gesch=C3=A4ft?="
        for policy in ("first", "none"):
            for batch in (False, True):
                with self.subTest(policy=policy, batch=batch):
                    self.begin()
                    how = ("--labels", policy)
                    self.takeout(first)
                    self.go(*how, batch=batch)
                    for labels, names in ((second, ALL), (third, ALL), (third, ALL[::-1]),
                                          (second, ALL + ["m20"])):
                        self.takeout(labels, names)
                        self.go(*how, batch=batch)
                    self.assert_once(ALL + ["m20"])
                    if not batch:
                        self.verify("--strict")
                        self.verify("--full")
                    # Another job's archive of it is left out as well.
                    self.go(*how, code=self.stopped(batch), journal="b", batch=batch)
                    self.go(*how, "--skip-existing", journal="b", batch=batch)
                    self.assert_once(ALL + ["m20"])

    def test_marks_of_mail_programs_are_no_part_of_a_message(self):
        marks = ("Status", "X-Status", "X-Mozilla-Keys", "X-Mozilla-Status2", "X-Evolution",
                 "X-Evolution-Source", "X-UIDL", "X-Account-Key", "X-KMail-MDN-Sent", "X-Label",
                 "X-TUID")
        for name in ("A.mbox", "A.mbox.gz"):
            self.begin()
            for value in (None, "1", "a longer one"):
                fields = "".join(f"{mark}: {value}\n" for mark in marks) if value else ""
                self.write(name, ALL, extra=fields.encode())
                self.go()
                self.assert_once(ALL)
            self.verify("--full")

    def test_a_journal_of_format_5_keeps_its_digests(self):
        labels = lambda number: b"Inbox,Unread"
        self.begin()
        self.takeout(labels, [])
        (self.tree / "All mail.mbox").write_bytes(message("m0"))
        self.go()
        with contextlib.closing(sqlite3.connect(self.folder / str(self.number))) as journal:
            journal.execute("DELETE FROM note WHERE name = 'digests.without_marks'")
            journal.execute("PRAGMA user_version = 5")
            journal.commit()
        for names in (ALL[1:6], ALL[1:6] + ["m20"], ALL[5:0:-1] + ["m20"]):
            self.takeout(labels, names)
            with open(self.tree / "All mail.mbox", "ab") as file:
                file.write(message("m0"))
            self.go()
            self.assert_once(["m0"] + names)
        self.verify("--full")

    def test_moved_to_another_file_while_the_first_is_left_out(self):
        maps, out = ("--map", "A=M", "--map", "B=M"), ("--exclude", "A")
        for one, other, batch in (("A.mbox", "B.mbox.gz", False), ("A", "B", False),
                                  ("A.mbox.gz", "B.mbox", True)):
            with self.subTest(one=one, other=other, batch=batch):
                self.begin()
                self.write(one, ALL[:9])
                self.write(other, ALL[9:])
                self.go(*maps, batch=batch)
                self.write(one, ALL[3:9])
                self.write(other, ALL[9:] + ALL[:3])
                self.go(*maps, *out, batch=batch)
                self.assert_once(ALL)
                # What is in both then is there twice.
                for kept in (ALL[3:9], ALL[:9]):
                    self.write(one, kept)
                    self.go(*maps, batch=batch)
                    self.assert_once(kept + ALL[9:] + ALL[:3])
                if not batch:
                    self.verify("--strict")

    def test_a_file_that_others_took_over_is_left_out_as_its_error_says(self):
        self.begin()
        maps = ("--map", "A=M", "--map", "B=M")
        self.write("A.mbox", ALL[:6])
        self.write("B.mbox", ALL[6:])
        self.go(*maps)
        (self.tree / "A.mbox").unlink()
        self.write("B.mbox", ALL)
        self.assertIn("--exclude 'A'", self.go(*maps, code=65).err)
        self.go(*maps, "--exclude", "A")
        self.assert_once(ALL)
        self.verify("--strict")

    def test_a_file_that_was_renamed_keeps_its_mailbox_as_its_error_says(self):
        self.begin()
        self.write("Work.mbox", ALL)
        self.go()
        (self.tree / "Work.mbox").unlink()
        self.write("Work1.mbox", ALL[:6])
        self.write("Work2.mbox", ALL[6:])
        self.assertIn("--map 'NEW=Work'", self.go(code=65).err)
        self.go("--skip-existing", "--map", "Work1=Work", "--map", "Work2=Work", journal="b")
        self.assert_once(ALL)

    def test_a_left_out_file_that_is_unchanged_keeps_its_messages(self):
        self.begin()
        maps = ("--map", "A=M", "--map", "B=M")
        self.write("A.mbox", ALL[:6])
        self.write("B.mbox", ALL[6:])
        self.go(*maps)
        self.write("B.mbox", ALL[6:] + ALL[:3])
        self.go(*maps, "--exclude", "A")
        self.assert_once(ALL)
        self.go(*maps)
        self.assert_once(ALL + ALL[:3])
        self.verify("--strict")

    def test_folders_of_one_mailbox_that_another_command_names(self):
        for batch in (False, True):
            for maps in (("--map", "A=M", "--map", "B=M"), ()):
                with self.subTest(batch=batch, maps=maps):
                    self.begin()
                    whole = self.tree
                    self.tree = whole / "Box"
                    names = ("A.mbox", "B.mbox") if maps else ("p/A.mbox", "q/A.mbox")
                    for name, part in zip(names, (ALL[:4], ALL[4:])):
                        (self.tree / name).parent.mkdir(parents=True, exist_ok=True)
                        self.write(name, part)
                    how = maps or ("--map", "p/A=A", "--map", "q/A=A")
                    self.go(*how, journal="a", batch=batch)
                    self.tree = whole
                    if maps:  # there is no A any more
                        self.go(*maps, code=64, journal="b", batch=batch)
                        continue
                    for more in ((), ("--skip-existing",)):
                        wrong = self.go(*more, code=self.stopped(batch), journal="b", batch=batch)
                        advice = re.search(r"--skip-existing( --map '[^']+')+ puts both", wrong.err)
                        self.assertTrue(advice, wrong.err)
                    self.assert_once(ALL)
                    advised = re.findall(r"--map '([^']+)'", advice[0])
                    self.go("--skip-existing", *(word for one in advised for word in ("--map", one)),
                            journal="b", batch=batch)
                    self.assert_once(ALL)

    def test_mail_that_changes_how_quoting_is_understood(self):
        def quoted(names, line):
            return b"".join(message(name).replace(b"\nend of", b"\n" + line + b"\nend of")
                            for name in names)
        for batch in (False, True):
            self.begin()
            place = self.tree / "B.mbox"
            place.write_bytes(quoted(ALL[:8], b">>From x"))
            self.go(journal="a", batch=batch)
            with open(place, "ab") as file:
                file.write(quoted(ALL[8:], b"From here is no separator"))
            self.go(code=self.stopped(batch), journal="b", batch=batch)
            self.go("--skip-existing", journal="b", batch=batch)
            self.assert_once(ALL)

    def test_refused_mail_of_an_mbox_that_is_written_anew(self):
        self.begin()
        def write(names):
            (self.tree / "B.mbox").write_bytes(b"".join(
                message(one, size=3000 if one == "m2" else 20) for one in names))
        write(ALL)
        self.go("--max-message-size", "5000", code=3)
        write(ALL[::-1])
        outcome = self.run_program("retry", str(self.number), "--ca-file", self.server.ca_file,
                                   "--password-file", self.server.password_file())
        self.assert_code(outcome, 65)
        self.assertIn("the job's own command again", outcome.err)
        self.go("--max-message-size", "5000", code=3)
        self.retry()
        self.assert_once(ALL)

    def test_messages_of_a_replaced_archive_are_counted_once(self):
        self.begin()
        def write(names):
            (self.tree / "B.mbox").write_bytes(b"".join(
                message(one, size=3000 if one == "m2" else 20) for one in names))
        write(ALL)
        self.go("--max-message-size", "5000", code=3)
        write([name for name in ALL if name != "m2"])
        self.go("--max-message-size", "5000", code=65)
        outcome = self.run_program("verify", str(self.number), "--password-file",
                                   self.server.password_file())
        self.assertNotIn("not stored yet", outcome.out + outcome.err)

    def test_all_files_of_a_maildir_moved_away(self):
        for batch in (False, True):
            self.begin()
            maps = ("--map", "A=M", "--map", "B=M")
            self.write("A", ALL)
            self.write("B", ["m20"])
            self.go(*maps, batch=batch)
            self.write("A", [])
            self.write("B", ["m20"] + ALL)
            for _ in range(2):
                self.go(*maps, batch=batch)
            self.write("A", ["m21"])
            self.go(*maps, batch=batch)
            self.assert_once(ALL + ["m20", "m21"])
            # Other mail in its place is another folder.
            self.write("B", [f"m{number}" for number in range(40, 60)])
            self.go(*maps, code=1 if batch else 65, batch=batch)

    def test_unsent_mail_that_was_moved_with_dedupe(self):
        """Planned, in doubt and not there, or in doubt and there."""
        for point, dedupe, other in (("index-done:2", "message-id", "B.mbox"),
                                     ("index-done:2", "content", "B"),
                                     ("batch-intended:1", "message-id", "B"),
                                     ("batch-intended:1", "content", "B.mbox.gz"),
                                     ("batch-sent:1", "message-id", "B.mbox"),
                                     ("batch-sent:1", "content", "B")):
            with self.subTest(point=point, dedupe=dedupe, other=other):
                self.begin()
                how = ("--dedupe", dedupe, "--map", "A=M", "--map", "B=M")
                self.write("A.mbox", ALL[:6])
                self.write(other, ALL[6:8])
                self.go(*how, code=-9, MBOXFERRY_CRASH_AT=point)
                self.write("A.mbox", ALL[3:6])
                self.write(other, ALL[6:8] + ALL[:3])
                self.go(*how)
                self.assert_once(ALL[:8])

    def test_files_put_back_with_dedupe(self):
        """What was indexed beside a folder that ended the run with 65 is left out without harm."""
        self.begin()
        how = ("--dedupe", "message-id", "--map", "A=M", "--map", "B=M")
        self.write("A", ALL[:6])
        self.write("B.mbox", ALL[6:])
        self.go(*how)
        self.write("A", ALL[:6] + ["m20"])
        self.write("B.mbox", ["m30", "m31"])
        self.go(*how, code=65)
        self.write("A", ALL[:6])
        self.write("B.mbox", ALL[6:])
        self.go(*how)
        self.assert_once(ALL)

    def test_a_copy_is_sent_for_a_file_that_is_gone(self):
        for dedupe in ("message-id", "content"):
            self.begin()
            how = ("--dedupe", dedupe, "--map", "A=M", "--map", "B=M")
            self.write("A", ALL[:4])
            self.write("B", ALL[:1])
            self.go(*how, code=-9, MBOXFERRY_CRASH_AT="index-done:2")
            self.write("A", ALL[1:4])
            self.go(*how)
            self.assert_once(ALL[:4])


class NoToFetchTest(ProgramTest):
    def test_mail_in_doubt_that_is_not_shown_is_for_later(self):
        refuses = [False]
        def hook(session, name, words):
            shown = session.selected is not session.server.mailboxes.get("A")
            return None if shown or name.upper() != "UID FETCH" or not refuses[0] else b"TAG NO no\r\n"
        with FakeImap(on_command=hook) as server:
            tree = self.folder / "mail"
            tree.mkdir()
            (tree / "A.mbox").write_bytes(mbox(ALL))
            (tree / "B.mbox").write_bytes(mbox(["m91", "m92"]))
            how = ("--retry-for", "0", "--connections", "1")
            self.migrate(server, tree, None, *how, MBOXFERRY_CRASH_AT="batch-answered")
            for strict in ((), ("--strict",)):
                refuses[0] = True
                outcome = self.migrate(server, tree, None, *how, *strict)
                self.assert_code(outcome, 75)
                self.assertIn("run the same command again", outcome.err)
            refuses[0] = False
            self.assert_code(self.migrate(server, tree, None, *how), 0)
            self.assertEqual({name: len(box.messages) for name, box in server.mailboxes.items()},
                             {"INBOX": 0, "A": len(ALL), "B": 2})


if __name__ == "__main__":
    unittest.main()
