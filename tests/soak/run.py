# SPDX-License-Identifier: Apache-2.0
# Many jobs, several at once, and their sum.

import contextlib
import pathlib
import shutil
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field


from .job import Job
from .plan import make_plan
from .servers import SharedServer

SECONDS_BETWEEN_LINES = 30


@dataclass
class Options:
    """Until so many jobs are done or `minutes` are over; only: the number of a single job."""

    seed: str
    servers: list
    jobs: int | None = None
    minutes: float | None = None
    at_once: int = 16
    messages: tuple = (20, 300)
    only: int | None = None
    odd: tuple = ()  # kinds of servers, of odd.KINDS

    def numbers(self, stopped):
        if self.only is not None:
            yield self.only
            return
        end = time.monotonic() + self.minutes * 60 if self.minutes else None
        number = 0
        while ((self.jobs is None or number < self.jobs) and not stopped.is_set()
               and not (end and time.monotonic() > end)):
            yield number
            number += 1

    def command(self, number):
        """What repeats one job."""
        low, high = self.messages
        return (f"tools/soak --seed {self.seed} --only {number} --server {','.join(self.servers)}"
                f" --messages {low}-{high}" + (f" --odd {','.join(self.odd)}" if self.odd else ""))


@dataclass
class Totals:
    jobs: int = 0
    rounds: int = 0
    kills: int = 0
    cuts: int = 0
    stops: int = 0
    doubts: int = 0
    restarts: int = 0
    messages: int = 0
    lost: int = 0
    twice: int = 0
    altered: int = 0
    foreign: int = 0
    failed: list = field(default_factory=list)  # of Result

    def add(self, result):
        self.jobs += 1
        for name in ("rounds", "kills", "cuts", "stops", "doubts"):
            setattr(self, name, getattr(self, name) + getattr(result, name))
        for name in ("messages", "lost", "twice", "altered", "foreign"):
            setattr(self, name, getattr(self, name) + getattr(result.compared, name))
        if result.failure:
            self.failed.append(result)

    def line(self):
        return (f"{self.jobs} jobs, {self.rounds} runs, {self.kills} kills, {self.cuts} cuts,"
                f" {self.stops} stops, {self.restarts} server restarts, {self.messages} messages:"
                f" {self.lost} lost, {self.twice} twice, {self.altered} altered,"
                f" {self.foreign} of others harmed,"
                + (f" {self.doubts} told to be in doubt," if self.doubts else "") +
                f" {len(self.failed)} jobs failed")


class Soak:
    """say: gets lines to print. The folders of failed jobs stay in `folder`."""

    def __init__(self, options, say):
        self.options = options
        self.say = say
        self.totals = Totals()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mf-soak-"))
        self.stopped = threading.Event()  # set: no more jobs begin
        self._servers = {}
        self._lock = threading.Lock()
        self._next_line = time.monotonic() + SECONDS_BETWEEN_LINES

    def run(self) -> Totals:
        options = self.options
        with contextlib.ExitStack() as stack:
            self._servers = {name: stack.enter_context(SharedServer(name, options.at_once))
                             for name in options.servers}
            room = threading.BoundedSemaphore(options.at_once)
            with ThreadPoolExecutor(options.at_once) as pool:
                for number in self._with_room(options.numbers(self.stopped), room):
                    plan = make_plan(options.seed, number, options.servers, options.messages,
                                     options.odd)
                    done = pool.submit(self._one, plan)
                    done.add_done_callback(lambda _: room.release())
            self._count_restarts()
        if not self.totals.failed:
            shutil.rmtree(self.folder, ignore_errors=True)
        return self.totals

    @staticmethod
    def _with_room(numbers, room):
        """The next number when a job may begin, so that a time limit counts."""
        while True:
            room.acquire()
            number = next(numbers, None)
            if number is None:
                return
            yield number

    def _count_restarts(self):
        self.totals.restarts = sum(one.restarts for one in self._servers.values())

    def _one(self, plan):
        shared = self._servers[plan.server]
        folder = self.folder / f"job-{plan.number}"
        user = shared.take_account()
        result = Job(plan, shared, user, folder).run()
        if result.failure:
            self.say(f"job {plan.number} ({plan.server}) failed: {result.failure}\n"
                     f"kept in {folder}; again: {self.options.command(plan.number)}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
        try:
            with shared.calm() as server:
                server.delete_all(user)
        finally:
            shared.give_back(user)
            with self._lock:
                self.totals.add(result)
                if time.monotonic() > self._next_line:
                    self._next_line = time.monotonic() + SECONDS_BETWEEN_LINES
                    self._count_restarts()
                    self.say(f"{self.totals.line()}; going on")
