# SPDX-License-Identifier: Apache-2.0
# Servers that refuse or are not there, archives without mail: an account's trouble stops no other.

import base64
import socket
import threading
import unittest

from support.batch import COLUMNS, BatchTest
from support.fake_imap import FakeImap, Refusal


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
