# SPDX-License-Identifier: Apache-2.0
# COMPRESS=DEFLATE (RFC 4978): with real servers, and with one that abuses it.

import unittest
import zlib

from support import archives
from support.cyrus import Cyrus
from support.dovecot import Dovecot
from support.fake_imap import FULL, Close, FakeImap, Refusal
from support.program import ProgramTest
from support.proxy import CutAfterClient, SwallowReplies, TcpProxy

PROTOCOL = 76
OFFERS = FULL + " COMPRESS=DEFLATE"


def raw_deflate(data, flush=zlib.Z_SYNC_FLUSH):
    packer = zlib.compressobj(9, wbits=-15)
    return packer.compress(data) + packer.flush(flush)


class RealServerTest:
    """Mixed in with a server that offers compression."""

    def setUp(self):
        super().setUp()
        self.server.delete_all()
        self.path = self.folder / "mail.mbox"
        self.wanted = archives.make(self.path, 200, seed=5)

    def through_proxy(self, *options, mailbox):
        """The bytes that went to the server while the archive was migrated."""
        with TcpProxy(self.server.tls_port) as proxy:
            journal = f"{mailbox}.journal"
            outcome = self.migrate(self.server, self.path, mailbox, *options, port=proxy.port,
                                   journal=journal)
            self.assert_code(outcome, 0)
            sent = sum(link.client.received for link in proxy.links)
            full = self.run_program("verify", self.folder / journal, "--full", "--password-file",
                                    self.server.password_file(), options[0])
            self.assert_code(full, 0)
        found = archives.differences(self.wanted, self.server.fetch_all(mailbox=mailbox))
        self.assertEqual(found, [])
        return sent

    def test_what_is_compressed_arrives_as_it_was_and_is_less_on_the_wire(self):
        plain = self.through_proxy("--compress=off", mailbox="Plain")
        less = self.through_proxy("--compress=on", mailbox="Compressed")
        self.assertLess(less, plain * 0.8)

    def test_a_connection_that_is_cut_anywhere_loses_and_doubles_nothing(self):
        one = ("--compress=on", "--connections=1")
        size = self.through_proxy(*one, mailbox="Whole")
        for percent in (20, 40, 60, 80):
            place = size * percent // 100
            faults = [CutAfterClient(place), SwallowReplies(size // 10)]
            with self.subTest(percent), TcpProxy(self.server.tls_port, faults) as proxy:
                mailbox = f"Cut{percent}"
                outcome = self.migrate(self.server, self.path, mailbox, *one, port=proxy.port,
                                       journal=f"{mailbox}.journal")
                self.assert_code(outcome, 0)
                self.assertTrue(proxy.links[0].was_cut)
                found = archives.differences(self.wanted, self.server.fetch_all(mailbox=mailbox),
                                             False)
                self.assertEqual(found, [])

    def test_every_way_to_append_works_compressed(self):
        for mode in ("multiappend", "literal-plus", "literal-minus", "synchronizing"):
            with self.subTest(mode):
                self.through_proxy("--compress=on", f"--append-mode={mode}", mailbox=mode)


class DovecotTest(RealServerTest, ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.enterClassContext(Dovecot(compress=True))


class CyrusTest(RealServerTest, ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.enterClassContext(Cyrus(separator="/", prefix=""))


class FakeServerTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.path = self.folder / "mail.mbox"
        archives.make(self.path, 20)

    def run_against(self, code, *words, capabilities=OFFERS, **options):
        with FakeImap(capabilities=capabilities, **options) as server:
            outcome = self.migrate(server, self.path, "Mail", "--compress=on", "--timeout=20")
            if words:
                self.assert_one_line(outcome, code, *words)
            else:
                self.assert_code(outcome, code)
            return server

    def after_compress(self, data, repeat=False):
        """A hook that answers the LIST behind COMPRESS with these bytes, raw."""
        def answer(session, name, _):
            if name != "LIST":
                return None
            try:
                session.send_raw(data)
                while repeat:
                    session.send_raw(data)
            except OSError as error:
                raise Close from error
            return b""
        return answer

    def hostile(self, data, repeat=False):
        server = self.run_against(PROTOCOL, "localhost", "protocol",
                                  on_command=self.after_compress(data, repeat))
        self.assertEqual(server.bodies("Mail"), [])

    def test_a_server_that_does_not_offer_it_is_not_asked(self):
        server = self.run_against(0, capabilities=FULL)
        self.assertFalse(any(b"COMPRESS" in line for line in server.ran))
        self.assertEqual(len(server.bodies("Mail")), 20)

    def test_a_server_that_refuses_is_used_without(self):
        for refusal in (b"TAG NO [COMPRESSIONACTIVE] not now\r\n", b"TAG BAD what?\r\n"):
            def refuse(_, name, __, refusal=refusal):
                return refusal if name == "COMPRESS" else None
            with self.subTest(refusal):
                server = self.run_against(0, on_command=refuse)
                self.assertEqual(len(server.bodies("Mail")), 20)
                for file in self.folder.glob("job.journal*"):
                    file.unlink()

    def test_bytes_in_the_same_packet_as_the_agreement_are_compressed(self):
        def agree(session, name, _):
            if name != "COMPRESS":
                return None
            session.start_compression()
            tag = session.server.ran[-1].split()[0]
            packed = session._deflater.compress(b"* OK by the way\r\n")
            packed += session._deflater.flush(zlib.Z_SYNC_FLUSH)
            session.send_raw(tag + b" OK go\r\n" + packed)
            return b""
        self.assertEqual(len(self.run_against(0, on_command=agree).bodies("Mail")), 20)

    def test_a_bad_in_the_middle_lets_no_mail_run_as_commands(self):
        def refuse(head):
            return Refusal("BAD", "Invalid flag") if head.number == 5 else None
        server = self.run_against(0, on_append=refuse)
        self.assertEqual(len(server.bodies("Mail")), 20)

    def test_a_bomb_is_not_unpacked(self):
        self.hostile(raw_deflate(b"x" * (200 << 20)))

    def test_a_bomb_of_replies_ends(self):
        self.hostile(raw_deflate(b'* LIST () "/" "mailbox"\r\n' * 2_000_000))

    def test_blocks_of_nothing_without_end(self):
        self.hostile(b"\x00\x00\x00\xff\xff" * 10_000, repeat=True)

    def test_bytes_that_are_no_deflate_stream(self):
        self.hostile(b"\xff\xff\xff\xff plain text\r\n")

    def test_a_stream_that_ends(self):
        self.hostile(raw_deflate(b"* OK bye", zlib.Z_FINISH))


if __name__ == "__main__":
    unittest.main()
