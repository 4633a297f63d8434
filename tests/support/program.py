# SPDX-License-Identifier: Apache-2.0
# Runs the built mboxferry for the tests, away from the user's own settings and state.

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest
from typing import NamedTuple

PROGRAM = os.environ.get("MBOXFERRY", "")
ROOT = pathlib.Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "fixtures"
# Sanitizer builds repeat the suites with fewer cases.
REDUCED = bool(os.environ.get("MBOXFERRY_TEST_REDUCED"))
TIMEOUT = 180


class Outcome(NamedTuple):
    """How a run ended; negative codes are signals."""

    code: int
    out: str
    err: str
    arguments: tuple

    def __str__(self):
        return (f"{' '.join(map(str, self.arguments))}\ncode {self.code}\n"
                f"stdout:\n{self.out[-4000:]}\nstderr:\n{self.err[-4000:]}")

    def error_lines(self):
        return [line for line in self.err.splitlines() if line.strip()]


def environment(folder, **extra):
    """The caller's, without settings for mboxferry, with a home in `folder`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MBOXFERRY")}
    return {**kept, "HOME": str(folder), "XDG_STATE_HOME": str(folder / "state"),
            "LC_ALL": "C.UTF-8", "TZ": "UTC",
            # Tests keep journals beside their archives, and have no terminal to be asked on.
            "MBOXFERRY_ACCEPT_JOURNAL_TARGET": "1", **{name: str(value) for name, value in extra.items()}}


class ProgramTest(unittest.TestCase):
    """Gives each test a folder of its own and keeps all that its runs printed."""

    @classmethod
    def setUpClass(cls):
        if not PROGRAM:
            raise unittest.SkipTest("MBOXFERRY does not name the program")

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mf-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.outcomes = []

    def run_program(self, *arguments, timeout=TIMEOUT, stdin=subprocess.DEVNULL, under=(), **extra):
        """Runs to the end, under another program where `under` names one; keyword arguments are
        environment variables."""
        done = subprocess.run([*under, PROGRAM, *map(str, arguments)], stdin=stdin, timeout=timeout,
                              capture_output=True, check=False, cwd=self.folder,
                              env=environment(self.folder, **extra))
        outcome = Outcome(done.returncode, done.stdout.decode(errors="replace"),
                          done.stderr.decode(errors="replace"), arguments)
        self.outcomes.append(outcome)
        self.assertNotIn("Sanitizer", outcome.err, str(outcome))
        self.assertNotIn("runtime error", outcome.err, str(outcome))
        return outcome

    def measured(self, *arguments, **options):
        """The outcome of a run and the KiB that it took at most."""
        told = self.folder / "peak"
        outcome = self.run_program(
            *arguments, under=("/usr/bin/time", "-f", "%M", "-o", str(told)), **options)
        return outcome, int(told.read_text().split()[-1])

    def migrate_arguments(self, server, archive, mailbox, *more, journal="job.journal", port=None,
                          user=None):
        user = user or next(iter(server.users))
        url = server.url(mailbox, user)
        if port:
            url = re.sub(r":\d+(?=/|$)", f":{port}", url)
        archives = archive if isinstance(archive, (list, tuple)) else [archive]
        arguments = ["migrate", *archives, "--to", url, "--ca-file", server.ca_file, "--journal",
                     self.folder / journal, "--progress=none", *more]
        if not any(str(one).startswith(("--password", "--ask")) for one in more):
            arguments += ["--password-file", server.password_file(user)]
        return arguments

    def migrate(self, server, archive, mailbox, *more, journal="job.journal", port=None, user=None,
                **extra):
        return self.run_program(*self.migrate_arguments(server, archive, mailbox, *more, user=user,
                                                        journal=journal, port=port), **extra)

    def report(self, name="report.json"):
        return json.loads((self.folder / name).read_text())

    def assert_code(self, outcome, code):
        self.assertEqual(outcome.code, code, str(outcome))

    def assert_one_line(self, outcome, code, *words):
        """`code`, and one line on stderr that has all `words` (case aside); nothing on stdout."""
        self.assert_code(outcome, code)
        self.assertEqual(len(outcome.error_lines()), 1, str(outcome))
        for word in words:
            self.assertIn(str(word).lower(), outcome.err.lower(), str(outcome))


def fixture_truth():
    """fixtures/expected.json: {file: [{"subject", "sha256", "size", "epoch", "flags"}]}."""
    return json.loads((FIXTURES / "expected.json").read_text())
