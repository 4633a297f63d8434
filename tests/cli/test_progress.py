# SPDX-License-Identifier: Apache-2.0
# What --progress says of a job, a batch or a scan is true, and at the end it is what the report says.

import json
import re
import unittest

from support import archives, packing
from support.batch import BatchTest
from support.dovecot import Dovecot
from support.schemas import assert_valid

SLOW = ("--max-messages-per-second=20",)
SIZE = r"[0-9.]+ [kMG]?B"
BATCH_LINE = re.compile(
    r"(\S+( \S+)? to go; )?(?P<done>\d+) of (?P<accounts>\d+) accounts"
    r"(, (?P<failed>\d+) failed)?; (?P<at_work>\d+) at "
    rf"work, (?P<waiting>\d+) waiting; (?P<messages>\d+) messages, {SIZE}"
    rf"(, \d+/s, {SIZE}/s)?")
JOB_LINE = re.compile(
    r"(waiting \d+ s: [^;]+; )?(\S+( \S+)? to go; )?(?P<phase>[a-z]+)"
    r"(: (?P<done>\d+) of (?P<total>\d+)\+? messages, "
    rf"{SIZE} of {SIZE})?(, \d+ % read)?(, \d+/s, {SIZE}/s)?( \([^)]+\))?"
    r"(, Mailmbox)?")


