# SPDX-License-Identifier: Apache-2.0
# What tools/bench upload counts and how its line delays; how fast things are is no test.

import argparse
import contextlib
import json
import pathlib
import re
import socket
import subprocess
import sys
import threading
import time
import types
import unittest

from bench import upload_options, upload_table
from bench.upload_contenders import ceilings
from bench.upload_peers import first_messages
from bench.upload_place import line_to, make_corpus
from bench.upload_table import Run
from support.program import PROGRAM, ROOT, ProgramTest, environment

MEGABYTE = 1_000_000


def run_of(who, number, seconds, *, messages=100, cpu=0.1, login=0.5, peak=2048):
    ceiling = who.startswith("ceiling")
    return Run(who, number, messages, messages * 10_000, seconds,
               seconds + login if ceiling else seconds, cpu, 0 if ceiling else peak, ceiling,
               journal_bytes=0 if ceiling else messages * 90)


class TableTest(unittest.TestCase):
    RUNS = [run_of("ceiling, slow", 0, 4), run_of("ceiling, fast", 0, 2),
            run_of("mboxferry", 0, 2.5, peak=3072), run_of("mutt", 0, 5, messages=10),
            run_of("ceiling, slow", 1, 1), run_of("ceiling, fast", 1, 2),
            run_of("mboxferry", 1, 2, peak=2048), run_of("mutt", 1, 5, messages=10),
            run_of("ceiling, slow", 2, 4), run_of("ceiling, fast", 2, 1.5),
            run_of("mboxferry", 2, 9), run_of("mutt", 2, 5, messages=10)]

    def cells(self, who):
        line = next(line for line in upload_table.table(self.RUNS).splitlines()
                    if line.startswith(f"| {who}"))
        return [cell.strip() for cell in line.strip("|").split("|")]

    def test_the_best_median_is_the_ceiling(self):
        self.assertEqual(self.cells("**ceiling, fast**")[5], "1.000")
        self.assertEqual(self.cells("ceiling, slow")[5], "0.500")

    def test_medians_and_ratios_of_rates(self):
        self.assertEqual(self.cells("mboxferry"),
                         ["mboxferry", "100", "2.50", "40", "0.4", "0.800", "1.000", "1.00",
                          "100.00", "3.0"])

    def test_a_part_of_the_archive_compares_by_its_rate(self):
        self.assertEqual(self.cells("mutt")[3:8], ["2", "0.0", "0.040", "0.050", "20.00"])

    def test_rounds_are_compared_one_by_one(self):
        self.assertIn("median 0.800, lowest 0.167, highest 1.000",
                      upload_table.remarks(self.RUNS))
        self.assertIn("90 bytes a message", upload_table.remarks(self.RUNS))

    def test_without_a_ceiling_there_is_no_ratio(self):
        line = upload_table.table([run_of("mutt", 0, 5)]).splitlines()[-1]
        self.assertIn("| 0.2 |  |  |  |", line)
        self.assertEqual(upload_table.remarks([run_of("mutt", 0, 5)]), "")


class OptionsTest(unittest.TestCase):
    def test_lists_and_units(self):
        options = upload_options.parser().parse_args(
            ["--delay", "0,12.5", "--cap", "100M", "--server", "cyrus", "--grid", "32x4,1x128",
             "--peers", "none"])
        self.assertEqual(options.delay, [0, 12.5])
        self.assertEqual(options.cap, 1e8)
        self.assertEqual(options.server, ["cyrus"])
        self.assertEqual(options.grid, [(32, 4), (1, 128)])
        self.assertEqual(options.peers, [])

    def test_an_unknown_peer_is_refused(self):
        with self.assertRaises(argparse.ArgumentTypeError):
            upload_options.peers("mutt,pigeon")

    def test_what_is_tried_as_ceiling_follows_the_mode(self):
        def names(*arguments):
            return [one.name for one in ceilings(*arguments)]
        self.assertEqual(names("synchronizing", "small", 20, 1),
                         ["ceiling, synchronizing k=1 w=1 c=1"])
        self.assertTrue(all(" k=1 " in one for one in names("literal-plus", "mixed", 0, 1)))
        self.assertEqual(names("multiappend", "mixed", 0, 4, [(8, 3)]),
                         ["ceiling, multiappend k=8 w=3 c=4"])


