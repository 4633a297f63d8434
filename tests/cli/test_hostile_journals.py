# SPDX-License-Identifier: Apache-2.0
# A journal is data: what is not as mboxferry makes it ends every command soon, in little memory.

import sqlite3
import unittest

from support import archives, journals
from support.fake_imap import FakeImap
from support.program import ProgramTest

DAMAGED = 74
SECONDS = 5
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

    def ends(self, command, codes):
        told = self.folder / "cost"
        outcome = self.run_program(*command, timeout=60, under=(
            "/usr/bin/time", "-f", "%M %U %S", "-o", str(told)))
        self.assertIn(outcome.code, codes, str(outcome))
        peak, *seconds = map(float, told.read_text().split()[-3:])
        self.assertLess(peak, KIBIBYTES, str(outcome))
        # Other tests may run on the same processors, so their time does not count.
        self.assertLess(sum(seconds), SECONDS, str(outcome))
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

    def test_the_same_commands_read_a_good_one(self):
        journals.copy(self.folder / "good.journal", self.journal)
        for command in self.commands():
            self.ends(command, (0, 64) if command[0] == "retry" else (0,))


if __name__ == "__main__":
    unittest.main()
