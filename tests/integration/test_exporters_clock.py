# SPDX-License-Identifier: Apache-2.0
# Many mailboxes with one message each, exported within seconds: the dates are the messages' own.

import json
import unittest
import zipfile

from support.dovecot import Dovecot
from support.dovecot_test import WithDovecot
from support.program import ProgramTest


def mailbox(second, year):
    return (f"From a@b.c Tue Jan  1 10:00:{second:02} 2019\nMessage-ID: <m{year}@example>\n"
            f"Date: 01 Dec {year} 08:00:00 +0000\nSubject: m{year}\n\ntext\n\n").encode()


class ExportersClockTest(WithDovecot, ProgramTest):
    @classmethod
    def new_server(cls):
        return Dovecot(separator="/")

    def write(self, years):
        tree = self.folder / "tree"
        tree.mkdir()
        with zipfile.ZipFile(self.folder / "packed.zip", "w") as packed:
            for number, year in enumerate(years):
                (tree / f"F{number}").write_bytes(mailbox(number, year))
                packed.writestr(f"F{number}", mailbox(number, year))
        return tree, self.folder / "packed.zip"

    def dates(self, archive):
        listed = self.run_program("scan", "--list", archive)
        self.assert_code(listed, 0)
        rows = [json.loads(line) for line in listed.out.splitlines()]
        return sorted((row["internaldate"][:10], row["internaldate_from"]) for row in rows)

    def test_an_export_of_small_mailboxes_keeps_the_dates_of_its_messages(self):
        years = range(2000, 2010)
        archives = self.write(years)
        for archive in archives:
            self.assertEqual(self.dates(archive), [(f"{year}-12-01", "date") for year in years])
        self.assert_code(self.migrate(self.server, archives[0], "Mail"), 0)
        for number, year in enumerate(years):
            (stored,) = self.server.fetch_all(mailbox=f"Mail/F{number}")
            self.assertIn(f"01-Dec-{year}", stored.internaldate)

    def test_deliveries_to_small_mailboxes_keep_the_dates_of_their_lines(self):
        for archive in self.write([2018] * 10):
            self.assertEqual({date for date, _ in self.dates(archive)}, {"2019-01-01"})


if __name__ == "__main__":
    unittest.main()
