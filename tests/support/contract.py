# SPDX-License-Identifier: Apache-2.0
# Runs the contract of the IMAP target against one kind of server in all its variants.
"""python3 -m support.contract fake|dovecot|cyrus|courier PROGRAM

starts the server and runs PROGRAM once a variant, each behind a proxy that hides capabilities.
PROGRAM is told MBOXFERRY_TEST_IMAP_{HOST,PORT,STARTTLS_PORT,USER,PASSWORD_FILE,CA_FILE}, and with
SERVER, VARIANT and HIDDEN what differs. Ends with 77 when the server is not there.
"""

import concurrent.futures
import contextlib
import os
import subprocess
import sys
from typing import NamedTuple

from .courier import Courier, courier_root
from .cyrus import Cyrus, cyrus_root
from .dovecot import Dovecot
from .fake_imap import FULL, FakeImap, Refusal
from .odd_relay import OddRelay
from .odd_sessions import cut_short
from .program import REDUCED
from .proxy import TlsProxy, without_append_uid, without_capabilities

NOT_THERE = 77
NO_LITERALS = ("LITERAL+", "LITERAL-", "MULTIAPPEND")


class Variant(NamedTuple):
    """hidden: capabilities that the server does not tell. literal_minus: it tells LITERAL-."""

    label: str
    hidden: tuple = ()
    literal_minus: bool = False
    odd: type | None = None  # what a relay makes of the server

    def rewrite(self, line):
        line = without_capabilities(*self.hidden)(line)
        if self.literal_minus and b"CAPABILITY IMAP4" in line:
            line = line.replace(b"CAPABILITY IMAP4rev1", b"CAPABILITY IMAP4rev1 LITERAL-", 1)
        return without_append_uid(line) if "UIDPLUS" in self.hidden else line


VARIANTS = (Variant("direct"),
            Variant("no uids", ("UIDPLUS",)),
            Variant("no batches", ("MULTIAPPEND",)),
            Variant("neither", ("UIDPLUS", "MULTIAPPEND")),
            Variant("small literals", ("LITERAL+", "MULTIAPPEND"), literal_minus=True),
            Variant("no literals", NO_LITERALS),
            Variant("bare", NO_LITERALS + ("UIDPLUS", "NAMESPACE", "SPECIAL-USE", "UNSELECT",
                                           "ENABLE", "LIST-EXTENDED", "QUOTA", "SASL-IR")))


# Before the fake server. What alters, merges, is late or throttles breaks the contract itself; the
# jobs that live with it are in tests/integration and tests/soak.
ODD_VARIANTS = (Variant("cut short, announced", odd=cut_short(7, True, True)),
                Variant("cut short, told", odd=cut_short(7, True, False)),
                Variant("cut short, silently", odd=cut_short(7, False, False)))


def refuse_empty(head):
    """As real servers do."""
    return None if head.size else Refusal("NO", "an empty message")


def new_server(kind):
    if kind == "fake":
        return FakeImap(capabilities=FULL + " COMPRESS=DEFLATE", on_append=refuse_empty)
    if kind == "cyrus":
        return Cyrus(separator="/", prefix="")
    if kind == "courier":
        return Courier()
    return Dovecot(separator="/", storage="mdbox", compress=True)


def run(program, kind, server, password_file, starttls_port, variant):
    """One variant; its output when it failed."""
    with contextlib.ExitStack() as stack:
        port = server.tls_port
        if variant.odd:
            port = stack.enter_context(OddRelay(server, variant.odd)).port
        if variant.hidden:
            port = stack.enter_context(TlsProxy(server, rewrite=variant.rewrite)).port
        names = {"HOST": "localhost", "PORT": port, "STARTTLS_PORT": starttls_port,
                 "USER": "alice", "PASSWORD_FILE": password_file,
                 "CA_FILE": server.ca_file, "SERVER": kind, "VARIANT": variant.label,
                 "HIDDEN": " ".join(variant.hidden)}
        environment = {f"MBOXFERRY_TEST_IMAP_{name}": str(value) for name, value in names.items()}
        arguments = ["~[direct]"] if variant.hidden or variant.odd else []
        done = subprocess.run([program, *arguments], env={**os.environ, **environment},
                              check=False, capture_output=True, text=True, errors="replace")
    return f"{kind}, {variant.label}:\n{done.stdout}{done.stderr}" if done.returncode else ""


def main():
    kind, program = sys.argv[1:]
    if kind == "cyrus" and cyrus_root() is None:
        print("Cyrus is not unpacked here; tools/test does it")
        return NOT_THERE
    if kind == "courier" and courier_root() is None:
        print("Courier is not unpacked here, or only root could run it; tools/test unpacks it")
        return NOT_THERE
    variants = [one for one in VARIANTS if not REDUCED or one.label in ("direct", "neither",
                                                                        "no literals")]
    if kind == "fake" and not REDUCED:
        variants += ODD_VARIANTS
    if kind == "courier":  # reads no literal that nobody waits for
        variants = [one for one in variants if not one.literal_minus]
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(new_server(kind))
        starttls_port = server.port
        if kind == "fake":
            clear = FakeImap(tls="starttls", certificates=server.certificates, pair=server.pair)
            starttls_port = stack.enter_context(clear).port
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            password_file = server.password_file()
            results = pool.map(lambda variant: run(program, kind, server, password_file,
                                                   starttls_port, variant), variants)
            failures = [one for one in results if one]
    print("\n".join(failures) or f"{kind}: {len(variants)} variants")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
