# SPDX-License-Identifier: Apache-2.0
# What somebody else does to the mailbox, between the runs of a job and while it runs.

import re
import subprocess
import threading
import time
import unittest

from support import archives
from support.courier import Courier, courier_root
from support.cyrus import Cyrus, cyrus_root
from support.dovecot import Dovecot
from support.fault_test import FaultTest
from support.faults import GoodbyeWhileSending
from support.imap_server import quoted
from support.program import PROGRAM, REDUCED, environment
from support.proxy import TlsProxy

QUOTA = "*:storage=60K"


class MailboxFaults(FaultTest):
    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        self.wanted = archives.make(self.archive, 150, copies=10, body_bytes=(20, 500), seed=15,
                                    kinds=["plain", "from", "eight"], message_ids=0.7)
        self.size = sum(one.size for one in self.wanted)


class BetweenRunsTest(MailboxFaults):
    def check(self, case):
        """A job is left in doubt in the middle, `change` happens, and the job goes on."""
        change, make_server = case
        with make_server() as server, TlsProxy(
                server, lambda _: GoodbyeWhileSending(self.size // 2)) as proxy:
            # It would connect again by itself, and must not before the change.
            job = subprocess.Popen(
                [PROGRAM, *map(str, self.migrate_arguments(server, self.archive, "Mail",
                                                           port=proxy.port,
                                                           journal=f"{id(case)}.journal"))],
                env=environment(self.folder), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            for line in job.stderr:
                if b"goodbye" in line:
                    break
            job.kill()
            job.communicate()
            proxy.wait()
            with server.session() as client:
                before = self.count_in_the_end(server, client)
                change(client, before)
            proxy.faults = ()
            outcomes = self.until_complete(server, self.archive, "Mail", port=proxy.port,
                                           journal=f"{id(case)}.journal")
            if len(outcomes) > 1:
                return f"it took {len(outcomes)} runs, first {outcomes[0]}"
            return self.wrong(outcomes, server, "Mail", self.wanted) or (
                None if before else "nothing was there before")

    @staticmethod
    def count_in_the_end(server, client):
        """The server may finish what it got a little after the client has gone."""
        count, deadline = 0, time.monotonic() + 20
        while time.monotonic() < deadline:
            time.sleep(0.3)
            before, count = count, server.count(mailbox="Mail", client=client)
            if count and count == before:
                break
        return count

    @staticmethod
    def renamed(client, _):
        client.rename("Mail", "Moved")

    @staticmethod
    def deleted(client, _):
        client.delete("Mail")

    @staticmethod
    def made_anew_empty(client, _):
        client.delete("Mail")
        client.create("Mail")

    @staticmethod
    def made_anew_with_the_same_mail(client, _):
        client.rename("Mail", "Moved")
        client.create("Mail")
        client.select("Moved")
        client.copy("1:*", "Mail")
        client.unselect()

    @staticmethod
    def made_anew_with_half_of_it(client, before):
        client.rename("Mail", "Moved")
        client.create("Mail")
        client.select("Moved")
        client.copy(f"1:{before // 2}", "Mail")
        client.unselect()

    def test_the_mailbox_is_not_what_it_was(self):
        changes = [self.renamed, self.deleted, self.made_anew_empty,
                   self.made_anew_with_the_same_mail, self.made_anew_with_half_of_it]
        cases = [(change, Dovecot) for change in changes[::2 if REDUCED else 1]]
        if cyrus_root():
            cases += [(change, lambda: Cyrus(separator="/", prefix=""))
                      for change in changes[::4 if REDUCED else 1]]
        self.all_cases(self.check, cases, at_once=5)


class QuotaTest(MailboxFaults):
    def test_dovecot_is_full_in_the_middle_and_is_given_room(self):
        for more in (("--ignore-quota",), ("--ignore-quota", "--append-mode", "literal-plus")):
            with self.subTest(more), Dovecot(quota=QUOTA) as server:
                journal = f"quota{len(more)}.journal"
                outcome = self.migrate(server, self.archive, "Mail", *more, journal=journal)
                self.check_line(outcome, 75)
                self.assertIn("raise the quota", outcome.err)
                stored = server.count(mailbox="Mail")
                self.assertTrue(0 < stored < len(self.wanted), stored)
                self.check_line(self.migrate(server, self.archive, "Mail", *more,
                                             journal=journal), 75)
                server._options["extra"] = server._options["extra"].replace(QUOTA, "*:storage=10M")
                server.restart()
                outcomes = self.until_complete(server, self.archive, "Mail", *more,
                                               journal=journal)
                self.assertIsNone(self.wrong(outcomes, server, "Mail", self.wanted))

    def test_cyrus_is_full_in_the_middle_and_is_given_room(self):
        if cyrus_root() is None:
            self.skipTest("no Cyrus")
        with Cyrus({"alice": "secret", "boss": "secret"}, separator="/", prefix="",
                   extra="admins: boss") as server:
            server.client().logout()  # makes the account
            self.set_quota(server, 60)
            outcome = self.migrate(server, self.archive, "Mail", "--ignore-quota")
            self.check_line(outcome, 75)
            self.assertIn("raise the quota", outcome.err)
            self.set_quota(server, 10_000)
            outcomes = self.until_complete(server, self.archive, "Mail", journal="job.journal")
            self.assertIsNone(self.wrong(outcomes, server, "Mail", self.wanted))

    @unittest.skipUnless(courier_root(), "no Courier")
    def test_courier_is_full_in_the_middle_and_is_given_room(self):
        with Courier(quota=60_000) as server:
            outcome = self.migrate(server, self.archive, "Mail", "--ignore-quota")
            self.check_line(outcome, 75)
            self.assertIn("raise the quota", outcome.err)
            stored = server.count(mailbox="INBOX.Mail")
            self.assertTrue(0 < stored < len(self.wanted), stored)
            server.set_quota(10_000_000)
            outcomes = self.until_complete(server, self.archive, "Mail", journal="job.journal")
            self.assertIsNone(self.wrong(outcomes, server, "INBOX.Mail", self.wanted))

    def set_quota(self, server, kilobytes):
        with server.session("boss") as boss:
            kind, text = boss.setquota("user/alice", f"(STORAGE {kilobytes})")
            self.assertEqual(kind, "OK", text)


class OtherClient(threading.Thread):
    """Appends, copies and expunges in a mailbox until told to stop. It expunges only what it has
    put there itself; `left` are the UIDs that it leaves behind."""

    MAIL = b"Subject: of somebody else\r\n\r\n%d\r\n"

    def __init__(self, server, mailbox):
        super().__init__(daemon=True)
        self.server, self.mailbox = server, quoted(mailbox)
        self.left = set()
        self.rounds = 0
        self.stopped = threading.Event()
        self.failure = None

    def run(self):
        try:
            with self.server.session() as client:
                while client.select(self.mailbox)[0] != "OK" and not self.stopped.is_set():
                    time.sleep(0.02)
                while not self.stopped.is_set():
                    self._round(client)
                    self.rounds += 1
        except Exception as failure:  # shown by the test
            self.failure = failure

    def _round(self, client):
        own = [self._uid(client.append(self.mailbox, None, None, self.MAIL % self.rounds))
               for _ in range(3)]
        kind, numbers = client.uid("SEARCH", "ALL")
        uids = [int(one) for one in numbers[0].split()]
        # One of the job's, and one of its own: both copies are its own business.
        for uid in (uids[0], own[0]):
            copied = client._simple_command("UID", "COPY", str(uid), self.mailbox)
            own.append(self._uid(copied))
        gone = own[::2]
        client.uid("STORE", ",".join(map(str, gone)), "+FLAGS.SILENT", "\\Deleted")
        client.uid("EXPUNGE", ",".join(map(str, gone)))
        self.left |= set(own) - set(gone)

    @staticmethod
    def _uid(reply):
        return int(re.search(rb"(?:APPENDUID|COPYUID) [^\]]*?(\d+)\]", reply[1][0])[1])


class AtTheSameTimeTest(MailboxFaults):
    """Another client works in the mailbox while the job sends, is cut and reconciles."""

    def check(self, case):
        server, faults, *more = case
        mailbox = self.fresh()
        other = OtherClient(server, mailbox)
        with TlsProxy(server, faults) as proxy:
            other.start()
            outcomes = self.until_complete(server, self.archive, mailbox, *more,
                                           "--max-messages-per-second", "60", port=proxy.port)
            other.stopped.set()
            other.join(30)
        if other.failure or other.rounds < 2:
            return f"the other client: {other.failure} after {other.rounds} rounds"
        # Copies of the job's mail, whoever made them, are told and keep a job from being complete.
        copied = outcomes[-1].code == 1 and "on the server twice" in outcomes[-1].err
        if outcomes[-1].code != 0 and not copied:
            return str(outcomes[-1])
        ours = [one for one in server.fetch_all(mailbox=mailbox) if one.uid not in other.left]
        found = archives.differences(self.wanted, ours, False)
        return str(found[:4]) if found else None

    def test_another_client_appends_copies_and_expunges(self):
        with Dovecot() as server:
            cases = [(server, ()), (server, [GoodbyeWhileSending(self.size // 2)]),
                     (server, [GoodbyeWhileSending(self.size // 2)],
                      "--append-mode", "literal-plus")]
            self.all_cases(self.check, cases[1:2] if REDUCED else cases)

    def test_the_same_on_cyrus(self):
        if cyrus_root() is None or REDUCED:
            self.skipTest("no Cyrus, or only in the full suite")
        with Cyrus(separator="/", prefix="") as server:
            self.all_cases(self.check, [(server, [GoodbyeWhileSending(self.size // 2)])])

    def test_messages_that_somebody_expunges_meanwhile_are_told(self):
        with Dovecot() as server:
            self.assert_code(self.migrate(server, self.archive, "Mail"), 0)
            with server.session() as client:
                client.select("Mail")
                client.uid("STORE", "3:5", "+FLAGS.SILENT", "\\Deleted")
                client.expunge()
            outcome = self.migrate(server, self.archive, "Mail")
            self.assert_code(outcome, 0)
            self.assertIn("gone since an earlier run compared them: 3 messages", outcome.err)
            outcome = self.migrate(server, self.archive, "Mail", "--strict")
            self.check_line(outcome, 1)
            self.assertIn("3 messages are missing on the server", outcome.err)
            self.assertEqual(server.count(mailbox="Mail"), len(self.wanted) - 3)


if __name__ == "__main__":
    unittest.main()
