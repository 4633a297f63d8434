# SPDX-License-Identifier: Apache-2.0
# `senders push` and `senders restore` with a real Dovecot: scripts over ManageSieve, and mail that
# dovecot-lda delivers by them.

import os
import re
import unittest

from support.managesieve import SieveDovecot, why_not
from support.program import ProgramTest

ACCOUNT = "*@spam.example\ntoto*@y.example\nexact@z.example\n*@*.sub.example\n[allow]\nfriend@spam.example\n"
GLOBAL = "*@everywhere.example\nfriend@spam.example\n[allow]\nboss@everywhere.example\n"
OWN_SCRIPT = (b'require ["fileinto", "mailbox"];\r\n# \xc3\xbcber\r\n'
              b'if header :contains "subject" "list" {\r\n  fileinto :create "Lists";\r\n  stop;\r\n}\r\n')
FROM = ["x@spam.example", "friend@spam.example", "Toto1@y.example", "other@y.example",
        "exact@z.example", "a@deep.sub.example", "x@everywhere.example", "boss@everywhere.example",
        '"x@spam.example" <ok@x.example>', "ok@x.example, x@spam.example", "ok@x.example"]


@unittest.skipIf(why_not(), why_not())
class SendersPushTest(ProgramTest):
    settings = ""
    auth_mechanisms = "plain login"

    def setUp(self):
        super().setUp()
        self.server = self.enterContext(SieveDovecot({"alice": "secret"}, settings=self.settings,
                                                     auth_mechanisms=self.auth_mechanisms))
        (self.folder / "my.list").write_text(ACCOUNT)
        (self.folder / "all.list").write_text(GLOBAL)
        self.lists = ("--senders", "my.list", "--global-senders", "all.list")

    def server_options(self, port=None):
        return ("--managesieve", f"localhost:{port or self.server.sieve_port}", "--user", "alice",
                "--password-file", self.server.password_file("alice"), "--ca-file",
                self.server.ca_file)

    def push(self, *options, code=0, port=None):
        outcome = self.run_program("senders", "push", *self.lists, *self.server_options(port), *options)
        self.assert_code(outcome, code)
        return outcome

    def restore(self, *options, code=0):
        outcome = self.run_program("senders", "restore", *self.server_options(), *options)
        self.assert_code(outcome, code)
        return outcome

    def put_own(self, content=OWN_SCRIPT, name="main"):
        """As another program would have stored it."""
        folder = self.server.folder / "mail" / "alice" / "sieve"
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.sieve").write_bytes(content)
        link = folder.parent / ".dovecot.sieve"
        link.unlink(missing_ok=True)
        link.symlink_to(f"sieve/{name}.sieve")
        owner = folder.parent.stat()
        for path in (folder, folder / f"{name}.sieve"):
            os.chown(path, owner.st_uid, owner.st_gid)
        os.chown(link, owner.st_uid, owner.st_gid, follow_symlinks=False)

    def state(self):
        return self.server.scripts(), self.server.active()

    def filed(self):
        """{subject: mailbox with its keywords}"""
        found = {}
        for mailbox in self.server.mailboxes():
            for one in self.server.fetch_all(mailbox=mailbox):
                subject = re.search(rb"(?m)^Subject: (.*?)\r$", one.body)[1].decode()
                found[subject] = (mailbox, sorted(one.flags & {"$Junk"}))
        return found

    def deliver(self, senders=FROM, subject="{}"):
        for number, sender in enumerate(senders):
            self.server.deliver(f"From: {sender}\nTo: alice@example.org\n"
                                f"Subject: {subject.format(number)}\n\nbody\n")


