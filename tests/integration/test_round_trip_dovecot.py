# SPDX-License-Identifier: Apache-2.0
# Every source into Dovecot: what comes back equals what the source was made of.

import sys
import unittest

from support import containers, packing, takeout
from support.mail_model import FOLDERS
from support.program import FIXTURES, REDUCED
from support.round_trip import Source, classes
from support.server_variants import DOVECOT_VARIANTS

sys.path.insert(0, str(FIXTURES))
import small_archives  # noqa: E402

PACKED_TREES = {"status-tree": packing.TAR_FORMS + ("zip",), "thunderbird-tree": ("tar.gz", "zip"),
                "apple-mboxes": ("zip",), "apple-emlx": ("tar.xz",),
                "maildir-plus-plus": ("tar.zst", "zip"), "maildir-nested": ("tar.bz2",),
                "eml-directories": ("zip",)}
if REDUCED:
    PACKED_TREES = {"status-tree": ("tar.gz",), "maildir-plus-plus": ("zip",)}


class SourceTests:
    """Each source goes below a mailbox with its name."""

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
                    # A container is a stream: its members come as they lie in it, cur before new.
                    self.round_trip(Source(f"{name}-{form.replace('.', '-')}", [packed], wanted,
                                           in_order=not name.startswith("maildir")))

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

    def test_standard_input(self):
        mails = FOLDERS["INBOX",]
        path = self.folder / "input"
        path.write_bytes(containers.mbox_bytes(mails, containers.status_fields))
        wanted = [mail.expected(None, *containers.status_fields(mail)) for mail in mails]
        with open(path, "rb") as stream:
            self.round_trip(Source("input", ["-"], {(): wanted}), stdin=stream)

    def test_several_files_go_below_the_mailbox(self):
        names = ("mboxrd.mbox", "crlf.mbox", "two-members.mbox.gz")
        wanted = {(name.partition(".")[0],): small_archives.SMALL[name]()[1] for name in names}
        self.round_trip(Source("several", [FIXTURES / name for name in names], wanted))

    def test_a_gzip_file_that_ends_too_early_is_sent_up_to_there_and_not_complete(self):
        outcome = self.migrate(self.server, [FIXTURES / "broken.mbox.gz"], "broken")
        self.assert_code(outcome, 3)
        self.assertIn("broken.mbox.gz", outcome.out)
        self.assertIn("ends too early", outcome.out)
        self.assertEqual(self.server.count(mailbox=self.variant.mailbox("broken")), 147)

    def test_takeout_into_one_mailbox(self):
        self.round_trip(Source("takeout-zip", [takeout.single_zip(self.folder)],
                               {(): takeout.in_one_mailbox()}))


globals().update(classes(SourceTests, DOVECOT_VARIANTS))

if __name__ == "__main__":
    unittest.main()
