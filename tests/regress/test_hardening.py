# SPDX-License-Identifier: Apache-2.0
"""The release build has what makes a mistake in it hard to exploit, as readelf shows it."""
import json
import pathlib
import re
import subprocess
import unittest

from support.program import PROGRAM, ROOT

ENDBR64 = bytes.fromhex("f30f1efa")


def readelf(*options):
    return subprocess.run(["readelf", "-W", *options, PROGRAM], check=True, capture_output=True,
                          text=True).stdout


def cache_of_the_build():
    """The settings of the build folder that the program lies in."""
    path = pathlib.Path(PROGRAM).parents[1] / "CMakeCache.txt"
    lines = path.read_text().splitlines() if path.exists() else []
    return dict(re.match(r"([^:]+):[^=]+=(.*)", line).groups() for line in lines
                if re.match(r"\w+:", line))


class PresetTest(unittest.TestCase):
    def test_the_release_preset_asks_for_it(self):
        presets = json.loads((ROOT / "CMakePresets.json").read_text())["configurePresets"]
        release = next(one for one in presets if one["name"] == "release")
        self.assertEqual(release["cacheVariables"]["MBOXFERRY_HARDEN"], "ON")


class HardeningTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not PROGRAM:
            raise unittest.SkipTest("MBOXFERRY does not name the program")
        cache = cache_of_the_build()
        if cache.get("MBOXFERRY_SANITIZE"):
            raise unittest.SkipTest("a sanitizer build is not hardened")
        if cache.get("MBOXFERRY_HARDEN", "ON") != "ON":
            raise unittest.SkipTest("only the release preset is hardened")
        cls.segments = readelf("--segments")
        cls.dynamic = readelf("--dynamic")
        cls.symbols = readelf("--symbols")

    def test_it_is_loaded_at_any_address(self):
        self.assertRegex(readelf("--file-header"), r"Type:\s+DYN \(Position-Independent Executable")

    def test_nothing_is_writable_and_executable(self):
        flags = re.findall(r"^\s+(\w+)\s+0x\w+ 0x\w+ 0x\w+ 0x\w+ 0x\w+ ([R ][W ][E ])",
                           self.segments, re.MULTILINE)
        self.assertIn("GNU_STACK", dict(flags))
        self.assertEqual([one for one in flags if "W" in one[1] and "E" in one[1]], [])

    def test_relocations_are_read_only_before_main(self):
        self.assertIn("GNU_RELRO", self.segments)
        self.assertRegex(self.dynamic, r"\(FLAGS(_1)?\).*\b(BIND_)?NOW\b")

    def test_stacks_are_guarded(self):
        self.assertIn("__stack_chk_fail", self.symbols)

    def test_calls_of_libc_know_the_size_of_buffers(self):
        self.assertRegex(self.symbols, r"\bUND __\w+_chk\b")

    def test_containers_check_their_bounds(self):
        self.assertIn("__glibcxx_assert_fail", self.symbols)

    def test_branches_land_where_they_may(self):
        address = int(re.search(r"(\w+)\s+\d+ FUNC\s+GLOBAL DEFAULT\s+\d+ main$", self.symbols,
                                re.MULTILINE)[1], 16)
        with open(PROGRAM, "rb") as program:
            program.seek(self.offset_of(address))
            self.assertEqual(program.read(4), ENDBR64)

    def offset_of(self, address):
        for offset, start, size in re.findall(
                r"^\s+LOAD\s+0x(\w+) 0x(\w+) 0x\w+ 0x(\w+)", self.segments, re.MULTILINE):
            if int(start, 16) <= address < int(start, 16) + int(size, 16):
                return int(offset, 16) + address - int(start, 16)
        raise AssertionError(f"{address:x} is in no segment")

    def test_large_frames_are_probed(self):
        """No symbol shows it, so the commands that compiled the program do."""
        path = pathlib.Path(PROGRAM).parents[1] / "compile_commands.json"
        if not path.exists():
            self.skipTest("the program lies in no build folder")
        without = [one["file"] for one in json.loads(path.read_text())
                   if "-fstack-clash-protection" not in one["command"]]
        self.assertEqual(without, [])


if __name__ == "__main__":
    unittest.main()
