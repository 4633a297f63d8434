# SPDX-License-Identifier: Apache-2.0
# --probe: a dry run that measures with mail of its own, and leaves nothing behind.

import json
import unittest

from support import archives
from support.dovecot_test import WithDovecot
from support.fake_imap import FakeImap, Refusal
from support.program import ProgramTest


def refuses(command, reply):
    return lambda session, name, words: session.tag + reply if name == command else None


class ProbeTest(WithDovecot, ProgramTest):
    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        archives.make(self.archive, 60)

    def plan(self, server, *more, code=0):
        outcome = self.migrate(server, self.archive, "Mail", "--dry-run", "--report-json",
                               "plan.json", *more)
        self.assert_code(outcome, code)
        return outcome, json.loads((self.folder / "plan.json").read_text())["accounts"][0]

    def test_the_range_is_narrow_and_nothing_stays(self):
        before = self.server.mailboxes()
        for mode in ("multiappend", "literal-plus", "synchronizing"):
            with self.subTest(mode):
                _, account = self.plan(self.server, "--probe", "--append-mode", mode)
                time = account["time"]
                self.assertGreater(time["least_seconds"], 0)
                # Both are rounded to a thousandth.
                self.assertLessEqual(time["most_seconds"], 3 * time["least_seconds"] + 0.002)
                self.assertRegex(time["rests_on"], r"messages of our own .* ms for one of .* MB/s")
                self.assertEqual(self.server.mailboxes(), before)
        _, account = self.plan(self.server)
        self.assertGreater(account["time"]["most_seconds"], 3 * account["time"]["least_seconds"])

    def test_a_server_that_makes_no_mailbox_is_only_asked(self):
        with FakeImap(on_command=refuses("CREATE", b" NO [NOPERM] not here\r\n")) as server:
            _, account = self.plan(server, "--probe")
            self.assertIn("nothing more could be measured", account["time"]["rests_on"])
            self.assertIn("not here", account["time"]["rests_on"])

    def test_mail_that_is_refused_measures_nothing_and_the_mailbox_goes(self):
        with FakeImap(on_append=lambda head: Refusal("NO", "[OVERQUOTA] full")) as server:
            _, account = self.plan(server, "--probe")
            self.assertIn("nothing more could be measured", account["time"]["rests_on"])
            self.assertEqual([name for name in server.mailboxes if "probe" in name], [])

    def test_a_mailbox_that_cannot_be_deleted_is_named(self):
        with FakeImap(on_command=refuses("DELETE", b" NO not now\r\n")) as server:
            outcome, _ = self.plan(server, "--probe")
            left, = (name for name in server.mailboxes if "probe" in name)
            self.assertIn(f"mailbox {left} could not be deleted", outcome.err)

    def test_a_probe_belongs_to_a_dry_run(self):
        outcome = self.migrate(self.server, self.archive, "Mail", "--probe")
        self.assert_code(outcome, 64)
        self.assertIn("add --dry-run", outcome.err)


if __name__ == "__main__":
    unittest.main()
