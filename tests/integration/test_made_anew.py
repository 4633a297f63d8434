# SPDX-License-Identifier: Apache-2.0
# A mailbox that was deleted, made anew and filled with the same mail holds that mail: other UIDs
# name it, and nothing of it is missing.

import json
import unittest

from support import archives
from support.courier import Courier, courier_root
from support.cyrus import Cyrus, cyrus_root
from support.dovecot import Dovecot
from support.dovecot_test import WithDovecot
from support.imap_server import check, quoted
from support.program import ProgramTest
from support.schemas import assert_valid

COUNT = 40
LINE = f"note: UIDs given anew (another UIDVALIDITY): {COUNT} messages, found by"


class MadeAnew:
    """On each of several servers."""

    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        self.wanted = archives.make(self.archive, COUNT, body_bytes=(20, 400), copies=3,
                                    kinds=("plain", "mime"))
        self.assert_code(self.migrate(self.server, self.archive, "Mail"), 0)
        self.mailbox = next(name for name in self.server.mailboxes() if "Mail" in name)

    def make_anew(self, change=lambda messages: messages):
        """Deletes the mailbox, makes it, and puts back what `change` makes of its messages."""
        held = list(self.server.fetch_all(mailbox=self.mailbox))
        with self.server.session() as client:
            for name in ("Elsewhere", self.mailbox):
                client.delete(quoted(name))
            check(client.create(quoted(self.mailbox)))
            for one in change(held):
                check(client.append(quoted(self.mailbox), "(%s)" % " ".join(sorted(one.flags)),
                                    f"\"{one.internaldate}\"", one.body))

    def verify(self, code, *more):
        outcome = self.run_program("verify", self.folder / "job.journal", *more,
                                   "--password-file", self.server.password_file())
        self.assert_code(outcome, code)
        return outcome

    def test_all_of_it_is_found_under_other_uids(self):
        self.make_anew(reversed)
        for more in ((), ("--full",), ("--strict",), ("--strict", "--full")):
            outcome = self.verify(0, *more)
            self.assertIn(f"{COUNT} messages checked, 0 missing, 0 different", outcome.out)
            self.assertIn(LINE, outcome.out)
        document = json.loads(self.verify(0, "--json").out)
        assert_valid(document)
        self.assertIn({"what": "renumbered", "messages": COUNT}, document["altered"])
        # A run still finds it by itself.
        outcome = self.migrate(self.server, self.archive, "Mail")
        self.assert_code(outcome, 0)
        self.assertIn(f"{COUNT} messages in doubt were there, 0 will be sent again", outcome.err)
        self.assertNotIn(LINE, self.verify(0, "--strict").out)

    def test_what_was_not_put_back_is_missing_and_what_differs_is_told(self):
        def change(messages):
            altered = messages[7].body.replace(b"Subject:", b"Subjekt:", 1)
            messages[7] = messages[7]._replace(body=altered)
            return messages[5:]
        self.make_anew(change)
        outcome = self.verify(0)
        self.assertIn("gone since an earlier run compared them", outcome.out)
        for more in (("--strict",), ("--strict", "--full")):
            self.assertRegex(self.verify(1, *more).out, r"\b[56] missing, [01] different")

    def test_copies_and_mail_of_others_are_told(self):
        other = b"Message-ID: <other@example.com>\r\nSubject: other\r\n\r\nother\r\n"

        def change(messages):
            return messages + messages + [messages[0]._replace(body=other)]
        self.make_anew(change)
        for more in ((), ("--full",), ("--strict",)):
            outcome = self.verify(1, *more)
            self.assertIn(f"{COUNT} messages checked, 0 missing, 0 different, {COUNT + 1} "
                          f"unexpected ({COUNT} there twice)", outcome.out)
        # They are nobody's to remove who has not made them.
        outcome = self.run_program("verify", self.folder / "job.journal", "--remove-copies", "--yes",
                                   "--password-file", self.server.password_file())
        self.assertEqual(self.server.count(mailbox=self.mailbox), 2 * COUNT + 1)
        self.assert_code(outcome, 1)

    def test_nothing_was_put_back(self):
        self.make_anew(lambda messages: [])
        self.assertNotIn("UIDs given anew", self.verify(0).out)
        self.assertIn(f"{COUNT} missing", self.verify(1, "--strict").out)


class DovecotTest(MadeAnew, WithDovecot, ProgramTest):
    @classmethod
    def new_server(cls):
        return Dovecot(separator="/")


class CyrusTest(MadeAnew, WithDovecot, ProgramTest):
    @classmethod
    def new_server(cls):
        if cyrus_root() is None:
            raise unittest.SkipTest("Cyrus is not unpacked here; tools/test does it")
        return Cyrus(separator="/", prefix="")


class CourierTest(MadeAnew, WithDovecot, ProgramTest):
    @classmethod
    def new_server(cls):
        if courier_root() is None:
            raise unittest.SkipTest("Courier is not unpacked here; tools/test does it")
        return Courier()


if __name__ == "__main__":
    unittest.main()
