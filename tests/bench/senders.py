# SPDX-License-Identifier: Apache-2.0
"""tools/bench senders: messages judged per second by sender lists of three sizes, against a loop of
fnmatch(3) and RE2::Set (libre2-dev), in one run; and what a list of 100,000 entries adds to reading
an archive."""

import os
import pathlib
import resource
import subprocess
import sys
import tempfile

from support import archives

PROGRAM = pathlib.Path(os.environ.get("MBOXFERRY", "build/release/bin/mboxferry"))


def user_seconds(arguments):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    if "--help" in sys.argv:
        print(__doc__)
        return 0
    done = subprocess.run([PROGRAM.resolve().with_name("sender_matches")], check=False)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        archives.make(folder / "a.mbox", 20_000, seed=1)
        (folder / "one").write_text("user@x.example\n")
        (folder / "many").write_text("".join(
            f"user{i}@x{i}.example\n*@d{i}.example\n*@*.s{i}.example\ntoto*@t{i}.example\n"
            for i in range(25_000)))
        for name in ("one", "many"):
            check = [PROGRAM, "senders", "check", "--senders", folder / name]
            load = min(user_seconds(check) for _ in range(5))
            whole = min(user_seconds([*check, folder / "a.mbox"]) for _ in range(5))
            print(f"list '{name}': loading {load:.3f} s of CPU, 20,000 messages {whole - load:.3f} s")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
