# SPDX-License-Identifier: Apache-2.0
# One job of a soak: rounds with faults until it is complete, then the comparison.

import itertools
import json
import signal
import subprocess
import time
import traceback
from dataclasses import dataclass, field

from support import archives, program
from support.proxy import TcpProxy, TlsProxy
from support.server_variants import modified_utf7

from .faults import Meter, Metered
from .mail import ROOT, Comparison, JobArchive
from .odd import oddity_of
from .others import OtherClient
from .plan import MOST_FAULTY_ROUNDS

MOST_ROUNDS = 14
RUN_SECONDS = 600
# A run that met a fault: refused connection, patience, protocol, and (a server that starts) login.
NOT_YET = (69, 75, 76, 77, 130, -signal.SIGKILL)


@dataclass
class Result:
    number: int
    rounds: int = 0
    kills: int = 0
    cuts: int = 0
    stops: int = 0
    doubts: int = 0  # messages that nobody can decide (servers that alter mail)
    compared: Comparison = field(default_factory=Comparison)
    failure: str = ""  # empty: everything is as it should be
    seconds: float = 0


class Failed(Exception):
    pass


class Job:
    """folder: of this job alone; the caller removes it. shared: the SharedServer."""

    def __init__(self, plan, shared, user, folder):
        self.plan = plan
        self.shared = shared
        self.user = user
        self.folder = folder
        self.result = Result(plan.number)
        self.process = None

    def run(self) -> Result:
        begun = time.monotonic()
        try:
            self.folder.mkdir()
            self.archive = JobArchive(self.plan, self.folder)
            self.odd = oddity_of(self.plan, self.archive.count)
            self.target = "INBOX" if self.plan.in_inbox else ROOT
            top = self.target if self.plan.in_inbox else self.shared.prefix + ROOT
            self.names = {levels: modified_utf7(self.shared.separator.join((top, *levels)))
                          for levels in self.archive.wanted}
            self.others = OtherClient(self.shared, self.user, self.names.values(), self.plan.seed)
            self.others.append(self.plan.others_first)
            with self.odd.relay(self.shared.server) as server, self._proxy(server) as self.proxy:
                self._until_complete()
                self._compare()
                self._verify()
                self.result.cuts = self.odd.cuts + sum(link.was_cut for link in self.proxy.links)
        except Failed as failure:
            self.result.failure = str(failure)
        except Exception:  # a bug of the soak's own must not pass for a good job
            self.result.failure = traceback.format_exc()
        self.result.seconds = time.monotonic() - begun
        if self.result.failure:
            (self.folder / "failure.txt").write_text(self.result.failure + "\n")
        return self.result

    def _proxy(self, server):
        """One for the whole job, whose journal names the port."""
        return (TcpProxy(server.tls_port) if self.plan.compressed else
                TlsProxy(server, rewrite=self.plan.rewrite()))

    # Rounds

    def _until_complete(self):
        for number in range(MOST_ROUNDS):
            # A server that is down is one of the faults, and may take long to come back.
            if number >= 2:
                self.shared.wait_until_up()
            may_grow = self.archive.may_grow()
            self.odd.calm(number >= MOST_FAULTY_ROUNDS)
            code = self._round(number)
            self.result.rounds += 1
            ready = self.odd.is_ready(code, self._said(number))
            in_doubt = number > MOST_FAULTY_ROUNDS and self.odd.doubts > 0
            if (ready or in_doubt) and not may_grow:
                self.result.doubts = self.odd.doubts
                return
            if code not in NOT_YET and not ready:
                raise Failed(f"round {number} ended with {code}: {self._said(number)}")
            self.archive.grow()
            if number >= 6:
                time.sleep(1)
        raise Failed(f"not complete after {MOST_ROUNDS} rounds: {self._said(MOST_ROUNDS - 1)}")

    def _round(self, number):
        size = self.archive.bytes + self.archive.count * 90 + 1000
        # Compressed mail is shorter.
        plan = self.plan.round(number, max(1000, size // (2 if self.plan.compressed else 1)))
        if self.odd.events is not None:
            plan.events = [one for one in plan.events if one.what in self.odd.events]
        meter = Meter(plan.events, self._act)
        links = itertools.count()

        def fault(_):
            return Metered(plan.link_fault(next(links), size, self.plan.compressed), meter)
        self.proxy.faults = fault
        code = self._run(number, plan)
        meter.finish()
        self.result.kills += code == -signal.SIGKILL
        return code

    def _run(self, number, plan):
        server = self.shared.server
        arguments = ["migrate", self.archive.path, "--to",
                     server.url(self.target, self.user, self.proxy.port),
                     "--ca-file", server.ca_file,
                     "--password-file", server.password_file(self.user),
                     "--journal", self.folder / "job.journal",
                     "--log-file", self.folder / f"trace-{number}", *self.plan.options,
                     *self.odd.arguments(self.folder)]
        crash = {"MBOXFERRY_CRASH_AT": plan.crash_at} if plan.crash_at else {}
        with open(self._log(number), "wb") as log:
            self.process = subprocess.Popen(
                [program.PROGRAM, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, cwd=self.folder, env=program.environment(self.folder, **crash))
            try:
                return self._wait(plan.kill_after)
            finally:
                self.process.kill()
                self.process.wait()

    def _wait(self, kill_after):
        if kill_after is not None:
            try:
                return self.process.wait(kill_after)
            except subprocess.TimeoutExpired:
                self.process.kill()
        try:
            return self.process.wait(RUN_SECONDS)
        except subprocess.TimeoutExpired as late:
            raise Failed(f"a run did not end within {RUN_SECONDS} s") from late

    def _act(self, event):
        if event.what == "kill":
            self.process.kill()
        elif event.what == "interrupt":
            self.process.send_signal(signal.SIGINT)
        elif event.what == "stop":
            self.result.stops += 1
            self.process.send_signal(signal.SIGSTOP)
            time.sleep(event.seconds)
            self.process.send_signal(signal.SIGCONT)
        elif event.what == "other-appends":
            self.others.append()
        elif event.what == "other-expunges":
            self.others.expunge()
        else:
            self.shared.restart(kill=event.what == "server-killed")

    def _log(self, number):
        return self.folder / f"output-{number}"

    def _said(self, number):
        return self._log(number).read_text(errors="replace")[-1500:]

    # Afterwards

    def _compare(self):
        with self.shared.calm() as server, server.session(self.user) as client:
            there = set(server.mailboxes(client=client))
            for levels, name in self.names.items():
                fetched = (list(server.fetch_all(mailbox=name, client=client)) if name in there
                           else [])
                self._keep(name, fetched)
                self.result.compared.add(name, self.odd.wanted(self.archive.wanted[levels]),
                                         self.others.mail[name],
                                         map(archives.fetched_as_expected, fetched))
            strange = there - set(self.names.values()) - {"INBOX", self.shared.prefix + ROOT}
        if strange:
            raise Failed(f"mailboxes that nobody asked for: {sorted(strange)}")
        complaints = self.odd.complaints(self.folder)
        if complaints:
            raise Failed("\n".join(complaints))
        self.result.compared.forgive(self.result.doubts)
        if not self.result.compared.good():
            raise Failed("\n".join(self.result.compared.words[:20]))

    def _keep(self, mailbox, fetched):
        """For whoever looks into a failure: the folder goes if there is none."""
        with open(self.folder / "on-the-server", "a") as file:
            for message in fetched:
                seen = archives.fetched_as_expected(message)
                print(mailbox, message.uid, seen.key(), repr(seen.subject), file=file)

    def _verify(self):
        server = self.shared.server
        arguments = ["verify", self.folder / "job.journal", "--json", "--password-file",
                     server.password_file(self.user), "--ca-file", server.ca_file]
        if self.plan.full:
            arguments.append("--full")
        self.proxy.faults = ()
        self.odd.calm(True)
        for _ in range(self.odd.verify_tries):
            with self.shared.calm():
                done = subprocess.run([program.PROGRAM, *map(str, arguments)], timeout=RUN_SECONDS,
                                      stdin=subprocess.DEVNULL, capture_output=True, check=False,
                                      cwd=self.folder, env=program.environment(self.folder))
            if done.returncode not in (69, 75):
                break
            time.sleep(0.5)
        said = (done.stdout + done.stderr).decode(errors="replace")
        document = json.loads(done.stdout) if done.stdout else {"checked": 0}
        checked = document["checked"] + self.result.doubts + self.odd.refused
        if checked != self.archive.count or not self.odd.is_verified(done.returncode, document):
            raise Failed(f"verify ended with {done.returncode}: {said[-1500:]}")
