# SPDX-License-Identifier: Apache-2.0
# One process works with a journal; whatever else lies there does not keep it from doing so.

import fcntl
import itertools
import os
import socket
import struct
import subprocess
import unittest
from concurrent.futures import ThreadPoolExecutor, as_completed

from support import archives, program
from support.dovecot_test import WithDovecot
from support.program import ProgramTest
from support.proxy import Fault, Stall, TlsProxy

PROCESSES = 8


class LockTest(WithDovecot, ProgramTest):
    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        self.wanted = archives.make(self.archive, 200)
        self.lock = self.folder / "job.journal.lock"
        self.stall = Stall(sum(one.size for one in self.wanted) // 2)

    def assert_all_there_once(self):
        found = self.server.fetch_all(mailbox="Mail")
        self.assertEqual(archives.differences(self.wanted, found, False), [])

    def start(self, proxy):
        arguments = self.migrate_arguments(self.server, self.archive, "Mail", port=proxy.port)
        return subprocess.Popen([program.PROGRAM, *map(str, arguments)], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                env=program.environment(self.folder))

    def proxy(self):
        return TlsProxy(self.server, lambda number: self.stall if number == 0 else Fault())

    def test_of_many_that_start_at_once_exactly_one_works(self):
        with self.proxy() as proxy:
            processes = [self.start(proxy) for _ in range(PROCESSES)]
            self.assertTrue(self.stall.stalled.wait(60))
            with ThreadPoolExecutor(PROCESSES) as pool:
                ends = {pool.submit(one.communicate, timeout=120): one for one in processes}
                losers = list(itertools.islice(as_completed(ends), PROCESSES - 1))
                self.stall.release()
            winner, = (one for end, one in ends.items() if end not in losers)
            self.assertEqual(winner.returncode, 0)
            for end in losers:
                out, err = end.result()
                self.assertEqual((ends[end].returncode, out, err.count("\n")), (11, "", 1), err)
                self.assertIn("in use by", err)
                # One that looked while the winner had not written yet cannot know its number.
                self.assertRegex(err, rf"pid {winner.pid} on {socket.gethostname()} |another proc")
        self.assert_all_there_once()

    def test_a_lock_file_left_by_a_killed_process_is_taken_over(self):
        with self.proxy() as proxy:
            process = self.start(proxy)
            self.assertTrue(self.stall.stalled.wait(60))
            self.assertIn(f"pid {process.pid} on ", self.lock.read_text())
            refused = self.migrate(self.server, self.archive, "Mail", port=proxy.port)
            self.assert_one_line(refused, 11, f"pid {process.pid} on ", "wait until")
            process.kill()
            process.communicate()
            self.assertIn(f"pid {process.pid} on ", self.lock.read_text(), "it is stale")
            self.stall.release()
            self.assert_code(self.migrate(self.server, self.archive, "Mail", port=proxy.port), 0)
        self.assertEqual(self.lock.read_text(), "")
        self.assert_all_there_once()

    def test_lock_files_that_nobody_holds_are_taken_over(self):
        for text in ("pid 1 on elsewhere.example since 2020-01-01T00:00:00Z\n", "", "\0" * 5000,
                     f"pid {os.getpid()} on {socket.gethostname()} since now"):
            with self.subTest(text[:20]):
                self.lock.write_text(text)
                self.assert_code(self.migrate(self.server, self.archive, "Mail"), 0)
                self.assertEqual(self.lock.read_text(), "")
        self.assert_all_there_once()

    def test_a_lock_that_another_host_holds_is_respected_and_named(self):
        # What a file server tells about the other host is what the kernel says of this one.
        self.lock.write_text("pid 4711 on elsewhere.example since 2026-01-01T00:00:00Z\n\33[2J")
        with open(self.lock, "r+b") as file:
            fcntl.fcntl(file, fcntl.F_OFD_SETLK, struct.pack("hhqqi", fcntl.F_WRLCK, 0, 0, 0, 0))
            outcome = self.migrate(self.server, self.archive, "Mail")
            self.assert_one_line(outcome, 11, "pid 4711 on elsewhere.example since 2026")
            self.assertNotIn("\33", outcome.err)
            self.assertFalse((self.folder / "job.journal").exists())
            for command in ("verify", "retry"):
                self.assertIn(self.run_program(command, self.folder / "job.journal").code, (11, 78))
        self.assert_code(self.migrate(self.server, self.archive, "Mail"), 0)

    def test_a_link_in_the_lock_file_s_place_is_not_followed(self):
        victim = self.folder / "victim"
        victim.write_text("precious")
        self.lock.symlink_to(victim)
        outcome = self.migrate(self.server, self.archive, "Mail")
        self.assert_one_line(outcome, 73, "lock")
        self.assertEqual(victim.read_text(), "precious")


if __name__ == "__main__":
    unittest.main()
