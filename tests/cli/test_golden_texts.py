# SPDX-License-Identifier: Apache-2.0
# What people read, line by line, on screens of 80 and of 120 columns: golden/*.txt. After a change
# that is meant, run this with MBOXFERRY_WRITE_GOLDEN=1, and look at what `git diff` says.

import os
import pathlib
import re
import unittest

from support.batch import COLUMNS, csv_text
from support.fake_imap import FakeImap, Refusal
from support.program import ProgramTest

GOLDEN = pathlib.Path(__file__).parent / "golden"
WRITE = bool(os.environ.get("MBOXFERRY_WRITE_GOLDEN"))
WIDTHS = (80, 120)
LONG = "Correspondence with the authority for water and waste water of the county, 2009 to 2014"

# What is another in each run, in the order in which it is replaced.
MASKS = (
    (r"/[^ ,:;)\"]*/mf-test-[^/ ,:;)\"]*", "FOLDER"),
    (r"localhost:\d+", "localhost:12345"),
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?( ?UTC|Z|\+00:00)?", "DATE"),
    (r"\b[0-9a-f]{8,}\b", "HEX"),
    (r"\d+(\.\d+)? (ms|s|min|seconds?)\b", "N s"),
    (r"\d+(\.\d+)?m?s\b", "Ns"),
    (r"\d+(\.\d+)?/s", "N/s"),
    (r"\d+(\.\d+)? [kMG]?B/s", "N B/s"),
)


def message(number, subject, size=200):
    text = (f"From: Ana Older <ana@example.org>\nTo: b@example.org\nSubject: {subject}\n"
            f"Date: Thu, 04 Mar 2021 10:00:{number % 60:02} +0000\n"
            f"Message-ID: <{number}@example.org>\n\n" + "text\n" * (size // 5))
    return f"From ana@example.org Thu Mar  4 10:00:{number % 60:02} 2021\n{text}\n".encode()


class GoldenTextTest(ProgramTest):
    maxDiff = None

    def setUp(self):
        super().setUp()
        mail = self.folder / "mail"
        (mail / "Work.sbd").mkdir(parents=True)
        (self.folder / "state").mkdir(mode=0o700)
        (mail / "Inbox").write_bytes(b"".join(message(n, f"letter {n}") for n in range(12)))
        (mail / "Work.sbd" / LONG).write_bytes(message(100, "water", 70_000) + message(101, "virus"))
        (mail / "Inbox.msf").write_bytes(b"index")
        (mail / "Broken.mbox").write_bytes(b"no line of mail\n")
        virus = message(101, "virus").partition(b"\n")[2].removesuffix(b"\n")
        virus = len(virus) + virus.count(b"\n")
        self.server = self.enterContext(FakeImap(
            on_append=lambda head: Refusal("NO", "[CANNOT] a virus") if head.size == virus else None))

    def assert_golden(self, name, width, outcome):
        text = outcome.out + ("".join(f"stderr: {line}\n" for line in outcome.err.splitlines()))
        for pattern, word in MASKS:
            text = re.sub(pattern, word, text)
        path = GOLDEN / f"{name}-{width}.txt"
        if WRITE:
            path.write_text(text)
        self.assertEqual(text, path.read_text(), f"{path.name}: {outcome}")

    def both(self, name, *arguments, code=0):
        for width in WIDTHS:
            outcome = self.run_program(*arguments, COLUMNS=width)
            self.assert_code(outcome, code)
            self.assert_golden(name, width, outcome)

    def test_scan(self):
        self.both("scan", "scan", "mail", "--progress=none")

    def test_a_job_from_dry_run_to_report(self):
        access = ("--ca-file", self.server.ca_file, "--password-file", self.server.password_file())
        job = ("migrate", "mail", "--to", self.server.url("Old"), *access, "--progress=none")
        self.both("dry-run", *job, "--journal", "job.journal", "--dry-run", code=1)
        for width in WIDTHS:
            self.server.mailboxes = {"INBOX": type(self.server.mailboxes["INBOX"])()}
            self.server.heads = 0
            outcome = self.run_program(*job, "--journal", f"state/{width}.journal", COLUMNS=width)
            self.assert_code(outcome, 3)
            self.assert_golden("migrate", width, outcome)
        journal = f"state/{WIDTHS[-1]}.journal"
        self.both("status", "status", journal, code=0)
        self.both("verify", "verify", journal, *access, code=3)
        self.both("report", "report", journal, code=0)
        (self.folder / "state" / f"{WIDTHS[0]}.journal").unlink()
        self.both("jobs", "jobs", "state", code=0)

    def test_a_batch(self):
        for user in ("alice", "bob", "carol"):
            (self.folder / f"{user}.mbox").write_bytes(message(1, f"to {user}"))
        row = {"host": self.server.host, "port": self.server.port, "ca_file": self.server.ca_file}
        accounts = self.folder / "accounts.csv"
        accounts.touch(mode=0o600)
        accounts.write_text(csv_text(
            [{**row, "archive": "alice.mbox", "user": "alice", "password": "secret"},
             {**row, "archive": "bob.mbox", "user": "bob", "password": "wrong"},
             {**row, "archive": "gone.mbox", "user": "carol", "password": "secret"}], COLUMNS))
        batch = ("batch", "accounts.csv", "--progress=none", "--state-dir")
        self.both("batch-dry-run", *batch, "state", "--dry-run", code=1)
        for width in WIDTHS:
            self.server.mailboxes = {"INBOX": type(self.server.mailboxes["INBOX"])()}
            outcome = self.run_program(*batch, f"state{width}", COLUMNS=width)
            self.assert_code(outcome, 1)
            self.assert_golden("batch", width, outcome)


if __name__ == "__main__":
    unittest.main()
