# SPDX-License-Identifier: Apache-2.0
# What must be refused before a password is sent: each with exit code 76 and a line of its own.

import re
import tempfile
import threading
import unittest

from support import archives
from support.certificates import Certificates
from support.dovecot import Dovecot
from support.fake_imap import FULL, FakeImap, Session
from support.openssl_server import OpensslServer
from support.program import ProgramTest

REFUSED = 76


class TlsTest(ProgramTest):
    lines = {}  # what was wrong -> the line, numbers aside; each line is told once

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.certificates = Certificates(cls.enterClassContext(tempfile.TemporaryDirectory()))

    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        self.wanted = archives.make(self.archive, 3)
        self.password = self.folder / "password"
        self.password.write_text("secret\n")
        self.password.chmod(0o600)

    def go(self, port, *more, ca=True, journal="job.journal", **extra):
        trust = ["--ca-file", self.certificates.ca_file] if ca else []
        return self.run_program("migrate", self.archive, "--to", f"imaps://alice@localhost:{port}/Mail",
                                "--password-file", self.password, "--progress=none", "--journal",
                                self.folder / journal, "--timeout", "20", *trust, *more, **extra)

    def assert_refused(self, what, outcome, *words):
        self.assert_one_line(outcome, REFUSED, *words)
        line = re.sub(r"\d{4,}", "N", outcome.error_lines()[0])
        for other, told in self.lines.items():
            self.assertNotEqual(line, told, f"{what} reads like {other}")
        self.lines[what] = line

    def assert_no_login(self, server):
        said = b"".join(bytes(one) for one in server.received).upper()
        for word in (b"LOGIN", b"AUTHENTICATE", b"SECRET", b"APPEND", b"CREATE"):
            self.assertNotIn(word, said)


class SilentServerTest(TlsTest):
    """With STARTTLS a server speaks first; one that does not may be slow, or wait for TLS."""

    def test_a_port_for_tls_is_named(self):
        with Dovecot({"alice": "secret"}, certificates=self.certificates) as server:
            for more in ((), ("--dry-run",)):
                self.assert_refused(f"STARTTLS on a port for TLS {more}",
                                    self.go(server.tls_port, "--tls", "starttls", *more),
                                    str(server.tls_port), "speaks TLS from the start",
                                    "leave out --tls starttls")
                self.lines.clear()

    def test_a_slow_greeting_is_waited_for(self):
        asked = threading.Event()
        sessions = []

        class SlowSession(Session):
            def run(self):
                sessions.append(self)
                if len(sessions) == 1:
                    asked.wait(60)
                elif len(sessions) == 2:
                    asked.set()
                    return
                super().run()

        with FakeImap(tls="starttls", certificates=self.certificates,
                      session_type=SlowSession) as server:
            outcome = self.go(server.port, "--tls", "starttls")
            self.assert_code(outcome, 0)
            self.assertEqual(len(server.bodies("Mail")), 3)