class CorpusTest(ProgramTest):
    def test_archives_are_divided_over_mailboxes_and_kept(self):
        corpus = make_corpus(self.folder, "small", 9, 3)
        subjects = [re.findall(rb"(?m)^Subject: upload (\d+)$", file.read_bytes())
                    for file in corpus.files]
        self.assertEqual(subjects, [[b"0", b"1", b"2"], [b"3", b"4", b"5"], [b"6", b"7", b"8"]])
        self.assertEqual(corpus.archive(), corpus.folder)
        before = [file.stat().st_mtime_ns for file in corpus.files]
        make_corpus(self.folder, "small", 9, 3)
        self.assertEqual([file.stat().st_mtime_ns for file in corpus.files], before)

    def test_peers_get_the_first_messages(self):
        file = make_corpus(self.folder, "small", 5).files[0]
        part = first_messages(file, 2)
        self.assertEqual(part.count(b"\nSubject: upload "), 2)
        self.assertTrue(file.read_bytes().startswith(part + b"From "))


@contextlib.contextmanager
def echo_server():
    """Says back what it hears; gives something with its port as `tls_port`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def serve():
            with contextlib.suppress(OSError):
                while True:
                    client = listener.accept()[0]
                    threading.Thread(target=echo, args=(client,), daemon=True).start()
        threading.Thread(target=serve, daemon=True).start()
        yield types.SimpleNamespace(tls_port=listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)


def echo(client):
    with client:
        while piece := client.recv(65536):
            client.sendall(piece)


def say(client, data):
    """Sends and receives at once; returns what came and the seconds it took."""
    start = time.monotonic()
    sender = threading.Thread(target=client.sendall, args=(data,))
    sender.start()
    heard = b""
    while len(heard) < len(data):
        piece = client.recv(65536)
        if not piece:
            break
        heard += piece
    sender.join()
    return heard, time.monotonic() - start


class DelayLineTest(ProgramTest):
    def client(self, round_trip_ms, bits_per_second=0):
        server = self.enterContext(echo_server())
        port = self.enterContext(line_to(server, round_trip_ms, bits_per_second))
        return self.enterContext(socket.create_connection(("127.0.0.1", port), timeout=30))

    def test_the_first_bytes_take_two_round_trips_and_all_others_one(self):
        client = self.client(100)
        heard, first = say(client, b"hello")
        self.assertEqual(heard, b"hello")
        self.assertGreater(first, 0.19)
        self.assertGreater(say(client, b"again")[1], 0.099)

    def test_bytes_arrive_unchanged_however_many_are_on_their_way(self):
        data = bytes(range(251)) * 40_000
        heard, seconds = say(self.client(20), data)
        self.assertEqual(heard, data)
        self.assertGreater(seconds, 0.039)

    def test_a_cap_holds_the_sender_up(self):
        _, seconds = say(self.client(0, 8e6), b"x" * (MEGABYTE // 2))
        self.assertGreater(seconds, 0.49)

    def test_the_end_of_one_side_reaches_the_other_after_the_last_bytes(self):
        client = self.client(50)
        client.sendall(b"last words")
        client.shutdown(socket.SHUT_WR)
        self.assertEqual(client.recv(100), b"last words")
        self.assertEqual(client.recv(100), b"")


class UploadTest(ProgramTest):
    def test_a_table_with_the_ceiling_mboxferry_and_a_peer(self):
        done = subprocess.run(
            [sys.executable, "-B", "-m", "bench.upload", "--server=dovecot", "--corpus=small",
             "--delay=4", "--rounds=1", "--scale=0.002", "--peers=imaplib", "--grid=8x4",
             f"--json={self.folder}/runs.json", f"--store={self.folder}"],
            capture_output=True, text=True, check=False, timeout=300, cwd=ROOT / "tests",
            env={**environment(self.folder), "MBOXFERRY": str(PROGRAM)})
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        for name in ("**ceiling, multiappend k=8 w=4 c=1**", "mboxferry", "imaplib"):
            self.assertRegex(done.stdout, re.escape(f"| {name} | 40 |") + r" [0-9.]+ \| ")
        table, = json.loads(pathlib.Path(self.folder, "runs.json").read_text())
        self.assertEqual(table["round_trip_ms"], 4)
        self.assertEqual([run["messages"] for run in table["runs"]], [40, 40, 40])


if __name__ == "__main__":
    unittest.main()
