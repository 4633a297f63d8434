# SPDX-License-Identifier: Apache-2.0
# What test classes share that run against one private server, which is a Dovecot by default.

from support.dovecot import Dovecot


class WithDovecot:
    """Put before ProgramTest: one server a class, empty at the beginning of each test."""

    @classmethod
    def new_server(cls):
        """Not started yet."""
        return Dovecot()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.enterClassContext(cls.new_server())

    def setUp(self):
        super().setUp()
        self.server.delete_all()
