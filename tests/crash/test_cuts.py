# SPDX-License-Identifier: Apache-2.0
# Cuts the connection after every Nth byte, both ways, loses replies and delays commits.

import signal
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

from support import archives
from support.dovecot_test import WithDovecot
from support.program import REDUCED, ProgramTest
from support.proxy import (CutAfterClient, CutAfterServer, Fault, HoldBack, LoseAnswer,
                           SwallowReplies, TcpProxy, TlsProxy, without_append_uid)

CASES_AT_ONCE = 6
STEPS = 8 if REDUCED else 30
NOT_REACHED = "the connection was not cut"


class CutTest(WithDovecot, ProgramTest):
    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        self.wanted = archives.make(self.archive, 50, copies=6, body_bytes=(20, 900), seed=4)
        self._lock = threading.Lock()
        self._count = 0

    def fresh(self):
        with self._lock:
            self._count += 1
            return f"Case{self._count:03}"  # of one length, so that offsets are the same

    def until_done(self, mailbox, port, *more):
        """The same command until it ends well. The first run may notice nothing."""
        for _ in range(6):
            outcome = self.migrate(self.server, self.archive, mailbox, *more,
                                   journal=f"{mailbox}.journal", port=port)
            if outcome.code == 0 or outcome.code not in (1, 69, 75, 76):
                break
            time.sleep(0.2)
        return outcome

    def check(self, name, make_proxy, *more):
        """Runs through the proxy until the job is complete; returns what is wrong, or None.
        NOT_REACHED says that the job was done before the fault's byte came by."""
        mailbox = self.fresh()
        with make_proxy() as proxy:
            outcome = self.until_done(mailbox, proxy.port, *more)
            cut = any(link.was_cut for link in proxy.links)
            proxy.wait()
        if outcome.code != 0:
            return f"{name}: {outcome}"
        if not cut:
            return f"{name}: {NOT_REACHED}"
        found = archives.differences(self.wanted, self.server.fetch_all(mailbox=mailbox), False)
        return f"{name}: {found[:4]}" if found else None

    def check_all(self, cases, *more):
        with ThreadPoolExecutor(CASES_AT_ONCE) as pool:
            failures = [failure for failure in
                        pool.map(lambda case: self.check(case[0], case[1], *more), cases)
                        if failure]
        # Dovecot tells how long it took only where that is worth telling, and replies in one write or
        # two, so streams of equal runs differ in length: a cut near the end may never come.
        late = [failure for failure in failures if failure.endswith(NOT_REACHED)]
        if len(late) * 4 <= len(cases):
            failures = [failure for failure in failures if failure not in late]
        self.assertEqual(failures, [], f"{len(failures)} of {len(cases)}\n" + "\n".join(failures))

    def lengths(self, kind, *more):
        """Bytes that client and server say in an undisturbed run."""
        with kind() as proxy:
            outcome = self.until_done(self.fresh(), proxy.port, *more)
            self.assert_code(outcome, 0)
            proxy.wait()
        return proxy.links[0].client.received, proxy.links[0].server.received

    def plain(self, *faults, **options):
        return lambda: TlsProxy(self.server, list(faults), **options)

    def cipher(self, *faults):
        return lambda: TcpProxy(self.server.tls_port, list(faults))


