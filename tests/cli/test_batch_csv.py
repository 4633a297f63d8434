# SPDX-License-Identifier: Apache-2.0
# A CSV of accounts is checked as a whole before anything is done: every mistake with its line, none
# of them with a password. No server is needed, because nothing is started where the file as a whole
# is in doubt or none of its rows can be used (integration/test_batch_rows.py has the others).

import os
import re
import unittest

from support.batch import BatchTest
from support.program import REDUCED

HEADER = "archive,host,port,user,password"
SECRET = "Qz8-never-shown"
GOOD = f"good.mbox,imap.example.org,993,{{}},{SECRET}"


class CsvTest(BatchTest):
    def setUp(self):
        super().setUp()
        self.make_archive("good", 2)

    def check(self, content, mode=0o600, code=78, *more, **extra):
        """Runs it, and returns {line: what is said about it}; nothing may have been started."""
        self.write_bytes(content if isinstance(content, bytes) else content.encode(), mode)
        outcome = self.batch(*more, **extra)
        self.assert_code(outcome, code)
        self.assertEqual(outcome.out, "")
        self.assertNotIn(SECRET, outcome.err)
        self.assertEqual(list(self.state.glob("*.journal")) if self.state.exists() else [], [])
        found = {}
        for line in outcome.error_lines():
            told = re.match(r"mboxferry: \S*accounts\.csv:(\d+): (.+)$", line)
            if told:
                found.setdefault(int(told[1]), []).append(told[2])
        self.summary = outcome.error_lines()[-1]
        # The last line sums up, and says what to do.
        self.assertRegex(outcome.error_lines()[-1], r"^mboxferry: .*accounts\.csv.*; .+")
        return found

    def assert_told(self, found, expected):
        """`expected`: {line: pattern}, and of no other line is anything said."""
        self.assertEqual(sorted(found), sorted(expected), found)
        for line, pattern in expected.items():
            self.assertRegex("\n".join(found[line]), f"(?i){pattern}", f"line {line}")

    def test_every_kind_of_mistake_in_one_pass(self):
        closed = self.folder / "closed"
        for name, mode in (("open", 0o644), ("grouped", 0o640), ("closed", 0o600)):
            (self.folder / name).write_text("secret\n")
            (self.folder / name).chmod(mode)
        columns = f"{HEADER},password_file,password_env,tls,timeout,dedupe,map,ca_file,connections"
        empty = "," * 8
        # Each row, and what must be said about it; None: it is good.
        rows = [
            (GOOD.format("u2") + empty, None),
            (f"good.mbox,h,99999,u3,{SECRET}{empty}", "port"),
            (f"good.mbox,h,imap,u4,{SECRET}{empty}", "port"),
            (f"good.mbox,,993,u5,{SECRET}{empty}", "server|host"),
            (f"good.mbox,h,993,,{SECRET}{empty}", "user"),
            (f",h,993,u7,{SECRET}{empty}", "archive"),
            (f"absent.mbox,h,993,u8,{SECRET}{empty}", "archive.*absent.mbox"),
            (f"good.mbox,h,993,u9,{empty}", "password"),
            (f"good.mbox,h,993,u10,,open{empty[1:]}", "chmod 600 .*open"),
            (f"good.mbox,h,993,u11,,grouped{empty[1:]}", "chmod 600 .*grouped"),
            (f"good.mbox,h,993,u12,,nowhere{empty[1:]}", "password file.*nowhere"),
            (f"good.mbox,h,993,u13,,{closed}{empty[1:]}", None),
            (f"good.mbox,h,993,u14,{SECRET},,,plaintext{empty[3:]}", "tls"),
            (f"good.mbox,h,993,u15,{SECRET},,,,never{empty[4:]}", "timeout"),
            (f"good.mbox,h,993,u16,{SECRET},,,,,everything{empty[5:]}", "dedupe"),
            (f"good.mbox,h,993,u17,{SECRET},,,,,,no rule{empty[6:]}", "map"),
            (f"good.mbox,h,993,u18,{SECRET}{empty[:-1]},0", "connections"),
            (f"good.mbox,h,993,u19,{SECRET}", "fields"),
            (f"good.mbox,h,993,u20,{SECRET}{empty},more,and more", "fields"),
            (f'good.mbox,h,993,u2"1,{SECRET}{empty}', "quote"),
            (f'good.mbox,h,993,"u22"x,{SECRET}{empty}', "quote"),
            (f"good.mbox,h,993,u\0 23,{SECRET}{empty}", "NUL"),
            (f"good.mbox,h,993,u24 \udcff,{SECRET}{empty}", "UTF-8"),
            (GOOD.format("u25") + empty, None),
            (f"{self.folder}/good.mbox,imap.example.org,993,u25,{SECRET}{empty}", "same.* 25"),
            (f"good.mbox,h,993,u27,{SECRET},open{empty[1:]}", "more than one place"),
            (f"good.mbox,h h,993,u28,{SECRET}{empty}", "host"),
            (f"good.mbox,h,993,u\x0129,{SECRET}{empty}", "control characters"),
            (f'good.mbox,h,993,u30,"{SECRET}{empty}', "quote"),
        ]
        text = "\n".join([columns, *(row for row, _ in rows)]) + "\n"
        expected = {line: said for line, (_, said) in enumerate(rows, 2) if said}
        found = self.check(text.encode("utf-8", "surrogateescape"))
        self.assert_told(found, expected)

    def test_a_row_with_several_mistakes_has_all_of_them_told(self):
        found = self.check(f"{HEADER}\nabsent.mbox,,993,u,\n")
        self.assert_told(found, {2: "absent"})
        self.assertGreaterEqual(len(found[2]), 3, found)
        self.assertIn(f" has {len(found[2])} mistakes; ", self.summary)

    def test_lines_are_counted_as_editors_count_them(self):
        text = f'{HEADER},map\n\n"gone.mbox",h,993,a,{SECRET},"a=b\nc=d"\n\n'
        bad = "gone.mbox,h,993,b,x,\n"
        for content in (text + bad, (text + bad).replace("\n", "\r\n")):
            self.assert_told(self.check(content.encode()), {3: "gone", 6: "gone"})

    def test_a_row_that_is_too_long(self):
        found = self.check(f"{HEADER}\ngood.mbox,h,993,{'x' * 70_000},{SECRET}\n")
        self.assertRegex(found[2][0], "too long")

    def test_a_row_that_is_too_long_is_one_line(self):
        found = self.check(f"{HEADER}\ngood.mbox,h,993,{'x' * 200_000},{SECRET}\n"
                           f"gone.mbox,h,993,u,{SECRET}\n")
        self.assert_told(found, {2: "too long", 3: "gone"})

    def test_an_archive_and_a_password_that_are_swapped_are_not_repeated(self):
        (self.folder / "a.mbox").touch()
        self.write_bytes(b"archive,host,user,password\nhunter2,h,u,a.mbox\n")
        done = self.batch("--dry-run")
        self.assert_code(done, 78)
        self.assertIn("accounts.csv:2: the password column names a file: are archive and password "
                      "swapped?", done.err)
        self.assertNotIn("hunter2", done.err + done.out)

    def test_a_password_in_a_column_of_numbers_is_not_repeated(self):
        self.assert_told(self.check(f"{HEADER},timeout\ngood.mbox,h,993,u,,{SECRET}\n"),
                         {2: "timeout"})

    def test_headers_that_cannot_be(self):
        for text, said in (
                ("archive,host,user,password,colour\n", "number 5"),
                ("archive,host,user,user,password\n", "twice"),
                ("archive,host,password\n", '"user"'),
                ("archive,host,user,password\n", "no account"),
                (f'archive,"host,user\n{GOOD}\n', "quote"),
                ("archive,ho\0st,user\n", "NUL")):
            with self.subTest(text):
                self.assert_told(self.check(text), {1: said})

    def test_an_unknown_column_is_told_with_the_known_ones_and_the_nearest(self):
        found = self.check("archive,hots,user,password\n")
        self.assertIn("did you mean host?", "\n".join(found[1]))
        self.assertIn("password_file", "\n".join(found[1]))

    def test_the_line_ends_of_a_macintosh(self):
        text = f"{HEADER}\n{GOOD.format('a')}\n\"good.mbox,imap.example.org,993,b,{SECRET}\n"
        self.assert_told(self.check(text.replace("\n", "\r")), {3: "quote"})

    def test_a_value_in_an_unknown_column_is_not_repeated(self):
        row = GOOD.format("a")
        for text in (f"{HEADER},{row}\n",  # the first row is joined to the header
                     f"{HEADER}{row}\n", f"x,{HEADER}\nx,{row}\n",
                     "archive,host,user,password,correcthorse\n",
                     "archive,host,user,password,passwort\n",
                     "archive,user,password,host,inbox,anna,correcthorse,h\r",
                     "archive,user,password,host,inbox,anna,ports,user\n",
                     "archive host user correcthorse\n", "archive|user|correcthorse\n"):
            for secret in ("correcthorse", "passwort", "ports", "anna"):
                with self.subTest(text, secret=secret):
                    self.assertNotIn(secret, str(self.check(text)))

    def test_a_file_in_another_encoding_is_told_once(self):
        rows = [f"good.mbox,imap.example.org,993,{name},{SECRET}" for name in ("Jürgen", "Zoë", "Åsa")]
        text = "\n".join([HEADER, GOOD.format("plain"), *rows, ""])
        found = self.check(text.encode("cp1252"))
        self.assert_told(found, {3: "CSV UTF-8"})
        self.assertIn("3 rows are not in UTF-8", self.batch().err)

    def test_a_file_without_a_header_does_not_show_its_first_row(self):
        found = self.check(f"{GOOD.format('a')}\n{GOOD.format('b')}\n")
        self.assertIn(1, found)
        found = self.check("good.mbox,imap.example.org,anna,correct-horse\n")
        self.assertNotIn("correct-horse", str(found))
        self.assertNotIn("anna", str(found))

    def test_files_that_are_no_csv(self):
        for content in (b"", b"\n\n", b"\xef\xbb\xbf", os.urandom(5000),
                        HEADER.encode("utf-16"), b"\0" * 100_000, b'"' * 70_000, b"," * 100_000):
            self.write_bytes(content)
            outcome = self.batch()
            self.assert_code(outcome, 78)
            self.assertIn("accounts.csv", outcome.err)
        self.csv.unlink()
        self.assert_one_line(self.batch(), 78, "accounts.csv", "no such file")

    def test_passwords_that_others_can_read_are_refused(self):
        good = f"{HEADER}\n{GOOD.format('a')}\n"
        for mode in (0o644, 0o640, 0o604):
            found = self.check(good, mode)
            self.assertIn(f"chmod 600 {self.csv}", str(found))

    def test_a_file_without_passwords_may_be_read_by_others(self):
        (self.folder / "secret").touch(mode=0o600)
        self.write_bytes(b"archive,host,user,password_file\nabsent.mbox,h,u,secret\n", 0o644)
        outcome = self.batch()
        self.assertNotIn("chmod", outcome.err)
        self.assertIn("absent.mbox", outcome.err)

    def test_options_that_cannot_be(self):
        self.write_bytes(f"{HEADER}\n{GOOD.format('a')}\n".encode())
        for option in ("--accounts-at-once=0", "--accounts-per-host=x", "--order=random",
                       "--dedupe=everything", "--progress=loud", "--labels=some"):
            self.assert_one_line(self.batch(option), 64, option.split("=")[0])
        self.assert_one_line(self.run_program("batch"), 64, "CSV")

    def test_what_is_wrong_with_very_many_rows(self):
        count = 2_000 if REDUCED else 20_000
        rows = [f"gone{number}.mbox,h,993,u{number},{SECRET}" for number in range(count)]
        self.write_bytes("\n".join([HEADER, *rows, ""]).encode())
        outcome = self.batch()
        self.assert_code(outcome, 78)
        self.assertIn(str(count), outcome.error_lines()[-1])
        self.assertNotIn(SECRET, outcome.err)


if __name__ == "__main__":
    unittest.main()
