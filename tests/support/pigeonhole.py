# SPDX-License-Identifier: Apache-2.0
# Pigeonhole's own sievec and sieve-test, from a folder that their package was unpacked into.
"""tools/lib/install.sh unpacks dovecot-sieve; the rest of Dovecot is installed."""

import os
import pathlib
import re
import subprocess

NOBODY = 65534


def pigeonhole_root():
    """The folder with the unpacked package, or None. MBOXFERRY_PIGEONHOLE_ROOT names another one."""
    return unpacked_with("usr/bin/sieve-test", "pigeonhole-*")


def unpacked_with(file, pattern):
    """The newest folder of that name in the caches that has the file, or None."""
    named = os.environ.get("MBOXFERRY_PIGEONHOLE_ROOT")
    cache = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    caches = [pathlib.Path("/var/cache/mboxferry"), pathlib.Path(cache) / "mboxferry"]
    folders = ([pathlib.Path(named)] if named else
               [one for place in caches for one in sorted(place.glob(pattern), reverse=True)])
    return next((one for one in folders if (one / file).exists()), None)


class Pigeonhole:
    """Compiles and runs scripts in a folder, which it makes readable for the user who runs them."""

    def __init__(self, folder):
        self.packages = pigeonhole_root()
        self.folder = folder
        os.chmod(folder, 0o755)
        self.mail = folder / "sieve-home"
        self.mail.mkdir()
        user = ""
        if os.getuid() == 0:  # it refuses to run as root
            os.chown(self.mail, NOBODY, NOBODY)
            user = f"mail_uid = {NOBODY}\nmail_gid = {NOBODY}\nfirst_valid_uid = 1\n"
        self.config = folder / "pigeonhole.conf"
        self.config.write_text("log_path = /dev/stderr\n"
                               "import_environment = $import_environment LD_LIBRARY_PATH\n"
                               f"mail_location = maildir:{self.mail}/Maildir\n{user}")

    def _run(self, program, *arguments):
        libraries = f"{self.packages}/usr/lib/dovecot:/usr/lib/dovecot"
        return subprocess.run([self.packages / "usr/bin" / program, "-c", self.config, *arguments],
                              capture_output=True, text=True, check=False, timeout=60,
                              env={**os.environ, "LD_LIBRARY_PATH": libraries})

    def compiled(self, script, *options):
        """The script where it is run, after checking that there is no error and no warning."""
        copy = self.mail / script.name
        copy.write_bytes(script.read_bytes())
        os.chmod(copy, 0o644)
        binary = copy.with_suffix(".svbin")
        done = self._run("sievec", *options, copy, binary)
        if done.returncode != 0 or done.stderr.strip():
            raise AssertionError(f"sievec: {done.returncode}\n{done.stderr}")
        os.chmod(binary, 0o644)
        return copy

    def filed(self, script, message, sender):
        """The mailbox that a message of this envelope sender goes to, and its keywords."""
        done = self._run("sieve-test", "-f", sender or "<>", "-r", "me@example.org", script, message)
        if done.returncode != 0:
            raise AssertionError(f"sieve-test: {done.returncode}\n{done.stderr}")
        folder = re.search(r"store message in folder: (.*)", done.stdout)[1]
        flags = re.search(r"add IMAP flags: (.*)", done.stdout)
        return folder, flags[1].split() if flags else []
