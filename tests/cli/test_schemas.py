# SPDX-License-Identifier: Apache-2.0
# What commands write for programs is what jobs/schema says, however their runs ended.

import json
import signal
import unittest

from support import archives, containers, packing, takeout
from support.batch import COLUMNS, BatchTest
from support.dovecot import Dovecot
from support.fake_imap import FakeImap, Refusal
from support.program import FIXTURES, ProgramTest
from support.schemas import assert_valid


class ScanTest(ProgramTest):
    """As a document and as a list."""

    def scan(self, *archives_, code=0, **how):
        outcome = self.run_program("scan", "--json", *archives_, **how)
        self.assert_code(outcome, code)
        document = json.loads(outcome.out)
        assert_valid(document)
        return document

    def listed(self, *archives_, code=0):
        outcome = self.run_program("scan", "--list", *archives_)
        self.assert_code(outcome, code)
        rows = [json.loads(line) for line in outcome.out.splitlines()]
        for row in rows:
            assert_valid(row, "message")
        return rows

    def kinds(self, *archives_):
        return {one["kind"] for one in self.scan(*archives_)["archives"]}

    def test_every_kind_of_archive(self):
        trees = {}
        for name, make in containers.TREES.items():
            trees[name] = self.folder / name
            make(trees[name])
        message, = [*trees["eml-directories"].rglob("*.eml")][:1]
        mbox = self.folder / "mail.mbox"
        archives.make(mbox, 12, keywords=0.5)
        named = [*trees.values(), packing.pack(trees["status-tree"], "zip"),
                 packing.pack(trees["maildir-plus-plus"], "tar.gz"), message, mbox,
                 *(packing.compress(mbox, form) for form in packing.COMPRESSORS),
                 takeout.single_zip(self.folder)]
        self.assertEqual(self.kinds(*named), {"directory tree", "archive of files", "message file",
                                              "mbox file", "compressed mbox file"})
        rows = self.listed(*named)
        self.assertEqual({name for name in ("labels", "keywords", "flags", "message_id")
                          if any(row[name] for row in rows)},
                         {"labels", "keywords", "flags", "message_id"})
        with open(mbox, "rb") as stdin:
            self.assertEqual([one["kind"] for one in self.scan("-", stdin=stdin)["archives"]],
                             ["standard input"])

    def test_doubts_problems_and_what_is_left_out(self):
        document = self.scan(*sorted(FIXTURES.glob("*.mbox")))
        folders = [one["folders"][0] for one in document["archives"]]
        for name in ("doubtful", "problems"):
            self.assertTrue(any(one[name] for one in folders), name)
        self.assertTrue(any(one["left_out"]["pseudo"] for one in folders))
        self.assertTrue(any(one["left_out"]["expunged"] for one in folders))
        self.listed(*sorted(FIXTURES.glob("*.mbox")))

    def test_what_cannot_be_read_to_its_end(self):
        self.scan(FIXTURES / "broken.mbox.gz", code=65)
        self.listed(FIXTURES / "broken.mbox.gz", code=65)
        nothing = self.folder / "nothing"
        nothing.write_bytes(bytes(range(256)))
        self.scan(nothing, code=65)


