# SPDX-License-Identifier: Apache-2.0
# Messages that did not arrive are told by subject, sender, date, size and Message-ID.

import csv
import io
import json
import re
import zipfile

from support import packing
from support.fake_imap import FakeImap, Refusal
from support.program import ProgramTest

REFUSED, DIFFERENT = 3, 1
SUBJECT = "Grüße aus Köln"
TITLE = '"Grüße aus Köln", from Ana Älter <ana@example.org>, 2021-03-04, '
CULPRIT = (b"From: =?utf-8?q?Ana_=C3=84lter?= <ana@example.org>\nSubject: =?iso-8859-1?q?Gr=FC=DFe?=\n"
           b" =?utf-8?b?IGF1cyBLw7ZsbgoK?=\nMessage-ID: <greetings@example.org>\n"
           b"Date: Thu, 4 Mar 2021 10:00:00 +0000\n\n" + b"virus\n" * 40)
OTHER = (b"From: b@example.org\nSubject: fine\nMessage-ID: <fine@example.org>\n"
         b"Date: Thu, 4 Mar 2021 09:00:00 +0000\n\nfine\n")


def mbox(*messages):
    return b"".join(b"From a@example.org Thu Mar  4 10:00:00 2021\n" + one + b"\n"
                    for one in messages)


class MessageTitleTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        self.archive.write_bytes(mbox(OTHER, CULPRIT, OTHER.replace(b"fine", b"good")))
        self.server = self.serve(len(CULPRIT) + CULPRIT.count(b"\n"))

    def serve(self, *sizes):
        return self.enterContext(FakeImap(
            on_append=lambda head: Refusal("NO", "a virus") if head.size in sizes else None))

    def ledger(self, text):
        return {row["subject"] or row["offset"]: row for row in csv.DictReader(io.StringIO(text))}

    def assert_named(self, text):
        self.assertIn("a virus\n    " + TITLE, text)
        self.assertIn(" B, <greetings@example.org>\n", text)

    def test_in_summary_status_ledger_and_page_of_every_kind_of_archive(self):
        plain = self.archive.read_bytes()
        maildir = self.folder / "box"
        for part in ("cur", "new", "tmp"):
            (maildir / part).mkdir(parents=True)
        (maildir / "cur" / "1.a:2,S").write_bytes(OTHER)
        (maildir / "cur" / "2.b:2,").write_bytes(CULPRIT)
        tree = self.folder / "tree"
        (tree / "Work.sbd").mkdir(parents=True)
        (tree / "Work.sbd" / "Sent").write_bytes(plain)
        zipped = self.folder / "all.zip"
        with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("one/mail.mbox", plain)
            file.writestr("two/other.mbox", mbox(OTHER))
        kinds = [self.archive, maildir, tree, zipped, packing.compress(self.archive, "gz")]
        for archive in kinds:
            with self.subTest(archive.name):
                journal = f"{archive.name}.journal"
                outcome = self.migrate(self.server, archive, f"To {archive.name}", "--report-csv",
                                       "l.csv", "--report-html", "p.html", journal=journal)
                self.assert_code(outcome, REFUSED)
                self.assert_named(outcome.out)
                self.assert_named(self.run_program("status", journal).out)
                row = self.ledger((self.folder / "l.csv").read_text())[SUBJECT]
                self.assertEqual((row["state"], row["from"], row["message_id"]),
                                 ("refused", "Ana Älter <ana@example.org>",
                                  "<greetings@example.org>"))
                later = self.run_program("report", journal, "--csv", "-").out
                self.assertEqual(self.ledger(later)[SUBJECT]["state"], "refused")
                data = re.search(r'id="data-accounts">(.*?)</script>',
                                 (self.folder / "p.html").read_text(), re.DOTALL).group(1)
                self.assertEqual(json.loads(data)[0][15][0][:3],
                                 [SUBJECT, "Ana Älter <ana@example.org>", "2021-03-04T10:00:00+00:00"])
                self.assertNotIn(b"Gr\xc3\xbc", (self.folder / journal).read_bytes())

    def test_what_was_left_out_is_named_in_the_ledger(self):
        self.archive.write_bytes(mbox(OTHER, OTHER))
        outcome = self.migrate(self.server, self.archive, "Mail", "--dedupe=message-id", "--report-csv", "-")
        rows = list(csv.DictReader(io.StringIO(outcome.out)))
        self.assertEqual([(row["state"], row["subject"]) for row in rows],
                         [("stored", ""), ("skipped", "fine")])

    def test_what_is_not_as_it_was_is_not_named(self):
        self.migrate(self.server, self.archive, "Mail")
        bare = re.compile(r"a virus\n    2021-03-04, \d+ B\n")
        self.assertNotRegex(self.run_program("status", "job.journal").out, bare)
        changed = self.archive.read_bytes().replace(b"greetings@", b"something@")
        self.archive.write_bytes(changed)
        self.assertRegex(self.run_program("status", "job.journal").out, bare)
        self.archive.unlink()
        outcome = self.run_program("status", "job.journal")
        self.assertRegex(outcome.out, bare)
        self.assertEqual(outcome.err, "")

    def test_in_an_archive_that_is_named_by_a_link(self):
        link = self.folder / "Friends"
        link.symlink_to(self.archive.name)
        self.assert_named(self.migrate(self.server, link, "Mail").out)
        self.assert_named(self.run_program("status", "job.journal").out)

    def test_without_an_identifier_the_size_decides(self):
        culprit = CULPRIT.replace(b"Message-ID: <greetings@example.org>\n", b"")
        self.archive.write_bytes(mbox(OTHER, culprit))
        server = self.serve(len(culprit) + culprit.count(b"\n"))
        outcome = self.migrate(server, self.archive, "Mail")
        self.assertRegex(outcome.out, re.escape("a virus\n    " + TITLE) + r"\d+ B\n")
        self.archive.write_bytes(mbox(OTHER, culprit.replace(b"virus\n", b"vir\n", 1)))
        self.assertNotIn(TITLE, self.run_program("status", "job.journal").out)

    def test_hostile_fields_are_printable_and_bounded(self):
        culprit = (b"From: \x1b[31m\xe2\x80\xaeevil\nSubject: =?utf-8?q?a=1B]0;x=07?= " + b"y" * 5000
                   + b"\nMessage-ID: <" + b"z" * 300 + b"@example.org>\n\n" + b"virus\n" * 30)
        self.archive.write_bytes(mbox(OTHER, culprit))
        server = self.serve(len(culprit) + culprit.count(b"\n"))
        outcome = self.migrate(server, self.archive, "Mail", "--report-csv", "l.csv")
        line = next(line for line in outcome.out.splitlines() if line.startswith('    "a'))
        self.assertLess(len(line), 250)
        for text in (line, (self.folder / "l.csv").read_text()):
            self.assertNotRegex(text, "[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u202e]")

    def test_what_differs_on_the_server_is_named_by_verify(self):
        self.archive.write_bytes(mbox(OTHER, CULPRIT))
        server = self.serve()
        self.assert_code(self.migrate(server, self.archive, "Mail"), 0)
        user = next(iter(server.users))
        del server.mailboxes["Mail"].messages[1]
        outcome = self.run_program("verify", "job.journal", "--strict", "--ca-file", server.ca_file,
                                   "--password-file", server.password_file(user))
        self.assertIn("\n  " + TITLE, outcome.out, str(outcome))
