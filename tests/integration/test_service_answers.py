# SPDX-License-Identifier: Apache-2.0
# Servers that answer as real services do (public reports; the bytes are re-made): every message
# arrives once or is refused with a reason that is true of it, in few logins, and the end is told.

import time
import unittest

from support import archives
from support.dovecot import Dovecot
from support.fake_imap import BASIC, Close, FakeImap, Refusal
from support.program import ProgramTest

COUNT = 24
PIPELINED = BASIC + " UIDPLUS LITERAL+"


class ServiceTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        self.wanted = archives.make(self.archive, COUNT, seed=7, body_bytes=(50, 400))

    def go(self, code, *more, archive=None, mailbox="Box", prepare=None, **options):
        """A job against such a server: how it ended, and the server after it."""
        options.setdefault("capabilities", PIPELINED)
        with FakeImap(**options) as server:
            if prepare:
                prepare(server)
            arguments = self.migrate_arguments(
                server, archive or self.archive, mailbox, "--connections", "1", "--report-json",
                "report.json", *more)
            arguments[arguments.index("--progress=none")] = "--progress=plain"
            outcome = self.run_program(*arguments, timeout=200)
        self.assert_code(outcome, code)
        return outcome, server

    def stored(self, server, mailbox="Box"):
        bodies = server.bodies(mailbox)
        self.assertEqual(len(bodies), len(set(bodies)), "twice")
        return len(bodies)

    def refused(self):
        return self.report()["accounts"][0]["refused"]

    def sized(self, number):
        """The size of a message that no other has."""
        size = self.wanted[number].size
        self.assertEqual([one.size for one in self.wanted].count(size), 1)
        return size


class WhoseFaultTest(ServiceTest):
    def one_refusal(self, text, kind="NO"):
        culprit = self.sized(9)
        _, server = self.go(3, on_append=lambda head: Refusal(kind, text)
                            if head.size == culprit else None)
        self.assertEqual(self.stored(server), COUNT - 1)
        refused, = self.refused()
        return refused, server

    def test_one_message_that_is_never_taken_is_told_from_a_busy_server(self):
        for text in ("[SERVERBUG] Internal error occurred.", "[LIMIT] Too many identical messages",
                     "[UNAVAILABLE] not this one", "contains a virus"):
            with self.subTest(text):
                self.setUp()
                refused, _ = self.one_refusal(text)
                self.assertIn(text.rpartition("] ")[2], refused["text"])

    def test_words_for_a_message_that_is_too_large(self):
        for kind, text in (("NO", "[LIMIT] Mail size is larger than the maximum size allowed by "
                                  "server configuration"),
                           ("NO", "Maximum size of appendable message has been exceeded"),
                           ("BAD", "[TOOBIG] Message too large. https://support.invalid/6584")):
            with self.subTest(text):
                self.setUp()
                self.assertEqual(self.one_refusal(text, kind)[0]["code"], "TOOBIG")

    def test_a_connection_that_ends_at_one_message(self):
        culprit = self.sized(9)

        def close(head):
            if head.size == culprit:
                raise Close
        _, server = self.go(3, on_append=close)
        self.assertEqual((self.stored(server), len(self.refused())), (COUNT - 1, 1))
        self.assertLessEqual(len(server.logins), 7)

    def test_throttling_in_a_bad_is_waited_for(self):
        told = []

        def throttle(head):
            if head.number == 10 and not told:
                told.append(head)
                return Refusal("BAD", "Request is throttled. Suggested Backoff Time: 2000 "
                                      "milliseconds")
            return None
        begun = time.monotonic()
        _, server = self.go(0, on_append=throttle)
        self.assertEqual((self.stored(server), self.refused()), (COUNT, []))
        self.assertGreaterEqual(time.monotonic() - begun, 2)

    def test_a_full_mailbox_without_a_code_is_not_ten_bad_messages(self):
        def full(head):
            return Refusal("NO", "APPEND The 1500 MB storage limit has been exceeded.") \
                if head.number > 10 else None
        outcome, _ = self.go(75, on_append=full)
        self.assertIn("raise the quota", outcome.err)
        self.assertEqual(self.refused(), [])

    def test_larger_messages_are_left_out_when_asked(self):
        sizes = sorted(one.size for one in self.wanted)
        limit = sizes[-4]
        _, server = self.go(3, "--max-message-size", str(limit))
        self.assertEqual(self.stored(server), COUNT - 3)
        self.assertEqual({one["code"] for one in self.refused()}, {"max-message-size"})


