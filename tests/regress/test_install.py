# SPDX-License-Identifier: Apache-2.0
# What is installed works without the source tree.

import pathlib
import shutil
import subprocess
import unittest

from support.program import PROGRAM, ROOT, ProgramTest

BUILD = pathlib.Path(PROGRAM).parents[1] if PROGRAM else None


class InstallTest(ProgramTest):
    def setUp(self):
        super().setUp()
        if not (BUILD / "pages/mboxferry.1").exists():
            self.skipTest("the program is not in a build folder with manual pages")
        self.prefix = self.folder / "usr"
        subprocess.run(["cmake", "--install", BUILD, "--prefix", self.prefix],
                       capture_output=True, check=True)

    def files(self, folder):
        return {path.name for path in (self.prefix / folder).iterdir()}

    def test_the_program_its_manual_pages_and_completion_are_there(self):
        run = subprocess.run([self.prefix / "bin/mboxferry", "--version"], capture_output=True,
                             text=True, check=True)
        help_text = subprocess.run([self.prefix / "bin/mboxferry", "--help"], capture_output=True,
                                   text=True, check=True).stdout
        commands = help_text.split("commands:\n")[1].split("\n\n")[0].splitlines()
        self.assertEqual(self.files("share/man/man1"),
                         {"mboxferry.1", *(f"mboxferry-{line.split()[0]}.1" for line in commands)})
        for page in (self.prefix / "share/man/man1").iterdir():
            self.assertIn(f'"{run.stdout.splitlines()[0]}"', page.read_text())
        for script in ("bash-completion/completions/mboxferry", "zsh/vendor-completions/_mboxferry",
                       "fish/vendor_completions.d/mboxferry.fish"):
            self.assertIn("migrate", (self.prefix / "share" / script).read_text())

    def test_documents_and_licence_are_there(self):
        documents = self.prefix / "share/doc/mboxferry"
        for name in ("README.md", "LICENSE"):
            self.assertEqual((documents / name).read_bytes(), (ROOT / name).read_bytes())
        for path in (ROOT / "docs").glob("*.md"):
            self.assertTrue((documents / path.name).exists(), path)
        self.assertTrue((documents / "examples/schema/report.json").exists())


@unittest.skipUnless(shutil.which("dpkg-deb") and shutil.which("cpack"), "no tools for packages")
class PackageTest(ProgramTest):
    def test_a_debian_package_names_what_it_needs(self):
        if not (BUILD / "pages/mboxferry.1").exists():
            self.skipTest("the program is not in a build folder with manual pages")
        subprocess.run(["cpack", "--config", BUILD / "CPackConfig.cmake", "-B", self.folder],
                       cwd=self.folder, capture_output=True, check=True)
        package = next(self.folder.glob("*.deb"))
        needs = subprocess.run(["dpkg-deb", "-f", package, "Depends"], capture_output=True,
                               text=True, check=True).stdout
        for library in ("libetpan", "libssl", "libsqlite3", "libarchive"):
            self.assertIn(library, needs)
        subprocess.run(["dpkg-deb", "-x", package, self.folder / "root"], check=True)
        version = subprocess.run([self.folder / "root/usr/bin/mboxferry", "--version"],
                                 capture_output=True, text=True, check=True).stdout
        self.assertEqual(version, self.run_program("--version").out)


if __name__ == "__main__":
    unittest.main()
