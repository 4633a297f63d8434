# SPDX-License-Identifier: Apache-2.0
# A short soak: random jobs under random faults, the same ones in every run.
"""MBOXFERRY_TEST_SOAK_SEED chooses others. tools/soak has as many as one likes."""

import dataclasses
import os
import unittest

from soak.mail import Comparison
from soak.odd import KINDS
from soak.run import Options, Soak
from soak.servers import available
from support import archives
from support.program import REDUCED, ProgramTest

SEED = os.environ.get("MBOXFERRY_TEST_SOAK_SEED") or "1"
JOBS = 12 if REDUCED else 60
ODD_JOBS = 2 if REDUCED else 5  # of each kind


class SoakTest(ProgramTest):
    def test_random_faults_lose_double_and_alter_nothing(self):
        options = Options(seed=SEED, servers=available(), jobs=JOBS, at_once=20, messages=(20, 80))
        totals = Soak(options, print).run()
        print(f"seed {SEED}, {', '.join(options.servers)}: {totals.line()}")
        again = [options.command(result.number) for result in totals.failed]
        self.assertEqual(again, [], "\n".join(result.failure for result in totals.failed))
        self.assertEqual((totals.jobs, totals.lost, totals.twice, totals.altered, totals.foreign),
                         (JOBS, 0, 0, 0, 0))
        # A soak without faults would prove nothing.
        self.assertGreater(totals.kills, JOBS // 8)
        self.assertGreater(totals.cuts, JOBS // 4)
        self.assertGreater(totals.restarts, 0 if not REDUCED else -1)


class OddSoakTest(ProgramTest):
    """Dovecot behind relays that make odd services of it."""

    def test_lost_answers_of_odd_servers_lose_and_double_nothing(self):
        # Under long throttling some messages lose keywords or are refused still (decision 0049).
        for kind in (kind for kind in KINDS if kind != "throttles"):
            with self.subTest(kind):
                options = Options(seed=SEED, servers=["dovecot"], jobs=ODD_JOBS, at_once=ODD_JOBS,
                                  messages=(20, 60), odd=(kind,))
                totals = Soak(options, print).run()
                print(f"seed {SEED}, {kind}: {totals.line()}")
                self.assertEqual([result.failure for result in totals.failed], [])
                self.assertEqual((totals.jobs, totals.lost, totals.twice, totals.foreign),
                                 (ODD_JOBS, 0, 0, 0))
                self.assertGreater(totals.cuts, 0)


class ComparisonTest(unittest.TestCase):
    """What a soak counts when mail is not as it should be."""

    def setUp(self):
        self.mail = [archives.expected(b"Subject: %d\n\n%d\n" % (number, number), 1_000 + number)
                     for number in range(6)]
        self.other = archives.expected(b"Subject: other\n\n", 5)

    def counts(self, found, others=()):
        compared = Comparison()
        compared.add("Mail", self.mail, others, found)
        self.assertEqual(compared.good(), not any((compared.lost, compared.twice, compared.altered,
                                                   compared.foreign)))
        self.assertEqual(compared.messages, 6)
        return compared.lost, compared.twice, compared.altered, compared.foreign

    def test_everything_once_in_any_order(self):
        self.assertEqual(self.counts(self.mail[::-1]), (0, 0, 0, 0))
        self.assertEqual(self.counts([self.other, *self.mail], [self.other]), (0, 0, 0, 0))

    def test_lost_and_twice(self):
        self.assertEqual(self.counts(self.mail[1:]), (1, 0, 0, 0))
        self.assertEqual(self.counts(self.mail + self.mail[:2]), (0, 2, 0, 0))
        self.assertEqual(self.counts(self.mail[1:] + self.mail[3:4]), (1, 1, 0, 0))

    def test_another_date_flag_or_byte(self):
        for change in ({"epoch": 7}, {"flags": frozenset(["\\Seen"])}, {"sha256": "0"}):
            altered = dataclasses.replace(self.mail[0], **change)
            self.assertEqual(self.counts([altered, *self.mail[1:]]), (0, 0, 1, 0))

    def test_mail_of_others_that_is_gone_and_mail_of_nobody(self):
        self.assertEqual(self.counts(self.mail, [self.other]), (0, 0, 0, 1))
        self.assertEqual(self.counts([*self.mail, self.other]), (0, 0, 0, 1))


if __name__ == "__main__":
    unittest.main()
