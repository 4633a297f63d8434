# SPDX-License-Identifier: Apache-2.0
# The disk is full or broken while a job writes its journal, its quarantine or its report.

import errno
import unittest

from support import archives
from support.fake_imap import FakeImap, Refusal
from support.fault_test import FaultTest
from support.preload import preloaded
from support.program import REDUCED

COMPLETE_BUT_ONE = 3  # the exit code of a job with refused messages
CANNOT_CREATE, IO = 73, 74
# In the words of the system or of SQLite, which says nothing about a log that it cannot create.
REASONS = {errno.ENOSPC: ("No space left on device", "disk is full",
                          "unable to open database file"),
           errno.EIO: ("Input/output error", "disk I/O error"),
           errno.EROFS: ("Read-only file system", )}


class DiskTest(FaultTest):
    """A server that refuses one message, so that there is a quarantine as well."""

    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        self.wanted = archives.make(self.archive, 90, copies=8, body_bytes=(20, 200), seed=17)
        sizes = [one.size for one in self.wanted]
        self.culprit = next(one for one in self.wanted[30:] if sizes.count(one.size) == 1)
        self.server = self.enterContext(FakeImap(
            on_append=lambda head: Refusal("NO", "a virus")
            if head.size == self.culprit.size else None))

    def run_job(self, name, **extra):
        return self.migrate(self.server, self.archive, name, "--report-json", f"{name}.report",
                            journal=f"{name}.journal", **extra)

    def failing(self, path, call, number, error, **more):
        """A job whose disk fails, its outcome, and what is wrong when it was run again."""
        name = self.fresh()
        if path == ".journal":
            # The file of refused messages is called after the journal, and has cases of its own.
            more["FAILING_DISK_BUT"] = ".journal.refused"
        outcome = self.run_job(name, **preloaded(
            "failing_disk", FAILING_DISK_PATH=name + path, FAILING_DISK_CALL=call,
            FAILING_DISK_FROM=number, FAILING_DISK_ERRNO=error, **more))
        again = self.run_job(name)
        if again.code != COMPLETE_BUT_ONE:
            return outcome, str(again)
        bodies = sorted(self.server.bodies(name))
        kept = sorted(one.wire for one in self.wanted if one is not self.culprit)
        quarantine = (self.folder / f"{name}.journal.refused.mbox").read_bytes()
        if archives.quote_mboxrd(self.culprit.wire) not in quarantine:
            return outcome, "the refused message is not kept"
        return outcome, None if bodies == kept else f"{len(bodies)} instead of {len(kept)}"

    def check(self, case):
        path, call, number, error, codes, *once = case
        more = {"FAILING_DISK_ONCE": 1} if once else {}
        outcome, problem = self.failing(path, call, number, error, **more)
        if outcome.code not in codes:
            return str(outcome)
        if outcome.code != COMPLETE_BUT_ONE:
            self.check_line(outcome)
            if not any(words in outcome.err for words in REASONS[error]):
                return f"no reason is told: {outcome}"
        return problem

    def test_a_full_disk_at_each_write_of_the_journal(self):
        numbers = range(1, 60, 12 if REDUCED else 3)
        # After its last write a job gets through.
        self.all_cases(self.check, [(".journal", "write", number, errno.ENOSPC,
                                     (IO, COMPLETE_BUT_ONE)) for number in numbers], at_once=12)

    def test_a_broken_disk_at_each_sync_of_the_journal(self):
        numbers = range(1, 40, 9 if REDUCED else 2)
        cases = [(".journal", "sync", number, errno.EIO, (IO, COMPLETE_BUT_ONE), *once)
                 for number in numbers for once in ((), ("once", ))]
        self.all_cases(self.check, cases, at_once=12)

    def test_files_that_cannot_be_made_written_or_synced(self):
        cases = [(".journal", "create", 1, errno.ENOSPC, (CANNOT_CREATE, )),
                 (".journal", "create", 2, errno.ENOSPC, (IO, )),
                 (".journal", "create", 1, errno.EROFS, (CANNOT_CREATE, )),
                 (".journal-wal", "create", 1, errno.ENOSPC, (CANNOT_CREATE, IO)),
                 (".journal-wal", "write", 1, errno.ENOSPC, (IO, )),
                 (".journal-wal", "sync", 3, errno.EIO, (IO, )),
                 (".journal.refused.mbox", "create", 1, errno.ENOSPC, (CANNOT_CREATE, )),
                 (".journal.refused.mbox", "write", 1, errno.ENOSPC, (IO, )),
                 (".journal.refused.mbox", "sync", 1, errno.EIO, (CANNOT_CREATE, IO)),
                 (".report", "write", 1, errno.ENOSPC, (IO, )),
                 (".report", "sync", 1, errno.EIO, (IO, ))]
        self.all_cases(self.check, cases[::2] if REDUCED else cases, at_once=12)


if __name__ == "__main__":
    unittest.main()
