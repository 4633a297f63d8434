# SPDX-License-Identifier: Apache-2.0
# A bare TLS server of chosen protocol versions (openssl s_server), for the TLS refusals.

import contextlib
import subprocess
import tempfile
import time

from .imap_server import free_ports


class OpensslServer:
    """Accepts only `version` (tls1, tls1_1, tls1_2, tls1_3) and greets as an IMAP server would.
    What clients say inside the TLS is in `said()`."""

    def __init__(self, pair, version):
        self.pair = pair
        self.version = version
        self.port, = free_ports(1)

    def __enter__(self):
        self._output = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            ["openssl", "s_server", "-accept", f"127.0.0.1:{self.port}", "-cert",
             str(self.pair.certificate), "-key", str(self.pair.key), f"-{self.version}",
             "-cipher", "ALL:@SECLEVEL=0", "-quiet"],
            stdin=subprocess.PIPE, stdout=self._output, stderr=subprocess.DEVNULL)
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n")
            self._process.stdin.flush()
        deadline = time.monotonic() + 10
        while not self._listens() and time.monotonic() < deadline:
            time.sleep(0.02)
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._output.close()

    def said(self) -> bytes:
        self._output.seek(0)
        return self._output.read()

    def _listens(self):
        # A probing connection would use the greeting up, so the kernel is asked.
        wanted = f":{self.port:04X} "
        with open("/proc/net/tcp", encoding="ascii") as table:
            return any(wanted in line and " 0A " in line for line in table)
