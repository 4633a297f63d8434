# SPDX-License-Identifier: Apache-2.0
# Answers that clients were reported to stumble over: each through dry run, migrate and verify.
"""Sources are public issue trackers, named beside each session."""

import json
import re
import unittest

from support import archives
from support.fake_imap import BASIC, FULL, FakeImap, Mailbox, Refusal, Session, _fetch_items, _in_set
from support.program import ProgramTest

COUNT = 25
FETCHED = re.compile(rb"^(\* \d+ FETCH \(.*)\)\r\n$", re.S)


class Unsorted(Session):
    """greenmail#377: the UIDs of a FETCH are in no order, and their numbers neither."""

    def _do_uid_fetch(self, tag, words):
        items, held = b" ".join(words[1:]), []
        messages = list(self.selected.messages) if self.selected else []
        highest = messages[-1].uid if messages else 0
        for number, message in enumerate(messages, 1):
            if _in_set(message.uid, words[0], highest):
                held.append(b"* %d FETCH (" % number + _fetch_items(message, items) + b")\r\n")
        for line in held[1::2] + held[::-2]:
            self.send(line)
        self._ok(tag)


class Chatting(Session):
    """imapclient#334, rust-imap#81, proton-bridge#221: news of other messages in every answer, and
    after it."""

    def _ok(self, tag, text="done"):
        news = b"".join(b"* %d FETCH (FLAGS (\\Seen) UID %d)\r\n" % (number, message.uid)
                        for number, message in enumerate(self.selected.messages[-2:], max(
                            1, len(self.selected.messages) - 1))) if self.selected else b""
        if self.selected:
            news += b"* %d EXISTS\r\n* 0 RECENT\r\n" % len(self.selected.messages)
        self.send(news + tag + b" OK " + text.encode() + b"\r\n" + news)


class BlankLines(Session):
    """cpython#152751: an empty line behind each literal."""

    def send(self, data):
        super().send(re.sub(rb"\)\r\n$", b"\r\n)\r\n", data) if b" FETCH (" in data and b"}\r\n" in data
                     else data)


class UidLast(Session):
    """imapsync#96: the UID behind the literal."""

    def send(self, data):
        uid = re.match(rb"(\* \d+ FETCH \()(UID \d+) (.*)\)\r\n$", data, re.S)
        super().send(uid[1] + uid[3] + b" " + uid[2] + b")\r\n" if uid else data)


class LiteralNames(Session):
    """cyrus-imapd#696: names in LIST are literals, and INBOX has no separator
    (emailjs-imap-client#27)."""

    def send(self, data):
        line = re.match(rb'(\* LIST \([^)]*\)) "(.)" "(.+)"\r\n$', data)
        if line and line[3].upper() == b"INBOX":
            data = line[1] + b" NIL INBOX\r\n"
        elif line:
            data = line[1] + b' "%s" {%d}\r\n%s\r\n' % (line[2], len(line[3]), line[3])
        super().send(data)


class ExpungePending(Session):
    """emailjs-imap-client#60, RFC 2180 section 4.1.2: all is shown, and then NO, once for each
    connection; Yahoo says [UNAVAILABLE]."""

    said = False

    def _do_uid_fetch(self, tag, words):
        if self.said or self.selected is None or not self.selected.messages:
            super()._do_uid_fetch(tag, words)
            return
        self.said, ok = True, self._ok
        self._ok = lambda tag, text="done": self._no(
            tag, "[UNAVAILABLE] FETCH Server error while fetching messages")
        super()._do_uid_fetch(tag, words)
        self._ok = ok


class NoSpaceAtTheEnd(Session):
    """Exchange class: a space before the closing parenthesis, items in small letters."""

    def send(self, data):
        line = FETCHED.match(data)
        if line and b"}" not in data:
            data = line[1].replace(b"RFC822.SIZE", b"rfc822.size").replace(
                b"INTERNALDATE", b"InternalDate") + b" )\r\n"
        super().send(data)


class OddCapabilities(Session):
    """emailjs-imap-client#27 (SEINE): words of another kind among the capabilities, twice, and in
    small letters."""

    def _capability_words(self):
        return "SEINE IMAP server " + self.server.capabilities.lower() + " IMAP4rev1 IMAP4rev1"


