# SPDX-License-Identifier: Apache-2.0
# What a dry run predicts is what the real run then does, number by number.

import shutil
import unittest

from support import containers, packing, takeout
from support.dovecot import Dovecot, default_capabilities
from support.program import FIXTURES, ProgramTest
from support.schemas import assert_valid
from support.server_variants import modified_utf7

ROWS = ("planned", "skipped", "bytes", "lost_flags", "date_corrections", "renamed_from")


class PlanTest(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.enterClassContext(Dovecot({"alice": "secret"}, rawlog=True, separator="/"))

    def setUp(self):
        super().setUp()
        self.server.delete_all()
        self.server.clear_sessions()

    def plan(self, archive, mailbox, *options, journal="job.journal"):
        before = self.server.mailboxes()
        self.server.clear_sessions()
        outcome = self.migrate(self.server, archive, mailbox, *options, "--dry-run",
                               "--report-json", "plan.json", journal=journal)
        self.assert_code(outcome, 0)
        self.assertEqual(outcome.out.splitlines()[-1], "GO")
        assert_valid(self.report("plan.json"))
        self.assertEqual(self.server.mailboxes(), before)
        commands = [one for session in self.server.sessions() for one in session]
        self.assertTrue(commands)
        self.assertEqual([one.line for one in commands if one.changes_something()], [])
        return {row["name"]: row for row in self.report("plan.json")["accounts"][0]["mailboxes"]}

    def sizes(self):
        """Of every message on the server, by mailbox."""
        return {name: [one.size for one in self.server.fetch_all(mailbox=name)]
                for name in self.server.mailboxes()}

    def assert_foreseen(self, archive, mailbox, *options, journal="job.journal"):
        before = self.sizes()
        planned = self.plan(archive, mailbox, *options, journal=journal)
        outcome = self.migrate(self.server, archive, mailbox, *options, "--report-json",
                               "report.json", journal=journal)
        oversize = sum(row["oversize"] for row in planned.values())
        self.assert_code(outcome, 3 if oversize else 0)
        account = self.report()["accounts"][0]
        plan = self.report("plan.json")["accounts"][0]
        after = self.sizes()
        self.assertEqual(plan["quota"]["needed"], sum(map(sum, after.values())) -
                         sum(map(sum, before.values())))
        self.assertEqual(set(after) - set(before),
                         {modified_utf7(name) for name, row in planned.items()
                          if not row["exists"]})
        done = {row["name"]: row for row in account["mailboxes"]}
        self.assertEqual({name: [row[key] for key in ROWS] for name, row in planned.items()},
                         {name: [row[key] for key in ROWS] for name, row in done.items()})
        for name, row in done.items():
            self.assertEqual(row["refused"], planned[name]["oversize"], name)
            self.assertEqual(row["stored"], planned[name]["planned"] - planned[name]["oversize"],
                             name)
            self.assertEqual(row["already_there"], len(before.get(modified_utf7(name), [])), name)
        return account

    def test_a_tree_with_special_folders_and_flags(self):
        tree = shutil.copytree(FIXTURES / "thunderbird", self.folder / "tree")
        shutil.copy(FIXTURES / "mozilla-expunged.mbox", tree / "Gesendet")
        shutil.copy(FIXTURES / "dates.mbox", tree / "Dates")
        self.assert_foreseen(tree, None)

    def test_every_kind_of_archive(self):
        for kind, make in containers.TREES.items():
            for form in (None, "zip", "tar.gz"):
                with self.subTest(kind, form=form):
                    tree = self.folder / f"{kind}-{form}"
                    make(tree)
                    self.server.delete_all()
                    archive = packing.pack(tree, form) if form else tree
                    account = self.assert_foreseen(archive, None,
                                                   journal=f"{kind}-{form}.journal")
                    self.assertGreater(len(account["mailboxes"]), 1)

    def test_one_mbox_plain_and_compressed(self):
        mbox = shutil.copy(FIXTURES / "dates.mbox", self.folder / "dates.mbox")
        for archive in (mbox, packing.compress(mbox, "gz"), packing.compress(mbox, "zst")):
            with self.subTest(archive.suffix):
                self.server.delete_all()
                row, = self.assert_foreseen(archive, "Old",
                                            journal=f"{archive.name}.journal")["mailboxes"]
                self.assertGreater(row["planned"], 1)

    def test_a_download_in_parts(self):
        self.assert_foreseen(takeout.split_zips(self.folder), None)

    def test_messages_that_the_server_will_not_take(self):
        limited = Dovecot({"alice": "secret"}, rawlog=True, separator="/", prefix="INBOX/",
                          capabilities=" ".join([*default_capabilities(), "APPENDLIMIT=700"]))
        with limited as self.server:
            account = self.assert_foreseen(FIXTURES / "demo.mbox", "Old")
            self.assertGreater(account["mailboxes"][0]["refused"], 0)
            self.assertGreater(account["mailboxes"][0]["stored"], 0)
            plan = self.report("plan.json")["accounts"][0]
            self.assertEqual(plan["server"],
                             {"prefix": "INBOX/", "separator": "/", "append_limit": 700})
            self.assertIn("larger than the server takes", plan["reasons"][0])

    def test_labels_one_copy_or_all(self):
        archive = takeout.single_zip(self.folder)
        first = self.assert_foreseen(archive, None)
        self.assertIn("Projekte/2014", {row["name"] for row in first["mailboxes"]})
        self.assertTrue(any(row["lost_flags"] for row in first["mailboxes"]))
        self.server.delete_all()
        self.assert_foreseen(archive, None, "--labels=all", journal="all.journal")

    def test_duplicates_are_left_out_and_named(self):
        for what in ("content", "message-id"):
            with self.subTest(what):
                account = self.assert_foreseen(FIXTURES / "demo.mbox", what, f"--dedupe={what}",
                                               journal=f"{what}.journal")
                # Six of its messages are copies of one.
                left_out = [one for one in account["left_out"] if one["code"] == "duplicate"]
                self.assertEqual(len(left_out), account["mailboxes"][0]["skipped"])
                self.assertGreaterEqual(len(left_out), 5)
                self.assertRegex(left_out[0]["text"], r"^of the message at byte \d+ of demo$")

    def test_what_the_mailbox_holds_already_is_left_out(self):
        self.assert_code(self.migrate(self.server, FIXTURES / "demo.mbox", "Old"), 0)
        before = len(list(self.server.fetch_all(mailbox="Old")))
        account = self.assert_foreseen(FIXTURES / "demo.mbox", "Old", "--skip-existing",
                                       journal="again.journal")
        self.assertEqual(account["mailboxes"][0]["stored"], 0)
        self.assertEqual(account["mailboxes"][0]["skipped"], before)
        self.assertEqual(len(list(self.server.fetch_all(mailbox="Old"))), before)

    def test_names_that_clash_end_both_before_anything_is_made(self):
        tree = self.folder / "tree"
        tree.mkdir()
        for name in ("a*b", "a%b"):
            shutil.copy(FIXTURES / "mboxrd.mbox", tree / name)
        before = self.server.mailboxes()
        for more in (["--dry-run"], []):
            outcome = self.migrate(self.server, tree, None, *more)
            self.assert_code(outcome, 78)
            self.assertIn("a*b", outcome.err)
            self.assertIn("a%b", outcome.err)
            self.assertIn("--map", outcome.err)
        self.assertEqual(self.server.mailboxes(), before)
        self.assert_code(self.migrate(self.server, tree, None, "--map", "a%b=other",
                                      journal="mapped.journal"), 0)

    def test_a_server_that_refuses_the_login_leaves_a_plan_with_no_go(self):
        (self.folder / "plan.json").write_text('{"schema":"mboxferry.plan/1","go":true}')
        outcome = self.migrate(self.server, FIXTURES / "mboxrd.mbox", "Box", "--dry-run",
                               "--report-json", "plan.json", "--password-command=echo wrong")
        self.assert_code(outcome, 77)
        assert_valid(self.report("plan.json"))
        self.assertFalse(self.report("plan.json")["go"])
        self.assertIn("login refused", self.report("plan.json")["accounts"][0]["reasons"][0])


if __name__ == "__main__":
    unittest.main()
