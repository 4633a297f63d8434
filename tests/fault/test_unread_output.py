# SPDX-License-Identifier: Apache-2.0
# `mboxferry ... 2>&1 | less`: output that nobody reads for a while holds up no mail.

import fcntl
import os
import subprocess
import threading
import time
import unittest

from support.batch import BatchTest
from support.fake_imap import FakeImap
from support.program import PROGRAM, environment

F_SETPIPE_SZ = 1031
FILLING = b"." * 4095 + b"\n"


class UnreadPipe:
    """A pipe that is full from the beginning."""

    def __init__(self):
        self.out, self.into = os.pipe()
        fcntl.fcntl(self.into, F_SETPIPE_SZ, len(FILLING))
        os.write(self.into, FILLING)

    def run(self, arguments, folder):
        process = subprocess.Popen([PROGRAM, *map(str, arguments)], env=environment(folder),
                                   cwd=folder, stdin=subprocess.DEVNULL, stdout=self.into,
                                   stderr=self.into)
        os.close(self.into)
        return process

    def read(self):
        with open(self.out, "rb") as file:
            return file.read().removeprefix(FILLING).decode()


class UnreadOutputTest(BatchTest):
    def setUp(self):
        super().setUp()
        self.pipe = UnreadPipe()

    def wait_until(self, ready):
        deadline = time.monotonic() + 60
        while not ready():
            self.assertLess(time.monotonic(), deadline, "it waits for whoever reads its output")
            time.sleep(0.02)

    def ended_complete(self, count):
        status = self.run_program("status", self.folder).out
        return f"{count} account{'s' if count > 1 else ''}: {count} complete" in status

    def started(self, arguments):
        process = self.pipe.run(arguments, self.folder)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def migrates(self, style, **fake):
        self.make_archive("mail", 400)
        with FakeImap(**fake) as server:
            arguments = self.migrate_arguments(server, self.folder / "mail.mbox", "Mail",
                                               f"--progress={style}")
            arguments.remove("--progress=none")
            process = self.started(arguments)
            self.wait_until(lambda: self.ended_complete(1))
            self.assertEqual(len(server.bodies("Mail")), 400)
            self.assertIsNone(process.poll(), "nobody has read the verdict")
            shown = self.pipe.read()
            self.assertEqual(process.wait(60), 0, shown)
            self.assertIn("complete: alice@localhost: 400 of 400 messages", shown)
        return shown

    def test_a_job_ends_before_its_output_is_read(self):
        for style in ("json", "plain", "live", "none"):
            with self.subTest(style):
                self.setUp()
                self.migrates(style)

    def test_notices_are_shown_later_or_counted(self):
        lost = threading.Event()

        def hang_up(_, name, __):
            if name == "UID FETCH" and not lost.is_set():
                lost.set()
                raise ConnectionError
            return None
        shown = self.migrates("plain", on_command=hang_up)
        self.assertTrue(lost.is_set())
        self.assertIn("connecting again", shown)

    def test_a_batch_ends_before_its_output_is_read(self):
        users = {f"u{number}": f"secret{number}" for number in range(4)}
        with FakeImap(users) as server:
            for user in users:
                self.make_archive(user, 5)
            self.write_csv([self.row(server, user, mailbox=user) for user in users],
                           columns=("archive", "host", "port", "user", "password", "ca_file",
                                    "mailbox"))
            process = self.started(self.batch_arguments("--progress=json"))
            self.wait_until(lambda: self.ended_complete(4))
            self.assertEqual([len(server.bodies(user)) for user in users], [5] * 4)
            shown = self.pipe.read()
            self.assertEqual(process.wait(60), 0, shown)
            self.assertIn("4 of 4 accounts complete", shown)


if __name__ == "__main__":
    unittest.main()
