# SPDX-License-Identifier: Apache-2.0
# How often a job waits for the server: each time costs a round trip, whatever the line.

import time
import unittest

from support.fake_imap import FULL, FakeImap, Mailbox
from support.program import ProgramTest

MESSAGE = "From a@example.org Mon Jan  1 00:00:00 2024\nSubject: {}\n\nHi\n\n"


class RoundTripsTest(ProgramTest):
    def archive(self, count):
        path = self.folder / f"{count}.mbox"
        path.write_text("".join(MESSAGE.format(number) for number in range(count)))
        return path

    def move(self, server, count, mailbox="Mail", code=0):
        outcome = self.migrate(server, self.archive(count), mailbox, journal=f"{count}.journal")
        self.assert_code(outcome, code)
        return outcome

    def flights(self, server):
        """Without those that only answered a literal."""
        return [" ".join(names) for names in server.flights if names]

    def test_a_job_waits_once_for_each_step(self):
        with FakeImap(count_flights=True) as server:
            self.move(server, 1)
            # Nobody waits for the last one's answer, but it is said.
            deadline = time.monotonic() + 5
            while self.flights(server)[-1] != "LOGOUT" and time.monotonic() < deadline:
                time.sleep(0.02)
            # The comparison is made ready between these two.
            flights = "; ".join(self.flights(server)).replace("SUBSCRIBE; S", "SUBSCRIBE S")
            self.assertEqual(flights, "CAPABILITY; AUTHENTICATE; ID NAMESPACE LIST; CREATE SELECT; "
                             "APPEND; SUBSCRIBE SELECT UID FETCH; LOGOUT")
            self.assertTrue(server.mailboxes["Mail"].subscribed)

    def test_enabling_utf8_costs_none(self):
        capabilities = FULL + " ENABLE UTF8=ACCEPT"
        greeting = f"* OK [CAPABILITY {capabilities}] ready\r\n".encode()
        with FakeImap(count_flights=True, capabilities=capabilities, greeting=greeting) as server:
            self.move(server, 1, "INBOX")
            self.assertEqual(self.flights(server)[:3],
                             ["AUTHENTICATE", "ENABLE ID NAMESPACE LIST", "SELECT"])

    def test_capabilities_told_beside_the_login_are_not_asked_for(self):
        def answer(session, name, _):
            if name != "AUTHENTICATE":
                return None
            session.user = "alice"
            return f"* CAPABILITY {FULL}\r\nTAG OK welcome\r\n".encode()
        with FakeImap(count_flights=True, on_command=answer) as server:
            self.move(server, 1)
            self.assertEqual(self.flights(server)[2], "ID NAMESPACE LIST")
            self.assertEqual(len(server.bodies("Mail")), 1)

    def test_verification_waits_as_often_for_thousands_as_for_one(self):
        """What is in a mailbox is asked for together with the mailbox, unless it is huge."""
        # The last has nine pages, eight of them at once: one after the other they were twelve waits.
        for count, most in ((1, 3), (5000, 3), (16_001, 7)):
            with FakeImap() as server:
                self.move(server, count)
                server.count_flights = True
                fewest = self.fewest_flights(server, count, most)
                self.assertLessEqual(len(fewest), most, count)

    def fewest_flights(self, server, count, most):
        """What `verify` said at once, in the try with the fewest waits: a busy machine lets what
        was said at once arrive in two parts, and makes it more. The goodbye, which nobody waits
        for and the server may not have read yet, is left out."""
        tries = []
        while not tries or (len(tries[-1]) > most and len(tries) < 6):
            server.flights.clear()
            outcome = self.verify(server, count, 0)
            self.assertIn(f"{count} messages checked, 0 missing" if count > 1 else
                          "1 message checked, 0 missing", outcome.out)
            tries.append([one for one in self.flights(server) if one != "LOGOUT"])
        return min(tries, key=len)

    def test_many_small_mailboxes_are_verified_in_one_round_trip(self):
        tree = self.folder / "tree"
        tree.mkdir()
        for number in range(20):
            (tree / f"box{number}").write_text(MESSAGE.format(number))
        with FakeImap() as server:
            self.assert_code(self.migrate(server, tree, "Mail", journal="20.journal"), 0)
            server.count_flights = True
            flights = self.fewest_flights(server, 20, most=3)
            self.assertEqual(flights[2:], ["ID " + " ".join(["SELECT UID FETCH"] * 20)])

    def verify(self, server, count, code):
        outcome = self.run_program("verify", self.folder / f"{count}.journal", "--ca-file",
                                   server.ca_file, "--password-file", server.password_file())
        self.assert_code(outcome, code)
        return outcome

    def test_a_lost_message_among_thousands_is_found(self):
        with FakeImap() as server:
            self.move(server, 3000)
            del server.mailboxes["Mail"].messages[2500]
            self.assertIn("gone since: the message: Mail, UID 2501",
                          self.verify(server, 3000, 0).out)

    def test_few_messages_with_far_uids_and_then_thousands(self):
        with FakeImap() as server:
            self.move(server, 1)
            mailbox = server.mailboxes["Mail"]
            for first, count in ((40_000, 3), (120_000, 5000)):
                mailbox.uid_next = first
                for _ in range(count):
                    mailbox.add([], "", b"x")
            asked = []
            server.on_command = lambda _, name, __: asked.append(name)
            self.assertIn("1 message checked, 0 missing, 0 different, 5003 unexpected",
                          self.verify(server, 1, 0).out.splitlines()[-1])
            # All have the date of the job's message and another size; none of them is read.
            self.assertLess(asked.count("UID FETCH"), 100)

    def test_a_server_that_repeats_a_message_without_end(self):
        def repeat(_, name, __):
            if name != "UID FETCH":
                return None
            return b"* 1 FETCH (UID 1 RFC822.SIZE 5 FLAGS ())\r\n" * 3000 + b"TAG OK\r\n"
        with FakeImap() as server:
            self.move(server, 1)
            mailbox = server.mailboxes["Mail"]
            mailbox.uid_next = 5000
            server.on_command = repeat
            self.assertIn("more messages than UIDs", self.verify(server, 1, 76).err)

    def test_pages_that_are_answered_in_another_order_count_all_the_same(self):
        """RFC 3501 section 5.5 lets a server do so. The first page's answer comes last."""
        held = []

        def swap(session, name, words):
            if name == "UID FETCH" and words[0].startswith(b"1:"):
                held.append((session.tag, words))
                return b""
            if name == "UID FETCH" and held:
                session._do_uid_fetch(session.tag, words)
                session._do_uid_fetch(*held.pop())
                return b""
            return None

        with FakeImap() as server:
            self.move(server, 3000)
            server.on_command = swap
            self.assertIn("3000 messages checked", self.verify(server, 3000, 0).out)


