"""What a row acts on: processes under load at a broker, the marks of the fault."""

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Protocol, Self, TypeVar

from tests.broker.api import Api
from tests.faults import log
from tests.faults.load import Load, key
from tests.faults.log import Asked, Execution
from tests.faults.processes import NOTHING_ELSE, ClientProcess, ServerProcess
from tests.faults.work import Fate, Job, Outcome

PATIENCE = 30.0
"""Seconds for what a row waits for."""


class Closable(Protocol):
    """What holds something."""

    def close(self) -> None:
        """Give it back."""
        ...


C = TypeVar("C", bound=Closable)


class RowError(Exception):
    """The row could not be run to its end; that says nothing of its figures."""


class Broker(Protocol):
    """What rows need of one node or of three."""

    @property
    def api(self) -> Api:
        """Return the HTTP API of a node that runs."""
        ...

    def url(self, vhost: str = "/") -> str:
        """Return where clients connect to."""
        ...


@dataclass(slots=True)
class Marks:
    """Moments of a row."""

    loaded: float = 0.0
    halted: float = 0.0
    fault: float = 0.0
    healed: float = 0.0


@dataclass(frozen=True, slots=True)
class Resources:
    """What is looked at before there are clients, and when they have gone."""

    queues: int
    server_rss_mb: float
    server_files: int


@dataclass(slots=True)
class Places:
    """Where a row happens."""

    side: str
    broker: Broker | None
    vhost: str
    folder: Path
    seed: int
    is_brief: bool
    say: Callable[[str], None]
    url: str = ""
    """Where clients connect to, when that is not the broker itself."""


class Scene:
    """Processes of one side under one load. Use it in a `with`: what it started ends with it."""

    def __init__(self, places: Places, load: Load) -> None:
        self.places, self.load = places, load
        self.side, self.seed = places.side, places.seed
        self.marks = Marks()
        self.servers: list[ServerProcess] = []
        self.clients: list[ClientProcess] = []
        self.killed: set[int] = set()
        self.poison: set[str] = set()
        self.measured: dict[str, float] = {}
        """What the row itself has measured, beside the checker's figures."""
        self.notes: list[str] = []
        self._numbers = count(1)
        self._keys = count(1)
        self._names = count(1)
        self.before: Resources | None = None
        """What was held before there were clients."""
        self._held = ExitStack()

    # What a row starts.

    @property
    def url(self) -> str:
        """Return where clients and servers connect to."""
        if self.places.url:
            return self.places.url
        return self.broker.url(self.places.vhost)

    @property
    def broker(self) -> Broker:
        """Return the broker of a row that has one."""
        assert self.places.broker is not None
        return self.places.broker

    def serve(
        self, count: int | None = None, url: str | None = None, *, is_awaited: bool = True
    ) -> list[ServerProcess]:
        """Start servers and wait until they take requests, where they live that long."""
        wanted = self.load.servers if count is None else count
        new = [
            ServerProcess(self.side, url or self.url, f"s{next(self._names)}", self.places.folder)
            for _ in range(wanted)
        ]
        self.servers += new
        for it in new if is_awaited else ():
            it.ready()
        return new

    def client(
        self, url: str | None = None, environment: Mapping[str, str] = NOTHING_ELSE
    ) -> ClientProcess:
        """Start a client that sends nothing yet."""
        name, folder = f"c{next(self._numbers)}", self.places.folder
        url = url or self.url
        found = ClientProcess(self.side, url, name, folder, self.seed, environment)
        self.clients.append(found)
        found.ready()
        return found

    def begin(self, environment: Mapping[str, str] = NOTHING_ELSE) -> None:
        """Start servers and clients under load, and let it run for a while.

        `environment` is the clients'.
        """
        self.serve()
        self.begin_load(environment)

    def begin_load(self, environment: Mapping[str, str] = NOTHING_ELSE) -> None:
        """Do so where the servers are there already."""
        self.before = self.resources()
        for _ in range(self.load.clients):
            self.client(environment=environment)
        self.marks.loaded = time.monotonic()
        for it in self.clients:
            it.load(self.load)
        self.until(lambda: len(self._good()) >= self.load.clients, "the first results")
        # Begins where the load goes well: what a first connection takes is not part of a row.
        self.marks.loaded = time.monotonic()
        self.hold(self.load.before)

    def hold_open(self, resource: C) -> C:
        """Return something that is closed when all processes have ended."""
        self._held.callback(resource.close)
        return resource

    def jobs(
        self, number: int, *, seconds: float = 0.0, fate: Fate = Fate.LIVE, padding: int = 0
    ) -> list[Job]:
        """Return so many new jobs."""
        return [
            Job(key("row", next(self._keys)), seconds, fate, "x" * padding) for _ in range(number)
        ]

    def resources(self) -> Resources:
        """Return what is held now."""
        lives = [it for it in self.servers if it.running]
        rss = sum(it.rss_mb() for it in lives)
        files = sum(it.files() for it in lives)
        if self.places.broker is None:
            return Resources(0, rss, files)
        return Resources(len(self.broker.api.queues(self.places.vhost)), rss, files)

    # What a row marks and waits for.

    def fault(self, what: str) -> None:
        """Mark the moment of the fault; until `healed`, it lasts no time."""
        self.marks.fault = self.marks.healed = time.monotonic()
        self.places.say(what)

    def healed(self, what: str = "healed") -> None:
        """Mark the moment from which on all could be well again."""
        self.marks.healed = time.monotonic()
        self.places.say(what)

    def pick(self, full: float, brief: float) -> float:
        """Return the seconds of this run: those of the plan, or the fewer of a test."""
        return brief if self.places.is_brief else full

    def hold(self, seconds: float) -> None:
        """Let things go on for a while."""
        time.sleep(seconds)

    def until(self, reached: Callable[[], bool], what: str, seconds: float = PATIENCE) -> float:
        """Wait for something, and return how many seconds it took. Raises RowError."""
        began = time.monotonic()
        while not reached():
            if time.monotonic() - began > seconds:
                raise RowError(f"{what}: not within {seconds:g} s")
            time.sleep(0.05)
        return time.monotonic() - began

    def asked(self) -> list[Asked]:
        """Return what clients have asked so far."""
        return log.asked(it.log for it in self.clients)

    def executions(self) -> list[Execution]:
        """Return what servers have run so far."""
        return log.executions(it.log for it in self.servers)

    def ends(self, jobs: Iterable[Job], seconds: float = PATIENCE) -> list[Asked]:
        """Wait until these have ended for who asked, and return how."""
        keys = {it.key for it in jobs}

        def found() -> list[Asked]:
            return [it for it in self.asked() if it.key in keys and it.ended is not None]

        self.until(lambda: len(found()) == len(keys), "the end of what was asked", seconds)
        return found()

    def begun(self, jobs: Iterable[Job], seconds: float = PATIENCE) -> None:
        """Wait until a handler has begun each of these."""
        keys = {it.key for it in jobs}
        self.until(
            lambda: keys <= {it.key for it in self.executions()}, "the start of handlers", seconds
        )

    def kill(self, client: ClientProcess) -> None:
        """Kill a client: what it asked need not end."""
        self.killed.add(client.pid)
        client.kill()

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *error: object) -> None:
        """End all processes."""
        for it in (*self.clients, *self.servers):
            it.close()
        self._held.close()

    def _good(self) -> list[Asked]:
        return [it for it in self.asked() if it.outcome is Outcome.RESULT]
