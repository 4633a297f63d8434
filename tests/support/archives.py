# SPDX-License-Identifier: Apache-2.0
# Makes mbox archives from known messages, and says what each must be on the server.
"""Everything comes from a seed, so that the same call makes the same bytes.

A message is written as text with LF line ends; `Mbox.add` quotes it as its dialect does and keeps
what must arrive: wire form (CRLF, unquoted), flags, INTERNALDATE.
"""

import base64
import calendar
import collections
import hashlib
import random
import re
import time
from dataclasses import dataclass, field

FIRST_DATE = calendar.timegm((2015, 3, 2, 8, 15, 0))
STATUS = {"": (), "O": (), "RO": ("\\Seen",), "R": ("\\Seen",)}
X_STATUS = {"": (), "A": ("\\Answered",), "F": ("\\Flagged",), "AF": ("\\Answered", "\\Flagged"),
            "T": ("\\Draft",)}
KEYWORDS = ("$Forwarded", "$label1", "projekt-x", "Important")
WORDS = ("account archive better calendar delivery every folder green harbour island journal key "
         "letter mail north order paper quiet river ship tide under vessel water year").split()


@dataclass
class Expected:
    """What the server must have of one message. flags: the keywords as well."""

    sha256: str
    size: int
    epoch: int
    flags: frozenset
    subject: str = ""
    wire: bytes = field(default=b"", repr=False)

    def key(self):
        return (self.sha256, self.size, self.epoch, tuple(sorted(self.flags)))


def expected(text: bytes, epoch: int, flags=(), keep_wire=True) -> Expected:
    """From a message's text before quoting, with LF line ends."""
    wire = to_wire(text)
    subject = re.search(rb"(?mi)^Subject: *(.*)$", text)
    return Expected(hashlib.sha256(wire).hexdigest(), len(wire), epoch, frozenset(flags),
                    subject[1].decode("latin-1") if subject else "", wire if keep_wire else b"")


def from_row(row: dict) -> Expected:
    """From one of fixtures/expected.json."""
    return Expected(row["sha256"], row["size"], row["epoch"],
                    frozenset(row["flags"] + row["keywords"]), row["subject"])


def to_wire(text: bytes) -> bytes:
    """LF to CRLF, and a last line that has no end gets one."""
    if not text.endswith(b"\n"):
        text += b"\n"
    return text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def asctime(epoch: int) -> bytes:
    return time.strftime("%a %b %e %H:%M:%S %Y", time.gmtime(epoch)).encode()


def rfc_date(epoch: int) -> bytes:
    return time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(epoch)).encode()


def quote_mboxrd(text: bytes) -> bytes:
    return re.sub(rb"(?m)^(>*From )", rb">\1", text)


def quote_mboxo(text: bytes) -> bytes:
    return re.sub(rb"(?m)^(From )", rb">\1", text)


