# SPDX-License-Identifier: Apache-2.0
# What is Courier's own: names that it cannot list, NO to what it cannot read, mail that it alters.

import unittest

from support import archives
from support.courier import Courier, courier_root
from support.dovecot_test import WithDovecot
from support.program import ProgramTest
from support.server_variants import modified_utf7

EMOJI = "Feier \U0001f389"


class WithCourier(WithDovecot):
    @classmethod
    def new_server(cls):
        if courier_root() is None:
            raise unittest.SkipTest(
                "Courier is not unpacked here, or only root could run it; tools/test unpacks it")
        return Courier()


class NamesForEverybodyTest(WithCourier, ProgramTest):
    """With UTF8=ACCEPT Courier makes a name with an emoji, and from then on ends each connection
    that lists without it."""

    def setUp(self):
        super().setUp()
        self.tree = self.folder / "tree"
        self.tree.mkdir()
        for number, name in enumerate((EMOJI, "Plain", "\u00dcber")):
            archives.make(self.tree / name, 3, seed=number)

    def test_an_emoji_is_replaced_so_that_others_can_list_the_mailboxes(self):
        outcome = self.migrate(self.server, self.tree, None, "--report-json", "report.json")
        self.assert_code(outcome, 0)
        self.assertIn("'\U0001f389' replaced by '_'", outcome.err)
        # Listed without UTF8=ACCEPT.
        self.assertEqual(self.server.mailboxes(),
                         sorted(["INBOX", "INBOX.Feier _", "INBOX.Plain",
                                 "INBOX." + modified_utf7("\u00dcber")]))
        self.assertEqual(self.server.count(mailbox="INBOX.Feier _"), 3)
        self.assert_code(self.migrate(self.server, self.tree, None), 0)
        self.assertEqual(self.server.count(mailbox="INBOX.Feier _"), 3)

    def test_the_dry_run_shows_the_name_and_makes_nothing(self):
        outcome = self.migrate(self.server, self.tree, None, "--dry-run", "--report-json",
                               "plan.json")
        self.assert_code(outcome, 0)
        planned = {row["name"]: row["renamed_from"]
                   for row in self.report("plan.json")["accounts"][0]["mailboxes"]}
        self.assertEqual(planned.get("INBOX.Feier _"), "INBOX." + EMOJI, planned)
        self.assertEqual(self.server.mailboxes(), ["INBOX"])

    def test_two_names_that_become_one_stay_apart(self):
        archives.make(self.tree / "Feier \U0001f382", 2, seed=9)
        self.assert_code(self.migrate(self.server, self.tree, None), 0)
        counts = sorted(self.server.count(mailbox=name) for name in self.server.mailboxes()
                        if "Feier" in name)
        self.assertEqual(counts, [2, 3])


class AlteredMailTest(WithCourier, ProgramTest):
    def test_line_ends_that_courier_changes_are_told_as_altered_and_nothing_as_missing(self):
        archive = self.folder / "mail.mbox"
        archive.write_bytes(b"".join(
            b"From a@example.org Thu Jan  1 10:00:00 2015\nMessage-ID: <%d@example.org>\n"
            b"Subject: %d\n\none\rtwo\n\n" % (number, number) for number in range(3)))
        outcome = self.migrate(self.server, archive, "Mail")
        self.assertNotIn("missing", outcome.out + outcome.err)
        self.assertEqual(self.server.count(mailbox="INBOX.Mail"), 3)
        again = self.migrate(self.server, archive, "Mail")
        self.assertEqual(self.server.count(mailbox="INBOX.Mail"), 3, str(again))
        self.assertNotIn("missing", again.out + again.err)
        self.assertIn("alter", outcome.err + outcome.out, str(outcome))


class NoForBadTest(WithCourier, ProgramTest):
    def test_a_keyword_that_courier_cannot_read_costs_the_keyword_only(self):
        archive = self.folder / "mail.mbox"
        archive.write_bytes(b"".join(
            b"From a@example.org Thu Jan  1 10:00:00 2015\nX-Keywords: [odd\n"
            b"Subject: %d\n\nbody\n\n" % number for number in range(5)))
        outcome = self.migrate(self.server, archive, "Mail")
        self.assert_code(outcome, 0)
        self.assertEqual(self.server.count(mailbox="INBOX.Mail"), 5)
        self.assertNotIn("left for later", outcome.err)


if __name__ == "__main__":
    unittest.main()
