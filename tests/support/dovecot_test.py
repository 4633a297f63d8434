# SPDX-License-Identifier: Apache-2.0
# What test classes share that run against one private Dovecot.

from support.dovecot import Dovecot


class WithDovecot:
    """Put before ProgramTest: one server a class, empty at the beginning of each test."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.enterClassContext(Dovecot())

    def setUp(self):
        super().setUp()
        self.server.delete_all()
