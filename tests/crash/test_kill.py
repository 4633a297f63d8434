# SPDX-License-Identifier: Apache-2.0
# Kills the process at every named point of the journal's life and resumes: all there, none twice.

import re
import signal
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

from support import archives
from support.dovecot import Dovecot
from support.dovecot_test import WithDovecot
from support.fake_imap import BASIC, FakeImap, Refusal
from support.program import REDUCED, ROOT, ProgramTest

HEADER = ROOT / "include/mboxferry/base/crash_point.h"


def crash_points():
    """The names in the header, so that a new one cannot be forgotten here."""
    text = HEADER.read_text().partition("kCrashPoints{")[2].partition("};")[0]
    return re.findall(r'^\s*"([a-z-]+)"', text, re.M)


# Points that only a job reaches that was interrupted before, or that meets a refusal.
ON_RESUME = ("reconcile-looked", "reconcile-decided")
ON_REFUSAL = ("message-quarantined",)
ON_RETRY = ("retry-planned",)
# Of changes to a zone; tests/integration/test_dns.py has them.
ON_DNS = ("dns-intended", "dns-sent", "dns-answered")
# Of tokens that are renewed; tests/integration/test_auth.py has them.
ON_TOKENS = ("token-answered", "token-kept")
# Passages after the first that are worth a kill of their own.
LATER = ("index-chunk:2", "batch-intended:2", "batch-half-sent:2", "batch-sent:2",
         "batch-answered:2", "batch-confirmed:2")


class KillTest(ProgramTest):
    def killed(self, server, archive, mailbox, point, *more, **extra):
        outcome = self.migrate(server, archive, mailbox, *more, MBOXFERRY_CRASH_AT=point, **extra)
        self.assertEqual(outcome.code, -signal.SIGKILL, f"{point} was not reached: {outcome}")

    def resumed(self, server, archive, mailbox, *more, **extra):
        """The same command until it ends well; a server may still say that it is busy."""
        for _ in range(4):
            outcome = self.migrate(server, archive, mailbox, *more, **extra)
            if outcome.code != 75:
                break
            time.sleep(1)
        return outcome


class DovecotKillTest(WithDovecot, KillTest):
    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        # Enough for several index chunks and several batches.
        self.wanted = archives.make(self.archive, 700 if REDUCED else 1500, copies=20,
                                    body_bytes=(20, 300), kinds=["plain", "from", "imap", "empty"])

    def check(self, name, kills, *more):
        """Kills at each of `kills`, one run after the other, then lets it end."""
        mailbox, journal = name.replace(":", "-"), name.replace(":", "-") + ".journal"
        for point in kills:
            self.killed(self.server, self.archive, mailbox, point, *more, journal=journal)
        outcome = self.resumed(self.server, self.archive, mailbox, *more, journal=journal)
        if outcome.code != 0:
            return f"{name}: {outcome}"
        found = archives.differences(self.wanted, self.server.fetch_all(mailbox=mailbox), False)
        return f"{name}: {found[:5]}" if found else None

    def check_all(self, cases, *more):
        # Resuming waits for late commits, so the cases run side by side.
        failures = []

        def one(case):
            try:
                return self.check(case[0], case[1], *more)
            except AssertionError as failure:
                return f"{case[0]}: {failure}"
        with ThreadPoolExecutor(4) as pool:
            failures = [failure for failure in pool.map(one, cases) if failure]
        self.assertEqual(failures, [], "\n".join(failures))

    def test_every_point_is_hit_and_survived(self):
        points = [point for point in crash_points() if point not in ON_RESUME + ON_REFUSAL + ON_RETRY +
                  ON_DNS + ON_TOKENS]
        self.assertGreater(len(points), 8)
        self.check_all([(point, [point]) for point in points])

    def test_points_of_a_resuming_job_are_hit_and_survived(self):
        self.check_all([(point, ["batch-sent", point]) for point in ON_RESUME])

    def test_a_mailbox_that_was_made_before_the_kill_is_subscribed_to_after_it(self):
        self.killed(self.server, self.archive, "Unsubscribed", "batch-sent")
        self.assertNotIn("Unsubscribed", self.server.subscribed())
        self.assert_code(self.resumed(self.server, self.archive, "Unsubscribed"), 0)
        self.assertIn("Unsubscribed", self.server.subscribed())

    def test_a_days_budget_holds_however_often_the_job_is_killed(self):
        budget = ("--max-messages-per-day=600",)
        for point in ("batch-intended", "batch-sent", "batch-answered", "batch-confirmed"):
            self.killed(self.server, self.archive, "Budget", point, *budget)
        outcome = self.migrate(self.server, self.archive, "Budget", *budget)
        self.assert_code(outcome, 75)
        self.assertIn("a day", outcome.err)
        self.assertLessEqual(self.server.count(mailbox="Budget"), 600)

    def test_later_passages(self):
        self.check_all([(point, [point]) for point in (LATER[::3] if REDUCED else LATER)])

    def test_killed_again_and_again(self):
        chains = [("twice-sent", ["batch-sent", "batch-sent"]),
                  ("sent-looked-sent", ["batch-sent", "reconcile-looked", "batch-sent"]),
                  ("half-decided-answered", ["batch-half-sent", "reconcile-decided",
                                             "batch-answered"]),
                  ("answered-decided-intended", ["batch-answered", "reconcile-decided",
                                                 "batch-intended"])]
        self.check_all(chains[:1] if REDUCED else chains)

    def test_single_appends_in_flight(self):
        points = ["batch-half-sent", "batch-last-byte", "batch-sent", "batch-answered"]
        self.check_all([("plus-" + point, [point]) for point in points[::2 if REDUCED else 1]],
                       "--append-mode", "literal-plus")

    def test_synchronizing_literals(self):
        if REDUCED:
            self.skipTest("only in the full suite")
        points = ["batch-half-sent", "batch-sent", "batch-answered"]
        self.check_all([("sync-" + point, [point]) for point in points],
                       "--append-mode", "synchronizing")

    def test_several_connections_in_one_mailbox(self):
        points = ["batch-intended:2", "batch-half-sent:3", "batch-sent:3", "batch-answered:2",
                  "batch-confirmed:2"]
        self.check_all([("crew-" + point, [point]) for point in points[::2 if REDUCED else 1]],
                       "--connections", "3")

    def test_a_server_killed_in_the_middle(self):
        with Dovecot() as server:
            self.killed(server, self.archive, "Mail", "batch-half-sent:2")
            server.restart(kill=True)
            self.assert_code(self.resumed(server, self.archive, "Mail"), 0)
            self.assertEqual(archives.differences(self.wanted, server.fetch_all(mailbox="Mail"),
                                                  False), [])


