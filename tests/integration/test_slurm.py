# SPDX-License-Identifier: Apache-2.0
# A batch spread over nodes by a real Slurm, with jobs/slurm/batch.sbatch.

import json
import unittest

from support.batch import BatchTest
from support.dovecot import Dovecot
from support.program import PROGRAM, REDUCED, ROOT
from support.slurm import Slurm, missing

ACCOUNTS = 9
SCRIPT = ROOT / "jobs/slurm/batch.sbatch"


@unittest.skipIf(REDUCED, "the same program, driven from outside")
@unittest.skipIf(missing(), missing())
class SlurmTest(BatchTest):
    def setUp(self):
        super().setUp()
        users = {f"u{number}": f"secret{number}" for number in range(ACCOUNTS)}
        self.server = self.enterContext(Dovecot(users))
        for user in users:
            self.make_archive(user, 40)
        self.write_csv([self.row(self.server, user) for user in users])

    def submit(self, slurm, array, *options):
        return slurm.submit(SCRIPT, f"--array={array}", f"--output={slurm.folder}/%a.out",
                            f"--chdir={self.folder}", program_options=[self.csv, self.state, *options],
                            environment={"MBOXFERRY": PROGRAM, "MBOXFERRY_PAUSE": "1"})

    def outputs(self, slurm):
        return "\n".join(file.read_text() for file in sorted(slurm.folder.glob("*.out")))

    def assert_all_moved(self, slurm):
        self.assert_all_there(self.server)
        self.assert_code(self.run_program("report", self.state, "--json", "merged.json"), 0)
        merged = json.loads((self.folder / "merged.json").read_text())
        self.assertEqual(merged["verdict"], "complete", self.outputs(slurm))
        self.assertEqual(sorted(one["user"] for one in merged["accounts"]),
                         sorted(self.server.users))

    def stored(self):
        return sum(self.server.count(user) for user in self.server.users)

    def test_a_node_that_is_lost_in_the_middle_costs_nothing(self):
        """Its tasks are queued again, and go on where they were on the other node."""
        with Slurm() as slurm:
            job = self.submit(slurm, "0-2", "--max-messages-per-second=15")
            self.wait_for(lambda: self.stored() >= 20)
            busy = {node for state, node in slurm.tasks(job).values() if state == "RUNNING"}
            self.assertTrue(busy, slurm.logs())
            lost = min(busy)
            slurm.kill_node(lost)
            self.assertLess(self.stored(), 40 * ACCOUNTS, "it was killed too late")
            # The node stays away: on one that is back within a second, what Slurm 22.05 still sends to
            # end the lost tasks ends them once more.
            states = slurm.wait_for(job)
            self.assertEqual(set(states.values()), {"COMPLETED"},
                             f"{states}\n{self.outputs(slurm)}\n{slurm.logs()}")
            self.assertEqual(sorted(states), [0, 1, 2])
            self.assert_all_moved(slurm)

    def test_each_task_takes_accounts_that_no_other_takes(self):
        with Slurm() as slurm:
            job = self.submit(slurm, "3-7:2")
            states = slurm.wait_for(job)
            self.assertEqual(set(states.values()), {"COMPLETED"}, self.outputs(slurm))
            self.assert_all_moved(slurm)
            ledgers = sorted(file.name for file in self.state.glob("*.ledger"))
            self.assertEqual([name.split("-")[-3:] for name in ledgers],
                             [[str(number), "of", "3.ledger"] for number in range(3)])
            # 75 and the like would have been seen by the states; nobody's password is anywhere.
            self.assertNotIn("secret", self.outputs(slurm))


if __name__ == "__main__":
    unittest.main()
