# SPDX-License-Identifier: Apache-2.0
# tools/mutants: for each mutant a copy of the tree, a release build of it, and the test that must fail.

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from .protections import MUTANTS

ROOT = pathlib.Path(__file__).resolve().parents[2]


def copy_sources(tree):
    """What git tracks; files that are the same already keep their times, so that little is built."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    for name in filter(None, listed.stdout.decode().split("\0")):
        source, copy = ROOT / name, tree / name
        if copy.exists() and copy.read_bytes() == source.read_bytes():
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, copy)


def build(tree, targets):
    """Builds in the tree's own folder; the objects of unchanged files stay from mutant to mutant."""
    for command in (["cmake", "--preset", "release", "-DBUILD_TESTING=ON"],
                    ["cmake", "--build", "--preset", "release", "--target", "mboxferry", *targets]):
        done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout[-3000:]}{done.stderr}")


def passes(tree, test) -> bool:
    folder, _, name = test.partition("/")
    if folder == "unit":
        program, _, case = name.partition(" ")
        # To Catch2 a comma stands between two patterns; with -w, a name of no case fails.
        command = [f"build/release/bin/{program}", "-w", "NoTests",
                   case.replace(",", "\\,")]
        cwd, env = tree, os.environ
    else:
        command, cwd = [sys.executable, "-B", "-m", "unittest", name], tree / "tests" / folder
        env = {**os.environ, "PYTHONPATH": "..", "MBOXFERRY": str(tree / "build/release/bin/mboxferry")}
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if done.returncode == 0 and "skipped=" in done.stderr:
        raise SystemExit(f"{test} skips here, and so shows nothing:\n{done.stderr[-1000:]}")
    return done.returncode == 0


def targets_of(test):
    """What has to be built for a test, besides the program."""
    folder, _, name = test.partition("/")
    if folder == "unit":
        return [name.split(" ")[0]]
    return ["power_loss"] if name.startswith("test_power_loss") else []


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="tools/mutants", description="Switches each protection of exactly once off in a copy of"
        " the source, builds it as users do, and runs the test that must notice.")
    parser.add_argument("names", nargs="*", help="of mutants; all without any")
    parser.add_argument("--folder", help="where to build (kept); else a new one that is removed")
    given = parser.parse_args()
    chosen = [one for one in MUTANTS if not given.names or one.name in given.names]
    if not chosen:
        parser.error("known mutants: " + ", ".join(one.name for one in MUTANTS))
    tree = pathlib.Path(given.folder or tempfile.mkdtemp(prefix="mf-mutants-"))
    tree.mkdir(exist_ok=True)
    unnoticed = 0
    try:
        copy_sources(tree)
        for mutant in chosen:
            with mutant.applied(tree):
                build(tree, targets_of(mutant.test))
                noticed = not passes(tree, mutant.test)
            unnoticed += not noticed
            print(f"{mutant.name}: {'noticed by' if noticed else 'NOT noticed by'} {mutant.test}",
                  flush=True)
            build(tree, targets_of(mutant.test))
            if not passes(tree, mutant.test):
                unnoticed += 1
                print(f"{mutant.name}: {mutant.test} fails without the mutant as well", flush=True)
    finally:
        if not given.folder:
            shutil.rmtree(tree, ignore_errors=True)
    print(f"{len(chosen)} mutants, {unnoticed} not noticed")
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main())
