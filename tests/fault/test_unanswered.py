# SPDX-License-Identifier: Apache-2.0
# Servers that never answer: given up in bounded time with a hint, and Ctrl-C is heard at once.

import contextlib
import json
import signal
import socket
import subprocess
import threading
import time
import unittest

from support import archives
from support.fake_imap import FakeImap
from support.preload import preloaded
from support.program import PROGRAM, ProgramTest, environment

HEARD = 15  # seconds beside other programs; without being heard it takes 30 or 120


class Silent:
    """A port that takes connections and says nothing, or, `full`, drops what wants to connect."""

    def __init__(self, full=False, address="127.0.0.1", port=0):
        self.ca_file = "/dev/null"
        self.asked = threading.Event()
        self._kept = []
        self._full = full
        self._listener = socket.socket()
        self._listener.bind((address, port))
        self._listener.listen(0 if full else 10)
        self.place = self._listener.getsockname()
        self.port = self.place[1]

    def __enter__(self):
        if self._full:
            self._fill()
        else:
            threading.Thread(target=self._accept, daemon=True).start()
        return self

    def _fill(self):
        """Until the queue is full, and the kernel drops every further SYN."""
        for _ in range(10):
            client = socket.socket()
            client.settimeout(0.5)
            self._kept.append(client)
            try:
                client.connect(self.place)
            except TimeoutError:
                return

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                self._kept.append(self._listener.accept()[0])
                self.asked.set()

    def __exit__(self, *_):
        for one in [*self._kept, self._listener]:
            one.close()


class UnansweredTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        archives.make(self.archive, 5)
        password = self.folder / "password"
        password.touch(mode=0o600)
        password.write_text("secret\n")

    def arguments(self, port, *more, host="127.0.0.1", ca_file=None):
        return ["migrate", self.archive, "--host", host, "--port", port, "--user", "alice",
                "--password-file", "password", "--journal", f"{port}.journal", "--progress=json",
                *(["--ca-file", ca_file] if ca_file else []), *more]

    def interrupted(self, arguments, ready=None, stop=signal.SIGINT, **extra):
        """Stops the program when it is connecting, or at `ready`; it must end soon, with 130."""
        process = subprocess.Popen([PROGRAM, *map(str, arguments)], cwd=self.folder, text=True,
                                   env=environment(self.folder, **extra), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.kill)
        if ready:
            self.assertTrue(ready.wait(60))
        else:
            while json.loads(process.stderr.readline() or '{"phase": "connecting"}').get(
                    "phase") != "connecting":
                pass
        process.send_signal(stop)
        start = time.monotonic()
        out, err = process.communicate(timeout=100)
        self.assertEqual(process.returncode, 130, out + err)
        self.assertIn("interrupted", err)
        self.assertLess(time.monotonic() - start, HEARD)

    def test_an_interrupt_is_heard_while_a_server_is_silent(self):
        for tls in ("implicit", "starttls"):
            for stop in (signal.SIGINT, signal.SIGTERM):
                with self.subTest(tls=tls, stop=stop), Silent() as server:
                    self.interrupted(self.arguments(server.port, "--tls", tls), server.asked, stop)

    def test_an_interrupt_is_heard_while_connecting(self):
        with Silent(full=True) as server:
            self.interrupted(self.arguments(server.port))

    def test_an_interrupt_is_heard_while_looking_up_the_name(self):
        self.interrupted(self.arguments(993, host="mail.example.org"), **preloaded("slow_lookup"))

    def test_an_interrupt_is_heard_between_commands(self):
        for command in ("AUTHENTICATE", "LIST", "SELECT", "UID FETCH"):
            asked, over = threading.Event(), threading.Event()

            def stay_silent(_, name, __, command=command, asked=asked, over=over):
                if name == command:
                    asked.set()
                    over.wait(60)
                return None
            with self.subTest(command), FakeImap(on_command=stay_silent) as server:
                self.interrupted(self.arguments(server.port, "--mailbox", "INBOX",
                                                host="localhost", ca_file=server.ca_file), asked)
                over.set()

    def test_a_verification_hears_an_interrupt_too(self):
        with FakeImap() as server:
            self.assert_code(self.migrate(server, self.archive, "INBOX"), 0)
            password = server.password_file()
            asked, over = threading.Event(), threading.Event()

            def stay_silent(*_):
                asked.set()
                over.wait(60)
            server.on_command = stay_silent
            self.interrupted(["verify", "job.journal", "--password-file", password, "--ca-file",
                              server.ca_file], asked)
            over.set()

    def given_up(self, server, *more):
        start = time.monotonic()
        outcome = self.run_program(*self.arguments(server.port, *more))
        self.assert_code(outcome, 69)
        self.assertIn("--tls starttls", outcome.err)
        self.assertNotIn("connecting again", outcome.err)
        return time.monotonic() - start

    def test_a_host_that_does_not_answer_is_given_up_after_one_try(self):
        with Silent() as server:
            self.assertGreaterEqual(self.given_up(server, "--timeout", "1"), 1)
            self.given_up(server, "--timeout", "1", "--tls", "starttls")
        with Silent(full=True) as server:
            self.assertGreaterEqual(self.given_up(server, "--timeout", "1"), 1)

    def test_thirty_seconds_are_all_that_a_silent_host_gets(self):
        with Silent() as server:
            self.assertLess(self.given_up(server), 30 + HEARD)

    def through(self, server, *addresses):
        """How long a job takes whose host has these addresses."""
        start = time.monotonic()
        outcome = self.run_program(
            *self.arguments(server.port, "--connections", "1", "--mailbox", "Box",
                            host="localhost", ca_file=server.ca_file),
            **preloaded("several_addresses", MBOXFERRY_TEST_ADDRESSES=",".join(addresses)))
        self.assert_code(outcome, 0)
        self.assertEqual(len(server.bodies("Box")), 5)
        return time.monotonic() - start

    def test_the_next_address_of_a_host_is_tried_beside_a_dead_one(self):
        for count in (1, 3):  # dead addresses, each of which would have its share of 30 s
            with self.subTest(count), FakeImap() as server, contextlib.ExitStack() as stack:
                dead = [f"127.0.0.{number + 2}" for number in range(count)]
                for address in dead:
                    stack.enter_context(Silent(True, address, server.port))
                self.assertLess(self.through(server, *dead, "127.0.0.1"), HEARD)

    def test_an_address_that_refuses_is_passed_over(self):
        with FakeImap() as server:
            self.through(server, "127.0.0.2", "127.0.0.1")

    def test_the_first_address_that_answers_is_the_only_one_asked(self):
        with FakeImap() as server, Silent(False, "127.0.0.2", server.port) as other:
            self.through(server, "127.0.0.1", "127.0.0.2")
            self.assertFalse(other.asked.is_set())

    def test_an_address_that_refuses_says_more_than_a_silent_one(self):
        with Silent(True, "127.0.0.2") as server:
            outcome = self.run_program(
                *self.arguments(server.port, "--timeout", "1", host="localhost"),
                **preloaded("several_addresses", MBOXFERRY_TEST_ADDRESSES="127.0.0.2,127.0.0.1"),
                timeout=200)
            self.assert_code(outcome, 69)
            self.assertIn("refused", outcome.err)


if __name__ == "__main__":
    unittest.main()
