# SPDX-License-Identifier: Apache-2.0
# What of an archive is not read and may be mail is told by every document, and is never a success.

import bz2
import csv
import gzip
import io
import json
import os
import sqlite3
import tarfile
import unittest
import zipfile

from support import windows
from support.batch import COLUMNS, csv_text
from support.dovecot_test import WithDovecot
from support.program import ProgramTest
from support.schemas import assert_valid


def mail(word, size=1):
    return (f"From a@example.org Thu Jan  1 00:00:01 2015\nFrom: a@example.org\n"
            f"Subject: {word}\n\n" + f"{word}\n" * size + "\n").encode()


def letter(word):
    return f"From: a@example.org\nSubject: {word}\nMessage-ID: <{word}@example.org>\n\n{word}\n"


def tar_of(members):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def encrypted(packed):
    """The zip archive with the flag of encryption at its last member."""
    packed = bytearray(packed)
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        packed[packed.rindex(signature) + flags] |= 1
    return bytes(packed)


def zip_of(members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in members.items() if isinstance(members, dict) else members:
            archive.writestr(name, content)
    return packed.getvalue()


def counted(word, length, body):
    """A message of an mbox with Content-Length."""
    return (f"From a@example.org Thu Jan  1 00:00:01 2015\nSubject: {word}\n"
            f"Content-Length: {length}\n\n{body}\n").encode()


# What is planted beside a good mbox, the words that tell it, and bytes when they are known.
FILES = {
    "junk": ({"Junk.mbox": b"Dear diary,\nnothing.\n\n" + mail("after junk")}, "belong to no", 21),
    "zeros": ({"Zeros": bytes(4000) + b"\n" + mail("after zeros")}, "belong to no", 4001),
    "no separator": ({"Named.mbox": b"no line of mail\n"}, "no message separator", 16),
    "header-like": ({"forgotten": letter("forgotten").encode()}, "does not begin like", None),
    "header-like in UTF-16": ({"wide.txt": b"\xff\xfe" + letter("wide").encode("utf-16-le")},
                              "does not begin like", None),
    "message file without a field": ({"Scan.eml": b"Dear sir,\nhow are you?\n"},
                                     "does not begin like", 23),
    "damaged end": ({"Cut.mbox.gz": gzip.compress(mail("cut") + mail("x", 300_000))[:-600]},
                    "damaged", None),
    "wide window": ({"Wide.mbox.xz": windows.xz(mail("wide"), 512 << 20)},
                    "needs 537 MB of memory to be unpacked", None),
    "damaged message": ({"Maildir/cur/1.host,S=5000:2,S": bz2.compress(b"x" * 5000)[:30],
                         "Maildir/new/2.host": letter("new").encode()}, "damaged", None),
    "zip behind mail": ({"Glued": mail("glued") + zip_of({"a": mail("a")})},
                        "a zip archive behind the mail", len(zip_of({"a": mail("a")}))),
    "missing end": ({"Counted.mbox": counted("one", 4, "one\n") + counted("two", 4, "two\n") +
                     counted("cut", 900, "x" * 499)}, "its end is missing", 400),
    "container": ({"more.zip": zip_of({"a": mail("a")})}, "a zip archive, not unpacked", None),
}
# More kinds, each in one file that is called like this, all in one archive.
TOGETHER = {
    "Secret.mbox.age": (b"age-encryption.org/v1\n" + bytes(90), "encrypted with age"),
    "Noise.MBOX": (b"\x01\x02" * 90, "does not begin like"),
    "mail.nsf": (b"\x1a\0\0" + bytes(90), "a database of Lotus Notes"),
    "one.msg": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(90), "an Outlook message"),
    "Old.babyl": (b"BABYL OPTIONS: -*- rmail -*-\n", "a Babyl file"),
    "u.1": (b"2 M1e C54a51b2a\n\x01\x02N\n" + letter("u").encode(), "mdbox or sdbox"),
    "Down.mbox.part": (mail("part"), "a download that has not ended"),
    "Empty.mbox.gz": (b"", "is empty, which a compressed file never is"),
    "3-bill.pdf": (b"%PDF-1.4", "readpst -S took out"),
    "7.partial.emlx": (f"{len(letter('a'))}\n{letter('a')}".encode(), "its attachments are in other"),
    "9.emlx": (f"{len(letter('b')) + 90}\n{letter('b')}".encode(), "cut short: 90 bytes"),
    "1.host,S=900:2,S": (letter("c").encode(), "shorter than its name says"),
    "Cut.mbox.bz2": (bz2.compress(os.urandom(4000))[:900], "damaged"),
}
DIRECTORIES = {"3-bill.pdf": "pst/", "7.partial.emlx": "A.mbox/Messages/",
               "9.emlx": "A.mbox/Messages/", "1.host,S=900:2,S": "Box/cur/"}