class PushTest(SendersPushTest):
    def test_new_mail_is_filed_by_the_pushed_script_as_the_migration_has_filed_the_old(self):
        text = "".join(f"From x Thu Jan  1 00:00:01 2015\nFrom: {one}\nSubject: old {number}\n"
                       f"Message-ID: <{number}@x>\n\nbody\n\n" for number, one in enumerate(FROM))
        archive = self.folder / "INBOX.mbox"
        archive.write_text(text)
        outcome = self.migrate(self.server, archive, None, *self.lists, "--dry-run",
                               "--report-json", "plan.json")
        self.assert_code(outcome, 0)
        planned = {row["name"]: row["planned"] for row in
                   self.report("plan.json")["accounts"][0]["mailboxes"]}
        self.assert_code(self.migrate(self.server, archive, None, *self.lists), 0)
        self.push()
        self.deliver(subject="new {}")
        filed = self.filed()
        for number, sender in enumerate(FROM):
            self.assertEqual(filed[f"new {number}"], filed[f"old {number}"], sender)
        for mailbox in ("INBOX", "Junk"):
            old = [name for name, (where, _) in filed.items()
                   if name.startswith("old") and where == mailbox]
            self.assertEqual(len(old), planned[mailbox], mailbox)
        self.assertEqual(sorted(where for where, _ in filed.values()).count("Junk"), 2 * 6)

    def test_a_script_of_the_user_s_own_goes_on_working_and_is_restored_byte_for_byte(self):
        self.put_own()
        before = self.state()
        self.push()
        scripts, active = self.state()
        self.assertEqual(active, "mboxferry-senders")
        self.assertEqual(scripts["main"], OWN_SCRIPT)
        for number, (sender, subject) in enumerate([("x@spam.example", "a list"),
                                                    ("ok@x.example", "another list"),
                                                    ("ok@x.example", "nothing")]):
            self.server.deliver(f"From: {sender}\nSubject: {subject}\n\nbody {number}\n")
        self.assertEqual(self.filed(), {"a list": ("Junk", ["$Junk"]),
                                        "another list": ("Lists", []), "nothing": ("INBOX", [])})
        outcome = self.restore()
        self.assertIn("'main' is active again", outcome.out)
        self.assertEqual(self.state(), before)
        self.server.deliver("From: x@spam.example\nSubject: after\n\nbody\n")
        self.assertEqual(self.filed()["after"], ("INBOX", []))
        self.restore(code=78)

    def test_the_same_command_with_another_list_changes_our_scripts_only(self):
        self.put_own()
        before = self.state()
        self.push()
        (self.folder / "my.list").write_text("*@other.example\n")
        (self.folder / "all.list").write_text("")
        self.push()
        self.assertEqual(self.server.scripts()["main"], OWN_SCRIPT)
        self.assertNotIn(b"spam.example", b"".join(self.server.scripts().values()))
        self.deliver(["x@spam.example", "x@other.example"])
        self.assertEqual(self.filed(), {"0": ("INBOX", []), "1": ("Junk", ["$Junk"])})
        self.server.deliver("From: ok@x.example\nSubject: my list\n\nbody\n")
        self.assertEqual(self.filed()["my list"], ("Lists", []))
        self.restore()
        self.assertEqual(self.state(), before)

    def test_without_a_script_there_is_none_again_after_restore(self):
        self.push()
        self.assertEqual(list(self.server.scripts()), ["mboxferry-senders"])
        self.restore()
        self.assertEqual(self.state(), ({}, None))

    def test_a_dry_run_changes_nothing(self):
        self.put_own()
        before = self.state()
        outcome = self.push("--dry-run")
        self.assertIn("would be stored", outcome.out)
        self.assertIn("main goes on working", outcome.out)
        self.assertEqual(self.state(), before)
        self.assertFalse((self.folder / "state").exists())

    def test_implicit_tls(self):
        self.push("--tls", "implicit", port=self.server.sieve_tls_port)
        self.assertEqual(self.server.active(), "mboxferry-senders")

    def test_the_wrong_kind_of_tls_is_one_line_with_what_to_try(self):
        outcome = self.push("--tls", "implicit", code=76)
        self.assert_one_line(outcome, 76, "does not speak TLS", "--tls starttls")
        outcome = self.push("--timeout", "2", port=self.server.sieve_tls_port, code=69)
        self.assert_one_line(outcome, 69, "--tls implicit")

    def test_a_refused_login_is_told_once(self):
        wrong = self.folder / "wrong"
        wrong.write_text("no\n")
        wrong.chmod(0o600)
        outcome = self.run_program(
            "senders", "push", *self.lists, *self.server_options()[:-4], "--password-file", wrong,
            "--ca-file", self.server.ca_file)
        self.assert_one_line(outcome, 77, "login of alice refused")
        self.assertEqual(self.state(), ({}, None))

    def test_an_unknown_certificate_is_refused(self):
        outcome = self.run_program("senders", "push", *self.lists, *self.server_options()[:-2])
        self.assert_one_line(outcome, 76, "certificate")

    def test_a_script_of_that_name_that_is_not_ours_is_left_alone(self):
        self.put_own(name="mboxferry-senders")
        before = self.state()
        self.assert_one_line(self.push(code=78), 78, "was not made by mboxferry", "--script-name")
        self.assertEqual(self.state(), before)
        self.push("--script-name", "lists")
        self.assertEqual(self.server.active(), "lists")

    def edit(self, content, name="main"):
        path = self.server.folder / "mail" / "alice" / "sieve" / f"{name}.sieve"
        path.write_bytes(content)

    def test_a_script_that_was_edited_since_stays_as_it_is(self):
        self.put_own()
        self.push()
        self.edit(b"keep;\n")
        outcome = self.restore()
        self.assertIn("'main' has changed since", outcome.out)
        self.assertEqual(self.state(), ({"main": b"keep;\n"}, "main"))
        self.assert_one_line(self.restore(code=78), 78, "restored already")

    def test_a_script_that_was_edited_since_is_overwritten_when_that_is_asked_for(self):
        self.put_own()
        self.push()
        self.edit(b"keep;\n")
        self.restore("--replace-active")
        self.assertEqual(self.state(), ({"main": OWN_SCRIPT}, "main"))

    def test_a_script_that_names_ours_keeps_them(self):
        self.put_own()
        self.push()
        self.edit(b'require ["include"];\r\ninclude :personal "mboxferry-senders-1";\r\n')
        before = self.state()
        self.assert_one_line(self.restore(code=78), 78, "'main' names", "take its include out")
        self.assertEqual(self.state(), before)

    def test_a_dry_run_of_restore_changes_nothing(self):
        self.put_own()
        before = self.state()
        self.push()
        pushed = self.state()
        outcome = self.restore("--dry-run")
        self.assertIn("'main' would be active again", outcome.out)
        self.assertIn("'mboxferry-senders' would be removed", outcome.out)
        self.assertEqual(self.state(), pushed)
        self.restore()
        self.assertEqual(self.state(), before)

    def test_a_script_of_the_user_s_own_with_such_a_name_is_never_written_to(self):
        for name in ("mboxferry-senders-3", "mboxferry-senders-1"):
            self.put_own(name=name)
            before = self.state()
            self.assert_one_line(self.push(code=78), 78, name, "was not made by mboxferry",
                                 "--script-name")
            self.assertEqual(self.state(), before)
        self.push("--script-name", "lists")
        self.put_own(name="lists-2024")
        before = self.state()
        self.assert_one_line(self.push("--script-name", "lists", code=78), 78, "lists-2024")
        outcome = self.restore("--script-name", "lists")
        self.assertIn("'lists-2024' was made active since", outcome.out)
        self.assertEqual(self.state()[1], "lists-2024")
        self.assertEqual(self.server.scripts()["lists-2024"], OWN_SCRIPT)

    def test_two_names_of_scripts_follow_each_other(self):
        self.put_own()
        before = self.state()
        self.push()
        self.push("--script-name", "all")
        both = self.state()
        self.assertEqual(both[1], "all")
        # Again in any order, and with another list: no circle.
        outcome = self.push()
        self.assertIn("'all' stays active", outcome.err)
        self.push("--script-name", "all")
        self.assertEqual(self.state(), both)
        (self.folder / "my.list").write_text("*@other.example\n")
        self.push()
        self.server.deliver("From: x@other.example\nSubject: blocked\n\nbody\n")
        self.server.deliver("From: ok@x.example\nSubject: my list\n\nbody\n")
        self.assertEqual(self.filed(), {"blocked": ("Junk", ["$Junk"]), "my list": ("Lists", [])})
        # What the other one leads to stays until that is gone.
        for options in ((), ("--dry-run",)):
            now = self.state()
            self.assert_one_line(self.restore(*options, code=78), 78,
                                 "'all' names 'mboxferry-senders'", "--script-name all")
            self.assertEqual(self.state(), now)
        self.restore("--script-name", "all")
        self.restore()
        self.assertEqual(self.state(), before)

    def test_restore_ends_where_what_was_active_is_gone(self):
        self.push()
        self.push("--script-name", "all")
        (self.server.folder / "mail" / "alice" / "sieve" / "mboxferry-senders.sieve").unlink()
        outcome = self.restore("--script-name", "all")
        self.assertIn("'mboxferry-senders', which was active before, is no longer there", outcome.out)
        self.assertEqual(self.state(), ({}, None))

    def test_an_active_script_that_includes_ours_stays_active(self):
        self.push()
        self.put_own(b'require ["include"];\r\ninclude :personal "mboxferry-senders";\r\n')
        (self.folder / "my.list").write_text("*@other.example\n")
        outcome = self.push()
        self.assertIn("'main' stays active", outcome.err)
        self.assertEqual(self.server.active(), "main")
        self.deliver(["x@other.example"])
        self.assertEqual(self.filed(), {"0": ("Junk", ["$Junk"])})

    def test_the_junk_mailbox_is_made_or_its_name_asked_for(self):
        outcome = self.push()
        self.assertIn("give it with --junk-mailbox", outcome.err)
        outcome = self.push("--junk-mailbox", "Spam/New")
        self.assertNotIn("--junk-mailbox", outcome.err)
        self.assertIn(b'fileinto :create "Spam/New"', self.server.scripts()["mboxferry-senders"])
        self.deliver(["x@spam.example"])
        self.assertEqual(self.filed(), {"0": ("Spam/New", ["$Junk"])})

    def test_the_sender_field_is_compared_when_that_is_asked_for(self):
        for options, mailbox in (((), "INBOX"), (("--sender-field",), "Junk")):
            self.push(*options)
            self.server.deliver("From: ok@n.example\nSender: x@spam.example\n"
                                f"Subject: to {mailbox}\n\nbody\n")
        self.assertEqual(self.filed(), {"to INBOX": ("INBOX", []), "to Junk": ("Junk", ["$Junk"])})

    def test_a_script_that_was_activated_since_stays_active(self):
        self.put_own()
        self.push()
        self.put_own(b"discard;\r\n", "holidays")
        outcome = self.restore()
        self.assertIn("'holidays' was made active since", outcome.out)
        self.assertEqual(self.state(), ({"main": OWN_SCRIPT, "holidays": b"discard;\r\n"}, "holidays"))

    def test_a_push_over_a_script_that_was_activated_since(self):
        self.put_own()
        self.push()
        self.put_own(b"keep;\r\n", "other")
        before = {"main": OWN_SCRIPT, "other": b"keep;\r\n"}
        self.push()
        self.assertIn(b'"other"', self.server.scripts()["mboxferry-senders"])
        self.restore()
        self.assertEqual(self.state(), (before, "other"))

    def test_what_was_active_is_known_without_the_record_of_the_first_push(self):
        self.put_own()
        before = self.state()
        self.push()
        self.push("--state-dir", self.folder / "elsewhere")
        outcome = self.restore("--state-dir", self.folder / "elsewhere")
        self.assertIn("'main' is active again", outcome.out)
        self.assertEqual(self.state(), before)

    def test_the_log_has_no_password(self):
        self.push("--log-file", "trace.log")
        text = (self.folder / "trace.log").read_text()
        self.assertIn("AUTHENTICATE", text)
        self.assertIn("PUTSCRIPT", text)
        self.assertNotIn("AGFsaWNlAHNlY3JldA", text)  # base64 of NUL alice NUL secret
        self.assertNotIn("spam.example", text)


