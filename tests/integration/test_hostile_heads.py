# SPDX-License-Identifier: Apache-2.0
# Mail that speaks IMAP, and a line that breaks or a server that refuses or dies at every byte of the
# heads that announce it: no line of a message becomes a command, and every message arrives once.

import concurrent.futures
import os
import re
import unittest

from support import archives
from support.dovecot import Dovecot
from support.program import REDUCED, ProgramTest
from support.proxy import Fault, TlsProxy

BODY_LINE = re.compile(rb"^(x\d+|a|\)) ")
FROM_A_BODY = b"DELETE Victim"
COUNT = 4
# Set, really every byte: some minutes. Else a few, so that the tests stay short.
EVERY_BYTE = bool(os.environ.get("MBOXFERRY_TEST_EVERY_BYTE"))


class ActAt(Fault):
    """At the client's byte `offset` the server gets no more, and `action(link)` is done. What the
    client says from then on is kept in `after`; it is cut off when it has been silent."""

    TICK = 0.02
    PATIENCE = 10  # ticks

    def __init__(self, offset, action):
        self.offset = offset
        self.action = action
        self.after = bytearray()
        self.acted = False
        self.quiet = 0

    def client_bytes(self, link, data):
        self.quiet = 0
        left = max(0, self.offset - (link.reader.offset - len(data)))
        if self.acted or len(data) < left:
            if self.acted:
                self.after += data
            else:
                link.to_server(data)
            return
        link.to_server(data[:left])
        self.after += data[left:]
        self.acted = True
        self.action(link)

    def server_bytes(self, link, data):
        if not self.acted:
            link.to_client(data)

    def tick(self, link):
        self.quiet += self.acted
        if self.quiet > self.PATIENCE:
            link.cut()


def tag_of(link):
    """Of the command that is being sent, or the last one."""
    line = (link.reader.current.line if link.reader.current else b"") or bytes(link.reader._line)
    tag = line.split(b" ")[0]
    return tag if tag[-1:].isdigit() else link.commands[-1].tag.encode()


def cut(link):
    link.cut()


def answer(kind):
    return lambda link: link.to_client(tag_of(link) + b" " + kind + b" said the test\r\n")


class Head:
    """One announcement of a message: where it is in the client's stream."""

    def __init__(self, start, text):
        self.start, self.text = start, text
        self.waits = not text.endswith(b"+}")

    @staticmethod
    def all_of(commands):
        heads = []
        for command in commands:
            position = command.start
            for text, length in zip(re.split(rb"(?<=\}) ", command.line), command.literals):
                if command.name == "APPEND":
                    heads.append(Head(position, text))
                position += len(text) + 2 + length
        return heads


class HostileHeadsTest(ProgramTest):
    MODES = ("multiappend", "literal-plus", "synchronizing")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.enterClassContext(Dovecot(rawlog=True))

    def setUp(self):
        super().setUp()
        self.archive = self.folder / "imap.mbox"
        self.wanted = archives.make(self.archive, COUNT, kinds=["imap"], seed=5,
                                    body_bytes=(100, 200))
        self.server.delete_all()
        self.server.clear_sessions()
        self.server.client().create("Victim")

    def go(self, mailbox, mode, proxy=None, server=None):
        server = server or self.server
        return self.migrate(server, self.archive, mailbox, "--append-mode", mode, "--connections",
                            "1", "--report-json", f"{mailbox}.json", journal=mailbox,
                            port=proxy.port if proxy else None)

    def heads(self, mode):
        with TlsProxy(self.server) as proxy:
            self.assert_code(self.go("M000", mode, proxy), 0)
        heads = Head.all_of(proxy.commands)
        self.assertEqual(len(heads), COUNT)
        return heads

    def finish(self, mailbox, outcome, mode, server=None):
        """Runs again until the job is done, and compares what is there with the archive."""
        for _ in range(3):
            if outcome.code in (0, 3):
                break
            outcome = self.go(mailbox, mode, server=server)
        self.assertIn(outcome.code, (0, 3), str(outcome))
        refused = self.report(f"{mailbox}.json")["accounts"][0]["refused"]
        there = list((server or self.server).fetch_all(mailbox=mailbox))
        sent = {one.sha256 for one in self.wanted}
        found = [archives.fetched_as_expected(one).sha256 for one in there]
        self.assertEqual(len(found), len(set(found)), f"twice: {outcome}")
        self.assertLessEqual(set(found), sent, str(outcome))
        self.assertEqual(len(found) + len(refused), COUNT, str(outcome))
        return refused

    def one(self, mailbox, mode, head, byte, action):
        fault = ActAt(head.start + byte, action)
        with TlsProxy(self.server, [fault]) as proxy:
            outcome = self.go(mailbox, mode, proxy)
        self.assertTrue(fault.acted)
        if head.waits:
            self.assertNotIn(FROM_A_BODY, fault.after)
        return self.finish(mailbox, outcome, mode)

    def at_every_byte(self, mode, step, action, refuses=False):
        heads = self.heads(mode)
        # The first head waits for the server; of the others one that does not, where there is one.
        chosen = [heads[0], next((one for one in heads if not one.waits), heads[-1])]
        step = 1 if EVERY_BYTE else step
        # Before the first head's first byte there is no APPEND that could be refused.
        cases = [(head, byte) for head in chosen
                 for byte in range(int(refuses and head is heads[0]), len(head.text) + 3, step)]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            refused = list(pool.map(
                lambda case: self.one(f"M{case[0] + 1:03}", mode, *case[1], action),
                enumerate(cases)))
        if not refuses:
            self.assertFalse(any(refused))
        self.check_commands()

    def check_commands(self):
        self.assertIn("Victim", self.server.mailboxes())
        self.assertNotIn("Intruder", self.server.mailboxes())
        lines = [command.line for session in self.server.sessions() for command in session]
        self.assertGreater(len(lines), 10)
        self.assertEqual([line for line in lines if BODY_LINE.match(line)], [])

    def test_a_connection_that_is_cut(self):
        self.at_every_byte("multiappend", 29 if REDUCED else 3, cut)

    def test_a_connection_that_is_cut_in_single_appends(self):
        for mode in self.MODES[1:]:
            with self.subTest(mode):
                self.setUp()
                self.at_every_byte(mode, 41 if REDUCED else 19, cut)

    def test_bad_in_the_server_s_name(self):
        for mode in self.MODES[:2]:
            with self.subTest(mode):
                self.setUp()
                self.at_every_byte(mode, 41 if REDUCED else 11, answer(b"BAD"), refuses=True)

    def test_no_in_the_server_s_name(self):
        for mode in self.MODES[:2]:
            with self.subTest(mode):
                self.setUp()
                self.at_every_byte(mode, 41 if REDUCED else 11, answer(b"NO"), refuses=True)

    def test_a_server_that_is_killed_and_comes_back(self):
        def restart(link):
            self.server.restart(kill=True)
            link.cut()
        heads = self.heads("multiappend")
        for number, byte in enumerate((3, 40) if REDUCED else (0, 3, 20, 40, 60)):
            head = heads[number % 2]
            self.one(f"M{number + 1:03}", "multiappend", head, min(byte, len(head.text)), restart)
        self.check_commands()


if __name__ == "__main__":
    unittest.main()
