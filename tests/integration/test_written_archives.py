# SPDX-License-Identifier: Apache-2.0
# Mail programs that write flags into an archive before, between and during the runs of a job.

import json
import re
import threading
import unittest

from support import archives
from support.dovecot_test import WithDovecot
from support.program import ProgramTest
from support.proxy import TlsProxy
from support.schemas import assert_valid

COUNT = 12


class WrittenArchiveTest(WithDovecot, ProgramTest):
    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        self.make(COUNT)

    def make(self, count):
        with archives.Mbox(self.archive) as mbox:
            for number in range(count):
                self.add(mbox, number)

    @staticmethod
    def add(mbox, number):
        mbox.add(b"X-Mozilla-Status: 0000\nX-Mozilla-Status2: 00000000\nX-Mozilla-Keys: %s\n"
                 b"Status: O \nSubject: %d\nMessage-ID: <%d@example.com>\n\nbody of %d\n"
                 % (b" " * 80, number, number, number), archives.FIRST_DATE + number * 60)

    def overwrite(self, number, field, value):
        """In place, as mail programs do it."""
        raw = self.archive.read_bytes()
        at = re.search(rb"(?m)^%s: (?=(?:[^\n]+\n)*Subject: %d\n)" % (field, number), raw).end()
        with open(self.archive, "r+b") as file:
            file.seek(at)
            file.write(value)

    def go(self, code, *more, archive=None, **keywords):
        outcome = self.migrate(self.server, archive or self.archive, "Mail", "--report-json",
                               "report.json", *more, **keywords)
        self.assert_code(outcome, code)
        return outcome

    def begin(self):
        """Five messages are sent."""
        self.go(75, "--max-messages-per-day=5")
        self.assertEqual(self.server.count(mailbox="Mail"), 5)

    def stored(self):
        """{number: message} of the mailbox; each is there once."""
        found = {}
        for message in self.server.fetch_all(mailbox="Mail"):
            number = int(re.search(rb"Subject: (\d+)", message.body)[1])
            self.assertNotIn(number, found)
            found[number] = message
        return found

    def verify(self):
        outcome = self.run_program("verify", self.folder / "job.journal", "--json",
                                   "--password-file", self.server.password_file())
        self.assert_code(outcome, 0)
        document = json.loads(outcome.out)
        assert_valid(document)
        return document

    def test_flags_written_between_two_runs(self):
        self.begin()
        self.overwrite(2, b"X-Mozilla-Status", b"0001")
        self.overwrite(8, b"X-Mozilla-Status", b"0005")
        self.overwrite(9, b"X-Mozilla-Keys", b"$label1")
        self.overwrite(10, b"Status", b"RO")
        outcome = self.go(0)
        self.assertIn("3 messages that are not sent yet have new flags", outcome.err)
        self.assertIn("1 message that is stored already has other flags", outcome.err)
        stored = self.stored()
        self.assertEqual(len(stored), COUNT)
        flags = {number: {flag for flag in message.flags if flag != "\\Recent"}
                 for number, message in stored.items()}
        self.assertEqual(flags[2], set())
        self.assertEqual(flags[8], {"\\Seen", "\\Flagged"})
        self.assertEqual(flags[9], {"$label1"})
        self.assertEqual(flags[10], {"\\Seen"})
        # Bytes are sent as they are now.
        self.assertIn(b"X-Mozilla-Status: 0005\r\n", stored[8].body)
        row, = self.verify()["status_changed"]
        self.assertIn("Subject: 2\n", self.archive.read_bytes()[row["offset"]:].decode()[:400])
        self.assertIn("\\Seen", row["text"])
        note, = self.report()["accounts"][0]["notes"]
        self.assertIn("1 message", note)
        # Another run has nothing to say but that.
        self.assertNotIn("not sent yet", self.go(0).err)
        self.assertEqual(len(self.verify()["status_changed"]), 1)

    def test_messages_deleted_and_restored_in_place(self):
        self.overwrite(9, b"X-Mozilla-Status", b"0008")
        self.begin()
        self.overwrite(1, b"X-Mozilla-Status", b"0009")
        self.overwrite(7, b"X-Mozilla-Status", b"0009")
        self.overwrite(9, b"X-Mozilla-Status", b"0000")
        outcome = self.go(0)
        self.assertIn("1 message was deleted meanwhile and is left out", outcome.err)
        self.assertIn("1 message is no longer deleted and will be sent", outcome.err)
        self.assertEqual(set(self.stored()), set(range(COUNT)) - {7})
        left_out, = self.report()["accounts"][0]["left_out"]
        self.assertEqual(left_out["code"], "expunged")
        row, = self.verify()["status_changed"]
        self.assertIn("deleted", row["text"])

    def test_flags_written_and_mail_added_at_once(self):
        self.begin()
        self.overwrite(6, b"X-Mozilla-Status", b"0001")
        whole = self.archive.read_bytes()
        with archives.Mbox(self.folder / "more.mbox") as mbox:
            for number in range(COUNT, COUNT + 4):
                self.add(mbox, number)
        self.archive.write_bytes(whole + (self.folder / "more.mbox").read_bytes())
        self.go(0)
        stored = self.stored()
        self.assertEqual(set(stored), set(range(COUNT + 4)))
        self.assertIn("\\Seen", stored[6].flags)

    def test_flags_written_while_the_job_runs(self):
        count = 600
        self.make(count)
        answers = []

        def change(line):
            if b"APPENDUID" in line:
                answers.append(line)
                if len(answers) in (1, 3):
                    self.overwrite(count - len(answers), b"X-Mozilla-Status", b"0001")
                    self.overwrite(0, b"X-Mozilla-Status", b"000%d" % len(answers))
            return line

        with TlsProxy(self.server, rewrite=change) as proxy:
            self.go(0, "--max-messages-per-second=600", "--connections=1", port=proxy.port)
            row, = self.verify()["status_changed"]
        self.assertGreater(len(answers), 3)
        self.assertEqual(set(self.stored()), set(range(count)))
        self.assertIn("when it was stored: none", row["text"])

    def test_another_body_while_the_job_runs(self):
        count = 600
        self.make(count)
        whole = self.archive.read_bytes()
        answers = []

        def change(line):
            if b"APPENDUID" in line:
                answers.append(line)
                if len(answers) == 1:
                    self.archive.write_bytes(whole.replace(b"body of 599", b"BODY of 599"))
            return line

        with TlsProxy(self.server, rewrite=change) as proxy:
            outcome = self.go(65, "--max-messages-per-second=600", "--connections=1",
                              port=proxy.port)
            self.assertIn("1 message that is not stored yet is gone", outcome.err)
            self.assertFalse(any(b"BODY" in message.body for message in self.stored().values()))
            self.archive.write_bytes(whole)
            self.go(0, port=proxy.port)
        self.assertEqual(set(self.stored()), set(range(count)))

    def test_flags_written_while_the_index_is_incomplete(self):
        self.make(600)
        self.go(-9, MBOXFERRY_CRASH_AT="index-chunk")
        self.overwrite(3, b"X-Mozilla-Status", b"0001")
        self.overwrite(599, b"X-Mozilla-Status", b"0001")
        self.go(0)
        stored = self.stored()
        self.assertEqual(set(stored), set(range(600)))
        self.assertIn("\\Seen", stored[599].flags)

    def maildir(self):
        tree = self.folder / "Maildir"
        for name in ("cur", "new", "tmp"):
            (tree / name).mkdir(parents=True)
        for number in range(COUNT):
            path = tree / "new" / f"{1400000000 + number}.M1P1.host"
            path.write_bytes(b"Subject: %d\n\nbody\n" % number)
        return tree

    @staticmethod
    def rename(tree, number, info):
        """As a reader does, wherever the message is."""
        name = f"{1400000000 + number}.M1P1.host"
        path, = tree.glob(f"*/{name}*")
        path.rename(tree / "cur" / (name + info))

    def test_maildir_names_that_change_between_two_runs(self):
        tree = self.maildir()
        self.go(75, "--max-messages-per-day=5", archive=tree)
        self.rename(tree, 2, ":2,S")
        self.rename(tree, 8, ":2,FS")
        self.rename(tree, 9, ":2,")
        outcome = self.go(0, archive=tree)
        self.assertIn("1 message that is not sent yet has new flags", outcome.err)
        self.assertIn("1 message that is stored already has other flags", outcome.err)
        found = self.mail_below("Mail")
        self.assertEqual(len(found), COUNT)
        self.assertEqual(found[2] - {"\\Recent"}, set())
        self.assertEqual(found[8] - {"\\Recent"}, {"\\Seen", "\\Flagged"})
        self.assertEqual(len(self.verify()["status_changed"]), 1)

    def mail_below(self, mailbox):
        found = {}
        for name in self.server.mailboxes():
            if not name.startswith(mailbox):
                continue
            for message in self.server.fetch_all(mailbox=name):
                number = int(re.search(rb"Subject: (\d+)", message.body)[1])
                self.assertNotIn(number, found)
                found[number] = set(message.flags)
        return found

    def test_maildir_names_that_change_while_the_job_runs(self):
        tree = self.maildir()
        done = []

        def change(line):
            # The archive is listed before anybody logs in.
            if b"CAPABILITY" in line and not done:
                done.append(line)
                self.rename(tree, 1, ":2,S")
                self.rename(tree, 10, ":2,Sb")
                self.rename(tree, 11, "")
            return line

        with TlsProxy(self.server, rewrite=change) as proxy:
            self.go(0, archive=tree, port=proxy.port)
            self.assertTrue(done)
            outcome = self.go(0, archive=tree, port=proxy.port)
        self.assertEqual(len(self.mail_below("Mail")), COUNT)
        self.assertIn("2 messages that are stored already have other flags", outcome.err)

    def test_maildir_names_that_never_stop_changing(self):
        tree = self.maildir()
        count = 300
        for number in range(COUNT, count):
            path = tree / "new" / f"{1400000000 + number}.M1P1.host"
            path.write_bytes(b"Subject: %d\n\nbody\n" % number)
        names = [f"{1400000000 + number}.M1P1.host" for number in range(count)]
        stop = threading.Event()
        begun = threading.Event()

        def read():
            before = "new/{}"
            while not stop.is_set():
                for after in ("cur/{}:2,", "cur/{}:2,S", "cur/{}:2,RS", "cur/{}:2,FRS"):
                    for name in names:
                        (tree / before.format(name)).rename(tree / after.format(name))
                    before = after
                    begun.set()

        reader = threading.Thread(target=read)
        reader.start()
        try:
            begun.wait()
            self.go(0, archive=tree)
            self.go(0, archive=tree)
        finally:
            stop.set()
            reader.join()
        self.go(0, archive=tree)
        self.assertEqual(set(self.mail_below("Mail")), set(range(count)))

    def test_the_advice_for_another_archive_doubles_nothing(self):
        self.go(0)
        raw = self.archive.read_bytes()
        self.archive.write_bytes(raw.replace(b"Message-ID: <", b"Message-ID: <another.")
                                 .replace(b"body of ", b"another body of "))
        outcome = self.go(65)
        self.assertIn(f"none of the {COUNT} messages that are stored is in it", outcome.err)
        self.assertIn("--skip-existing", outcome.err)
        self.go(0, "--skip-existing", journal="second.journal")
        bodies = sorted(message.body.partition(b"\r\n\r\n")[2]
                        for message in self.server.fetch_all(mailbox="Mail"))
        wanted = [b"body of %d\r\n" % number for number in range(COUNT)]
        self.assertEqual(bodies, sorted([*wanted, *(b"another " + one for one in wanted)]))
        # The other way on.
        self.archive.write_bytes(raw)
        self.go(0)


if __name__ == "__main__":
    unittest.main()
