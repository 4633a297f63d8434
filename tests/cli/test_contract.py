# SPDX-License-Identifier: Apache-2.0
# What other programs may rely on: the JSON documents, key by key, and the streams they come on.

import gzip
import hashlib
import json
import re
import sqlite3
import stat
import unittest

from support import archives
from support.dovecot import Dovecot
from support.fake_imap import FakeImap, Refusal
from support.program import FIXTURES, ProgramTest, fixture_truth

INTEGER, TEXT, BOOLEAN, NUMBER = int, str, bool, (int, float)
OPTIONAL_NUMBER = (int, float, type(None))

SCAN = {
    "schema": TEXT,
    "archives": [{
        "path": TEXT, "kind": TEXT, "bytes": INTEGER,
        "folders": [{
            "path": TEXT, "dialect": TEXT, "messages": INTEGER,
            "bytes": {"message": INTEGER, "separator": INTEGER, "quoting": INTEGER,
                      "junk": INTEGER},
            "doubtful": [{"offset": INTEGER, "line": TEXT, "reason": TEXT, "taken": BOOLEAN}],
            "left_out": {"pseudo": INTEGER, "expunged": INTEGER},
            "problems": [{"offset": INTEGER, "code": TEXT, "text": TEXT}]}]}],
    "totals": {"messages": INTEGER, "bytes": INTEGER}}

LISTED = {"folder": TEXT, "offset": INTEGER, "length": INTEGER, "wire_size": INTEGER,
          "sha256": TEXT, "message_id": (str, type(None)), "internaldate": TEXT,
          "internaldate_from": TEXT, "flags": [TEXT], "keywords": [TEXT], "labels": [TEXT]}

REPORT = {
    "schema": TEXT, "verdict": TEXT,
    "accounts": [{
        "user": TEXT, "host": TEXT, "verdict": TEXT,
        "mailboxes": [{"name": TEXT, "planned": INTEGER, "stored": INTEGER,
                       "already_there": INTEGER, "refused": INTEGER, "skipped": INTEGER,
                       "bytes": INTEGER}],
        "refused": [{"folder": TEXT, "offset": INTEGER, "code": TEXT, "text": TEXT}],
        "seconds": NUMBER, "messages_per_second": NUMBER, "bytes_per_second": NUMBER}]}

PLAN = {
    "schema": TEXT, "go": BOOLEAN,
    "accounts": [{
        "user": TEXT, "host": TEXT, "go": BOOLEAN, "reasons": [TEXT],
        "mailboxes": [{"name": TEXT, "exists": BOOLEAN, "planned": INTEGER, "oversize": INTEGER,
                       "skipped": INTEGER, "bytes": INTEGER, "lost_flags": INTEGER,
                       "date_corrections": INTEGER, "renamed_from": (str, type(None))}],
        "quota": {"limit": OPTIONAL_NUMBER, "used": OPTIONAL_NUMBER, "needed": INTEGER},
        "server": {"prefix": TEXT, "separator": TEXT, "append_limit": OPTIONAL_NUMBER},
        "time": {"least_seconds": NUMBER, "most_seconds": NUMBER, "rests_on": TEXT}}]}

VERIFY = {"schema": TEXT, "verdict": TEXT, "checked": INTEGER, "missing": [dict],
          "different": [dict], "unexpected": [dict]}


class ContractTest(ProgramTest):
    def assert_shape(self, value, shape, where="$"):
        """Every key of `shape` is there with its type; more keys may be."""
        if isinstance(shape, dict):
            self.assertIsInstance(value, dict, where)
            for key, inner in shape.items():
                self.assertIn(key, value, where)
                self.assert_shape(value[key], inner, f"{where}.{key}")
        elif isinstance(shape, list):
            self.assertIsInstance(value, list, where)
            for number, item in enumerate(value):
                self.assert_shape(item, shape[0], f"{where}[{number}]")
        elif shape is not dict or not isinstance(value, str):
            self.assertIsInstance(value, shape, where)
            if shape in (INTEGER, NUMBER):
                self.assertNotIsInstance(value, bool, where)


