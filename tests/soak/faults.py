# SPDX-License-Identifier: Apache-2.0
# Faults that only the soak has, and what happens at a byte of all connections of a run together.

import threading
import time

from support.proxy import Fault, Stall


class Pause(Stall):
    """A Stall that goes on by itself after `seconds`."""

    def __init__(self, count, seconds):
        super().__init__(count)
        self.seconds = seconds
        self._until = None

    def tick(self, link):
        if self.stalled.is_set():
            self._until = self._until or time.monotonic() + self.seconds
            if time.monotonic() >= self._until:
                self.release()
        super().tick(link)


class Meter:
    """Counts what the client of a run sends, and calls `act(event)` when an event's byte has come;
    once for each, in a thread of its own."""

    def __init__(self, events, act):
        self._waiting = sorted(events, key=lambda event: event.at)
        self._act = act
        self._lock = threading.Lock()
        self._count = 0
        self._threads = []
        self._failure = None

    def add(self, count):
        with self._lock:
            self._count += count
            while self._waiting and self._waiting[0].at <= self._count:
                thread = threading.Thread(target=self._happen, args=(self._waiting.pop(0),),
                                          daemon=True)
                self._threads.append(thread)
                thread.start()

    def finish(self):
        """No event begins any more, and those that did are over. Raises what one of them raised."""
        with self._lock:
            self._waiting.clear()
        for thread in self._threads:
            thread.join(120)
        if self._failure:
            raise self._failure

    def _happen(self, event):
        try:
            self._act(event)
        except Exception as failure:  # it would end this thread, and nobody would know
            self._failure = failure


class Metered(Fault):
    """Another fault, with its client's bytes counted."""

    def __init__(self, fault, meter):
        self._fault = fault
        self._meter = meter
        self.TICK = fault.TICK

    def client_bytes(self, link, data):
        self._fault.client_bytes(link, data)
        self._meter.add(len(data))

    def start(self, link):
        self._fault.start(link)

    def client_command(self, link, command):
        self._fault.client_command(link, command)

    def server_bytes(self, link, data):
        self._fault.server_bytes(link, data)

    def client_ended(self, link):
        self._fault.client_ended(link)

    def server_ended(self, link):
        self._fault.server_ended(link)

    def tick(self, link):
        self._fault.tick(link)

    def busy(self, link):
        return self._fault.busy(link)