class QuarantineKillTest(KillTest):
    """A refused message: in the quarantine once, whatever happens on the way."""

    def test_killed_between_quarantine_and_journal(self):
        archive = self.folder / "mail.mbox"
        wanted = archives.make(archive, 30, seed=3)
        sizes = [one.size for one in wanted]
        culprit = next(index for index in range(10, 30) if sizes.count(sizes[index]) == 1)
        for capabilities in (None, BASIC + " UIDPLUS LITERAL+"):
            options = {"capabilities": capabilities} if capabilities else {}
            journal = "single.journal" if capabilities else "multi.journal"
            with self.subTest(journal), FakeImap(
                    on_append=lambda head: Refusal("NO", "a virus")
                    if head.size == sizes[culprit] else None, **options) as server:
                for point in ON_REFUSAL:
                    self.killed(server, archive, "Mail", point, journal=journal)
                outcome = self.resumed(server, archive, "Mail", "--report-json", "report.json",
                                       journal=journal)
                self.assert_code(outcome, 3)
                self.assertEqual(sorted(server.bodies("Mail")), sorted(
                    one.wire for index, one in enumerate(wanted) if index != culprit))
                refused = self.report()["accounts"][0]["refused"]
                self.assertEqual(len(refused), 1)
                subject = wanted[culprit].subject.encode("latin-1")
                kept = [path for path in self.folder.rglob("*") if path.is_file()
                        and path != archive and "refused" in path.name
                        and journal.partition(".")[0] in str(path)
                        and subject in path.read_bytes()]
                self.assertEqual(len(kept), 1, sorted(self.folder.rglob("*")))
                self.assertEqual(kept[0].read_bytes().count(b"Subject: " + subject), 1)

    def test_a_retry_that_is_killed_goes_on_with_the_same_command(self):
        archive = self.folder / "mail.mbox"
        wanted = archives.make(archive, 30, seed=3)
        sizes = [one.size for one in wanted]
        culprit = next(size for size in sizes if sizes.count(size) == 1)
        refusals = {culprit}
        with FakeImap(on_append=lambda head: Refusal("NO", "a virus")
                      if head.size in refusals else None) as server:
            self.assert_code(self.migrate(server, archive, "Mail"), 3)
            refusals.clear()
            retry = ["retry", self.folder / "job.journal", "--password-file",
                     server.password_file(), "--progress=none"]
            for point in (*ON_RETRY, "batch-intended", "batch-sent"):
                outcome = self.run_program(*retry, MBOXFERRY_CRASH_AT=point)
                self.assertEqual(outcome.code, -signal.SIGKILL, f"{point}: {outcome}")
            # The same command goes on, though nothing is refused any more.
            self.assert_code(self.run_program(*retry), 0)
            self.assertEqual(sorted(server.bodies("Mail")), sorted(one.wire for one in wanted))


if __name__ == "__main__":
    unittest.main()
