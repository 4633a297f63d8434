# SPDX-License-Identifier: Apache-2.0
# tools/soak: reads the command line, runs the jobs, says what came out.

import argparse
import secrets
import signal
import sys

from .odd import KINDS
from .run import Options, Soak
from .servers import available


def read_options(arguments):
    parser = argparse.ArgumentParser(
        prog="tools/soak", description="Migrates random archives into real servers under random"
        " faults, and compares what arrived. Ends with 1 if anything was lost, doubled or altered."
        " Ctrl-C lets the jobs at work end.")
    parser.add_argument("--jobs", type=int, help="stop after so many (100, without --minutes)")
    parser.add_argument("--minutes", type=float, help="begin no more jobs after this time")
    parser.add_argument("--seed", help="what all chance comes from; a new one is made and told")
    parser.add_argument("--server", default=",".join(available()), 
                        help="of dovecot, cyrus and courier, all that are here")
    parser.add_argument("--at-once", type=int, default=16, help="jobs side by side (16)")
    parser.add_argument("--messages", default="20-300", help="of an archive, LEAST-MOST (20-300)")
    parser.add_argument("--only", type=int, help="repeat the job of this number")
    parser.add_argument("--odd", default="", metavar="KINDS",
                        help=f"servers that behave oddly, one kind a job: {','.join(KINDS)}")
    given = parser.parse_args(arguments)
    servers = [name for name in given.server.split(",") if name]
    missing = sorted(set(servers) - set(available()))
    if missing or not servers:
        parser.error(f"not on this machine: {', '.join(missing) or 'any server'}")
    odd = tuple(kind for kind in given.odd.split(",") if kind)
    if set(odd) - set(KINDS):
        parser.error(f"--odd takes {','.join(KINDS)}")
    if odd and "courier" in servers:  # reads no literal that nobody waits for
        servers.remove("courier")
        if not servers:
            parser.error("--odd needs dovecot or cyrus")
    try:
        low, high = map(int, given.messages.split("-"))
    except ValueError:
        parser.error("--messages takes two numbers, as in 20-300")
    jobs = given.jobs if given.jobs or given.minutes else 100
    return Options(seed=given.seed or secrets.token_hex(4), servers=servers, jobs=jobs,
                   minutes=given.minutes, at_once=max(1, given.at_once),
                   messages=(max(low, 2), max(low, 2, high)), only=given.only, odd=odd)


def main(arguments=None) -> int:
    options = read_options(arguments)
    print(f"seed {options.seed}, {', '.join(options.servers)}", flush=True)
    soak = Soak(options, lambda line: print(line, flush=True))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: soak.stopped.set())
    totals = soak.run()
    print(totals.line(), flush=True)
    for result in totals.failed:
        print(f"failed: job {result.number}; again: {options.command(result.number)}")
    if totals.failed:
        print(f"the failed jobs are kept in {soak.folder}")
    return 1 if totals.failed else 0


if __name__ == "__main__":
    sys.exit(main())
