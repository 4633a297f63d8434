# SPDX-License-Identifier: Apache-2.0
# An archive that another program appends to without pause: what stands is stored, and it is told.

import contextlib
import threading
import unittest

from support import archives
from support.dovecot import Dovecot
from support.dovecot_test import WithDovecot
from support.program import ProgramTest

COUNT = 400
NEW = (b"From a@b.c Tue Jan  1 00:00:%02d 2019\nMessage-ID: <new%d@example>\nSubject: new %d\n\n"
       b"the %d. line of a message that comes while the job runs\n\n")


class GrowingTest(WithDovecot, ProgramTest):
    @classmethod
    def new_server(cls):
        return Dovecot(separator="/")

    def setUp(self):
        super().setUp()
        self.archive = self.folder / "mail.mbox"
        self.wanted = archives.make(self.archive, COUNT)

    @contextlib.contextmanager
    def written_without_pause(self, path):
        """Every write changes the file, and each second one ends within a message."""
        stop = threading.Event()
        written = []

        def write():
            with open(path, "ab", buffering=0) as file:
                while not stop.is_set() or len(written) % 2:
                    number = len(written)
                    text = NEW % (number // 2 % 60, number // 2, number // 2, number // 2)
                    half = len(text) // 2
                    file.write(text[half:] if number % 2 else text[:half])
                    written.append(number)
                    stop.wait(0.002)
        thread = threading.Thread(target=write)
        thread.start()
        try:
            yield written
        finally:
            stop.set()
            thread.join()

    def stored(self):
        return list(self.server.fetch_all(mailbox="Mail"))

    def test_what_stands_is_stored_and_the_rest_by_the_next_run(self):
        with self.written_without_pause(self.archive) as written:
            outcome = self.migrate(self.server, self.archive, "Mail", "--report-json", "report.json")
        # On a busy machine the writer may not come in between; unit/transfer/test_cut_short.cc does.
        self.assertIn(outcome.code, (0, 3), str(outcome))
        if outcome.code == 3:
            self.assertIn("is written to without pause", outcome.err)
            self.assertEqual(self.report()["accounts"][0]["verdict"], "incomplete")
        first = self.stored()
        self.assertGreaterEqual(len(first), COUNT)
        self.assertEqual({one.key() for one in self.wanted} -
                         {archives.fetched_as_expected(one).key() for one in first}, set())
        self.assertLessEqual(len(first) - COUNT, len(written) // 2)
        outcome = self.migrate(self.server, self.archive, "Mail")
        self.assert_code(outcome, 0)
        bodies = [one.body for one in self.stored()]
        self.assertEqual(len(bodies), COUNT + len(written) // 2)
        self.assertEqual(len(set(bodies)), len(bodies))
        news = {body for body in bodies if b"Subject: new" in body}
        self.assertEqual(news, {archives.to_wire((NEW % (n % 60, n, n, n)).split(b"\n", 1)[1][:-1])
                                for n in range(len(written) // 2)})

    def test_a_writer_that_has_stopped_leaves_nothing_behind(self):
        with self.written_without_pause(self.archive):
            self.migrate(self.server, self.archive, "Mail")
        for code in (0, 0):
            outcome = self.migrate(self.server, self.archive, "Mail")
            self.assert_code(outcome, code)


if __name__ == "__main__":
    unittest.main()