class LoginTest(ServiceTest):
    def test_a_mailbox_that_opens_only_after_id(self):
        known = set()

        def coremail(session, name, _):
            if name == "ID":
                known.add(session)
            if name == "SELECT" and session not in known:
                return b"TAG NO SELECT Unsafe Login. Please contact kefu@188.com for help\r\n"
            return None
        _, server = self.go(0, on_command=coremail)
        self.assertEqual(self.stored(server), COUNT)

    def test_alerts_are_shown(self):
        outcome, _ = self.go(0, on_command=lambda session, name, _: session.send(
            b"* OK [ALERT] Your account will be closed on 2027-01-01\r\n")
            if name in ("LIST", "SELECT") else None)
        self.assertEqual(outcome.err.count("will be closed on 2027-01-01"), 1, str(outcome))

    def test_what_to_do_after_a_refused_login_is_shown(self):
        def gmail(session, name, _):
            if name != "AUTHENTICATE":
                return None
            session.send(b"* NO [WEBALERT https://accounts.google.invalid/signin/continue?sarp=1] "
                         b"Web login required.\r\n")
            return b"TAG NO [ALERT] Please log in via your web browser (Failure)\r\n"
        outcome, _ = self.go(77, on_command=gmail)
        self.assertIn("signin/continue", outcome.err)

    def test_a_login_that_opens_nothing(self):
        def exchange(_, name, __):
            known = ("CAPABILITY", "AUTHENTICATE", "LOGOUT")
            return None if name in known else b"TAG BAD User is authenticated but not connected.\r\n"
        outcome, _ = self.go(75, on_command=exchange)
        self.assertIn("licence", outcome.err)

    def test_a_passing_refusal_of_a_login(self):
        for text in (b"TAG NO Server Unavailable. 15\r\n", b"TAG NO Temporary unavailable\r\n"):
            with self.subTest(text):
                self.setUp()
                self.go(75, on_command=lambda _, name, __, text=text: text
                        if name == "AUTHENTICATE" else None)

    def test_a_mechanism_that_is_offered_and_not_there(self):
        _, server = self.go(0, on_command=lambda _, name, __: (
            b"TAG BAD [CLIENTBUG] AUTHENTICATE mechanism not supported\r\n")
            if name == "AUTHENTICATE" else None)
        self.assertEqual(self.stored(server), COUNT)
        self.assertEqual(len(server.logins), 1)


class OddityTest(ServiceTest):
    def arrives(self, **options):
        outcome, server = self.go(0, **options)
        self.assertEqual(self.stored(server), COUNT)
        return outcome, server

    def test_namespace_is_offered_and_refused(self):
        for answer in (b"TAG BAD command syntax error\r\n", b"TAG NO not here\r\n"):
            with self.subTest(answer):
                self.setUp()
                self.arrives(on_command=lambda _, name, __, answer=answer: answer
                             if name == "NAMESPACE" else None)

    def test_list_lines_that_cannot_be_read_are_named_and_left_out(self):
        line = b'* LIST (\\HasNoChildren) "/" INBOX/Da\tOggetto\tRicevuto\t\r\n'
        outcome, _ = self.arrives(on_command=lambda session, name, words: session.send(line)
                                  if name == "LIST" else None)
        self.assertIn("left out", outcome.err)

    def test_status_of_the_selected_mailbox_is_refused(self):
        lost = []

        def lose(reply):
            if not lost:
                lost.append(reply)
                raise Close
            return reply
        for answer in (b"TAG BAD STATUS of the selected mailbox\r\n", b"TAG NO not that\r\n"):
            with self.subTest(answer):
                self.setUp()
                lost.clear()
                self.arrives(on_reply=lose, on_command=lambda _, name, __, answer=answer: answer
                             if name == "STATUS" else None)