class ScanTest(ContractTest):
    def scan(self, *arguments):
        outcome = self.run_program("scan", "--json", *arguments)
        self.assert_code(outcome, 0)
        document = json.loads(outcome.out)
        self.assert_shape(document, SCAN)
        self.assertEqual(document["schema"], "mboxferry.scan/1")
        return document

    def listed(self, *arguments):
        outcome = self.run_program("scan", "--list", *arguments)
        self.assert_code(outcome, 0)
        rows = [json.loads(line) for line in outcome.out.splitlines()]
        for row in rows:
            self.assert_shape(row, LISTED)
            self.assertRegex(row["sha256"], "^[0-9a-f]{64}$")
            self.assertIn(row["internaldate_from"], ("from", "received", "date", "none"))
        return rows

    def test_every_byte_of_every_fixture_is_accounted_for(self):
        for path in sorted(FIXTURES.glob("*.mbox")):
            with self.subTest(path.name):
                archive, = self.scan(path)["archives"]
                folder, = archive["folders"]
                self.assertEqual(archive["bytes"], path.stat().st_size)
                self.assertEqual(sum(folder["bytes"].values()), path.stat().st_size)

    def test_fixtures_are_counted_and_left_out_as_written(self):
        truth = fixture_truth()
        left_out = {"pseudo.mbox": (1, 0), "mozilla-expunged.mbox": (0, 1),
                    "mozilla-keys.mbox": (0, 1)}
        for name, messages in truth.items():
            if "/" in name:
                continue
            with self.subTest(name):
                document = self.scan(FIXTURES / name)
                folder = document["archives"][0]["folders"][0]
                pseudo, expunged = left_out.get(name, (0, 0))
                self.assertEqual(folder["left_out"], {"pseudo": pseudo, "expunged": expunged})
                self.assertIn(folder["messages"],
                              (len(messages), len(messages) + pseudo + expunged))
                self.assertEqual(document["totals"]["messages"], folder["messages"])

    def test_a_tree_and_several_archives(self):
        document = self.scan(FIXTURES / "thunderbird", FIXTURES / "crlf.mbox")
        self.assertEqual(len(document["archives"]), 2)
        folders = {one["path"]: one["messages"] for one in document["archives"][0]["folders"]}
        self.assertEqual(sorted(folders.values()), [1, 1, 2, 3])
        self.assertTrue(any("Über uns" in path for path in folders), folders)
        self.assertEqual(document["totals"]["messages"], 10)

    def test_a_compressed_archive_counts_the_unpacked_stream(self):
        raw = (FIXTURES / "demo.mbox").read_bytes()
        path = self.folder / "demo.mbox.gz"
        path.write_bytes(gzip.compress(raw))
        folder, = self.scan(path)["archives"][0]["folders"]
        self.assertEqual((folder["messages"], sum(folder["bytes"].values())), (300, len(raw)))

    def test_the_list_tells_where_each_message_is_and_what_will_be_sent(self):
        path = self.folder / "mail.mbox"
        wanted = archives.make(path, 40, copies=3)
        raw = path.read_bytes()
        rows = self.listed(path)
        self.assertEqual([(row["sha256"], row["wire_size"]) for row in rows],
                         [(one.sha256, one.size) for one in wanted])
        self.assertEqual([set(row["flags"]) for row in rows], [one.flags for one in wanted])
        for row, one in zip(rows, wanted):
            text = raw[row["offset"]:row["offset"] + row["length"]]
            self.assertEqual(archives.to_wire(re.sub(rb"(?m)^>(>*From )", rb"\1", text)), one.wire)
            self.assertEqual(row["internaldate_from"], "from")
            found = re.search(rb"(?m)^Message-ID: (\S+)$", text.partition(b"\n\n")[0])
            self.assertEqual(row["message_id"] or "", found[1].decode() if found else "")

    def test_the_list_of_every_fixture_equals_its_truth(self):
        for name, messages in fixture_truth().items():
            with self.subTest(name):
                rows = self.listed(FIXTURES / name)
                self.assertEqual([(row["sha256"], row["wire_size"]) for row in rows],
                                 [(one["sha256"], one["size"]) for one in messages])

    def test_labels_are_decoded(self):
        rows = self.listed(FIXTURES / "takeout.mbox")
        self.assertEqual(rows[0]["labels"], ["Inbox", "Unread"])
        self.assertIn("Grüße", rows[2]["labels"])

    def test_results_go_to_stdout_and_all_else_to_stderr(self):
        outcome = self.run_program("scan", "--json", FIXTURES / "demo.mbox")
        json.loads(outcome.out)
        outcome = self.run_program("scan", FIXTURES / "demo.mbox")
        self.assert_code(outcome, 0)
        self.assertIn("300", outcome.out)


