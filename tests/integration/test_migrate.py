# SPDX-License-Identifier: Apache-2.0
# Archives into a real Dovecot: bytes, dates, flags, order, folders, and never twice.

import hashlib
import shutil
import unittest

from support import archives
from support.dovecot import Dovecot
from support.program import FIXTURES, REDUCED, ProgramTest, fixture_truth
from support.proxy import TlsProxy, without_append_uid, without_capabilities


class MigrateTest(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.enterClassContext(Dovecot({"alice": "secret"}, rawlog=True))

    def setUp(self):
        super().setUp()
        self.server.delete_all()
        self.server.clear_sessions()

    def make(self, count, name="mail.mbox", **options):
        path = self.folder / name
        return path, archives.make(path, count, **options)

    def assert_mailbox(self, mailbox, wanted, in_order=True):
        found = archives.differences(wanted, self.server.fetch_all(mailbox=mailbox), in_order)
        self.assertEqual(found, [])


class RoundTripTest(MigrateTest):
    def test_bytes_dates_flags_and_order_of_three_hundred_messages(self):
        path, wanted = self.make(300, copies=10, seed=11)
        self.assert_code(self.migrate(self.server, path, "Mail"), 0)
        self.assert_mailbox("Mail", wanted)

    def test_an_archive_without_any_status_arrives_as_read(self):
        path, wanted = self.make(20, status=False, seed=12)
        self.assert_code(self.migrate(self.server, path, "Mail"), 0)
        self.assertEqual({one.flags for one in wanted}, {frozenset({"\\Seen"})})
        self.assert_mailbox("Mail", wanted)

    def test_without_a_mailbox_the_file_gives_the_name(self):
        path, wanted = self.make(5, "Grüße & more.mbox")
        self.assert_code(self.migrate(self.server, path, None), 0)
        self.assert_mailbox("Gr&APwA3w-e &- more", wanted)

    def test_a_new_mailbox_is_subscribed(self):
        path, _ = self.make(2)
        self.assert_code(self.migrate(self.server, path, "New"), 0)
        self.assertIn("New", self.server.subscribed())

    def test_a_message_of_many_megabytes(self):
        path = self.folder / "huge.mbox"
        wanted = archives.write_huge(path, (5 if REDUCED else 40) << 20)
        self.assert_code(self.migrate(self.server, path, "Huge"), 0)
        self.assert_mailbox("Huge", [wanted])

    def test_messages_that_were_there_before_are_left_alone(self):
        client = self.server.client()
        client.create("Mail")
        client.append("Mail", "\\Flagged", None, b"Subject: mine\r\n\r\nkeep me\r\n")
        client.logout()
        path, wanted = self.make(10)
        self.assert_code(self.migrate(self.server, path, "Mail"), 0)
        found = list(self.server.fetch_all(mailbox="Mail"))
        self.assertIn(b"keep me", found[0].body)
        self.assertEqual(archives.differences(wanted, found[1:]), [])

    def test_a_tree_keeps_its_folders(self):
        truth = fixture_truth()
        names = {"Inbox": "Inbox", "Archive": "Archive", "Archive.sbd/2014": "Archive.2014",
                 "Archive.sbd/Über uns": "Archive.&ANw-ber uns"}
        tree = self.folder / "profile"
        shutil.copytree(FIXTURES / "thunderbird", tree)
        self.assert_code(self.migrate(self.server, tree, "Old", "--report-json", "report.json"), 0)
        for file, mailbox in names.items():
            found = [hashlib.sha256(one.body).hexdigest()
                     for one in self.server.fetch_all(mailbox="Old." + mailbox)]
            self.assertEqual([one["sha256"] for one in truth["thunderbird/" + file]], found, file)
        mailboxes = set(self.server.mailboxes()) - {"INBOX", "Old"}
        self.assertEqual(mailboxes, {"Old." + name for name in names.values()})

    def test_a_tree_without_a_mailbox_uses_the_account_s_own_inbox(self):
        truth = fixture_truth()
        self.assert_code(self.migrate(self.server, FIXTURES / "thunderbird", None), 0)
        self.assertEqual(self.server.count(mailbox="INBOX"), len(truth["thunderbird/Inbox"]))
        self.assertEqual(self.server.count(mailbox="Archive.2014"),
                         len(truth["thunderbird/Archive.sbd/2014"]))


class OnceTest(MigrateTest):
    def test_the_same_command_again_sends_nothing(self):
        path, wanted = self.make(40, copies=4)
        self.assert_code(self.migrate(self.server, path, "Mail"), 0)
        self.server.clear_sessions()
        outcome = self.migrate(self.server, path, "Mail")
        self.assert_code(outcome, 0)
        self.assertIn(f"nothing to do: all {len(wanted)} messages are there", outcome.out)
        self.assert_mailbox("Mail", wanted)
        self.assertFalse([one for session in self.server.sessions() for one in session
                          if one.name == "APPEND"])

    def test_identical_copies_are_all_kept(self):
        with archives.Mbox(self.folder / "copies.mbox") as mbox:
            for _ in range(7):
                mbox.add(b"Subject: same\nStatus: RO\n\nsame\n", archives.FIRST_DATE, ("\\Seen",))
            mbox.add(b"Subject: other\nStatus: O\n\nother\n", archives.FIRST_DATE + 100)
        self.assert_code(self.migrate(self.server, self.folder / "copies.mbox", "Mail"), 0)
        self.assert_mailbox("Mail", mbox.messages)

    def test_an_archive_that_grew_is_topped_up(self):
        path, _ = self.make(30)
        self.assert_code(self.migrate(self.server, path, "Mail"), 0)
        path, wanted = self.make(70)
        self.assert_code(self.migrate(self.server, path, "Mail", "--report-json", "report.json"), 0)
        self.assert_mailbox("Mail", wanted)


class ServerKindTest(MigrateTest):
    """The same archive by every way to append."""

    def through(self, rewrite, *more, **options):
        path, wanted = self.make(60, copies=3, seed=21)
        with TlsProxy(self.server, rewrite=rewrite) as proxy:
            self.assert_code(self.migrate(self.server, path, "Mail", *more, port=proxy.port,
                                          **options), 0)
        self.assert_mailbox("Mail", wanted)
        return [one for one in proxy.commands if one.name == "APPEND"]

    def test_with_multiappend_many_messages_share_a_command(self):
        appends = self.through(None)
        self.assertLess(len(appends), 60)
        self.assertEqual(sum(len(one.literals) for one in appends), 60)

    def test_without_uidplus(self):
        hide = without_capabilities("UIDPLUS")
        self.through(lambda line: without_append_uid(hide(line)))

    def test_with_uidplus_announced_but_no_uid_in_the_answers(self):
        self.through(without_append_uid)

    def test_without_multiappend_commands_carry_one_message(self):
        appends = self.through(without_capabilities("MULTIAPPEND"))
        self.assertEqual([len(one.literals) for one in appends], [1] * 60)

    def test_without_literal_plus_every_literal_waits(self):
        appends = self.through(without_capabilities("LITERAL+"))
        for one in appends:
            self.assertNotIn(b"+}", one.line)

    def test_without_any_extension(self):
        hide = without_capabilities("LITERAL+", "MULTIAPPEND", "UIDPLUS")
        appends = self.through(lambda line: without_append_uid(hide(line)))
        self.assertEqual(sum(len(one.literals) for one in appends), 60)

    def test_each_way_can_be_forced(self):
        for mode in ("multiappend", "literal-plus", "synchronizing"):
            with self.subTest(mode):
                self.server.delete_all()
                appends = self.through(None, "--append-mode", mode,
                                       journal=f"{mode}.journal")
                self.assertEqual(sum(len(one.literals) for one in appends), 60)
                self.assertEqual(mode == "multiappend", len(appends) < 60)
                if mode == "synchronizing":
                    self.assertFalse([one for one in appends if b"+}" in one.line])

    def test_other_mail_stores_separators_and_prefixes(self):
        for storage, separator, prefix in (("mdbox", "/", ""), ("maildir", ".", "INBOX."),
                                           ("sdbox", "/", "")):
            with self.subTest(storage=storage, prefix=prefix), \
                    Dovecot(storage=storage, separator=separator, prefix=prefix) as server:
                outcome = self.migrate(server, FIXTURES / "thunderbird", "Old",
                                       journal=f"{storage}{len(prefix)}.journal")
                self.assert_code(outcome, 0)
                name = f"{prefix}Old{separator}Archive{separator}2014"
                self.assertEqual(server.count(mailbox=name), 3, server.mailboxes())


class DryRunTest(MigrateTest):
    def test_nothing_is_changed_and_the_numbers_are_those_of_the_real_run(self):
        tree = self.folder / "tree"
        shutil.copytree(FIXTURES / "thunderbird", tree)
        archives.make(tree / "More", 25, seed=31)
        shutil.copy(FIXTURES / "mozilla-expunged.mbox", tree / "Expunged")
        before = self.server.mailboxes()
        self.server.clear_sessions()
        self.assert_code(self.migrate(self.server, tree, "Old", "--dry-run", "--report-json",
                                      "plan.json"), 0)
        self.assertEqual(self.server.mailboxes(), before)
        commands = [one for session in self.server.sessions() for one in session]
        self.assertTrue(commands)
        self.assertEqual([one.line for one in commands if one.changes_something()], [])

        self.assert_code(self.migrate(self.server, tree, "Old", "--report-json", "report.json"), 0)
        plan, report = self.report("plan.json"), self.report()
        planned = {row["name"]: row for row in plan["accounts"][0]["mailboxes"]}
        done = {row["name"]: row for row in report["accounts"][0]["mailboxes"]}
        self.assertEqual(set(planned), set(done))
        for name, row in planned.items():
            for key in ("planned", "skipped", "bytes"):
                self.assertEqual(row[key], done[name][key], (name, key))
            self.assertEqual(row["planned"], done[name]["stored"])


if __name__ == "__main__":
    unittest.main()
