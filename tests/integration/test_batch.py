# SPDX-License-Identifier: Apache-2.0
# Many accounts from a CSV: all of them exactly once, whatever happens to one of them or to all.

import base64
import json
import re
import signal
import socket
import threading
import time
import unittest

from support import archives
from support.batch import COLUMNS, BatchTest
from support.dovecot import Dovecot
from support.fake_imap import FakeImap, Refusal
from support.program import REDUCED, has_crash_points

MANY = 12 if REDUCED else 32
USERS = [f"user{number:02}" for number in range(MANY)]
PLANNED = ("planned", "skipped", "bytes", "lost_flags", "date_corrections", "renamed_from")


def logins(server, user=None):
    """Users in the order in which Dovecot let them in."""
    found = re.findall(r"imap-login: Info: Login: user=<([^>]*)>", server.log_text())
    return [one for one in found if user in (None, one)]


class ManyAccountsTest(BatchTest):
    """One Dovecot with many users; each test has a few or all of them."""

    def setUp(self):
        super().setUp()
        # A server of its own: its log and its accounts are looked at.
        self.server = self.enterContext(Dovecot({user: f"of {user}" for user in USERS},
                                                rawlog=True, separator="/"))

    def make_accounts(self, users, count=12, **columns):
        for user in users:
            self.make_archive(user, count)
        self.write_csv([self.row(self.server, user, **columns) for user in users],
                       (*COLUMNS, *columns))

    def test_all_accounts_are_moved_and_then_left_alone(self):
        self.make_accounts(USERS)
        accounts = self.batch_report()
        self.assertEqual([one["user"] for one in accounts], USERS)
        self.assertEqual({one["verdict"] for one in accounts}, {"complete"})
        self.assertEqual(self.report()["verdict"], "complete")
        self.assert_all_there(self.server)
        before = len(logins(self.server))
        again = self.batch_report()
        self.assertEqual([one["mailboxes"] for one in again],
                         [one["mailboxes"] for one in accounts])
        self.assertEqual(len(logins(self.server)), before)

    def test_rows_that_are_added_removed_or_moved_between_runs(self):
        first, second = USERS[:4], [USERS[4], USERS[2], USERS[0]]
        self.make_accounts(first)
        self.assert_code(self.batch(), 0)
        self.make_archive(USERS[4])
        self.write_csv([self.row(self.server, user) for user in second])
        before = len(logins(self.server))
        accounts = self.batch_report()
        self.assertEqual([one["user"] for one in accounts], second)
        self.assertEqual(set(logins(self.server)[before:]), {USERS[4]})
        self.assert_all_there(self.server)

    def test_a_ledger_that_is_lost_is_made_again_from_the_journals(self):
        self.make_accounts(USERS[:4])
        accounts = self.batch_report()
        ledgers = list(self.state.glob("*.ledger*"))
        self.assertTrue(ledgers)
        for path in ledgers:
            path.unlink()
        again = self.batch_report()
        self.assertEqual([one["mailboxes"] for one in again],
                         [one["mailboxes"] for one in accounts])
        self.assert_all_there(self.server)

    def test_several_archives_of_one_account(self):
        user = USERS[0]
        for name in ("one", "two"):
            self.make_archive(name, 20)
        self.write_csv([self.row(self.server, user, archive=f"{name}.mbox", mailbox=f"To {name}")
                        for name in self.wanted], (*COLUMNS, "mailbox"))
        self.assert_code(self.batch(), 0)
        for name in self.wanted:
            found = self.server.fetch_all(user, f"To {name}")
            self.assertEqual(archives.differences(self.wanted[name], found), [])

    def test_servers_take_turns(self):
        # Two ports count as two servers; one has all its rows in front.
        first, second = USERS[:4], USERS[4:8]
        for user in first + second:
            self.make_archive(user)
        self.write_csv([self.row(self.server, user) for user in first] +
                       [self.row(self.server, user, port=self.server.port, tls="starttls")
                        for user in second], (*COLUMNS, "tls"))
        self.assert_code(self.batch("--accounts-at-once=1", "--connections=1", "--order=csv"), 0)
        found = list(dict.fromkeys(logins(self.server)))
        self.assertEqual(sorted(found), first + second)
        turns = [user in first for user in found]
        self.assertTrue(all(one != other for one, other in zip(turns, turns[1:])), found)

    def test_a_row_says_how_its_account_is_moved(self):
        users = USERS[:3]
        for user in users[:2]:
            self.make_archive(user)
        self.make_archive(users[2], status=False)
        rows = [self.row(self.server, users[0], mailbox="Old/Mail"),
                self.row(self.server, users[1], map=f"{users[1]}=Elsewhere"),
                self.row(self.server, users[2], **{"Default_Flags": "none", "tls": "starttls",
                                                   "port": self.server.port})]
        self.write_csv(rows, (*COLUMNS, "mailbox", "map", "Default_Flags", "tls"))
        self.assert_code(self.batch(), 0)
        self.assert_all_there(self.server, users[:1], "Old/Mail")
        self.assert_all_there(self.server, users[1:2], "Elsewhere")
        found = list(self.server.fetch_all(users[2], users[2]))
        self.assertEqual(len(found), len(self.wanted[users[2]]))
        self.assertFalse([one for one in found if "\\Seen" in one.flags])

    def test_what_the_rows_leave_open_is_as_the_command_says(self):
        for user in USERS[:2]:
            self.make_archive(user)
        self.write_csv([{"archive": f"{user}.mbox", "user": user,
                         "password": self.server.users[user]} for user in USERS[:2]],
                       ("archive", "user", "password"))
        self.assert_code(self.batch("--host", self.server.host, "--port", self.server.tls_port,
                                    "--ca-file", self.server.ca_file), 0)
        self.assert_all_there(self.server)

    def test_every_place_for_a_password(self):
        users = USERS[:4]
        for user in users:
            self.make_archive(user)
        self.server.password_file(users[1], self.folder)
        rows = [self.row(self.server, user, password="") for user in users]
        rows[0]["password"] = self.server.users[users[0]]
        rows[1]["password_file"] = f"password-{users[1]}"
        rows[2]["password_env"] = "BATCH_TEST_PASSWORD"
        rows[3]["password_command"] = f"echo '{self.server.users[users[3]]}'"
        self.write_csv(rows, (*COLUMNS, "password_file", "password_env", "password_command"))
        self.assert_code(self.batch(BATCH_TEST_PASSWORD=self.server.users[users[2]]), 0)
        self.assert_all_there(self.server)

    def test_only_users_that_match(self):
        self.make_accounts(USERS[:6])
        accounts = self.batch_report("--only", "us?r*2")
        self.assertEqual([one["user"] for one in accounts], ["user02"])
        self.assert_all_there(self.server, ["user02"])
        self.assertEqual(set(logins(self.server)), {"user02"})
        self.assert_code(self.batch(), 0)
        self.assert_all_there(self.server)

    def test_large_archives_first_or_the_order_of_the_csv(self):
        sizes = {"user00": 4, "user01": 60, "user02": 20}
        for user, count in sizes.items():
            self.make_archive(user, count, body_bytes=(900, 1000), kinds=["plain"])
        self.write_csv([self.row(self.server, user) for user in sizes])
        one_by_one = ["--accounts-at-once=1", "--connections=1"]
        self.assert_code(self.batch("--dry-run", *one_by_one), 0)
        self.assertEqual(logins(self.server), ["user01", "user02", "user00"])
        self.assert_code(self.batch("--order=csv", *one_by_one), 0)
        found = logins(self.server)[3:]
        self.assertEqual(sorted(found, key=found.index), found)
        self.assertEqual(list(dict.fromkeys(found)), list(sizes))

    def test_a_dry_run_is_what_the_real_run_does(self):
        self.make_accounts(USERS[:8], 20)
        self.make_archive(USERS[0], 40, copies=10)
        self.assert_code(self.batch("--dry-run", "--report-json", "plan.json", "--dedupe=content"),
                         0)
        plan = self.report("plan.json")
        self.assertEqual((plan["schema"], plan["go"]), ("mboxferry.plan/1", True))
        self.assertEqual([one["user"] for one in plan["accounts"]], USERS[:8])
        self.assertFalse(self.state.exists())
        for user in USERS[:8]:
            commands = [one for session in self.server.sessions(user) for one in session]
            self.assertTrue(commands, user)
            self.assertEqual([one.line for one in commands if one.changes_something()], [])
        accounts = self.batch_report("--dedupe=content")
        for planned, done in zip(plan["accounts"], accounts, strict=True):
            self.assertTrue(planned["go"])
            self.assertEqual(planned["user"], done["user"])
            self.assertEqual([[row["name"], *(row[key] for key in PLANNED)]
                              for row in planned["mailboxes"]],
                             [[row["name"], *(row[key] for key in PLANNED)]
                              for row in done["mailboxes"]])
            self.assertEqual([row["planned"] for row in planned["mailboxes"]],
                             [row["stored"] for row in done["mailboxes"]])
        self.assertGreater(accounts[0]["mailboxes"][0]["skipped"], 0)

    def test_a_dry_run_names_the_accounts_that_cannot_go(self):
        self.make_accounts(USERS[:3])
        rows = [self.row(self.server, user) for user in USERS[:3]]
        rows[1]["password"] = "not his"
        self.write_csv(rows)
        outcome = self.batch("--dry-run", "--report-json", "plan.json")
        self.assertNotEqual(outcome.code, 0)
        plan = self.report("plan.json")
        self.assertEqual((plan["go"], [one["go"] for one in plan["accounts"]]),
                         (False, [True, False, True]))
        self.assertTrue(plan["accounts"][1]["reasons"])
        self.assertIn("user01", outcome.out)

    def test_shards_share_no_account_and_leave_none_out(self):
        self.make_accounts(USERS)
        parts = [[one["user"] for one in self.batch_report("--shard", f"{index}/3")]
                 for index in range(3)]
        self.assertEqual(sorted(sum(parts, [])), USERS)
        self.assertTrue(all(parts), parts)
        self.assert_all_there(self.server)
        self.assertEqual(len(set(logins(self.server))), len(USERS))
        # The same parts by the variables of Slurm, whose arrays may begin anywhere, and Kubernetes.
        for index in range(3):
            slurm = dict(SLURM_ARRAY_TASK_ID=10 + 2 * index, SLURM_ARRAY_TASK_MIN=10,
                         SLURM_ARRAY_TASK_STEP=2, SLURM_ARRAY_TASK_COUNT=3)
            kubernetes = dict(JOB_COMPLETION_INDEX=index, JOB_COMPLETIONS=3)
            for variables in (slurm, kubernetes):
                found = [one["user"] for one in self.batch_report(**variables)]
                self.assertEqual(found, parts[index], variables)
            self.assertEqual(len(self.batch_report("--shard=0/1", **kubernetes)), len(USERS))

    def test_a_shard_that_cannot_be_is_refused(self):
        self.make_accounts(USERS[:2])
        for text in ("3/3", "0/0", "-1/2", "1", "1/", "/2", "1/2/3", "x/y"):
            self.assert_one_line(self.batch("--shard", text), 64, "--shard")
        for variables in (dict(SLURM_ARRAY_TASK_ID=1), dict(JOB_COMPLETION_INDEX=0),
                          dict(SLURM_ARRAY_TASK_ID=0, SLURM_ARRAY_TASK_MIN=1,
                               SLURM_ARRAY_TASK_COUNT=3)):
            outcome = self.batch(**variables)
            self.assertIn(outcome.code, (64, 78), str(outcome))
            self.assertIn("--shard", outcome.err)
        self.assertEqual(logins(self.server), [])

    def test_killed_with_the_server_restarted_in_between(self):
        if not has_crash_points():
            self.skipTest("this build has no crash points (-DMBOXFERRY_CRASH_POINTS=ON)")
        self.make_accounts(USERS, 25)
        # Each of them comes before the accounts that are left are all done.
        counts = (3, 2, 3, 2) if REDUCED else (6, 4, 7, 3)
        for name, count in zip(("index-done", "batch-sent", "batch-answered", "batch-intended"),
                               counts):
            point = f"{name}:{count}"
            outcome = self.batch(MBOXFERRY_CRASH_AT=point)
            self.assertEqual(outcome.code, -signal.SIGKILL, f"{point}: {outcome}")
            # Politely: after a kill Dovecot waits two minutes for each lock that was left.
            self.server.restart()
        self.resume()
        self.assert_all_there(self.server)

    def test_the_server_is_restarted_while_the_batch_runs(self):
        self.make_accounts(USERS[:8], 30)
        batch = self.batch_in_background("--max-messages-per-second=15", "--accounts-at-once=8")
        self.wait_for(lambda: self.server.count(USERS[0], USERS[0]) > 5)
        self.server.restart(kill=True)
        _, errors = batch.communicate(timeout=180)
        self.assertIn(batch.returncode, (0, 75), errors)
        self.resume()
        self.assert_all_there(self.server)

    def test_an_interruption_ends_all_accounts_well(self):
        self.make_accounts(USERS[:8], 60)
        batch = self.batch_in_background("--max-messages-per-second=20", "--accounts-at-once=4")
        self.wait_for(lambda: self.server.count(USERS[0], USERS[0]) > 5)
        # Another one on the same state meanwhile.
        self.assert_one_line(self.batch(), 11, "in use by")
        batch.send_signal(signal.SIGINT)
        _, errors = batch.communicate(timeout=60)
        self.assertEqual(batch.returncode, 130, errors)
        self.resume()
        self.assert_all_there(self.server)

    def test_where_a_batch_stands_is_seen_from_another_shell(self):
        self.make_accounts(USERS[:4], 60)
        batch = self.batch_in_background("--max-messages-per-second=20", "--accounts-at-once=4")
        self.wait_for(lambda: self.server.count(USERS[0], USERS[0]) > 5)

        def accounts():
            told = self.run_program("status", self.state, "--json")
            self.assert_code(told, 0)
            return json.loads(told.out)["accounts"]
        # The journal knows of a message when its answer has come, which is later.
        self.wait_for(lambda: sum(box["stored"] for one in accounts()
                                  for box in one["mailboxes"]) > 5)
        self.assertEqual({one["verdict"] for one in accounts()}, {"unfinished"})
        self.assertIn("4", self.run_program("status", self.state).out)
        batch.send_signal(signal.SIGINT)
        _, errors = batch.communicate(timeout=60)
        self.assertEqual(batch.returncode, 130, errors)

    def test_a_csv_that_changes_meanwhile_gives_nobody_another_password(self):
        self.make_accounts(USERS[:6], 30)
        batch = self.batch_in_background("--max-messages-per-second=20", "--accounts-at-once=1",
                                         "--order=csv")
        self.wait_for(lambda: self.server.count(USERS[0], USERS[0]) > 3)
        # Rows of the same length change places: every offset has somebody else's row.
        self.write_csv([self.row(self.server, user) for user in reversed(USERS[:6])])
        out, errors = batch.communicate(timeout=180)
        self.assertEqual(batch.returncode, 75, errors)
        self.assertRegex(out + errors, r"(?i)accounts\.csv.*(changed|not what it was)")
        self.assertNotIn("auth failed", self.server.log_text())
        self.assert_code(self.batch(), 0)
        self.assert_all_there(self.server)

    def resume(self):
        """The same command until nothing is left; a server may still be busy with what was killed."""
        for _ in range(5):
            outcome = self.batch()
            if outcome.code != 75:
                break
            time.sleep(1)
        self.assert_code(outcome, 0)

    def wait_for(self, condition):
        deadline = time.monotonic() + 60
        while not condition():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)


