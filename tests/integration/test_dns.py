# SPDX-License-Identifier: Apache-2.0
# dns plan, apply and rollback with real name servers: the zone before and after, by its listing.

import json
import re
import signal
import socket
import threading
import unittest
from concurrent.futures import ThreadPoolExecutor

from support.name_servers import KEY, Bind, Knot, bind_root, key_text, knot_root
from support.preload import preloaded
from support.program import ROOT, ProgramTest
from support.schemas import assert_valid

ZONE = """$TTL 3600
@ IN SOA ns1 hostmaster 1 3600 600 86400 60
@ IN NS ns1
ns1 IN A 127.0.0.1
@ 7200 IN MX 10 old.example.net.
@ IN TXT "v=spf1 include:old.example.net ~all"
@ IN TXT "site-verification=1"
_imaps._tcp 7200 IN SRV 0 1 993 old.example.net.
_sip._tls IN SRV 100 1 443 sip.example.net.
mail IN A 127.0.0.1
"""
# Every test changes a zone of its own, so that one server serves them all.
NAMES = ("walk", "conflict", "keys", "alias", "texts", "dies", "differs",
         "script", "ttl", "kept", "srv", "check", "policyset", "dns-intended", "dns-sent", "dns-answered")
ZONES = {f"{name}.example": ZONE for name in NAMES}
ZONES["alias.example"] += "_imaps._tcp.sub IN CNAME elsewhere.example.net.\n"
ZONES["wild.example"] = ZONE + "* IN CNAME elsewhere.example.net.\n"
ZONES["wildtext.example"] = ZONE + '* IN TXT "v=DMARC1; p=none"\n'
ZONES["tiny.example"] = ZONE.replace("mail IN", "".join(f"h{i} IN A 192.0.2.{i}\n" for i in range(5))
                                     + "mail IN")
ZONES["large.example"] = ZONE + "".join(f"h{i} IN A 192.0.2.{i % 250}\n" for i in range(10_000))
NEW_HOST = "imap.new.example"
HEAD = ZONE.split("@ 7200")[0]
# Asked as a resolver too, the server has to know all names that are looked up.
ZONES["example"] = HEAD
ZONES["ready.example"] = HEAD + f"""
mail IN A 127.0.0.1
mail IN AAAA ::1
@ IN MX 10 mail
@ IN TXT "v=spf1 mx a:mail.ready.example include:spf.ready.example -all"
spf IN TXT "v=spf1 ip4:192.0.2.1 -all"
new._domainkey IN TXT "v=DKIM1; p={'A' * 200}" "{'B' * 192}"
_dmarc IN TXT "v=DMARC1; p=reject"
_mta-sts IN TXT "v=STSv1; id=2026;"
_smtp._tls IN TXT "v=TLSRPTv1; rua=mailto:t@ready.example"
_imaps._tcp IN SRV 0 1 993 mail
_submissions._tcp IN SRV 0 1 465 mail
_pop3s._tcp IN SRV 0 0 0 .
@ IN CAA 0 issue "ca.example"
"""
ZONES["broken.example"] = HEAD + """
real IN A 127.0.0.1
mail IN CNAME real
@ IN MX 10 mail
@ IN MX 20 gone
@ IN TXT "v=spf1 include:loop.broken.example -all"
loop IN TXT "v=spf1 include:loop.broken.example -all"
old._domainkey IN TXT "v=DKIM1; p="
_dmarc IN TXT "v=DMARC1; p=reject"
_dmarc IN TXT "v=DMARC1; p=none"
_mta-sts IN TXT "v=STSv1;"
_imaps._tcp IN SRV 0 1 993 gone
"""
ZONES["unsigned.example"] = ZONE
ZONES["refused.example"] = ZONE
ZONES["wrong.example"] = HEAD + """
mail IN A 127.0.0.1
@ IN MX 10 mail
@ IN TXT "v=spf1 ip4:300.0.2.1 -all"
_dmarc IN TXT "v=DMARC1; p=rejct"
k._domainkey IN TXT "v=DKIM1; p=!!!"
_mta-sts IN TXT "v=STSv1; id=not valid!;"
_smtp._tls IN TXT "v=TLSRPTv1; rua=nonsense"
_imaps._tcp IN SRV 0 1 0 mail
"""
ZONES["policy.example"] = HEAD + """
mail IN A 127.0.0.1
_dmarc IN TXT "v=DMARC1; p=reject; sp=quarantine; np=none; " "rua=mailto:d@reports.example"
_dmarc.alias IN CNAME _dmarc
"""
ZONES["reports.example"] = HEAD + 'policy.example._report._dmarc IN TXT "v=DMARC1"\n'
ZONES["several.example"] = HEAD + '_dmarc IN TXT "v=DMARC1; p=none"\n_dmarc IN TXT "v=DMARC1; p=reject"\n'
ZONES["asks.example"] = HEAD + '_dmarc IN TXT "v=DMARC1; p=none; rua=mailto:d@elsewhere.invalid"\n'
ZONES["void.example"] = HEAD + """
@ IN TXT "v=spf1 a:x1.void.example a:x2.void.example mx:x3.void.example -all"
_dmarc IN TXT "v=DMARC1; p=none; rua=mailto:d@void.example"
@ IN MX 0 .
"""


