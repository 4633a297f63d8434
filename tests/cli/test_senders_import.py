# SPDX-License-Identifier: Apache-2.0
# mboxferry senders import: every line of a foreign list is imported, or named with its reason.

import json
import os
import pathlib
import re
import unittest

from support.program import ROOT, ProgramTest
from support.schemas import assert_valid

CORPORA = pathlib.Path(os.environ.get("MBOXFERRY_CORPORA", ROOT.parent / "shared" / "corpora"))

SPAMASSASSIN = """\
# comment
blacklist_from *@spam.example a?b@x.example  # two
blocklist_from dup@x.example
welcomelist_from baz@example.com bam@example.com
unwhitelist_from bam@example.com
if (version >= 4.000000)
  welcomelist_from new@example.com
else
  whitelist_from old@example.com
endif
if !can(Mail::SpamAssassin::Conf::feature_welcomelist_blocklist)
  def_whitelist_from_dkim *@paypal.example
endif
ifplugin Mail::SpamAssassin::Plugin::DKIM
  welcomelist_from_dkim *@bank.example signer.example
  welcomelist_auth a@y.example b@y.example
  def_welcomelist_from_rcvd *@relay.example relay.example
endif
blacklist_to me@example.com
blacklist_uri_host bad.example
blocklist_from not an,address
required_score 5
"""

GMAIL = """\
<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns='http://www.w3.org/2005/Atom' xmlns:apps='http://schemas.google.com/apps/2006'>
 <title>Mail Filters</title>
 <entry>
  <apps:property name='from' value='a@x.example OR b@y.example'/>
  <apps:property name='shouldTrash' value='true'/>
  <apps:property name='sizeOperator' value='s_sl'/>
 </entry>
 <entry>
  <apps:property name='from' value='friend@x.example'/>
  <apps:property name='shouldNeverSpam' value='true'/>
 </entry>
 <entry>
  <apps:property name='from' value='{c@x.example @d.example}'/>
  <apps:property name='shouldTrash' value='true'/>
 </entry>
 <entry>
  <apps:property name='from' value='e@x.example'/>
  <apps:property name='subject' value='sale'/>
  <apps:property name='shouldTrash' value='true'/>
 </entry>
 <entry>
  <apps:property name='from' value='f@x.example'/>
  <apps:property name='label' value='Work'/>
 </entry>
 <entry>
  <apps:property name='from' value='newsletter'/>
  <apps:property name='shouldTrash' value='true'/>
 </entry>
</feed>
"""


