# SPDX-License-Identifier: Apache-2.0
# mboxferry dmarc report: what it finds, what it prints, and what hostile files cost.

import base64
import csv
import gzip
import io
import json
import os
import pathlib
import unittest
import zipfile

from support import dmarc_reports as made
from support.program import ROOT, ProgramTest
from support.schemas import assert_valid

CORPUS = pathlib.Path(os.environ.get("MBOXFERRY_CORPORA", ROOT / "../shared/corpora")) / "dmarc"


class DmarcReportTest(ProgramTest):
    def report(self, *arguments, code=0, **how):
        outcome = self.run_program("dmarc", "report", *arguments, **how)
        self.assert_code(outcome, code)
        return outcome

    def document(self, *arguments, code=0):
        document = json.loads(self.report("--json", *arguments, code=code).out)
        assert_valid(document)
        return document

    def write(self, name, content):
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return file

    def test_reports_are_found_in_whatever_holds_them(self):
        reports = [made.report(n, made.record(count=1 << n)) for n in range(8)]
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("r.xml", reports[2])
            archive.writestr("nest.gz", gzip.compress(reports[3]))
        self.write("all/plain.txt", reports[0])
        self.write("all/packed.xml", gzip.compress(gzip.compress(reports[1])))
        self.write("all/a.bin", packed.getvalue())
        self.write("all/Maildir/cur/1:2,S", made.mail(reports[4], 4))
        self.write("all/some.mbox", made.mbox([made.mail(reports[5], 5), b"Subject: x\n\nhello\n",
                                               made.mail(reports[6], 6)]))
        self.write("all/old.mbox.gz", gzip.compress(made.mbox([made.mail(reports[7], 7)])))
        document = self.document(self.folder / "all", code=0)
        self.assertEqual(document["totals"]["messages"], 255)
        self.assertEqual(document["totals"]["reports"], 8)
        self.assertEqual(document["totals"]["files"]["not a report"], 1)
        self.assertEqual([one["name"] for one in document["domains"]], ["example.com"])

    def test_the_same_report_counts_once(self):
        xml = made.report(1, made.record(count=3))
        document = self.document(self.write("a.xml", xml), self.write("b.gz", gzip.compress(xml)),
                                 self.write("c.eml", made.mail(xml)))
        self.assertEqual(document["totals"]["messages"], 3)
        self.assertEqual([one["verdict"] for one in document["files"]],
                         ["read", "duplicate", "duplicate"])

    def test_a_cut_copy_that_comes_first_hides_nothing(self):
        records = [made.record(ip=f"192.0.2.{i}", count=10) for i in range(9)]
        # Two rows that say the same are two.
        whole = made.report(1, *records, records[3])
        cut = whole[:len(whole) // 2]
        empty = made.report(1)
        for number, copies in enumerate(([cut, whole, whole], [empty, whole, cut],
                                         [cut, empty, cut, whole], [whole, cut])):
            files = [self.write(f"{number}/{i}", one) for i, one in enumerate(copies)]
            document = self.document(*files, code=0 if copies[0] == empty else
                                     (3 if copies[0] == cut else 0))
            self.assertEqual(document["totals"]["messages"], 100, number)
            self.assertEqual(document["totals"]["reports"], 1)
            self.assertEqual(sum(one["count"] for report in document["reports"]
                                 for one in report["records"]), 100)
            self.assertEqual(document["files"][-1]["verdict"],
                             "read" if number == 2 else "duplicate")

    def test_the_same_failure_counts_once(self):
        failure = (b"From: r@o.example\nContent-Type: multipart/report; boundary=x\n\n--x\n"
                   b"Content-Type: message/feedback-report\n\nFeedback-Type: auth-failure\n"
                   b"Incidents: 5\n\n--x\nContent-Type: message/rfc822\n\nMessage-ID: <1@x>\n\nb\n"
                   b"--x--\n")
        document = self.document(self.write("a.eml", failure), self.write("b.eml", failure))
        self.assertEqual(document["totals"]["failures"], 5)
        self.assertEqual([one["verdict"] for one in document["files"]], ["read", "duplicate"])

    def test_limits_are_named_as_they_are(self):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for i in range(70):
                archive.writestr(f"{i}.xml", made.report(i, made.record()) + b" " * (1 << 20))
        document = self.document(self.write("a.zip", packed.getvalue()), code=3)
        self.assertIn("all of the file unpacks to more than 67108864 bytes",
                      document["files"][-1]["reason"])
        self.assertEqual(document["totals"]["files"]["read"], 63)
        # As it advises.
        self.document("--max-report-size", "32M", self.folder / "a.zip")
        self.report("--max-report-size", "0", self.folder / "a.zip", code=64)
        inner = made.mbox([made.mail(made.report(1, made.record()))])
        mail = made.mail(b"x").replace(b"Content-Type: application/gzip", b"X: y").replace(
            base64.encodebytes(gzip.compress(b"x", 6, mtime=0)),
            base64.encodebytes(gzip.compress(inner)))
        document = self.document(self.write("a.eml", mail), code=3)
        self.assertEqual(document["files"][-1]["reason"],
                         "an mbox is packed inside of the mail; save and name it")

    def test_damage_is_listed_and_counted(self):
        good, bad = made.record(count=3), made.record(count="two")
        outcome = self.report(self.write("a.xml", made.report(1, good, bad, good)), code=3)
        self.assertIn("partial, record 2 cannot be read", " ".join(outcome.out.split()))
        self.assertIn("1 record could not be read; their messages are in no sum", outcome.out)
        self.assertIn("6 messages: 6 passed (100.0 %), 0 failed", outcome.out)
        self.assertLessEqual(max(map(len, outcome.out.splitlines())), 80)

    def test_what_is_no_report_at_all(self):
        self.report(self.write("a.txt", b"hello"), code=65)
        self.report(self.folder / "absent", code=66)
        self.report(code=64)
        self.report("--json", "--csv", self.folder / "a.txt", code=64)

    def test_the_csv_has_the_columns_of_parsedmarc_and_no_formula(self):
        xml = made.report(1, made.record(), org="=cmd|'/c calc'!A0").replace(b"<report_id>1",
                                                                           b"<report_id>@SUM(A1)")
        rows = list(csv.reader(io.StringIO(self.report("--csv", self.write("a.xml", xml)).out)))
        self.assertEqual(len(rows[0]), 44)
        self.assertEqual(rows[0][:5], ["xml_schema", "org_name", "org_email",
                                       "org_extra_contact_info", "report_id"])
        self.assertEqual(rows[0][-3:], ["spf_domains", "spf_scopes", "spf_results"])
        row = dict(zip(rows[0], rows[1], strict=True))
        self.assertEqual((row["count"], row["dkim_aligned"], row["begin_date"]),
                         ("1", "True", "2023-11-15 22:13:20"))
        for field in rows[1]:
            self.assertNotRegex(field, "^[=+@-]")

    def test_what_drives_a_terminal_or_a_page_is_not_passed_on(self):
        xml = made.report(1, made.record(domain="a&#27;[2J&lt;script&gt;alert(1)&lt;/script&gt;"))
        file = self.write("a.xml", xml)
        self.assertNotIn("\x1b", self.report(file).out)
        page = self.report("--html", file).out
        self.assertNotIn("<script", page)
        self.assertIn("&lt;script&gt;", page)

    def test_what_the_reporter_says_is_held_against_its_details(self):
        xml = made.report(1, made.record(signer="other.example", count=4))
        document = self.document(self.write("a.xml", xml))
        self.assertEqual(document["totals"]["disagreeing"], 4)
        self.assertEqual(document["totals"]["passed"], 0)
        self.assertEqual(document["senders"][0]["name"], "other.example")

    def bombs(self):
        yield "gz", 64 * gzip.compress(bytes(1 << 24), 1)
        members = io.BytesIO()
        with zipfile.ZipFile(members, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(1500):
                archive.writestr(f"{number}", bytes(1 << 16))
        yield "members", members.getvalue()
        nest = gzip.compress(bytes(15 << 20), 1)
        for _ in range(2):
            packed = io.BytesIO()
            with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
                for number in range(20):
                    archive.writestr(f"{number}", nest)
            nest = packed.getvalue()
        yield "nest", nest
        yield "tags", gzip.compress(b"<feedback><record>" + b"<a>" * (5 << 20), 1)
        yield "records", gzip.compress(b"<feedback>" + b"<record>" * 1_800_000, 1)
        entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 20))
        yield "entities", made.report("&e19;", made.record()).replace(
            b"<feedback>", f'<!DOCTYPE f [<!ENTITY e0 "x">{entities}]><feedback>'.encode())
        yield "json", b'{"report-id":"1","policies":[' + b"[" * (1 << 20)
        yield "json values", b'{"report-id":"1","policies":[' + b"{}," * 300_000 + b"{}]}"
        yield "boundaries", (b"Content-Type: multipart/mixed; boundary=a\n\n" +
                             b"--a\n\nx\n" * (1 << 20))

    def test_bombs_end_soon_in_little_memory(self):
        for name, content in self.bombs():
            file = self.write(f"bomb.{name}", content)
            told = self.folder / "told"
            outcome = self.run_program(
                "dmarc", "report", "--json", file,
                under=("/usr/bin/time", "-f", "%M %U", "-o", told))
            self.assertIn(outcome.code, (0, 3, 65), f"{name}: {outcome.err}")
            peak, seconds = told.read_text().split()[-2:]
            self.assertLess(int(peak), 64 * 1024, name)
            # What a bomb unfolds to takes minutes.
            self.assertLess(float(seconds), 30, name)
            assert_valid(json.loads(outcome.out))

    @unittest.skipUnless(CORPUS.is_dir(), "no corpora: MBOXFERRY_CORPORA does not name them")
    def test_the_corpus_is_read_as_its_manifest_says(self):
        rows = list(csv.DictReader(open(CORPUS / "MANIFEST.tsv", encoding="utf-8"), delimiter="\t",
                                   quoting=csv.QUOTE_NONE))
        checked = 0
        for row in rows:
            expected = json.loads(row["expected"])
            expected = expected.get("report", expected)
            outcome = self.run_program("dmarc", "report", "--json", CORPUS / row["file"])
            document = json.loads(outcome.out)
            assert_valid(document)
            if expected.get("well_formed"):
                self.assertEqual(document["totals"]["messages"], expected["messages"], row["file"])
                self.assertEqual(document["totals"]["records"], expected["records"], row["file"])
                report = document["reports"][0]
                self.assertEqual(report["report_id"], expected["report_id"])
                self.assertEqual(report["policy_published"]["p"], expected["p"])
                passed = [one for one in report["records"]
                          if one["policy_evaluated"]["dkim"] == "pass"]
                self.assertEqual(len(passed), expected["records_dkim_pass"], row["file"])
                checked += 1
            elif expected.get("well_formed") is False:
                self.assertNotEqual(document["files"][0]["verdict"], "read", row["file"])
            elif row["kind"].startswith("TLS"):
                self.assertEqual(document["totals"]["tls_reports"], 1, row["file"])
            elif "arf" in expected:
                self.assertEqual(document["reports"][0]["reported_domain"],
                                 expected["arf"]["reported-domain"])
        self.assertGreater(checked, 15)


if __name__ == "__main__":
    unittest.main()
