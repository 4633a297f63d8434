# SPDX-License-Identifier: Apache-2.0
# Servers that are killed and started again in the middle, and clients that are stopped meanwhile.

import signal
import subprocess
import time
import unittest

from support import archives
from support.courier import Courier, courier_root
from support.cyrus import Cyrus, cyrus_root
from support.dovecot import Dovecot
from support.fault_test import FaultTest
from support.faults import At
from support.program import PROGRAM, REDUCED, Outcome, environment
from support.proxy import TlsProxy

SINGLE = ("--append-mode", "literal-plus")


def cyrus():
    return Cyrus(separator="/", prefix="")


class ServerLifeFaults(FaultTest):
    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        self.wanted = archives.make(self.archive, 400, copies=10, kinds=["plain", "from"],
                                    body_bytes=(100, 300), seed=14)
        self.size = sum(one.size for one in self.wanted)

    def start(self, server, mailbox, port, *more):
        """The job of `mailbox`, in the background."""
        arguments = self.migrate_arguments(server, self.archive, mailbox, *more, port=port,
                                           journal=f"{mailbox}.journal")
        return subprocess.Popen([PROGRAM, *map(str, arguments)], env=environment(self.folder),
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    @staticmethod
    def ended(job):
        out, err = job.communicate(timeout=120)
        return Outcome(job.returncode, out, err, ("migrate", ))


class ServerLifeTest(ServerLifeFaults):
    def check(self, case):
        """A job on a server of its own that is restarted when some tenths of the mail were sent."""
        make_server, kill, tenths, *more = case
        with make_server() as server:
            mailbox = server.below + self.fresh()
            at = At(self.size * tenths // 10, lambda link: server.restart(kill=kill))
            # Which of several connections comes first, and how much it sends, is left to chance.
            with TlsProxy(server, lambda _: at) as proxy:
                outcomes = self.until_complete(server, self.archive, mailbox, *more,
                                               port=proxy.port)
            if not at.happened.is_set():
                return "it did not happen"
            return self.wrong(outcomes, server, mailbox, self.wanted)

    def test_a_server_is_killed_or_ended_and_started_again(self):
        # Maildir, since sdbox and mdbox may put a message back later that they did not show (0022).
        cases = [(Dovecot, True, 2), (Dovecot, True, 9, *SINGLE),
                 (Dovecot, True, 2, "--connections", "3"), (Dovecot, False, 4)]
        if cyrus_root():
            cases += [(cyrus, True, 3), (cyrus, True, 8)]
        if courier_root():
            cases += [(Courier, True, 3), (Courier, False, 6),
                      (Courier, True, 8, "--connections", "3")]
        self.all_cases(self.check, cases[::3] if REDUCED else cases, at_once=3)

    def test_a_server_that_stays_away_is_told_and_the_job_goes_on_later(self):
        with Dovecot() as server:
            at = At(self.size // 3, lambda link: server.kill())
            with TlsProxy(server, [at]) as proxy:
                job = self.start(server, "Mail", proxy.port)
                self.assertTrue(at.happened.wait(60))
                time.sleep(0.3)
                job.send_signal(signal.SIGINT)  # it would try for minutes
                outcome = self.ended(job)
                self.check_line(outcome, 130)
                self.assertIn("interrupted while waiting for the server", outcome.err)
                self.check_line(self.migrate(server, self.archive, "Mail", port=proxy.port,
                                             journal="Mail.journal"), 69)
                server.start()
                outcomes = self.until_complete(server, self.archive, "Mail", port=proxy.port)
            self.assertIsNone(self.wrong(outcomes, server, "Mail", self.wanted))


class StoppedTest(ServerLifeFaults):
    """SIGSTOP in mid-batch: the server gives the client up before it wakes, or does not."""

    def check(self, case):
        meanwhile, *more = case
        mailbox = self.fresh()
        jobs = []
        with Dovecot() as server:
            def stop(link):
                jobs[0].send_signal(signal.SIGSTOP)
                meanwhile(link, server)
            at = At(self.size // 2, stop)
            with TlsProxy(server, [at]) as proxy:
                jobs.append(self.start(server, mailbox, proxy.port, *more))
                self.assertTrue(at.happened.wait(60))
                jobs[0].send_signal(signal.SIGCONT)
                outcomes = [self.ended(jobs[0])]
                if outcomes[0].code != 0:
                    self.check_line(outcomes[0])
                    outcomes = self.until_complete(server, self.archive, mailbox, *more,
                                                   port=proxy.port)
            return self.wrong(outcomes, server, mailbox, self.wanted)

    def test_a_job_is_stopped_for_a_while_in_the_middle(self):
        cases = [(lambda link, server: link.cut(), ),
                 (lambda link, server: server.restart(kill=True), ),
                 (lambda link, server: time.sleep(2.5), "--timeout", "1")]
        self.all_cases(self.check, cases)


if __name__ == "__main__":
    unittest.main()
