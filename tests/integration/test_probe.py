# SPDX-License-Identifier: Apache-2.0
# --probe: a dry run that measures with mail of its own, and leaves nothing behind.

import json
import re
import time
import unittest

from support import archives
from support.dovecot import Dovecot
from support.dovecot_test import WithDovecot
from support.fake_imap import Close, FakeImap, Refusal
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
        if code is not None:
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

    def leave(self, server, name, *messages):
        """A mailbox as a probe that was killed leaves it, when `messages` are its own."""
        client = server.client()
        client.create(name)
        for message in messages:
            client.append(name, None, None, message)
        client.logout()

    def of_probe(self, name, number):
        return (f"Message-ID: <{number}.{name}@mboxferry.invalid>\r\n"
                f"Subject: measuring\r\n\r\nABC\r\n").encode()

    def test_what_a_killed_probe_left_is_removed_and_nothing_else(self):
        hour = 3600
        name, recent, mixed, empty = (f"mboxferry-probe-{int(time.time()) - age:08x}-{number:08x}"
                                      for number, age in enumerate((2 * hour, 60, 2 * hour, 2 * hour)))
        foreign = b"Message-ID: <a@example.org>\r\nSubject: mine\r\n\r\nmine\r\n"
        for mailbox in (name, recent, mixed):
            self.leave(self.server, mailbox, self.of_probe(mailbox, 0), self.of_probe(mailbox, 1))
        self.leave(self.server, mixed, foreign)
        self.leave(self.server, empty)
        other = "mboxferry-probe-notes"
        self.leave(self.server, other, self.of_probe(other, 0))
        outcome, _ = self.plan(self.server)
        self.assertIn(name, self.server.mailboxes())
        outcome, _ = self.plan(self.server, "--probe")
        left = set(self.server.mailboxes())
        self.assertEqual({name, recent, mixed, empty, other} & left, {recent, mixed, other})
        self.assertEqual(self.server.count(mailbox=mixed), 3)
        self.assertIn(f"removed mailbox {name}, which an earlier --probe had left", outcome.err)

    def test_a_probe_that_is_killed_leaves_what_a_later_one_knows(self):
        arguments = self.migrate_arguments(self.server, self.archive, "Mail", "--dry-run", "--probe",
                                           "--append-mode=multiappend")
        before = set(self.server.mailboxes())
        killed = self.run_program(*arguments, MBOXFERRY_CRASH_AT="batch-sent:2")
        self.assertLess(killed.code, 0, str(killed))
        left, = set(self.server.mailboxes()) - before
        hours_ago = re.sub("-([0-9a-f]{8})-", f"-{int(time.time()) - 7200:08x}-", left)
        # Its messages name the mailbox that they were made for, so another name protects it.
        client = self.server.client()
        client.rename(left, hours_ago)
        client.logout()
        self.plan(self.server, "--probe")
        self.assertEqual(set(self.server.mailboxes()) - before, {hours_ago})
        self.assertGreater(self.server.count(mailbox=hours_ago), 0)
        client = self.server.client()
        client.delete(hours_ago)
        client.logout()

    def test_a_connection_that_breaks_names_what_it_left(self):
        def hangs_up(head):
            raise Close
        with FakeImap(on_append=hangs_up) as server:
            outcome, account = self.plan(server, "--probe")
            left, = (name for name in server.mailboxes if "probe" in name)
            self.assertIn(f"mailbox {left} could not be deleted", outcome.err)
            self.assertIn("nothing more could be measured", account["time"]["rests_on"])

    def test_the_quota_s_reserve_stays_free(self):
        with Dovecot(quota="*:storage=4M", rawlog=True) as server:
            _, account = self.plan(server, "--probe")
            self.assertIn("ms for one of", account["time"]["rests_on"])
            appended = [int(size) for session in server.sessions() for one in session
                        if one.name == "APPEND" for size in re.findall(rb"\{(\d+)\+?\}", one.line)]
            self.assertGreater(sum(appended), 0)
            self.assertLess(sum(appended), (4 << 20) * 0.95)
        with Dovecot(quota="*:storage=150K", rawlog=True) as server:
            _, account = self.plan(server, "--probe", code=None)
            self.assertIn("the quota has no room to measure with", account["time"]["rests_on"])

    def test_a_probe_belongs_to_a_dry_run(self):
        outcome = self.migrate(self.server, self.archive, "Mail", "--probe")
        self.assert_code(outcome, 64)
        self.assertIn("add --dry-run", outcome.err)


if __name__ == "__main__":
    unittest.main()
