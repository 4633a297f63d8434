# SPDX-License-Identifier: Apache-2.0
"""Marks, labels and dates from files beside the mail reach the rows of the messages."""
import json
import os
import sqlite3
import tarfile
import unittest
import zipfile

from support import endless_pages
from support.program import ProgramTest


def letter(subject, date="Tue, 6 Jan 2015 10:00:00 +0000"):
    return (f"From: a@example.org\nTo: b@example.org\nDate: {date}\n"
            f"Message-ID: <{subject}>\nSubject: {subject}\n\nbody\n").encode()


class BesideMailTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.tree = self.folder / "tree"

    def write(self, name, data):
        path = self.tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return path

    def zipped(self):
        path = self.folder / "packed.zip"
        with zipfile.ZipFile(path, "w") as packed:
            for child in sorted(self.tree.rglob("*"), reverse=True):
                if child.is_file():
                    packed.write(child, child.relative_to(self.tree))
        return path

    def rows(self, archive):
        listed = self.run_program("scan", "--list", archive)
        self.assertEqual(listed.code, 0, listed)
        rows = [json.loads(line) for line in listed.out.splitlines()]
        return sorted((row["message_id"].strip("<>"), row["flags"], row["labels"],
                       row["internaldate"]) for row in rows)

    def write_gyb(self, rows, schema=None):
        path = self.folder / "made.sqlite"
        path.unlink(missing_ok=True)
        base = sqlite3.connect(path)
        base.executescript(schema or """
            CREATE TABLE messages(message_num INTEGER PRIMARY KEY, message_filename TEXT,
                                  message_internaldate TIMESTAMP);
            CREATE TABLE labels (message_num INTEGER, label TEXT);
            CREATE UNIQUE INDEX labelidx ON labels (message_num, label);""")
        if schema is None:
            for number, (name, date, labels) in enumerate(rows, 1):
                base.execute("INSERT INTO messages VALUES (?, ?, ?)", (number, name, date))
                base.executemany("INSERT INTO labels VALUES (?, ?)",
                                 [(number, label) for label in labels])
        base.commit()
        base.close()
        self.write("msg-db.sqlite", path.read_bytes())

    def tarred(self):
        path = self.folder / "packed.tar"
        with tarfile.open(path, "w") as packed:
            for child in sorted(self.tree.rglob("*"), reverse=True):
                if child.is_file():
                    packed.add(child, child.relative_to(self.tree))
        return path

    def scanned(self, archive):
        """Messages, unread files with their reasons, and notices; names below the archive."""
        outcome = self.run_program("scan", "--json", archive)
        self.assert_code(outcome, 0)
        found, = json.loads(outcome.out)["archives"]
        unread = {one["path"].removeprefix(str(archive)).lstrip("/: "): one["reason"]
                  for one in found["unread"]}
        return sum(one["messages"] for one in found["folders"]), unread, outcome.err

    def test_attachments_that_readpst_took_out_of_messages_are_unread(self):
        for name in ("Inbox/1", "Inbox/2", "Work/9"):
            self.write(name, letter(name))
        taken = ("Inbox/2-report.pdf", "Inbox/2-notes.txt", "Work/9-picture.jpg")
        for name in (*taken, "Inbox/7-of-nothing.pdf", "Inbox/report.pdf", "Work/2-report.pdf"):
            self.write(name, b"%PDF-1.4 and so on")
        for archive in (self.tree, self.tarred(), self.zipped()):
            messages, unread, _ = self.scanned(archive)
            self.assertEqual(messages, 3)
            self.assertEqual(sorted(unread), sorted(taken), archive)
            self.assertIn("took out of message 2", unread["Inbox/2-report.pdf"])

    def test_new_mail_of_pegasus_mail(self):
        for name in ("AB12C345.CNM", "ab12c346.cnm", "sub/AB12C347.CNM"):
            self.write(name, letter(name).replace(b"\n", b"\r\n"))
        self.write("FOL00123.PMI", b"\0" * 300)
        for archive in (self.tree, self.tarred()):
            messages, unread, _ = self.scanned(archive)
            self.assertEqual((messages, unread), (3, {}))

    def test_keywords_of_courier_are_told(self):
        self.write("cur/1420538400.M1P2.host,S=100:2,S", letter("one"))
        self.write("new/1420538401.M1P2.host", letter("two"))
        self.write("courierimapkeywords/:list", "$Forwarded\n\n1420538400.M1P2.host,S=100:0\n")
        for archive in (self.tree, self.tarred()):
            messages, unread, told = self.scanned(archive)
            self.assertEqual((messages, unread), (2, {}))
            self.assertIn("read marks or labels that are not read", told)
            self.assertIn("keywords of Courier", told)

    def test_imap_backup(self):
        mail = [b"From a@example.org Tue Jan  6 10:00:00 2015\n" + letter(f"m{number}") + b"\n"
                for number in range(5)]
        flags = [["Seen"], [], ["Flagged", "Draft"], ["Answered", "$Forwarded"], ["Seen", "Work"]]
        offset = 0
        messages = []
        for number, text in enumerate(mail):
            messages.append({"uid": number + 1, "flags": flags[number], "offset": offset,
                             "length": len(text)})
            offset += len(text)
        self.write("a@example.org/INBOX.mbox", b"".join(mail))
        self.write("a@example.org/INBOX.imap",
                   json.dumps({"version": 3, "uid_validity": 1, "messages": messages}, indent=1))
        for archive in (self.tree, self.zipped()):
            listed = self.run_program("scan", "--list", archive)
            self.assertEqual(listed.code, 0, listed)
            self.assertIn("read marks and labels of 5 messages come from files beside the mail",
                          listed.err)
            rows = [json.loads(line) for line in listed.out.splitlines()]
            self.assertEqual([(set(row["flags"]), row["keywords"]) for row in rows],
                             [({"\\Seen"}, []), (set(), []), ({"\\Flagged", "\\Draft"}, []),
                              ({"\\Answered"}, ["$Forwarded"]), ({"\\Seen"}, ["Work"])])

    def test_got_your_back(self):
        self.write("2015/1/6/a1.eml", letter("one"))
        self.write("2015/1/6/b2.eml", letter("two"))
        self.write("2015/1/7/c3.eml", "From: a@example.org\nMessage-ID: <without>\n\nbody\n")
        self.write_gyb([("2015/1/6/a1.eml", "2015-01-06 11:00:00", ["INBOX", "UNREAD", "Work"]),
                        ("2015\\1\\6\\b2.eml", "2015-01-06 11:00:00", ["SENT", "STARRED"]),
                        ("2015/1/7/c3.eml", "2015-01-07 11:00:00", [])])
        expected = [("one", [], ["INBOX", "Work"], "2015-01-06T10:00:00+00:00"),
                    ("two", ["\\Seen", "\\Flagged"], ["SENT"], "2015-01-06T10:00:00+00:00"),
                    ("without", ["\\Seen"], [], "2015-01-07T11:00:00+00:00")]
        self.assertEqual(self.rows(self.tree), expected)
        self.assertEqual(self.rows(self.zipped()), expected)

    def test_labels_of_got_your_back_that_reach_no_message_are_told(self):
        for name in ("a1", "b2", "c3", "d4"):
            self.write(f"2015/1/6/{name}.eml", letter(name))
        date = "2015-01-06 11:00:00"
        self.write_gyb([("2015/1/6/a1.eml", date, ["INBOX"]),
                        ("elsewhere/b2.eml", date, ["Lost"]),
                        ("2015/1/6/c3.eml", date, ["First"]), ("2015/1/6/c3.eml", date, ["Last"]),
                        ("2015/1/6/d4.eml", date, [f"L{number}" for number in range(500)])])
        for archive in (self.tree, self.zipped()):
            scanned = self.run_program("scan", archive)
            self.assertEqual(scanned.code, 0, scanned)
            for line in ("1 entry of Got Your Back's database names no message of the archive",
                         "1 message has more than one entry in Got Your Back's database",
                         "1 message has more than 200 labels in a file beside the mail"):
                self.assertIn(line, scanned.err)
            labels = {row[0]: row[2] for row in self.rows(archive)}
            self.assertEqual(labels["b2"], [])
            self.assertEqual(labels["c3"], ["Last"])
            self.assertEqual(len(labels["d4"]), 200)

    def test_a_database_that_is_something_else_is_not_read(self):
        self.write("2015/1/6/a1.eml", letter("one"))
        endless = """
            CREATE TABLE labels (message_num INTEGER, label TEXT);
            CREATE VIEW messages AS WITH RECURSIVE n(message_num) AS
              (SELECT 1 UNION ALL SELECT message_num + 1 FROM n)
              SELECT message_num, 'a' AS message_filename, 'b' AS message_internaldate FROM n;"""
        for schema in (endless, "CREATE TABLE messages(a); CREATE TABLE labels(b);"):
            self.write_gyb([], schema)
            for archive in (self.tree, self.zipped()):
                self.assertEqual([row[2] for row in self.rows(archive)], [[]])
                told = self.run_program("scan", archive)
                self.assertIn("labels of Got Your Back, not read", told.out + told.err)

    def test_a_cut_database_is_not_read_as_a_whole(self):
        self.write("2015/1/6/a1.eml", letter("one"))
        self.write_gyb([(f"2015/1/6/{n}.eml", "2015-01-06 11:00:00", ["L" * 200])
                        for n in range(400)])
        whole = (self.tree / "msg-db.sqlite").read_bytes()
        self.write("msg-db.sqlite", whole[:len(whole) // 2])
        told = self.run_program("scan", self.tree)
        self.assertIn("labels of Got Your Back, not read", told.out + told.err)

    def test_a_database_of_twenty_thousand_messages_is_read(self):
        self.write("2015/1/6/19999.eml", letter("last"))
        self.write_gyb([(f"2015/1/6/{n}.eml", "2015-01-06 11:00:00",
                         ["INBOX", "IMPORTANT", "UNREAD", "CATEGORY_UPDATES"][:1 + n % 4])
                        for n in range(20_000)])
        self.assertIn("IMPORTANT", self.rows(self.tree)[0][2])

    def test_zeros_behind_a_database_explain_no_work(self):
        self.write("2015/1/6/a1.eml", letter("one"))
        self.write_gyb([("2015/1/6/a1.eml", "2015-01-06 11:00:00", ["INBOX"])])
        endless_pages.lead_in_circles(self.tree / "msg-db.sqlite", "messages")
        os.truncate(self.tree / "msg-db.sqlite", 1 << 30)
        cost = self.folder / "cost"
        told = self.run_program("scan", self.tree, timeout=120,
                                under=("/usr/bin/time", "-f", "%U", "-o", cost))
        self.assertIn("labels of Got Your Back, not read", told.out + told.err)
        # What the zeros would explain takes minutes.
        self.assertLess(float(cost.read_text()), 30)

    def test_the_server_s_date_of_proton_comes_before_the_header_s(self):
        self.write("mail/x==.eml", letter("one"))
        self.write("mail/x==.metadata.json", json.dumps(
            {"Version": 1, "Payload": {"LabelIDs": ["7", "5"], "Unread": 0, "Time": 1600000000}}))
        expected = [("one", ["\\Seen"], ["Sent"], "2020-09-13T12:26:40+00:00")]
        self.assertEqual(self.rows(self.tree), expected)
        self.assertEqual(self.rows(self.zipped()), expected)

    def test_labels_in_the_message_come_before_those_beside_it(self):
        self.write("db/1.eml", b"X-Gmail-Labels: Inside\n" + letter("one"))
        self.write("db/1.meta", json.dumps({"gm_id": 1, "flags": [], "labels": ["Beside"],
                                            "internal_date": 1}))
        self.assertEqual(self.rows(self.tree)[0][2], ["Inside"])


if __name__ == "__main__":
    unittest.main()
