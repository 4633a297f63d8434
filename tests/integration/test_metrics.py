# SPDX-License-Identifier: Apache-2.0
# The file for Prometheus: what docs/metrics.md names, whole at any moment, true at the end.

import re
import subprocess
import time
import unittest

from support import archives
from support.batch import BatchTest
from support.dovecot import Dovecot
from support.program import PROGRAM, ROOT, environment

LINE = re.compile(r'(?P<name>[a-z_]+)(?:\{(?P<labels>[a-z]+="(?:[^"\\\n]|\\["\\])*"'
                  r'(?:,[a-z]+="(?:[^"\\\n]|\\["\\])*")*)\})? (?P<value>[0-9.e+-]+)')


def parse(text):
    """{(name, labels): value}; every metric has its HELP and TYPE in front of it."""
    values, described = {}, {}
    for line in text.splitlines():
        if line.startswith("# "):
            kind, name, rest = re.fullmatch(r"# (HELP|TYPE) ([a-z_]+) (.+)", line).groups()
            described.setdefault(name, {})[kind] = rest
            continue
        found = LINE.fullmatch(line)
        assert found, line
        assert set(described[found["name"]]) == {"HELP", "TYPE"}, line
        values[found["name"], found["labels"] or ""] = float(found["value"])
    return values, {name: one["TYPE"] for name, one in described.items()}


def documented():
    text = (ROOT / "docs" / "metrics.md").read_text()
    return dict(re.findall(r"^\| (mboxferry_\w+) \| (\w+) \|", text, re.MULTILINE))


