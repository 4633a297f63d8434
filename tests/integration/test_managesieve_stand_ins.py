# SPDX-License-Identifier: Apache-2.0
# ManageSieve servers that misbehave: one clear line in bounded time, and nothing changed.

import time
import unittest

from support.certificates import Certificates
from support.fake_managesieve import FakeManageSieve
from support.program import ProgramTest

SCRIPTS = {"main": 'require ["fileinto"];\r\nkeep;\r\n'}
ABILITIES = ['"IMPLEMENTATION" "Fake"', '"SIEVE" "fileinto envelope include"', '"VERSION" "1.0"']


class StandInTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.certificates = Certificates(self.folder / "tls")
        (self.folder / "my.list").write_text("*@spam.example\nx@y.example\n")
        (self.folder / "secret").write_text("secret\n")
        (self.folder / "secret").chmod(0o600)

    def server(self, **how):
        how.setdefault("scripts", SCRIPTS)
        how.setdefault("active", "main")
        return self.enterContext(FakeManageSieve(self.certificates.good(), **how))

    def push(self, server, *options):
        begun = time.monotonic()
        outcome = self.run_program(
            "senders", "push", "--senders", "my.list", "--managesieve", f"localhost:{server.port}",
            "--user", "alice", "--password-file", "secret", "--ca-file", self.certificates.ca_file,
            "--timeout", "3", *options)
        self.assertLess(time.monotonic() - begun, 20)
        return outcome

    def assert_nothing_changed(self, server, outcome, code, *words):
        self.assert_one_line(outcome, code, *words)
        self.assertEqual((server.scripts, server.active), (SCRIPTS, "main"))

    def assert_pushed(self, server, outcome):
        self.assert_code(outcome, 0)
        self.assertEqual(server.active, "mboxferry-senders")
        self.assertEqual(server.scripts["main"], SCRIPTS["main"])

    def test_a_usual_server(self):
        server = self.server()
        self.assert_pushed(server, self.push(server))
        self.assertIn('include :personal "main";', server.scripts["mboxferry-senders"])
        self.assertEqual(server.commands[:3], ["STARTTLS", "NOOP", "AUTHENTICATE"])

    def test_a_server_that_says_nothing_of_itself_after_starttls_is_asked(self):
        server = self.server(unasked=False)
        self.assert_pushed(server, self.push(server))

    def test_what_the_greeting_said_does_not_count(self):
        server = self.server(greeting=[*ABILITIES, '"SASL" "PLAIN"', '"STARTTLS"'],
                             after_tls=['"IMPLEMENTATION" "Fake"', '"SIEVE" "envelope"',
                                        '"SASL" "PLAIN"', '"VERSION" "1.0"'])
        self.assert_nothing_changed(server, self.push(server), 78)
        server = self.server(greeting=['"IMPLEMENTATION" "x"', '"STARTTLS"'])
        self.assert_pushed(server, self.push(server))

    def test_mechanisms_that_are_there_only_after_tls(self):
        server = self.server(greeting=[*ABILITIES, '"SASL" ""', '"STARTTLS"'])
        self.assert_pushed(server, self.push(server))

    def test_a_server_without_a_way_to_log_in_by_password(self):
        server = self.server(after_tls=[*ABILITIES, '"SASL" "XOAUTH2 GSSAPI"'])
        self.assert_nothing_changed(server, self.push(server), 78, "GSSAPI XOAUTH2")

    def scram_server(self, first=None, others=""):
        refuse = {("AUTHENTICATE", 1): first} if first else {}
        return self.server(after_tls=[*ABILITIES, f'"SASL" "SCRAM-SHA-256{others}"'], refuse=refuse)

    def test_a_server_that_lets_in_without_a_proof_of_its_own(self):
        for first in (None, 'OK (SASL "dj1BQUFB")', 'OK (SASL "")'):
            server = self.scram_server(first)
            self.assert_nothing_changed(server, self.push(server), 76)
            self.assertNotIn("LISTSCRIPTS", server.commands)

    def test_a_challenge_that_is_none(self):
        for first in ('"!!!"', '"cj1hYmMscz1BQSxpPTQwOTY="', '{4}\r\nAAAA', '""'):
            server = self.scram_server(first)
            self.assert_nothing_changed(server, self.push(server), 76)
            self.assertEqual(server.commands[-1], "*")

    def test_a_server_that_cannot_do_scram_for_this_account(self):
        server = self.scram_server('NO "no such user here"', " PLAIN")
        self.assert_pushed(server, self.push(server))
        server = self.scram_server('NO "no such user here"')
        self.assert_nothing_changed(server, self.push(server), 77, "no such user here")

    def test_an_access_token(self):
        for name in ("XOAUTH2", "OAUTHBEARER"):
            server = self.server(after_tls=[*ABILITIES, f'"SASL" "{name}"'])
            (self.folder / "token").write_text("t" * 2000)  # too long for a quoted string
            (self.folder / "token").chmod(0o600)
            outcome = self.run_program(
                "senders", "push", "--senders", "my.list", "--managesieve",
                f"localhost:{server.port}", "--user", "alice", "--token-file", "token", "--ca-file",
                self.certificates.ca_file, "--timeout", "3", "--log-file", "trace.log")
            self.assert_pushed(server, outcome)
            self.assertNotIn("dHR0", (self.folder / "trace.log").read_text())

    def test_a_server_without_starttls(self):
        server = self.server(greeting=[*ABILITIES, '"SASL" "PLAIN"'])
        self.assert_nothing_changed(server, self.push(server), 76, "does not offer STARTTLS")
        self.assertEqual(server.commands, [])

    def test_words_behind_the_starttls_reply(self):
        server = self.server(after_starttls=b'OK "injected"\r\n')
        self.assert_nothing_changed(server, self.push(server), 76, "in plain text after")
        self.assertNotIn("AUTHENTICATE", server.commands)

    def test_a_server_that_waits_for_tls_in_silence(self):
        server = self.server(silent=True)
        self.assert_nothing_changed(server, self.push(server), 69, "--tls implicit")

    def test_refused_literals(self):
        server = self.server(literals=False)
        self.assert_nothing_changed(server, self.push(server), 76, "form of RFC 5804")
        self.assertNotIn("PUTSCRIPT", server.commands)

    def test_a_script_that_is_too_long_where_it_cannot_be_split(self):
        server = self.server(after_tls=['"IMPLEMENTATION" "F"', '"SIEVE" "fileinto"',
                                        '"VERSION" "1.0"', '"SASL" "PLAIN"'],
                             refuse={("HAVESPACE", 1): 'NO (QUOTA/MAXSIZE) "at most 100 bytes"'})
        self.assert_nothing_changed(server, self.push(server, "--replace-active"), 78,
                                    "QUOTA/MAXSIZE: at most 100 bytes", "no include")

    def test_a_quota_that_is_full(self):
        server = self.server(refuse={("HAVESPACE", 2): 'NO (QUOTA/MAXSCRIPTS) "enough"'})
        self.assert_nothing_changed(server, self.push(server), 78, "QUOTA/MAXSCRIPTS: enough")

    def test_a_script_that_the_server_calls_wrong(self):
        server = self.server(refuse={("CHECKSCRIPT", 2): 'NO {9}\r\nline 1: x'})
        self.assert_nothing_changed(server, self.push(server), 78, "line 1: x")

    def test_what_was_stored_is_taken_back_when_a_later_step_fails(self):
        for step in (("PUTSCRIPT", 1), ("PUTSCRIPT", 2), ("SETACTIVE", 1), ("GETSCRIPT", 3)):
            server = self.server(refuse={step: 'NO (QUOTA) "full now"'})
            self.assert_nothing_changed(server, self.push(server), 1, "full now")

    def test_a_script_that_is_stored_otherwise_is_taken_back(self):
        server = self.server(alter=lambda text: text.replace("\n", "\r\n"))
        self.assert_nothing_changed(server, self.push(server), 76, "not what was sent")

    def test_bye_and_try_later(self):
        server = self.server(refuse={("LISTSCRIPTS", 1): 'BYE (TRYLATER) "shutting down"'})
        self.assert_nothing_changed(server, self.push(server), 69, "shutting down")
        server = self.server(refuse={("AUTHENTICATE", 1): 'NO (TRYLATER) "too busy"'})
        self.assert_nothing_changed(server, self.push(server), 75, "too busy")

    def test_advice_is_about_what_the_server_said(self):
        server = self.server(refuse={("AUTHENTICATE", 1):
                                     'BYE (REFERRAL "sieve://other.example") "go there"'})
        self.assert_nothing_changed(server, self.push(server), 78, "sieve://other.example")
        server = self.server(refuse={("AUTHENTICATE", 1): 'NO (AUTH-TOO-WEAK) "weak"'})
        outcome = self.push(server)
        self.assert_nothing_changed(server, outcome, 77, "--auth")
        self.assertNotIn("check user and password", outcome.err)
        server = self.server(refuse={("HAVESPACE", number): 'NO "unknown command"'
                                     for number in range(1, 9)})
        outcome = self.push(server)
        self.assert_pushed(server, outcome)
        self.assertIn("cannot create 'Junk'", outcome.err)

    def test_a_server_that_stops_talking(self):
        for command in ("STARTTLS", "AUTHENTICATE", "LISTSCRIPTS", "CHECKSCRIPT"):
            server = self.server(stops_at=command)
            outcome = self.push(server)
            self.assert_nothing_changed(server, outcome, 69)
            self.assertNotIn("993", outcome.err)

    def test_something_else_on_the_port(self):
        server = self.server(greeting=["* OK IMAP4rev1"])
        self.assert_nothing_changed(server, self.push(server), 76, "ManageSieve")

    def test_a_name_that_could_end_a_string_is_refused_and_one_that_is_there_is_quoted(self):
        odd = 'a" \\ b'
        server = self.server(scripts={odd: "keep;\n"}, active=odd)
        self.assert_code(self.push(server, "--script-name", 'x"y'), 64)
        self.assert_code(self.push(server), 0)
        self.assertEqual(server.scripts[odd], "keep;\n")
        self.assertIn('include :personal "a\\" \\\\ b";', server.scripts["mboxferry-senders"])
        self.assert_code(self.push(server), 0)
        self.assertIn('include :personal "a\\" \\\\ b";', server.scripts["mboxferry-senders"])


if __name__ == "__main__":
    unittest.main()
