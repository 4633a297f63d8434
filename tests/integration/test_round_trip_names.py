# SPDX-License-Identifier: Apache-2.0
# Sources whose folders name mailboxes, into accounts of their own on every kind of server.

import unittest

from support import archives, containers, takeout
from support.courier import Courier
from support.imap_server import quoted
from support.round_trip import RoundTripTest, Source, classes
from support.server_variants import VARIANTS

# Folder -> the special use that its name has in some language.
SPECIAL_FOLDERS = {"Gesendet": "Sent", "Corbeille": "Trash", "Bozze": "Drafts",
                   "Correo no deseado": "Junk", "Archief": "Archive"}


class NameTests:
    """Into accounts of their own, without a mailbox in the URL."""

    accounts = ("first", "all", "none", "parts", "special", "named", "maildir", "odd", "same",
                "inbox", "domain")

    def write(self, *names):
        """A tree with an mbox file for each name; returns {path: [Expected]}."""
        wanted = {}
        for number, name in enumerate(names):
            path = self.folder / "tree" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            wanted[tuple(name.split("/"))] = archives.make(path, 1, seed=number,
                                                           body_bytes=(20, 90))
        return wanted

    def tree(self, name, folders, *options):
        return Source(name, [self.folder / "tree"], folders, options)

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

    def test_special_folders_in_other_languages(self):
        wanted = self.write(*SPECIAL_FOLDERS, "Caixa de entrada", "Projekte/Gesendet")
        moved = {("Caixa de entrada",): ("INBOX",)}
        if self.variant.special_use:
            moved.update({(name,): (use,) for name, use in SPECIAL_FOLDERS.items()})
        wanted = {moved.get(path, path): messages for path, messages in wanted.items()}
        self.round_trip_by_names(self.tree("special", wanted), "special")

    def test_without_special_use_a_mailbox_of_such_a_name_is_taken(self):
        client = self.server.client("named")
        client.create(quoted(self.variant.mailbox("Sent Items")))
        client.logout()
        messages, = self.write("Gesendet").values()
        target = "Sent" if self.variant.special_use else "Sent Items"
        self.round_trip_by_names(self.tree("named", {(target,): messages}), "named")

    def test_odd_names(self):
        odd = {"50 % sure": "50 _ sure", "~home": "_home", " spaces ": "spaces",
               "v1.2": "v1.2" if self.variant.separator == "/" else "v1_2",
               "Q&A": "Q&A", "\u4f60\u597d \U0001f600": "\u4f60\u597d \U0001f600"}
        if self.variant.kind is Courier:
            odd["\u4f60\u597d \U0001f600"] = "\u4f60\u597d _"
        wanted = {(odd[path[0]],): messages for path, messages in self.write(*odd).items()}
        self.round_trip_by_names(self.tree("odd", wanted), "odd")

    def test_names_that_would_meet_stop_the_job_before_anything_is_created(self):
        wanted = self.write("a*b", "a%b", "other")
        before = self.server.mailboxes("same")
        outcome = self.migrate(self.server, [self.folder / "tree"], None, user="same")
        self.assert_one_line(outcome, 78, "a*b", "a%b", "--map")
        self.assertEqual(self.server.mailboxes("same"), before)
        wanted["a_b",] = wanted.pop(("a*b",))
        wanted["A percent",] = wanted.pop(("a%b",))
        self.round_trip_by_names(self.tree("same", wanted, "--map", "a%b=A percent"), "same")

    def test_there_is_no_inbox_below_the_inbox(self):
        wanted = self.write("inbox", "INBOX.sbd/Sub", "INBOX.sbd/INBOX.sbd/Deep")
        wanted = {("INBOX",): wanted["inbox",], ("INBOX", "Sub"): wanted["INBOX.sbd", "Sub"],
                  ("INBOX", "Deep"): wanted["INBOX.sbd", "INBOX.sbd", "Deep"]}
        self.round_trip_by_names(self.tree("inbox", wanted), "inbox")

    def test_a_folder_of_label_files_for_one_user(self):
        wanted = self.write("Inbox.mbox", "Kunden.mbox")
        (self.folder / "tree").rename(self.folder / "ada@example.com")
        wanted = {("INBOX",): wanted["Inbox.mbox",], ("Kunden",): wanted["Kunden.mbox",]}
        self.round_trip_by_names(Source("domain", [self.folder / "ada@example.com"], wanted),
                                 "domain")


globals().update(classes(NameTests, VARIANTS))

if __name__ == "__main__":
    unittest.main()
