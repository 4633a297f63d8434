# SPDX-License-Identifier: Apache-2.0
# Google Takeout as it is downloaded: one mbox with labels, in one zip or several.
"""Labels are in the languages of German and Japanese accounts as well, folded, in RFC 2047's B and Q,
with quoted commas."""

import base64
import pathlib
import zipfile
from dataclasses import dataclass

from . import archives
from .archives import asctime, quote_mboxrd
from .mail_model import DRAFT, FLAGGED, SEEN, Mail


@dataclass
class Labelled:
    """field: the X-Gmail-Labels as written, maybe over several lines.

    mailboxes: where `--labels=all` puts it, the first of them where `first` does. A name that
    begins with a backslash is a special use, followed by the name without one. user: labels that
    become keywords where they are not the mailbox. keywords: in any case.
    """

    field: str
    flags: tuple
    mailboxes: tuple
    user: tuple = ()
    keywords: tuple = ()


def _b(text):
    return "=?UTF-8?B?" + base64.b64encode(text.encode()).decode() + "?="


INBOX = ("INBOX",)
LABELLED = [
    Labelled("Inbox,Unread", (), (INBOX,)),
    Labelled("Sent,Opened", (SEEN,), (("\\Sent", "Sent"),)),
    Labelled("Archived,Opened,Starred", (SEEN, FLAGGED), (("\\Archive", "Archive"),)),
    Labelled('"Kunden, wichtig",Inbox,Opened', (SEEN,), (("Kunden, wichtig",), INBOX),
             ("Kunden, wichtig",)),
    Labelled("Inbox,\n Opened,Projekte/2014,Category Promotions", (SEEN,),
             (INBOX, ("Projekte", "2014")), ("Projekte/2014",), ("Category_Promotions",)),
    Labelled("=?UTF-8?Q?Posteingang,Ge=C3=B6ffnet,Wichtig?=", (SEEN,), (INBOX,), (),
             ("$Important",)),
    Labelled("=?UTF-8?Q?Gesendet,Ge=C3=B6ffnet,?=\n =?UTF-8?Q?Gr=C3=BC=C3=9Fe?=", (SEEN,),
             (("\\Sent", "Gesendet"), ("Gr\u00fc\u00dfe",))),
    Labelled(_b("\u53d7\u4fe1\u30c8\u30ec\u30a4,\u672a\u8aad"), (), (INBOX,)),
    Labelled(_b("\u9001\u4fe1\u6e08\u307f,\u958b\u5c01") + "\n " + _b("\u6e08\u307f,\u91cd\u8981"),
             (SEEN,), (("\\Sent", "\u9001\u4fe1\u6e08\u307f"),), (), ("$Important",)),
    Labelled("Spam,Unread", (), (("\\Junk", "Spam"),)),
    Labelled("Drafts,Opened", (SEEN, DRAFT), (("\\Drafts", "Drafts"),)),
    Labelled("Projekte/2014,Kollegen,Opened", (SEEN,), (("Projekte", "2014"), ("Kollegen",)),
             ("Projekte/2014", "Kollegen")),
]


def _text(number, labelled):
    return (f"X-GM-THRID: 16543210987654321{number:02}\nX-Gmail-Labels: {labelled.field}\n"
            f"From: Ada <ada@example.com>\nSubject: taken out {number}\n"
            f"Message-ID: <{number}.takeout@example.com>\n\nFrom the body, quoted by Takeout\n").encode()


def _mail(number, labelled):
    return Mail(100 + number, _text(number, labelled), frozenset(labelled.flags))


def takeout_mbox(rows=None) -> bytes:
    """`rows`: numbers of LABELLED; all by default."""
    parts = []
    for number in rows if rows is not None else range(len(LABELLED)):
        mail = _mail(number, LABELLED[number])
        day, _, year = asctime(mail.epoch).rpartition(b" ")
        parts.append(b"From 16543210987654321%02d@xxx " % number + day + b" +0000 " + year + b"\n" +
                     quote_mboxrd(mail.text) + b"\n")
    return b"".join(parts)


def _expected(number, mailboxes=()):
    """Labels that are one of `mailboxes` are no keywords."""
    labelled = LABELLED[number]
    user = {one.replace(" ", "_") for one in labelled.user if tuple(one.split("/")) not in mailboxes}
    mail = _mail(number, labelled)
    return archives.expected(mail.text, mail.epoch, mail.flags | user | set(labelled.keywords))


def in_one_mailbox(rows=None) -> list:
    """What arrives when no label is a mailbox."""
    return [_expected(number) for number in (rows if rows is not None else range(len(LABELLED)))]


def by_labels(copies: bool, special_use: bool, others=()) -> dict:
    """Path -> messages, with `--labels=all` (copies) or `first`."""
    wanted = {}
    for number, labelled in enumerate(LABELLED):
        mailboxes = labelled.mailboxes if copies else labelled.mailboxes[:1]
        for name in mailboxes:
            path = name
            if name[0].startswith("\\"):
                path = (name[0][1:],) if special_use else name[1:]
            wanted.setdefault(path, []).append(_expected(number, mailboxes))
    return wanted


ALL_MAIL = "Takeout/Mail/All mail Including Spam and Trash.mbox"
BROWSER = ("Takeout/archive_browser.html", b"<!DOCTYPE html><html></html>\n")


def write_zip(path, members) -> pathlib.Path:
    """members: [(name, bytes)]."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in members:
            packed.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), data)
    return path


def single_zip(folder):
    return write_zip(folder / "takeout-20200101T000000Z-001.zip",
                     [BROWSER, (ALL_MAIL, takeout_mbox())])


def split_zips(folder):
    """Two parts of a download; a label of its own in each. Naming the first is enough."""
    half = len(LABELLED) // 2
    first = write_zip(folder / "takeout-20200202T000000Z-001.zip",
                      [BROWSER, ("Takeout/Mail/Inbox.mbox", takeout_mbox(range(half)))])
    write_zip(folder / "takeout-20200202T000000Z-002.zip",
              [("Takeout/Mail/Projekte.mbox", takeout_mbox(range(half, len(LABELLED))))])
    return first
