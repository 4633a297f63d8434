# SPDX-License-Identifier: Apache-2.0
# Archives with a file for each message, of which files are changed, replaced, removed and added
# between the runs of a job and during one.

import io
import json
import os
import re
import tarfile
import unittest

from support.dovecot_test import WithDovecot
from support.program import ProgramTest
from support.proxy import TlsProxy

COUNT = 12


def text_of(number, more=b""):
    return (b"Subject: %d\nMessage-ID: <%d@example.com>\n\nbody of %d\n" % (number, number, number)
            + more)


class ChangedFilesTest(WithDovecot, ProgramTest):
    def setUp(self):
        super().setUp()
        self.tree = self.folder / "mail"

    def go(self, code, *more, archive=None, **keywords):
        outcome = self.migrate(self.server, archive or self.tree, "Mail",
                               "--report-json=report.json", *more, **keywords)
        self.assert_code(outcome, code)
        return outcome

    def begin(self, **keywords):
        """Five messages are sent."""
        self.go(75, "--max-messages-per-day=5", **keywords)
        self.assertEqual(len(self.stored()), 5)

    def stored(self):
        """[(number, last line of the body)], sorted."""
        found = []
        for name in self.server.mailboxes():
            for message in self.server.fetch_all(mailbox=name):
                number = int(re.search(rb"Subject: (\d+)", message.body)[1])
                found.append((number, message.body.rstrip(b"\r\n").rpartition(b"\n")[2].decode()))
        return sorted(found)

    @staticmethod
    def wanted(*more, without=()):
        whole = [(number, f"body of {number}") for number in range(COUNT) if number not in without]
        return sorted([*whole, *more])

    def write_eml(self, suffix=".eml"):
        self.tree.mkdir()
        for number in range(COUNT):
            (self.tree / f"{number + 1}{suffix}").write_bytes(text_of(number))

    def write_stripped(self, attachment):
        """A message of Apple Mail whose attachment is in a file of its own, which is returned."""
        part = (b"Content-Type: text/x-log\nX-Apple-Content-Length: %d\n\n" % len(attachment))
        text = (b"Subject: 1\nMessage-ID: <1@example.com>\n"
                b"Content-Type: multipart/mixed; boundary=B\n\n--B\n" + part + b"--B--\n")
        file = self.tree / "Box.mbox" / "Attachments" / "7" / "1" / "x.log"
        file.parent.mkdir(parents=True)
        file.write_bytes(attachment)
        messages = self.tree / "Box.mbox" / "Messages"
        messages.mkdir()
        (messages / "7.partial.emlx").write_bytes(b"%d\n%s" % (len(text), text))
        return file

    def attachments(self):
        found = [re.search(rb"\r\n\r\n(.+)\r\n--B--", message.body)[1]
                 for name in self.server.mailboxes()
                 for message in self.server.fetch_all(mailbox=name)]
        return sorted(found)

    @staticmethod
    def write_with_former_time(file, content):
        before = file.stat()
        file.write_bytes(content)
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))

    def test_an_attachment_beside_its_message_changed_before_it_was_sent(self):
        file = self.write_stripped(b"former")
        self.go(-9, MBOXFERRY_CRASH_AT="index-done")
        self.write_with_former_time(file, b"latter")
        self.go(0)
        self.assertEqual(self.attachments(), [b"latter"])

    def test_an_attachment_beside_its_message_changed_after_it_was_stored(self):
        file = self.write_stripped(b"former")
        self.go(0)
        self.write_with_former_time(file, b"latter")
        self.assertIn("1 message was changed since it was stored", self.go(0).err)
        self.assertEqual(self.attachments(), [b"former", b"latter"])
        self.write_with_former_time(file, b"former")
        self.go(0)
        self.assertEqual(self.attachments(), [b"former", b"latter"])

    def test_eml_files_changed_between_runs(self):
        self.write_eml()
        self.begin()
        (self.tree / "3.eml").write_bytes(text_of(2, b"more\n"))        # stored
        (self.tree / "9.eml").write_bytes(text_of(8, b"more\n"))        # not yet
        (self.tree / "2.eml").unlink()                                  # stored
        (self.tree / "10.eml").unlink()                                 # not yet
        (self.tree / "4b.eml").write_bytes(text_of(40, b"added\n"))
        dry = self.go(0, "--dry-run")
        self.assertIn("2 messages were changed since", dry.err)
        outcome = self.go(0)
        self.assertIn("2 messages were changed since they were stored", outcome.err)
        self.assertIn("2 messages were changed or removed before", outcome.err)
        self.assertIn("3 messages are new or changed", outcome.err)
        wanted = self.wanted((2, "more"), (8, "more"), (40, "added"), without=(8, 9))
        self.assertEqual(self.stored(), wanted)
        account, = self.report()["accounts"]
        self.assertIn("their files were changed since they were stored, or removed: 2 messages",
                      account["notes"])
        self.assertEqual({row["code"] for row in account["left_out"]}, {"file-gone"})
        # It stays so, and what is added later is added.
        (self.tree / "0.eml").write_bytes(text_of(41, b"later\n"))
        self.go(0)
        self.assertEqual(self.stored(), sorted([*wanted, (41, "later")]))
        self.go(0)
        self.assertEqual(self.stored(), sorted([*wanted, (41, "later")]))

    def test_a_file_that_comes_back_is_sent(self):
        self.write_eml()
        self.begin()
        (self.tree / "9.eml").rename(self.folder / "kept")
        self.go(0)
        self.assertEqual(self.stored(), self.wanted(without=(8,)))
        (self.folder / "kept").rename(self.tree / "9.eml")
        self.go(0)
        self.assertEqual(self.stored(), self.wanted())

    def test_one_eml_file_changed_in_place(self):
        path = self.folder / "one.eml"
        path.write_bytes(text_of(1))
        self.go(0, archive=path)
        path.write_bytes(text_of(1, b"more\n"))
        self.go(0, archive=path)
        self.assertEqual(self.stored(), [(1, "body of 1"), (1, "more")])

    def test_an_mh_folder_written_in_place(self):
        self.tree = self.folder / "mh"
        inbox = self.tree / "inbox"
        inbox.mkdir(parents=True)
        (inbox / ".mh_sequences").write_bytes(b"unseen: 3\n")
        for number in range(COUNT):
            (inbox / str(number + 1)).write_bytes(text_of(number))
        self.go(0)
        (inbox / "7").write_bytes(text_of(6, b"annotated\n"))
        self.go(0)
        self.go(0)
        self.assertEqual(self.stored(), self.wanted((6, "annotated")))

    def test_packing_an_mh_folder_adds_nothing(self):
        self.write_eml("")
        self.go(0)
        for number in range(1, COUNT, 2):
            (self.tree / str(number)).unlink()
        for new, old in enumerate(range(2, COUNT + 1, 2), 1):
            (self.tree / str(old)).rename(self.tree / str(new))
        outcome = self.go(0)
        self.assertIn("6 messages were changed since they were stored", outcome.err)
        self.assertEqual(self.stored(), self.wanted())

    def make_maildir(self):
        for name in ("cur", "new", "tmp"):
            (self.tree / name).mkdir(parents=True)
        for number in range(COUNT):
            (self.tree / "cur" / f"{1400000000 + number}.M1P1.host:2,").write_bytes(
                text_of(number))

    def test_maildir_messages_deleted_between_runs(self):
        self.make_maildir()
        self.begin()
        for number in (1, 7):
            (self.tree / "cur" / f"{1400000000 + number}.M1P1.host:2,").unlink()
        (self.tree / "cur" / "1400000008.M1P1.host:2,").rename(
            self.tree / "cur" / "1400000008.M1P1.host:2,FS")
        (self.tree / "cur" / "1400000002.M1P1.host:2,").rename(
            self.tree / "cur" / "1400000002.M1P1.host:2,S")
        outcome = self.go(0)
        self.assertIn("1 message that is not sent yet has new flags", outcome.err)
        self.assertIn("1 message that is stored already has other flags", outcome.err)
        self.assertEqual(self.stored(), self.wanted(without=(7,)))
        flags = {}
        for name in self.server.mailboxes():
            for message in self.server.fetch_all(mailbox=name):
                flags[int(re.search(rb"Subject: (\d+)", message.body)[1])] = set(message.flags)
        self.assertEqual(flags[8] - {"\\Recent"}, {"\\Seen", "\\Flagged"})

    def change_while_the_job_runs(self, path, data):
        changed = []

        def change(line):
            # The archive is listed before anybody logs in.
            if b"CAPABILITY" in line and not changed:
                changed.append(line)
                path.write_bytes(data)
            return line

        with TlsProxy(self.server, rewrite=change) as proxy:
            self.go(0, port=proxy.port)
        self.assertTrue(changed)

    def test_a_file_that_gets_longer_while_the_job_runs(self):
        self.write_eml()
        self.change_while_the_job_runs(self.tree / "11.eml", text_of(10, b"longer\n"))
        self.assertEqual(self.stored(), self.wanted((10, "longer"), without=(10,)))

    def test_a_file_of_other_bytes_and_the_same_length_while_the_job_runs(self):
        self.write_eml()
        self.change_while_the_job_runs(self.tree / "11.eml",
                                       text_of(10).replace(b"body", b"BODY"))
        self.assertEqual(self.stored(), self.wanted((10, "BODY of 10"), without=(10,)))

    def test_a_file_that_is_gone_when_its_message_is_in_doubt(self):
        self.write_eml()
        self.go(-9, MBOXFERRY_CRASH_AT="batch-intended")
        (self.tree / "9.eml").unlink()
        (self.tree / "4.eml").write_bytes(text_of(3, b"more\n"))
        self.go(0)
        self.assertEqual(self.stored(), self.wanted((3, "more"), without=(3, 8)))

    def test_killed_while_new_files_are_indexed(self):
        self.write_eml()
        self.go(0)
        (self.tree / "5.eml").unlink()
        for number in range(100, 700):
            (self.tree / f"0-{number}.eml").write_bytes(text_of(number))
        self.go(-9, MBOXFERRY_CRASH_AT="index-chunk")
        (self.tree / "0-300.eml").unlink()
        self.go(-9, MBOXFERRY_CRASH_AT="batch-confirmed")
        (self.tree / "0-10.eml").write_bytes(text_of(1000))
        self.go(0)
        numbers = [number for number, _ in self.stored()]
        wanted = [*range(COUNT), *range(100, 700), 1000]
        self.assertEqual([number for number in numbers if number != 300],
                         [number for number in wanted if number != 300])

    def test_messages_with_labels_keep_their_mailboxes(self):
        for number in range(COUNT):
            place = self.tree / "db" / "2015-01"
            place.mkdir(parents=True, exist_ok=True)
            (place / f"{number}.eml").write_bytes(text_of(number))
            (place / f"{number}.meta").write_text(json.dumps(
                {"gm_id": number, "flags": ["\\Seen"], "labels": ["Work", f"L{number % 2}"]}))
        self.go(75, "--labels=all", "--max-messages-per-day=5")
        (place / "3.eml").unlink()
        (place / "5.eml").write_bytes(text_of(5, b"more\n"))
        self.go(0, "--labels=all")
        self.go(0, "--labels=all")
        found = {}
        for name in self.server.mailboxes():
            for message in self.server.fetch_all(mailbox=name):
                number = int(re.search(rb"Subject: (\d+)", message.body)[1])
                if number not in (3, 5):
                    found.setdefault(number, []).append(name)
        self.assertEqual({number: sorted(name.split(".")[-1] for name in names)
                          for number, names in found.items()},
                         {number: [f"L{number % 2}", "Work"]
                          for number in range(COUNT) if number not in (3, 5)})
        self.assertIn((5, "more"), self.stored())

    def test_dedupe_does_not_leave_out_the_last_copy(self):
        self.write_eml()
        (self.tree / "20.eml").write_bytes(text_of(8))
        self.go(75, "--max-messages-per-day=5", "--dedupe=content")
        (self.tree / "9.eml").unlink()
        self.go(0, "--dedupe=content")
        self.assertIn((8, "body of 8"), self.stored())

    def test_another_archive_is_refused(self):
        self.write_eml()
        self.begin()
        for number in range(COUNT):
            (self.tree / f"{number + 1}.eml").write_bytes(text_of(number + 100))
        outcome = self.go(65)
        self.assertIn("none of the messages", outcome.err)
        self.assertEqual(len(self.stored()), 5)

    def write_tar(self, members, mode="w"):
        path = self.folder / "mail.tar"
        with tarfile.open(path, mode) as tar:
            for name, data in members:
                member = tarfile.TarInfo(name)
                member.size = len(data)
                member.mtime = 1400000000
                tar.addfile(member, io.BytesIO(data))
        return path

    def test_tar_members_replaced_and_with_other_flags(self):
        name = "Maildir/cur/{}.M1P1.host:2,{}".format
        members = [(name(1400000000 + number, ""), text_of(number)) for number in range(COUNT)]
        path = self.write_tar(members)
        self.begin(archive=path)
        self.write_tar([(name(1400000002, "S"), text_of(2)), (name(1400000008, "F"), text_of(8)),
                        (name(1400000009, ""), text_of(9, b"more\n"))], "a")
        outcome = self.go(0, archive=path)
        self.assertIn("1 message that is not sent yet has new flags", outcome.err)
        self.assertIn("1 message that is stored already has other flags", outcome.err)
        numbers = [number for number, last in self.stored()]
        self.assertEqual(sorted(set(numbers)), list(range(COUNT)))
        self.assertIn((9, "more"), self.stored())
        self.assertEqual(len([number for number in numbers if number != 9]), COUNT - 1)
        self.go(0, archive=path)
        self.assertEqual([number for number, last in self.stored()], numbers)

    def test_tar_made_anew_with_less(self):
        members = [(f"mail/{number}.eml", text_of(number)) for number in range(COUNT)]
        path = self.write_tar(members)
        self.begin(archive=path)
        self.write_tar([*members[3:8], ("mail/40.eml", text_of(40, b"added\n")), *members[8:]])
        self.go(0, archive=path)
        self.assertEqual(self.stored(), self.wanted((40, "added")))


if __name__ == "__main__":
    unittest.main()
