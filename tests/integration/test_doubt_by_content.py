# SPDX-License-Identifier: Apache-2.0
# What is taken for a message in doubt has its content: mail of others that is alike in Message-ID,
# size and date is none of ours, and flags of what may be somebody else's are left alone.

import functools
import gzip
import io
import re
import unittest
import zipfile

from support import archives
from support.dovecot import Dovecot
from support.dovecot_test import WithDovecot
from support.imap_server import check, quoted
from support.odd_relay import OddRelay
from support.odd_sessions import Withholding, altering, with_field
from support.program import ProgramTest
from support.proxy import Fault, TlsProxy

BOX = "Work"
TIME = archives.FIRST_DATE
ONE_BY_ONE = ("--append-mode", "synchronizing", "--connections", "1")


def message(number, whose=b"ours"):
    """Of `ours` and `else` everything is alike but a word of the body."""
    return (b"From: a@example.com\nMessage-ID: <%d@example.com>\nDate: %s\nSubject: n\n\n%s %d\n"
            % (number, archives.rfc_date(TIME).strip(), whose, number))


def mbox(numbers):
    return b"".join(b"From a@example.com %s\n%s\n" % (archives.asctime(TIME), message(one))
                    for one in numbers)


class DeletedWhenRead(Fault):
    """The flagged message is deleted when its body is asked for, before the server hears of it."""

    def __init__(self, server):
        self.server = server
        self.deleted = False

    def client_bytes(self, link, data):
        if b"BODY.PEEK[]" in data and not self.deleted:
            self.deleted = True
            with self.server.session() as client:
                client.select(BOX)
                uid = client.uid("SEARCH", "FLAGGED")[1][0].decode()
                client.uid("STORE", uid, "+FLAGS", r"(\Deleted)")
                client.expunge()
        link.to_server(data)


