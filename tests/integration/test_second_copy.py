# SPDX-License-Identifier: Apache-2.0
# A job under another name finds its mail there, by the server's own count, and does not begin.

import os
import re
import shutil
import unittest

from support import archives
from support.cyrus import Cyrus, cyrus_root
from support.dovecot import Dovecot
from support.dovecot_test import WithDovecot
from support.fake_imap import FakeImap
from support.program import ProgramTest

COUNT = 120


class CopyTest(ProgramTest):
    """Archives named after mailboxes, and journals in a state folder, as people run it."""

    def setUp(self):
        super().setUp()
        self.mail = self.folder / "mail"
        self.mail.mkdir()

    def make(self, name, count=COUNT, **how):
        path = self.mail / name
        path.parent.mkdir(exist_ok=True)
        archives.make(path, count, **how)
        return path

    def arguments(self, paths, mailbox=None, *more, host="localhost", user=None, state="state-a"):
        user = user or next(iter(self.server.users))
        paths = paths if isinstance(paths, (list, tuple)) else [paths]
        url = re.sub("@localhost", f"@{host}", self.server.url(mailbox, user))
        return ["migrate", *paths, "--to", url, "--ca-file", self.server.ca_file,
                "--password-file", self.server.password_file(), "--state-dir", self.folder / state,
                "--progress=none", *more]

    def run_job(self, paths, mailbox=None, *more, code=0, **how):
        outcome = self.run_program(*self.arguments(paths, mailbox, *more, **how))
        if code is not None:
            self.assert_code(outcome, code)
        return outcome

    def held(self):
        return {name: self.server.count(mailbox=name) for name in self.server.mailboxes()}

    def journals(self, state="state-a"):
        return sorted(path.name for path in (self.folder / state).glob("*.journal"))

    def assert_stopped(self, paths, mailbox=None, *more, into=None, **how):
        """Neither the dry run nor the real one begins, and nothing changes on the server."""
        before, journals = self.held(), self.journals(how.get("state", "state-a"))
        plan = self.run_job(paths, mailbox, "--dry-run", *more, code=1, **how)
        self.assertRegex(plan.out.splitlines()[-1], r"^NO GO: .* of a sample of ")
        outcome = self.run_job(paths, mailbox, *more, code=None, **how)
        self.assert_one_line(outcome, 78, "of a sample of", "nothing was created or sent",
                             "--skip-existing", "--allow-copies", "older job's own command")
        if into:
            self.assertIn(f"mailbox {into} already holds", outcome.err)
        found, sampled = map(int, re.search(r"holds (\d+) of a sample of (\d+)", outcome.err).groups())
        self.assertGreaterEqual(2 * found, sampled)
        self.assertEqual(self.held(), before)
        self.assertEqual(self.journals(how.get("state", "state-a")), journals)
        return outcome


