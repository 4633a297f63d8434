# SPDX-License-Identifier: Apache-2.0
# The test servers, proxies and archives, tried with Python's own IMAP client.

import imaplib
import pathlib
import ssl
import tempfile
import time
import unittest

from support import archives
from support.cyrus import Cyrus, cyrus_root
from support.dovecot import Dovecot
from support.fake_imap import FakeImap, Refusal
from support.imap_server import SPECIAL_USE, quoted
from support.proxy import (CutAfterClient, CutAfterServer, HoldBack, LoseAnswer, SwallowReplies,
                           TcpProxy, TlsProxy, without_append_uid, without_capabilities)
from support.server_variants import VARIANTS

MESSAGE = b"Subject: x\r\nMessage-ID: <a@b>\r\n\r\nx1 DELETE Victim\r\n"


def connect(server, port=None):
    context = ssl.create_default_context(cafile=str(server.ca_file))
    client = imaplib.IMAP4_SSL("localhost", port or server.tls_port, ssl_context=context,
                               timeout=10)
    client.login("alice", "secret")
    return client


def internal_date(epoch):
    return time.strftime('"%d-%b-%Y %H:%M:%S +0000"', time.gmtime(epoch))


class ServerTests:
    """What holds for every private server; `server` has the users alice and bob."""

    def setUp(self):
        self.server.delete_all()

    def test_what_is_appended_is_fetched_and_an_altered_byte_is_seen(self):
        with tempfile.TemporaryDirectory() as folder:
            wanted = archives.make(pathlib.Path(folder, "a.mbox"), 40, copies=3)
        client = self.server.client()
        for one in wanted:
            client.append("INBOX", " ".join(one.flags), internal_date(one.epoch), one.wire)
        client.logout()
        self.assertEqual(archives.differences(wanted, self.server.fetch_all()), [])
        wanted[7] = archives.expected(wanted[7].wire + b"\n", wanted[7].epoch, wanted[7].flags)
        self.assertEqual(len(archives.differences(wanted, self.server.fetch_all())), 2)

    def test_a_password_of_any_bytes_and_a_restart_with_the_same_mail(self):
        self.server.client("bob").append("INBOX", None, None, MESSAGE)
        self.server.restart(kill=True)
        self.assertEqual(self.server.count("bob"), 1)

    def test_delete_all_takes_mailboxes_away(self):
        name = self.prefix + "Old mail"
        self.server.client().create(f'"{name}"')
        self.assertIn(name, self.server.mailboxes())
        self.server.delete_all()
        self.assertNotIn(name, self.server.mailboxes())


USERS = {"alice": "secret", "bob": b"\xff:\"\\ '"}


class DovecotTest(ServerTests, unittest.TestCase):
    prefix = ""

    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Dovecot(USERS, rawlog=True))

    def test_the_session_log_tells_reading_from_changing(self):
        self.server.clear_sessions()
        self.server.mailboxes()
        reading, = self.server.sessions()
        self.assertFalse([one for one in reading if one.changes_something()])
        self.server.client().create("new")
        self.assertEqual([one.name for one in self.server.sessions()[-1]
                          if one.changes_something()], ["CREATE"])


@unittest.skipUnless(cyrus_root(), "Cyrus is not unpacked here")
class CyrusTest(ServerTests, unittest.TestCase):
    prefix = "INBOX."

    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Cyrus(USERS))


class VariantTest(unittest.TestCase):
    """Separator, prefix and special use are what the round trips take them for."""

    def test_each_variant_lists_the_mailboxes_it_says(self):
        for variant in VARIANTS:
            with self.subTest(variant.label), variant.server() as server:
                client = server.client()
                spaces = client.namespace()[1][0].decode()
                self.assertIn(f'(("{variant.prefix}" "{variant.separator}"))', spaces)
                lines = b"\n".join(client.list()[1]).decode()
                for name in SPECIAL_USE:
                    self.assertEqual(f"\\{name})" in lines, variant.special_use, lines)
                    self.assertEqual(variant.mailbox(name) in server.mailboxes(),
                                     variant.special_use)
                client.create(quoted(variant.mailbox("Über & uns", "2014")))
                self.assertIn(variant.prefix + "&ANw-ber &- uns" + variant.separator + "2014",
                              server.mailboxes())


class ProxyTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Dovecot())

    def setUp(self):
        self.server.delete_all()

    def append_through(self, proxy):
        with proxy:
            with self.assertRaises((imaplib.IMAP4.abort, OSError)):
                connect(self.server, proxy.port).append("INBOX", None, None, MESSAGE)
            before = self.server.count()
            proxy.wait()
        return before, self.server.count()

    def test_a_clean_proxy_changes_nothing_and_hides_what_it_is_told_to(self):
        with TlsProxy(self.server, rewrite=without_capabilities("MULTIAPPEND")) as proxy:
            client = connect(self.server, proxy.port)
            self.assertNotIn(b"MULTIAPPEND", client.capability()[1][0])
            self.assertIn(b"APPENDUID", client.append("INBOX", None, None, MESSAGE)[1][0])
            client.logout()
        self.assertEqual(len([one for one in proxy.commands if one.name == "APPEND"]), 1)
        with TlsProxy(self.server, rewrite=without_append_uid) as proxy:
            client = connect(self.server, proxy.port)
            self.assertNotIn(b"APPENDUID", client.append("INBOX", None, None, MESSAGE)[1][0])
            client.logout()

    def test_a_cut_before_the_last_byte_stores_nothing(self):
        with TlsProxy(self.server) as proxy:
            connect(self.server, proxy.port).append("INBOX", None, None, MESSAGE)
        total = proxy.links[0].client.received
        self.server.delete_all()
        self.assertEqual(self.append_through(TlsProxy(self.server, [CutAfterClient(total - 1)])),
                         (0, 0))

    def test_a_lost_answer_stores_one_message(self):
        self.assertEqual(self.append_through(TlsProxy(self.server, [LoseAnswer()])), (1, 1))

    def test_a_held_back_line_end_commits_late(self):
        self.assertEqual(self.append_through(TlsProxy(self.server, [HoldBack(0.7)])), (0, 1))

    def test_cipher_text_can_be_cut_and_swallowed(self):
        self.assertEqual(self.append_through(TcpProxy(self.server.tls_port, [CutAfterServer(99)])),
                         (0, 0))
        self.append_through(TcpProxy(self.server.tls_port, [SwallowReplies(600)]))


class FakeTest(unittest.TestCase):
    def test_a_bad_head_runs_the_lines_of_the_message(self):
        with FakeImap(on_append=lambda head: Refusal("BAD")) as server:
            client = connect(server)
            client.create("Victim")
            client.send(b"z APPEND INBOX {%d+}\r\n" % len(MESSAGE) + MESSAGE + b"\r\n")
            client.send(b"y NOOP\r\n")
            while not client.readline().startswith(b"y OK"):
                pass
            self.assertIn(b"x1 DELETE Victim", server.ran)
            self.assertNotIn("Victim", server.mailboxes)

    def test_a_refusal_comes_after_all_literals(self):
        with FakeImap(on_append=lambda head: Refusal("NO", "[OVERQUOTA] full")
                      if head.number == 1 else None) as server:
            client = connect(server)
            client.send(b"z APPEND INBOX {1+}\r\na {2+}\r\nbc\r\n")
            self.assertTrue(client.readline().startswith(b"z NO [OVERQUOTA]"))
            client.send(b"y APPEND INBOX {1+}\r\na {2+}\r\nbc\r\n")
            self.assertIn(b"[APPENDUID 1 1:2]", client.readline())


if __name__ == "__main__":
    unittest.main()