class SendersImportTest(ProgramTest):
    def imported(self, text, *options, name="list"):
        """Entries as `kind[!] pattern line`, and what was not imported as `line text`."""
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        outcome = self.run_program("senders", "import", "--json", *options, path)
        self.assert_code(outcome, 0)
        document = json.loads(outcome.out)
        assert_valid(document, "senders-import")
        self.reasons = {one["line"]: one["reason"] for one in document["not_imported"]}
        return ([f"{one['kind']}{'!' if one['authenticated'] else ''} {one['pattern']} "
                 f"{one['source_line']}" for one in document["entries"]],
                [f"{one['line']} {one['text']}" for one in document["not_imported"]])

    def test_spamassassin_with_branches(self):
        entries, others = self.imported(SPAMASSASSIN)
        self.assertEqual(entries, [
            "block *@spam.example 2", "block a?b@x.example 2", "block dup@x.example 3",
            "allow baz@example.com 4", "allow new@example.com 7", "allow! *@bank.example 15",
            "allow! a@y.example 16", "allow! b@y.example 16", "allow! *@relay.example 17"])
        self.assertEqual(others, [
            "4 bam@example.com", "5 unwhitelist_from bam@example.com",
            "9 whitelist_from old@example.com", "12 def_whitelist_from_dkim *@paypal.example",
            "19 blacklist_to me@example.com", "20 blacklist_uri_host bad.example", "21 not", "21 an,address",
            "22 required_score 5"])
        self.assertIn("line 6", self.reasons[9])
        self.assertIn("recipients", self.reasons[19])
        self.assertIn("links", self.reasons[20])

    def test_many_entries_that_are_taken_back_take_time_in_proportion(self):
        lines = [f"blacklist_from a{i}@x.example\n" for i in range(60_000)]
        # Quadratic, this would take minutes.
        entries, others = self.imported("".join(lines) + "un" + "un".join(lines[1:]) +
                                        "unblacklist_from a1@x.example\n"
                                        "blacklist_from a1@x.example\n")
        self.assertEqual(entries, ["block a0@x.example 1", "block a1@x.example 120001"])
        self.assertEqual(len(others), 2 * 59_999 + 1)
        self.assertIn("not there", self.reasons[120_000])

    def test_maps_of_rspamd_and_plain_lists(self):
        entries, others = self.imported(
            "example.com # c\ntest.org 1.5\n*.bit.ly\n/re.*/i\n\n# c\n192.0.2.0/24\nb@x.example -2\n")
        self.assertEqual(entries, ["block *@example.com 1", "block *@test.org 2", "block *.bit.ly 3"])
        self.assertEqual(others, ["2 1.5", "4 /re.*/i", "7 192.0.2.0/24", "8 b@x.example -2"])
        entries, _ = self.imported("example.com\n", "--as", "allow")
        self.assertEqual(entries, ["allow *@example.com 1"])

    def test_postfix(self):
        entries, others = self.imported(
            "a@x.example REJECT go away\nspam.example\n  550 no\n.sub.example DISCARD\n"
            "friend@ OK\nb@x.example DUNNO\n/^x/ REJECT\n<> REJECT\n192.0.2 REJECT\n")
        self.assertEqual(entries, [
            "block a@x.example 1", "block *@spam.example 2", "block *@*.spam.example 2",
            "block *@*.sub.example 4", "allow friend@* 5", "allow b@x.example 6"])
        self.assertEqual([one.split()[0] for one in others], ["7", "8", "9"])

    def test_a_closer_key_of_postfix_that_an_allowed_one_overrules_is_named(self):
        entries, others = self.imported(
            "bad@good.example REJECT\nsub.good.example REJECT\ngood.example OK\n"
            "other.example REJECT\nfriend@other.example DUNNO\n")
        self.assertEqual(len(entries), 8)
        self.assertIn("allow friend@other.example 5", entries)
        self.assertEqual(others, ["1 bad@good.example", "2 *@sub.good.example",
                                  "2 *@*.sub.good.example"])
        self.assertIn("'*@good.example' of line 3 allows it", self.reasons[1])

    def test_tabs_make_no_csv(self):
        entries, others = self.imported("good.example\t-5\nspam.example\t3\nother.example\t-1\n")
        self.assertEqual((entries, len(others)), (["block *@spam.example 2"], 3))
        entries, others = self.imported(
            "good.example\tpermit_friends\nboss@x.example\tpermit_friends\nspam.example\tREJECT\n")
        self.assertEqual((entries, len(others)), ([], 3))

    def test_sections_are_read_and_unknown_ones_are_named(self):
        own = "*@spam.example\n[allow]\nfriend@spam.example\n[ALLOW authenticated]\nboss@bank.example\n"
        self.assertEqual(self.imported(own)[0], [
            "block *@spam.example 1", "allow friend@spam.example 3", "allow! boss@bank.example 5"])
        entries, others = self.imported(
            "[blacklist]\n*@spam.example\n[whitelist]\nfriend@spam.example\n[grey]\nx@y.example\n")
        self.assertEqual(entries, ["block *@spam.example 2", "allow friend@spam.example 4"])
        self.assertEqual(others, ["5 [grey]", "6 x@y.example"])

    def test_csv(self):
        entries, others = self.imported(
            'Name;Email Address;Type\nA;a@x.example;Blocked\n"B;b";"b@x.example";safe\n'
            "C;c@x.example;maybe\nD;;blocked\n", name="list.csv")
        self.assertEqual(entries, ["block a@x.example 2", "allow b@x.example 3"])
        self.assertEqual(others, ["4 C,c@x.example,maybe", "5 D,,blocked"])
        entries, others = self.imported("a@x.example,x\nb@x.example,y\n", "--format", "csv")
        self.assertEqual(entries, ["block a@x.example 1", "block b@x.example 2"])
        self.assertEqual(others, ["1 "])
        self.assertIn("no column says block or allow", self.reasons[1])

    def test_columns_of_csv_that_no_header_names(self):
        said = "friend@x.example,allow\nspam@y.example,block\n"
        for header in ("", "E-mail addr.,Verdict\n"):
            entries, others = self.imported(header + said)
            self.assertEqual(([entry.rsplit(" ", 1)[0] for entry in entries], others),
                             (["allow friend@x.example", "block spam@y.example"], []))
        entries, others = self.imported("Absender;Aktion\nfriend@x.example;erlaubt\n")
        self.assertEqual((entries, others), ([], ["1 Absender,Aktion", "2 friend@x.example,erlaubt"]))
        self.assertIn("write address,action", self.reasons[2])
        self.assertEqual(self.imported("address,action\nfriend@x.example,allow\n")[1], [])
        entries, _ = self.imported("user,domain,action\nbob,big.example,block\n,all.example,block\n")
        self.assertEqual(entries, ["block bob@big.example 2", "block *@all.example 3"])

    def test_filters_of_gmail(self):
        entries, others = self.imported(GMAIL)
        self.assertEqual(entries, ["block a@x.example 4", "block b@y.example 4",
                                   "allow friend@x.example 9", "block c@x.example 13",
                                   "block *@d.example 13"])
        self.assertEqual([int(one.split()[0]) for one in others], [17, 22, 26])
        self.assertIn("more than senders", self.reasons[17])
        self.assertIn("neither deletes", self.reasons[22])

    def test_filters_of_gmail_that_ask_or_do_more_are_named(self):
        entry = "<entry><property name='from' value='{}'/><property name='shouldTrash' value='true'/>{}</entry>"
        feed = "<?xml version='1.0'?>\n<feed>" + "\n".join([
            entry.format("o@x.example", "<property name='forwardTo' value='boss@x.example'/>"),
            entry.format("{a@x.example b@x.example} c@x.example", ""),
            entry.format("c@x.example {a@x.example b@x.example}", ""),
            entry.format("a@x.example (b@x.example)", ""),
            entry.format("{d@x.example (e@x.example OR f@x.example)}", "")]) + "</feed>"
        entries, others = self.imported(feed)
        self.assertEqual(entries, [f"block {name}@x.example 6" for name in "def"])
        self.assertEqual([int(one.split()[0]) for one in others], [2, 3, 4, 5])

    def test_files_of_spamassassin_are_one_configuration(self):
        (self.folder / "10.cf").write_text("blocklist_from a@x.example b@x.example\n"
                                           "welcomelist_from_dkim c@x.example x.example\n"
                                           "def_welcomelist_auth d@x.example\n")
        (self.folder / "20.cf").write_text("unblocklist_from a@x.example\n"
                                           "unwelcomelist_auth c@x.example d@x.example\n")
        outcome = self.run_program("senders", "import", "10.cf", "20.cf")
        self.assertEqual(outcome.out.splitlines()[1:], [
            "[block]", "b@x.example", "", "[allow authenticated]", "c@x.example", "d@x.example"])
        self.assertIn("10.cf line 1: 'a@x.example' is removed by 20.cf line 1", outcome.err)

    def test_hostile_xml_is_named(self):
        bomb = ('<?xml version="1.0"?>\n<!DOCTYPE f [<!ENTITY a "aaaaaaaaaa">]>\n'
                "<feed><entry><property name='from' value='&a;'/></entry></feed>")
        entries, others = self.imported(bomb)
        self.assertEqual((entries, len(others)), ([], 1))
        self.assertIn("document type", self.reasons[2])
        entries, others = self.imported("<?xml version='1.0'?><feed><entry>")
        self.assertEqual((entries, len(others)), ([], 1))

    def test_the_list_that_is_printed_is_one_of_ours(self):
        (self.folder / "local.cf").write_text(SPAMASSASSIN)
        outcome = self.run_program("senders", "import", "local.cf")
        self.assert_code(outcome, 0)
        self.assertEqual(outcome.out, """\
# Sender list, imported by mboxferry
[block]
*@spam.example
a?b@x.example
dup@x.example

[allow]
baz@example.com
new@example.com

[allow authenticated]
*@bank.example
a@y.example
b@y.example
*@relay.example
""")
        self.assertIn("line 21: 'not' is neither an address nor a domain", outcome.err)
        self.assertIn("local.cf: read as spamassassin: 9 entries imported, ", outcome.err)
        self.assert_code(self.run_program("senders", "import", "local.cf", "--output", "my.list"), 0)
        written = (self.folder / "my.list").read_text()
        self.assertEqual(re.sub("(?m)^# [0-9a-f]{16} is the digest.*\n", "", written), outcome.out)
        self.assert_code(self.run_program("senders", "check", "--senders", "my.list"), 0)
        # Again, but never over something else, nor over what its owner has added.
        self.assert_code(self.run_program("senders", "import", "local.cf", "--output", "my.list"), 0)
        (self.folder / "my.list").write_text(written + "mine@by.hand.example\n")
        again = self.run_program("senders", "import", "local.cf", "--output", "my.list")
        self.assert_code(again, 73)
        self.assertIn("was changed since it was imported", again.err)
        self.assertIn("by.hand", (self.folder / "my.list").read_text())
        (self.folder / "mail").write_text("From x\n")
        self.assert_code(self.run_program("senders", "import", "local.cf", "--output", "mail"), 73)

    def test_an_entry_that_would_be_a_comment_is_written_in_quotes(self):
        (self.folder / "list.csv").write_text("address,action\n#tag@x.example,block\n#*@y.example,block\n")
        self.assert_code(self.run_program("senders", "import", "list.csv", "--output", "my.list"), 0)
        checked = self.run_program("senders", "check", "--senders", "my.list", "#tag@x.example",
                                   "#other@y.example")
        self.assert_code(checked, 0)
        self.assertEqual(checked.out.count(": block by"), 2, checked.out)

    def test_exit_statuses(self):
        self.assert_code(self.run_program("senders", "import"), 64)
        self.assert_code(self.run_program("senders", "import", "absent"), 78)
        (self.folder / "list").write_text("a@x.example\n")
        self.assert_code(self.run_program("senders", "import", "list", "--format", "x"), 64)
        self.assert_code(self.run_program("senders", "import", "list", "--as", "x"), 64)

    @unittest.skipUnless((CORPORA / "senders" / "MANIFEST.tsv").is_file(),
                         f"skipped: no corpora in {CORPORA} (set MBOXFERRY_CORPORA)")
    def test_the_corpus(self):
        for name, entries in (("dkim", 89), ("spf", 20)):
            path = CORPORA / "senders" / f"apache-spamassassin--60_welcomelist_{name}.cf"
            imported, others = self.imported(path.read_bytes())
            said = {int(one.split()[-1]) for one in imported} | {int(one.split()[0]) for one in others}
            lines = path.read_text().splitlines()
            directives = {number for number, line in enumerate(lines, 1)
                          if line.lstrip().startswith(("def_w", "w", "b", "def_b"))}
            self.assertEqual(directives - said, set())
            self.assertLessEqual(len(imported), entries)
            wide = [one for one in others if one.endswith(" *@*")]
            self.assertEqual(len(imported) + len(wide), entries)
            self.assertTrue(all(one.startswith("allow! ") for one in imported))


if __name__ == "__main__":
    unittest.main()