class NoWords(Session):
    """Bare tagged replies: nothing behind OK and NO (RFC 3501 wants a text)."""

    def _ok(self, tag, text="done"):
        code = re.match(r"\[[^\]]*\]", text)
        self.send(tag + b" OK" + (b" " + code[0].encode() if code else b"") + b"\r\n")


class ManyLines(Session):
    """Kerio, Zimbra class: SELECT tells a hundred keywords and lines that nobody knows."""

    def _do_select(self, tag, words, read_only=False):
        self.send(b"* FLAGS (" + b" ".join(b"kw%d" % n for n in range(300)) + b")\r\n"
                  b"* OK [X-UNKNOWN (a b) c] hm\r\n* OK [HIGHESTMODSEQ 18446744073709551615] x\r\n"
                  b"* X-OWN 1 2 3\r\n* OK [NOMODSEQ]\r\n* NO [] empty code\r\n")
        super()._do_select(tag, words, read_only)


SESSIONS = (Unsorted, Chatting, BlankLines, UidLast, LiteralNames, ExpungePending, NoSpaceAtTheEnd,
            OddCapabilities, NoWords, ManyLines)


class MoreServicesTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        archives.make(self.archive, COUNT, seed=3, body_bytes=(0, 300), keywords=0.3)

    def verify(self, server, *more, code=0):
        outcome = self.run_program("verify", self.folder / "job.journal", "--json",
                                   "--password-file", server.password_file(), *more)
        self.assert_code(outcome, code)
        return json.loads(outcome.out)

    def assert_each_once(self, server, count=COUNT):
        bodies = server.bodies("Box")
        self.assertEqual((len(bodies), len(set(bodies))), (count, count))

    def test_each_through_all_commands(self):
        for session in SESSIONS:
            for capabilities in (FULL, BASIC + " UIDPLUS", BASIC):
                with self.subTest(session.__name__, capabilities=capabilities), FakeImap(
                        session_type=session, capabilities=capabilities,
                        append_uid="UIDPLUS" in capabilities) as server:
                    # Mail of others in the same mailbox.
                    box = server.mailboxes["Box"] = Mailbox(5)
                    for number in range(3):
                        box.add([], "", b"Subject: other %d\r\n\r\nx\r\n" % number)
                    arguments = ("--timeout", "15")
                    plan = self.migrate(server, self.archive, "Box", "--dry-run", *arguments)
                    self.assert_code(plan, 0)
                    self.assertEqual(len(server.bodies("Box")), 3)
                    self.assert_code(self.migrate(server, self.archive, "Box", *arguments), 0)
                    self.assert_each_once(server, COUNT + 3)
                    for more in ((), ("--full",), ("--strict",)):
                        document = self.verify(server, *more)
                        self.assertEqual((document["checked"], document["missing"]), (COUNT, []))
                    self.assert_code(self.migrate(server, self.archive, "Box", *arguments), 0)
                    self.assert_each_once(server, COUNT + 3)
                for left in self.folder.glob("job.journal*"):
                    left.unlink()

    def test_a_message_whose_text_breaks_the_servers_parser(self):
        """imapsync#209 (Yahoo), imapsync#403 (Proton's bridge): BAD for what is in a message."""
        for text in ("[CLIENTBUG] Additional arguments found after last expected argument",
                     "invalid rfc5322 message: `Sender` should not be present if equal to `From`"):
            with self.subTest(text), FakeImap(
                    capabilities=BASIC + " UIDPLUS",
                    on_append=lambda head, text=text: Refusal("BAD", text)
                    if head.size == self.poison else None) as server:
                sizes = [one.size for one in archives.make(self.archive, COUNT, seed=3,
                                                           body_bytes=(0, 3000))]
                self.poison = next(one for one in sizes if sizes.count(one) == 1)
                self.assert_code(self.migrate(server, self.archive, "Box", timeout=200), 3)
                self.assert_each_once(server, COUNT - 1)
                document = self.verify(server, code=3)
                self.assertEqual((document["checked"], document["missing"]), (COUNT - 1, []))
                for left in self.folder.glob("job.journal*"):
                    left.unlink()


if __name__ == "__main__":
    unittest.main()
