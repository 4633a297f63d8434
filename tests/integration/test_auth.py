# SPDX-License-Identifier: Apache-2.0
# Profiles of OAuth2 tokens: logging in at a token service, and using and renewing its tokens on a
# real Dovecot.

import base64
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import unittest
import urllib.parse

from support import archives
from support.dovecot import Dovecot
from support.https_server import Answer, HttpsServer
from support.program import PROGRAM, Outcome, ProgramTest, environment
from test_mechanisms import KEY, OAUTH2, PASSWORD, token

EXTRA = """
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {folder}/oauth2.conf
}}
"""
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SECRET = "client-opensesame"


def parts(jwt):
    return [json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
            for part in jwt.split(".")[:2]]


class TokenEndpoint:
    """Grants tokens of alice; each refresh token works once. `told`: the lifetime that it tells;
    `real`: the one that the mail server sees."""

    def __init__(self, told=3600, real=3600):
        self.told, self.real = told, real
        self.pending = 1
        self.numbers = 0
        self.refreshed = 0
        self.good = set()
        self.secrets = []
        self.forms = []
        self.lock = threading.Lock()
        self.gate = threading.Event()
        self.gate.set()

    def grant(self):
        self.numbers += 1
        access, refresh = token(seconds=self.real), f"refresh-{self.numbers}-opensesame"
        self.good = {refresh}
        self.secrets += [access, refresh]
        return Answer(200, json.dumps({"access_token": access, "refresh_token": refresh,
                                       "expires_in": self.told, "token_type": "Bearer"}))

    def device(self, _):
        self.secrets.append("device-opensesame")
        return Answer(200, json.dumps({
            "device_code": "device-opensesame", "user_code": "WDJB-MJHT", "interval": 1,
            "verification_uri": "https://login.example/enter", "expires_in": 60}))

    def token(self, asked):
        form = dict(urllib.parse.parse_qsl(asked.body.decode()))
        self.gate.wait(30)
        with self.lock:
            self.forms.append(form)
            if form["grant_type"] == "refresh_token":
                self.refreshed += 1
                if form["refresh_token"] not in self.good:
                    return Answer(400, json.dumps({"error": "invalid_grant",
                                                   "error_description": f"what is {form}?"}))
            elif form["grant_type"] == DEVICE and self.pending > 0:
                self.pending -= 1
                return Answer(400, json.dumps({"error": "authorization_pending"}))
            return self.grant()


