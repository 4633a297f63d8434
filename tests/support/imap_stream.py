# SPDX-License-Identifier: Apache-2.0
# Reads the client's half of an IMAP conversation as commands, for logs, proxies and assertions.
"""Knows lines and literals (RFC 9051 section 4.3) and nothing else of IMAP."""

import re
from dataclasses import dataclass, field

LITERAL = re.compile(rb"\{(\d+)([+-]?)\}$")

# Commands that change nothing on the server; whatever is not here counts as a change.
READING = frozenset((
    "CAPABILITY", "NOOP", "LOGOUT", "ID", "ENABLE", "NAMESPACE", "LIST", "LSUB", "XLIST",
    "STATUS", "EXAMINE", "SELECT", "UNSELECT", "FETCH", "UID FETCH", "SEARCH", "UID SEARCH",
    "CHECK", "GETQUOTA", "GETQUOTAROOT", "GETMETADATA", "MYRIGHTS", "LOGIN", "AUTHENTICATE",
    "STARTTLS", "IDLE", "DONE", "COMPRESS"))


@dataclass
class Command:
    """One command as sent: `start` and `end` are offsets in the client's stream."""

    start: int
    tag: str = ""
    name: str = ""
    line: bytes = b""  # without literals' bytes, which are only announced
    literals: list = field(default_factory=list)  # announced lengths, in order
    end: int = 0

    def changes_something(self) -> bool:
        """Whether a server would alter a mailbox, a subscription or a message for it."""
        return self.name not in READING


class CommandReader:
    """Feed it the client's bytes; `commands` grows. Memory holds lines, never literals."""

    def __init__(self):
        self.commands = []
        self.offset = 0
        self.current = None
        self.literal_left = 0
        self._line = bytearray()
        self._in_authentication = False

    def feed(self, data: bytes) -> list:
        """Returns the commands that `data` completed."""
        completed = []
        position = 0
        while position < len(data):
            if self.current is None:
                self.current = Command(self.offset)
            if self.literal_left:
                taken = min(self.literal_left, len(data) - position)
                self.literal_left -= taken
                position += taken
                self.offset += taken
                continue
            end = data.find(b"\n", position)
            stop = len(data) if end < 0 else end + 1
            self._line += data[position:stop]
            self.offset += stop - position
            position = stop
            if end >= 0:
                self._end_of_line(completed)
        return completed

    def _end_of_line(self, completed):
        line = bytes(self._line).rstrip(b"\r\n")
        self._line.clear()
        command = self.current
        if not command.line:
            self._name(command, line)
        command.line += line + b" "
        literal = LITERAL.search(line)
        if literal:
            self.literal_left = int(literal[1])
            command.literals.append(self.literal_left)
            return
        command.line = command.line[:-1]
        command.end = self.offset
        self.commands.append(command)
        completed.append(command)
        self.current = None

    @staticmethod
    def _name(command, line):
        words = line.decode("latin-1").split(" ")
        command.tag = words[0]
        name = words[1].upper() if len(words) > 1 else ""
        if name == "UID" and len(words) > 2:
            name += " " + words[2].upper()
        # SASL and IDLE continuations are lines without a tag.
        command.name = name or ("DONE" if words[0].upper() == "DONE" else "CAPABILITY")


def commands_of(data: bytes) -> list:
    """All whole commands in `data`."""
    return CommandReader().feed(data)
