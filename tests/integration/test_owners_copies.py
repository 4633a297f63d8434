# SPDX-License-Identifier: Apache-2.0
# Copies that the owner makes of moved mail are a note in later runs; those that appear while a run
# stores are not.

import subprocess
import unittest

from support import archives, program
from support.dovecot import Dovecot
from support.dovecot_test import WithDovecot
from support.program import ProgramTest
from support.proxy import Fault, Stall, TlsProxy

COUNT = 40


class OwnersCopiesTest(WithDovecot, ProgramTest):
    @classmethod
    def new_server(cls):
        return Dovecot(separator="/")

    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        archives.make(self.archive, COUNT)
        self.assert_code(self.migrate(self.server, self.archive, "Mail"), 0)

    def copy(self, uids):
        with self.server.session() as client:
            client.select("Mail")
            client.copy(uids, "Mail")

    def grow(self, count):
        return archives.make(self.archive, count)

    def run_again(self, code=0, more=(), **how):
        outcome = self.migrate(self.server, self.archive, "Mail", *more, **how)
        self.assert_code(outcome, code)
        return outcome

    def test_new_mail_after_a_copy_is_no_reason_to_fail(self):
        self.copy("3,5")
        for run in (1, 2):
            self.grow(COUNT + 10 * run)
            self.assertIn("there twice", self.run_again().err)
            self.assertEqual(self.server.count(mailbox="Mail"), COUNT + 10 * run + 2)
        self.copy("7")
        self.grow(COUNT + 30)
        self.run_again()

    def test_strict_says_what_verify_says(self):
        self.run_again(0, more=("--strict",))
        self.copy("3")
        verify = self.run_program("verify", self.folder / "job.journal", "--password-file",
                                  self.server.password_file())
        self.assert_code(verify, 1)
        self.run_again(0)
        self.assertIn("on the server twice", self.run_again(1, more=("--strict",)).err)

    def test_a_run_that_is_killed_after_it_does_not_forget_whose_the_copy_is(self):
        self.copy("3")
        self.grow(COUNT + 200)
        self.assertEqual(self.migrate(self.server, self.archive, "Mail",
                                      MBOXFERRY_CRASH_AT="batch-confirmed").code, -9)
        self.run_again()
        self.assertEqual(self.server.count(mailbox="Mail"), COUNT + 201)

    def test_a_copy_that_appears_while_a_later_run_stores_is_an_error(self):
        self.server.delete_all()
        self.grow(COUNT)
        stall = Stall(30_000)
        with TlsProxy(self.server, lambda number: stall if number == 1 else Fault()) as proxy:
            how = {"port": proxy.port, "journal": "proxy.journal"}
            once = self.migrate(self.server, self.archive, "Mail", "--connections=1", **how)
            self.assert_code(once, 0)
            self.grow(COUNT + 60)
            arguments = self.migrate_arguments(self.server, self.archive, "Mail",
                                               "--connections=1", **how)
            job = subprocess.Popen([program.PROGRAM, *map(str, arguments)],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True,
                                   env=program.environment(self.folder))
            self.assertTrue(stall.stalled.wait(60))
            self.copy("3")
            stall.release()
            _, err = job.communicate(timeout=120)
        self.assertEqual(job.returncode, 1, err)
        self.assertIn("is on the server twice", err)


if __name__ == "__main__":
    unittest.main()