CONTAINERS = {
    "encrypted": (encrypted(zip_of({"Good": mail("good"), "Secret": mail("secret")})), "encrypted"),
    "third level": (zip_of({"Good": mail("good"), "in.tar": tar_of(
        {"A": mail("a"), "deep.zip": zip_of({"B": mail("b")})})}), "packed a third time"),
    "replaced": (zip_of([("Inbox", mail("old")), ("Good", mail("good")), ("Inbox", mail("new"))]),
                 "which replaces it"),
    "cut": (tar_of({"Good": mail("good"), "Cut": mail("cut", 5000)})[:9000], "damaged"),
}


class UnreadTest(WithDovecot, ProgramTest):
    def plant(self, files):
        root = self.folder / "mail"
        for name, content in {"Good": mail("good"), **files}.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(content)
        if any(name.startswith("Maildir/") for name in files):
            (root / "Maildir/new").mkdir(exist_ok=True)
        return root

    def run_all(self, archive, *more, code=3):
        """A dry run and a run; returns plan and report of the account."""
        planned = self.migrate(self.server, archive, "Old", "--dry-run", "--report-json",
                               "plan.json", *more)
        self.assert_code(planned, 1 if code else 0)
        assert_valid(self.report("plan.json"))
        plan = self.report("plan.json")["accounts"][0]
        self.assertEqual(plan["go"], not code)
        ended = self.migrate(self.server, archive, "Old", "--report-json", "report.json",
                             "--report-csv", "report.csv", "--report-html", "report.html",
                             "--metrics-file", "metrics", *more)
        self.assert_code(ended, code)
        assert_valid(self.report())
        return plan, self.report()["accounts"][0]

    def assert_told(self, archive, words, size=None):
        """By every document; the rest of the mail is stored."""
        plan, account = self.run_all(archive)
        self.assertEqual(plan["unread"], account["unread"])
        told = [one for one in account["unread"] if words in one["reason"]]
        self.assertEqual(len(told), 1, account["unread"])
        if size is not None:
            self.assertEqual(told[0]["bytes"], size)
        self.assertEqual((account["verdict"], self.report()["verdict"]), ("incomplete",) * 2)
        self.assertIn("not read", account["reason"])
        self.assertIn("not read", plan["reasons"][0])
        with open(self.folder / "report.csv", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["state"] == "unread"]
        self.assertEqual([(row["folder"], row["text"]) for row in rows],
                         [(one["path"], one["reason"]) for one in account["unread"]])
        page = (self.folder / "report.html").read_text()
        self.assertIn(told[0]["path"], page)
        self.assertIn('"incomplete"', page)
        parts = len(account["unread"])
        self.assertIn(f"\nmboxferry_unread{{account=",
                      (self.folder / "metrics").read_text())
        self.assertRegex((self.folder / "metrics").read_text(), rf"mboxferry_unread\{{.*\}} {parts}\n")
        status = self.run_program("status", "job.journal", "--json")
        assert_valid(json.loads(status.out))
        self.assertEqual(json.loads(status.out)["verdict"], "incomplete")
        self.assertEqual(json.loads(status.out)["unread"], account["unread"])
        self.assertIn(told[0]["path"], self.run_program("status", "job.journal").out)
        # A container of one folder goes into the mailbox itself.
        good = "Old.Good" if "Old.Good" in self.server.mailboxes() else "Old"
        self.assertIn("good", [message.body.split()[-1].decode()
                               for message in self.server.fetch_all(mailbox=good)])

    def test_each_kind_in_a_tree(self):
        for name, (files, words, size) in FILES.items():
            with self.subTest(name):
                self.setUp()
                self.assert_told(self.plant(files), words, size)

    def test_many_kinds_at_once(self):
        files = {DIRECTORIES.get(name, "") + name: data for name, (data, _) in TOGETHER.items()}
        root = self.plant({**files, "pst/3": letter("3").encode(), "Box/new/4.host": b""})
        os.symlink("nothing", root / "dangling")
        plan, account = self.run_all(root)
        told = {one["path"].rpartition("/")[2]: one["reason"] for one in account["unread"]}
        wanted = {**{name: words for name, (_, words) in TOGETHER.items()},
                  "dangling": "leads nowhere"}
        self.assertEqual(sorted(told), sorted(wanted))
        for name, words in wanted.items():
            self.assertIn(words, told[name])
        self.assertEqual(plan["unread"], account["unread"])
        self.assertEqual(account["verdict"], "incomplete")
        with open(self.folder / "report.csv", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["state"] == "unread"]
        status = self.run_program("status", "job.journal", "--json")
        page = (self.folder / "report.html").read_text()
        for one in account["unread"]:
            self.assertIn(one["path"], [row["folder"] for row in rows])
            self.assertIn(one, json.loads(status.out)["unread"])
            self.assertIn(one["path"], page)
        self.assertRegex((self.folder / "metrics").read_text(),
                         rf"mboxferry_unread\{{.*\}} {len(wanted)}\n")

    def test_each_kind_in_a_container(self):
        for name, (content, words) in CONTAINERS.items():
            with self.subTest(name):
                self.setUp()
                archive = self.folder / "packed"
                archive.write_bytes(content)
                self.assert_told(archive, words)
                self.assertEqual(len(self.report()["accounts"][0]["unread"]), 1)

    def test_a_link_that_leads_out(self):
        root = self.plant({})
        (self.folder / "secret").write_bytes(mail("secret"))
        os.symlink("../secret", root / "Work")
        self.assert_told(root, "leads out of the archive")

    def test_accepted_it_is_a_note(self):
        root = self.plant(FILES["junk"][0])
        _, account = self.run_all(root, "--accept-unread", code=0)
        self.assertEqual(account["verdict"], "complete")
        self.assertEqual([one["bytes"] for one in account["unread"]], [21])
        again = self.migrate(self.server, root, "Old", "--report-json", "report.json")
        self.assert_code(again, 3)
        self.assertEqual(len(self.report()["accounts"][0]["unread"]), 1)

    def test_a_size_that_is_not_known_is_not_said_to_be_nothing(self):
        root = self.plant({"Apple.mbox/Messages/1.partial.emlx": (
            f"{len(letter('part'))}\n{letter('part')}").encode()})
        _, account = self.run_all(root)
        self.assertEqual([one["bytes"] for one in account["unread"]], [0])
        self.assertIn("(size unknown)", account["reason"])
        told = self.run_program("status", "job.journal").out
        self.assertIn("1 part (size unknown)", told)

    def test_verify_says_it(self):
        root = self.plant(FILES["no separator"][0])
        self.run_all(root)
        verified = self.run_program("verify", "job.journal", "--json", "--password-file",
                                    self.server.password_file("alice"), "--ca-file",
                                    self.server.ca_file)
        self.assert_code(verified, 3)
        self.assertEqual(json.loads(verified.out)["verdict"], "incomplete")

    def test_it_can_be_excluded(self):
        root = self.plant({**FILES["header-like"][0], **FILES["no separator"][0]})
        _, account = self.run_all(root, "--exclude", "forgotten", "--exclude", "Named", code=0)
        self.assertEqual((account["verdict"], account["unread"]), ("complete", []))

    def test_what_is_excluded_under_one_name_is_moved_under_another(self):
        root = self.plant({"day0/Inbox": mail("inbox"), "Old/Box": mail("box")})
        (root / "day1").mkdir()
        os.link(root / "day0/Inbox", root / "day1/Inbox")
        os.symlink("Old/Box", root / "Work")
        self.run_all(root, "--exclude", "day0", "--exclude", "Old", code=0)
        for mailbox, word in (("Old.day1.Inbox", b"inbox"), ("Old.Work", b"box")):
            self.assertEqual([one.body.split()[-1]
                              for one in self.server.fetch_all(mailbox=mailbox)], [word])
        scanned = self.run_program("scan", "--json", root, "--include", "day1", "--include", "Work")
        self.assertEqual([one["path"] for one in json.loads(scanned.out)["archives"][0]["folders"]],
                         ["Work", "day1/Inbox"])

    def test_scan_lists_no_part_that_is_excluded(self):
        root = self.plant({**FILES["header-like"][0], "key.png": b"x"})
        more = ("--exclude", "forgotten", "--exclude", "key")
        archive = json.loads(self.run_program("scan", "--json", root, *more).out)["archives"][0]
        self.assertEqual((archive["unread"], archive["left_out"]["files"]), ([], 0))
        table = self.run_program("scan", "--left-out", root, *more)
        self.assertNotIn("not read", table.out)

    def test_scan_doubts_a_message_file_that_may_hold_several(self):
        several = letter("one").encode() + b"\n" + mail("two")
        root = self.plant({"mh/1": several, "Maildir/cur/1420106401.M1P1.host:2,S": several,
                           "Maildir/new/1420106402.M1P1.host": letter("x").encode(),
                           "A.mbox/Messages/1.emlx": f"{len(several)}\n".encode() + several})
        scanned = json.loads(self.run_program("scan", "--json", root).out)["archives"][0]
        doubts = {one["path"]: [(doubt["offset"], doubt["taken"]) for doubt in one["doubtful"]]
                  for one in scanned["folders"]}
        place = [(len(letter("one")) + 1, False)]
        self.assertEqual(doubts, {"Good": [], "mh": place, "Maildir": place, "A": place})

    def test_scan_has_the_same_list(self):
        root = self.plant({**FILES["junk"][0], **FILES["header-like"][0]})
        _, account = self.run_all(root)
        scanned = self.run_program("scan", "--json", root)
        self.assert_code(scanned, 0)
        assert_valid(json.loads(scanned.out))
        self.assertEqual(sorted(one["path"] for one in json.loads(scanned.out)["archives"][0]["unread"]),
                         sorted(one["path"] for one in account["unread"]))

    def test_a_batch_ends_with_it_too(self):
        self.plant(FILES["junk"][0])
        path = self.folder / "accounts.csv"
        row = {"archive": "mail", "host": self.server.host, "port": self.server.tls_port,
               "user": "alice", "password": self.server.users["alice"],
               "ca_file": self.server.ca_file}
        for accepted, code, state in (("", 3, "incomplete"), ("yes", 0, "complete")):
            path.write_text(csv_text([{**row, "accept_unread": accepted}],
                                     (*COLUMNS, "accept_unread")))
            path.chmod(0o600)
            outcome = self.run_program("batch", path, "--state-dir", self.folder / "state",
                                       "--progress=none", "--report-json", "report.json",
                                       "--metrics-file", "metrics")
            self.assert_code(outcome, code)
            self.assertEqual(self.report()["accounts"][0]["verdict"], state)
            self.assertIn(f"mboxferry_batch_accounts_incomplete {1 if code else 0}\n",
                          (self.folder / "metrics").read_text())


