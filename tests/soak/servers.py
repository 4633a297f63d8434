# SPDX-License-Identifier: Apache-2.0
# The private servers that all jobs of a soak share, and restarts that hit all of them.

import contextlib
import queue
import threading
import time

from support.courier import Courier, courier_root
from support.cyrus import Cyrus, cyrus_root
from support.dovecot import Dovecot

KINDS = {"dovecot": lambda users: Dovecot(users, compress=True),
         "cyrus": lambda users: Cyrus(users, separator="/", prefix=""),
         "courier": Courier}
SEPARATORS = {"dovecot": ".", "cyrus": "/", "courier": "."}
PREFIXES = {"courier": "INBOX."}  # the others have none
START_TRIES = 20


def available() -> list:
    """Names of the servers that this machine has."""
    absent = {name for name, root in (("cyrus", cyrus_root()), ("courier", courier_root()))
              if root is None}
    return [name for name in KINDS if name not in absent]


class SharedServer:
    """One server with an account for each job at a time.

    Our own clients look into it only while it is calm; a restart waits for them, never for jobs.
    """

    def __init__(self, kind, accounts):
        users = {f"user{number}": f"secret {number}" for number in range(accounts)}
        self.separator = SEPARATORS[kind]
        self.prefix = PREFIXES.get(kind, "")
        self.server = KINDS[kind](users)
        self.restarts = 0
        self._free = queue.SimpleQueue()
        for user in users:
            self._free.put(user)
        self._changed = threading.Condition()
        self._looking = 0
        self._restarting = False

    def __enter__(self):
        self.server.__enter__()
        return self

    def __exit__(self, *arguments):
        self.server.__exit__(*arguments)

    def take_account(self):
        return self._free.get()

    def give_back(self, user):
        self._free.put(user)

    @contextlib.contextmanager
    def calm(self):
        """No restart begins inside."""
        with self._changed:
            self._changed.wait_for(lambda: not self._restarting)
            self._looking += 1
        try:
            yield self.server
        finally:
            with self._changed:
                self._looking -= 1
                self._changed.notify_all()

    def wait_until_up(self):
        with self._changed:
            self._changed.wait_for(lambda: not self._restarting)

    def restart(self, kill):
        """The whole server; one restart is enough for all who want one at the same time."""
        with self._changed:
            if self._restarting:
                return
            self._restarting = True
            self._changed.wait_for(lambda: self._looking == 0)
        try:
            self._restart(kill)
            self.restarts += 1
        finally:
            with self._changed:
                self._restarting = False
                self._changed.notify_all()

    def _restart(self, kill):
        """Somebody else's connection may have got one of the ports for a moment."""
        self.server.kill() if kill else self.server.stop()
        for left in reversed(range(START_TRIES)):
            try:
                self.server.start()
                return
            except RuntimeError:
                if not left:
                    raise
                time.sleep(1)
