# SPDX-License-Identifier: Apache-2.0
# Cyrus under the attacks and accidents that Dovecot is tried with.

import unittest

import test_hostile_mail
from support import archives
from support.cyrus import Cyrus, cyrus_root
from support.dovecot_test import WithDovecot
from support.program import ProgramTest
from support.proxy import Fault, LoseAnswer, TlsProxy


class WithCyrus(WithDovecot):
    @classmethod
    def new_server(cls):
        if cyrus_root() is None:
            raise unittest.SkipTest("Cyrus is not unpacked here; tools/test does it")
        return Cyrus(separator="/", prefix="")


class HostileMailTest(WithCyrus, test_hostile_mail.RealServerTest):
    """The same mail as there."""


class DateTest(WithCyrus, ProgramTest):
    def test_a_message_without_a_date_does_not_get_the_server_s_clock(self):
        path = self.folder / "mail.mbox"
        path.write_bytes(b"From - Thu Jan  1 00:00:00 1970\nSubject: none\n\nbody\n\n"
                         b"From - Thu Jan  1 00:00:00 1970\nSubject: zero\n"
                         b"Date: Thu, 01 Jan 1970 00:00:00 +0000\n\nbody\n")
        self.assert_code(self.migrate(self.server, path, "Mail"), 0)
        self.assertEqual([one.epoch() for one in self.server.fetch_all(mailbox="Mail")], [1, 1])


class LostAnswerTest(WithCyrus, ProgramTest):
    def lose(self, nth, *more):
        """A run whose `nth` answer to an APPEND is lost, once."""
        path = self.folder / "mail.mbox"
        wanted = archives.make(path, 40, copies=4, seed=nth)
        with TlsProxy(self.server, lambda number: LoseAnswer(nth=nth) if number == 0 else
                      Fault()) as proxy:
            outcome = self.migrate(self.server, path, "Mail", *more, port=proxy.port,
                                   journal=f"{nth}.journal")
        self.assert_code(outcome, 0)
        self.assertEqual(archives.differences(wanted, self.server.fetch_all(mailbox="Mail"),
                                              in_order=False), [])

    def test_nothing_is_doubled_after_a_multiappend(self):
        self.lose(1)

    def test_nothing_is_doubled_after_one_of_many_appends(self):
        self.lose(17, "--append-mode", "literal-plus")


    def test_a_header_that_the_server_changes_does_not_hide_the_message(self):
        # munge8bit, which is on by default, makes an X of each byte that is not ASCII.
        path = self.folder / "mail.mbox"
        with archives.Mbox(path) as mbox:
            for number in range(3):
                mbox.add(b"Subject: caf\xe9 %d\nStatus: RO\n\nbody %d\n" % (number, number),
                         archives.FIRST_DATE + 60 * number, ("\\Seen",))
        with TlsProxy(self.server, lambda number: LoseAnswer() if number == 0 else
                      Fault()) as proxy:
            self.assert_code(self.migrate(self.server, path, "Mail", port=proxy.port), 0)
        found = [one.body for one in self.server.fetch_all(mailbox="Mail")]
        self.assertEqual([body.partition(b"\r\n\r\n")[2] for body in found],
                         [b"body %d\r\n" % number for number in range(3)])
        self.assertTrue(found[0].startswith(b"Subject: cafX 0\r\n"))


class NulTest(WithCyrus, ProgramTest):
    def test_what_cyrus_refuses_is_kept_and_all_else_arrives(self):
        path = self.folder / "mail.mbox"
        with archives.Mbox(path) as mbox:
            for number in range(30):
                nul = b"\0" if number in (3, 4, 17) else b""
                mbox.add(b"Subject: %d\nStatus: RO\n\nbody%s\n" % (number, nul),
                         archives.FIRST_DATE + 60 * number, ("\\Seen",))
        outcome = self.migrate(self.server, path, "Mail", "--report-json", "report.json")
        self.assert_code(outcome, 3)
        refused = self.report()["accounts"][0]["refused"]
        self.assertEqual(len(refused), 3)
        self.assertIn("NUL", refused[0]["text"])
        wanted = [one for one in mbox.messages if b"\0" not in one.wire]
        # Where a batch is halved to find the culprit, what follows it may come first.
        self.assertEqual(archives.differences(wanted, self.server.fetch_all(mailbox="Mail"),
                                              in_order=False), [])
        kept = (self.folder / "job.journal.refused.mbox").read_bytes()
        self.assertEqual(kept.count(b"body\0\r\n"), 3)


if __name__ == "__main__":
    unittest.main()
