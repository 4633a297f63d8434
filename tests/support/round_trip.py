# SPDX-License-Identifier: Apache-2.0
# Migrates sources into a server and compares what it then has with what each source says.
"""A source is what a user hands over, with what must arrive of it. One server serves all of them:
each goes below a mailbox of its own, or into an account of its own where the names are the point."""

from dataclasses import dataclass, field

from . import archives
from .cyrus import Cyrus
from .program import ProgramTest

ACCOUNT = "alice"
PASSWORD = "secret"


@dataclass
class Source:
    """folders: path (levels below the target, which is itself `()`) -> Expected of each message.

    options: more arguments for migrate.
    """

    name: str
    archives: list
    folders: dict = field(default_factory=dict)
    options: tuple = ()


def is_refused(kind, message) -> bool:
    """Cyrus takes no NUL."""
    return kind is Cyrus and b"\0" in message.wire


def as_shown(kind, message):
    """`message` as a server of this `kind` returns it: Dovecot gives 0x80 for a NUL."""
    if kind is Cyrus or b"\0" not in message.wire:
        return message
    return archives.expected(message.wire.replace(b"\0", b"\x80"), message.epoch, message.flags)


class RoundTripTest(ProgramTest):
    """Subclasses name the `variant`; one server is started for all tests of a class.

    accounts: users besides the one whose mailboxes are the sources.
    """

    variant = None
    accounts = ()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        users = {name: PASSWORD for name in (ACCOUNT, *cls.accounts)}
        cls.server = cls.enterClassContext(cls.variant.server(users=users))

    def round_trip(self, source: Source):
        """Below a mailbox with the source's name."""
        root = self.variant.mailbox(source.name)
        wanted = {self.variant.mailbox(source.name, *path): messages
                  for path, messages in source.folders.items()}
        outcome = self.transfer(source, ACCOUNT, source.name, wanted)
        below = root + self.variant.separator
        found = {name for name in self.server.mailboxes() if name.startswith(below)}
        self.assertEqual(found, set(wanted) - {root}, str(outcome))

    def round_trip_by_names(self, source: Source, account):
        """Into an account of its own. A path of one of SPECIAL_USE is there before."""
        wanted = {self.variant.mailbox(*path): messages
                  for path, messages in source.folders.items()}
        before = set(self.server.mailboxes(account))
        outcome = self.transfer(source, account, None, wanted)
        found = set(self.server.mailboxes(account))
        self.assertEqual(found, before | set(wanted), str(outcome))
        for mailbox in before - set(wanted):
            self.assertEqual(self.server.count(account, mailbox), 0, mailbox)

    def transfer(self, source, account, mailbox, wanted):
        """`wanted`: wire name -> messages."""
        kind = self.variant.kind
        outcome = self.migrate(self.server, source.archives, mailbox, *source.options,
                               "--report-json", "report.json", user=account,
                               journal=f"{account}-{source.name}.journal")
        refused = sum(is_refused(kind, one) for messages in wanted.values() for one in messages)
        self.assert_code(outcome, 3 if refused else 0)
        for name, messages in wanted.items():
            taken = [as_shown(kind, one) for one in messages if not is_refused(kind, one)]
            problems = archives.differences(taken, self.server.fetch_all(account, name))
            self.assertEqual(problems, [], f"{name}\n{outcome}")
        account = self.report()["accounts"][0]
        self.assertEqual(len(account["refused"]), refused, account["refused"])
        return outcome
