# SPDX-License-Identifier: Apache-2.0
"""`scan` over real archives made by others, compared with what their manifest expects of them."""
import csv
import json
import os
import pathlib
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORPORA = pathlib.Path(os.environ.get("MBOXFERRY_CORPORA", ROOT.parent / "shared" / "corpora"))
NEEDED = 0.98


def expectations():
    with open(CORPORA / "mbox" / "MANIFEST.tsv", encoding="utf-8", newline="") as manifest:
        return list(csv.DictReader(manifest, delimiter="\t", quoting=csv.QUOTE_NONE))


def scan(path):
    done = subprocess.run([os.environ["MBOXFERRY"], "scan", "--json", "--progress=none", path],
                          capture_output=True, check=False, timeout=120)
    document = json.loads(done.stdout) if done.stdout else None
    return done.returncode, document


@unittest.skipUnless((CORPORA / "mbox" / "MANIFEST.tsv").is_file(),
                     f"skipped: no corpora in {CORPORA} (set MBOXFERRY_CORPORA)")
class Corpora(unittest.TestCase):
    def test_the_manifest_agrees(self):
        wrong, total = [], 0
        for row in expectations():
            total += 1
            code, document = scan(CORPORA / "mbox" / row["file"])
            count = document["totals"]["messages"] if document else 0
            expected = int(row["expected_messages"])
            if count != expected:
                wrong.append(f"{row['file']}: {count} instead of {expected} (exit {code})")
        print(f"\nright: {total - len(wrong)}/{total}")
        print("\n".join(wrong))
        self.assertGreaterEqual(total - len(wrong), NEEDED * total, wrong)
        self.assertEqual(wrong, [])

    def test_every_byte_of_every_file_is_accounted_for(self):
        for row in expectations():
            path = CORPORA / "mbox" / row["file"]
            _, document = scan(path)
            for folder in (document or {"archives": []})["archives"][0:1]:
                for part in folder["folders"]:
                    if folder["kind"] == "mbox file":
                        with self.subTest(row["file"]):
                            self.assertEqual(sum(part["bytes"].values()), path.stat().st_size)


if __name__ == "__main__":
    unittest.main()
