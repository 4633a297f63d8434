# SPDX-License-Identifier: Apache-2.0
# Writes the mail of the model into the trees that mail programs keep.
"""Each function fills a folder and returns what must arrive: {path: [Expected]}."""

import os
import plistlib

from .archives import asctime, quote_mboxrd
from .mail_model import ANSWERED, DRAFT, FLAGGED, FOLDERS, SEEN, folders
from .server_variants import modified_utf7

INDEX = b"// <!-- an index that is not mail -->\n"


def _write(path, data, epoch=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    if epoch is not None:
        os.utime(path, (epoch, epoch))


def mbox_bytes(mails, fields=lambda mail: (), sender="ada@example.com"):
    """One mbox. With the sender `-` the date is that of the exporting program."""
    raw = []
    for mail in mails:
        stamp = asctime(FOLDERS[("INBOX",)][0].epoch if sender == "-" else mail.epoch)
        raw.append(b"From " + sender.encode() + b" " + stamp + b"\n" +
                   quote_mboxrd(mail.with_fields(*fields(mail))) + b"\n")
    return b"".join(raw)


# Status fields

def status_fields(mail):
    letters = "".join(letter for flag, letter in ((ANSWERED, "A"), (FLAGGED, "F"), (DRAFT, "T"))
                      if flag in mail.flags)
    keywords = " ".join(sorted(flag for flag in mail.flags if not flag.startswith("\\")))
    yield "Status: " + ("RO" if SEEN in mail.flags else "O")
    if letters:
        yield "X-Status: " + letters
    if keywords:
        yield "X-Keywords: " + keywords


def mozilla_fields(mail):
    bits = sum(bit for flag, bit in ((SEEN, 1), (ANSWERED, 2), (FLAGGED, 4), ("$Forwarded", 0x1000))
               if flag in mail.flags)
    keys = sorted(flag for flag in mail.flags if flag[0] != "\\" and flag != "$Forwarded")
    return (f"X-Mozilla-Status: {bits:04x}", "X-Mozilla-Status2: 00000000",
            f"X-Mozilla-Keys: {' '.join(keys):<80}")


def status_tree(folder):
    """`Name.mbox` in nested directories, with Status fields: everything is kept."""
    for path, mails in FOLDERS.items():
        _write(folder.joinpath(*path[:-1], path[-1] + ".mbox"), mbox_bytes(mails, status_fields))
    return folders(None, status_fields)


def thunderbird(folder):
    """`Name`, `Name.msf` and `Name.sbd`. No flag for drafts; the From_ lines are no dates."""
    for path, mails in FOLDERS.items():
        file = folder.joinpath(*(one + ".sbd" for one in path[:-1]), path[-1])
        _write(file, mbox_bytes(mails, mozilla_fields, "-"))
        _write(file.with_name(file.name + ".msf"), INDEX)
    _write(folder / "filterlog.html", b"<html></html>\n")
    _write(folder / "msgFilterRules.dat", b'version="9"\nlogging="no"\n')
    return folders({SEEN, ANSWERED, FLAGGED, "$Forwarded", "$label1", "projekt-x"}, mozilla_fields)


def apple_mboxes(folder):
    """Packages of Apple Mail 1 and of its export: `Name.mbox/mbox`, and no flags at all."""
    for path, mails in FOLDERS.items():
        package = folder.joinpath(*path[:-1], path[-1] + ".mbox")
        _write(package / "mbox", mbox_bytes(mails))
        _write(package / "table_of_contents", bytes(range(256)))
    return _all_seen()


def _all_seen():
    wanted = folders(())
    for messages in wanted.values():
        for message in messages:
            message.flags = frozenset({SEEN})
    return wanted


# A file a message

def apple_emlx(folder):
    """Apple Mail 2 and later; the flags are bits in a property list behind the message."""
    bits = {SEEN: 0, ANSWERED: 2, FLAGGED: 4, DRAFT: 6, "$Forwarded": 8}
    for path, mails in FOLDERS.items():
        package = folder.joinpath(*(one + ".mbox" for one in path))
        _write(package / "Info.plist", plistlib.dumps({"name": path[-1]}))
        for mail in mails:
            flags = sum(1 << bit for flag, bit in bits.items() if flag in mail.flags)
            about = plistlib.dumps({"date-received": mail.epoch, "flags": flags,
                                    "subject": "x"})
            _write(package / "7D3E6C5A-0B1F-4F0E-9B52-3C1B9E5F0A11" / "Data" / "Messages" /
                   f"{mail.number}.emlx", b"%-10d\n" % len(mail.text) + mail.text + about)
    return folders(bits)


MAILDIR_LETTERS = {SEEN: "S", ANSWERED: "R", FLAGGED: "F", DRAFT: "D", "$Forwarded": "P"}


def _maildir(folder, mails):
    """Keywords are letters by the numbers in dovecot-keywords. The second is marked as deleted."""
    keywords = sorted({flag for mail in mails for flag in mail.flags if flag[0] != "\\"} -
                      {"$Forwarded"})
    for name in ("cur", "new", "tmp"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    if keywords:
        _write(folder / "dovecot-keywords",
               "".join(f"{i} {one}\n" for i, one in enumerate(keywords)).encode())
    for i, mail in enumerate(mails):
        letters = [letter for flag, letter in MAILDIR_LETTERS.items() if flag in mail.flags]
        letters += ["T"] if i == 1 else []
        info = "".join(sorted(letters)) + "".join(
            chr(97 + n) for n, one in enumerate(keywords) if one in mail.flags)
        name = f"{mail.epoch}.M{mail.number}P77.host,S={len(mail.text)}"
        place = folder / "cur" / f"{name}:2,{info}" if mail.flags else folder / "new" / name
        _write(place, mail.text, mail.epoch)
    _write(folder / "tmp" / "1420099200.M99P77.host", b"Subject: half of a mess")
    _write(folder / "dovecot-uidlist", b"3 V1420099200 N9\n")


def maildir_plus_plus(folder):
    """As Dovecot and Courier keep it: all folders side by side, `.` between the levels."""
    for path, mails in FOLDERS.items():
        name = "" if path == ("INBOX",) else "." + ".".join(map(modified_utf7, path))
        _maildir(folder / name, mails)
        if name:
            _write(folder / name / "maildirfolder", b"")
    _write(folder / "subscriptions", b"Projects\n")
    return folders(None)


def maildir_nested(folder):
    """Maildirs in directories, as mbsync and mutt keep them."""
    for path, mails in FOLDERS.items():
        _maildir(folder.joinpath(*path), mails)
    return folders(None)


def eml_directories(folder):
    """As programs save single messages: no flags, CRLF in the files of one directory."""
    for path, mails in FOLDERS.items():
        for mail in mails:
            text = mail.text.replace(b"\n", b"\r\n") if path == ("Projects",) else mail.text
            _write(folder.joinpath(*path, f"{mail.number} - mail.eml"), text, mail.epoch)
    return _all_seen()


TREES = {"status-tree": status_tree, "thunderbird-tree": thunderbird,
         "apple-mboxes": apple_mboxes, "apple-emlx": apple_emlx,
         "maildir-plus-plus": maildir_plus_plus, "maildir-nested": maildir_nested,
         "eml-directories": eml_directories}
