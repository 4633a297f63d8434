# SPDX-License-Identifier: Apache-2.0
# Each way to log in on a real Dovecot, and what a login with a token leaves behind.

import base64
import hashlib
import hmac
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading
import time
import unittest

from support import archives
from support.certificates import Certificates
from support.dovecot import Dovecot
from support.fake_imap import FakeImap
from support.imap_server import free_ports
from support.program import ProgramTest

KEY = b"a key of this test alone"
PASSWORD = "correct=horse,battery"
MASTER = "master-password"

# Without the listener, Dovecot does not make the next login wait for refused ones before it.
EXTRA = """
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
auth_master_user_separator = *
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/masters
  master = yes
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {folder}/oauth2.conf
}}
"""
OAUTH2 = """
introspection_mode = local
local_validation_key_dict = fs:posix:prefix={folder}/keys/
username_attribute = sub
"""


def token(user="alice", seconds=3600):
    """A JWT that the server accepts for so long (RFC 7519, HS256)."""
    def part(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=")
    now = int(time.time())
    head = part(json.dumps({"alg": "HS256", "typ": "JWT", "kid": "k"}).encode())
    body = part(json.dumps({"sub": user, "iat": now - 7200, "exp": now + seconds}).encode())
    signed = head + b"." + body
    return (signed + b"." + part(hmac.new(KEY, signed, hashlib.sha256).digest())).decode()


class MechanismsTest(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = pathlib.Path(tempfile.mkdtemp(prefix="mf-mechanisms-"))
        cls.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        key = folder / "keys" / "default" / "HS256" / "k"
        key.parent.mkdir(parents=True)
        key.write_bytes(base64.b64encode(KEY))
        (folder / "masters").write_text("admin:{PLAIN}" + MASTER + "::::::\n")
        (folder / "oauth2.conf").write_text(OAUTH2.format(folder=folder))
        cls.server = cls.enterClassContext(Dovecot(
            {"alice": PASSWORD}, folder=folder, extra=EXTRA.format(folder=folder),
            auth_mechanisms="plain login scram-sha-1 scram-sha-256 xoauth2 oauthbearer"))

    def setUp(self):
        super().setUp()
        self.server.delete_all()
        self.archive = self.folder / "mail.mbox"
        self.wanted = archives.make(self.archive, 3)
        self.trace = self.folder / "trace.log"

    def file_of(self, secret, name="password-or-token"):
        path = self.folder / name
        path.write_text(secret + "\n")
        path.chmod(0o600)
        return path

    def go(self, *more, secret=PASSWORD, option="--password-file", journal="job.journal"):
        arguments = self.migrate_arguments(
            self.server, self.archive, "Mail", "--log-file", self.trace, "--report-json",
            "report.json", "--password-file", self.file_of(secret), *more, journal=journal)
        at = arguments.index("--password-file")
        arguments[at:at + 2] = [option, self.file_of(secret)] if option else []
        return self.run_program(*arguments)

    def assert_arrived(self, outcome, mechanism, *secrets):
        self.assert_code(outcome, 0)
        self.assertEqual(archives.differences(self.wanted, self.server.fetch_all(mailbox="Mail")),
                         [])
        said = self.trace.read_text()
        self.assertIn(f" {mechanism} ***" if mechanism != "LOGIN" else " AUTHENTICATE LOGIN", said)
        self.assert_hidden(*secrets)

    def assert_hidden(self, *secrets):
        texts = [outcome.out + outcome.err for outcome in self.outcomes]
        texts += [path.read_bytes().decode("latin-1") for path in self.folder.rglob("*")
                  if path.is_file() and not path.name.startswith("password")]
        for secret in secrets:
            for form in (secret, base64.b64encode(secret.encode()).decode()):
                for text in texts:
                    self.assertNotIn(form, text)

    def test_the_strongest_is_taken(self):
        self.assert_arrived(self.go(), "AUTHENTICATE SCRAM-SHA-256", PASSWORD)
        # Salt, nonce and proof would let a guess be checked.
        challenges = re.findall(r"S: (\+ .*)", self.trace.read_text().partition(" APPEND ")[0])
        self.assertEqual(challenges, ["+ ***", "+ ***"])

    def test_each_that_takes_a_password_can_be_asked_for(self):
        for name in ("plain", "login", "scram-sha-1", "scram-sha-256"):
            with self.subTest(name):
                self.server.delete_all()
                for path in self.folder.glob("job.journal*"):
                    path.unlink()
                self.trace.unlink(missing_ok=True)
                self.assert_arrived(self.go("--auth", name),
                                    "LOGIN" if name == "login" else
                                    f"AUTHENTICATE {name.upper()}", PASSWORD)

    def test_a_wrong_password_is_tried_once_whatever_the_mechanism(self):
        for name in ("auto", "plain", "login", "scram-sha-1", "scram-sha-256"):
            with self.subTest(name):
                self.trace.unlink(missing_ok=True)
                outcome = self.go("--auth", name, secret="wrong-horse")
                self.assert_one_line(outcome, 77, "login refused")
                self.assertEqual(self.trace.read_text().count(" AUTHENTICATE "), 1)

    def test_a_password_that_is_not_ascii_goes_by_plain(self):
        self.assert_one_line(self.go(secret="pässword"), 77, "login refused")
        self.assertIn(" AUTHENTICATE PLAIN ***", self.trace.read_text())

    def test_an_administrator_fills_the_mailboxes_of_a_user(self):
        for number, (name, mechanism) in enumerate((("admin", "auto"), ("admin", "plain"),
                                                    ("*admin", "auto"), ("*admin", "plain"),
                                                    ("*admin", "login"))):
            with self.subTest(f"{name} by {mechanism}"):
                self.server.delete_all()
                outcome = self.go("--login-as", name, "--auth", mechanism,
                                  journal=f"{number}.journal", secret=MASTER)
                self.assert_code(outcome, 0)
                self.assertEqual(self.server.count(mailbox="Mail"), 3)
                self.assert_hidden(MASTER)

    def test_tokens_from_a_file_and_a_command(self):
        good = token()
        for number, name in enumerate(("auto", "oauthbearer", "xoauth2")):
            with self.subTest(name):
                self.server.delete_all()
                self.trace.unlink(missing_ok=True)
                outcome = self.go("--auth", name, journal=f"{number}.journal", secret=good,
                                  option="--token-file")
                self.assert_arrived(outcome, "AUTHENTICATE " +
                                    ("XOAUTH2" if name == "xoauth2" else "OAUTHBEARER"), good)

    def test_a_command_gives_a_new_token_when_the_old_one_is_out_of_date(self):
        old, new = token(seconds=-60), token()
        self.file_of(old, "password-old")
        self.file_of(new, "password-new")
        # The first token that it prints is the old one.
        command = (f"cd {self.folder}; echo run >> runs; "
                   "if [ -e again ]; then cat password-new; else touch again; cat password-old; fi")
        outcome = self.go("--token-command", command, "--connections", "3", option=None)
        self.assert_code(outcome, 0)
        self.assertEqual(self.server.count(mailbox="Mail"), 3)
        self.assertEqual((self.folder / "runs").read_text(), "run\n" * 2)
        self.assert_hidden(old, new)

    def test_a_token_of_another_user_or_out_of_date_is_refused_with_the_reason(self):
        for wrong in (token("bob"), token(seconds=-60), "no-token"):
            outcome = self.go(secret=wrong, option="--token-file")
            self.assert_one_line(outcome, 77, "login refused", "token")
            self.assert_hidden(wrong)

    def test_what_does_not_fit_together_is_told_before_anything_is_sent(self):
        self.assert_one_line(self.go("--auth", "xoauth2"), 64, "--token-file")
        self.assert_one_line(self.go("--auth", "plain", option="--token-file"), 64, "xoauth2")
        self.assert_one_line(self.go("--auth", "kerberos"), 64, "scram-sha-256")
        self.assert_one_line(self.go("--login-as", "x", option="--token-file"), 64, "--login-as")
        self.assert_one_line(self.go("--password-env", "X", "--token-file", "x", option=None), 64,
                             "--token-command")
        self.assert_one_line(self.go(secret="two words", option="--token-file"), 78, "space")
        self.assert_one_line(self.go("--token-command", "exit 3", option=None), 78,
                             "token command failed with status 3")
        self.assertFalse(self.trace.exists() and self.trace.read_text(), "nobody was connected to")

    def test_rows_of_a_batch_have_the_same_columns(self):
        self.file_of(token(), "password-token")
        self.file_of(MASTER, "password-master")
        self.file_of(PASSWORD, "password-own")
        csv = self.folder / "accounts.csv"
        csv.write_text(
            "archive,user,mailbox,auth,login_as,token_file,password_file\n"
            "mail.mbox,alice,One,xoauth2,,password-token,\n"
            "mail.mbox,alice,Two,plain,admin,,password-master\n"
            "mail.mbox,alice,Three,scram-sha-1,,,password-own\n"
            "mail.mbox,alice,Four,xoauth2,,,password-own\n"
            "mail.mbox,alice,Five,,admin,password-token,\n")
        csv.chmod(0o600)
        outcome = self.run_program(
            "batch", csv, "--host", "localhost", "--port", self.server.tls_port, "--ca-file",
            self.server.ca_file, "--state-dir", self.folder / "states", "--progress=none")
        self.assertIn("accounts.csv:5: --auth xoauth2 takes an access token", outcome.err)
        self.assertIn("accounts.csv:6: --login-as needs the password of ADMIN", outcome.err)
        for name in ("One", "Two", "Three"):
            self.assertEqual(self.server.count(mailbox=name), 3, str(outcome))
        self.assert_hidden(MASTER, PASSWORD)


class ChannelBindingTest(ProgramTest):
    """openssl s_server tells the keying material of its connection, which Python cannot."""

    def serve(self, expected_first, bind):
        """Plays the server of SCRAM-SHA-256(-PLUS) to the end; `bind` makes what c= must hold of the
        keying material."""
        certificates = Certificates(self.folder / "tls")
        pair, port = certificates.good(), free_ports(1)[0]
        server = subprocess.Popen(
            ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", pair.certificate,
             "-key", pair.key, "-tls1_3", "-naccept", "1",
             "-keymatexport", "EXPORTER-Channel-Binding", "-keymatexportlen", "32"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.stdin.close)

        def line_with(pattern):
            for line in server.stdout:
                found = re.search(pattern, line.strip())
                if found:
                    return found
            self.fail(f"the server ended before {pattern}")

        def say(line):
            server.stdin.write(line + b"\r\n")
            server.stdin.flush()

        line_with(rb"^ACCEPT")
        archives.make(self.folder / "mail.mbox", 1)
        (self.folder / "password").write_text(PASSWORD)
        (self.folder / "password").chmod(0o600)
        program = threading.Thread(target=self.run_program, args=(
            "migrate", self.folder / "mail.mbox", "--to", f"imaps://alice@localhost:{port}/Mail",
            "--ca-file", certificates.ca_file, "--password-file", self.folder / "password",
            "--journal", self.folder / "job.journal", "--progress=none"))
        program.start()
        self.addCleanup(program.join)
        material = bytes.fromhex(line_with(rb"Keying material: ([0-9A-F]{64})$")[1].decode())
        say(b"* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=" + expected_first[0] + b"] hello")
        tag, first = line_with(rb"^(\w+) AUTHENTICATE " + expected_first[1] + rb" (\S+)$").groups()
        first = base64.b64decode(first)
        header, bare = re.fullmatch(rb"(.*?,,)(n=alice,r=.*)", first).groups()
        nonce = bare.partition(b"r=")[2] + b"theirs"
        server_first = b"r=" + nonce + b",s=" + base64.b64encode(b"salt") + b",i=4096"
        say(b"+ " + base64.b64encode(server_first))
        final = base64.b64decode(line_with(rb"^([A-Za-z0-9+/=]{60,})$")[1])
        without_proof, proof = re.fullmatch(rb"(.*),p=(.*)", final).groups()
        self.assertEqual(without_proof,
                         b"c=" + base64.b64encode(bind(header, material)) + b",r=" + nonce)
        salted = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), b"salt", 4096)

        def keyed(key, text):
            return hmac.new(key, text, hashlib.sha256).digest()
        whole = b",".join((bare, server_first, without_proof))
        client_key = keyed(salted, b"Client Key")
        signature = keyed(hashlib.sha256(client_key).digest(), whole)
        self.assertEqual(base64.b64decode(proof),
                         bytes(a ^ b for a, b in zip(client_key, signature)))
        say(b"+ " + base64.b64encode(b"v=" + base64.b64encode(
            keyed(keyed(salted, b"Server Key"), whole))))
        line_with(rb"^$")
        say(tag + b" NO [AUTHENTICATIONFAILED] enough")

    def test_a_login_is_bound_to_its_connection_where_the_server_offers_that(self):
        self.serve((b"SCRAM-SHA-256 AUTH=SCRAM-SHA-256-PLUS", b"SCRAM-SHA-256-PLUS"),
                   lambda header, material: b"p=tls-exporter,," + material)

    def test_a_server_that_does_not_is_told_that_the_client_could(self):
        self.serve((b"SCRAM-SHA-256", b"SCRAM-SHA-256"), lambda header, material: b"y,,")


class RoundTripsTest(ProgramTest):
    def test_a_login_by_plain_costs_what_it_did(self):
        archives.make(self.folder / "mail.mbox", 1)
        with FakeImap(count_flights=True) as server:
            self.assert_code(self.migrate(server, self.folder / "mail.mbox", "Mail"), 0)
            flights = [names for names in server.flights if names]
            self.assertEqual(flights[:2], [["CAPABILITY"], ["AUTHENTICATE"]])
            self.assertNotIn("AUTHENTICATE", sum(flights[2:], []))
            self.assertGreater(len(flights[2]), 1, "what follows the login goes in one piece")


if __name__ == "__main__":
    unittest.main()
