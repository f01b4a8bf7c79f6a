"""What a subject is: a module of two functions, `serve` and `client`; standard library only.

def serve(place: Place, host: Host) -> None             serves for ever
async def client(place: Place) -> AsyncClient           where callers are coroutines
def client(place: Place) -> Client                      where callers are threads
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar, runtime_checkable
from urllib.parse import urlsplit

from benchmarks.work import Work


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server is to be reached, and how many of them there are to be."""

    url: str
    receivers: int = 1
    is_uvloop: bool = False

    @property
    def port(self) -> int:
        """Return the port of a place on loopback."""
        port = urlsplit(self.url).port
        assert port is not None
        return port

    def at(self, number: int) -> str:
        """Return the URL of one receiver: where it names several hosts, each has its own."""
        scheme, _, rest = self.url.partition("://")
        hosts, slash, path = rest.partition("/")
        each = hosts.split(",")
        return f"{scheme}://{each[number % len(each)]}{slash}{path}"

    @property
    def loop(self) -> str:
        """Return the event loop as uvicorn names it."""
        return "uvloop" if self.is_uvloop else "asyncio"


class AsyncClient(Protocol):
    """What coroutines share."""

    async def call(self, work: Work) -> object:
        """Do the work once; return what the server said."""
        ...

    async def close(self) -> None:
        """Give back what it holds."""
        ...


class Client(Protocol):
    """What threads share."""

    def call(self, work: Work) -> object:
        """Do the work once; return what the server said."""
        ...

    def close(self) -> None:
        """Give back what it holds."""
        ...


@runtime_checkable
class Hearing(Protocol):
    """A client whose server is in its process."""

    def tally(self) -> "Tally":
        """Return what the server has done until now."""
        ...


@dataclass(frozen=True, slots=True)
class Tally:
    """What a server has done so far."""

    heard: int
    """Casts, events and fanouts that handlers have got."""
    last: float
    """When the last of them came, on the machine's clock."""
    cpu: float
    """Seconds of processor time of its process."""


class Host:
    """What a server tells the harness; from any thread."""

    def __init__(self, ready: Callable[[], None]) -> None:
        self._ready = ready
        self._lock = threading.Lock()
        self._heard = 0
        self._last = 0.0

    def ready(self) -> None:
        """Tell that requests are taken, or are about to be."""
        self._ready()

    def heard(self) -> None:
        """Count a cast, an event or a fanout that a handler has got."""
        with self._lock:
            self._heard += 1
            self._last = time.monotonic()

    def tally(self) -> Tally:
        """Return what was done until now."""
        with self._lock:
            return Tally(self._heard, self._last, time.process_time())


T = TypeVar("T")


class PerThread(Generic[T]):
    """One of something for each thread, for libraries whose clients threads cannot share."""

    def __init__(self, make: Callable[[], T], close: Callable[[T], object]) -> None:
        self._make = make
        self._close = close
        self._local = threading.local()
        self._made: list[T] = []

    def get(self) -> T:
        """Return this thread's own, made when it is first asked for."""
        found: T | None = getattr(self._local, "own", None)
        if found is None:
            found = self._local.own = self._make()
            self._made.append(found)
        return found

    def close(self) -> None:
        """Close all of them."""
        for made in self._made:
            self._close(made)
