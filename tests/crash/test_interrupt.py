# SPDX-License-Identifier: Apache-2.0
# Ctrl-C once and twice, and what happens in the mailbox while a job is away.

import pathlib
import re
import signal
import subprocess
import time
import unittest

from support import archives
from support.dovecot_test import WithDovecot
from support.program import PROGRAM, ProgramTest, environment
from support.proxy import Stall, TlsProxy


class ServerTest(WithDovecot, ProgramTest):
    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        self.make(900)

    def make(self, count):
        self.wanted = archives.make(self.archive, count, kinds=["plain"], body_bytes=(100, 300))
        self.size = sum(one.size for one in self.wanted)

    def start(self, port):
        arguments = self.migrate_arguments(self.server, self.archive, "Mail", "--report-json",
                                           self.folder / "report.json", port=port)
        return subprocess.Popen([PROGRAM, *map(str, arguments)], env=environment(self.folder),
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def stop_in_the_middle(self, process, stall, number):
        """The signal comes while mail is on its way, and is heard before any of it is answered."""
        self.assertTrue(stall.stalled.wait(60))
        process.send_signal(number)
        pending = 1 << (number - 1)
        deadline = time.monotonic() + 60
        while pending & int(re.search(r"ShdPnd:\s*(\w+)", pathlib.Path(
                f"/proc/{process.pid}/status").read_text()).group(1), 16):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)
        stall.release()
        return process.communicate(timeout=60)

    def same_command_later(self, port):
        """Resumes through the same address, for the journal knows it."""
        outcome = self.migrate(self.server, self.archive, "Mail", port=port)
        self.assert_code(outcome, 0)
        self.assertEqual(archives.differences(self.wanted, self.server.fetch_all(mailbox="Mail"),
                                              False), [])


class InterruptTest(ServerTest):
    def test_once_confirms_what_is_in_flight_and_stops(self):
        self.make(4000)  # more than may be in flight
        stall = Stall(self.size // 3)
        with TlsProxy(self.server, lambda number: stall if number == 0 else None) as proxy:
            process = self.start(proxy.port)
            out, err = self.stop_in_the_middle(process, stall, signal.SIGINT)
            self.assertEqual(process.returncode, 130, out + err)
            self.assertIn("interrupted", (out + err).lower())
            self.assertEqual(self.report()["verdict"], "interrupted")
            stored = self.server.count(mailbox="Mail")
            self.assertLess(stored, len(self.wanted))
            status = self.run_program("status", self.folder / "job.journal")
            self.assert_code(status, 0)
            self.assertRegex(status.out, rf"\b{stored}\b", "what is stored is confirmed")
            self.same_command_later(proxy.port)

    def test_twice_exits_at_once(self):
        stall = Stall(self.size // 2)
        with TlsProxy(self.server, lambda number: stall if number == 0 else None) as proxy:
            process = self.start(proxy.port)
            self.assertTrue(stall.stalled.wait(30))
            process.send_signal(signal.SIGINT)
            time.sleep(0.3)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=10)
            self.assertIn(process.returncode, (130, -signal.SIGINT), out + err)
            stall.release()
            proxy.wait()
            self.same_command_later(proxy.port)

    def test_terminated_is_as_safe_as_interrupted(self):
        stall = Stall(self.size // 3)
        with TlsProxy(self.server, lambda number: stall if number == 0 else None) as proxy:
            process = self.start(proxy.port)
            out, err = self.stop_in_the_middle(process, stall, signal.SIGTERM)
            self.assertIn(process.returncode, (130, -signal.SIGTERM), out + err)
            self.same_command_later(proxy.port)

    def test_a_connection_that_says_nothing_more_is_given_up_and_made_anew(self):
        stall = Stall(self.size // 2)
        with TlsProxy(self.server, lambda number: stall if number == 0 else None) as proxy:
            outcome = self.migrate(self.server, self.archive, "Mail", "--timeout", "2",
                                   port=proxy.port)
            if outcome.code in (69, 75):
                outcome = self.migrate(self.server, self.archive, "Mail", port=proxy.port)
            self.assert_code(outcome, 0)
            self.assertTrue(stall.stalled.is_set())
            stall.release()
        self.assertEqual(archives.differences(self.wanted, self.server.fetch_all(mailbox="Mail"),
                                              False), [])


class MeanwhileTest(ServerTest):
    """Between a crash and the resuming the mailbox is not left alone."""

    def setUp(self):
        super().setUp()
        outcome = self.migrate(self.server, self.archive, "Mail", MBOXFERRY_CRASH_AT="batch-sent:2")
        self.assertEqual(outcome.code, -signal.SIGKILL, str(outcome))
        self.settle()

    def settle(self):
        """Until the server has finished with what it got."""
        count, since = -1, time.monotonic()
        while time.monotonic() - since < 1:
            now = self.server.count(mailbox="Mail")
            if now != count:
                count, since = now, time.monotonic()
            time.sleep(0.1)
        self.assertGreater(count, 0)

    def test_mail_that_came_meanwhile_is_left_alone_and_not_taken_for_ours(self):
        client = self.server.client()
        # One like a message of the archive but for its date, and one that is new.
        late = self.wanted[-1]
        client.append("Mail", None, '"01-Feb-2003 04:05:06 +0000"', late.wire)
        client.append("Mail", None, None, b"Subject: new mail\r\n\r\nhello\r\n")
        client.logout()
        # It is told as a copy, whoever made it, and keeps the job from being complete.
        outcome = self.migrate(self.server, self.archive, "Mail")
        self.assert_code(outcome, 1)
        self.assertIn("1 message is on the server twice", outcome.err)
        problems = archives.differences(self.wanted, self.server.fetch_all(mailbox="Mail"), False)
        self.assertEqual(len(problems), 2, problems)
        self.assertTrue(all(one.startswith("unexpected 1x") for one in problems), problems)

    def test_a_mailbox_made_anew_with_the_same_mail(self):
        client = self.server.client()
        client.rename("Mail", "Moved")
        client.create("Mail")
        client.select("Moved")
        client.copy("1:*", "Mail")
        client.close()
        client.delete("Moved")
        client.logout()
        outcome = self.migrate(self.server, self.archive, "Mail")
        self.assert_code(outcome, 0)
        self.assertEqual(archives.differences(self.wanted, self.server.fetch_all(mailbox="Mail"),
                                              False), [])

    def test_a_mailbox_that_was_deleted(self):
        client = self.server.client()
        client.delete("Mail")
        client.logout()
        outcome = self.migrate(self.server, self.archive, "Mail")
        # What the server confirmed and somebody deleted may be missing, but then it is said.
        problems = archives.differences(self.wanted, self.server.fetch_all(mailbox="Mail"), False)
        self.assertTrue(all(one.startswith("missing") for one in problems), problems)
        self.assertEqual(outcome.code == 0, problems == [], f"{problems[:3]} {outcome}")


if __name__ == "__main__":
    unittest.main()