class DoubtByContentTest(WithDovecot, ProgramTest):
    @classmethod
    def new_server(cls):
        return Dovecot(separator="/")

    def setUp(self):
        super().setUp()
        self.number = 0

    def begin(self, form="mbox"):
        self.server.delete_all()
        self.number += 1
        self.form = form
        self.archive = self.folder / f"case{self.number}" / ("mail" if form == "mbox" else
                                                             f"mail.{form}")
        self.archive.parent.mkdir()

    def write(self, *numbers):
        if self.form == "maildir":
            for folder in ("cur", "new", "tmp"):
                (self.archive / folder).mkdir(parents=True, exist_ok=True)
            for one in numbers:
                (self.archive / "cur" / f"{TIME}.{one}.h:2,S").write_bytes(message(one))
            return
        content = mbox(numbers)
        if self.form == "gz":
            content = gzip.compress(content)
        if self.form == "zip":
            with io.BytesIO() as file:
                with zipfile.ZipFile(file, "w") as pack:
                    pack.writestr("mail.mbox", content)
                content = file.getvalue()
        self.archive.write_bytes(content)

    def go(self, *more, code=0, journal="", **extra):
        outcome = self.migrate(self.server, self.archive, BOX, *more,
                               journal=f"{self.number}{journal}", **extra)
        if code is not None:
            self.assert_code(outcome, code)
        return outcome

    def box(self):
        """Where the mail of the archive goes."""
        names = [name for name in self.server.mailboxes() if name.startswith(BOX)]
        return max(names, key=lambda name: self.server.count(mailbox=name))

    def put(self, box, number, whose=b"else", flags=r"\Flagged"):
        with self.server.session() as client:
            client.create(quoted(box))
            check(client.append(quoted(box), f"({flags})", TIME,
                                message(number, whose).replace(b"\n", b"\r\n")))

    def held(self):
        return sorted((re.search(rb"(ours|else) \d+", one.body)[0].decode(),
                       tuple(sorted(one.flags - {"\\Recent"})))
                      for name in self.server.mailboxes() if name.startswith(BOX)
                      for one in self.server.fetch_all(mailbox=name))

    def of(self, whose):
        return [text for text, _ in self.held() if text.startswith(whose)]

    def test_what_never_arrived_is_sent_beside_its_twins(self):
        for form, more in (("mbox", ()), ("gz", ONE_BY_ONE), ("zip", ()), ("maildir", ONE_BY_ONE)):
            with self.subTest(form=form, more=more):
                self.begin(form)
                self.write(1, 2)
                self.go(*more)
                box = self.box()
                # More than all of the archive was, so that it only grew.
                self.write(*range(1, 9))
                self.go(*more, code=None, MBOXFERRY_CRASH_AT="batch-intended")
                for number in (3, 4):
                    self.put(box, number)
                self.put(box, 5, b"ours")
                self.go(*more, MBOXFERRY_CRASH_AT="reconcile-decided", code=None)
                self.go(*more)
                self.assertEqual(self.of("ours"), [f"ours {one}" for one in range(1, 9)])
                self.assertEqual([one for one in self.held() if one[0].startswith("else")],
                                 [(f"else {one}", ("\\Flagged",)) for one in (3, 4)])
                # A message of its owner's is not the job's business, whatever it has.
                self.assertIn(("ours 5", ("\\Flagged",)), self.held())

    def test_a_copy_of_what_is_stored(self):
        """Two messages of one Message-ID; the owner copies the first while the other is in doubt."""
        self.begin()
        ours, twin = message(1), message(1, b"else")
        sep = b"From a@example.com %s\n" % archives.asctime(TIME)
        self.archive.write_bytes(sep + ours + b"\n")
        self.go()
        self.archive.write_bytes(sep + ours + b"\n" + sep + twin + b"\n")
        self.go(code=None, MBOXFERRY_CRASH_AT="batch-intended")
        with self.server.session() as client:
            client.select(BOX)
            client.uid("COPY", "1", BOX)
        # A copy that appears while the job is under way is told.
        self.assertIn("there twice (UID 1, and a copy as UID 2)", self.go(code=1).err)
        self.assertEqual(self.of("else"), ["else 1"])
        self.assertEqual(self.of("ours"), ["ours 1"] * 2)

    def test_a_twin_that_its_owner_deletes_while_it_is_compared(self):
        for crash in ({}, {"MBOXFERRY_CRASH_AT": "reconcile-decided"}):
            with self.subTest(crash=crash):
                self.begin()
                faults = []
                with TlsProxy(self.server, lambda _: faults[-1] if faults else None) as proxy:
                    self.write(1, 2)
                    self.go(port=proxy.port)
                    self.write(1, 2, 3, 4)
                    self.go(code=None, port=proxy.port, MBOXFERRY_CRASH_AT="batch-intended")
                    self.put(BOX, 3)
                    faults.append(DeletedWhenRead(self.server))
                    if crash:
                        self.go(code=None, port=proxy.port, **crash)
                    self.go(port=proxy.port)
                    self.assertTrue(faults[-1].deleted)
                self.assertEqual(self.of("ours"), [f"ours {one}" for one in range(1, 5)])

    def test_a_mailbox_that_was_made_anew(self):
        self.begin()
        self.write(1)
        self.go()
        with self.server.session() as client:
            client.delete(BOX)
        self.put(BOX, 1)
        self.assertIn("gone", self.go().err)
        self.assertEqual(self.held(), [("else 1", ("\\Flagged",))])

    def withheld(self, crash, grown, how, uids):
        """A crash, then messages whose bodies the server does not give."""
        relay = self.enterContext(OddRelay(self.server, Withholding))
        go = functools.partial(self.go, port=relay.port)
        if crash == "batch-intended":
            self.write(1, 2)
            go()
            self.write(1, 2, 3, 4)
        else:
            self.write(1, 2, 3)
        go(code=None, MBOXFERRY_CRASH_AT=crash)
        if crash == "batch-intended":
            self.put(self.box(), 3)
        self.write(*grown)
        relay.memory["withheld"] = (how, uids)
        return relay, go

    def test_a_body_that_the_server_does_not_give_leaves_one_message_in_doubt(self):
        for form, how in (("mbox", "no"), ("gz", "nothing"), ("zip", "empty"), ("maildir", "no")):
            with self.subTest(form=form, how=how):
                self.begin(form)
                relay, go = self.withheld("batch-answered", (1, 2, 3, 4), how, {2})
                outcome = go(code=75)
                self.assertIn("1 message is in doubt", outcome.err)
                self.assertIn("does not give the content of 1 message", outcome.err)
                self.assertIn("in doubt: ", outcome.err)
                # All else arrived, what is new, too.
                self.assertEqual(self.of("ours"), [f"ours {one}" for one in range(1, 5)])
                if how == "nothing":
                    relay.memory.clear()
                    go()
                    self.assertEqual(self.of("ours"), [f"ours {one}" for one in range(1, 5)])
                    continue
                # The comparison at the end may fail at that body.
                go("--resend-doubtful", code=None)
                self.assertEqual(self.of("ours").count("ours 2"), 2)

    def test_what_cannot_be_read_is_not_taken_for_ours(self):
        for form, how, uids in (("mbox", "no", {3}), ("maildir", "nothing", {3}),
                                ("gz", "empty", {1, 2, 3}), ("zip", "no", {3})):
            with self.subTest(form=form, how=how):
                self.begin(form)
                _, go = self.withheld("batch-intended", (1, 2, 3, 4), how, uids)
                for _ in range(2):
                    self.assertIn("1 message is in doubt", go(code=75).err)
                    self.assertEqual(self.of("ours"), ["ours 1", "ours 2", "ours 4"])
                # The comparison at the end may fail at that body.
                go("--resend-doubtful", code=None)
                self.assertEqual(self.of("ours"), [f"ours {one}" for one in range(1, 5)])
                self.assertIn(("else 3", ("\\Flagged",)), self.held())

    def test_an_unaltered_twin_on_a_server_that_alters_mail(self):
        for stored, code in ((2, 75), (4, 1)):
            with self.subTest(stored=stored):
                self.begin()
                relay = self.enterContext(OddRelay(self.server, altering(with_field)))
                go = functools.partial(self.go, port=relay.port)
                self.write(*range(1, stored + 1))
                go(code=1)
                self.write(*range(1, stored + 4))
                go(code=None, MBOXFERRY_CRASH_AT="batch-intended")
                self.put(BOX, stored + 2)
                outcome = go(code=code)
                sent = [f"ours {one}" for one in range(1, stored + 4)]
                if code == 75:
                    self.assertIn("1 message is in doubt", outcome.err)
                    sent.remove(f"ours {stored + 2}")
                self.assertEqual(self.of("ours"), sent)
                self.assertIn((f"else {stored + 2}", ("\\Flagged",)), self.held())

    def test_where_nothing_is_known_of_the_server_it_stays_in_doubt(self):
        self.begin()
        self.write(1)
        self.go(code=None, MBOXFERRY_CRASH_AT="batch-intended")
        self.put(BOX, 1)
        self.assertIn("--resend-doubtful", self.go(code=75).err)
        self.assertEqual(self.of("ours"), [])
        self.go("--resend-doubtful")
        self.assertEqual(self.held()[0], ("else 1", ("\\Flagged",)))
        self.assertEqual(self.of("ours"), ["ours 1"])

    def test_what_else_was_in_doubt_tells_of_the_server(self):
        """One of the window has arrived as it was sent."""
        self.begin()
        self.write(1, 2, 3)
        self.go(code=None, MBOXFERRY_CRASH_AT="batch-answered")
        with self.server.session() as client:
            client.select(BOX)
            client.uid("STORE", "2", "+FLAGS", r"(\Deleted)")
            client.expunge()
        self.put(BOX, 2)
        self.go()
        self.assertEqual(self.of("ours"), ["ours 1", "ours 2", "ours 3"])
        self.assertIn(("else 2", ("\\Flagged",)), self.held())


if __name__ == "__main__":
    unittest.main()
