# SPDX-License-Identifier: Apache-2.0
# Mail that is there already in a mailbox of another name than the planned one.

import unittest

from support import archives
from support.courier import Courier, courier_root
from support.cyrus import Cyrus, cyrus_root
from support.dovecot import Dovecot
from support.dovecot_test import WithDovecot
from test_second_copy import COUNT, CopyTest


class RefusedNames:
    """A name that the server refuses, and the one that takes its place."""

    prefix = ""

    def setUp(self):
        super().setUp()
        self.place = self.prefix + self.replaced

    def full(self):
        return {name: count for name, count in self.held().items() if count}

    def test_a_new_job_finds_the_mailbox_of_the_replaced_name(self):
        self.make(self.refused)
        self.run_job(self.mail)
        self.assertEqual(self.full(), {self.place: COUNT})
        for _ in range(2):
            outcome = self.assert_stopped(self.mail, state="state-b", into=self.place)
            self.assertIn(f"messages for {self.prefix}{self.refused};", outcome.err)
        self.assert_stopped(self.mail / self.refused, state="state-b", into=self.place)

    def test_skip_existing_goes_on_in_it(self):
        archive = self.make(self.refused)
        self.run_job(archive)
        archives.make(archive, COUNT + 30)
        told = f"goes into mailbox {self.place}, which holds this mail"
        plan = self.run_job(archive, None, "--skip-existing", "--dry-run", state="state-b")
        self.assertIn(told, plan.err)
        self.assertRegex(plan.out, rf"(?m)^ +{self.place} +30 ")
        outcome = self.run_job(archive, None, "--skip-existing", state="state-b")
        self.assertIn(told, outcome.err)
        self.assertEqual(self.full(), {self.place: COUNT + 30})
        self.run_job(archive, None, "--skip-existing", state="state-b")
        self.run_job(archive, None, "--skip-existing", state="state-c")
        self.assertEqual(self.full(), {self.place: COUNT + 30})

    def test_allow_copies_takes_the_next_spelling(self):
        archive = self.make(self.refused)
        self.run_job(archive)
        for _ in range(2):
            self.run_job(archive, None, "--allow-copies", state="state-b")
        self.assertEqual(self.full(), {self.place: COUNT, self.place + "_": COUNT})

    def test_other_mail_is_left_alone(self):
        other = self.folder / self.replaced
        archives.make(other, COUNT, seed=5)
        self.run_job(other)
        archive = self.make(self.refused)
        self.run_job(archive)
        self.assertEqual(self.full(), {self.place: COUNT, self.place + "_": COUNT})
        self.assert_stopped(archive, state="state-b", into=self.place + "_")
        self.run_job(archive, None, "--skip-existing", state="state-b")
        self.assertEqual(self.full(), {self.place: COUNT, self.place + "_": COUNT})

    def test_the_mailbox_of_another_folder_is_left_to_it(self):
        self.make(self.refused)
        self.make(self.replaced, seed=5)
        self.run_job(self.mail)
        both = {self.place: COUNT, self.place + "_": COUNT}
        self.assertEqual(self.full(), both)
        self.assert_stopped(self.mail, state="state-b")
        self.run_job(self.mail, None, "--skip-existing", state="state-b")
        self.assertEqual(self.full(), both)

    def test_an_empty_mailbox_is_used(self):
        client = self.server.client()
        client.create(self.place)
        client.logout()
        archive = self.make(self.refused)
        self.run_job(archive)
        self.assertEqual(self.full(), {self.place: COUNT})


class DovecotTest(RefusedNames, WithDovecot, CopyTest):
    refused, replaced = "example.com", "example_com"

    @classmethod
    def new_server(cls):
        return Dovecot(separator="/")


@unittest.skipUnless(cyrus_root(), "Cyrus is not unpacked here; tools/test does it")
class CyrusTest(RefusedNames, WithDovecot, CopyTest):
    refused, replaced = 'Q"A', "Q_A"

    @classmethod
    def new_server(cls):
        return Cyrus(separator="/", prefix="")

    def test_two_refused_names_of_one_spelling(self):
        for number, name in enumerate(('q"x', "q;x", "q\\x")):
            self.make(name, seed=number)
        self.run_job(self.mail, None, "--connections", "4")
        made = {name: COUNT for name in self.held() if name != "INBOX"}
        self.assertEqual(len(made), 3)
        self.assertEqual(self.full(), made)
        self.assert_stopped(self.mail, state="state-b")
        self.run_job(self.mail, None, "--skip-existing", "--connections", "4", state="state-b")
        self.assertEqual(self.full(), made)


@unittest.skipUnless(courier_root(), "Courier is not unpacked here; tools/test does it")
class CourierTest(RefusedNames, WithDovecot, CopyTest):
    refused, replaced, prefix = "Fun\U0001f389", "Fun_", "INBOX."

    @classmethod
    def new_server(cls):
        return Courier()


if __name__ == "__main__":
    unittest.main()