class ProfileTest(WithDovecot, ProgramTest):
    """A Thunderbird profile is full of files that are no mail."""

    def test_it_is_complete_with_one_line(self):
        root = self.folder / "profile"
        mails = root / "Mail/Local Folders"
        (root / "cache2/entries").mkdir(parents=True)
        mails.mkdir(parents=True)
        (mails / "Inbox").write_bytes(mail("one") + mail("two"))
        (mails / "Inbox.msf").write_text("// <!-- <mdb:mork:z v=\"1.4\"/> -->\n")
        (root / "prefs.js").write_text('user_pref("mail.root.none", "/home/a/Mail");\n')
        for name in ("key4.db", "cookies.sqlite", "global-messages-db.sqlite"):
            connection = sqlite3.connect(root / name)
            connection.execute("CREATE TABLE one(two)")
            connection.close()
        for number in range(300):
            (root / f"cache2/entries/{number:040X}").write_bytes(
                b"<html>Date: today</html>\0request-method\0GET\0Content-Type: text/html\r\n")
        (root / "extensions").mkdir()
        (root / "extensions/one.xpi").write_bytes(zip_of({"manifest.json": b"{}"}))
        os.symlink("127.0.1.1:+4711", root / "lock")
        outcome = self.migrate(self.server, root, "Old", "--report-json", "report.json")
        self.assert_code(outcome, 0)
        account = self.report()["accounts"][0]
        self.assertEqual((account["verdict"], account["unread"]), ("complete", []))
        self.assertEqual(account["left_out_files"]["files"], 307)
        told = [line for line in outcome.err.splitlines() + outcome.out.splitlines()
                if "no mail" in line]
        self.assertEqual(len([line for line in told if line in outcome.err.splitlines()]), 1, told)
        self.assertNotIn("prefs.js", outcome.err + outcome.out)


if __name__ == "__main__":
    unittest.main()