class CertificateTest(TlsTest):
    def refused_by_certificate(self, what, pair, *words):
        with Dovecot({"alice": "secret"}, certificates=self.certificates, pair=pair) as server:
            self.assert_refused(what, self.go(server.tls_port), *words)
            self.assertNotIn("Login:", server.log_text())

    def test_expired(self):
        self.refused_by_certificate("expired", self.certificates.expired(), "expired")

    def test_not_yet_valid(self):
        self.refused_by_certificate("future", self.certificates.not_yet_valid(), "not valid before")

    def test_self_signed(self):
        self.refused_by_certificate("self-signed", self.certificates.self_signed(), "self")

    def test_wrong_host(self):
        self.refused_by_certificate("wrong host", self.certificates.wrong_host(), "localhost")

    def test_unknown_authority(self):
        with Dovecot({"alice": "secret"}, certificates=self.certificates) as server:
            self.assert_refused("unknown authority", self.go(server.tls_port, ca=False))
            self.assertNotIn("Login:", server.log_text())

    def test_a_right_pin_stands_for_the_chain(self):
        pair = self.certificates.self_signed()
        pin = ("--tls-pin", f"sha256:{pair.pin()}")
        with Dovecot({"alice": "secret"}, certificates=self.certificates, pair=pair) as server:
            self.assert_one_line(self.go(server.tls_port, *pin), REFUSED, "self-signed")
            self.assert_code(self.go(server.tls_port, *pin, ca=False), 0)
            self.assertEqual(server.count(mailbox="Mail"), 3)

    def test_a_right_pin_stands_for_name_and_dates_on_demand_only(self):
        for pair, word in ((self.certificates.wrong_host(), "not for localhost"),
                           (self.certificates.expired(), "expired")):
            name = pair.certificate.name
            pin = ("--tls-pin", f"sha256:{pair.pin()}")
            with self.subTest(name), \
                    Dovecot({"alice": "secret"}, certificates=self.certificates,
                            pair=pair) as server:
                for ca in (False, True):
                    self.assert_one_line(self.go(server.tls_port, *pin, ca=ca), REFUSED, word,
                                         "--tls-pin-only")
                outcome = self.go(server.tls_port, *pin, "--tls-pin-only", ca=False,
                                  journal=f"{name}.journal")
                self.assert_code(outcome, 0)
                self.assertEqual(server.count(mailbox="Mail"), 3)
                verified = self.run_program("verify", self.folder / f"{name}.journal",
                                            "--password-file", self.password)
                self.assert_code(verified, 0)

    def test_a_common_name_is_no_identity(self):
        pair = self.certificates.issue("common", names=())
        self.refused_by_certificate("common name", pair, "not for localhost",
                                    "subject alternative names")
        with Dovecot({"alice": "secret"}, certificates=self.certificates, pair=pair) as server:
            pin = ("--tls-pin", f"sha256:{pair.pin()}")
            self.assert_code(self.go(server.tls_port, *pin, ca=False), REFUSED)

    def test_a_short_rsa_key_is_refused_whatever_openssl_is_configured_for(self):
        pair = self.certificates.issue("short", bits=1024)
        settings = self.folder / "openssl.cnf"
        settings.write_text("openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\n"
                            "system_default = weak\n[weak]\nCipherString = DEFAULT@SECLEVEL=0\n")
        with OpensslServer(pair, "tls1_2") as server:
            outcome = self.go(server.port, OPENSSL_CONF=settings)
            self.assert_refused("short key", outcome, "key")
            self.assertEqual(server.said(), b"")

    def test_the_least_rsa_key_is_what_is_said(self):
        for bits, code in ((2047, REFUSED), (2048, 0)):
            pair = self.certificates.issue(f"rsa-{bits}", bits=bits)
            pin = ("--tls-pin", f"sha256:{pair.pin()}", "--tls-pin-only")
            for number, more in enumerate(((), pin)):
                with self.subTest(bits=bits, more=more), \
                        Dovecot({"alice": "secret"}, certificates=self.certificates,
                                pair=pair) as server:
                    outcome = self.go(server.tls_port, *more, journal=f"{bits}-{number}.journal")
                    self.assert_code(outcome, code)
                    if code:
                        self.assertIn("2047 bits", outcome.err)
                        self.assertNotIn("Login:", server.log_text())

    def test_a_pin_that_is_given_is_not_advised(self):
        for pair in (self.certificates.self_signed(), self.other_authority().good()):
            pin = f"sha256:{pair.pin()}"
            with self.subTest(pair.certificate.name), \
                    Dovecot({"alice": "secret"}, certificates=self.certificates,
                            pair=pair) as server:
                outcome = self.go(server.tls_port, "--tls-pin", pin)
                self.assert_one_line(outcome, REFUSED, "--ca-file")
                self.assertNotIn(pin, outcome.err)

    def other_authority(self):
        folder = self.folder / "other"
        folder.mkdir()
        return Certificates(folder)

    def test_a_wrong_pin_is_refused_whatever_the_chain_says(self):
        with Dovecot({"alice": "secret"}, certificates=self.certificates) as server:
            pin = "sha256:" + "0" * 64
            self.assert_refused("wrong pin", self.go(server.tls_port, "--tls-pin", pin), "pin")
            self.assertNotIn("Login:", server.log_text())


