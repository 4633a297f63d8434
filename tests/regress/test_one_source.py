# SPDX-License-Identifier: Apache-2.0
"""Every build compiles the same text: what is tested is what users run (docs/testing.md)."""
import json
import pathlib
import re
import shlex
import unittest

from support.program import PROGRAM, ROOT

CONDITIONAL = re.compile(r"^\s*#\s*(?:if|ifdef|ifndef|elif)\b\s*(.*)$", re.MULTILINE)
# The conditions that sources may have, and why.
ALLOWED_CONDITIONS = {
    ("src/message/line_feeds.h", "__SSE2__"): "the processor decides, not the build",
}
# The macros that a build may define for its modules, and why.
ALLOWED_MACROS = {
    "FMT_SHARED": "fmt's own",
    "MBOXFERRY_DATE": "of that version, the same in all builds",
    "MBOXFERRY_VERSION": "the project's version, the same in all builds",
    "NDEBUG": "CMake's for Release: assert() checks nothing there",
    "_FORTIFY_SOURCE": "hardening",
    "_GLIBCXX_ASSERTIONS": "hardening",
    "BOOST_PROGRAM_OPTIONS_DYN_LINK": "Boost's own",
    "BOOST_ALL_NO_LIB": "Boost's own",
    "BOOST_PROGRAM_OPTIONS_NO_LIB": "Boost's own",
}


class OneSourceTest(unittest.TestCase):
    def test_no_source_is_another_in_another_build(self):
        found = [(str(path.relative_to(ROOT)), condition.strip())
                 for folder in ("src", "include") for path in sorted((ROOT / folder).rglob("*"))
                 if path.suffix in (".h", ".cc")
                 for condition in CONDITIONAL.findall(path.read_text())]
        self.assertEqual(sorted(set(found) - set(ALLOWED_CONDITIONS)), [])
        self.assertEqual(sorted(set(ALLOWED_CONDITIONS) - set(found)), [], "no longer needed")

    def test_no_build_defines_a_hook(self):
        if not PROGRAM:
            self.skipTest("MBOXFERRY does not name the program")
        commands = pathlib.Path(PROGRAM).parents[1] / "compile_commands.json"
        if not commands.exists():
            self.skipTest("the program lies in no build folder")
        macros = {word[2:].partition("=")[0] for one in json.loads(commands.read_text())
                  if "mboxferry_" in one["command"] and "tests/" not in one["command"]
                  for word in shlex.split(one["command"]) if word.startswith("-D")}
        self.assertIn("MBOXFERRY_VERSION", macros)
        self.assertEqual(sorted(macros - set(ALLOWED_MACROS)), [])


if __name__ == "__main__":
    unittest.main()
