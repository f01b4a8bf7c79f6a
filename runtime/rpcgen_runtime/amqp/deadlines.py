"""The deadlines of many requests under one timer. On one event loop.

Nearly all end long before: a timer for each would be set and cancelled for nothing.
"""

import asyncio
import math
from collections.abc import Callable, Container
from heapq import heapify, heappop, heappush

SPARE = 1_000
"""Ended requests that may stand among the others, before they are cleared away."""


class Deadlines:
    """Tells which requests are to end; see the module."""

    def __init__(self, is_open: Container[str], passed: Callable[[str], None]) -> None:
        """Take the names that have not ended, and what is called with one at its deadline."""
        self._open, self._passed = is_open, passed
        self._heap: list[tuple[float, str]] = []
        self._most = SPARE
        self._timer: asyncio.TimerHandle | None = None
        self._due = math.inf
        """When the timer rings."""

    def add(self, at: float, name: str) -> None:
        """Expect one to end by `at`, on the event loop's clock."""
        heappush(self._heap, (at, name))
        if at < self._due:
            self._set(at)
        if len(self._heap) > self._most:
            self._heap = [it for it in self._heap if it[1] in self._open]
            heapify(self._heap)
            self._most = 2 * len(self._heap) + SPARE

    def __len__(self) -> int:
        """Return how many are kept, ended ones among them."""
        return len(self._heap)

    def close(self) -> None:
        """Tell nobody any more."""
        if self._timer is not None:
            self._timer.cancel()

    def _set(self, at: float) -> None:
        self.close()
        self._due = at
        self._timer = asyncio.get_running_loop().call_at(at, self._ring)

    def _ring(self) -> None:
        now = asyncio.get_running_loop().time()
        self._due = math.inf
        while self._heap and (self._heap[0][0] <= now or self._heap[0][1] not in self._open):
            name = heappop(self._heap)[1]
            if name in self._open:
                self._passed(name)
        if self._heap:
            self._set(self._heap[0][0])
