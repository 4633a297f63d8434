# SPDX-License-Identifier: Apache-2.0
# The demo's steps: scan, migrate, kill -9 half-way, status, resume, verify, compare, report.
"""Ends with 0 only if the mailbox equals the archive, message by message."""

import json
import pathlib
import shlex
import signal
import subprocess
import sys
import tempfile
import time

from support import archives
from support.dovecot import Dovecot
from support.proxy import Fault, Stall, TlsProxy

ROOT = pathlib.Path(__file__).resolve().parents[2]
ARCHIVE = ROOT / "fixtures" / "demo.mbox"


class Failed(Exception):
    pass


def say(text):
    print(f"\n== {text}", flush=True)


def shown(program, arguments):
    print("$ " + shlex.join(["mboxferry", *map(str, arguments)]), flush=True)
    return [str(program), *map(str, arguments)]


def run(program, *arguments, allowed=(0,)):
    done = subprocess.run(shown(program, arguments), timeout=300, check=False)
    if done.returncode not in allowed:
        raise Failed(f"{arguments[0]} ended with {done.returncode}")


def kill_half_way(program, arguments, stall):
    """Runs until the connection has stalled with part of the mail through, then kill -9."""
    process = subprocess.Popen(shown(program, arguments))
    try:
        if not stall.stalled.wait(60):
            raise Failed("the migration did not get half-way")
    finally:
        process.send_signal(signal.SIGKILL)
        code = process.wait()
    if code != -signal.SIGKILL:
        raise Failed(f"the migration ended with {code} before it could be killed")


def demo(program, folder):
    wanted = archives.make(folder / "same.mbox", 300, seed=2, copies=6, body_bytes=(40, 3200))
    if (folder / "same.mbox").read_bytes() != ARCHIVE.read_bytes():
        raise Failed("fixtures/demo.mbox is not what the generator makes")
    say(f"Scanning {ARCHIVE.name}: nothing is sent, no server is needed")
    run(program, "scan", ARCHIVE)

    # Behind the first batch and inside the second.
    stall = Stall(sum(one.size + 60 for one in wanted[:275]))
    with Dovecot({"demo": "demo password"}) as server, \
            TlsProxy(server, lambda number: stall if number == 0 else Fault()) as proxy:
        trust = ["--password-file", server.password_file(), "--ca-file", server.ca_file]
        journal, report = folder / "demo.journal", folder / "report.json"
        command = ["migrate", ARCHIVE, "--to", server.url("Demo", port=proxy.port), *trust,
                   "--journal", journal, "--report-json", report, "--progress=plain"]

        say("Migrating into a private Dovecot, and kill -9 half-way")
        kill_half_way(program, command, stall)
        time.sleep(1)  # the server goes on with what it has
        print(f"killed; the mailbox holds {server.count(mailbox='Demo')} of {len(wanted)} messages")

        say("What the journal knows")
        run(program, "status", journal)

        say("The same command again resumes")
        run(program, *command)

        say("Verifying: every message is read back")
        run(program, "verify", journal, "--full", "--accept-journal-target", *trust)

        say("Comparing the mailbox with the archive, without mboxferry")
        problems = archives.differences(wanted, server.fetch_all(mailbox="Demo"), in_order=False)
        for problem in problems:
            print(problem)
        if problems:
            raise Failed(f"{len(problems)} differences")
        print(f"all {len(wanted)} messages are there once, with their bytes, dates and flags")

        say("The report")
        print(json.dumps(json.loads(report.read_text()), indent=2))


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    try:
        with tempfile.TemporaryDirectory(prefix="mf-demo-") as folder:
            demo(program, pathlib.Path(folder))
    except Failed as failure:
        print(f"demo failed: {failure}", file=sys.stderr)
        return 1
    print("\ndemo: all steps succeeded")
    return 0


if __name__ == "__main__":
    sys.exit(main())