class TroubleTest(BatchTest):
    """Scripted servers, and servers that are not there."""

    def test_a_refused_login_stops_nobody_and_is_not_tried_again(self):
        users = {f"u{number}": f"right {number}" for number in range(6)}
        with FakeImap(users) as server:
            for user in users:
                self.make_archive(user)
            rows = [self.row(server, user, mailbox=user) for user in users]
            rows[2]["password"] = "wrong"
            columns = (*COLUMNS, "mailbox")
            self.write_csv(rows, columns)
            accounts = self.batch_report(code=77)
            self.assertEqual([one["verdict"] for one in accounts].count("complete"), 5)
            self.assertEqual(accounts[2]["verdict"], "failed")
            self.assertEqual(self.attempts(server, "u2"), 1)
            self.assert_code(self.batch(), 77)
            self.assertEqual(self.attempts(server, "u2"), 1)
            self.assert_code(self.batch("--retry-failed"), 77)
            self.assertEqual(self.attempts(server, "u2"), 2)
            rows[2]["password"] = users["u2"]
            self.write_csv(rows, columns)
            self.assert_code(self.batch(), 0)
            for user in users:
                self.assertEqual(len(server.bodies(user)), len(self.wanted[user]))
            self.assertEqual([self.attempts(server, user) > 0 for user in users], [True] * 6)

    def test_a_refused_message_is_told_at_the_end(self):
        users = {"u0": "p0", "u1": "p1", "u2": "p2"}
        for user in users:
            self.make_archive(user, 15)
        sizes = [one.size for wanted in self.wanted.values() for one in wanted]
        culprit = next(one for one in self.wanted["u1"] if sizes.count(one.size) == 1)
        refusing = True
        with FakeImap(users, on_append=lambda head: Refusal("NO", "too odd")
                      if refusing and head.size == culprit.size else None) as server:
            self.write_csv([self.row(server, user, mailbox=user) for user in users],
                           (*COLUMNS, "mailbox"))
            accounts = self.batch_report(code=3)
            self.assertEqual([one["verdict"] for one in accounts],
                             ["complete", "refused", "complete"])
            self.assertEqual(len(accounts[1]["refused"]), 1)
            self.assert_code(self.batch(), 3)
            refusing = False
            self.assert_code(self.batch("--retry-failed"), 0)
            self.assertEqual(len(server.bodies("u1")), 15)

    def test_an_archive_without_mail_fails_alone(self):
        users = {"u0": "p0", "u1": "p1"}
        with FakeImap(users) as server:
            self.make_archive("u0")
            (self.folder / "u1.mbox").write_bytes(b"\x7fELF" + bytes(range(256)) * 40)
            self.write_csv([self.row(server, user, mailbox=user) for user in users],
                           (*COLUMNS, "mailbox"))
            accounts = self.batch_report(code=1)
            self.assertEqual([one["verdict"] for one in accounts], ["complete", "failed"])

    def test_a_server_that_is_down_is_left_alone_and_stops_nobody(self):
        count = 20
        users = {f"d{number:02}": "right" for number in range(count)}
        with FakeImap({"up": "right", **users}) as server, ClosedDoor() as door:
            for user in server.users:
                self.make_archive(user, 5)
            rows = [self.row(server, "up", mailbox="up")]
            rows += [self.row(server, user, mailbox=user, port=door.port) for user in users]
            self.write_csv(rows, (*COLUMNS, "mailbox"))
            accounts = self.batch_report("--accounts-at-once=3", code=75)
            self.assertEqual(accounts[0]["verdict"], "complete")
            self.assertEqual({one["verdict"] for one in accounts[1:]}, {"unfinished"})
            # Each turn of an account is three tries; with a turn for each it would be 60 and more.
            self.assertLess(door.knocks, 40)
            self.write_csv([self.row(server, user, mailbox=user) for user in server.users],
                           (*COLUMNS, "mailbox"))
            self.assert_code(self.batch(), 0)
            for user in server.users:
                self.assertEqual(len(server.bodies(user)), len(self.wanted[user]))

    def test_no_password_is_anywhere(self):
        secrets = {"u0": "Kv7-qqLm2x", "u1": "a;b,\"c\" Zp4", "u2": "Wd9 bl@nks %20"}
        wrong = "Nope5-xyzzy"
        with FakeImap(secrets) as server:
            for user in secrets:
                self.make_archive(user)
            rows = [self.row(server, user, mailbox=user) for user in secrets]
            columns = (*COLUMNS, "mailbox")
            for styles in (["--progress=json"], ["--progress=plain"], ["--dry-run"]):
                self.write_csv(rows, columns)
                self.assert_code(self.batch("--log-dir", self.folder / "logs", "--report-json",
                                            "report.json", *styles), 0)
            self.write_csv([{**rows[0], "password": wrong}, *rows[1:]], columns)
            self.batch("--log-dir", self.folder / "logs", "--retry-failed")
            # And in errors: the cell in the wrong column, a broken quote behind it.
            self.write_bytes(f'archive,user,password\n{wrong},u0,"{wrong}\n'.encode())
            self.batch()
            self.assertTrue(list((self.folder / "logs").iterdir()))
            logins = [base64.b64encode(f"\0{user}\0{password}".encode()).decode()
                      for user, password in secrets.items()]
            self.assert_absent([*secrets.values(), wrong, *logins])

    def assert_absent(self, secrets):
        self.csv.unlink()
        texts = {str(outcome.arguments): (outcome.out + outcome.err).encode()
                 for outcome in self.outcomes}
        texts.update({str(path): path.read_bytes()
                      for path in self.folder.rglob("*") if path.is_file()})
        self.assertGreater(len(texts), 10)
        for name, text in texts.items():
            for secret in secrets:
                self.assertNotIn(secret.encode(), text, name)

    @staticmethod
    def attempts(server, user):
        return [name for name, _ in server.logins].count(user)