class MigrateTest(ContractTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.enterClassContext(Dovecot({"anne+x@example.com": "se cret"},
                                                   quota="*:storage=50M"))

    def setUp(self):
        super().setUp()
        self.server.delete_all()
        self.archive = self.folder / "mail.mbox"
        self.wanted = archives.make(self.archive, 20)

    def test_the_report_of_a_complete_job(self):
        outcome = self.migrate(self.server, self.archive, "A/B", "--report-json", "report.json")
        self.assert_code(outcome, 0)
        report = self.report()
        self.assert_shape(report, REPORT)
        self.assertEqual((report["schema"], report["verdict"]), ("mboxferry.report/1", "complete"))
        account, = report["accounts"]
        self.assertEqual((account["user"], account["host"], account["verdict"]),
                         ("anne+x@example.com", "localhost", "complete"))
        row, = account["mailboxes"]
        self.assertEqual((row["planned"], row["stored"], row["refused"], row["skipped"]),
                         (20, 20, 0, 0))
        self.assertEqual(row["bytes"], sum(one.size for one in self.wanted))
        self.assertEqual(account["refused"], [])
        self.assertGreater(account["messages_per_second"], 0)

    def test_the_plan_of_a_dry_run(self):
        outcome = self.migrate(self.server, self.archive, "Mail", "--dry-run", "--report-json",
                               "plan.json")
        self.assert_code(outcome, 0)
        plan = self.report("plan.json")
        self.assert_shape(plan, PLAN)
        self.assertEqual((plan["schema"], plan["go"]), ("mboxferry.plan/1", True))
        account, = plan["accounts"]
        row, = account["mailboxes"]
        size = sum(one.size for one in self.wanted)
        self.assertEqual((row["exists"], row["planned"], row["bytes"]), (False, 20, size))
        self.assertEqual(account["quota"]["limit"], 50 << 20)
        self.assertEqual(account["quota"]["needed"], size)
        self.assertLess(account["time"]["least_seconds"], account["time"]["most_seconds"])
        self.assertEqual(outcome.out.splitlines()[-1], "GO")

    def test_a_plan_that_does_not_fit_says_no_go(self):
        with Dovecot(quota="*:storage=10K") as server:
            outcome = self.migrate(server, self.archive, "Mail", "--dry-run", "--report-json",
                                   "plan.json")
            self.assert_code(outcome, 1)
            plan = self.report("plan.json")
            self.assertFalse(plan["go"])
            self.assertIn("quota", " ".join(plan["accounts"][0]["reasons"]).lower())
            self.assertRegex(outcome.out.splitlines()[-1], "^NO GO: the quota holds 10240 bytes")
            self.assertNotIn("Mail", server.mailboxes())

    def test_the_report_of_refused_messages(self):
        with FakeImap(on_append=lambda head: Refusal("NO", "[CANNOT] not this one")
                      if head.size == self.wanted[3].size else None) as server:
            outcome = self.migrate(server, self.archive, "Mail", "--report-json", "report.json")
        self.assert_code(outcome, 3)
        report = self.report()
        self.assert_shape(report, REPORT)
        self.assertEqual(report["verdict"], "refused")
        refused, = report["accounts"][0]["refused"]
        self.assertIn("not this one", refused["text"])
        row, = report["accounts"][0]["mailboxes"]
        self.assertEqual((row["stored"], row["refused"]), (19, 1))

    def test_progress_as_json_is_one_object_a_line(self):
        arguments = self.migrate_arguments(self.server, self.archive, "Mail")
        arguments[arguments.index("--progress=none")] = "--progress=json"
        outcome = self.run_program(*arguments)
        self.assert_code(outcome, 0)
        lines = outcome.error_lines()
        self.assertTrue(lines, str(outcome))
        for line in lines:
            self.assertIsInstance(json.loads(line), dict)

    def test_verify_finds_all_then_what_is_missing_and_what_is_new(self):
        self.assert_code(self.migrate(self.server, self.archive, "Mail"), 0)
        for more in ((), ("--full",)):
            outcome, document = self.verify(*more)
            self.assert_code(outcome, 0)
            self.assertEqual((document["verdict"], document["checked"]), ("complete", 20))
            self.assertEqual((document["missing"], document["different"]), ([], []))
        client = self.server.client()
        client.select("Mail")
        client.store("5", "+FLAGS", "\\Deleted")
        client.expunge()
        client.append("Mail", None, None, b"Subject: new\r\n\r\nx\r\n")
        client.logout()
        # The job's own comparison had found it in order (decision 0039).
        outcome, document = self.verify("--full")
        self.assert_code(outcome, 0)
        self.assertEqual((document["missing"], len(document["gone_since"])), ([], 1))
        outcome, document = self.verify("--full", "--strict")
        self.assert_code(outcome, 1)
        self.assertNotEqual(document["verdict"], "complete")
        self.assertEqual(len(document["missing"]), 1)
        self.assertEqual(len(document["unexpected"]), 1)

    def verify(self, *more):
        user = next(iter(self.server.users))
        outcome = self.run_program("verify", self.folder / "job.journal", "--json", "--ca-file",
                                   self.server.ca_file, "--password-file",
                                   self.server.password_file(user), *more)
        self.assertTrue(outcome.out, str(outcome))
        document = json.loads(outcome.out)
        self.assert_shape(document, VERIFY)
        self.assertEqual(document["schema"], "mboxferry.verify/1")
        return outcome, document

    def test_verify_full_sees_a_byte_that_differs(self):
        self.assert_code(self.migrate(self.server, self.archive, "Mail"), 0)
        # The mail store is edited behind the server's back: same size, another byte.
        stored = sorted((self.server.folder / "mail").rglob("cur/*"))[0]
        raw = bytearray(stored.read_bytes())
        # A letter, since a line end would change the size that the server remembers.
        at = max(at for at, byte in enumerate(raw) if chr(byte).isalpha() and byte < 128)
        raw[at] ^= 0x20
        stored.write_bytes(raw)
        outcome, document = self.verify("--full")
        self.assert_code(outcome, 1)
        self.assertEqual(len(document["different"]), 1, document)

    def test_status_tells_how_far_a_job_is(self):
        self.assert_code(self.migrate(self.server, self.archive, "Mail"), 0)
        outcome = self.run_program("status", self.folder / "job.journal")
        self.assert_code(outcome, 0)
        self.assertIn("20", outcome.out)

    def test_the_journal_is_private_and_a_database(self):
        self.assert_code(self.migrate(self.server, self.archive, "Mail"), 0)
        path = self.folder / "job.journal"
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        with sqlite3.connect(path) as journal:
            self.assertEqual(journal.execute("PRAGMA integrity_check").fetchone(), ("ok",))

    def test_the_archive_is_only_read(self):
        before = (self.archive.stat().st_mtime_ns, hashlib.sha256(self.archive.read_bytes()).digest())
        self.assert_code(self.migrate(self.server, self.archive, "Mail"), 0)
        self.assertEqual(before, (self.archive.stat().st_mtime_ns,
                                  hashlib.sha256(self.archive.read_bytes()).digest()))


if __name__ == "__main__":
    unittest.main()