class ScramTest(SendersPushTest):
    auth_mechanisms = "scram-sha-256 scram-sha-1"

    def test_a_server_with_scram_only_never_sees_the_password(self):
        for mechanism in ("auto", "scram-sha-1"):
            self.push("--auth", mechanism, "--log-file", "trace.log")
            self.assertEqual(self.server.active(), "mboxferry-senders")
        text = (self.folder / "trace.log").read_text()
        self.assertIn('AUTHENTICATE "SCRAM-SHA-256" (credentials)', text)
        self.assertIn('AUTHENTICATE "SCRAM-SHA-1" (credentials)', text)
        self.assertIn("S: (challenge)", text)
        self.assertNotIn("PLAIN", text)
        self.assert_one_line(self.push("--auth", "plain", code=78), 78, "--auth allows")
        wrong = self.folder / "wrong"
        wrong.write_text("no\n")
        wrong.chmod(0o600)
        outcome = self.run_program(
            "senders", "push", *self.lists, *self.server_options()[:-4], "--password-file", wrong,
            "--ca-file", self.server.ca_file)
        self.assert_one_line(outcome, 77, "login of alice refused")


class NoIncludeTest(SendersPushTest):
    settings = "sieve_extensions = -include"

    def test_the_active_script_is_only_displaced_when_that_is_asked_for(self):
        self.put_own()
        before = self.state()
        self.assert_one_line(self.push(code=78), 78, "'main' is active", "--replace-active")
        self.assertEqual(self.state(), before)
        outcome = self.push("--replace-active")
        self.assertIn("main is no longer active", outcome.out)
        self.assertEqual(self.server.scripts()["main"], OWN_SCRIPT)
        self.restore()
        self.assertEqual(self.state(), before)


