# SPDX-License-Identifier: Apache-2.0
# The CSV of a batch, as spreadsheets and other programs write it.

import unittest

from support.batch import COLUMNS, BatchTest
from support.fake_imap import FakeImap


class FormatTest(BatchTest):
    """Everything that spreadsheets and other programs write."""

    USERS = {"eins": "geh,eim", "zwei": 'mit "Zitat"', "drei": "semi;kolon"}

    def setUp(self):
        super().setUp()
        self.server = self.enterContext(FakeImap(self.USERS))
        for user in self.USERS:
            self.make_archive(user, 3)

    def assert_read(self, *more):
        accounts = self.batch_report("--dry-run", *more)
        self.assertEqual([one["user"] for one in accounts], list(self.USERS))
        self.assertEqual({one["go"] for one in accounts}, {True})
        self.assertEqual(dict(self.server.logins[-3:]),
                         {user: password.encode() for user, password in self.USERS.items()})

    def rows(self):
        return [self.row(self.server, user) for user in self.USERS]

    def test_commas_or_semicolons_with_either_line_end_and_a_mark(self):
        for separator in (",", ";"):
            for line_end in ("\n", "\r\n"):
                for prefix in (b"", b"\xef\xbb\xbf"):
                    with self.subTest(separator=separator, line_end=line_end, prefix=prefix):
                        self.write_csv(self.rows(), separator=separator, line_end=line_end,
                                       prefix=prefix)
                        self.assert_read()

    def test_empty_lines_and_no_line_end_at_the_end(self):
        self.write_csv(self.rows())
        lines = self.csv.read_bytes().splitlines()
        self.write_bytes(b"\n\n".join([*lines[:2], b"", *lines[2:]]))
        self.assert_read()

    def test_names_of_columns_in_any_case(self):
        rows = [{key.upper(): value for key, value in row.items()} for row in self.rows()]
        self.write_csv(rows, [column.upper() for column in COLUMNS])
        self.assert_read()
        rows = [{key.replace("_", "-"): value for key, value in row.items()}
                for row in self.rows()]
        self.write_csv(rows, [column.replace("_", "-") for column in COLUMNS])
        self.assert_read()

    def test_microsofts_header(self):
        # The archive is called as the address, or as the user where there is no such file.
        (self.folder / "mail").mkdir()
        for user in self.USERS:
            (self.folder / f"{user}.mbox").rename(self.folder / "mail" / f"{user}@neu.example.mbox")
        (self.folder / "mail/drei@neu.example.mbox").rename(self.folder / "mail/drei.mbox")
        self.write_csv([{"EmailAddress": f"{user}@neu.example", "UserName": user,
                         "Password": password} for user, password in self.USERS.items()],
                       ("EmailAddress", "UserName", "Password"))
        self.assert_read("--archives-in", self.folder / "mail", "--host", "localhost", "--port",
                         self.server.port, "--ca-file", self.server.ca_file)

    def test_a_password_in_quotes_keeps_its_blanks(self):
        self.assert_password_arrives(b',"  front, and back  ",')

    def test_a_password_without_quotes_keeps_its_blanks(self):
        self.assert_password_arrives(b",  front and back  ,")

    def assert_password_arrives(self, cell):
        password = cell[1:-1].strip(b'"')
        self.server.users["eins"] = password.decode()
        self.write_csv(self.rows())
        self.assertIn(cell, self.csv.read_bytes())
        self.batch("--dry-run")
        self.assertIn(("eins", password), self.server.logins)


if __name__ == "__main__":
    unittest.main()
