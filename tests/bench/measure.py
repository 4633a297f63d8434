# SPDX-License-Identifier: Apache-2.0
# Runs a command and says what it took.
"""Wall clock, processor time and peak memory of a whole process, and what machine it was."""

import os
import pathlib
import resource
import signal
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass


@dataclass
class Run:
    """What one run took."""

    seconds: float
    cpu_seconds: float  # user and system, of all threads
    peak_kib: int


def run(command, stdin=b"", **more):
    """A Run of `command`, whose output is thrown away; it must succeed. It has no terminal.
    `more`: env, cwd."""
    with tempfile.NamedTemporaryFile("r") as told:
        # A small program of its own, because a child's peak counts what its parent had at the fork.
        wrapped = ["/usr/bin/time", "-f", "%M", "-o", told.name, *map(str, command)]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.perf_counter()
        code, errors = _wait(wrapped, stdin, more)
        seconds = time.perf_counter() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if code != 0:
            raise SystemExit(f"{command[0]} failed: {errors.decode(errors='replace')[-500:]}")
        peak = int(told.read())
    cpu_seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(seconds, cpu_seconds, peak)


def _wait(command, stdin, more):
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, start_new_session=True, **more) as process:
        try:
            errors = process.communicate(stdin)[1]
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return process.returncode, errors


def median(runs):
    """The median of each figure, and the highest peak."""
    return Run(statistics.median(one.seconds for one in runs),
               statistics.median(one.cpu_seconds for one in runs),
               max(one.peak_kib for one in runs))


def machine():
    """Processor, number of processors and load, for the head of a table."""
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":", 1)[1].strip() for line in lines
                  if line.startswith("model name")), "unknown processor")
    openssl = subprocess.run(["openssl", "version"], capture_output=True, text=True, check=True)
    version = " ".join(openssl.stdout.split()[:2])
    load = os.getloadavg()[0]
    return f"{model}, {os.cpu_count()} processors, {version}, load average {load:.1f} at the start"