class RefusingProxy:
    """Forwards the first connections, and closes all others unread."""

    def __init__(self, port, connections):
        self.target, self.left = port, connections
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.place = "127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.left == 0:
                client.close()
                continue
            self.left -= 1
            server = socket.create_connection(("127.0.0.1", self.target))
            for one, other in ((client, server), (server, client)):
                threading.Thread(target=self._pump, args=(one, other), daemon=True).start()

    @staticmethod
    def _pump(one, other):
        try:
            while data := one.recv(65536):
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()


class UnsignedProxy:
    """Answers each update with an unsigned REFUSED, forwarded or not; all else is forwarded."""

    def __init__(self, port, forwards):
        self.target, self.forwards = port, forwards
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.place = "127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    @staticmethod
    def _message(stream):
        return stream.read(int.from_bytes(stream.read(2), "big"))

    def _serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with client, client.makefile("rb") as asked:
                question = self._message(asked)
                is_update = question[2] >> 3 & 15 == 5
                reply = question[:2] + b"\xa8\5" + b"\0" * 8
                if self.forwards or not is_update:
                    with socket.create_connection(("127.0.0.1", self.target)) as server:
                        server.sendall(len(question).to_bytes(2, "big") + question)
                        with server.makefile("rb") as answers:
                            answer = self._message(answers)
                    reply = reply if is_update else answer
                client.sendall(len(reply).to_bytes(2, "big") + reply)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()