class AuthTest(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = pathlib.Path(tempfile.mkdtemp(prefix="mf-auth-"))
        cls.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        key = folder / "keys" / "default" / "HS256" / "k"
        key.parent.mkdir(parents=True)
        key.write_bytes(base64.b64encode(KEY))
        (folder / "oauth2.conf").write_text(OAUTH2.format(folder=folder))
        cls.server = cls.enterClassContext(Dovecot(
            {"alice": PASSWORD}, folder=folder, extra=EXTRA.format(folder=folder),
            auth_mechanisms="plain xoauth2 oauthbearer"))
        cls.service = cls.enterClassContext(HttpsServer())

    def setUp(self):
        super().setUp()
        self.server.delete_all()
        self.use(TokenEndpoint())
        self.archive = self.folder / "mail.mbox"
        archives.make(self.archive, 3)

    def use(self, endpoint):
        self.endpoint = endpoint
        self.service.answers = {"/token": endpoint.token, "/device": endpoint.device}

    def auth(self, *arguments, **extra):
        return self.run_program("auth", *arguments, **extra)

    def log_in(self, *more, name="alice"):
        outcome = self.auth("login", name, "--token-url", self.service.url + "/token",
                            "--device-url", self.service.url + "/device", "--scope", "mail offline",
                            "--client-id", "client-7", "--ca-file", self.service.ca_file, *more)
        self.assert_code(outcome, 0)
        return outcome

    def go(self, *more, journal="job.journal", mailbox="Mail", **extra):
        arguments = self.migrate_arguments(self.server, self.archive, mailbox, "--auth",
                                           "oauth:alice", "--log-file", self.folder / "trace.log",
                                           "--password-file", "x", *more, journal=journal)
        at = arguments.index("--password-file")
        return self.run_program(*arguments[:at], *arguments[at + 2:], **extra)

    def assert_arrived(self, outcome):
        self.assert_code(outcome, 0)
        self.assertEqual(self.server.count(mailbox="Mail"), 3)

    def tearDown(self):
        """Secrets are in no output, and in no file but those of the token store."""
        texts = [outcome.out + outcome.err for outcome in self.outcomes]
        texts += [path.read_bytes().decode("latin-1") for path in self.folder.rglob("*")
                  if path.is_file() and path.parent.name != "tokens" and path.name != "secret"]
        for secret in [*self.endpoint.secrets, SECRET]:
            for form in (secret, base64.b64encode(secret.encode()).decode()):
                for text in texts:
                    self.assertNotIn(form, text)
        super().tearDown()

    def age(self):
        """The token is as if it had been got long ago."""
        kept = json.loads(self.profile().read_text())
        self.profile().write_text(json.dumps({**kept, "ends": 2, "renew_at": 1}))

    def profile(self):
        return self.folder / "state" / "mboxferry" / "tokens" / "alice.json"

    def test_a_user_allows_it_in_a_browser_and_the_token_is_used(self):
        outcome = self.log_in()
        self.assertIn("https://login.example/enter", outcome.err)
        self.assertIn("WDJB-MJHT", outcome.err)
        self.assertIn("alice: logged in, access token until ", outcome.out)
        self.assertEqual(self.profile().stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.profile().parent.stat().st_mode & 0o777, 0o700)
        self.assertEqual([form["grant_type"] for form in self.endpoint.forms], [DEVICE, DEVICE])
        self.assert_arrived(self.go())
        self.assertIn(" AUTHENTICATE OAUTHBEARER ***", (self.folder / "trace.log").read_text())
        self.assertEqual(self.endpoint.refreshed, 0, "the token lives")
        verified = self.run_program("verify", self.folder / "job.journal", "--auth", "oauth:alice",
                                    "--ca-file", self.server.ca_file)
        self.assert_code(verified, 0)

    def browse(self, address, query):
        """What a browser does after the login, as the service has told it."""
        told = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(address).query))
        place = urllib.parse.urlsplit(told["redirect_uri"])
        with socket.create_connection((place.hostname, place.port), 30) as browser:
            browser.sendall(f"GET {query.format(**told)} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            return told, b"".join(iter(lambda: browser.recv(4096), b"")).decode()

    def log_in_by_browser(self, *queries):
        with subprocess.Popen(
                [PROGRAM, "auth", "login", "alice", "--flow", "code", "--token-url",
                 self.service.url + "/token", "--authorize-url", "https://login.example/authorize?x=1",
                 "--scope", "mail offline", "--client-id", "client 7", "--ca-file",
                 self.service.ca_file], env=environment(self.folder), text=True,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
            address = re.search(r"https://login\.example/authorize\S+", program.stderr.readline())[0]
            for query, status in queries:
                told, page = self.browse(address, query)
                self.assertTrue(page.startswith("HTTP/1.1 " + status), page)
            out, err = program.communicate(timeout=60)
        self.outcomes.append(Outcome(program.returncode, out, address + err, ()))
        return told, self.outcomes[-1]

    def test_a_user_logs_in_with_a_browser_on_this_machine(self):
        self.endpoint.secrets.append("code-opensesame/1")
        told, outcome = self.log_in_by_browser(
            ("/favicon.ico", "404"), ("/?code=other&state=guessed", "404"), ("/?code=x", "404"),
            ("/?code=a&code=b&state={state}", "404"), ("/x?code=x&state={state}", "404"),
            ("/?state={state}&code=code-opensesame%2F1&scope=mail", "200"))
        self.assert_code(outcome, 0)
        form = self.endpoint.forms[-1]
        self.assertEqual({**form, "code_verifier": ""}, {
            "grant_type": "authorization_code", "code": "code-opensesame/1", "code_verifier": "",
            "redirect_uri": told["redirect_uri"], "client_id": "client 7"})
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        self.assertEqual(told["code_challenge"],
                         base64.urlsafe_b64encode(digest).rstrip(b"=").decode())
        self.assertEqual((told["x"], told["code_challenge_method"], told["client_id"], told["scope"]),
                         ("1", "S256", "client 7", "mail offline"))
        self.age()
        self.assert_arrived(self.go())
        self.assertEqual(self.endpoint.refreshed, 1)

    def test_a_user_who_refuses_in_the_browser_is_believed(self):
        _, outcome = self.log_in_by_browser(
            ("/?error=access_denied&error_description=not+%1B%5B31mnow&state={state}", "200"))
        self.assert_code(outcome, 77)
        self.assertIn("access_denied (not ?[31mnow); if that was not meant, run: mboxferry auth "
                      "login alice", outcome.err)
        self.assertEqual(self.endpoint.forms, [])

    def test_profiles_are_shown_without_their_tokens_refreshed_and_removed(self):
        self.log_in("--user", "alice@example.org")
        shown = self.auth("show", "alice")
        self.assert_code(shown, 0)
        for word in ("client-7", "mail offline", "/token", "refresh token     kept", "until 20"):
            self.assertIn(word, shown.out)
        self.assertRegex(self.auth("list").out,
                         r"^alice  device  alice@example.org  access token until \S+\n$")
        self.assert_code(self.auth("refresh", "alice"), 0)
        self.assertEqual(self.endpoint.refreshed, 1)
        self.assertIn("refresh-2-", self.profile().read_text())
        self.assert_code(self.auth("remove", "alice"), 0)
        self.assertEqual(list(self.profile().parent.iterdir()), [])
        self.assert_one_line(self.auth("show", "alice"), 78, "no profile alice")
        self.assert_one_line(self.go(), 78, "no profile alice", "auth login")

    def test_an_old_token_is_renewed_once_for_all_connections_and_processes(self):
        self.log_in()
        self.age()
        self.endpoint.gate.clear()
        jobs = [threading.Thread(target=self.go, args=("--connections", "3"),
                                 kwargs={"journal": name, "mailbox": name})
                for name in ("One", "Two", "Three")]
        for job in jobs:
            job.start()
        # Looking at profiles does not wait for those who renew them.
        self.assert_code(self.auth("list"), 0)
        self.endpoint.gate.set()
        for job in jobs:
            job.join()
        self.assertEqual([outcome.code for outcome in self.outcomes], [0] * 5)
        self.assertEqual(self.endpoint.refreshed, 1)

    def test_a_token_that_the_server_refuses_is_renewed_once(self):
        self.use(TokenEndpoint(real=-60))
        self.log_in()
        self.endpoint.real = 3600
        self.assert_arrived(self.go("--connections", "3"))
        self.assertEqual(self.endpoint.refreshed, 1)
        self.assertIn("refresh-2-", self.profile().read_text())
        # A new one that is refused as well ends the run.
        self.endpoint.real = -60
        self.assert_code(self.auth("refresh", "alice"), 0)
        self.assert_one_line(self.go(journal="second.journal"), 77, "login refused")
        self.assertEqual(self.endpoint.refreshed, 3)

    def test_killed_while_it_renews_it_has_the_new_refresh_token_or_says_what_to_do(self):
        self.log_in()
        self.age()
        self.assertEqual(self.go(MBOXFERRY_CRASH_AT="token-kept").code, -signal.SIGKILL)
        self.assert_arrived(self.go())
        self.assertEqual(self.endpoint.refreshed, 1, "the token was there")
        self.age()
        self.assert_code(self.go(), 0)
        self.assertEqual(self.endpoint.refreshed, 2, "and so was the refresh token")
        # Only the answer had the new one, and this service takes the old one no more.
        self.age()
        self.assertEqual(self.go(MBOXFERRY_CRASH_AT="token-answered").code, -signal.SIGKILL)
        self.assert_one_line(self.go(), 77, "invalid_grant", "run: mboxferry auth login alice")
        self.assert_code(self.auth("login", "alice"), 0)
        self.assert_code(self.go(), 0)

    def test_a_batch_shares_a_profile(self):
        self.log_in()
        self.age()
        csv = self.folder / "accounts.csv"
        csv.write_text("archive,user,mailbox,auth,password\n"
                       "mail.mbox,alice,One,oauth:alice,\n"
                       "mail.mbox,alice,Two,oauth:alice,\n"
                       "mail.mbox,alice,Three,oauth:nobody,\n"
                       "mail.mbox,alice,Four,oauth:alice,word\n"
                       "mail.mbox,alice,Five,oauth:,\n"
                       "mail.mbox,alice,Six,oauth:../alice,\n")
        csv.chmod(0o600)
        outcome = self.run_program(
            "batch", csv, "--host", "localhost", "--port", self.server.tls_port, "--ca-file",
            self.server.ca_file, "--state-dir", self.folder / "states", "--progress=none")
        for line, words in ((4, "there is no profile nobody"), (5, "more than one place is named"),
                            (6, "oauth:PROFILE"), (7, "no name for a profile")):
            self.assertRegex(outcome.err, f"accounts.csv:{line}: .*{words}", str(outcome))
        for name in ("One", "Two"):
            self.assertEqual(self.server.count(mailbox=name), 3, str(outcome))
        self.assertEqual(self.endpoint.refreshed, 1)

    def test_an_application_logs_in_by_secret_or_certificate(self):
        secret = self.folder / "secret"
        secret.write_text(SECRET + "\n")
        secret.chmod(0o600)
        self.log_in("--flow", "client-credentials", "--client-secret-file", secret)
        self.assertEqual(self.endpoint.forms[-1], {
            "grant_type": "client_credentials", "scope": "mail offline", "client_id": "client-7",
            "client_secret": SECRET})
        self.assert_arrived(self.go())
        pem = self.folder / "secret-key" / "secret"
        pem.parent.mkdir()
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x",
                        "-keyout", pem, "-out", self.folder / "certificate"], check=True,
                       capture_output=True)
        certificate = (self.folder / "certificate").read_text()
        pem.write_text(certificate + pem.read_text())
        pem.chmod(0o600)
        self.assert_code(self.auth("login", "alice", "--client-certificate", pem), 0)
        form = self.endpoint.forms[-1]
        self.assertNotIn("client_secret", form)
        head, claims = parts(form["client_assertion"])
        digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate)).digest()
        self.assertEqual(head["x5t#S256"], base64.urlsafe_b64encode(digest).rstrip(b"=").decode())
        self.assertEqual((claims["iss"], claims["aud"]), ("client-7", self.service.url + "/token"))
        self.assertIn("client secret     none", self.auth("show", "alice").out)

    def test_a_service_account_asks_for_the_mailbox_of_each_job(self):
        key = subprocess.run(["openssl", "genpkey", "-algorithm", "RSA"], check=True,
                             capture_output=True, text=True).stdout
        (self.folder / "secret").write_text(json.dumps({
            "client_email": "robot@project.example", "private_key": key, "private_key_id": "k",
            "token_uri": self.service.url + "/token"}))
        (self.folder / "secret").chmod(0o600)
        outcome = self.auth("login", "alice", "--service-account", self.folder / "secret",
                            "--preset", "gmail", "--user", "bob@example.org", "--ca-file",
                            self.service.ca_file)
        self.assert_code(outcome, 0)
        (self.folder / "secret").unlink()
        self.assertEqual(parts(self.endpoint.forms[-1]["assertion"])[1]["sub"], "bob@example.org")
        self.assert_arrived(self.go("--connections", "2"))
        self.assertEqual([parts(form["assertion"])[1]["sub"] for form in self.endpoint.forms],
                         ["bob@example.org", "alice"])
        self.assertEqual({form["grant_type"] for form in self.endpoint.forms}, {JWT})
        self.assertNotIn('"access_token": "e', self.profile().read_text())

    def test_a_service_that_refuses_is_told_with_what_to_do(self):
        self.log_in()
        for answer, code, words in (
                ('{"error":"invalid_grant"}', 77, "run: mboxferry auth login alice"),
                ('{"error":"unauthorized_client"}', 77, "client id client-7 with the scope mail"),
                ('{"error":"invalid_grant","error_description":"AADSTS65001: x"}', 77, "consent"),
                ('{"error":"invalid_client"}', 77, "client secret"),
                ('{"access_token":"two words"}', 77, "token endpoint")):
            self.service.answers["/token"] = Answer(400 if "error" in answer else 200, answer)
            self.assert_one_line(self.auth("refresh", "alice"), code, words)
        self.service.answers["/token"] = Answer(302, "", {"Location": "https://other.example/"})
        self.assert_one_line(self.auth("refresh", "alice"), 76, "is not followed")
        self.service.answers["/token"] = Answer(503, "<html>", {"Retry-After": "3600"})
        self.assert_one_line(self.auth("refresh", "alice"), 75, "in trouble")
        self.assertIn("refresh-1-", self.profile().read_text())

    def test_what_cannot_be_is_told_before_anything_is_asked(self):
        url = self.service.url + "/token"
        (self.folder / "secret").write_text("x")
        (self.folder / "secret").chmod(0o600)
        for arguments, code, words in (
                ((), 64, "needs an action"),
                (("logn", "x"), 64, "login"),
                (("login",), 64, "one profile"),
                (("list", "x"), 64, "nothing"),
                (("login", "../x", "--preset", "microsoft365"), 64, "no name for a profile"),
                (("show", "a/b"), 64, "no name for a profile"),
                (("login", "x"), 64, "--preset"),
                (("login", "x", "--preset", "microsoft"), 64, "microsoft365"),
                (("login", "x", "--preset", "microsoft365"), 64, "--client-id"),
                (("login", "x", "--preset", "gmail", "--client-id", "c"), 64, "--service-account"),
                (("login", "x", "--preset", "microsoft365", "--client-id", "c", "--flow",
                  "client-credentials"), 64, "--tenant"),
                (("login", "x", "--preset", "microsoft365", "--client-id", "c", "--flow",
                  "client-credentials", "--tenant", "a.example"), 64, "--client-secret-file"),
                (("login", "x", "--flow", "password"), 64, "service-account"),
                (("login", "x", "--flow", "code", "--token-url", url, "--client-id", "c", "--scope",
                  "s"), 64, "authorization endpoint"),
                (("login", "x", "--flow", "code", "--token-url", url, "--client-id", "c", "--scope",
                  "s", "--authorize-url", "http://localhost/"), 64, "https://"),
                (("login", "x", "--client-secret-file", "secret", "--client-secret-env", "Y"), 64,
                 "more than one"),
                (("login", "x", "--client-certificate", "secret"), 78, "private key"),
                (("login", "x", "--service-account", "secret"), 78, "key file"),
                (("login", "x", "--client-secret-file", "absent"), 78, "client secret"),
                (("login", "x", "--client-secret-env", "ABSENT"), 78, "--client-secret-env"),
                (("login", "x", "--token-url", url, "--client-id", "a\nb", "--scope", "s",
                  "--device-url", url), 64, "client-id"),
                (("login", "x", "--token-url", url, "--client-id", "c", "--scope", "s",
                  "--device-url", "http://localhost/"), 64, "https://"),
                (("login", "x", "--token-url", url, "--client-id", "c", "--scope", "s"), 64,
                 "device endpoint"),
                (("remove", "x"), 78, "no profile x"),
                (("refresh", "x"), 78, "no profile x")):
            with self.subTest(arguments):
                self.assert_one_line(self.auth(*arguments), code, words)
        self.assertEqual(self.endpoint.forms, [])
        self.assert_one_line(self.go("--token-file", "x"), 64, "oauth:PROFILE")
        self.log_in()
        self.assert_one_line(self.go("--login-as", "x"), 64, "--login-as")
        self.endpoint.forms.clear()
        os.mkfifo(self.profile().with_name("full.json"), 0o600)
        self.assert_one_line(
            self.auth("login", "full", "--token-url", url, "--client-id", "c", "--scope", "s",
                      "--device-url", self.service.url + "/device", "--ca-file",
                      self.service.ca_file), 78, "full.json")
        self.assertEqual(self.endpoint.forms, [])


if __name__ == "__main__":
    unittest.main()