class FormatTest(BatchTest):
    """Everything that spreadsheets and other programs write."""

    USERS = {"eins": "geh,eim", "zwei": 'mit "Zitat"', "drei": "semi;kolon"}

    def setUp(self):
        super().setUp()
        self.server = self.enterContext(FakeImap(self.USERS))
        for user in self.USERS:
            self.make_archive(user, 3)

    def assert_read(self, *more):
        accounts = self.batch_report("--dry-run", *more)
        self.assertEqual([one["user"] for one in accounts], list(self.USERS))
        self.assertEqual({one["go"] for one in accounts}, {True})
        self.assertEqual(dict(self.server.logins[-3:]),
                         {user: password.encode() for user, password in self.USERS.items()})

    def rows(self):
        return [self.row(self.server, user) for user in self.USERS]

    def test_commas_or_semicolons_with_either_line_end_and_a_mark(self):
        for separator in (",", ";"):
            for line_end in ("\n", "\r\n"):
                for prefix in (b"", b"\xef\xbb\xbf"):
                    with self.subTest(separator=separator, line_end=line_end, prefix=prefix):
                        self.write_csv(self.rows(), separator=separator, line_end=line_end,
                                       prefix=prefix)
                        self.assert_read()

    def test_empty_lines_and_no_line_end_at_the_end(self):
        self.write_csv(self.rows())
        lines = self.csv.read_bytes().splitlines()
        self.write_bytes(b"\n\n".join([*lines[:2], b"", *lines[2:]]))
        self.assert_read()

    def test_names_of_columns_in_any_case(self):
        rows = [{key.upper(): value for key, value in row.items()} for row in self.rows()]
        self.write_csv(rows, [column.upper() for column in COLUMNS])
        self.assert_read()
        rows = [{key.replace("_", "-"): value for key, value in row.items()}
                for row in self.rows()]
        self.write_csv(rows, [column.replace("_", "-") for column in COLUMNS])
        self.assert_read()

    def test_microsofts_header(self):
        # The archive is called as the address, or as the user where there is no such file.
        (self.folder / "mail").mkdir()
        for user in self.USERS:
            (self.folder / f"{user}.mbox").rename(self.folder / "mail" / f"{user}@neu.example.mbox")
        (self.folder / "mail/drei@neu.example.mbox").rename(self.folder / "mail/drei.mbox")
        self.write_csv([{"EmailAddress": f"{user}@neu.example", "UserName": user,
                         "Password": password} for user, password in self.USERS.items()],
                       ("EmailAddress", "UserName", "Password"))
        self.assert_read("--archives-in", self.folder / "mail", "--host", "localhost", "--port",
                         self.server.port, "--ca-file", self.server.ca_file)

    def test_a_password_in_quotes_keeps_its_blanks(self):
        self.assert_password_arrives(b',"  front, and back  ",')

    def test_a_password_without_quotes_keeps_its_blanks(self):
        self.assert_password_arrives(b",  front and back  ,")

    def assert_password_arrives(self, cell):
        password = cell[1:-1].strip(b'"')
        self.server.users["eins"] = password.decode()
        self.write_csv(self.rows())
        self.assertIn(cell, self.csv.read_bytes())
        self.batch("--dry-run")
        self.assertIn(("eins", password), self.server.logins)


class ClosedDoor:
    """A port where everybody who comes is sent away; `knocks` counts them."""

    def __enter__(self):
        self.knocks = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._send_away, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._listener.close()

    def _send_away(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.knocks += 1
            connection.close()


if __name__ == "__main__":
    unittest.main()
