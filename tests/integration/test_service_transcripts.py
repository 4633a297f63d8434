# SPDX-License-Identifier: Apache-2.0
# A server for each behaviour in docs/servers.md, over TLS; judged by what it holds in the end.

import os
import pathlib
import re
import time
import unittest

from support import archives
from support import service_sessions as sessions
from support.fake_imap import BASIC, FULL, Close, FakeImap, Mailbox, Refusal
from support.fault_test import FaultTest

COUNT = 30
PIPELINED = BASIC + " UIDPLUS LITERAL+"
TABLE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "servers.md"
TRANSCRIPTS = pathlib.Path(os.environ.get("MBOXFERRY_CORPORA", TABLE.parents[2] / "shared/corpora")
                           ) / "servers"
# Shown where their kind is tested.
ELSEWHERE = {"verify-before-anything": "test_used_mailboxes.py",
             "first-address-dead": "fault/test_unanswered.py"}


class Once:
    """True the first time."""

    def __init__(self):
        self.left = True

    def __call__(self):
        first, self.left = self.left, False
        return first


def says(name, answer):
    """This answer to each such command."""
    return lambda _, command, __: answer if command == name else None


def shows(change):
    """What a FETCH tells of a message, changed."""
    class Showing(sessions.Session):
        def send(self, data):
            super().send(change(data) if b" FETCH (" in data and b"RFC822.SIZE" in data else data)
    return Showing


def listing(*lines):
    return lambda session, name, _: session.send(b"\r\n".join(lines) + b"\r\n") \
        if name == "LIST" else None


def refusing(wanted, kind, text, **limits):
    """Such a refusal of each head that is `wanted`."""
    return lambda head: Refusal(kind, text) if wanted(head) else None


def a_message(number):
    """A message by its date, which no other has."""
    minute = f"{15 + number}:00 "
    return lambda head: f":{minute}" in head.date


class Scenario:
    """`code`: how the job ends; `stored`: how many; `told`: what the user reads, `untold`: what
    not."""

    def __init__(self, code=0, stored=COUNT, told="", refused="", arguments=(), untold="", **server):
        self.code, self.stored, self.told, self.refused = code, stored, told, refused
        self.untold = untold
        self.arguments, self.server = arguments, server


def late_bye():
    once = Once()

    class Leaving(sessions.Session):
        def _end_of_append(self, tag, name, taken, refusal):
            if taken[0][0].number == 10 and once():
                self.send(b"* BYE IMAP4rev1 Server logging out\r\n" + tag
                          + b" NO [LIMIT] APPEND Rate limit hit.\r\n")
                raise Close
            super()._end_of_append(tag, name, taken, refusal)
    return Leaving


def coremail():
    known = set()

    def answer(session, name, _):
        if name == "ID":
            known.add(session)
        return b"TAG NO SELECT Unsafe Login.\r\n" if name == "SELECT" and session not in known \
            else None
    return answer


def not_connected(_, name, __):
    known = ("CAPABILITY", "AUTHENTICATE", "LOGOUT")
    return None if name in known else b"TAG BAD User is authenticated but not connected.\r\n"


def webalert(session, name, _):
    if name != "AUTHENTICATE":
        return None
    session.send(b"* NO [WEBALERT https://accounts.example/signin/continue?sarp=1] Web login "
                 b"required.\r\n")
    return b"TAG NO [ALERT] Please log in via your web browser (Failure)\r\n"


def some_seconds(kind, text, seconds=2.5):
    """Such an answer to each message for a while, beginning with the tenth."""
    begun = []

    def refuse(head):
        if head.number >= 10 and not begun:
            begun.append(time.monotonic())
        return Refusal(kind, text) if begun and time.monotonic() - begun[0] < seconds else None
    return refuse


def close_at(wanted):
    def close(head):
        if wanted(head):
            raise Close
    return close


class ForeignTag(sessions.Session):
    once = None

    def _end_of_append(self, tag, name, taken, refusal):
        if taken[0][0].number == 10:
            self.send(b"<body of it BAD Command Error. 10\r\n")
            raise Close
        super()._end_of_append(tag, name, taken, refusal)


class Swapped(sessions.Session):
    """DavMail: UID and UIDVALIDITY change places in APPENDUID."""

    def send(self, data):
        super().send(re.sub(rb"APPENDUID (\d+) (\d+)", rb"APPENDUID \2 \1", data))


class Terse(sessions.Session):
    """SELECT tells neither UIDNEXT nor PERMANENTFLAGS."""

    def send(self, data):
        super().send(re.sub(rb"\* OK \[(UIDNEXT|PERMANENTFLAGS)[^\r]*\r\n", b"", data))