class ProgressTest(BatchTest):
    """Slowed down, so that there is something to be seen."""

    def setUp(self):
        super().setUp()
        self.server = self.enterContext(Dovecot({f"u{n}": f"of u{n}" for n in range(4)}))

    def make_accounts(self, count):
        """One more may not log in."""
        for user in self.server.users:
            self.make_archive(user, count)
        self.write_csv([*(self.row(self.server, user) for user in self.server.users),
                        {**self.row(self.server, "u0"), "user": "nobody", "password": "wrong"}])

    def batch_lines(self, style, *options):
        outcome = self.batch("--report-json", "report.json", f"--progress={style}",
                             "--accounts-at-once=2", *options)
        self.assert_code(outcome, 77)
        return outcome.err.splitlines()

    def events(self, lines):
        """By kind; every line is what the schema says."""
        found = {}
        for line in lines:
            event = json.loads(line)
            assert_valid(event, "progress")
            found.setdefault(event["event"], []).append(event)
        return found

    def assert_never_falls(self, numbers):
        self.assertEqual(numbers, sorted(numbers))

    def totals(self):
        """Messages and bytes stored, by the report."""
        boxes = [box for one in self.report()["accounts"] for box in one["mailboxes"]]
        return sum(box["stored"] for box in boxes), sum(box["bytes"] for box in boxes)

    def test_each_line_of_a_batch_is_an_object_and_the_last_equals_the_report(self):
        self.make_accounts(30)
        events = self.events(self.batch_lines("json", *SLOW))
        self.assertEqual(set(events), {"batch", "notice", "result"})
        self.assertEqual(events["result"][0]["status"], 77)
        lines = events["batch"]
        self.assertGreater(len(lines), 2)
        for name in ("complete", "refused", "incomplete", "unfinished", "failed"):
            self.assert_never_falls([one["accounts"][name] for one in lines])
        for name in ("messages", "bytes"):
            self.assert_never_falls([one[name] for one in lines])
        self.assert_never_falls([one["archive"]["done"] for one in lines])
        self.assert_never_falls([-one["accounts"]["waiting"] for one in lines])
        size = sum((self.folder / f"{user}.mbox").stat().st_size
                   for user in (*self.server.users, "u0"))
        for one in lines:
            accounts = one["accounts"]
            self.assertEqual((accounts["total"], one["archive"]["total"]), (5, size))
            self.assertEqual(accounts["total"] - len(one["at_work"]),
                             sum(accounts[name] for name in
                                 ("waiting", "complete", "refused", "incomplete", "unfinished",
                                  "failed")), one)
            self.assertLessEqual(len(one["at_work"]), 2)
            for account in one["at_work"]:
                self.assertLessEqual(account["done"], account["total"])
        self.assertTrue(any(one["at_work"] for one in lines))
        self.assertTrue(any(one["messages_per_second"] > 0 for one in lines))
        last = lines[-1]
        verdicts = [one["verdict"] for one in self.report()["accounts"]]
        self.assertEqual(last["accounts"], {
            "total": 5, "waiting": 0, "complete": verdicts.count("complete"), "refused": 0,
            "incomplete": 0, "unfinished": 0, "failed": verdicts.count("failed")})
        self.assertEqual((last["messages"], last["bytes"]), self.totals())
        self.assertEqual((last["archive"]["done"], last["at_work"]), (size, []))

    def test_a_notice_names_its_account(self):
        self.make_accounts(3)
        notices = self.events(self.batch_lines("json"))["notice"]
        self.assertEqual([one["account"] for one in notices],
                         [f"nobody@{self.server.host}:{self.server.tls_port}"])
        self.assertEqual(notices[0]["text"], self.report()["accounts"][-1]["reason"])

    def test_plain_lines_of_a_batch(self):
        self.make_accounts(80)
        lines = self.batch_lines("plain", *SLOW)
        notices = [line for line in lines if line.startswith("mboxferry: ")]
        self.assertEqual(len(notices), 1, lines)
        self.assertIn("nobody@", notices[0])
        shown = [BATCH_LINE.fullmatch(line) for line in lines if line not in notices]
        self.assertTrue(shown)
        self.assertTrue(all(shown), lines)
        numbers = [{name: int(value or 0) for name, value in one.groupdict().items()}
                   for one in shown]
        for one in numbers:
            self.assertEqual(one["accounts"], 5)
            self.assertEqual(one["done"] + one["at_work"] + one["waiting"], 5, one)
        for name in ("done", "failed", "messages"):
            self.assert_never_falls([one[name] for one in numbers])
        self.assertGreater(numbers[-1]["messages"], 0)
        self.assertLessEqual(numbers[-1]["messages"], self.totals()[0])

    def job_lines(self, style, archive, *options):
        arguments = self.migrate_arguments(self.server, archive, f"Mail{archive.suffix[1:]}",
                                           "--report-json", "report.json", *options,
                                           journal=f"{archive.name}.journal")
        arguments[arguments.index("--progress=none")] = f"--progress={style}"
        outcome = self.run_program(*arguments)
        self.assert_code(outcome, 0)
        return outcome.err.splitlines()

    def test_each_line_of_a_job_is_an_object_and_the_last_equals_the_report(self):
        mbox = self.folder / "mail.mbox"
        wanted = archives.make(mbox, 50)
        for archive in (mbox, packing.compress(mbox, "gz")):
            with self.subTest(archive.name):
                lines = self.events(self.job_lines("json", archive, *SLOW))
                self.assertEqual(set(lines), {"progress", "result"})
                self.assertEqual({one["account"] for one in lines["progress"]},
                                 {f"u0@{self.server.host}:{self.server.tls_port}"})
                self.assert_true_to_the_end(lines["progress"], archive.stat().st_size,
                                            sum(one.size for one in wanted))

    def assert_true_to_the_end(self, lines, on_disk, as_sent):
        self.assertIn("sending", {one["phase"] for one in lines})
        self.assertTrue(any(one["waiting"] for one in lines))
        for group, name in (("messages", "done"), ("messages", "total"), ("bytes", "done"),
                            ("bytes", "total"), ("archive", "read")):
            self.assert_never_falls([one[group][name] for one in lines])
        for one in lines:
            self.assertLessEqual(one["archive"]["read"], one["archive"]["total"])
        last = lines[-1]
        self.assertEqual((last["phase"], last["totals_known"]), ("done", True))
        stored, sent = self.totals()
        self.assertEqual((stored, sent), (50, as_sent))
        self.assertEqual(last["messages"], {"done": stored, "total": stored})
        self.assertEqual(last["bytes"], {"done": sent, "total": sent})
        self.assertEqual(last["archive"], {"read": on_disk, "total": on_disk})

    def test_every_end_is_a_result_line_and_no_line_is_text(self):
        mbox = self.folder / "mail.mbox"
        archives.make(mbox, 3)
        there = self.migrate_arguments(self.server, mbox, "Mail")
        there[there.index("--progress=none")] = "--progress=json"
        wrong = self.folder / "wrong"
        wrong.write_text("wrong\n")
        refused = list(there)
        refused[refused.index("--password-file") + 1] = wrong
        cases = [(("scan", "--progress=json", self.folder / "nowhere"), 66, "failed"),
                 (("migrate", "--progress", "json", "--no-such-option"), 64, "failed"),
                 ((*there, "--nonsense"), 64, "failed"),
                 (refused, 77, "failed"),
                 ((*there, "--max-messages-per-day=1"), 75, "not finished"),
                 (there, 0, "done")]
        for arguments, status, words in cases:
            with self.subTest(status=status):
                outcome = self.run_program(*arguments)
                self.assert_code(outcome, status)
                events = self.events(outcome.err.splitlines())
                last = json.loads(outcome.err.splitlines()[-1])
                self.assertEqual((last["event"], last["status"], last["text"]),
                                 ("result", status, words))
                # Once the account is known, the last lines name it too.
                known = status in (77, 75, 0)
                self.assertEqual("@localhost" in last["account"], known, last)
                for error in events.get("error", []):
                    self.assertEqual(error["account"], last["account"])
                self.assertEqual("error" in events, status != 0)

    def test_a_job_file_asks_for_events_too(self):
        mbox = self.folder / "mail.mbox"
        archives.make(mbox, 3)
        there = self.migrate_arguments(self.server, mbox, "Mail")
        there.remove("--progress=none")
        (self.folder / "job.ini").write_text("progress = json\n")
        outcome = self.run_program(*there, "--config", "job.ini")
        self.assert_code(outcome, 0)
        self.assertIn("result", self.events(outcome.err.splitlines()))

    def test_a_scan_tells_how_much_is_read(self):
        mbox = self.folder / "mail.mbox"
        archives.make(mbox, 50)
        outcome = self.run_program("scan", "--progress=json", mbox)
        self.assert_code(outcome, 0)
        lines = self.events(outcome.err.splitlines())["progress"]
        self.assertEqual({one["phase"] for one in lines}, {"reading"})
        size = mbox.stat().st_size
        self.assertEqual(lines[-1]["archive"], {"read": size, "total": size})

    def test_plain_lines_of_a_job(self):
        archives.make(self.folder / "mail.mbox", 120)
        lines = self.job_lines("plain", self.folder / "mail.mbox", *SLOW)
        shown = [JOB_LINE.fullmatch(line) for line in lines]
        self.assertTrue(shown)
        self.assertTrue(all(shown), lines)
        self.assertGreater(int(shown[-1]["done"]), 0)
        self.assertEqual(int(shown[-1]["total"]), 120)

    def test_a_quiet_job_shows_no_progress_and_what_is_to_be_known(self):
        tree = self.folder / "mail"
        tree.mkdir()
        archives.make(tree / "Inbox", 120)
        (tree / "prefs.js").write_text("// settings\n")
        for options, shows in (((), True), (("-q",), False)):
            with self.subTest(options=options):
                arguments = self.migrate_arguments(self.server, tree, f"Mail{shows}", *SLOW, *options,
                                                   journal=f"{shows}.journal")
                arguments.remove("--progress=none")
                outcome = self.run_program(*arguments)
                self.assert_code(outcome, 0)
                notices = [line for line in outcome.err.splitlines() if "left out: 1 file" in line]
                rest = [line for line in outcome.err.splitlines() if line not in notices]
                self.assertEqual((len(notices), bool(rest)), (1, shows), outcome.err)
                self.assertIn("complete", outcome.out)


if __name__ == "__main__":
    unittest.main()
