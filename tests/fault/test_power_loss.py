# SPDX-License-Identifier: Apache-2.0
# The power goes at every sync of a job, and what was not synced is gone: all of it, or any part.

import itertools
import json
import signal
import unittest

from support import archives
from support.fake_imap import BASIC, FakeImap, Refusal
from support.fault_test import FaultTest
from support.preload import preloaded
from support.program import REDUCED

SEEDS = (None, ) if REDUCED else (None, 1, 2)
ONE_BY_ONE = BASIC + " UIDPLUS LITERAL+"
COMPLETE_BUT_ONE = 3  # the exit code of a job with refused messages


class PowerLossTest(FaultTest):
    """A server that refuses one message, so that there is a quarantine as well."""

    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        self.wanted = archives.make(self.archive, 90, copies=8, body_bytes=(20, 200), seed=16,
                                    message_ids=0.7)
        sizes = [one.size for one in self.wanted]
        self.culprit = next(one for one in self.wanted[40:] if sizes.count(one.size) == 1)
        self.kept = sorted(one.wire for one in self.wanted if one is not self.culprit)

    def server(self, **options):
        return FakeImap(on_append=lambda head: Refusal("NO", "a virus")
                        if head.size == self.culprit.size else None, **options)

    def run_job(self, server, name, **extra):
        disk = self.folder / name
        disk.mkdir(exist_ok=True)
        return self.migrate(server, self.archive, name, "--report-json", disk / "report.json",
                            "--compress", "off", journal=f"{name}/job.journal", **extra)

    def with_power_loss(self, server, name, **settings):
        given = {key: value for key, value in settings.items() if value is not None}
        return self.run_job(server, name, **preloaded(
            "power_loss", POWER_LOSS_FOLDER=self.folder / name, **given))

    def problem(self, server, name):
        """Runs the job to its end on the disk that the power loss left; a sentence or None."""
        for _ in range(3):
            outcome = self.run_job(server, name)
            if outcome.code == COMPLETE_BUT_ONE:
                break
            self.check_line(outcome)
        if outcome.code != COMPLETE_BUT_ONE:
            return str(outcome)
        bodies = sorted(server.bodies(name))
        if bodies != self.kept:
            return f"{len(bodies)} messages instead of {len(self.kept)}, {outcome.err}"
        return self.problem_of_files(name)

    def problem_of_files(self, name):
        disk = self.folder / name
        report = json.loads((disk / "report.json").read_text())["accounts"][0]
        if len(report["refused"]) != 1:
            return f"the report has {len(report['refused'])} refused messages"
        quarantine = (disk / "job.journal.refused.mbox").read_bytes()
        if quarantine.count(b"From mboxferry-refused ") != 1:
            return "the quarantine has not one message"
        if archives.quote_mboxrd(self.culprit.wire) not in quarantine:
            return "the quarantine has another message"
        return None

    def at_every_sync(self, server, label, seeds):
        """Job after job, each with the power lost at the next sync, until one gets through."""
        hit = []

        def check(case):
            number, seed = case
            name = f"{label}{number}-{seed}"
            outcome = self.with_power_loss(server, name, POWER_LOSS_AT=number,
                                           POWER_LOSS_SEED=seed and seed * 1000 + number)
            if outcome.code == -signal.SIGKILL:
                hit.append(number)
            elif outcome.code != COMPLETE_BUT_ONE:
                return str(outcome)
            return self.problem(server, name)
        for first in itertools.count(1, 8):
            numbers = range(first, first + 8)
            before = len(hit)
            self.all_cases(check, [(number, seed) for number in numbers for seed in seeds],
                           at_once=12)
            if len(hit) == before:
                break
        self.assertGreater(max(hit), 12, "a job has more syncs than that")

    def test_at_every_sync_with_many_messages_a_command(self):
        with self.server() as server:
            self.at_every_sync(server, "many", SEEDS)

    def test_at_every_sync_with_a_message_a_command(self):
        if REDUCED:
            self.skipTest("only in the full suite")
        with self.server(capabilities=ONE_BY_ONE) as server:
            self.at_every_sync(server, "one", SEEDS[1:2])

    def test_at_the_named_points_between_syncs(self):
        points = ["journal-created", "index-done", "mailbox-recorded", "batch-intended",
                  "batch-half-sent", "batch-sent", "batch-answered", "batch-confirmed",
                  "message-quarantined"]
        with self.server() as server:
            def check(case):
                point, seed = case
                name = f"at-{point}-{seed}"
                outcome = self.with_power_loss(server, name, MBOXFERRY_CRASH_AT=point,
                                               POWER_LOSS_SEED=seed)
                self.assertEqual(outcome.code, -signal.SIGKILL, str(outcome))
                return self.problem(server, name)
            self.all_cases(check, [(point, seed) for point in points for seed in SEEDS[:2]])

    def test_after_the_end_everything_told_is_there(self):
        for seed in (None, 5):
            with self.subTest(seed), self.server() as server:
                name = f"end-{seed}"
                outcome = self.with_power_loss(server, name, POWER_LOSS_AT_EXIT=1,
                                               POWER_LOSS_SEED=seed)
                self.assert_code(outcome, COMPLETE_BUT_ONE)
                self.assertIsNone(self.problem_of_files(name))
                status = self.run_program("status", self.folder / name / "job.journal")
                self.assert_code(status, 0)
                self.assertIn(f"checked={len(self.kept)} missing=0", status.out)


if __name__ == "__main__":
    unittest.main()
