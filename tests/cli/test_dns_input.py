# SPDX-License-Identifier: Apache-2.0
# dns: what cannot be asked for, files that are none of its own, and servers that are no name
# servers: each one line and its exit status, and nothing written.

import json
import socket
import struct
import threading
import unittest

from support.program import ProgramTest

NOBODY = ("--server", "127.0.0.1:1")


class OddServer:
    """Answers each question with what `reply` makes of it; None: with nothing."""

    def __init__(self, reply):
        self.reply = reply
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.place = "127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
                with client:
                    size = struct.unpack(">H", client.recv(2))[0]
                    message = self.reply(client.recv(size))
                    if message is not None:
                        client.sendall(struct.pack(">H", len(message)) + message)
            except (OSError, struct.error):
                if self.listener.fileno() < 0:
                    return

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()


class DnsInputTest(ProgramTest):
    def dns(self, *arguments):
        return self.run_program("dns", *arguments)

    def test_wishes_that_cannot_be_met(self):
        for wishes, words in (
                ((), "nothing is asked for"),
                (("--target", "192.0.2.1"), "192.0.2.1"),
                (("--mx", "10,2001:db8::1"), "2001:db8::1"),
                (("--mx", "70000,a.org"), "70000,a.org"),
                (("--srv", "imaps=0,1,99999,a.org"), "65535"),
                (("--srv", "imaps=0,0,0,."), "=none"),
                (("--srv", "sip=1,1,1,a.org"), "_sip._tls"),
                (("--mx", "10,a.org", "--ttl", "59"), "60 to 86400"),
                (("--mx", "10,a.org", "--ttl", "86401"), "60 to 86400"),
                (("--mx", "10,a.org", "--ttl", "300", "--lower-ttl", "300"), "exclude"),
                (("--spf", "v=spf2"), "v=spf1"), (("--spf", ""), "empty"),
                (("--spf", "v=spf1 includ:x -all"), "no such mechanism"),
                (("--dmarc", "v=DMARC1; p=rejct"), "p=rejct: not a policy"),
                (("--tls-rpt", "mailto:"), "not an address"),
                (("--mx", "10,a.org", "--server", "a:b"), "name server"),
                (("--offer", "imaps"), "--target")):
            self.assert_one_line(self.dns("plan", "example.org", *wishes), 64, words)
        for domain in ("user@a.org", "*.a.org", "a..b", "b\u00fccher.example", "a b", "x" * 64 + ".org"):
            self.assert_one_line(self.dns("plan", domain, "--mx", "10,a.org"), 64, "domain name")
        for arguments in ((), ("plan",), ("plan", "a.org", "b.org"), ("pln", "a.org")):
            self.assert_one_line(self.dns(*arguments), 64)

    def test_files_that_are_no_plan_and_no_key(self):
        plan = {"schema": "mboxferry.dns-plan/1", "domain": "a.org", "zone": "a.org", "serial": 1,
                "digest": "0" * 64, "changes": [], "unchanged": [], "notes": []}
        for text, word in (("", "no JSON"), ("[" * 1_000_000, "no JSON"), ("{}", "schema"),
                           (json.dumps(plan), "digest"), ("x" * (5 << 20), "larger")):
            path = self.folder / "plan.json"
            path.write_text(text)
            self.assert_one_line(self.dns("apply", path, *NOBODY), 78, word)
        self.assert_one_line(self.dns("apply", self.folder / "absent", *NOBODY), 78, "absent")
        self.assert_one_line(self.dns("apply", "/dev/null", *NOBODY), 78, "regular file")

    def test_servers_that_are_none(self):
        header = b"\x84\x00"
        for reply, code in ((lambda question: b"\xff" * 300, 76), (lambda question: b"", 76),
                            (lambda question: question, 76), (lambda question: None, 69),
                            (lambda question: b"\0\0" + header + question[4:], 76),
                            (lambda question: question[:2] + header +
                             question[4:].replace(b"example", b"exbmple"), 76),
                            (lambda question: question[:2] + b"\x80\x00" + question[4:], 78),
                            (lambda question: question[:2] + b"\x84\x05" + question[4:], 78)):
            with OddServer(reply) as server:
                outcome = self.dns("plan", "example.org", "--mx", "10,a.org", "--server",
                                   server.place, "--output", "plan.json")
            self.assert_one_line(outcome, code, server.place)
        self.assert_one_line(self.dns("plan", "example.org", "--mx", "10,a.org", *NOBODY), 69,
                             "127.0.0.1:1")
        self.assertFalse((self.folder / "plan.json").exists())

    def test_nothing_else_is_overwritten(self):
        (self.folder / "mail.mbox").write_text("From a@b.org Mon Jan  1 00:00:00 2024\n")

        def answer(question):
            soa = (b"\xc0\x0c\0\6\0\1\0\0\0\1\0\x16\0\0" + b"\0\0\0\1" * 5)
            told = soa if question[-3] == 6 else b""
            return (question[:2] + b"\x84\0\0\1" + (b"\0\1" if told else b"\0\0") + b"\0\0\0\0" +
                    question[12:] + told)

        with OddServer(answer) as server:
            outcome = self.dns("plan", "example.org", "--mx", "10,a.org", "--server", server.place,
                               "--output", "mail.mbox")
            self.assert_one_line(outcome, 73, "mail.mbox")
        self.assertTrue((self.folder / "mail.mbox").read_text().startswith("From "))
        self.assertEqual([one.name for one in self.folder.glob("mail.mbox*")], ["mail.mbox"])

    def test_what_strangers_publish_does_not_make_a_check_endless(self):
        asked = []

        def reply(message):
            """2,500 MX records, and nothing else."""
            end = message.index(b"\0", 12) + 1
            kind = struct.unpack(">H", message[end:end + 2])[0]
            asked.append(kind)
            records = [b"\xc0\x0c" + struct.pack(">HHIH", 15, 1, 60, 9) + struct.pack(">H", n) +
                       b"\4a%03d\xc0\x0c" % (n % 1000) for n in range(2500)] if kind == 15 else []
            return (message[:2] + struct.pack(">HHHHH", 0x8580, 1, len(records), 0, 0) +
                    message[12:end + 4] + b"".join(records))

        with OddServer(reply) as server:
            outcome = self.dns("check", "lie.example", "--resolver", server.place, "--json")
        self.assert_code(outcome, 1)
        mx, = [one for one in json.loads(outcome.out)["items"] if one["id"] == "mx"]
        self.assertIn("2500 records, of which the first 20", mx["text"])
        self.assertLess(len(asked), 100)

    def test_a_silent_server_is_asked_three_times(self):
        asked = []
        with OddServer(asked.append) as server:
            outcome = self.dns("check", "lie.example", "--resolver", server.place)
        self.assert_code(outcome, 75)
        self.assertEqual(len(asked), 3)

    def test_damage_in_an_answer_is_said_to_be_whose(self):
        def reply(message):
            end = message.index(b"\0", 12) + 1
            kind = message[end:end + 2]
            soa = struct.pack(">HHIH", 6, 1, 60, 26) + b"\1n\0\1h\0" + b"\0\0\0\1" * 5
            mx = struct.pack(">HHIH", 15, 1, 60, 8) + b"\0\x0a\4a\0\n\"\0"
            return (message[:2] + struct.pack(">HHHHH", 0x8400, 1, 1, 0, 0) + message[12:end + 4] +
                    b"\xc0\x0c" + (soa if kind == b"\0\6" else mx))

        with OddServer(reply) as server:
            outcome = self.dns("plan", "lie.example", "--server", server.place, "--mx", "10,x.y")
            self.assert_one_line(outcome, 76, server.place, "lie.example MX", "damaged", "--server")

    def test_a_resolver_that_fails_is_no_answer_about_a_policy(self):
        def reply(message):
            return message[:2] + b"\x81\x82" + message[4:6] + b"\0" * 6 + message[12:]

        with OddServer(reply) as server:
            outcome = self.run_program("dmarc", "record", "a.example", "--resolver", server.place)
            self.assert_one_line(outcome, 69, "a.example", "SERVFAIL", "--resolver")


if __name__ == "__main__":
    unittest.main()
