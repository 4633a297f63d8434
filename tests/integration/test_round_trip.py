# SPDX-License-Identifier: Apache-2.0
# Every source into every kind of server: what comes back equals what the source was made of.

import sys
import unittest

from support import containers, packing, takeout
from support.mail_model import FOLDERS
from support.program import FIXTURES, REDUCED
from support.round_trip import RoundTripTest, Source
from support.server_variants import VARIANTS

sys.path.insert(0, str(FIXTURES))
import small_archives  # noqa: E402

PACKED_TREES = {"status-tree": packing.TAR_FORMS + ("zip",), "thunderbird-tree": ("tar.gz", "zip"),
                "apple-mboxes": ("zip",), "apple-emlx": ("tar.xz",),
                "maildir-plus-plus": ("tar.zst", "zip"), "maildir-nested": ("tar.bz2",),
                "eml-directories": ("zip",)}
if REDUCED:
    PACKED_TREES = {"status-tree": ("tar.gz",), "maildir-plus-plus": ("zip",)}


class SourceTests:
    def try_all(self, sources):
        for source in sources:
            with self.subTest(source.name):
                self.round_trip(source)

    def test_every_dialect(self):
        for name, make in small_archives.SMALL.items():
            raw, wanted = make()
            self.assertEqual((FIXTURES / name).read_bytes(), raw, name)
            if wanted:
                with self.subTest(name):
                    self.round_trip(Source(name.partition(".")[0], [FIXTURES / name],
                                           {(): wanted}))

    def test_every_tree(self):
        for name, write in containers.TREES.items():
            with self.subTest(name):
                folder = self.folder / name
                self.round_trip(Source(name, [folder], write(folder)))

    def test_every_tree_packed(self):
        for name, forms in PACKED_TREES.items():
            folder = self.folder / name
            wanted = containers.TREES[name](folder)
            for form in forms:
                with self.subTest(name=name, form=form):
                    packed = packing.pack(folder, form)
                    self.round_trip(Source(f"{name}-{form.replace('.', '-')}", [packed], wanted))

    def test_an_mbox_packed_in_every_way(self):
        mails = FOLDERS["INBOX",]
        plain = self.folder / "mail.mbox"
        plain.write_bytes(containers.mbox_bytes(mails, containers.status_fields))
        wanted = [mail.expected(None, *containers.status_fields(mail)) for mail in mails]
        for form in packing.COMPRESSORS:
            with self.subTest(form):
                self.round_trip(Source(f"mbox-{form}", [packing.compress(plain, form)],
                                       {(): wanted}))

    def test_a_zip_inside_a_tar_gz(self):
        outer = self.folder / "outer"
        outer.mkdir()
        wanted = containers.status_tree(self.folder / "tree")
        packing.pack(self.folder / "tree", "zip", outer / "mail.zip")
        self.round_trip(Source("zip-in-tar", [packing.pack(outer, "tar.gz")], wanted))

    def test_an_archive_with_a_hole_in_it(self):
        source = small_archives.sparse_hole(self.folder / "hole.mbox")
        self.round_trip(Source("hole", [self.folder / "hole.mbox"], {(): source}))

    def test_takeout_into_one_mailbox(self):
        self.round_trip(Source("takeout-zip", [takeout.single_zip(self.folder)],
                               {(): takeout.in_one_mailbox()}))


class NameTests:
    """Into accounts of their own, without a mailbox in the URL."""

    accounts = ("first", "all", "none", "parts", "special", "maildir")

    def test_takeout_with_the_first_label(self):
        wanted = takeout.by_labels(False, self.variant.special_use)
        self.round_trip_by_names(Source("labels", [takeout.single_zip(self.folder)], wanted),
                                 "first")

    def test_takeout_with_all_labels(self):
        wanted = takeout.by_labels(True, self.variant.special_use)
        self.round_trip_by_names(Source("labels", [takeout.single_zip(self.folder)], wanted,
                                        ("--labels=all",)), "all")

    def test_takeout_with_no_label(self):
        path = ("All mail Including Spam and Trash",)
        self.round_trip_by_names(Source("labels", [takeout.single_zip(self.folder)],
                                        {path: takeout.in_one_mailbox()}, ("--labels=none",)),
                                 "none")

    def test_the_parts_of_a_takeout(self):
        wanted = takeout.by_labels(False, self.variant.special_use)
        self.round_trip_by_names(Source("parts", [takeout.split_zips(self.folder)], wanted),
                                 "parts")

    def test_a_maildir_begins_at_the_inbox(self):
        wanted = containers.maildir_plus_plus(self.folder / "Maildir")
        self.round_trip_by_names(Source("maildir", [self.folder / "Maildir"], wanted), "maildir")


for variant in VARIANTS:
    for tests in (SourceTests, NameTests):
        name = variant.label.title().replace("-", "") + tests.__name__
        globals()[name] = type(name, (tests, RoundTripTest), {"variant": variant})
del tests

if __name__ == "__main__":
    unittest.main()
