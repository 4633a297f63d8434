# SPDX-License-Identifier: Apache-2.0
# Mail that is on the server already by another way: from another file of its mailbox, by other
# sender lists, from another journal. None of it is stored twice.

import collections
import gzip
import io
import re
import shutil
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


def message(name, extra=b"", size=20):
    time = archives.FIRST_DATE + sum(map(ord, name)) * 977 % 10 ** 6 * 60
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
                        maps = ("--map", "A=M", "--map", "B=M") if one[0] == "A" else ()
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
                    maps = ("--map", "A=M", "--map", "B=M")
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