class ProtocolTest(TlsTest):
    def test_old_protocols_are_named(self):
        for version, name in (("tls1", r"1\.0"), ("tls1_1", r"1\.1")):
            with self.subTest(version), \
                    OpensslServer(self.certificates.issue("rsa", rsa=True), version) as server:
                outcome = self.go(server.port, journal=version)
                self.assert_refused(version, outcome, "tls")
                self.assertRegex(outcome.err, name)
                self.assertEqual(server.said(), b"")

    def test_tls_1_2_is_the_floor_and_good_enough(self):
        with Dovecot({"alice": "secret"}, certificates=self.certificates,
                     extra="ssl_min_protocol = TLSv1.2\n"
                           "ssl_cipher_list = ECDHE-ECDSA-AES128-GCM-SHA256\n") as server:
            self.assert_code(self.go(server.tls_port), 0)
            self.assertEqual(archives.differences(self.wanted, server.fetch_all(mailbox="Mail")),
                             [])

    def test_the_suite_that_costs_least_is_asked_for_first(self):
        """Dovecot follows the client's order."""
        with Dovecot({"alice": "secret"}, certificates=self.certificates) as server:
            log = self.folder / "log"
            self.assert_code(self.go(server.tls_port, "--log-file", log), 0)
            self.assertIn("TLSv1.3, TLS_AES_128_GCM_SHA256", log.read_text())

    def test_a_server_without_that_suite_is_fine(self):
        with Dovecot({"alice": "secret"}, certificates=self.certificates,
                     extra="ssl_cipher_suites = TLS_AES_256_GCM_SHA384\n") as server:
            log = self.folder / "log"
            self.assert_code(self.go(server.tls_port, "--log-file", log), 0)
            self.assertIn("TLS_AES_256_GCM_SHA384", log.read_text())

    def test_a_port_in_the_clear(self):
        with FakeImap(tls="plain", certificates=self.certificates) as server:
            self.assert_refused("plain port", self.go(server.port))
            self.assert_no_login(server)

    def test_the_clear_port_of_a_real_server(self):
        with Dovecot({"alice": "secret"}, certificates=self.certificates) as server:
            self.assert_code(self.go(server.port), REFUSED)
            self.assertNotIn("Login:", server.log_text())


class StartTlsTest(TlsTest):
    def test_starttls_works_with_a_real_server(self):
        with Dovecot({"alice": "secret"}, certificates=self.certificates) as server:
            self.assert_code(self.go(server.port, "--tls", "starttls"), 0)
            self.assertEqual(archives.differences(self.wanted, server.fetch_all(mailbox="Mail")),
                             [])

    def refused_by(self, what, *words, **options):
        with FakeImap(certificates=self.certificates, **{"tls": "starttls", **options}) as server:
            self.assert_refused(what, self.go(server.port, "--tls", "starttls"), *words)
            self.assert_no_login(server)

    def test_stripped(self):
        self.refused_by("stripped", "starttls", starttls="hide")

    def test_refused_by_the_server(self):
        self.refused_by("starttls refused", "starttls", starttls="refuse")

    def test_a_response_injected_before_the_handshake(self):
        self.refused_by("injected", inject=b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n"
                                           b"A2 OK [CAPABILITY IMAP4rev1] done\r\n")

    def test_preauth(self):
        self.refused_by("preauth", "preauth", greeting=b"* PREAUTH welcome home\r\n")

    def test_a_bad_certificate_behind_starttls(self):
        with Dovecot({"alice": "secret"}, certificates=self.certificates,
                     pair=self.certificates.expired()) as server:
            self.assert_code(self.go(server.port, "--tls", "starttls"), REFUSED)
            self.assertNotIn("Login:", server.log_text())

    def test_capabilities_are_read_again_after_the_handshake(self):
        # Before TLS the list is a lie: nothing that is only there may be used.
        with FakeImap(certificates=self.certificates, tls="starttls",
                      capabilities="IMAP4rev1 AUTH=PLAIN NAMESPACE",
                      capabilities_before=FULL) as server:
            self.assert_code(self.go(server.port, "--tls", "starttls"), 0)
            self.assertFalse([line for line in server.ran if b"+}" in line])
            self.assertEqual(len(server.bodies("Mail")), 3)

    def test_imap_in_the_clear_cannot_be_asked_for(self):
        outcome = self.run_program("migrate", self.archive, "--to", "imap://alice@localhost:143/M",
                                   "--password-file", self.password)
        self.assert_one_line(outcome, 64, "imaps")


if __name__ == "__main__":
    unittest.main()
