# SPDX-License-Identifier: Apache-2.0
# Another client that has mail of its own in the mailboxes of a job.

import random
import threading
import time

from support import archives
from support.imap_server import check, quoted

FLAGS = ((), ("\\Seen",), ("\\Flagged", "\\Seen"))


class OtherClient:
    """Appends messages and expunges some of them again, in the server's calm moments.

    mail: {mailbox: [Expected]}, what must be there of it.
    """

    def __init__(self, shared, user, mailboxes, seed):
        self._shared = shared
        self._user = user
        self._mailboxes = list(mailboxes)
        self._random = random.Random(f"{seed}/others")
        self._lock = threading.Lock()
        self._count = 0
        self.mail = {name: [] for name in self._mailboxes}

    def append(self, count=1):
        """Makes the mailbox if it is not there; the job has to live with that."""
        with self._lock, self._shared.calm() as server, server.session(self._user) as client:
            for _ in range(count):
                name = self._random.choice(self._mailboxes)
                if name != "INBOX":
                    client.create(quoted(name))
                self._append_one(client, name)

    def expunge(self):
        """One of its own messages, by its subject."""
        with self._lock, self._shared.calm() as server:
            names = [name for name in self._mailboxes if self.mail[name]]
            if not names:
                return
            name = self._random.choice(names)
            gone = self.mail[name].pop()
            with server.session(self._user) as client:
                check(client.select(quoted(name)))
                uids = check(client.uid("SEARCH", "SUBJECT", quoted(gone.subject)))[0].split()
                if len(uids) != 1:
                    raise AssertionError(f"{name}: {gone.subject} is there {len(uids)} times")
                check(client.uid("STORE", uids[0].decode(), "+FLAGS.SILENT", "(\\Deleted)"))
                check(client.expunge())

    def _append_one(self, client, name):
        self._count += 1
        epoch = archives.FIRST_DATE + self._count * 60
        text = (f"From: other@example.com\nSubject: other-{self._count}-mail\n"
                f"Message-ID: <other.{self._count}@example.net>\n\n").encode()
        text += b"not of any archive\n" * self._random.randrange(1, 40)
        mail = archives.expected(text, epoch, self._random.choice(FLAGS), keep_wire=True)
        check(client.append(quoted(name), " ".join(sorted(mail.flags)),
                            f'"{_date_time(epoch)}"', mail.wire))
        self.mail[name].append(mail)


def _date_time(epoch):
    return time.strftime("%d-%b-%Y %H:%M:%S +0000", time.gmtime(epoch))
