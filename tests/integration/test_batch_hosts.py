# SPDX-License-Identifier: Apache-2.0
# How many accounts are at work at one server, as the servers themselves saw it.

import re
import unittest

from support.batch import BatchTest
from support.dovecot import Dovecot

AT_ONCE, PER_HOST = 6, 2
LINE = re.compile(rb"(?m)^(\d+\.\d{6}) \S+ (\S+)")


def span(server, user):
    """When the server got the first of a user's commands and the last that was answered before the
    client went on: a LOGOUT may be read late."""
    times = [float(time) for path in (server.folder / "rawlog" / user).glob("*.in")
             for time, command in LINE.findall(path.read_bytes()) if command.upper() != b"LOGOUT"]
    return min(times), max(times)


def most_at_once(spans):
    return max(sum(begin <= moment <= end for begin, end in spans) for moment, _ in spans)


class AccountsPerHostTest(BatchTest):
    def setUp(self):
        super().setUp()
        self.servers = []
        for name in ("one", "two"):
            users = {f"{name}{number}": f"of {name}{number}" for number in range(5)}
            self.servers.append(self.enterContext(Dovecot(users, rawlog=True)))
        # All of one server in front, so that they would take every place.
        rows = []
        for server in self.servers:
            for user in server.users:
                self.make_archive(user, 20, kinds=["plain"])
                rows.append(self.row(server, user))
        self.write_csv(rows)

    def spans(self, *options):
        self.assert_code(self.batch(f"--accounts-at-once={AT_ONCE}", "--order=csv",
                                    "--max-messages-per-second=20", *options), 0)
        return [[span(server, user) for user in server.users] for server in self.servers]

    def test_no_server_has_more_and_the_other_has_its_own(self):
        first, second = self.spans(f"--accounts-per-host={PER_HOST}")
        self.assertEqual([most_at_once(one) for one in (first, second)], [PER_HOST, PER_HOST])
        self.assertEqual(most_at_once(first + second), 2 * PER_HOST)
        for server in self.servers:
            self.assert_all_there(server, server.users)

    def test_without_a_limit_the_servers_share_all_places(self):
        first, second = self.spans()
        self.assertGreater(max(most_at_once(first), most_at_once(second)), PER_HOST)
        self.assertLessEqual(most_at_once(first + second), AT_ONCE)


if __name__ == "__main__":
    unittest.main()
