# SPDX-License-Identifier: Apache-2.0
"""A container and the same tree unpacked give the same folders, messages and flags."""
import json
import os
import pathlib
import re
import subprocess
import tarfile
import unittest
import zipfile

from support.program import ROOT, ProgramTest

CORPORA = pathlib.Path(os.environ.get("MBOXFERRY_CORPORA", ROOT.parent / "shared" / "corpora"))


def letter(subject):
    return f"From: a@example.org\nTo: b@example.org\nSubject: {subject}\n\nbody\n".encode()


def mbox(subject):
    return b"From a@example.org Thu Jan  1 00:00:01 2015\n" + letter(subject) + b"\n"


class Compared(ProgramTest):
    def setUp(self):
        super().setUp()
        self.tree = self.folder / "tree"

    def write(self, name, data):
        path = self.tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def contents(self, archive):
        """Messages with their folders and flags; folders; reasons of what is not read."""
        listed = self.run_program("scan", "--list", archive)
        self.assertIn(listed.code, (0, 3), listed)
        rows = [json.loads(line) for line in listed.out.splitlines()]
        messages = sorted((row["folder"], row["sha256"], row["flags"], row["keywords"],
                           row["internaldate"]) for row in rows)
        document = json.loads(self.run_program("scan", "--json", archive).out)
        (scanned,) = document["archives"]
        folders = sorted((one["path"], one["messages"]) for one in scanned["folders"])
        unread = sorted((re.split("/|: ", one["path"])[-1], one["reason"])
                        for one in scanned["unread"])
        return messages, folders, unread, scanned["layouts"], scanned["left_out"]["files"]

    def tar(self, mode="w", name="packed.tar"):
        path = self.folder / name
        with tarfile.open(path, mode) as packed:
            for child in sorted(self.tree.iterdir()):
                packed.add(child, child.name)
        return path


class ContainerTreeTest(Compared):
    def test_a_hard_link_in_a_tar_is_the_member_it_names(self):
        first = self.write("Maildir/cur/1.M1.host:2,S", letter("copied"))
        self.write("Maildir/cur/2.M2.host:2,", letter("own"))
        self.write("Maildir/.Work/cur/3.M3.host:2,F", letter("work"))
        os.link(first, self.tree / "Maildir/.Work/cur/1.M1.host:2,FS")
        os.link(first, self.tree / "Maildir/cur/4.M4.host:2,S")
        box = self.write("boxes/Sent", mbox("sent"))
        os.link(box, self.tree / "boxes/Copy")
        one = self.write("boxes/eml/1.eml", letter("eml"))
        os.link(one, self.tree / "boxes/eml-copies.eml")
        expected = self.contents(self.tree)
        self.assertEqual([path for path, _ in expected[1]],
                         ["Maildir", "Maildir/Work", "boxes", "boxes/Copy", "boxes/eml"])
        self.assertEqual(len(expected[0]), 7)
        for mode in ("w", "w:gz"):
            with self.subTest(mode):
                self.assertEqual(self.contents(self.tar(mode)), expected)

    def test_messages_behind_hard_links_are_those_of_their_targets(self):
        self.write("a/cur/1.x:2,S", letter("one"))
        self.write("a/new/.keep", b"")
        self.write("b/cur/.keep", b"")
        os.link(self.tree / "a/cur/1.x:2,S", self.tree / "b/cur/1.x:2,S")
        packed = self.tar()
        listed = self.run_program("scan", "--list", packed)
        rows = [json.loads(line) for line in listed.out.splitlines()]
        self.assertEqual({row["folder"] for row in rows}, {"a", "b"})
        self.assertEqual(len({row["sha256"] for row in rows}), 1)

    def test_a_hard_link_without_its_member_is_unread(self):
        path = self.folder / "packed.tar"
        with tarfile.open(path, "w") as packed:
            data = self.write("Inbox", mbox("x"))
            packed.add(data, "Inbox")
            link = tarfile.TarInfo("cur/1.x:2,S")
            link.type, link.linkname = tarfile.LNKTYPE, "gone"
            packed.addfile(link)
        self.assertEqual(self.contents(path)[2],
                         [("1.x:2,S", "a hard link to gone, which is not in the archive")])

    def test_a_hard_link_before_its_member_is_that_member(self):
        path = self.folder / "packed.tar"
        with tarfile.open(path, "w") as packed:
            link = tarfile.TarInfo("Copy")
            link.type, link.linkname = tarfile.LNKTYPE, "Inbox"
            packed.addfile(link)
            packed.add(self.write("Inbox", mbox("x")), "Inbox")
        self.assertEqual(self.contents(path)[1:3], ([("Copy", 1)], []))

    def test_a_delivery_under_other_flags_is_one_message(self):
        files = (("cur/1.M1.host:2,", letter("one")), ("cur/1.M1.host:2,FS", letter("one")),
                 ("new/2.M2.host", letter("two")), ("cur/2.M2.host:2,S", letter("two")),
                 ("cur/3.M3.host:2,", letter("three")), ("cur/3.M3.host:2,S", letter("other")),
                 ("cur/4.M4.host:2,", letter("four")[:-1]), ("cur/4.M4.host:2,S", letter("four")))
        paths = [self.write(name, data) for name, data in files]
        expected = self.contents(self.tree)
        self.assertEqual(expected[1], [("INBOX", 6)])
        self.assertEqual(expected[4], 2)
        self.assertEqual(sorted(flags for _, _, flags, _, _ in expected[0]),
                         [[], [], ["\\Seen"], ["\\Seen"], ["\\Seen"], ["\\Seen", "\\Flagged"]])
        tar, packed = self.folder / "packed.tar", self.folder / "packed.zip"
        with tarfile.open(tar, "w") as one, zipfile.ZipFile(packed, "w") as other:
            for path in paths:
                one.add(path, path.relative_to(self.tree))
                other.write(path, path.relative_to(self.tree))
        self.assertEqual(self.contents(tar), expected)
        self.assertEqual([row[:3] for row in self.contents(packed)[0]],
                         [row[:3] for row in expected[0]])

    def test_symbolic_links_are_classed_alike(self):
        self.write("Inbox", mbox("x"))
        self.write("deep/Work", mbox("x"))
        os.symlink("deep/Work", self.tree / "same")
        os.symlink("../Inbox", self.tree / "deep/up")
        os.symlink("deep", self.tree / "directory")
        os.symlink("/etc/passwd", self.tree / "out")
        os.symlink("../../x", self.tree / "deep/out-too")
        os.symlink("nothing", self.tree / "dangling")
        os.symlink("host:1", self.tree / "lock")
        expected = self.contents(self.tree)
        self.assertEqual([name for name, _ in expected[2]], ["dangling", "out", "out-too"])
        got = self.contents(self.tar())
        self.assertEqual(got[:2], expected[:2])
        self.assertEqual([name for name, _ in got[2]], [name for name, _ in expected[2]])
        self.assertEqual(got[4], expected[4])

    def test_zips_and_tars_of_a_tree(self):
        self.write("Customers/Alpha", mbox("a"))
        self.write("Customers/Beta.mbox", mbox("b"))
        self.write("Mail/.x.directory/y", mbox("y"))
        self.write("eml/3.eml", letter("3"))
        self.write("inbox/7", letter("7"))
        self.write("notes/readme.txt", b"nothing")
        self.write("secret/mail.bin", b"From: a@example.org\nTo: b@example.org\n\0")
        expected = self.contents(self.tree)
        self.assertEqual(self.contents(self.tar())[1:], expected[1:])
        path = self.folder / "packed.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            for child in sorted(self.tree.rglob("*")):
                packed.write(child, child.relative_to(self.tree))
        self.assertEqual(self.contents(path)[1:], expected[1:])


