# SPDX-License-Identifier: Apache-2.0
# A tar archive to which `tar -r` adds between the runs of a job.

import subprocess
import unittest

from support.dovecot import Dovecot
from support.dovecot_test import WithDovecot
from support.program import ProgramTest


def mbox(*subjects):
    return b"".join(b"From a@b.c Tue Jan  1 00:00:00 2019\nMessage-ID: <%s@example>\n"
                    b"Subject: %s\n\ntext of %s\n\n" % ((subject.encode(),) * 3)
                    for subject in subjects)


class AddedTest(WithDovecot, ProgramTest):
    @classmethod
    def new_server(cls):
        return Dovecot(separator="/")

    def setUp(self):
        super().setUp()
        self.tree = self.folder / "tree"
        self.tree.mkdir()
        self.archive = self.folder / "mail.tar"

    def pack(self, mode, *names):
        subprocess.run(["tar", mode, "-f", self.archive, "-C", self.tree, *names], check=True)

    def subjects(self, mailbox):
        return [one.body.split(b"Subject: ")[1].split(b"\r\n")[0].decode()
                for one in self.server.fetch_all(mailbox=mailbox)]

    def test_what_was_added_is_stored_by_the_next_run(self):
        many = [f"o{number}" for number in range(300)]
        (self.tree / "Inbox").write_bytes(mbox(*many))
        (self.tree / "Sent").write_bytes(mbox("s1", "s2"))
        self.pack("-c", "Inbox", "Sent")
        self.assert_code(self.migrate(self.server, self.archive, "Mail"), 0)
        (self.tree / "Other").write_bytes(mbox("other"))
        self.pack("-r", "Other")
        outcome = self.migrate(self.server, self.archive, "Mail")
        self.assert_code(outcome, 0)
        self.assertEqual(outcome.err.count("mail.tar was added to"), 1)
        with open(self.tree / "Inbox", "ab") as inbox:
            inbox.write(mbox("new"))
        self.pack("-r", "Inbox")
        for _ in range(2):
            self.assert_code(self.migrate(self.server, self.archive, "Mail"), 0)
            self.assertEqual(self.subjects("Mail/Inbox"), many + ["new"])
            self.assertEqual(self.subjects("Mail/Sent"), ["s1", "s2"])
            self.assertEqual(self.subjects("Mail/Other"), ["other"])

    def test_another_archive_of_the_name_is_told_with_the_folder_that_differs(self):
        (self.tree / "Inbox").write_bytes(mbox("one"))
        (self.tree / "Sent").write_bytes(mbox("s1"))
        self.pack("-c", "Inbox", "Sent")
        self.assert_code(self.migrate(self.server, self.archive, "Mail"), 0)
        (self.tree / "Sent").write_bytes(mbox("another"))
        self.pack("-r", "Sent")
        outcome = self.migrate(self.server, self.archive, "Mail")
        self.assert_code(outcome, 65)
        self.assertIn("mail.tar: Sent has changed since this job's journal was written", outcome.err)


if __name__ == "__main__":
    unittest.main()