class CreateTest(ProgramTest):
    """CREATE and SELECT go together; a refusal is told as if they had not."""

    def move(self, answers, code, *words, listed=True):
        def answer(_, name, __):
            if name == "LIST" and not listed:
                return b"TAG OK nothing\r\n"
            return answers.get(name)
        archive = self.folder / "mail.mbox"
        archive.write_text(MESSAGE.format(1))
        with FakeImap(on_command=answer) as server:
            server.mailboxes["There"] = Mailbox(5)
            outcome = self.migrate(server, archive, "There" if not listed else "Mail")
            for word in words:
                self.assertIn(word, outcome.error_lines()[-1])
            self.assert_code(outcome, code)
            return server

    def test_a_refused_mailbox_stops_the_job(self):
        for answer in (b"TAG NO [CANNOT] not that name\r\n", b"TAG BAD not that name\r\n"):
            with self.subTest(answer):
                server = self.move({"CREATE": answer}, 78, "creating", "not that name", "--map")
                self.assertFalse([line for line in server.ran if b"APPEND" in line])
                self.setUp()

    def test_a_mailbox_that_is_there_without_being_listed_is_used(self):
        server = self.move({}, 0, listed=False)
        self.assertEqual(len(server.bodies("There")), 1)

    def test_a_select_that_was_quicker_than_the_create_is_repeated(self):
        tried = []

        def answer(_, name, __):
            if name == "SELECT" and not tried:
                tried.append(name)
                return b"TAG NO [NONEXISTENT] no such mailbox\r\n"
            return None
        archive = self.folder / "mail.mbox"
        archive.write_text(MESSAGE.format(1))
        with FakeImap(on_command=answer) as server:
            self.assert_code(self.migrate(server, archive, "Mail"), 0)
            self.assertEqual(len(server.bodies("Mail")), 1)

    def test_a_refused_subscription_harms_nothing(self):
        for answer in (b"TAG NO not that\r\n", b"TAG BAD what\r\n"):
            with self.subTest(answer):
                self.assertEqual(len(self.move({"SUBSCRIBE": answer}, 0).bodies("Mail")), 1)
                self.setUp()


if __name__ == "__main__":
    unittest.main()
