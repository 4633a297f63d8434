# SPDX-License-Identifier: Apache-2.0
# --skip-existing leaves out what is there, and not what only looks like it.

import imaplib
import re
import shutil
import unittest

from support import archives
from support.cyrus import Cyrus, cyrus_root
from support.dovecot import Dovecot
from support.dovecot_test import WithDovecot
from support.imap_server import check
from test_second_copy import COUNT, CopyTest


def message(number, body, message_id=None, extra=b""):
    identity = b"<%d@example.com>" % number if message_id is None else message_id
    return (b"From: a@example.com\nSubject: draft\nDate: %s\n"
            % archives.rfc_date(archives.FIRST_DATE + number * 3700)
            + (b"Message-ID: %s\n" % identity if identity else b"") + extra
            + b"\n" + body + b"\n")


def write(path, messages):
    """[(number of the date, message)]"""
    path.write_bytes(b"".join(
        b"From a@example.com " + archives.asctime(archives.FIRST_DATE + number * 3700) + b"\n"
        + text + b"\n" for number, text in messages))
    return path


class SkipByContent:
    def store(self, messages):
        """Before the job, by another one."""
        self.run_job(write(self.folder / "before.mbox", messages), "Box", state="before")

    def skip(self, messages, *more):
        return self.run_job(write(self.mail / "mail.mbox", messages), "Box", "--skip-existing",
                            *more)

    def bodies(self):
        return sorted(one.body for one in self.server.fetch_all(mailbox="Box"))

    def wire(self, *texts):
        return sorted(map(archives.to_wire, texts))

    def test_another_message_with_the_same_id_date_and_size_is_sent(self):
        old, new = message(0, b"Teh end"), message(0, b"The end")
        others = [message(number, b"text") for number in range(1, 4)]
        self.store([(0, old), *enumerate(others, 1)])
        self.skip([(0, new), *enumerate(others, 1)])
        self.assertEqual(self.bodies(), self.wire(old, new, *others))

    def test_mail_without_a_message_id_whose_marks_changed(self):
        plain = [message(number, b"text %d" % number, b"") for number in range(5)]
        self.store(enumerate(plain))
        marked = [text.replace(b"\n\n", b"\nX-UIDL: 00001a2b3c4d5e6f\n\n", 1) for text in plain]
        # With other dates, too.
        self.skip([(number + 1, text) for number, text in enumerate(marked)])
        self.assertEqual(self.bodies(), self.wire(*plain))
        labels = b"X-Gmail-Labels: Inbox" + b"".join(b",\n Project number %04d" % number
                                                     for number in range(30))
        labelled = [text.replace(b"\n\n", b"\n" + labels + b"\n\n", 1) for text in plain]
        archive = write(self.mail / "mail.mbox", enumerate(labelled))
        self.assert_stopped(archive, "Box", "--labels", "none", state="new")
        self.run_job(archive, "Box", "--skip-existing", "--labels", "none", state="newer")
        self.assertEqual(self.bodies(), self.wire(*plain))

    def test_all_are_compared_when_one_is_another(self):
        before = [message(number, b"text %03d" % number) for number in range(300)]
        after = [text.replace(b"text 1", b"Text 1") for text in before]
        self.store(enumerate(before))
        outcome = self.skip(enumerate(after))
        changed = [text for text in after if text not in before]
        self.assertEqual(len(changed), 100)
        self.assertIn("200 messages were there before and are skipped", outcome.err)
        self.assertEqual(self.bodies(), self.wire(*before, *changed))
        self.skip(enumerate(after), "--journal", self.folder / "again.journal")
        self.assertEqual(self.bodies(), self.wire(*before, *changed))

    def test_what_shares_a_message_id_is_compared(self):
        many = [message(number, b"text %03d" % number) for number in range(300)]
        # A program that gives two of its drafts one Message-ID.
        first = message(0, b"first draft", b"<300@example.com>")
        old, new = message(300, b"Teh end"), message(300, b"The end")
        at = 20  # not in the sample
        self.store([*enumerate(many[:at]), (300, old), *enumerate(many[at:], at)])
        self.skip([(0, first), *enumerate(many[:at]), (300, new), *enumerate(many[at:], at)])
        self.assertEqual(self.bodies(), self.wire(first, old, new, *many))

    def test_status_fields_of_another_length_without_message_ids(self):
        def texts(status, count):
            return [message(number, b"text %d" % number, b"", status) for number in range(count)]

        archive = write(self.mail / "Box", enumerate(texts(b"", 40)))
        self.run_job(archive)
        write(archive, enumerate(texts(b"Status: RO\nX-Status: A\n", 45)))
        self.assert_stopped(archive, state="state-b", into="Box")
        outcome = self.run_job(archive, None, "--skip-existing", "--journal",
                               self.folder / "new.journal")
        self.assertIn("40 messages were there before and are skipped", outcome.err)
        self.assertEqual(len(self.bodies()), 45)

    def test_old_mail_without_message_ids_in_the_middle_of_new_mail(self):
        many = [message(number, b"text %d" % number, b"") for number in range(1500)]
        self.store(list(enumerate(many))[700:800])
        archive = write(self.mail / "mail.mbox", enumerate(many))
        told = "100 of the 100 messages that mailbox Box holds are among those to be sent"
        plan = self.run_job(archive, "Box", "--dry-run", code=1)
        self.assertIn(told, plan.out.splitlines()[-1])
        self.assert_one_line(self.run_job(archive, "Box", code=None), 78, told)
        self.run_job(archive, "Box", "--skip-existing")
        self.assertEqual(len(self.bodies()), 1500)

    def test_other_mail_of_the_same_size_and_date_without_message_ids(self):
        def one(number):
            return message(0, b"host %03d is up" % number, b"")

        self.store([(0, one(number)) for number in range(20, 40)])
        self.run_job(write(self.mail / "mail.mbox", [(0, one(number)) for number in range(10)]),
                     "Box")
        self.assertEqual(len(self.bodies()), 30)

    def test_whole_messages_are_sent_where_cut_ones_are_there(self):
        for count in (1, 3, 40):
            with self.subTest(count):
                cut = [message(number, b"attachment removed") for number in range(count)]
                whole = [message(number, b"QUJD" * 3000) for number in range(count)]
                self.server.delete_all()
                self.store(enumerate(cut))
                shutil.rmtree(self.folder / "before")
                outcome = self.skip(enumerate(whole), "--journal", self.folder / f"{count}.journal")
                self.assertIn(f"{count} messages have the Message-ID of one that is there, and "
                              "other content; they are sent", outcome.err)
                self.assertEqual(self.bodies(), self.wire(*cut, *whole))

    def test_other_messages_of_the_same_date_without_message_ids(self):
        before = [message(number, b"result %04d" % number, b"") for number in range(40)]
        after = [message(number, b"result %04d" % (number if number % 4 else number + 1000), b"")
                 for number in range(40)]
        self.store(enumerate(before))
        outcome = self.skip(enumerate(after))
        self.assertIn("30 messages were there before and are skipped: 30 compared by content, 0 by "
                      "Message-ID, size and date", outcome.err)
        new = [text for text in after if text not in before]
        self.assertEqual(self.bodies(), self.wire(*before, *new))

    def test_one_of_400_that_differs_in_nothing_but_its_body(self):
        before = [message(number, b"text %03d" % number) for number in range(400)]
        after = [*before[:123], message(123, b"TEXT 123"), *before[124:]]
        self.store(enumerate(before))
        outcome = self.skip(enumerate(after))
        self.assertIn("399 messages were there before and are skipped: 399 compared by content, 0 "
                      "by Message-ID, size and date", outcome.err)
        self.assertEqual(self.bodies(), self.wire(*before, after[123]))

    def test_what_another_program_stored_with_fields_and_in_another_encoding_is_there(self):
        texts = [message(number, b"a=b %d" % number) for number in range(5)]
        with self.server.session() as client:
            check(client.create("Box"))
            for number, text in enumerate(texts):
                head, body = text.split(b"\n\n", 1)
                there = (b"Received: by other.example\n" + head + b"\nX-Spam: no\n"
                         b"Content-Transfer-Encoding: quoted-printable\n\n"
                         + body.replace(b"=", b"=3D"))
                date = imaplib.Time2Internaldate(archives.FIRST_DATE + number * 3700)
                check(client.append("Box", None, date, archives.to_wire(there)))
        outcome = self.skip(enumerate(texts))
        self.assertIn("5 messages were there before and are skipped: 5 compared by content",
                      outcome.err)
        self.assertEqual(len(self.bodies()), 5)

    def test_archives_that_changed_in_place(self):
        archive = write(self.mail / "Box", ((number, message(number, b"some text"))
                                            for number in range(30)))
        self.run_job(archive)
        archive.write_bytes(archive.read_bytes().replace(b"some text", b"SOME text"))
        outcome = self.run_job(archive, code=65)
        self.assertIn("another --journal (a batch: --state-dir) and --skip-existing", outcome.err)
        self.run_job(archive, None, "--skip-existing", "--journal", self.folder / "new.journal")
        self.assertEqual(sum(b"SOME" in body for body in self.bodies()), 30)
        self.assertEqual(len(self.bodies()), 60)


