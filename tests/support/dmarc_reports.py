# SPDX-License-Identifier: Apache-2.0
# Makes DMARC reports, and mail with them.

import base64
import gzip

RECORD = ("<record><row><source_ip>{ip}</source_ip><count>{count}</count><policy_evaluated>"
          "<disposition>{disposition}</disposition><dkim>{dkim}</dkim><spf>{spf}</spf>"
          "</policy_evaluated></row><identifiers><header_from>{domain}</header_from></identifiers>"
          "<auth_results><dkim><domain>{signer}</domain><selector>s1</selector>"
          "<result>pass</result></dkim><spf><domain>bounce.{signer}</domain><scope>mfrom</scope>"
          "<result>{spf}</result></spf></auth_results></record>\n")


def record(ip="192.0.2.1", count=1, dkim="pass", spf="fail", domain="example.com", signer=None,
           disposition="none"):
    return RECORD.format(ip=ip, count=count, dkim=dkim, spf=spf, domain=domain,
                         signer=signer or domain, disposition=disposition)


def report(number, *records, org="reporter.example", domain="example.com"):
    begin = 1_700_000_000 + 86_400 * (int(number) % 1000 if str(number).isdigit() else 0)
    return (f'<?xml version="1.0" encoding="UTF-8"?>\n<feedback><version>1.0</version>'
            f"<report_metadata><org_name>{org}</org_name><email>dmarc@{org}</email>"
            f"<report_id>{number}</report_id><date_range><begin>{begin}</begin>"
            f"<end>{begin + 86_399}</end></date_range></report_metadata><policy_published>"
            f"<domain>{domain}</domain><adkim>r</adkim><aspf>r</aspf><p>none</p><sp>none</sp>"
            f"<pct>100</pct></policy_published>\n{''.join(records)}</feedback>\n").encode()


def mail(xml, number=0):
    """A mail with the report as reporters send it."""
    packed = base64.encodebytes(gzip.compress(xml, 6, mtime=0)).decode()
    return (f"From: dmarc@reporter.example\nTo: d@example.com\nSubject: Report {number}\n"
            f"Message-ID: <{number}@reporter.example>\nMIME-Version: 1.0\n"
            f'Content-Type: multipart/mixed; boundary="=_b{number}"\n\n--=_b{number}\n'
            f"Content-Type: text/plain\n\nThis is a DMARC report.\n--=_b{number}\n"
            f'Content-Type: application/gzip; name="r!example.com!{number}.xml.gz"\n'
            f"Content-Transfer-Encoding: base64\n\n{packed}--=_b{number}--\n").encode()


def mbox(mails):
    return b"".join(b"From dmarc@reporter.example Thu Jan  1 00:00:01 2015\n" + one + b"\n"
                    for one in mails)
