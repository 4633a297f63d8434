# SPDX-License-Identifier: Apache-2.0
# UIDs far apart: a mailbox is looked through in a few commands, and nothing in it is passed over.

import re

from support import archives
from support.dovecot import Dovecot
from support.fake_imap import FakeImap
from support.program import ProgramTest

LAST = 4_294_967_294  # UIDs end there: UIDNEXT has to be one more
UIDS = [1, 2, 70_000, 70_001, 1_500_000_000, 1_500_000_001, 1_500_300_000, 3_000_000_000,
        3_000_000_001, 3_999_999_999, LAST - 1, LAST]
FETCH = re.compile(rb"\S+ (?:UID )?FETCH ")


class SparseUidTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        self.wanted = archives.make(self.archive, len(UIDS), seed=5)

    def again(self, server):
        """A new job that finds everything there."""
        outcome = self.migrate(server, self.archive, "Mail", "--skip-existing",
                               journal="second.journal")
        self.assert_code(outcome, 0)
        self.assertIn(f"0 of 0 messages stored (0 B), 0 refused, {len(UIDS)} skipped", outcome.out)

    def spread_server(self, **options):
        server = self.enterContext(FakeImap(**options))
        self.assert_code(self.migrate(server, self.archive, "Mail"), 0)
        mailbox = server.mailboxes["Mail"]
        for message, uid in zip(mailbox.messages, UIDS, strict=True):
            message.uid = uid
        mailbox.uid_next = LAST + 1
        server.ran.clear()
        return server

    def test_gaps_cost_a_few_commands(self):
        server = self.spread_server()
        self.again(server)
        self.assertLess(sum(bool(FETCH.match(line)) for line in server.ran), 150)

    def test_a_server_that_is_wrong_about_the_next_message_hides_nothing(self):
        lies = []

        def lie(_session, name, words):
            if name != "FETCH" or b" ".join(words[1:]) != b"(UID)":
                return None
            lies.append(words[0])
            return b"* %s FETCH (UID %d)\r\nTAG OK done\r\n" % (words[0], LAST)

        self.again(self.spread_server(on_command=lie))
        self.assertTrue(lies)

    def test_on_dovecot(self):
        server = self.enterContext(Dovecot())
        self.assert_code(self.migrate(server, self.archive, "Mail"), 0)
        server.stop()
        listed, = server.folder.glob("mail/*/**/.Mail/dovecot-uidlist")
        head, *lines = listed.read_text().splitlines()
        lines = [f"{uid} {line.split(' ', 1)[1]}" for uid, line in zip(UIDS, lines, strict=True)]
        listed.write_text("\n".join([re.sub(r" N\d+", f" N{LAST + 1}", head), *lines, ""]))
        for index in listed.parent.glob("dovecot.index*"):
            index.unlink()
        server.start()
        client = server.client()
        client.select("Mail")
        self.assertEqual(client.uid("SEARCH", None, "ALL")[1][0].split()[-1], str(LAST).encode())
        self.again(server)
