# SPDX-License-Identifier: Apache-2.0
# Private BIND and Knot: authoritative servers on a loopback port that take signed updates.
"""Their packages are unpacked by tools/lib/install.sh and never installed."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import time

from .imap_server import free_ports
from .pigeonhole import unpacked_with

KEY = ("update-key", "hmac-sha256", "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI=")


def bind_root():
    return unpacked_with("usr/bin/nsupdate", "bind-*")


def knot_root():
    return unpacked_with("usr/sbin/knotd", "knot-*")


def key_text(name=KEY[0], algorithm=KEY[1], secret=KEY[2]):
    """As tsig-keygen writes it."""
    return f'key "{name}" {{\n\talgorithm {algorithm};\n\tsecret "{secret}";\n}};\n'


def run_tool(tool, *arguments, **options):
    """dig or nsupdate, of BIND."""
    root = bind_root()
    return subprocess.run([root / "usr/bin" / tool, *map(str, arguments)], text=True, timeout=60,
                          capture_output=True, check=False, env=_environment(root), **options)


def _environment(root):
    libraries = root / "usr/lib/x86_64-linux-gnu"
    return {**os.environ, "LD_LIBRARY_PATH": str(libraries if libraries.is_dir() else
                                                 next((root / "usr/lib").glob("*-linux-*")))}


class NameServer:
    """zones: {name: text of a zone file}. Its zones are listed for the key alone."""

    def __init__(self, zones):
        self.zones = zones
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mf-dns-"))
        self.port, = free_ports(1)
        self.key_file = self.folder / "update.key"
        self.key_file.write_text(key_text())
        self.key_file.chmod(0o600)

    @property
    def place(self):
        return f"127.0.0.1:{self.port}"

    def __enter__(self):
        for name, text in self.zones.items():
            (self.folder / f"{name}.zone").write_text(text)
        self._log = (self.folder / "log").open("w")
        self._process = subprocess.Popen(self._command(), env=_environment(self.root()),
                                         cwd=self.folder, stdout=self._log, stderr=self._log)
        last = next(reversed(self.zones))
        deadline = time.monotonic() + 30
        while "NOERROR" not in self.dig("SOA", last, "+comments", short=False, check=False):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"no name server: {(self.folder / 'log').read_text()}")
            time.sleep(0.05)
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(30)
        self._log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def dig(self, type_, name, *options, short=True, check=True):
        done = run_tool("dig", "@127.0.0.1", "-p", self.port, "+tcp", "+norecurse", "+time=5",
                        "+tries=1", *(["+short"] if short else []), *options, "-t", type_, name)
        if check and done.returncode != 0:
            raise AssertionError(f"dig: {done.stdout}{done.stderr}")
        return done.stdout

    def listing(self, zone):
        """All records but the SOA, whose serial counts changes: sorted lines."""
        text = self.dig("AXFR", zone, "-k", self.key_file, "+noall", "+answer", "+nocmd",
                        short=False)
        lines = {" ".join(line.split()) for line in text.splitlines() if line.strip()}
        found = sorted(line for line in lines if " SOA " not in line and " TSIG " not in line)
        if not found:
            raise AssertionError(f"the zone cannot be listed: {text}")
        return found

    def update(self, zone, *lines):
        """As another administrator would do it, through nsupdate."""
        script = "\n".join([f"server 127.0.0.1 {self.port}", f"zone {zone}", *lines, "send", ""])
        self.run_script(script)

    def run_script(self, script):
        done = run_tool("nsupdate", "-v", "-k", self.key_file, input=script)
        if done.returncode != 0:
            raise AssertionError(f"nsupdate: {done.stdout}{done.stderr}")


class Bind(NameServer):
    root = staticmethod(bind_root)

    def _command(self):
        zones = "\n".join(f'zone "{name}" {{ type primary; file "{self.folder}/{name}.zone"; '
                          f'allow-update {{ key "{KEY[0]}"; }}; '
                          f'allow-transfer {{ key "{KEY[0]}"; }}; }};' for name in self.zones)
        (self.folder / "named.conf").write_text(f"""
include "{self.key_file}";
controls {{}};
options {{
  directory "{self.folder}";
  listen-on port {self.port} {{ 127.0.0.1; }};
  listen-on-v6 {{ none; }};
  pid-file none;
  session-keyfile none;
  lock-file none;
  recursion no;
  notify no;
  dnssec-validation no;
}};
{zones}
""")
        return [self.root() / "usr/sbin/named", "-g", "-n", "1", "-c", self.folder / "named.conf"]


class Knot(NameServer):
    root = staticmethod(knot_root)

    def _command(self):
        zones = "\n".join(f"  - domain: {name}\n    file: {self.folder}/{name}.zone\n"
                          f"    acl: changes\n    zonefile-sync: -1" for name in self.zones)
        (self.folder / "knot.conf").write_text(f"""
server:
    rundir: {self.folder}
    listen: 127.0.0.1@{self.port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
key:
  - id: {KEY[0]}
    algorithm: {KEY[1]}
    secret: {KEY[2]}
acl:
  - id: changes
    key: {KEY[0]}
    action: [update, transfer]
database:
    storage: {self.folder}
log:
  - target: stderr
    any: info
zone:
{zones}
""")
        return [self.root() / "usr/sbin/knotd", "-c", self.folder / "knot.conf"]