class Mbox:
    """Writes one mbox file, message by message, and remembers what it wrote in `messages`."""

    def __init__(self, path, dialect="mboxrd", line_end=b"\n", keep_wire=True):
        self.path = path
        self.messages = []
        self._quote = {"mboxrd": quote_mboxrd, "mboxo": quote_mboxo}.get(dialect, bytes)
        self._counts = dialect in ("mboxcl", "mboxcl2")
        self._line_end = line_end
        self._keep_wire = keep_wire
        self._file = open(path, "wb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()

    def size(self) -> int:
        """Bytes written so far."""
        return self._file.tell()

    def add(self, text: bytes, epoch: int, flags=(), sender=b"someone@example.com"):
        """`text` is header, empty line and body."""
        if not text.endswith(b"\n"):
            text += b"\n"
        if self._counts:
            header, _, body = text.partition(b"\n\n")
            text = header + b"\nContent-Length: %d\n\n" % len(body) + body
        self.messages.append(expected(text, epoch, flags, self._keep_wire))
        raw = b"From " + sender + b" " + asctime(epoch) + b"\n" + self._quote(text) + b"\n"
        self._file.write(raw.replace(b"\n", self._line_end) if self._line_end != b"\n" else raw)
        return self.messages[-1]


def make(path, count, seed=1, *, status=True, body_bytes=(50, 3000), kinds=None, copies=0,
         message_ids=0.9, keep_wire=True, start=0, line_end=b"\n", dates=None,
         keywords=0.0, near_ends=(0, ())):
    """Writes `count` varied messages to `path` and returns the list of Expected.

    status: every message has a Status field; else none has one, and all must arrive as seen.
    copies: so many messages are byte for byte the message before them. message_ids: share that
    has a Message-ID. kinds: names of KINDS; all by default. start: number of the first message,
    so that a longer archive begins with the bytes of a shorter one of the same seed. dates: gives
    Unix seconds for a random generator; by default they rise from FIRST_DATE. keywords: share
    that has some, in an archive with status fields. near_ends: a share of the messages, and the
    wire sizes that these have, give or take a few bytes.
    """
    chosen = list(kinds or KINDS)
    with Mbox(path, line_end=line_end, keep_wire=keep_wire) as mbox:
        again = random.Random(f"{seed}/copies").sample(range(1, count), copies) if copies else ()
        last = None
        for number in range(start, start + count):
            if number in again and last:
                mbox.add(*last)
                continue
            rng = random.Random(f"{seed}/{number}")
            kind = chosen[number % len(chosen)]
            body = KINDS[kind](rng, rng.randint(*body_bytes))
            epoch = dates(rng) if dates else FIRST_DATE + number * 9_731 + rng.randrange(60)
            if near_ends[0] and rng.random() < near_ends[0]:
                size = rng.choice(near_ends[1]) + rng.randint(-6, 3)
                last = (message_of(size, number, epoch, status), epoch, STATUS["RO"])
                mbox.add(*last)
                continue
            header, flags = _header(rng, number, seed, epoch, status, message_ids, kind)
            if keywords and rng.random() < keywords:
                words = rng.sample(KEYWORDS, rng.randint(1, 2))
                header += b"X-Keywords: " + " ".join(words).encode() + b"\n"
                flags += tuple(words)
            last = (header + b"\n" + body, epoch, flags,
                    b"%s@example.%s" % (rng.choice(WORDS).encode(), rng.choice((b"com", b"org"))))
            mbox.add(*last)
    return mbox.messages


def _header(rng, number, seed, epoch, status, message_ids, kind):
    name = rng.choice(WORDS).encode()
    lines = [b"Return-Path: <%s@example.com>" % name,
             b"Received: from mx.example.net (mx.example.net [192.0.2.7])\n\tby mail.example.org"
             b" with ESMTPS id %08x;\n\t%s" % (rng.getrandbits(32), rfc_date(epoch - 3)),
             b"From: =?utf-8?q?J=C3=BCrg?= <%s@example.com>" % name,
             b"To: list@example.org,\n two@example.org",
             b"Subject: %s %d (%s)" % (rng.choice(WORDS).encode(), number, kind.encode()),
             b"Date: " + rfc_date(epoch - 60)]
    if rng.random() < message_ids:
        lines.append(b"Message-ID: <%d.%x.%d@example.com>" % (number, rng.getrandbits(48), seed))
    if kind == "mime":
        lines += [b"MIME-Version: 1.0", b'Content-Type: multipart/mixed; boundary="b"']
    flags = ("\\Seen",)
    if status:
        seen, other = rng.choice(list(STATUS)[1:]), rng.choice(list(X_STATUS))
        lines.append(b"Status: " + seen.encode())
        if other:
            lines.append(b"X-Status: " + other.encode())
        flags = STATUS[seen] + X_STATUS[other]
    return b"\n".join(lines) + b"\n", flags


# Bodies: (random generator, about how many bytes) -> text

def _plain(rng, size):
    out, length = [], 0
    while length < size:
        line = " ".join(rng.choice(WORDS) for _ in range(rng.randint(1, 11))).encode() + b"\n"
        out.append(line)
        length += len(line)
    return b"".join(out)


def _from_lines(rng, size):
    return (b"From here on it is body text\n>From a quoted line\n>>From twice\n" +
            _plain(rng, size) + b"\nFrom the last paragraph\n")


def _eight_bit(rng, size):
    letters = bytes(range(0xA0, 0x100)) + b"     aeiou"
    lines = [bytes(rng.choices(letters, k=70)) for _ in range(size // 70 + 1)]
    return "Grüezi, čau, 你好\n".encode() + b"\n".join(lines) + b"\n"


def _long_line(rng, size):
    return b"x" * (5000 + size) + b"\n" + _plain(rng, 100)


def _mime(rng, size):
    data = base64.encodebytes(rng.randbytes(size * 3 // 4))
    return (b"preamble\n--b\nContent-Type: text/plain\n\n" + _plain(rng, 200) +
            b"--b\nContent-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\n" +
            data + b"--b--\n")


def _imap(rng, size):
    return (b"x1 DELETE Victim\nx2 CREATE Intruder\nx3 LOGOUT\na UID STORE 1:* +FLAGS (\\Deleted)\n"
            b") NIL {5+}\n\nx4 EXPUNGE\n" + _plain(rng, size))


def _empty(_rng, _size):
    return b""


def _odd_space(rng, size):
    return b"\n\n \t\n.\n..\n" + _plain(rng, size) + b"trailing   \n\n\n"


KINDS = {"plain": _plain, "from": _from_lines, "eight": _eight_bit, "long": _long_line,
         "mime": _mime, "imap": _imap, "empty": _empty, "space": _odd_space}


def message_of(wire_size, number, epoch=FIRST_DATE, status=True):
    """The text (LF) of a message that is `wire_size` bytes long in wire form, and is read."""
    header = (b"From: a@example.com\nTo: b@example.org\nSubject: %d bytes\nDate: %s\n"
              b"Message-ID: <%d.%d@example.com>\n%s\n" %
              (wire_size, rfc_date(epoch), wire_size, number, b"Status: RO\n" if status else b""))
    left = wire_size - len(to_wire(header))
    if left < 2:
        raise ValueError(f"{wire_size} bytes are too few")
    lines, rest = divmod(left, 78)
    if lines and rest < 2:
        lines, rest = lines - 1, rest + 78
    body = (b"x" * 76 + b"\n") * lines + (b"y" * (rest - 2) + b"\n" if rest else b"")
    return header + body


def write_sizes(path, sizes):
    """An mbox with one message of each wire size. Returns the list of Expected."""
    with Mbox(path, keep_wire=False) as mbox:
        for number, size in enumerate(sizes):
            epoch = FIRST_DATE + number
            mbox.add(message_of(size, number, epoch), epoch, STATUS["RO"])
    return mbox.messages


def write_huge(path, size, status="RO"):
    """One message of about `size` bytes, without holding it. Returns its Expected (no wire)."""
    epoch = FIRST_DATE
    header = (b"From: a@example.com\nTo: b@example.org\nSubject: huge\nDate: " + rfc_date(epoch) +
              b"\nMessage-ID: <huge@example.com>\nStatus: " + status.encode() + b"\n\n")
    block = _plain(random.Random(7), 1 << 20)
    digest, length = hashlib.sha256(), 0
    with open(path, "wb") as file:
        file.write(b"From a@example.com " + asctime(epoch) + b"\n")
        for text in (header, *(block for _ in range(max(1, size // len(block))))):
            file.write(text)
            wire = to_wire(text)
            digest.update(wire)
            length += len(wire)
        file.write(b"\n")
    return Expected(digest.hexdigest(), length, epoch, frozenset(STATUS[status]), "huge")


# Comparing

def fetched_as_expected(message) -> Expected:
    """A support.imap_server.Fetched as an Expected; \\Recent is the server's own business. So is
    `unknown-2`: Dovecot, killed in the middle, shows a keyword so whose name it has forgotten."""
    flags = frozenset(flag for flag in message.flags
                      if flag != "\\Recent" and not re.fullmatch(r"unknown-\d+", flag))
    return Expected(hashlib.sha256(message.body).hexdigest(), len(message.body),
                    int(message.epoch()), flags,
                    _subject(message.body))


def differences(wanted, fetched, in_order=True) -> list:
    """Sentences; empty when the mailbox equals the archive exactly."""
    found = [fetched_as_expected(message) for message in fetched]
    left, extra = (collections.Counter(one.key() for one in wanted),
                   collections.Counter(one.key() for one in found))
    subjects = {one.key(): one.subject for one in (*wanted, *found)}
    result = [f"missing {count}x {subjects[key]!r} {key}"
              for key, count in (left - extra).items()]
    result += [f"unexpected {count}x {subjects[key]!r} {key}"
               for key, count in (extra - left).items()]
    if not result and in_order and [one.key() for one in wanted] != [one.key() for one in found]:
        result.append("the order differs")
    return result


def _subject(wire):
    match = re.search(rb"(?mi)^Subject: *(.*?)\r?$", wire[:65536])
    return match[1].decode("latin-1") if match else ""
