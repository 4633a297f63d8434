# SPDX-License-Identifier: Apache-2.0
# Dovecot as it is set up in the field: ways to store mail, rights, limits.

import unittest

from support import archives
from support.dovecot import Dovecot
from support.program import REDUCED, ProgramTest
from support.server_variants import modified_utf7

STORAGES = (("maildir", "/", ""), ("maildir", ".", "INBOX."), ("mbox", "/", ""),
            ("sdbox", "/", ""))
FOLDERS = (("Box",), ("Parent", "Child"), ("\u00dcber & so",))
NO_CREATE = """
mail_plugins = acl
protocol imap {{
  mail_plugins = acl imap_acl
}}
plugin {{
  acl = vfile:{file}
}}
"""
LARGEST = 3000
SMALL_MAIL_ONLY = f"""
mail_plugins = quota
plugin {{
  quota_max_mail_size = {LARGEST}
  quota = count:User quota
  quota_vsizes = yes
}}
"""


class VariantTest(ProgramTest):
    def make_tree(self, count=40, **options):
        """{levels: [Expected]}"""
        wanted = {}
        for number, levels in enumerate(FOLDERS):
            path = self.folder.joinpath("tree", *levels)
            path.parent.mkdir(parents=True, exist_ok=True)
            wanted[levels] = archives.make(path, count, seed=number, kinds=("plain", "from"),
                                           **options)
        return wanted

    def assert_arrived(self, server, wanted, outcome, separator="/", prefix=""):
        for levels, messages in wanted.items():
            name = prefix + separator.join(map(modified_utf7, levels))
            self.assertEqual(archives.differences(messages, server.fetch_all(mailbox=name)), [],
                             f"{name}\n{outcome}")


class StorageTest(VariantTest):
    def test_a_tree_arrives_in_each_storage_and_once(self):
        # mbox storage keeps no Status of our own.
        wanted = self.make_tree(status=False)
        for storage, separator, prefix in STORAGES[:1] if REDUCED else STORAGES:
            with self.subTest(storage=storage, separator=separator), \
                    Dovecot(storage=storage, separator=separator, prefix=prefix) as server:
                for _ in range(2):
                    outcome = self.migrate(server, self.folder / "tree", None,
                                           journal=f"{storage}{len(prefix)}.journal")
                    self.assert_code(outcome, 0)
                    self.assert_arrived(server, wanted, outcome, separator, prefix)

    def test_mbox_storage_that_takes_status_headers_away_is_told_what_helps(self):
        archive = self.folder / "mail.mbox"
        with archives.Mbox(archive) as mbox:
            for number in range(5):
                mbox.add(b"Subject: %d\nMessage-ID: <%d@example.com>\nStatus: RO\n\nbody\n"
                         % (number, number), archives.FIRST_DATE + number * 60)
        with Dovecot(storage="mbox") as server:
            outcome = self.migrate(server, archive, "Mail")
            self.assert_code(outcome, 0)
            self.assertIn("another size for 5 messages, with the same content: it removes mbox "
                          "status headers", outcome.err)
            outcome = self.migrate(server, archive, "Other", "--strip-status-headers",
                                   journal="other.journal")
            self.assert_code(outcome, 0)
            self.assertNotIn("another size", outcome.err)
            for name in ("Mail", "Other"):
                self.assertEqual(server.count(mailbox=name), 5)


class RightsTest(VariantTest):
    def test_without_the_right_to_create_what_has_a_mailbox_arrives(self):
        rights = self.folder / "rights"
        rights.write_text("* owner lrwstipea\nINBOX owner lrwstipea\n")
        rights.chmod(0o644)
        self.folder.chmod(0o755)
        wanted = self.make_tree(8)
        inbox = archives.make(self.folder / "tree" / "INBOX", 8, seed=9, kinds=("plain",))
        with Dovecot(separator="/", extra=NO_CREATE.format(file=rights)) as server:
            outcome = self.migrate(server, self.folder / "tree", None)
            self.assert_code(outcome, 78)
            self.assertIn("--map", outcome.err)
            self.assert_arrived(server, {("INBOX",): inbox}, outcome)
            self.assertEqual(server.mailboxes(), ["INBOX"])
            rights.write_text("* owner lrwstipekxa\n")
            outcome = self.migrate(server, self.folder / "tree", None)
            self.assert_code(outcome, 0)
            self.assert_arrived(server, {**wanted, ("INBOX",): inbox}, outcome)


class LargestMailTest(VariantTest):
    def test_larger_mail_is_refused_and_all_other_mail_arrives(self):
        archive = self.folder / "mail.mbox"
        sizes = [300, LARGEST * 4, 310, 320, LARGEST * 2, 330, 340]
        archives.write_sizes(archive, sizes)
        with Dovecot(extra=SMALL_MAIL_ONLY) as server:
            outcome = self.migrate(server, archive, "Mail", "--report-json", "report.json")
            self.assert_code(outcome, 3)
            self.assertEqual(sorted(one.size for one in server.fetch_all(mailbox="Mail")),
                             [size for size in sizes if size < LARGEST])
            self.assertEqual(len(self.report()["accounts"][0]["refused"]), 2)


if __name__ == "__main__":
    unittest.main()
