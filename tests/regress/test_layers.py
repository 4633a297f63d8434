# SPDX-License-Identifier: Apache-2.0
"""The sources include each other only in the agreed directions (docs/design.md, "Modules")."""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)

CORE = {"base", "archive", "mbox", "message", "policy", "plan", "journal", "imap"}
ALLOWED = {
    "base": set(),
    "archive": {"base"},
    "mbox": {"base"},
    "message": {"base"},
    "policy": {"base", "message"},
    "sasl": {"base"},
    "sieve": {"base", "policy", "sasl"},
    "dmarc": {"base", "message", "policy"},
    "dns": {"base", "message", "dmarc"},
    "plan": {"base", "message"},
    "journal": {"base"},
    "imap": {"base", "message", "sasl"},
    "http": {"base"},
    "auth": {"base", "http"},
    "provider": {"base", "http", "policy"},
    "transfer": CORE,
    "job": CORE | {"transfer"},
    "report": {"base", "message", "journal"},
    "cli": CORE | {"transfer", "job", "report", "sasl", "sieve", "dns", "dmarc", "http",
                   "provider", "auth"},
}
# The rooms of a module, in the order in which they may include each other: each only those before it.
# Files beside them are above all of them.
ROOMS = {
    "imap": ("tls", "wire", "reply", "session", "append", "target"),
    "transfer": ("pace", "target", "index", "source", "mailbox", "check", "upload", "plan", "run"),
}
THIRD_PARTY = re.compile(r"^(libetpan|sqlite3|SQLiteCpp|csv|openssl|archive|archive_entry|boost|nlohmann|fmt|zlib|idn2|libpsl|expat|ldns|curl|pugixml)\b")

# Files are written through base/output_file.h: links, devices and others' files are its business.
OPENS = re.compile(r"\b(?:open|openat)\s*\([^;]*?\bO_[A-Z]+|\b(?:creat|fopen|freopen|mkstemp|mkostemp)\s*\("
                   r"|\b(?:rename|renameat|renameat2)\s*\(|\b[io]?fstream\b\s+\w")
MAY_OPEN = {
    "archive/open_file.cc": "reads archives",
    "archive/tree_root.cc": "opens the folders of archives",
    "archive/temporary_file.cc": "makes a file without a name",
    "auth/token_store.cc": "reads profiles and locks them",
    "base/file_access.cc": "makes the empty file that SQLite then writes",
    "base/file.cc": "syncs folders, and renames for base/output_file.h",
    "base/output_file.cc": "is the one way",
    "base/sandbox.cc": "names folders to the kernel",
    "cli/credentials.cc": "reads passwords",
    "cli/mapping_options.cc": "reads mappings",
    "cli/options.cc": "reads job files",
    "cli/saved_scripts.cc": "reads the scripts that a push has saved",
    "cli/small_file.cc": "reads plans, their state and TSIG keys",
    "cli/terminal_prompt.cc": "opens the terminal",
    "job/csv.cc": "reads the accounts",
    "journal/can_begin.cc": "tries whether a journal can be written",
    "journal/lock_file.cc": "keeps a lock file, which is never replaced",
    "journal/open.cc": "reads the head of a journal",
    "policy/text_file.cc": "reads sender lists",
    "report/text_output.cc": "writes to a pipe that the user names, and makes a file without a name",
}


def files_of(module):
    for folder in (ROOT / "src" / module, ROOT / "include" / "mboxferry" / module):
        yield from sorted(folder.rglob("*.h"))
        yield from sorted(folder.rglob("*.cc"))


def included_module(path):
    parts = path.split("/")
    if parts[0] == "mboxferry":
        parts = parts[1:]
    return parts[0] if len(parts) > 1 and parts[0] in ALLOWED else None


class Layers(unittest.TestCase):
    def test_every_module_is_known(self):
        found = {p.name for p in (ROOT / "src").iterdir() if p.is_dir()}
        self.assertLessEqual(found, set(ALLOWED))

    def test_includes_go_one_way_only(self):
        wrong = []
        for module, allowed in ALLOWED.items():
            for file in files_of(module):
                for quote, path in INCLUDE.findall(file.read_text()):
                    other = included_module(path) if quote == '"' else None
                    if other and other != module and other not in allowed:
                        wrong.append(f"{file.relative_to(ROOT)} includes {path}")
        self.assertEqual(wrong, [])

    def test_a_private_header_is_included_by_its_own_module_only(self):
        wrong = []
        for module in ALLOWED:
            for file in files_of(module):
                for quote, path in INCLUDE.findall(file.read_text()):
                    private = quote == '"' and not path.startswith("mboxferry/")
                    if private and included_module(path) not in (None, module):
                        wrong.append(f"{file.relative_to(ROOT)} includes {path}")
        self.assertEqual(wrong, [])

    def test_the_rooms_of_a_module_include_each_other_in_their_order(self):
        wrong = []
        for module, rooms in ROOMS.items():
            self.assertEqual({p.name for p in (ROOT / "src" / module).iterdir()}, set(rooms))
            room_of = {file.stem: file.parent.name
                       for file in (ROOT / "src" / module).rglob("*.cc")}
            for file in files_of(module):
                room = room_of.get(file.stem, file.parent.name)
                if room not in rooms:
                    continue  # a public header that declares no more than values
                for quote, path in INCLUDE.findall(file.read_text()):
                    if quote == '<' or included_module(path) != module:
                        continue
                    other = room_of.get(pathlib.PurePath(path).stem)
                    other = other or pathlib.PurePath(path).parent.name
                    if other in rooms and rooms.index(other) > rooms.index(room):
                        wrong.append(f"{file.relative_to(ROOT)} includes {path}")
        self.assertEqual(wrong, [])

    def test_public_headers_show_no_third_party_header(self):
        wrong = []
        for file in sorted((ROOT / "include").rglob("*.h")):
            for _, path in INCLUDE.findall(file.read_text()):
                if THIRD_PARTY.match(path):
                    wrong.append(f"{file.relative_to(ROOT)} includes {path}")
        self.assertEqual(wrong, [])

    def test_files_are_opened_and_renamed_in_known_places_only(self):
        found = {str(file.relative_to(ROOT / "src")) for file in (ROOT / "src").rglob("*.cc")
                 if OPENS.search(file.read_text())}
        found |= {str(file.relative_to(ROOT)) for folder in ("src", "include")
                  for file in (ROOT / folder).rglob("*.h") if OPENS.search(file.read_text())}
        self.assertEqual(sorted(found), sorted(MAY_OPEN))

    def test_the_top_level_holds_only_what_was_agreed(self):
        agreed = {"CMakeLists.txt", "CMakePresets.json", "CONTRIBUTING.md", "LICENSE", "README.md",
                  "SECURITY.md",
                  "src", "include", "jobs", "tests", "fixtures", "docs", "tools", "build"}
        found = {p.name for p in ROOT.iterdir() if not p.name.startswith(".")}
        self.assertLessEqual(found, agreed)


if __name__ == "__main__":
    unittest.main()
