# SPDX-License-Identifier: Apache-2.0
# Migrates sources into a server and compares what it then has with what each source says.
"""A source is what a user hands over, with what must arrive of it. One server serves all of them:
each goes below a mailbox of its own, or into an account of its own where the names are the point."""

import dataclasses
import re
from dataclasses import dataclass, field

from . import archives
from .courier import Courier
from .cyrus import Cyrus
from .program import REDUCED, ProgramTest

ACCOUNT = "alice"
PASSWORD = "secret"


@dataclass
class Source:
    """folders: path (levels below the target, which is itself `()`) -> Expected of each message.

    options: more arguments for migrate. in_order: UIDs must rise as the messages are listed.
    """

    name: str
    archives: list
    folders: dict = field(default_factory=dict)
    options: tuple = ()
    in_order: bool = True


def is_refused(kind, message) -> bool:
    """Cyrus takes no NUL."""
    return kind is Cyrus and b"\0" in message.wire


def as_shown(kind, message):
    """`message` as a server of this `kind` returns it. Dovecot gives 0x80 for a NUL; Cyrus, unless
    `munge8bit` is off, an X for each byte of the header that is not ASCII; Courier makes every line
    end CRLF, adds the last one, and cannot read a keyword with a brace, which costs the message all
    its keywords."""
    if kind is Courier:
        if any("}" in flag for flag in message.flags):
            kept = [flag for flag in message.flags if flag.startswith("\\")]
            message = dataclasses.replace(message, flags=frozenset(kept))
        lines = message.wire.replace(b"\r", b"").removesuffix(b"\n")
        wire = lines.replace(b"\n", b"\r\n") + b"\r\n"
    elif kind is not Cyrus:
        wire = message.wire.replace(b"\0", b"\x80")
    else:
        header, empty_line, body = message.wire.partition(b"\r\n\r\n")
        wire = re.sub(rb"[\x80-\xff]", b"X", header) + empty_line + body
    if wire == message.wire:
        return message
    return archives.expected(wire, message.epoch, message.flags)


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
        cls.clients = {}

    def client(self, account):
        """Logged in once for a class, for reading."""
        if account not in self.clients:
            self.clients[account] = self.enterClassContext(self.server.session(account))
        return self.clients[account]

    def round_trip(self, source: Source, **options):
        """Below a mailbox with the source's name; `options` for run_program."""
        root = self.variant.mailbox(source.name)
        wanted = {self.variant.mailbox(source.name, *path): messages
                  for path, messages in source.folders.items()}
        outcome = self.transfer(source, ACCOUNT, source.name, wanted, **options)
        below = root + self.variant.separator
        found = {name for name in self.server.mailboxes(client=self.client(ACCOUNT))
                 if name.startswith(below)}
        self.assert_names(found, set(wanted) - {root}, outcome)

    def round_trip_by_names(self, source: Source, account):
        """Into an account of its own. A path of one of SPECIAL_USE is there before."""
        wanted = {self.variant.mailbox(*path): messages
                  for path, messages in source.folders.items()}
        client = self.client(account)
        before = set(self.server.mailboxes(client=client))
        outcome = self.transfer(source, account, None, wanted)
        found = set(self.server.mailboxes(client=client))
        self.assert_names(found, before | set(wanted), outcome)
        for mailbox in found - set(wanted):
            self.assertEqual(self.server.count(mailbox=mailbox, client=client), 0, mailbox)

    def assert_names(self, found, wanted, outcome):
        """Cyrus makes the levels above a mailbox into mailboxes as well."""
        parts = [name.split(self.variant.separator) for name in wanted]
        above = {self.variant.separator.join(one[:n]) for one in parts for n in range(1, len(one))}
        if self.variant.kind is not Cyrus:
            above.clear()
        self.assertEqual(found - (above - wanted), wanted, str(outcome))

    def transfer(self, source, account, mailbox, wanted, **options):
        """`wanted`: wire name -> messages."""
        kind = self.variant.kind
        outcome = self.migrate(self.server, source.archives, mailbox, *source.options,
                               "--report-json", "report.json", user=account,
                               journal=f"{account}-{source.name}.journal", **options)
        refused = sum(is_refused(kind, one) for messages in wanted.values() for one in messages)
        self.assert_code(outcome, 3 if refused else 0)
        for name, messages in wanted.items():
            taken = [as_shown(kind, one) for one in messages if not is_refused(kind, one)]
            found = self.server.fetch_all(mailbox=name, client=self.client(account))
            problems = archives.differences(taken, found, source.in_order)
            self.assertEqual(problems, [], f"{name}\n{outcome}")
        listed = self.report()["accounts"][0]["refused"]
        self.assertEqual(len(listed), refused, listed)
        return outcome


def classes(tests, variants) -> dict:
    """{name: class}: the methods of `tests`, once for each variant; reduced, for the first."""
    found = {}
    for variant in variants[:1] if REDUCED else variants:
        name = variant.label.title().replace("-", "") + tests.__name__
        found[name] = type(name, (tests, RoundTripTest),
                           {"variant": variant, "__module__": tests.__module__})
    return found
