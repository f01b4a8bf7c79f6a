"""A TCP proxy that does to connections what bad networks do, as Toxiproxy does it.

Toxics are set and removed by name while it runs, each for one direction. It has a thread of its
own; every method may be called from any other.
"""

import asyncio
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

from tests.faults.relay import Counts, Relay
from tests.faults.toxics import (
    Bandwidth,
    Latency,
    LimitData,
    ResetPeer,
    Slicer,
    SlowClose,
    Timeout,
    Toward,
    Toxic,
)

__all__ = [
    "Bandwidth",
    "Counts",
    "Latency",
    "LimitData",
    "Proxy",
    "ResetPeer",
    "Slicer",
    "SlowClose",
    "Timeout",
    "Toward",
    "Toxic",
]

T = TypeVar("T")


class Proxy:
    """Listens at a port of loopback and hands on to `host` and `port`. Close it after its users."""

    def __init__(self, host: str, port: int) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._thread.start()
        self._relay = self._run(_started(Relay(host, port)))
        self.port = self._relay.port
        """Where clients connect to, the same as long as the proxy lives."""

    def add(self, name: str, toxic: Toxic, *toward: Toward) -> None:
        """Set a toxic, for both directions where none is named; replaces one of that name."""
        self._run(self._relay.toxics.put(name, toxic, frozenset(toward or Toward)))

    def remove(self, name: str) -> None:
        """Remove a toxic."""
        self._run(self._relay.toxics.put(name))

    def clear(self) -> None:
        """Remove all toxics, and listen again."""
        self._run(self._relay.toxics.clear())
        self.up()

    def down(self) -> None:
        """Refuse new connections and close those that there are."""
        self._run(self._relay.down())

    def up(self) -> None:
        """Listen again."""
        self._run(self._relay.up())

    def counts(self) -> Counts:
        """Return what has gone through."""
        return self._run(self._relay.counts())

    def close(self) -> None:
        """Close all connections and stop listening. May be called twice."""
        if self._loop.is_closed():
            return
        self._run(self._relay.down())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __enter__(self) -> Self:
        """Give the proxy."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


async def _started(relay: Relay) -> Relay:
    await relay.up()
    return relay
