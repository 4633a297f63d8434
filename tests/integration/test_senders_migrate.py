# SPDX-License-Identifier: Apache-2.0
# Sender lists during a migration: what the dry run says is what the real run does, message by
# message and number by number, also when it is killed at every step.

import csv
import io
import os
import re
import signal
import unittest

from support import packing
from support.dovecot import Dovecot
from support.program import ProgramTest
from support.schemas import assert_valid

ROWS = ("name", "planned", "skipped", "bytes", "lost_flags", "renamed_from", "blocked", "allowed")
ACCOUNT = "# mine\n*@spam.example\ntoto*@y.example\n[allow]\nfriend@spam.example\n"
GLOBAL = "*@everywhere.example\nfriend@spam.example\n"

# Subject, From: each is what becomes of it with the lists above.
INBOX = [("plain", "ok@x.example"), ("blocked", "x@spam.example"), ("allowed", "friend@spam.example"),
         ("blocked", "Toto2@Y.example"), ("plain", '"x@spam.example" <ok@x.example>'),
         ("blocked", "x@everywhere.example"), ("blocked", "ok@x.example, x@spam.example")]


def mbox(rows, status=""):
    text = ""
    for number, (subject, sender) in enumerate(rows):
        text += (f"From {sender.split()[-1].strip('<>')} Thu Jan  1 00:00:{number:02} 2015\n"
                 f"From: {sender}\nTo: me@example.org\nSubject: {subject}\n"
                 f"Message-ID: <{number}.{len(rows)}@example.org>\n{status}\nbody {number}\n\n")
    return text


class SendersMigrateTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.server = self.enterContext(
            Dovecot({"alice": "secret"}, separator="/", special_use=True, rawlog=True))
        self.tree = self.folder / "Mail"
        self.tree.mkdir()
        (self.tree / "Old.mbox").write_text(mbox(INBOX))
        for name in ("Sent", "Drafts", "Trash", "Templates"):
            (self.tree / f"{name}.mbox").write_text(mbox([("own", "x@spam.example")] * 2))
        (self.tree / "Junk.mbox").write_text(
            mbox([("junk", "ok@x.example"), ("allowed", "friend@spam.example"),
                  ("junk", "y@spam.example")], "X-Keywords: $Junk\n"))
        self.write_lists(ACCOUNT, GLOBAL)
        self.lists = ("--senders", "my.list", "--global-senders", "all.list")

    def write_lists(self, account, for_all=None):
        (self.folder / "my.list").write_text(account)
        if for_all is not None:
            (self.folder / "all.list").write_text(for_all)

    def subjects(self):
        found = {}
        for name in self.server.mailboxes():
            for one in self.server.fetch_all(mailbox=name):
                subject = re.search(rb"(?m)^Subject: (.*?)\r$", one.body)[1].decode()
                found.setdefault(name, []).append((subject, sorted(
                    word for word in one.flags if word.startswith("$"))))
        return found

    def run_both(self, *options, code=0):
        """The dry run, then the real one; returns the accounts of plan and report."""
        outcome = self.migrate(self.server, self.tree, None, *self.lists, *options, "--dry-run",
                               "--report-json", "plan.json", "--report-csv", "plan.csv",
                               "--report-html", "plan.html")
        self.assert_code(outcome, 0)
        self.plan_text = outcome.out
        assert_valid(self.report("plan.json"))
        commands = [one for session in self.server.sessions() for one in session]
        self.assertEqual([one.line for one in commands if one.changes_something()], [])
        outcome = self.migrate(self.server, self.tree, None, *self.lists, *options,
                               "--report-json", "report.json", "--report-csv", "ledger.csv",
                               "--report-html", "report.html")
        self.assert_code(outcome, code)
        self.run_text = outcome.out
        assert_valid(self.report())
        plan = self.report("plan.json")["accounts"][0]
        done = self.report()["accounts"][0]
        self.assertEqual([[row[key] for key in ROWS] for row in plan["mailboxes"]],
                         [[row[key] for key in ROWS] for row in done["mailboxes"]])
        self.assertEqual(plan["senders"], done["senders"])
        return plan, done

    def ledger(self, name="ledger.csv"):
        return list(csv.DictReader(io.StringIO((self.folder / name).read_text())))

    def test_blocked_mail_goes_to_junk_and_the_rest_where_it_would(self):
        plan, _ = self.run_both()
        found = self.subjects()
        self.assertEqual(found["Old"], [("plain", []), ("allowed", []), ("plain", [])])
        self.assertEqual(sorted(found["Junk"]), sorted(
            [("blocked", ["$Junk"])] * 4 + [("junk", ["$Junk"])] * 2 + [("allowed", ["$Junk"])]))
        for name in ("Sent", "Drafts", "Trash", "Templates"):
            self.assertEqual(found[name], [("own", [])] * 2, name)
        rows = {row["name"]: row for row in plan["mailboxes"]}
        self.assertEqual((rows["Junk"]["planned"], rows["Junk"]["blocked"]), (7, 5))
        self.assertEqual((rows["Old"]["planned"], rows["Old"]["allowed"]), (3, 1))
        self.assertEqual((plan["senders"]["blocked"], plan["senders"]["allowed"]), (5, 2))

    def test_everything_that_is_shown_names_the_entries(self):
        plan, _ = self.run_both()
        entries = {(row["list"], row["kind"], row["line"]): (row["entry"], row["action"], row["messages"])
                   for row in plan["senders"]["entries"]}
        self.assertEqual(entries, {("account", "block", 2): ("*@spam.example", "junk", 3),
                                   ("account", "block", 3): ("toto*@y.example", "junk", 1),
                                   ("account", "allow", 5): ("friend@spam.example", "none", 2),
                                   ("global", "block", 1): ("*@everywhere.example", "junk", 1)})
        for text in (self.plan_text, self.run_text):
            self.assertIn("sender lists: 5 messages of blocked senders, 2 of allowed ones", text)
            self.assertIn("all.list line 1: *@everywhere.example", text)
        blocked = [row for row in self.ledger() if row["sender_action"] == "junk"]
        self.assertEqual(len(blocked), 5)
        self.assertEqual({row["mailbox"] for row in blocked}, {"Junk"})
        self.assertEqual(blocked[-1]["sender_entry"].rpartition("/")[2], "my.list line 2: *@spam.example")
        plan_rows = {row["mailbox"]: row for row in self.ledger("plan.csv")}
        self.assertEqual((plan_rows["Junk"]["blocked"], plan_rows["Old"]["allowed"]), ("5", "1"))
        for page in ("plan.html", "report.html"):
            self.assertIn("toto*@y.example", (self.folder / page).read_text())

    def test_a_server_without_a_junk_mailbox_gets_one(self):
        self.server = self.enterContext(Dovecot({"alice": "secret"}, separator="/", rawlog=True))
        os.remove(self.tree / "Junk.mbox")
        plan, _ = self.run_both()
        self.assertEqual([row["exists"] for row in plan["mailboxes"] if row["name"] == "Junk"], [False])
        self.assertEqual(len(self.subjects()["Junk"]), 4)

    def test_without_a_match_no_junk_mailbox_is_made(self):
        self.server = self.enterContext(Dovecot({"alice": "secret"}, separator="/", rawlog=True))
        os.remove(self.tree / "Junk.mbox")
        self.write_lists("nobody@nowhere.example\n", "nobody@anywhere.example\n")
        plan, _ = self.run_both()
        self.assertNotIn("Junk", [row["name"] for row in plan["mailboxes"]])
        self.assertNotIn("Junk", self.server.mailboxes())
        self.assertEqual(len(self.subjects()["Old"]), len(INBOX))

    def test_tag_keeps_the_mailbox(self):
        self.run_both("--blocked=tag")
        found = self.subjects()
        self.assertEqual([one for one in found["Old"] if one[1]], [("blocked", ["$Junk"])] * 4)
        self.assertEqual(len(found["Old"]), len(INBOX))

    def test_skip_leaves_out_with_a_code(self):
        plan, done = self.run_both("--blocked=skip")
        self.assertEqual(len(self.subjects()["Old"]), 3)
        rows = {row["name"]: row for row in plan["mailboxes"]}
        self.assertEqual((rows["Old"]["skipped"], rows["Old"]["blocked"]), (4, 4))
        left_out = [row for row in done["left_out"] if row["code"] == "blocked-sender"]
        self.assertEqual(len(left_out), 5)
        self.assertIn("my.list line 2: *@spam.example", left_out[0]["text"])

    def test_report_changes_nothing(self):
        plan, _ = self.run_both("--blocked=report")
        found = self.subjects()
        self.assertEqual(len(found["Old"]), len(INBOX))
        self.assertEqual([one for one in found["Old"] if one[1]], [])
        self.assertEqual(plan["senders"]["blocked"], 5)

    def test_allowed_mail_is_taken_out_of_junk_when_asked(self):
        plan, _ = self.run_both("--rescue-allowed")
        found = self.subjects()
        self.assertEqual(found["INBOX"], [("allowed", ["$NotJunk"])])
        self.assertNotIn("allowed", [subject for subject, _ in found["Junk"]])
        self.assertEqual(plan["senders"]["rescued"], 1)

    def test_map_says_where_junk_is(self):
        os.remove(self.tree / "Junk.mbox")
        self.run_both("--map", "Junk=Quarantine")
        self.assertEqual(len(self.subjects()["Quarantine"]), 4)

    def test_what_is_stored_stays_when_the_list_changes_and_new_mail_is_judged_anew(self):
        self.run_both()
        self.write_lists("ok@x.example\n[allow]\n*@spam.example\n", "")
        with open(self.tree / "Old.mbox", "a", encoding="ascii") as file:
            file.write(mbox([("late", "ok@x.example"), ("late allowed", "x@spam.example")])
                       .replace(".2@example.org", ".late@example.org"))
        outcome = self.migrate(self.server, self.tree, None, *self.lists, "--report-json", "report.json")
        self.assert_code(outcome, 0)
        self.assertIn("the sender lists have changed since the last run", outcome.err)
        found = self.subjects()
        self.assertEqual([one[0] for one in found["Old"]],
                         ["plain", "allowed", "plain", "late allowed"])
        self.assertEqual(len(found["Junk"]), 8)
        self.assertIn(("late", ["$Junk"]), found["Junk"])
        again = self.migrate(self.server, self.tree, None, *self.lists)
        self.assert_code(again, 0)
        self.assertNotIn("have changed", again.err)
        self.assertEqual(self.subjects(), found)

    def test_another_way_to_treat_blocked_mail_is_another_job(self):
        self.run_both()
        outcome = self.migrate(self.server, self.tree, None, *self.lists, "--blocked=skip")
        self.assert_code(outcome, 78)
        self.assertIn("settings", outcome.err)

    def test_a_run_that_is_killed_anywhere_stores_each_message_once(self):
        self.run_both()
        wanted = self.subjects()
        for point in ("index-chunk:2", "index-done:3", "mailbox-recorded:2", "batch-intended:2",
                      "batch-half-sent:2", "batch-sent:2", "batch-answered:2", "batch-confirmed:2"):
            self.server.delete_all()
            journal = f"{point}.journal"
            killed = self.migrate(self.server, self.tree, None, *self.lists, journal=journal,
                                  MBOXFERRY_CRASH_AT=point)
            self.assert_code(killed, -signal.SIGKILL)
            outcome = self.migrate(self.server, self.tree, None, *self.lists, journal=journal)
            self.assert_code(outcome, 0)
            self.assertEqual({name: sorted(rows) for name, rows in self.subjects().items()},
                             {name: sorted(rows) for name, rows in wanted.items()}, point)

    def test_retry_goes_on_with_the_lists_of_the_job(self):
        killed = self.migrate(self.server, self.tree, None, *self.lists,
                              MBOXFERRY_CRASH_AT="index-done:2")
        self.assert_code(killed, -signal.SIGKILL)
        outcome = self.run_program("retry", self.folder / "job.journal", "--password-file",
                                   self.server.password_file("alice"), "--progress=none")
        self.assert_code(outcome, 0)
        self.assertEqual(sum(subject == "blocked" for subject, _ in self.subjects()["Junk"]), 4)
        self.assertEqual(len(self.subjects()["Old"]), 3)

    def test_mail_that_is_there_already_is_found_wherever_the_lists_send_it(self):
        self.run_both()
        before = self.subjects()
        (self.folder / "job.journal").unlink()
        outcome = self.migrate(self.server, self.tree, None, *self.lists)
        self.assert_code(outcome, 78)
        self.assertEqual(self.subjects(), before)
        outcome = self.migrate(self.server, self.tree, None, *self.lists, "--skip-existing")
        self.assert_code(outcome, 0)
        self.assertEqual(self.subjects(), before)

    def test_packed_archives_and_several_connections(self):
        packed = packing.pack(self.tree, "tar.gz")
        self.assert_code(self.migrate(self.server, packed, None, *self.lists, "--connections=3",
                                      "--report-json", "report.json"), 0)
        found = self.subjects()
        self.assertEqual(found["Old"], [("plain", []), ("allowed", []), ("plain", [])])
        self.assertEqual(len(found["Junk"]), 7)

    def test_lists_with_mistakes_stop_before_anything_else(self):
        self.write_lists("*@*\nok@x.example\nnot an address at all\n")
        outcome = self.migrate(self.server, self.tree, None, *self.lists)
        self.assert_code(outcome, 78)
        self.assertIn("my.list line 1", outcome.err)
        self.assertIn("my.list line 3", outcome.err)
        self.assertFalse((self.folder / "job.journal").exists())

    def test_options_without_a_list_are_a_mistake(self):
        for option in ("--blocked=tag", "--rescue-allowed"):
            outcome = self.migrate(self.server, self.tree, None, option)
            self.assert_code(outcome, 64)
            self.assertIn("needs a sender list", outcome.err)


if __name__ == "__main__":
    unittest.main()
