# SPDX-License-Identifier: Apache-2.0
# `senders push` and `restore` with --infomaniak against a stand-in for the service: whatever it answers,
# no entry of anybody is lost.

import json
import pathlib
import tempfile
import unittest

from support.certificates import Certificates
from support.fake_infomaniak import TOKEN, FakeInfomaniak, error, success
from support.https_server import Answer
from support.program import ProgramTest

LIST = "*@spam.example\nToto*@y.example\n[allow]\nfriend@spam.example\n"
OURS = (["friend@spam.example"], ["*@spam.example", "toto*@y.example"])
OWN = (["Mother@home.example"], ["*@own.example", "old@own.example"])


def both(own, ours):
    return [own[0] + ours[0], own[1] + ours[1]]


class InfomaniakTest(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = cls.enterClassContext(tempfile.TemporaryDirectory(prefix="mf-test-"))
        cls.certificates = Certificates(pathlib.Path(folder))

    def setUp(self):
        super().setUp()
        (self.folder / "my.list").write_text(LIST)
        (self.folder / "token").write_text(TOKEN + "\n")
        (self.folder / "token").chmod(0o600)

    def service(self, mailboxes=None, **how):
        how = {"certificates": self.certificates} | how
        return self.enterContext(FakeInfomaniak(mailboxes or {"alice": OWN}, **how))

    def run_at(self, service, action, *options, mailbox="alice", token=("--token-file", "token"),
               **environment):
        user = ("--user", mailbox) if mailbox else ()
        outcome = self.run_program(
            "senders", action, "--infomaniak", "--service", "77", "--api-address", service.url, *user,
            "--ca-file", service.ca_file, "--timeout", "10", *token, *options, **environment)
        self.assertNotIn(TOKEN, outcome.out + outcome.err)
        return outcome

    def push(self, service, *options, mailbox="alice", **more):
        lists = ("--senders", "my.list") if mailbox else ("--global-senders", "my.list")
        return self.run_at(service, "push", *lists, *options, mailbox=mailbox, **more)

    def restore(self, service, *options, **more):
        return self.run_at(service, "restore", *options, **more)

    def assert_refused(self, service, code, *words, **how):
        """One line, and the mailbox is as it was."""
        self.assert_one_line(self.push(service, **how), code, *words)
        self.assertEqual(service.lists["alice"], [list(one) for one in OWN])


class OneMailbox(InfomaniakTest):
    def test_lists_are_merged_and_taken_out_again(self):
        service = self.service()
        outcome = self.push(service)
        self.assert_code(outcome, 0)
        self.assertIn("alice: + block *@spam.example\n", outcome.out)
        self.assertEqual(service.lists["alice"], both(OWN, OURS))
        methods = [asked.method for asked in service.asked]
        self.assertEqual(methods, ["GET", "GET", "PATCH", "GET"])
        self.assert_code(self.push(service), 0)
        self.assertEqual(len(service.written()), 1)
        self.assert_code(self.restore(service), 0)
        self.assertEqual(service.lists["alice"], [list(one) for one in OWN])
        self.assert_one_line(self.restore(service), 78, "no push", "is known")

    def test_entries_that_are_told_as_objects_are_written_as_text(self):
        service = self.service(objects=True)
        self.assert_code(self.push(service), 0)
        self.assertEqual(service.lists["alice"], both(OWN, OURS))

    def test_another_list_changes_what_pushes_have_added_and_nothing_else(self):
        service = self.service({"alice": (OWN[0], [*OWN[1], "*@SPAM.example"])})
        self.assert_code(self.push(service), 0)
        service.lists["alice"][1].append("later@own.example")
        (self.folder / "my.list").write_text("new@x.example\n")
        outcome = self.push(service)
        self.assert_code(outcome, 0)
        self.assertIn("- block toto*@y.example", outcome.out)
        # *@SPAM.example was there before the first push.
        expected = [OWN[0], [*OWN[1], "*@SPAM.example", "later@own.example", "new@x.example"]]
        self.assertEqual(service.lists["alice"], expected)
        self.assert_code(self.restore(service), 0)
        self.assertEqual(service.lists["alice"], [OWN[0], expected[1][:-1]])

    def test_an_entry_on_the_mailbox_s_other_list_is_left_out_and_told(self):
        service = self.service({"alice": (["*@Spam.Example"], [])})
        outcome = self.push(service)
        self.assert_code(outcome, 0)
        self.assertIn("*@spam.example is left out", outcome.err)
        self.assertEqual(service.lists["alice"],
                         [["*@Spam.Example", "friend@spam.example"], ["toto*@y.example"]])

    def test_a_push_takes_out_only_what_the_same_lists_have_added(self):
        (self.folder / "all.list").write_text("*@ads.example\n*@spam.example\n")
        service = self.service({"alice": OWN, "bob": ([], [])})
        with_ads = both(OWN, (OURS[0], [*OURS[1], "*@ads.example"]))
        self.assert_code(self.push(service), 0)
        self.assert_code(self.run_at(service, "push", "--global-senders", "all.list", mailbox=None), 0)
        self.assertEqual(service.lists, {"alice": with_ads, "bob": [[], ["*@ads.example",
                                                                         "*@spam.example"]]})
        self.assert_code(self.push(service), 0)
        self.assertEqual(service.lists["alice"], with_ads)
        # Both lists have *@spam.example; it goes when neither has it.
        (self.folder / "my.list").write_text("toto*@y.example\n")
        self.assert_code(self.push(service), 0)
        self.assertEqual(service.lists["alice"][1],
                         [*OWN[1], "*@spam.example", "toto*@y.example", "*@ads.example"])
        (self.folder / "all.list").write_text("*@ads.example\n")
        self.assert_code(self.run_at(service, "push", "--global-senders", "all.list", mailbox=None), 0)
        self.assertEqual(service.lists["alice"][1], [*OWN[1], "toto*@y.example", "*@ads.example"])
        self.assert_code(self.restore(service), 0)
        self.assertEqual(service.lists["alice"], [list(one) for one in OWN])

    def test_a_dry_run_of_restore_changes_nothing(self):
        service = self.service()
        self.assert_code(self.push(service), 0)
        outcome = self.restore(service, "--dry-run")
        self.assert_code(outcome, 0)
        self.assertIn("would be changed: 0 added, 3 removed", outcome.out)
        self.assertEqual(service.lists["alice"], both(OWN, OURS))
        self.assertEqual(len(service.written()), 1)
        self.assert_code(self.restore(service), 0)
        self.assertEqual(service.lists["alice"], [list(one) for one in OWN])

    def test_a_refused_change_that_was_made_in_part_is_mended(self):
        def half(service, asked):
            service.lists["alice"] = [json.loads(asked.body)["authorized_senders"], []]
            return error(422, "validation_failed", "Invalid")
        service = self.service(odd={("PATCH", "alice", 1): half})
        outcome = self.push(service)
        self.assert_one_line(outcome, 76, "are put back", "old@own.example")
        self.assertNotIn("nothing was changed", outcome.err)
        self.assert_code(self.restore(service), 0)
        self.assertEqual(service.lists["alice"], [list(one) for one in OWN])

    def test_a_change_that_comes_late_is_remembered(self):
        given = {}

        def later(_, asked):
            given.update(json.loads(asked.body))
            return Answer(200, json.dumps({"result": "asynchronous", "data": True}))
        service = self.service(odd={("PATCH", "alice", 1): later})
        outcome = self.push(service)
        self.assert_code(outcome, 3)
        self.assertIn("*@spam.example is not done yet", outcome.err)
        outcome = self.restore(service)
        self.assert_code(outcome, 3)
        self.assertIn("not done yet", outcome.err)
        service.lists["alice"] = [given["authorized_senders"], given["blocked_senders"]]
        self.assert_code(self.restore(service), 0)
        self.assertEqual(service.lists["alice"], [list(one) for one in OWN])

    def test_a_change_that_never_comes_is_forgotten(self):
        later = Answer(200, json.dumps({"result": "asynchronous", "data": True}))
        service = self.service(odd={("PATCH", "alice", 1): later})
        for action, code in ((self.push, 3), (self.restore, 3), (self.restore, 0),
                             (self.restore, 78)):
            self.assert_code(action(service), code)

    def test_entries_with_more_than_an_address_are_left_alone(self):
        def more(service, _):
            data = service.data("alice")
            data["blocked_senders"] = [{"email": one, "until": "2030"} for one in OWN[1]]
            return success(data)
        service = self.service(odd={("GET", "alice", None): more})
        self.assert_refused(service, 76, "more in blocked_senders than addresses")
        self.assertEqual(service.written(), [])

    def test_another_order_is_no_change(self):
        def turned(service, _):
            service.lists["alice"][1].reverse()
        service = self.service(odd={("GET", "alice", None): turned})
        self.assert_code(self.push(service), 0)
        self.assertEqual(sorted(service.lists["alice"][1]), sorted([*OWN[1], *OURS[1]]))

    def test_the_sender_field_is_the_service_s_choice(self):
        outcome = self.push(self.service(), "--sender-field")
        self.assert_code(outcome, 0)
        self.assertIn("--sender-field does nothing", outcome.err)

    def test_a_dry_run_shows_the_difference_and_changes_nothing(self):
        service = self.service()
        outcome = self.push(service, "--dry-run")
        self.assert_code(outcome, 0)
        self.assertIn("alice: + allow friend@spam.example", outcome.out)
        self.assertIn("would be changed: 3 added, 0 removed", outcome.out)
        self.assertEqual(service.written(), [])
        self.assertFalse((self.folder / "state").exists())

    def test_what_changes_between_reading_and_writing_is_merged_too(self):
        def change(service, _):
            service.lists["alice"][1].append("meanwhile@own.example")
        service = self.service(odd={("GET", "alice", 2): change})
        outcome = self.push(service)
        self.assert_code(outcome, 0)
        self.assertIn("merged anew", outcome.err)
        self.assertEqual(service.lists["alice"],
                         both((OWN[0], [*OWN[1], "meanwhile@own.example"]), OURS))

    def test_lists_that_never_hold_still_are_not_written(self):
        def change(service, _):
            service.lists["alice"][1].append(f"{len(service.lists['alice'][1])}@own.example")
        service = self.service(odd={("GET", "alice", None): change})
        self.assert_code(self.push(service), 75)
        self.assertEqual(service.written(), [])

    def test_a_field_that_is_not_there_is_no_empty_list(self):
        for field in ("authorized_senders", "blocked_senders", "has_move_spam"):
            def without(service, _, field=field):
                data = service.data("alice")
                del data[field]
                return success(data)
            service = self.service(odd={("GET", "alice", None): without})
            self.assert_refused(service, 76, "lacks " + field)
            # Nor is it one between reading and writing, or one that is read back.
            service = self.service(odd={("GET", "alice", 2): without})
            self.assert_refused(service, 76, "lacks " + field)
            self.assertEqual(service.written(), [])

    def test_answers_that_are_not_understood_change_nothing(self):
        own = {"authorized_senders": [], "has_move_spam": True}
        for odd in (success({**own, "blocked_senders": None}), success({**own, "blocked_senders": {}}),
                    success({**own, "blocked_senders": "*@x"}),
                    success({**own, "blocked_senders": [1]}),
                    success({**own, "blocked_senders": [{"mail": "x@y"}]}),
                    success({**own, "blocked_senders": [], "has_move_spam": "yes"}), success([]),
                    success(None), Answer(200, "<html>"), Answer(200, ""), Answer(200, '{"data":{}}'),
                    Answer(200, '{"result":"success"'), Answer(200, "[" * 100_000),
                    Answer(204, ""), Answer(200, "x" * 5_000_000)):
            service = self.service(odd={("GET", "alice", None): odd})
            self.assert_refused(service, 76)
            self.assertEqual(service.written(), [])

    def test_errors_of_the_service_are_one_line_with_its_words(self):
        for odd, code, words in (
                (error(403, "access_denied", "Not\nyours"), 77, ["access_denied", "not?yours"]),
                (error(404, "object_not_found", "Object not found"), 78, ["--service"]),
                (error(200, "broken", "no"), 1, ["broken: no"]),
                (error(400, "bad", "x", errors=[{"description": "why"}]), 1, ["bad: x; why"]),
                (Answer(302, "", {"Location": "https://127.0.0.1/"}), 76, ["127.0.0.1"])):
            service = self.service(odd={("GET", "alice", None): odd})
            self.assert_refused(service, code, *words)

    def test_a_refused_change_changes_nothing_and_leaves_no_claim(self):
        refusal = error(422, "validation_failed", "Invalid", errors=[{"description": "bad entry"}])
        service = self.service(odd={("PATCH", "alice", 1): refusal})
        self.assert_refused(service, 1, "bad entry")
        # What the user enters by hand later is not ours.
        service.lists["alice"][1].append("*@spam.example")
        self.assert_code(self.push(service), 0)
        self.assert_code(self.restore(service), 0)
        self.assertEqual(service.lists["alice"], [OWN[0], [*OWN[1], "*@spam.example"]])

    def test_a_change_that_fails_after_it_was_made_is_found_out(self):
        def made(service, asked):
            given = json.loads(asked.body)
            service.lists["alice"] = [given["authorized_senders"], given["blocked_senders"]]
            return Answer(502, "Bad Gateway")
        service = self.service(odd={("PATCH", "alice", 1): made})
        self.assert_code(self.push(service), 0)
        self.assertEqual(service.lists["alice"], both(OWN, OURS))
        self.assert_code(self.restore(service), 0)
        self.assertEqual(service.lists["alice"], [list(one) for one in OWN])

    def test_a_change_that_fails_before_it_was_made_ends_with_69(self):
        service = self.service(odd={("PATCH", "alice", 1): Answer(500, "")})
        self.assert_refused(service, 69, "status 500")
        self.assert_code(self.push(service), 0)
        self.assertEqual(service.lists["alice"], both(OWN, OURS))

    def test_what_the_service_loses_is_put_back(self):
        lossy = iter([lambda entries: entries[-1:], list])

        def take(service, asked):
            keep = next(lossy, list)
            given = json.loads(asked.body)
            service.lists["alice"] = [keep(given["authorized_senders"]),
                                      keep(given["blocked_senders"])]
            return success(True)
        service = self.service(odd={("PATCH", "alice", None): take})
        outcome = self.push(service)
        self.assert_one_line(outcome, 76, "are put back", "old@own.example")
        for entry in (*OWN[0], *OWN[1]):
            self.assertIn(entry, sum(service.lists["alice"], []))
        self.assert_code(self.restore(service), 0)
        self.assertEqual([sorted(one) for one in service.lists["alice"]],
                         [sorted(one) for one in OWN])

    def test_entries_that_the_service_does_not_take_are_told(self):
        service = self.service(take=lambda entries: [one for one in entries if "toto" not in one])
        outcome = self.push(service)
        self.assert_code(outcome, 3)
        self.assertIn("toto*@y.example is not there although", outcome.err)
        self.assertEqual(service.lists["alice"], both(OWN, (OURS[0], OURS[1][:1])))

    def test_a_service_that_asks_for_patience_gets_it(self):
        service = self.service(odd={("GET", "alice", 1): Answer(429, "", {"Retry-After": "1"}),
                                    ("PATCH", "alice", 1): Answer(429, "", {"Retry-After": "1"})})
        self.assert_code(self.push(service), 0)
        self.assertEqual(service.lists["alice"], both(OWN, OURS))
        service = self.service(odd={("GET", "alice", None): Answer(429, "", {"Retry-After": "999"})})
        self.assert_refused(service, 75, "429")

    def test_a_filter_that_is_off_is_told(self):
        service = self.service(filters=False)
        outcome = self.push(service)
        self.assert_code(outcome, 0)
        self.assertIn("spam filter of this mailbox is off", outcome.err)

    def test_entries_that_need_proof_are_not_carried(self):
        (self.folder / "my.list").write_text(LIST + "[allow authenticated]\nboss@bank.example\n")
        service = self.service()
        outcome = self.push(service)
        self.assertIn("need proof of the sender", outcome.err)
        self.assertEqual(service.lists["alice"], both(OWN, OURS))

    def test_an_entry_on_several_lists_is_on_the_one_that_decides(self):
        (self.folder / "my.list").write_text("a@x.example\n")
        (self.folder / "all.list").write_text("b@x.example\n[allow]\na@x.example\nb@x.example\n")
        service = self.service({"alice": ([], [])})
        self.assert_code(self.push(service, "--global-senders", "all.list"), 0)
        self.assertEqual(service.lists["alice"], [["b@x.example"], ["a@x.example"]])
        self.assert_code(self.push(service, "--global-senders", "all.list", "--precedence",
                                   "block-wins"), 0)
        self.assertEqual(service.lists["alice"], [[], ["a@x.example", "b@x.example"]])

    def test_an_unknown_certificate_gets_no_token(self):
        service = self.service()
        stranger = self.service(pair=service.certificates.wrong_host())
        self.assert_refused(stranger, 76, "no trusted connection")
        self.assertEqual(stranger.asked, [])

    def test_where_the_token_comes_from(self):
        service = self.service()
        self.assert_code(self.push(service, token=("--token-env", "TOKEN"), TOKEN=TOKEN), 0)
        self.assert_code(self.push(service, token=("--token-command", "cat token")), 0)
        (self.folder / "token").write_text("other\n")
        outcome = self.push(service, "--log-file", "trace")
        self.assert_one_line(outcome, 77, "the token is refused")
        self.assertNotIn("other", (self.folder / "trace").read_text())
        self.assert_one_line(self.push(service, token=()), 64, "--token-file")
        self.assert_one_line(self.push(service, token=("--token-env", "NONE")), 78, "no variable NONE")

    def test_settings_that_make_no_sense_are_told(self):
        service = self.service()
        for options, words in ((("--service", "7/../8"), "--service"), (("--user", ".."), "--user"),
                               (("--user", "alice@example.org"), "before the @"),
                               (("--api-address", "http://localhost/"), "https"),
                               (("--api-address", service.url + "/?x="), "--api-address"),
                               (("--managesieve", "localhost"), "two places"),
                               (("--tls-pin", "sha256:" + "0" * 64), "--tls-pin")):
            named = {options[0]: options[1]}
            usual = {"--service": "77", "--user": "alice", "--api-address": service.url} | named
            outcome = self.run_program(
                "senders", "push", "--infomaniak", "--senders", "my.list", "--ca-file",
                service.ca_file, "--token-file", "token", *sum(usual.items(), ()))
            self.assert_one_line(outcome, 64, words)
        self.assertEqual(service.asked, [])


class WholeService(InfomaniakTest):
    def lists(self, count=5):
        return {f"box{number}": ([], [f"own{number}@x.example"]) for number in range(count)}

    def test_all_mailboxes_of_all_pages_and_back(self):
        own = self.lists()
        service = self.service(own, per_page=2)
        outcome = self.push(service, mailbox=None)
        self.assert_code(outcome, 0)
        self.assertIn("Global Configuration", outcome.out)
        for name, lists in own.items():
            self.assertEqual(service.lists[name], both(lists, OURS))
        self.assert_code(self.restore(service, mailbox=None), 0)
        self.assertEqual(service.lists, {name: list(lists) for name, lists in own.items()})

    def test_a_mailbox_that_was_removed_since_is_forgotten(self):
        own = self.lists(2)
        service = self.service(own)
        self.assert_code(self.push(service, mailbox=None), 0)
        del service.lists["box1"]
        outcome = self.restore(service, "--dry-run", mailbox=None)
        self.assert_code(outcome, 0)
        self.assertIn("box1: the service has no such mailbox any more", outcome.out)
        self.assertEqual(service.lists["box0"], both(own["box0"], OURS))
        # A service that says of all mailboxes that they are not there is not believed.
        service.odd["GET", "box0", None] = service.odd["GET", None, None] = Answer(404, "{}")
        self.assert_code(self.restore(service, mailbox=None), 3)
        service.odd.clear()
        self.assert_code(self.restore(service, mailbox=None), 0)
        self.assertEqual(service.lists["box0"], list(own["box0"]))
        self.assert_code(self.restore(service, mailbox=None), 78)

    def test_an_empty_page_is_the_end(self):
        def page(_, asked):
            number = int(asked.path.partition("page=")[2].partition("&")[0])
            return success([], page=number, pages=100000, total=0)
        service = self.service(self.lists(), odd={("GET", None, None): page})
        self.assert_code(self.push(service, mailbox=None), 0)
        self.assertEqual(len(service.asked), 1)

    def test_lists_of_one_account_are_not_for_a_service(self):
        service = self.service()
        outcome = self.run_at(service, "push", "--senders", "my.list", mailbox=None)
        self.assert_one_line(outcome, 64, "--user", "--global-senders")
        self.assertEqual(service.asked, [])

    def test_trouble_with_one_mailbox_does_not_stop_the_others(self):
        own = self.lists()
        service = self.service(own, odd={("GET", "box1", None): Answer(404, "{}"),
                                         ("PATCH", "box3", 1): Answer(500, "")})
        outcome = self.push(service, mailbox=None)
        self.assert_code(outcome, 3)
        self.assertEqual(len(outcome.error_lines()), 2, outcome)
        for name in ("box0", "box2", "box4"):
            self.assertEqual(service.lists[name], both(own[name], OURS))
        for name in ("box1", "box3"):
            self.assertEqual(service.lists[name], list(own[name]))
        del service.odd["GET", "box1", None]
        self.assert_code(self.push(service, mailbox=None), 0)
        for name, lists in own.items():
            self.assertEqual(service.lists[name], both(lists, OURS))

    def test_a_token_that_ends_in_the_middle_stops_the_walk(self):
        service = self.service(self.lists(), odd={("GET", "box2", None): error(401, "x", "expired")})
        outcome = self.push(service, mailbox=None)
        self.assert_one_line_after_results(outcome, 77, "2 mailboxes finished before")
        self.assertEqual(service.lists["box4"], [[], ["own4@x.example"]])

    def assert_one_line_after_results(self, outcome, code, *words):
        self.assert_code(outcome, code)
        self.assertEqual(len(outcome.error_lines()), 1, outcome)
        for word in words:
            self.assertIn(word, outcome.err)

    def test_pages_that_do_not_fit_change_nothing(self):
        rows = [{"mailbox_name": "box0"}]
        for odd, code in ((success(rows), 76), (success(rows, page=1, pages=1, total=2), 75),
                          (success(rows, page=2, pages=2, total=1), 76),
                          (success(rows * 2, page=1, pages=1, total=1), 76),
                          (success([], page=1, pages=9, total=5), 76),
                          (success([{"id": 1}], page=1, pages=1, total=1), 76),
                          (success([{"mailbox_name": ".."}], page=1, pages=1, total=1), 76),
                          (success([{"mailbox_name": "a/b"}], page=1, pages=1, total=1), 76),
                          (success(rows, page=1, pages=10**9, total=1), 76),
                          (success({}, page=1, pages=1, total=0), 76)):
            service = self.service(self.lists(), odd={("GET", None, 1): odd})
            self.assert_one_line(self.push(service, mailbox=None), code, "list the mailboxes")
            self.assertEqual(service.written(), [])


if __name__ == "__main__":
    unittest.main()