class DnsTest:
    """Put before ProgramTest."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.enterClassContext(cls.kind(ZONES))

    def setUp(self):
        super().setUp()
        self.key = self.folder / "update.key"
        self.key.write_text(key_text())
        self.key.chmod(0o600)

    def plan(self, domain, *options, name="plan.json", code=0):
        outcome = self.run_program("dns", "plan", domain, "--server", self.server.place, "--output",
                                   name, *options)
        self.assert_code(outcome, code)
        return outcome

    def do(self, action, *options, name="plan.json", server=None, key=None, **extra):
        return self.run_program("dns", action, name, "--server", server or self.server.place,
                                "--tsig-key-file", key or self.key, *options, **extra)

    def done(self, action, *words, **how):
        outcome = self.do(action, **how)
        self.assert_code(outcome, 0)
        for word in words:
            self.assertIn(word, outcome.out)

    def stage(self, name="plan.json"):
        return json.loads((self.folder / f"{name}.state").read_text())["stage"]

    def test_a_plan_is_applied_once_and_rolled_back_to_the_same_zone(self):
        zone = "walk.example"
        before = self.server.listing(zone)
        outcome = self.plan(zone, "--target", NEW_HOST, "--offer", "sieve", "--mx", "10,mx.new.example",
                            "--spf", "v=spf1 include:new.example -all", "--dmarc",
                            "v=DMARC1; p=none; rua=mailto:d@walk.example", "--mta-sts-id", "2026",
                            "--tls-rpt", "t@walk.example", "--tlsa",
                            f"mail.{zone}=3,1,1,{'ab' * 32}", "--autodiscover", NEW_HOST)
        for line in outcome.out.splitlines():
            self.assertLessEqual(len(line), 80)
        document = json.loads((self.folder / "plan.json").read_text())
        assert_valid(document, "dns-plan")
        self.assertEqual(self.server.listing(zone), before)
        self.done("apply", "applied, and read back from 1 name server")
        after = self.server.listing(zone)
        added = {line for line in after if line not in before}
        self.assertEqual({line for line in before if line not in after}, {
            f"{zone}. 7200 IN MX 10 old.example.net.",
            f'{zone}. 3600 IN TXT "v=spf1 include:old.example.net ~all"',
            f"_imaps._tcp.{zone}. 7200 IN SRV 0 1 993 old.example.net."})
        self.assertEqual(len(added), 14)
        self.assertIn(f"_imaps._tcp.{zone}. 7200 IN SRV 0 1 993 {NEW_HOST}.", added)
        self.assertIn(f"_pop3s._tcp.{zone}. 3600 IN SRV 0 0 0 .", added)
        self.done("apply", "no change")
        self.assertEqual(self.server.listing(zone), after)
        self.assertEqual(self.stage(), "applied")
        self.done("rollback", "rolled back")
        self.assertEqual(self.server.listing(zone), before)
        self.done("rollback", "no change")
        self.assertEqual(self.stage(), "rolled back")
        self.done("apply")
        self.assertEqual(self.server.listing(zone), after)

    def test_a_zone_that_others_changed_is_left_alone(self):
        zone = "conflict.example"
        self.plan(zone, "--mx", "10,mx.new.example", "--srv", f"imaps=0,1,993,{NEW_HOST}")
        self.server.update(zone, f"update add {zone} 7200 MX 20 other.example.net.")
        before = self.server.listing(zone)
        self.assert_one_line(self.do("apply"), 78, "changed since the plan", "nothing was done",
                             "20 other.example.net")
        self.assertEqual(self.server.listing(zone), before)
        self.plan(zone, "--mx", "10,mx.new.example")
        self.done("apply")
        self.server.update(zone, f"update delete {zone} MX")
        before = self.server.listing(zone)
        self.assert_one_line(self.do("rollback"), 78, "not as the plan left it")
        self.assertEqual(self.server.listing(zone), before)

    def test_keys_and_clocks_that_the_server_refuses(self):
        zone = "keys.example"
        self.plan(zone, "--mx", "10,mx.new.example")
        before = self.server.listing(zone)
        for text, word in ((key_text(name="other-key"), "BADKEY"),
                           (key_text(secret="QUFB" + KEY[2][4:]), "BADSIG")):
            wrong = self.folder / "wrong.key"
            wrong.write_text(text)
            wrong.chmod(0o600)
            outcome = self.do("apply", key=wrong)
            self.assert_one_line(outcome, 77, word)
            self.assertNotIn(KEY[2][8:], outcome.err)
        late = preloaded("jumping_clock", JUMPING_CLOCK_SECONDS="4000", JUMPING_CLOCK_EVERY="1")
        self.assert_one_line(self.do("apply", **late), 77, "BADTIME", "clock")
        self.assertEqual(self.server.listing(zone), before)
        self.done("apply")

    def test_nothing_is_put_beside_an_alias(self):
        zone = "alias.example"
        outcome = self.run_program("dns", "plan", zone, "--server", self.server.place, "--srv",
                                   "_imaps._tcp.sub=0,1,993,imap.new.example")
        self.assert_one_line(outcome, 78, "is an alias of elsewhere.example.net")
        self.plan(zone, "--target", NEW_HOST)
        self.server.update(zone, f"update add _pop3._tcp.{zone} 60 CNAME elsewhere.example.net.")
        before = self.server.listing(zone)
        self.assert_one_line(self.do("apply"), 78, "alias of elsewhere.example.net")
        self.assertEqual(self.server.listing(zone), before)

    def test_what_a_wildcard_makes_up_is_not_in_the_way(self):
        for zone in ("wild.example", "wildtext.example"):
            before = self.server.listing(zone)
            self.plan(zone, "--dmarc", "v=DMARC1; p=reject", name=f"{zone}.json")
            document = json.loads((self.folder / f"{zone}.json").read_text())
            self.assertIsNone(document["changes"][0]["before"])
            self.done("apply", name=f"{zone}.json")
            self.assertEqual(set(self.server.listing(zone)) - set(before),
                             {f'_dmarc.{zone}. 3600 IN TXT "v=DMARC1; p=reject"'})
            self.done("rollback", name=f"{zone}.json")
            self.assertEqual(self.server.listing(zone), before)

    def test_long_and_odd_texts_arrive_as_they_are(self):
        zone = "texts.example"
        text = "v=spf1 " + " ".join(f"ip4:192.0.2.{i}" for i in range(40)) + ' exp="a;b\\c" -all'
        self.plan(zone, "--spf", text)
        self.done("apply")
        told = self.server.dig("TXT", zone)
        long, = [line for line in told.splitlines() if "spf1" in line]
        self.assertGreater(len(re.findall(r'" "', long)), 1)
        self.assertIn('exp=\\"a', long.replace('" "', ""))
        self.assertIn("site-verification=1", told)
        self.done("apply", "no change")

    def set_dmarc(self, zone, *options, name="plan.json", code=0):
        outcome = self.run_program("dmarc", "set", zone, "--server", self.server.place, "--output",
                                   name, *options)
        self.assert_code(outcome, code)
        return outcome

    def test_a_dmarc_record_is_begun_edited_and_deleted(self):
        zone = "policyset.example"
        before = self.server.listing(zone)
        self.assertIn("--policy", self.set_dmarc(zone, "--rua", f"d@{zone}", code=78).err)
        told = self.set_dmarc(zone, "--policy", "none", "--rua", f"d@{zone}", "--ttl", "600").out
        self.assertIn("1 change", told)
        self.done("apply")
        self.assertEqual(self.server.dig("TXT", f"_dmarc.{zone}").strip(),
                         f'"v=DMARC1; p=none; rua=mailto:d@{zone}"')
        self.assertTrue(any(re.match(rf"_dmarc\.{zone}\.\s+600\s", str(line))
                            for line in self.server.listing(zone)), self.server.listing(zone))
        told = self.set_dmarc(zone, "--policy", "reject", "--rua", "d@reports.example",
                              name="reject.json").out
        self.assertIn("in one step", told)
        self.assertIn(f"{zone}._report._dmarc.reports.example", " ".join(told.split()))
        self.done("apply", name="reject.json")
        self.assertEqual(self.server.dig("TXT", f"_dmarc.{zone}").strip(),
                         '"v=DMARC1; p=reject; rua=mailto:d@reports.example"')
        self.assertIn("nothing to change",
                      self.set_dmarc(zone, "--policy", "reject", name="same.json").out)
        document = json.loads(self.set_dmarc(zone, "--no-rua", "--json", name="off.json").out)
        assert_valid(document, "dns-plan")
        self.assertEqual([one["after"]["records"] for one in document["changes"]],
                         [['"v=DMARC1; p=reject"']])
        self.set_dmarc(zone, "--delete", name="delete.json")
        self.done("apply", name="delete.json")
        self.assertEqual(self.server.listing(zone), before)

    def test_two_dmarc_records_and_edits_that_say_nothing(self):
        self.assertIn("dns plan several.example --dmarc",
                      self.set_dmarc("several.example", "--policy", "none", code=78).err)
        for options, words in (((), "--policy"), (("--delete", "--policy", "none"), "--delete"),
                               (("--rua", "a@b.org", "--no-rua"), "exclude"),
                               (("--policy", "block"), "quarantine"),
                               (("--rua", "nobody"), "NAME@DOMAIN")):
            self.assertIn(words, self.set_dmarc("ready.example", *options, code=64).err)

    def test_services_are_added_changed_and_removed(self):
        zone = "srv.example"
        self.plan(zone, "--srv", "_xmpp-client._tcp=5,0,5222,x.new.example", "--srv",
                  "_xmpp-client._tcp=10,0,5222,y.new.example", "--srv", "_sip._tls=remove", "--srv",
                  "imaps=none", "--srv", "_ldap._tcp=remove")
        self.done("apply", "3 changes")
        self.assertEqual(sorted(self.server.dig("SRV", f"_xmpp-client._tcp.{zone}").split("\n")),
                         ["", "10 0 5222 y.new.example.", "5 0 5222 x.new.example."])
        self.assertEqual(self.server.dig("SRV", f"_sip._tls.{zone}"), "")
        self.assertEqual(self.server.dig("SRV", f"_imaps._tcp.{zone}"), "0 0 0 .\n")

    def test_a_large_part_of_a_zone_needs_force(self):
        # 4 of 10 names, and of 10,000.
        wishes = ("--mx", "10,mx.new.example", "--srv", "imaps=remove", "--srv", "_sip._tls=remove")
        for zone, code in (("tiny.example", 78), ("large.example", 0)):
            self.server.update(zone, f"update add _dmarc.{zone} 60 TXT v=DMARC1")
            self.plan(zone, *wishes, "--dmarc", "v=DMARC1; p=none", name=f"{zone}.json")
            before = self.server.listing(zone)
            outcome = self.do("apply", name=f"{zone}.json")
            self.assert_code(outcome, code)
            if code == 0:
                continue
            self.assert_one_line(outcome, code, "4 names", "30 %", "--force")
            self.assertEqual(self.server.listing(zone), before)
            self.assert_code(self.do("apply", "--force", name=f"{zone}.json"), 0)

    def test_a_server_that_dies_between_change_and_check(self):
        zone = "dies.example"
        self.plan(zone, "--mx", "10,mx.new.example")
        before = self.server.listing(zone)
        for connections in range(9):
            with RefusingProxy(self.server.port, connections) as proxy:
                outcome = self.do("apply", server=proxy.place)
            if outcome.code == 0:
                break
            self.assert_one_line(outcome, 69)
        self.assertGreater(connections, 4)
        # The last but one time the change was made, and could not be seen.
        self.assertNotEqual(self.server.listing(zone), before)
        self.done("rollback")
        self.assertEqual(self.server.listing(zone), before)

    def test_killed_at_every_step_it_goes_on_or_back(self):
        text = (ROOT / "include/mboxferry/base/crash_point.h").read_text()
        points = re.findall(r'^\s*"(dns-[a-z-]+)"', text, re.M)
        self.assertEqual([point for point in points if point not in NAMES], [])
        with ThreadPoolExecutor(len(points)) as pool:
            list(pool.map(self.check_kills, points))

    def check_kills(self, point):
        zone = f"{point}.example"
        name = f"{point}.json"
        self.plan(zone, "--mx", "10,mx.new.example", "--target", NEW_HOST, name=name)
        before = self.server.listing(zone)
        self.done("apply", name=name)
        after = self.server.listing(zone)
        self.done("rollback", name=name)
        for killed, then, wanted in (("apply", "rollback", before), ("apply", "apply", after),
                                     ("rollback", "apply", after), ("rollback", "rollback", before)):
            outcome = self.do(killed, name=name, MBOXFERRY_CRASH_AT=point)
            self.assertEqual(outcome.code, -signal.SIGKILL, str(outcome))
            self.done(then, name=name)
            self.assertEqual(self.server.listing(zone), wanted, (point, killed, then))

    def test_the_script_does_the_same_through_nsupdate(self):
        zone = "script.example"
        self.plan(zone, "--mx", "10,mx.new.example", "--target", NEW_HOST, "--srv", "_sip._tls=remove")
        script = (self.folder / "plan.json.nsupdate").read_text()
        self.server.run_script(f"server 127.0.0.1 {self.server.port}\n" + script)
        self.done("apply", "no change")
        with self.assertRaisesRegex(AssertionError, "RRSET"):
            self.server.run_script(f"server 127.0.0.1 {self.server.port}\n" + script)
        self.done("rollback", "rolled back")

    def test_ttls_are_lowered_before(self):
        zone = "ttl.example"
        wishes = ("--mx", "10,mx.new.example", "--srv", f"imaps=0,1,993,{NEW_HOST}")
        self.plan(zone, *wishes, "--lower-ttl", "300", name="ttl.json")
        self.done("apply", "2 changes", name="ttl.json")
        self.assertIn(f"{zone}. 300 IN MX 10 old.example.net.", self.server.listing(zone))
        self.plan(zone, *wishes, "--lower-ttl", "300", name="again.json")
        self.assertEqual(json.loads((self.folder / "again.json").read_text())["changes"], [])
        self.plan(zone, *wishes, "--ttl", "3600")
        # Within the old TTL: caches may have the old records for as long as that.
        outcome = self.do("apply")
        self.assert_code(outcome, 0)
        self.assertIn("ttl.json replaced until", outcome.err)
        checked = self.run_program("dns", "check", zone, "--plan", "plan.json", "--json",
                                   "--resolver", self.server.place)
        item, = [one for one in json.loads(checked.out)["items"] if one["id"] == "old ttl"]
        self.assertIn("ttl.json replaced records with that TTL", item["text"])
        state = self.folder / "ttl.json.state"
        state.write_text(re.sub(r'"time":\d+', '"time":1700000000', state.read_text()))
        outcome = self.do("apply")
        self.assert_code(outcome, 0)
        self.assertEqual(outcome.err, "")
        self.assertIn(f"{zone}. 3600 IN MX 10 mx.new.example.", self.server.listing(zone))

    def test_a_refusal_that_is_not_signed_proves_nothing(self):
        zone = "unsigned.example"
        before = self.server.listing(zone)
        self.plan(zone, "--mx", "10,mx.new.example")
        with UnsignedProxy(self.server.port, forwards=False) as proxy:
            outcome = self.do("apply", "--force", server=proxy.place)
        self.assert_one_line(outcome, 77, "not signed", "unchanged so far")
        self.assertEqual(self.stage(), "applying")
        self.assertEqual(self.server.listing(zone), before)
        with UnsignedProxy(self.server.port, forwards=True) as proxy:
            outcome = self.do("apply", "--force", server=proxy.place)
        self.assert_code(outcome, 0)
        self.assertNotEqual(self.server.listing(zone), before)
        self.assertEqual(self.stage(), "applied")

    def test_a_plan_that_a_rollback_needs_is_not_replaced(self):
        zone = "kept.example"
        self.plan(zone, "--mx", "10,mx.new.example")
        self.done("apply")
        again = self.run_program("dns", "plan", zone, "--server", self.server.place, "--output",
                                 "plan.json", "--mx", "20,mx.new.example")
        self.assert_one_line(again, 73, "plan that is applied", "rollback")
        self.done("rollback")
        self.plan(zone, "--mx", "20,mx.new.example")
        self.done("apply")
        path = self.folder / "plan.json"
        path.write_text(path.read_text().replace("20 mx.new", "30 mx.new"))
        self.assert_one_line(self.do("apply"), 78, "changed since it was made")

    def test_a_server_without_the_zone(self):
        outcome = self.run_program("dns", "plan", "absent.invalid", "--server", self.server.place,
                                   "--mx", "10,mx.new.example")
        self.assert_one_line(outcome, 78, "absent.invalid", "REFUSED", "--server")


@unittest.skipUnless(bind_root(), "skipped: BIND is not unpacked here; tools/test does it")
class BindTest(DnsTest, ProgramTest):
    kind = Bind

    def check(self, domain, *options, code=0):
        outcome = self.run_program("dns", "check", domain, "--resolver", self.server.place, "--json",
                                   *options)
        self.assert_code(outcome, code)
        document = json.loads(outcome.out)
        assert_valid(document, "dns-check")
        return document["verdict"], {one["id"]: one for one in document["items"]}

    def test_a_domain_that_is_ready(self):
        verdict, items = self.check("ready.example", "--dkim-selector", "new")
        self.assertEqual(verdict, "ready")
        self.assertEqual({name: one["verdict"] for name, one in items.items()}, {
            "dnssec": "note", "mx": "ok", "spf": "ok", "dkim new": "ok", "dmarc": "ok",
            "mta-sts": "note", "tls-rpt": "ok", "srv _imaps._tcp": "ok",
            "srv _submissions._tcp": "ok", "srv _pop3s._tcp": "ok", "caa": "note"})
        self.assertIn("3 of 10 look-ups", items["spf"]["text"])
        self.assertIn("a key of 392 characters", items["dkim new"]["text"])
        outcome = self.run_program("dns", "check", "ready.example", "--resolver", self.server.place)
        self.assert_code(outcome, 0)
        self.assertIn("ready.example: ready\n", outcome.out)
        for line in outcome.out.splitlines():
            self.assertLessEqual(len(line), 80)

    def test_each_mistake_has_a_verdict_of_its_own(self):
        verdict, items = self.check("broken.example", "--dkim-selector", "old", "--dkim-selector",
                                    "none", code=1)
        self.assertEqual(verdict, "not ready")
        for name, words in (("mx", ("mail.broken.example is an alias", "gone.broken.example has no "
                                    "address")),
                            ("spf", ("more than 10 look-ups",)), ("dkim old", ("revoked",)),
                            ("dkim none", ("no key",)), ("dmarc", ("2 records",)),
                            ("mta-sts", ("no id",)), ("srv _imaps._tcp", ("no address",))):
            self.assertEqual(items[name]["verdict"], "problem", name)
            self.assertTrue(items[name]["advice"], name)
            for word in words:
                self.assertIn(word, items[name]["text"])
        self.assertIn("none", items["caa"]["text"])

    def test_names_that_are_gone_and_domains_without_mail(self):
        _, items = self.check("void.example", code=1)
        self.assertIn("3 of its names have no records", items["spf"]["text"])
        self.assertIn("takes no mail", items["mx"]["text"])
        self.assertEqual(items["dmarc"]["verdict"], "note")
        _, items = self.check("nobody.example", code=1)
        self.assertIn("does not exist", items["mx"]["text"])

    def test_texts_that_receivers_pass_over_are_problems(self):
        _, items = self.check("wrong.example", "--dkim-selector", "k", code=1)
        for name, word in (("spf", "IPv4"), ("dmarc", "p=rejct: not a policy"),
                           ("dkim k", "no Base64"), ("mta-sts", "not valid!"),
                           ("tls-rpt", "nonsense"), ("srv _imaps._tcp", "port 0")):
            self.assertEqual(items[name]["verdict"], "problem", items[name])
            self.assertIn(word, items[name]["text"])

    def test_records_that_the_server_refuses_leave_the_plan_free(self):
        zone = "refused.example"
        outcome = self.plan(zone, "--mx", f"10,nohost.{zone}")
        self.assertIn(f"nohost.{zone} has no address in the zone", " ".join(outcome.out.split()))
        before = self.server.listing(zone)
        self.assert_one_line(self.do("apply"), 77, "refuses the change", "without an address")
        self.assertEqual(self.server.listing(zone), before)
        self.assertEqual(self.stage(), "rolled back")
        # As the note advises.
        self.server.update(zone, f"update add nohost.{zone} 60 A 127.0.0.1")
        self.plan(zone, "--mx", f"10,nohost.{zone}")
        self.done("apply")

    def policy(self, domain, code=0):
        outcome = self.run_program("dmarc", "record", domain, "--resolver", self.server.place,
                                   "--json")
        self.assert_code(outcome, code)
        document = json.loads(outcome.out)
        assert_valid(document)
        return document

    def test_the_policy_of_a_domain_is_found_in_the_dns(self):
        document = self.policy("mail.policy.example")
        for standard, names in (("rfc7489", ["mail.policy", "policy"]),
                                ("rfc9989", ["mail.policy", "policy", None])):
            finding = document["findings"][standard]
            self.assertEqual([one["name"] for one in finding["queries"]],
                             [f"_dmarc.{name}.example" if name else "_dmarc.example"
                              for name in names])
            self.assertEqual((finding["policy"], finding["tag"], finding["policy_domain"],
                              finding["organizational_domain"], finding["exists"]),
                             ("quarantine", "sp", "policy.example", "policy.example", True))
        self.assertEqual(document["external"][0]["authorized"], True)
        gone = self.policy("gone.policy.example")["findings"]
        self.assertEqual([(gone[one]["policy"], gone[one]["exists"])
                          for one in ("rfc7489", "rfc9989")],
                         [("quarantine", False), ("none", False)])
        alias = self.policy("alias.policy.example", code=1)
        self.assertEqual(alias["findings"]["rfc7489"]["policy_domain"], "alias.policy.example")
        self.assertFalse(alias["external"][0]["authorized"])

    def test_domains_without_one_policy(self):
        several = self.policy("several.example", code=1)["findings"]["rfc9989"]
        self.assertIn("_dmarc.several.example has 2 records", several["why"])
        nothing = self.policy("reports.example", code=1)["findings"]["rfc7489"]
        self.assertEqual(nothing["why"], "no record was found")
        outcome = self.run_program("dmarc", "record", "nobody.example", "--resolver",
                                   self.server.place)
        self.assert_code(outcome, 1)
        self.assertIn("the domain does not exist", outcome.out)
        outcome = self.run_program("dmarc", "record", "elsewhere.invalid", "--resolver",
                                   self.server.place)
        self.assert_one_line(outcome, 69, "elsewhere.invalid", "REFUSED")
        # The policy is known, and where its reports may go is not.
        asks = self.policy("asks.example", code=75)
        self.assertIsNone(asks["external"][0]["authorized"])

    def test_no_answer_is_no_verdict(self):
        verdict, items = self.check("elsewhere.invalid", code=75)
        self.assertEqual(verdict, "unknown")
        self.assertIn("REFUSED", items["mx"]["text"])

    def test_a_plan_says_when_old_records_are_forgotten(self):
        zone = "check.example"
        self.plan(zone, "--mx", f"10,mail.{zone}")
        self.assertEqual(self.check(zone, "--plan", "plan.json", code=1)[1]["plan"]["verdict"],
                         "problem")
        self.done("apply")
        item = self.check(zone, "--plan", "plan.json", code=1)[1]["old ttl"]
        self.assertEqual(item["verdict"], "note")
        state = self.folder / "plan.json.state"
        state.write_text(re.sub(r'"time":\d+', '"time":1700000000', state.read_text()))
        item = self.check(zone, "--plan", "plan.json", code=1)[1]["old ttl"]
        self.assertEqual((item["verdict"], item["text"]),
                         ("ok", "the old records are forgotten since 2023-11-15T00:13:20+00:00"))


@unittest.skipUnless(bind_root() and knot_root(),
                     "skipped: BIND's tools or Knot are not unpacked here; tools/test does it")
class KnotTest(DnsTest, ProgramTest):
    kind = Knot

    def test_another_server_that_does_not_follow(self):
        zone = "differs.example"
        self.plan(zone, "--mx", "10,mx.new.example")
        with Bind({zone: ZONE}) as other:
            arguments = ("--server", other.place, "--wait", "1")
            self.assert_one_line(self.do("apply", *arguments), 75, other.place, "does not have it yet")
            self.assertEqual(self.stage(), "applied")
            other.update(zone, f"update delete {zone} MX",
                         f"update add {zone} 7200 MX 10 mx.new.example.")
            outcome = self.do("apply", *arguments)
            self.assert_code(outcome, 0)
            self.assertIn("2 name servers answer", outcome.out)


if __name__ == "__main__":
    unittest.main()