class DroppingKeywords(sessions.Session):
    def _end_of_append(self, tag, name, taken, refusal):
        for head, _ in taken:
            head.flags = [flag for flag in head.flags if flag.startswith("\\")]
        super()._end_of_append(tag, name, taken, refusal)

    def _do_uid_store(self, tag, words):
        self._ok(tag)


class Silent(sessions.Session):
    """grommunio: an untagged BAD to what is too large, and nothing more."""

    def _literal(self, match):
        if int(match[1]) > 2000 and match[2] == b"":
            self.send(b"* BAD command line limit exceeded\r\n")
            while True:
                self._line()
        return super()._literal(match)


SCENARIOS = {
    "coremail-id": Scenario(on_command=coremail()),
    "o365-not-connected": Scenario(75, None, "licence", on_command=not_connected),
    "icloud-login-bad": Scenario(75, None, on_command=says(
        "AUTHENTICATE", b"TAG BAD [UNAVAILABLE] Service temporarily unavailable\r\n")),
    "gmail-webalert": Scenario(77, None, "signin/continue", on_command=webalert),
    "login-server-unavailable": Scenario(75, None, on_command=says(
        "AUTHENTICATE", b"TAG NO Server Unavailable. 15\r\n")),
    "plain-advertised-login-only": Scenario(on_command=says(
        "AUTHENTICATE", b"TAG BAD [CLIENTBUG] AUTHENTICATE mechanism not supported\r\n")),
    "yahoo-bye-before-limit": Scenario(session_type=late_bye()),
    "189-namespace-bad": Scenario(on_command=says("NAMESPACE", b"TAG BAD syntax error\r\n")),
    "yahoo-jp-flat": Scenario(on_command=lambda session, name, _: (
        b'* NAMESPACE (("" NIL)) NIL NIL\r\nTAG OK done\r\n' if name == "NAMESPACE" else
        b"* LIST () NIL INBOX\r\nTAG OK done\r\n" if name == "LIST" else None)),
    "domino-list": Scenario(untold="left out", on_command=listing(
        b'* LIST (\\HasNoChildren) "\\\\" Folder\\Subfolder 1')),
    "exchange-list-tabs": Scenario(told="left out", on_command=listing(
        b'* LIST (\\HasNoChildren) "/" INBOX/Da\tOggetto\tRicevuto\t')),
    "yandex-create-bad": Scenario(78, None, "too large", on_command=says(
        "CREATE", b"TAG BAD [CLIENTBUG] CREATE Folder name is too large. sc=X0\r\n")),
    "create-bye": Scenario((69, 75, 78), None, on_command=says(
        "CREATE", b"* BYE Internal error occurred. Refer to server log.\r\n")),
    "create-visible-late": Scenario(session_type=sessions.CreatedLate),
    "select-without-uidnext": Scenario(session_type=sessions.losing_answers(Terse, {12})),
    "status-of-selected-refused": Scenario(
        on_command=says("STATUS", b"TAG BAD STATUS of the selected mailbox\r\n"),
        session_type=sessions.losing_answers(sessions.Session, {12})),
    "proton-size-zero": Scenario(told="another size", session_type=shows(
        lambda data: re.sub(rb"RFC822\.SIZE \d+", b"RFC822.SIZE 0", data))),
    "exchange-size-estimate": Scenario(told="another size", session_type=shows(
        lambda data: re.sub(rb"RFC822\.SIZE (\d+)",
                            lambda size: b"RFC822.SIZE %d" % (int(size[1]) * 7 // 5), data))),
    "internaldate-one-digit": Scenario(session_type=shows(
        lambda data: re.sub(rb'INTERNALDATE "0', b'INTERNALDATE "', data))),
    "internaldate-ignored": Scenario(told="INTERNALDATE", session_type=shows(
        lambda data: re.sub(rb'INTERNALDATE "[^"]+', b'INTERNALDATE "29-Nov-2026 00:00:00 +0000',
                            data))),
    "proton-uids-move": Scenario(told="other UIDs", session_type=sessions.Renumbering),
    "icloud-visible-late": Scenario(session_type=sessions.Late),
    "permanentflags-lie": Scenario(told="does not keep keywords", session_type=DroppingKeywords),
    "gmail-dedupe": Scenario(told="merged", stored=COUNT, arguments=("twice",),
                             session_type=sessions.Merging),
    "davmail-appenduid-swapped": Scenario((0, 69, 76), session_type=Swapped),
    "o365-throttled-bad": Scenario(on_append=some_seconds(
        "BAD", "Request is throttled. Suggested Backoff Time: 2000 milliseconds", 1)),
    "mailo-temporary": Scenario(on_append=some_seconds("NO", "Temporary unavailable")),
    "exchange-unavailable-15": Scenario(on_append=some_seconds("NO", "Server Unavailable. 15")),
    "groupwise-full": Scenario(75, 10, "raise the quota", on_append=refusing(
        lambda head: head.number > 10, "NO",
        "APPEND The 1500 MB storage limit has been exceeded.")),
    "poison-serverbug": Scenario(3, COUNT - 1, refused="SERVERBUG", on_append=refusing(
        a_message(9), "NO", "[SERVERBUG] Internal error occurred.")),
    "poison-limit": Scenario(3, COUNT - 1, refused="LIMIT", on_append=refusing(
        a_message(9), "NO", "[LIMIT] Too many identical messages")),
    "poison-close": Scenario(3, COUNT - 1, refused="CLOSED", on_append=close_at(a_message(9))),
    "exchange-bad-foreign-tag": Scenario(session_type=ForeignTag),
    "gmail-toobig-bad": Scenario(3, COUNT - 1, refused="TOOBIG", on_append=refusing(
        a_message(9), "BAD", "[TOOBIG] Message too large.")),
    "gromox-untagged-bad": Scenario(3, COUNT - 1, refused="BAD", arguments=("large", "--timeout",
                                                                            "3"),
                                    session_type=Silent, capabilities=BASIC + " UIDPLUS"),
    "icloud-keyword-dot": Scenario(on_append=refusing(
        lambda head: any("." in flag for flag in head.flags), "BAD", "Parse Error (took 0 ms)")),
    "exchange-rewrites-cut": Scenario(1, told="are different", session_type=sessions.losing_answers(
        sessions.Altering, {12})),
    "rewrites-no-uidplus": Scenario(1, told="all messages are on the server", append_uid=False,
                                    session_type=sessions.losing_answers(sessions.Altering, {12}),
                                    capabilities=BASIC + " LITERAL+"),
    "pipelined-input-lost": Scenario(session_type=sessions.LosingPipelined,
                                     arguments=("--timeout", "3"), capabilities=BASIC),
    "alert-shown": Scenario(told="will be closed on 2027-01-01", on_command=lambda session, name, _:
                            session.send(b"* OK [ALERT] Your account will be closed on 2027-01-01"
                                         b"\r\n") if name == "SELECT" else None),
    "exchange-max-size": Scenario(3, COUNT - 1, refused="TOOBIG", on_append=refusing(
        a_message(9), "NO", "Maximum size of appendable message has been exceeded")),
    "exchange-read-receipts": Scenario(arguments=("receipts",)),
    "yahoo-messagelimit": Scenario(session_type=sessions.Limited,
                                   capabilities=PIPELINED + " MESSAGELIMIT=25"),
}


class TranscriptsTest(FaultTest):
    def archive(self, wishes):
        path = self.folder / "mail.mbox"
        receipt = b"Disposition-Notification-To: a@b.example\n" if "receipts" in wishes else b""
        with archives.Mbox(path) as mbox:
            for number in range(COUNT):
                size = 3000 if "large" in wishes and number == 9 else 100 + 40 * (number % 7)
                mbox.add(b"Message-ID: <%d@odd.example>\nX-Keywords: work domain.com\n%s"
                         b"From: a@b.example\nSubject: number %d.\n\ntext of %d.\n%s\n"
                         % (number, receipt, number, number, b"x" * size),
                         archives.FIRST_DATE + number * 60)
        if "twice" in wishes:
            path.write_bytes(path.read_bytes() * 2)
        return path

    def run_one(self, name, scenario):
        wishes = [word for word in scenario.arguments if not re.match(r"--|\d", word)]
        options = [word for word in scenario.arguments if word not in wishes]
        path = self.archive(wishes)
        settings = {"capabilities": PIPELINED, **scenario.server}
        with FakeImap(**settings) as server:
            arguments = self.migrate_arguments(server, path, "Box", "--connections", "1",
                                               "--retry-for", "20s", "--report-json",
                                               "report.json", *options)
            arguments[arguments.index("--progress=none")] = "--progress=plain"
            outcome = self.run_program(*arguments, timeout=200)
            numbers = [int(re.search(rb"text of (\d+)\.", body, re.I)[1])
                       for body in server.bodies("Box")]
        codes = scenario.code if isinstance(scenario.code, tuple) else (scenario.code,)
        self.assertIn(outcome.code, codes, f"{name}: {outcome}")
        self.assertEqual(len(numbers), len(set(numbers)), f"{name}: twice {outcome}")
        if scenario.stored is not None:
            self.assertEqual(len(numbers), scenario.stored, f"{name}: {outcome}")
        self.assertIn(scenario.told, outcome.err, name)
        if scenario.untold:
            self.assertNotIn(scenario.untold, outcome.err, name)
        refused = [one["code"] for one in self.report()["accounts"][0].get("refused", [])] \
            if outcome.code in (0, 3) else []
        self.assertEqual(refused, [scenario.refused] if scenario.refused else [], name)
        if name == "exchange-read-receipts":
            self.assertTrue(all("$MDNSent" in message.flags
                                for message in server.mailboxes["Box"].messages))

    def test_servers_that_behave_as_services_do(self):
        def check(name):
            case = TranscriptsTest()  # for a folder of its own
            case.setUp()
            try:
                case.run_one(name, SCENARIOS[name])
            finally:
                case.doCleanups()
        self.all_cases(check, list(SCENARIOS))

    def test_mail_goes_into_a_mailbox_whose_name_is_listed_without_quotes(self):
        tree = self.folder / "tree"
        (tree / "Folder").mkdir(parents=True)
        archives.make(tree / "Folder" / "Subfolder 1", 5)

        class Domino(sessions.Session):
            def _do_list(self, tag, words):
                for name in self.server.mailboxes:
                    self.send(b'* LIST () "\\\\" %s\r\n' % name.encode())
                self._ok(tag)

            def _do_namespace(self, tag, _):
                self.send(b'* NAMESPACE (("" "\\\\")) NIL NIL\r\n')
                self._ok(tag)
        with FakeImap(session_type=Domino, capabilities=PIPELINED, separator="\\") as server:
            server.mailboxes["Folder\\Subfolder 1"] = Mailbox(7)
            outcome = self.migrate(server, tree, None)
            self.assert_code(outcome, 0)
            self.assertEqual(len(server.bodies("Folder\\Subfolder 1")), 5)
            self.assertEqual([line for line in server.ran if b"Subfolder" in line
                              and b" CREATE " in line], [])

    def test_a_mailbox_that_exists_and_shows_late_keeps_its_name(self):
        """As after a run that was killed behind its CREATE; Cyrus says so without a code."""
        class Existing(sessions.CreatedLate):
            def _do_create(self, tag, words):
                self._no(tag, "Mailbox already exists")
        with FakeImap(session_type=Existing, capabilities=PIPELINED) as server:
            server.mailboxes["Box"] = Mailbox(7)
            server.created_at = {b"Box": time.monotonic()}
            server.on_command = lambda _, name, __: b"TAG OK done\r\n" if name == "LIST" else None
            outcome = self.migrate(server, self.archive([]), "Box")
            self.assert_code(outcome, 0)
            self.assertEqual(len(server.bodies("Box")), COUNT)
            self.assertEqual(set(server.mailboxes), {"INBOX", "Box"})

    def test_names_that_differ_in_case_only(self):
        tree = self.folder / "tree"
        tree.mkdir()
        for name in ("Work", "work"):
            archives.make(tree / name, 5, seed=len(name) + ord(name[0]))

        class Folding(sessions.Session):
            def _find(self, name):
                return next((mailbox for known, mailbox in self.server.mailboxes.items()
                             if known.lower() == name.decode().lower()), None)

            def _do_create(self, tag, words):
                if self._find(words[0]):
                    self._no(tag, "[ALREADYEXISTS] Duplicate folder name (Failure)")
                    return
                super()._do_create(tag, words)
        with FakeImap(session_type=Folding, capabilities=PIPELINED) as server:
            outcome = self.migrate(server, tree, None)
            held = sum(len(mailbox.messages) for mailbox in server.mailboxes.values())
        self.assertIn((outcome.code, held), ((0, 10), (78, 0)), str(outcome))


class TableTest(unittest.TestCase):
    def test_each_transcript_has_a_server_and_a_line(self):
        readme = TRANSCRIPTS / "README.md"
        if not readme.exists():
            self.skipTest("the shared corpora are absent")
        names = {path.stem for path in TRANSCRIPTS.glob("*.txt")}
        self.assertEqual(names - set(SCENARIOS) - set(ELSEWHERE) - {"case-insensitive-names"},
                         set())
        table = TABLE.read_text()
        self.assertEqual({name for name in names if f"| {name} |" not in table}, set())

    def test_the_table_names_no_behaviour_without_a_server(self):
        rows = set(re.findall(r"^\| ([a-z0-9-]+) \|", TABLE.read_text(), re.M)) - {"name", "---"}
        self.assertEqual(rows - set(SCENARIOS) - set(ELSEWHERE) - {"case-insensitive-names"},
                         set())


if __name__ == "__main__":
    unittest.main()
