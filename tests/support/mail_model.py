# SPDX-License-Identifier: Apache-2.0
# The mail that every container of the round trip holds.
"""A message is written once, with its flags beside it. Containers keep the flags in their own way:
in header fields, in file names, in a property list, or not at all."""

from dataclasses import dataclass

from . import archives

# Even seconds, as zip keeps no others.
FIRST = archives.FIRST_DATE


@dataclass
class Mail:
    """text: header and body with LF line ends, without status fields. flags: with keywords."""

    number: int
    text: bytes
    flags: frozenset

    @property
    def epoch(self):
        """When it arrived; its Received field, and each container in its own way, say so too."""
        return FIRST + self.number * 93_784

    def with_fields(self, *fields):
        """The text with more header fields in front."""
        return "".join(field + "\n" for field in fields).encode() + self.text

    def expected(self, known, *fields):
        """In a container that keeps the flags `known`, or everything with None."""
        flags = self.flags if known is None else self.flags & set(known)
        return archives.expected(self.with_fields(*fields), self.epoch, flags)


def _mail(number, subject, body, *flags):
    epoch = FIRST + number * 93_784
    header = ["Return-Path: <ada@example.com>",
              "Received: from mx.example.net by mail.example.org with ESMTPS;\n\t" +
              archives.rfc_date(epoch).decode(),
              "From: =?utf-8?q?J=C3=BCrg?= <ada@example.com>", "To: ben@example.org",
              f"Subject: {subject}", "Date: " + archives.rfc_date(epoch - 60).decode(),
              f"Message-ID: <{number}.model@example.com>"]
    return Mail(number, ("\n".join(header) + "\n\n").encode() + body, frozenset(flags))


SEEN, ANSWERED, FLAGGED, DRAFT = "\\Seen", "\\Answered", "\\Flagged", "\\Draft"

# Folder -> messages. What goes into the account's own inbox comes first.
FOLDERS = {
    ("INBOX",): [
        _mail(1, "unread", b"Dear Ben,\n\nFrom now on I write.\n"),
        _mail(2, "read", b"one\ntwo\n\n\n", SEEN),
        _mail(3, "answered and flagged", b".\n..\n" + b"x" * 3000 + b"\n", SEEN, ANSWERED, FLAGGED),
        _mail(4, "eight bit", "Gr\u00fcezi\n".encode() + bytes(range(0xA0, 0x100)) + b"\n", SEEN,
              "$Forwarded")],
    ("Projects",): [_mail(5, "a draft", b"not yet\n", SEEN, DRAFT)],
    ("Projects", "2014"): [
        _mail(6, "with keywords", b"x1 DELETE Victim\n", FLAGGED, "$label1", "projekt-x"),
        _mail(7, "no body", b"", SEEN)],
    ("\u00dcber uns",): [_mail(8, "letters", "\u4f60\u597d\n".encode(), ANSWERED)],
}


def folders(known, fields=lambda mail: ()):
    """FOLDERS as Expected, where `fields` gives the header fields that the container adds."""
    return {path: [mail.expected(known, *fields(mail)) for mail in mails]
            for path, mails in FOLDERS.items()}