class FewLoginsTest(ServiceTest):
    def test_an_empty_flag_list_is_sent_where_none_gets_bad(self):
        holder = []

        def strict(_):
            line = holder[0].ran[-1]
            return None if b"(" in line else Refusal("BAD", "Missing flag list")
        _, server = self.go(0, on_append=strict, prepare=holder.append)
        self.assertEqual(self.stored(server), COUNT)
        self.assertTrue([line for line in server.ran if b" () " in line])
        self.assertLessEqual(len(server.logins), 3)


    def test_a_kind_of_keyword_that_gets_bad_is_not_said_again(self):
        archive = self.folder / "labels.mbox"
        with open(archive, "wb") as file:
            for number in range(COUNT):
                file.write(b"From a@example.com Mon Mar  2 08:%02d:00 2015\n"
                           b"Message-ID: <%d@example.com>\nX-Keywords: %s\n\nbody %d\n\n"
                           % (number, number, b"$Label%d" % number if number % 2 else b"plain",
                              number))

        def no_dollar(head):
            odd = [flag for flag in head.flags if flag.startswith("$")]
            return Refusal("BAD", "Invalid flag " + odd[0]) if odd else None
        _, server = self.go(0, on_append=no_dollar, archive=archive)
        self.assertEqual(self.stored(server), COUNT)
        self.assertEqual(len([one for one in server.mailboxes["Box"].messages
                              if "plain" in one.flags]), COUNT // 2)
        self.assertLessEqual(len(server.logins), 6)


class NameTest(ServiceTest):
    def tree(self, *names):
        tree = self.folder / "tree"
        tree.mkdir()
        for name in names:
            (tree / name).write_bytes(self.archive.read_bytes())
        return tree

    def test_a_refused_name_is_replaced_and_the_others_go_on(self):
        def picky(_, name, words):
            if name in ("CREATE", "SELECT") and b'"' in words[0]:
                return b"TAG NO [CANNOT] no quotes\r\n" if name == "CREATE" else b"TAG BAD what?\r\n"
            return None
        outcome, server = self.go(0, archive=self.tree('a"b', "plain"), mailbox=None,
                                  on_command=picky)
        self.assertEqual(self.stored(server, "a_b"), COUNT)
        self.assertEqual(self.stored(server, "plain"), COUNT)
        self.assertIn("a_b", outcome.err)

    def test_a_mailbox_that_is_refused_in_every_spelling_is_left_for_later(self):
        def picky(_, name, words):
            if name in ("CREATE", "SELECT") and b"bad" in words[0]:
                return b"TAG NO [CANNOT] not that name\r\n"
            return None
        outcome, server = self.go(78, archive=self.tree("bad", "good"), mailbox=None,
                                  on_command=picky)
        self.assertEqual(self.stored(server, "good"), COUNT)
        self.assertIn('"bad"', outcome.err)
        self.assertIn("--map", outcome.err)

    def test_dovecot_refuses_a_full_stop_and_the_dry_run_knows(self):
        with Dovecot(separator="/") as server:
            tree = self.tree("a.b", "plain")
            plan = self.migrate(server, tree, None, "--dry-run", "--report-json", "plan.json")
            planned = {one["name"] for one in self.report("plan.json")["accounts"][0]["mailboxes"]}
            outcome = self.migrate(server, tree, None)
            self.assert_code(outcome, 0)
            made = set(server.mailboxes()) - {"INBOX"}
            self.assertTrue({"a_b", "plain"} <= made, made)
            self.assertTrue({"a_b", "plain"} <= planned, str(plan))


if __name__ == "__main__":
    unittest.main()
