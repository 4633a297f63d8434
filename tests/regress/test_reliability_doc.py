# SPDX-License-Identifier: Apache-2.0
# Every test that docs/reliability.md names is there.

import re
import unittest

from support.program import ROOT

TESTS = ROOT / "tests"
DOCUMENT = ROOT / "docs" / "reliability.md"
FILE = re.compile(r"\b((?:unit|contract|crash|fault|integration|cli)/[\w/]+\.(?:py|cc))")
NAME = re.compile(r"`(test_\w+|\w+Tests?)`")
CASE = re.compile(r'"([^"]+)"')


class ReliabilityDocumentTest(unittest.TestCase):
    def setUp(self):
        self.text = DOCUMENT.read_text()

    def test_the_files_that_it_names_are_there(self):
        files = set(FILE.findall(self.text))
        self.assertGreater(len(files), 8)
        self.assertEqual([name for name in sorted(files) if not (TESTS / name).is_file()], [])

    def test_the_tests_that_it_names_are_in_the_files_named_before_them(self):
        found = 0
        for line in self.text.splitlines():
            parts = FILE.split(line)
            for file, rest in zip(parts[1::2], parts[2::2]):
                source = (TESTS / file).read_text()
                wanted = [(name, rf"\b(?:def|class) {name}\b") for name in NAME.findall(rest)]
                if file.endswith(".cc"):
                    wanted = [(name, rf'TEST_CASE\(\s*"{re.escape(name)}"')
                              for name in CASE.findall(rest)]
                for name, pattern in wanted:
                    found += 1
                    self.assertRegex(source, pattern, f"{file}: {name}")
        self.assertGreater(found, 20)


if __name__ == "__main__":
    unittest.main()
