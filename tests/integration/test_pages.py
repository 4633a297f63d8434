# SPDX-License-Identifier: Apache-2.0
# The pages for readers show what really happens: their commands run, in their order, against a
# private Dovecot, and must print what the page shows below them.
"""A page's fenced blocks:

```console            commands behind "$ ", and what each prints, standard error included; a line
                      of "[exit status N]" where it is not 0
```csv NAME           a file that the reader makes; so are other languages with a NAME

imap.example.org and ~ stand for the server and the home of the test. Figures and dates may differ
from the page. MBOXFERRY_WRITE_PAGES=1 writes anew what commands print.
"""

import errno
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from support import archives, takeout
from support.dovecot import Dovecot
from support.program import PROGRAM, ROOT, TIMEOUT, environment

WRITE = bool(os.environ.get("MBOXFERRY_WRITE_PAGES"))
HOST = "imap.example.org"
USERS = {f"{name}@example.org": f"{name}'s secret" for name in ("anna", "alice", "bob", "carol")}
BLOCK = re.compile(r"^```(?P<kind>\w+)(?: (?P<name>\S+))?\n(?P<text>.*?)^```$", re.M | re.S)
# What is another in each run.
MASKS = (
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?( ?UTC|Z|\+00:00)?", "DATE"),
    (r"-[0-9a-f]{16}\b", "-HEX"),
    (r"\d+(\.\d+)? (ms|s|min|seconds?)\b", "N s"),
    (r"\d+(\.\d+)?m?s\b", "Ns"),
    (r"\d+(\.\d+)?( to \d+)? [kMG]?B/s", "N B/s"),
    (r"\d+(\.\d+)? [kM]B on disk", "N kB on disk"),
)


def masked(text):
    for pattern, word in MASKS:
        text = re.sub(pattern, word, text)
    return text


def steps(block):
    """[(command, what it printed)] of a console block; a command may go on behind a backslash."""
    found = []
    for line in block.splitlines(keepends=True):
        if line.startswith("$ "):
            found.append([line[2:], ""])
        elif found and not found[-1][1] and found[-1][0].endswith("\\\n"):
            found[-1][0] += line
        else:
            found[-1][1] += line
    return found


class Reader:
    """Does what a page says in a home of its own."""

    def __init__(self, home, server):
        self.home, self.server = home, server
        self.port = str(server.tls_port)
        self.environment = environment(
            home, MBOXFERRY_CA_FILE=server.ca_file, MBOXFERRY_PORT=self.port, COLUMNS="100",
            # Stands for the reader who is asked for the password.
            MBOXFERRY_PASSWORD_FILE=server.password_file("anna@example.org"),
            PATH=f"{pathlib.Path(PROGRAM).resolve().parent}:{os.environ['PATH']}")
        self.environment["XDG_STATE_HOME"] = str(home / ".local/state")
        del self.environment["MBOXFERRY_ACCEPT_JOURNAL_TARGET"]

    def at_the_server(self, text):
        url = f"@{self.server.host}:{self.port}/"
        return text.replace(f"@{HOST}/", url).replace(HOST, self.server.host)

    def write(self, name, text):
        path = self.home / name
        path.touch(mode=0o600)
        path.write_text(self.at_the_server(text), encoding="utf-8")

    def run(self, command):
        here = self.at_the_server(command)
        done = subprocess.run(["bash", "-c", here], cwd=self.home, env=self.environment, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=TIMEOUT, check=False)
        text = done.stdout.replace(str(self.home), "~")
        text = re.sub(rf"{re.escape(self.server.host)}([:_]{self.port})?", HOST, text)
        if text and not text.endswith("\n"):
            text += "\n"
        return text + (f"[exit status {done.returncode}]\n" if done.returncode else "")


@unittest.skipUnless(PROGRAM, "MBOXFERRY does not name the program")
class PagesTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="mf-test-"))
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)
        self.server = self.enterContext(Dovecot(USERS, separator="/", special_use=True))

    def follow(self, name):
        page = ROOT / name
        reader = Reader(self.home, self.server)
        text = page.read_text(encoding="utf-8")
        commands, written, at = 0, "", 0
        for block in BLOCK.finditer(text):
            told = ""
            if block["name"]:
                reader.write(block["name"], block["text"])
            for command, shown in steps(block["text"]) if block["kind"] == "console" else ():
                commands += 1
                printed = reader.run(command)
                told += f"$ {command}{printed}"
                if not WRITE:
                    self.assertEqual(masked(printed), masked(shown), f"{name}: {command}")
            written += text[at:block.start("text")] + (told or block["text"])
            at = block.end("text")
        self.assertGreater(commands, 2)
        if WRITE:
            page.write_text(written + text[at:], encoding="utf-8")

    def test_private_person(self):
        mail = self.home / ".thunderbird/k3x9.default-release/Mail/Local Folders"
        (mail / "Work.sbd").mkdir(parents=True)
        for seed, (folder, count) in enumerate({"Inbox": 120, "Sent": 40, "Work": 3,
                                                "Work.sbd/Projects 2019": 30}.items()):
            archives.make(mail / folder, count, seed=seed)
        (mail / "Inbox.msf").write_text("index\n")
        takeout.split_zips(self.home)
        self.follow("docs/private-person.md")

    def test_administrator(self):
        for folder in ("mail/bob", "secrets"):
            (self.home / folder).mkdir(parents=True)
        for seed, name in enumerate(("alice.mbox", "karol.mbox", "bob/Inbox", "bob/Invoices")):
            archives.make(self.home / "mail" / name, 25, seed=seed)
        for user, password in USERS.items():
            path = self.home / "secrets" / user.partition("@")[0]
            path.touch(mode=0o600)
            path.write_text(password)
        self.follow("docs/administrator.md")

    def test_operator(self):
        archives.make(self.home / "Archive.mbox", 60)
        (self.home / "secret").touch(mode=0o600)
        (self.home / "secret").write_text(USERS["anna@example.org"])
        self.follow("docs/operator.md")


class LinksTest(unittest.TestCase):
    def test_links_lead_to_files(self):
        for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/*.md"),
                     *ROOT.glob("docs/decisions/*.md"), *ROOT.glob("jobs/*.md")):
            for link in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
                if "://" not in link:
                    self.assertTrue((page.parent / link).exists(), f"{page}: {link}")

    def test_every_page_is_in_the_index(self):
        index = (ROOT / "docs/index.md").read_text(encoding="utf-8")
        for page in ROOT.glob("docs/*.md"):
            if page.name != "index.md":
                self.assertIn(f"({page.name})", index)

    def test_the_five_lines_are_those_of_the_private_person(self):
        commands = re.findall(r"^mboxferry (\w+)", (ROOT / "README.md").read_text(
            encoding="utf-8").partition("in five lines\n")[2].partition("What is in it")[0], re.M)
        page = re.findall(r"^\$ mboxferry (\w+)", (ROOT / "docs/private-person.md").read_text(
            encoding="utf-8"), re.M)
        self.assertEqual(commands, page[:5])


class MessagesTest(unittest.TestCase):
    def test_troubleshooting_names_messages_that_exist(self):
        sources = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("src/**/*.cc"))
        # Text that is written over several lines of source.
        sources = re.sub(r'"\s*\n\s*"', "", sources)
        page = (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8")
        rows = re.findall(r"^\| (`.*?) \|", page, re.M)
        self.assertGreater(len(rows), 15)
        known = sources + os.strerror(errno.ENOENT)
        for words in re.findall(r"`([^`]+)`", "".join(rows)):
            self.assertIn(words, known)


if __name__ == "__main__":
    unittest.main()
