# SPDX-License-Identifier: Apache-2.0
# A batch that is run again: an account is only complete as long as there is nothing more to do.

import os
import zipfile

from support.batch import USERS, ManyAccountsTest

CONFIGURATION, REFUSED = 78, 3
USER = USERS[0]


def mbox(name, count=3):
    return b"".join(b"From a@example.org Thu Mar  4 10:00:%02d 2021\nMessage-ID: <%s%d@example.org>\n"
                    b"Subject: %s\n\nhello\n\n" % (number, name.encode(), number, name.encode())
                    for number in range(count))


class BatchAgainTest(ManyAccountsTest):
    def make_tree(self, folders, **columns):
        tree = self.folder / "mail"
        for name, content in folders.items():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_bytes(content)
        self.make_row("mail", **columns)
        return tree

    def make_row(self, archive, **columns):
        row = {**self.row(self.server, USER), "archive": archive, **columns}
        self.write_csv([row], tuple(row))

    def held(self):
        return sum(self.server.count(USER, name) for name in self.server.mailboxes(USER))

    def test_what_other_options_add_is_not_called_complete(self):
        for number, (first, then) in enumerate({
                ("--include", "A"): (), ("--dedupe", "content"): (),
                (): ("--include-expunged",)}.items()):
            with self.subTest(first or then):
                self.state = self.folder / f"state{number}"
                self.make_tree({"A": mbox("a"), "B": mbox("b")}, mailbox=f"Box{number}")
                self.assert_code(self.batch(*first), 0)
                outcome = self.batch(*then)
                self.assert_code(outcome, 1)
                self.assertNotIn("1 of 1 accounts complete", outcome.out)
                self.assertIn("belongs to another job: its settings", outcome.out)
                self.assertIn("--skip-existing", outcome.out)
                # As migrate, which is asked again and not believed.
                self.assert_code(self.batch(*first), 0)

    def test_what_is_no_longer_excluded_is_moved(self):
        self.make_tree({"A": mbox("a"), "B": mbox("b")})
        self.assert_code(self.batch("--exclude", "B"), 0)
        self.assertEqual(self.held(), 3)
        self.assert_code(self.batch(), 0)
        self.assertEqual(self.held(), 6)
        self.assert_code(self.batch("--exclude", "B"), 0)
        self.assertEqual(self.held(), 6)

    def test_a_column_counts_as_an_option_does(self):
        self.make_tree({"A": mbox("a"), "B": mbox("b")}, include="A")
        self.assert_code(self.batch(), 0)
        self.make_tree({}, include="")
        self.assertNotIn("1 of 1 accounts complete", self.batch().out)

    def test_accepting_what_is_unread_holds_for_the_run_that_says_so(self):
        self.make_tree({"A": mbox("a"), "junk.zip": b"PK\x03\x04garbage" * 10})
        for more, code in (((), REFUSED), (("--accept-unread",), 0), ((), REFUSED)):
            self.assert_code(self.batch(*more), code)

    def test_a_part_of_a_download_that_comes_later_is_moved(self):
        def part(number):
            with zipfile.ZipFile(self.folder / f"takeout-20200101T000000Z-00{number}.zip",
                                 "w") as file:
                file.writestr(f"Takeout/Mail/L{number}.mbox", mbox(f"l{number}"))

        part(1)
        self.make_row("takeout-20200101T000000Z-001.zip")
        self.assert_code(self.batch(), 0)
        self.assertEqual(self.held(), 3)
        part(2)
        self.assert_code(self.batch(), 0)
        self.assertEqual(self.held(), 6)

    def test_an_archive_that_has_its_former_size_and_time(self):
        def put(content):
            path = self.folder / "x.mbox"
            path.write_bytes(content)
            os.utime(path, (1_600_000_000, 1_600_000_000))

        # In the middle, far from what is sampled.
        filler = mbox("f", 900)
        put(filler + mbox("a") + filler.replace(b"<f", b"<g"))
        self.make_row("x.mbox")
        self.assert_code(self.batch(), 0)
        before = self.held()
        put(filler + mbox("b") + filler.replace(b"<f", b"<g"))
        outcome = self.batch()
        self.assert_code(outcome, 0)
        self.assertIn("was replaced: 3 messages are stored and not in it any more", outcome.err)
        self.assertEqual(self.held(), before + 3)
        self.assertIn("1 of 1 accounts complete", self.batch().out)

    def test_strict_looks_at_accounts_that_are_complete(self):
        self.make_accounts(USERS[:1])
        self.assert_code(self.batch(), 0)
        with self.server.session(USER) as client:
            client.select("INBOX")
            client.store("1:3", "+FLAGS", "(\\Deleted)")
            client.expunge()
        self.assert_code(self.batch(), 0)
        self.assertEqual(self.held(), 9)
        for _ in range(2):
            outcome = self.batch("--strict")
            self.assert_code(outcome, 1)
            self.assertIn("3 messages are missing", outcome.out)

    def test_the_same_command_and_skip_existing_leave_complete_accounts_alone(self):
        self.make_accounts(USERS[:3])
        self.assert_code(self.batch(), 0)
        known = self.server.logins()
        for more in ((), ("--skip-existing",), ("--allow-copies",), ("--connections", "2")):
            self.assertIn("3 of 3 accounts complete", self.batch(*more).out)
        self.assertEqual(self.server.logins(), known)

    def test_a_forgotten_journal_is_told_as_such(self):
        self.make_accounts(USERS[:1])
        self.assert_code(self.batch(), 0)
        self.assert_code(self.run_program("forget", "--finished", "--yes", self.state), 0)
        outcome = self.batch("--verify")
        self.assertIn("and its journal was removed", outcome.out + outcome.err)
        self.assertIn("1 of 1 accounts complete", self.batch().out)