class SecondCopyTest(WithDovecot, CopyTest):
    @classmethod
    def new_server(cls):
        return Dovecot(separator="/")

    def test_another_archive_beside_it(self):
        first, other = self.make("A.mbox"), self.make("B.mbox", seed=2)
        self.run_job(first)
        self.assert_stopped([first, other], into="A")
        self.assert_stopped([other, first], into="A")
        self.assertEqual(self.held(), {"INBOX": 0, "A": COUNT})

    def test_one_folder_of_a_tree_that_was_moved(self):
        inbox = self.make("Inbox")
        self.make("Work", seed=2)
        self.run_job(self.mail)
        self.assert_stopped(inbox, into="INBOX")

    def test_the_archive_elsewhere(self):
        first = self.make("A.mbox")
        self.run_job(first)
        (self.folder / "new").mkdir()
        shutil.copy(first, self.folder / "new" / "A.mbox")
        self.assert_stopped(self.folder / "new" / "A.mbox")
        (self.folder / "link").mkdir()
        os.link(first, self.folder / "link" / "A.mbox")
        self.assert_stopped(self.folder / "link" / "A.mbox")
        (self.folder / "moved").mkdir()
        first.rename(self.folder / "moved" / "A.mbox")
        self.assert_stopped(self.folder / "moved" / "A.mbox")

    def test_a_symbolic_link_to_it(self):
        first = self.make("A.mbox")
        self.run_job(first, "Old")
        (self.folder / "Z.mbox").symlink_to(first)
        # By its path without links it is the same job, unless the mailbox is another spelling.
        self.run_job(self.folder / "Z.mbox", "Old", code=None)
        self.assert_stopped([self.folder / "Z.mbox"], "Old", state="state-b")
        self.assertEqual(self.held(), {"INBOX": 0, "Old": COUNT})

    def test_another_spelling_of_host_and_user(self):
        first = self.make("A.mbox")
        self.run_job(first)
        self.assert_stopped(first, host="127.0.0.1")
        self.assert_stopped(first, host="LOCALHOST")
        user = next(iter(self.server.users))
        outcome = self.assert_stopped(first, user=user.upper())
        self.assertIn(f"journal of this account is {self.folder}/state-a/{self.journals()[0]}",
                      outcome.err)

    def test_another_state_folder_and_a_lost_journal(self):
        first = self.make("A.mbox")
        self.run_job(first)
        outcome = self.assert_stopped(first, state="state-b")
        self.assertNotIn("journal of this account", outcome.err)
        shutil.rmtree(self.folder / "state-a")
        self.assert_stopped(first)

    def test_another_home(self):
        first = self.make("A.mbox")
        arguments = self.arguments(first)
        at = arguments.index("--state-dir")
        del arguments[at:at + 2]
        for home, code in (("one", 0), ("one", 0), ("two", 78)):
            outcome = self.run_program(*arguments, HOME=self.folder / home, XDG_STATE_HOME="")
            self.assert_code(outcome, code)
        self.assertEqual(self.server.count(mailbox="A"), COUNT)

    def test_a_mailbox_that_is_named_afterwards(self):
        first = self.make("Inbox")
        self.run_job(first)
        self.assert_stopped(first, "INBOX", into="INBOX")

    def test_a_job_that_was_killed_early_and_lost_its_journal(self):
        whole = self.make("A.mbox", 300)
        part = self.folder / "part.mbox"
        archives.make(part, 100)
        self.run_job(part, "A", state="state-b")
        before = self.held()
        outcome = self.run_job(whole, code=None)
        self.assert_one_line(outcome, 78, "100 of the 100 messages that mailbox A holds")
        self.assertEqual(self.held(), before)

    def test_new_mail_before_the_old(self):
        self.run_job(self.make("old.mbox"), "A")
        both = self.mail / "A.mbox"
        archives.make(both, 2 * COUNT, seed=9)
        both.write_bytes(both.read_bytes() + (self.mail / "old.mbox").read_bytes())
        self.run_job(both, code=78)
        self.assertEqual(self.held()["A"], COUNT)

    def test_mail_without_message_ids_is_known_by_its_bytes(self):
        first = self.make("A.mbox", 40, message_ids=0)
        self.run_job(first)
        self.assert_stopped(first, state="state-b")

    def test_mail_without_message_ids_that_another_tool_gave_other_dates(self):
        wanted = archives.make(self.mail / "A.mbox", 40, message_ids=0)
        with self.server.session() as client:
            client.create("A")
            for one in wanted:
                client.append("A", None, None, one.wire)
        for more, code in ((("--dry-run",), 1), ((), 78)):
            outcome = self.run_job(self.mail / "A.mbox", None, *more, code=code)
            self.assertIn("of the 40 messages that mailbox A holds are among those to be sent",
                          outcome.out + outcome.err)
        self.run_job(self.mail / "A.mbox", None, "--skip-existing")
        self.assertEqual(self.held()["A"], 40)

    def test_one_message_and_two(self):
        for count in (1, 2):
            first = self.make(f"few{count}.mbox", count, message_ids=1, seed=count)
            self.run_job(first)
            self.assert_stopped(first, state="state-b")

    def test_other_forms_of_archives(self):
        for name in ("A.mbox", "Large.mbox"):
            first = self.make(name, COUNT, body_bytes=(50, 3000) if name == "A.mbox" else
                              (20_000, 60_000), seed=len(name))
            self.run_job(first)
            shutil.make_archive(str(self.folder / "packed"), "gztar", self.mail, name)
            outcome = self.run_job(self.folder / "packed.tar.gz", code=None, state="state-b")
            self.assert_one_line(outcome, 78, "of a sample of", f"mailbox {name[:-5]} ")
            self.assertEqual(self.held()[name[:-5]], COUNT)

    def test_a_maildir_and_labels(self):
        text = b"".join(
            b"From a@b.c Tue Jan  1 00:00:00 2019\nX-Gmail-Labels: Work\nMessage-ID: <l%d@example>\n"
            b"Subject: %d\n\nbody %d\n\n" % (one, one, one) for one in range(40))
        (self.mail / "All.mbox").write_bytes(text)
        self.run_job(self.mail / "All.mbox")
        self.assertEqual(self.held()["Work"], 40)
        self.assert_stopped(self.mail / "All.mbox", state="state-b", into="Work")
        new = self.folder / "Box" / "new"
        for name in ("cur", "tmp", "new"):
            (self.folder / "Box" / name).mkdir(parents=True)
        for one in range(30):
            (new / f"{1_500_000_000 + one}.M1P1.host").write_bytes(
                b"Message-ID: <d%d@example>\nSubject: x\n\nbody\n" % one)
        self.run_job(self.folder / "Box")
        self.assert_stopped(self.folder / "Box", state="state-b", into="INBOX")

    def test_hostile_message_ids(self):
        ids = [b'<a"b\\c%d@x>', b"<*%d@x> OR ALL", b"<%d\r\n", b"<\xc3\xa4%d@example>", b"<1%d",
               b"<a) (NOT ALL %d@x>", b"{5+} %d", b"<" + b"z" * 3000 + b"%d@x>"]
        text = b"".join(
            b"From a@b.c Tue Jan  1 00:00:%02d 2019\nMessage-ID: " % (one % 60)
            + (ids[one % len(ids)] % one).replace(b"\r\n", b"")
            + b"\nSubject: %d\n\nbody %d\n\n" % (one, one) for one in range(48))
        (self.mail / "Odd.mbox").write_bytes(text)
        self.run_job(self.mail / "Odd.mbox")
        self.assert_stopped(self.mail / "Odd.mbox", state="state-b")

    def test_a_little_old_mail_in_the_middle_of_much_that_is_new(self):
        self.run_job(self.make("old.mbox", 100, seed=3), "A")
        self.make("A.mbox", 2000, seed=9)
        archives.make(self.folder / "more.mbox", 2000, seed=10)
        with (self.mail / "A.mbox").open("ab") as both:
            for part in (self.mail / "old.mbox", self.folder / "more.mbox"):
                both.write(part.read_bytes())
        before = self.held()
        told = "100 of the 100 messages that mailbox A holds are among those to be sent"
        plan = self.run_job(self.mail / "A.mbox", "A", "--dry-run", code=1)
        self.assertIn(told, plan.out.splitlines()[-1])
        outcome = self.run_job(self.mail / "A.mbox", "A", code=None)
        self.assert_one_line(outcome, 78, told, "nothing was created or sent", "--skip-existing")
        self.assertEqual(self.held(), before)
        self.run_job(self.mail / "A.mbox", "A", "--skip-existing")
        self.assertEqual(self.held()["A"], 4100)

    def test_a_small_archive_beside_a_large_one(self):
        small = self.make("small.mbox", 12, seed=19)
        self.run_job(small, "Old")
        outcome = self.run_job([self.make("large.mbox", 400, seed=20), small], None, "--map",
                               "small=Old", "--map", "large=Old", code=78)
        self.assertIn("12 of the 12 messages that mailbox Old holds", outcome.err)
        self.assertEqual(self.held(), {"INBOX": 0, "Old": 12})

    def test_an_archive_that_grew_tenfold_meanwhile(self):
        first = self.make("A.mbox", 30)
        self.run_job(first, "Old")
        grown = self.folder / "B.mbox"
        archives.make(grown, 400)
        for more, code in ((("--dry-run",), 1), ((), 78)):
            outcome = self.run_job(grown, "Old", *more, code=code)
            self.assertIn("30 of the 30 messages that mailbox Old holds", outcome.out + outcome.err)
        self.assertEqual(self.held()["Old"], 30)


