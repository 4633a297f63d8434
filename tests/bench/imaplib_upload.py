# SPDX-License-Identifier: Apache-2.0
# The loop that everybody writes: Python's mailbox and imaplib, a message at a time.
"""python3 -m bench.imaplib_upload ARCHIVE PORT USER PASSWORD-FILE CA-FILE MAILBOX"""

import email.utils
import imaplib
import mailbox
import ssl
import sys
import time


def date_of(message):
    """As imaplib wants it; the separator line's time is UTC."""
    words = " ".join(message.get_from().split()[1:])
    moment = time.strptime(words, "%a %b %d %H:%M:%S %Y")
    return imaplib.Time2Internaldate(email.utils.mktime_tz((*moment[:9], 0)))


def main(archive, port, user, password_file, ca_file, name):
    context = ssl.create_default_context(cafile=ca_file)
    client = imaplib.IMAP4_SSL("localhost", int(port), ssl_context=context)
    with open(password_file) as file:
        client.login(user, file.readline().rstrip("\n"))
    client.create(name)
    for message in mailbox.mbox(archive, create=False):
        flags = "\\Seen" if "R" in message.get_flags() else ""
        kind, reply = client.append(name, f"({flags})", date_of(message), message.as_bytes())
        if kind != "OK":
            raise SystemExit(f"APPEND: {reply}")
    client.logout()


if __name__ == "__main__":
    main(*sys.argv[1:])
