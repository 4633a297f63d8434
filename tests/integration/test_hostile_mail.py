# SPDX-License-Identifier: Apache-2.0
# Mail that speaks IMAP: whatever a server answers, no line of a message is ever run as a command.

import re
import shutil
import unittest

from support import archives
from support.dovecot_test import WithDovecot
from support.fake_imap import BASIC, FULL, FakeImap, Mailbox, Refusal
from support.program import FIXTURES, ProgramTest
from support.proxy import TlsProxy

BODY_LINE = re.compile(rb"^x\d+ ")


def hostile_archive(path):
    """Bodies that are commands behind flags, keywords and dates that servers refuse."""
    fields = ["Status: RO", "X-Status: AFDT", "X-Keywords: \\Recent \\Bogus {5+} x(y) \"quoted",
              "X-Keywords: ] NIL a*b %", "X-Mozilla-Keys: $label1 non-ascii-\u00e9", "Status: \x01",
              "X-Evolution: 00000001-ffff", ""]
    dates = [b"Thu, 01 Jan 1970 00:00:00 +0000", b"Mon, 01 Jan 1900 00:00:00 +0000",
             b"Fri, 31 Dec 9999 23:59:59 +0000", b"Mon, 01 Jan 2035 00:00:00 +9999",
             b'"\r {5+}', b"Tue, 03 Mar 2015 10:11:12 +0100"]
    with open(path, "wb") as file:
        number = 0
        for field in fields:
            for date in dates:
                header = f"From: a@example.com\nSubject: x{number} DELETE Victim\n".encode()
                if field:
                    header += field.encode() + b"\n"
                # `From - ` is the exporter's clock, so the Date field decides.
                file.write(b"From - Tue Mar  3 10:11:12 2015\n" + header + b"Date: " + date +
                           b"\n\nx%d DELETE Victim\nx%d CREATE Intruder\n)\nx%d LOGOUT\n\n" %
                           (number, number, number))
                number += 1
    return number


class RealServerTest(WithDovecot, ProgramTest):
    def setUp(self):
        super().setUp()
        self.server.client().create("Victim")

    def check(self, archive, count, *more, **options):
        with TlsProxy(self.server) as proxy:
            outcome = self.migrate(self.server, archive, "Mail", "--report-json", "report.json",
                                   *more, port=proxy.port, **options)
        self.assertIn(outcome.code, (0, 3), str(outcome))
        mailboxes = self.server.mailboxes()
        self.assertIn("Victim", mailboxes)
        self.assertNotIn("Intruder", mailboxes)
        self.assertFalse([one.line for one in proxy.commands
                          if BODY_LINE.match(one.line)])
        refused = self.report()["accounts"][0]["refused"]
        self.assertEqual(self.server.count(mailbox="Mail") + len(refused), count, str(outcome))
        return proxy

    def test_odd_flags_keywords_and_dates_on_dovecot(self):
        archive = self.folder / "hostile.mbox"
        self.check(archive, hostile_archive(archive))

    def test_bodies_of_commands_arrive_unchanged_by_every_way_to_append(self):
        for mode in ("multiappend", "literal-plus", "synchronizing"):
            with self.subTest(mode):
                self.setUp()
                archive = self.folder / "imap.mbox"
                wanted = archives.make(archive, 30, kinds=["imap"], seed=5)
                self.check(archive, 30, "--append-mode", mode, journal=mode)
                self.assertEqual(archives.differences(wanted, self.server.fetch_all(
                    mailbox="Mail")), [])


