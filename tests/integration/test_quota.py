# SPDX-License-Identifier: Apache-2.0
# A job does not fill a mailbox whose quota is too small for it.

from support import archives
from support.dovecot import Dovecot
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