class MetricsTest(BatchTest):
    def setUp(self):
        super().setUp()
        self.server = self.enterContext(Dovecot({"alice": "secret"}))
        self.file = self.folder / "job.prom"

    def read(self):
        return parse(self.file.read_text())

    def test_a_run_that_fails_before_it_has_begun_does_not_look_like_the_one_before(self):
        archive = self.folder / "mail.mbox"
        archives.make(archive, 3)
        arguments = (self.server, archive, "Mail", "--metrics-file", self.file)
        self.assert_code(self.migrate(*arguments), 0)
        label = f'account="alice@{self.server.host}:{self.server.tls_port}"'
        before = self.read()[0]["mboxferry_last_success_timestamp_seconds", label]
        archive.unlink()
        self.assert_code(self.migrate(*arguments), 66)
        values, _ = self.read()
        self.assertEqual(values["mboxferry_exit_status", label], 66)
        self.assertEqual(values["mboxferry_running", label], 0)
        self.assertEqual(values["mboxferry_last_success_timestamp_seconds", label], before)
        self.file.write_text("precious")
        self.migrate(*arguments)
        self.assertEqual(self.file.read_text(), "precious")

    def test_a_batch_whose_csv_cannot_be_used(self):
        self.write_bytes(b"nothing,known\n1,2\n")
        self.assert_code(self.batch("--metrics-file", self.file), 78)
        values, _ = self.read()
        self.assertEqual(values["mboxferry_batch_exit_status", ""], 78)

    def test_a_link_is_not_replaced(self):
        archive = self.folder / "mail.mbox"
        archives.make(archive, 3)
        self.file.symlink_to(self.folder / "elsewhere")
        outcome = self.migrate(self.server, archive, "Mail", "--metrics-file", self.file)
        self.assert_one_line(outcome, 73, "is a link")
        self.assertTrue(self.file.is_symlink())

    def test_a_job_from_its_beginning_to_its_end(self):
        archive = self.folder / "mail.mbox"
        wanted = archives.make(archive, 40)
        arguments = self.migrate_arguments(self.server, archive, "Mail", "--metrics-file",
                                           self.file, "--max-messages-per-second=20")
        process = subprocess.Popen([PROGRAM, *map(str, arguments)], stderr=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, env=environment(self.folder))
        label = f'account="alice@{self.server.host}:{self.server.tls_port}"'
        try:
            deadline = time.monotonic() + 30
            while not self.file.exists():
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.02)
            values, _ = self.read()
            self.assertEqual(values["mboxferry_running", label], 1)
            self.assertEqual(process.wait(60), 0)
        finally:
            process.kill()
            process.wait()
        values, types = self.read()
        self.assertEqual(values["mboxferry_running", label], 0)
        self.assertEqual(values["mboxferry_phase", label + ',phase="done"'], 1)
        self.assertEqual(values["mboxferry_phase", label + ',phase="sending"'], 0)
        self.assertEqual(values["mboxferry_messages_stored", label], 40)
        self.assertEqual(values["mboxferry_messages_planned", label], 40)
        self.assertEqual(values["mboxferry_run_messages_stored_total", label], 40)
        self.assertEqual(values["mboxferry_messages_refused", label], 0)
        self.assertEqual(values["mboxferry_bytes_stored", label], sum(one.size for one in wanted))
        self.assertEqual(values["mboxferry_archive_bytes", label], archive.stat().st_size)
        self.assertEqual(types, {name: kind for name, kind in documented().items()
                                 if "_batch_" not in name})
        self.assertEqual(self.file.stat().st_mode & 0o777, 0o644)
        self.assertNotIn("secret", self.file.read_text())

    def test_a_batch(self):
        self.make_archive("alice", 12)
        self.write_csv([self.row(self.server, "alice"),
                        {**self.row(self.server, "alice"), "user": "nobody", "password": "x"}])
        self.batch("--metrics-file", self.file, "--report-html", "batch.html", "--report-csv",
                   "batch.csv")
        values, types = self.read()
        self.assertEqual({name: values[f"mboxferry_batch_{name}", ""] for name in
                          ("running", "accounts", "accounts_complete", "accounts_failed",
                           "accounts_waiting", "run_messages_stored_total")},
                         {"running": 0, "accounts": 2, "accounts_complete": 1,
                          "accounts_failed": 1, "accounts_waiting": 0,
                          "run_messages_stored_total": 12})
        self.assertEqual((values["mboxferry_batch_exit_status", ""],
                          values["mboxferry_batch_accounts_login_refused", ""]), (77, 1))
        self.assertEqual(types, {name: kind for name, kind in documented().items()
                                 if "_batch_" in name})
        self.assertEqual((self.folder / "batch.csv").read_text().count(",stored,"), 12)
        self.assertIn("nobody", (self.folder / "batch.html").read_text())

    def test_a_failed_login_is_seen_and_the_last_success_is_kept(self):
        archive = self.folder / "mail.mbox"
        archives.make(archive, 3)
        wrong = self.folder / "wrong"
        wrong.write_text("wrong\n")
        label = f'account="alice@{self.server.host}:{self.server.tls_port}"'

        def run(code, *more):
            self.assert_code(self.migrate(self.server, archive, "Mail", "--metrics-file", self.file,
                                          *more), code)
            values, _ = self.read()
            self.assertEqual(values["mboxferry_exit_status", label], code)
            return values["mboxferry_last_success_timestamp_seconds", label]

        self.assertEqual(run(77, "--password-file", wrong), 0)
        success = run(0)
        self.assertGreater(success, time.time() - 600)
        self.assertEqual(run(77, "--password-file", wrong), success)

    def test_a_file_that_cannot_be_written(self):
        archives.make(self.folder / "mail.mbox", 3)
        arguments = ("--metrics-file", self.folder / "none" / "job.prom")
        self.assert_one_line(self.migrate(self.server, self.folder / "mail.mbox", "Mail",
                                          *arguments), 73, "job.prom")
        self.assert_one_line(self.migrate(self.server, self.folder / "mail.mbox", "Mail",
                                          "--metrics-file", self.file, "--dry-run"), 64,
                             "--metrics-file")


if __name__ == "__main__":
    unittest.main()
