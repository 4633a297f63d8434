# SPDX-License-Identifier: Apache-2.0
# A journal is data: what is not as mboxferry makes it ends every command soon, in little memory.

import os
import pathlib
import signal
import sqlite3
import subprocess
import time
import unittest

from support import archives, endless_pages, journals
from support.fake_imap import FakeImap
from support.program import PROGRAM, ProgramTest, environment

DAMAGED = 74
SECONDS = 30  # of CPU: a walk that nothing bounds takes minutes, whatever the machine
KIBIBYTES = 128 * 1024
GIGABYTE = 10**9 - 100  # SQLite's own limit is 10**9

ENDLESS = ("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 1000000000)"
           " SELECT 'name' || x AS name, 'value' || x AS value FROM n")


def script(sql):
    """Changes a journal with SQL, also in ways that SQLite does not allow by itself."""
    def change(path):
        with sqlite3.connect(path) as database:
            database.executescript(sql)
        database.close()
    return change


def swap(table, view):
    return script(f"ALTER TABLE {table} RENAME TO {table}_kept; CREATE VIEW {table} AS {view};")


def huge_statement(path):
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA writable_schema=ON")
        database.execute("INSERT INTO sqlite_schema VALUES('view', 'v', 'v', 0, zeroblob(?))",
                         (GIGABYTE,))
    database.close()


HOSTILE = {
    "a view in place of a table": swap("note", "SELECT name, value FROM note_kept"),
    "a view without end": swap("note", ENDLESS),
    "a view of folders without end": swap(
        "folder", "SELECT x AS id, 'a' AS archive, hex(zeroblob(1000)) AS path, 'f' AS file, '' AS"
        " identity, '' AS profile, 'done' AS index_state, 1 AS index_done, 1 AS mailbox, 0 AS"
        " first_message, 0 AS last_message FROM (WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT"
        " x + 1 FROM n WHERE x < 1000000000) SELECT x FROM n)"),
    "a trigger": script("CREATE TRIGGER t AFTER INSERT ON note BEGIN INSERT INTO note"
                        f" {ENDLESS}; END;"),
    "a generated column": script("ALTER TABLE note ADD COLUMN more AS (hex(zeroblob(1000000)));"),
    "another table": script("CREATE TABLE more(x);"),
    "an index on an expression": script("CREATE INDEX i ON note(hex(value));"),
    "a table less": script("DROP TABLE reason;"),
    "a virtual table": script("CREATE VIRTUAL TABLE v USING fts5(x);"),
    "a statement of a gigabyte": huge_statement,
}


class HostileJournalTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.server = self.enterContext(FakeImap())
        self.archive = self.folder / "mail.mbox"
        archives.make(self.archive, 3, seed=17)
        self.assert_code(self.migrate(self.server, self.archive, "Mail", journal="good.journal"), 0)
        self.journal = self.folder / "job.journal"

    def commands(self):
        secret = ("--password-file", self.server.password_file())
        yield ["status", self.journal]
        yield ["status", "--json", self.journal]
        for form in ("--json", "--csv", "--html"):
            yield ["report", self.journal, form, "-"]
        yield ["verify", *secret, self.journal]
        yield ["retry", *secret, self.journal]
        yield self.migrate_arguments(self.server, self.archive, "Mail")

    def ends(self, command, codes, seconds=SECONDS):
        told = self.folder / "cost"
        outcome = self.run_program(*command, timeout=60, under=(
            "/usr/bin/time", "-f", "%M %U %S", "-o", str(told)))
        self.assertIn(outcome.code, codes, str(outcome))
        peak, *used = map(float, told.read_text().split()[-3:])
        self.assertLess(peak, KIBIBYTES, str(outcome)[:1000])
        # Other tests may run on the same processors, so their time does not count.
        self.assertLess(sum(used), seconds, str(outcome)[:1000])
        return outcome

    def test_no_command_goes_on_with_one(self):
        for name, change in HOSTILE.items():
            for suffix in ("", "-wal", "-shm"):
                self.journal.with_name(f"job.journal{suffix}").unlink(missing_ok=True)
            journals.copy(self.folder / "good.journal", self.journal)
            with sqlite3.connect(self.journal) as database:
                database.execute("PRAGMA journal_mode=DELETE")
            database.close()
            change(self.journal)
            stored = len(self.server.mailboxes["Mail"].messages)
            for command in self.commands():
                with self.subTest(name, command=command[0]):
                    outcome = self.ends(command, (DAMAGED,))
                    self.assertIn("damaged", outcome.err, str(outcome))
            self.assertEqual(len(self.server.mailboxes["Mail"].messages), stored, name)

    def test_a_key_of_a_gigabyte_is_not_read_into_memory(self):
        journals.copy(self.folder / "good.journal", self.journal)
        with sqlite3.connect(self.journal) as database:
            database.execute("PRAGMA journal_mode=DELETE")
            # In the middle of the keys, where each search looks first.
            keys = [name for name, in database.execute("SELECT name FROM note ORDER BY name")]
            database.execute("INSERT INTO note SELECT CAST(CAST(? AS BLOB) || zeroblob(?) AS TEXT),"
                             " 'x'", (keys[len(keys) // 2] + "+", GIGABYTE - 1000))
        database.close()
        self.assertGreater(self.journal.stat().st_size, GIGABYTE // 2)
        ends = [self.ends(command, (0, 64, DAMAGED)) for command in self.commands()]
        self.assertTrue(any(end.code == DAMAGED and "more memory than any of ours" in end.err
                            for end in ends), [str(end) for end in ends])

    def test_rows_that_others_refer_to_are_missed_by_every_command_alike(self):
        for table in ("mailbox", "folder", "message", "mailbox_range"):
            for suffix in ("", "-wal", "-shm"):
                self.journal.with_name(f"job.journal{suffix}").unlink(missing_ok=True)
            journals.copy(self.folder / "good.journal", self.journal)
            script(f"DELETE FROM {table}")(self.journal)
            for command in [*self.commands(),
                            [*self.migrate_arguments(self.server, self.archive, "Mail"), "--dry-run"]]:
                with self.subTest(table, command=command[0]):
                    if "--dry-run" in command:
                        outcome = self.run_program(*command)
                        self.assert_code(outcome, 1)
                        self.assertIn("damaged", outcome.out, str(outcome))
                    else:
                        self.assertIn("damaged", self.ends(command, (DAMAGED,)).err)
        self.assertEqual(len(self.server.mailboxes["Mail"].messages), 3)

    def fill(self, sql, rows):
        """A journal with so many more rows, all of a kind that mboxferry writes itself."""
        for suffix in ("", "-wal", "-shm"):
            self.journal.with_name(f"job.journal{suffix}").unlink(missing_ok=True)
        journals.copy(self.folder / "good.journal", self.journal)
        with sqlite3.connect(self.journal) as database:
            database.execute("PRAGMA journal_mode=DELETE")
            database.execute("WITH RECURSIVE n(x) AS (SELECT 1000 UNION ALL SELECT x + 1 FROM n"
                             f" WHERE x < {999 + rows}) {sql}")
        database.close()

    def test_more_folders_or_mailboxes_than_a_job_keeps_are_damage(self):
        for kind, rows, columns in (
                ("folder", 250_000,
                 "x, archive, path || x, file, identity, profile, index_state, 1, mailbox, 0, 0"),
                ("mailbox", 420_000, "x, name || x, '', 1, 1, 0, 1, 0")):
            self.fill(f"INSERT INTO {kind} SELECT {columns} FROM n, {kind} WHERE id = 1", rows)
            for command in self.commands():
                with self.subTest(kind, command=command[0]):
                    self.assertIn("more", self.ends(command, (DAMAGED,)).err)

    def test_texts_of_a_megabyte_are_not_kept_together(self):
        for kind, columns in (("unread", "x, 0, 'm' || x || hex(zeroblob(500000)), 0, 1, 'encrypted'"),
                              ("finding", "x, 1, x, 'c', hex(zeroblob(500000)), 0")):
            self.fill(f"INSERT INTO {kind} SELECT {columns} FROM n", 150)
            for command in (["status", self.journal], ["report", self.journal, "--csv", "-"]):
                with self.subTest(kind, command=command[0]):
                    # All of them are printed, which takes its time.
                    self.ends(command, (0, 3, 64), seconds=60)

    def test_many_unread_parts_are_listed_in_order_and_soon(self):
        self.fill("INSERT INTO unread SELECT x, 0, 'member ' || x, 0, 1, 'encrypted' FROM n", 200_000)
        for command in self.commands():
            if command[0] in ("status", "report"):
                with self.subTest(command[0]):
                    self.ends(command, (0, 3))

    def make_endless(self):
        journals.copy(self.folder / "good.journal", self.journal)
        with sqlite3.connect(self.journal) as database:
            database.execute("PRAGMA journal_mode=DELETE")
        database.close()
        endless_pages.lead_in_circles(self.journal, "message")

    def test_pages_that_are_walked_without_end_are_damage(self):
        self.make_endless()
        for command in self.commands():
            if command[0] in ("status", "report", "verify"):
                with self.subTest(command[0]):
                    self.assertIn("damaged", self.ends(command, (DAMAGED,)).err)

    def test_a_hole_behind_them_explains_no_work(self):
        self.make_endless()
        os.truncate(self.journal, 400 << 20)
        self.assertIn("damaged", self.ends(["status", self.journal], (DAMAGED,)).err)

    def test_reading_a_journal_hears_an_interruption(self):
        self.make_endless()
        for command in (["status", self.journal], ["status", self.folder],
                        ["report", self.journal, "--csv", "-"]):
            for name in (signal.SIGTERM, signal.SIGINT):
                with self.subTest(command[0], signal=name.name):
                    reading = subprocess.Popen(
                        [PROGRAM, *map(str, command)], env=environment(self.folder),
                        cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
                    self.addCleanup(reading.kill)
                    # Once it has used some time it is at the pages.
                    while self.ticks(reading.pid) < 15:
                        self.assertIsNone(reading.poll(), "it has ended")
                        time.sleep(0.01)
                    reading.send_signal(name)
                    errors = reading.communicate(timeout=30)[1]
                    self.assertEqual(reading.returncode, 130, errors)

    @staticmethod
    def ticks(process):
        return int(pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[11])

    def test_the_same_commands_read_a_good_one(self):
        journals.copy(self.folder / "good.journal", self.journal)
        for command in self.commands():
            self.ends(command, (0, 64) if command[0] == "retry" else (0,))


class JournalTargetTest(ProgramTest):
    """Where passwords go is not for a journal alone to say."""

    def setUp(self):
        super().setUp()
        self.server = self.enterContext(FakeImap())
        self.archive = self.folder / "mail.mbox"
        archives.make(self.archive, 3, seed=17)
        self.journal = self.folder / "job.journal"
        self.assert_code(self.migrate(self.server, self.archive, "Mail"), 0)
        journals.refuse(self.journal, 1, "too-big", "Too big")
        self.logins = len(self.server.logins)

    def ask(self, command, journal, *more, accepted="0"):
        # In a session of its own there is no terminal.
        return self.run_program(command, journal, "--password-file", self.server.password_file(),
                                *more, under=("setsid", "--wait"),
                                MBOXFERRY_ACCEPT_JOURNAL_TARGET=accepted)

    def test_a_target_that_only_the_journal_names_is_shown_and_not_used(self):
        for command in ("verify", "retry"):
            outcome = self.ask(command, self.journal)
            self.assert_code(outcome, 78)
            self.assertIn(f"alice@localhost:{self.server.port}", outcome.err)
            self.assertIn(f"trusting the issuers in {self.server.ca_file}", outcome.err)
            self.assertIn("--accept-journal-target", outcome.err)
        self.assertEqual(len(self.server.logins), self.logins)

    def test_archives_are_shown_before_their_mail_is_sent(self):
        refused = self.ask("retry", self.journal)
        self.assert_code(refused, 78)
        self.assertIn(f"and send mail of {self.archive}", refused.err)
        script("UPDATE identity SET value = value || '/etc/other' || char(10) WHERE name = 'archives'")(
            self.journal)
        forged = self.ask("retry", self.journal, "--accept-journal-target")
        self.assert_code(forged, 78)
        self.assertIn("/etc/other, and has read nothing of it", forged.err)

    def test_the_option_accepts_it(self):
        self.assert_code(self.ask("verify", self.journal, "--accept-journal-target"), 3)
        self.assertGreater(len(self.server.logins), self.logins)

    def test_the_own_state_folder_is_trusted_and_links_in_it_are_not(self):
        state = self.folder / "state" / "mboxferry"
        state.mkdir(parents=True, mode=0o700, exist_ok=True)
        link = state / "link.journal"
        link.symlink_to(self.journal)
        self.assert_code(self.ask("verify", link), 78)
        self.assertEqual(len(self.server.logins), self.logins)
        own = journals.copy(self.journal, state / "own.journal")
        self.assert_code(self.ask("verify", own), 3)
        self.assertGreater(len(self.server.logins), self.logins)

    def test_retry_reads_no_other_archive_than_the_job_did(self):
        self.archive.write_bytes(self.archive.read_bytes().replace(b"Subject: ", b"Subject: X", 1))
        stored = len(self.server.mailboxes["Mail"].messages)
        self.assert_code(self.ask("retry", self.journal, accepted="1"), 65)
        self.assertEqual(len(self.server.mailboxes["Mail"].messages), stored)
        self.archive.unlink()
        self.assert_code(self.ask("retry", self.journal, accepted="1"), 66)


if __name__ == "__main__":
    unittest.main()
