# SPDX-License-Identifier: Apache-2.0
"""tools/mutants takes hours; that each of its changes still finds its place is seen at once."""
import pathlib
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from mutants.protections import MUTANTS  # noqa: E402


class MutantsTest(unittest.TestCase):
    def test_every_change_finds_its_place_once(self):
        wrong = []
        for mutant in MUTANTS:
            texts = {}
            for file, old, new in mutant.changes:
                text = texts.setdefault(file, (ROOT / file).read_text())
                if text.count(old) != 1:
                    wrong.append(f"{mutant.name}: {file}: {text.count(old)} times {old!r}")
                texts[file] = text.replace(old, new)
        self.assertGreater(len(MUTANTS), 5)
        self.assertEqual(wrong, [])

    def test_every_test_is_there(self):
        for mutant in MUTANTS:
            folder, _, name = mutant.test.partition("/")
            with self.subTest(mutant.name):
                if folder == "unit":
                    case = name.partition(" ")[2]
                    texts = (path.read_text() for path in (ROOT / "tests/unit").rglob("*.cc"))
                    self.assertTrue(any(f'TEST_CASE("{case}"' in text for text in texts), case)
                else:
                    self.assertTrue((ROOT / "tests" / folder / f"{name.split('.')[0]}.py").exists())


if __name__ == "__main__":
    unittest.main()