class WaysOnTest(WithDovecot, CopyTest):
    @classmethod
    def new_server(cls):
        return Dovecot(separator="/", rawlog=True)

    def setUp(self):
        super().setUp()
        self.first = self.make("A.mbox")
        self.run_job(self.first)
        self.server.clear_sessions()

    def test_nothing_that_changes_the_server_is_said(self):
        other = self.make("B.mbox", seed=2)
        self.assert_stopped([self.first, other])
        said = [one for session in self.server.sessions() for one in session]
        self.assertIn("UID SEARCH", {one.name for one in said})
        self.assertEqual([one.line for one in said if one.changes_something()], [])

    def test_skip_existing_sends_what_is_missing(self):
        archives.make(self.first, COUNT + 30)
        self.run_job(self.first, None, state="state-b", code=78)
        self.run_job(self.first, None, "--skip-existing", state="state-b")
        self.assertEqual(self.held()["A"], COUNT + 30)

    def test_allow_copies_and_its_resume(self):
        self.run_job(self.first, None, state="state-b", code=78)
        self.run_job(self.first, None, "--allow-copies", state="state-b")
        self.assertEqual(self.held()["A"], 2 * COUNT)
        self.run_job(self.first, None, state="state-b")
        self.assertEqual(self.held()["A"], 2 * COUNT)

    def test_the_older_job_s_own_command(self):
        self.run_job(self.first, state="state-b", code=78)
        outcome = self.run_job(self.first, None, state="state-c", code=78)
        self.assertEqual(outcome.code, 78)
        self.run_job(self.first)
        self.assertEqual(self.held()["A"], COUNT)

    def test_a_job_that_begins_once_more_is_asked_once_more(self):
        for _ in range(2):
            self.run_job(self.first, state="state-b", code=78)
        self.assertEqual(self.held()["A"], COUNT)