def spread(total, steps):
    """Offsets over [1, total), each Nth and the last."""
    step = max(1, total // steps)
    return [*range(step, total - 1, step), total - 1]


class EveryNthByteTest(CutTest):
    def test_the_client_s_stream_cut_in_plain_text(self):
        client, _ = self.lengths(self.plain())
        # The end of the stream is the farewell; mail lies before it.
        self.check_all([(f"client {offset} of {client}", self.plain(CutAfterClient(offset)))
                        for offset in spread(client - 20, STEPS)])

    def test_cut_around_the_last_byte_of_each_append(self):
        for more in ((), ("--append-mode", "literal-plus")):
            with TlsProxy(self.server) as proxy:
                self.assert_code(self.until_done(self.fresh(), proxy.port, *more), 0)
            ends = [one.end for one in proxy.commands if one.name == "APPEND"]
            chosen = ends[:1] if REDUCED else {*ends[:2], ends[len(ends) // 2], ends[-1]}
            self.check_all([(f"{end}{distance:+}", self.plain(CutAfterClient(end + distance)))
                            for end in chosen for distance in (-3, -2, -1, 0, 1)], *more)

    def test_the_server_s_stream_cut_in_plain_text(self):
        _, server = self.lengths(self.plain())
        self.check_all([(f"server {offset} of {server}", self.plain(CutAfterServer(offset)))
                        for offset in spread(server - 60, STEPS)])

    def test_single_appends_cut_in_plain_text(self):
        more = ("--append-mode", "literal-plus")
        client, server = self.lengths(self.plain(), *more)
        cases = [(f"client {offset}", self.plain(CutAfterClient(offset)))
                 for offset in spread(client - 20, STEPS // 2)]
        cases += [(f"server {offset}", self.plain(CutAfterServer(offset)))
                  for offset in spread(server - 60, STEPS // 2)]
        self.check_all(cases, *more)

    def test_cipher_text_cut_both_ways(self):
        client, server = self.lengths(self.cipher())
        # Handshakes differ by some bytes between runs, so the very ends are left out.
        cases = [(f"client {offset}", self.cipher(CutAfterClient(offset)))
                 for offset in spread(client - 200, STEPS // 2)]
        cases += [(f"server {offset}", self.cipher(CutAfterServer(offset)))
                  for offset in spread(server - 400, STEPS // 2)]
        self.check_all(cases)


class LostReplyTest(CutTest):
    def test_a_lost_reply_after_the_last_byte_makes_no_duplicate(self):
        self.check_all([("multiappend", self.plain(LoseAnswer(nth=1)))])
        self.check_all([(f"single {nth}", self.plain(LoseAnswer(nth=nth)))
                        for nth in (1, 2, 17, 50)], "--append-mode", "literal-plus")

    def test_the_same_without_uids_in_the_replies(self):
        self.check_all([("no uidplus", self.plain(LoseAnswer(nth=1), rewrite=without_append_uid))])

    def test_lost_replies_to_other_commands(self):
        self.check_all([(name, self.plain(LoseAnswer(name=name)))
                        for name in ("CREATE", "SUBSCRIBE")])

    def test_replies_swallowed_from_some_byte_on(self):
        client, _ = self.lengths(self.cipher())
        self.check_all([(f"swallow from {offset}", self.cipher(SwallowReplies(offset)))
                        for offset in spread(client - 400, 4 if REDUCED else 10)[1:]])

    def test_several_replies_lost_one_after_the_other(self):
        self.check_all([("thrice", self.plain(LoseAnswer(), LoseAnswer(), LoseAnswer()))])


class LateCommitTest(CutTest):
    """The server commits long after the connection has gone, and after the client is back."""

    def test_a_commit_after_the_cut_makes_no_duplicate(self):
        self.check_all([(f"late by {seconds}", self.plain(HoldBack(seconds)))
                        for seconds in ((0.5, ) if REDUCED else (0.2, 0.5, 0.8))])

    def test_the_same_with_single_appends(self):
        self.check_all([(f"late number {nth}", self.plain(HoldBack(0.5, nth=nth)))
                        for nth in (1, 3, 20)], "--append-mode", "literal-plus")

    def test_a_commit_after_the_client_was_killed_makes_no_duplicate(self):
        hold = HoldBack(0.7, cut=False)
        with TlsProxy(self.server, lambda number: hold if number == 0 else Fault()) as proxy:
            outcome = self.migrate(self.server, self.archive, "Late", port=proxy.port,
                                   MBOXFERRY_CRASH_AT="batch-sent")
            self.assertEqual(outcome.code, -signal.SIGKILL, str(outcome))
            self.assertEqual(self.server.count(mailbox="Late"), 0, "it must be late")
            outcome = self.migrate(self.server, self.archive, "Late", port=proxy.port)
            self.assert_code(outcome, 0)
            proxy.wait()
        self.assertTrue(hold.answered.is_set(), "the late commit did happen")
        self.assertEqual(archives.differences(self.wanted, self.server.fetch_all(mailbox="Late"),
                                              False), [])


if __name__ == "__main__":
    unittest.main()
