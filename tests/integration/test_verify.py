# SPDX-License-Identifier: Apache-2.0
# verify finds every kind of difference, and nothing where there is none.

import json
import pathlib
import re
import sqlite3
import unittest

from support import archives
from support.cyrus import Cyrus, cyrus_root
from support.dovecot_test import WithDovecot
from support.program import ProgramTest
from support.proxy import TlsProxy

COUNT = 40


class VerifyTests(WithDovecot):
    """Mixed into a test class for each server, which says how a stored message is altered."""

    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        with archives.Mbox(self.archive) as mbox:
            for number in range(COUNT):
                mbox.add(b"Subject: %d\nMessage-ID: <%d@example.com>\nStatus: RO\nX-Status: F\n"
                         b"X-Keywords: first second\n\nbody of %d\n" % (number, number, number),
                         archives.FIRST_DATE + number * 60, ("\\Seen", "\\Flagged"))
        self.wanted = mbox.messages
        self.change = None  # of a server's line
        proxy = TlsProxy(self.server, rewrite=lambda line: self.change(line) if self.change
                         else line)
        self.port = self.enterContext(proxy).port
        self.assert_code(self.migrate(self.server, self.archive, "Mail", port=self.port), 0)

    def verify(self, code, *more):
        outcome = self.run_program("verify", self.folder / "job.journal", "--json",
                                   "--password-file", self.server.password_file(), *more)
        self.assert_code(outcome, code)
        document = json.loads(outcome.out)
        self.assertEqual(document["verdict"], "failed" if code else "complete")
        return document

    def found(self, document):
        """{what: the numbers of the messages}, from their places in the archive."""
        raw = self.archive.read_bytes()
        result = {}
        for one in (document["missing"] + document["different"] + document["unexpected"]
                    + document["gone_since"]):
            subject = (re.compile(rb"Subject: (\d+)").search(raw, one["offset"])[1]
                       if "offset" in one else -1)
            result.setdefault(one["what"], []).append(int(subject))
        return result

    def both(self, code, expected, *options):
        """Without and with --full."""
        for more in ((), ("--full",)):
            self.assertEqual(self.found(self.verify(code, *options, *more)), expected, more)

    def by_people(self, expected):
        """The job's run had compared it: what changed since is told, and no failure."""
        self.both(0, expected)
        self.assertEqual(sum(map(len, expected.values())), len(self.verify(0)["gone_since"]))
        self.both(1, expected, "--strict")
        self.assertEqual(self.verify(1, "--strict")["gone_since"], [])

    def by_the_server(self, what, number):
        """The content is the same."""
        for more in ((), ("--full",)):
            document = self.verify(0, *more)
            self.assertEqual(self.found(document), {}, more)
            self.assertEqual(document["altered"], [{"what": what, "messages": 1}], more)
        self.both(1, {what: [number]}, "--strict")

    def with_client(self, change):
        with self.server.session() as client:
            client.select("Mail")
            change(client)

    def test_nothing_where_there_is_nothing(self):
        self.both(0, {})

    def test_a_missing_message(self):
        def expunge(client):
            client.store("6,9", "+FLAGS.SILENT", "(\\Deleted)")
            client.expunge()
        self.with_client(expunge)
        self.by_people({"missing": [5, 8]})

    def test_a_mailbox_that_is_gone(self):
        with self.server.session() as client:
            client.delete("Mail")
        self.by_people({"missing": list(range(COUNT))})

    def test_a_message_that_is_there_twice(self):
        self.with_client(lambda client: client.copy("3", "Mail"))
        self.both(1, {"twice": [2]})
        outcome = self.run_program("verify", self.folder / "job.journal", "--password-file",
                                   self.server.password_file())
        self.assertIn("1 there twice", outcome.out)
        # After a complete run it is no failure: somebody else may have wanted that copy.
        outcome = self.migrate(self.server, self.archive, "Mail", port=self.port)
        self.assert_code(outcome, 0)
        self.assertIn("there twice", outcome.err)

    def remove(self, code):
        outcome = self.run_program("verify", self.folder / "job.journal", "--password-file",
                                   self.server.password_file(), "--remove-copies", "--yes")
        self.assert_code(outcome, code)
        return outcome

    def test_a_copy_that_the_job_need_not_have_made_is_not_removed(self):
        self.with_client(lambda client: client.copy("3", "Mail"))
        self.assertIn("does not prove", self.remove(1).out)
        self.assertEqual(self.server.count(mailbox="Mail"), COUNT + 1)

    def test_a_second_sending_is_listed_with_both_uids_and_removed_on_demand(self):
        # As if the job had met a fault then: the journal knows which messages it planned again.
        with sqlite3.connect(self.folder / "job.journal") as journal:
            journal.execute("INSERT INTO resent SELECT id FROM message WHERE uid + 2147483648 IN"
                            " (SELECT uid + 2147483648 FROM message ORDER BY id LIMIT 2 OFFSET 4)")
        before = list(self.server.fetch_all(mailbox="Mail"))
        self.with_client(lambda client: client.copy("5:6,9", "Mail"))
        document = self.verify(1)
        self.assertEqual({(one["uid"] - before[-1].uid, one["copy_of_uid"])
                          for one in document["unexpected"]},
                         {(1, before[4].uid), (2, before[5].uid), (3, before[8].uid)})
        said = self.remove(1).out  # the third is not proven
        self.assertIn("2 copies removed", said)
        self.with_client(lambda client: (client.store(str(COUNT + 1), "+FLAGS", "(\\Deleted)"),
                                         client.expunge()))
        self.assertEqual([one.uid for one in self.server.fetch_all(mailbox="Mail")],
                         [one.uid for one in before])
        self.assertIn("no copies to remove", self.remove(0).out)

    def test_the_last_of_two_is_never_removed(self):
        with sqlite3.connect(self.folder / "job.journal") as journal:
            journal.execute("INSERT INTO resent SELECT id FROM message")
        self.with_client(lambda client: client.copy("5", "Mail"))
        with self.server.session() as client:
            client.select("Mail")
            client.store("5", "+FLAGS.SILENT", "(\\Deleted)")
            client.expunge()
        self.remove(0)  # the other is gone: it is there once
        self.assertEqual(self.server.count(mailbox="Mail"), COUNT)

    def test_nothing_is_removed_without_a_yes(self):
        with sqlite3.connect(self.folder / "job.journal") as journal:
            journal.execute("INSERT INTO resent SELECT id FROM message")
        self.with_client(lambda client: client.copy("5", "Mail"))
        outcome = self.run_program("verify", self.folder / "job.journal", "--password-file",
                                   self.server.password_file(), "--remove-copies")
        self.assert_code(outcome, 78)
        self.assertIn("--yes", outcome.err)
        self.assertEqual(self.server.count(mailbox="Mail"), COUNT + 1)

    def test_a_job_that_finds_copies_of_its_mail_is_not_complete(self):
        archive = self.folder / "more.mbox"
        archives.make(archive, 300)
        self.assertEqual(self.migrate(self.server, archive, "More", journal="more.journal",
                                      MBOXFERRY_CRASH_AT="batch-confirmed").code, -9)
        with self.server.session() as client:
            client.select("More")
            client.copy("1", "More")
        outcome = self.migrate(self.server, archive, "More", journal="more.journal")
        self.assert_code(outcome, 1)
        self.assertIn("is on the server twice", outcome.err)
        self.assertRegex(outcome.err, r"UID \d+, and a copy as UID \d+")

    def test_mail_of_others_is_no_difference(self):
        last = self.wanted[-1]
        other = last.wire.replace(b"body", b"text")
        self.assertEqual(len(other), last.size)
        # Of the same size and second, and not the same.
        self.with_client(lambda client: client.append(
            "Mail", None, '"02-Mar-2015 08:54:00 +0000"', other))
        self.assertEqual(last.epoch, archives.FIRST_DATE + 39 * 60)
        self.both(0, {"unexpected": [-1]})

    def test_a_lost_flag(self):
        self.with_client(lambda client: client.store("11", "-FLAGS.SILENT", "(\\Flagged)"))
        self.by_people({"flags": [10]})

    def test_a_lost_keyword(self):
        self.with_client(lambda client: client.store("12", "-FLAGS.SILENT", "(second)"))
        self.by_people({"keywords": [11]})

    def test_flags_that_a_reader_has_set_are_no_difference(self):
        self.with_client(lambda client: client.store("1:5", "+FLAGS.SILENT", "(\\Answered third)"))
        self.both(0, {})

    def test_another_date(self):
        # What no client can do to a message that is there, a server may show.
        self.change = lambda line: line.replace(b" 08:20:00 +", b" 08:20:01 +")
        self.by_the_server("internaldate", 5)

    def test_another_size(self):
        self.change = lambda line: (re.sub(rb"RFC822\.SIZE \d+", b"RFC822.SIZE 9", line)
                                    if b"UID 7 " in line else line)
        self.by_the_server("size", 6)

    def test_an_altered_byte_of_the_same_size(self):
        self.alter(self.wanted[20])
        self.assertEqual(self.found(self.verify(1, "--full")), {"content": [20]})
        # Sizes, dates and flags do not show it.
        self.assertEqual(self.found(self.verify(0)), {})

    def alter(self, message):
        """Behind the server's back: a letter of the body changes its case."""
        wanted = message.wire.replace(b"\r\n", b"\n")
        for path in filter(pathlib.Path.is_file, self.server.folder.rglob(self.stored)):
            raw = path.read_bytes()
            if raw.replace(b"\r\n", b"\n") == wanted:
                path.write_bytes(raw.replace(b"body of", b"bodY of"))
                return
        self.fail("the message is in no file")


class DovecotVerifyTest(VerifyTests, ProgramTest):
    stored = "cur/*"


@unittest.skipUnless(cyrus_root(), "no Cyrus")
class CyrusVerifyTest(VerifyTests, ProgramTest):
    stored = "*."

    @staticmethod
    def new_server():
        return Cyrus(separator="/", prefix="")


if __name__ == "__main__":
    unittest.main()
