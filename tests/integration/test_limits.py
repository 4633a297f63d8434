# SPDX-License-Identifier: Apache-2.0
# Rates and daily budgets against a real Dovecot.

import datetime
import json
import signal
import sqlite3
import subprocess
import time
import unittest

from support import archives
from support.dovecot_test import WithDovecot
from support.program import PROGRAM, ProgramTest, environment


class LimitTest(WithDovecot, ProgramTest):
    def make(self, count):
        path = self.folder / "mail.mbox"
        return path, archives.make(path, count)

    def assert_mailbox(self, wanted):
        found = archives.differences(wanted, self.server.fetch_all(mailbox="Mail"))
        self.assertEqual(found, [])

    def stored(self):
        return len(list(self.server.fetch_all(mailbox="Mail")))

    def timed(self, path, *options):
        start = time.monotonic()
        self.assert_code(self.migrate(self.server, path, "Mail", *options), 0)
        return time.monotonic() - start

    def change_note(self, change):
        with sqlite3.connect(self.folder / "job.journal") as journal:
            (value,) = journal.execute("SELECT value FROM note WHERE name = 'sent.today'").fetchone()
            journal.execute("UPDATE note SET value = ? WHERE name = 'sent.today'", (change(value),))
        journal.close()

    def test_messages_per_second(self):
        path, wanted = self.make(60)
        seconds = self.timed(path, "--max-messages-per-second=20")
        self.assertGreaterEqual(seconds, 59 / 20 - 0.1)
        self.assertLess(seconds, 59 / 20 + 30)
        self.assert_mailbox(wanted)

    def test_bytes_per_second(self):
        path = self.folder / "huge.mbox"
        wanted = archives.write_huge(path, 3_000_000)
        seconds = self.timed(path, "--max-bytes-per-second=1M")
        self.assertGreaterEqual(seconds, wanted.size / 1e6 - 0.1)
        self.assertLess(seconds, wanted.size / 1e6 + 30)
        self.assert_mailbox([wanted])

    def test_an_interrupt_waits_for_the_batch_in_flight_only_and_the_job_goes_on(self):
        # All of it would take minutes.
        path, wanted = self.make(2000)
        arguments = self.migrate_arguments(self.server, path, "Mail", "--max-messages-per-second=20")
        with subprocess.Popen([PROGRAM, *map(str, arguments)], env=environment(self.folder),
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as job:
            deadline = time.monotonic() + 60
            while self.server.count(mailbox="Mail") == 0:
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.1)
            job.send_signal(signal.SIGINT)
            self.assertEqual(job.wait(60), 130)
        self.assertTrue(0 < self.stored() < 2000)
        self.assert_code(self.migrate(self.server, path, "Mail"), 0)
        self.assert_mailbox(wanted)

    def test_progress_says_that_it_is_limited(self):
        path, _ = self.make(60)
        arguments = self.migrate_arguments(self.server, path, "Mail",
                                           "--max-messages-per-second=20")
        arguments[arguments.index("--progress=none")] = "--progress=json"
        outcome = self.run_program(*arguments)
        self.assert_code(outcome, 0)
        lines = [json.loads(line) for line in outcome.err.splitlines()]
        self.assertIn("limited to 20 messages/s", {line.get("waiting") for line in lines})

    def test_a_daily_budget_ends_the_job_and_yesterdays_does_not_count(self):
        path, wanted = self.make(50)
        budget = ("--max-messages-per-day=30",)
        outcome = self.migrate(self.server, path, "Mail", *budget)
        self.assert_code(outcome, 75)
        self.assertIn("30 messages a day (--max-messages-per-day)", outcome.err)
        self.assertIn("00:00 UTC", outcome.err)
        self.assertEqual(self.stored(), 30)
        self.assert_code(self.migrate(self.server, path, "Mail", *budget), 75)
        self.assertEqual(self.stored(), 30)
        yesterday = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)
        self.change_note(lambda value: f"{yesterday:%Y-%m-%d} {value.partition(' ')[2]}")
        self.assert_code(self.migrate(self.server, path, "Mail", *budget), 0)
        self.assert_mailbox(wanted)

    def test_a_job_that_is_stopped_by_a_byte_budget_goes_on_with_a_larger_one(self):
        path, wanted = self.make(50)
        outcome = self.migrate(self.server, path, "Mail", "--max-bytes-per-day=100000")
        self.assert_code(outcome, 75)
        self.assertIn("--max-bytes-per-day", outcome.err)
        self.assertTrue(0 < self.stored() < 50)
        self.assert_code(self.migrate(self.server, path, "Mail", "--max-bytes-per-day=1G"), 0)
        self.assert_mailbox(wanted)

    def test_nonsense_is_refused_before_anything_else(self):
        path, _ = self.make(1)
        for option in ("--max-messages-per-second=fast", "--max-bytes-per-second=1.0001",
                       "--max-messages-per-day=-1", "--max-bytes-per-day=1TB"):
            outcome = self.migrate(self.server, path, "Mail", option)
            self.assert_one_line(outcome, 64, option.partition("=")[0])


if __name__ == "__main__":
    unittest.main()