class NotStoppedTest(WithDovecot, CopyTest):
    @classmethod
    def new_server(cls):
        return Dovecot(separator="/", rawlog=True)

    def commands(self, *more, state):
        """What a job into the empty INBOX says, on whatever connection."""
        self.server.delete_all()
        self.server.clear_sessions()
        self.run_job(self.mail / "Inbox", None, *more, "--connections=1", state=state)
        self.assertEqual(self.held(), {"INBOX": COUNT})
        return [one.name for session in self.server.sessions() for one in session]

    def test_an_empty_mailbox_costs_nothing(self):
        self.make("Inbox")
        asked = self.commands(state="state-a")
        self.assertNotIn("UID SEARCH", asked)
        self.assertEqual(asked, self.commands("--allow-copies", state="state-b"))

    def test_a_mailbox_with_mail_costs_one_command(self):
        self.make("Inbox")
        told = []
        for state, more in (("state-a", ()), ("state-b", ("--allow-copies",))):
            self.server.delete_all()
            client = self.server.client()
            client.append("INBOX", None, None, b"Message-ID: <new@example.net>\r\n\r\nnew\r\n")
            client.logout()
            self.server.clear_sessions()
            self.run_job(self.mail / "Inbox", None, *more, "--connections=1", state=state)
            told.append([one.name for session in self.server.sessions() for one in session])
        told[0].remove("UID SEARCH")
        self.assertEqual(told[0], told[1])

    def test_mail_of_others(self):
        client = self.server.client()
        for number in range(30):
            client.append("INBOX", None, None,
                          b"Message-ID: <new%d@example.net>\r\n\r\nnew\r\n" % number)
        client.logout()
        self.run_job(self.make("Inbox"))
        self.assertEqual(self.held(), {"INBOX": COUNT + 30})

    def test_an_archive_that_grew(self):
        first = self.make("A.mbox")
        self.run_job(first)
        archives.make(first, COUNT + 40)
        self.run_job(first)
        self.assertEqual(self.held()["A"], COUNT + 40)

    def test_mail_that_is_in_another_mailbox(self):
        self.run_job(self.make("A.mbox"))
        self.run_job(self.mail / "A.mbox", "Other")
        self.assertEqual(self.held(), {"INBOX": 0, "A": COUNT, "Other": COUNT})

    def test_two_archives_into_one_mailbox(self):
        self.run_job(self.make("2019.mbox", seed=19), "Old")
        self.run_job(self.make("2020.mbox", seed=20), "Old")
        self.assertEqual(self.held()["Old"], 2 * COUNT)

    def test_folders_that_one_job_puts_into_one_mailbox(self):
        first = self.make("a.mbox")
        shutil.copy(first, self.mail / "b.mbox")
        self.run_job(self.mail, None, "--map", "a=Both", "--map", "b=Both")
        self.assertEqual(self.held()["Both"], 2 * COUNT)

    def test_a_few_of_the_same_messages_are_left_out(self):
        # From somewhere in the middle, among others.
        self.run_job(self.make("others.mbox", 100, seed=7), "A")
        archives.make(self.folder / "few.mbox", 12, start=150)
        self.run_job(self.folder / "few.mbox", "A")
        told = ("A: 12 of the 112 messages that it holds are among those to be sent; what is there "
                "is left out")
        whole = self.make("A.mbox", 300)
        plan = self.run_job(whole, None, "--dry-run")
        self.assertIn(told, plan.out + plan.err)
        self.assertRegex(plan.out, r"(?m)^ +A +288 ")
        outcome = self.run_job(whole)
        self.assertIn(told, outcome.err)
        self.assertIn("12 skipped", outcome.out)
        self.assertEqual(self.held()["A"], 400)
        self.run_job(whole)
        self.assertEqual(self.held()["A"], 400)

    def archive_of(self, name, **folders):
        """Folders of messages of several origins: (seed, count) each."""
        for folder, parts in folders.items():
            path = self.folder / name / folder
            path.parent.mkdir(exist_ok=True)
            text = b""
            for seed, count in parts:
                archives.make(path, count, seed=seed)
                text += path.read_bytes()
            path.write_bytes(text)
        return self.folder / name

    def test_what_two_archives_of_a_person_share_is_left_out(self):
        for case, (first, second, held) in enumerate((
                # A list in a small folder; at the beginning; a third of all.
                ({"Lists": [(1, 2), (2, 20)], "Inbox": [(3, 20)]},
                 {"Lists": [(1, 2)], "Inbox": [(4, 50)]}, {"Lists": 22, "INBOX": 70}),
                ({"Inbox": [(1, 3), (2, 20)]}, {"Inbox": [(1, 3), (4, 20)]}, {"INBOX": 43}),
                ({"Inbox": [(2, 20), (1, 10)]}, {"Inbox": [(4, 20), (1, 10)]}, {"INBOX": 50}))):
            for packed in (False, True):
                with self.subTest(case=case, packed=packed):
                    self.server.delete_all()
                    state = f"state-{case}-{packed}"
                    self.run_job(self.archive_of(f"{state} a", **first), state=state)
                    other = self.archive_of(f"{state} b", **second)
                    if packed:
                        other = shutil.make_archive(str(other), "gztar", other)
                    self.run_job(other, None, "--dry-run", state=state)
                    outcome = self.run_job(other, state=state)
                    self.assertIn("what is there is left out", outcome.err)
                    self.run_job(other, state=state)
                    self.assertEqual({name: count for name, count in self.held().items() if count},
                                     held)

    def test_a_small_folder_is_no_small_matter_where_it_is_most_of_the_job(self):
        first = self.archive_of("a", Lists=[(1, 2), (2, 20)], Inbox=[(3, 20)])
        self.run_job(first)
        self.run_job(self.archive_of("b", Lists=[(1, 2)], Inbox=[(4, 2)]), code=78)

    def test_a_folder_that_is_added_to_a_job(self):
        self.make("A.mbox")
        self.run_job(self.mail)
        self.make("B.mbox", seed=2)
        self.run_job(self.mail)
        self.assertEqual(self.held(), {"INBOX": 0, "A": COUNT, "B": COUNT})


class ServerKindTest(CopyTest):
    def test_a_server_that_refuses_to_search(self):
        with FakeImap() as self.server:
            first = self.make("A.mbox", 30)
            self.assert_code(self.migrate(self.server, first, "Old", journal="a.journal"), 0)
            held = len(self.server.bodies("Old"))
            for refusal in (b"NO", b"BAD"):
                self.server.search_refusal = refusal
                outcome = self.migrate(self.server, first, "Old", journal="b.journal")
                self.assert_one_line(outcome, 78, "of a sample of")
                self.assertEqual(len(self.server.bodies("Old")), held)

    @unittest.skipUnless(cyrus_root(), "Cyrus is not unpacked here; tools/test does it")
    def test_cyrus(self):
        with Cyrus(separator="/", prefix="") as self.server:
            first = self.make("Inbox", 60)
            self.run_job(first)
            self.assert_stopped(first, state="state-b", into="INBOX")
            self.run_job(self.make("2020.mbox", 60, seed=20), "INBOX")
            self.assertEqual(self.server.count(mailbox="INBOX"), 120)
