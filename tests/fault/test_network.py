# SPDX-License-Identifier: Apache-2.0
# Bytes that are damaged, late or never come, in either direction.

import time
import unittest

from support import archives
from support.dovecot_test import WithDovecot
from support.fault_test import FaultTest
from support.faults import Corrupt, Deaf, Trickle
from support.program import REDUCED
from support.proxy import (CutAfterClient, CutAfterServer, Delay, Fault, LoseAnswer, TcpProxy,
                           TlsProxy)

TIMEOUT = "5"  # seconds that a silent connection is waited for
NO_FAULT = "the fault did not happen"


class NetworkTest(WithDovecot, FaultTest):
    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        self.wanted = archives.make(self.archive, 40, copies=5, body_bytes=(20, 900), seed=13)

    def through(self, proxy, fault, *more):
        mailbox = self.fresh()
        with proxy:
            outcomes = self.until_complete(self.server, self.archive, mailbox, *more,
                                           port=proxy.port)
            links = len(proxy.links)
        if not getattr(fault, "happened", True):
            return NO_FAULT
        if links < 2 and not isinstance(fault, Delay | Trickle):
            return "the job went on with the same connection"
        return self.wrong(outcomes, self.server, mailbox, self.wanted)

    def lengths(self):
        """Bytes of cipher text that client and server say in an undisturbed run."""
        with TcpProxy(self.server.tls_port) as proxy:
            self.assert_code(self.migrate(self.server, self.archive, self.fresh(),
                                          port=proxy.port, journal="count.journal"), 0)
            proxy.wait()
        return proxy.links[0].client.received, proxy.links[0].server.received


class CorruptionTest(NetworkTest):
    """TLS makes a broken record of it: the connection must end, and nothing of it be believed."""

    def test_a_damaged_byte_of_the_client(self):
        sent, _ = self.lengths()
        # A record's head, the hellos, login, commands, mail, the last record before the goodbye.
        self.damaged(True, [0, 3, 7, 60, 300, 450, 600, 900, sent // 4, sent // 2, sent - 1500])

    def test_a_damaged_byte_of_the_server(self):
        _, said = self.lengths()
        self.damaged(False, [0, 3, 7, 60, 300, 900, said // 3, said // 2, said - 1500, said - 700])

    def damaged(self, from_client, offsets):
        def check(offset):
            fault = Corrupt(offset, from_client)
            return self.through(TcpProxy(self.server.tls_port, [fault]), fault,
                                "--timeout", TIMEOUT)
        self.all_cases(check, offsets[::4 if REDUCED else 1])

    def test_it_is_told_when_every_connection_is_damaged(self):
        with TcpProxy(self.server.tls_port, lambda _: Corrupt(300, False)) as proxy:
            outcome = self.migrate(self.server, self.archive, "Mail", "--timeout", TIMEOUT,
                                   port=proxy.port)
        self.check_line(outcome, 76)
        self.assertIn("the TLS handshake failed", outcome.err)


class SecondChanceTest(NetworkTest):
    """One run is enough where the server hangs up once, and nothing is in doubt."""

    def check(self, proxy):
        mailbox = self.fresh()
        with proxy:
            outcome = self.migrate(self.server, self.archive, mailbox, port=proxy.port,
                                   journal=f"{mailbox}.journal")
            was_cut = proxy.links[0].was_cut
        if outcome.code != 0 or not was_cut:
            return f"cut: {was_cut}; {outcome}"
        return self.wrong([outcome], self.server, mailbox, self.wanted)

    def test_a_server_that_hangs_up_within_the_handshake(self):
        faults = [CutAfterClient(1), CutAfterClient(100), CutAfterServer(1), CutAfterServer(300)]
        self.all_cases(lambda fault: self.check(TcpProxy(self.server.tls_port, [fault])), faults)

    def test_a_connection_that_is_lost_in_the_comparison_at_the_end(self):
        self.all_cases(lambda fault: self.check(TlsProxy(self.server, [fault])),
                       [LoseAnswer("UID FETCH"), LoseAnswer("SELECT", 2)])


class SilenceTest(NetworkTest):
    """A connection that says nothing more ends by timeout, whatever it was about to say."""

    def check(self, case):
        # A busy machine may keep the first connection waiting for the timeout before its fault.
        for _ in range(4):
            fault = Deaf(*case)
            start = time.monotonic()
            problem = self.through(TlsProxy(self.server, [fault]), fault, "--timeout", TIMEOUT)
            if problem != NO_FAULT:
                break
        return problem or (None if time.monotonic() - start > 4 else "it did not even wait")

    def test_one_direction_falls_silent(self):
        with TlsProxy(self.server) as proxy:
            self.assert_code(self.migrate(self.server, self.archive, "Mail", port=proxy.port), 0)
            proxy.wait()
        commands = proxy.links[0].commands
        append = next(one for one in commands if one.name == "APPEND")
        ends = [one.end for one in commands if one.end < append.start]
        counts = [0, ends[0], ends[-1], append.start + 200, (append.start + append.end) // 2,
                  append.end - 2, append.end]
        cases = [(count, drops) for count in counts for drops in (False, True)]
        self.all_cases(self.check, cases[::4] if REDUCED else cases, at_once=14)

    def test_a_port_that_never_says_a_word_of_tls(self):
        fault = Deaf(0)
        self.assertIsNone(self.through(TcpProxy(self.server.tls_port, [fault]), fault,
                                       "--timeout", TIMEOUT))

    def test_it_is_told_when_every_connection_falls_silent(self):
        with TlsProxy(self.server, lambda _: Deaf(0)) as proxy:
            outcome = self.migrate(self.server, self.archive, "Mail", "--timeout", "1",
                                   port=proxy.port)
        self.check_line(outcome, 69)
        self.assertIn("the server has not moved for 1 seconds", outcome.err)

    def test_a_server_that_reads_nothing_more_is_given_up(self):
        archive = self.folder / "huge.mbox"
        wanted = archives.write_huge(archive, 24_000_000)  # more than all buffers on the way

        class Blocked(Fault):
            """The client's bytes are read no more, so that its window fills up."""
            happened = False

            def client_bytes(self, link, data):
                link.to_server(data)
                if link.client.received > 100_000 and not self.happened:
                    self.happened = True
                    self.ended = time.monotonic() + 6
                    while time.monotonic() < self.ended:
                        time.sleep(0.05)
                    link.cut()
        fault = Blocked()
        start = time.monotonic()
        with TlsProxy(self.server, [fault]) as proxy:
            outcomes = self.until_complete(self.server, archive, "Huge", "--timeout", TIMEOUT,
                                           port=proxy.port)
        self.assertTrue(fault.happened)
        self.assertIn(f"has not moved for {TIMEOUT} seconds", outcomes[0].err, str(outcomes[0]))
        self.assertIsNone(self.wrong(outcomes, self.server, "Huge", [wanted]))
        self.assertGreater(time.monotonic() - start, 2)


class SlowTest(NetworkTest):
    """Slow is not silent: nothing is sent twice because it took long."""

    def test_delayed_and_trickling_bytes(self):
        cases = [(Delay(0.15), ()), (Trickle(300, 0.02), ()),
                 (Delay(0.03), ("--append-mode", "literal-plus")),
                 (Delay(0.01), ("--append-mode", "synchronizing"))]

        def check(case):
            fault, more = case
            return self.through(TlsProxy(self.server, [fault]), fault, "--timeout", TIMEOUT, *more)
        self.all_cases(check, cases[::2] if REDUCED else cases)


if __name__ == "__main__":
    unittest.main()