class LimitsTest(SendersPushTest):
    settings = "sieve_max_script_size = 4K\n  sieve_quota_max_scripts = 12"

    def test_a_list_that_is_too_long_for_one_script_is_split(self):
        self.put_own()
        before = self.state()
        (self.folder / "my.list").write_text(
            "".join(f"*@spam{number}.example\n" for number in range(500)) +
            "[allow]\nfriend@spam7.example\n")
        outcome = self.push()
        parts = [name for name in self.server.scripts() if re.match(r"mboxferry-senders-\d+$", name)]
        self.assertGreater(len(parts), 3)
        self.assertIn("mboxferry-senders-1 stored", outcome.out)
        self.deliver(["x@spam0.example", "x@spam499.example", "friend@spam7.example",
                      "x@spam7.example", "x@everywhere.example", "ok@x.example"])
        self.assertEqual({subject: where for subject, (where, _) in self.filed().items()},
                         {"0": "Junk", "1": "Junk", "2": "INBOX", "3": "Junk", "4": "Junk",
                          "5": "INBOX"})
        (self.folder / "my.list").write_text("*@spam1.example\n")
        self.push()
        self.assertEqual(sorted(self.server.scripts()), ["main", "mboxferry-senders",
                                                         "mboxferry-senders-1"])
        self.restore()
        self.assertEqual(self.state(), before)

    def test_too_many_scripts_for_the_quota_change_nothing(self):
        self.put_own()
        before = self.state()
        (self.folder / "my.list").write_text(
            "".join(f"*@spam{number}.example\n" for number in range(1500)))
        self.assert_one_line(self.push(code=1), 1, "QUOTA/MAXSCRIPTS", "is there again")
        self.assertEqual(self.state(), before)


if __name__ == "__main__":
    unittest.main()
