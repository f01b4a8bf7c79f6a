"""A client in a process of its own: `python -m tests.faults.client_process SIDE URL NAME LOG SEED`.

Says `ready`, then reads commands from standard input, one JSON object a line:

    {"load": {…}}                 begin to send what `load.request` says, at its rate
    {"ask": "once", "jobs": […], "timeout": 5}    send these too, all at once
    {"visit": […], "timeout": 5}  send each through a client of its own, eight at a time
    {"halt": true}                send no more
    {"end": true}                 end once all that was sent has ended, and say `ended`

Ends at once when standard input does: so none outlives the rig.
"""

import json
import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.faults.load import Load, request
from tests.faults.log import Log
from tests.faults.sides import side
from tests.faults.work import Asker, Job, Kind, Side, job_from

MOST_AT_ONCE = 64
"""Threads that send the load: more would be a heavier load for the machine than for the library."""
VISITORS = 8


class Askers:
    """One client for all threads, or one for each, as the side wants it."""

    def __init__(self, side: Side, url: str) -> None:
        self._make: Callable[[], Asker] = lambda: side.asker(url)
        self._shared = self._make() if side.is_shared else None
        self._own = threading.local()
        self._lock = threading.Lock()
        self._all: list[Asker] = []

    def mine(self) -> Asker:
        """Return the one of this thread."""
        if self._shared is not None:
            return self._shared
        found: Asker | None = getattr(self._own, "asker", None)
        if found is None:
            found = self._own.asker = self._make()
            with self._lock:
                self._all.append(found)
        return found

    def another(self) -> Asker:
        """Return one that nobody else has, to be closed by who asked."""
        return self._make()

    def close(self) -> None:
        """Close all."""
        for it in [self._shared] if self._shared is not None else self._all:
            it.close()


class Sender:
    """Sends requests and writes down how each ends."""

    def __init__(self, askers: Askers, log: Log, name: str, seed: int) -> None:
        self._askers, self._log = askers, log
        self._name, self._seed = name, seed
        self._threads: list[threading.Thread] = []
        self._next = 0
        self._began = 0.0
        self._lock = threading.Lock()
        self._halted = threading.Event()

    def load(self, load: Load) -> None:
        """Send at a rate, until halted."""
        self._began = time.monotonic()
        for _ in range(MOST_AT_ONCE):
            self._start(lambda: self._keep_up(load))

    def ask(self, kind: Kind, jobs: list[Job], timeout: float) -> None:
        """Send each job in a thread of its own."""
        for job in jobs:
            self._start(partial(self._send, kind, job, timeout))

    def visit(self, jobs: list[Job], timeout: float) -> None:
        """Send each job through a client that comes for it alone."""
        left = iter(jobs)
        lock = threading.Lock()

        def come_and_go() -> None:
            while True:
                with lock:
                    job = next(left, None)
                if job is None:
                    return
                asker = self._askers.another()
                self._send(Kind.AGAIN, job, timeout, asker)
                asker.close()

        for _ in range(VISITORS):
            self._start(come_and_go)

    def halt(self) -> None:
        """Begin nothing more of the load."""
        self._halted.set()

    def wait(self) -> None:
        """Return when all that was sent has ended."""
        for it in self._threads:
            it.join()

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _keep_up(self, load: Load) -> None:
        rate = load.rate / load.clients
        while not self._halted.is_set():
            with self._lock:
                # What was missed while all threads waited is not sent all at once.
                self._next = max(self._next, int((time.monotonic() - self._began - 1) * rate))
                number, self._next = self._next, self._next + 1
            wait = self._began + number / rate - time.monotonic()
            if wait > 0 and self._halted.wait(wait):
                return
            kind, job = request(load, self._seed, self._name, number)
            self._send(kind, job, load.timeout)

    def _send(self, kind: Kind, job: Job, timeout: float, asker: Asker | None = None) -> None:
        asker = asker or self._askers.mine()
        self._log.sent(job.key, kind, timeout)
        self._log.answered(job.key, asker.ask(kind, job, timeout))


def main(name_of_side: str, url: str, name: str, path: str, seed: str) -> None:
    """Do what standard input says."""
    logging.basicConfig(format="%(asctime)s.%(msecs)03d %(name)s %(levelname)s %(message)s")
    askers = Askers(side(name_of_side), url)
    sender = Sender(askers, Log(Path(path)), name, int(seed))
    print("ready", flush=True)
    for line in sys.stdin:
        command = json.loads(line)
        if "load" in command:
            sender.load(Load(**command["load"]))
        if "ask" in command:
            jobs = [job_from(it) for it in command["jobs"]]
            sender.ask(Kind(command["ask"]), jobs, command["timeout"])
        if "visit" in command:
            sender.visit([job_from(it) for it in command["visit"]], command["timeout"])
        if "halt" in command:
            sender.halt()
        if "end" in command:
            sender.halt()
            threading.Thread(target=leave, args=(sender, askers), daemon=True).start()
    os._exit(1)


def leave(sender: Sender, askers: Askers) -> None:
    """End the process once everything has ended."""
    sender.wait()
    askers.close()
    print("ended", flush=True)
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