@unittest.skipUnless((CORPORA / "field").is_dir(),
                     f"skipped: no corpora in {CORPORA} (set MBOXFERRY_CORPORA)")
class FieldTest(Compared):
    def test_every_tar_and_what_is_in_it(self):
        for packed in sorted((CORPORA / "field").glob("*.tar")):
            with self.subTest(packed.name):
                target = self.folder / packed.stem
                target.mkdir()
                subprocess.run(["tar", "xf", packed, "-C", target], check=True)
                (inside,) = target.iterdir()
                from_tree, from_tar = self.contents(inside), self.contents(packed)
                self.assertEqual(from_tar[:2], from_tree[:2])
                self.assertEqual(from_tar[3:], from_tree[3:])

    def test_every_folder_is_called_as_described(self):
        described = {
            "zip-all-folders-below-one-real-folder.zip": ["Customers/Alpha", "Customers/Beta"],
            "zip-same-with-one-more-folder.zip": ["Customers/Alpha", "Customers/Beta", "Inbox"],
            "zip-names-cp437.zip": ["Entwürfe", "Gelöschte Objekte"],
            "cpanel-mail.tar": ["example.org/alice", "example.org/alice/Sent"],
            "thunderbird-maildir.tar": ["Inbox", "Inbox/Kunden"],
            "kmail-tree.tar": ["archive", "inbox", "inbox/lists", "inbox/lists/kde", "inbox/work"],
            "readpst-r.tar": ["Inbox", "Inbox/Projects", "Sent Items"],
            "readpst-separate.tar": ["Inbox"],
            "maildir-without-new.tar": ["INBOX", "Sent"],
            "maildir-copied-by-hardlink.tar": ["INBOX", "Work"],
        }
        for name, folders in described.items():
            with self.subTest(name):
                found = self.contents(CORPORA / "field" / name)[1]
                self.assertEqual([path for path, _ in found], folders)


if __name__ == "__main__":
    unittest.main()