class DovecotTest(SkipByContent, WithDovecot, CopyTest):
    @classmethod
    def new_server(cls):
        return Dovecot(separator="/", rawlog=True)

    def test_a_full_mailbox_costs_ten_questions_more(self):
        many = [message(number, b"text %04d" % number * 100) for number in range(2000)]
        self.store(enumerate(many))
        self.server.clear_sessions()
        outcome = self.skip(enumerate(many), "--connections=1")
        self.assertIn("1000 compared by content, 1000 by Message-ID, size and date", outcome.err)
        said = [one.line for session in self.server.sessions() for one in session]
        asked = [re.search(rb"FETCH (\S+) \(UID BODY.PEEK", line) for line in said]
        uids = [one[1].split(b",") for one in asked if one]
        self.assertEqual([len(some) for some in uids], [100] * 10)
        self.assertEqual(len(self.bodies()), 2000)


@unittest.skipUnless(cyrus_root(), "Cyrus is not unpacked here; tools/test does it")
class CyrusTest(SkipByContent, WithDovecot, CopyTest):
    @classmethod
    def new_server(cls):
        return Cyrus(separator="/", prefix="")

    def test_a_header_that_the_server_rewrote_is_the_same_message(self):
        many = [message(number, b"text", extra=b"X-Name: J\xfcrgen %02d\n" % number)
                for number in range(40)]
        self.store(enumerate(many))
        self.assertNotIn(b"\xfc", self.bodies()[0])
        self.skip(enumerate(many))
        self.assertEqual(len(self.bodies()), 40)


if __name__ == "__main__":
    unittest.main()