class FakeServerTest(ProgramTest):
    """A server that answers BAD without swallowing the literal, as Dovecot does."""

    def check(self, on_append, *, capabilities=FULL, code=None, archive=None, count=None,
              decided=True):
        if archive is None:
            archive = self.folder / "hostile.mbox"
            count = hostile_archive(archive)
        with FakeImap(on_append=on_append, capabilities=capabilities) as server:
            server.mailboxes["Victim"] = Mailbox(9)
            outcome = self.migrate(server, archive, "Mail", "--report-json", "report.json")
            ran = [line for line in server.ran if BODY_LINE.match(line)]
            self.assertEqual(ran, [], str(outcome))
            self.assertIn("Victim", server.mailboxes)
            self.assertNotIn("Intruder", server.mailboxes)
            stored = server.bodies("Mail")
        refused = self.report()["accounts"][0]["refused"]
        if decided:
            self.assertEqual(len(stored) + len(refused), count, str(outcome))
        self.assertEqual(len(stored), len(set(stored)), "none twice")
        if code is not None:
            self.assert_code(outcome, code)
        return stored, refused

    def test_bad_to_every_head(self):
        for capabilities in (FULL, BASIC + " UIDPLUS LITERAL+", BASIC + " LITERAL-", BASIC):
            with self.subTest(capabilities):
                shutil.rmtree(self.folder)
                self.folder.mkdir()
                archive = self.folder / "few.mbox"
                shutil.copy(FIXTURES / "imap-commands.mbox", archive)
                stored, refused = self.check(lambda head: Refusal("BAD", "cannot read that"),
                                             capabilities=capabilities, code=75, archive=archive,
                                             count=4, decided=False)
                # A server that takes nothing is not the messages' fault.
                self.assertEqual((stored, refused), ([], []))

    def test_bad_to_keywords_loses_the_keywords_and_not_the_mail(self):
        def only_system_flags(head):
            odd = [flag for flag in head.flags if not flag.startswith("\\")]
            return Refusal("BAD", "no keywords here") if odd else None
        _, refused = self.check(only_system_flags)
        self.assertEqual(refused, [])

    def test_bad_to_one_flag(self):
        for flag in ("\\Answered", "\\Flagged", "\\Seen"):
            with self.subTest(flag):
                self.setUp()
                self.check(lambda head: Refusal("BAD") if flag in head.flags else None)

    def test_bad_to_a_message_of_some_size(self):
        stored, refused = self.check(
            lambda head: Refusal("BAD") if head.synchronizing and head.size % 3 == 0 else None)
        self.assertTrue(stored)
        self.assertTrue(refused)

    def test_bad_to_every_date(self):
        _, refused = self.check(lambda head: Refusal("BAD") if head.date else None, code=75,
                                decided=False)
        self.assertEqual(refused, [])

    def test_bad_to_old_dates(self):
        self.check(lambda head: Refusal("BAD") if re.search(r"-(19\d\d|200\d)", head.date) else None)


class RefusalTest(ProgramTest):
    """NO to some: the others arrive, the refused are named, with the server's words."""

    def test_one_message_of_a_batch_is_refused(self):
        archive = self.folder / "mail.mbox"
        wanted = archives.make(archive, 60, seed=8)
        sizes = [one.size for one in wanted]
        culprit = next(index for index in range(20, 60) if sizes.count(sizes[index]) == 1)
        for capabilities in (FULL, BASIC + " UIDPLUS LITERAL+", BASIC):
            with self.subTest(capabilities), FakeImap(
                    capabilities=capabilities,
                    on_append=lambda head: Refusal("NO", "contains a virus")
                    if head.size == sizes[culprit] else None) as server:
                outcome = self.migrate(server, archive, "Mail", "--report-json", "report.json",
                                       journal=f"{len(capabilities)}.journal")
                self.assert_code(outcome, 3)
                self.assertEqual(sorted(server.bodies("Mail")), sorted(
                    one.wire for index, one in enumerate(wanted) if index != culprit))
                refused, = self.report()["accounts"][0]["refused"]
                self.assertIn("contains a virus", refused["text"])
                subject = wanted[culprit].subject.encode("latin-1")
                self.assertIn(subject, archive.read_bytes()[refused["offset"]:][:1500])

    def test_what_is_too_long_for_the_server_is_never_sent(self):
        archive = self.folder / "mail.mbox"
        wanted = archives.make(archive, 40, seed=9)
        limit = sorted(one.size for one in wanted)[30]
        with FakeImap(capabilities=FULL + f" APPENDLIMIT={limit}") as server:
            heads = []
            server.on_append = lambda head: heads.append(head.size)
            outcome = self.migrate(server, archive, "Mail", "--report-json", "report.json")
            self.assert_code(outcome, 3)
            self.assertLessEqual(max(heads), limit)
            fitting = [one.wire for one in wanted if one.size <= limit]
            self.assertEqual(sorted(server.bodies("Mail")), sorted(fitting))
            self.assertEqual(len(self.report()["accounts"][0]["refused"]),
                             40 - len(fitting))

    def test_a_full_mailbox_stops_the_account_and_can_go_on_later(self):
        archive = self.folder / "mail.mbox"
        wanted = archives.make(archive, 30, seed=10)
        full = [True]
        with FakeImap(capabilities=BASIC + " UIDPLUS LITERAL+") as server:
            server.on_append = lambda head: (Refusal("NO", "[OVERQUOTA] mailbox is full")
                                             if full[0] and head.number > 10 else None)
            outcome = self.migrate(server, archive, "Mail", "--report-json", "report.json")
            self.assertIn(outcome.code, (3, 75), str(outcome))
            self.assertIn("full", outcome.err + str(self.report()))
            if outcome.code == 75:
                full[0] = False
                self.assert_code(self.migrate(server, archive, "Mail"), 0)
                self.assertEqual(sorted(server.bodies("Mail")), sorted(one.wire for one in wanted))


if __name__ == "__main__":
    unittest.main()
