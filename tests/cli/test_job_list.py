# SPDX-License-Identifier: Apache-2.0
# Which jobs there are, which of them count, and what is left when one is forgotten.

import fcntl
import json
import os
import sqlite3
import struct
import unittest

from support import journals
from support.report_jobs import ReportJobs
from support.schemas import assert_valid
from support.terminal import on_terminal


class JobListTest(ReportJobs):
    def setUp(self):
        super().setUp()
        self.state = self.folder / "state" / "mboxferry"
        self.state.mkdir(parents=True, mode=0o700)
        # Ada's archive was moved three times, Bob's is not finished, Cid's has refused messages.
        self.make("ada-1", "ada@one.example:993", "2026-11-01")
        self.make("ada-2", "ada@one.example:993", "2026-11-03")
        self.make("ada-3", "ada@one.example:993", "2026-11-02", verdict="failed")
        self.make("bob-1", "bob@one.example:993", "2026-11-04", verdict="running")
        self.make("cid-1", "cid@one.example:993", "2026-11-05", verdict="refused")
        journals.refuse(self.state / "cid-1.journal", 25, "too-big", "too big")
        with sqlite3.connect(self.state / "cid-1.journal") as database:
            database.execute("INSERT OR REPLACE INTO note VALUES ('quarantine', '25 as left')")
        database.close()
        (self.state / "cid-1.journal.refused.mbox").write_bytes(b"From x\n\nrefused\n")

    def test_journals_are_looked_for_in_the_folders_of_shards_and_not_everywhere(self):
        deep = self.state / "shards" / "one" / "today"
        (deep / "more").mkdir(parents=True)
        for folder in (deep, deep / "more"):
            journals.copy(self.state / "ada-1.journal", folder / "ada-1.journal").chmod(0o600)
        report = json.loads(self.run_there("report", "--json", "-").out)
        self.assertEqual(len(report["accounts"]), 6)

    @unittest.skipUnless(os.geteuid() == 0, "needs a user who may not read everything")
    def test_a_folder_that_cannot_be_read_hides_no_job(self):
        folder = self.state / "lost+found"
        folder.mkdir(mode=0o700)
        for path in (self.folder, self.folder / "state", self.state, *self.state.glob("*.journal")):
            os.chown(path, 65534, 65534)
        self.folder.chmod(0o755)
        outcome = self.run_program("jobs", XDG_STATE_HOME=str(self.folder / "state"),
                                   under=("setpriv", "--reuid=65534", "--regid=65534",
                                          "--clear-groups"))
        self.assert_code(outcome, 74)
        self.assertIn(str(folder), outcome.err)
        self.assertIn("5 jobs of 3 accounts", outcome.out)

    def test_a_link_to_a_journal_is_not_forgotten_nor_is_one_twice(self):
        link = self.state / "link.journal"
        link.symlink_to(self.state / "ada-1.journal")
        refused = self.run_there("forget", "--yes", link, code=64)
        self.assertIn(f"name the journal itself: {self.state / 'ada-1.journal'}", refused.err)
        name = self.state / "ada-1.journal"
        self.assertEqual(self.run_there("forget", "--yes", name, f"{self.state}/./ada-1.journal").err, "")
        self.assertNotIn("ada-1.journal", self.left())

    def make(self, name, account, day, **notes):
        path = self.state / f"{name}.journal"
        journals.edit(journals.copy(self.finished / "job.journal", path), account=account, **notes)
        with sqlite3.connect(path) as database:
            for note, time in (("started", "10:00:00"), ("finished", "11:00:00")):
                database.execute("UPDATE note SET value = ? WHERE name = ?",
                                 (f"{day}T{time}+00:00", note))
        database.close()
        path.chmod(0o600)
        return path

    def run_there(self, *arguments, code=0):
        """With the folder as the user's own state folder."""
        outcome = self.run_program(*arguments, XDG_STATE_HOME=str(self.folder / "state"))
        self.assert_code(outcome, code)
        return outcome

    def left(self):
        """Without what SQLite leaves beside a journal that was looked at."""
        return sorted(path.name for path in self.state.iterdir()
                      if not path.name.endswith(("-wal", "-shm")))

    def test_jobs_are_listed_by_account_with_what_became_of_them(self):
        document = json.loads(self.run_there("jobs", "--json").out)
        assert_valid(document)
        told = [(os.path.basename(job["journal"]), job["replaced"]) for job in document["jobs"]]
        by_account = {}
        for name, replaced in told:
            by_account.setdefault(name[:3], []).append((name[4], replaced))
        self.assertEqual(by_account, {"ada": [("2", False), ("3", True), ("1", True)],
                                      "bob": [("1", False)], "cid": [("1", False)]})
        order = [name[:3] for name, _ in told]
        self.assertEqual(order, sorted(order, key=order.index))  # account by account
        text = self.run_there("jobs").out
        self.assertIn("5 jobs of 3 accounts: 1 complete, 1 not finished, 1 refused, 2 replaced",
                      text)
        self.assertIn("  complete     2026-11-03 10:00  90 of 90 messages stored\n", text)
        self.assertIn(f"    journal  {self.state}/cid-1.journal\n", text)

    def test_status_and_report_mean_the_state_folder_and_count_accounts_not_jobs(self):
        for command in ("status", "report"):
            text = self.run_there(command).out
            self.assertIn("3 accounts: 1 complete, 1 refused, 1 not finished\n", text)
            self.assertIn("2 jobs replaced by later ones", text)
            self.assertNotIn("ada", text)
        document = json.loads(self.run_there("report", "--json", "-").out)
        assert_valid(document)
        self.assertEqual((document["verdict"], len(document["accounts"])), ("unfinished", 5))
        self.assertEqual([one["user"] for one in document["accounts"] if one.get("replaced")],
                         ["ada", "ada"])

    def test_an_empty_or_missing_state_folder_is_said(self):
        for path in list(self.state.iterdir()):
            path.unlink()
        self.assertIn("there are no jobs in", self.run_there("jobs").out)
        self.state.rmdir()
        for command in ("jobs", "status", "report"):
            outcome = self.run_there(command, code=64)
            self.assertIn("there are no jobs", outcome.err)

    def test_what_is_finished_is_forgotten_and_nothing_else(self):
        before = self.left()
        told = self.run_there("forget", "--finished", "--dry-run").out
        self.assertEqual(self.left(), before)
        for name in ("ada-1", "ada-2", "ada-3"):
            self.assertIn(f"{name}.journal", told)
        self.assertNotIn("bob-1", told)
        self.assertNotIn("cid-1", told)
        outcome = self.run_there("forget", "--finished", "--yes")
        self.assertIn("3 jobs forgotten", outcome.out)
        self.assertEqual(self.left(),
                         ["bob-1.journal", "cid-1.journal", "cid-1.journal.refused.mbox"])
        self.assertEqual([*self.state.glob("ada*")], [])
        self.assertIn("there is no such job", self.run_there("forget", "--finished", "--yes").out)

    def test_age_chooses(self):
        self.assertIn("no such job",
                      self.run_there("forget", "--finished", "--older-than", "365d", "-n").out)
        self.make("old", "eve@one.example:993", "2020-01-01")
        told = self.run_there("forget", "--finished", "--older-than", "365d", "-n").out
        self.assertIn("old.journal", told)
        self.assertNotIn("ada", told)

    def test_a_job_by_name_goes_with_its_refused_messages_after_saying_so(self):
        path = self.state / "cid-1.journal"
        outcome = self.run_there("forget", path, "--yes")
        self.assertIn("refused: cid@one.example:993: 65 of 90 messages stored", outcome.out)
        self.assertIn(f"with 25 refused messages in {path}.refused.mbox", outcome.out)
        self.assertEqual([*self.state.glob("cid*")], [])

    def test_without_a_yes_nothing_is_deleted(self):
        before = self.left()
        self.run_there("forget", "--finished", code=78)  # nobody can be asked
        self.assertEqual(self.left(), before)
        for answer, count in (("no", len(before)), ("yes", len(before) - 3)):
            out = self.answered(answer)
            self.assertIn("Delete what is kept of 3 jobs", out)
            self.assertEqual(len(self.left()), count)

    def answered(self, answer):
        """What the terminal shows of `forget --finished`, when somebody types `answer`."""
        return on_terminal(["forget", "--finished"], {"Type yes: ": answer + "\n"}, self.folder,
                           XDG_STATE_HOME=self.folder / "state")[1]

    def test_a_job_at_work_is_not_deleted(self):
        path = self.state / "ada-2.journal"
        with open(f"{path}.lock", "a+b") as lock:
            lock.write(b"pid 1 on here\n")
            lock.flush()
            fcntl.fcntl(lock, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))  # F_OFD_SETLK
            outcome = self.run_there("forget", path, "--yes", code=11)
            self.assertIn("in use by pid 1 on here", outcome.err)
            self.assertTrue(path.exists())
            self.assertIn("running", self.run_there("jobs").out)
            told = self.run_there("forget", "--finished", "-n").out
            self.assertNotIn("ada-2", told)

    def test_requests_that_mean_nothing(self):
        for arguments, word in ((("forget",), "no job is named"),
                                (("forget", self.state), "is a folder of jobs"),
                                (("forget", "--finished", self.state / "ada-1.journal"),
                                 "is no folder"),
                                (("forget", "--older-than", "3d"), "--finished"),
                                (("forget", "--finished", "--older-than", "3"), "30d")):
            outcome = self.run_there(*arguments, code=64)
            self.assertEqual(len(outcome.error_lines()), 1)
            self.assertIn(word, outcome.err)


if __name__ == "__main__":
    unittest.main()
