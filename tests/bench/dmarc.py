# SPDX-License-Identifier: Apache-2.0
"""tools/bench dmarc [REPORTS [MILLIONS]]: DMARC reports read per second out of one mbox (10,000
reports unless said otherwise), against Base64, inflate and XML alone on the same bytes, and against
a loop in Python; then the memory that 1,000,000 reports take (0 leaves that out)."""

import base64
import gzip
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree

from support import dmarc_reports as made

from . import measure

PROGRAM = pathlib.Path(os.environ.get("MBOXFERRY", "build/release/bin/mboxferry"))
ROUNDS = 5


def mails(count):
    """Reports of a few records, as most are."""
    for number in range(count):
        records = [made.record(ip=f"198.51.{number % 200}.{n}", count=n + 1,
                               dkim="pass" if n % 3 else "fail",
                               signer="example.com" if n % 3 else "other.example")
                   for n in range(1 + number % 5)]
        yield made.mail(made.report(number, *records, org=f"reporter{number % 50}.example"), number)


def write(path, count):
    with open(path, "wb") as file:
        for one in mails(count):
            file.write(made.mbox([one]))


def python_loop(path):
    """Seconds of the loop that anyone writes first; the file is in memory before."""
    text = path.read_text()
    begun = time.perf_counter()
    messages = 0
    for part in text.split("Content-Transfer-Encoding: base64\n\n")[1:]:
        xml_text = gzip.decompress(base64.b64decode(part.split("\n--", 1)[0]))
        root = xml.etree.ElementTree.fromstring(xml_text)
        messages += sum(int(one.text) for one in root.iterfind("record/row/count"))
    return time.perf_counter() - begun


def main():
    if "--help" in sys.argv:
        print(__doc__)
        return 0
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    large = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    print(measure.machine())
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "reports.mbox"
        write(path, count)
        print(f"{count} reports, {path.stat().st_size / 1e6:.1f} MB")
        floors, runs = [], []
        floor = PROGRAM.resolve().with_name("dmarc_floor")
        for _ in range(ROUNDS):
            floors.append(measure.run([floor, path]))
            runs.append(measure.run([PROGRAM, "dmarc", "report", path]))
        loop = min(python_loop(path) for _ in range(2))
        alone, whole = measure.median(floors), measure.median(runs)
        for name, run in (("Base64, inflate and XML alone", alone), ("dmarc report", whole)):
            print(f"{name}: {run.seconds:.3f} s, {run.cpu_seconds:.3f} s of CPU, "
                  f"{run.peak_kib / 1024:.0f} MiB, {count / run.cpu_seconds:,.0f} reports/s of CPU")
        print(f"a loop in Python: {loop:.3f} s, {count / loop:,.0f} reports/s")
        print(f"CPU: {whole.cpu_seconds / alone.cpu_seconds:.2f} times what it cannot do without")
        if large:
            write(path, large)
            run = measure.run([PROGRAM, "dmarc", "report", path])
            print(f"{large} reports, {path.stat().st_size / 1e9:.2f} GB: {run.seconds:.1f} s, "
                  f"{run.cpu_seconds:.1f} s of CPU, {run.peak_kib / 1024:.0f} MiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
