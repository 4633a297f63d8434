# SPDX-License-Identifier: Apache-2.0
# Refused messages are sent once more when the user asks for it, and nothing else is.

import fcntl
import json
import struct
import unittest

from support import archives
from support.cyrus import Cyrus, cyrus_root
from support.fake_imap import FakeImap, Refusal
from support.program import ProgramTest


class RetryTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        self.wanted = archives.make(self.archive, 30, seed=3)
        sizes = [one.size for one in self.wanted]
        self.culprits = [one for one in self.wanted if sizes.count(one.size) == 1][:2]
        self.refusals = {}  # size -> what the server says

    def server(self, **options):
        return FakeImap(on_append=lambda head: Refusal("NO", self.refusals[head.size])
                        if head.size in self.refusals else None, **options)

    def refused_job(self, server, *texts):
        """A job with a refused message for each of `texts`."""
        self.refusals = {one.size: text for one, text in zip(self.culprits, texts)}
        self.assert_code(self.migrate(server, self.archive, "Mail"), 3 if texts else 0)
        self.assertEqual(len(server.bodies("Mail")), len(self.wanted) - len(texts))

    def retry(self, server, *more, **extra):
        return self.run_program("retry", self.folder / "job.journal", "--password-file",
                                server.password_file(), "--progress=none", *more, **extra)

    def quarantined(self):
        """Subjects in the file of refused messages."""
        path = self.folder / "job.journal.refused.mbox"
        if not path.exists():
            return []
        return [one.subject for one in self.wanted
                if b"Subject: " + one.subject.encode("latin-1") + b"\r\n" in path.read_bytes()]

    def refused_codes(self):
        outcome = self.run_program("status", "--json", self.folder / "job.journal")
        return [one["code"] for one in json.loads(outcome.out)["refused"]]

    def assert_all_there_once(self, server):
        self.assertEqual(sorted(server.bodies("Mail")), sorted(one.wire for one in self.wanted))

    def test_every_response_code_is_kept_counted_and_can_be_chosen(self):
        with self.server() as server:
            self.refusals = {one.size: text for one, text in zip(self.culprits, (
                "[CANNOT] a virus", "[x-odd (1 2)] no"))}
            outcome = self.migrate(server, self.archive, "Mail")
            self.assert_code(outcome, 3)
            self.assertIn("\nrefused: 1 CANNOT, 1 X-ODD\n", outcome.out)
            self.assertEqual(sorted(self.refused_codes()), ["CANNOT", "X-ODD"])
            self.refusals.clear()
            self.assert_code(self.retry(server, "--reason", "x-odd"), 3)
            self.assertEqual(self.refused_codes(), ["CANNOT"])
            self.assert_code(self.retry(server, "--reason", "cannot"), 0)
            self.assert_all_there_once(server)

    def test_what_the_server_takes_now_is_stored_and_leaves_the_quarantine(self):
        with self.server() as server:
            self.refused_job(server, "a virus", "[TOOBIG] too long")
            self.assertEqual(len(self.quarantined()), 2)
            self.refusals.clear()
            outcome = self.retry(server, "--report-json", "report.json")
            self.assert_code(outcome, 0)
            self.assert_all_there_once(server)
            row, = self.report()["accounts"][0]["mailboxes"]
            self.assertEqual((self.report()["verdict"], row["stored"], row["refused"]),
                             ("complete", 30, 0))
            self.assertEqual((self.quarantined(), self.refused_codes()), ([], []))
            self.assertFalse((self.folder / "job.journal.refused.mbox").exists())

    def test_a_quarantine_that_was_migrated_by_itself_is_not_sent_again(self):
        with self.server() as server:
            self.refused_job(server, "a virus", "[TOOBIG] too long")
            self.refusals.clear()
            mended = self.folder / "mended.mbox"
            mended.write_bytes((self.folder / "job.journal.refused.mbox").read_bytes())
            self.assert_code(self.migrate(server, mended, "Mail", journal="other.journal"), 0)
            self.assert_all_there_once(server)
            self.assert_code(self.retry(server), 0)
            self.assert_all_there_once(server)
            self.assertEqual((self.quarantined(), self.refused_codes()), ([], []))

    def test_what_is_refused_again_stays_with_the_new_reason(self):
        with self.server() as server:
            self.refused_job(server, "a virus", "a worm")
            heads = server.heads
            self.refusals = {self.culprits[0].size: "[TOOBIG] too long"}
            self.assert_code(self.retry(server), 3)
            self.assertEqual(self.quarantined(), [self.culprits[0].subject])
            self.assertEqual(self.refused_codes(), ["TOOBIG"])
            # Both in one batch, and then each alone: what was stored before is not sent again.
            self.assertLessEqual(server.heads - heads, 4)
            self.refusals.clear()
            self.assert_code(self.retry(server), 0)
            self.assert_all_there_once(server)

    def test_only_the_reasons_that_are_asked_for(self):
        with self.server() as server:
            self.refused_job(server, "a virus", "[TOOBIG] too long")
            self.refusals.clear()
            self.assert_code(self.retry(server, "--reason", "too-big"), 3)
            self.assertEqual(self.quarantined(), [self.culprits[0].subject])
            self.assertEqual(len(server.bodies("Mail")), 29)
            self.assert_code(self.retry(server, "--reason", "none"), 0)
            self.assert_all_there_once(server)

    def test_only_the_mailboxes_that_are_asked_for(self):
        tree = self.folder / "tree"
        tree.mkdir()
        for name in ("a", "b"):
            (tree / name).write_bytes(self.archive.read_bytes())
        with self.server() as server:
            self.refusals = {self.culprits[0].size: "a virus"}
            self.assert_code(self.migrate(server, tree, "Mail"), 3)
            self.refusals.clear()
            self.assert_code(self.retry(server, "--in", "*/b"), 3)
            self.assertEqual([len(server.bodies(f"Mail/{name}")) for name in ("a", "b")], [29, 30])
            self.assert_code(self.retry(server, "--in", "Mail/a", "--in", "Mail/b"), 0)
            self.assertEqual([len(server.bodies(f"Mail/{name}")) for name in ("a", "b")], [30, 30])

    def test_a_choice_that_matches_nothing_is_a_mistake(self):
        with self.server() as server:
            self.refused_job(server, "a virus")
            logins = len(server.logins)
            self.assert_one_line(self.retry(server, "--reason", "toobig"), 64, "reasons are none")
            self.assert_one_line(self.retry(server, "--in", "Elsewhere"), 64)
            self.assertEqual(len(server.logins), logins)

    def test_a_job_without_refused_messages_has_nothing_to_try_again(self):
        with self.server() as server:
            self.refused_job(server)
            logins = len(server.logins)
            outcome = self.retry(server)
            self.assert_code(outcome, 0)
            self.assertIn("no message", outcome.out)
            self.assertEqual(len(server.logins), logins)

    def test_without_the_archive_nothing_changes_and_the_quarantine_is_one(self):
        with self.server() as server:
            self.refused_job(server, "a virus", "a worm")
            before = self.refused_codes()
            moved = self.archive.rename(self.folder / "elsewhere.mbox")
            self.refusals.clear()
            self.assert_one_line(self.retry(server), 66, self.archive.name)
            self.archive.write_bytes(moved.read_bytes().replace(b"Subject: ", b"subject: "))
            self.assert_one_line(self.retry(server), 65, self.archive.name)
            self.assertEqual(self.refused_codes(), before)
            # What the file holds is the mail itself.
            outcome = self.migrate(server, self.folder / "job.journal.refused.mbox", "Mail",
                                   journal="other.journal")
            self.assert_code(outcome, 0)
            self.assert_all_there_once(server)

    def test_the_job_s_own_options_are_kept(self):
        tree = self.folder / "tree"
        tree.mkdir()
        for name in ("a=b", "left out"):
            (tree / name).write_bytes(self.archive.read_bytes())
        options = ["--map", "a\\=b=In/x", "--exclude", "left*", "--dedupe", "content",
                   "--default-flags", "none", "--internaldate", "date,from"]
        with self.server() as server:
            self.refusals = {self.culprits[0].size: "a virus"}
            self.assert_code(self.migrate(server, tree, "Mail", *options), 3)
            self.refusals.clear()
            self.assert_code(self.retry(server), 0)
            names = set(server.mailboxes)
            found = [len(server.mailboxes[name].messages) for name in sorted(names)]
            self.assertEqual(sum(found), 30, names)
            self.assert_code(self.migrate(server, tree, "Mail", *options), 0)
            self.assertEqual(set(server.mailboxes), names)

    def test_a_locked_journal_is_left_alone(self):
        with self.server() as server:
            self.refused_job(server, "a virus")
            with open(self.folder / "job.journal.lock", "r+b") as lock:
                fcntl.fcntl(lock, fcntl.F_OFD_SETLK,
                            struct.pack("hhqqi", fcntl.F_WRLCK, 0, 0, 0, 0))
                self.assert_one_line(self.retry(server), 11, "in use")
            self.assertEqual(self.refused_codes(), [""])


class LimitTest(ProgramTest):
    def test_a_limit_that_was_raised_on_cyrus(self):
        if cyrus_root() is None:
            self.skipTest("no Cyrus")
        archive = self.folder / "mail.mbox"
        wanted = archives.make(archive, 12, seed=5, body_bytes=(100, 60_000), kinds=["plain"])
        limit = sorted(one.size for one in wanted)[8]
        with Cyrus(separator="/", prefix="", extra=f"maxmessagesize: {limit // 1024}") as server:
            self.assert_code(self.migrate(server, archive, "Mail"), 3)
            server._extra = ""
            server.restart()
            outcome = self.run_program("retry", self.folder / "job.journal", "--password-file",
                                       server.password_file())
            self.assert_code(outcome, 0)
            self.assertEqual(archives.differences(wanted, server.fetch_all(mailbox="Mail"), False),
                             [])


if __name__ == "__main__":
    unittest.main()
