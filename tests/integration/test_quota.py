# SPDX-License-Identifier: Apache-2.0
# A job does not fill a mailbox whose quota is too small for it.

from support import archives
from support.dovecot import Dovecot
from support.fake_imap import FULL, FakeImap
from support.program import ProgramTest


class QuotaTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        self.wanted = archives.make(self.archive, 60)
        self.size = sum(one.size for one in self.wanted)

    def server_with(self, kilobytes):
        self.server = self.enterContext(Dovecot(quota=f"*:storage={kilobytes}K"))

    def assert_does_not_begin(self, *more, **how):
        plan = self.migrate(self.server, self.archive, "Mail", "--dry-run", *more, **how)
        self.assert_code(plan, 1)
        self.assertRegex(plan.out.splitlines()[-1], "^NO GO: the quota holds ")
        before = self.server.mailboxes()
        outcome = self.migrate(self.server, self.archive, "Mail", *more, **how)
        self.assert_code(outcome, 75)
        line, = outcome.error_lines()
        self.assertIn(f"{self.size} are needed", line)
        self.assertIn("nothing was sent; make room there", line)
        self.assertEqual(self.server.mailboxes(), before)

    def test_a_quota_that_is_too_small_is_not_filled(self):
        self.server_with(self.size // 2048)
        self.assert_does_not_begin()
        self.assert_does_not_begin("--quota-reserve=0")
        outcome = self.migrate(self.server, self.archive, "Mail", "--ignore-quota")
        self.assertNotEqual(outcome.code, 0)
        self.assertIn("quota exceeded", outcome.err.lower())
        self.assertIn("Mail", self.server.mailboxes())

    def test_the_reserve_stays_free(self):
        self.server_with(self.size // 1024 + 2)
        self.assert_does_not_begin()
        self.assert_does_not_begin("--quota-reserve=20%")
        self.assert_does_not_begin("--quota-reserve=3K")
        self.assert_code(self.migrate(self.server, self.archive, "Mail", "--quota-reserve=0"), 0)
        self.assertEqual(self.server.count(mailbox="Mail"), 60)

    def test_what_is_stored_already_is_not_counted_again(self):
        self.server_with(self.size * 3 // 2 // 1024)
        self.assert_code(self.migrate(self.server, self.archive, "Mail"), 0)
        archives.make(self.archive, 66)
        self.assert_code(self.migrate(self.server, self.archive, "Mail"), 0)
        self.assertEqual(self.server.count(mailbox="Mail"), 66)
        self.assert_code(self.migrate(self.server, self.archive, "Mail"), 0)

    def test_what_is_skipped_needs_no_room(self):
        self.server_with(self.size * 3 // 2 // 1024)
        self.assert_code(self.migrate(self.server, self.archive, "Mail"), 0)
        self.assert_code(self.migrate(self.server, self.archive, "Mail", "--skip-existing",
                                      journal="other.journal"), 0)
        self.assertEqual(self.server.count(mailbox="Mail"), 60)

    def test_a_server_with_room_is_asked_once(self):
        self.server = self.enterContext(Dovecot(quota="*:storage=1G", rawlog=True))
        self.assert_code(self.migrate(self.server, self.archive, "Mail"), 0)
        asked = [one for session in self.server.sessions() for one in session
                 if one.name == "GETQUOTAROOT"]
        self.assertEqual(len(asked), 1)


class MessageQuotaTest(ProgramTest):
    """RFC 9208 MESSAGE: real Dovecot, and roots as other servers name them."""

    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        archives.make(self.archive, 60)

    def assert_does_not_begin(self, server, *words):
        before = {name: len(one.messages) for name, one in server.mailboxes.items()} if isinstance(
            server, FakeImap) else server.mailboxes()
        plan = self.migrate(server, self.archive, "Mail", "--dry-run", "--report-json", "plan.json")
        self.assert_code(plan, 1)
        self.assertRegex(plan.out.splitlines()[-1], "^NO GO: the quota holds ")
        outcome = self.migrate(server, self.archive, "Mail")
        self.assert_code(outcome, 75)
        for word in words:
            self.assertIn(word, plan.out)
            self.assertIn(word, outcome.err)
        self.assertIn("nothing was sent", outcome.err)
        self.assertEqual(before, {name: len(one.messages) for name, one in server.mailboxes.items()}
                         if isinstance(server, FakeImap) else server.mailboxes())

    def test_dovecot(self):
        with Dovecot(quota="*:messages=40") as server:
            self.assert_does_not_begin(server, "holds 40 messages, 0 are there and 60 are needed",
                                       "2 are kept free")
            quota = self.report("plan.json")["accounts"][0]["quota"]
            self.assertEqual((quota["limit"], quota["messages_limit"], quota["messages_needed"]),
                             (None, 40, 60))
            outcome = self.migrate(server, self.archive, "Mail", "--ignore-quota")
            self.assertNotEqual(outcome.code, 0)
            self.assertEqual(server.count(mailbox="Mail"), 40)

    def test_dovecot_with_room(self):
        with Dovecot(quota="*:messages=64") as server:
            self.assert_code(self.migrate(server, self.archive, "Mail"), 0)
            self.assertEqual(server.count(mailbox="Mail"), 60)
            # What is stored is not needed again.
            self.assert_code(self.migrate(server, self.archive, "Mail"), 0)

    def test_several_roots_and_resources(self):
        for roots, words in (
                (('"a" (STORAGE 1 900000 MESSAGE 1 900)', '"b" (MESSAGE 5 40 STORAGE 1 9000)'),
                 "holds 40 messages, 5 are there"),
                (('"a" (MESSAGE 5 40)', '"b" (MESSAGE 0 50)', '"c" ()'), "holds 40 messages"),
                (('"a" (STORAGE 10 9223372036854775807 MESSAGE 3 41)',), "holds 41 messages"),
                (('"a" (X-NUM-FOLDERS 3 100 MESSAGE 70 60)',), "holds 60 messages, 70 are there"),
                (('"a" (MESSAGE 1 900)', '"b" (STORAGE 8 10)'), "holds 10240 bytes")):
            def answer(_, name, __, roots=roots):
                if name != "GETQUOTAROOT":
                    return None
                return b'* QUOTAROOT INBOX "a"\r\n' + b"".join(
                    f"* QUOTA {one}\r\n".encode() for one in roots) + b"TAG OK done\r\n"
            with self.subTest(words), FakeImap(capabilities=FULL + " QUOTA",
                                               on_command=answer) as server:
                self.assert_does_not_begin(server, words)
                (self.folder / "job.journal").unlink()