class JobTest(BatchTest):
    """One account: what a job writes itself, and what is told of its journal afterwards."""

    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        archives.make(self.archive, 40)

    def document(self, *arguments, code=0):
        outcome = self.run_program(*arguments)
        self.assert_code(outcome, code)
        document = json.loads(outcome.out)
        assert_valid(document)
        return document

    def job(self, server, code, verdict, *options, archive=None):
        """The account in the report of a run that ends so."""
        self.assert_code(self.migrate(server, archive or self.archive, "Mail", "--report-json",
                                      "report.json", *options), code)
        document = self.report()
        assert_valid(document)
        self.assertEqual(document["verdict"], verdict)
        return document["accounts"][0]

    def told(self, verdict):
        """What `status` says of the journal; `report` and `status` of its folder say the same."""
        status = self.document("status", self.folder / "job.journal", "--json")
        self.assertEqual(status["verdict"], verdict)
        for arguments in (("status", self.folder, "--json"),
                          ("report", self.folder / "job.journal", "--json", "-")):
            report = self.document(*arguments)
            self.assertEqual(report["schema"], "mboxferry.report/1")
            self.assertEqual(report["verdict"], "unfinished" if verdict == "running" else verdict)
            account, = report["accounts"]
            for name in ("planned", "stored", "refused", "skipped", "bytes"):
                self.assertEqual([box[name] for box in account["mailboxes"]],
                                 [box[name] for box in status["mailboxes"]])
        return status

    def test_what_goes_on_another_day_is_unfinished(self):
        with Dovecot() as server:
            self.job(server, 75, "unfinished", "--max-messages-per-day=10")
            self.assertIn("10 messages a day", self.told("unfinished")["reason"])

    def verified(self, server, code, *options):
        return self.document("verify", self.folder / "job.journal", "--json", "--full", *options,
                             "--password-file", server.password_file(), code=code)

    def test_complete_from_a_compressed_archive_and_then_altered_by_others(self):
        with Dovecot() as server:
            self.job(server, 0, "complete", archive=packing.compress(self.archive, "zst"))
            self.told("complete")
            self.assertEqual(self.verified(server, 0)["verdict"], "complete")
            with server.session() as client:
                client.select("Mail")
                client.store("3", "FLAGS", "(\\Draft other)")
                client.copy("5", "Mail")
                client.append("Mail", None, None, b"Subject: new\r\n\r\nx\r\n")
                client.store("9", "+FLAGS", "\\Deleted")
                client.expunge()
            found = self.verified(server, 1)
            self.assertEqual(found["verdict"], "failed")
            what = {one["what"] for name in ("gone_since", "unexpected") for one in found[name]}
            self.assertLessEqual({"missing", "flags", "twice", "unexpected"}, what)
            strict = self.verified(server, 1, "--strict")
            what = {one["what"] for name in ("missing", "different") for one in strict[name]}
            self.assertEqual({"missing", "flags"}, what)

    def test_with_refused_messages_and_some_left_out(self):
        with archives.Mbox(self.archive) as mbox:
            for number in (0, 1, 1, 2):
                mbox.add(b"Subject: %d\n\n" % number + b"x" * number, archives.FIRST_DATE)
        largest = max(one.size for one in mbox.messages)
        with FakeImap(on_append=lambda head: Refusal("NO", '[CANNOT] "too" <big>')
                      if head.size == largest else None) as server:
            account = self.job(server, 3, "refused", "--dedupe=content")
            self.assertEqual([len(account[name]) for name in ("refused", "left_out")], [1, 1])
            self.assertEqual(len(self.told("refused")["refused"]), 1)
            self.assertEqual(self.verified(server, 3)["verdict"], "refused")

    def test_interrupted_and_then_killed(self):
        with Dovecot() as server:
            for ending, verdict in ((signal.SIGINT, "interrupted"), (signal.SIGKILL, "running")):
                before = server.count(mailbox="Mail")
                process = self.in_background(self.migrate_arguments(
                    server, self.archive, "Mail", "--report-json", "report.json",
                    "--max-messages-per-second=10"))
                self.wait_for(lambda: server.count(mailbox="Mail") > before + 2)
                process.send_signal(ending)
                process.communicate(timeout=60)
                box, = self.told(verdict)["mailboxes"]
                self.assertGreater(box["to_send"] + box["in_doubt"], 0)
            # The report is still that of the run that could write one.
            assert_valid(self.report())
            self.assertEqual(self.report()["verdict"], "interrupted")
            self.assertEqual(self.verified(server, 75)["verdict"], "unfinished")

    def test_failed_before_anything_was_there(self):
        with Dovecot() as server:
            account = self.job(server, 77, "failed", "--password-command=echo wrong")
            self.assertIn("login", account["reason"])
            self.told("failed")


class PlanTest(ProgramTest):
    def test_go_and_no_go(self):
        with Dovecot(quota="*:storage=100K") as server:
            for archive, code in ((FIXTURES / "dates.mbox", 0), (FIXTURES / "demo.mbox", 1)):
                self.assert_code(self.migrate(server, archive, "Mail", "--dry-run",
                                              "--report-json", "plan.json"), code)
                plan = self.report("plan.json")
                assert_valid(plan)
                self.assertEqual(plan["go"], code == 0)


class BatchReportTest(BatchTest):
    def setUp(self):
        super().setUp()
        self.server = self.enterContext(Dovecot({f"u{n}": f"of u{n}" for n in range(4)}))
        for user in self.server.users:
            self.make_archive(user, 5)
        rows = [self.row(self.server, user) for user in self.server.users]
        # A refused login, no mail, not all of it today: each is told in another way.
        rows[1]["password"] = "wrong"
        (self.folder / "u2.mbox").write_bytes(bytes(range(256)))
        rows[3]["max_messages_per_day"] = 2
        self.write_csv(rows, (*COLUMNS, "max_messages_per_day"))

    def test_the_report_of_every_kind_of_end(self):
        self.batch_report(code=75)
        report = self.report()
        assert_valid(report)
        self.assertEqual([one["verdict"] for one in report["accounts"]],
                         ["complete", "failed", "failed", "unfinished"])
        outcome = self.run_program("status", self.state, "--json")
        self.assert_code(outcome, 0)
        told = json.loads(outcome.out)
        assert_valid(told)
        self.assertEqual(sorted(one["user"] for one in told["accounts"]),
                         [one["user"] for one in report["accounts"]])

    def test_the_plan_of_every_kind_of_account(self):
        self.assertNotEqual(self.batch("--dry-run", "--report-json", "plan.json").code, 0)
        plan = self.report("plan.json")
        assert_valid(plan)
        self.assertEqual([one["go"] for one in plan["accounts"]], [True, False, False, True])
        self.assertTrue(all(one["reasons"] for one in plan["accounts"] if not one["go"]))


if __name__ == "__main__":
    unittest.main()
