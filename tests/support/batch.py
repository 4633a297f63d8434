# SPDX-License-Identifier: Apache-2.0
# What tests of `mboxferry batch` share: accounts, their archives and the CSV that names them.

import csv
import io
import subprocess
import time

from . import archives
from .dovecot import Dovecot
from .program import PROGRAM, REDUCED, ProgramTest, environment

COLUMNS = ("archive", "host", "port", "user", "password", "ca_file")
USERS = [f"user{number:02}" for number in range(12 if REDUCED else 32)]


def csv_text(rows, columns=COLUMNS, separator=",", line_end="\n"):
    """Rows are dictionaries; what a row does not have is an empty field."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", delimiter=separator,
                            lineterminator=line_end)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


class BatchTest(ProgramTest):
    """`self.wanted` holds what each user's mailbox should have in the end."""

    def setUp(self):
        super().setUp()
        self.csv = self.folder / "accounts.csv"
        self.state = self.folder / "state"
        self.wanted = {}

    def make_archive(self, user, count=12, seed=None, **how):
        """USER.mbox, whose messages are not those of any other user."""
        self.wanted[user] = archives.make(self.folder / f"{user}.mbox", count,
                                          seed=len(self.wanted) + 1 if seed is None else seed,
                                          **how)

    def row(self, server, user, **more):
        return {"archive": f"{user}.mbox", "host": server.host, "port": server.tls_port,
                "user": user, "password": server.users[user], "ca_file": server.ca_file, **more}

    def write_csv(self, rows, columns=COLUMNS, mode=0o600, prefix=b"", encoding="utf-8", **how):
        self.write_bytes(prefix + csv_text(rows, columns, **how).encode(encoding), mode)

    def write_bytes(self, content, mode=0o600):
        self.csv.touch(mode=0o600)
        self.csv.write_bytes(content)
        self.csv.chmod(mode)

    def batch_arguments(self, *more):
        quiet = [] if any(str(one).startswith("--progress") for one in more) else ["--progress=none"]
        return ["batch", self.csv, "--state-dir", self.state, *quiet, *more]

    def batch(self, *more, **extra):
        return self.run_program(*self.batch_arguments(*more), **extra)

    def batch_report(self, *more, code=0, **extra):
        """The accounts of the report of a run that ends with `code`, in its order."""
        self.assert_code(self.batch("--report-json", "report.json", *more, **extra), code)
        return self.report()["accounts"]

    def batch_in_background(self, *more):
        return self.in_background(self.batch_arguments(*more))

    def in_background(self, arguments):
        """A process with `communicate`; a test that fails leaves none behind."""
        process = subprocess.Popen(
            [PROGRAM, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, cwd=self.folder, text=True, env=environment(self.folder))
        self.addCleanup(self._end, process)
        return process

    @staticmethod
    def _end(process):
        process.kill()
        process.communicate()

    def assert_all_there(self, server, users=None, mailbox=None):
        """Every message of every user exactly once, in the archive's order; an archive that is named
        after its user went into INBOX."""
        for user in users or self.wanted:
            found = server.fetch_all(user, mailbox or "INBOX")
            self.assertEqual(archives.differences(self.wanted[user], found), [], user)

    def wait_for(self, condition):
        deadline = time.monotonic() + 60
        while not condition():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)


class ManyAccountsTest(BatchTest):
    """One Dovecot with many users; each test has a few or all of them."""

    def setUp(self):
        super().setUp()
        # A server of its own: its log and its accounts are looked at.
        self.server = self.enterContext(Dovecot({user: f"of {user}" for user in USERS},
                                                rawlog=True, separator="/"))

    def make_accounts(self, users, count=12, **columns):
        for user in users:
            self.make_archive(user, count)
        self.write_csv([self.row(self.server, user, **columns) for user in users],
                       (*COLUMNS, *columns))
